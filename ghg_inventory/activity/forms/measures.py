"""In which unit a number of an official form is, and what is said when the form does not tell or cannot mean it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ghg_inventory.activity import words
from ghg_inventory.activity.forms.find import Column, Line, Sheet, is_unit, split_unit
from ghg_inventory.activity.forms.loader import Forms
from ghg_inventory.errors import Finding, finding
from ghg_inventory.units import parse_unit

Spot = tuple[int, int]
"""(row, column) of the grid"""
_NOT_FUEL = {"electricity": ("kWh",), "heat": ("kJ",)}


def what_of(sheet: Sheet, line: Line, column: Column, industry: str) -> tuple[str, str]:
    """(place, energy) of a cell. industry: of a form about one industry."""
    if sheet.kind.shape == "energies_by_role":
        return industry, line.id
    return line.id, column.energy or sheet.kind.item


def unit_of(sheet: Sheet, line: Line, column: Column, unit_column: int) -> str:
    """The unit of a cell: of its row, its column, or the one above the whole form; "" when none is given."""
    if sheet.kind.shape == "energies_by_role":
        beside = sheet.grid.text(line.number, unit_column) if unit_column >= 0 else ""
        return beside or split_unit(unicodedata.normalize("NFKC", line.text))[1] or sheet.unit
    return column.unit or sheet.unit


def bad_unit(unit: str, energy: str) -> str:
    """The fate of a number whose unit will not do, "" when it will."""
    if not unit:
        return "unit-missing"
    if not is_unit(unit):
        return "unit-unknown"
    allowed = _NOT_FUEL.get(energy, words.FUEL_UNITS)
    if not words.same_dimension(unit, allowed):
        return "unit-wrong"
    # A tonne of standard coal of electricity is one thing by heat and another by the coal it took.
    return "unit-wrong" if energy == "electricity" and re.search(r"ce\b", parse_unit(unit).text) else ""


def unit_findings(sheet: Sheet, forms: Forms, fates: dict[Spot, str]) -> Iterator[Finding]:
    """One finding per row or column whose unit will not do."""
    down = sheet.kind.shape == "energies_by_role"
    columns = {column.index: column for column in sheet.columns}
    lines = {line.number: line for line in sheet.lines}
    unit_column = next((column.index for column in sheet.columns if column.role == "unit"), -1)
    groups: dict[tuple[str, str, str], list[Spot]] = {}
    for spot, fate in fates.items():
        if fate.startswith("unit-"):
            line, column = lines[spot[0]], columns[spot[1]]
            unit = unit_of(sheet, line, column, unit_column)
            groups.setdefault((fate, what_of(sheet, line, column, "")[1], unit), []).append(spot)
    for (fate, energy, unit), spots in groups.items():
        line, column = lines[spots[0][0]], columns[spots[0][1]]
        where = (
            (line.number, unit_column if unit_column >= 0 else sheet.label_column)
            if down
            else (column.head, column.index)
        )
        part = forms.energies[energy]
        example = _example(energy)
        yield finding(
            f"form-{fate}", sheet.grid.place(*where), energy=part.zh, energy_en=part.en, unit=words.shortened(unit),
            count=len(spots), example=example[0], example_en=example[1],
        )  # fmt: skip
        for spot in spots:
            fates[spot] = "refused"


def _example(energy: str) -> tuple[str, str]:
    if energy == "electricity":
        return "万千瓦时", "10^4 kWh"
    if energy == "heat":
        return "百万千焦", "10^6 kJ"
    return ("万立方米", "10^4 m3") if energy.endswith("gas") else ("吨", "t")
