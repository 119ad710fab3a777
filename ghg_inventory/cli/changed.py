"""Changes between two revisions as a table for a terminal: which cell, what it is about, was, is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ghg_inventory.cli import layout
from ghg_inventory.cli.page import words

if TYPE_CHECKING:
    from ghg_inventory.activity.returns.changes import Change


def changes_text(found: Sequence[Change], lang: str, *, title: str = "", limit: int = 0) -> str:
    """Changes as a table, one line per cell, at most `limit` (0: all); "" when there are none."""
    if not found:
        return ""
    fixed = words(lang)
    shown = found[:limit] if limit else found
    rows = [
        (f"{change.sheet} {change.cell}".strip(), _subject(change, lang), fixed[f"change_{change.kind}"],
         _amount(change.old, change.old_unit, change.kind), "→", _amount(change.new, change.new_unit, change.kind))
        for change in shown
    ]  # fmt: skip
    header = [fixed["sub_cell"], fixed["sub_what"], "", fixed["sub_old"], "", fixed["sub_new"]]
    head = fixed["sub_changes"].replace("{count}", str(len(found)))
    lines = [f"{title}{'：' if lang == 'zh' else ': '}{head}" if title else head, layout.table(rows, header)]
    if len(shown) < len(found):
        lines.append(fixed["sub_more"].replace("{count}", str(len(found) - len(shown))))
    return "\n".join(lines)


def _subject(change: Change, lang: str) -> str:
    """What a record is about, in words where the lists have them."""
    from ghg_inventory.codes import CategoryTree, Fuels
    from ghg_inventory.codes.technologies import Technologies

    tree = CategoryTree.load()
    category = tree.category(change.category).name(lang) if change.category in tree.index else change.category
    variable = _variable(change.variable, lang)
    item = Fuels.load().name(change.item, lang)
    technology = Technologies.load().name(change.technology, lang)
    used = words(lang).get(f"use_{change.use}", change.use) if change.use else ""
    return " · ".join(part for part in (category, variable, item, technology, used) if part)


def _variable(code: str, lang: str) -> str:
    """A variable's name; nothing for "fuel", which the item says."""
    from ghg_inventory.activity.context import FUEL_VARIABLES, load_variables
    from ghg_inventory.methods import load_methods

    if code in FUEL_VARIABLES:
        return ""
    found = load_methods().variables.get(code) or load_variables().get(code)
    return code if found is None else found.zh if lang == "zh" else found.en


def _amount(value: str, unit: str, kind: str) -> str:
    return f"{value} {unit}".strip() if value and kind != "note" else value or "–"
