"""What the blank cells of a sheet mean: nil by declaration, an error, or nothing at all."""

from __future__ import annotations

from collections.abc import Sequence

from ghg_inventory.activity import words
from ghg_inventory.activity.returns.cells import Entry, amount_and_unit, read_entry
from ghg_inventory.activity.returns.keys import Keyed, sheet_place
from ghg_inventory.activity.returns.labels import cell_label, example_of, input_roles
from ghg_inventory.activity.returns.lines import Answer, Blank, Lines
from ghg_inventory.activity.returns.marker import BLANKS, UNITS
from ghg_inventory.activity.returns.reading import reading
from ghg_inventory.activity.returns.record import Sheet
from ghg_inventory.activity.scan import cell_name
from ghg_inventory.errors import Finding, finding

# Suffix of the role of last year's column beside an input of a matrix; a list has one column of this name.
_LAST, _LAST_OF_LIST = ".last", "last"
_NIL = Entry("key", "NO")


def judge_blanks(sheet: Keyed, template: Sheet, lines: Lines) -> tuple[list[Answer], list[Finding]]:
    """NO for each blank that the declaration covers, a finding for each that nothing explains.

    Never NO where last year had a number: the clerk would have to say so.
    """
    asked = [blank for blank in lines.blanks if not blank.ask.optional]
    if not lines.is_answered:
        # Rows that were deleted are findings of their own.
        place = sheet_place(sheet.grid)
        return [], [finding("return-sheet-blank", place, count=len(asked))] if asked else []
    answers: list[Answer] = []
    found: list[Finding] = []
    for blank in asked:
        last = _last(sheet, blank)
        if not lines.declared:
            found.append(_blank(sheet, blank, last))
        elif last:
            values = {**cell_label(blank.ask), **example_of(blank.ask), "last": words.shortened(last)}
            found.append(finding("return-blank-had-value", sheet.place(blank.row, blank.column), **values))
        else:
            answers.append(_declared_nil(sheet, blank))
    if asked and not lines.declared and template.blanks == "declare":
        found += _way_out(sheet, template, asked)
    return answers, found


def _blank(sheet: Keyed, blank: Blank, last: str) -> Finding:
    shown = words.shortened(last)
    said = {"last_zh": f"（上年 {shown}）", "last_en": f" (last year: {shown})"} if last else {}
    values = {"last_zh": "", "last_en": "", **said, **cell_label(blank.ask), **example_of(blank.ask)}
    return finding("return-blank", sheet.place(blank.row, blank.column), **values)


def _last(sheet: Keyed, blank: Blank) -> str:
    """Last year's number and unit as printed beside the input; "" where there is none."""
    of = blank.ask.column
    entry = read_entry(sheet.cell(blank.row, sheet.column(f"{of}{_LAST}" if of else _LAST_OF_LIST)))
    if entry.kind == "number":
        return f"{entry.text} {blank.ask.unit}"
    return entry.text if entry.kind == "text" and amount_and_unit(entry.text) is not None else ""


def _declared_nil(sheet: Keyed, blank: Blank) -> Answer:
    """NO, with the declaration as the reason."""
    ask = blank.ask
    unit_at = (sheet.row(UNITS), blank.column) if ask.column else (blank.row, sheet.column("unit"))
    unit = words.narrow(sheet.text(*unit_at))
    reason = reading().declared[sheet.marker.lang]
    cells = {"value": cell_name(blank.row, blank.column)}
    return Answer(ask, _NIL, unit if unit in ask.units else "", reason, "", cells)


def _way_out(sheet: Keyed, template: Sheet, asked: Sequence[Blank]) -> list[Finding]:
    """That one answer would do for all blanks."""
    row, column = sheet.row(BLANKS), sheet.column(input_roles(template)[0])
    if row < 0:
        return [finding("return-declaration-lost", sheet_place(sheet.grid))]
    if column < 0 or len(asked) < 2:
        return []
    return [finding("return-declaration-open", sheet.place(row, column), count=len(asked))]
