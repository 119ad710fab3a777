"""Records that share a key: the same amount twice is dropped with a warning, two amounts are both withheld."""

from __future__ import annotations

import math

import numpy as np

from ghg_inventory.activity import words
from ghg_inventory.activity.table import KEY, Activity
from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.units import parse_unit

LIMIT = 20
# Values of these uses are compared and never computed with.
_ASIDE = ("check", "reference")


def without_duplicates(activity: Activity) -> tuple[Activity, list[Finding]]:
    """The records (in canonical order) with one per key, and what became of the others.

    Equal quantity or notation key: the first in canonical order stays. Otherwise none stays: summing,
    or taking either, would be a guess.
    """
    size = len(activity)
    if size < 2:
        return activity, []
    keys = activity.key_numbers()
    same = np.ones(size - 1, dtype=bool)
    for key in keys:
        same &= key[1:] == key[:-1]
    if not same.any():
        return activity, []
    group = np.concatenate([[0], np.cumsum(~same)])
    twice = np.flatnonzero(np.concatenate([same, [False]]) | np.concatenate([[False], same]))
    keep = np.ones(size, dtype=bool)
    found: list[Finding] = []
    counts = {"duplicate-equal": 0, "duplicate-differs": 0}
    beyond: dict[str, Place] = {}
    for rows in np.split(twice, np.flatnonzero(np.diff(group[twice])) + 1):
        name = (
            "duplicate-equal"
            if len({_quantity(activity, int(row)) for row in rows}) == 1
            else "duplicate-differs"
        )
        keep[rows[1:] if name == "duplicate-equal" else rows] = False
        counts[name] += 1
        if counts[name] <= LIMIT:
            found.append(_finding(name, activity, [int(row) for row in rows]))
        elif name not in beyond:
            beyond[name] = _finding(name, activity, [int(row) for row in rows]).place
    found += [
        finding(
            "more-of-these",
            place,
            kind=name,
            count=counts[name] - LIMIT,
            severity="error" if name.endswith("s") else "warning",
        )
        for name, place in beyond.items()
    ]
    return activity.select(keep), found


def stated_in_two_files(activity: Activity) -> list[Finding]:
    """What a form and another file both state: their rows differ (`flow`), so both count, and that is an error.

    Two rows of one form that share a category are no repetition.
    """
    names = [name for name in KEY if name != "flow"]
    keys = activity.numbers(names)
    if len(activity) < 2 or len(activity.flow.words) < 2 or len(activity.file.words) < 2:
        return []
    order = np.lexsort(keys[::-1]) if keys else np.arange(len(activity))
    same = np.ones(len(order) - 1, dtype=bool)
    for key in keys:
        same &= key[order][1:] == key[order][:-1]
    found: list[Finding] = []
    apart = activity.flow.codes[order] != np.roll(activity.flow.codes[order], 1)
    other = activity.file.codes[order] != np.roll(activity.file.codes[order], 1)
    counted = np.asarray([word not in _ASIDE for word in activity.use.words], dtype=bool)[activity.use.codes[order]]
    for place in np.flatnonzero(same & apart[1:] & other[1:] & counted[1:]).tolist():
        found.append(_finding("stated-twice", activity, [int(order[place]), int(order[place + 1])]))
    return found[:LIMIT]


def _amount(activity: Activity, row: int) -> tuple[float | str, str]:
    """The amount (or its notation key) and its unit, as printed."""
    notation = activity.notation.words[activity.notation.codes[row]]
    value = notation or float(activity.value[row])
    return value, activity.unit.words[activity.unit.codes[row]]


def _quantity(activity: Activity, row: int) -> tuple[float | str, str]:
    """What must agree: 1.2 万吨 and 12000 吨 are one quantity. The rounding of the conversion does not count."""
    value, unit = _amount(activity, row)
    if isinstance(value, str):
        return value, ""  # a notation key has no unit, whatever stands beside it
    base = words.base_units(unit) if unit else math.nan
    if math.isnan(base):
        return value, unit
    return float(f"{value * base:.12g}"), str(parse_unit(unit).dimension)


def _finding(name: str, activity: Activity, rows: list[int]) -> Finding:
    def text(column: str, row: int) -> str:
        words = getattr(activity, column)
        return str(words.words[words.codes[row]])

    def where(row: int) -> str:
        sheet = text("sheet", row)
        return f"{text('file', row)}{f' [{sheet}]' if sheet else ''} {activity.cell_text(row)}"

    last = rows[-1]
    key = ", ".join(
        t for column in KEY if (t := str(activity.year[last]) if column == "year" else text(column, last))
    )
    line = int(activity.line[last])
    place = Place(text("file", last), text("sheet", last), "" if line else activity.cell_text(last), line)
    values = " / ".join(f"{value!r} {unit}" if isinstance(value, float) else value
                        for value, unit in (_amount(activity, row) for row in rows))  # fmt: skip
    return finding(
        name, place, key=key, values=values, places="; ".join(where(row) for row in rows[:4]), count=len(rows)
    )
