"""A sheet in matrix layout: rows by columns, a unit for each column, last year's value beside each input."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from openpyxl.formatting.rule import FormulaRule
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from ghg_inventory.activity.returns import Ask
from ghg_inventory.activity.returns.marker import UNITS
from ghg_inventory.activity.returns.record import Head
from ghg_inventory.workbooks import page
from ghg_inventory.workbooks.cells import LINE, fitted_width, lines, put, ranges
from ghg_inventory.workbooks.page import KEY, LABEL, Form
from ghg_inventory.workbooks.style import missing_style

# Width of a column of figures, in characters: many of them must fit on a page.
_LEAST, _MOST = 10, 16


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where things stand: column numbers of inputs and of last year's values by column id."""

    inputs: dict[str, int]
    lasts: dict[str, int]
    note: int
    source: int

    def roles(self) -> dict[int, str]:
        """The role of each column."""
        found = {LABEL: "label", self.note: "note", self.source: "source"}
        found |= {column: name for name, column in self.inputs.items()}
        return found | {column: f"{name}.last" for name, column in self.lasts.items()}


def draw(sheet: Worksheet, form: Form) -> None:
    """Draw the sheet."""
    of, at = form.sheet, _columns(form)
    asks = {(ask.row, ask.column): ask for ask in of.asks}
    _widths(sheet, form, at)
    row = page.head_rows(sheet, form, at.source)
    row = page.declaration(sheet, form, row, min(at.inputs.values()), at.source)
    page.roles_row(sheet, row, at.roles())
    top = row + 1
    _heading(sheet, form, at, top)
    row, group, places = top + 2, "", {}
    for name in of.rows:
        line = [asks[name, head.id] for head in of.heads if (name, head.id) in asks]
        title = form.group(line[0])
        if title and title != group:
            page.group_row(sheet, row, title, at.source)
            row, group = row + 1, title
        _line(sheet, form, at, row, line)
        places[row] = line
        row += 1
    _rules(sheet, form, at, places)
    _unit_rules(sheet, form, at, top + 1)
    sheet.freeze_panes = sheet.cell(top + 2, LABEL + 1)
    page.finish(sheet, form.lang, (top, top + 1), landscape=True)


def _columns(form: Form) -> _Columns:
    """A column without any value of last year has none beside it."""
    known = {ask.column for ask in form.sheet.asks if (ask.sheet, ask.row, ask.column) in form.last}
    inputs, lasts, column = {}, {}, LABEL + 1
    for head in form.sheet.heads:
        inputs[head.id] = column
        column += 1
        if head.id in known:
            lasts[head.id] = column
            column += 1
    return _Columns(inputs, lasts, column, column + 1)


def _widths(sheet: Worksheet, form: Form, at: _Columns) -> None:
    lines_of = [[ask for ask in form.sheet.asks if ask.row == row] for row in form.sheet.rows]
    labels = [_row_label(form, line) for line in lines_of]
    notes = [page.shared_note(line, form.lang) for line in lines_of]
    widths: dict[int, float] = {LABEL: page.label_width(labels, notes), at.note: 26, at.source: 18}
    for head in form.sheet.heads:
        wide = fitted_width(form.units(head.units), _LEAST, _MOST) + 1
        widths |= {at.inputs[head.id]: wide, at.lasts.get(head.id, at.inputs[head.id]): wide}
    page.set_widths(sheet, widths)


def _name(form: Form, head: Head) -> str:
    return head.zh if form.lang == "zh" else head.en


def _head_text(form: Form, head: Head) -> str:
    """The label of a column, marked where all of it is optional."""
    asks = [ask for ask in form.sheet.asks if ask.column == head.id]
    return _name(form, head) + (form.say("optional") if asks and all(ask.optional for ask in asks) else "")


def _row_label(form: Form, line: list[Ask]) -> str:
    """The row's own part of the label of its cells, marked where all of it is optional and no column says so."""
    head = next(head for head in form.sheet.heads if head.id == line[0].column)
    text = line[0].label(form.lang).removesuffix(f" × {_name(form, head)}")
    said = any(_head_text(form, other) != _name(form, other) for other in form.sheet.heads)
    return text + (form.say("optional") if all(ask.optional for ask in line) and not said else "")


