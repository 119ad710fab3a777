"""An .ods as rows of cells: values, and what a value reader would not show, in one pass over content.xml.

A row or a cell may say that it is repeated a million times; repeated rows share one tuple, and what is blank to the
end of the sheet is not made at all.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from ghg_inventory.activity.archive import Refused, members_of, parse
from ghg_inventory.activity.cells import Cell, Trouble
from ghg_inventory.activity.scan import BookScan, Budget, SheetScan, cell_name, reaches_out

MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
_NUMBERS = ("float", "percentage", "currency")
# LibreOffice keeps an error as text; older ones as the number 0 whose text is the error.
_ERROR = re.compile(r"#[A-Z0-9/!?_]+[!?]?|(Err|错误):\s?\d{3}")
_MIMETYPE = b"application/vnd.oasis.opendocument.spreadsheet"
Rows = list[tuple[Cell, ...]]


def is_ods(archive: zipfile.ZipFile) -> bool:
    """True for a container that says it is a spreadsheet of OpenDocument."""
    return "mimetype" in archive.namelist() and archive.read("mimetype").startswith(_MIMETYPE)


def read_ods(archive: zipfile.ZipFile) -> tuple[BookScan, list[Rows]]:
    """The scan and the rows of every sheet. Raises: Refused, and those of archive.BROKEN."""
    _refuse_encrypted(archive)
    names = archive.namelist()
    reader = _Reader(BookScan(macros=members_of(names, "macros"), links=members_of(names, "links")))
    parse(archive, "content.xml", reader.start, reader.end, reader.characters)
    if not reader.book.sheets:
        raise Refused("workbook-corrupt", reason="no worksheet")
    return reader.book, reader.tables


def _refuse_encrypted(archive: zipfile.ZipFile) -> None:
    def start(name: str, _: Mapping[str, str]) -> None:
        if name == "encryption-data":
            raise Refused("workbook-encrypted")

    if "META-INF/manifest.xml" in archive.namelist():
        parse(archive, "META-INF/manifest.xml", start)


@dataclass(slots=True)
class _Open:
    """The cell that is being read: its attributes, and the paragraphs of its text."""

    attributes: dict[str, str]
    covered: bool
    depth: int
    paragraphs: list[str] = field(default_factory=list)


class _Reader:
    """Handlers of expat; `tables` and `book.sheets` grow together."""

    def __init__(self, book: BookScan) -> None:
        self.book = book
        self.tables: list[Rows] = []
        self._budget = Budget()
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._depth = 0
        self._tables_open = self._links_open = 0
        self._rows: Rows = []
        self._blank_rows = 0
        self._cells: list[Cell] = []
        self._blank_cells = 0
        self._row: dict[str, str] | None = None
        self._cell: _Open | None = None
        self._in_paragraph = 0

    # -- elements

    def start(self, name: str, raw: dict[str, str]) -> None:
        self._depth += 1
        if name in ("dde-link", "table-source", "dde-source", "cell-range-source"):
            self.book.links.append(name)
        self._links_open += name == "dde-link"
        attributes = _plain(raw)
        if name == "style" and attributes.get("family") == "table":
            self._style = attributes.get("name", "")
        elif name == "table-properties" and attributes.get("display") == "false":
            self._hidden_styles.add(self._style)
        elif name == "table":
            self._tables_open += 1
            if self._is_outer:
                hidden = attributes.get("style-name", "") in self._hidden_styles
                self.book.sheets.append(SheetScan(attributes.get("name", ""), hidden))
                self._rows, self._blank_rows = [], 0
        elif self._is_outer:
            self._start_inside(name, attributes)

    @property
    def _is_outer(self) -> bool:
        """True inside a sheet, and not in a table within a cell nor in the copy of a linked one."""
        return self._tables_open == 1 and not self._links_open

    def _start_inside(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table-row":
            self._row, self._cells, self._blank_cells = attributes, [], 0
        elif name in ("table-cell", "covered-table-cell") and self._row is not None and self._cell is None:
            self._cell = _Open(attributes, name.startswith("covered"), self._depth)
        elif self._cell is not None:
            self._start_text(name, attributes, self._cell)

    def _start_text(self, name: str, attributes: dict[str, str], cell: _Open) -> None:
        """The paragraphs of the cell itself; those of a note or a drawing are deeper."""
        if name == "p" and self._depth == cell.depth + 1:
            self._in_paragraph = self._depth
            cell.paragraphs.append("")
        elif self._in_paragraph:
            more = {"s": " " * min(_count(attributes.get("c", "1")), 100), "tab": "\t", "line-break": "\n"}
            cell.paragraphs[-1] += more.get(name, "")

    def characters(self, text: str) -> None:
        if self._in_paragraph and self._cell is not None:
            self._cell.paragraphs[-1] += text

    def end(self, name: str) -> None:
        if name == "dde-link":
            self._links_open -= 1
        elif name == "p" and self._in_paragraph == self._depth:
            self._in_paragraph = 0
        elif self._cell is not None and self._depth == self._cell.depth:
            self._end_cell(self._cell)
            self._cell = None
        elif name == "table-row" and self._is_outer and self._row is not None:
            self._end_row(self._row)
            self._row = None
        elif name == "table":
            if self._is_outer:
                self._budget.take_reach(self.book.sheets[-1])
                self.tables.append(self._rows)
            self._tables_open -= 1
        self._depth -= 1

    # -- what they say

    def _end_cell(self, cell: _Open) -> None:
        repeated = _count(cell.attributes.get("number-columns-repeated", "1"))
        value = "" if cell.covered else _value(cell.attributes, "\n".join(cell.paragraphs))
        self._note_merged(cell.attributes)
        if value == "" and "formula" not in cell.attributes:
            self._blank_cells += repeated
            return
        width = len(self._cells) + self._blank_cells + repeated
        if width > MAX_COLUMNS:
            raise Refused(
                "sheet-too-wide", sheet=self._scan.name, corner=cell_name(self._row_number - 1, width - 1)
            )
        self._cells += [""] * self._blank_cells
        self._blank_cells = 0
        formula = cell.attributes.get("formula", "")
        place = cell_name(self._row_number - 1, len(self._cells))
        if formula and reaches_out(formula):
            self._scan.links.append(place)
        if formula and isinstance(value, Trouble) and value.kind == "uncomputed":
            self._scan.uncomputed.append(place)
        elif isinstance(value, Trouble) and value.kind == "error":
            self._scan.errors[place] = value.text
        elif formula:
            self._scan.formulas += repeated
        self._budget.take_text(len(value) if isinstance(value, str) else 0)
        self._cells += [value] * repeated

    @property
    def _scan(self) -> SheetScan:
        return self.book.sheets[-1]

    @property
    def _row_number(self) -> int:
        """The row that is being read, counted from 1."""
        return len(self._rows) + self._blank_rows + 1

    def _note_merged(self, attributes: Mapping[str, str]) -> None:
        rows = _count(attributes.get("number-rows-spanned", "1"))
        columns = _count(attributes.get("number-columns-spanned", "1"))
        if rows * columns > 1:
            row, column = self._row_number - 1, len(self._cells) + self._blank_cells
            last = cell_name(row + rows - 1, column + columns - 1)
            self._scan.merged.append(f"{cell_name(row, column)}:{last}")

    def _end_row(self, attributes: Mapping[str, str]) -> None:
        repeated = _count(attributes.get("number-rows-repeated", "1"))
        if not any(cell != "" for cell in self._cells):
            self._blank_rows += repeated
            return
        scan = self._scan
        last = self._row_number - 1 + repeated
        scan.last_row, scan.last_column = last, max(scan.last_column, len(self._cells))
        if last > MAX_ROWS:
            raise Refused("sheet-too-wide", sheet=scan.name, corner=cell_name(last - 1, scan.last_column - 1))
        self._budget.check(scan)
        if attributes.get("visibility", "visible") != "visible":
            scan.hidden_rows += range(self._row_number, last + 1)
        self._budget.take_text(sum(len(c) for c in self._cells if isinstance(c, str)) * (repeated - 1))
        self._rows += [()] * self._blank_rows
        self._blank_rows = 0
        self._rows += [tuple(self._cells)] * repeated


def _plain(attributes: Mapping[str, str]) -> dict[str, str]:
    """Attributes without their prefix; LibreOffice's own "calcext:value-type" as "shown-type"."""
    return {"shown-type" if key == "calcext:value-type" else key.rpartition(":")[2]: value
            for key, value in attributes.items()}  # fmt: skip


