"""Many writers on SQLite, and what one more submission costs; on PostgreSQL see test_store_postgres.py."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import event
from writers import AT, answered, assert_nothing_lost, plain, run_writers

from ghg_inventory.store import SourceFile, Store

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes of a Unix system")


def many_writers(tmp_path: Path, writers: int, count: int) -> None:
    target = str(tmp_path / "ghg.sqlite")
    told = run_writers(target, tmp_path, writers, count)
    print(f"{writers * count / told.seconds:.0f} a second, {told.memory_mb} MB")
    assert_nothing_lost(Store.open(target), writers, count)


def test_four_writers_lose_nothing(tmp_path: Path) -> None:
    many_writers(tmp_path, 4, 25)


@pytest.mark.slow
def test_sixteen_writers_lose_nothing(tmp_path: Path) -> None:
    many_writers(tmp_path, 16, 400)


def questions(store: Store, name: str, number: int, scoped: bool) -> list[tuple[str, object]]:
    """What the database is asked while one more file is handed in."""
    asked: list[tuple[str, object]] = []

    def note(
        _connection: object, _cursor: object, statement: str, parameters: object, *_rest: object
    ) -> None:
        asked.append((statement, parameters))

    activity = answered(name, float(number), "510700", 2024) if scoped else plain(name, float(number))
    event.listen(store._engine, "before_cursor_execute", note)
    store.submit(SourceFile(name, f"{name} {number}".encode()), activity, [], AT, by="王", review="")
    event.remove(store._engine, "before_cursor_execute", note)
    return [(statement, parameters) for statement, parameters in asked if statement.startswith("SELECT")]


@pytest.mark.parametrize("scoped", [True, False])
def test_one_more_submission_costs_the_same_in_a_full_store(tmp_path: Path, scoped: bool) -> None:
    path = tmp_path / "ghg.sqlite"
    store = Store.open(path)
    asked = [questions(store, f"{'return' if scoped else 'a.csv'}", number, scoped) for number in range(80)]
    assert len({len(each) for each in asked[1:]}) == 1
    # And each question goes by an index, never through a table.
    with sqlite3.connect(path) as connection:
        for statement, parameters in asked[-1]:
            plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            steps = [row[3] for row in plan]
            # The last line of the log is found from its end.
            through = [step for step in steps if step.startswith("SCAN") and "FROM audit" not in statement]
            assert through == [], statement
    connection.close()
