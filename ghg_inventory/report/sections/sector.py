"""A chapter for each sector: what it emits by category and over the years, from which activity, by which methods."""

from __future__ import annotations

from collections import Counter
from functools import partial

from markupsafe import Markup

from ghg_inventory.report.blocks import Block, Figure, Paragraph, Row, Table
from ghg_inventory.report.charts import Series, stacked_bars
from ghg_inventory.report.charts.svg import palette
from ghg_inventory.report.numerals import NIL, percent, ratio, signed_percent, significant
from ghg_inventory.report.rich import rich
from ghg_inventory.report.sections.common import (
    SILENT,
    Builder,
    Missing,
    body,
    code_ranges,
    missing,
    num,
    record_key,
    row,
    text,
)
from ghg_inventory.report.sections.totals import category_rows, has_sectors
from ghg_inventory.report.view import View

MAX_PARTS = 7
"""Subcategories that a chart and a table of years tell apart; the smaller ones share "others"."""
TOP_ACTIVITY = 12
CHART_HEIGHT = 212.0

Part = tuple[str, tuple[str, ...]]
"""The name of a column and the categories that make it."""


def _sector(code: str, view: View) -> list[Block] | Missing:
    """Text, table by category, years, largest activity data of one sector."""
    if not has_sectors(view):
        return SILENT
    if view.sum((code,)) is None:
        return missing(view, "sector")
    told: list[Block] = [_opening(view, code), _methods(view, code), _table(view, code)]
    if view.input.kind != "region":  # a county's activity data stand in its annex
        return told
    return [*told, *_years(view, code), *_activity(view, code)]


def _energy(view: View) -> list[Block] | Missing:
    """The energy sector by category; its fuels have sections of their own."""
    if not has_sectors(view) or view.sum(("1",)) is None:
        return SILENT
    years = _years(view, "1") if view.input.kind == "region" else []
    return [_opening(view, "1"), _methods(view, "1"), _table(view, "1"), *years]


SECTORS: dict[str, Builder] = {f"sector{code}": partial(_sector, code) for code in ("2", "3", "4", "5")}
SECTORS["sector1"] = _energy


def _below(view: View, code: str) -> list[str]:
    return [c for c in view.input.categories if c == code or c.startswith(code + ".")]


def _opening(view: View, code: str) -> Paragraph:
    """How much, which share, what leads, how it changed, and how complete it is."""
    w = view.words
    value = view.sum((code,)) or 0.0
    counted = code in view.counted
    key = "sector.total" if counted else "sector.removal" if value < 0 else "sector.beside"
    shown = view.scale.text(value if counted else abs(value))
    sentences = [w(key, year=view.input.year, name=view.category(code), value=shown, unit=view.unit,
                   share=percent(ratio(value, view.headline())))]  # fmt: skip
    parts = [(view.category(c), view.sum((c,)) or 0.0) for c in _children(view, code)]
    largest = sorted((p for p in parts if p[1]), key=lambda p: (-abs(p[1]), p[0]))[:3]
    if len(largest) > 1:
        named = [w.plain("format.amount", name=name, value=view.scale.text(v)) for name, v in largest]
        sentences.append(w("sector.largest", parts=w.joined(named)))
    first = view.years()[0]
    before = view.sum((code,), year=first)
    if first != view.input.year and before:
        change = signed_percent(ratio(value - before, abs(before)))
        sentences.append(w("sector.change", first=first, before=view.scale.text(before), change=change))
    return Paragraph(Markup("").join([*sentences, _complete(view, code)]).strip())


def _complete(view: View, code: str) -> Markup:
    """Of the leaf categories and gases of the sector: how many have a value, a key, nothing."""
    frame = view.input.completeness
    if not len(frame):
        return Markup("")
    mine = frame[(frame["area_code"] == view.input.area_code) & (frame["year"] == view.input.year)]
    mine = mine[[str(c).split(".")[0] == code for c in mine["category"]]]
    counts = Counter(mine["status"])
    w = view.words
    named = [
        w.plain("format.state_count", state=w.plain(f"state.{state.replace(' ', '_')}"), count=counts[state])
        for state in sorted(counts, key=lambda s: (-counts[s], s))
    ]
    return (
        w("sector.complete", count=len(mine), states=w.entries["list.comma"].join(named))
        if named
        else Markup("")
    )


def _table(view: View, code: str) -> Table:
    """Every category of the sector with a figure; those with a notation key only are named in a note."""
    w = view.words
    codes = _below(view, code)
    heads = view.gas_columns([code])
    columns = [text(w.plain("column.code"), 1.2, "code"), text(w.plain("column.category"), 3.6)]
    columns += [num(head) for head, _ in heads]
    columns.append(num(w.plain("column.sum"), 1.1))
    counted = code in view.counted
    if counted:
        columns.append(num(w.plain("column.share"), 0.9))
    held = [c for c in codes if view.at(c)]
    rows = [r if counted else Row(r.cells[:-1], r.kind, r.level) for r in category_rows(view, held, heads)]
    keys: dict[str, list[str]] = {}
    for c in codes:
        if c not in held and view.notation(c):
            keys.setdefault(view.notation(c), []).append(c)
    told = [
        w("format.key_codes", mark=key, codes=code_ranges(view, mine)) for key, mine in sorted(keys.items())
    ]
    notes = [w("note.sector_keys", keys=rich(w.entries["list.semicolon"]).join(told))] if told else []
    notes += [w("note.rounding"), w("note.nil")]
    caption = w("table.sector", year=view.input.year, area=view.area, name=view.category(code))
    return Table(
        f"sector-{code}", caption, tuple(columns), tuple(rows), view.unit_line, tuple(notes), "small"
    )


