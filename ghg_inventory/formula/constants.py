"""Named constants with units (constants.toml) and hints about what is missing (hints.toml)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import MappingProxyType

import tomli

from ghg_inventory.errors import DataFileError
from ghg_inventory.formula.tree import FormulaError
from ghg_inventory.units import Dimension, Unit, parse_unit

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Constant:
    """A number every formula may name: exact value, unit, how to print it, words and source."""

    name: str
    value: Fraction
    unit: Unit
    symbol: str
    zh: str
    en: str
    source: str


@cache
def constants() -> Mapping[str, Constant]:
    """Constants by name, read once. Raises: KeyError, ValueError or UnitError for a bad data file."""
    with (_FOLDER / "constants.toml").open("rb") as stream:
        raw = tomli.load(stream)
    made = {
        name: Constant(
            name, Fraction(row.pop("value")), parse_unit(row.pop("unit")),
            row.pop("symbol"), row.pop("zh"), row.pop("en"), row.pop("source"),
        )
        for name, row in raw.items()
    }  # fmt: skip
    if left_over := sorted(name for name, row in raw.items() if row):
        raise DataFileError(f"constants.toml: unknown keys in {', '.join(left_over)}")
    return MappingProxyType(made)


def refuse_reserved(text: str, inputs: Iterable[str]) -> None:
    """Raises: FormulaError formula-reserved when an input has the name of a constant: which would count?"""
    for name in inputs:
        if name in constants():
            raise FormulaError("formula-reserved", text, max(text.find(name), 0), symbol=name)


@cache
def _hints() -> tuple[tuple[Dimension, str, str], ...]:
    with (_FOLDER / "hints.toml").open("rb") as stream:
        raw = tomli.load(stream)
    return tuple((parse_unit(row["unit"]).dimension, row["zh"], row["en"]) for row in raw["hint"])


def _concerns(constant: Constant, have: Unit) -> bool:
    """A density of CH4 cancels its substance (kg CH4/m3 CH4); it concerns amounts of CH4 only."""
    bases = {base for base, _ in have.dimension}
    named = set(constant.unit.substances)
    return bool(named & bases) or not named


def hint(have: Unit, want: Unit, used: Mapping[str, int]) -> tuple[str, str]:
    """What would turn `have` into `want`, in Chinese and English; ("", "") when nothing known would.

    used: how often each name stands in the formula.
    """
    missing = want.quotient(have).dimension
    surplus = have.quotient(want).dimension
    for constant in constants().values():
        times = used.get(constant.name, 0)
        if times and constant.unit.dimension == surplus:
            again_zh = f"用了 {times} 次，应去掉一次" if times > 1 else "在这里是多余的"
            again_en = f"is applied {times} times; remove one" if times > 1 else "is not needed here"
            return f"{constant.name} {again_zh}", f"{constant.name} {again_en}"
    for constant in constants().values():
        if constant.unit.dimension == missing and _concerns(constant, have):
            return f"请乘以 {constant.name}（{constant.zh}）", f"multiply by {constant.name} ({constant.en})"
    for dimension, zh, en in _hints():
        if dimension == missing:
            return zh, en
    return "", ""
