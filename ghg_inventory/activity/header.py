"""The header of a balance form: which column is which energy, and in which unit."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from ghg_inventory.activity import words
from ghg_inventory.activity.grid import Cell, Grid, Trouble, cell_text
from ghg_inventory.activity.layouts import Balance, ColumnLabel, normalise_label
from ghg_inventory.errors import Finding, finding
from ghg_inventory.tables import parse_number

# A row is a header when it names at least this many energy columns.
_HEADER_COLUMNS = 3
# Header rows this close together are one header in two languages, not two blocks of a form.
_SAME_HEADER = 2
_QUALIFIER = re.compile(r"\(([^()]*)\)")
# Kinds of columns that hold no energy: remarks, and the key of the form.
OTHER_KINDS = ("ignore", "key")
BASES = ("当量值", "等价值", "当量", "等价")


@dataclass(frozen=True, slots=True)
class FormColumn:
    """One energy column.

    unit: as printed; unit_from: "form", "title" (单位：… above the header) or "layout" (the form has none).
    basis: 当量值 or 等价值 when the header says so.
    """

    label: ColumnLabel
    column: int
    unit: str
    unit_from: str
    basis: str


def header_rows(grid: Grid, balance: Balance) -> list[int]:
    """Rows that name energy columns. Of neighbours (a second language) the fuller, then upper, counts."""
    headers: list[int] = []
    counts: dict[int, int] = {}
    for number, cells in enumerate(grid.rows):
        labels = {column_label(cell_text(cell), balance)[0] for cell in cells}
        counts[number] = sum(label is not None and label.kind not in OTHER_KINDS for label in labels)
        if counts[number] < _HEADER_COLUMNS:
            continue
        if headers and number - headers[-1] <= _SAME_HEADER:
            if counts[number] > counts[headers[-1]]:
                headers[-1] = number
        else:
            headers.append(number)
    return headers


def column_label(text: str, balance: Balance) -> tuple[ColumnLabel | None, str, str]:
    """(column, unit, basis) of a header cell such as "原煤", "原煤(万吨)", "电力（当量值）", "原煤 万吨"."""
    if not text:
        return None, "", ""
    plain = unicodedata.normalize("NFKC", text)
    unit = basis = ""
    for inside in _QUALIFIER.findall(plain):
        inner = inside.strip()
        if inner in BASES:
            basis, plain = inner, plain.replace(f"({inside})", "")
        elif inner and _is_unit(inner):
            unit, plain = inner, plain.replace(f"({inside})", "")
    label = balance.column_names.get(normalise_label(plain))
    parts = plain.split()
    if label is None and not unit and len(parts) > 1:
        head = balance.column_names.get(normalise_label("".join(parts[:-1])))
        if head is not None and _is_unit(parts[-1]):
            return head, parts[-1], basis
    return label, unit, basis


@dataclass(frozen=True, slots=True)
class Zone:
    """Where a block of a form is: header row, first row of data, row after the last, column of row labels."""

    header: int
    first: int
    end: int
    label_column: int


@dataclass(slots=True)
class Columns:
    """The energy columns under a header, the labels that were refused, and why."""

    good: list[FormColumn] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def read_columns(grid: Grid, balance: Balance, zone: Zone) -> Columns:
    """The columns of a block. A column with an unknown label or a wrong unit is refused as a whole."""
    columns = Columns()
    unit_row = _unit_row(grid, balance, zone)
    title_unit = _title_unit(grid, zone.header)
    for number in range(grid.width):
        if number == zone.label_column:
            continue
        text = header_text(grid, zone.header, number)
        label, unit, basis = column_label(text, balance)
        if label is None:
            _add_unknown(columns, grid, balance, (zone, number))
        elif label.kind not in OTHER_KINDS:
            row, source = zone.header, "form"
            if not unit and unit_row is not None:
                unit, row = header_text(grid, unit_row, number), unit_row
            if not unit:
                unit, source = (title_unit, "title") if title_unit else (label.units[0], "layout")
            problem = _unit_problem(grid, label, unit, (row, number))
            if problem is None:
                columns.good.append(FormColumn(label, number, unit, source, basis))
            else:
                columns.refused.append(text)
                columns.findings += [problem, _withheld(grid, label, (zone, number))]
    _drop_repeats(columns, grid, zone.header)
    return columns


def _withheld(grid: Grid, label: ColumnLabel, where: tuple[Zone, int]) -> Finding:
    zone, number = where
    count = sum(holds_number(grid.cell(row, number)) for row in range(zone.first, zone.end))
    place = grid.place(zone.header, number)
    return finding("balance-column-withheld", place, column=label.zh, column_en=label.en, count=count)


def _drop_repeats(columns: Columns, grid: Grid, header: int) -> None:
    """A label that heads two columns is refused in both: neither is the right one by position."""
    names = [column.label.column for column in columns.good]
    for column in [column for column in columns.good if names.count(column.label.column) > 1]:
        columns.good.remove(column)
        columns.refused.append(column.label.zh)
        place = grid.place(header, column.column)
        label = column.label
        columns.findings.append(
            finding("balance-column-repeated", place, column=label.zh, column_en=label.en)
        )


def _unit_problem(grid: Grid, label: ColumnLabel, unit: str, where: tuple[int, int]) -> Finding | None:
    fault = words.unit_fault(unit)
    if fault is not None:
        return finding(fault[0], grid.place(*where), severity="", **fault[1])
    if not words.same_dimension(unit, label.units):
        return finding("balance-unit", grid.place(*where), column=label.zh, column_en=label.en, unit=unit,
                       allowed=" / ".join(label.units))  # fmt: skip
    return None


def _unit_row(grid: Grid, balance: Balance, zone: Zone) -> int | None:
    """The row of units under the header: most of its cells under energy columns are units."""
    energy = [
        column
        for column in range(grid.width)
        if (label := column_label(header_text(grid, zone.header, column), balance)[0])
        and label.kind not in OTHER_KINDS
    ]
    for number in range(zone.header + 1, zone.first):
        given = [text for column in energy if (text := header_text(grid, number, column))]
        if given and sum(_is_unit(text) for text in given) * 2 > len(given):
            return number
    return None


def _is_unit(text: str) -> bool:
    """True for a unit, not for a bare number (a row that numbers the columns)."""
    return parse_number(text)[0] is None and words.unit_fault(text) is None


def _title_unit(grid: Grid, header: int) -> str:
    """The unit of "单位：万吨标准煤" above the header, when it is one unit for all columns."""
    for number in range(header):
        for cell in grid.rows[number]:
            match = re.search(
                r"(?:单位|unit)\s*[:：]\s*([^\s,，、;；()（）]+)\s*$", cell_text(cell).rstrip("）)"), re.I
            )
            if match and _is_unit(match[1]):
                return match[1]
    return ""


def header_text(grid: Grid, row: int, column: int) -> str:
    """The cell's text; for a cell inside a merged range the text of the range."""
    text = grid.text(row, column)
    if text:
        return text
    for top, left, bottom, right in grid.merged:
        if top <= row <= bottom and left <= column <= right:
            return grid.text(top, left)
    return ""


