"""New records beside those already known: the same value of earlier years and of the sibling areas.

Everything is compared within one series (what is measured and in which dimension) and in base units. A record that a
new one takes the place of is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ghg_inventory.activity.table import Activity, merge
from ghg_inventory.areas import AreaTree
from ghg_inventory.checks.records import Codes, Mask, base_units
from ghg_inventory.checks.thresholds import threshold
from ghg_inventory.tables import FloatArray
from ghg_inventory.units import UnitError, parse_unit

SERIES = ("category", "variable", "item", "technology", "use", "flow", "basis")
"""Columns that say what is measured; together with the dimension of the unit they are a series."""
Rows = npt.NDArray[np.int64]
_YEARS = 100_000


@dataclass(frozen=True, slots=True)
class History:
    """Records of `new` (the first `size`), then those of `known` that they can be compared with.

    series, area, year: numbers; area counts an area and its successor as one. amount: magnitude in base units, NaN for
    a notation key or a unit that cannot be read. value, unit: as printed (units: the words), note: as written.
    sibling: per area number its group of siblings, -1 for an area that has none.
    """

    size: int
    series: Codes
    area: Codes
    year: Codes
    amount: FloatArray
    value: FloatArray
    unit: Sequence[str]
    note: Sequence[str]
    sibling: Codes

    @property
    def usable(self) -> Mask:
        """Records with an amount that is not 0."""
        return np.nan_to_num(self.amount) > 0

    def nearest(self, usable: Mask, *, later: bool = False) -> Rows:
        """Per new record the usable one of its series and area in the nearest earlier year (else later), else -1."""
        found = self._beside(usable, -1)
        if later:
            found = np.where(found < 0, self._beside(usable, 1), found)
        return found

    def _beside(self, usable: Mask, step: int) -> Rows:
        own = self._own()
        rows = np.flatnonzero(usable)
        rows = rows[np.argsort(own[rows], kind="stable")]
        if not len(rows):
            return np.full(self.size, -1)
        mine = own[: self.size]
        at = (
            np.searchsorted(own[rows], mine, "left") - 1
            if step < 0
            else np.searchsorted(own[rows], mine, "right")
        )
        inside = (at >= 0) & (at < len(rows))
        found = rows[np.clip(at, 0, len(rows) - 1)]
        distance = np.abs(own[found] - mine)
        return np.where(inside & (distance <= threshold("history_years")), found, -1)

    def _own(self) -> Codes:
        """One number per series and area, the year in its last digits."""
        return (self.series * len(self.sibling) + self.area) * _YEARS + self.year

    def own_values(self, row: int, usable: Mask) -> FloatArray:
        """Amounts of the same series and area in up to five years before that of a record."""
        same = usable & (self.series == self.series[row]) & (self.area == self.area[row])
        found: FloatArray = self.amount[
            same & (self.year < self.year[row]) & (self.year >= self.year[row] - 5)
        ]
        return found


@dataclass(frozen=True, slots=True)
class Peers:
    """Amounts of sibling areas, sorted by series, group of siblings and year."""

    history: History
    rows: Rows
    keys: Codes

    @classmethod
    def of(cls, history: History, usable: Mask) -> Peers:
        """The usable records of areas that have siblings."""
        group = history.sibling[history.area]
        rows = np.flatnonzero(usable & (group >= 0))
        keys = _group_keys(history, rows)
        order = np.argsort(keys, kind="stable")
        return cls(history, rows[order], keys[order])

    def amounts(self, row: int) -> FloatArray:
        """Amounts of the siblings of a record's area in its year, else the nearest before; three at least or none."""
        history = self.history
        if history.sibling[history.area[row]] < 0:
            return np.zeros(0)
        key = int(_group_keys(history, np.asarray([row]))[0])
        for back in range(int(threshold("history_years")) + 1):
            low, high = np.searchsorted(self.keys, [key - back, key - back + 1])
            rows = self.rows[low:high]
            rows = rows[history.area[rows] != history.area[row]]
            if len(rows) >= threshold("peer_count"):
                amounts: FloatArray = history.amount[rows]
                return amounts
        return np.zeros(0)


