"""Declared fills: years of a series that nobody reported, by a splicing technique that the workspace names.

Nothing is filled that was not declared, nothing over a reported value, and every filled value is a record of its
own: `flow` says "fill:<method>", the note says why, and a finding counts it.
Source of the techniques: IPCC 2006, Vol. 1, Ch. 5, section 5.3.3; see `models/splice.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ghg_inventory.activity.table import TEXT, Activity
from ghg_inventory.errors import Finding, GhgError, Place, finding
from ghg_inventory.models import splice
from ghg_inventory.tables import FloatArray
from ghg_inventory.units import UnitError, factor_between, parse_unit

METHODS = {
    "interpolation": "内插",
    "extrapolation": "趋势外推",
    "surrogate": "替代数据",
    "overlap": "重叠期衔接",
    "per_capita": "按人均回推",
}
"""Technique → its Chinese name."""
FLOW = "fill:"
"""`flow` of a filled record begins with this."""
_PLACE = Place("inventory.toml")
_ASIDE = ("check", "reference")
_KEY = ("area_code", "category", "variable", "item", "technology")
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Series:
    """Which records make a time series: the text columns of the same name; "" is blank."""

    area_code: str
    category: str
    variable: str
    item: str = ""
    technology: str = ""

    def text(self) -> str:
        """The series in one word for a message."""
        return " ".join(
            filter(None, (self.area_code, self.category, self.variable, self.item, self.technology))
        )


@dataclass(frozen=True, slots=True)
class Fill:
    """One declared fill of one series.

    method: a key of METHODS. first, last: the years to fill, both included. other: the surrogate statistic, the
    population, or the earlier series of an overlap; None for the other techniques. trend_years: known years that the
    trend of an extrapolation rests on.
    """

    series: Series
    method: str
    first: int
    last: int
    reason: str
    other: Series | None = None
    trend_years: int = 0


@dataclass(frozen=True, slots=True)
class _Known:
    """A series as an array over consecutive years.

    value: NaN where nothing is known. filled: years that an earlier entry filled. rows: the records behind it.
    """

    years: npt.NDArray[np.int64]
    value: FloatArray
    filled: npt.NDArray[np.bool_]
    unit: str
    rows: npt.NDArray[np.intp]


class _Trouble(GhgError):
    """Why a fill cannot be made, as the name of a finding and its blanks."""

    def __init__(self, name: str, **values: str) -> None:
        super().__init__(name)
        self.name, self.values = name, values


def fill(activity: Activity, entries: Iterable[Fill]) -> tuple[Activity, tuple[Finding, ...]]:
    """The activity with the declared records added, in canonical order, and what was done or could not be.

    activity: all years at hand, also those outside the inventory: they carry the technique. A year reported as NE
    counts as unknown, its record gives way to the filled one; any other notation key is a statement and stays.
    """
    work = _Work(activity)
    findings: list[Finding] = []
    for entry in entries:
        try:
            findings += work.apply(entry)
        except _Trouble as trouble:
            values = {**_words(entry), **trouble.values}
            findings.append(finding(trouble.name, _PLACE, **values))
    return work.done(), tuple(findings)


class _Work:
    """The activity with what was filled so far. New records wait until an entry rests on one of them."""

    def __init__(self, activity: Activity) -> None:
        self.activity = activity
        self.new: list[Activity] = []
        self.touched: set[Series] = set()
        self.stays = np.ones(len(activity), dtype=bool)

    def done(self) -> Activity:
        """The activity with all new records, without those that gave way."""
        if self.new:
            self.activity = Activity.concat([self.activity.select(self.stays), *self.new])
            self.new, self.touched = [], set()
            self.stays = np.ones(len(self.activity), dtype=bool)
        return self.activity

    def apply(self, entry: Fill) -> list[Finding]:
        """Carry out one entry. Raises: _Trouble, and then nothing was changed."""
        activity = self.done() if self.touched & {entry.series, entry.other} else self.activity
        years = _span(activity, entry)
        target = _series(activity, entry.series, years, "")
        other = _series(activity, entry.other, years, _unit_for(entry, target)) if entry.other else None
        wanted = (years >= entry.first) & (years <= entry.last)
        value, made = _made(activity, entry, target, other, wanted)
        kept = wanted & ~made
        out = []
        if kept.any():
            out.append(finding("fill-kept", _PLACE, **_words(entry), years=_list_years(years[kept])))
        if made.any():
            out.append(_report(entry, target, other, years[made], value[made]))
            self.new.append(_records(activity, entry, target, years[made], value[made]))
            self.touched.add(entry.series)
            self.stays[target.rows] &= ~np.isin(activity.year[target.rows], years[made])
        return out


def _made(
    activity: Activity, entry: Fill, target: _Known, other: _Known | None, wanted: npt.NDArray[np.bool_]
) -> splice.Filled:
    """Values and which of the wanted years they fill. Raises: _Trouble when one of those years stays empty."""
    years = target.years
    if target.filled[wanted].any():
        raise _Trouble("fill-twice", years=_list_years(years[wanted & target.filled]))
    free = wanted & np.isnan(target.value) & ~_statements(activity, target, years)
    value, mask = _technique(entry, target, other)
    made = mask & free
    if (free & ~made).any():
        short = _list_years(years[free & ~made])
        raise _Trouble("fill-not-enough", years=short, known=_known_text(target))
    below = made & (value < 0) & bool((target.value[~np.isnan(target.value)] >= 0).all())
    if below.any():
        raise _Trouble("fill-negative", years=_list_years(years[below]))
    return value, made


def _report(
    entry: Fill, target: _Known, other: _Known | None, years: npt.NDArray[np.int64], value: FloatArray
) -> Finding:
    """What was filled, for the findings of every run that uses it."""
    return finding(
        "fill-done", _PLACE, **_words(entry), years=_list_years(years), count=len(years),
        values=_shown(years, value), unit=target.unit or "1", known=_known_text(target),
        **_detail(entry, target, other),
    )  # fmt: skip


def _span(activity: Activity, entry: Fill) -> npt.NDArray[np.int64]:
    """All years from the first to the last that any record or the entry names."""
    low = min(entry.first, int(activity.year.min(initial=entry.first)))
    high = max(entry.last, int(activity.year.max(initial=entry.last)))
    return np.arange(low, high + 1, dtype=np.int64)


def _series(activity: Activity, series: Series, years: npt.NDArray[np.int64], unit: str) -> _Known:
    """The series in `unit` ("" = that of its last record). Raises: _Trouble."""
    rows = np.flatnonzero(_mask(activity, series))
    if not len(rows):
        raise _Trouble("fill-unknown-series", series=series.text())
    uses = {
        (activity.use.words[activity.use.codes[r]], activity.basis.words[activity.basis.codes[r]])
        for r in rows
    }
    if len(uses) > 1:
        said = ", ".join(sorted("/".join(filter(None, pair)) or "–" for pair in uses))
        raise _Trouble("fill-ambiguous", series=series.text(), said=said)
    units = [activity.unit.words[activity.unit.codes[r]] for r in rows]
    unit = unit or units[-1]
    value = np.full(len(years), np.nan)
    filled = np.zeros(len(years), dtype=bool)
    for row, word in zip(rows, units, strict=True):
        if np.isnan(activity.value[row]):
            continue
        at = int(activity.year[row]) - int(years[0])
        value[at] = np.nan_to_num(value[at]) + activity.value[row] * _factor(word, unit, series)
        filled[at] |= _is_fill(activity, int(row))
    return _Known(years, value, filled, unit, rows)


def _mask(activity: Activity, series: Series) -> npt.NDArray[np.bool_]:
    """Records of the series, without those that only serve checks."""
    mask = np.ones(len(activity), dtype=bool)
    for name in _KEY:
        column = getattr(activity, name)
        wanted = getattr(series, name)
        if wanted not in column.words:
            return np.zeros(len(activity), dtype=bool)
        mask &= column.codes == column.words.index(wanted)
    aside = np.asarray([word in _ASIDE for word in activity.use.words], dtype=bool)
    mask &= ~aside[activity.use.codes]
    return mask


def _factor(unit: str, target: str, series: Series) -> float:
    if unit == target:
        return 1.0
    try:
        return factor_between(parse_unit(unit), parse_unit(target))
    except UnitError as error:
        raise _Trouble("fill-unit", series=series.text(), unit=unit or "–", target=target or "–") from error


def _unit_for(entry: Fill, target: _Known) -> str:
    """The earlier series of an overlap must be in the same unit; a statistic keeps its own."""
    return target.unit if entry.method == "overlap" else ""


def _is_fill(activity: Activity, row: int) -> bool:
    word: str = activity.flow.words[activity.flow.codes[row]]
    return word.startswith(FLOW)


def _statements(activity: Activity, target: _Known, years: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Years about which a notation key other than NE says something: not occurring, included elsewhere …"""
    said = np.zeros(len(years), dtype=bool)
    for row in target.rows:
        if activity.notation.words[activity.notation.codes[row]] not in ("", "NE"):
            said[int(activity.year[row]) - int(years[0])] = True
    return said


