"""make bench, case `report`: a report of some 20 pages, WeasyPrint alone beside it, and ten reports on two processes."""

from __future__ import annotations

import io
import resource
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
AREA, YEAR, LANG = "AR-M", 2022, "zh"
DISTRICTS = 9
DATE = "2026-11-23"

Say = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A compiled run of the Mendoza example and its workspace."""

    workspace: object
    run: object


def report_case(say: Say, median: Callable[..., float]) -> None:
    """CPU of one report, its ratio to bare WeasyPrint, peak memory, and a city with nine areas on two processes."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = _prepare(Path(folder) / "mendoza")
        _one(say, prepared)
        _ten(say, prepared, Path(folder) / "reports")


def _prepare(folder: Path) -> Prepared:
    from ghg_inventory.pipeline import Workspace, compile_run, import_files

    shutil.copytree(ROOT / "examples" / "mendoza", folder)
    workspace = Workspace.open(folder)
    at = f"{DATE}T00:00:00Z"
    import_files(workspace, workspace.inbox_files(), at=at)
    return Prepared(workspace, compile_run(workspace, at=at, record=False))


def _one(say: Say, prepared: Prepared) -> None:
    """One report, and the same HTML with the same fonts and style through WeasyPrint alone."""
    from ghg_inventory.pipeline.reporting import report_input, totals_by_area
    from ghg_inventory.report import Renderer, build
    from ghg_inventory.report.html import page, style

    data = report_input(
        prepared.workspace, prepared.run, AREA, YEAR, issue_date=DATE, totals=totals_by_area(prepared.run)
    )  # fmt: skip
    renderer = Renderer.create()
    text = page(build(data, LANG), with_style=False)
    content: dict[str, bytes] = {}

    def ours() -> None:
        content["pdf"] = renderer.content(data, LANG)[0]

    def bare() -> None:
        # Fonts and style are ready for both; tags are part of what is asked, so the bare one writes them too.
        document = renderer.weasyprint.HTML(string=text, url_fetcher=renderer.fetcher).render(
            font_config=renderer.fonts, stylesheets=[sheet], pdf_tags=True
        )
        document.write_pdf(pdf_tags=True)

    sheet = renderer.weasyprint.CSS(string=style(), font_config=renderer.fonts, url_fetcher=renderer.fetcher)
    # Turn by turn, so that a busy machine slows both.
    seconds, bare_seconds = _turns(ours, bare)
    pages = _pages(content["pdf"])
    say(f"one report, {pages} pages, CPU", f"{seconds:.2f} s", "≤ 4 s for 20 pages")
    say("  the same per 20 pages", f"{seconds * 20 / pages:.2f} s", "≤ 4 s")
    say("  bare WeasyPrint, same HTML, style, fonts and tags, CPU", f"{bare_seconds:.2f} s")
    say("  ratio", f"{seconds / bare_seconds:.2f}", "≤ 1.3")
    say("  peak memory", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _turns(ours: Callable[[], None], bare: Callable[[], None], rounds: int = 3) -> tuple[float, float]:
    """Least CPU seconds of each over some rounds, after one that does not count."""
    found: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for action, seconds in zip((ours, bare), found, strict=True):
            spent = _cpu(action)
            if number:
                seconds.append(spent)
    return min(found[0]), min(found[1])


def _cpu(action: Callable[[], None]) -> float:
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        action()
    return time.process_time() - start


def _pages(pdf: bytes) -> int:
    import pypdf

    return len(pypdf.PdfReader(io.BytesIO(pdf)).pages)


def _ten(say: Say, prepared: Prepared, folder: Path) -> None:
    """The whole area and nine districts, one language, on the two processes of the pipeline."""
    from ghg_inventory.pipeline import make_reports

    areas = [a for a in prepared.run.main.rolled.areas if a != AREA and a.startswith(AREA)][:DISTRICTS]
    start = time.perf_counter()
    paths, _ = make_reports(
        prepared.workspace, prepared.run, langs=(LANG,), areas=[AREA, *areas], years=(YEAR,), output=folder
    )  # fmt: skip
    seconds = time.perf_counter() - start
    pages = sum(_pages(path.read_bytes()) for path in paths)
    say(f"{len(paths)} reports (area and {len(areas)} districts), {pages} pages, 2 processes, wall",
        f"{seconds:.1f} s", "≤ 25 s")  # fmt: skip
