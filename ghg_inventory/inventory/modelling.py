"""Run the array models of a profile over the records: their results are new records, computed like any other.

A model sees every year that was reported, also before the inventory's first. Its parameters are resolved
like factors, year by year. What it gives is marked: `flow` is "model:<id>" and the note says from how many
records it comes; the records it was made of keep a ledger row of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ghg_inventory.activity.table import Activity
from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.inventory.context import Context
from ghg_inventory.inventory.encode import Signature
from ghg_inventory.inventory.hints import technologies_of
from ghg_inventory.inventory.series import Answers, Key, Series, collect
from ghg_inventory.methods import Input, SeriesModel
from ghg_inventory.models import MODELS
from ghg_inventory.models.split import share_faults
from ghg_inventory.tables import FloatArray

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
        series = collect(activity, context, model, max(years, default=0))
        if series is None:
            continue
        run = _Run(series, context, model, tuple(years))
        derived = run.derived()
        findings += run.findings
        used |= run.used
        if len(derived):
            activity = Activity.concat([activity, derived])
    return activity, findings, used


class _Run:
    """One model over its series."""

    def __init__(self, series: Series, context: Context, model: SeriesModel, years: tuple[int, ...]) -> None:
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
            place = self.series.activity.place(int(self.series.place[line].max()))
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
        answers = Answers(wanted, where, self.model.variable, years, self.context)
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
            place = self.series.activity.place(int(self.series.place[self.series.keys.index(key)].max()))
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
            place = self.series.activity.place(int(self.series.place[line].max()))
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
            place = series.activity.place(int(series.place[line, column]))
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


def _spans(years: np.ndarray) -> str:
    """Years as text, runs shortened: 1990–1994, 1997."""
    runs = np.split(years, np.flatnonzero(np.diff(years) > 1) + 1)
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
