"""The first sheet of a return: whose it is, who filled it, how to fill it, where everything is."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl.styles import Protection
from openpyxl.worksheet.worksheet import Worksheet

from ghg_inventory.activity.returns import Marker, Sheet, departments
from ghg_inventory.activity.returns.marker import COVER
from ghg_inventory.codes import notation_keys
from ghg_inventory.workbooks import page
from ghg_inventory.workbooks.cells import LINE, fitted_width, link, put, put_across
from ghg_inventory.workbooks.page import KEY, LABEL, Cover
from ghg_inventory.workbooks.words import say

VALUE = LABEL + 1
_LAST = VALUE + 2
_VERSION = "1"
_TYPED = ("filled_by", "reviewed_by", "date", "phone", "remark")
# Colours shown without a figure.
_BLANK = ("closed", "missing")
_LEGEND = {"input": "input", "total": "input_total", "last": "last", "closed": "closed", "missing": "missing"}


def draw(sheet: Worksheet, sheets: Sequence[Sheet], cover: Cover, lang: str) -> None:
    """Draw the cover of a workbook with these sheets."""
    marker = Marker(COVER, COVER, _VERSION, cover.area, cover.year, lang, cover.scope)
    put(sheet, 1, KEY, str(marker), "key")
    names = [departments()[one.department].name(lang) for one in sheets]
    page.set_widths(sheet, {LABEL: 30, VALUE: fitted_width(names, 36, 52), VALUE + 1: 14, _LAST: 26})
    title = say("cover_title", lang, area=cover.area_name, code=cover.area, year=cover.year)
    put_across(sheet, 1, (LABEL, _LAST), title, "title")
    sheet.row_dimensions[1].height = 44
    row = _answers(sheet, cover, lang, 3)
    row = _how(sheet, lang, row + 1)
    row = _legend(sheet, lang, row + 1)
    row = _contents(sheet, sheets, lang, row + 1)
    _keys(sheet, lang, row + 1)
    page.finish(sheet, lang, None, landscape=False)
    # The cover is one page, however many sheets it lists.
    sheet.page_setup.fitToHeight = 1


def _answers(sheet: Worksheet, cover: Cover, lang: str, row: int) -> int:
    page.roles_row(sheet, row, {LABEL: "label", VALUE: "value"})
    names = [departments()[name].name(lang) for name in cover.scope]
    department = ("、" if lang == "zh" else ", ").join(names)
    for name, value in (("area", cover.area), ("year", cover.year), ("department", department or None)):
        row += 1
        _answer(sheet, row, name, value, "input_text" if name == "department" else "fixed", lang)
    put(sheet, row - 2, VALUE + 1, cover.area_name, "plain")
    for name in _TYPED:
        row += 1
        _answer(sheet, row, name, None, "input_date" if name == "date" else "input_text", lang)
        if name == "date":
            page.add(sheet, page.remark(say("date", lang), say("date_prompt", lang)), f"C{row}")
    sheet.row_dimensions[row].height = 2 * LINE
    return row + 1


def _answer(sheet: Worksheet, row: int, name: str, value: str | int | None, style: str, lang: str) -> None:
    put(sheet, row, KEY, name, "key")
    put(sheet, row, LABEL, say(name, lang), "label")
    put(sheet, row, VALUE, value, style)


def _how(sheet: Worksheet, lang: str, row: int) -> int:
    put(sheet, row, LABEL, say("how", lang), "heading")
    for number in range(1, 6):
        row += 1
        put_across(sheet, row, (LABEL, _LAST), say(f"how_{number}", lang), "guide")
    return row + 1


def _legend(sheet: Worksheet, lang: str, row: int) -> int:
    put(sheet, row, LABEL, say("legend", lang), "heading")
    for name, style in _LEGEND.items():
        row += 1
        put(sheet, row, LABEL, say("legend_example", lang) if style not in _BLANK else None, style)
        # The colours are shown, not to be typed in.
        sheet.cell(row, LABEL).protection = Protection(locked=True)
        put(sheet, row, VALUE, say(f"legend_{name}", lang), "plain")
    return row + 1


def _contents(sheet: Worksheet, sheets: Sequence[Sheet], lang: str, row: int) -> int:
    put(sheet, row, LABEL, say("sheets", lang), "heading")
    row += 1
    for column, key in enumerate(("sheet_name", "sheet_department", "sheet_values"), start=LABEL):
        put(sheet, row, column, say(key, lang), "head")
    for one in sheets:
        row += 1
        link(put(sheet, row, LABEL, one.name(lang), "link_cell"), one.name(lang), "B1")
        put(sheet, row, VALUE, departments()[one.department].name(lang), "text")
        put(sheet, row, VALUE + 1, len(one.asks), "centre")
    return row + 1


def _keys(sheet: Worksheet, lang: str, row: int) -> int:
    put(sheet, row, LABEL, say("keys", lang), "heading")
    row += 1
    put(sheet, row, LABEL, say("key", lang), "head")
    put_across(sheet, row, (VALUE, _LAST), say("key_meaning", lang), "head")
    for key, entry in notation_keys().items():
        row += 1
        put(sheet, row, LABEL, f"{key}  {entry.name(lang)}", "text")
        meaning = entry.meaning_zh if lang == "zh" else entry.meaning_en
        put_across(sheet, row, (VALUE, _LAST), meaning, "text")
    return row + 1
