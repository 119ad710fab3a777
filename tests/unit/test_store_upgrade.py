"""A store made with the first schema, rows and all, opened by this program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from ghg_inventory.activity.table import Activity, InputFile
from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.store import SourceFile, Store, blobs, parquet, rows
from ghg_inventory.store.migrations.versions import v0001_first

AT = "2026-11-20T09:00:00+08:00"


def records(name: str, value: float) -> Activity:
    columns = {
        "area_code": ["510703"], "category": ["1.1.2"], "variable": ["fuel"], "item": ["raw_coal"], "unit": ["t"],
        "file": [name], "year": [2021], "value": [value],
    }  # fmt: skip
    return Activity.from_columns(columns, (InputFile(name, "0" * 64, "long"),))


class OldStore:
    """Writes what the program wrote when the schema was 0001."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine = create_engine(f"sqlite:///{folder / 'ghg.sqlite'}", poolclass=NullPool)
        self.previous = ""
        with self.engine.begin() as connection:
            context = MigrationContext.configure(connection)
            with Operations.context(context):
                v0001_first.upgrade()
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
            connection.execute(text("INSERT INTO alembic_version VALUES ('0001')"))

    def add(
        self, name: str, revision: int, value: float, supersedes: int | None, state: str = "accepted"
    ) -> None:
        content = f"{name} {value}".encode()
        activity = records(name, value)
        digest = parquet.digest(activity)
        sha256 = blobs.sha256_of(content)
        blobs.write_file(self.folder / "files" / sha256[:2] / sha256, content)
        blobs.write_file(self.folder / "activity" / f"{digest}.parquet", parquet.to_bytes(activity))
        row: dict[str, Any] = {
            "file_name": name, "revision": revision, "sha256": sha256, "size": len(content), "kind": "long",
            "state": state, "supersedes": supersedes, "imported_at": AT, "program_version": "0.1.0",
            "activity_sha256": digest, "records_sha256": parquet.digest(activity, with_names=False),
            "reading_sha256": blobs.sha256_of((digest + rows.findings_text([])).encode()),
            "record_count": 1, "error_count": 0, "warning_count": 0, "info_count": 0, "area_codes": '["510703"]',
            "years": "[2021]",
        }  # fmt: skip
        names = ", ".join(row)
        with self.engine.begin() as connection:
            marks = ", ".join(f":{n}" for n in row)
            number = connection.execute(
                text(f"INSERT INTO submissions ({names}) VALUES ({marks})"), row
            ).lastrowid
            detail = {
                name: row[name] for name in ("revision", "state", "sha256", "reading_sha256", "supersedes")
            }
            detail = {"submission": number, **detail}
            action = "submit"
            if state == "withdrawn":
                action, detail = "withdraw", {**detail, "reason": "filed by mistake"}
            line = {"at": AT, "action": action, "subject": name, "detail": rows.json_text(detail)}
            self.previous = rows.chain(self.previous, line)
            connection.execute(
                text(
                    "INSERT INTO audit (at, action, subject, detail, sha256) VALUES (:at, :action, :subject, :detail, :h)"
                ),
                {**line, "h": self.previous},
            )


@pytest.fixture
def old(tmp_path: Path) -> OldStore:
    made = OldStore(tmp_path)
    made.add("a.csv", 1, 1.0, None)
    made.add("a.csv", 2, 2.0, 1)
    made.add("b.csv", 1, 3.0, None)
    made.add("b.csv", 2, 3.0, 3, state="withdrawn")
    made.add("c.csv", 1, 4.0, None)
    return made


def test_an_older_store_is_upgraded_and_says_the_same(old: OldStore) -> None:
    store = Store.open(old.folder / "ghg.sqlite")
    history = store.submissions(current_only=False)
    assert [(s.file_name, s.revision, s.by, s.scopes) for s in history] == [
        ("a.csv", 1, "", ()), ("a.csv", 2, "", ()), ("b.csv", 1, "", ()), ("b.csv", 2, "", ()), ("c.csv", 1, "", ()),
    ]  # fmt: skip
    assert [s.standing for s in history] == ["accepted", "accepted", "withdrawn", "withdrawn", "accepted"]
    assert [s.id for s in store.submissions()] == [2, 5]
    assert store.activity().value.tolist() == [2.0, 4.0]
    assert store.decisions() == ()
    assert store.verify() == ()


def test_an_upgraded_store_goes_on(old: OldStore) -> None:
    store = Store.open(old.folder / "ghg.sqlite")
    same = store.submit(SourceFile("a.csv", b"a.csv 2.0"), records("a.csv", 2.0), [], AT)
    assert (same.id, same.is_new) == (2, False)
    back = store.submit(SourceFile("b.csv", b"b.csv 3.0"), records("b.csv", 3.0), [], AT, by="王")
    assert (back.revision, back.is_new, back.by) == (3, True, "王")
    waits = store.submit(
        SourceFile("a.csv", b"new"), records("a.csv", 9.0), [], AT, by="王", review="submitted"
    )
    assert (waits.revision, waits.supersedes) == (3, 2)
    assert sorted(s.id for s in store.submissions()) == [2, 5, back.id]
    store.decide(waits.id, "accepted", AT, by="李")
    assert sorted(store.activity().value.tolist()) == [3.0, 4.0, 9.0]
    assert Store.open(old.folder / "ghg.sqlite").verify() == ()


def test_rows_with_errors_stay_as_they_were(old: OldStore) -> None:
    problem: Finding = finding("not-a-number", Place("d.csv", line=2), text="一百")
    with old.engine.begin() as connection:
        connection.execute(
            text('INSERT INTO findings (submission_id, name, severity, file, sheet, cell, line, "values") '
                 "VALUES (1, 'not-a-number', 'error', 'd.csv', '', '', 2, :values)"),
            {"values": json.dumps({"text": "一百"})},
        )  # fmt: skip
    store = Store.open(old.folder / "ghg.sqlite")
    assert store.findings(store.submission(1)) == (problem,)
