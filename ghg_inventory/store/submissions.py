"""How a file becomes a submission: one revision of one file name, never overwritten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, func, insert, select

from ghg_inventory import __version__
from ghg_inventory.activity.table import Activity, sorted_words
from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.store import parquet, rows
from ghg_inventory.store.blobs import sha256_of
from ghg_inventory.store.records import ACCEPTED, FAULTY, REFUSED, WITHDRAWN, SourceFile, Submission
from ghg_inventory.store.schema import SUBMISSIONS


@dataclass(frozen=True, slots=True)
class Reading:
    """A file and what was read from it, with the hashes that name both."""

    source: SourceFile
    activity: Activity
    findings: tuple[Finding, ...]
    sha256: str
    activity_sha256: str
    records_sha256: str
    reading_sha256: str


def reading_of(source: SourceFile, activity: Activity, findings: Sequence[Finding]) -> Reading:
    """Hash the file and what was read from it."""
    activity_sha256 = parquet.digest(activity)
    records_sha256 = parquet.digest(activity, with_names=False)
    text = activity_sha256 + rows.findings_text(findings)
    return Reading(
        source, activity, tuple(findings), sha256_of(source.content), activity_sha256,
        records_sha256, sha256_of(text.encode()),
    )  # fmt: skip


def all_submissions(connection: Connection) -> tuple[Submission, ...]:
    """Every revision of every file, in order of arrival."""
    return _read(connection, select(SUBMISSIONS))


def current_submissions(connection: Connection) -> tuple[Submission, ...]:
    """The revision in force of each file name, sorted by name."""
    return in_force(all_submissions(connection))


def in_force(history: Iterable[Submission]) -> tuple[Submission, ...]:
    """The revision in force of each file name of a history in order of arrival, sorted by name.

    A refused revision leaves the one before it in force; a withdrawn one ends the name.
    """
    latest: dict[str, Submission] = {}
    for submission in history:
        if submission.state == WITHDRAWN:
            latest.pop(submission.file_name, None)
        elif submission.state != REFUSED:
            latest[submission.file_name] = submission
    return tuple(latest[name] for name in sorted(latest))


def _read(connection: Connection, query: Select[Any]) -> tuple[Submission, ...]:
    found = connection.execute(query.order_by(SUBMISSIONS.c.id)).mappings()
    return tuple(rows.submission_of(row) for row in found)


def _history(connection: Connection, reading: Reading) -> tuple[Submission, ...]:
    """Every revision of the file's name, and of every name that ever had the same bytes."""
    names = select(SUBMISSIONS.c.file_name).where(SUBMISSIONS.c.sha256 == reading.sha256)
    same = SUBMISSIONS.c.file_name.in_(names) | (SUBMISSIONS.c.file_name == reading.source.name)
    return _read(connection, select(SUBMISSIONS).where(same))


def find_same(connection: Connection, reading: Reading) -> Submission | None:
    """The submission that already says exactly this, or None.

    Under the same name it must have been read the same way, findings included. Under another name equal
    bytes and equal records are enough: filed twice, every record would be there twice.
    """
    history = _history(connection, reading)
    for submission in in_force(history):
        if submission.sha256 != reading.sha256:
            continue
        if submission.file_name != reading.source.name:
            if submission.records_sha256 == reading.records_sha256:
                return submission
        elif submission.reading_sha256 == reading.reading_sha256:
            return submission
    return _refused_before(history, reading)


def _refused_before(history: Iterable[Submission], reading: Reading) -> Submission | None:
    """The last revision of the same name if it is this very file, refused: it is not filed twice."""
    last = [s for s in history if s.file_name == reading.source.name][-1:]
    for submission in last:
        if submission.state == REFUSED and submission.reading_sha256 == reading.reading_sha256:
            return submission
    return None


def add_submission(connection: Connection, reading: Reading, at: str) -> Submission:
    """Insert the next revision of the file's name, with its findings and a line in the audit log."""
    name = reading.source.name
    history = _read(connection, select(SUBMISSIONS).where(SUBMISSIONS.c.file_name == name))
    before = next(iter(in_force(history)), None)
    state = _state(reading)
    replaces = before is not None and state != REFUSED
    cells = {
        **_cells(reading),
        "revision": _next_revision(connection, name), "state": state, "imported_at": at,
        "supersedes": before.id if before and replaces else None,
    }  # fmt: skip
    submission = insert_submission(connection, cells)
    rows.add_findings(connection, submission.id, reading.findings)
    rows.add_audit(connection, at, "submit", name, _audit_detail(submission))
    return replace(submission, is_new=True, remarks=_remarks(submission, before))


