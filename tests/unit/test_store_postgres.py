"""The same store on a PostgreSQL server of our own; skipped where PostgreSQL or psycopg is missing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from writers import Server, answered, assert_nothing_lost, postgres, run_writers, tool

from ghg_inventory.activity.table import Activity
from ghg_inventory.errors import Place, StoreError, finding
from ghg_inventory.store import SourceFile, Store

pytest.importorskip("psycopg")
_NUMBERS = count()

AT = "2026-11-23T09:00:00+08:00"


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    if not tool("initdb"):
        pytest.skip("PostgreSQL is not installed (make test-all installs it where apt may)")
    with postgres() as made:
        yield made


@pytest.fixture
def server(running: Server) -> str:
    """The URL of a database of this test's own."""
    name = f"ghg_{next(_NUMBERS)}"
    engine = create_engine(running.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return running.url.replace("/postgres?", f"/{name}?")


def hand_in(store: Store, name: str, content: str, value: float) -> None:
    activity = Activity.from_columns({"file": [name], "year": [2012], "value": [value]})
    problem = finding("not-a-number", Place(name, line=2), text="一百")
    store.submit(SourceFile(name, content.encode()), activity, [problem], AT)


def test_store_works_on_postgresql(server: str, tmp_path: Path) -> None:
    store = Store.open(server, folder=tmp_path)
    for content, value in (("1", 1.0), ("1", 1.0), ("2", 2.0)):
        hand_in(store, "甲.csv", content, value)
    hand_in(store, "乙.csv", "3", 3.0)
    assert [(s.file_name, s.revision) for s in store.submissions()] == [("乙.csv", 1), ("甲.csv", 2)]
    assert sorted(store.activity().value.tolist()) == [2.0, 3.0]
    assert store.findings(store.submissions()[1])[0].values == (("text", "一百"),)
    store.record_run("ab12", {"x": "甲"}, {"ledger.csv": b"1"}, AT)
    assert store.run("ab").manifest == {"x": "甲"}
    assert store.verify() == ()
    assert store.tidy() == ()
    assert Store.open(server, folder=tmp_path).submissions() == store.submissions()


def test_rows_cannot_be_changed_on_postgresql(server: str, tmp_path: Path) -> None:
    hand_in(Store.open(server, folder=tmp_path), "append.csv", "1", 1.0)
    engine = create_engine(server)
    store = Store.open(server, folder=tmp_path)
    made = store.submit(
        SourceFile("r", b"1"), answered("r", 1.0, "510703", 2024), [], AT, review="submitted", by="王"
    )
    store.decide(made.id, "accepted", AT, by="李")
    for change in ("DELETE FROM submissions", "UPDATE audit SET at = ''", "UPDATE decisions SET by = '赵'",
                   "DELETE FROM scopes"):  # fmt: skip
        with engine.begin() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(change))
    engine.dispose()


def test_writers_take_turns_on_postgresql(server: str, tmp_path: Path) -> None:
    def work(who: str) -> None:
        store = Store.open(server, folder=tmp_path)
        for number in range(15):
            hand_in(store, "city.csv", f"{who}{number}", number + ord(who) / 1000)

    writers = [threading.Thread(target=work, args=(who,)) for who in "AB"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    store = Store.open(server, folder=tmp_path)
    history = [s for s in store.submissions(current_only=False) if s.file_name == "city.csv"]
    assert [s.revision for s in history] == [*range(1, 31)]
    assert [s.supersedes for s in history] == [None, *(s.id for s in history[:-1])]


def test_review_works_on_postgresql(server: str, tmp_path: Path) -> None:
    store = Store.open(server, folder=tmp_path)
    first = store.submit(SourceFile("a", b"1"), answered("a", 1.0, "510703", 2024), [], AT, by="王")
    second = store.submit(
        SourceFile("b", b"2"), answered("b", 2.0, "510703", 2024), [], AT, by="王", review="submitted"
    )
    assert (second.revision, second.supersedes) == (2, first.id)
    assert [s.id for s in store.submissions()] == [first.id]
    store.decide(second.id, "accepted", AT, by="李")
    assert store.submission(first.id).superseded == ("energy",)
    assert store.activity().value.tolist() == [2.0]
    with pytest.raises(StoreError, match="cannot become"):
        store.decide(second.id, "draft", AT, by="李")
    store.withdraw(second.id, AT, "错", "李")
    assert store.submissions() == ()
    assert store.verify() == ()


def test_four_writers_lose_nothing_on_postgresql(server: str, tmp_path: Path) -> None:
    # The tables are not there yet: of the four one makes them.
    run_writers(server, tmp_path, 4, 25)
    assert_nothing_lost(Store.open(server, folder=tmp_path), 4, 25)


@pytest.mark.slow
def test_sixteen_writers_lose_nothing_on_postgresql(server: str, tmp_path: Path) -> None:
    told = run_writers(server, tmp_path, 16, 400)
    print(f"{16 * 400 / told.seconds:.0f} a second, {told.memory_mb} MB")
    assert_nothing_lost(Store.open(server, folder=tmp_path), 16, 400)


def test_a_connection_that_breaks_is_tried_again(server: str, running: Server, tmp_path: Path) -> None:
    # The server drops the connection at the k-th question of an import, for every k; nobody notices.
    store = Store.open(server, folder=tmp_path)
    cutter = create_engine(running.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    left = 0

    def cut(connection: Connection, *_rest: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            number = connection.connection.dbapi_connection.info.backend_pid
            with cutter.connect() as other:
                other.execute(text(f"SELECT pg_terminate_backend({number}, 5000)"))

    event.listen(store._engine, "before_cursor_execute", cut)
    event.listen(store._engine, "commit", cut)
    for number in range(1, 60):
        left = number
        hand_in(store, "city.csv", str(number), float(number))
        if left > 0:
            break
    cutter.dispose()
    assert number > 10
    history = store.submissions(current_only=False)
    assert [s.revision for s in history] == [*range(1, number + 1)]
    assert store.verify() == ()


def test_server_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing was written") as caught:
        Store.open(f"postgresql+psycopg://bureau:secret@/postgres?host={tmp_path}", folder=tmp_path)
    assert "secret" not in str(caught.value)
