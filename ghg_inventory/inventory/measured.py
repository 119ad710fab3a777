"""Measured values: a return may state a parameter of a method for its own area and year.

A record whose variable is the name of a parameter (factors/parameters/) is no activity: it becomes a factor
row of that area and year, more specific than every default, with the return as its source.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ghg_inventory.activity.table import Activity
from ghg_inventory.errors import Finding, finding
from ghg_inventory.inventory.context import Context
from ghg_inventory.methods import covers
from ghg_inventory.units import parse_unit

EMISSION_FACTOR = "emission_factor"
"""The only parameter with a gas; a return names it in the unit."""


def take_measured(activity: Activity, context: Context) -> tuple[Activity, Context, list[Finding]]:
    """Activity without the measured values, and a context whose factor library holds them."""
    parameters = context.factors.parameters
    named = [word in parameters for word in activity.variable.words]
    if not any(named):
        return activity, context, []
    mask = np.asarray(named, dtype=bool)[activity.variable.codes]
    rows = np.flatnonzero(mask)
    stated = rows[~np.isnan(activity.value[rows])]
    stated, faults = _of_one_gas(activity, stated, context)
    library, findings = context.factors.with_measured(
        (_cells(activity, row), activity.place(row)) for row in stated.tolist()
    )
    notes = [*findings, *faults, *_summary(activity, stated)]
    blank = rows[np.isnan(activity.value[rows])]
    if len(blank):
        notes.append(finding("measured-blank", activity.place(int(blank[0])), count=len(blank)))
    return activity.select(~mask), replace(context, factors=library), notes


def _of_one_gas(activity: Activity, rows: np.ndarray, context: Context) -> tuple[np.ndarray, list[Finding]]:
    """Rows without the emission factors whose unit names no gas, or CO2e where no method computes in CO2e.

    Such a value would be used by nothing and the default would stand: that must not pass for a note.
    """
    names = activity.variable.words
    if EMISSION_FACTOR not in names:
        return rows, []
    wanted = activity.variable.codes[rows] == names.index(EMISSION_FACTOR)
    kept, findings = [], []
    for row, is_factor in zip(rows.tolist(), wanted.tolist(), strict=True):
        unit = _word(activity, "unit", row)
        substances = parse_unit(unit).substances
        fault = "" if substances else "measured-no-gas"
        if "CO2e" in substances and not _of_any_gas(_word(activity, "category", row), context):
            fault = "measured-co2e"
        if is_factor and fault:
            findings.append(
                finding(fault, activity.place(row), unit=unit, category=_word(activity, "category", row),
                        item=_word(activity, "item", row) or "–")
            )  # fmt: skip
        else:
            kept.append(row)
    return np.asarray(kept, dtype=rows.dtype), findings


def _of_any_gas(category: str, context: Context) -> bool:
    """True where a method of the category takes every gas that the factors name, CO2e among them."""
    return any(
        method.gas == "*" and any(covers(prefix, category) for prefix in method.categories)
        for method in context.profile.methods
    )


def _cells(activity: Activity, row: int) -> dict[str, str]:
    """The cells of a factor table that say the same."""
    word = {name: _word(activity, name, row) for name in ("variable", "category", "item", "technology", "area_code",
                                                          "unit", "source", "note")}  # fmt: skip
    place, year = activity.place(row), str(int(activity.year[row]))
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


def _summary(activity: Activity, rows: np.ndarray) -> list[Finding]:
    """One note per parameter: how many values of it replace defaults, the first of them named."""
    out = []
    for number, word in enumerate(activity.variable.words):
        mine = rows[activity.variable.codes[rows] == number]
        if len(mine):
            out.append(
                finding("measured-values", activity.place(int(mine[0])), parameter=word, count=len(mine))
            )
    return out
