"""The store: revisions, no-ops, runs, snapshots, the audit chain, and refusals in plain words."""

from __future__ import annotations

import io
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ghg_inventory.activity.table import Activity, InputFile, Scope
from ghg_inventory.errors import Finding, Place, StoreError, finding
from ghg_inventory.store import SourceFile, Store, Submission

AT = "2026-11-23T09:00:00+08:00"


def records(name: str, *values: float, area: str = "510000", year: int = 2012) -> Activity:
    size = len(values)
    columns = {
        "area_code": [area] * size, "category": ["1.1.2"] * size, "variable": ["fuel"] * size,
        "item": [f"fuel_{number}" for number in range(size)], "unit": ["10^4 t"] * size,
        "file": [name] * size, "year": [year] * size, "value": list(values),
    }  # fmt: skip
    return Activity.from_columns(columns, (InputFile(name, "0" * 64, "long"),))


def answered(name: str, *values: float) -> Activity:
    """The same as a return that answers one sheet."""
    scope = Scope("510000", 2012, "energy", "能源")
    return replace(records(name, *values), files=(InputFile(name, "0" * 64, "return", scopes=(scope,)),))


def wrong(name: str) -> Finding:
    return finding("not-a-number", Place(name, "表1", "C7", 7), text="一百")


def hand_in(store: Store, name: str, content: bytes, *values: float) -> Submission:
    return store.submit(SourceFile(name, content), records(name, *values), [], AT)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store" / "ghg.sqlite", runs=tmp_path / "runs")


def test_submission_keeps_file_records_and_findings(store: Store) -> None:
    activity = records("a.csv", 1.5, float("nan"))
    given = [finding("number-normalised", Place("a.csv", line=3), text="１", value="1", why="full width")]
    made = store.submit(SourceFile("a.csv", b"bytes"), activity, given, AT)
    assert (made.is_new, made.revision, made.state, made.supersedes) == (True, 1, "accepted", None)
    assert (made.kind, made.record_count, made.info_count, made.error_count) == ("long", 2, 1, 0)
    assert (made.area_codes, made.years, made.imported_at) == (("510000",), (2012,), AT)
    assert store.source(made) == b"bytes"
    assert store.findings(made) == tuple(given)
    assert store.activity([made]).frame().equals(activity.canonical().frame())
    assert store.activity().files == activity.files


def test_same_bytes_again_are_a_no_op_that_says_so(store: Store) -> None:
    first = hand_in(store, "a.csv", b"1", 1.0)
    again = hand_in(store, "a.csv", b"1", 1.0)
    renamed = hand_in(store, "copy of a.csv", b"1", 1.0)
    assert [s.id for s in (again, renamed)] == [first.id, first.id]
    assert not again.is_new
    assert not renamed.is_new
    assert [f.name for f in again.remarks + renamed.remarks] == ["already-imported"] * 2
    assert "a.csv" in renamed.remarks[0].text("en")
    assert len(store.submissions(current_only=False)) == 1


def test_same_bytes_for_another_area_are_another_submission(store: Store) -> None:
    # Two counties may hand in the same empty form; the area then comes from outside the file.
    store.submit(SourceFile("a.xlsx", b"nil"), records("a.xlsx", 0.0, area="510703"), [], AT)
    store.submit(SourceFile("b.xlsx", b"nil"), records("b.xlsx", 0.0, area="510704"), [], AT)
    assert store.activity().area_code.words == ("510703", "510704")


def test_new_content_supersedes_and_overwrites_nothing(store: Store) -> None:
    first = hand_in(store, "a.csv", b"1", 1.0)
    second = hand_in(store, "a.csv", b"2", 2.0)
    assert (second.revision, second.supersedes) == (2, first.id)
    assert [f.name for f in second.remarks] == ["new-revision"]
    assert store.submissions() == (store.submissions(current_only=False)[1],)
    assert store.activity().value.tolist() == [2.0]
    assert store.activity([first]).value.tolist() == [1.0]
    assert store.source(first) == b"1"


def test_revision_that_covers_less_is_a_warning(store: Store) -> None:
    # Every county calls its file return.xlsx: the second looks like a new version of the first.
    for content, area, year in ((b"1", "510703", 2020), (b"2", "510704", 2021)):
        last = store.submit(
            SourceFile("return.xlsx", content), records("r", 1.0, area=area, year=year), [], AT
        )
    assert [f.name for f in last.remarks] == ["new-revision", "revision-covers-less"]
    assert last.remarks[1].severity == "warning"
    assert dict(last.remarks[1].values)["lost"] == "510703, 2020"


def test_going_back_to_old_content_is_a_new_revision(store: Store) -> None:
    for content, value in ((b"1", 1.0), (b"2", 2.0), (b"1", 1.0)):
        last = hand_in(store, "a.csv", content, value)
    assert (last.revision, last.is_new) == (3, True)
    assert store.activity().value.tolist() == [1.0]