def _technique(entry: Fill, target: _Known, other: _Known | None) -> splice.Filled:
    """Values and mask [T] by the technique; only reported values of the series count as known. Raises: _Trouble."""
    known = np.where(target.filled, np.nan, target.value)[None, :]
    base = other.value[None, :] if other is not None else known
    if entry.method == "interpolation":
        value, mask = splice.interpolate(target.years, known)
    elif entry.method == "extrapolation":
        value, mask = splice.extrapolate(target.years, known, known_years=entry.trend_years)
    elif entry.method == "surrogate":
        value, mask = splice.surrogate(known, base)
    elif entry.method == "overlap":
        value, mask = splice.overlap(known, base)
    else:
        value, mask = splice.backfill(known, base)
    return value[0], mask[0]


def _detail(entry: Fill, target: _Known, other: _Known | None) -> dict[str, str]:
    """What a reader needs to judge the technique, in both languages."""
    if entry.method == "overlap" and other is not None:
        known = np.where(target.filled, np.nan, target.value)[None, :]
        ratio, spread, count = (float(x[0]) for x in splice.overlap_ratio(known, other.value[None, :]))
        return {
            "detail_zh": f"，衔接系数 {ratio:.4g}（{count:.0f} 个重叠年份，高低相差 {spread:.3g}）",
            "detail_en": f"; ratio {ratio:.4g} over {count:.0f} common years, spread {spread:.3g}",
        }
    if entry.method == "extrapolation":
        n = entry.trend_years
        return {"detail_zh": f"，趋势取 {n} 个年份", "detail_en": f"; trend of {n} years"}
    if entry.other is not None:
        text = entry.other.text()
        return {"detail_zh": f"，依据 {text}", "detail_en": f"; in proportion to {text}"}
    return {"detail_zh": "", "detail_en": ""}


