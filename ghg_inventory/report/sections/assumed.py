"""What does not come from the data or from the profile's own document: assumptions, gaps, borrowed methods."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ghg_inventory.report.blocks import Block, Paragraph, Row, Table
from ghg_inventory.report.model import AssumedUse, Excluded, MethodInfo
from ghg_inventory.report.numerals import NIL
from ghg_inventory.report.sections.common import (
    Missing,
    body,
    code_ranges,
    missing,
    num,
    record_key,
    row,
    text,
)
from ghg_inventory.report.view import View


def assumptions(view: View) -> list[Block] | Missing:
    """What the workspace declares, and what a profile deliberately does not compute."""
    data = view.input
    if not data.assumptions and not data.exclusions:
        return missing(view, "assumptions")
    blocks: list[Block] = [body(view, "text.assumptions")]
    for lacking, key, make in (
        (not data.assumptions, "text.no_assumptions", _declared),
        (not data.exclusions, "text.no_exclusions", _not_computed),
    ):
        blocks.append(Paragraph(view.words(key), "empty") if lacking else make(view))
    return blocks


def _declared(view: View) -> Table:
    w = view.words
    columns = (
        text(w.plain("column.assumed"), 1.5), text(w.plain("column.category"), 2.0), text(w.plain("column.items"), 3.0),
        text(w.plain("column.used"), 1.9), num(w.plain("column.records"), 0.8), text(w.plain("column.reason"), 3.4),
    )  # fmt: skip
    records = _records(view)
    rows = [
        row([w.plain(f"assumed.{a.kind}"), f"{a.category} {view.category(a.category)}", _fuels(view, a.items),
             _used(view, a), str(_touched(records, a)), a.reason(view.lang)])
        for a in view.input.assumptions
    ]  # fmt: skip
    return Table("assumptions", w("table.assumptions"), columns, tuple(rows), notes=(w("note.assumptions"),),
                 size="small")  # fmt: skip


def _records(view: View) -> pd.DataFrame:
    """Activity records of the main profile with an amount, each once."""
    frame = view.input.ledger
    if not len(frame):
        return frame
    frame = frame[(frame["profile"] == view.input.main_profile) & (frame["activity_value"] != 0)]
    return frame.drop_duplicates(record_key(frame))


def _touched(records: pd.DataFrame, one: AssumedUse) -> int:
    """How many records an assumption speaks for; a technology is assumed only where the record has none."""
    if not len(records):
        return 0
    inside = records["category"].map(lambda c: c == one.category or c.startswith(one.category + "."))
    found = records[inside & records["item"].isin(one.items)]
    if one.kind == "technology" and "technology" in found.columns:
        found = found[found["technology"] == ""]
    return len(found)


def _used(view: View, one: AssumedUse) -> str:
    """The name of what is used, in the words of its kind."""
    if one.kind == "category":
        return f"{one.used} {view.category(one.used)}"
    return view.technology(one.used) if one.kind == "technology" else view.fuel(one.used)


def _fuels(view: View, items: tuple[str, ...] | list[str]) -> str:
    return view.words.entries["list.comma"].join(view.fuel(item) for item in items)


def _not_computed(view: View) -> Table:
    w = view.words
    several = len(view.input.profiles) > 1
    columns = [text(w.plain("column.items"), 1.9), text(w.plain("column.gas"), 1.3), text(w.plain("column.key"), 0.8)]
    if several:
        columns.append(text(w.plain("column.profile"), 3.2))
    columns += [num(w.plain("column.records"), 0.8), text(w.plain("column.reason_source"), 4.6)]
    # The same rule of several profiles is one line that names them.
    grouped: dict[Excluded, list[str]] = {}
    told = [e for e in view.input.exclusions if e.profile == view.input.main_profile] or list(view.input.exclusions)
    rules = {replace(e, profile="") for e in told}
    for e in view.input.exclusions:
        if replace(e, profile="") not in rules:
            continue  # a rule of another profile alone
        grouped.setdefault(replace(e, profile=""), []).append(view.profile(e.profile))
    rows = []
    for e, profiles in grouped.items():
        key = f"{e.notation} → {e.target}" if e.target else e.notation
        why = w.plain("list.period").join(part for part in (e.reason(view.lang), e.source) if part)
        cells = [_fuels(view, e.items), w.entries["list.comma"].join(e.gases), key]
        rows.append(row([*cells, *([w.joined(profiles)] if several else []), str(e.records), why]))
    return Table("exclusions", w("table.exclusions"), tuple(columns), tuple(rows), notes=(w("note.exclusions"),),
                 size="tiny")  # fmt: skip


def lent(view: View) -> list[Block] | Missing:
    """Methods that stand in for another or come from another document: for which fuels and gases they were used."""
    if len(_lenders(view)) > MANY_LENT:
        return [body(view, "text.lent"), _lent_summary(view)]
    rows = [r for p in view.input.profiles for m in _lenders(view) for r in _lent_rows(view, p.id, m)]
    if not rows:
        return missing(view, "lent")
    w = view.words
    columns = (
        text(w.plain("column.method"), 2.7), text(w.plain("column.role"), 2.5), text(w.plain("column.gas"), 0.7),
        text(w.plain("column.items"), 3.4), num(w.plain("column.records"), 0.8),
        num(f"{w.plain('column.emission')} ({view.plain_unit})", 1.3),
    )  # fmt: skip
    ordered: list[Row] = []
    for p in view.input.profiles:
        mine = [r for profile, r in rows if profile == p.id]
        if mine and len(view.input.profiles) > 1:
            ordered.append(row([p.name(view.lang)], "head"))
        ordered += mine
    return [body(view, "text.lent"), Table("lent", w("table.lent"), columns, tuple(ordered), w("unit.in_header"),
                                           (w("note.lent"),), "small")]  # fmt: skip


MANY_LENT = 12
"""More lent methods than these are told together: by lender, sector and gas."""


def _lent_summary(view: View) -> Table:
    """Under the main profile: how many methods of each document served a sector and gas, and what they gave."""
    w = view.words
    methods = {m.id: m for m in _lenders(view) if m in view.main_methods()}
    frame = view.input.ledger
    mine = frame[
        (frame["profile"] == view.input.main_profile) & frame["method"].isin(list(methods)) & frame["mass_t"].notna()
        & (frame["activity_value"] != 0)
    ]  # fmt: skip
    mine = mine.assign(
        document=[methods[m].document for m in mine["method"]], sector=[str(c).split(".")[0] for c in mine["category"]]
    )  # fmt: skip
    columns = (
        text(w.plain("column.sector"), 2.2), text(w.plain("column.gas"), 0.8), text(w.plain("column.category"), 3.4),
        num(w.plain("column.methods"), 0.8), num(w.plain("column.records"), 0.8),
        num(f"{w.plain('column.emission')} ({view.plain_unit})", 1.4),
    )  # fmt: skip
    rows: list[Row] = []
    for document, lender in mine.groupby("document", sort=False):
        rows.append(row([str(document)], "head"))
        for (sector, gas), part in lender.groupby(["sector", "gas"], sort=True):
            rows.append(row([
                f"{sector} {view.category(str(sector))}", str(gas), code_ranges(view, set(part["category"])),
                str(part["method"].nunique()), str(len(part)), view.scale.text(float(part["co2e_t"].sum())),
            ]))  # fmt: skip
    return Table("lent", w("table.lent"), columns, tuple(rows), w("unit.in_header"), (w("note.lent_summary"),), "tiny")


def _lenders(view: View) -> list[MethodInfo]:
    return [m for m in view.input.methods_used if m.supplement or m.stands_for.zh or m.stands_for.en]


def _lent_rows(view: View, profile: str, method: MethodInfo) -> list[tuple[str, Row]]:
    """One row per gas that the method gave under a profile."""
    frame = view.input.ledger
    mine = frame[
        (frame["profile"] == profile) & (frame["method"] == method.id) & frame["mass_t"].notna()
        & (frame["activity_value"] != 0)
    ]  # fmt: skip
    w = view.words
    roles = [w.plain("mark.supplement" if method.supplement else "mark.fallback")]
    if method.stands_for.zh or method.stands_for.en:
        roles.append(w.plain("format.stands_for", name=method.stands_for(view.lang)))
    found = []
    for gas, part in mine.groupby("gas", sort=True):
        items = sorted({str(i) for i in part["item"] if i})
        cells = [method.title(view.lang), w.plain("list.semicolon").join(roles), str(gas),
                 _fuels(view, items) or NIL, str(len(part)), view.scale.text(float(part["co2e_t"].sum()))]  # fmt: skip
        found.append((profile, row(cells)))
    return found
