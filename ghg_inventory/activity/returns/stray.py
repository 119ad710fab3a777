"""What stands where nothing was asked: in rows without a key, in unknown rows, beside the table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from ghg_inventory.activity import words
from ghg_inventory.activity.returns.cells import Entry, amount_and_unit, read_entry
from ghg_inventory.activity.returns.keys import Keyed, sheet_place
from ghg_inventory.activity.returns.marker import BLANKS, COLUMNS, UNITS
from ghg_inventory.activity.returns.reading import reading
from ghg_inventory.activity.scan import cell_name
from ghg_inventory.errors import Finding, finding

_OURS = (COLUMNS, UNITS, BLANKS)


def strays(sheet: Keyed, rows: Collection[str], roles: Iterable[str]) -> Iterator[Finding]:
    """Findings about cells that hold something and are no answer, one after the other: a file may hold millions.

    rows: ids of the template's rows; roles: of the columns that hold values.
    """
    rows = frozenset(rows)
    inputs = sorted({column for role in (*roles, "notation") for column in sheet.columns.get(role, ())})
    data = {row for key, where in sheet.rows.items() if key in rows for row in where}
    yield from _unknown_rows(sheet, rows, inputs)
    yield from _copied_rows(sheet)
    yield from _merged(sheet, data, inputs)
    yield from _astray(sheet, inputs, min(data, default=len(sheet.grid.rows)))
    yield from _beside(sheet, min(data, default=len(sheet.grid.rows)))


def listed(cells: Iterable[str]) -> str:
    """The first cells of a list, and that there are more."""
    most = reading().named
    first = [*islice(cells, most + 1)]
    return ", ".join(first[:most]) + (" …" if len(first) > most else "")


def row_numbers(rows: Iterable[int]) -> str:
    """Rows of the grid as a spreadsheet numbers them."""
    return listed(str(row + 1) for row in rows)


def _astray(sheet: Keyed, inputs: Sequence[int], first: int) -> Iterator[Finding]:
    """Cells of value columns in rows that have no key."""
    keyed = {row for where in sheet.rows.values() for row in where} | {sheet.at[0]}
    for row, cells in enumerate(sheet.grid.rows):
        if row in keyed:
            continue
        for column in inputs:
            if column < len(cells) and cells[column] != "":
                entry = read_entry(cells[column])
                if name := _astray_name(entry, row > first):
                    yield finding(name, sheet.place(row, column), text=words.shortened(entry.text))


def _astray_name(entry: Entry, below: bool) -> str:
    """The finding for such a cell, "" for none. Above the first line (not below it) stand headings."""
    if entry.kind in ("blank", "nothing"):
        return ""
    if entry.kind in ("number", "trouble") or amount_and_unit(entry.text) is not None:
        return "return-astray"
    if not below:
        return ""
    return "return-astray" if entry.kind == "key" else "return-text-astray"


def _unknown_rows(sheet: Keyed, rows: Collection[str], inputs: Sequence[int]) -> Iterator[Finding]:
    for key, where in sheet.rows.items():
        if key in rows or key in _OURS:
            continue
        for row in where:
            cells = (cell_name(row, column) for column in inputs if sheet.text(row, column) != "")
            yield finding(
                "return-row-unknown", sheet.place(row, min(inputs, default=sheet.at[1])), row=row + 1,
                text=words.shortened(key), cells=listed(cells) or "–",
            )  # fmt: skip


def _copied_rows(sheet: Keyed) -> Iterator[Finding]:
    """A row of the form's own that was copied: which of the two holds is not for us to say."""
    for key in _OURS:
        where = sheet.rows.get(key, ())
        if len(where) > 1:
            zh, en = reading().roles[key]
            yield finding(
                "return-row-twice", sheet.place(where[1], sheet.at[1]), label_zh=zh, label_en=en,
                rows=row_numbers(where), count=len(where),
            )  # fmt: skip


def _beside(sheet: Keyed, first: int) -> Iterator[Finding]:
    """One finding for numbers and one for texts that stand beside the table."""
    known = {column for columns in sheet.columns.values() for column in columns} | {sheet.at[1]}
    counts = {"return-number-beside": 0, "return-text-beside": 0}
    cells: dict[str, list[str]] = {name: [] for name in counts}
    for row in range(first, len(sheet.grid.rows)):
        for column, cell in enumerate(sheet.grid.rows[row]):
            if cell == "" or column in known or (entry := read_entry(cell)).kind in ("blank", "nothing"):
                continue
            name = "return-number-beside" if entry.is_answer else "return-text-beside"
            counts[name] += 1
            if len(cells[name]) <= reading().named:
                cells[name].append(cell_name(row, column))
    for name, count in counts.items():
        if count:
            yield finding(name, sheet_place(sheet.grid), count=count, cells=listed(cells[name]))


def _merged(sheet: Keyed, data: Collection[int], inputs: Sequence[int]) -> Iterator[Finding]:
    """Merged ranges that make several inputs one cell: only its upper left corner holds anything."""
    for top, left, bottom, right in sheet.grid.merged:
        rows = sum(top <= row <= bottom for row in data)
        columns = sum(left <= column <= right for column in inputs)
        if rows * columns > 1:
            cells = f"{cell_name(top, left)}:{cell_name(bottom, right)}"
            yield finding("return-merged", sheet.place(top, left), cells=cells)
