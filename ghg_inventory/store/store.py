"""The store: what was handed in, what was found in it, what was computed, and who did what when.

    <folder>/files/<sha[:2]>/<sha>       every file handed in, as it was; snapshots of factors and areas
    <folder>/activity/<sha>.parquet      what was read from it
    <runs>/<run_id>/                     results
    <folder>/ghg.sqlite                  the tables (or any database by URL)

A file is on disk, whole, before the row that names it is committed, and both under the writer's lock. A
crash can therefore leave a file nobody names (see `tidy`), never a row without its file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Engine, insert, select

from ghg_inventory.activity.table import Activity
from ghg_inventory.errors import Finding, Place, StoreError, finding
from ghg_inventory.store import parquet, rows, runs, submissions
from ghg_inventory.store.blobs import make_folder, sha256_of, write_file
from ghg_inventory.store.engine import make_engine, reading, sqlite_file, url_of, writing
from ghg_inventory.store.records import AuditEntry, Run, SourceFile, Submission
from ghg_inventory.store.schema import SNAPSHOTS
from ghg_inventory.store.sweep import sweep
from ghg_inventory.store.trouble import plainly, refuse
from ghg_inventory.store.upgrade import ensure_schema


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
        self, source: SourceFile, activity: Activity, findings: Sequence[Finding], at: str
    ) -> Submission:
        """Keep a file, what was read from it and the findings, as the next revision of its name.

        The same bytes read the same way are a no-op that says so (`is_new` False, remark
        `already-imported`). A file with errors and not one record is kept but never comes into force.
        """
        given = submissions.reading_of(source, activity, findings)
        with plainly(self.where), reading(self._engine) as connection:
            same = submissions.find_same(connection, given)
            if same is not None:
                return submissions.already_imported(same)
        content = parquet.to_bytes(activity)
        with plainly(self.where), writing(self._engine) as connection:
            # Looked for again under the lock: another process may have been faster.
            same = submissions.find_same(connection, given)
            if same is not None:
                return submissions.already_imported(same)
            write_file(self._blob(given.sha256), source.content)
            write_file(self._activity_file(given.activity_sha256), content)
            return submissions.add_submission(connection, given, at)

    def withdraw(self, submission_id: int, at: str, reason: str) -> Submission:
        """Take a submission out of force by a further revision that says why. Raises: Refusal."""
        with plainly(self.where), writing(self._engine) as connection:
            for submission in submissions.current_submissions(connection):
                if submission.id == submission_id:
                    return submissions.withdrawal(connection, submission, at, reason)
        raise refuse("store-submission-unknown", self.where, submission=submission_id)

    def submissions(self, current_only: bool = True) -> tuple[Submission, ...]:
        """The revisions in force, by file name; with current_only=False all, in order of arrival."""
        with plainly(self.where), reading(self._engine) as connection:
            if current_only:
                return submissions.current_submissions(connection)
            return submissions.all_submissions(connection)

    def findings(self, submission: Submission) -> tuple[Finding, ...]:
        """The findings of a submission, as they were given."""
        with plainly(self.where), reading(self._engine) as connection:
            return rows.read_findings(connection, submission.id)

    def activity(self, chosen: Iterable[Submission] | None = None) -> Activity:
        """The records of the chosen submissions (default: all in force), one after the other.

        Raises: Refusal when a stored file is gone or its content does not match its hash.
        """
        picked = self.submissions() if chosen is None else tuple(chosen)
        return Activity.concat([self._read_activity(submission) for submission in picked])

    def source(self, submission: Submission) -> bytes:
        """The file as it was handed in, checked against its hash. Raises: Refusal."""
        return self._read_blob(submission.sha256, submission.file_name)

    # -- snapshots and runs --------------------------------------------------------------------------

    def record_snapshot(self, kind: str, sha256: str, content: bytes, row_count: int, at: str) -> None:
        """Keep a factor set (kind "factors") or an area tree ("areas") under the hash a run names it by."""
        with plainly(self.where), writing(self._engine) as connection:
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

    def snapshot(self, kind: str, sha256: str) -> bytes | None:
        """The content of a snapshot, None when there is none. Raises: Refusal when it is damaged."""
        with plainly(self.where), reading(self._engine) as connection:
            key = (SNAPSHOTS.c.kind == kind) & (SNAPSHOTS.c.sha256 == sha256)
            address = connection.execute(select(SNAPSHOTS.c.content_sha256).where(key)).scalar()
        return None if address is None else self._read_blob(str(address), f"{kind} {sha256}")

    def record_run(
        self, run_id: str, manifest: Mapping[str, Any], files: Mapping[str, bytes], at: str
    ) -> Run:
        """Keep the files of a run under `<runs>/<run_id>/`; manifest.json is written from `manifest`.

        A run that is there already is kept as it is. Raises: Refusal when its files say something else.
        """
        content = {**files, runs.MANIFEST: runs.manifest_bytes(manifest)}
        with plainly(self.where), writing(self._engine) as connection:
            is_new = run_id not in {run.run_id for run in runs.all_runs(connection, self.runs_folder)}
            listed = runs.write_run(self.runs_folder / run_id, run_id, content)
            run = Run(run_id, at, dict(manifest), listed, str(self.runs_folder / run_id), is_new)
            runs.insert_run(connection, run)
            return replace(runs.find_run(connection, run_id, self.runs_folder), is_new=is_new)

    def run(self, beginning: str) -> Run:
        """The run whose id begins so. Raises: Refusal when there is none or more than one."""
        with plainly(self.where), reading(self._engine) as connection:
            return runs.find_run(connection, beginning, self.runs_folder)

    def runs(self) -> tuple[Run, ...]:
        """Every run, oldest first."""
        with plainly(self.where), reading(self._engine) as connection:
            return runs.all_runs(connection, self.runs_folder)

    def latest_run(self) -> Run | None:
        """The run made last, None when there is none."""
        with plainly(self.where), reading(self._engine) as connection:
            run_id = runs.latest_run_id(connection)
            return None if run_id is None else runs.find_run(connection, run_id, self.runs_folder)

    # -- care ----------------------------------------------------------------------------------------

    def audit(self) -> tuple[AuditEntry, ...]:
        """The audit log, oldest first."""
        with plainly(self.where), reading(self._engine) as connection:
            return rows.read_audit(connection)

    def verify(self) -> tuple[Finding, ...]:
        """Re-hash all that is stored: files, records, runs, audit chain. Returns: what is wrong."""
        found: list[Finding] = []
        for submission in self.submissions(current_only=False):
            found += self._trouble(lambda s=submission: self.source(s))
            found += self._trouble(lambda s=submission: self._read_activity(s))
        for run in self.runs():
            for file in run.files:
                path = Path(run.folder) / file.name
                found += self._trouble(lambda p=path, f=file: self._read(p, f.sha256, p.name))
        broken = rows.first_broken(self.audit())
        if broken is not None:
            found.append(finding("audit-broken", Place(self.where), line=broken))
        return tuple(dict.fromkeys(found))

    def tidy(self) -> tuple[str, ...]:
        """Remove files nobody names, left by a crash. Returns: their paths under the folder."""
        with plainly(self.where), writing(self._engine) as connection:
            return sweep(connection, self.folder, self.runs_folder)

    # -- files ---------------------------------------------------------------------------------------

    def _blob(self, sha256: str) -> Path:
        return self.folder / "files" / sha256[:2] / sha256

    def _activity_file(self, sha256: str) -> Path:
        return self.folder / "activity" / f"{sha256}.parquet"

    def _read_blob(self, sha256: str, name: str) -> bytes:
        return self._read(self._blob(sha256), sha256, name)

    def _read(self, path: Path, sha256: str, name: str) -> bytes:
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
