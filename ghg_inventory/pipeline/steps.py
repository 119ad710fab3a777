"""The steps and their order. Nothing else in the program knows it.

1 read and check files   2 store   3 compile   4 indicators   5 reports
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from ghg_inventory import __version__
from ghg_inventory.activity import Activity, stated_in_two_files, without_duplicates
from ghg_inventory.activity import Context as ReadingContext
from ghg_inventory.activity.context import ParameterWords, load_variables
from ghg_inventory.checks import check_activity, check_inventory, threshold
from ghg_inventory.errors import Finding, finding, order
from ghg_inventory.indicators import compute, fuel_shares
from ghg_inventory.inventory import (
    Context,
    Inventory,
    Manifest,
    compile_inventory,
    ledger,
    reference_with_findings,
)
from ghg_inventory.inventory.fill import FLOW, fill
from ghg_inventory.inventory.grid_energy import grid_energy
from ghg_inventory.pipeline.library import Library, code_hashes, load_library
from ghg_inventory.pipeline.sheets import safe_frame
from ghg_inventory.pipeline.workspace import Workspace
from ghg_inventory.store import Store, Submission

Progress = Callable[[int, int, str, str, float], None]
"""Called as progress(step, steps, label_zh, label_en, fraction)."""

STEPS = (
    ("读取与检查", "read and check"),
    ("编制", "compile"),
    ("指标", "indicators"),
    ("报告", "reports"),
)


@dataclass(frozen=True, slots=True)
class RunResult:
    """A compiled run.

    inventories: by profile id, the main profile first. tables: reference, indicators, shares (see `tables_of`),
    filled (see `filled_values`). findings: of this run and of the submissions it used.
    """

    run_id: str
    manifest: Manifest
    inventories: dict[str, Inventory]
    tables: dict[str, pd.DataFrame]
    findings: tuple[Finding, ...]
    library: Library
    submissions: tuple[Submission, ...]

    @property
    def main(self) -> Inventory:
        """The inventory of the main (first) profile."""
        return next(iter(self.inventories.values()))


def tell(progress: Progress | None, step: int, fraction: float) -> None:
    """Report progress of a step (numbered from 1)."""
    if progress is not None:
        zh, en = STEPS[step - 1]
        progress(step, len(STEPS), zh, en, fraction)


# -- 1: what the readers know ------------------------------------------------------------------------


def _history(library: Library) -> set[str]:
    """Variables that some model wants from before the inventory's first year."""
    return {name for profile in library.methods.profiles.values() for name in profile.history_variables}


def demonstration(ws: Workspace) -> list[Finding]:
    """Invented data say so wherever anything is said about them."""
    return (
        [finding("demonstration-data", name=ws.name("zh"))] if ws.report.get("demonstration", False) else []
    )


def reading_context(ws: Workspace, library: Library) -> ReadingContext:
    """What the readers know in this workspace."""
    variables = frozenset({"fuel", *library.methods.variables, *library.factors.parameters})
    generic = any(m.variable == "*" for name in ws.profiles for m in library.methods.profile(name).methods)
    return ReadingContext(
        areas=library.areas, categories=library.categories, fuels=library.fuels,
        method_variables=frozenset() if generic else variables, known=library.methods.variables,
        parameters={
            name: ParameterWords(p.zh, p.en, p.units) for name, p in library.factors.parameters.items()
        },
        past=frozenset({*load_variables(), *library.factors.parameters, *_history(library)}),
        area_code=ws.area, folder=ws.folder,
    )  # fmt: skip


# -- 3, 4: compile, indicators ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a compilation starts from: submissions in force, their records, the findings of reading them."""

    submissions: tuple[Submission, ...]
    activity: Activity
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, submissions: Sequence[Submission], activity: Activity, findings: Iterable[Finding]) -> Holdings:
        """What two submissions both state is never added up: equal amounts count once, others not at all."""
        single, doubled = without_duplicates(activity)
        return cls(tuple(submissions), single, (*findings, *doubled, *stated_in_two_files(single)))


def holdings(store: Store, as_of: str = "") -> Holdings:
    """What is in force in the store, or was at the end of the day `as_of` (ISO date or instant)."""
    submissions = store.submissions(as_of=as_of)
    # What was said of a sheet that another file has taken the place of is settled.
    found = [f for s in submissions for f in store.findings(s) if f.place.sheet not in s.superseded]
    return Holdings.of(submissions, store.activity(submissions), found)


