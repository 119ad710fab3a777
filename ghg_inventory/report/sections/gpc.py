"""The GPC reporting table: references by scope and gas, with BASIC and BASIC+ marks."""

from __future__ import annotations

from ghg_inventory.report.blocks import Block, Row, Table
from ghg_inventory.report.sections.common import Missing, body, missing, num, row, text
from ghg_inventory.report.view import View


def references(view: View) -> list[Block] | Missing:
    """One row per GPC reference with a figure; totals by scope and by reporting level."""
    if not view.is_gpc:
        return missing(view, "gpc")
    w = view.words
    categories = view.input.categories
    held = [c for c, info in categories.items() if info.scope and (view.at(c) or view.notation(c))]
    columns = (
        text(w.plain("column.gpc"), 0.8, "code"), text(w.plain("column.category"), 4.2),
        text(w.plain("column.scope"), 0.7, "mid"), *(num(gas) for gas in view.gases),
        num(w.plain("column.sum"), 1.1), text("BASIC", 0.8, "mid"),
    )  # fmt: skip
    rows = [_reference(view, code) for code in held]
    for scope in ("1", "2", "3"):
        parts = tuple(c for c in held if categories[c].scope == scope)
        if parts:
            rows.append(_total(view, w.plain("row.scope", scope=scope), parts, "sub"))
    rows.append(_total(view, w.plain("row.territorial"), tuple(c for c in held if categories[c].territorial), "sub"))
    rows.append(_total(view, w.plain("row.basic"), view.counted, "total"))
    caption = w("table.gpc", area=view.area, year=view.input.year)
    notes = (w("note.gpc"), w("note.rounding"), w("note.nil"))
    return [
        body(view, "text.gpc"),
        Table("gpc", caption, columns, tuple(rows), view.unit_line, notes, "small"),
    ]


def _reference(view: View, code: str) -> Row:
    info = view.input.categories[code]
    gases = [view.cell(code, gas) for gas in view.gases]
    mark = "✓" if info.basic else view.words.plain("mark.not_basic")
    return row([code, view.long_category(code), info.scope, *gases, view.cell(code), mark])


def _total(view: View, name: str, parts: tuple[str, ...], kind: str) -> Row:
    gases = [view.scale.text(view.sum(parts, gas)) for gas in view.gases]
    return row(["", name, "", *gases, view.scale.text(view.sum(parts)), ""], kind)
