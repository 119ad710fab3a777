"""Values that no return states and a declared rule supplied: each by series, with method, years and reason."""

from __future__ import annotations

from ghg_inventory.report.blocks import Block, Row, Table
from ghg_inventory.report.numerals import NIL, submitted
from ghg_inventory.report.sections.common import Missing, body, missing, num, row, text
from ghg_inventory.report.view import View

_SERIES = ["area_code", "category", "variable", "item", "technology", "unit", "method"]
MANY = 40
"""More series than these are told together, by variable and method; the attached table has each value."""


def filled(view: View) -> list[Block] | Missing:
    """One line per series and year; the sentence above counts them all."""
    frame = view.input.filled
    if not len(frame):
        return missing(view, "filled")
    w = view.words
    series = frame.groupby(_SERIES, sort=True)
    told = frame[frame["year"] == view.input.year]
    counts = {"count": len(frame), "series": series.ngroups, "now": len(told), "year": view.input.year}
    blocks: list[Block] = [body(view, "text.filled", **counts)]
    rows = [*_summed(view)] if series.ngroups > MANY else [*_each(view)]
    columns = (
        text(w.plain("column.area"), 1.4), text(w.plain("column.category"), 2.2), text(w.plain("column.item"), 2.4),
        text(w.plain("column.method"), 1.2), text(w.plain("column.years"), 1.2), num(w.plain("column.value"), 1.3),
        text(w.plain("column.unit"), 1.0), text(w.plain("column.reason"), 3.0),
    )  # fmt: skip
    blocks.append(Table("filled", w("table.filled"), columns, tuple(rows), w("unit.in_column"), (w("note.filled"),),
                        "small"))  # fmt: skip
    return blocks


def _each(view: View) -> list[Row]:
    return [
        row([
            view.area_name(r.area_code), _category(view, r.category), _what(view, r.variable, r.item, r.technology),
            view.words.plain(f"fill.{r.method}"), str(r.year), submitted(r.value), view.unit_word(r.unit), str(r.note),
        ])
        for r in view.input.filled.sort_values([*_SERIES, "year"], kind="stable").itertuples()
    ]  # fmt: skip


def _summed(view: View) -> list[Row]:
    """By variable and method: how many areas, from which to which year, how many values."""
    w = view.words
    rows = []
    for (category, variable, item, method), part in view.input.filled.groupby(
        ["category", "variable", "item", "method"], sort=True
    ):
        rows.append(row([
            w.plain("format.areas", count=part["area_code"].nunique()), _category(view, category),
            _what(view, variable, item, ""), w.plain(f"fill.{method}"),
            f"{part['year'].min()}–{part['year'].max()}", w.plain("format.values", count=len(part)), NIL,
            "; ".join(part["note"].unique()[:2]),
        ]))  # fmt: skip
    return rows


def _category(view: View, code: str) -> str:
    return f"{code} {view.category(code)}" if code else NIL


def _what(view: View, variable: str, item: str, technology: str) -> str:
    parts = [view.variable(variable), *([view.fuel(item)] if item else [])]
    parts += [view.technology(technology)] if technology else []
    return view.words.entries["list.comma"].join(part for part in parts if part)
