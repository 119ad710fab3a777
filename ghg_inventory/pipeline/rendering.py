"""Reports of a run, on one or two processes: the last step of the main job."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from ghg_inventory.errors import Finding, MissingLibrary, finding, order
from ghg_inventory.pipeline.intake import Intake, import_files
from ghg_inventory.pipeline.reporting import report_input, totals_by_area
from ghg_inventory.pipeline.steps import Progress, RunResult, compile_run, tell
from ghg_inventory.pipeline.vintage import beside
from ghg_inventory.pipeline.workspace import Workspace
from ghg_inventory.report.model import ReportInput

FORMATS = ("pdf", "html")
WORKERS = 2
"""Processes that render: each takes some 300 MB."""

_ENOUGH_FOR_A_POOL = 4


@dataclass(frozen=True, slots=True)
class Task:
    """One report to write."""

    data: ReportInput
    lang: str
    format: str
    path: Path


@dataclass(frozen=True, slots=True)
class RunAllResult:
    """The main job: the run, the reports written, all findings."""

    run: RunResult
    reports: tuple[Path, ...]
    findings: tuple[Finding, ...]


def run_all(
    ws: Workspace, *, at: str, formats: Sequence[str] = ("pdf",), langs: Sequence[str] = (),
    progress: Progress | None = None, areas: Sequence[str] = (), years: Sequence[int] = (),
    output: Path | None = None, by: str = "",
) -> RunAllResult:  # fmt: skip
    """Import what is in the inbox, check, compile, indicators, reports.

    areas, years: what to report (default: the whole area and each area below it, the latest year). by: who imports.
    """
    imported = import_files(ws, ws.inbox_files(), at=at, progress=progress, how=Intake(by=by))
    run = compile_run(ws, progress=progress, at=at)
    reports, noticed = make_reports(
        ws, run, formats=formats, langs=langs, areas=areas, years=years, output=output, progress=progress
    )
    kept = [f for f in imported.findings if f.name == "already-imported"]
    return RunAllResult(run, reports, order([*run.findings, *beside(ws, run, ""), *kept, *noticed]))


def make_reports(
    ws: Workspace, run: RunResult, *, formats: Sequence[str] = ("pdf",), langs: Sequence[str] = (),
    areas: Sequence[str] = (), years: Sequence[int] = (), output: Path | None = None,
    progress: Progress | None = None,
) -> tuple[tuple[Path, ...], tuple[Finding, ...]]:  # fmt: skip
    """Write the reports; the paths in order of area, year, language. Without Pango HTML takes their place."""
    tell(progress, 4, 0.0)
    folder = output or ws.folder / "reports" / run.run_id[:12]
    folder.mkdir(parents=True, exist_ok=True)
    held, findings = _held(ws, run, areas, years)
    tasks = list(_tasks(ws, run, folder, (formats, langs, held)))
    made: set[Path] = set()
    for done, (path, noticed) in enumerate(_written(tasks), start=1):
        made.add(path)
        findings += noticed
        tell(progress, 4, done / len(tasks))
    places = dict.fromkeys(p for task in tasks for p in (task.path, task.path.with_suffix(".html")))
    return tuple(path for path in places if path in made), order(findings)


def _held(
    ws: Workspace, run: RunResult, areas: Sequence[str], years: Sequence[int]
) -> tuple[list[tuple[str, int]], list[Finding]]:  # fmt: skip
    """The areas and years to report, and a finding for each that was asked for and is not in the run."""
    below = [c for c in run.main.rolled.areas if c != ws.area and ws.area in run.library.areas.chain(c)]
    wanted = [
        (area, year) for area in areas or [ws.area, *below]
        for year in years or run.main.years[-1:] or ws.years[-1:]
        # An abolished county has no report of later years, unless somebody asks for it by code.
        if areas or area not in run.library.areas or run.library.areas.is_valid(area, year)
    ]  # fmt: skip
    held = [(a, y) for a, y in wanted if a in run.main.rolled.areas and y in run.main.years]
    lacking = [
        finding("report-nothing", area=area, year=year, years=", ".join(map(str, run.main.years)) or "–")
        for area, year in wanted if (area, year) not in held
    ]  # fmt: skip
    return held, lacking


def _tasks(
    ws: Workspace, run: RunResult, folder: Path,
    choice: tuple[Sequence[str], Sequence[str], Sequence[tuple[str, int]]],
) -> Iterator[Task]:  # fmt: skip
    formats, langs, held = choice
    if not held:
        return
    issue_date = issue_date_of(ws, run)
    languages = tuple(langs) or languages_of(ws)
    totals = totals_by_area(run)
    for area, year in held:
        data = report_input(ws, run, area, year, issue_date=issue_date, totals=totals)
        for lang in languages if area == ws.area or langs else languages[:1]:
            for one in formats:
                yield Task(data, lang, one, folder / f"{area}-{year}-{lang}.{one}")


def issue_date_of(ws: Workspace, run: RunResult) -> str:
    """The date printed: that of inventory.toml, else of the last import the run used (never today's)."""
    given = str(ws.report.get("issue_date", ""))
    return given or max((s.imported_at[:10] for s in run.submissions), default="1970-01-01")


def languages_of(ws: Workspace) -> tuple[str, ...]:
    """Report languages of the workspace; areas below the root are reported in the first only."""
    return tuple(ws.report.get("languages", ())) or (ws.language or "zh",)


Written = tuple[Path, tuple[Finding, ...]]


def _written(tasks: Sequence[Task]) -> Iterator[Written]:
    """Write each report, in this process or on two workers."""
    workers = min(WORKERS, os.cpu_count() or 1)
    if len(tasks) < _ENOUGH_FOR_A_POOL or workers < 2:
        yield from map(write_report, tasks)
        return
    # Started fresh, not forked: a forked child inherits locks of numpy's and Arrow's threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        for future in as_completed([pool.submit(write_report, task) for task in tasks]):
            yield future.result()


_renderer: object = None


def write_report(task: Task) -> Written:
    """Write one report: the file made, and findings. Without Pango it is HTML instead of PDF, and one says so."""
    from ghg_inventory.report import html

    noticed: tuple[Finding, ...] = ()
    if task.format == "pdf":
        try:
            return task.path, _render(task)
        except MissingLibrary as error:
            noticed = (finding("pdf-not-made", file=task.path.name, reason=error),)
    target = task.path.with_suffix(".html")
    part = target.with_name(target.name + ".part")
    part.write_text(html.render_html(task.data, task.lang), encoding="utf-8")
    part.replace(target)
    return target, noticed


def _render(task: Task) -> tuple[Finding, ...]:
    global _renderer  # fonts and style sheet are parsed once per process
    from ghg_inventory.report.pdf import Renderer

    if not isinstance(_renderer, Renderer):
        _renderer = Renderer.create()
    return _renderer.write(task.data, task.lang, task.path)
