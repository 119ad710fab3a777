"""Records as time series: what an array model takes, by area, category, item and technology, year by year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ghg_inventory.activity.table import Activity, sorted_words
from ghg_inventory.codes import notation_keys
from ghg_inventory.errors import Finding, finding
from ghg_inventory.inventory.context import Context
from ghg_inventory.inventory.encode import Encoded, Signature
from ghg_inventory.inventory.lookup import NONE, Lookup, key_of
from ghg_inventory.inventory.plan import area_classes
from ghg_inventory.inventory.scales import factor_value, unit_of
from ghg_inventory.methods import Input, SeriesModel
from ghg_inventory.tables import Column, FloatArray
from ghg_inventory.units import Unit, factor_between, fitted

Key = tuple[str, str, str, str]
"""Area, category, item, technology of one series. The area is the one that holds in the last year: what its
predecessor reported under an older code (安县 before 安州区) is the same landfill."""


@dataclass(frozen=True, slots=True)
class Series:
    """The records of one model as arrays [series, year].

    keys: what each series is of. years: consecutive. values: by symbol, NaN where nothing was reported.
    codes: [series][year] the area code that is valid in the year.
    place: [series, year] number of the record, or of the last one before it. counts: records per series.
    stated: [series, year] where a number was reported, be it 0; False where a notation key stands for it.
    """

    keys: tuple[Key, ...]
    years: np.ndarray
    codes: tuple[tuple[str, ...], ...]
    values: dict[str, FloatArray]
    place: np.ndarray
    counts: np.ndarray
    stated: np.ndarray
    activity: Activity
    findings: tuple[Finding, ...]


def collect(activity: Activity, context: Context, model: SeriesModel, last: int) -> Series | None:
    """The records that the model takes, None when there are none."""
    rows = _rows_of(activity, context, model)
    rows = rows[activity.year[rows] <= last]
    if not len(rows):
        return None
    heir = [context.areas.heir(code, last) for code in activity.area_code.words]
    area = Column.of(heir)
    area = sorted_words(Column(area.codes[activity.area_code.codes], area.words))
    columns = [area, activity.category, activity.item, activity.technology]
    # Words are sorted, so the order of their codes is the order of the texts.
    distinct, series = np.unique(
        np.stack([c.codes[rows] for c in columns], axis=1), axis=0, return_inverse=True
    )
    series = series.ravel()
    keys = tuple(
        (columns[0].words[a], columns[1].words[c], columns[2].words[i], columns[3].words[t])
        for a, c, i, t in distinct
    )
    first = int(activity.year[rows].min())
    years = np.arange(first, last + 1)
    column = activity.year[rows].astype(np.int64) - first
    at = np.full((len(keys), len(years)), -1)
    at[series, column] = rows
    latest = np.maximum.accumulate(np.where(at < 0, -1, np.arange(len(years))), axis=1)
    place = np.where(latest < 0, -1, np.take_along_axis(at, np.maximum(latest, 0), axis=1))
    values, findings = {}, []
    for symbol, variable in model.variables:
        need = next(i for i in model.inputs if i.symbol == symbol)
        mine = np.asarray([word == variable for word in activity.variable.words], dtype=bool)
        chosen = mine[activity.variable.codes[rows]]
        amounts, problems = _amounts(activity, rows[chosen], need.unit)
        findings += problems
        values[symbol] = _grid((len(keys), len(years)), series[chosen], column[chosen], amounts)
    counts = np.bincount(series, minlength=len(keys))
    codes = _codes_of(keys, dict(zip(activity.area_code.words, heir, strict=True)), years, context)
    stated = np.zeros(at.shape, dtype=bool)
    numbered = ~np.isnan(activity.value[rows])
    stated[series[numbered], column[numbered]] = True
    return Series(keys, years, codes, values, place, counts, stated, activity, tuple(findings))


def _codes_of(
    keys: Sequence[Key], heirs: dict[str, str], years: np.ndarray, context: Context
) -> tuple[tuple[str, ...], ...]:
    """For each series and year the code, among those that became its area, that is valid then."""
    areas = context.areas
    spelled: dict[str, tuple[str, ...]] = {}
    for area in {key[0] for key in keys}:
        among = [area, *sorted(code for code, heir in heirs.items() if heir == area and code != area)]
        spelled[area] = tuple(
            next((code for code in among if code in areas and areas.is_valid(code, int(year))), area)
            for year in years
        )
    return tuple(spelled[key[0]] for key in keys)


def _grid(shape: tuple[int, int], line: np.ndarray, column: np.ndarray, amounts: FloatArray) -> FloatArray:
    """Amounts added up by cell; NaN where no amount is known."""
    cell = line * shape[1] + column
    known = ~np.isnan(amounts)
    sums = np.bincount(cell[known], amounts[known], shape[0] * shape[1])
    held = np.bincount(cell[known], minlength=shape[0] * shape[1]) > 0
    return np.where(held, sums, np.nan).reshape(shape)


def _rows_of(activity: Activity, context: Context, model: SeriesModel) -> np.ndarray:
    wanted = {variable for _, variable in model.variables}
    mask = np.asarray([word in wanted for word in activity.variable.words], dtype=bool)
    if not mask.any():
        return np.zeros(0, dtype=np.int64)
    plain = np.asarray([word == "" for word in activity.use.words], dtype=bool)
    rows = np.flatnonzero(mask[activity.variable.codes] & plain[activity.use.codes])
    columns = (activity.category, activity.variable, activity.item)
    kinds, number = np.unique(np.stack([c.codes[rows] for c in columns], axis=1), axis=0, return_inverse=True)
    fits = np.zeros(len(kinds), dtype=bool)
    for index, kind in enumerate(kinds):
        category, variable, item = (c.words[code] for c, code in zip(columns, kind, strict=True))
        fits[index] = model.applies(category, variable, item, context.fuels.kind(item))
    return rows[fits[number.ravel()]]


def _amounts(activity: Activity, rows: np.ndarray, declared: Unit) -> tuple[FloatArray, list[Finding]]:
    """The amounts in the declared unit; 0 where nothing occurs (NO), NaN where nothing is known."""
    words = activity.notation.words
    zero = np.asarray([bool(w) and notation_keys()[w].counts_as_zero for w in words], dtype=bool)
    blank = np.isnan(activity.value[rows])
    amounts = np.where(blank & zero[activity.notation.codes[rows]], 0.0, activity.value[rows])
    problems = []
    for code in np.unique(activity.unit.codes[rows[~blank]]):
        mine = ~blank & (activity.unit.codes[rows] == code)
        given = unit_of(activity.unit.words[code])
        unit = fitted(given, declared) if given is not None else None
        if unit is not None:
            amounts[mine] *= factor_between(unit, declared)
        else:
            amounts[mine] = np.nan
            problems.append(_wrong_unit(activity, rows[mine]))
    return amounts, problems


def _wrong_unit(activity: Activity, rows: np.ndarray) -> Finding:
    row = int(rows[0])
    area, category, item, unit = (
        c.words[c.codes[row]] for c in (activity.area_code, activity.category, activity.item, activity.unit)
    )
    return finding(
        "unit-not-usable", activity.place(row), category=category, item=item or "–", gas="–", unit=unit or "–",
        method="–", parameter="–", count=len(rows), area=area,
        years=", ".join(str(y) for y in np.unique(activity.year[rows])),
    )  # fmt: skip


class Answers:
    """Parameters of (series, item) pairs for every year, resolved in one request per parameter."""

    def __init__(
        self, wanted: Sequence[tuple[Key, str]], where: Sequence[Sequence[str]], variable: str, years: np.ndarray,
        context: Context,
    ) -> None:  # fmt: skip
        kinds = [Signature(key[1], variable, item, key[3], "", "") for key, item in wanted]
        self.signatures = tuple(dict.fromkeys(kinds))
        areas = tuple(sorted({code for codes in where for code in codes}))
        none = np.zeros(0)
        encoded = Encoded(
            self.signatures, areas, tuple(int(y) for y in years), none.astype(np.int32), none.astype(np.int32),
            none.astype(np.int16), none, None,
        )  # fmt: skip
        classes, class_of_area = area_classes(areas, context)
        self.lookup, self.context = Lookup(encoded, context, classes), context
        self.used: set[int] = set()
        number = {kind: index for index, kind in enumerate(self.signatures)}
        self.kind = [number[kind] for kind in kinds]
        position = {code: int(class_of_area[index]) for index, code in enumerate(areas)}
        self.place = np.asarray([[position[code] for code in codes] for codes in where])

    def values(self, need: Input) -> FloatArray:
        """[entry, year] in the declared unit; NaN where there is no single row."""
        key = key_of(need, "")
        self.lookup.resolve(key, list(range(len(self.signatures))))
        column = np.arange(self.place.shape[1])
        rows = np.stack([
            self.lookup.row(key, kind)[place, column] for kind, place in zip(self.kind, self.place, strict=True)
        ])  # fmt: skip
        out = np.full(rows.shape, np.nan)
        for number in np.unique(rows[rows > NONE]).tolist():
            self.used.add(number)
            out[rows == number] = factor_value(self.context.factors.rows[number], need, "")
        return out
