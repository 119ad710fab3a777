"""A clerk who fills in return workbooks: by the labels and keys of the form, as docs/returns.md says."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from ghg_inventory.activity import read
from ghg_inventory.activity.returns import Ask, Marker, Sheet, load_templates
from ghg_inventory.activity.returns.marker import COLUMNS, COVER, UNITS
from ghg_inventory.pipeline import Workspace, load_library, reading_context
from ghg_inventory.units import factor_between, parse_unit

Place = tuple[str, str, str]
"""Sheet id, row id, column id ("" in a list)."""
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
REASON = "县内没有"
EXPLAINED = "与上年相比的变化已核实"


@dataclass(frozen=True)
class Answer:
    """What goes into one place. value: a number, a text that a clerk typed, or None for a blank."""

    value: float | str | None = None
    notation: str = ""
    note: str = ""
    unit: str = ""
    source: str = ""


def truth_of(ws: Workspace, year: int) -> dict[str, dict[tuple[str, ...], Answer]]:
    """What counties would say of a year if they made no mistake: by area, what the shipped long tables say."""
    context = reading_context(ws, load_library(ws))
    truth: dict[str, dict[tuple[str, ...], Answer]] = {}
    for path in sorted((EXAMPLES / "mianyang" / "input").glob("*.csv")):
        frame = read(path, context)[0].frame()
        for r in frame[frame["year"] == year].itertuples():
            use = "" if r.use == "denominator" else r.use
            key = (r.category, r.variable, r.item, r.technology, use, r.basis)
            answer = Answer(None if r.notation else float(r.value), r.notation, r.note, r.unit)
            truth.setdefault(r.area_code, {})[key] = answer
    return truth


class Book:
    """A return workbook, opened for filling."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book = openpyxl.load_workbook(path)
        self.pages = {
            marker.sheet: (page, marker)
            for page in self.book.worksheets
            if (marker := Marker.read(str(page["A1"].value or ""))) is not None
        }

    @property
    def marker(self) -> Marker:
        """Whose return it is."""
        return self.pages[COVER][1]

    def page(self, sheet: str) -> Worksheet:
        """The page of a sheet of the templates."""
        return self.pages[sheet][0]

    def cell(self, place: Place, role: str = "value") -> Cell:
        """The cell of a place: its input, or another column of its row by role."""
        sheet, row, column = place
        page = self.page(sheet)
        wanted = column if role == "value" and column else role
        return page.cell(_rows(page)[row], _columns(page)[wanted])

    def unit_cell(self, place: Place) -> Cell:
        """The cell that says the unit of a place: beside it in a list, above it in a matrix."""
        sheet, row, column = place
        page = self.page(sheet)
        if column:
            return page.cell(_rows(page)[UNITS], _columns(page)[column])
        return page.cell(_rows(page)[row], _columns(page)["unit"])

    def write(self, place: Place, answer: Answer) -> None:
        """Fill one place; in a matrix a notation key stands where the number would."""
        matrix = bool(place[2])
        value = answer.notation if matrix and answer.notation else answer.value
        self.cell(place).value = value
        if answer.notation and not matrix:
            self.cell(place, "notation").value = answer.notation
        if answer.note:
            self.cell(place, "note").value = answer.note
        if answer.unit:
            self.unit_cell(place).value = answer.unit

    def sign(self, name: str = "张三", reviewer: str = "李四", date: str = "2025-03-20") -> None:
        """Fill the cover."""
        page = self.page(COVER)
        rows, column = _rows(page), _columns(page)["value"]
        for row, text in (
            ("filled_by", name),
            ("reviewed_by", reviewer),
            ("date", date),
            ("phone", "0816-0000000"),
        ):
            page.cell(rows[row], column).value = text

    def save(self, path: Path | None = None) -> Path:
        """Save it, under its own name or another."""
        target = path or self.path
        target.parent.mkdir(parents=True, exist_ok=True)
        self.book.save(target)
        return target

    def sheet(self, name: str) -> Sheet:
        """A sheet of the templates by id."""
        return next(sheet for sheet in self.sheets() if sheet.id == name)

    def sheets(self) -> Iterator[Sheet]:
        """The template sheets of the pages that are there."""
        for template in load_templates():
            for sheet in template.sheets:
                if sheet.id in self.pages:
                    yield sheet

    def fill(self, truth: Mapping[tuple[str, ...], Answer]) -> int:
        """Fill every ask from records by key; what there is no record of gets NO with a reason. Returns: answers."""
        count = 0
        for sheet in self.sheets():
            for ask in sheet.asks:
                answer = _total(sheet, ask, truth) if ask.use == "check" else truth.get(ask.key)
                if answer is None and ask.optional:
                    continue
                self.write((sheet.id, ask.row, ask.column), _as_printed(ask, answer))
                count += 1
        return count


def _total(sheet: Sheet, ask: Ask, truth: Mapping[tuple[str, ...], Answer]) -> Answer | None:
    """A value that is only compared: the sum of its rows, or of what the truth says of the same thing in parts."""
    if ask.sum_of:
        keys = {other.key for other in sheet.asks if other.row in ask.sum_of and other.column == ask.column}
    else:
        keys = {
            key for key in truth if key[1:3] == ask.key[1:3] and f"{key[0]}.".startswith(f"{ask.category}.")
        }
    target = parse_unit(ask.unit)
    parts = [truth[key] for key in keys if key in truth and key[4] in ("", "energy")]
    numbers = [
        a.value * factor_between(parse_unit(a.unit), target)
        for a in parts
        if isinstance(a.value, int | float)
    ]
    return Answer(math.fsum(numbers), unit=ask.unit, note=REASON) if numbers else None


def _as_printed(ask: Ask, answer: Answer | None) -> Answer:
    if answer is None:
        return Answer(notation="NO", note=REASON)
    if answer.notation or not isinstance(answer.value, int | float):
        return Answer(None, answer.notation, answer.note or REASON)
    scale = factor_between(parse_unit(answer.unit), parse_unit(ask.unit))
    # The reader subtracts feedstock; on paper it is a positive amount.
    amount = abs(answer.value) if ask.use == "feedstock" else answer.value
    return Answer(float(f"{amount * scale:.12g}"), note=f"{answer.note}；{EXPLAINED}".strip("；"))


def _rows(page: Worksheet) -> dict[str, int]:
    return {str(cell.value): cell.row for cell in page["A"] if cell.value not in (None, "")}


def _columns(page: Worksheet) -> dict[str, int]:
    header = _rows(page)[COLUMNS]
    return {
        str(cell.value): cell.column
        for cell in page[header]
        if cell.value not in (None, "") and cell.column > 1
    }
