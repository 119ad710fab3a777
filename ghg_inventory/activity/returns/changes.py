"""What a revision says differently from the records before it, one `Change` per record."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import pandas as pd

from ghg_inventory.activity import words
from ghg_inventory.activity.table import KEY, Activity
from ghg_inventory.units import convertible, factor_between, parse_unit

# Two floats that differ by less are the same number, converted.
_SAME = 1e-9
_STATED = ("notation", "unit", "note", "file", "sheet", "cell")
_Key = tuple[str, int, str, str, str, str, str, str, str]


class Change(NamedTuple):
    """One record that differs.

    kind: added | removed | changed (another amount) | unit (the same amount in another unit) | notation (a key came,
    went or became another) | note (only the explanation differs).
    area … basis: the key of the record. file, sheet, cell: where it stands now; where it stood, for one removed.
    old, new: amount or notation key as text, of a note its texts; "" where there is none. old_unit, new_unit: as
    printed.
    """

    kind: str
    area: str
    year: int
    category: str
    variable: str
    item: str
    technology: str
    use: str
    flow: str
    basis: str
    file: str
    sheet: str
    cell: str
    old: str
    new: str
    old_unit: str
    new_unit: str


class _Record(NamedTuple):
    """What a record states, and where."""

    value: float
    notation: str
    unit: str
    note: str
    file: str
    sheet: str
    cell: str

    @property
    def amount(self) -> str:
        """The number as short as it is, or the notation key."""
        return self.notation or (
            str(int(self.value)) if self.value.is_integer() and abs(self.value) < 1e15 else repr(self.value)
        )


def changes(before: Activity, after: Activity) -> tuple[Change, ...]:
    """Every difference between two sets of records, by area, year, sheet and cell.

    Records are matched by their key, never by where they stand: a row that moved has not changed.
    """
    old, new = _by_key(before), _by_key(after)
    found = [
        change for key in old.keys() | new.keys() if (change := _change(key, old.get(key), new.get(key)))
    ]
    return tuple(sorted(found, key=_reading_order))


def as_frame(found: Iterable[Change]) -> pd.DataFrame:
    """The changes as a table, one column per field."""
    return pd.DataFrame(list(found), columns=list(Change._fields))


def _by_key(activity: Activity) -> dict[_Key, _Record]:
    keys = zip(*(_column(activity, name) for name in KEY), strict=True)
    stated = zip(activity.value.tolist(), *(_column(activity, name) for name in _STATED), strict=True)
    return dict(zip(keys, map(_Record._make, stated), strict=True))


def _column(activity: Activity, name: str) -> Iterable[object]:
    if name == "year":
        years: list[int] = activity.year.tolist()
        return years
    if name == "cell":
        return _cells(activity)
    texts: list[str] = getattr(activity, name).texts()
    return texts


def _cells(activity: Activity) -> Iterator[str]:
    """A1 names, lines of a text file as L12."""
    for cell, line in zip(activity.cell.texts(), activity.line.tolist(), strict=True):
        yield cell or (f"L{line}" if line else "")


def _change(key: _Key, old: _Record | None, new: _Record | None) -> Change | None:
    """How one record differs; None when it does not."""
    there = new or old
    kind = _kind(old, new)
    if not kind or there is None:
        return None
    if kind == "note" and old is not None and new is not None:
        texts = (old.note, new.note)
    else:
        texts = (old.amount if old else "", new.amount if new else "")
    return Change(
        kind,
        *key,
        there.file,
        there.sheet,
        there.cell,
        *texts,
        old.unit if old else "",
        new.unit if new else "",
    )


def _kind(old: _Record | None, new: _Record | None) -> str:
    if old is None or new is None:
        return "added" if old is None else "removed"
    if old.notation != new.notation:
        return "notation"
    if not new.notation:
        if old.unit == new.unit:
            if old.value != new.value:
                return "changed"
        else:
            return "unit" if _is_same_amount(old, new) else "changed"
    return "" if old.note == new.note else "note"


def _is_same_amount(old: _Record, new: _Record) -> bool:
    """True when two amounts in different units are one amount."""
    factor = _factor(old.unit, new.unit)
    return factor is not None and math.isclose(old.value * factor, new.value, rel_tol=_SAME)


@lru_cache(maxsize=1024)
def _factor(old: str, new: str) -> float | None:
    """New units in one old unit; None where they do not measure the same."""
    if words.unit_fault(old) or words.unit_fault(new):
        return None
    source, target = parse_unit(old), parse_unit(new)
    return factor_between(source, target) if convertible(source, target) else None


def _reading_order(change: Change) -> tuple[object, ...]:
    """By sheet, then row by row."""
    letters = change.cell.rstrip("0123456789")
    row = int(change.cell[len(letters) :] or 0)
    return (change.area, change.year, change.file, change.sheet, row, len(letters), letters, change)
