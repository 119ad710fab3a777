"""The store: what was handed in, what was found in it, what was computed, and who did what when.

    <folder>/files/<sha[:2]>/<sha>       every file handed in, as it was; snapshots of factors and areas
    <folder>/activity/<sha>.parquet      what was read from it
    <runs>/<run_id>/                     results
    <folder>/ghg.sqlite                  the tables (or any database by URL)

A file is on disk, whole, before the row that names it is committed, and both under the writer's lock. A
crash can therefore leave a file nobody names (see `tidy`), never a row without its file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, Engine, insert, select

from ghg_inventory.activity.table import Activity
from ghg_inventory.errors import Finding, StoreError
from ghg_inventory.store import decisions, history, parquet, rows, runs, standing, submissions, verify
from ghg_inventory.store.blobs import make_folder, sha256_of, write_file
from ghg_inventory.store.engine import make_engine, read, sqlite_file, url_of, write
from ghg_inventory.store.records import (
    DRAFT,
    PROGRAM,
    REFUSED,
    WITHDRAWN,
    AuditEntry,
    Decision,
    Run,
    SourceFile,
    Submission,
)
from ghg_inventory.store.schema import SNAPSHOTS
from ghg_inventory.store.states import counts
from ghg_inventory.store.sweep import sweep
from ghg_inventory.store.trouble import plainly, refuse
from ghg_inventory.store.upgrade import ensure_schema

T = TypeVar("T")


class Store:
    """See the module. Every method is one transaction; a Refusal (StoreError) means nothing was written."""

    def __init__(self, engine: Engine, where: str, folder: Path, runs_folder: Path) -> None:
        self._engine = engine
        self.where = where
        self.folder = folder
        self.runs_folder = runs_folder

    @classmethod
    def open(cls, target: str | Path, *, folder: Path | None = None, runs: Path | None = None) -> Store:
        """Open a store, making it if it is not there and upgrading an older one.

        target: a SQLite file's path or a database URL. folder: where files are kept; needed with a URL
        that is not a SQLite file, else beside the database. runs: default `<folder>/runs`.
        Raises: Refusal (StoreError).
        """
        url = url_of(target)
        file = sqlite_file(url)
        home = folder or (file.parent if file else None)
        where = str(file or url.render_as_string(hide_password=True))
        if home is None:
            raise refuse("store-cannot-open", where, reason="no folder given for the files of this database")
        with plainly(where):
            make_folder(home)
            if file:
                make_folder(file.parent)
            engine = make_engine(url)
            ensure_schema(engine, where)
        return cls(engine, where, home.resolve(), (runs or home / "runs").resolve())

    # -- submissions ---------------------------------------------------------------------------------

    def submit(
        self, source: SourceFile, activity: Activity, findings: Sequence[Finding], at: str, *,
        by: str = "", review: str = "", checks: Sequence[Finding] = (),
    ) -> Submission:  # fmt: skip
        """Keep a file, what was read from it and the findings, as the next revision of its series.

        checks: further findings, which depend on what else the store holds and so do not make the reading
        another one. review: "" when it counts at once; "draft" or "submitted" when somebody has to accept it
        first (with error findings a submitted one is returned at once). The same bytes read the same way are
        a no-op that says so (`is_new` False, remark `already-imported`). A file with errors and not one
        record is kept but never counts. What is frozen is not overtaken by itself: the newcomer waits.
        Raises: Refusal, ValueError for another review.
        """
        if review not in submissions.REVIEWS:
            raise ValueError(f"no such review: {review}")
        given = submissions.reading_of(source, activity, findings, checks)
        same = self._read(lambda connection: submissions.find_same(connection, given))
        if same is not None:
            return same
        content = parquet.to_bytes(activity)

        def add(connection: Connection) -> Submission:
            # Looked for again under the lock: another process may have been faster.
            same = submissions.find_same(connection, given)
            if same is not None:
                return same
            write_file(self._blob(given.sha256), source.content)
            write_file(self._activity_file(given.activity_sha256), content)
            return submissions.add_submission(connection, given, at, by, review)

        return self._write(add)

    def decide(self, submission_id: int, state: str, at: str, *, by: str, reason: str = "") -> Submission:
        """Bring a submission into another state (states.toml says which may follow which).

        A submitted one with errors is returned at once. Raises: Refusal that says what is possible instead.
        """
        if state == WITHDRAWN:
            return self.withdraw(submission_id, at, reason, by)

        def decide(connection: Connection) -> Submission:
            submission, heads = self._found(connection, submission_id)
            if self._is_done(submission, state, at, by, reason):
                return submission
            decisions.check_decision(submission, heads, state, by, reason)
            decisions.record_decision(connection, submission, state, at, by, reason)
            if submission.standing == DRAFT and submission.error_count:
                submissions.return_at_once(connection, submission, at)
            return replace(self._found(connection, submission_id)[0], is_new=True)

        return self._write(decide)

    def withdraw(self, submission_id: int, at: str, reason: str, by: str = "") -> Submission:
        """Take a submission out of force by a further revision that says why; the ones before it stay out too.

        One that only waits is marked, and what is in force stays. Raises: Refusal.
        """

        def withdraw(connection: Connection) -> Submission:
            submission, heads = self._found(connection, submission_id)
            overtaken = counts(submission.standing) and not heads.is_in_force(submission)
            if overtaken or submission.standing in (WITHDRAWN, REFUSED):
                raise refuse("store-submission-unknown", "", submission=submission_id)
            # Files without review may be withdrawn by nobody in particular.
            decisions.check_decision(submission, heads, WITHDRAWN, by or PROGRAM, reason)
            return submissions.withdrawal(connection, submission, heads, at, by, reason)

        return self._write(withdraw)

    def submission(self, submission_id: int) -> Submission:
        """A submission as it stands, in force or not. Raises: Refusal when there is none."""
        return self._read(lambda connection: self._found(connection, submission_id)[0])

    def submissions(self, current_only: bool = True, as_of: str = "") -> tuple[Submission, ...]:
        """The submissions in force, by file name; with current_only=False all, in order of arrival.

        as_of: as they stood at the end of that day ("2025-04-30") or at that instant (ISO 8601).
        """
        try:
            known = standing.known_by(as_of)
        except ValueError as error:
            raise refuse("as-of-unreadable", "", text=as_of) from error
        return self._read(lambda connection: history.all_submissions(connection, current_only, known))

    def decisions(self, submission_id: int | None = None) -> tuple[Decision, ...]:
        """The decisions about a submission (default: about any), oldest first."""
        chosen = None if submission_id is None else [submission_id]
        return self._read(lambda connection: history.read_decisions(connection, chosen))

    def findings(self, submission: Submission) -> tuple[Finding, ...]:
        """The findings of a submission, as they were given."""
        return self._read(lambda connection: rows.read_findings(connection, submission.id))

    def activity(self, chosen: Iterable[Submission] | None = None) -> Activity:
        """The records of the chosen submissions (default: all in force), one after the other.

        Sheets of a return that a later one has taken the place of are left out (`Submission.superseded`).
        Raises: Refusal when a stored file is gone or its content does not match its hash.
        """
        picked = self.submissions() if chosen is None else tuple(chosen)
        return Activity.concat([_without_superseded(self.whole(s), s) for s in picked])

    def whole(self, submission: Submission) -> Activity:
        """All records of one submission as they were read, superseded or not. Raises: Refusal."""
        return self._read_activity(submission)

    def before(self, submission: Submission) -> Activity:
        """The records whose place a submission takes or would take: of a return sheet by sheet."""
        everything = {s.id: s for s in self.submissions(current_only=False)}
        if not submission.scopes:
            earlier = everything.get(submission.supersedes or 0)
            return self.whole(earlier) if earlier else Activity.empty()
        sheets = standing.sheets_before(submission, everything.values())
        return Activity.concat([_sheets(self.whole(everything[n]), sheets[n]) for n in sorted(sheets)])

    def source(self, submission: Submission) -> bytes:
        """The file as it was handed in, checked against its hash. Raises: Refusal."""
        return self._read_blob(submission.sha256, submission.file_name)

    # -- snapshots and runs --------------------------------------------------------------------------

    def record_snapshot(self, kind: str, sha256: str, content: bytes, row_count: int, at: str) -> None:
        """Keep a factor set (kind "factors") or an area tree ("areas") under the hash a run names it by."""

        def record(connection: Connection) -> None:
            key = (SNAPSHOTS.c.kind == kind) & (SNAPSHOTS.c.sha256 == sha256)
            if connection.execute(select(SNAPSHOTS.c.sha256).where(key)).scalar() is not None:
                return
            address = sha256_of(content)
            write_file(self._blob(address), content)
            connection.execute(insert(SNAPSHOTS), {
                "kind": kind, "sha256": sha256, "content_sha256": address,
                "row_count": row_count, "recorded_at": at,
            })  # fmt: skip
            rows.add_audit(connection, at, "snapshot", sha256, {"kind": kind, "content_sha256": address})

        self._write(record)

    def snapshot(self, kind: str, sha256: str) -> bytes | None:
        """The content of a snapshot, None when there is none. Raises: Refusal when it is damaged."""
        key = (SNAPSHOTS.c.kind == kind) & (SNAPSHOTS.c.sha256 == sha256)
        query = select(SNAPSHOTS.c.content_sha256).where(key)
        address = self._read(lambda connection: connection.execute(query).scalar())
        return None if address is None else self._read_blob(str(address), f"{kind} {sha256}")

    def record_run(
        self, run_id: str, manifest: Mapping[str, Any], files: Mapping[str, bytes], at: str
    ) -> Run:
        """Keep the files of a run under `<runs>/<run_id>/`; manifest.json is written from `manifest`.

        A run that is there already is kept as it is. Raises: Refusal when its files say something else.
        """
        content = {**files, runs.MANIFEST: runs.manifest_bytes(manifest)}

        def record(connection: Connection) -> Run:
            is_new = not runs.is_known(connection, run_id)
            listed = runs.write_run(self.runs_folder / run_id, run_id, content)
            run = Run(run_id, at, dict(manifest), listed, str(self.runs_folder / run_id), is_new)
            runs.insert_run(connection, run)
            return replace(runs.find_run(connection, run_id, self.runs_folder), is_new=is_new)

        return self._write(record)

    def run(self, beginning: str) -> Run:
        """The run whose id begins so. Raises: Refusal when there is none or more than one."""
        return self._read(lambda connection: runs.find_run(connection, beginning, self.runs_folder))

    def runs(self) -> tuple[Run, ...]:
        """Every run, oldest first."""
        return self._read(lambda connection: runs.all_runs(connection, self.runs_folder))

    def latest_run(self) -> Run | None:
        """The run made last, None when there is none."""
        return self._read(lambda connection: runs.latest_run(connection, self.runs_folder))

    # -- care ----------------------------------------------------------------------------------------

    def audit(self) -> tuple[AuditEntry, ...]:
        """The audit log, oldest first."""
        return self._read(rows.read_audit)

    def verify(self) -> tuple[Finding, ...]:
        """Re-hash all that is stored: files, records, runs, audit chain, and compare rows with the log.

        Returns: what is wrong.
        """
        found: list[Finding] = []
        everything = self.submissions(current_only=False)
        for submission in everything:
            found += self._trouble(lambda s=submission: self.source(s))
            found += self._trouble(lambda s=submission: self._read_activity(s))
        for run in self.runs():
            for file in run.files:
                path = Path(run.folder) / file.name
                found += self._trouble(lambda p=path, f=file: self._read_file(p, f.sha256, p.name))
        found += verify.log_trouble(self.audit(), everything, self.decisions(), self.where)
        return tuple(dict.fromkeys(found))

    def tidy(self) -> tuple[str, ...]:
        """Remove files nobody names, left by a crash. Returns: their paths under the folder."""
        return self._write(lambda connection: sweep(connection, self.folder, self.runs_folder))

    def _read(self, action: Callable[[Connection], T]) -> T:
        """One transaction that writes nothing; run again when only the moment was bad."""
        with plainly(self.where):
            return read(self._engine, action)

    def _write(self, action: Callable[[Connection], T]) -> T:
        """One transaction, alone in writing; run again when only the moment was bad."""
        with plainly(self.where):
            return write(self._engine, action)

    def _found(self, connection: Connection, number: int) -> tuple[Submission, standing.Heads]:
        submission, heads = history.stands(connection, number)
        if submission is None:
            raise refuse("store-submission-unknown", "", submission=number)
        return submission, heads

    @staticmethod
    def _is_done(submission: Submission, state: str, at: str, by: str, reason: str) -> bool:
        """True when this very decision is the last one: a transaction run again after a broken connection."""
        last = (
            submission.standing, submission.standing_at, submission.standing_by, submission.standing_reason
        )  # fmt: skip
        return last == (state, at, by, reason)

    # -- files ---------------------------------------------------------------------------------------

    def _blob(self, sha256: str) -> Path:
        return self.folder / "files" / sha256[:2] / sha256

    def _activity_file(self, sha256: str) -> Path:
        return self.folder / "activity" / f"{sha256}.parquet"

    def _read_blob(self, sha256: str, name: str) -> bytes:
        return self._read_file(self._blob(sha256), sha256, name)

    def _read_file(self, path: Path, sha256: str, name: str) -> bytes:
        with plainly(self.where):
            if not path.is_file():
                raise refuse("store-content-missing", str(path), file_name=name)
            content = path.read_bytes()
        if sha256_of(content) != sha256:
            raise refuse("store-content-changed", str(path), file_name=name)
        return content

    def _read_activity(self, submission: Submission) -> Activity:
        path = self._activity_file(submission.activity_sha256)
        with plainly(self.where):
            if not path.is_file():
                raise refuse("store-content-missing", str(path), file_name=submission.file_name)
            try:
                activity = parquet.from_file(path)
            except (pa.ArrowException, KeyError, ValueError) as error:
                raise refuse("store-content-changed", str(path), file_name=submission.file_name) from error
        if parquet.digest(activity) != submission.activity_sha256:
            raise refuse("store-content-changed", str(path), file_name=submission.file_name)
        return activity

    def _trouble(self, attempt: Any) -> list[Finding]:
        try:
            attempt()
        except StoreError as error:
            return [*getattr(error, "findings", ())]
        return []


def _without_superseded(activity: Activity, submission: Submission) -> Activity:
    if not submission.superseded:
        return activity
    return _sheets(activity, {*activity.sheet.words} - {*submission.superseded})


def _sheets(activity: Activity, titles: Collection[str]) -> Activity:
    wanted = [number for number, word in enumerate(activity.sheet.words) if word in titles]
    return activity.select(np.isin(activity.sheet.codes, wanted))
