"""A sheet in list layout: one figure a row, its unit beside it."""

from __future__ import annotations

from openpyxl.formatting.rule import FormulaRule
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from ghg_inventory.activity.returns import Ask
from ghg_inventory.codes import notation_keys
from ghg_inventory.workbooks import page
from ghg_inventory.workbooks.cells import LINE, fitted_width, put, ranges
from ghg_inventory.workbooks.page import KEY, LABEL, Form
from ghg_inventory.workbooks.style import missing_style

UNIT, LAST, VALUE, NOTATION, NOTE, SOURCE = range(LABEL + 1, LABEL + 7)
_ROLES = {
    LABEL: "label", UNIT: "unit", LAST: "last", VALUE: "value", NOTATION: "notation", NOTE: "note", SOURCE: "source",
}  # fmt: skip


def draw(sheet: Worksheet, form: Form) -> None:
    """Draw the sheet."""
    asks, lang = form.sheet.asks, form.lang
    notes = _notes(form)
    page.set_widths(sheet, {
        LABEL: page.label_width((_label(ask, form) for ask in asks), notes.values()),
        UNIT: fitted_width((unit for ask in asks for unit in form.units(ask.units)), 9, 20) + 2,
        LAST: 21, VALUE: 19, NOTATION: 13, NOTE: 30, SOURCE: 24,
    })  # fmt: skip
    row = page.head_rows(sheet, form, SOURCE)
    row = page.declaration(sheet, form, row, VALUE, SOURCE)
    page.roles_row(sheet, row, _ROLES)
    head = row + 1
    _heading(sheet, form, head)
    row, group, places = head + 1, "", {}
    for ask in asks:
        title = form.group(ask)
        if title and title != group:
            page.group_row(sheet, row, title, SOURCE)
            row, group = row + 1, title
        _line(sheet, form, row, ask, notes[ask.row])
        places[row] = ask
        row += 1
    _rules(sheet, form, places)
    sheet.freeze_panes = sheet.cell(head + 1, UNIT)
    page.finish(sheet, lang, (head, head), landscape=True)


def _notes(form: Form) -> dict[str, str]:
    """The note of each row, "" where it stands in the guide."""
    above = page.guide(form)
    notes = {ask.row: page.shared_note([ask], form.lang) for ask in form.sheet.asks}
    return {row: "" if note in above else note for row, note in notes.items()}


def _label(ask: Ask, form: Form) -> str:
    return ask.label(form.lang) + (form.say("optional") if ask.optional else "")


def _heading(sheet: Worksheet, form: Form, row: int) -> None:
    years = {LAST: form.cover.year - 1, VALUE: form.cover.year}
    for column, role in _ROLES.items():
        style = "head_last" if column == LAST else "head"
        put(sheet, row, column, form.say(role, year=years.get(column, "")), style)
    sheet.row_dimensions[row].height = 3 * LINE


def _line(sheet: Worksheet, form: Form, row: int, ask: Ask, note: str) -> None:
    total = "_total" if ask.sum_of else ""
    put(sheet, row, KEY, ask.row, "key")
    page.label_cell(sheet, row, _label(ask, form), note, f"label{total}", form.lang)
    unit = form.unit(ask.unit)
    put(sheet, row, UNIT, unit, "input_choice" if len(form.units(ask.units)) > 1 else "unit")
    last = put(sheet, row, LAST, form.last_value(ask, ask.unit), "last")
    if isinstance(last.value, float):
        # The unit stays beside last year's figure when another one is chosen for this year's.
        times = "× " if unit.startswith("10^") else ""
        last.number_format = f'General" {times}{unit}"'
    put(sheet, row, VALUE, None, f"input{total}")
    put(sheet, row, NOTATION, None, "input_choice")
    put(sheet, row, NOTE, None, "input_text")
    put(sheet, row, SOURCE, None, "input_text")


def _rules(sheet: Worksheet, form: Form, places: dict[int, Ask]) -> None:
    """Lists, checks and messages; rows that share one are one range."""
    numbers: dict[tuple[str, str, bool], list[int]] = {}
    units: dict[tuple[str, ...], list[int]] = {}
    for row, ask in places.items():
        numbers.setdefault((ask.example, form.unit(ask.unit), bool(ask.sum_of)), []).append(row)
        if len(choices := form.units(ask.units)) > 1:
            units.setdefault(choices, []).append(row)
    for (example, unit, is_total), rows in numbers.items():
        prompt = (
            form.say("value_prompt_unit", example=example, unit=unit) if example else form.say("value_plain")
        )
        prompt += "\n" + form.say("total_prompt") if is_total else ""
        error = form.say("value_error", example=example or "12.35")
        page.add(sheet, page.number(form.say("value_title"), prompt, error), ranges(VALUE, rows))
    for words, rows in units.items():
        error = form.say("unit_error", units="、".join(words) if form.lang == "zh" else ", ".join(words))
        rule = page.choice(words, form.say("unit_title"), form.say("unit_prompt"), error)
        page.add(sheet, rule, ranges(UNIT, rows))
    keys = page.choice(
        notation_keys(), form.say("notation_title"), page.keys_text(form.lang), form.say("notation_error")
    )
    page.add(sheet, keys, ranges(NOTATION, places))
    page.add_remarks(sheet, form, {"note": ranges(NOTE, places), "source": ranges(SOURCE, places)})
    first, last = min(places), max(places)
    key, note = f"${get_column_letter(NOTATION)}{first}", f"${get_column_letter(NOTE)}{first}"
    letter = get_column_letter(NOTE)
    rule = FormulaRule(formula=[f'AND({key}<>"",{note}="")'])
    rule.dxf = missing_style()
    sheet.conditional_formatting.add(f"{letter}{first}:{letter}{last}", rule)
