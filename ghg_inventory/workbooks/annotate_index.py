"""The list of findings, first sheet of a marked copy: how many, where (linked), what is wrong and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from ghg_inventory.errors import SEVERITIES, Finding
from ghg_inventory.workbooks.annotate_marks import Target
from ghg_inventory.workbooks.annotate_source import Opened
from ghg_inventory.workbooks.annotate_words import LANGUAGES, fill_of, font_of, heads, say
from ghg_inventory.workbooks.cells import LINE, lines, link

MAX_ROWS = 3_000
_WIDTHS = (6, 8, 18, 10, 66, 66)
_HEAD_ROW = 5
_EDGE = Side(style="thin", color="FFB4BEC4")
_BORDER = Border(_EDGE, _EDGE, _EDGE, _EDGE)


def remove_index(opened: Opened) -> None:
    """Take away the list of a former copy: a sheet of its name (a number behind it or not) that begins as ours does."""
    names = {say("sheet", lang): say("title", lang) for lang in LANGUAGES}
    for sheet in list(opened.book.worksheets):
        title = next((names[name] for name in names if sheet.title.startswith(name)), None)
        if title and str(sheet["A1"].value or "").startswith(title) and len(opened.book.worksheets) > 1:
            opened.values.pop(sheet.title, None)
            opened.book.remove(sheet)
            opened.sheets.pop(next((k for k, v in opened.sheets.items() if v is sheet), ""), None)


def write_index(
    opened: Opened, findings: Sequence[Finding], targets: Sequence[Target | None], name: str, lang: str
) -> None:
    """Put the list in front. targets: per finding its sheet and cell; those without come first."""
    sheet = opened.book.create_sheet(say("sheet", lang), 0)
    _top(sheet, opened, findings, name, lang)
    pairs = list(zip(findings, targets, strict=True))
    pairs.sort(key=lambda pair: pair[1] is not None)
    for number, (one, target) in enumerate(pairs[:MAX_ROWS], start=1):
        _line(sheet, number, one, target, lang)
    if len(pairs) > MAX_ROWS:
        _put(sheet, _HEAD_ROW + MAX_ROWS + 1, 1, say("more", lang, count=len(pairs) - MAX_ROWS), lang)
    _look(sheet, min(len(pairs), MAX_ROWS))
    _open_here(opened, sheet)


def _top(sheet: Worksheet, opened: Opened, findings: Sequence[Finding], name: str, lang: str) -> None:
    counts = Counter(one.severity for one in findings)
    said = say("counts", lang, **{one: counts[one] for one in SEVERITIES}) if findings else say("none", lang)
    _put(sheet, 1, 1, say("title_of", lang, file=name), lang, size=15, bold=True)
    _put(sheet, 2, 1, said, lang, bold=True)
    _put(sheet, 3, 1, say("how", lang), lang)
    if opened.rebuilt:
        _put(sheet, 4, 1, say("rebuilt", lang, suffix=opened.rebuilt), lang)
    for column, word in enumerate(heads(lang), start=1):
        cell = _put(sheet, _HEAD_ROW, column, word, lang)
        cell.fill, cell.font = fill_of("head"), font_of("head", lang, bold=True)
        cell.alignment, cell.border = Alignment("center", "center", wrap_text=True), _BORDER


def _line(sheet: Worksheet, number: int, one: Finding, target: Target | None, lang: str) -> None:
    row = _HEAD_ROW + number
    what, *rest = one.text(lang).split("\n")
    place = one.place
    where = place.cell or (say("line", lang, line=place.line) if place.line else "")
    values: tuple[str | int, ...] = (
        number,
        say(one.severity, lang),
        place.sheet,
        where or say("whole_sheet" if place.sheet else "whole", lang),
        what,
        "\n".join(rest),
    )
    for column, value in enumerate(values, start=1):
        cell = _put(sheet, row, column, value, lang)
        cell.border = _BORDER
        cell.alignment = Alignment("left" if column > 4 else "center", "top", wrap_text=True)
    severity = sheet.cell(row, 2)
    severity.fill, severity.font = fill_of(one.severity), font_of(one.severity, lang, bold=True)
    if target is not None:
        cell = sheet.cell(row, 4)
        link(cell, target[0].title, target[1])
        cell.font = font_of("link", lang, underline="single")
    tall = max(lines(str(value), width - 1) for value, width in zip(values, _WIDTHS, strict=True))
    sheet.row_dimensions[row].height = min(tall * LINE + 4, 400)


def _put(sheet: Worksheet, row: int, column: int, value: str | int, lang: str, **font: object) -> Cell:
    """Write a number, or text that stays text."""
    cell: Cell = sheet.cell(row, column)
    cell.font = font_of("", lang, **font)
    if isinstance(value, int):
        cell.value = value
    elif text := ILLEGAL_CHARACTERS_RE.sub("", value):
        cell.value = text
        cell.data_type = "s"
    return cell


def _look(sheet: Worksheet, count: int) -> None:
    for column, width in enumerate(_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.row_dimensions[1].height = 26
    sheet.freeze_panes = f"A{_HEAD_ROW + 1}"
    if count:
        sheet.auto_filter.ref = f"A{_HEAD_ROW}:{get_column_letter(len(_WIDTHS))}{_HEAD_ROW + count}"
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.tabColor = "FFC00000"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{_HEAD_ROW}:{_HEAD_ROW}"


def _open_here(opened: Opened, sheet: Worksheet) -> None:
    """The copy opens on the list, with no other sheet selected."""
    opened.book.active = opened.book.worksheets.index(sheet)
    for other in opened.book.worksheets:
        other.sheet_view.tabSelected = other is sheet
