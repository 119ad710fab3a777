"""Fuels: emissions by fuel and by category, the reference approach, balance closure, electricity transfers."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from ghg_inventory.report.blocks import Block, Figure, Row, Table
from ghg_inventory.report.charts import ranking
from ghg_inventory.report.charts.svg import palette
from ghg_inventory.report.numerals import MINUS, number, percent, ratio, signed_percent, submitted
from ghg_inventory.report.sections.common import Missing, body, missing, note, num, record_key, row, text
from ghg_inventory.report.sections.totals import has_sectors
from ghg_inventory.report.view import View

TOP_FUELS = 8
MATRIX_FUELS = 11
FEW_FUELS = 3
"""Fewer fuels than this are told by the table alone."""


def by_fuel(view: View) -> pd.DataFrame:
    """Energy [TJ] and CO2e [t] by item, largest emission first. Energy counts each activity record once."""
    frame = _of_fuels(view)
    if not len(frame):
        return pd.DataFrame({"item": [], "energy_tj": [], "co2e_t": []})
    co2e = frame.groupby("item")["co2e_t"].sum()
    energy = frame.drop_duplicates(record_key(frame)).groupby("item")["energy_tj"].sum(min_count=1)
    both = pd.DataFrame({"energy_tj": energy, "co2e_t": co2e}).reset_index()
    both = both[(both["co2e_t"] != 0) | (both["energy_tj"].fillna(0) != 0)]
    return both.sort_values(["co2e_t", "item"], ascending=[False, True], kind="stable").reset_index(drop=True)


FUEL = "fuel"
"""The variable whose items are fuels; livestock, crops, waste and products are items of other variables."""


def _of_fuels(view: View) -> pd.DataFrame:
    """Counted ledger rows of fuels that have an amount."""
    frame = view.ledger
    if not len(frame):
        return frame
    burnt = (frame["variable"] == FUEL) & frame["item"].isin(sorted(view.input.fuels))
    return frame[burnt & frame["co2e_t"].notna()]


def fuels(view: View) -> list[Block] | Missing:
    """Energy and emissions by fuel, with the rest of the total on a line of its own."""
    data = by_fuel(view)
    total = view.headline()
    if not len(data) or total is None:
        return missing(view, "fuels")
    w = view.words
    with_energy = bool(data["energy_tj"].notna().any())
    columns = [text(w.plain("column.fuel"), 2.4)]
    if with_energy:
        columns += [num(f"{w.plain('column.energy')} (TJ)", 1.2), num(w.plain("column.energy_share"), 0.9)]
    columns += [num(f"{w.plain('column.emission')} ({view.plain_unit})", 1.4), num(w.plain("column.share"), 0.9)]
    energy_total = float(data["energy_tj"].sum()) if with_energy else 0.0

    def line(name: str, tj: float | None, co2e: float, kind: str = "") -> Row:
        cells = [name]
        if with_energy:
            cells += [number(tj, 0), percent(ratio(tj, energy_total))]
        return row([*cells, view.scale.text(co2e), percent(ratio(co2e, total))], kind)

    rows = [line(view.fuel(r.item), r.energy_tj, r.co2e_t) for r in data.itertuples()]
    fuel_total = float(data["co2e_t"].sum())
    rows.append(line(w.plain("row.fuels_sum"), energy_total, fuel_total, "total"))
    rest = total - fuel_total
    if abs(rest) > abs(total) * 1e-9:
        rows.append(line(w.plain("row.not_fuel"), None, rest))
        rows.append(line(w.plain("row.total"), None, total, "total"))
    caption = w("table.fuels", area=view.area, year=view.input.year)
    table = Table("fuels", caption, tuple(columns), tuple(rows), w("unit.in_header"), (w("note.rounding"),), "small")
    plain = len(data) < FEW_FUELS or (has_sectors(view) and view.input.kind != "region")
    return [table] if plain else [_fuel_figure(view, data), table]


def _fuel_figure(view: View, data: pd.DataFrame) -> Figure:
    w = view.words
    top = [(view.fuel(r.item), r.co2e_t / view.scale.tonnes, view.scale.text(r.co2e_t))
           for r in data.head(TOP_FUELS).itertuples()]  # fmt: skip
    title = w.plain("figure.fuels", area=view.area, year=view.input.year)
    svg = ranking(top, unit=view.plain_unit, title=title, colour=str(palette()["bar"]))
    more = w("note.top_fuels", count=len(top)) if len(data) > len(top) else Markup("")
    return Figure("fuels-figure", w("figure.fuels", area=view.area, year=view.input.year), svg, more)


def matrix(view: View) -> list[Block] | Missing:
    """Categories by fuels; the smaller fuels share a column so that every row still adds up."""
    data = by_fuel(view)
    if len(data) < 2:
        return missing(view, "matrix")
    w = view.words
    frame = _of_fuels(view)
    cells = frame.groupby(["category", "item"])["co2e_t"].sum().to_dict()
    main = list(data["item"].head(MATRIX_FUELS))
    others = [item for item in data["item"] if item not in main]
    held = {category for category, _ in cells}
    shown = [code for code in view.input.categories if code in held]
    columns = [text(w.plain("column.category"), 2.6), *(num(view.fuel(item)) for item in main)]
    if others:
        columns.append(num(w.plain("column.other_fuels", count=len(others))))
    columns.append(num(w.plain("column.sum"), 1.05))

    def values(codes: list[str]) -> list[float | None]:
        def add(items: list[str]) -> float | None:
            found = [cells[c, i] for c in codes for i in items if (c, i) in cells]
            return sum(found) if found else None

        parts = [add([item]) for item in main]
        return [*parts, *([add(others)] if others else []), add([*main, *others])]

    rows = [row([view.long_category(c), *(view.scale.text(v) for v in values([c]))]) for c in shown]
    rows.append(row([w.plain("row.fuels_sum"), *(view.scale.text(v) for v in values(shown))], "total"))
    caption = w("table.matrix", area=view.area, year=view.input.year)
    notes = (w("note.rounding"), w("note.nil"))
    return [Table("matrix", caption, tuple(columns), tuple(rows), view.unit_line, notes, "tiny")]


def reference(view: View) -> list[Block] | Missing:
    """The reference approach (from supply) beside the sectoral approach."""
    frame = view.input.reference
    frame = frame[frame["year"] == view.input.year] if len(frame) else frame
    if not len(frame):
        return missing(view, "reference")
    w = view.words
    columns = (
        text(w.plain("column.fuel"), 2.2), num(f"{w.plain('column.apparent')} (TJ)", 1.3),
        num(w.plain("column.reference"), 1.3), num(w.plain("column.sectoral"), 1.3),
        num(w.plain("column.difference"), 1.1), num(w.plain("column.difference_share"), 0.9),
    )  # fmt: skip
    rows = []
    # Largest supply first; the sum closes the table wherever the frame has it.
    frame = frame.assign(last=frame["item"].isin(["", "total"]), size=-frame["apparent_tj"].abs())
    frame = frame.sort_values(["last", "size", "item"], kind="stable")
    for r in frame.itertuples():
        is_total = bool(r.last)
        if not is_total and not r.apparent_tj and not r.reference_co2_t and not r.sectoral_co2_t:
            continue
        name = w.plain("row.sum") if is_total else view.fuel(r.item)
        gap = r.reference_co2_t - r.sectoral_co2_t
        relative = signed_percent(r.difference_pct / 100)
        rows.append(row(
            [name, number(r.apparent_tj, 0), view.scale.text(r.reference_co2_t), view.scale.text(r.sectoral_co2_t),
             view.scale.signed(gap), relative],
            "total" if is_total else "",
        ))  # fmt: skip
    caption = w("table.reference", area=view.area, year=view.input.year)
    return [
        body(view, "text.reference"),
        Table("reference", caption, columns, tuple(rows), w("unit.of_co2", unit=view.scale.of("CO2")),
              (w("note.reference"), w("note.rounding")), "small"),
    ]  # fmt: skip


def balance(view: View) -> list[Block] | Missing:
    """Where the energy balance of the year does not close; when it does, how much was checked."""
    year = view.input.year
    checks = [c for c in view.input.balance_checks if c.year == year]
    frame = view.input.balance
    frame = frame[frame["year"] == year] if len(frame) else frame
    if not len(frame) and not checks:
        return missing(view, "balance")
    w = view.words
    blocks: list[Block] = [
        body(view, "text.balance_checked", year=year, checked=c.checked, within=c.within, beyond=c.beyond,
             largest=_minus(c.largest), tolerance=c.tolerance)
        for c in checks
    ]  # fmt: skip
    if not len(frame):
        return [*blocks, body(view, "text.balance_closes")]
    columns = (
        text(w.plain("column.fuel"), 2.0), text(w.plain("column.closure"), 2.0), num(w.plain("column.expected"), 1.2),
        num(w.plain("column.found"), 1.2), num(w.plain("column.gap"), 1.1), text(w.plain("column.unit"), 1.0),
        text(w.plain("column.cell"), 0.8, "code"),
    )  # fmt: skip
    rows = [
        row([r[f"fuel_{view.lang}"], r[f"closure_{view.lang}"], *(_minus(r[k]) for k in ("expected", "found", "gap")),
             view.unit_word(r["unit"]), r["cell"]])
        for r in frame.to_dict("records")
    ]  # fmt: skip
    caption = w("table.balance", area=view.area, year=year)
    return [*blocks, body(view, "text.balance", count=len(rows)),
            Table("balance", caption, columns, tuple(rows), w("unit.in_column"), (w("note.balance"),))]  # fmt: skip


def _minus(number_text: str) -> str:
    """A number that the reader of the balance wrote as text, with the true minus."""
    return number_text.replace("-", MINUS)


def electricity(view: View) -> list[Block] | Missing:
    """Electricity over the border: inflow, outflow, the grid factor and its year, the indirect emission."""
    frame = view.input.electricity
    if not len(frame):
        return missing(view, "electricity")
    w = view.words
    unit = str(frame["unit"].iloc[0])
    factor_unit = str(frame["factor_unit"].iloc[0])
    columns = (
        text(w.plain("column.year"), 0.8, "mid"), num(f"{w.plain('column.inflow')} ({unit})", 1.2),
        num(f"{w.plain('column.outflow')} ({unit})", 1.2), num(f"{w.plain('column.net')} ({unit})", 1.2),
        num(f"{w.plain('column.factor')} ({factor_unit})", 1.4), text(w.plain("column.factor_year"), 0.9, "mid"),
        num(f"{w.plain('column.indirect')} ({view.scale.of('CO2')})", 1.4),
    )  # fmt: skip
    rows = []
    lags = []
    for r in frame.itertuples():
        factor_year = "" if pd.isna(r.factor_year) else str(int(r.factor_year))
        rows.append(row(
            [str(int(r.year)), submitted(r.inflow), submitted(r.outflow), submitted(r.net),
             str(r.factor), factor_year, view.scale.text(r.co2_t)],
            "sub" if int(r.year) == view.input.year else "",
        ))  # fmt: skip
        if factor_year and int(factor_year) != int(r.year):
            lags.append((int(r.year), factor_year))
    blocks: list[Block] = [body(view, "text.electricity")]
    caption = w("table.electricity", area=view.area)
    blocks.append(Table("electricity", caption, columns, tuple(rows), w("unit.in_header"), (w("note.electricity"),),
                        "small"))  # fmt: skip
    return [*blocks, *_lags(view, lags)]


MANY_LAGS = 3


def _lags(view: View, lags: list[tuple[int, str]]) -> list[Block]:
    """Which years used the grid factor of another one: a line each, or one line for many."""
    if len(lags) >= MANY_LAGS:
        w = view.words
        pairs = [w.plain("format.lag", year=year, factor_year=factor_year) for year, factor_year in lags]
        return [note(view, "text.factor_lags", pairs=w.entries["list.comma"].join(pairs))]
    return [
        note(view, "text.factor_lag_before" if int(factor_year) < year else "text.factor_lag_after", year=year,
             factor_year=factor_year, lag=abs(year - int(factor_year)))
        for year, factor_year in lags
    ]  # fmt: skip
