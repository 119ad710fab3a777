"""A sheet, or a CSV in the shape of a sheet: a grid of cells, each text, number, blank or trouble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from ghg_inventory.activity.cells import Cell, Trouble
from ghg_inventory.activity.scan import SheetScan, cell_name, split_cell
from ghg_inventory.activity.workbook import Book, open_book
from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.tables import runs_as_formula, visible

__all__ = ["TROUBLE_FINDINGS", "Cell", "Grid", "Trouble", "cell_text", "grid_of_texts", "read_workbook"]
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
    """The visible and hidden sheets of an .xlsx, .xls or .ods as grids, and what they hide or could do.

    What the file is, its content says, not its name. Error cells and formulas without cached value are
    `Trouble` in the grid: whoever needs such a cell reports it. Here only what concerns the whole book or
    sheet is reported. Nothing in the file is ever run, fetched or unpacked to disk; a file that is damaged,
    hostile or too large gives () and an error finding.
    """
    book, findings = open_book(path, shown)
    if book is None:
        return (), findings
    findings += _book_findings(shown, book)
    names = [visible(scan.name) for scan in book.scans]
    alike = [name for name, count in Counter(name.casefold() for name in names).items() if count > 1]
    if alike:
        return (), [*findings, finding("sheet-names-alike", Place(shown), name=alike[0][:60])]
    grids = []
    for name, scan, table in zip(names, book.scans, book.tables, strict=True):
        rows, invisible = _visible_rows(table)
        grid = Grid(shown, name, rows, scan)
        grids.append(grid)
        findings += _sheet_findings(grid, scan, invisible)
    return tuple(grids), findings


def grid_of_texts(file: str, rows: list[list[str]]) -> Grid:
    """A CSV as a grid."""
    return Grid(file, "", tuple(tuple(cells) for cells in rows))


def _visible_rows(table: list[tuple[Cell, ...]]) -> tuple[tuple[tuple[Cell, ...], ...], list[str]]:
    """The cells without invisible characters, and the names of those that had any. Repeated rows stay one tuple."""
    known: dict[str, str] = {}
    invisible: list[str] = []
    rows = []
    for number, row in enumerate(table):
        changed: list[Cell] | None = None
        for column, cell in enumerate(row):
            if not isinstance(cell, str) or not cell:
                continue
            plain = known.get(cell)
            if plain is None:
                plain = known.setdefault(cell, visible(cell, keep_breaks=True))
            if plain != cell:
                changed = changed or list(row)
                changed[column] = plain
                invisible.append(cell_name(number, column))
        rows.append(row if changed is None else tuple(changed))
    return tuple(rows), invisible


def _book_findings(shown: str, book: Book) -> list[Finding]:
    place = Place(shown)
    found = []
    if book.macros:
        found.append(finding("workbook-macros", place))
    if book.links:
        found.append(finding("workbook-links", place, links=", ".join(dict.fromkeys(book.links[:5]))))
    return found


def _sheet_findings(grid: Grid, scan: SheetScan, invisible: list[str]) -> list[Finding]:
    place = Place(grid.file, grid.sheet)
    found = []
    if grid.sheet != scan.name:
        found.append(finding("sheet-name-odd", place, name=grid.sheet))
    if scan.links:
        found.append(finding("formulas-link", place, count=len(scan.links), cells=_few(scan.links)))
    if scan.hidden:
        return [*found, finding("sheet-hidden", place)]
    if scan.formulas:
        found.append(finding("formulas-cached", place, count=scan.formulas))
    # The rows of a return that say what its cells are about are hidden by us.
    hidden = [row for row in scan.hidden_rows if not grid.text(row - 1, 0).startswith("#")]
    if hidden:
        found.append(finding("rows-hidden", place, count=len(hidden), rows=_few(hidden, 10)))
    if scan.merged:
        found.append(finding("cells-merged", place, count=len(scan.merged), ranges=_few(scan.merged)))
    if invisible:
        found.append(finding("cells-invisible", place, count=len(invisible), cells=_few(invisible)))
    if risky := _formula_like(grid):
        found.append(finding("cells-formula-like", place, count=len(risky), cells=_few(risky)))
    return found


def _formula_like(grid: Grid) -> list[str]:
    """Cells whose text a spreadsheet would run, were it exported as it is. Keys (#columns …) and dashes are none."""
    known: dict[str, bool] = {}
    names = []
    for number, row in enumerate(grid.rows):
        for column, cell in enumerate(row):
            if isinstance(cell, str) and cell and known.setdefault(cell, runs_as_formula(cell)):
                names.append(cell_name(number, column))
    return names


def _few(things: Sequence[object], most: int = 5) -> str:
    """The first of many, for a message."""
    return ", ".join(map(str, things[:most])) + (" …" if len(things) > most else "")