def _children(view: View, code: str) -> list[str]:
    """Subcategories that add up to the sector and have a figure in any year."""
    return [
        c for c, info in view.input.categories.items()
        if info.parent == code and info.adds_to_parent and any(view.at(c, year=y) for y in view.years())
    ]  # fmt: skip


def _parts(view: View, code: str) -> list[Part]:
    """The subcategories in order of the list, the smaller ones together."""
    years = view.years()
    children = _children(view, code)
    size = {c: max(abs(view.sum((c,), year=y) or 0.0) for y in years) for c in children}
    largest = set(
        sorted(children, key=lambda c: (-size[c], c))[: MAX_PARTS if len(children) > MAX_PARTS + 1 else None]
    )
    parts: list[Part] = [(view.category(c), (c,)) for c in children if c in largest]
    rest = tuple(c for c in children if c not in largest)
    if rest:
        parts.append((view.words.plain("column.other_parts", count=len(rest)), rest))
    return parts


def _years(view: View, code: str) -> list[Block]:
    """The sector over the years: stacked bars, removals below zero, and the numbers."""
    years = view.years()
    parts = _parts(view, code)
    if len(years) < 2 or len(parts) < 2:
        return []
    w = view.words
    colours = [str(colour) for colour in palette()["series"]]
    stacked = [
        Series(name, colours[i % len(colours)],
               tuple((view.sum(cats, year=y) or 0.0) / view.scale.tonnes for y in years))
        for i, (name, cats) in enumerate(parts)
    ]  # fmt: skip
    tops = [view.scale.text(view.sum((code,), year=y)) for y in years]
    values = {"area": view.area, "first": years[0], "last": years[-1], "name": view.category(code)}
    svg = stacked_bars([str(y) for y in years], stacked, tops, unit=view.plain_unit,
                       title=w.plain("figure.sector_years", **values), height=CHART_HEIGHT)  # fmt: skip
    columns = [text(w.plain("column.year"), 0.7, "mid"), *(num(name, _weight(name)) for name, _ in parts)]
    columns.append(num(w.plain("column.sum"), 1.0))
    rows = [
        row([str(y), *(view.scale.text(view.sum(cats, year=y)) for _, cats in parts),
             view.scale.text(view.sum((code,), year=y))], "sub" if y == view.input.year else "")
        for y in years
    ]  # fmt: skip
    table = Table(f"sector-{code}-years", w("table.sector_years", **values), tuple(columns), tuple(rows),
                  view.unit_line, (w("note.rounding"),), "small")  # fmt: skip
    return [Figure(f"sector-{code}-bars", w("figure.sector_years", **values), svg), table]


def _weight(name: str) -> float:
    """The width of a column whose head has a long Latin word; Chinese breaks anywhere."""
    words = [word for word in name.replace("-", " ").split() if word.isascii()]
    return max(1.0, max((len(word) for word in words), default=0) / 8)


def _activity(view: View, code: str) -> list[Block]:
    """The activity data that make most of the sector's emission or removal, summed over the areas."""
    frame = view.input.ledger
    if not len(frame) or "activity_category" not in frame.columns:
        return []
    frame = frame[
        (frame["profile"] == view.input.main_profile) & frame["co2e_t"].notna() & (frame["co2e_t"] != 0)
    ]
    frame = frame[[str(c).split(".")[0] == code for c in frame["category"]]]
    if not len(frame):
        return []
    w = view.words
    keys = ["activity_category", "variable", "item", "activity_unit"]
    emission = frame.groupby(keys)["co2e_t"].sum()
    once = frame.drop_duplicates([k if k != "category" else "activity_category" for k in record_key(frame)])
    amount = once.groupby(keys)["activity_value"].sum()
    columns = (
        text(w.plain("column.record_category"), 2.8), text(w.plain("column.activity"), 3.4),
        num(w.plain("column.value"), 1.5), text(w.plain("column.unit"), 1.3),
        num(f"{w.plain('column.emission')} ({view.plain_unit})", 1.5),
    )  # fmt: skip
    ranked = sorted(emission.items(), key=lambda pair: (-abs(pair[1]), pair[0]))
    rows = []
    for key, value in ranked[:TOP_ACTIVITY]:
        category, variable, item, unit = (str(k) for k in key)
        what = [view.variable(variable), view.fuel(item) if item else ""]
        told = w.plain("list.semicolon").join(dict.fromkeys(part for part in what if part)) or NIL
        place = f"{category} {view.category(category)}" if category else NIL
        rows.append(
            row([place, told, significant(float(amount[key]), 7), view.unit_word(unit), view.scale.text(value)])
        )
    caption = w("table.sector_activity", year=view.input.year, area=view.area, name=view.category(code))
    notes = (w("note.sector_activity", count=len(rows), total=len(ranked)),)
    return [
        Table(f"sector-{code}-activity", caption, columns, tuple(rows), w("unit.in_column"), notes, "small")
    ]


def _methods(view: View, code: str) -> Paragraph:
    """How many methods, from which documents."""
    w = view.words
    mine = [m for m in view.main_methods() if any(c.split(".")[0] == code for c in m.categories)]
    if not mine:
        return Paragraph(w("missing.methods"), "empty")
    lent = sum(m.supplement for m in mine)
    documents = Counter(m.document for m in mine)
    named = [
        w.plain("format.document", title=title, count=count)
        for title, count in sorted(documents.items(), key=lambda d: (-d[1], d[0])) if title
    ]  # fmt: skip
    joined = rich(w.entries["list.semicolon"].join(named))
    return body(view, "sector.methods", count=len(mine), documents=joined, lent=lent)
