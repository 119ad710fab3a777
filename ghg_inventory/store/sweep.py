"""Remove what a crash left: temporary files, and files that no row names.

Only under the writer's lock: a writer puts its files on disk under the same lock, so a file without a row
that is seen here belongs to nobody.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import Connection, select

from ghg_inventory.store.blobs import TEMPORARY
from ghg_inventory.store.schema import RUNS, SNAPSHOTS, SUBMISSIONS


def sweep(connection: Connection, folder: Path, runs_folder: Path) -> tuple[str, ...]:
    """Delete the leftovers. Returns: their paths, relative to `folder` or `runs_folder`, sorted."""
    contents = _column(connection, SUBMISSIONS.c.sha256) | _column(connection, SNAPSHOTS.c.content_sha256)
    readings = {f"{sha}.parquet" for sha in _column(connection, SUBMISSIONS.c.activity_sha256)}
    removed = _remove_unnamed(folder / "files", "*/*", contents)
    removed += _remove_unnamed(folder / "activity", "*", readings)
    known_runs = _column(connection, RUNS.c.run_id)
    removed += _remove_unnamed(runs_folder, f"{TEMPORARY}*", known_runs)
    return tuple(sorted(removed))


def _column(connection: Connection, column: object) -> set[str]:
    return set(connection.execute(select(column)).scalars())  # type: ignore[call-overload]


def _remove_unnamed(folder: Path, pattern: str, named: set[str]) -> list[str]:
    removed = []
    for path in folder.glob(pattern):
        if path.name not in named:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            removed.append(path.relative_to(folder.parent).as_posix())
    return removed
