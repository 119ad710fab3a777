"""Slips of the unit (slips.toml): which one a ratio betrays, and which unit the value was probably in."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from ghg_inventory.checks.records import base_units
from ghg_inventory.tables import read_toml, require_keys
from ghg_inventory.units import UnitError, fitted, kind, parse_unit

_FILE = "slips.toml"
_NEAR = 0.02
"""Relative difference within which a unit is `factor` smaller or larger than another."""


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip of the unit; the fields are explained in slips.toml."""

    id: str
    factor: float
    low: float
    high: float
    kinds: tuple[str, ...]
    variables: tuple[str, ...]
    units: tuple[str, ...]
    stable: bool
    certain: bool
    zh: str
    en: str
    do_zh: str
    do_en: str

    def fits(self, ratio: float, variable: str, unit: str) -> bool:
        """True when the ratio (1 or more) of values of a variable in a unit may be this slip."""
        return (
            self.low <= ratio <= self.high
            and (not self.variables or variable in self.variables)
            and (not self.units or unit in self.units)
            and (not self.kinds or _kind(unit) in self.kinds)
        )


@dataclass(frozen=True, slots=True)
class Range:
    """Values of a parameter outside low … high (in `unit`) are in another unit."""

    variables: tuple[str, ...]
    unit: str
    low: float
    high: float
    zh: str
    en: str


@cache
def slips() -> tuple[Slip, ...]:
    """The slips, in the order of the file. Raises: DataFileError for an unknown key."""
    return tuple(_slip(entry) for entry in _document()["slip"])


@cache
def ranges() -> tuple[Range, ...]:
    """The ranges of parameters. Raises: DataFileError for an unknown key."""
    entries = _document()["range"]
    for entry in entries:
        require_keys(entry, ("variables", "unit", "low", "high", "source", "zh", "en"), (), f"{_FILE}: range")
    return tuple(
        Range(tuple(e["variables"]), e["unit"], float(e["low"]), float(e["high"]), e["zh"], e["en"])
        for e in entries
    )


@cache
def _document() -> dict[str, Any]:
    document = read_toml(Path(__file__).parent / _FILE)
    require_keys(document, ("slip", "unit", "range"), (), _FILE)
    for entry in document["unit"]:
        require_keys(entry, ("words",), (), f"{_FILE}: unit")
    return document


def _slip(entry: dict[str, Any]) -> Slip:
    optional = ("kinds", "variables", "units", "stable", "certain", "do_zh", "do_en")
    require_keys(
        entry, ("id", "factor", "low", "high", "zh", "en"), optional, f"{_FILE}: {entry.get('id', '?')}"
    )
    kinds, variables, units = (tuple(entry.get(name, ())) for name in ("kinds", "variables", "units"))
    zh, en, do_zh, do_en = (str(entry.get(name, "")) for name in ("zh", "en", "do_zh", "do_en"))
    return Slip(
        entry["id"], float(entry["factor"]), float(entry["low"]), float(entry["high"]), kinds, variables, units,
        bool(entry.get("stable", False)), bool(entry.get("certain", False)), zh, en, do_zh, do_en,
    )  # fmt: skip


def smallest_ratio() -> float:
    """Below this ratio (and above its inverse) no slip is suspected."""
    return min(slip.low for slip in slips())


def slip_of(ratio: float, variable: str, unit: str, *, stable: bool) -> Slip | None:
    """The slip that a ratio betrays, the nearest of several. stable: the own series changed little before."""
    wide = max(ratio, 1 / ratio)
    fitting = [slip for slip in slips() if slip.fits(wide, variable, unit) and (stable or not slip.stable)]
    # A jump without an upper end is what is left when no named slip fits.
    return min(
        fitting, key=lambda slip: (math.isinf(slip.high), abs(math.log(wide / slip.factor))), default=None
    )


def likely_unit(unit: str, factor: float, permitted: Iterable[str] = ()) -> str:
    """The unit `factor` times as large as the one used, "" when none of the listed ones is.

    permitted: units of the form, proposed before all others.
    """
    for word in (*permitted, *_alike(unit)):
        size, used = _size(word, unit), base_units(unit or "1")
        if size and word != unit and abs(size / (used * factor) - 1) < _NEAR:
            return word
    return ""


def _alike(unit: str) -> list[str]:
    """Words of the list: those that stand with the unit first."""
    groups = [entry["words"] for entry in _document()["unit"]]
    return [word for group in sorted(groups, key=lambda group: unit not in group) for word in group]


@lru_cache(maxsize=4096)
def _size(word: str, unit: str) -> float:
    """Base units in one `word` when it can stand where `unit` stands, else 0."""
    try:
        found = fitted(parse_unit(word), parse_unit(unit or "1"))
    except UnitError:
        return 0.0
    return float(found.factor) if found is not None else 0.0


@lru_cache(maxsize=4096)
def _kind(unit: str) -> str:
    try:
        return kind(parse_unit(unit))
    except UnitError:
        return ""
