"""make bench: what the program costs, as ratios measured in one run, with memory beside them.

Nothing here is a test: no figure makes the run fail. Medians of several rounds are printed.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))


def median(action: Callable[[], object], rounds: int = 5) -> float:
    """Median wall seconds of an action, after one round that does not count."""
    action()
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def peak_mb() -> float:
    """Peak resident memory of this process, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def say(what: str, figure: str, bar: str = "") -> None:
    """One line: what was measured, the figure, the bar to meet."""
    print(f"{what:<66} {figure:>22}   {bar}", flush=True)


# -- cases; each runs in a process of its own so that memory is its own -------------------------------


def bench_kernel() -> None:
    """National scale: 2,850 counties × 10 years × 200 rows."""
    from national import national

    from ghg_inventory.inventory.compile import compile_inventory
    from ghg_inventory.inventory.cube import accumulate
    from ghg_inventory.inventory.encode import encode
    from ghg_inventory.inventory.plan import make_plan

    times = {}
    for share in (0.5, 1.0):
        activity, context, gwp = national(counties=int(2850 * share))
        rows = len(activity)
        before = peak_mb()

        def whole(activity=activity, context=context, gwp=gwp) -> object:
            return compile_inventory(activity, context, gwp, "ar5")

        times[share] = median(whole, 5)
        peak = peak_mb()
        encoded = encode(activity)
        plan = make_plan(encoded, context)
        kernel = median(lambda encoded=encoded, plan=plan: accumulate(encoded, plan), 3)
        gases = len(plan.terms)
        bare = median(lambda e=encoded, p=plan: _bare(e, p), 3)
        say(f"compile {rows / 1e6:.2f} M rows to cube, {gases} gases", f"{times[share]:.3f} s")
        say("  of which multiply and sum", f"{kernel:.3f} s")
        say("  bare numpy multiply + bincount, same rows and gases", f"{bare:.3f} s")
        say("  ratio whole compile / bare", f"{times[share] / bare:.2f}", "≤ 5")
        say(
            "  peak memory (of which records before the compile)",
            f"{peak:.0f} MB ({before:.0f})",
            "≤ 500 MB",
        )
    say("time for twice the rows", f"{times[1.0] / times[0.5]:.2f} ×", "linear: 2")


def _bare(encoded: object, plan: object) -> object:
    """What numpy needs at least: one multiplication and one bincount per gas on ready-made arrays."""
    value, cells = encoded.value, len(encoded.areas) * len(encoded.years)  # type: ignore[attr-defined]
    cell = encoded.area * np.int32(len(encoded.years)) + encoded.year  # type: ignore[attr-defined]
    factor = np.full(len(value), 2.5)
    return [np.bincount(cell, value * factor, cells) for _ in plan.terms]  # type: ignore[attr-defined]


def bench_rollup() -> None:
    """Roll-up of a million cells over area tree and category tree."""
    from national import counties_of, national

    from ghg_inventory.inventory.cube import Cube, roll_up

    _, context, _ = national(counties=10)
    tree = context.areas
    counties = counties_of(tree, 2850)
    categories = tuple(
        c for c in context.categories.codes if c.startswith("1.1.") and context.categories.is_leaf(c)
    )
    shape = (len(counties), 10, len(categories), 2)
    cube = Cube(
        tuple(counties),
        tuple(range(2011, 2021)),
        categories,
        (("CO2", "any"), ("CH4", "any")),
        np.ones(shape),
    )
    seconds = median(lambda: roll_up(cube, tree, context.categories))
    say(
        f"roll up {cube.mass_t.size / 1e6:.2f} M cells over both trees", f"{seconds:.3f} s", "< 0.2 s per 1 M"
    )


def bench_explain() -> None:
    """One number of a national inventory, after start-up."""
    from national import national

    from ghg_inventory.inventory import compile_inventory, explain

    activity, context, gwp = national(counties=2850)
    inventory = compile_inventory(activity, context, gwp, "ar5")
    county = inventory.encoded.areas[1000]
    say(
        "explain a county's total",
        f"{1e3 * median(lambda: explain(inventory, county, 2015)):.1f} ms",
        "< 50 ms",
    )
    province = county[:2] + "0000"
    seconds = median(lambda: explain(inventory, province, 2015, "1.1", "CO2"))
    say("explain a province's combustion CO2", f"{1e3 * seconds:.1f} ms", "< 50 ms")


def bench_ingest() -> None:
    """Long CSV with all checks."""
    from national import write_long_csv

    from ghg_inventory.activity import Context, read
    from ghg_inventory.areas import AreaTree
    from ghg_inventory.codes import CategoryTree, Fuels

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "activity.csv"
        rows = write_long_csv(path, 1_000_000)
        context = Context(areas=AreaTree.registry(), categories=CategoryTree.load(), fuels=Fuels.load())
        seconds = median(lambda: read(path, context), 3)
    say(
        f"read and check a long CSV of {rows / 1e6:.1f} M rows",
        f"{rows / seconds / 1e6:.2f} M rows/s",
        "≥ 0.5",
    )
    say("  peak memory", f"{peak_mb():.0f} MB")