def _heading(sheet: Worksheet, form: Form, at: _Columns, row: int) -> None:
    """Labels of the columns, and below them their units."""
    put(sheet, row + 1, KEY, UNITS, "key")
    texts = {LABEL: form.say("label"), at.note: form.say("note"), at.source: form.say("source")}
    for column, text in texts.items():
        put(sheet, row, column, text, "head")
        put(sheet, row + 1, column, form.say("unit") if column == LABEL else None, "unit_fixed")
    for head in form.sheet.heads:
        texts |= _head(sheet, form, at, row, head)
    room = {column: sheet.column_dimensions[get_column_letter(column)].width - 1 for column in texts}
    most = max(lines(text, room[column]) for column, text in texts.items())
    sheet.row_dimensions[row].height = max(most, 2) * LINE + 4


def _head(sheet: Worksheet, form: Form, at: _Columns, row: int, head: Head) -> dict[int, str]:
    """Label and unit of one column and of last year's beside it; the labels by column number."""
    unit, column = form.unit(head.unit), at.inputs[head.id]
    texts = {column: _head_text(form, head)}
    put(sheet, row, column, texts[column], "head")
    put(sheet, row + 1, column, unit, "input_choice" if len(form.units(head.units)) > 1 else "unit_fixed")
    if head.id in at.lasts:
        column = at.lasts[head.id]
        texts[column] = form.say("last_of", label=_name(form, head), year=form.cover.year - 1)
        put(sheet, row, column, texts[column], "head_last")
        put(sheet, row + 1, column, unit, "last_unit")
    return texts


def _line(sheet: Worksheet, form: Form, at: _Columns, row: int, line: list[Ask]) -> None:
    total = "_total" if any(ask.sum_of for ask in line) else ""
    put(sheet, row, KEY, line[0].row, "key")
    note = page.shared_note(line, form.lang)
    note = "" if note in page.guide(form) else note
    page.label_cell(sheet, row, _row_label(form, line), note, f"label{total}", form.lang)
    asked = {ask.column: ask for ask in line}
    for head in form.sheet.heads:
        ask = asked.get(head.id)
        put(sheet, row, at.inputs[head.id], None, f"input{total}" if ask else "closed")
        if head.id in at.lasts:
            value = form.last_value(ask, head.unit) if ask else None
            put(sheet, row, at.lasts[head.id], value, "last" if ask else "closed")
    put(sheet, row, at.note, None, "input_text")
    put(sheet, row, at.source, None, "input_text")


def _rules(sheet: Worksheet, form: Form, at: _Columns, places: dict[int, list[Ask]]) -> None:
    keys = page.keys_text(form.lang)
    rows_said = {line[0].row for line in places.values() if page.shared_note(line, form.lang)}
    for head in form.sheet.heads:
        by_row = {row: ask for row, line in places.items() for ask in line if ask.column == head.id}
        if not by_row:
            continue
        example = next((ask.example for ask in by_row.values() if ask.example), "")
        note = _column_note(form, by_row.values(), rows_said)
        said = form.say("value_prompt", example=example) if example else form.say("value_plain")
        prompt = "\n".join(filter(None, (said, note, form.say("matrix_prompt", keys=keys))))
        column = at.inputs[head.id]
        first = f"{get_column_letter(column)}{min(by_row)}"
        error = form.say("matrix_error", example=example or "12.35")
        title = _name(form, head)
        page.add(sheet, page.number_or_key(first, title, prompt, error), ranges(column, by_row))
    page.add_remarks(sheet, form, {"note": ranges(at.note, places), "source": ranges(at.source, places)})
    _mark_missing(sheet, at, min(places), max(places))


def _column_note(form: Form, asks: Iterable[Ask], rows_said: Container[str]) -> str:
    """The note of a column, taken from the rows that have none of their own; "" where it stands in the guide."""
    note = page.shared_note([ask for ask in asks if ask.row not in rows_said], form.lang)
    return "" if note in page.guide(form) else note


def _mark_missing(sheet: Worksheet, at: _Columns, first: int, last: int) -> None:
    """Colour the note of a row that has a notation key and no reason."""
    typed = ",".join(f"ISTEXT(${get_column_letter(column)}{first})" for column in at.inputs.values())
    letter = get_column_letter(at.note)
    rule = FormulaRule(formula=[f'AND(${letter}{first}="",OR({typed}))'])
    rule.dxf = missing_style()
    sheet.conditional_formatting.add(f"{letter}{first}:{letter}{last}", rule)


def _unit_rules(sheet: Worksheet, form: Form, at: _Columns, row: int) -> None:
    for head in form.sheet.heads:
        units = form.units(head.units)
        if len(units) > 1:
            error = form.say("unit_error", units=("、" if form.lang == "zh" else ", ").join(units))
            rule = page.choice(units, form.say("unit_title"), form.say("unit_prompt"), error)
            page.add(sheet, rule, f"{get_column_letter(at.inputs[head.id])}{row}")
