"""A blank return for one area and year: the cover and the sheets that are asked. The form is in docs/returns.md."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl import Workbook

from ghg_inventory.activity.returns import Sheet
from ghg_inventory.workbooks import cover as front
from ghg_inventory.workbooks import listing, matrix
from ghg_inventory.workbooks.package import workbook_bytes
from ghg_inventory.workbooks.page import Cover, Form, Last
from ghg_inventory.workbooks.style import add_styles
from ghg_inventory.workbooks.words import say

__all__ = ["Cover", "Last", "return_workbook"]

_DRAW = {"list": listing.draw, "matrix": matrix.draw}


def return_workbook(sheets: Sequence[Sheet], cover: Cover, last: Last, lang: str) -> bytes:
    """An .xlsx file to be filled in, the same bytes for the same arguments.

    Args: sheets, in the order in which they are to stand; last, last year's value (or notation key) and its unit by
    (sheet, row, column), converted to the printed unit; lang, "zh" or "en".
    Raises: ValueError for a list of units that Excel cannot show.
    """
    workbook = Workbook()
    add_styles(workbook, lang)
    first = workbook.active
    first.title = say("cover", lang)
    front.draw(first, sheets, cover, lang)
    for sheet in sheets:
        _DRAW[sheet.layout](workbook.create_sheet(sheet.name(lang)), Form(sheet, cover, last, lang))
    title = say("cover_title", lang, area=cover.area_name, code=cover.area, year=cover.year)
    return workbook_bytes(workbook, title)
