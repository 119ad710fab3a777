"""Schema history of the store, run by alembic (see store/upgrade.py)."""
