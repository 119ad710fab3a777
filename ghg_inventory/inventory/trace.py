"""The way back from a record that an array model gave: its parameters and every amount of its past."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ghg_inventory.activity.table import Activity
from ghg_inventory.inventory.context import Context
from ghg_inventory.inventory.lookup import key_of
from ghg_inventory.inventory.series import Answers, Key, Series, collect
from ghg_inventory.methods import Input, SeriesModel


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
    heir = context.areas.heir(area, last)
    mine = np.asarray(
        [context.areas.heir(word, last) == heir for word in everything.area_code.words], dtype=bool
    )
    series = collect(everything.select(mine[everything.area_code.codes]), context, model, last)
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


def _steps(series: Series, model: SeriesModel, line: int, columns: Iterable[int]) -> tuple[Step, ...]:
    units = {need.symbol: need.unit.text for need in model.inputs}
    return tuple(
        Step(int(series.years[at]), symbol, float(grid[line, at]), units[symbol],
             str(series.activity.place(int(series.place[line, at]))))
        for symbol, grid in series.values.items() for at in columns if not np.isnan(grid[line, at])
    )  # fmt: skip


def _of_year(
    series: Series, context: Context, model: SeriesModel, cell: tuple[int, int], item: str
) -> tuple[tuple[Input, float, int], ...]:
    line, column = cell
    answers = Answers(
        [(series.keys[line], item)], [series.codes[line]], model.variable, series.years, context
    )
    out = []
    for need in model.factors:
        value = float(answers.values(need)[0, column])
        row = int(answers.lookup.row(key_of(need, ""), answers.kind[0])[answers.place[0, column], column])
        out.append((need, value, row))
    return tuple(out)
