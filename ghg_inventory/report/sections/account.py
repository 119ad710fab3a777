"""The frame of the account: boundary, profile, GWP, and the indicators made from it."""

from __future__ import annotations

import pandas as pd

from ghg_inventory.report.blocks import Block, Facts, Table
from ghg_inventory.report.numerals import NIL, significant, submitted
from ghg_inventory.report.rich import rich
from ghg_inventory.report.sections.common import Missing, body, missing, num, row, text
from ghg_inventory.report.view import View


def basis(view: View) -> list[Block] | Missing:
    """What the inventory covers and by which rules."""
    w = view.words
    data = view.input
    profile = next(p for p in data.profiles if p.id == data.main_profile)
    rows = [
        (w("label.area"), rich(f"{view.area} ({data.area_code})")),
        (w("label.year"), rich(str(data.year))),
        (w("label.years"), rich(w.joined([str(y) for y in view.years()]))),
        (w("label.gases"), rich(w.joined(list(view.gases)))),
        (w("label.profile"), rich(w.plain("format.profile", name=profile.name(view.lang),
                                         description=profile.description(view.lang)))),
        (w("label.gwp"), rich(data.gwp.name(view.lang))),
        (w("label.headline"), w("headline.basic" if view.is_gpc else "headline.gross")),
        (w("label.unit"), rich(w.plain("format.unit", unit=view.plain_unit, tonnes=f"{view.scale.tonnes:,.0f}"))),
    ]  # fmt: skip
    return [body(view, "text.basis"), Facts("basis", tuple(rows), w("table.basis"))]


def gwp(view: View) -> list[Block] | Missing:
    """The global warming potentials that were used."""
    if not view.input.gwp.values:
        return missing(view, "gwp")
    w = view.words
    with_notes = any(note for _, _, note in view.input.gwp.values)
    columns = [text(w.plain("column.gas"), 1.5), num(w.plain("column.gwp"))]
    if with_notes:
        columns.append(text(w.plain("column.note"), 3.0))
    rows = [
        row([gas, submitted(value), *([note] if with_notes else [])]) for gas, value, note in view.input.gwp.values
    ]
    caption = w("table.gwp", name=view.input.gwp.name(view.lang))
    return [Table("gwp", caption, tuple(columns), tuple(rows), w("unit.gwp"))]


def indicators(view: View) -> list[Block] | Missing:
    """Intensities with numerator, denominator and price base; one without its denominator says so."""
    frame = view.input.indicators
    if not len(frame):
        return missing(view, "indicators")
    w = view.words
    columns = (
        text(w.plain("column.indicator"), 2.4), text(w.plain("column.year"), 0.7, "mid"),
        num(w.plain("column.value"), 1.1), text(w.plain("column.unit"), 1.5),
        text(w.plain("column.definition"), 3.6),
    )  # fmt: skip
    rows = []
    for r in frame.to_dict("records"):
        gone = bool(r["missing"])
        note = str(r[f"note_{view.lang}"] or "")
        value = w.plain("mark.no_data") if gone else significant(r["value"], 4)
        rows.append(row([
            str(r[f"name_{view.lang}"]), str(int(r["year"])), value, str(r["unit"]), _definition(view, r, note),
        ]))  # fmt: skip
    caption = w("table.indicators", area=view.area)
    return [
        body(view, "text.indicators"),
        Table("indicators", caption, columns, tuple(rows), w("unit.in_column"), (w("note.indicators"),), "small"),
    ]


def _definition(view: View, record: dict[str, object], note: str) -> str:
    """Numerator ÷ denominator, price base and note in one line."""
    parts = [f"{record['numerator'] or NIL} ÷ {record['denominator'] or NIL}"]
    base = record["price_base"]
    if base and not (isinstance(base, float) and pd.isna(base)):
        parts.append(view.words.plain("format.price_base", base=base))
    return view.words.plain("list.semicolon").join([*parts, *([note] if note else [])])
