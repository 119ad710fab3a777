"""Submissions and decisions as they are read from the database.

Listing reads everything. Handing in and deciding read backwards from the newest row of their own series, a
page at a time, and stop as soon as the head is known: their cost does not grow with the store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select

from ghg_inventory.activity.table import Scope
from ghg_inventory.store import rows
from ghg_inventory.store.records import Decision, Submission
from ghg_inventory.store.schema import DECISIONS, SCOPES, SUBMISSIONS
from ghg_inventory.store.standing import Heads, Key, heads_of, keys_of

_PAGE = 64


def all_submissions(
    connection: Connection, current_only: bool = False, known: Callable[[str], bool] | None = None
) -> tuple[Submission, ...]:
    """Every submission as it stands, in order of arrival; or those in force, by file name.

    known: which times count (see standing.known_by).
    """
    everything = _load(connection)
    decided = {d.submission_id: d for d in read_decisions(connection) if known is None or known(d.at)}
    history = [s for s in everything if known is None or known(s.imported_at)]
    heads = heads_of(history, decided)
    stood = [heads.finished(s.id) for s in history]
    if not current_only:
        return tuple(stood)
    current = [s for s in stood if heads.is_in_force(s)]
    return tuple(sorted(current, key=lambda s: (s.file_name, s.id)))


def read_decisions(connection: Connection, submissions: Sequence[int] | None = None) -> tuple[Decision, ...]:
    """The decisions about these submissions (default: all), oldest first."""
    query = select(DECISIONS).order_by(DECISIONS.c.id)
    if submissions is not None:
        query = query.where(DECISIONS.c.submission_id.in_(submissions))
    return tuple(Decision(**row) for row in connection.execute(query).mappings())


def stands(connection: Connection, number: int) -> tuple[Submission | None, Heads]:
    """A submission as it stands and the heads of its series; (None, no heads) when there is none."""
    found = _load(connection, [number])
    if not found:
        return None, Heads()
    heads = heads_around(connection, found[0].file_name, keys_of(found[0]), down_to=number)
    return heads.finished(number), heads


def heads_around(connection: Connection, file_name: str, keys: Sequence[Key], down_to: int = 0) -> Heads:
    """The heads of these series, read from the newest submission backwards until they are known.

    down_to: read at least as far back as this submission (0: no further than needed).
    """
    heads = Heads()
    before = None
    while True:
        numbers = _page(connection, file_name, keys, before)
        if not numbers:
            return heads
        submissions = _load(connection, numbers)
        decided = {d.submission_id: d for d in read_decisions(connection, numbers)}
        for submission in reversed(submissions):
            heads.tell(submission, decided.get(submission.id))
        before = numbers[-1]
        if (not down_to or before <= down_to) and all(heads.is_settled(key, before - 1) for key in keys):
            return heads


def _page(connection: Connection, file_name: str, keys: Sequence[Key], before: int | None) -> list[int]:
    """The next older submissions that belong to one of the series, newest first."""
    if keys[0][1] < 0:
        query = select(SUBMISSIONS.c.id).where(
            SUBMISSIONS.c.file_name == file_name, SUBMISSIONS.c.series == ""
        )
        number: ColumnElement[int] = SUBMISSIONS.c.id
    else:
        whose = sorted({key[:2] for key in keys})
        sheets = sorted({key[2] for key in keys})
        places = or_(*(and_(SCOPES.c.area == area, SCOPES.c.year == year) for area, year in whose))
        number = SCOPES.c.submission_id
        query = select(number).distinct().where(places, SCOPES.c.sheet.in_(sheets))
    if before is not None:
        query = query.where(number < before)
    return [*connection.execute(query.order_by(number.desc()).limit(_PAGE)).scalars()]


def _load(connection: Connection, numbers: Sequence[int] | None = None) -> list[Submission]:
    """Submissions with their scopes (default: all), in order of arrival, their standing not yet known."""
    query, scope_query = select(SUBMISSIONS), select(SCOPES)
    if numbers is not None:
        query = query.where(SUBMISSIONS.c.id.in_(numbers))
        scope_query = scope_query.where(SCOPES.c.submission_id.in_(numbers))
    scopes = _scopes(connection, scope_query)
    found = connection.execute(query.order_by(SUBMISSIONS.c.id)).mappings()
    return [rows.submission_of(row, tuple(scopes.get(row["id"], ()))) for row in found]


def _scopes(connection: Connection, query: Select[Any]) -> dict[int, list[Scope]]:
    found: dict[int, list[Scope]] = {}
    for row in connection.execute(query.order_by(SCOPES.c.id)).mappings():
        scope = Scope(row["area"], row["year"], row["sheet"], row["title"])
        found.setdefault(row["submission_id"], []).append(scope)
    return found
