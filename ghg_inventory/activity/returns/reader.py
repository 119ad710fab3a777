"""An answered return to records: all its sheets together, whatever program saved it. See docs/returns.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain

import numpy as np

from ghg_inventory.activity import words
from ghg_inventory.activity.context import Context
from ghg_inventory.activity.grid import Grid
from ghg_inventory.activity.raw import BLANK, NUMBER, TEXT, RawTable
from ghg_inventory.activity.returns import cover as front
from ghg_inventory.activity.returns.blanks import judge_blanks
from ghg_inventory.activity.returns.keys import Found, Keyed, find_marker, keyed, sheet_place
from ghg_inventory.activity.returns.labels import input_roles
from ghg_inventory.activity.returns.lines import Answer, Lines, lost_columns, read_lines
from ghg_inventory.activity.returns.loader import load_templates
from ghg_inventory.activity.returns.marker import COVER, Marker
from ghg_inventory.activity.returns.reading import reading
from ghg_inventory.activity.returns.record import Sheet, Template
from ghg_inventory.activity.returns.stray import listed, strays
from ghg_inventory.activity.returns.totals import totals
from ghg_inventory.activity.table import Activity, InputFile, Scope, constant
from ghg_inventory.activity.understand import understand
from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.tables import Column

# Findings about a whole sheet that our own form brings about, or that are said here in other words.
_ABOUT_SHEETS = frozenset({"rows-hidden", "cells-merged", "sheet-hidden"})
# Here a key without a reason is a finding of its own, at its cell.
_SAID_HERE = "notation-reason"
_OWN_COLUMNS = ("unit", "note", "notation")


def is_return(grids: Iterable[Grid]) -> bool:
    """True when any sheet carries a marker."""
    return any(find_marker(grid) is not None for grid in grids)


def read_return(
    grids: Sequence[Grid],
    file: InputFile,
    context: Context,
    about: Iterable[Finding] = (),
    templates: Sequence[Template] | None = None,
) -> tuple[Activity, list[Finding]]:
    """The records of a return and everything found.

    Args: grids, every sheet of the workbook; about, what was found while opening it; templates, default: the shipped
    ones. A return that says two areas or years, or whose cover says another one, gives no records.
    """
    known = {
        sheet.id: sheet
        for one in (load_templates() if templates is None else templates)
        for sheet in one.sheets
    }
    book = _open(grids, known, about)
    if not _is_of_one(book, context):
        return Activity.empty((replace(file, kind="return"),)), book.findings
    answers: list[tuple[Keyed, Answer]] = []
    scopes: list[Scope] = []
    for sheet in book.sheets:
        template = known[sheet.marker.sheet]
        if lost := lost_columns(sheet, template):
            book.findings.append(_lost(sheet, lost[0]))
            continue
        lines = read_lines(sheet, template)
        given, found = _answered(sheet, template, lines)
        book.findings += found
        answers += [(sheet, answer) for answer in given]
        if lines.is_answered:
            marker = sheet.marker
            scopes.append(Scope(marker.area, marker.year, marker.sheet, sheet.grid.sheet))
    file = replace(file, kind="return", statement=front.statement(book.cover), scopes=tuple(scopes))
    if not answers:
        return Activity.empty((file,)), book.findings
    activity, found = understand(_raw(file, answers), context, file)
    return activity, book.findings + [item for item in found if item.name != _SAID_HERE]


def _answered(sheet: Keyed, template: Sheet, lines: Lines) -> tuple[list[Answer], list[Finding]]:
    """All answers of a sheet, its declared blanks among them, and everything found on it."""
    nil, found = judge_blanks(sheet, template, lines)
    answers = [*lines.answers, *nil]
    strange = strays(sheet, template.rows, input_roles(template))
    return answers, words.capped(chain(lines.findings, found, totals(sheet, template, answers), strange))


# -- the workbook --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Book:
    """The sheets of a return. sheets: those that can be read; markers: every marker that was understood."""

    file: str
    is_text: bool
    covers: list[Keyed] = field(default_factory=list)
    sheets: list[Keyed] = field(default_factory=list)
    markers: list[tuple[Marker, Grid]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def cover(self) -> Keyed | None:
        """The cover that counts."""
        return self.covers[0] if self.covers else None


def _open(grids: Sequence[Grid], known: Mapping[str, Sheet], about: Iterable[Finding]) -> _Book:
    """Tell covers, sheets and other sheets apart."""
    book = _Book(grids[0].file, is_text=not grids[0].sheet)
    names = {name.casefold(): sheet for sheet in known.values() for name in (sheet.zh, sheet.en)}
    for grid in grids:
        found = find_marker(grid, everywhere=True)
        if found is not None:
            _marked(book, grid, found, known)
        elif (sheet := names.get(grid.sheet.strip().casefold())) is not None:
            book.findings.append(_no_marker(grid, sheet))
        elif any(cell != "" for cells in grid.rows for cell in cells):
            book.findings.append(finding("return-sheet-other", sheet_place(grid)))
    book.findings += [item for item in about if item.name not in _ABOUT_SHEETS]
    _drop_copies(book, known)
    for one in [*book.sheets, *book.covers]:
        book.findings += _hidden(one)
    if book.cover is not None:
        present = {marker.sheet for marker, _ in book.markers}
        present |= {names[name].id for name in (g.sheet.strip().casefold() for g in grids) if name in names}
        book.findings += [*front.sheets_gone(book.cover, known, present), *front.completeness(book.cover)]
    else:
        book.findings.append(front.no_cover(book.file, book.is_text))
    return book


def _marked(book: _Book, grid: Grid, found: Found, known: Mapping[str, Sheet]) -> None:
    """A sheet with a marker: readable, the cover, or of a template that is not ours."""
    place = grid.place(found.row, found.column)
    marker = Marker.read(found.text)
    if marker is None:
        book.findings.append(finding("return-marker-broken", place, text=words.shortened(found.text)))
        return
    book.markers.append((marker, grid))
    sheet = keyed(grid, found, marker)
    if marker.sheet == COVER:
        book.covers.append(sheet)
        return
    template = known.get(marker.sheet)
    if template is None or template.template != marker.template:
        book.findings.append(
            finding("return-template-unknown", place, sheet=marker.sheet, template=marker.template)
        )
        return
    if template.version != marker.version:
        name = _version_finding(marker.version, template.version)
        book.findings.append(finding(name, place, found=marker.version, current=template.version))
        return
    book.sheets.append(sheet)


def _no_marker(grid: Grid, sheet: Sheet) -> Finding:
    return finding("return-marker-lost", sheet_place(grid), sheet_zh=sheet.zh, sheet_en=sheet.en)


def marker_lost(grid: Grid) -> Finding | None:
    """A finding for a sheet that is named like one of ours and has lost its keys; None for any other."""
    sheet = _by_name().get(grid.sheet.strip().casefold())
    return None if sheet is None else _no_marker(grid, sheet)


def _version_finding(found: str, current: str) -> str:
    """Whether a return was made by an older or a newer program."""
    try:
        numbers = [tuple(map(int, text.split("."))) for text in (found, current)]
    except ValueError:
        return "return-template-other"
    return "return-template-older" if numbers[0] < numbers[1] else "return-template-newer"


def _drop_copies(book: _Book, known: Mapping[str, Sheet]) -> None:
    """Two sheets with the same marker: neither is read. Of several covers the first counts."""
    by_id: dict[str, list[Keyed]] = {}
    for sheet in book.sheets:
        by_id.setdefault(sheet.marker.sheet, []).append(sheet)
    for name, copies in by_id.items():
        if len(copies) > 1:
            shown = listed(copy.grid.sheet for copy in copies)
            names = {"sheet_zh": known[name].zh, "sheet_en": known[name].en}
            book.findings += [
                finding("return-sheet-twice", sheet_place(copy.grid), sheets=shown, **names)
                for copy in copies
            ]
    book.sheets = [sheet for sheet in book.sheets if len(by_id[sheet.marker.sheet]) == 1]
    for cover in book.covers[1:]:
        book.findings.append(
            finding("return-cover-twice", sheet_place(cover.grid), first=book.covers[0].grid.sheet)
        )


def _hidden(sheet: Keyed) -> list[Finding]:
    """A hidden sheet, and hidden rows that are not the form's own; both are read."""
    scan, place = sheet.grid.scan, sheet_place(sheet.grid)
    if scan is None:
        return []
    out = [finding("return-sheet-hidden", place)] if scan.hidden else []
    ours = {sheet.at[0]} | {row for key, rows in sheet.rows.items() if key.startswith("#") for row in rows}
    rows = [row for row in scan.hidden_rows if row - 1 not in ours and row <= len(sheet.grid.rows)]
    if rows:
        out.append(finding("rows-hidden", place, count=len(rows), rows=listed([str(row) for row in rows])))
    return out


