"""`Activity`: what the readers give, one entry per record, columnar.

A record is one cell of a balance form or one line of a long table. Text columns are `Column`s, so 5.7
million records weigh about 80 bytes each. The order of records is canonical (by key, then by place):
shuffling the lines of a file, or the files, changes nothing but the line numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ghg_inventory.errors import Place
from ghg_inventory.tables import Column, FloatArray, IntArray

YearArray = npt.NDArray[np.int16]

# The fields that tell one record from another; two records that share them all are duplicates.
KEY = (
    "area_code", "year", "category", "variable", "item", "technology", "use", "flow", "basis",
)  # fmt: skip
TEXT = (
    "area_code", "category", "variable", "item", "technology", "unit", "notation", "basis", "source",
    "note", "use", "flow", "file", "sheet", "cell",
)  # fmt: skip


class Scope(NamedTuple):
    """One answered sheet of a return: whose, of which year, the sheet of which template, its name in the file."""

    area: str
    year: int
    sheet: str
    title: str


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file that was read.

    name: as shown to the user; sha256: of its bytes, hex; kind: "long", "balance" or "return";
    layout: "id@version" of the form's layout, "" for a long table;
    statement: what the reader decided about the file (sign convention, unit row), one sentence each; of a
    return who filled and reviewed it.
    scopes: of a return, what it answers.
    """

    name: str
    sha256: str
    kind: str
    layout: str = ""
    statement: str = ""
    scopes: tuple[Scope, ...] = ()


@dataclass(frozen=True, slots=True)
class Activity:
    """Activity records. All columns have the same length.

    area_code, category, variable, item, technology: codes; "" where not applicable.
    year: int16. value: float64 in `unit` as printed, sign applied by the reader; NaN where `notation` is.
    notation: NO, NE, NA, IE, C or "". basis: what no unit can say (e.g. 当量值), "" when not declared.
    use: "" (compile), feedstock, check, reference, transfer, energy, denominator.
    flow: row of the balance form ("final.trade"), "" elsewhere; it keeps keys unique.
    file, sheet: where the record came from; cell: A1 notation in a workbook or form, "" in a long CSV,
    where `line` holds the line number instead (0 elsewhere).
    """

    area_code: Column
    category: Column
    variable: Column
    item: Column
    technology: Column
    unit: Column
    notation: Column
    basis: Column
    source: Column
    note: Column
    use: Column
    flow: Column
    file: Column
    sheet: Column
    cell: Column
    line: IntArray
    year: YearArray
    value: FloatArray
    files: tuple[InputFile, ...] = ()

    def __len__(self) -> int:
        return len(self.value)

    @classmethod
    def empty(cls, files: tuple[InputFile, ...] = ()) -> Activity:
        """No records."""
        return cls(**dict.fromkeys(TEXT, _NONE), line=np.zeros(0, np.int32), year=np.zeros(0, np.int16),
                   value=np.zeros(0), files=files)  # fmt: skip

    @classmethod
    def from_columns(cls, columns: dict[str, Any], files: tuple[InputFile, ...] = ()) -> Activity:
        """From texts (or `Column`s) by name, numbers as arrays; a text column left out is blank.

        Raises: ValueError when lengths differ or a name is unknown.
        """
        unknown = columns.keys() - set(TEXT) - {"line", "year", "value"}
        if unknown:
            raise ValueError(f"no such columns: {', '.join(sorted(unknown))}")
        value = np.asarray(columns["value"], dtype=np.float64)
        size = len(value)
        blank = constant("", size)
        texts = {}
        for name in TEXT:
            given = columns.get(name, blank)
            texts[name] = given if isinstance(given, Column) else Column.of(given)
        line = np.asarray(columns.get("line", np.zeros(size, np.int32)), dtype=np.int32)
        year = np.asarray(columns["year"], dtype=np.int16)
        if {len(line), len(year), *(len(column) for column in texts.values())} != {size}:
            raise ValueError("columns of different length")
        return cls(**texts, line=line, year=year, value=value, files=files)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, files: tuple[InputFile, ...] = ()) -> Activity:
        """The inverse of `frame()`; a text column the frame lacks is blank."""
        columns: dict[str, Any] = {
            name: frame[name].astype(str).tolist() for name in TEXT if name in frame.columns
        }
        for name in ("line", "year", "value"):
            if name in frame.columns:
                columns[name] = frame[name].to_numpy()
        return cls.from_columns(columns, files)

    @classmethod
    def concat(cls, parts: Sequence[Activity]) -> Activity:
        """All records of `parts` in canonical order, with one vocabulary per column."""
        files = tuple(
            sorted({file for part in parts for file in part.files}, key=lambda f: (f.name, f.sha256))
        )
        parts = [part for part in parts if len(part)]
        if not parts:
            return cls.empty(files)
        texts = {name: merge([getattr(part, name) for part in parts]) for name in TEXT}
        line, year, value = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("line", "year", "value")
        )
        return cls(**texts, line=line, year=year, value=value, files=files).canonical()

    def select(self, rows: npt.NDArray[Any]) -> Activity:
        """The records chosen by mask or index."""
        value = self.value[rows]
        texts = {name: _take(getattr(self, name), rows, len(value)) for name in TEXT}
        return Activity(**texts, line=_same(self.line, rows, len(value)), year=self.year[rows], value=value,
                        files=self.files)  # fmt: skip

    def with_columns(self, **columns: Column) -> Activity:
        """The same records with some text columns replaced."""
        texts: dict[str, Any] = dict(columns)
        return replace(self, **texts)

    def canonical(self) -> Activity:
        """The same records in canonical order: by key, then file, sheet, line and cell; words sorted."""
        tidy = Activity(**{name: sorted_words(getattr(self, name)) for name in TEXT}, line=self.line,
                        year=self.year, value=self.value, files=self.files)  # fmt: skip
        keys = [*tidy.key_numbers(), *tidy.numbers(("file", "sheet", "line", "cell"))]
        if _is_sorted(keys):
            return tidy
        # lexsort wants the least significant key first.
        return tidy.select(np.lexsort(keys[::-1]))

    def key_numbers(self) -> list[npt.NDArray[np.int64]]:
        """Integers, most significant first, that are equal in all of them for records with the same key."""
        return self.numbers(KEY)

    def numbers(self, names: Iterable[str]) -> list[npt.NDArray[np.int64]]:
        """The named columns packed into as few int64 arrays as hold them, most significant first."""
        packed: list[npt.NDArray[np.int64]] = []
        room = 0
        for name in names:
            codes, size = self._codes(name)
            if size <= 1:
                continue
            if packed and room * size < 2**62:
                packed[-1] *= size
                packed[-1] += codes
                room *= size
            else:
                packed.append(codes.astype(np.int64))
                room = size
        return packed

    def place(self, row: int) -> Place:
        """File, sheet and cell (or line) of a record."""
        file, sheet, cell = (c.words[c.codes[row]] for c in (self.file, self.sheet, self.cell))
        return Place(file, sheet, cell, int(self.line[row]))

    def cell_text(self, row: int) -> str:
        """Where the record is within its file and sheet: "C12", or "L12" for a line of a text file."""
        return self.cell.words[self.cell.codes[row]] or (f"L{self.line[row]}" if self.line[row] else "")

    def frame(self) -> pd.DataFrame:
        """As a DataFrame: text columns of dtype str, `cell` spelled out for text files as well."""
        columns: dict[str, Any] = {}
        for name in TEXT:
            column: Column = getattr(self, name)
            columns[name] = np.asarray(column.words or ("",), dtype=object)[column.codes]
        columns["cell"] = [
            cell or (f"L{line}" if line else "")
            for cell, line in zip(columns["cell"], self.line, strict=True)
        ]
        frame = pd.DataFrame({name: pd.Series(texts, dtype="str") for name, texts in columns.items()})
        frame.insert(1, "year", self.year.astype(np.int64))
        frame["value"] = self.value
        frame["line"] = self.line
        return frame

    def _codes(self, name: str) -> tuple[npt.NDArray[Any], int]:
        """Codes from 0 and how many there are; text columns must have sorted words."""
        if name in ("year", "line"):
            numbers = getattr(self, name)
            low = int(numbers.min()) if len(numbers) else 0
            return numbers.astype(np.int64) - low, int(numbers.max()) - low + 1 if len(numbers) else 0
        column: Column = getattr(self, name)
        return column.codes, len(column.words)


