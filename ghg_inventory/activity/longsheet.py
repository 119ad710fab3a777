"""A sheet in long form → `RawTable`: the same columns as the long CSV, anywhere on the sheet."""

from __future__ import annotations

import numpy as np

from ghg_inventory.activity.grid import TROUBLE_FINDINGS, Grid, Trouble, cell_text
from ghg_inventory.activity.longcsv import header_findings, is_long_header
from ghg_inventory.activity.raw import BAD, BLANK, NUMBER, TEXT, NumberReader, RawTable
from ghg_inventory.activity.scan import cell_name
from ghg_inventory.errors import Finding, finding
from ghg_inventory.tables import Column


def long_header(grid: Grid) -> int | None:
    """The row that looks like the header of a long table, perhaps with mistakes."""
    for number in range(min(len(grid.rows), 30)):
        if is_long_header(tuple(grid.text(number, column) for column in range(len(grid.rows[number])))):
            return number
    return None


def read_long_sheet(grid: Grid, header: int) -> tuple[RawTable | None, list[Finding]]:
    """The rows below the header; None when the header is wrong."""
    names = tuple(grid.text(header, column) for column in range(len(grid.rows[header])))
    named = [(column, name) for column, name in enumerate(names) if name]
    wrong = header_findings(tuple(name for _, name in named), grid.place(header, 0))
    if wrong:
        return None, wrong
    findings: list[Finding] = []
    texts: dict[str, list[str]] = {name: [] for name in TEXT}
    values: list[float] = []
    states: list[int] = []
    lines: list[int] = []
    bad: dict[int, str] = {}
    normalised: list[tuple[int, str, float, str]] = []
    numbers = NumberReader()
    where = {name: column for column, name in named}
    for number in range(header + 1, len(grid.rows)):
        if not any(grid.text(number, column) for column, _ in named) or grid.text(number, 0).startswith("#"):
            continue
        troubles = [
            (column, cell) for column, _ in named if isinstance(cell := grid.cell(number, column), Trouble)
        ]
        if troubles:
            findings += [finding(TROUBLE_FINDINGS[cell.kind], grid.place(number, column), text=cell.text)
                         for column, cell in troubles]  # fmt: skip
            continue
        row = len(values)
        value, state, why = _number(grid, number, where["value"], numbers)
        text = cell_text(grid.cell(number, where["value"]))
        if state == BAD:
            bad[row] = text
        elif why:
            normalised.append((row, text, value, why))
        values.append(value)
        states.append(state)
        lines.append(number + 1)
        for name, column in texts.items():
            column.append(grid.text(number, where[name]) if name in where else "")
    letters = {name: cell_name(0, column).rstrip("1") for name, column in where.items()}
    raw = RawTable(
        grid.file,
        grid.sheet,
        {name: Column.of(column) for name, column in texts.items()},
        np.asarray(values, float),
        np.asarray(states, np.uint8),
        np.asarray(lines, np.int32),
        bad,
        tuple(normalised),
        letters,
    )
    return raw, findings


def _number(grid: Grid, row: int, column: int, numbers: NumberReader) -> tuple[float, int, str]:
    cell = grid.cell(row, column)
    if isinstance(cell, float):
        return cell, NUMBER, ""
    text = cell_text(cell)
    if not text:
        return np.nan, BLANK, ""
    value, why = numbers.read(text)
    return (np.nan, BAD, "") if value is None else (value, NUMBER, why)
