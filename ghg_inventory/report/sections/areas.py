"""The areas below: their totals against the area's own, their order, their years."""

from __future__ import annotations

from ghg_inventory.report.blocks import Block, Figure, Row, Table
from ghg_inventory.report.charts import heat_map, ranking
from ghg_inventory.report.charts.svg import palette
from ghg_inventory.report.numerals import NIL, percent, ratio, signed_percent
from ghg_inventory.report.sections.common import Missing, body, missing, num, row, text
from ghg_inventory.report.view import View

MAX_GROUPS = 7


def table(view: View) -> list[Block] | Missing:
    """One row per area below, their sum, the area's own total and the difference of the two."""
    children = view.children_now
    if not children:
        return missing(view, "areas")
    w = view.words
    groups = view.groups if len(view.groups) <= MAX_GROUPS else ()
    years = [y for y in view.years() if y < view.input.year]
    columns = [text(w.plain("column.area"), 1.9), *(num(view.category(c), 1.15) for c in groups)]
    columns += [num(w.plain("column.sum"), 1.1), num(w.plain("column.share"), 0.85)]
    if years:
        columns.append(num(w.plain("column.since", year=years[-1]), 0.95))
    rows = [_area_row(view, code, groups, years) for code in children]
    rows += _reconciliation(view, groups, bool(years))
    caption = w("table.areas", area=view.area, year=view.input.year)
    notes = (w("note.areas"), w("note.rounding"), w("note.nil"))
    size = "small" if len(children) > 14 else "normal"
    gap = _gap(view, view.counted)
    return [
        body(view, "text.areas", count=len(children), area=view.area, gap=view.scale.text(gap), unit=view.unit),
        Table("areas", caption, tuple(columns), tuple(rows), view.unit_line, notes, size),
    ]


def _area_row(view: View, code: str, groups: tuple[str, ...], years: list[int]) -> Row:
    total = view.headline(area=code)
    cells = [view.area_name(code), *(view.scale.text(view.group(c, area=code)) for c in groups)]
    cells += [view.scale.text(total), percent(ratio(total, view.headline()))]
    if years:
        before = view.headline(area=code, year=years[-1])
        change = None if total is None or before is None else ratio(total - before, before)
        cells.append(signed_percent(change))
    return row(cells)


def _children_sum(view: View, parts: tuple[str, ...]) -> float:
    return sum(view.sum(parts, area=code) or 0.0 for code in view.children)


def _gap(view: View, parts: tuple[str, ...]) -> float:
    """The area's own total less the sum of the areas below: what is not allocated to any of them."""
    gap = (view.sum(parts) or 0.0) - _children_sum(view, parts)
    # Sums of floats in two orders differ in the last bits; a hundredth of a kilogram is no tonne of anything.
    return 0.0 if abs(gap) < 1e-5 else gap


def _reconciliation(view: View, groups: tuple[str, ...], with_change: bool) -> list[Row]:
    w = view.words
    columns = [*(view.group_parts(c) for c in groups), view.counted]
    tail = [""] if with_change else []
    sums = [view.scale.text(_children_sum(view, parts)) for parts in columns]
    own = [view.scale.text(view.sum(parts)) for parts in columns]
    gaps = [view.scale.text(_gap(view, parts)) for parts in columns]
    share = percent(ratio(_children_sum(view, view.counted), view.headline()))
    whole = percent(ratio(view.headline(), view.headline()))
    return [
        row([w.plain("row.areas_sum", count=len(view.children_now)), *sums, share, *tail], "total"),
        row([w.plain("row.own", area=view.area), *own, whole, *tail], "total"),
        row([w.plain("row.gap"), *gaps, "", *tail], "total"),
    ]  # fmt: skip


def rank(view: View) -> list[Block] | Missing:
    """Areas from the largest total to the smallest."""
    if not view.children:
        return missing(view, "areas")
    ordered = ordered_areas(view)
    rows = [(name, value / view.scale.tonnes, view.scale.text(value)) for name, value in ordered]
    title = view.words.plain("figure.ranking", area=view.area, year=view.input.year)
    svg = ranking(rows, unit=view.plain_unit, title=title, colour=str(palette()["bar"]))
    return [Figure("ranking", view.words("figure.ranking", area=view.area, year=view.input.year), svg)]


def ordered_areas(view: View) -> list[tuple[str, float]]:
    """(name, total) of the areas below, largest first."""
    found = [(view.area_name(code), view.headline(area=code), code) for code in view.children]
    held = [(name, value, code) for name, value, code in found if value is not None]
    return [(name, value) for name, value, _ in sorted(held, key=lambda item: (-item[1], item[2]))]


def heat(view: View) -> list[Block] | Missing:
    """Areas by year; by group when there is a single year."""
    if not view.children:
        return missing(view, "areas")
    years = view.years()
    by_year = len(years) > 1
    columns = [str(y) for y in years] if by_year else [view.category(c) for c in view.groups]
    rows = []
    for code in view.children:
        if by_year:
            values = [view.headline(area=code, year=y) for y in years]
        else:
            values = [view.group(c, area=code) for c in view.groups]
        cells = [(v, view.scale.text(v) if v is not None else NIL) for v in values]
        rows.append((view.area_name(code), cells))
    key = "figure.heat_years" if by_year else "figure.heat_groups"
    values_ = {"area": view.area, "year": view.input.year, "first": years[0], "last": years[-1]}
    svg = heat_map(rows, columns, title=view.words.plain(key, **values_))
    return [Figure("heat", view.words(key, **values_), svg, view.words("note.heat", unit=view.unit))]