def bench_sichuan() -> None:
    """Workbook to cube, one year of a province."""
    from ghg_inventory.activity import read
    from ghg_inventory.inventory import Context, compile_inventory
    from ghg_inventory.pipeline import Workspace, load_library, reading_context

    ws = Workspace.open(ROOT / "examples" / "sichuan")
    library = load_library(ws)
    book = next(iter(sorted(ws.inbox.glob("*2021*.xlsx"))))

    def work() -> None:
        activity, _ = read(book, reading_context(ws, library))
        for name in ws.profiles:
            context = Context(
                library.areas, library.categories, library.fuels, library.factors, library.methods.profile(name),
                library.assumptions,
            )  # fmt: skip
            compile_inventory(activity.canonical(), context, library.gwp, ws.gwp_set)

    say("Sichuan 2021, workbook to cube, both profiles", f"{median(work):.3f} s", "< 1 s")


def bench_methods() -> None:
    """All methods of all profiles: read, parse, check units and linearity."""
    from ghg_inventory.formula import parse
    from ghg_inventory.methods import load_methods

    parse("a*b")  # constants and unit table are part of the start-up
    begin = time.perf_counter()
    library = load_methods()
    seconds = time.perf_counter() - begin
    say(
        f"{len(library.methods)} methods, {len(library.models)} models, once",
        f"{1e3 * seconds:.0f} ms",
        "< 100 ms",
    )


def bench_mianyang() -> None:
    """City and nine counties, ten years, five sectors: stored records to cubes, indicators and checks."""

    from ghg_inventory.pipeline import compile_run, import_files
    from ghg_inventory.pipeline.new_workspace import copy_example

    with tempfile.TemporaryDirectory() as folder:
        ws = copy_example("mianyang", Path(folder) / "mianyang")
        begin = time.perf_counter()
        result = import_files(ws, sorted(ws.inbox_files()), at="2026-01-01T00:00:00Z")
        say(f"import of {result.records:,} records", f"{time.perf_counter() - begin:.2f} s")
        seconds = median(lambda: compile_run(ws, record=False), 3)
        say("compile, both profiles, with indicators and checks", f"{seconds:.2f} s", "< 2 s")
        say("peak memory", f"{peak_mb():.0f} MB")


def bench_start() -> None:
    """Start-up of the command line."""
    command = [sys.executable, "-m", "ghg_inventory.cli", "--help"]
    seconds = median(lambda: subprocess.run(command, capture_output=True, check=True), 9)
    say("ghg --help", f"{1e3 * seconds:.0f} ms", "< 100 ms")


def bench_report() -> None:
    """A report of about 20 pages against WeasyPrint alone on the same HTML."""
    from report_case import report_case

    report_case(say, median)


def bench_returns() -> None:
    """County returns: workbooks out, sixty filled ones in, preview, as-of."""
    from returns_case import returns_case

    returns_case(say)
    say("peak memory, with the clerk's openpyxl", f"{peak_mb():.0f} MB")


def bench_fod() -> None:
    """First-order decay: 2,850 counties × 5 waste types × 70 years."""
    from ghg_inventory.models import MODELS

    draw = np.random.default_rng(1)
    rows, years = 2850 * 5, np.arange(1955, 2025)
    waste = draw.uniform(0, 1e5, (rows, len(years)))
    limits = {"DOC": (0.05, 0.43), "DOCF": (0.5, 0.5), "MCF": (0.4, 1), "K": (0.03, 0.2), "DELAY": (6, 6)}
    column = {name: draw.uniform(low, high, (rows, 1)) for name, (low, high) in limits.items()}
    model = MODELS["first_order_decay"].function
    steady = {name: np.broadcast_to(values, waste.shape) for name, values in column.items()}
    varying = {name: np.repeat(values, len(years), axis=1) for name, values in column.items()}
    fresh = np.ascontiguousarray((waste * column["DOC"] * column["DOCF"] * column["MCF"]).T)
    share = np.exp(-column["K"][:, 0])
    bare = median(lambda: _bare_decay(fresh, share))
    for what, parameters in (("constant", steady), ("stated year by year", varying)):
        seconds = median(lambda p=parameters: model(years, {"W": waste}, p))
        say(
            f"first-order decay, {waste.size / 1e6:.2f} M values, parameters {what}",
            f"{seconds:.3f} s",
            "< 0.1 s",
        )
        say("  ratio to a bare numpy recursion on ready-made arrays", f"{seconds / bare:.2f}")
    say("  bare numpy recursion", f"{bare:.3f} s")


def _bare_decay(fresh: np.ndarray, share: np.ndarray) -> np.ndarray:
    """What numpy needs at least: the stock of each year from that of the year before, and what went."""
    stock, gone = np.zeros(fresh.shape[1]), np.empty(fresh.shape)
    for year, deposit in enumerate(fresh):
        left = stock * share
        gone[year] = stock - left
        stock = left + deposit
    return gone


CASES = {
    "kernel": bench_kernel, "rollup": bench_rollup, "fod": bench_fod, "explain": bench_explain, "ingest": bench_ingest,
    "methods": bench_methods, "sichuan": bench_sichuan, "mianyang": bench_mianyang, "returns": bench_returns, "start": bench_start, "report": bench_report,
}  # fmt: skip


def main() -> None:
    """Run every case (or those named) in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="*", choices=[[], *CASES])
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        CASES[chosen.case[0]]()
        return
    for name in chosen.case or CASES:
        print(f"\n{name}: {CASES[name].__doc__}")
        subprocess.run([sys.executable, __file__, "--inside", name], check=True)


if __name__ == "__main__":
    main()
