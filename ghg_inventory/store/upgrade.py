"""Bring the database to the schema this program knows, or refuse one it does not know.

The version is read with one plain SELECT; alembic is imported only when something has to be done.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, text

from ghg_inventory.store.engine import has_tables, is_empty, reading, write
from ghg_inventory.store.trouble import refuse

# Every revision in migrations/versions, oldest first; a test compares the two.
REVISIONS = ("0001", "0002")
HEAD = REVISIONS[-1]


def ensure_schema(engine: Engine, where: str) -> None:
    """Create or upgrade the tables in one transaction.

    Raises: Refusal for a database of a newer program version or one that is not ours; it is left alone.
    """
    with reading(engine) as connection:
        found = schema_version(connection, where)
    if found == HEAD:
        return

    def upgrade_unless_done(connection: Connection) -> None:
        # Another process may have done it while we waited for the lock.
        if schema_version(connection, where) != HEAD:
            _upgrade(connection)

    write(engine, upgrade_unless_done)


def schema_version(connection: Connection, where: str) -> str:
    """The revision of the database, "" for an empty one. Raises: Refusal as in ensure_schema."""
    if not has_tables(connection, "alembic_version"):
        if is_empty(connection):
            return ""
        raise refuse("store-not-a-store", where)
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is None and not has_tables(connection, "submissions"):
        return ""
    if found not in REVISIONS:
        raise refuse("store-newer", where, found=found, known=HEAD)
    return str(found)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
