"""A sheet of a return seen by its keys: the hidden column says which row is which, `#columns` which column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ghg_inventory.activity.grid import Cell, Grid
from ghg_inventory.activity.returns.marker import COLUMNS, Marker, looks_like_marker
from ghg_inventory.activity.returns.reading import reading
from ghg_inventory.errors import Place

# What every marker begins with, also in a file that is still bytes and lines.
MARK = "ghg-return"


@dataclass(frozen=True, slots=True)
class Found:
    """The cell that holds a marker, perhaps a damaged one."""

    row: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Keyed:
    """A sheet by its keys.

    marker: what it says of itself. at: row and column of the marker; keys stand in its column.
    rows: key → rows that carry it, in order. columns: role → columns that carry it; empty when the row of roles is
    gone.
    """

    grid: Grid
    marker: Marker
    at: tuple[int, int]
    rows: Mapping[str, tuple[int, ...]]
    columns: Mapping[str, tuple[int, ...]]

    def row(self, key: str) -> int:
        """The first row of a key, -1 for none."""
        return self.rows[key][0] if key in self.rows else -1

    def column(self, role: str) -> int:
        """The first column of a role, -1 for none."""
        return self.columns[role][0] if role in self.columns else -1

    def cell(self, row: int, column: int) -> Cell:
        """A cell; "" for a row or column that is not there."""
        return self.grid.cell(row, column)

    def text(self, row: int, column: int) -> str:
        """A cell as text."""
        return self.grid.text(row, column)

    def place(self, row: int, column: int) -> Place:
        """Where a cell is; the sheet for a row or column that is not there."""
        return self.grid.place(row, column) if row >= 0 and column >= 0 else sheet_place(self.grid)


def sheet_place(grid: Grid) -> Place:
    """The sheet as a whole."""
    return Place(grid.file, grid.sheet)


def find_marker(grid: Grid, everywhere: bool = False) -> Found | None:
    """The marker in the upper left corner of a sheet; with `everywhere` anywhere in its first columns."""
    limits = reading()
    rows = len(grid.rows) if everywhere else min(len(grid.rows), limits.rows)
    for row in range(rows):
        for column, cell in enumerate(grid.rows[row][: limits.columns]):
            if isinstance(cell, str) and looks_like_marker(cell):
                return Found(row, column, cell)
    return None


def has_columns(grid: Grid) -> bool:
    """True when the marker stands in a cell of its own and a row below says what the columns are."""
    found = find_marker(grid)
    if found is None or Marker.read(found.text) is None:
        return False
    return any(
        grid.text(row, found.column) == COLUMNS and grid.text(row, found.column + 1) != ""
        for row in range(len(grid.rows))
    )


def keyed(grid: Grid, found: Found, marker: Marker) -> Keyed:
    """The sheet by its keys."""
    rows: dict[str, list[int]] = {}
    for row in range(len(grid.rows)):
        key = grid.text(row, found.column)
        if key and row != found.row:
            rows.setdefault(key, []).append(row)
    columns: dict[str, list[int]] = {}
    for head in rows.get(COLUMNS, ())[:1]:
        for column in range(len(grid.rows[head])):
            role = grid.text(head, column)
            if role and column != found.column:
                columns.setdefault(role, []).append(column)
    return Keyed(
        grid, marker, (found.row, found.column),
        {key: tuple(where) for key, where in rows.items()},
        {role: tuple(where) for role, where in columns.items()},
    )  # fmt: skip
