"""Single cells: text that cannot become a formula, links, how wide and how tall text is, runs of rows."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from typing import Any

from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

# Points that a line of text takes in the fonts of style.toml at 10 points.
LINE = 16.5
# Characters that Excel allows beside a cell: in a title, a message on entering, one on a mistake, a written-out list.
TITLE_LIMIT, PROMPT_LIMIT, ERROR_LIMIT, LIST_LIMIT = 32, 255, 225, 255


def put(sheet: Worksheet, row: int, column: int, value: Any, style: str) -> Cell:
    """Write a cell in a named style. Text stays text, also where it begins like a formula."""
    cell = sheet.cell(row, column)
    cell.style = f"return_{style}"
    if isinstance(value, str):
        cell.value = plain(value) or None
        if value[:1] == "=":
            cell.data_type = "s"
    else:
        cell.value = value
    return cell


def plain(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return str(ILLEGAL_CHARACTERS_RE.sub("", text))


def put_across(sheet: Worksheet, row: int, columns: tuple[int, int], text: str, style: str) -> None:
    """Write text over several columns (first, last), the row as tall as the wrapped text needs."""
    first, last = columns
    put(sheet, row, first, text, style)
    for column in range(first + 1, last + 1):
        put(sheet, row, column, None, style)
    if last > first:
        # The cells have their style already; merge_cells would work it out again for each, at a third of all time.
        sheet.merged_cells.add(f"{get_column_letter(first)}{row}:{get_column_letter(last)}{row}")
    room = sum(sheet.column_dimensions[get_column_letter(n)].width for n in range(first, last + 1))
    sheet.row_dimensions[row].height = max(1, lines(text, room - 1)) * LINE + 2


def link(cell: Cell, sheet_name: str, target: str) -> None:
    """Make a cell jump to `target` of another sheet."""
    quoted = sheet_name.replace("'", "''")
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{quoted}'!{target}")


def width(text: str) -> int:
    """Columns that text takes, a Chinese character two.

    >>> width("煤 t")
    4
    """
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def lines(text: str, room: float) -> int:
    """How many lines text takes in a cell `room` columns wide."""
    return sum(max(1, math.ceil(width(part) / max(room, 1))) for part in text.split("\n"))


def cut(text: str, most: int) -> str:
    """The text, its end left out where it is longer than `most`.

    >>> cut("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def fitted_width(texts: Iterable[str], least: int, most: int) -> int:
    """A column's width for these texts within limits."""
    longest = max((width(part) for text in texts for part in text.split("\n")), default=0)
    return min(max(longest + 2, least), most)


def runs(rows: Iterable[int]) -> list[tuple[int, int]]:
    """Row numbers as runs (first, last) without gaps.

    >>> runs([3, 4, 7])
    [(3, 4), (7, 7)]
    """
    found: list[tuple[int, int]] = []
    for row in sorted(rows):
        if found and found[-1][1] == row - 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found


def ranges(column: int, rows: Iterable[int]) -> str:
    """Cells of one column as a range of ranges: "E7:E9 E12"."""
    letter = get_column_letter(column)
    return " ".join(f"{letter}{a}:{letter}{b}" if b > a else f"{letter}{a}" for a, b in runs(rows))