def compile_run(
    ws: Workspace, *, years: Iterable[int] | None = None, profiles: Iterable[str] | None = None,
    progress: Progress | None = None, at: str = "", record: bool = True, as_of: str = "",
    given: Holdings | None = None,
) -> RunResult:  # fmt: skip
    """Compile what is in force, under each profile, and keep the run under its id.

    years, profiles: a choice among the workspace's (all by default). as_of: what counted at the end of that day;
    the same records give the same run, whatever came in later. given: instead of what is stored.
    """
    tell(progress, 2, 0.0)
    library = load_library(ws)
    chosen_years = tuple(sorted(years)) if years else ws.years
    names = tuple(profiles) if profiles else ws.profiles
    held = given or holdings(ws.open_store(), as_of)
    submissions = held.submissions
    activity, filled = fill(held.activity, library.fills)
    activity, left_out = _within(activity, ws, library, chosen_years, names)
    manifest = _manifest(ws, library, submissions, chosen_years, names)
    inventories = {}
    for number, name in enumerate(names):
        tell(progress, 2, (number + 1) / (len(names) + 1))
        context = Context(
            library.areas, library.categories, library.fuels, library.factors, library.methods.profile(name),
            library.assumptions,
            ws.area,
        )  # fmt: skip
        inventories[name] = compile_inventory(activity, context, library.gwp, ws.gwp_set, chosen_years)
    tell(progress, 3, 0.0)
    tables, noticed = tables_of(inventories, library)
    tables["filled"] = filled_values(activity)
    findings = order([
        *demonstration(ws), *library.findings, *filled, *left_out, *noticed,
        *check_activity(activity, library.methods, names, min(chosen_years, default=0), library.areas),
        *held.findings,
        *(f for i in inventories.values() for f in (*i.findings, *check_inventory(i))),
    ])  # fmt: skip
    run = RunResult(manifest.run_id, manifest, inventories, tables, findings, library, submissions)
    tell(progress, 3, 1.0)
    if record:
        _keep(ws.open_store(), run, at)
    return run


FILLED = ("area_code", "year", "category", "variable", "item", "technology", "value", "unit", "method", "note")
"""Columns of the table of filled values."""


def filled_values(activity: Activity) -> pd.DataFrame:
    """Every value that no return states and a declared [[fill]] supplied, with its method and reason."""
    flows = activity.flow.words
    is_fill = np.asarray([word.startswith(FLOW) for word in flows], dtype=bool)
    chosen = activity.select(is_fill[activity.flow.codes]) if len(activity) else activity
    frame = chosen.frame()
    return frame.assign(method=frame["flow"].str.removeprefix(FLOW))[[*FILLED]]


def _within(
    activity: Activity, ws: Workspace, library: Library, years: tuple[int, ...], profiles: tuple[str, ...]
) -> tuple[Activity, list[Finding]]:
    """The records of the workspace's area and years; what lies outside is counted in a finding.

    What feeds an array model (deposits of the past) and the parameters of its years are kept.
    """
    # Overlays (functional zones) belong to the area though they are not added to it.
    inside = {ws.area, *library.areas.descendants(ws.area)}
    area_ok = np.asarray([word in inside for word in activity.area_code.words], dtype=bool)
    past = set(library.factors.parameters)
    for name in profiles:
        past |= library.methods.profile(name).history_variables
    historic = np.asarray([word in past for word in activity.variable.words], dtype=bool)
    keep = current = np.isin(activity.year, years)
    if len(activity):
        current = current & area_ok[activity.area_code.codes]
        keep = current | (area_ok[activity.area_code.codes] & historic[activity.variable.codes])
    outside = int((~keep).sum())
    findings = (
        [finding("records-outside", count=outside, area=ws.area, years=_years_text(years))] if outside else []
    )
    if not current.any():
        findings.append(finding("nothing-to-compile", area=ws.area, years=_years_text(years)))
    return activity.select(keep).canonical(), findings


def _years_text(years: Iterable[int]) -> str:
    return ", ".join(map(str, years))


