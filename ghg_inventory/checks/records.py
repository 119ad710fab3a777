"""What the checks of reported records share: the records of some variables as a small table, and their places."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from ghg_inventory.activity.table import Activity
from ghg_inventory.errors import Place
from ghg_inventory.units import UnitError, parse_unit

ASIDE = ("check", "reference")
"""Uses of records that only serve other checks."""
WORDS = ("area_code", "category", "variable", "item", "technology", "unit", "notation", "note", "use")


def records_of(activity: Activity, variables: Iterable[str]) -> pd.DataFrame:
    """Records of these variables in the order of the activity, without those of use check and reference.

    Columns: the words, year, value (as reported), amount (in base units; NaN for a notation key or a unit that
    cannot be read), row (index into the activity).
    """
    wanted = set(variables)
    named = np.asarray([word in wanted for word in activity.variable.words], dtype=bool)
    aside = np.asarray([word in ASIDE for word in activity.use.words], dtype=bool)
    if not named.any():
        return frame_of(activity, np.zeros(0, dtype=np.intp))
    return frame_of(activity, np.flatnonzero(named[activity.variable.codes] & ~aside[activity.use.codes]))


def frame_of(activity: Activity, rows: npt.NDArray[np.intp]) -> pd.DataFrame:
    """The given records as a table, see `records_of`."""
    columns: dict[str, object] = {}
    for name in WORDS:
        column = getattr(activity, name)
        words = np.asarray([*column.words, ""], dtype=object)
        columns[name] = words[column.codes[rows]] if len(rows) else words[:0]
    factors = np.asarray([base_units(word) for word in activity.unit.words], dtype=np.float64)
    columns |= {"year": activity.year[rows].astype(np.int64), "value": activity.value[rows], "row": rows}
    columns["amount"] = (
        activity.value[rows] * factors[activity.unit.codes[rows]] if len(rows) else np.zeros(0)
    )
    return pd.DataFrame(columns)


@lru_cache(maxsize=4096)
def base_units(unit: str) -> float:
    """Base units in one unit, NaN for one that cannot be read."""
    try:
        return float(parse_unit(unit).factor)
    except UnitError:
        return float("nan")


def place_of(activity: Activity, row: int) -> Place:
    """Where a record came from."""
    file, sheet, cell = (
        column.words[column.codes[row]] for column in (activity.file, activity.sheet, activity.cell)
    )
    return Place(file, sheet, cell, int(activity.line[row]))
