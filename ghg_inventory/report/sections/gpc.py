"""The GPC reporting table: references by scope and gas; totals by scope, BASIC, BASIC+ and territorial."""

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
        text(w.plain("column.gpc"), 1.0, "code"), text(w.plain("column.category"), 4.0),
        text(w.plain("column.scope"), 0.8, "mid"), *(num(gas, 1.15) for gas in view.gases),
        num(w.plain("column.sum"), 1.2), text("BASIC", 0.9, "mid"), text("BASIC+", 1.0, "mid"),
        text(w.plain("column.territorial"), 1.2, "mid"),
    )  # fmt: skip
    rows = [_reference(view, code) for code in held]
    for scope in ("1", "2", "3"):
        # What only the territorial total holds (power for the grid) would count twice beside scope 2.
        parts = tuple(c for c in held if categories[c].scope == scope and categories[c].basic_plus)
        if parts:
            rows.append(_total(view, w.plain("row.scope", scope=scope), parts, "sub"))
    rows.append(_total(view, w.plain("row.basic"), view.counted, "total"))
    plus = tuple(c for c in held if categories[c].basic_plus)
    rows.append(_total(view, w.plain("row.basic_plus"), plus, "total"))
    territorial = tuple(c for c in held if categories[c].territorial)
    rows.append(_total(view, w.plain("row.territorial"), territorial, "total"))
    caption = w("table.gpc", area=view.area, year=view.input.year)
    notes = (w("note.gpc"), w("note.rounding"), w("note.nil"))
    return [
        body(view, "text.gpc"),
        Table("gpc", caption, columns, tuple(rows), view.unit_line, notes, "small"),
    ]


def _reference(view: View, code: str) -> Row:
    info = view.input.categories[code]
    gases = [view.cell(code, gas) for gas in view.gases]
    no = view.words.plain("mark.not_basic")
    marks = ["✓" if held else no for held in (info.basic, info.basic_plus, info.territorial)]
    return row([code, view.long_category(code), info.scope, *gases, view.cell(code), *marks])


def _total(view: View, name: str, parts: tuple[str, ...], kind: str) -> Row:
    gases = [view.scale.text(view.sum(parts, gas)) for gas in view.gases]
    return row(["", name, "", *gases, view.scale.text(view.sum(parts)), "", "", ""], kind)
