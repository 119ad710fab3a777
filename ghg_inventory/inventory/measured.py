"""Measured values: a return may state a parameter of a method for its own area and year.

A record whose variable is the name of a parameter (factors/parameters/) is no activity: it becomes a factor
row of that area and year, more specific than every default, with the return as its source.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ghg_inventory.activity.table import Activity
from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.inventory.context import Context


def take_measured(activity: Activity, context: Context) -> tuple[Activity, Context, list[Finding]]:
    """Activity without the measured values, and a context whose factor library holds them."""
    parameters = context.factors.parameters
    named = [word in parameters for word in activity.variable.words]
    if not any(named):
        return activity, context, []
    mask = np.asarray(named, dtype=bool)[activity.variable.codes]
    rows = np.flatnonzero(mask)
    stated = rows[~np.isnan(activity.value[rows])]
    library, findings = context.factors.with_measured(
        (_cells(activity, row), _place(activity, row)) for row in stated.tolist()
    )
    notes = [*findings, *_summary(activity, stated)]
    if len(stated) < len(rows):
        first = next(row for row in rows.tolist() if np.isnan(activity.value[row]))
        notes.append(finding("measured-blank", _place(activity, first), count=len(rows) - len(stated)))
    return activity.select(~mask), replace(context, factors=library), notes


def _cells(activity: Activity, row: int) -> dict[str, str]:
    """The cells of a factor table that say the same."""
    word = {name: _word(activity, name, row) for name in ("variable", "category", "item", "technology", "area_code",
                                                          "unit", "source", "note")}  # fmt: skip
    place, year = _place(activity, row), str(int(activity.year[row]))
    return {
        "factor_id": f"measured:{place}", "parameter": word["variable"], "category": word["category"],
        "item": word["item"], "technology": word["technology"], "area_code": word["area_code"],
        "valid_from": year, "valid_to": year, "value": repr(float(activity.value[row])), "unit": word["unit"],
        "source": word["source"] or place.file, "locator": str(place), "note": word["note"],
    }  # fmt: skip


def _word(activity: Activity, column: str, row: int) -> str:
    texts = getattr(activity, column)
    word: str = texts.words[texts.codes[row]]
    return word


def _place(activity: Activity, row: int) -> Place:
    file, sheet, cell = (_word(activity, name, row) for name in ("file", "sheet", "cell"))
    return Place(file, sheet, cell, int(activity.line[row]))


def _summary(activity: Activity, rows: np.ndarray) -> list[Finding]:
    """One note per parameter: how many values of it replace defaults, the first of them named."""
    out = []
    for number, word in enumerate(activity.variable.words):
        mine = rows[activity.variable.codes[rows] == number]
        if len(mine):
            out.append(
                finding("measured-values", _place(activity, int(mine[0])), parameter=word, count=len(mine))
            )
    return out
