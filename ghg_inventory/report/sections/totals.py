"""The totals: by sector and gas, by category, over the years, and under each profile."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from ghg_inventory.report.blocks import Block, Figure, Row, Table
from ghg_inventory.report.charts import Series, donut, lines, stacked_bars
from ghg_inventory.report.charts.svg import series_colours
from ghg_inventory.report.numerals import (
    Scale,
    choose_scale,
    number,
    percent,
    ratio,
    signed_percent,
    submitted,
)
from ghg_inventory.report.sections.common import SILENT, Missing, body, missing, num, row, text
from ghg_inventory.report.view import GAS_ORDER, View
from ghg_inventory.report.wording import template_data


def structure(view: View) -> list[Block] | Missing:
    """How the total divides: a ring by group, largest first."""
    parts = [(code, view.group(code) or 0.0) for code in view.groups]
    positive = sorted((p for p in parts if p[1] > 0), key=lambda p: (-p[1], p[0]))
    total = view.headline()
    if not positive or total is None or any(value < 0 for _, value in parts):
        return missing(view, "structure")
    colours = dict(zip(view.groups, series_colours(view.groups), strict=True))
    rows = [
        (view.category(c), value, view.scale.text(value), percent(ratio(value, total)), colours[c])
        for c, value in positive
    ]
    title = view.words.plain("figure.structure", area=view.area, year=view.input.year)
    svg = donut(rows, (view.scale.text(total), view.plain_unit), title=title)
    return [Figure("structure", view.words("figure.structure", area=view.area, year=view.input.year), svg)]


def sectors(view: View) -> list[Block] | Missing:
    """Sector by gas in CO2 equivalent, with the share of each sector."""
    total = view.headline()
    if total is None:
        return missing(view, "totals")
    w = view.words
    columns = [text(w.plain("column.sector"), 3.0)]
    columns += [num(head) for head, _ in _heads(view)]
    columns += [num(w.plain("column.sum"), 1.1), num(w.plain("column.share"), 0.9)]
    rows = [_gas_row(view, view.category(c), view.group_parts(c), total) for c in _sector_rows(view)]
    rows.append(_gas_row(view, w.plain(_headline_key(view)), view.counted, total, "total"))
    rows += _beside_rows(view)
    caption = w("table.sectors", area=view.area, year=view.input.year)
    notes = [w("note.rounding"), w("note.nil")]
    if view.roots("indirect") and not view.is_gpc:
        notes.insert(0, w("note.indirect"))
    return [
        body(view, "text.sectors", year=view.input.year),
        Table("sectors", caption, tuple(columns), tuple(rows), view.unit_line, tuple(notes)),
    ]


def _heads(view: View) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The gas columns of tables of the whole account: of the total and of land use."""
    return view.gas_columns((*view.counted, *view.roots("lulucf")) if not view.is_gpc else ())


def _headline_key(view: View) -> str:
    if view.is_gpc:
        return "row.basic"
    return "row.gross" if view.roots("lulucf") else "row.total"


def _sector_rows(view: View) -> tuple[str, ...]:
    """Sectors when there are several, else what the only sector is made of."""
    return view.groups


def _gas_row(view: View, name: str, parts: Iterable[str], total: float, kind: str = "") -> Row:
    parts = tuple(parts)
    cells = [name, *(view.scale.text(view.sum(parts, gases)) for _, gases in _heads(view))]
    value = view.sum(parts)
    return row([*cells, view.scale.text(value), percent(ratio(value, total))], kind)


def _beside_rows(view: View) -> list[Row]:
    """Land use, the net total, indirect and memo lines: printed under the total, never in it."""
    if view.is_gpc:
        return []
    w = view.words

    def line(name: str, parts: tuple[str, ...], kind: str = "") -> Row:
        cells = [view.scale.text(view.sum(parts, gases)) for _, gases in _heads(view)]
        return row([name, *cells, view.scale.text(view.sum(parts)), ""], kind)

    land = view.roots("lulucf")
    rows = [line(view.category(c), (c,)) for c in land]
    if land:
        rows.append(line(w.plain("row.net"), (*view.counted, *land), "total"))
    beside = [*view.roots("indirect"), *view.roots("memo")]
    return rows + [line(w.plain("row.beside", name=view.category(c)), (c,), "beside") for c in beside]


