"""What a published unit or category code stands for, where the page says it and the text alone does not."""

from __future__ import annotations

import re
from functools import cache

from cases.book import HERE, read_csv

_REMARK = re.compile(r"^(.*?\S)\s*\(([^()]*)\)$")


@cache
def _unit_rows() -> tuple[tuple[str, str, str], ...]:
    return tuple((r["printed"], r["source"], r["ours"]) for r in read_csv(HERE / "units.csv"))


def unit_of(printed: str, source: str) -> str:
    """The unit as our tables spell it: as printed, by units.csv, or without a remark in parentheses.

    "kg CO2/kL (Diesel transport: 38.6 GJ/kL x 69.9 kg/GJ)" holds a remark; "(kg/t)/(t/GJ)" does not.
    """
    for text in (printed, remark(printed)[0]):
        for row, where, ours in _unit_rows():
            if row == text and (not where or where in source):
                return ours
        if _is_unit(text):
            return text
    return printed


def remark(printed: str) -> tuple[str, str]:
    """(unit, remark in the parentheses after it)."""
    found = _REMARK.match(printed)
    return (found[1], found[2]) if found else (printed, "")


def per_what_is_counted(factor: str, counted: str) -> str:
    """A factor that does not repeat what its activity counts: "kg/kg" of an activity in kg BOD is kg/(kg BOD).

    >>> per_what_is_counted("kg/kg", "kg BOD/yr"), per_what_is_counted("kg/t", "t"), per_what_is_counted("t/ha", "kg N")
    ('kg/kg BOD', 'kg/t', 't/ha')
    """
    from ghg_inventory.units import kind, parse_unit

    substances = parse_unit(counted).substances
    head, _, below = factor.rpartition("/")
    bare = head and not parse_unit(below).substances and kind(parse_unit(below)) == "mass"
    if len(substances) != 1 or not bare:
        return factor
    return f"{factor} {substances[0]}"


def _is_unit(text: str) -> bool:
    from ghg_inventory.units import UnitError, parse_unit

    try:
        parse_unit(text)
    except UnitError:
        return False
    return True


@cache
def category_of(printed: str) -> str:
    """The category code: as printed, or by codes.csv, or the first leaf below a group."""
    from ghg_inventory.codes import CategoryTree

    tree = CategoryTree.load()
    code = next((r["ours"] for r in read_csv(HERE / "codes.csv") if r["printed"] == printed), printed)
    while not tree.is_leaf(code):
        code = tree.children(code)[0]
    return code


def half_step(printed: str) -> float:
    """Half a unit of the last digit that is printed.

    >>> half_step("215.11"), half_step("198")
    (0.005, 0.5)
    """
    if "e" in printed.lower():
        return 0.0
    return 0.5 * 10.0 ** -len(printed.partition(".")[2])