_NONE = Column(np.zeros(0, np.int32), ())


def constant(word: str, size: int) -> Column:
    """A column of one word. Its codes are one zero seen `size` times: no memory."""
    return Column(np.broadcast_to(np.int32(0), size), (word,))


def _take(column: Column, rows: npt.NDArray[Any], size: int) -> Column:
    return constant(column.words[0], size) if len(column.words) == 1 else column.take(rows)


def _same(numbers: IntArray, rows: npt.NDArray[Any], size: int) -> IntArray:
    """numbers[rows]; an array that is one number seen many times stays so."""
    return np.broadcast_to(numbers[0], size) if numbers.strides == (0,) and len(numbers) else numbers[rows]


def merge(columns: Sequence[Column]) -> Column:
    """One column from several, rows one after the other, words sorted."""
    words = sorted({word for column in columns for word in column.words})
    number = {word: index for index, word in enumerate(words)}
    if len(words) == 1:
        return constant(words[0], sum(map(len, columns)))
    codes = [
        np.asarray([number[word] for word in column.words], dtype=np.int32)[column.codes]
        for column in columns if len(column)
    ]  # fmt: skip
    return Column(np.concatenate(codes) if codes else np.zeros(0, np.int32), tuple(words))


def sorted_words(column: Column) -> Column:
    """The same texts with the vocabulary sorted and free of unused words: equal texts, equal bytes."""
    if len(column.words) == 1 and len(column):
        return column if column.codes.strides == (0,) else constant(column.words[0], len(column))
    used = np.bincount(column.codes, minlength=len(column.words)) > 0
    words = sorted(word for word, is_used in zip(column.words, used, strict=True) if is_used)
    if tuple(words) == column.words:
        return column
    if len(words) == 1:
        return constant(words[0], len(column))
    number = {word: index for index, word in enumerate(words)}
    lookup = np.asarray([number.get(word, -1) for word in column.words], dtype=np.int32)
    return Column(lookup[column.codes], tuple(words))


def _is_sorted(keys: Sequence[npt.NDArray[np.int64]]) -> bool:
    """True when rows are already in ascending order of `keys`."""
    if not keys or len(keys[0]) < 2:
        return True
    equal = np.ones(len(keys[0]) - 1, dtype=bool)
    for key in keys:
        if bool((equal & (key[1:] < key[:-1])).any()):
            return False
        equal &= key[1:] == key[:-1]
    return True
