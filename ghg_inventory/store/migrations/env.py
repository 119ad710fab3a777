"""Alembic's entry: run the scripts on the connection and inside the transaction that the store opened."""

from __future__ import annotations

from alembic import context

from ghg_inventory.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
)
context.run_migrations()
