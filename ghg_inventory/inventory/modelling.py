"""Run the array models of a profile over the records: their results are new records, computed like any other.

A model sees every year that was reported, also before the inventory's first. Its parameters are resolved
like factors, year by year. What it gives is marked: `flow` is "model:<id>" and the note says from how many
records it comes; the records it was made of keep a ledger row of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ghg_inventory.activity.table import Activity, sorted_words
from ghg_inventory.codes import notation_keys
from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.inventory.context import Context
from ghg_inventory.inventory.encode import Encoded, Signature
from ghg_inventory.inventory.hints import technologies_of
from ghg_inventory.inventory.lookup import NONE, Lookup, key_of
from ghg_inventory.inventory.plan import area_classes
from ghg_inventory.inventory.scales import factor_value, unit_of
from ghg_inventory.methods import Input, SeriesModel
from ghg_inventory.models import MODELS
from ghg_inventory.models.split import share_faults
from ghg_inventory.tables import Column, FloatArray
from ghg_inventory.units import Unit, factor_between, fitted

Key = tuple[str, str, str, str]
"""Area, category, item, technology of one series. The area is the one that holds in the last year: what its
predecessor reported under an older code (安县 before 安州区) is the same landfill."""


Used = set[tuple[int, int]]
"""Position of a factor row and a year in which it was used."""


def run_models(
    activity: Activity, context: Context, years: Sequence[int]
) -> tuple[Activity, list[Finding], Used]:
    """The activity and what the profile's models derive from it for `years`, in canonical order.

    Also what was noticed, and the factor rows that the models used.
    """
    findings: list[Finding] = []
    used: Used = set()
    for model in context.profile.models:
        series = _collect(activity, context, model, max(years, default=0))
        if series is None:
            continue
        run = _Run(series, context, model, tuple(years))
        derived = run.derived()
        findings += run.findings
        used |= run.used
        if len(derived):
            activity = Activity.concat([activity, derived])
    return activity, findings, used


@dataclass(frozen=True, slots=True)
class _Series:
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


def _collect(activity: Activity, context: Context, model: SeriesModel, last: int) -> _Series | None:
    """The records that the model takes, None when there are none."""
    rows = _rows_of(activity, context, model)
    rows = rows[activity.year[rows] <= last]
    if not len(rows):
        return None
    heir = [_heir(code, last, context) for code in activity.area_code.words]
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
    return _Series(keys, years, codes, values, place, counts, stated, activity, tuple(findings))


def _heir(code: str, last: int, context: Context) -> str:
    """The code under which the area is known in the last year; itself where it was split or never changed."""
    areas = context.areas
    seen = {code}
    while code in areas and not areas.is_valid(code, last):
        found = areas.successor(code, last)
        if found is None or found[0] in seen:
            break
        code = found[0]
        seen.add(code)
    return code


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
        "unit-not-usable", _place(activity, row), category=category, item=item or "–", gas="–", unit=unit or "–",
        method="–", parameter="–", count=len(rows), area=area,
        years=", ".join(str(y) for y in np.unique(activity.year[rows])),
    )  # fmt: skip


def _place(activity: Activity, row: int) -> Place:
    file, sheet, cell = (c.words[c.codes[row]] for c in (activity.file, activity.sheet, activity.cell))
    return Place(file, sheet, cell, int(activity.line[row]))


class _Run:
    """One model over its series."""

    def __init__(self, series: _Series, context: Context, model: SeriesModel, years: tuple[int, ...]) -> None:
        self.series, self.context, self.model, self.wanted = series, context, model, years
        self.findings: list[Finding] = list(series.findings)
        self.used: set[tuple[int, int]] = set()

    def derived(self) -> Activity:
        """The model's records of the inventory's years."""
        model, series = self.model, self.series
        if model.function == "split":
            return self._split()
        idle = np.logical_and.reduce(
            [np.nansum(np.abs(grid), axis=1) == 0 for grid in series.values.values()]
        )
        parameters, known = self._parameters([(key, key[2]) for key in series.keys], idle)
        # A reported 0 gives zeros; a series of nothing but NO has its notation and no number.
        zero = idle & series.stated.any(axis=1)
        values, open_from = self._without_gaps()
        ready = {name: np.where(known[:, None], grid, 0.0) for name, grid in parameters.items()}
        outputs = MODELS[model.function].function(series.years, values, ready)
        computed = known[:, None] & (np.arange(len(series.years))[None, :] < open_from[:, None])
        parts = []
        for symbol, variable, unit in model.outputs:
            grid = np.where(computed, outputs[symbol], np.nan)
            grid = np.where(zero[:, None], 0.0, grid)
            self._outside(symbol, computed & np.isnan(grid) & (not model.gaps))
            parts.append(self._records(grid, variable, unit, [key[2] for key in series.keys]))
        found = Activity.concat(parts)
        self._say(len(found))
        return found

    def _without_gaps(self) -> tuple[dict[str, FloatArray], np.ndarray]:
        """Series without NaN between first and last year, and per series the year index from which it is unknown.

        Before its first record a series is zero: that is where the history starts, and it is said how long it
        is. A missing year after it leaves that year and all later ones uncomputed.
        """
        series, model = self.series, self.model
        width = len(series.years)
        open_from = np.full(len(series.keys), width)
        if model.gaps:
            return dict(series.values), open_from
        out = {}
        for symbol, grid in series.values.items():
            given = ~np.isnan(grid)
            started = np.logical_or.accumulate(given, axis=1)
            gap = started & ~given
            for line in np.flatnonzero(gap.any(axis=1)):
                open_from[line] = min(open_from[line], int(np.argmax(gap[line])))
            self._gaps(gap, dict(model.variables)[symbol])
            out[symbol] = np.where(given, grid, 0.0)
        return out, open_from

    def _gaps(self, gap: np.ndarray, variable: str) -> None:
        """One finding for all items of a record that lack the same years: components of one deposit."""
        alike: dict[tuple[str, str, Place, str], list[str]] = {}
        for line in np.flatnonzero(gap.any(axis=1)).tolist():
            area, category, item, _ = self.series.keys[line]
            place = _place(self.series.activity, int(self.series.place[line].max()))
            years = _spans(self.series.years[gap[line]])
            alike.setdefault((area, category, place, years), []).append(item or "–")
        self.findings += [
            finding("series-gap", place, model=self.model.id, variable=variable, area=area, category=category,
                    item=", ".join(items), years=years)
            for (area, category, place, years), items in alike.items()
        ]  # fmt: skip

    def _parameters(
        self, wanted: Sequence[tuple[Key, str]], idle: np.ndarray | None = None
    ) -> tuple[dict[str, FloatArray], np.ndarray]:
        """Every factor input as [entry, year] in its declared unit, and which entries have all of them.

        wanted: series key and the item whose parameters are looked up. idle: series in which nothing ever
        occurs: they need no parameter and give no record.
        """
        years = self.series.years
        known = np.ones(len(wanted), dtype=bool) if idle is None else ~idle
        out = {}
        where = [self.series.codes[self.series.keys.index(key)] for key, _ in wanted]
        answers = _Answers(wanted, where, self.model.variable, years, self.context)
        for need in self.model.factors:
            grid = answers.values(need)
            out[need.symbol] = grid
            self.used |= {(number, self.context.factors.rows[number].valid_to) for number in answers.used}
            missing = np.isnan(grid)
            if self.model.function != "split":
                lacking = np.flatnonzero(missing.any(axis=1) & known)
                self._lacking(
                    need, [(wanted[int(line)][0], _spans(years[missing[line]])) for line in lacking]
                )
                known &= ~missing.any(axis=1)
        return out, known

    def _lacking(self, need: Input, without: Sequence[tuple[Key, str]]) -> None:
        """One finding for all items of a record that lack a parameter in the same years.

        without: series and the years in which it has no value, as text.
        """
        alike: dict[tuple[Key, Place, str, str], list[str]] = {}
        for key, years in without:
            area, category, item, technology = key
            place = _place(self.series.activity, int(self.series.place[self.series.keys.index(key)].max()))
            choice = technologies_of(
                Signature(category, "", item, technology, "", ""), "", (need,), self.context
            )
            alike.setdefault(((area, category, "", technology), place, years, choice), []).append(item or "–")
        self.findings += [
            finding("model-no-factor", place, model=self.model.id, parameter=need.parameter, area=area,
                    category=category, item=", ".join(items), years=years, technology=technology or "–",
                    expected=choice or "–")
            for ((area, category, _, technology), place, years, choice), items in alike.items()
        ]  # fmt: skip

    def _outside(self, symbol: str, cells: np.ndarray) -> None:
        """A parameter outside what the model can take leaves no number: that is said, not dropped."""
        for line in np.flatnonzero(cells.any(axis=1)):
            area, category, item, _ = self.series.keys[line]
            place = _place(self.series.activity, int(self.series.place[line].max()))
            self.findings.append(
                finding("model-domain", place, model=self.model.id, output=symbol, area=area, category=category,
                        item=item or "–", years=_spans(self.series.years[cells[line]]))
            )  # fmt: skip

    def _split(self) -> Activity:
        """Bulk waste into its components by their shares; nothing is split where the shares do not add up."""
        series, parts = self.series, self.model.components
        wanted = [(key, part) for key in series.keys for part in parts]
        shares = next(iter(self._parameters(wanted)[0].values()))
        # A component without a share has none: whether that is so, the sum of the others tells.
        stated = shares.reshape(len(series.keys), len(parts), -1)
        # One that was never stated gives no record: a zero of it would make a total where all others are unknown.
        never: npt.NDArray[np.bool_] = np.all(np.isnan(stated), axis=2)
        shares = np.nan_to_num(stated)
        total = shares.sum(axis=1)
        bulk = next(iter(series.values.values()))
        wrong = ~np.isnan(bulk) & (bulk != 0) & share_faults(shares)
        for line, column in zip(*np.nonzero(wrong), strict=True):
            place = _place(series.activity, int(series.place[line, column]))
            year, text = int(series.years[column]), f"{total[line, column]:.4g}"
            name = "model-shares" if total[line, column] else "model-shares-missing"
            self.findings.append(
                finding(name, place, area=series.keys[line][0], year=year, total=text, parts=", ".join(parts),
                        parameter=self.model.factors[0].parameter)
            )  # fmt: skip
        # NO beside numbers is a zero (a closed landfill goes on decaying); a series of nothing but NO gives nothing.
        idle: npt.NDArray[np.bool_] = np.all(~series.stated, axis=1)
        open_cells = (wrong | idle[:, None])[:, None, :] | never[:, :, None]
        grid = np.where(open_cells, np.nan, bulk[:, None, :] * shares)
        _, variable, unit = self.model.outputs[0]
        pieces = [
            self._records(grid[:, number], variable, unit, [part] * len(series.keys), every_year=True)
            for number, part in enumerate(parts)
        ]
        found = Activity.concat(pieces)
        self._say(len(found))
        return found

    def _records(
        self, grid: FloatArray, variable: str, unit: str, items: Sequence[str], *, every_year: bool = False
    ) -> Activity:
        """The finite cells of the wanted years as records; a zero is a record too."""
        series, source = self.series, self.series.activity
        inside = np.isin(series.years, self.wanted) | every_year
        started = np.asarray(series.place) >= 0
        line, column = np.nonzero(np.isfinite(grid) & inside[None, :] & started)
        rows = series.place[line, column]
        keys = [series.keys[n] for n in line]
        texts = {
            "area_code": [series.codes[n][c] for n, c in zip(line, column, strict=True)],
            "category": [key[1] for key in keys], "item": [items[n] for n in line.tolist()],
            "technology": [key[3] for key in keys], "variable": [variable] * len(line),
            "unit": [unit] * len(line), "flow": [f"model:{self.model.id}"] * len(line),
            "source": [self.model.source] * len(line),
            "note": [f"{self.model.id} ← {series.counts[n]} 条记录 / records" for n in line],
            "file": [source.file.words[source.file.codes[r]] for r in rows],
            "sheet": [source.sheet.words[source.sheet.codes[r]] for r in rows],
            "cell": [source.cell.words[source.cell.codes[r]] for r in rows],
        }  # fmt: skip
        return Activity.from_columns(
            {**texts, "year": series.years[column], "value": grid[line, column], "line": source.line[rows]},
            source.files,
        )

    def _say(self, derived: int) -> None:
        series = self.series
        self.findings.append(
            finding("model-run", model=self.model.id, function=self.model.function, count=len(series.keys),
                    first=int(series.years[0]), last=int(series.years[-1]), derived=derived)
        )  # fmt: skip


class _Answers:
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


def _spans(years: np.ndarray) -> str:
    """Years as text, runs shortened: 1990–1994, 1997."""
    runs = np.split(years, np.flatnonzero(np.diff(years) > 1) + 1)
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


@dataclass(frozen=True, slots=True)
class Step:
    """One amount that went into a model: year, symbol, amount in the declared unit, where it was reported."""

    year: int
    symbol: str
    amount: float
    unit: str
    place: str


@dataclass(frozen=True, slots=True)
class Trace:
    """How a model came to a record: its inputs up to the year, and the parameters of that year.

    parameters: (input, value in the declared unit, position of the factor row).
    """

    model: SeriesModel
    steps: tuple[Step, ...]
    parameters: tuple[tuple[Input, float, int], ...]


def trace(everything: Activity, context: Context, flow: str, key: Key, year: int, last: int) -> Trace | None:
    """The way back from a derived record; None when it is none of a model of the profile.

    everything: the records of all years with those that models gave. flow, key, year: of the derived record.
    last: the inventory's last year, which names the areas of series.
    """
    model = next((m for m in context.profile.models if flow == f"model:{m.id}"), None)
    if model is None:
        return None
    area, category, item, technology = key
    heir = _heir(area, last, context)
    mine = np.asarray([_heir(word, last, context) == heir for word in everything.area_code.words], dtype=bool)
    series = _collect(everything.select(mine[everything.area_code.codes]), context, model, last)
    is_split = model.function == "split"
    wanted = [
        k for k in (series.keys if series else ())
        if k[1] == category and k[3] == technology and (is_split or k[2] == item)
    ]  # fmt: skip
    if series is None or not wanted or not series.years[0] <= year <= series.years[-1]:
        return None
    line, column = series.keys.index(wanted[0]), int(year - series.years[0])
    years = [column] if is_split else range(column + 1)
    return Trace(
        model, _steps(series, model, line, years), _of_year(series, context, model, (line, column), item)
    )


def _steps(series: _Series, model: SeriesModel, line: int, columns: Iterable[int]) -> tuple[Step, ...]:
    units = {need.symbol: need.unit.text for need in model.inputs}
    return tuple(
        Step(int(series.years[at]), symbol, float(grid[line, at]), units[symbol],
             str(_place(series.activity, int(series.place[line, at]))))
        for symbol, grid in series.values.items() for at in columns if not np.isnan(grid[line, at])
    )  # fmt: skip


def _of_year(
    series: _Series, context: Context, model: SeriesModel, cell: tuple[int, int], item: str
) -> tuple[tuple[Input, float, int], ...]:
    line, column = cell
    answers = _Answers(
        [(series.keys[line], item)], [series.codes[line]], model.variable, series.years, context
    )
    out = []
    for need in model.factors:
        value = float(answers.values(need)[0, column])
        row = int(answers.lookup.row(key_of(need, ""), answers.kind[0])[answers.place[0, column], column])
        out.append((need, value, row))
    return tuple(out)
