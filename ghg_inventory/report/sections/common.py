"""Short forms the sections share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from ghg_inventory.report.blocks import Block, Column, Paragraph, Row
from ghg_inventory.report.rich import rich
from ghg_inventory.report.view import View


@dataclass(frozen=True, slots=True)
class Missing:
    """A section that cannot be made; reason: one plain sentence for the place where a reader would look."""

    reason: Markup


SILENT = Missing(Markup(""))
"""A section that does not belong in this report: it leaves no line behind."""

Builder = Callable[[View], "list[Block] | Missing"]


def missing(view: View, key: str) -> Missing:
    """The section is absent for the reason with this key."""
    return Missing(view.words(f"missing.{key}"))


def body(view: View, key: str, **values: object) -> Paragraph:
    """A paragraph of running text from the words."""
    return Paragraph(view.words(key, **values))


def note(view: View, key: str, **values: object) -> Paragraph:
    """A paragraph of small print from the words."""
    return Paragraph(view.words(key, **values), "note")


def text(title: str, weight: float = 2.0, align: str = "text") -> Column:
    """A column of words."""
    return Column(rich(title), align, weight)


def num(title: str, weight: float = 1.0, group: str = "") -> Column:
    """A column of numbers."""
    return Column(rich(title), "num", weight, rich(group))


def row(cells: Sequence[str], kind: str = "", level: int = 0) -> Row:
    """A row; plain text gets its subscripts, Markup stays."""
    return Row(tuple(rich(cell) for cell in cells), kind, level)


# What tells one activity record from another in the ledger, whose rows repeat it for each gas and profile.
_RECORD = ("area_code", "category", "item", "variable", "use", "technology", "flow", "activity_value",
           "activity_unit", "source_file", "source_sheet", "source_cell", "source_line")  # fmt: skip


def record_key(ledger: pd.DataFrame) -> list[str]:
    """The columns of a ledger that identify an activity record; those it has of them."""
    return [name for name in _RECORD if name in ledger.columns]


RUN = 3
"""So many siblings in a row are printed as a range."""


def code_ranges(view: View, codes: Iterable[str]) -> str:
    """Category codes in the order of the list; a parent for all its children, ranges for siblings in a row.

    3.1.1, 3.1.2, 3.1.3, 3.1.5 → "3.1.1–3.1.3, 3.1.5"; all children of 3.1 → "3.1".
    """
    held = _lifted(view, set(codes))
    siblings = _children(view)
    place = {c: (parent, n) for parent, children in siblings.items() for n, c in enumerate(children)}
    order = {c: n for n, c in enumerate(view.input.categories)}
    runs: list[list[str]] = []
    # Parents in order of the list, so that siblings stand together whatever lies between them.
    for code in sorted(held, key=lambda c: (order.get(place.get(c, ("", 0))[0], -1), order.get(c, len(order)), c)):
        parent, number = place.get(code, ("?" + code, 0))
        if runs and place.get(runs[-1][-1]) == (parent, number - 1):
            runs[-1].append(code)
        else:
            runs.append([code])
    runs.sort(key=lambda run: order.get(run[0], len(order)))
    shown = [f"{run[0]}–{run[-1]}" if len(run) >= RUN else view.words.entries["list.comma"].join(run) for run in runs]
    return view.words.entries["list.comma"].join(shown)


def _children(view: View) -> dict[str, list[str]]:
    """Parent → its children in order of the list."""
    found: dict[str, list[str]] = {}
    for code, info in view.input.categories.items():
        found.setdefault(info.parent, []).append(code)
    return found


def _lifted(view: View, codes: set[str]) -> set[str]:
    """The codes with a parent in place of its children where all of them are there."""
    children = _children(view)
    for parent in sorted((p for p in children if p), key=lambda p: -p.count(".")):
        mine = set(children[parent])
        if len(mine) > 1 and mine <= codes:
            codes = (codes - mine) | {parent}
    return codes
