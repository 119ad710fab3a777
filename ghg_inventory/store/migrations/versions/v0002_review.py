"""Review and scopes: who handed a file in, which sheets a return answers, what was decided about it.

Written out in full on purpose: a migration never changes, store/schema.py does. Rows that are there stay as
they are; the new columns are blank in them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ghg_inventory.store.engine import forbid_changes

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add three columns and two append-only tables."""
    for name in ("by", "series"):
        op.add_column("submissions", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    count = sa.Column("series_revision", sa.Integer(), nullable=False, server_default="0")
    op.add_column("submissions", count)
    op.create_index("ix_submissions_series", "submissions", ["series", "series_revision"])
    _scopes()
    _decisions()
    for table in ("scopes", "decisions"):
        forbid_changes(op.get_bind(), table)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _scopes() -> None:
    op.create_table(
        "scopes",
        sa.Column("id", sa.Integer(), nullable=False),
        _number("submission_id"), _text("area"), _number("year"), _text("sheet"), _text("title"),
        sa.PrimaryKeyConstraint("id", name="pk_scopes"),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_scopes_submission_id"),
    )  # fmt: skip
    op.create_index("ix_scopes_submission_id", "scopes", ["submission_id"])
    op.create_index("ix_scopes_area_year", "scopes", ["area", "year", "submission_id"])


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        _number("submission_id"), _text("state"), _text("at"), _text("by"), _text("reason"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_decisions_submission_id"),
    )  # fmt: skip
    op.create_index("ix_decisions_submission_id", "decisions", ["submission_id"])
