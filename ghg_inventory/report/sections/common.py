"""Short forms the sections share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
