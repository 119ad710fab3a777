"""The completeness matrix: what stands for every leaf and gas, and why there is no value where there is none."""

from __future__ import annotations

import pandas as pd

from ghg_inventory.report.blocks import Block, Row, Table
from ghg_inventory.report.sections.common import Missing, body, code_ranges, missing, num, row, text
from ghg_inventory.report.sections.totals import has_sectors
from ghg_inventory.report.view import GAS_ORDER, View

STATES = ("value", "notation", "included above", "excluded", "not covered", "not reported", "missing")
F_GASES = "F"
"""The column in which HFCs, PFCs, SF6 and NF3 stand together, each with its name."""


def completeness(view: View) -> list[Block] | Missing:
    """Counts by year and area, the matrix of the report's year, and the reasons by number."""
    frame = view.input.completeness
    if not len(frame) or view.is_gpc:
        return missing(view, "completeness")
    own = frame[(frame["area_code"] == view.input.area_code) & (frame["year"] == view.input.year)]
    reasons = _reasons(view, own)
    w = view.words
    blocks: list[Block] = [body(view, "text.completeness", count=len(own), year=view.input.year), _counts(view, frame)]
    brief = view.input.kind != "region" and has_sectors(view)
    blocks.append(_brief(view, own, reasons) if brief else _matrix(view, own, reasons))
    if reasons:
        columns = (text(w.plain("column.number"), 0.6, "mid"), text(w.plain("column.key"), 0.7, "mid"),
                   text(w.plain("column.reason"), 8.0))  # fmt: skip
        rows = [row([f"[{number}]", key, reason]) for (key, reason), number in reasons.items()]
        blocks.append(Table("reasons", w("table.reasons"), columns, tuple(rows), size="small"))
    return blocks


def _reasons(view: View, own: pd.DataFrame) -> dict[tuple[str, str], int]:
    """(notation key, reason) → number, in the order of the matrix; what is entered above says so in its cell."""
    told = own[own["status"].isin(("not covered", "excluded"))]
    pairs = zip(told["notation"], told[f"reason_{view.lang}"], strict=True)
    return {pair: number for number, pair in enumerate(dict.fromkeys(pairs), start=1)}


def _counts(view: View, frame: pd.DataFrame) -> Table:
    """How many cells hold what: the area year by year, then its children in the report's year."""
    w = view.words
    shown = [s for s in STATES if (frame["status"] == s).any()]
    columns = [text(w.plain("column.scope_of_count"), 2.4), *(num(_state(view, s), 1.2) for s in shown)]
    own = frame["area_code"] == view.input.area_code
    rows = []
    years = frame[own]
    if view.input.kind != "region" and has_sectors(view):
        years = years[years["year"] == view.input.year]
    for year, part in years.groupby("year", sort=True):
        rows.append(_count_row(w.plain("format.area_year", area=view.area, year=year), part, shown))
    for code in view.children:
        part = frame[(frame["area_code"] == code) & (frame["year"] == view.input.year)]
        if len(part):
            rows.append(_count_row(w.plain("format.area_year", area=view.area_name(code), year=view.input.year),
                                   part, shown))  # fmt: skip
    return Table("completeness-counts", w("table.completeness_counts"), tuple(columns), tuple(rows), w("unit.cells"),
                 (w("note.completeness_counts"),), "tiny")  # fmt: skip


def _count_row(name: str, part: pd.DataFrame, shown: list[str]) -> Row:
    counts = part["status"].value_counts()
    return row([name, *(str(int(counts.get(state, 0))) for state in shown)])


def _state(view: View, state: str) -> str:
    return view.words.plain("state." + state.replace(" ", "_"))


def _brief(view: View, own: pd.DataFrame, reasons: dict[tuple[str, str], int]) -> Table:
    """By what stands in the cells: the categories of each gas; the values themselves stand in the sectors' tables."""
    w = view.words
    columns = (text(w.plain("column.state"), 1.8), text(w.plain("column.gas"), 1.1),
               text(w.plain("column.category"), 7.0), num(w.plain("column.cells"), 0.7))  # fmt: skip
    groups: dict[tuple[int, str, str], list[str]] = {}
    for r in own.itertuples():
        status = str(r.status)
        word = _state(view, status) if status == "value" else _cell(view, r, reasons)
        gas = str(r.gas) if r.gas in GAS_ORDER else w.plain("column.f_gases")
        groups.setdefault((STATES.index(status), word, gas), []).append(str(r.category))
    rows = []
    previous = ""
    for (_, word, gas), codes in sorted(groups.items(), key=lambda g: (g[0][:2], _gas_place(g[0][2]))):
        rows.append(row([word if word != previous else "", gas, code_ranges(view, set(codes)), str(len(codes))]))
        previous = word
    caption = w("table.completeness", area=view.area, year=view.input.year)
    notes = (w("note.completeness_brief"),)
    return Table("completeness", caption, columns, tuple(rows), w("unit.cells"), notes, "tiny")


def _gas_place(gas: str) -> int:
    return GAS_ORDER.index(gas) if gas in GAS_ORDER else len(GAS_ORDER)


def _matrix(view: View, own: pd.DataFrame, reasons: dict[tuple[str, str], int]) -> Table:
    w = view.words
    columns = (
        text(w.plain("column.code"), 1.0, "code"), text(w.plain("column.category"), 3.2),
        *(num(gas, 1.2) for gas in GAS_ORDER), text(w.plain("column.f_gases"), 2.4),
    )  # fmt: skip
    rows: list[Row] = []
    sector = ""
    for code, part in own.groupby("category", sort=False):
        if str(code).split(".")[0] != sector:
            sector = str(code).split(".")[0]
            rows.append(row([f"{sector} {view.category(sector)}"], "head"))
        cells = {str(r.gas): _cell(view, r, reasons) for r in part.itertuples()}
        others = [f"{gas}: {cells[gas]}" for gas in cells if gas not in GAS_ORDER]
        main = [cells.get(gas, w.plain("mark.no_such_gas")) for gas in GAS_ORDER]
        fluorinated = w.entries["list.semicolon"].join(others) or w.plain("mark.no_such_gas")
        rows.append(row([str(code), view.category(str(code)), *main, fluorinated]))
    caption = w("table.completeness", area=view.area, year=view.input.year)
    notes = (w("note.completeness"), w("note.rounding"))
    return Table("completeness", caption, columns, tuple(rows), view.unit_line, notes, "tiny")


def _cell(view: View, record: object, reasons: dict[tuple[str, str], int]) -> str:
    """A value, a key with the number of its reason, or the words for "not reported"; never a blank or a zero."""
    status, key = str(getattr(record, "status", "")), str(getattr(record, "notation", ""))
    if status == "value":
        value = view.scale.text(float(getattr(record, "co2e_t", float("nan"))))
        return f"{value} ({key})" if key else value
    if status in ("not covered", "excluded"):
        number = reasons[key, str(getattr(record, f"reason_{view.lang}", ""))]
        return f"{key} [{number}]"
    if status == "included above":
        return view.words.plain("mark.included_above", notation=key)
    return key if status == "notation" else _state(view, status)


