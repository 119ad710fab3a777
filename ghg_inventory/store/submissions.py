"""How a file becomes a submission: one revision of its series, never overwritten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import Connection, and_, func, insert, or_, select

from ghg_inventory import __version__
from ghg_inventory.activity.table import Activity, Scope, sorted_words
from ghg_inventory.errors import Finding
from ghg_inventory.store import history, parquet, remarks, rows
from ghg_inventory.store.blobs import sha256_of
from ghg_inventory.store.decisions import record_decision
from ghg_inventory.store.records import (
    ACCEPTED,
    DRAFT,
    FAULTY,
    FROZEN,
    PROGRAM,
    REFUSED,
    RETURNED,
    SUBMITTED,
    WITHDRAWN,
    Decision,
    SourceFile,
    Submission,
)
from ghg_inventory.store.schema import SCOPES, SUBMISSIONS
from ghg_inventory.store.standing import Heads, Key, with_standing
from ghg_inventory.store.states import counts

REVIEWS = ("", DRAFT, SUBMITTED)
# Of equal bytes one submission at most is alive; a few older ones are looked at before the file counts as new.
_CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class Reading:
    """A file and what was read from it, with the hashes that name both and the sheets it answers.

    findings: of the file alone and then those beside other data; only the former make the reading what it is.
    """

    source: SourceFile
    activity: Activity
    findings: tuple[Finding, ...]
    sha256: str
    activity_sha256: str
    records_sha256: str
    reading_sha256: str
    scopes: tuple[Scope, ...]

    @property
    def keys(self) -> tuple[Key, ...]:
        """The series it belongs to (see standing.Key)."""
        if not self.scopes:
            return ((self.source.name, -1, ""),)
        return tuple((scope.area, scope.year, scope.sheet) for scope in self.scopes)

    @property
    def series(self) -> str:
        """Area, year and sheets of a return as one text, "" for any other file."""
        return ";".join(sorted(f"{scope.area}/{scope.year}/{scope.sheet}" for scope in self.scopes))

    @property
    def state(self) -> str:
        """How it was read."""
        if not any(f.severity == "error" for f in self.findings):
            return ACCEPTED
        return FAULTY if len(self.activity) else REFUSED


def reading_of(
    source: SourceFile, activity: Activity, findings: Sequence[Finding], checks: Sequence[Finding] = ()
) -> Reading:
    """Hash the file and what was read from it. checks: findings that depend on what else is known."""
    activity_sha256 = parquet.digest(activity)
    records_sha256 = parquet.digest(activity, with_names=False)
    text = activity_sha256 + rows.findings_text(findings)
    scopes = {(s.area, s.year, s.sheet): s for file in activity.files for s in file.scopes}
    return Reading(
        source, activity, (*findings, *checks), sha256_of(source.content), activity_sha256,
        records_sha256, sha256_of(text.encode()), tuple(scopes.values()),
    )  # fmt: skip


# -- the same again --------------------------------------------------------------------------------------


def find_same(connection: Connection, reading: Reading) -> Submission | None:
    """The submission that already says exactly this, with the remark that nothing is added; or None.

    Under the same name it must have been read the same way, findings included. Under another name equal
    bytes and equal records are enough: filed twice, every record would be there twice.
    """
    name = SUBMISSIONS.c.file_name == reading.source.name
    same_reading = and_(name, SUBMISSIONS.c.reading_sha256 == reading.reading_sha256)
    same_records = and_(~name, SUBMISSIONS.c.records_sha256 == reading.records_sha256)
    query = select(SUBMISSIONS.c.id).where(
        SUBMISSIONS.c.sha256 == reading.sha256, or_(same_reading, same_records),
        SUBMISSIONS.c.state != WITHDRAWN,
    )  # fmt: skip
    found = connection.execute(query.order_by(SUBMISSIONS.c.id.desc()).limit(_CANDIDATES)).scalars()
    for number in [*found]:
        submission, heads = history.stands(connection, number)
        if submission is not None:
            known = _known(connection, submission, heads, reading)
            if known is not None:
                return known
    return None


def _known(
    connection: Connection, submission: Submission, heads: Heads, reading: Reading
) -> Submission | None:
    """The submission with its remarks, when handing it in again adds nothing."""
    same_name = submission.file_name == reading.source.name
    if submission.standing == REFUSED:
        is_last = same_name and submission.id == _last_of_name(connection, submission.file_name)
        return replace(submission, remarks=remarks.already(submission)) if is_last else None
    if submission.standing == WITHDRAWN or (same_name and _found_otherwise(connection, submission, reading)):
        return None
    later = {heads.taken[key] for key in reading.keys if heads.taken.get(key, 0) > submission.id}
    if not later:
        return replace(submission, remarks=remarks.already(submission))
    # An inbox read once more still holds the earlier file beside the later one of another name: nobody
    # wants to go back. The same name with its former content does.
    over = heads.told[max(later)]
    if submission.scopes and same_name and over.file_name != submission.file_name:
        return replace(
            submission, remarks=(*remarks.already(submission), remarks.overtaken(submission, over))
        )
    return None


def _found_otherwise(connection: Connection, submission: Submission, reading: Reading) -> bool:
    """True when it had errors and other findings are made now: what was wrong beside other data may be right."""
    if not submission.error_count:
        return False
    return rows.read_findings(connection, submission.id) != reading.findings


def _last_of_name(connection: Connection, name: str) -> int | None:
    query = select(SUBMISSIONS.c.id).where(SUBMISSIONS.c.file_name == name)
    return connection.execute(query.order_by(SUBMISSIONS.c.id.desc()).limit(1)).scalar()


# -- the next revision -----------------------------------------------------------------------------------


def add_submission(connection: Connection, reading: Reading, at: str, by: str, review: str) -> Submission:
    """Insert the next revision of its series with findings, scopes, first decision and lines in the audit log."""
    heads = history.heads_around(connection, reading.source.name, reading.keys)
    before = None if reading.state == REFUSED else _before(heads, reading.keys)
    submission = _insert(connection, reading, at, by, before)
    rows.add_findings(connection, submission.id, reading.findings)
    rows.add_audit(connection, at, "submit", submission.file_name, audit_detail(submission))
    frozen = tuple(heads.told[n] for n in {*heads.taken.values()} if heads.told[n].standing == FROZEN)
    made = (
        None
        if submission.state == REFUSED
        else _first_decision(connection, submission, at, by, review, frozen)
    )
    submission = with_standing(submission, made)
    said = remarks.of_new(submission, before, frozen)
    return replace(submission, is_new=True, remarks=said)


def _first_decision(
    connection: Connection,
    submission: Submission,
    at: str,
    by: str,
    review: str,
    frozen: Sequence[Submission],
) -> Decision | None:
    """What is decided about a submission by its coming in."""
    if frozen and not review:
        # What is frozen is not overtaken by itself: somebody has to accept the newcomer and say why.
        review, by = SUBMITTED, PROGRAM
    if not review:
        return None
    made = record_decision(connection, submission, review, at, by, "")
    if review == SUBMITTED and submission.error_count:
        return return_at_once(connection, submission, at)
    return made


def return_at_once(connection: Connection, submission: Submission, at: str) -> Decision:
    """A return with errors goes back without a person having to look at it."""
    reason = f"错误 {submission.error_count} 个 / errors: {submission.error_count}"
    return record_decision(connection, submission, RETURNED, at, PROGRAM, reason)


def _before(heads: Heads, keys: Iterable[Key]) -> Submission | None:
    """What the next revision takes the place of: the latest in force, else the latest that waits or was returned."""
    holding = [heads.taken[key] for key in keys if key in heads.taken]
    if holding:
        return heads.told[max(holding)]
    dead = (REFUSED, WITHDRAWN)
    waiting = [s for s in heads.told.values() if s.standing not in dead and not counts(s.standing)]
    return max(waiting, key=lambda s: s.id, default=None)


def _insert(
    connection: Connection, reading: Reading, at: str, by: str, before: Submission | None
) -> Submission:
    activity = reading.activity
    found = {s: sum(f.severity == s for f in reading.findings) for s in ("error", "warning", "info")}
    cells = {
        "file_name": reading.source.name, "sha256": reading.sha256, "size": len(reading.source.content),
        "kind": activity.files[0].kind if activity.files else "", "state": reading.state,
        "supersedes": before.id if before else None, "imported_at": at, "program_version": __version__,
        "activity_sha256": reading.activity_sha256, "records_sha256": reading.records_sha256,
        "reading_sha256": reading.reading_sha256, "record_count": len(activity),
        "error_count": found["error"], "warning_count": found["warning"], "info_count": found["info"],
        "area_codes": sorted_words(activity.area_code).words,
        "years": tuple(int(year) for year in np.unique(activity.year)), "by": by,
    }  # fmt: skip
    return insert_submission(connection, cells, reading.series, reading.scopes)


def insert_submission(
    connection: Connection, cells: dict[str, Any], series: str, scopes: Sequence[Scope]
) -> Submission:
    """Insert a row of `cells` under the next numbers of its name and series, with its scopes."""
    in_name = _next(connection, SUBMISSIONS.c.revision, SUBMISSIONS.c.file_name == cells["file_name"])
    in_series = 0
    if series:
        in_series = _next(connection, SUBMISSIONS.c.series_revision, SUBMISSIONS.c.series == series)
    packed = {
        **cells, "revision": in_name, "series": series, "series_revision": in_series,
        "area_codes": rows.json_text(list(cells["area_codes"])),
        "years": rows.json_text(list(cells["years"])),
    }  # fmt: skip
    result = connection.execute(insert(SUBMISSIONS), packed)
    key = result.inserted_primary_key
    number = int(key[0]) if key else 0
    if scopes:
        connection.execute(insert(SCOPES), [{"submission_id": number, **s._asdict()} for s in scopes])
    return Submission(id=number, revision=in_series or in_name, **cells, scopes=tuple(scopes))


def _next(connection: Connection, column: Any, which: Any) -> int:
    return (connection.execute(select(func.max(column)).where(which)).scalar() or 0) + 1


# -- out of force ----------------------------------------------------------------------------------------


def withdrawal(
    connection: Connection, submission: Submission, heads: Heads, at: str, by: str, reason: str
) -> Submission:
    """Take a submission out of force, and what stood before it in the series that it holds.

    One that holds nothing (it waits, or was returned) is only marked: what is in force stays.
    Returns: the row that ends the series, or the marked submission.
    """
    record = heads.is_in_force(submission)
    series = connection.execute(
        select(SUBMISSIONS.c.series).where(SUBMISSIONS.c.id == submission.id)
    ).scalar_one()
    made = submission
    if record:
        held = tuple(s for s in submission.scopes if s.title not in submission.superseded)
        cells = {
            "file_name": submission.file_name, "sha256": submission.sha256, "size": submission.size,
            "kind": submission.kind, "state": WITHDRAWN, "supersedes": submission.id, "imported_at": at,
            "program_version": __version__, "activity_sha256": submission.activity_sha256,
            "records_sha256": submission.records_sha256, "reading_sha256": submission.reading_sha256,
            "record_count": 0, "error_count": 0, "warning_count": 0, "info_count": 0,
            "area_codes": (), "years": (), "by": by,
        }  # fmt: skip
        made = insert_submission(connection, cells, series, held)
        detail = {**audit_detail(made), "reason": reason}
        rows.add_audit(connection, at, "withdraw", submission.file_name, detail)
    record_decision(connection, submission, WITHDRAWN, at, by, reason)
    stood, _ = history.stands(connection, made.id)
    return replace(stood or made, is_new=True)


def audit_detail(submission: Submission) -> dict[str, Any]:
    """What the audit log says of a submission."""
    return {
        "submission": submission.id, "revision": submission.revision, "state": submission.state,
        "sha256": submission.sha256, "reading_sha256": submission.reading_sha256,
        "supersedes": submission.supersedes, "by": submission.by,
        "scopes": [[scope.area, scope.year, scope.sheet] for scope in submission.scopes],
    }  # fmt: skip