def insert_submission(connection: Connection, cells: dict[str, Any]) -> Submission:
    """Insert a row of `cells` and give it back as a Submission."""
    packed = {
        **cells,
        "area_codes": rows.json_text(list(cells["area_codes"])),
        "years": rows.json_text(list(cells["years"])),
    }
    result = connection.execute(insert(SUBMISSIONS), packed)
    key = result.inserted_primary_key
    return Submission(id=key[0] if key else 0, **cells)


def withdrawal(connection: Connection, submission: Submission, at: str, reason: str) -> Submission:
    """Append the revision that takes a file name out of force."""
    cells = {
        "file_name": submission.file_name, "revision": _next_revision(connection, submission.file_name),
        "sha256": submission.sha256, "size": submission.size, "kind": submission.kind, "state": WITHDRAWN,
        "supersedes": submission.id, "imported_at": at, "program_version": __version__,
        "activity_sha256": submission.activity_sha256, "records_sha256": submission.records_sha256,
        "reading_sha256": submission.reading_sha256,
        "record_count": 0, "error_count": 0, "warning_count": 0, "info_count": 0,
        "area_codes": (), "years": (),
    }  # fmt: skip
    withdrawn = insert_submission(connection, cells)
    detail = {**_audit_detail(withdrawn), "reason": reason}
    rows.add_audit(connection, at, "withdraw", submission.file_name, detail)
    return replace(withdrawn, is_new=True)


def already_imported(submission: Submission) -> Submission:
    """The stored submission with the remark that nothing was added."""
    remark = finding(
        "already-imported", Place(submission.file_name), file_name=submission.file_name,
        revision=submission.revision, at=submission.imported_at,
    )  # fmt: skip
    return replace(submission, remarks=(remark,))


def _state(reading: Reading) -> str:
    if not any(f.severity == "error" for f in reading.findings):
        return ACCEPTED
    return FAULTY if len(reading.activity.value) else REFUSED


def _cells(reading: Reading) -> dict[str, Any]:
    activity = reading.activity
    counts = {s: sum(f.severity == s for f in reading.findings) for s in ("error", "warning", "info")}
    return {
        "file_name": reading.source.name, "sha256": reading.sha256, "size": len(reading.source.content),
        "kind": activity.files[0].kind if activity.files else "", "program_version": __version__,
        "activity_sha256": reading.activity_sha256, "records_sha256": reading.records_sha256,
        "reading_sha256": reading.reading_sha256,
        "record_count": len(activity.value), "error_count": counts["error"],
        "warning_count": counts["warning"], "info_count": counts["info"],
        "area_codes": sorted_words(activity.area_code).words,
        "years": tuple(int(year) for year in np.unique(activity.year)),
    }  # fmt: skip


def _next_revision(connection: Connection, name: str) -> int:
    query = select(func.max(SUBMISSIONS.c.revision)).where(SUBMISSIONS.c.file_name == name)
    return (connection.execute(query).scalar() or 0) + 1


def _audit_detail(submission: Submission) -> dict[str, Any]:
    return {
        "submission": submission.id, "revision": submission.revision, "state": submission.state,
        "sha256": submission.sha256, "reading_sha256": submission.reading_sha256,
        "supersedes": submission.supersedes,
    }  # fmt: skip


def _remarks(submission: Submission, before: Submission | None) -> tuple[Finding, ...]:
    place = Place(submission.file_name)
    if submission.state == REFUSED:
        return (finding("submission-refused", place, file_name=submission.file_name),)
    if before is None:
        return ()
    name = "read-differently" if before.sha256 == submission.sha256 else "new-revision"
    lost = [code for code in before.area_codes if code not in submission.area_codes]
    lost += [str(year) for year in before.years if year not in submission.years]
    more = (_covers_less(submission, before, lost),) if lost else ()
    remark = finding(
        name, place, file_name=submission.file_name, revision=submission.revision,
        previous=before.revision,
    )  # fmt: skip
    return (remark, *more)


def _covers_less(submission: Submission, before: Submission, lost: list[str]) -> Finding:
    """Two different files of one name (every county's is called return.xlsx) look like two revisions."""
    return finding(
        "revision-covers-less", Place(submission.file_name), file_name=submission.file_name,
        revision=submission.revision, previous=before.revision, lost=", ".join(lost),
    )  # fmt: skip
