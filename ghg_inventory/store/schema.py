"""The tables of the store. Changed only together with a new script in migrations/versions.

Text and integers only, so that any database SQLAlchemy knows can hold them. Lists and free values are JSON
text with sorted keys. Times are ISO 8601 text given by the caller: the store reads no clock.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

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


def _later_text(name: str) -> Column[str]:
    """A text column added by a later migration: blank in older rows."""
    return Column(name, Text, nullable=False, server_default="")


# `revision` counts the files of one name. `series` names area, year and sheets of a return ("" for any other
# file) and `series_revision` counts within it (0 for any other file).
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
    _later_text("by"), _later_text("series"),
    Column("series_revision", Integer, nullable=False, server_default="0"),
    UniqueConstraint("file_name", "revision"),
    Index("ix_submissions_series", "series", "series_revision"),
)  # fmt: skip

# The sheets that a return answers; of a withdrawal those that it ends.
SCOPES = Table(
    "scopes", METADATA,
    Column("id", Integer, primary_key=True),
    Column("submission_id", Integer, ForeignKey("submissions.id"), nullable=False, index=True),
    _text("area"), _number("year"), _text("sheet"), _text("title"),
    Index("ix_scopes_area_year", "area", "year", "submission_id"),
)  # fmt: skip

DECISIONS = Table(
    "decisions", METADATA,
    Column("id", Integer, primary_key=True),
    Column("submission_id", Integer, ForeignKey("submissions.id"), nullable=False, index=True),
    _text("state"), _text("at"), _text("by"), _text("reason"),
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
APPEND_ONLY = ("submissions", "scopes", "decisions", "findings", "snapshots", "runs", "audit")
