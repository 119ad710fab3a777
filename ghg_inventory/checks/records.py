"""What the checks of reported records share: some records of an activity as arrays, their groups and places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ghg_inventory.activity.table import Activity
from ghg_inventory.errors import Place
from ghg_inventory.tables import FloatArray
from ghg_inventory.units import UnitError, parse_unit

ASIDE = ("check", "reference")
"""Uses of records that only serve other checks."""

Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Records:
    """Some records of an activity.

    rows: indices into the activity. amount: in base units; NaN for a notation key or a unit that cannot be read.
    """

    activity: Activity
    rows: npt.NDArray[np.intp]
    amount: FloatArray

    @classmethod
    def of(cls, activity: Activity, variables: Iterable[str]) -> Records:
        """Records of these variables in the order of the activity, without those of use check and reference."""
        rows = rows_of(activity, variables)
        factors = np.asarray([base_units(word) for word in activity.unit.words], dtype=np.float64)
        amount = activity.value[rows] * factors[activity.unit.codes[rows]] if len(rows) else np.zeros(0)
        return cls(activity, rows, amount)

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, mask: Mask) -> Records:
        """Those that the mask chooses."""
        return Records(self.activity, self.rows[mask], self.amount[mask])

    def reported(self) -> Records:
        """Those whose amount is known and not 0."""
        return self.where(np.nan_to_num(self.amount) != 0)

    def codes(self, name: str) -> Codes:
        """The codes of a column, one per record; the year is its own code."""
        if name == "year":
            return self.activity.year[self.rows].astype(np.int64)
        return np.asarray(getattr(self.activity, name).codes[self.rows], dtype=np.int64)

    def is_in(self, name: str, words: Iterable[str]) -> Mask:
        """Which records hold one of these words in a column."""
        wanted = set(words)
        table = np.asarray([word in wanted for word in (*getattr(self.activity, name).words, "")], dtype=bool)
        return table[self.codes(name)]

    def word(self, name: str, at: int) -> str:
        """The word of record `at` (of these) in a column; the year as text."""
        return word_of(self.activity, name, int(self.rows[at]))

    def place(self, at: int) -> Place:
        """Where record `at` (of these) came from."""
        return self.activity.place(int(self.rows[at]))

    def keys(self, names: Sequence[str]) -> Codes:
        """One number per record, equal for records that agree in all these columns."""
        key = np.zeros(len(self), dtype=np.int64)
        for name in names:
            width = 10_000 if name == "year" else len(getattr(self.activity, name).words)
            if key.max(initial=0) > 2**62 // max(width, 1):
                key = np.unique(key, return_inverse=True)[1].astype(np.int64)
            key = key * width + self.codes(name)
        return key

    def groups(self, names: Sequence[str], chosen: Mask | None = None) -> Iterator[npt.NDArray[np.intp]]:
        """The records (positions among these) of each group that agrees in these columns, in order of appearance.

        chosen: only groups of which some record is chosen.
        """
        number = np.unique(self.keys(names), return_inverse=True)[1]
        if chosen is not None:
            wanted = np.isin(number, number[chosen])
            positions = np.flatnonzero(wanted)
        else:
            positions = np.arange(len(self))
        order = positions[np.argsort(number[positions], kind="stable")]
        cuts = np.flatnonzero(np.diff(number[order])) + 1
        yield from sorted(np.split(order, cuts) if len(order) else [], key=lambda group: int(group[0]))


def rows_of(activity: Activity, variables: Iterable[str]) -> npt.NDArray[np.intp]:
    """The records of these variables, without those of use check and reference."""
    wanted = set(variables)
    named = np.asarray([word in wanted for word in activity.variable.words], dtype=bool)
    if not named.any():
        return np.zeros(0, dtype=np.intp)
    aside = np.asarray([word in ASIDE for word in activity.use.words], dtype=bool)
    return np.flatnonzero(named[activity.variable.codes] & ~aside[activity.use.codes])


def word_of(activity: Activity, name: str, row: int) -> str:
    """The word of a record in a column; the year as text."""
    if name == "year":
        return str(int(activity.year[row]))
    column = getattr(activity, name)
    word: str = column.words[column.codes[row]]
    return word


@lru_cache(maxsize=4096)
def base_units(unit: str) -> float:
    """Base units in one unit, NaN for one that cannot be read."""
    try:
        return float(parse_unit(unit).factor)
    except UnitError:
        return float("nan")
