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
    """Every factor that was used, under one line for what several share: parameter, unit, scope, source."""
    frame = view.input.factors_used
    if not len(frame):
        return missing(view, "factors")
    w = view.words
    columns = (
        text(w.plain("column.factor_id"), 4.6, "id"), text(w.plain("column.item"), 2.6),
        num(w.plain("column.value"), 1.1), text(w.plain("column.range"), 2.2),
        text(w.plain("column.confidence"), 1.0, "mid"),
    )  # fmt: skip
    records = [{key: _text(value) for key, value in r.items()} for r in frame.to_dict("records")]
    titles = dict.fromkeys(r["source_title"] for r in records)
    numbers = {title: number for number, title in enumerate(titles, start=1)}
    groups: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for r in records:
        groups.setdefault(tuple(r[key] for key in _SHARED), []).append(r)
    rows = []
    for shared in sorted(groups, key=lambda key: numbers[key[0]]):
        rows.append(row([_shared(view, dict(zip(_SHARED, shared, strict=True)), numbers)], "head"))
        rows += [_factor(view, r) for r in groups[shared]]
    sources = [w("format.source_line", number=number, title=title) for title, number in numbers.items()]
    flagged = sum(r["confidence"] == "C" for r in records)
    blocks: list[Block] = [body(view, "text.factors")]
    if flagged:
        blocks.append(body(view, "text.flagged", count=flagged))
    blocks.append(Table("factors", w("table.factors", count=len(records)), columns, tuple(rows),
                        w("unit.in_heads"), (w("note.factors"), *sources), "tiny"))  # fmt: skip
    return blocks


_SHARED = ("source_title", "parameter", "gas", "unit", "tier", "locator", "category", "area_code", "valid_from",
           "valid_to")  # fmt: skip


def _shared(view: View, cell: dict[str, str], sources: dict[str, int]) -> Markup:
    """The line over factors of one parameter from one place: what, unit, tier, where it applies, source and place."""
    w = view.words
    key = f"parameter.{cell['parameter']}"
    what = w.plain(key) if w.has(key) else cell["parameter"]
    if cell["gas"]:
        what = f"{what} {cell['gas']}"
    measured = [cell["unit"], w.plain("format.tier", tier=cell["tier"]) if cell["tier"] else ""]
    years = "–".join(dict.fromkeys(year for year in (cell["valid_from"], cell["valid_to"]) if year))
    applies = [
        *(f"{code} {view.category(code)}" for code in cell["category"].split(";") if code),
        view.area_name(cell["area_code"]) if cell["area_code"] else "", years,
    ]  # fmt: skip
    join = w.entries["list.semicolon"].join
    source = w.plain("format.source", number=sources[cell["source_title"]], locator=cell["locator"])
    return w("format.factor_head", what=what, measured=join([m for m in measured if m]),
             applies=join([part for part in applies if part]), source=source)  # fmt: skip


def _text(value: object) -> str:
    """A cell of a frame as text; missing is blank."""
    return "" if value is None or (isinstance(value, float) and pd.isna(value)) else str(value)


def _factor(view: View, cell: dict[str, str]) -> Row:
    w = view.words
    what = [view.fuel(cell["item"]) if cell["item"] else "",
            view.technology(cell["technology"]) if cell["technology"] else ""]  # fmt: skip
    span = f"{cell['lower']} – {cell['upper']}" if cell["lower"] or cell["upper"] else NIL
    grade = Markup('<b class="flag">{}</b>').format("C ▲") if cell["confidence"] == "C" else cell["confidence"]
    named = w.plain("list.semicolon").join([part for part in what if part]) or NIL
    return row([Markup("{}").format(cell["factor_id"]), named, cell["value_text"].replace("-", "−"), span, grade])


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
        text(w.plain("column.item"), 2.4), num(w.plain("column.value"), 1.5), text(w.plain("column.unit"), 1.3),
        text(w.plain("column.place"), 2.0, "id"),
    ]  # fmt: skip
    files = {name: number for number, name in enumerate(dict.fromkeys(map(_text, records["source_file"])), start=1)}
    rows = []
    for category, part in records.groupby("category", sort=False):
        rows.append(row([_category_head(view, str(category))], "head"))
        for r in part.itertuples():
            key = _text(r.notation)
            value = key if pd.isna(r.activity_value) else f"{submitted(r.activity_value)} {key}".strip()
            head = [view.area_name(r.area_code)] if several else []
            place = f"[{files[_text(r.source_file)]}] {_place(r)}"
            rows.append(row([*head, view.fuel(r.item) if r.item else NIL, value, view.unit_word(r.activity_unit),
                             Markup("{}").format(place)]))  # fmt: skip
    caption = w("table.activity", area=view.area, year=view.input.year)
    sources = [w("format.source_line", number=number, title=name) for name, number in files.items()]
    notes = (*_activity_notes(view, zeros), *sources)
    return [Table("activity", caption, tuple(columns), tuple(rows), w("unit.in_column"), notes, "tiny")]


def _category_head(view: View, code: str) -> Markup:
    return Markup("{} {}").format(code, rich(view.long_category(code)))


def _place(record: object) -> str:
    """Sheet and cell of a record; the cell of a workbook names its sheet already."""
    sheet, cell = _text(getattr(record, "source_sheet", "")), _text(getattr(record, "source_cell", ""))
    return cell if not sheet or cell.startswith(f"{sheet}!") else f"{sheet} {cell}".strip()


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
             submitted(r["sum"]), view.unit_word(r["activity_unit"]), str(r["count"])])
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