def _is_of_one(book: _Book, context: Context) -> bool:
    """False, with the reason found, when the sheets are not of one area and year that may be read."""
    owners: dict[tuple[str, int], list[str]] = {}
    for marker, grid in book.markers:
        owners.setdefault((marker.area, marker.year), []).append(grid.sheet)
    if len(owners) > 1:
        shown = "；".join(
            f"{_area(area, year, context)} {year}：{listed(sheets)}"
            for (area, year), sheets in owners.items()
        )
        book.findings.append(finding("return-mixed", Place(book.file), owners=shown))
        return False
    if not owners:
        return False
    if book.cover is not None and (wrong := list(front.identity(book.cover, context))):
        book.findings += wrong
        return False
    ((area, year),) = owners
    if context.year and year != context.year:
        book.findings.append(finding("return-other-year", Place(book.file), year=year, given=context.year))
        return False
    problem = context.areas.validate(area, year) if context.areas is not None else None
    if problem is not None and problem.name != "area-not-yet":
        sheet = book.cover or next(iter(book.sheets), None)
        where = (
            sheet.place(sheet.row("area"), sheet.column("value")) if sheet is not None else Place(book.file)
        )
        book.findings.append(replace(problem, place=where))
        return False
    return True


def _area(code: str, year: int, context: Context) -> str:
    if context.areas is None or code not in context.areas:
        return code
    return f"{context.areas.name(code, 'zh', year)}（{code}）"


