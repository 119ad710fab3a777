"""The tables of the store. Changed only together with a new script in migrations/versions.

Text and integers only, so that any database SQLAlchemy knows can hold them. Lists and free values are JSON
text with sorted keys. Times are ISO 8601 text given by the caller: the store reads no clock.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, Text, UniqueConstraint

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _hash(name: str) -> Column[str]:
    return Column(name, String(64), nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


SUBMISSIONS = Table(
    "submissions", METADATA,
    Column("id", Integer, primary_key=True),
    Column("file_name", Text, nullable=False, index=True),
    _number("revision"),
    Column("sha256", String(64), nullable=False, index=True),
    _number("size"), _text("kind"), _text("state"),
    Column("supersedes", Integer, ForeignKey("submissions.id"), nullable=True),
    _text("imported_at"), _text("program_version"), _hash("activity_sha256"), _hash("records_sha256"),
    _hash("reading_sha256"),
    _number("record_count"), _number("error_count"), _number("warning_count"), _number("info_count"),
    _text("area_codes"), _text("years"),
    UniqueConstraint("file_name", "revision"),
)  # fmt: skip

FINDINGS = Table(
    "findings", METADATA,
    Column("id", Integer, primary_key=True),
    Column("submission_id", Integer, ForeignKey("submissions.id"), nullable=False, index=True),
    _text("name"), _text("severity"), _text("file"), _text("sheet"), _text("cell"), _number("line"),
    _text("values"),
)  # fmt: skip

# Factor sets and area trees as they were when a run used them: (kind, hash) → a blob under files/.
SNAPSHOTS = Table(
    "snapshots", METADATA,
    Column("kind", String(32), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    _hash("content_sha256"), _number("row_count"), _text("recorded_at"),
)  # fmt: skip

RUNS = Table(
    "runs", METADATA,
    Column("id", Integer, primary_key=True),
    Column("run_id", String(64), nullable=False, unique=True),
    _text("created_at"), _text("manifest"), _text("files"),
)  # fmt: skip

AUDIT = Table(
    "audit", METADATA,
    Column("id", Integer, primary_key=True),
    _text("at"), _text("action"), _text("subject"), _text("detail"), _hash("sha256"),
)  # fmt: skip

# Rows of these tables are written once: no UPDATE, no DELETE (the database itself refuses where it can).
APPEND_ONLY = ("submissions", "findings", "snapshots", "runs", "audit")
