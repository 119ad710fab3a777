"""The numbers of an official form: which cell says what, in which unit, and what became of every one of them."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from ghg_inventory.activity import words
from ghg_inventory.activity.forms.find import Column, Line, Sheet
from ghg_inventory.activity.forms.loader import Forms, label_key
from ghg_inventory.activity.forms.measures import Spot, bad_unit, unit_findings, unit_of, what_of
from ghg_inventory.activity.forms.tree import Amount
from ghg_inventory.activity.grid import TROUBLE_FINDINGS, Cell, Trouble, cell_text
from ghg_inventory.activity.header import holds_number
from ghg_inventory.errors import Finding, finding
from ghg_inventory.units import parse_unit

# Columns of these kinds are read past: last year, growth, shares, months, stocks, codes.
ASIDE = ("aside", "unit", "name", "other_year", "share", "part_year")
Key = tuple[str, str, str]
"""(place, energy, role)"""


@dataclass(frozen=True, slots=True)
class FormCell:
    """A number of the form, as printed."""

    key: Key
    spot: Spot
    value: float
    unit: str
    decimals: int


@dataclass(slots=True)
class Reading:
    """The cells of a form. fates: what became of each number; aside: how many of each name were not needed.

    unread: columns in which something could not be read: their totals are not compared, that would cry wolf.
    """

    cells: dict[Key, FormCell] = field(default_factory=dict)
    repeats: list[FormCell] = field(default_factory=list)
    fates: dict[Spot, str] = field(default_factory=dict)
    aside: dict[str, int] = field(default_factory=dict)
    unread: set[int] = field(default_factory=set)
    normalised: list[tuple[str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Use:
    """What a column is for: its role ("" = nothing), or why it is read past or refused."""

    role: str
    fate: str = ""


def read_cells(sheet: Sheet, forms: Forms, year: int, industry: str) -> Reading:
    """Every number below the header. industry: of a form about one industry, else ""."""
    reading = Reading()
    uses = _column_uses(sheet, forms, year, reading)
    units = {column.index: column.index for column in sheet.columns if column.role == "unit"}
    for line in sheet.lines:
        known = _line_use(sheet, line, reading)
        for column in sheet.columns:
            spot = (line.number, column.index)
            if not holds_number(sheet.grid.cell(*spot)):
                _text_cell(sheet, spot, bool(known and uses[column.index].role), reading)
                continue
            use = uses[column.index]
            if known != "record" or use.fate:
                if (use.fate or known) == "aside":
                    _set_aside(reading, spot, column.text or "–" if use.fate else line.text)
                else:
                    reading.fates[spot] = "refused"
                    reading.unread.add(column.index)
                continue
            _number(sheet, forms, (line, column, use.role), (industry, next(iter(units), -1)), reading)
    _settle_repeats(sheet, reading)
    reading.findings += unit_findings(sheet, forms, reading.fates)
    return reading


def _set_aside(reading: Reading, spot: Spot, name: str) -> None:
    """A number the inventory has no use for; it is named in the summary."""
    reading.fates[spot] = "aside"
    reading.aside[name] = reading.aside.get(name, 0) + 1


def _column_uses(sheet: Sheet, forms: Forms, year: int, reading: Reading) -> dict[int, _Use]:
    """What each column is for. An unknown column that holds numbers is an error."""
    uses: dict[int, _Use] = {}
    for column in sheet.columns:
        kind = forms.roles[column.role].kind if column.role else ""
        if kind in ASIDE or (column.year and year and column.year != year):
            uses[column.index] = _Use("", "aside")
        elif sheet.kind.shape == "rows_by_year":
            uses[column.index] = (
                _Use("this") if kind in ("value", "total") or column.year else _Use("", "refused")
            )
        elif sheet.kind.shape == "rows_by_energy":
            role = "total" if kind in ("", "value") else column.role
            uses[column.index] = _Use(role) if column.energy else _Use("", "refused")
        else:
            uses[column.index] = _Use(column.role) if column.role and kind != "value" else _Use("", "refused")
    _one_per_role(sheet, uses, reading)
    for column in sheet.columns:
        if uses[column.index].fate == "refused":
            reading.findings += _unknown_column(sheet, forms, column)
    return uses


def _one_per_role(sheet: Sheet, uses: dict[int, _Use], reading: Reading) -> None:
    """Two columns that say the same: neither is the right one by position."""
    seen: dict[tuple[str, str], list[Column]] = {}
    for column in sheet.columns:
        if uses[column.index].role:
            seen.setdefault((column.energy, uses[column.index].role), []).append(column)
    for columns in seen.values():
        if len(columns) > 1:
            places = "、".join(str(sheet.grid.place(one.head, one.index).cell) for one in columns)
            names = "、".join(one.text or "–" for one in columns)
            place = sheet.grid.place(columns[0].head, columns[0].index)
            reading.findings.append(finding("form-columns-unclear", place, columns=names, cells=places))
            for one in columns:
                uses[one.index] = _Use("", "repeated")


def _unknown_column(sheet: Sheet, forms: Forms, column: Column) -> list[Finding]:
    count = sum(holds_number(sheet.grid.cell(line.number, column.index)) for line in sheet.lines)
    if not count:
        return []
    if sheet.kind.shape == "rows_by_energy":
        known = [part.zh for part in forms.energies.values()]
    else:
        known = [role.zh for role in forms.roles.values()]
    place = sheet.grid.place(column.head, column.index)
    shown = words.shortened(column.unknown or column.text) or "–"
    return [finding("form-column-unknown", place, text=shown, count=count, **_meant(shown, known))]


def _meant(text: str, known: Iterable[str]) -> dict[str, str]:
    """Blanks of a remedy: up to three known names near one that nobody knows."""
    keys = {label_key(name): name for name in known}
    near = [keys[key] for key in difflib.get_close_matches(label_key(text[:40]), list(keys), n=3, cutoff=0.5)]
    if not near:
        return {"meant_zh": "请核对名称是否写错。", "meant_en": "Check the name."}
    return {"meant_zh": f"是否为“{'”“'.join(near)}”？", "meant_en": f"Did you mean {', '.join(near)}?"}


def _line_use(sheet: Sheet, line: Line, reading: Reading) -> str:
    """What a row is for: "record", "aside" (part of the row above), "refused" (an unknown label with numbers)."""
    if line.id:
        return "record"
    count = sum(holds_number(sheet.grid.cell(line.number, column.index)) for column in sheet.columns)
    if not count:
        return ""
    if line.of_which:
        return "aside"
    known = [part.zh for part in sheet.kind.places.values()]
    text = words.shortened(line.text) or "–"
    place = sheet.grid.place(line.number, sheet.label_column)
    reading.findings.append(finding("form-row-unknown", place, text=text, count=count, **_meant(text, known)))
    return "refused"


def _text_cell(sheet: Sheet, spot: Spot, wanted: bool, reading: Reading) -> None:
    """A cell that is no number: blank and the marks of nil are nothing; other words where a number belongs are not."""
    text = unicodedata.normalize("NFKC", sheet.grid.text(*spot)).strip()
    if (
        wanted
        and text
        and text not in sheet.kind.nil_marks
        and sheet.grid.text(*spot) not in sheet.kind.nil_marks
    ):
        place = sheet.grid.place(*spot)
        reading.findings.append(finding("form-not-a-number", place, text=words.shortened(text)))
        reading.unread.add(spot[1])


def _number(
    sheet: Sheet, forms: Forms, what: tuple[Line, Column, str], given: tuple[str, int], reading: Reading
) -> None:
    line, column, role = what
    spot = (line.number, column.index)
    industry, unit_column = given
    value, why = _value(sheet.grid.cell(*spot))
    place = sheet.grid.place(*spot)
    if value is None or abs(value) > words.LARGEST:
        shown = sheet.grid.cell(*spot)
        name = TROUBLE_FINDINGS[shown.kind] if isinstance(shown, Trouble) else "amount-too-large"
        reading.findings.append(finding(name, place, text=words.shortened(cell_text(shown))))
        reading.fates[spot] = "refused"
        reading.unread.add(spot[1])
        return
    if why:
        reading.normalised.append((f"{sheet.grid.text(*spot)} → {value!r} ({place.cell})", why))
    place_id, energy = what_of(sheet, line, column, industry)
    unit = unit_of(sheet, line, column, unit_column)
    fate = bad_unit(unit, energy)
    if forms.energies[energy].take == "aside" and (fate or industry):
        _set_aside(reading, spot, forms.energies[energy].zh)
        return
    if fate:
        reading.fates[spot] = fate
        return
    cell = FormCell((place_id, energy, role), spot, value, unit, _decimals(value))
    if cell.key in reading.cells:
        reading.repeats.append(cell)
    else:
        reading.cells[cell.key] = cell


def _settle_repeats(sheet: Sheet, reading: Reading) -> None:
    """A row printed twice with the same number is a check; with another number neither is taken."""
    for cell in reading.repeats:
        first = reading.cells.get(cell.key)
        if first is not None and (first.value, first.unit) == (cell.value, cell.unit):
            reading.fates[cell.spot] = "check"
            continue
        if first is not None:
            del reading.cells[cell.key]
            reading.fates[first.spot] = "refused"
        reading.fates[cell.spot] = "refused"
        reading.unread.add(cell.spot[1])
        place = sheet.grid.place(*cell.spot)
        other = sheet.grid.place(*(first or cell).spot).cell
        text = sheet.grid.text(cell.spot[0], sheet.label_column)
        reading.findings.append(finding("form-row-repeated", place, text=words.shortened(text), other=other))


def _value(cell: Cell) -> tuple[float | None, str]:
    if isinstance(cell, Trouble):
        return None, ""
    return (cell, "") if isinstance(cell, float) else words.amount_of(cell_text(cell))


def _decimals(value: float) -> int:
    """Decimal places of a number as printed; binary dust of a computed cell does not count."""
    return len(f"{value:.6f}".rstrip("0").partition(".")[2])


def amounts(reading: Reading) -> dict[Key, Amount]:
    """The numbers in base units. slack: half of the last decimal place that the form prints in that unit."""
    places: dict[str, int] = {}
    for cell in reading.cells.values():
        places[cell.unit] = max(places.get(cell.unit, 0), cell.decimals)
    found = {}
    for key, cell in reading.cells.items():
        base = words.base_units(cell.unit)
        slack = 0.5 * 10.0 ** -places[cell.unit] * base
        found[key] = Amount(cell.value * base, slack, parse_unit(cell.unit).dimension)
    return found
