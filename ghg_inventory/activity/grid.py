"""A sheet, or a CSV in the shape of a sheet: a grid of cells, each text, number, blank or trouble."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from ghg_inventory.activity.scan import SheetScan, cell_name, scan_workbook, split_cell
from ghg_inventory.errors import Finding, Place, finding


@dataclass(frozen=True, slots=True)
class Trouble:
    """A cell that holds something that is neither text nor a number. kind: error, uncomputed, date, bool."""

    kind: str
    text: str


Cell = str | float | Trouble
TROUBLE_FINDINGS = {
    "error": "cell-error",
    "uncomputed": "cell-uncomputed",
    "date": "cell-date",
    "bool": "cell-bool",
}


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells by row and column from 0; rows may be ragged. `sheet` is "" for a CSV."""

    file: str
    sheet: str
    rows: tuple[tuple[Cell, ...], ...]
    scan: SheetScan | None = None
    flipped: bool = False

    def transposed(self) -> Grid:
        """Rows as columns; places still name the cells of the file."""
        rows = tuple(zip_longest(*self.rows, fillvalue=""))
        return replace(self, rows=rows, flipped=not self.flipped)

    @property
    def merged(self) -> tuple[tuple[int, int, int, int], ...]:
        """Merged ranges: top, left, bottom, right, in the coordinates of this grid."""
        ranges = []
        for text in self.scan.merged if self.scan is not None else ():
            start, _, stop = text.partition(":")
            try:
                (top, left), (bottom, right) = split_cell(start), split_cell(stop or start)
            except ValueError:
                continue
            ranges.append((left, top, right, bottom) if self.flipped else (top, left, bottom, right))
        return tuple(ranges)

    def cell(self, row: int, column: int) -> Cell:
        """The cell; "" outside the grid."""
        cells = self.rows[row] if 0 <= row < len(self.rows) else ()
        return cells[column] if 0 <= column < len(cells) else ""

    def text(self, row: int, column: int) -> str:
        """The cell as text, stripped; a whole number without its ".0"."""
        return cell_text(self.cell(row, column))

    def place(self, row: int, column: int) -> Place:
        """The cell as a finding names it: A1, and the line for a text file."""
        if self.flipped:
            row, column = column, row
        return Place(self.file, self.sheet, cell_name(row, column), 0 if self.sheet else row + 1)

    @property
    def width(self) -> int:
        """Columns of the widest row."""
        return max((len(cells) for cells in self.rows), default=0)


def cell_text(cell: Cell) -> str:
    """Text of a cell: numbers as short as they are, trouble as its text."""
    if isinstance(cell, Trouble):
        return cell.text
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return cell.strip()


def read_workbook(path: Path, shown: str) -> tuple[tuple[Grid, ...], list[Finding]]:
    """The visible and hidden sheets of an .xlsx as grids; findings for what calamine would show as blank.

    Error cells and formulas without cached value are `Trouble` in the grid: whoever needs such a cell
    reports it. Here only what concerns the whole sheet is reported.
    """
    scans, findings = scan_workbook(path, shown)
    if not scans:
        return (), findings
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            tables = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                      for name in book.sheet_names if name in {scan.name for scan in scans}}  # fmt: skip
    except (CalamineError, OSError, ValueError) as error:
        return (), [
            finding("workbook-corrupt", Place(shown), reason=f"{type(error).__name__}: {error}"[:160])
        ]
    grids = []
    for scan in scans:
        grids.append(Grid(shown, scan.name, _cells(tables.get(scan.name, []), scan), scan))
        findings += _sheet_findings(shown, scan)
    return tuple(grids), findings


def grid_of_texts(file: str, rows: list[list[str]]) -> Grid:
    """A CSV as a grid."""
    return Grid(file, "", tuple(tuple(cells) for cells in rows))


def _cells(table: Sequence[Sequence[object]], scan: SheetScan) -> tuple[tuple[Cell, ...], ...]:
    rows = [[_cell(value) for value in line] for line in table]
    troubles = [(name, Trouble("error", text)) for name, text in scan.errors.items()]
    troubles += [(name, Trouble("uncomputed", "=")) for name in scan.uncomputed]
    for name, trouble in troubles:
        try:
            row, column = split_cell(name)
        except ValueError:
            continue
        while len(rows) <= row:
            rows.append([])
        rows[row] += [""] * (column + 1 - len(rows[row]))
        rows[row][column] = trouble
    return tuple(tuple(line) for line in rows)


def _cell(value: object) -> Cell:
    if isinstance(value, bool):
        return Trouble("bool", str(value).upper())
    if isinstance(value, (int, float)):
        # A file can say NaN or 1e999 where a number belongs; a sum over it would be no number either.
        return float(value) if math.isfinite(value) else Trouble("error", str(value))
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return Trouble("date", str(value))
    return str(value)


def _sheet_findings(shown: str, scan: SheetScan) -> list[Finding]:
    place = Place(shown, scan.name)
    if scan.hidden:
        return [finding("sheet-hidden", place)]
    found = []
    if scan.formulas:
        found.append(finding("formulas-cached", place, count=scan.formulas))
    if scan.hidden_rows:
        rows = ", ".join(map(str, scan.hidden_rows[:10]))
        found.append(finding("rows-hidden", place, count=len(scan.hidden_rows), rows=rows))
    if scan.merged:
        found.append(
            finding("cells-merged", place, count=len(scan.merged), ranges=", ".join(scan.merged[:5]))
        )
    return found