def masses(view: View) -> list[Block] | Missing:
    """Sector by gas in tonnes of the gas itself; every gas has a unit of its own, named in the header."""
    if view.headline() is None:
        return missing(view, "totals")
    if view.gases == ("CO2",):
        return missing(view, "masses")
    w = view.words
    main = [gas for gas in view.gases if gas in GAS_ORDER]
    scales = {gas: _mass_scale(view, gas) for gas in main}
    columns = [text(w.plain("column.sector"), 3.0)]
    columns += [num(f"{gas} ({scales[gas].unit})", 1.2) for gas in main]
    rows = []
    lines_ = [(view.category(c), view.group_parts(c), "") for c in view.groups]
    lines_.append((w.plain(_headline_key(view)), view.counted, "total"))
    if not view.is_gpc:
        lines_ += [(view.category(c), (c,), "") for c in view.roots("lulucf")]
    for name, parts, kind in lines_:
        cells = [scales[gas].text(view.sum(parts, gas, mass=True)) for gas in main]
        rows.append(row([name, *cells], kind))
    caption = w("table.masses", area=view.area, year=view.input.year)
    return [
        body(view, "text.masses"),
        Table("masses", caption, tuple(columns), tuple(rows), w("unit.in_header"), (w("note.rounding"),)),
        *_fluorinated(view),
    ]


def _fluorinated(view: View) -> list[Block]:
    """The gases that share a column elsewhere, each with its mass and what it makes in CO2 equivalent."""
    gases = [gas for gas in view.gases if gas not in GAS_ORDER]
    if not gases:
        return []
    w = view.words
    columns = (text(w.plain("column.gas"), 2.0), num(f"{w.plain('column.mass')} (t)", 1.4),
               num(w.plain("column.gwp"), 1.4), num(f"{w.plain('column.emission')} ({view.plain_unit})", 1.8),
               num(w.plain("column.share"), 1.2))  # fmt: skip
    gwp = {gas: value for gas, value, _ in view.input.gwp.values}
    total = view.headline()
    rows = [
        row([gas, number(view.headline_mass(gas), 3), submitted(gwp.get(gas)), view.scale.text(view.headline(gas)),
             percent(ratio(view.headline(gas), total))])
        for gas in gases
    ]  # fmt: skip
    every = view.sum(view.counted, tuple(gases))
    rows.append(row([w.plain("row.sum"), "", "", view.scale.text(every), percent(ratio(every, total))], "total"))
    caption = w("table.fluorinated", area=view.area, year=view.input.year)
    return [Table("fluorinated", caption, columns, tuple(rows), w("unit.in_header"), (w("note.rounding"),), "small")]


def _mass_scale(view: View, gas: str) -> Scale:
    """CO2 in the unit of the report, other gases in tonnes or the unit their total asks for."""
    if gas == "CO2":
        return view.scale
    total = view.sum(view.counted, gas, mass=True) or 0.0
    scale = choose_scale(template_data("units")[view.lang], total)
    if scale.tonnes == 1:
        places = 0 if abs(total) >= 1000 else 1 if abs(total) >= 100 else 2
        return Scale(scale.unit, 1.0, places)
    return scale


def categories(view: View) -> list[Block] | Missing:
    """The categories that have a figure, indented by depth: the total, land use and the net total, then the rest.

    With several sectors the list stops at the second level: each sector has a chapter of its own.
    """
    if view.headline() is None:
        return missing(view, "totals")
    if has_sectors(view) and view.input.kind != "region":
        return SILENT  # the chapters on the sectors hold them all
    w = view.words
    depth = SHORT_DEPTH if has_sectors(view) else None
    heads = _heads(view)
    columns = [text(w.plain("column.code"), 1.1, "code"), text(w.plain("column.category"), 3.4)]
    columns += [num(head) for head, _ in heads]
    columns += [num(w.plain("column.sum"), 1.1), num(w.plain("column.share"), 0.9)]
    rows: list[Row] = []
    for part in ("gross", "lulucf", "indirect", "memo"):
        mine = [c for c in view.input.categories if view.is_gpc or view.part(c) == part]
        rows += category_rows(view, mine, heads, depth)
        if view.is_gpc:
            break
        rows += _total_rows(view, part, heads)
    caption = w("table.categories", area=view.area, year=view.input.year)
    notes = [w("note.categories"), w("note.rounding"), w("note.nil")]
    if depth:
        notes.insert(0, w("note.categories_short"))
    table = Table("categories", caption, tuple(columns), tuple(rows), view.unit_line, tuple(notes), "small")
    return [body(view, "text.categories_short"), table] if depth else [table]


SHORT_DEPTH = 2


