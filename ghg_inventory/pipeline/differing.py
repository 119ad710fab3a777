"""Two results side by side, whether just compiled, read back from disk, or as known on a day.

inventory/difference.py compares; here the results are found, and what came in between them is named.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree
from ghg_inventory.errors import Finding
from ghg_inventory.indicators.targets import Results, load_targets, track
from ghg_inventory.inventory.difference import (
    FileChange,
    PartChange,
    causes,
    compare_indicators,
    compare_manifests,
    compare_records,
    compare_totals,
)
from ghg_inventory.inventory.record_changes import RECORD
from ghg_inventory.pipeline.exporting import stacked_ledger
from ghg_inventory.pipeline.steps import Progress, RunResult, compile_run
from ghg_inventory.pipeline.workspace import Workspace
from ghg_inventory.store import Run, RunFile, Store, Submission
from ghg_inventory.store.blobs import sha256_of
from ghg_inventory.store.trouble import refuse

_DAY = re.compile(r"\d{4}-\d\d-\d\d.*")
_SCOPE = ("area", "years", "profiles")
"""Parts of a manifest that say what a result is about."""
_NUMBERS = ("value", "numerator", "denominator")


@dataclass(frozen=True, slots=True)
class Vintage:
    """A result and where it is from. made: when the run was made, "" of one just compiled.

    as_of: the day as whose knowledge it was compiled, "" for a run or for the present.
    """

    run_id: str
    made: str
    as_of: str
    manifest: dict[str, str]
    totals: pd.DataFrame
    ledger: pd.DataFrame
    indicators: pd.DataFrame

    @property
    def years(self) -> tuple[int, ...]:
        """The years it is about."""
        return tuple(int(year) for year in self.manifest.get("years", "").split(", ") if year)

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profiles it was compiled under, the main one first."""
        return tuple(name for name in self.manifest.get("profiles", "").split(",") if name)


