"""The annexes: factors, activity data, words and rounding, attached files."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from ghg_inventory.report.blocks import Block, Facts, Row, Table
from ghg_inventory.report.numerals import NIL, submitted
from ghg_inventory.report.rich import rich
from ghg_inventory.report.sections.common import Missing, body, missing, num, record_key, row, text
from ghg_inventory.report.view import View

MAX_ACTIVITY = 260



def factors(view: View) -> list[Block] | Missing:
    """Every factor that was used: value and unit as printed at the source, range, tier, confidence, place."""
    frame = view.input.factors_used
    if not len(frame):
        return missing(view, "factors")
    w = view.words
    columns = (
        text(w.plain("column.factor_id"), 3.1, "id"), text(w.plain("column.parameter"), 1.7),
        text(w.plain("column.item"), 1.6), text(w.plain("column.validity"), 1.1),
        text(w.plain("column.gas"), 0.6), num(w.plain("column.value"), 1.0), text(w.plain("column.unit"), 1.3),
        text(w.plain("column.range"), 1.8), text(w.plain("column.tier"), 0.6, "mid"),
        text(w.plain("column.confidence"), 0.6, "mid"), text(w.plain("column.source"), 3.7),
    )  # fmt: skip
    titles = [_text(title) for title in frame["source_title"]]
    numbers = {title: number for number, title in enumerate(dict.fromkeys(titles), start=1)}
    rows = [_factor(view, r, numbers) for r in frame.to_dict("records")]
    sources = [w("format.source_line", number=number, title=title) for title, number in numbers.items()]
    flagged = int((frame["confidence"] == "C").sum())
    caption = w("table.factors", count=len(rows))
    blocks: list[Block] = [body(view, "text.factors")]
    if flagged:
        blocks.append(body(view, "text.flagged", count=flagged))
    blocks.append(Table("factors", caption, columns, tuple(rows), w("unit.in_column"),
                        (w("note.factors"), *sources), "tiny"))  # fmt: skip
    return blocks


def _text(value: object) -> str:
    """A cell of a frame as text; missing is blank."""
    return "" if value is None or (isinstance(value, float) and pd.isna(value)) else str(value)


def _factor(view: View, record: dict[str, object], sources: dict[str, int]) -> Row:
    cell = {key: _text(value) for key, value in record.items()}
    w = view.words
    key = f"parameter.{cell['parameter']}"
    parameter = w.plain(key) if w.has(key) else cell["parameter"]
    what = [view.fuel(cell["item"]) if cell["item"] else "", cell["technology"],
            view.category(cell["category"]) if cell["category"] else ""]  # fmt: skip
    where = view.area_name(cell["area_code"]) if cell["area_code"] else ""
    years = "–".join(dict.fromkeys(year for year in (cell["valid_from"], cell["valid_to"]) if year))
    span = f"{cell['lower']} – {cell['upper']}" if cell["lower"] or cell["upper"] else NIL
    grade = Markup('<b class="flag">{}</b>').format("C ▲") if cell["confidence"] == "C" else cell["confidence"]
    join = w.plain("list.semicolon").join
    return row([
        Markup("{}").format(cell["factor_id"]), parameter, join([part for part in what[:2] if part]) or what[2] or NIL,
        join([part for part in (where, years) if part]) or NIL,
        cell["gas"] or NIL, cell["value_text"].replace("-", "−"), cell["unit"], span, cell["tier"], grade,
        w.plain("format.source", number=sources[cell["source_title"]], locator=cell["locator"]),
    ])  # fmt: skip


def activity(view: View) -> list[Block] | Missing:
    """The activity data as submitted, or summed over areas when there are too many records to print."""
    frame = view.ledger
    if not len(frame):
        return missing(view, "activity")
    records = frame.drop_duplicates(record_key(frame))
    told = records["activity_value"] != 0  # a missing value with its notation key is told
    zeros = int((~told).sum())
    records = records[told]
    order = {code: number for number, code in enumerate(view.input.categories)}
    records = records.assign(rank=records["category"].map(order)).sort_values(
        ["rank", "item", "variable", "area_code", "source_file", "source_sheet", "source_cell"], kind="stable"
    )
    if len(records) > MAX_ACTIVITY:
        return _summed(view, records, zeros)
    w = view.words
    several = records["area_code"].nunique() > 1
    columns = [text(w.plain("column.area"), 1.3)] if several else []
    columns += [
        text(w.plain("column.code"), 0.9, "code"), text(w.plain("column.category"), 2.4),
        text(w.plain("column.item"), 1.6), num(w.plain("column.value"), 1.3), text(w.plain("column.unit"), 1.0),
        text(w.plain("column.place"), 2.8, "id"),
    ]  # fmt: skip
    rows = []
    for r in records.itertuples():
        place = " ".join(part for part in (_text(r.source_file), _text(r.source_sheet), _text(r.source_cell)) if part)
        key = _text(r.notation)
        value = key if pd.isna(r.activity_value) else f"{submitted(r.activity_value)} {key}".strip()
        head = [view.area_name(r.area_code)] if several else []
        rows.append(row([*head, r.category, view.long_category(r.category), view.fuel(r.item) if r.item else NIL, value,
                         r.activity_unit, Markup("{}").format(place)]))  # fmt: skip
    caption = w("table.activity", area=view.area, year=view.input.year)
    notes = _activity_notes(view, zeros)
    return [Table("activity", caption, tuple(columns), tuple(rows), w("unit.in_column"), notes, "tiny")]


def _activity_notes(view: View, zeros: int) -> tuple[Markup, ...]:
    w = view.words
    left_out = (w("note.zero_left_out", count=zeros),) if zeros else ()
    return (w("note.activity"), *left_out)


def _summed(view: View, records: pd.DataFrame, zeros: int) -> list[Block]:
    w = view.words
    keys = ["rank", "category", "item", "activity_unit"]
    sums = records.groupby(keys, sort=True)["activity_value"].agg(["sum", "count"]).reset_index()
    columns = (
        text(w.plain("column.code"), 0.9, "code"), text(w.plain("column.category"), 3.2),
        text(w.plain("column.item"), 1.8), num(w.plain("column.value"), 1.4), text(w.plain("column.unit"), 1.0),
        num(w.plain("column.records"), 0.8),
    )  # fmt: skip
    rows = [
        row([r["category"], view.long_category(r["category"]), view.fuel(r["item"]) if r["item"] else NIL,
             submitted(r["sum"]), r["activity_unit"], str(r["count"])])
        for r in sums.to_dict("records")
    ]  # fmt: skip
    caption = w("table.activity_summed", area=view.area, year=view.input.year)
    return [
        body(view, "text.activity_summed", count=len(records)),
        Table("activity", caption, columns, tuple(rows), w("unit.in_column"), _activity_notes(view, zeros),
              "small"),
    ]


def glossary(view: View) -> list[Block] | Missing:
    """Words, notation keys, units and how numbers are rounded."""
    w = view.words
    keys = ("co2e", "notation", "nil", "zero", "negative", "rounding", "unit", "tce", "tier", "confidence", "run")
    rows = tuple((w(f"glossary.{key}_term"), w(f"glossary.{key}")) for key in keys)
    return [Facts("glossary", rows, w("table.glossary"))]


def files(view: View) -> list[Block] | Missing:
    """What is attached to the PDF, and how to take it out."""
    w = view.words
    names = ("manifest.json", "ledger.csv", "totals.csv", "factors.csv", "findings.json")
    rows = tuple((Markup("<code>{}</code>").format(n), w("file." + n.replace(".", "_"))) for n in names)
    return [body(view, "text.files"), Facts("files", rows, w("table.files")), body(view, "text.extract",
            command=Markup("<code>pdfdetach -saveall {}</code>").format(rich(w.plain("file.report"))))]  # fmt: skip