def has_sectors(view: View) -> bool:
    """True when the account has so many sectors that each is told in a chapter of its own."""
    return not view.is_gpc and len(view.counted) + len(view.roots("lulucf")) > 2


def _total_rows(view: View, part: str, heads: tuple[tuple[str, tuple[str, ...]], ...]) -> list[Row]:
    """After the sectors that count: their total; after land use: the net total."""
    land = view.roots("lulucf")
    if not has_sectors(view) or part not in ("gross", "lulucf") or (part == "lulucf" and not land):
        return []
    key, parts = ("row.net", (*view.counted, *land)) if part == "lulucf" else (_headline_key(view), view.counted)
    value = view.sum(parts)
    share = percent(ratio(value, view.headline())) if part == "gross" else ""
    cells = [view.scale.text(view.sum(parts, gases)) for _, gases in heads]
    return [row(["", view.words.plain(key), *cells, view.scale.text(value), share], "total")]


def category_rows(
    view: View, codes: Iterable[str], heads: tuple[tuple[str, tuple[str, ...]], ...], depth: int | None = None
) -> list[Row]:  # fmt: skip
    """Rows of a table by category: code, name, gases, sum, share of the headline total where it counts in it."""
    total = view.headline()
    rows = []
    for code in codes:
        info = view.input.categories[code]
        if (depth and info.level > depth) or not (view.at(code) or (view.notation(code) and not depth)):
            continue
        cells = [code, view.category(code), *(view.cell(code, gases) for _, gases in heads)]
        inside = any(code == c or code.startswith(c + ".") for c in view.counted)
        share = percent(ratio(view.sum((code,)), total)) if inside else ""
        kind = "sub" if info.level == 1 else ""
        rows.append(row([*cells, view.cell(code), share], kind, max(0, info.level - 1)))
    return rows


def series(view: View) -> list[Block] | Missing:
    """The years side by side: a chart with removals below zero, a table, lines by group."""
    years = view.years()
    if len(years) < 2:
        return missing(view, "series")
    w = view.words
    figure = Figure("series", w("figure.series", area=view.area, first=years[0], last=years[-1]), bars(view))
    blocks: list[Block] = [_series_text(view), figure]
    shown = [c for c in view.groups if any(view.group(c, year=y) for y in years)]
    if view.input.kind == "region" and 2 <= len(shown) <= 10 and len(years) >= 3:
        caption = w("figure.lines", area=view.area, first=years[0], last=years[-1])
        blocks.append(Figure("lines", caption, _lines(view, shown)))
    jumps = sum(f.name == "magnitude-jump" for f in view.findings)
    if jumps:
        blocks.insert(1, body(view, "text.jumps", count=jumps))
    return [*blocks, _series_table(view)]


def _series_text(view: View) -> Block:
    years = view.years()
    first, last = view.headline(year=years[0]), view.headline(year=years[-1])
    change = ratio((last or 0.0) - (first or 0.0), first)
    key = "text.series_up" if (change or 0.0) >= 0 else "text.series_down"
    return body(
        view, key, first=years[0], last=years[-1], start=view.scale.text(first), end=view.scale.text(last),
        unit=view.unit, change=percent(abs(change) if change is not None else None),
    )  # fmt: skip


def chart_groups(view: View) -> list[tuple[str, tuple[str, ...]]]:
    """What the bars are made of: the groups, then land use; (code, categories that make it)."""
    parts = [(c, view.group_parts(c)) for c in view.groups]
    if not view.is_gpc:
        parts += [(c, (c,)) for c in view.roots("lulucf")]
    return parts


def bars(view: View) -> Markup:
    """Stacked bars by group for every year; the number on top is the net total."""
    years = view.years()
    parts = chart_groups(view)
    colours = series_colours([code for code, _ in parts])
    stacked = [
        Series(
            view.category(code), colour,
            tuple((view.sum(cats, year=y) or 0.0) / view.scale.tonnes for y in years),
        )
        for (code, cats), colour in zip(parts, colours, strict=True)
    ]  # fmt: skip
    every = tuple(cat for _, cats in parts for cat in cats)
    tops = [view.scale.text(view.sum(every, year=y)) for y in years]
    title = view.words.plain("figure.series", area=view.area, first=years[0], last=years[-1])
    return stacked_bars([str(y) for y in years], stacked, tops, unit=view.plain_unit, title=title)