@dataclass(frozen=True, slots=True)
class Difference:
    """What lies between two results, within the profiles and years that both have.

    totals, records, indicators: see inventory/difference.py. files, parts: in which the manifests differ.
    """

    before: Vintage
    after: Vintage
    profiles: tuple[str, ...]
    years: tuple[int, ...]
    totals: pd.DataFrame
    records: pd.DataFrame
    indicators: pd.DataFrame
    files: tuple[FileChange, ...]
    parts: tuple[PartChange, ...]

    @property
    def is_nothing(self) -> bool:
        """True when no total, no record and no indicator differs."""
        return not (self.totals["moved"].any() or len(self.records) or len(self.indicators))

    def causes(self, areas: AreaTree, area: str) -> pd.DataFrame:
        """Why the total of an area moved, by profile and year; adds up."""
        return causes(self.records, self.totals, areas, CategoryTree.load(), area)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that changed between two results, with the submission behind it (None when the store lacks it).

    replaces: the name of the file whose place a new one took, "" for its own earlier revision or none.
    """

    change: FileChange
    submission: Submission | None
    replaces: str = ""


# -- finding results ----------------------------------------------------------------------------------


def is_day(text: str) -> bool:
    """True for a date or an instant (2025-04-30), False for the beginning of a run id."""
    return _DAY.fullmatch(text) is not None


def vintage_of(ws: Workspace, named: str, *, progress: Progress | None = None) -> Vintage:
    """The run whose id begins with `named`, what was known on the day `named`, or with "" what is known now.

    A day is compiled afresh with today's program, factors and methods, and not recorded: what then differs between
    two days is what came in. Raises: Refusal for a run that is not there or damaged.
    """
    if named and not is_day(named):
        store = ws.open_store()
        return read_vintage(store.run(named))
    return of_result(compile_run(ws, as_of=named, record=False, progress=progress), as_of=named)


def of_result(run: RunResult, *, as_of: str = "", made: str = "") -> Vintage:
    """A result in memory."""
    totals = pd.concat([one.totals() for one in run.inventories.values()], ignore_index=True)
    return Vintage(
        run.run_id,
        made,
        as_of,
        dict(run.manifest.parts),
        totals,
        stacked_ledger(run),
        run.tables["indicators"],
    )


def read_vintage(run: Run) -> Vintage:
    """A recorded run. Raises: Refusal when a file of it is gone or changed."""
    files = {file.name: file for file in run.files}
    totals = pd.read_parquet(io.BytesIO(_content(run, files, "totals.parquet")))
    ledger = pd.read_parquet(io.BytesIO(_content(run, files, "ledger.parquet")))
    table = io.BytesIO(_content(run, files, "indicators.csv"))
    # NA is a notation key and a name, never a missing number; blank is one in the columns of numbers only.
    indicators = pd.read_csv(
        table, dtype={"area_code": str}, keep_default_na=False, na_values={name: [""] for name in _NUMBERS}
    )
    manifest = {key: str(value) for key, value in run.manifest.items()}
    return Vintage(run.run_id, run.created_at, "", manifest, totals, ledger, indicators)


def _content(run: Run, files: dict[str, RunFile], name: str) -> bytes:
    path = Path(run.folder) / name
    if name not in files or not path.is_file():
        raise refuse("store-content-missing", str(path), file_name=name)
    content = path.read_bytes()
    if sha256_of(content) != files[name].sha256:
        raise refuse("store-content-changed", str(path), file_name=name)
    return content


def last_two(store: Store) -> tuple[Run, Run] | None:
    """The run made last and the one before it of the same area, years and profiles; None when there are no two."""
    runs = {run.run_id: run for run in store.runs()}
    made = [runs[e.subject] for e in reversed(store.audit()) if e.action == "run" and e.subject in runs]
    for run in made[1:]:
        if run.run_id != made[0].run_id and _scope(run) == _scope(made[0]):
            return run, made[0]
    return None


def _scope(run: Run) -> tuple[object, ...]:
    return tuple(run.manifest.get(part) for part in _SCOPE)


# -- comparing ----------------------------------------------------------------------------------------


def compare(before: Vintage, after: Vintage) -> Difference:
    """What lies between two results."""
    profiles = tuple(name for name in after.profiles if name in before.profiles)
    years = tuple(year for year in after.years if year in before.years)
    old, new = ([_within(table, profiles, years) for table in _tables(one)] for one in (before, after))
    files, parts = compare_manifests(before.manifest, after.manifest)
    totals = compare_totals(old[0], new[0], CategoryTree.load())
    records, indicators = compare_records(old[1], new[1]), compare_indicators(old[2], new[2])
    return Difference(before, after, profiles, years, totals, records, indicators, files, parts)


def _tables(one: Vintage) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return one.totals, one.ledger, one.indicators


def _within(table: pd.DataFrame, profiles: Iterable[str], years: Iterable[int]) -> pd.DataFrame:
    return table[table["profile"].isin([*profiles]) & table["year"].isin([*years])]


def largest(
    difference: Difference, areas: AreaTree, area: str, profile: str, years: Iterable[int] = ()
) -> pd.DataFrame:
    """One row per changed record in the area, all its gases together, the largest effect first.

    The columns of `record_changes` that say what the record is about, its status, cause ("mixed" where its gases
    differ), difference_t (t CO2e) and what both sides state of the activity and its place.
    """
    records = difference.records
    chosen = (records["profile"] == profile) & records["area_code"].isin(areas.at_or_below(area))
    wanted = [*years]
    mine = records[chosen & records["year"].isin(wanted)] if wanted else records[chosen]
    said = [f"{name}_{side}" for name in _SAID for side in ("before", "after")]
    grouped = mine.groupby(list(RECORD), as_index=False, sort=False)
    out = grouped.agg(
        status=("status", "first"), cause=("cause", _one_cause), difference_t=("difference_t", "sum"),
        **{name: (name, "first") for name in said},
    )  # fmt: skip
    size = out["difference_t"].abs()
    keys = ["_size", "area_code", "year", "activity_category", "item"]
    ordered = out.assign(_size=-size).sort_values(keys, kind="stable").drop(columns="_size")
    return ordered.reset_index(drop=True)


_SAID = ("activity_value", "activity_unit", "notation", "source_file", "source_cell", "source_line", "note")


def _one_cause(causes_of_gases: pd.Series) -> str:
    distinct = causes_of_gases.unique()
    return str(distinct[0]) if len(distinct) == 1 else "mixed"


def arrivals(difference: Difference, history: Iterable[Submission]) -> tuple[Arrival, ...]:
    """The files that changed, each with its submission: the new one, or the one that no longer counts."""
    by_content, names = {}, {}
    for one in history:
        by_content[one.file_name, one.sha256] = one
        names[one.id] = one.file_name
    out = []
    for change in difference.files:
        sent = by_content.get((change.name, change.after or change.before))
        earlier = names.get(sent.supersedes or 0, "") if sent and change.after else ""
        out.append(Arrival(change, sent, earlier if earlier != change.name else ""))
    return tuple(out)


def targets_of(
    ws: Workspace, vintage: Vintage, areas: AreaTree
) -> tuple[pd.DataFrame, tuple[Finding, ...]] | None:
    """Where the workspace's targets stand in a result, under its main profile; None when it names no targets."""
    if ws.targets_file is None or not vintage.profiles:
        return None
    targets, findings = load_targets(ws.targets_file, areas)
    inside = {target.area_code: areas.at_or_below(target.area_code) for target in targets}
    main = Results(vintage.profiles[0], vintage.indicators, vintage.totals, vintage.ledger, inside)
    return track(targets, main), findings
