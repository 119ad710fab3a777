"""Connections and transactions. The only module that knows one database from another.

SQLite: write-ahead log, foreign keys, synchronous=FULL (what was accepted survives a power cut), and every
writer starts with BEGIN IMMEDIATE: a deferred BEGIN lets two writers read the same state and one of them
fail, or be lost, when it first writes. Other databases: the writer locks the one row of alembic_version.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from ghg_inventory.store.trouble import refuse

BUSY_SECONDS = 30
_WRITE = "ghg_write"


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
        if engine.dialect.name != "sqlite" and has_tables(connection, "alembic_version"):
            connection.execute(text("SELECT version_num FROM alembic_version FOR UPDATE"))
        yield connection


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
