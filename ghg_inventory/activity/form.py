"""A grid to a balance `Form`: its rows, its columns, and the layout that it is an instance of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ghg_inventory.activity import words
from ghg_inventory.activity.grid import Grid
from ghg_inventory.activity.header import (
    FormColumn,
    Zone,
    column_label,
    header_rows,
    holds_number,
    near_label,
    read_columns,
)
from ghg_inventory.activity.layouts import Balance, Layout, normalise_label
from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.tables import parse_number

# A sheet that shows fewer rows of a balance than this is not taken for one.
_FEW_ROWS = 5


@dataclass(frozen=True, slots=True)
class Block:
    """A header and the rows below it. A form printed on several pages has several blocks.

    rows: (row id, row of the grid), without rows that the form repeats.
    """

    header: int
    label_column: int
    columns: tuple[FormColumn, ...]
    rows: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Form:
    """What a sheet holds as a balance form. footers: text below the last row (sources, notes)."""

    grid: Grid
    blocks: tuple[Block, ...]
    refused: tuple[str, ...]
    footers: tuple[str, ...]

    @property
    def rows(self) -> tuple[str, ...]:
        """Row ids in the order of the form."""
        return tuple(dict.fromkeys(row for block in self.blocks for row, _ in block.rows))

    @property
    def columns(self) -> tuple[FormColumn, ...]:
        """Columns in the order of the form."""
        return tuple(column for block in self.blocks for column in block.columns)


def find_form(
    grid: Grid, balance: Balance, only: Collection[int] | None = None
) -> tuple[Form | None, list[Finding]]:
    """The form on a sheet, and what is wrong with it; None when it is no form, or more than one.

    only: rows of the grid to look at (a table that holds several forms one after the other); None: all.
    """
    headers = header_rows(grid, balance)
    blocks: list[Block] = []
    refused: list[str] = []
    footers: list[str] = []
    findings: list[Finding] = []
    for number, header in enumerate(headers):
        end = headers[number + 1] if number + 1 < len(headers) else len(grid.rows)
        rows = [row for row in range(header + 1, end) if only is None or row in only]
        label_column = _label_column(grid, balance, rows)
        if label_column is None:
            continue
        named = [(row, row_ids(grid.text(row, label_column), balance)) for row in rows]
        first = next(row for row, ids in named if ids)
        columns = read_columns(grid, balance, Zone(header, first, end, label_column))
        findings += columns.findings
        refused += columns.refused
        known, more = _known_rows(grid, balance, label_column, named)
        unknown, notes, found = _other_rows(grid, balance, label_column, columns.good, named)
        findings += more + found
        refused += unknown
        footers += notes
        blocks.append(Block(header, label_column, tuple(columns.good), known))
    form = Form(grid, tuple(blocks), tuple(refused), tuple(footers))
    if len(form.rows) < _FEW_ROWS:
        return None, [finding("balance-none", Place(grid.file, grid.sheet))]
    names = [column.label.column for column in form.columns]
    if len(set(names)) < len(names):
        return None, [finding("balance-two-forms", Place(grid.file, grid.sheet))]
    return form, findings


def keyed_rows(grid: Grid, balance: Balance) -> dict[tuple[str, str], frozenset[int] | None]:
    """Rows of the grid by (area code, year) of their own columns; one entry for all when it has none.

    A column 地区代码 or 年份 counts only when every row of the form has a value in it.
    """
    everything: dict[tuple[str, str], frozenset[int] | None] = {("", ""): None}
    headers = header_rows(grid, balance)
    labelled = [
        number for number in range(headers[0] + 1 if headers else 0, len(grid.rows))
        if any(row_ids(grid.text(number, column), balance) for column in range(len(grid.rows[number])))
    ]  # fmt: skip
    if not headers or not labelled:
        return everything
    where: dict[str, int] = {}
    for column in range(grid.width):
        label = column_label(grid.text(headers[0], column), balance)[0]
        if label and label.kind == "key" and all(grid.text(number, column) for number in labelled):
            where[label.column] = column
    if not where:
        return everything
    groups: dict[tuple[str, str], set[int]] = {}
    for number in labelled:
        area, year = (
            grid.text(number, where[name]) if name in where else "" for name in ("area_code", "year")
        )
        groups.setdefault((area, year), set()).add(number)
    # Rows without a key (unit row, footers) belong to every form.
    others = set(range(len(grid.rows))) - set(labelled)
    return {key: frozenset(rows | others) for key, rows in groups.items()}


def row_ids(text: str, balance: Balance) -> tuple[str, ...]:
    """Row ids that a label may stand for; the section of the form decides between them."""
    return balance.row_names.get(normalise_label(text), ()) if text else ()


def _label_column(grid: Grid, balance: Balance, rows: Sequence[int]) -> int | None:
    """The column with the most row labels; the leftmost of equals."""
    best, most = None, 0
    for column in range(grid.width):
        count = sum(bool(row_ids(grid.text(row, column), balance)) for row in rows)
        if count > most:
            best, most = column, count
    return best


Named = Sequence[tuple[int, tuple[str, ...]]]


def _known_rows(
    grid: Grid, balance: Balance, label_column: int, named: Named
) -> tuple[tuple[tuple[str, int], ...], list[Finding]]:  # fmt: skip
    """Rows by id. A row that appears twice is refused in both places."""
    section = ""
    rows: list[tuple[str, int]] = []
    for number, ids in named:
        if not ids:
            continue
        row = next((name for name in ids if balance.rows[name].section == section), ids[0])
        if "." not in row:
            section = balance.rows[row].section
        rows.append((row, number))
    names = [row for row, _ in rows]
    found = [
        finding(
            "balance-row-repeated",
            grid.place(number, label_column),
            row=balance.rows[row].zh,
            row_en=balance.rows[row].en,
        )
        for row, number in rows
        if names.count(row) > 1
    ]
    return tuple((row, number) for row, number in rows if names.count(row) == 1), found


def _other_rows(
    grid: Grid, balance: Balance, label_column: int, columns: Sequence[FormColumn], named: Named
) -> tuple[list[str], list[str], list[Finding]]:  # fmt: skip
    """Rows without a known label: (refused labels, footers, findings). Amounts there are an error."""
    last = max(number for number, ids in named if ids)
    first = min(number for number, ids in named if ids)
    refused: list[str] = []
    footers: list[str] = []
    findings: list[Finding] = []
    known = [name for row in balance.rows.values() for name in (row.zh, row.en)]
    for number, ids in named:
        text = grid.text(number, label_column)
        amounts = sum(holds_number(grid.cell(number, column.column)) for column in columns)
        if ids or (number < first and _numbers_the_columns(grid, number, columns)):
            continue
        if amounts or (text and first < number < last):
            refused.append(text or "–")
            place, shown = grid.place(number, label_column), words.shortened(text) or "–"
            near = near_label(text, known)
            findings.append(finding("balance-row-unknown", place, text=shown, count=amounts, **near))
        elif number > last:
            footers += [
                note for column in range(len(grid.rows[number])) if (note := grid.text(number, column))
            ]
    return refused, footers, findings


def _numbers_the_columns(grid: Grid, number: int, columns: Sequence[FormColumn]) -> bool:
    """True for the row 甲 乙 1 2 3 … under a header."""
    values = [parse_number(grid.text(number, column.column))[0] for column in columns]
    steps = [b - a for a, b in pairwise(values) if a is not None and b is not None]
    return len(steps) == len(values) - 1 and all(step == 1 for step in steps)


def choose_layout(form: Form, balance: Balance) -> tuple[Layout | None, list[Finding]]:
    """The layout whose rows and columns fit; of several, the one with the fewest that the form lacks."""
    rows, columns = set(form.rows), {column.label.column for column in form.columns}
    fitting = [
        layout
        for layout in balance.layouts
        if set(layout.required) <= rows <= set(layout.rows) and columns <= set(layout.columns)
    ]
    if fitting:
        return min(fitting, key=lambda layout: _lacking(layout, rows, columns)), []
    nearest = min(
        balance.layouts,
        key=lambda layout: (
            len(set(layout.required) - rows)
            + len(rows - set(layout.rows))
            + len(columns - set(layout.columns)),
            layout.id,
        ),
    )
    missing = [balance.rows[row].zh for row in nearest.required if row not in rows]
    unknown = [balance.rows[row].zh for row in form.rows if row not in nearest.rows]
    unknown += [balance.columns[name].zh for name in sorted(columns - set(nearest.columns))] + list(
        form.refused
    )
    return None, [finding(
        "balance-layout", Place(form.grid.file, form.grid.sheet), recognised=len(rows), columns=len(columns),
        nearest=nearest.title_zh, nearest_en=nearest.title_en, missing=", ".join(missing) or "–",
        unknown=", ".join(unknown) or "–",
    )]  # fmt: skip


def _lacking(layout: Layout, rows: set[str], columns: set[str]) -> tuple[int, str]:
    return len(set(layout.rows) - rows) + len(set(layout.columns) - columns), layout.id
