"""Exports of a run: ledger, totals, factors and tables as CSV, Parquet, JSON or a workbook."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from ghg_inventory.inventory import SCHEMES, completeness, crosswalk
from ghg_inventory.inventory.ledger import COLUMNS, EXTRA, ledger
from ghg_inventory.pipeline.reporting import factors_frame, used_factors
from ghg_inventory.pipeline.sheets import workbook
from ghg_inventory.pipeline.steps import RunResult, csv_bytes, findings_json

TABLES = (
    "ledger", "totals", "factors", "indicators", "reference", "findings", "completeness", "crosswalk", "filled",
)  # fmt: skip


def export_table(run: RunResult, table: str, scheme: str = "", areas: Iterable[str] = ()) -> pd.DataFrame:
    """One of TABLES as a frame, all profiles stacked.

    scheme: of the crosswalk, all of SCHEMES by default. areas: of crosswalk and completeness, all by default.
    Raises: KeyError for another table, ValueError for another scheme.
    """
    inventories = run.inventories.values()
    schemes = (scheme,) if scheme else SCHEMES
    makers: dict[str, Callable[[], pd.DataFrame]] = {
        "ledger": lambda: stacked_ledger(run),
        "totals": lambda: pd.concat([i.totals() for i in run.inventories.values()], ignore_index=True),
        "factors": lambda: factors_frame(
            run.library, used_factors(run, tuple(run.main.encoded.areas), run.main.years)
        ),
        "indicators": lambda: run.tables["indicators"],
        "reference": lambda: run.tables["reference"],
        "filled": lambda: run.tables["filled"],
        "findings": lambda: pd.DataFrame([f.as_dict() for f in run.findings]).drop(
            columns=["values"], errors="ignore"
        ),
        "completeness": lambda: pd.concat([completeness(i, areas) for i in inventories], ignore_index=True),
        "crosswalk": lambda: pd.concat(
            [crosswalk(i, name, areas) for i in inventories for name in schemes], ignore_index=True
        ),
    }
    return makers[table]()


def stacked_ledger(run: RunResult) -> pd.DataFrame:
    """The ledger of all profiles with the published columns first."""
    frame = pd.concat([ledger(i) for i in run.inventories.values()], ignore_index=True)
    return frame[[*COLUMNS, *EXTRA]]


def export_bytes(run: RunResult, fmt: str, table: str = "ledger", scheme: str = "") -> bytes:
    """csv, parquet or json of one table; xlsx of all of them (table is then ignored).

    A workbook holds completeness and crosswalk of the whole area only, not of each area below it.
    Text that a spreadsheet would run as a formula gets an apostrophe in a CSV. Raises: ValueError for another format.
    """
    if fmt == "xlsx":
        return _workbook(run, scheme)
    if fmt == "json" and table == "findings":
        return findings_json(run.findings)
    frame = export_table(run, table, scheme)
    if fmt == "csv":
        return csv_bytes(frame)
    if fmt == "parquet":
        stream = io.BytesIO()
        frame.to_parquet(stream, index=False)
        return stream.getvalue()
    if fmt == "json":
        # Not DataFrame.to_json: it keeps 15 decimals, which is neither exact nor enough for small numbers.
        records = [{k: None if _blank(v) else v for k, v in r.items()} for r in frame.to_dict("records")]
        return json.dumps(records, ensure_ascii=False, indent=1, allow_nan=False).encode()
    raise ValueError(f"no such format: {fmt}")


def _blank(value: object) -> bool:
    return isinstance(value, float) and value != value


def write_export(run: RunResult, fmt: str, path: Path, table: str = "ledger", scheme: str = "") -> Path:
    """Write an export, whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(export_bytes(run, fmt, table, scheme))
    part.replace(path)
    return path


def _workbook(run: RunResult, scheme: str) -> bytes:
    """All tables as sheets; every text is a text cell, which no spreadsheet runs."""
    root = [run.main.context.root]
    return workbook({name: export_table(run, name, scheme, root) for name in TABLES})
