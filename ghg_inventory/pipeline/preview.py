"""What files would change if they counted: two trial compilations side by side, nothing stored."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ghg_inventory.areas import AreaTree
from ghg_inventory.errors import Finding
from ghg_inventory.pipeline.differing import Difference, compare, of_result, targets_of
from ghg_inventory.pipeline.intake import ImportResult
from ghg_inventory.pipeline.steps import Holdings, Progress, compile_run
from ghg_inventory.pipeline.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Preview:
    """The difference, and where the targets stand before and after (None when the workspace names none).

    findings: errors of the trial compilation that are not there without the files.
    """

    difference: Difference
    targets_before: pd.DataFrame | None
    targets_after: pd.DataFrame | None
    areas: AreaTree
    findings: tuple[Finding, ...]


def preview(ws: Workspace, result: ImportResult, progress: Progress | None = None) -> Preview | None:
    """What the files of a trial import would move; None when no record could be read."""
    files = [one for one in result.received if len(one.activity)]
    if not files or result.shelf is None:
        return None
    given: tuple[Holdings, ...] = (result.shelf.as_is(), result.shelf.with_files(files))
    before, after = (compile_run(ws, record=False, given=one, progress=progress) for one in given)
    difference = compare(of_result(before), of_result(after))
    areas = after.library.areas
    targets = [targets_of(ws, one, areas) for one in (difference.before, difference.after)]
    new = tuple(f for f in after.findings if f.severity == "error" and f not in before.findings)
    return Preview(
        difference, targets[0][0] if targets[0] else None, targets[1][0] if targets[1] else None, areas, new
    )  # fmt: skip