def _manifest(
    ws: Workspace, library: Library, submissions: Sequence[Submission], years: tuple[int, ...],
    profiles: tuple[str, ...],
) -> Manifest:  # fmt: skip
    files = [
        " ".join([s.file_name, s.sha256, s.activity_sha256, *(f"-{title}" for title in s.superseded)])
        for s in submissions
    ]
    assumptions = [
        list(a)
        for a in (*library.assumptions.technology, *library.assumptions.category, *library.assumptions.item)
    ]
    parts = {
        "area": ws.area, "areas_sha256": library.areas_sha256,
        "assumptions": json.dumps(assumptions, ensure_ascii=False),
        "fills": json.dumps([asdict(one) for one in library.fills], ensure_ascii=False),
        "factors_sha256": library.factors.sha256,
        "gwp_set": ws.gwp_set, "methods_sha256": library.methods.sha256, "profiles": ",".join(profiles),
        "program": f"ghg-inventory {__version__}", "submissions": json.dumps(sorted(files), ensure_ascii=False),
        "years": _years_text(years), **code_hashes(),
    }  # fmt: skip
    return Manifest(tuple(sorted(parts.items())))


def tables_of(
    inventories: Mapping[str, Inventory], library: Library
) -> tuple[dict[str, pd.DataFrame], list[Finding]]:
    """Tables beside the inventory: reference approach, indicators, fuel shares (all profiles stacked)."""
    findings: list[Finding] = []
    reference, indicators = [], []
    for name, inventory in inventories.items():
        compared, lacking = reference_with_findings(inventory, library.gwp)
        reference.append(compared.assign(profile=name))
        findings += lacking
        table, noticed = compute(inventory)
        indicators.append(table)
        if name == next(iter(inventories)):
            findings += noticed
            used = grid_energy(inventory)
            if used is not None and used.unknown:
                findings.append(finding("grid-factor-missing", count=used.unknown, profile=name))
    shares = fuel_shares(next(iter(inventories.values())))
    findings += _reference_gaps(pd.concat(reference, ignore_index=True))
    return {
        "reference": pd.concat(reference, ignore_index=True),
        "indicators": pd.concat(indicators, ignore_index=True),
        "shares": shares,
    }, findings


def _reference_gaps(table: pd.DataFrame) -> list[Finding]:
    wide = table[table["difference_pct"].abs() > threshold("reference_gap")]
    return [
        finding(
            "reference-gap",
            area=r.area_code,
            year=int(r.year),
            profile=r.profile,
            gap=f"{r.difference_pct:+.1f}",
            reference=f"{r.reference_co2_t:,.0f}",
            sectoral=f"{r.sectoral_co2_t:,.0f}",
        )
        for r in wide.itertuples()
    ]


def _keep(store: Store, run: RunResult, at: str) -> None:
    """Write the run's tables under runs/<run id>/; a run that is there already must say the same."""
    totals = pd.concat([i.totals() for i in run.inventories.values()], ignore_index=True)
    rows = pd.concat([ledger(i) for i in run.inventories.values()], ignore_index=True)
    files = {
        "totals.parquet": _parquet(totals), "ledger.parquet": _parquet(rows),
        "indicators.csv": csv_bytes(run.tables["indicators"]), "reference.csv": csv_bytes(run.tables["reference"]),
        "filled.csv": csv_bytes(run.tables["filled"]),
        "findings.json": findings_json(run.findings),
    }  # fmt: skip
    store.record_run(run.run_id, dict(run.manifest.parts), files, at)


def _parquet(frame: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.to_parquet(stream, index=False)
    return stream.getvalue()


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """A table as UTF-8 CSV with LF; floats in their shortest exact spelling, NaN as nothing, no text that would run."""
    text: str = safe_frame(frame).to_csv(index=False, lineterminator="\n")
    return text.encode()


def findings_json(findings: Iterable[Finding]) -> bytes:
    """Findings as JSON, both languages."""
    return json.dumps([f.as_dict() for f in findings], ensure_ascii=False, indent=1).encode()


def check_store(ws: Workspace, *, strict: bool = False, names: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Findings over what is stored: of the imports and of a trial compile.

    strict: warnings count as errors. names: only findings of these names.
    """
    run = compile_run(ws, record=False)
    found = [f for f in run.findings if not names or f.name in names]
    if strict:
        found = [finding_as_error(f) if f.severity == "warning" else f for f in found]
    return order(found)


def finding_as_error(noticed: Finding) -> Finding:
    """The same finding with severity "error"."""
    return Finding(noticed.name, "error", noticed.place, noticed.values)


__all__ = [
    "Holdings", "Progress", "RunResult", "check_store", "compile_run", "csv_bytes", "findings_json", "holdings",
    "tables_of",
]  # fmt: skip