def _count(text: str) -> int:
    """A number of repetitions, at least one. Raises: Refused for what is none."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Refused("workbook-corrupt", reason=f"not a number of repetitions: {text[:20]!r}")
    return max(int(text), 1)


def _value(attributes: Mapping[str, str], text: str) -> Cell:
    """What a cell holds, by its type."""
    kind = attributes.get("value-type", "")
    formula = "formula" in attributes
    if attributes.get("shown-type") == "error" or (formula and _ERROR.fullmatch(text.strip())):
        return Trouble("error", text.strip() or "#ERROR")
    if kind in _NUMBERS:
        return _number(attributes.get("value", ""), text)
    if kind == "date":
        return Trouble("date", attributes.get("date-value", text).replace("T", " "))
    if kind == "time":
        return Trouble("date", text or attributes.get("time-value", ""))
    if kind == "boolean":
        return Trouble("bool", attributes.get("boolean-value", text).upper())
    if kind == "string":
        return attributes.get("string-value", text)
    return Trouble("uncomputed", "=") if formula and not text else text


def _number(value: str, text: str) -> Cell:
    """The number of a cell; a cell of a number that holds none is trouble."""
    try:
        number = float(value)
    except ValueError:
        return Trouble("error", value or text or "#ERROR")
    return number if math.isfinite(number) else Trouble("error", value)
