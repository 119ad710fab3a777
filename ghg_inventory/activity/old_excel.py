"""An .xls (BIFF5 and BIFF8) as rows of cells: values by xlrd, what it does not tell by a walk over the records.

xlrd trusts a file: it makes every cell that a record names, as often as sheets point to it. The walk comes first and
counts. Record numbers and fields as in [MS-XLS] 2.3 and 2.4.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import xlrd
from xlrd.compdoc import CompDoc, CompDocError
from xlrd.xldate import XLDateError, xldate_as_datetime

from ghg_inventory.activity.archive import Refused, outside, reason_of
from ghg_inventory.activity.cells import Cell, Trouble
from ghg_inventory.activity.scan import BookScan, Budget, SheetScan, cell_name

# The format ends at 65,536 × 256 cells; a workbook of that many has about 250 MB and is no return.
MAX_FILE = 60_000_000
_MAX_COLUMN = 255
_BOF, _EOF, _FILEPASS, _BOUNDSHEET, _SUPBOOK = 0x0809, 0x000A, 0x002F, 0x0085, 0x01AE
_ROW, _FORMULA, _MERGED = 0x0208, 0x0006, 0x00E5
_MULRK = 0x00BD
_CELLS = {0x0203, 0x027E, 0x00FD, 0x0204, 0x00D6, 0x0205, _FORMULA, _MULRK}
_WORKSHEET = 0
_MACRO_SHEETS = (1, 6)
_ROW_HIDDEN = 0x20
# A SUPBOOK of the workbook itself, or of functions added to Excel.
_OWN_BOOK = (b"\x01\x04", b"\x01\x3a")
_STREAMS = ("Workbook", "Book")
Rows = list[tuple[Cell, ...]]


def read_xls(content: bytes) -> tuple[BookScan, list[Rows]]:
    """The scan and the rows of every worksheet. Raises: Refused, whatever is wrong with the file."""
    if len(content) > MAX_FILE:
        raise Refused("file-too-large", megabytes=f"{len(content) / 1e6:.0f}", limit=MAX_FILE // 1_000_000)
    try:
        stream, names = _workbook_stream(content)
        book = _Walk(stream).book()
        book.macros += [name for name in names if name in outside()["streams"]["macros"]]
        return book, _rows(content, book)
    except (Refused, MemoryError):
        raise
    except (
        Exception
    ) as error:  # xlrd checks little: a bent file raises anything from KeyError to AssertionError
        raise Refused("workbook-corrupt", reason=reason_of(error)) from error


def _workbook_stream(content: bytes) -> tuple[bytes, set[str]]:
    """The stream of the workbook, and the names of everything in the container."""
    try:
        container = CompDoc(content, logfile=io.StringIO())
    except CompDocError as error:
        raise Refused("workbook-corrupt", reason=reason_of(error)) from error
    names = {node.name for node in container.dirlist}
    _refuse_circles(container)
    for name in _STREAMS:
        memory, base, length = container.locate_named_stream(name)
        if memory:
            return bytes(memory[base : base + length]), names
    if names & {"EncryptedPackage", "EncryptionInfo"}:
        raise Refused("workbook-encrypted")
    raise Refused("workbook-corrupt", reason="an Office file without a workbook")


def _refuse_circles(container: CompDoc) -> None:
    """Raises: Refused for a short stream whose sectors go round in a circle; xlrd would follow it for ever.

    (For a long one it looks itself.)
    """
    names = {name.lower() for name in _STREAMS}
    for node in container.dirlist:
        if node.name.lower() not in names or node.tot_size >= container.min_size_std_stream:
            continue
        sector, seen = node.first_SID, set()
        while 0 <= sector < len(container.SSAT):
            if sector in seen:
                raise Refused("workbook-corrupt", reason="a stream that goes round in a circle")
            seen.add(sector)
            sector = container.SSAT[sector]


@dataclass(slots=True)
class _Sheet:
    """A worksheet as the list of sheets announces it, and what its records say."""

    scan: SheetScan
    start: int
    empty_formulas: list[str] = field(default_factory=list)


class _Walk:
    """Over the records of a workbook's stream."""

    def __init__(self, stream: bytes) -> None:
        self._stream = stream
        self._found = BookScan()
        self._sheets: list[_Sheet] = []

    def book(self) -> BookScan:
        """What the records say. Raises: Refused, struct.error."""
        kinds = {_BOUNDSHEET: self._note_sheet, _SUPBOOK: self._note_links, _FILEPASS: _refuse_encrypted}
        if struct.unpack_from("<H", self._stream)[0] != _BOF:
            raise Refused("workbook-binary", actual="Excel 4")
        for kind, start, size in self._records(0):
            if kind in kinds:
                kinds[kind](self._stream[start : start + size])
        budget = Budget()
        for sheet in self._sheets:
            self._walk_sheet(sheet)
            budget.take_reach(sheet.scan)
        self._note_never_computed()
        self._found.sheets = [sheet.scan for sheet in self._sheets]
        return self._found

    def _records(self, position: int) -> Iterator[tuple[int, int, int]]:
        """(kind, where its data start, their size) up to the end of the substream."""
        stream, depth = self._stream, 0
        while position + 4 <= len(stream):
            kind, size = struct.unpack_from("<HH", stream, position)
            # A chart in a sheet is a substream of its own.
            depth += (kind == _BOF) - (kind == _EOF)
            if depth <= 0:
                return
            if depth == 1:
                yield kind, position + 4, min(size, len(stream) - position - 4)
            position += 4 + size

    def _note_sheet(self, data: bytes) -> None:
        start, visibility, kind = struct.unpack_from("<iBB", data)
        if kind in _MACRO_SHEETS:
            self._found.macros.append("macro sheet")
        elif kind == _WORKSHEET:
            self._sheets.append(_Sheet(SheetScan("", bool(visibility)), start))

    def _note_links(self, data: bytes) -> None:
        if len(data) > 4 and data[2:4] not in _OWN_BOOK:
            self._found.links.append("SUPBOOK")

    def _walk_sheet(self, sheet: _Sheet) -> None:
        kinds: dict[int, Callable[[_Sheet, bytes], None]] = {
            _ROW: _note_row, _MERGED: _note_merged, _FORMULA: _note_formula,
        }  # fmt: skip
        if not 0 <= sheet.start < len(self._stream):
            raise Refused("workbook-corrupt", reason="a sheet begins outside the file")
        for kind, start, size in self._records(sheet.start):
            if kind in _CELLS:
                self._note_reach(sheet.scan, kind, start, size)
            if kind in kinds:
                kinds[kind](sheet, self._stream[start : start + size])

    def _note_reach(self, scan: SheetScan, kind: int, start: int, size: int) -> None:
        row, column = struct.unpack_from("<HH", self._stream, start)
        if kind == _MULRK and size >= 6:
            column = struct.unpack_from("<H", self._stream, start + size - 2)[0]
        if column > _MAX_COLUMN:
            raise Refused("workbook-corrupt", reason=f"a cell in column {column + 1}")
        scan.last_row = max(scan.last_row, row + 1)
        scan.last_column = max(scan.last_column, column + 1)

    def _note_never_computed(self) -> None:
        """A program that computes nothing writes every formula with an empty text for a result (xlwt does).

        Where every formula of the book has it, none was computed; else an empty text is what IF(…,"") gave.
        """
        empty = sum(len(sheet.empty_formulas) for sheet in self._sheets)
        if empty == sum(sheet.scan.formulas for sheet in self._sheets):
            for sheet in self._sheets:
                sheet.scan.uncomputed += sheet.empty_formulas
                sheet.scan.formulas = 0


