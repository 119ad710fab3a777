"""The frame of the account: boundary, profile, GWP, and the indicators made from it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ghg_inventory.report.blocks import Block, Facts, Table
from ghg_inventory.report.numerals import NIL, significant, submitted
from ghg_inventory.report.rich import rich
from ghg_inventory.report.sections.common import Missing, body, missing, num, row, text
from ghg_inventory.report.view import GAS_ORDER, View


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
        row([gas, submitted(value), *([_origin(view, note)] if with_notes else [])])
        for gas, value, note in sorted(view.input.gwp.values, key=lambda entry: _gas_order(entry[0]))
    ]
    caption = w("table.gwp", name=view.input.gwp.name(view.lang))
    return [Table("gwp", caption, tuple(columns), tuple(rows), w("unit.gwp"), (), "small")]


def _origin(view: View, note: str) -> str:
    """What a GWP holds for (fossil, biogenic) in words; any other note as it is."""
    key = f"origin.{note}"
    return view.words.plain(key) if view.words.has(key) else note


def _gas_order(gas: str) -> tuple[int, str]:
    return (GAS_ORDER.index(gas) if gas in GAS_ORDER else len(GAS_ORDER), gas)


def indicators(view: View) -> list[Block] | Missing:
    """Intensities of the year with numerator, denominator and price base, then the years side by side.

    An indicator without its denominator is printed with the name of what is missing, never skipped.
    """
    frame = view.input.indicators
    mine = frame[frame["year"] == view.input.year] if len(frame) else frame
    if not len(mine):
        return missing(view, "indicators")
    w = view.words
    columns = (
        text(w.plain("column.indicator"), 2.8), num(w.plain("column.value"), 1.0), text(w.plain("column.unit"), 1.9),
        text(w.plain("column.definition"), 3.1),
    )  # fmt: skip
    rows = []
    for r in mine.to_dict("records"):
        value = w.plain("mark.no_data") if r["missing"] else significant(r["value"], 4)
        rows.append(row([str(r[f"name_{view.lang}"]), value, _unit(view, r), _definition(view, r)]))
    caption = w("table.indicators", area=view.area, year=view.input.year)
    table = Table(
        "indicators", caption, columns, tuple(rows), w("unit.in_column"), (w("note.indicators"),), "small"
    )
    return [body(view, "text.indicators"), table, *_by_year(view, frame)]


def _unit(view: View, record: dict[str, Any]) -> str:
    return str(record.get(f"unit_{view.lang}") or record["unit"])


def _amount(value: object) -> str:
    """A numerator or denominator: a name as it is, an amount with seven digits, a dash when it is missing."""
    if value is None or value == "" or (isinstance(value, float) and pd.isna(value)):
        return NIL
    return significant(float(value), 7) if isinstance(value, int | float) else str(value)


def _definition(view: View, record: dict[str, Any]) -> str:
    """Numerator ÷ denominator, price base, and what is missing."""
    w = view.words
    parts = [f"{_amount(record['numerator'])} ÷ {_amount(record['denominator'])}"]
    base = record["price_base"]
    if isinstance(base, str) and base:
        parts.append(w.plain("format.price_base", base=base))
    note = str(record[f"note_{view.lang}"] or "")
    if record["missing"]:
        key = f"variable.{note.split(' ')[0]}"
        parts.append(w.plain("format.lacking", name=w.plain(key) if w.has(key) else note))
    elif note:
        parts.append(note)
    return w.plain("list.semicolon").join(parts)


MAX_YEARS = 10


def _by_year(view: View, frame: pd.DataFrame) -> list[Block]:
    """Indicators that have a value in two years or more, one per row, the latest years across."""
    held = frame[~frame["missing"].astype(bool) & frame["value"].notna()]
    held = held.assign(key=held["id"] + "|" + held[f"name_{view.lang}"])
    names = [k for k in dict.fromkeys(held["key"]) if (held["key"] == k).sum() > 1]
    if not names:
        return []
    w = view.words
    years = sorted({int(y) for y in held["year"]})[-MAX_YEARS:]
    values = {(r["key"], int(r["year"])): r["value"] for r in held.to_dict("records")}
    first = {name: held[held["key"] == name].iloc[0].to_dict() for name in names}
    columns = [text(w.plain("column.indicator"), 3.0), text(w.plain("column.unit"), 1.5), *(num(str(y)) for y in years)]
    rows = [
        row([str(first[n][f"name_{view.lang}"]), _unit(view, first[n]),
             *(significant(values.get((n, y)), 4) for y in years)])
        for n in names
    ]  # fmt: skip
    caption = w("table.indicator_years", area=view.area)
    return [Table("indicator-years", caption, tuple(columns), tuple(rows), w("unit.in_column"), (), "small")]
