"""The board: who has returned which sheet for which year, how far it has come, who did what last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ghg_inventory.activity import Activity
from ghg_inventory.activity.returns import Ask, Sheet
from ghg_inventory.activity.returns.answers import answered
from ghg_inventory.pipeline.library import Library, load_library
from ghg_inventory.pipeline.templating import all_sheets, areas_of, is_asked
from ghg_inventory.pipeline.workspace import Workspace
from ghg_inventory.store import Store, Submission

MISSING = "missing"
"""The state of a sheet of which nothing came in."""
_Key = tuple[str, int, str]
# These do not count as having returned anything.
_NOTHING = ("withdrawn", "refused")


@dataclass(frozen=True, slots=True)
class Cell:
    """A sheet of an area and year.

    state: MISSING, or the standing of the submission that came last. asked, answered: values that the
    sheet asks for, without optional ones and totals, and how many of them the records state. earlier: True when
    an earlier submission is in force while this one is not. submission: its id, 0 for none.
    """

    area: str
    year: int
    sheet: Sheet
    state: str
    asked: int
    answered: int
    earlier: bool = False
    submission: int = 0
    revision: int = 0
    file_name: str = ""
    at: str = ""
    by: str = ""
    reason: str = ""

    @property
    def is_partly(self) -> bool:
        """True for a sheet in force that lacks values."""
        return self.state != MISSING and self.answered < self.asked


@dataclass(frozen=True, slots=True)
class Board:
    """Every sheet that is asked, by area, year and sheet in the order of the templates."""

    areas: tuple[str, ...]
    years: tuple[int, ...]
    sheets: tuple[Sheet, ...]
    cells: tuple[Cell, ...]
    library: Library


def board(ws: Workspace, years: Iterable[int] = ()) -> Board:
    """The board of the workspace for the years (default: the latest)."""
    library = load_library(ws)
    chosen = tuple(sorted(years)) or ws.years[-1:]
    asks = [ask for sheet in all_sheets() for ask in sheet.asks]
    covers = _covers(ws.open_store(), asks) if ws.has_store else []
    areas = {year: areas_of(ws, library.areas, year) for year in chosen}
    cells = [
        _cell(area, year, sheet, covers, asks)
        for year in chosen for area in areas[year] for sheet in all_sheets()
        if is_asked(sheet, area, ws, library.areas, year)
    ]  # fmt: skip
    sheets = tuple(dict.fromkeys(cell.sheet for cell in cells))
    every = tuple(dict.fromkeys(area for year in chosen for area in areas[year]))
    return Board(every, chosen, sheets, tuple(cells), library)


@dataclass(frozen=True, slots=True)
class _Cover:
    """What a submission answers: (area, year, sheet id) → numbers of the asks; in_force: it counts now."""

    submission: Submission
    answers: Mapping[_Key, frozenset[int]]
    in_force: bool


def _covers(store: Store, asks: Sequence[Ask]) -> list[_Cover]:
    """Submissions in order of arrival, with what each answers."""
    current = {submission.id for submission in store.submissions()}
    return [
        _Cover(one, _answers(one, store.activity([one]), asks), one.id in current)
        for one in store.submissions(current_only=False)
    ]


def _answers(submission: Submission, activity: Activity, asks: Sequence[Ask]) -> Mapping[_Key, frozenset[int]]:
    out: dict[_Key, set[int]] = {(s.area, s.year, s.sheet): set() for s in submission.scopes}
    numbers = answered(activity, asks)
    for row in np.flatnonzero(numbers >= 0).tolist():
        area = activity.area_code.words[activity.area_code.codes[row]]
        number = int(numbers[row])
        out.setdefault((area, int(activity.year[row]), asks[number].sheet), set()).add(number)
    return {key: frozenset(found) for key, found in out.items()}


def _cell(area: str, year: int, sheet: Sheet, covers: Sequence[_Cover], asks: Sequence[Ask]) -> Cell:
    key = (area, year, sheet.id)
    wanted = {number for number, ask in enumerate(asks) if ask.sheet == sheet.id and not _is_aside(ask)}
    mine = [cover for cover in covers if key in cover.answers and cover.submission.standing not in _NOTHING]
    if not mine:
        return Cell(area, year, sheet, MISSING, len(wanted), 0)
    # Several files may answer one sheet (a long table and a return): what any of them states is stated.
    counting = [cover for cover in mine if cover.in_force] or mine[-1:]
    said = frozenset().union(*(cover.answers[key] for cover in counting)) & wanted
    last = mine[-1].submission
    return Cell(
        area, year, sheet, last.standing, len(wanted), len(said),
        earlier=not mine[-1].in_force and any(cover.in_force for cover in mine), submission=last.id,
        revision=last.revision, file_name=last.file_name, at=last.standing_at, by=last.standing_by,
        reason=last.standing_reason,
    )  # fmt: skip


def _is_aside(ask: Ask) -> bool:
    return ask.optional or ask.use == "check"