def test_same_bytes_read_differently_are_a_new_revision(store: Store) -> None:
    hand_in(store, "a.csv", b"1", 1.0)
    mended = hand_in(store, "a.csv", b"1", 1000.0)
    assert (mended.revision, mended.remarks[0].name) == (2, "read-differently")
    assert store.activity().value.tolist() == [1000.0]


def test_faulty_file_comes_into_force_with_its_errors(store: Store) -> None:
    made = store.submit(SourceFile("a.csv", b"1"), records("a.csv", 1.0), [wrong("a.csv")], AT)
    assert (made.state, made.error_count) == ("faulty", 1)
    assert [s.id for s in store.submissions()] == [made.id]
    assert store.findings(made) == (wrong("a.csv"),)


def test_file_without_records_does_not_push_out_a_good_one(store: Store) -> None:
    good = hand_in(store, "a.csv", b"1", 1.0)
    junk = SourceFile("a.csv", b"\x00junk")
    bad = store.submit(junk, Activity.empty(), [wrong("a.csv")], AT)
    assert (bad.state, bad.supersedes, bad.remarks[0].name) == ("refused", None, "submission-refused")
    assert [s.id for s in store.submissions()] == [good.id]
    assert store.source(bad) == b"\x00junk"
    assert not store.submit(junk, Activity.empty(), [wrong("a.csv")], AT).is_new


def test_withdrawn_file_counts_no_more_and_may_come_back(store: Store) -> None:
    made = hand_in(store, "a.csv", b"1", 1.0)
    withdrawn = store.withdraw(made.id, AT, "filed by mistake")
    assert (withdrawn.state, withdrawn.revision, withdrawn.supersedes) == ("withdrawn", 2, made.id)
    assert store.submissions() == ()
    assert len(store.activity()) == 0
    assert store.audit()[-1].detail["reason"] == "filed by mistake"
    with pytest.raises(StoreError, match="no submission"):
        store.withdraw(made.id, AT, "twice")
    assert hand_in(store, "a.csv", b"1", 1.0).revision == 3


def test_database_itself_refuses_to_change_a_row(store: Store, tmp_path: Path) -> None:
    made = store.submit(SourceFile("a.csv", b"1"), answered("a.csv", 1.0), [wrong("a.csv")], AT)
    store.decide(made.id, "accepted", AT, by="李", reason="样本")
    store.record_run("r1", {"x": 1}, {}, AT)
    store.record_snapshot("factors", "f1", b"factor_id\n", 0, AT)
    with sqlite3.connect(tmp_path / "store" / "ghg.sqlite") as connection:
        for table in ("submissions", "scopes", "decisions", "findings", "snapshots", "runs", "audit"):
            for change in (f"DELETE FROM {table}", f"UPDATE {table} SET rowid = rowid"):
                with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                    connection.execute(change)
    connection.close()
    assert [s.id for s in store.submissions()] == [made.id]


def test_run_is_kept_once_and_compared_afterwards(store: Store, tmp_path: Path) -> None:
    manifest = {"gwp_set": "ar5", "inputs": ["甲"]}
    run = store.record_run("abc123", manifest, {"ledger.csv": b"1\n", "deep/a.csv": b"2\n"}, AT)
    assert (run.is_new, [f.name for f in run.files]) == (True, ["deep/a.csv", "ledger.csv", "manifest.json"])
    assert (tmp_path / "runs" / "abc123" / "deep" / "a.csv").read_bytes() == b"2\n"
    again = store.record_run("abc123", manifest, {"ledger.csv": b"1\n", "deep/a.csv": b"2\n"}, "later")
    assert (again.is_new, again.created_at) == (False, AT)
    with pytest.raises(StoreError, match=r"ledger\.csv"):
        store.record_run("abc123", manifest, {"ledger.csv": b"9\n", "deep/a.csv": b"2\n"}, AT)
    assert (tmp_path / "runs" / "abc123" / "ledger.csv").read_bytes() == b"1\n"
    assert store.run("abc").manifest == manifest


def parquet_bytes(values: list[float], compression: str) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"mass_t": values}), sink, compression=compression)
    return sink.getvalue()


def test_parquet_of_a_run_is_compared_by_content(store: Store) -> None:
    # Another version of pyarrow writes other bytes for the same table.
    store.record_run("r1", {}, {"totals.parquet": parquet_bytes([1.0, 2.0], "zstd")}, AT)
    again = store.record_run("r1", {}, {"totals.parquet": parquet_bytes([1.0, 2.0], "gzip")}, AT)
    assert not again.is_new
    assert store.verify() == ()
    for other in (parquet_bytes([1.0, 2.5], "zstd"), b"PAR1 broken PAR1", b""):
        with pytest.raises(StoreError, match=r"totals\.parquet"):
            store.record_run("r1", {}, {"totals.parquet": other}, AT)


