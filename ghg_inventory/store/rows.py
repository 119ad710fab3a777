"""Rows of the database to records and back. No decisions here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from ghg_inventory.activity.table import Scope
from ghg_inventory.errors import Finding, Place
from ghg_inventory.store.records import AuditEntry, Run, RunFile, Submission
from ghg_inventory.store.schema import AUDIT, FINDINGS


def json_text(value: Any) -> str:
    """JSON with sorted keys and no spaces: one text for one value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def submission_of(row: RowMapping, scopes: tuple[Scope, ...]) -> Submission:
    """A Submission from its row and its scopes; how it stands is not in them."""
    cells = dict(row)
    cells["area_codes"] = tuple(json.loads(cells["area_codes"]))
    cells["years"] = tuple(json.loads(cells["years"]))
    if cells.pop("series"):
        cells["revision"] = cells["series_revision"]
    del cells["series_revision"]
    return Submission(**cells, scopes=scopes)


def run_of(row: RowMapping, folder: str) -> Run:
    """A Run from its row and the folder of its files."""
    files = tuple(RunFile(**entry) for entry in json.loads(row["files"]))
    return Run(row["run_id"], row["created_at"], json.loads(row["manifest"]), files, folder)


def findings_text(findings: Iterable[Finding]) -> str:
    """All findings as one JSON text, the ground of a reading's hash."""
    return json_text([_cells(f) for f in findings])


def _cells(f: Finding) -> dict[str, Any]:
    place = f.place
    return {
        "name": f.name, "severity": f.severity, "file": place.file, "sheet": place.sheet,
        "cell": place.cell, "line": place.line, "values": json_text(dict(f.values)),
    }  # fmt: skip


def add_findings(connection: Connection, submission_id: int, findings: Iterable[Finding]) -> None:
    """Insert the findings of a submission in their order."""
    rows = [{"submission_id": submission_id, **_cells(f)} for f in findings]
    if rows:
        connection.execute(insert(FINDINGS), rows)


def read_findings(connection: Connection, submission_id: int) -> tuple[Finding, ...]:
    """The findings of a submission as they were given."""
    query = select(FINDINGS).where(FINDINGS.c.submission_id == submission_id).order_by(FINDINGS.c.id)
    return tuple(_finding_of(row) for row in connection.execute(query).mappings())


def _finding_of(row: RowMapping) -> Finding:
    values = tuple(sorted(json.loads(row["values"]).items()))
    place = Place(row["file"], row["sheet"], row["cell"], row["line"])
    return Finding(row["name"], row["severity"], place, values)


def add_audit(connection: Connection, at: str, action: str, subject: str, detail: dict[str, Any]) -> None:
    """Append a line to the audit log, chained to the line before it."""
    query = select(AUDIT.c.sha256).order_by(AUDIT.c.id.desc()).limit(1)
    previous = connection.execute(query).scalar() or ""
    text = json_text(detail)
    line = {"at": at, "action": action, "subject": subject, "detail": text}
    connection.execute(insert(AUDIT), {**line, "sha256": chain(previous, line)})


def chain(previous: str, line: dict[str, str]) -> str:
    """The hash of an audit line: sha256 over the previous line's hash and this line's fields."""
    return hashlib.sha256((previous + "\n" + json_text(line)).encode()).hexdigest()


def read_audit(connection: Connection) -> tuple[AuditEntry, ...]:
    """The whole audit log, oldest first."""
    rows = connection.execute(select(AUDIT).order_by(AUDIT.c.id)).mappings()
    return tuple(AuditEntry(**{**row, "detail": json.loads(row["detail"])}) for row in rows)


def first_broken(entries: Iterable[AuditEntry]) -> int | None:
    """The id of the first audit line that does not fit the chain, None when all fit."""
    previous = ""
    for entry in entries:
        line = {
            "at": entry.at, "action": entry.action, "subject": entry.subject,
            "detail": json_text(entry.detail),
        }  # fmt: skip
        if entry.sha256 != chain(previous, line):
            return entry.id
        previous = entry.sha256
    return None
