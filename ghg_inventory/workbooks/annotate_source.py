"""The file to be marked as a workbook that can be written: an .xlsx as it is, any other rebuilt from its cells.

A file that the readers refuse is refused here too: nothing hostile reaches the library that writes.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
import warnings
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from ghg_inventory.activity.archive import BROKEN, Refused, open_archive, parse
from ghg_inventory.activity.decoding import read_as, sniff
from ghg_inventory.activity.grid import Cell, Grid, Trouble, cell_text, read_workbook
from ghg_inventory.activity.returns.marker import looks_like_marker
from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.tables import visible
from ghg_inventory.workbooks.annotate_words import say
from ghg_inventory.workbooks.cells import fitted_width

TEXTS = (".csv", ".txt")
# What a person can still open and mend; a cell costs the writing library about 1 kB and 0.1 ms.
MAX_CELLS = 250_000
MAX_XML = 60_000_000
_MAX_TEXT = 32_767
_WIDTH = (6, 48)
_NOT_IN_NAMES = re.compile(r"[:\\/?*\[\]\x00-\x1f]|^'|'$")


@dataclass(frozen=True, slots=True)
class Opened:
    """A workbook to mark.

    sheets: name as findings say it → sheet. rebuilt: suffix of the original where only its cells were kept, "" for a
    workbook with everything it held. values: by title of a sheet, the last computed value of each cell with a formula.
    """

    book: Workbook
    sheets: dict[str, Worksheet]
    rebuilt: str = ""
    values: dict[str, dict[str, float | str]] = field(default_factory=dict)


def open_source(content: bytes, name: str, lang: str) -> tuple[Opened | None, list[Finding]]:
    """The file as a workbook, or None and why there can be no marked copy."""
    suffix = Path(name).suffix.lower()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{suffix}"
        path.write_bytes(content)
        if suffix in TEXTS:
            return _of_text(path, name, lang)
        grids, findings = read_workbook(path, name)
    if not grids:
        return None, [f for f in findings if f.severity == "error"]
    if sum(len(grid.rows) * grid.width for grid in grids) > MAX_CELLS:
        return None, [_too_large(name)]
    opened = _as_it_is(content, grids)
    return opened or _rebuilt(grids, suffix, lang), []


def _too_large(name: str) -> Finding:
    return finding("copy-too-large", Place(name), limit=f"{MAX_CELLS:,}")


# -- .xlsx as it is -----------------------------------------------------------------------------------------


def _as_it_is(content: bytes, grids: Sequence[Grid]) -> Opened | None:
    """The workbook with formats, lists and protection; None for what is no .xlsx or what the library cannot open.

    Macros and links to other files are left behind, a formula that fetches from outside becomes its value.
    """
    if not _is_safe(content):
        return None
    try:
        with warnings.catch_warnings():
            # The library warns of extensions that it leaves out.
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(content), keep_links=False)
    except Exception:
        # It raises whatever its parts raise; then the cells that our own reader saw are kept.
        return None
    by_name = {grid.sheet: grid for grid in grids}
    sheets = {visible(sheet.title): sheet for sheet in book.worksheets}
    if not set(by_name) <= set(sheets):
        return None
    values = {}
    for name, grid in by_name.items():
        values[sheets[name].title] = _settle(sheets[name], grid)
    return Opened(book, sheets, "", values)


def _is_safe(content: bytes) -> bool:
    """True for a zip of XML without a DTD, of a size that the library can hold."""
    try:
        with open_archive(content) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_XML:
                return False
            for member in members:
                if member.filename.endswith((".xml", ".rels", ".vml")):
                    parse(archive, member.filename, lambda *_: None)
    except (Refused, *BROKEN):
        return False
    return True


def _settle(sheet: Worksheet, grid: Grid) -> dict[str, float | str]:
    """The last value of each formula, for the library forgets them; formulas that fetch from outside become theirs."""
    outside = set(grid.scan.links) if grid.scan is not None else set()
    values: dict[str, float | str] = {}
    for cells in sheet.iter_rows():
        for cell in cells:
            if cell.data_type != "f":
                continue
            known = grid.cell(cell.row - 1, cell.column - 1)
            if cell.coordinate in outside:
                write(cell, known)
            elif not isinstance(known, Trouble) and known != "":
                values[cell.coordinate] = known
    return values


# -- anything else, from its cells --------------------------------------------------------------------------


def _rebuilt(grids: Iterable[Grid], suffix: str, lang: str) -> Opened:
    tables = [(grid.sheet, [(row + 1, cells) for row, cells in enumerate(grid.rows)]) for grid in grids]
    return _from_tables(tables, suffix, lang)


def _of_text(path: Path, name: str, lang: str) -> tuple[Opened | None, list[Finding]]:
    """A CSV: every line in the row of its number, everything as text, so that codes like 1.10 stay what they are."""
    encoding, problem = sniff(path, name)
    if problem is not None:
        return None, [problem]
    rows: list[tuple[int, tuple[Cell, ...]]] = []
    cells = 0
    with path.open(encoding=read_as(encoding), newline="") as stream:
        reader = csv.reader(stream)
        try:
            for row in reader:
                cells += len(row)
                if cells > MAX_CELLS:
                    return None, [_too_large(name)]
                rows.append((reader.line_num, tuple(row)))
        except csv.Error as error:
            return None, [finding("csv-broken", Place(name), reason=error)]
    return _from_tables([("", rows)], Path(name).suffix.lower(), lang), []


def _from_tables(
    tables: Iterable[tuple[str, Sequence[tuple[int, tuple[Cell, ...]]]]], suffix: str, lang: str
) -> Opened:
    """A plain workbook of named tables, each a list of (row number, cells)."""
    book = Workbook()
    book.remove(book.worksheets[0])
    sheets = {}
    for name, rows in tables:
        sheet = book.create_sheet(_sheet_name(name, lang))
        for number, cells in rows:
            for column, cell in enumerate(cells, start=1):
                if cell != "":
                    write(sheet.cell(number, column), cell)
        _lay_out(sheet, rows)
        sheets[name] = sheet
    return Opened(book, sheets, suffix)


def _sheet_name(name: str, lang: str) -> str:
    return _NOT_IN_NAMES.sub("_", name)[:31] or say("data", lang)


def write(target: Any, cell: Cell) -> None:
    """Put what a reader saw into a cell: numbers as numbers, all else as text, also what begins like a formula."""
    if isinstance(cell, float):
        target.value = cell
        return
    text = ILLEGAL_CHARACTERS_RE.sub("", cell.text if isinstance(cell, Trouble) else cell)[:_MAX_TEXT]
    target.value = text or None
    if text:
        target.data_type = "s"


def _lay_out(sheet: Worksheet, rows: Sequence[tuple[int, tuple[Cell, ...]]]) -> None:
    """Columns as wide as their texts; the keys of a return hidden as they were."""
    width = max((len(cells) for _, cells in rows), default=0)
    for column in range(width):
        texts = (cell_text(cells[column]) for _, cells in rows[:500] if column < len(cells))
        sheet.column_dimensions[get_column_letter(column + 1)].width = fitted_width(texts, *_WIDTH)
    if rows and rows[0][1] and looks_like_marker(cell_text(rows[0][1][0])):
        sheet.column_dimensions["A"].hidden = True
        for number, cells in rows:
            if cells and cell_text(cells[0]).startswith("#"):
                sheet.row_dimensions[number].hidden = True


# -- values of formulas -------------------------------------------------------------------------------------


def with_values(
    content: bytes, titles: Sequence[str], values: Mapping[str, Mapping[str, float | str]]
) -> bytes:
    """The written workbook with the last value of every formula put back, for readers that do not compute.

    titles: of the sheets in their order.
    """
    if not any(values.values()):
        return content
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in source.infolist():
            data = source.read(member)
            found = _SHEET.fullmatch(member.filename)
            known = values.get(titles[int(found[1]) - 1], {}) if found else {}
            target.writestr(member, _filled(data, known) if known else data)
    return out.getvalue()


def _filled(data: bytes, known: Mapping[str, float | str]) -> bytes:
    def fill(match: re.Match[str]) -> str:
        head, coordinate, formula = match[1], match[2], match[3]
        if coordinate not in known:
            return match[0]
        value = known[coordinate]
        if isinstance(value, str):
            text = escape(ILLEGAL_CHARACTERS_RE.sub("", value))
            return f'<c {head.replace(_PLAIN_TYPE, "")} t="str">{formula}<v>{text}</v></c>'
        return f"<c {head}>{formula}<v>{value!r}</v></c>"

    return _FORMULA.sub(fill, data.decode("utf-8")).encode("utf-8")


_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_FORMULA = re.compile(r'<c ((?:[^>]*? )?r="([A-Z]+[0-9]+)"[^>]*)>(<f[ >].*?</f>)<v ?(?:/>|></v>)</c>', re.S)
_PLAIN_TYPE = ' t="n"'
