"""Connections and transactions. The only module that knows one database from another.

SQLite: write-ahead log, foreign keys, synchronous=FULL (what was accepted survives a power cut), and every
writer starts with BEGIN IMMEDIATE: a deferred BEGIN lets two writers read the same state and one of them
fail, or be lost, when it first writes. Other databases: the writer locks the one row of alembic_version.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from ghg_inventory.store.trouble import refuse

BUSY_SECONDS = 30
_WRITE = "ghg_write"
T = TypeVar("T")

# Seconds to wait before each further try of a transaction that failed only because of the moment.
_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
# SQLite has waited BUSY_SECONDS by itself before it says that it is busy: two more tries are enough.
_BUSY_PAUSES = (0.05, 0.05)
# PostgreSQL's names for such moments: serialization failure, deadlock, lock not available, too many
# connections, server starting or stopping. Class 08 is a connection that broke.
_PASSING_STATES = ("40001", "40P01", "55P03", "53300", "57P01", "57P02", "57P03")
# Any number that no other program is likely to lock in our database.
_ADVISORY_LOCK = 0x67686731


def url_of(target: str | Path) -> URL:
    """A database URL from a URL text or a SQLite file's path. Raises: Refusal for a URL nobody can read."""
    if isinstance(target, Path) or "://" not in target:
        return URL.create("sqlite", database=str(Path(target).resolve()))
    try:
        return make_url(target)
    except ArgumentError as error:
        raise refuse("store-cannot-open", target, reason="not a database URL") from error


def sqlite_file(url: URL) -> Path | None:
    """The database file of a SQLite URL, None for any other database."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database).resolve()


def make_engine(url: URL) -> Engine:
    """An engine that opens a fresh connection for each transaction, so that it is safe in any process."""
    try:
        engine = create_engine(url, poolclass=NullPool)
    except (ImportError, ArgumentError) as error:
        raise refuse("store-cannot-open", str(url), reason=str(error)) from error
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # Python's sqlite3 must not open transactions by itself; _begin_sqlite does.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA foreign_keys = ON")
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous = FULL")


def _write_ahead(connection: Any) -> None:
    """Switch to the write-ahead log. SQLite does not wait for a busy database here, so we do."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one consistent state and writes nothing."""
    with engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is alone in writing; committed at the end of the block, undone by an exception."""
    with engine.execution_options(**{_WRITE: True}).begin() as connection:
        if engine.dialect.name != "sqlite":
            _wait_for_turn(connection)
        yield connection


def _wait_for_turn(connection: Connection) -> None:
    if has_tables(connection, "alembic_version"):
        connection.execute(text("SELECT version_num FROM alembic_version FOR UPDATE"))
    elif connection.dialect.name == "postgresql":
        # No table yet: of several processes that open a new store at once, one makes the tables.
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))


def read(engine: Engine, action: Callable[[Connection], T]) -> T:
    """Run `action` in a transaction that writes nothing; again when only the moment was bad."""

    def once() -> T:
        with reading(engine) as connection:
            return action(connection)

    return _again(once)


def write(engine: Engine, action: Callable[[Connection], T]) -> T:
    """Run `action` in a transaction that is alone in writing; again when only the moment was bad.

    A connection may break while the transaction is committed, so that nobody knows whether it was: `action`
    must find out by itself that it was done already.
    """

    def once() -> T:
        with writing(engine) as connection:
            return action(connection)

    return _again(once)


def _again(once: Callable[[], T]) -> T:
    """Try as long as it fails because of the moment: a deadlock, a broken connection, a server that starts."""
    tried = 0
    while True:
        try:
            return once()
        except DBAPIError as error:
            pauses = _pauses(error)
            if tried >= len(pauses):
                raise
            time.sleep(pauses[tried])
            tried += 1


def _pauses(error: DBAPIError) -> tuple[float, ...]:
    """How often and after which pauses it is worth to try again after this error."""
    if str(getattr(error.orig, "sqlite_errorname", "")).startswith("SQLITE_BUSY"):
        return _BUSY_PAUSES
    state = str(getattr(error.orig, "sqlstate", "") or "")
    passing = state in _PASSING_STATES or state.startswith("08") or error.connection_invalidated
    return _PAUSES if passing else ()


def has_tables(connection: Connection, *names: str) -> bool:
    """True when every named table exists."""
    return all(connection.dialect.has_table(connection, name) for name in names)


def is_empty(connection: Connection) -> bool:
    """True when the database holds no table at all."""
    return not connection.dialect.get_table_names(connection)


def forbid_changes(connection: Connection, table: str) -> None:
    """Make the database itself refuse UPDATE and DELETE on `table` (SQLite and PostgreSQL)."""
    if connection.dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    elif connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION ghg_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'this table is append-only'; END $$"
        )
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION ghg_append_only()"
        )
