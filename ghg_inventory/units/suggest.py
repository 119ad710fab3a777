""" "Did you mean …?" for unit words nobody defined."""

from __future__ import annotations

from ghg_inventory.units.table import table


def suggestions(word: str, count: int = 3) -> tuple[str, ...]:
    """Units closest to `word`, best first: the same letters in other case, then the most alike.

    Latin spellings are offered in canonical form (GWh for Gwh), Chinese ones as they are written.
    """
    import difflib  # 3 ms, and only a mistake needs it

    known = table()
    names = [*known.units, *known.spellings]
    folded = word.casefold()
    found = [name for name in names if name.casefold() == folded]
    found += difflib.get_close_matches(word, names, n=4 * count, cutoff=0.55)
    if not found and len(word) > 2:
        found = [name for name in known.units if len(name) > 1 and word.startswith(name)]
    offered = (known.spellings.get(name, name) if name.isascii() else name for name in found)
    return tuple(dict.fromkeys(offered))[:count]
