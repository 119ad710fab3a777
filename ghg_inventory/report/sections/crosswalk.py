"""The same figures by other schemes: IPCC 2006, CRT and GPC; every figure once, the totals equal."""

from __future__ import annotations

import math

import pandas as pd

from ghg_inventory.report.blocks import Block, Column, Row, Table
from ghg_inventory.report.sections.common import Missing, body, missing, num, row, text
from ghg_inventory.report.view import GAS_ORDER, View

SCHEMES = {"ipcc2006": "table.crosswalk_ipcc2006", "crt": "table.crosswalk_crt", "gpc": "table.crosswalk_gpc"}
"""Scheme → key of its caption."""
GPC_LEVELS = ("scope1", "scope2", "scope3", "basic", "basic_plus", "territorial")
MAX_CATEGORIES = 8
MAX_ROWS = 150
"""A longer scheme is printed down to its sums of SHORT_DEPTH; the lines below them are in the attached file."""
SHORT_DEPTH = 3


def readouts(view: View) -> list[Block] | Missing:
    """One table per scheme: lines and sums by gas, then the totals and what they must equal."""
    frame = view.input.crosswalk
    if not len(frame) or view.is_gpc:
        return missing(view, "crosswalk")
    blocks: list[Block] = [body(view, "text.crosswalk")]
    for scheme in SCHEMES:
        part = frame[frame["scheme"] == scheme]
        if len(part) > MAX_ROWS and scheme != "gpc":
            part = part[part["depth"].astype(int) <= SHORT_DEPTH]
        if len(part):
            blocks.append(_table(view, scheme, part, len(part) < (frame["scheme"] == scheme).sum()))
    return blocks


def _table(view: View, scheme: str, frame: pd.DataFrame, short: bool) -> Table:
    w = view.words
    gpc = scheme == "gpc"
    gases = [g for g in GAS_ORDER if (frame["gas"] == g).any()]
    others = bool((~frame["gas"].isin(GAS_ORDER)).any())
    columns = [text(w.plain(f"scheme.{scheme}"), 1.3, "code"), text(w.plain("column.our_categories"), 3.6)]
    columns += [text(w.plain("column.scope"), 0.7, "mid")] if gpc else []
    columns += [num(gas, 1.2) for gas in gases] + ([num(w.plain("column.f_gases"), 1.1)] if others else [])
    columns.append(num(w.plain("column.sum"), 1.2))
    columns += [text(w.plain(f"level.{level}"), 1.1, "mid") for level in GPC_LEVELS[3:]] if gpc else []
    rows = []
    # The same code may be a sum and a line of what stands on it undivided: the keys tell them apart.
    keys = ["row", "code", "scope", "account", "basic", "basic_plus", "territorial", "categories", "depth"]
    for key, part in frame.groupby(keys, sort=False):
        entry = dict(zip(keys, key, strict=True))
        values = [_value(view, part, (gas,)) for gas in gases]
        if others:
            values.append(_value(view, part, tuple(set(part["gas"]) - set(GAS_ORDER))))
        values.append(_value(view, part, tuple(part["gas"])))
        name = _name(view, entry, part)
        cells = [*name, *([str(entry["scope"])] if gpc else []), *values]
        cells += [_level(view, str(entry[level])) for level in GPC_LEVELS[3:]] if gpc else []
        rows.append(_row(entry, cells))
    rows.append(_check(view, columns, frame))
    caption = w(SCHEMES[scheme], area=view.area, year=view.input.year)
    told_notes = {
        "note.crosswalk_short": short, "note.crosswalk": True, "note.rounding": True, "note.crosswalk_gpc": gpc,
    }  # fmt: skip
    notes = [w(name) for name, told in told_notes.items() if told]
    return Table(f"crosswalk-{scheme}", caption, tuple(columns), tuple(rows), view.unit_line, tuple(notes), "tiny")


def _value(view: View, part: pd.DataFrame, gases: tuple[str, ...]) -> str:
    """Σ of the gases as printed; the dash where none of them is there."""
    found = [value for gas, value in zip(part["gas"].tolist(), part["co2e_t"].tolist(), strict=True) if gas in gases]
    return view.scale.text(math.fsum(found) if found else None)


def _name(view: View, entry: dict[str, object], part: pd.DataFrame) -> list[str]:
    """Code and words of a row: ours that it holds, or the name of the total."""
    w = view.words
    if entry["row"] not in ("line", "sum"):
        word = str(entry["row"])
        open_end = word.endswith(".open")
        name = w.plain(f"total_of.{word.removesuffix('.open')}")
        return ["", w.plain("format.open_part", name=name) if open_end else name]
    code = str(entry["code"])
    theirs = str(part[f"name_{view.lang}"].iloc[0])
    codes = str(entry["categories"]).split("; ")
    if entry["row"] == "sum":
        return [code, theirs or w.plain("row.sum")]
    if len(codes) == 1:
        category, _, technology = codes[0].partition("/")
        part_of = f" ({view.technology(technology)})" if technology else ""
        ours = f"{category} {view.category(category)}{part_of}"
    else:
        ours = ", ".join(codes[:MAX_CATEGORIES]) + (" …" if len(codes) > MAX_CATEGORIES else "")
    return [code, f"{theirs} ← {ours}" if theirs else ours]


def _level(view: View, said: str) -> str:
    return {"yes": "✓", "open": view.words.plain("mark.open"), "no": view.words.plain("mark.not_basic")}.get(said, "")


def _row(entry: dict[str, object], cells: list[str]) -> Row:
    kind = {"line": "", "sum": "sub"}.get(str(entry["row"]), "total")
    return row(cells, kind, max(0, int(str(entry["depth"])) - 1))


def _check(view: View, columns: list[Column], frame: pd.DataFrame) -> Row:
    """The provincial total beside the total of the scheme, and what is between them."""
    scheme = float(frame.loc[frame["row"] == "total", "co2e_t"].sum(skipna=False))
    own = view.headline()
    # Sums in another order differ beyond the twelfth digit: less than a gram is no difference.
    difference = view.scale.signed(None if own is None else round(scheme - own, 6))
    cells = ["", view.words.plain("row.crosswalk_check", own=view.scale.text(own), difference=difference)]
    return row([*cells, *[""] * (len(columns) - 2)], "total")
