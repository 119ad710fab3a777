"""Dimensions in words: 质量·[CO2]/能量, "mass·[CO2]/energy"."""

from __future__ import annotations

from ghg_inventory.units.table import Dimension, Entry, Kind, table


def split_substances(dimension: Dimension) -> tuple[Dimension, Dimension]:
    """(physical part, substances) of a dimension."""
    known = table()
    physical = tuple(pair for pair in dimension if not known.is_substance(pair[0]))
    return physical, tuple(pair for pair in dimension if known.is_substance(pair[0]))


def kind_of(dimension: Dimension) -> str:
    """The key of dimensions.csv for a dimension, "" when it has no name."""
    return next((known.name for known in table().kinds if known.dimension == dimension), "")


def kind_word(name: str, lang: str = "zh") -> str:
    """The word for a kind, e.g. "质量" or "mass". Raises: KeyError for a name not in dimensions.csv."""
    return {known.name: known.zh if lang == "zh" else known.en for known in table().kinds}[name]


def part_text(named: list[tuple[str, Entry, int]], lang: str) -> str:
    """What stands between two slashes, in words; named: (symbol, entry, power). "" for a plain number."""
    words = []
    total: dict[str, int] = {}
    for name, entry, power in named:
        if entry.substance:
            words.append(f"[{name}]" if power == 1 else f"[{name}]^{power}")
        elif entry.years:
            words.append({"zh": "年", "en": "year"}[lang])
        for base, exponent in entry.dimension:
            if not entry.substance:
                total[base] = total.get(base, 0) + exponent * power
    physical = tuple(sorted(total.items()))
    if physical:
        name = kind_of(physical)
        words.insert(0, kind_word(name, lang) if name else dimension_text(physical, lang))
    return "·".join(words)


def dimension_text(dimension: Dimension, lang: str = "en") -> str:
    """A dimension in words: a named kind, else one named kind over another, else base by base."""
    physical, substances = split_substances(dimension)
    above, below = _named_ratio(physical)
    for name, power in substances:
        word = f"[{name}]" if abs(power) == 1 else f"[{name}]^{abs(power)}"
        (above if power > 0 else below).append(word)
    words = {known.name: known.zh if lang == "zh" else known.en for known in table().kinds}
    top = "·".join(_word(item, words) for item in above) or ("1" if below else words["dimensionless"])
    return "/".join([top, *(_word(item, words) for item in below)])


def _word(item: str, words: dict[str, str]) -> str:
    name, caret, power = item.partition("^")
    return words.get(name, name) + caret + power


def _named_ratio(physical: Dimension) -> tuple[list[str], list[str]]:
    """Names above and below the slash, counts apart: kinds first, then one kind per kind, then bases."""
    counts = [pair for pair in physical if pair[0] not in _MECHANICAL]
    core = dict(pair for pair in physical if pair[0] in _MECHANICAL)
    above = [name if power == 1 else f"{name}^{power}" for name, power in counts if power > 0]
    below = [name if power == -1 else f"{name}^{-power}" for name, power in counts if power < 0]
    first, second = _core_names(core)
    return [*first, *above], [*second, *below]


_MECHANICAL = ("mass", "length", "time", "amount")


def _core_names(core: dict[str, int]) -> tuple[list[str], list[str]]:
    if not core:
        return [], []
    kinds = [k for k in table().kinds if k.dimension and all(b in _MECHANICAL for b, _ in k.dimension)]
    for known in kinds:
        if dict(known.dimension) == core:
            return [known.name], []
    for known in kinds:
        if _negated(known) == core:
            return [], [known.name]
    for top in kinds:
        for bottom in kinds:
            if _sum(dict(top.dimension), _negated(bottom)) == core:
                return [top.name], [bottom.name]
    above = [name if power == 1 else f"{name}^{power}" for name, power in core.items() if power > 0]
    return above, [name if power == -1 else f"{name}^{-power}" for name, power in core.items() if power < 0]


def _negated(known: Kind) -> dict[str, int]:
    return {base: -power for base, power in known.dimension}


def _sum(first: dict[str, int], second: dict[str, int]) -> dict[str, int]:
    total = {base: first.get(base, 0) + second.get(base, 0) for base in first.keys() | second.keys()}
    return {base: power for base, power in total.items() if power}
