"""Colours and comments on the cells that findings are about."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.utils.exceptions import CellCoordinatesException
from openpyxl.worksheet.worksheet import Worksheet

from ghg_inventory.errors import SEVERITIES, Finding
from ghg_inventory.workbooks.annotate_source import Opened
from ghg_inventory.workbooks.annotate_words import LANGUAGES, colour_of, fill_of, say
from ghg_inventory.workbooks.cells import lines

AUTHOR = "ghg-inventory"
# Beyond so many cells nobody reads comments one by one; the list has all that is said.
MAX_COMMENTS = 3_000
_MAX_TEXT = 8_000
_COLUMNS, _LINE_POINTS, _POINTS = 52, 15, 300
Target = tuple[Worksheet, str]


def mark(opened: Opened, findings: Sequence[Finding], lang: str) -> list[Target | None]:
    """Colour and comment the cells of findings; per finding its sheet and cell, None where it names no cell."""
    targets = [_target(opened, one) for one in findings]
    by_cell: dict[tuple[str, str], list[Finding]] = {}
    for one, target in zip(findings, targets, strict=True):
        if target is not None:
            by_cell.setdefault((target[0].title, target[1]), []).append(one)
    for number, ((title, coordinate), said) in enumerate(by_cell.items()):
        cell = _anchor(opened.book[title], coordinate)
        _colour(cell, min((one.severity for one in said), key=SEVERITIES.index))
        if number < MAX_COMMENTS:
            _comment(cell, said, lang)
    return targets


def _target(opened: Opened, one: Finding) -> Target | None:
    """The cell that a finding is about: of its sheet, or the first cell of its line in a text file."""
    place = one.place
    is_text = "" in opened.sheets
    sheet = opened.sheets.get(place.sheet) or (opened.sheets.get("") if is_text else None)
    if sheet is None or not (place.cell or place.line):
        return None
    coordinate = place.cell or f"A{place.line}"
    try:
        cell = sheet[coordinate]
    except (ValueError, CellCoordinatesException):
        return None
    # A range or a whole column is no cell.
    return (sheet, coordinate) if isinstance(cell, Cell | MergedCell) else None


def _anchor(sheet: Worksheet, coordinate: str) -> Cell:
    """The cell, or the first of the merged ones that it is hidden under."""
    cell = sheet[coordinate]
    if isinstance(cell, Cell):
        return cell
    merged = next(one for one in sheet.merged_cells.ranges if coordinate in one)
    first: Cell = sheet.cell(merged.min_row, merged.min_col)
    return first


def _colour(cell: Cell, severity: str) -> None:
    cell.fill = fill_of(severity)
    font = copy(cell.font)
    font.color = colour_of(severity)
    cell.font = font


def _comment(cell: Cell, said: Sequence[Finding], lang: str) -> None:
    """All that is said of a cell, then what somebody had written there before."""
    texts = [f"【{say(one.severity, lang)}】{one.text(lang)}" for one in said]
    text = "\n\n".join(texts)
    if cell.comment is not None:
        text += f"\n\n{say('former', lang)}\n{cell.comment.text}"
    text = ILLEGAL_CHARACTERS_RE.sub("", text)[:_MAX_TEXT]
    height = min(lines(text, _COLUMNS) * _LINE_POINTS + 20, _POINTS)
    cell.comment = Comment(text, AUTHOR, height=height * 4 // 3, width=420)


def clear_marks(book: Workbook) -> None:
    """Take away the marks of a former copy: our comments, and the colours of the cells that have them."""
    for sheet in book.worksheets:
        for cells in sheet.iter_rows():
            for cell in cells:
                if cell.comment is not None and cell.comment.author == AUTHOR:
                    _restore(book, cell)


def _restore(book: Workbook, cell: Cell) -> None:
    former = cell.comment.text if cell.comment is not None else ""
    cell.comment = None
    for lang in LANGUAGES:
        _, found, before = former.partition(f"{say('former', lang)}\n")
        if found:
            cell.comment = Comment(before, "")
    # The style that the cell is named after knows what it looked like.
    style = next((one for one in book._named_styles if one.name == cell.style), None)
    if style is not None:
        cell.fill, cell.font = copy(style.fill), copy(style.font)
