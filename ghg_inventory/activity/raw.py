"""A long table as read and before it is understood: text columns, numbers, and the place of every row."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ghg_inventory.activity import words
from ghg_inventory.errors import Place
from ghg_inventory.tables import Column, FloatArray, IntArray

REQUIRED = ("area_code", "year", "category", "variable", "item", "value", "unit")
OPTIONAL = ("technology", "notation", "source", "note", "basis", "use")
TEXT = ("area_code", "year", "category", "variable", "item", "unit", *OPTIONAL)

# What the value cell of a row holds.
NUMBER, BLANK, BAD = 0, 1, 2
StateArray = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class RawTable:
    """A long table. Row i came from `line[i]` (text file) or from row `line[i]` of `sheet`.

    texts: every column of `TEXT`, outer spaces stripped, "" where the file lacks the column.
    value, state: the number (NaN unless state is NUMBER) and what the cell held.
    bad: text of each value cell that is not a number, by row.
    normalised: (row, text, value, why) of each number that was not plain.
    letters: column name → column letter of the sheet; empty for a text file.
    sheets, cells: for a return, whose records stand anywhere: sheet of each row, and column name → its cell by row
    (A1); a column that is not there is where "value" is. Empty otherwise.
    """

    file: str
    sheet: str
    texts: dict[str, Column]
    value: FloatArray
    state: StateArray
    line: IntArray
    bad: dict[int, str] = field(default_factory=dict)
    normalised: tuple[tuple[int, str, float, str], ...] = ()
    letters: dict[str, str] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()
    cells: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.value)

    def place(self, row: int, column: str) -> Place:
        """Where the cell of `column` in `row` is."""
        if self.sheets:
            return Place(self.file, self.sheets[row], self.cells.get(column, self.cells["value"])[row])
        line = int(self.line[row])
        if self.letters:
            return Place(self.file, self.sheet, f"{self.letters.get(column, 'A')}{line}")
        return Place(self.file, line=line)


class NumberReader:
    """Number cells to floats, each distinct odd spelling understood once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float | None, str]] = {}

    def read(self, text: str) -> tuple[float | None, str]:
        """As `words.amount_of`, remembered."""
        if text not in self._known:
            if len(self._known) > 100_000:
                self._known.clear()
            self._known[text] = words.amount_of(text)
        return self._known[text]


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