def _records(
    activity: Activity, entry: Fill, target: _Known, years: npt.NDArray[np.int64], value: FloatArray
) -> Activity:
    """One record per filled year, of the use and basis of the series."""
    last = int(target.rows[-1])
    like: Mapping[str, str] = {
        name: getattr(activity, name).words[getattr(activity, name).codes[last]] for name in ("use", "basis")
    }
    cells = {
        **{name: getattr(entry.series, name) for name in _KEY}, **like, "unit": target.unit,
        "source": f"inventory.toml [[fill]] {entry.method}", "note": f"{METHODS[entry.method]}：{entry.reason}",
        "flow": FLOW + entry.method, "file": _PLACE.file, "cell": "[[fill]]",
    }  # fmt: skip
    columns: dict[str, Any] = {name: [cells.get(name, "")] * len(years) for name in TEXT}
    columns |= {"year": years, "value": value}
    return Activity.from_columns(columns)


def _words(entry: Fill) -> dict[str, Any]:
    """The blanks that every finding about an entry has."""
    return {
        "series": entry.series.text(), "method": entry.method, "method_zh": METHODS.get(entry.method, entry.method),
        "first": entry.first, "last": entry.last, "reason": entry.reason,
    }  # fmt: skip


def _known_text(target: _Known) -> str:
    return _list_years(target.years[~np.isnan(target.value) & ~target.filled]) or "–"


def _list_years(years: Sequence[int] | npt.NDArray[Any]) -> str:
    """Years as ranges: 1990–1994, 1997."""
    parts: list[list[int]] = []
    for year in map(int, years):
        if parts and parts[-1][1] == year - 1:
            parts[-1][1] = year
        else:
            parts.append([year, year])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in parts)


def _shown(years: npt.NDArray[np.int64], value: FloatArray) -> str:
    pairs = [f"{year}: {number:.5g}" for year, number in zip(years, value, strict=True)]
    return ", ".join(pairs[:_SHOWN]) + (" …" if len(pairs) > _SHOWN else "")
