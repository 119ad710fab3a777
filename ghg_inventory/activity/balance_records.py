"""Cells of a balance form → records: category, use and sign from use.csv."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ghg_inventory.activity.grid import Grid
from ghg_inventory.activity.header import FormColumn
from ghg_inventory.activity.layouts import Balance, Layout, Use
from ghg_inventory.activity.table import Activity
from ghg_inventory.errors import Finding, Place, finding


@dataclass(frozen=True, slots=True)
class FormCell:
    """One cell with an amount (value as printed, NaN when `notation` is given)."""

    row: str
    column: FormColumn
    cell: str
    value: float
    notation: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where the cells come from and whose they are."""

    grid: Grid
    layout: Layout
    area_code: str
    year: int
    citation: str
    file: str


def to_activity(
    cells: Mapping[tuple[str, str], FormCell], source: Source, balance: Balance, printed: Mapping[str, str],
    withheld: Collection[str],
) -> tuple[Activity, list[Finding]]:  # fmt: skip
    """One record per cell, except cells of `withheld` rows, which are counted in a finding.

    printed: convention of each minus row; a row printed negative is turned to a positive amount first.
    """
    columns: dict[str, list[object]] = defaultdict(list)
    held: dict[str, int] = defaultdict(int)
    has_parts = {name for row, name in cells if row in ("final.residential.urban", "final.residential.rural")}
    for cell in cells.values():
        if cell.row in withheld:
            held[cell.row] += 1
            continue
        use = _use(cell, balance, has_parts)
        amount = (
            -cell.value
            if printed.get(cell.row) == "negative" and cell.row in source.layout.minus_rows
            else cell.value
        )
        value = amount * use.sign
        for name, text in _record(cell, use, source).items():
            columns[name].append(text)
        columns["year"].append(source.year)
        columns["value"].append(value + 0.0)  # no negative zero
    findings = [
        finding("balance-row-withheld", Place(source.grid.file, source.grid.sheet), row=balance.rows[row].zh,
                row_en=balance.rows[row].en, count=count) for row, count in sorted(held.items())
    ]  # fmt: skip
    if not columns:
        return Activity.empty(), findings
    return Activity.from_columns(dict(columns)), findings + _negative(source, columns)


def _use(cell: FormCell, balance: Balance, has_parts: Collection[str]) -> Use:
    """The use of a cell. Totals of other columns and of rows that are given in parts serve checks."""
    use = balance.use(cell.row, cell.column.label.kind, cell.value)
    if cell.row == "final.residential" and cell.column.label.column in has_parts:
        return Use(use.category, "check", 1, "given by urban and rural households")
    return use


def _record(cell: FormCell, use: Use, source: Source) -> dict[str, str]:
    return {
        "area_code": source.area_code,
        "category": use.category,
        "variable": "fuel",
        "item": cell.column.label.column,
        "technology": "",
        "unit": cell.column.unit,
        "notation": cell.notation,
        "basis": cell.column.basis,
        "source": source.citation,
        "note": use.note,
        "use": use.use,
        "flow": cell.row,
        "file": source.file,
        "sheet": source.grid.sheet,
        "cell": cell.cell,
    }


def _negative(source: Source, columns: Mapping[str, list[object]]) -> list[Finding]:
    """Amounts burnt that are below nil: nobody burns less than nothing."""
    found = []
    for number, value in enumerate(columns["value"]):
        if isinstance(value, float) and value < 0 and columns["use"][number] == "":
            place = Place(source.grid.file, source.grid.sheet, str(columns["cell"][number]))
            found.append(finding("balance-negative", place, value=value, item=columns["item"][number]))
    return found