def test_latest_run_is_the_one_made_last(store: Store) -> None:
    assert store.latest_run() is None
    for run_id in ("aa1", "aa2", "aa1"):
        store.record_run(run_id, {"id": run_id}, {}, AT)
    latest = store.latest_run()
    assert latest is not None
    assert latest.run_id == "aa1"
    assert [r.run_id for r in store.runs()] == ["aa1", "aa2"]
    with pytest.raises(StoreError, match="more than one"):
        store.run("aa")
    with pytest.raises(StoreError, match="no run"):
        store.run("%")


def test_snapshot_is_kept_under_its_hash(store: Store) -> None:
    store.record_snapshot("factors", "f1", b"factor_id,value\n", 0, AT)
    store.record_snapshot("factors", "f1", b"factor_id,value\n", 0, AT)
    assert store.snapshot("factors", "f1") == b"factor_id,value\n"
    assert store.snapshot("areas", "f1") is None
    assert [entry.action for entry in store.audit()] == ["snapshot"]


def test_verify_finds_changed_and_missing_files(store: Store) -> None:
    first, second = hand_in(store, "a.csv", b"1", 1.0), hand_in(store, "b.csv", b"2", 2.0)
    run = store.record_run("r1", {}, {"ledger.csv": b"1\n"}, AT)
    assert store.verify() == ()
    (store.folder / "files" / first.sha256[:2] / first.sha256).write_bytes(b"other")
    (store.folder / "activity" / f"{second.activity_sha256}.parquet").unlink()
    (Path(run.folder) / "ledger.csv").write_bytes(b"9\n")
    names = ["store-content-changed", "store-content-missing", "store-content-changed"]
    assert [f.name for f in store.verify()] == names
    with pytest.raises(StoreError, match=r"a\.csv"):
        store.source(first)
    with pytest.raises(StoreError, match=r"b\.csv"):
        store.activity()


def test_swapped_records_are_noticed(store: Store) -> None:
    first, second = hand_in(store, "a.csv", b"1", 1.0), hand_in(store, "b.csv", b"2", 2.0)
    files = [store.folder / "activity" / f"{s.activity_sha256}.parquet" for s in (first, second)]
    files[0].write_bytes(files[1].read_bytes())
    with pytest.raises(StoreError, match="does not match its recorded hash"):
        store.activity([first])


def test_audit_chain_shows_a_changed_line(store: Store, tmp_path: Path) -> None:
    for number in range(3):
        hand_in(store, f"{number}.csv", b"%d" % number, 1.0)
    with sqlite3.connect(tmp_path / "store" / "ghg.sqlite") as connection:
        connection.execute("DROP TRIGGER audit_no_update")
        connection.execute("UPDATE audit SET at = 'earlier' WHERE id = 2")
    connection.close()
    found = store.verify()
    # The line no longer fits the chain, nor the row that it is about.
    assert [(f.name, dict(f.values)) for f in found] == [
        ("audit-broken", {"line": "2"}), ("audit-differs", {"submission": "2"}),
    ]  # fmt: skip


def test_tidy_removes_what_no_row_names(store: Store) -> None:
    made = hand_in(store, "a.csv", b"1", 1.0)
    store.record_snapshot("factors", "f1", b"factors", 0, AT)
    store.record_run("r1", {}, {"ledger.csv": b"1"}, AT)
    (store.folder / "files" / "ab").mkdir()
    (store.folder / "files" / "ab" / ("ab" * 32)).write_bytes(b"orphan")
    (store.folder / "activity" / ".tmp-1").write_bytes(b"half")
    (store.runs_folder / ".tmp-2").mkdir()
    assert store.tidy() == ("activity/.tmp-1", f"files/ab/{'ab' * 32}", "runs/.tmp-2")
    assert store.tidy() == ()
    assert store.verify() == ()
    assert store.source(made) == b"1"


def test_opening_again_sees_everything(store: Store, tmp_path: Path) -> None:
    hand_in(store, "a.csv", b"1", 1.0)
    again = Store.open(f"sqlite:///{tmp_path}/store/ghg.sqlite")
    assert again.submissions() == store.submissions()


def test_newer_store_is_refused_and_left_alone(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "store" / "ghg.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
    connection.close()
    with pytest.raises(StoreError, match="newer version of the program"):
        Store.open(path)


def test_other_databases_and_files_are_refused_and_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    with pytest.raises(StoreError, match="not a store"):
        Store.open(other)
    with sqlite3.connect(other) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    connection.close()
    text = tmp_path / "notes.txt"
    text.write_text("not a database, " * 400)
    with pytest.raises(StoreError, match="not a store"):
        Store.open(text)
    assert text.read_text() == "not a database, " * 400


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("nonsense://x", "cannot be opened"),
        ("://", "cannot be opened"),
        ("postgresql+psycopg://localhost/x", "no folder"),
    ],
)
def test_urls_nobody_can_open_are_refused(target: str, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        Store.open(target)


def test_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be kept here") as caught:
        Store.open(tmp_path / "file" / "ghg.sqlite")
    assert str(tmp_path / "file") in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_folder_without_permission_is_refused(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    with pytest.raises(StoreError, match="no permission"):
        Store.open(locked / "store" / "ghg.sqlite")