def _lost(sheet: Keyed, role: str) -> Finding:
    zh, en = reading().roles.get(role, reading().roles["value"])
    return finding("return-keys-lost", sheet_place(sheet.grid), name_zh=zh, name_en=en)


@cache
def _by_name() -> dict[str, Sheet]:
    sheets = [sheet for template in load_templates() for sheet in template.sheets]
    return {name.casefold(): sheet for sheet in sheets for name in (sheet.zh, sheet.en)}


# -- records -------------------------------------------------------------------------------------------


def _raw(file: InputFile, answers: Sequence[tuple[Keyed, Answer]]) -> RawTable:
    """The answers as a table of which `understand` makes records."""
    size = len(answers)
    marker = answers[0][0].marker
    only = [answer for _, answer in answers]
    texts = {
        "area_code": constant(marker.area, size), "year": constant(str(marker.year), size),
        **{name: Column.of(getattr(a.ask, name) for a in only)
           for name in ("category", "variable", "item", "technology", "basis", "use")},
        **{name: Column.of(getattr(a, name) for a in only) for name in ("unit", "notation", "note", "source")},
    }  # fmt: skip
    numbers = np.asarray([a.entry.number for a in only], dtype=np.float64)
    return RawTable(
        file.name,
        "",
        {name: texts[name] for name in TEXT},
        numbers,
        np.asarray([BLANK if a.notation else NUMBER for a in only], dtype=np.uint8),
        np.zeros(size, np.int32),
        normalised=tuple(
            (row, a.entry.text, a.entry.number, a.entry.why) for row, a in enumerate(only) if a.entry.why
        ),
        sheets=tuple(sheet.grid.sheet for sheet, _ in answers),
        cells={
            name: tuple(a.cells.get(name, a.cells["value"]) for a in only)
            for name in ("value", *_OWN_COLUMNS)
        },
    )