def _group_keys(history: History, rows: Rows) -> Codes:
    group = history.sibling[history.area[rows]]
    return (history.series[rows] * (len(history.sibling) + 1) + group) * _YEARS + history.year[rows]


def compare(new: Activity, known: Activity, areas: AreaTree | None) -> History:
    """New records beside the known ones of near years and of the same or a sibling area."""
    near = _near(new, known)
    known = known.select(near)
    columns = {
        name: merge([getattr(new, name), getattr(known, name)])
        for name in (*SERIES, "area_code", "unit", "note")
    }
    year = np.concatenate([new.year, known.year]).astype(np.int64)
    value = np.concatenate([new.value, known.value])
    heirs, sibling = _families(columns["area_code"].words, areas, int(year.max(initial=0)))
    unit = columns["unit"]
    series = packed([*(columns[name].codes for name in SERIES), _dimensions(unit.words)[unit.codes]])
    area = heirs[columns["area_code"].codes]
    factor = np.asarray([base_units(word) for word in unit.words], dtype=np.float64)
    kept = _not_replaced(packed([series, area, year]), len(new))
    return History(
        len(new), series[kept], area[kept], year[kept], np.abs(value * factor[unit.codes])[kept], value[kept],
        [unit.words[code] for code in unit.codes[kept]],
        [columns["note"].words[code] for code in columns["note"].codes[kept]], sibling,
    )  # fmt: skip


def _near(new: Activity, known: Activity) -> Mask:
    span = threshold("history_years") + 5
    if not len(new) or not len(known):
        return np.zeros(len(known), dtype=bool)
    years = (known.year >= new.year.min() - span) & (known.year <= new.year.max() + span)
    used = set(new.variable.words)
    named = np.asarray([word in used for word in known.variable.words], dtype=bool)
    return np.asarray(years & named[known.variable.codes], dtype=bool)


def _not_replaced(keys: Codes, size: int) -> Mask:
    """All new records, and the known ones whose key no new record has."""
    kept = np.ones(len(keys), dtype=bool)
    kept[size:] = ~np.isin(keys[size:], keys[:size])
    return kept


def packed(columns: Sequence[npt.NDArray[np.integer]]) -> Codes:
    """One number from 0 per row, equal for rows that agree in all columns of numbers from 0."""
    key, room = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        width = int(column.max(initial=0)) + 1
        if room * width >= 2**62:
            key = _numbered(key)
            room = int(key.max(initial=0)) + 1
        key = key * width + column
        room *= width
    return _numbered(key)


def _numbered(key: Codes) -> Codes:
    return np.unique(key, return_inverse=True)[1].astype(np.int64)


def _dimensions(units: Sequence[str]) -> Codes:
    """A number per unit word, equal for units of one dimension."""
    seen: dict[object, int] = {}
    return np.asarray([seen.setdefault(_dimension(word), len(seen)) for word in units], dtype=np.int64)


def _dimension(unit: str) -> object:
    try:
        return parse_unit(unit).dimension
    except UnitError:
        return unit


def _families(codes: Sequence[str], areas: AreaTree | None, year: int) -> tuple[Codes, Codes]:
    """Per area code the number of its heir in `year`, and per such number its group of siblings (-1 without)."""
    numbers: dict[str, int] = {}
    heirs = [numbers.setdefault(areas.heir(code, year) if areas else code, len(numbers)) for code in codes]
    groups: dict[tuple[str, str], int] = {}
    sibling = [_group(code, areas, year, groups) for code in numbers]
    return np.asarray(heirs, dtype=np.int64), np.asarray(sibling, dtype=np.int64)


def _group(code: str, areas: AreaTree | None, year: int, groups: dict[tuple[str, str], int]) -> int:
    if areas is None or code not in areas or not areas.adds_to_parent(code):
        return -1
    parent = areas.parent(code, year)
    return groups.setdefault((parent, areas.area(code, year).level), len(groups)) if parent else -1