def _lines(view: View, shown: list[str]) -> Markup:
    years = view.years()
    colours = dict(zip(view.groups, series_colours(view.groups), strict=True))
    drawn = [
        Series(
            view.category(c), colours[c],
            tuple((view.group(c, year=y) or 0.0) / view.scale.tonnes for y in years),
        )
        for c in shown
    ]  # fmt: skip
    title = view.words.plain("figure.lines", area=view.area, first=years[0], last=years[-1])
    return lines(years, drawn, unit=view.plain_unit, title=title)


def _series_table(view: View) -> Table:
    """Years across for a few years; down the page for many, where numbers would not fit side by side."""
    lines_ = _series_lines(view)
    years = view.years()
    w = view.words
    caption = w("table.series", area=view.area, first=years[0], last=years[-1])
    if len(years) > 6 and len(lines_) <= 9:
        columns = [text(w.plain("column.year"), 0.8, "mid"), *(num(name) for name, _, _ in lines_)]
        rows = [
            row([str(y), *(view.scale.text(view.sum(parts, year=y)) for _, parts, _ in lines_)]) for y in years
        ]
        changes = [_change(view, parts) for _, parts, _ in lines_]
        rows.append(row([w.plain("column.change", first=years[0]), *changes], "total"))
    else:
        columns = [text(w.plain("column.sector"), 2.4), *(num(str(y)) for y in years)]
        columns.append(num(w.plain("column.change", first=years[0]), 0.95))
        rows = [
            row([name, *(view.scale.text(view.sum(parts, year=y)) for y in years), _change(view, parts)], kind)
            for name, parts, kind in lines_
        ]
    notes = (w("note.rounding"), w("note.nil"))
    return Table("series-table", caption, tuple(columns), tuple(rows), view.unit_line, notes, "small")


def _series_lines(view: View) -> list[tuple[str, tuple[str, ...], str]]:
    """(name, categories, kind of row) of the table of years."""
    w = view.words
    found = [(view.category(c), view.group_parts(c), "") for c in view.groups]
    found.append((w.plain(_headline_key(view)), view.counted, "total"))
    if view.is_gpc:
        return found
    land = view.roots("lulucf")
    found += [(view.category(c), (c,), "") for c in land]
    if land:
        found.append((w.plain("row.net"), (*view.counted, *land), "total"))
    return found + [(w.plain("row.beside", name=view.category(c)), (c,), "beside") for c in view.roots("indirect")]


def _change(view: View, parts: tuple[str, ...]) -> str:
    """Change from the first year to the last, in per cent of the first."""
    years = view.years()
    first, last = view.sum(parts, year=years[0]), view.sum(parts, year=years[-1])
    if first is None or last is None:
        return signed_percent(None)
    return signed_percent(ratio(last - first, abs(first)))


def profiles(view: View) -> list[Block] | Missing:
    """The same activity data under each profile, and how far each lies from the main one."""
    shown = [p for p in view.input.profiles if view.headline(profile=p.id) is not None]
    if len(shown) < 2:
        return missing(view, "profiles")
    w = view.words
    main = view.input.main_profile
    others = [p for p in shown if p.id != main]
    ordered = [*(p for p in shown if p.id == main), *others]
    columns = [text(w.plain("column.sector"), 2.6), *(num(p.name(view.lang), 1.3) for p in ordered)]
    for p in others:
        columns.append(num(w.plain("column.difference"), 1.1, p.name(view.lang) if len(others) > 1 else ""))
        columns.append(num(w.plain("column.difference_share"), 0.9, p.name(view.lang) if len(others) > 1 else ""))
    groups = [(view.category(c), view.group_parts(c), "") for c in view.groups]
    groups.append((w.plain(_headline_key(view)), view.counted, "total"))
    groups += [(w.plain("row.beside", name=view.category(c)), (c,), "beside") for c in view.roots("indirect")]
    rows = []
    for name, parts, kind in groups:
        base = view.sum(parts, profile=main)
        cells = [name, *(view.scale.text(view.sum(parts, profile=p.id)) for p in ordered)]
        for p in others:
            other = view.sum(parts, profile=p.id)
            gap = None if other is None or base is None else other - base
            cells += [view.scale.signed(gap), signed_percent(ratio(gap, base))]
        rows.append(row(cells, kind))
    caption = w("table.profiles", area=view.area, year=view.input.year)
    text_ = body(view, "text.profiles", count=len(shown), main=ordered[0].name(view.lang))
    return [text_, Table("profiles", caption, tuple(columns), tuple(rows), view.unit_line, (w("note.profiles"),))]


