"""The machine-readable half of a report: what a verifier takes out of the PDF to recompute it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from ghg_inventory.errors import order
from ghg_inventory.report.model import ReportInput
from ghg_inventory.tables import safe_text


@dataclass(frozen=True, slots=True)
class Attached:
    """A file inside the PDF: name, content, one line on what it is."""

    name: str
    content: bytes
    description: str


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """A frame as CSV: UTF-8, LF, numbers in the shortest form that reads back the same, blank for missing."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(frame.columns)
    columns = [[_cell(value) for value in frame[name].tolist()] for name in frame.columns]
    writer.writerows(zip(*columns, strict=True))
    return stream.getvalue().encode("utf-8")


def _cell(value: Any) -> str:
    if value is None or value is pd.NA:
        return ""
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return safe_text(str(value))


def json_bytes(value: object) -> bytes:
    """A value as JSON: UTF-8, sorted keys, two spaces."""
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode("utf-8")


def attachments(data: ReportInput) -> tuple[Attached, ...]:
    """The files a report carries, in order of name, the manifest with the SHA-256 of the others."""
    files = [
        Attached("factors.csv", csv_bytes(data.factors_used), "Factors and parameters used"),
        Attached("findings.json", json_bytes([f.as_dict() for f in order(data.findings)]), "Findings of the checks"),
        Attached("ledger.csv", csv_bytes(data.ledger), "Ledger: one row per activity record and gas"),
        Attached("totals.csv", csv_bytes(data.totals), "Totals by area, year, category and gas"),
    ]
    files += [Attached(name, csv_bytes(frame), description) for name, (frame, description) in _optional(data).items()]
    manifest = Attached("manifest.json", json_bytes(_manifest(data, files)), "What was run, from what, with what")
    return tuple(sorted([*files, manifest], key=lambda file: file.name))


def attached_names(data: ReportInput) -> tuple[str, ...]:
    """The names of the files a report carries, the manifest first."""
    return ("manifest.json", "ledger.csv", "totals.csv", "factors.csv", *_optional(data), "findings.json")


def _optional(data: ReportInput) -> dict[str, tuple[pd.DataFrame, str]]:
    """Tables that not every inventory has: name → frame and one line on what it is."""
    frames = {
        "methods.csv": (_methods(data), "Methods used under every profile"),
        "completeness.csv": (data.completeness, "What stands for every leaf category and gas"),
        "filled.csv": (data.filled, "Values filled by a declared rule"),
        "crosswalk.csv": (data.crosswalk, "Emissions by IPCC 2006, CRT and GPC codes"),
    }
    return {name: pair for name, pair in frames.items() if len(pair[0])}


METHODS = (
    "id", "title_zh", "title_en", "profiles", "categories", "gas", "tier", "formula", "symbols", "supplement",
    "stands_for", "document", "locator", "note_zh", "note_en",
)  # fmt: skip


def _methods(data: ReportInput) -> pd.DataFrame:
    """The methods used, one a row: formula as text, symbols as "CC: carbon content [t C/TJ]"."""
    rows = [
        (m.id, m.title.zh, m.title.en, ";".join(m.profiles), ";".join(m.categories), m.gas, m.tier,
         _plain(m.formula_html),
         "; ".join(f"{s.symbol}: {s.meaning('zh')} [{s.unit}]" for s in m.inputs), m.supplement, m.stands_for.zh,
         m.document, m.locator, m.note.zh, m.note.en)
        for m in data.methods_used
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(METHODS))


def _plain(formula: str) -> str:
    """A formula as text: the fraction bar of `Formula.html` holds its slash."""
    return str(Markup(formula).striptags())  # noqa: S704  # text is taken out, nothing goes into a page


def _manifest(data: ReportInput, files: list[Attached]) -> dict[str, object]:
    run = data.run
    return {
        "run_id": run.run_id,
        "program_version": run.program_version,
        "factor_set_sha256": run.factor_set_sha256,
        "command": run.command,
        "area_code": data.area_code,
        "year": data.year,
        "years": list(data.years),
        "profile": data.main_profile,
        "profiles": [profile.id for profile in data.profiles],
        "gwp_set": data.gwp.id,
        "issue_date": data.issue_date,
        "data_cutoff": data.data_cutoff,
        "demonstration": data.demonstration,
        "inputs": [{"name": f.name, "sha256": f.sha256, "kind": f.kind, "rows": f.rows} for f in run.inputs],
        "attachments": {file.name: hashlib.sha256(file.content).hexdigest() for file in files},
    }
