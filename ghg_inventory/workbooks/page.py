"""What every sheet of a return has: marker, title, guide, declaration, messages beside cells, protection, print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from openpyxl.cell import Cell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import MultiCellRange
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from ghg_inventory.activity.returns import Ask, Marker, Sheet, departments
from ghg_inventory.activity.returns.marker import BLANKS, COLUMNS
from ghg_inventory.codes import notation_keys
from ghg_inventory.units import UnitError, factor_between, parse_unit
from ghg_inventory.workbooks.cells import (
    ERROR_LIMIT,
    LINE,
    LIST_LIMIT,
    PROMPT_LIMIT,
    TITLE_LIMIT,
    cut,
    fitted_width,
    lines,
    link,
    put,
    put_across,
)
from ghg_inventory.workbooks.style import font_of
from ghg_inventory.workbooks.words import say

# Column A holds the keys; what a clerk sees begins in B.
KEY, LABEL = 1, 2
_A4 = 9
# Digits of last year's value that a conversion of units leaves alone.
_DIGITS = 12
# How much more of the small print of a note fits in a line; how tall a row of one line is, in points;
# the gap above a table.
_SMALL_ROOM, _ROW, _GAP = 1.1, 20, 6
Last = Mapping[tuple[str, str, str], tuple[float | str, str]]


@dataclass(frozen=True, slots=True)
class Cover:
    """Whose workbook it is. area: code. scope: ids of the departments it is made for, () = all."""

    area: str
    area_name: str
    year: int
    scope: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """One sheet to be drawn. last: last year's value and unit by (sheet, row, column)."""

    sheet: Sheet
    cover: Cover
    last: Last
    lang: str

    def say(self, key: str, **blanks: object) -> str:
        """Fixed words in the form's language."""
        return say(key, self.lang, **blanks)

    def group(self, ask: Ask) -> str:
        """The heading above a row, "" where it continues the group before."""
        return ask.group_zh if self.lang == "zh" else ask.group_en

    def unit(self, text: str) -> str:
        """A unit as printed: Chinese words in a Chinese form only, else the unit's own spelling."""
        return text if self.lang == "zh" or text.isascii() else parse_unit(text).text

    def units(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Units of a list as printed, each once (万头 and 万只 both are 10^4 head)."""
        return tuple(dict.fromkeys(map(self.unit, texts)))

    def marker(self) -> Marker:
        """The marker of the sheet."""
        of, cover = self.sheet, self.cover
        return Marker(of.id, of.template, of.version, cover.area, cover.year, self.lang, cover.scope)

    def last_value(self, ask: Ask, unit: str) -> float | str | None:
        """Last year's value in the printed unit; a notation key; value and unit as text where they do not convert."""
        found = self.last.get((ask.sheet, ask.row, ask.column))
        if found is None:
            return None
        value, given = found
        if isinstance(value, str):
            return value
        try:
            return float(f"{value * factor_between(parse_unit(given), parse_unit(unit)):.{_DIGITS}g}")
        except UnitError:
            return f"{value:.{_DIGITS}g} {given}"


# -- the top of a sheet --------------------------------------------------------------------------------


def head_rows(sheet: Worksheet, form: Form, last_column: int) -> int:
    """Write marker, title, department, link to the cover and guide; the next free row."""
    of, cover, lang = form.sheet, form.cover, form.lang
    put(sheet, 1, KEY, str(form.marker()), "key")
    title = form.say("title", area=cover.area_name, year=cover.year, sheet=of.name(lang))
    put(sheet, 1, LABEL, title, "title")
    sheet.row_dimensions[1].height = 26
    department = departments()[of.department].name(lang)
    put(sheet, 2, LABEL, form.say("filled_by_department", department=department), "subtitle")
    link(put(sheet, 2, last_column, form.say("back"), "link_right"), form.say("cover"), "B1")
    row = 3
    for sentence in guide(form):
        put_across(sheet, row, (LABEL, last_column), sentence, "guide")
        row += 1
    sheet.row_dimensions[row].height = _GAP
    return row + 1


def guide(form: Form) -> tuple[str, ...]:
    """The sheet's guide, and the note that all its cells share."""
    own = form.sheet.guide_zh if form.lang == "zh" else form.sheet.guide_en
    shared = shared_note(form.sheet.asks, form.lang)
    return (*own, shared) if shared and len(form.sheet.rows) > 1 and shared not in own else own


def declaration(sheet: Worksheet, form: Form, row: int, cell_column: int, last_column: int) -> int:
    """Write the row that declares what blanks mean, for a sheet that may; the next free row."""
    if form.sheet.blanks != "declare":
        return row
    put(sheet, row, KEY, BLANKS, "key")
    put_across(sheet, row, (cell_column + 1, last_column), form.say("blanks_meaning"), "guide")
    tall = sheet.row_dimensions[row].height
    put_across(sheet, row, (LABEL, cell_column - 1), form.say("blanks"), "label_total")
    sheet.row_dimensions[row].height = max(tall, sheet.row_dimensions[row].height)
    put(sheet, row, cell_column, None, "input_choice")
    yes = form.say("yes")
    rule = choice([yes], form.say("blanks_title"), form.say("blanks_prompt"), form.say("blanks_error"))
    add(sheet, rule, f"{get_column_letter(cell_column)}{row}")
    return row + 2


def roles_row(sheet: Worksheet, row: int, roles: Mapping[int, str]) -> None:
    """Write the hidden row that says what each column is."""
    put(sheet, row, KEY, COLUMNS, "key")
    for column, role in roles.items():
        put(sheet, row, column, role, "key")
    sheet.row_dimensions[row].hidden = True


# -- labels --------------------------------------------------------------------------------------------


def shared_note(asks: Iterable[Ask], lang: str) -> str:
    """The one note that all of these have, "" where they differ."""
    notes = {ask.note_zh if lang == "zh" else ask.note_en for ask in asks}
    return notes.pop() if len(notes) == 1 else ""


def label_cell(sheet: Worksheet, row: int, text: str, note: str, style: str, lang: str) -> Cell:
    """A row's label, its note in small print below."""
    cell = put(sheet, row, LABEL, text, style)
    if note:
        colour = {"color": "FF6B757B", "sz": 8.5}
        cell.value = CellRichText(
            TextBlock(InlineFont(**font_of(style, lang, b=style == "label_total")), f"{text}\n"),
            TextBlock(InlineFont(**font_of(style, lang, **colour)), note),
        )
    room = sheet.column_dimensions[get_column_letter(LABEL)].width - 3
    tall = lines(text, room) + (lines(note, room * _SMALL_ROOM) if note else 0)
    if tall > 1:
        sheet.row_dimensions[row].height = tall * LINE + 4
    return cell


def group_row(sheet: Worksheet, row: int, text: str, last_column: int) -> None:
    """A heading above the rows of a group, across the table; not merged, so that rows can be moved."""
    put(sheet, row, LABEL, text, "group")
    for column in range(LABEL + 1, last_column + 1):
        put(sheet, row, column, None, "group")


def set_widths(sheet: Worksheet, widths: Mapping[int, float]) -> None:
    """Set the width of columns; the keys' column is hidden."""
    sheet.column_dimensions["A"].hidden = True
    for column, wide in widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = wide


def label_width(labels: Iterable[str], notes: Iterable[str]) -> int:
    """The width of the label column."""
    return max(fitted_width(labels, 22, 46), fitted_width(notes, 0, 36))


# -- messages and lists beside cells -------------------------------------------------------------------


def keys_text(lang: str) -> str:
    """The notation keys with their names: "NO 不存在；NE 未估算 …"."""
    joint = "；" if lang == "zh" else "; "
    return joint.join(f"{key} {entry.name(lang)}" for key, entry in notation_keys().items())


def number(title: str, prompt: str, error: str) -> DataValidation:
    """Only a number may be typed."""
    rule = DataValidation("decimal", operator="between", formula1="-1E+24", formula2="1E+24")
    return _said(rule, title, prompt, error)


def number_or_key(first: str, title: str, prompt: str, error: str) -> DataValidation:
    """Only a number or a notation key may be typed. first: the range's first cell."""
    keys = ",".join(f'{first}="{key}"' for key in notation_keys())
    return _said(DataValidation("custom", formula1=f"OR(ISNUMBER({first}),{keys})"), title, prompt, error)


def choice(words: Iterable[str], title: str, prompt: str, error: str) -> DataValidation:
    """One of the words, from a drop-down list. Raises: ValueError for words that Excel cannot list."""
    listed = [*words]
    text = ",".join(listed)
    if len(text) > LIST_LIMIT or any("," in word for word in listed):
        raise ValueError(f"no drop-down list can hold {text!r}")
    return _said(DataValidation("list", formula1=f'"{text}"'), title, prompt, error)


def remark(title: str, prompt: str) -> DataValidation:
    """Anything may be typed; only the message is shown."""
    return _said(DataValidation(), title, prompt, "")


def _said(rule: DataValidation, title: str, prompt: str, error: str) -> DataValidation:
    rule.allow_blank = True
    rule.promptTitle, rule.prompt = cut(title, TITLE_LIMIT), cut(prompt, PROMPT_LIMIT)
    rule.showInputMessage = True
    if error:
        rule.errorTitle, rule.error = cut(title, TITLE_LIMIT), cut(error, ERROR_LIMIT)
        rule.errorStyle, rule.showErrorMessage = "stop", True
    return rule


def add(sheet: Worksheet, rule: DataValidation, cells: str) -> None:
    """Put a rule on cells ("E7:E9 E12")."""
    rule.sqref = MultiCellRange(cells)
    sheet.add_data_validation(rule)


def add_remarks(sheet: Worksheet, form: Form, cells: Mapping[str, str]) -> None:
    """Messages beside free text. cells: key of the words ("note", "source") → cells."""
    for key, where in cells.items():
        add(sheet, remark(form.say(f"{key}_title"), form.say(f"{key}_prompt")), where)


# -- the whole sheet -----------------------------------------------------------------------------------


def finish(sheet: Worksheet, lang: str, head: tuple[int, int] | None, landscape: bool) -> None:
    """Lock what is no input (without a password), set up the print. head: first and last row to repeat on a page."""
    protection = sheet.protection
    protection.sheet = True
    # False allows: a clerk may widen columns, colour cells and insert rows.
    protection.formatCells = protection.formatColumns = protection.formatRows = protection.insertRows = False
    sheet.sheet_view.showGridLines = False
    sheet.sheet_format.defaultRowHeight, sheet.sheet_format.customHeight = _ROW, True
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.footer = 0.5, 0.8, 0.3
    sheet.oddFooter.left.text = "&A"
    sheet.oddFooter.right.text = say("page", lang)
    sheet.print_options.horizontalCentered = True
    if head is not None:
        sheet.print_title_rows = f"{head[0]}:{head[1]}"
