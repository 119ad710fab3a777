"""What stands above an official form: whose it is, of which year, and of which industry."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from ghg_inventory.activity import words
from ghg_inventory.activity.context import Context
from ghg_inventory.activity.form import Form
from ghg_inventory.activity.forms.find import Sheet, industry_text, place_in
from ghg_inventory.activity.forms.loader import label_key
from ghg_inventory.activity.grid import Grid
from ghg_inventory.activity.whose import Whose, whose_form
from ghg_inventory.errors import Finding, Place, finding

_PART_YEAR = re.compile(r"(?<!\d)(\d{1,2})\s*[-—–~至]\s*(\d{1,2})\s*月")
_MONTH = re.compile(r"(?<![\d\-—–~至])(\d{1,2})\s*月(?!\s*\d{1,2}\s*日)|[一二三四]季度|上半年|下半年")
# What is found when the year is not known: names of areas are told apart by it.
_NEEDS_YEAR = {"balance-whose", "area-name-ambiguous"}


def whose_sheet(sheet: Sheet, context: Context) -> tuple[Whose | None, list[Finding]]:
    """Area and year as for a balance form. Where nothing else says the year, the only year of the columns does."""
    grid = _retitled(sheet)
    whose, findings = whose_form(Form(grid, (), (), ()), context)
    years = {column.year for column in sheet.columns if column.year}
    wrong = {item.name for item in findings if item.severity == "error"}
    if whose is None and wrong <= _NEEDS_YEAR and len(years) == 1:
        return whose_form(Form(grid, (), (), ()), context, ("", str(*years)))
    return whose, findings


def _retitled(sheet: Sheet) -> Grid:
    """The sheet with the form's name in its title replaced by the balance's, which is the one `whose` listens to.

    Only what stands above the form is kept, without the years that head its columns: those say which column is
    which, and 2000 among the numbers is no year.
    """
    flipped = sheet.grid.flipped
    rows = [
        [
            cell if (column < sheet.label_column if flipped else row < sheet.first) else ""
            for column, cell in enumerate(cells)
        ]
        for row, cells in enumerate(sheet.grid.rows)
    ]
    for column in sheet.columns:
        if column.year and column.index < len(rows[column.head]):
            rows[column.head][column.index] = ""
    row, at, text = sheet.title
    if row >= 0:
        compact = re.sub(r"[\s、，,]", "", text)
        word = next(word for word in sheet.kind.title_words if word in label_key(text))
        start = compact.lower().find(word)
        head, tail = (compact[:start], compact[start + len(word) :]) if start >= 0 else (compact, "")
        rows[row][at] = f"{head}能源平衡表{tail}"
    return replace(sheet.grid, rows=tuple(tuple(cells) for cells in rows))


def title_findings(sheet: Sheet) -> list[Finding]:
    """A form of some months is not a form of the year."""
    for row in range(sheet.first):
        for column in range(len(sheet.grid.rows[row])):
            text = unicodedata.normalize("NFKC", sheet.grid.text(row, column))
            span = _PART_YEAR.search(text)
            is_head = row > sheet.title[0] >= 0
            if is_head and any(head.index == column and head.role for head in sheet.columns):
                continue
            if (span and (span[1], span[2]) != ("1", "12")) or (
                not span and _MONTH.search(text) and row == sheet.title[0]
            ):
                return [finding("form-part-year", sheet.grid.place(row, column), text=words.shortened(text))]
    return []


def industry_of(sheet: Sheet) -> tuple[str, Finding | None]:
    """The industry of a form about one; "" for a form that lists them."""
    if sheet.kind.shape != "energies_by_role":
        return "", None
    text, row, column = industry_text(sheet.grid)
    name = place_in(text, sheet.kind) or place_in(sheet.grid.sheet, sheet.kind)
    if name and sheet.kind.places[name].target:
        return name, None
    place = sheet.grid.place(row, column) if text else Place(sheet.grid.file, sheet.grid.sheet)
    return "", finding("form-industry", place, text=words.shortened(text) or "–")
