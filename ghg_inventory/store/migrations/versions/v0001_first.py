"""First schema: submissions, their findings, snapshots, runs, audit log.

Written out in full on purpose: a migration never changes, store/schema.py does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ghg_inventory.store.engine import forbid_changes

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the five tables and make them append-only."""
    _submissions()
    _findings()
    _others()
    for table in ("submissions", "findings", "snapshots", "runs", "audit"):
        forbid_changes(op.get_bind(), table)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _hash(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(64), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("file_name"), _number("revision"), _hash("sha256"), _number("size"), _text("kind"),
        _text("state"), sa.Column("supersedes", sa.Integer(), nullable=True), _text("imported_at"),
        _text("program_version"), _hash("activity_sha256"), _hash("records_sha256"),
        _hash("reading_sha256"),
        _number("record_count"), _number("error_count"), _number("warning_count"), _number("info_count"),
        _text("area_codes"), _text("years"),
        sa.PrimaryKeyConstraint("id", name="pk_submissions"),
        sa.ForeignKeyConstraint(["supersedes"], ["submissions.id"], name="fk_submissions_supersedes"),
        sa.UniqueConstraint("file_name", "revision", name="uq_submissions_file_name_revision"),
    )  # fmt: skip
    op.create_index("ix_submissions_file_name", "submissions", ["file_name"])
    op.create_index("ix_submissions_sha256", "submissions", ["sha256"])


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("id", sa.Integer(), nullable=False),
        _number("submission_id"), _text("name"), _text("severity"), _text("file"), _text("sheet"),
        _text("cell"), _number("line"), _text("values"),
        sa.PrimaryKeyConstraint("id", name="pk_findings"),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_findings_submission_id"),
    )  # fmt: skip
    op.create_index("ix_findings_submission_id", "findings", ["submission_id"])


def _others() -> None:
    op.create_table(
        "snapshots",
        sa.Column("kind", sa.String(32), nullable=False), _hash("sha256"), _hash("content_sha256"),
        _number("row_count"), _text("recorded_at"),
        sa.PrimaryKeyConstraint("kind", "sha256", name="pk_snapshots"),
    )  # fmt: skip
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False), _hash("run_id"),
        _text("created_at"), _text("manifest"), _text("files"),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.UniqueConstraint("run_id", name="uq_runs_run_id"),
    )  # fmt: skip
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("at"), _text("action"), _text("subject"), _text("detail"), _hash("sha256"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )  # fmt: skip