def _add_unknown(columns: Columns, grid: Grid, balance: Balance, where: tuple[Zone, int]) -> None:
    """A header nobody knows: an error when the column holds numbers or nothing, else a remark column."""
    zone, number = where
    text = header_text(grid, zone.header, number)
    cells = [grid.cell(row, number) for row in range(zone.first, zone.end)]
    count = sum(holds_number(cell) for cell in cells)
    is_remark = not text or number < zone.label_column or any(cell_text(cell) for cell in cells)
    if not count and is_remark:
        return
    known = [name for label in balance.columns.values() for name in (label.zh, label.en)]
    place, near = grid.place(zone.header, number), near_label(text, known)
    columns.refused.append(text or "–")
    columns.findings.append(
        finding("balance-column-unknown", place, text=words.shortened(text) or "–", count=count, **near)
    )


def holds_number(cell: Cell) -> bool:
    """True for a number, a formula or an error cell: something that was meant as an amount."""
    if isinstance(cell, Trouble):
        return True
    return isinstance(cell, float) or (bool(cell.strip()) and parse_number(cell)[0] is not None)


def near_label(text: str, known: Sequence[str]) -> dict[str, str]:
    """Blanks of a remedy: up to three known labels near a misspelt one."""
    keys = {normalise_label(name): name for name in known}
    near = difflib.get_close_matches(normalise_label(text[:40]), list(keys), n=3, cutoff=0.5)
    return words.meant((keys[key], "") for key in near)
