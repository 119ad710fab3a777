"""The records the store gives back: plain immutable values, no connection behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ghg_inventory.activity.table import Scope
from ghg_inventory.errors import Finding

# How a file was read (Submission.state); WITHDRAWN marks the row that takes another out of force.
ACCEPTED = "accepted"
FAULTY = "faulty"
REFUSED = "refused"
WITHDRAWN = "withdrawn"
# What people decided about it (Submission.standing has these as well).
DRAFT = "draft"
SUBMITTED = "submitted"
RETURNED = "returned"
FROZEN = "frozen"

PROGRAM = "ghg"
"""Who decided, where the program did by itself: a return with errors goes back at once."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as it was handed in.

    name: what people call it, e.g. "input/energy_balance_2012.xlsx"; a later file of the same name is its
    next revision. content: the bytes, kept as they are.
    """

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Submission:
    """One revision of one file, as it was read.

    id: number in order of arrival. sha256: of the file's bytes.
    activity_sha256: of what was read from them (parquet.digest); records_sha256: the same without the
    file's name; reading_sha256: of what was read and of the findings. The same bytes read differently (a
    mended reader, another area given by hand) are a new revision.
    revision: 1, 2 … per file name; of a return per area, year and set of sheets.
    supersedes: id of the submission this one takes the place of, or None, as it was when this one came.
    state: how it was read: "accepted" (no error findings), "faulty" (some records, and errors that keep being
    reported), "refused" (errors and no record: kept, never current), "withdrawn" (takes another out of force).
    imported_at: ISO 8601 text given by the caller. by: who handed it in, "" when nobody said.
    scopes: the sheets of a return that it answers; () for any other file.
    standing: what was decided last ("draft", "submitted", "returned", "accepted", "frozen", "withdrawn"), else
    how it was read; standing_at, standing_by, standing_reason: of that decision.
    superseded: titles of its sheets that a later submission in force has taken the place of.
    is_new: False when the call found the submission already in the store.
    remarks: what the store has to say about this import.
    """

    id: int
    file_name: str
    revision: int
    sha256: str
    size: int
    kind: str
    state: str
    supersedes: int | None
    imported_at: str
    program_version: str
    activity_sha256: str
    records_sha256: str
    reading_sha256: str
    record_count: int
    error_count: int
    warning_count: int
    info_count: int
    area_codes: tuple[str, ...]
    years: tuple[int, ...]
    by: str = ""
    scopes: tuple[Scope, ...] = ()
    standing: str = ""
    standing_at: str = ""
    standing_by: str = ""
    standing_reason: str = ""
    superseded: tuple[str, ...] = ()
    is_new: bool = False
    remarks: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided about a submission: from `at` on it is in `state`; by whom and why."""

    id: int
    submission_id: int
    state: str
    at: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class RunFile:
    """A file of a run: its name inside the run's folder, its sha256 and its size in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Run:
    """A compiled run.

    folder: absolute path of its files as text. manifest: what the run id is the hash of.
    """

    run_id: str
    created_at: str
    manifest: dict[str, Any]
    files: tuple[RunFile, ...]
    folder: str
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit log.

    sha256 is the hash of the previous line's sha256 and this line's fields: a line that is changed, left
    out or slipped in later breaks the chain (Store.verify).
    """

    id: int
    at: str
    action: str
    subject: str
    detail: dict[str, Any]
    sha256: str
