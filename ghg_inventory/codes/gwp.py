"""100-year global warming potentials by set, gas and origin of the carbon.

A gas that a set does not know has no value: None, never 0. Which origin to ask for is the caller's
decision: the fossil value of CH4 is for fugitive and process emissions; CH4 from combustion and every
inventory under the Paris rules (AR5, Table 8.A.1) take origin "any".
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ghg_inventory.codes.gases import Gases
from ghg_inventory.errors import Finding, finding
from ghg_inventory.paths import data_folder
from ghg_inventory.tables import Row, parse_number, read_rows

ORIGINS = ("any", "fossil", "biogenic")
UNIT = "kg CO2e/kg"
_COLUMNS = ("gwp_set", "gas", "origin", "value", "unit", "source", "locator", "confidence", "note")


@dataclass(frozen=True, slots=True)
class Gwp:
    """One published value [kg CO2e/kg] with its text, source key, locator and confidence (A, B, C)."""

    gwp_set: str
    gas: str
    origin: str
    value: float
    value_text: str
    source: str
    locator: str
    confidence: str
    note: str


class GwpTable:
    """All values. sets: names in file order, e.g. ("sar", "ar4", "ar5", "ar5ccf", "ar6")."""

    sets: tuple[str, ...]
    rows: tuple[Gwp, ...]

    def __init__(self, rows: Iterable[Gwp]) -> None:
        self.rows = tuple(rows)
        self.sets = tuple(dict.fromkeys(row.gwp_set for row in self.rows))
        self._rows = {(row.gwp_set, row.gas, row.origin): row for row in self.rows}

    @classmethod
    def load(cls, path: Path | None = None) -> tuple[GwpTable, tuple[Finding, ...]]:
        """The table of `emission_factors/gwp.csv` or of `path`, and what is wrong with it.

        A row that is wrong is left out and becomes a finding: unknown gas or origin, a value that is not a
        positive number, another unit, no source or locator, confidence D, the same key twice.
        """
        rows, findings = read_rows(path or data_folder("emission_factors") / "gwp.csv", _COLUMNS)
        good: dict[tuple[str, str, str], Gwp] = {}
        gases = Gases.load()
        for row in rows:
            problem = _problem(row, gases, good)
            if problem is not None:
                findings.append(problem)
                continue
            good[row["gwp_set"], row["gas"], row["origin"]] = _gwp(row)
        return cls(good.values()), tuple(findings)

    def lookup(self, gwp_set: str, gas: str, origin: str = "any") -> Gwp | None:
        """The row used: the exact origin, else "any"; None when the set lacks the gas.

        CO2e, the amount of a factor that is published as CO2 equivalent, is 1 in every set by definition.
        """
        if gas == "CO2e":
            return replace(self._rows[gwp_set, "CO2", "any"], gas="CO2e") if gwp_set in self.sets else None
        return self._rows.get((gwp_set, gas, origin)) or self._rows.get((gwp_set, gas, "any"))

    def value(self, gwp_set: str, gas: str, origin: str = "any") -> float | None:
        """GWP [kg CO2e/kg]: the exact origin, else "any"; None (never 0) when the set lacks the gas."""
        row = self.lookup(gwp_set, gas, origin)
        return None if row is None else row.value

    def gases(self, gwp_set: str) -> tuple[str, ...]:
        """The gases for which the set has a value, in order."""
        return tuple(dict.fromkeys(row.gas for row in self.rows if row.gwp_set == gwp_set))


def _problem(row: Row, gases: Gases, seen: dict[tuple[str, str, str], Gwp]) -> Finding | None:
    place = row.place
    if row["gas"] not in gases:
        near = ", ".join(gases.suggest(row["gas"])) or "–"
        return finding("gwp-unknown-gas", place, gas=row["gas"], suggestions=near)
    if row["origin"] not in ORIGINS:
        return finding("gwp-origin", place, origin=row["origin"], expected=", ".join(ORIGINS))
    if not _positive(row["value"]):
        return finding("gwp-value", place, value=row["value"], gas=row["gas"])
    if row["unit"] != UNIT:
        return finding("gwp-unit", place, unit=row["unit"], expected=UNIT)
    if not (row["gwp_set"] and row["source"] and row["locator"]) or row["confidence"] not in ("A", "B", "C"):
        return finding("gwp-source", place, gas=row["gas"], confidence=row["confidence"])
    if (row["gwp_set"], row["gas"], row["origin"]) in seen:
        return finding("gwp-twice", place, gwp_set=row["gwp_set"], gas=row["gas"], origin=row["origin"])
    return None


def _positive(text: str) -> bool:
    value, _ = parse_number(text)
    return value is not None and math.isfinite(value) and value > 0


def _gwp(row: Row) -> Gwp:
    value, _ = parse_number(row["value"])
    return Gwp(
        row["gwp_set"], row["gas"], row["origin"], float(value or math.nan), row["value"], row["source"],
        row["locator"], row["confidence"], row["note"],
    )  # fmt: skip
