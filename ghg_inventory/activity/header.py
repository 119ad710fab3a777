"""The header of a balance form: which column is which energy, and in which unit."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

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


def read_columns(
    grid: Grid, balance: Balance, header: int, first: int, label_column: int, end: int
) -> tuple[list[FormColumn], list[str], list[Finding]]:  # fmt: skip
    """The energy columns under a header, the labels that were refused, and why.

    first: the first row of data; end: the row after the last. A column with an unknown label or a wrong
    unit is refused as a whole.
    """
    columns: list[FormColumn] = []
    refused: list[str] = []
    findings: list[Finding] = []
    unit_row = _unit_row(grid, balance, header, first)
    title_unit = _title_unit(grid, header)
    for column in range(grid.width):
        if column == label_column:
            continue
        text = header_text(grid, header, column)
        label, unit, basis = column_label(text, balance)
        if label is None:
            problem = _unknown_column(grid, balance, text, (header, first, column, end))
            if problem is not None and column < label_column and dict(problem.values)["count"] == "0":
                continue  # a remark to the left of the form
            if problem is not None:
                findings.append(problem)
                refused.append(text or "–")
            continue
        if label.kind in OTHER_KINDS:
            continue
        row, source = header, "form"
        if not unit and unit_row is not None:
            unit, row = header_text(grid, unit_row, column), unit_row
        if not unit:
            unit, source = (title_unit, "title") if title_unit else (label.units[0], "layout")
        problem = _unit_problem(grid, label, unit, (row, column))
        if problem is None:
            columns.append(FormColumn(label, column, unit, source, basis))
        else:
            amounts = sum(holds_number(grid.cell(number, column)) for number in range(first, end))
            findings += [
                problem,
                finding(
                    "balance-column-withheld",
                    grid.place(header, column),
                    column=label.zh,
                    column_en=label.en,
                    count=amounts,
                ),
            ]
            refused.append(text)
    good, repeats = _without_repeats(grid, header, columns)
    return good, refused, findings + repeats


def _without_repeats(
    grid: Grid, header: int, columns: Sequence[FormColumn]
) -> tuple[list[FormColumn], list[Finding]]:  # fmt: skip
    """A label that heads two columns is refused in both: neither is the right one by position."""
    names = [column.label.column for column in columns]
    repeated = [column for column in columns if names.count(column.label.column) > 1]
    found = [finding("balance-column-repeated", grid.place(header, column.column), column=column.label.zh,
                     column_en=column.label.en) for column in repeated]  # fmt: skip
    return [column for column in columns if column not in repeated], found


def _unit_problem(grid: Grid, label: ColumnLabel, unit: str, where: tuple[int, int]) -> Finding | None:
    fault = words.unit_fault(unit)
    if fault is not None:
        return finding(fault[0], grid.place(*where), severity="", **fault[1])
    if not words.same_dimension(unit, label.units):
        return finding("balance-unit", grid.place(*where), column=label.zh, column_en=label.en, unit=unit,
                       allowed=" / ".join(label.units))  # fmt: skip
    return None


def _unit_row(grid: Grid, balance: Balance, header: int, first: int) -> int | None:
    """The row of units under the header: most of its cells under energy columns are units."""
    energy = [
        column
        for column in range(grid.width)
        if (label := column_label(header_text(grid, header, column), balance)[0])
        and label.kind not in OTHER_KINDS
    ]
    for number in range(header + 1, first):
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


def _unknown_column(
    grid: Grid, balance: Balance, text: str, where: tuple[int, int, int, int]
) -> Finding | None:
    """A header nobody knows: an error when the column holds numbers or nothing, else a remark column."""
    header, first, column, end = where
    cells = [grid.cell(number, column) for number in range(first, end)]
    numbers = sum(holds_number(cell) for cell in cells)
    if not numbers and (not text or any(cell_text(cell) for cell in cells)):
        return None
    return finding(
        "balance-column-unknown",
        grid.place(header, column),
        text=text or "–",
        count=numbers,
        suggestion=near_label(text, [name for c in balance.columns.values() for name in (c.zh, c.en)]),
    )


def holds_number(cell: Cell) -> bool:
    """True for a number, a formula or an error cell: something that was meant as an amount."""
    if isinstance(cell, Trouble):
        return True
    return isinstance(cell, float) or (bool(cell.strip()) and parse_number(cell)[0] is not None)


def near_label(text: str, known: Sequence[str]) -> str:
    """Up to three known labels near a misspelt one."""
    keys = {normalise_label(name): name for name in known}
    near = difflib.get_close_matches(normalise_label(text), list(keys), n=3, cutoff=0.5)
    return words.suggestion(keys[key] for key in near)
