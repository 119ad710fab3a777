"""The year's returns: workbooks out, filled, and sixty of them in."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def returns_case(say: Callable[..., None]) -> None:
    """Time templates of the city and nine counties, and the import of six years of filled ones."""
    from clerk import Book, truth_of

    from ghg_inventory.pipeline import Intake, compile_run, import_files, load_library
    from ghg_inventory.pipeline.new_workspace import copy_example
    from ghg_inventory.pipeline.preview import preview
    from ghg_inventory.pipeline.templating import Choice, plan_workbooks, write_workbooks

    with tempfile.TemporaryDirectory() as folder:
        ws = copy_example("mianyang", Path(folder) / "mianyang")
        truth = {year: truth_of(ws, year) for year in range(2019, 2025)}
        areas = load_library(ws).areas
        files = []
        for year, said in truth.items():
            begin = time.perf_counter()
            books, _ = plan_workbooks(ws, areas, Choice(year), "zh")
            home = ws.folder / "templates" / str(year)
            write_workbooks(ws, areas, books, "zh", folder=home)
            seconds = time.perf_counter() - begin
            for one in books:
                book = Book(home / one.name)
                book.fill(said[one.area])
                book.sign()
                files.append(book.save())
        say(f"{len(books)} blank workbooks, {sum(len(b.sheets) for b in books)} sheets", f"{seconds:.2f} s", "< 10 s")
        begin = time.perf_counter()
        result = import_files(ws, files, at="2026-01-01T00:00:00Z", how=Intake(by="bench"))
        seconds = time.perf_counter() - begin
        say(f"import of {len(files)} filled workbooks, {result.records:,} values", f"{seconds:.1f} s", "< 10 s")
        begin = time.perf_counter()
        book = Book(files[-1])
        book.cell(("livestock", "swine_scale", "")).value = 1.0
        late = import_files(ws, [book.save(ws.folder / "late.xlsx")], at="", how=Intake(dry_run=True))
        preview(ws, late)
        say("preview of a late return (two compilations of ten years)", f"{time.perf_counter() - begin:.1f} s")
        begin = time.perf_counter()
        compile_run(ws, record=False, as_of="2026-01-01")
        say("compile --as-of", f"{time.perf_counter() - begin:.1f} s")