def _refuse_encrypted(_: bytes) -> None:
    raise Refused("workbook-encrypted")


def _note_row(sheet: _Sheet, data: bytes) -> None:
    if len(data) > 12 and data[12] & _ROW_HIDDEN:
        sheet.scan.hidden_rows.append(struct.unpack_from("<H", data)[0] + 1)


def _note_merged(sheet: _Sheet, data: bytes) -> None:
    for first, last, left, right in struct.iter_unpack("<HHHH", data[2 : 2 + (len(data) - 2) // 8 * 8]):
        sheet.scan.merged.append(f"{cell_name(first, left)}:{cell_name(last, right)}")


def _note_formula(sheet: _Sheet, data: bytes) -> None:
    """The result of a formula: eight bytes, a number unless they end in FFFF; then 2 is an error, 3 an empty text."""
    row, column = struct.unpack_from("<HH", data)
    kind = data[6] if data[12:14] == b"\xff\xff" else -1
    sheet.scan.formulas += kind != 2
    if kind == 3:
        sheet.empty_formulas.append(cell_name(row, column))


def _rows(content: bytes, book: BookScan) -> list[Rows]:
    """The cells of every worksheet; names and errors go into the scans."""
    opened = xlrd.open_workbook(
        file_contents=content, logfile=io.StringIO(), on_demand=True, ragged_rows=True, use_mmap=False
    )
    if opened.nsheets != len(book.sheets):
        raise Refused("workbook-corrupt", reason="sheets that are not in the list of sheets")
    if not book.sheets:
        raise Refused("workbook-corrupt", reason="no worksheet")
    budget = Budget()
    tables = []
    for number, scan in enumerate(book.sheets):
        scan.name = opened.sheet_names()[number]
        tables.append(_sheet_rows(opened.sheet_by_index(number), scan, opened.datemode, budget))
        opened.unload_sheet(number)
    return tables


def _sheet_rows(sheet: xlrd.sheet.Sheet, scan: SheetScan, datemode: int, budget: Budget) -> Rows:
    rows: Rows = []
    uncomputed = set(scan.uncomputed)
    for number in range(sheet.nrows):
        kinds, values = sheet.row_types(number), sheet.row_values(number)
        row: list[Cell] = []
        for column, (kind, value) in enumerate(zip(kinds, values, strict=True)):
            cell = _cell(kind, value, datemode)
            if cell == "" and uncomputed and cell_name(number, column) in uncomputed:
                cell = Trouble("uncomputed", "=")
            if isinstance(cell, str):
                budget.take_text(len(cell))
            elif isinstance(cell, Trouble) and cell.kind == "error":
                scan.errors[cell_name(number, column)] = cell.text
            row.append(cell)
        rows.append(tuple(row))
    return rows


def _cell(kind: int, value: object, datemode: int) -> Cell:
    """A cell of xlrd, whose kinds are numbers."""
    if kind == xlrd.XL_CELL_NUMBER and isinstance(value, float):
        return value
    if kind == xlrd.XL_CELL_DATE and isinstance(value, float):
        return Trouble("date", _date_text(value, datemode))
    if kind == xlrd.XL_CELL_BOOLEAN:
        return Trouble("bool", "TRUE" if value else "FALSE")
    if kind == xlrd.XL_CELL_ERROR and isinstance(value, int):
        return Trouble("error", xlrd.error_text_from_code.get(value, "#ERROR"))
    return str(value)


def _date_text(value: float, datemode: int) -> str:
    """A date as text; datemode 1 counts from 1904. A number that is no date of the calendar stays a number."""
    try:
        moment = xldate_as_datetime(value, datemode)
    except (XLDateError, ValueError, OverflowError):
        return repr(value)
    if 0 <= value < 1:
        return str(moment.time())
    return str(moment.date() if value == int(value) else moment)
