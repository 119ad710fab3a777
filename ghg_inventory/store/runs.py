"""Runs: a folder of results per run id, and its row.

The run id is the hash of everything that went in, so the same id must come with the same files. The folder
is there whole or not at all; it is written before its row.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, insert, select

from ghg_inventory.store import rows
from ghg_inventory.store.blobs import sha256_of, write_folder
from ghg_inventory.store.records import Run, RunFile
from ghg_inventory.store.schema import AUDIT, RUNS
from ghg_inventory.store.trouble import refuse

MANIFEST = "manifest.json"


def write_run(folder: Path, run_id: str, files: Mapping[str, bytes]) -> tuple[RunFile, ...]:
    """Write the run's folder, or compare with the one that is there.

    Other files in an existing folder (reports made later) are left alone.
    Returns: the files as they are on disk. Raises: Refusal when an existing file says something else.
    """
    if not folder.exists():
        write_folder(folder, files)
        return _listed(files)
    existing = {name: (folder / name).read_bytes() for name in files if (folder / name).is_file()}
    for name in sorted(files):
        if name not in existing or not _says_the_same(existing[name], files[name]):
            raise refuse("store-run-differs", str(folder), run_id=run_id, file_name=name)
    return _listed(existing)


def _listed(files: Mapping[str, bytes]) -> tuple[RunFile, ...]:
    return tuple(RunFile(name, sha256_of(files[name]), len(files[name])) for name in sorted(files))


def _says_the_same(old: bytes, new: bytes) -> bool:
    """Equal bytes; or, written by another version of pyarrow, equal tables."""
    if old == new:
        return True
    if not (old.startswith(b"PAR1") and new.startswith(b"PAR1")):
        return False
    try:
        return bool(_plain_table(old).equals(_plain_table(new)))
    except (pa.ArrowInvalid, OSError):
        return False


def _plain_table(content: bytes) -> Any:
    return pq.read_table(io.BytesIO(content)).replace_schema_metadata(None)


def insert_run(connection: Connection, run: Run) -> None:
    """Add the row of a run that is not there yet, and its audit line in any case."""
    known = is_known(connection, run.run_id)
    if not known:
        listing = [{"name": f.name, "sha256": f.sha256, "size": f.size} for f in run.files]
        connection.execute(insert(RUNS), {
            "run_id": run.run_id, "created_at": run.created_at,
            "manifest": rows.json_text(run.manifest), "files": rows.json_text(listing),
        })  # fmt: skip
    detail = {"again": known, "files": {f.name: f.sha256 for f in run.files}}
    rows.add_audit(connection, run.created_at, "run", run.run_id, detail)


def is_known(connection: Connection, run_id: str) -> bool:
    """True when the run is there already."""
    return connection.execute(select(RUNS.c.run_id).where(RUNS.c.run_id == run_id)).scalar() is not None


def find_run(connection: Connection, beginning: str, runs: Path) -> Run:
    """The run whose id begins with `beginning`. Raises: Refusal when there is none or more than one."""
    query = select(RUNS).where(RUNS.c.run_id.startswith(beginning, autoescape=True))
    found = [*connection.execute(query.order_by(RUNS.c.id)).mappings()]
    if not found:
        raise refuse("store-run-unknown", str(runs), run_id=beginning)
    if len(found) > 1:
        choices = ", ".join(row["run_id"][: len(beginning) + 6] for row in found)
        raise refuse("store-run-ambiguous", str(runs), run_id=beginning, choices=choices)
    return rows.run_of(found[0], str(runs / found[0]["run_id"]))


def all_runs(connection: Connection, runs: Path) -> tuple[Run, ...]:
    """Every run, in the order in which they were first made."""
    found = connection.execute(select(RUNS).order_by(RUNS.c.id)).mappings()
    return tuple(rows.run_of(row, str(runs / row["run_id"])) for row in found)


def latest_run(connection: Connection, runs: Path) -> Run | None:
    """The run made last, counting runs made again; None when there is none."""
    query = select(AUDIT.c.subject).where(AUDIT.c.action == "run").order_by(AUDIT.c.id.desc()).limit(1)
    found = connection.execute(query).scalar()
    return None if found is None else find_run(connection, str(found), runs)


def manifest_bytes(manifest: Mapping[str, Any]) -> bytes:
    """The manifest as the file manifest.json: sorted keys, indented, final newline."""
    return (json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()
