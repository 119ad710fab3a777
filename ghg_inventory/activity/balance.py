"""A sheet that holds a balance form → activity records.

Order of steps: find the form, choose its layout, learn whose it is, read its cells, decide how the minus
rows are printed, check the closures, make the records. Every cell of a known row and column ends as a
record or in a finding that counts it.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass, field

from ghg_inventory.activity import words
from ghg_inventory.activity.balance_checks import (
    Gap,
    SignRule,
    closure_gaps,
    decide_signs,
    is_gap,
    reversed_transformation,
)
from ghg_inventory.activity.balance_doubts import form_findings
from ghg_inventory.activity.balance_records import FormCell, Source, to_activity
from ghg_inventory.activity.context import Context
from ghg_inventory.activity.form import Form, choose_layout, find_form, keyed_rows, row_ids
from ghg_inventory.activity.grid import TROUBLE_FINDINGS, Cell, Grid, Trouble, cell_text
from ghg_inventory.activity.header import FormColumn, header_rows
from ghg_inventory.activity.layouts import Balance, Layout
from ghg_inventory.activity.table import Activity, InputFile
from ghg_inventory.activity.whose import Whose, whose_form
from ghg_inventory.errors import Finding, Place, finding, has_errors


@dataclass(slots=True)
class _Reading:
    """The cells of a form: amounts by (row, column), and what the others were."""

    cells: dict[tuple[str, str], FormCell] = field(default_factory=dict)
    blank: Counter[str] = field(default_factory=Counter)
    unreadable: set[str] = field(default_factory=set)
    normalised: list[tuple[str, str]] = field(default_factory=list)  # (example, why)
    findings: list[Finding] = field(default_factory=list)

    @property
    def values(self) -> dict[tuple[str, str], float]:
        """Amounts as printed."""
        return {key: cell.value for key, cell in self.cells.items() if not cell.notation}


def upright(grid: Grid, balance: Balance) -> Grid | None:
    """The grid with energies across and rows down, as printed or transposed; None when it is no form."""
    for candidate in (grid, grid.transposed()):
        if header_rows(candidate, balance):
            return candidate
    return None


def read_balance_sheet(
    grid: Grid, balance: Balance, context: Context, file: InputFile
) -> tuple[Activity, list[Finding]]:
    """The records of every form on a sheet; none, and the reason, when it is no form we know.

    A sheet holds one form, or one per (area code, year) when it has columns of that name.
    """
    misshapen = _misshapen_rows(grid, balance)
    if misshapen:
        return Activity.empty((file,)), words.capped(misshapen)
    parts: list[Activity] = []
    findings: list[Finding] = []
    for key, only in keyed_rows(grid, balance).items():
        form, found = find_form(grid, balance, only)
        findings += found
        if form is None:
            continue
        part, found = _read_form(form, balance, context, (file, key))
        parts.append(part)
        findings += found
    return Activity.concat(parts), findings


def _misshapen_rows(grid: Grid, balance: Balance) -> list[Finding]:
    """Rows of a text file with more or fewer fields than their header: a comma in a number moves every column."""
    if grid.sheet or grid.flipped:
        return []
    headers = header_rows(grid, balance)
    found = []
    for header, end in zip(headers, [*headers[1:], len(grid.rows)], strict=True):
        size = len(grid.rows[header])
        for number in range(header + 1, end):
            cells = grid.rows[number]
            if len(cells) != size and any(row_ids(cell_text(cell), balance) for cell in cells):
                place = Place(grid.file, line=grid.place(number, 0).line)
                found.append(finding("csv-shape", place, found=len(cells), expected_count=size))
    return found


def _read_form(
    form: Form, balance: Balance, context: Context, given: tuple[InputFile, tuple[str, str]]
) -> tuple[Activity, list[Finding]]:
    file, key = given
    place = Place(form.grid.file, form.grid.sheet)
    layout, findings = choose_layout(form, balance)
    whose, problems = whose_form(form, context, key)
    findings += problems
    if layout is None or whose is None:
        return Activity.empty((file,)), findings
    doubts = form_findings(form, layout, balance)
    findings += doubts
    if has_errors(doubts):
        return Activity.empty((file,)), findings
    reading = _read_cells(form, layout)
    rules = decide_signs(reading.values, layout, _closing(form, reading), form.rows)
    findings += words.capped(reading.findings) + _cell_findings(form, layout, reading)
    findings += _sign_findings(form, balance, rules) + _closure_findings(
        form, layout, balance, reading, rules
    )
    withheld = {rule.row for rule in rules if not rule.printed}
    if reversed_transformation(reading.values):
        findings.append(finding("balance-transform-sign", place))
        withheld |= {row for row in form.rows if row.startswith("transform.")}
    source = Source(form.grid, layout, whose.area_code, whose.year, _citation(form), file.name)
    printed = {rule.row: rule.printed for rule in rules}
    activity, more = to_activity(reading.cells, source, balance, printed, withheld)
    findings += more
    statement = _statement(form, layout, whose, rules)
    findings.append(
        finding(
            "balance-read", place, statement=statement, layout=layout.title_zh, layout_en=layout.title_en,
            area=whose.area_code, year=whose.year, how=whose.how, records=len(activity), rows=len(form.rows),
            columns=len(form.columns),
        )
    )  # fmt: skip
    described = InputFile(file.name, file.sha256, "balance", f"{layout.id}@{layout.version}", statement)
    return Activity.concat([activity, Activity.empty((described,))]), findings


def _closing(form: Form, reading: _Reading) -> list[str]:
    """Columns whose every cell was read: a closure over a cell we could not read would cry wolf."""
    return [c.label.column for c in form.columns if c.label.column not in reading.unreadable]


def _read_cells(form: Form, layout: Layout) -> _Reading:
    reading = _Reading()
    for block in form.blocks:
        for row, number in block.rows:
            for column in block.columns:
                _read_cell(form, layout, reading, (row, number, column))
    return reading


def _read_cell(form: Form, layout: Layout, reading: _Reading, where: tuple[str, int, FormColumn]) -> None:
    row, number, column = where
    cell = form.grid.cell(number, column.column)
    place = form.grid.place(number, column.column)
    name = column.label.column
    text = unicodedata.normalize("NFKC", cell_text(cell)).strip()
    if isinstance(cell, Trouble):
        reading.findings.append(finding(TROUBLE_FINDINGS[cell.kind], place, text=cell.text))
    elif not text or text in layout.nil_marks or cell in layout.nil_marks:
        reading.blank[name] += 1
        return
    elif text in words.NOTATION_SET:
        reading.cells[row, name] = FormCell(row, column, place.cell, float("nan"), text)
        return
    elif text in layout.below_rounding_marks or cell in layout.below_rounding_marks:
        reading.findings.append(finding("balance-below-rounding", place, text=text))
    else:
        value, why = _amount(cell)
        if value is not None and abs(value) > words.LARGEST:
            reading.findings.append(finding("amount-too-large", place, text=words.shortened(text)))
        elif value is not None:
            if why:
                reading.normalised.append((f"{cell_text(cell)} → {value!r} ({place.cell})", why))
            reading.cells[row, name] = FormCell(row, column, place.cell, value, "")
            return
        else:
            reading.findings.append(finding("not-a-number", place, text=words.shortened(cell_text(cell))))
    reading.unreadable.add(name)


def _amount(cell: Cell) -> tuple[float | None, str]:
    return (cell, "") if isinstance(cell, float) else words.amount_of(cell_text(cell))


def _cell_findings(form: Form, layout: Layout, reading: _Reading) -> list[Finding]:
    """Blank cells, columns without any amount, and numbers that had to be normalised."""
    place = Place(form.grid.file, form.grid.sheet)
    filled = {name for _, name in reading.cells} | reading.unreadable
    empty = [column.label for column in form.columns if column.label.column not in filled]
    blank = sum(count for name, count in reading.blank.items() if name in filled)
    found = []
    if blank:
        found.append(finding("balance-blank", place, count=blank, notation=layout.blank))
    if empty:
        found.append(
            finding(
                "balance-column-blank",
                place,
                columns="、".join(label.zh for label in empty),
                columns_en=", ".join(label.en for label in empty),
                count=len(empty),
            )
        )
    for why in sorted({why for _, why in reading.normalised}):
        cases = [example for example, reason in reading.normalised if reason == why]
        found.append(finding("numbers-normalised", place, why=words.reason_zh(why), why_en=why, count=len(cases),
                             examples="; ".join(cases[:3])))  # fmt: skip
    return found


def _sign_findings(form: Form, balance: Balance, rules: tuple[SignRule, ...]) -> list[Finding]:
    found = []
    for rule in rules:
        block = next(block for block in form.blocks if rule.row in dict(block.rows))
        place = form.grid.place(dict(block.rows)[rule.row], block.label_column)
        label = balance.rows[rule.row]
        if not rule.printed:
            found.append(finding("balance-sign", place, row=label.zh, row_en=label.en, columns=rule.columns))
            continue
        found.append(
            finding(
                f"balance-sign-{rule.printed}",
                place,
                row=label.zh,
                row_en=label.en,
                by=_BY[rule.by][0],
                by_en=_BY[rule.by][1],
                columns=rule.columns,
            )
        )
    return found


_BY = {
    "closure": ("合计与分项的闭合", "closure of the total"),
    "majority": ("该行数值的符号", "the signs printed in the row"),
}


def _closure_findings(
    form: Form, layout: Layout, balance: Balance, reading: _Reading, rules: tuple[SignRule, ...]
) -> list[Finding]:  # fmt: skip
    """One finding per gap beyond the tolerance, and one for all gaps within it."""
    printed = {rule.row: rule.printed for rule in rules}
    gaps = closure_gaps(reading.values, layout, _closing(form, reading), form.rows, printed)
    found = []
    within = [gap for gap in gaps if not is_gap(gap, layout) and round(gap.gap, 7)]
    for gap in gaps:
        if is_gap(gap, layout):
            found.append(_gap_finding(form, layout, balance, gap))
    place = Place(form.grid.file, form.grid.sheet)
    largest = max((abs(gap.gap) for gap in within), default=0.0)
    found.append(finding("balance-closes", place, checked=len(gaps), beyond=len(found), within=len(within),
                         largest=f"{largest:.4g}", tolerance=layout.tolerance))  # fmt: skip
    return found


def _gap_finding(form: Form, layout: Layout, balance: Balance, gap: Gap) -> Finding:
    column = next(c for c in form.columns if c.label.column == gap.column)
    block = next(block for block in form.blocks if column in block.columns)
    numbers = dict(block.rows)
    shown = gap.total if gap.total in numbers else "supply"
    closure = next((c for c in layout.closures if c.id == gap.closure), None)
    parts = (*closure.add, *closure.subtract) if closure else ()
    cells = [form.grid.place(numbers[row], column.column).cell for row in parts if row in numbers]
    return finding(
        "balance-gap",
        form.grid.place(numbers[shown], column.column),
        closure=_CLOSURES[gap.closure][0],
        closure_en=_CLOSURES[gap.closure][1],
        fuel=column.label.zh,
        fuel_en=column.label.en,
        unit=column.unit,
        total=balance.rows[gap.total].zh,
        total_en=balance.rows[gap.total].en,
        expected=_shown(gap.expected),
        found=_shown(gap.found),
        gap=_shown(gap.gap),
        tolerance=layout.tolerance,
        cells=", ".join(cells) or "–",
    )


_CLOSURES = {
    "supply": ("可供量", "supply"),
    "transform": ("加工转换", "transformation"),
    "final": ("终端消费", "final consumption"),
    "residential": ("居民生活", "residential"),
    "primary": ("第一产业", "primary industry"),
    "secondary": ("第二产业", "secondary industry"),
    "tertiary": ("第三产业", "tertiary industry"),
    "balance": ("平衡差额", "balance"),
    "consumption": ("消费量合计", "total consumption"),
}


def _shown(value: float) -> str:
    """A number as short as it is: sums of two-decimal numbers, without binary dust."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _citation(form: Form) -> str:
    """The form's own statement of its source, from a footer; "" when it has none."""
    for note in form.footers:
        plain = unicodedata.normalize("NFKC", note).strip()
        for key in ("资料来源:", "数据来源:", "来源:", "Source:", "source:"):
            if plain.startswith(key):
                return plain[len(key) :].strip()
    return ""


def _statement(form: Form, layout: Layout, whose: Whose, rules: tuple[SignRule, ...]) -> str:
    """What the reader decided, in one line that goes into the run's manifest."""
    signs = ", ".join(
        f"{rule.row} printed {rule.printed or 'undecided'} ({rule.by or '–'})" for rule in rules
    )
    units = sorted({column.unit_from for column in form.columns})
    return (f"layout {layout.id}@{layout.version}; {whose.how}; units from {'/'.join(units)}; "
            f"signs: {signs or 'no minus rows'}; blank = {layout.blank}")  # fmt: skip
