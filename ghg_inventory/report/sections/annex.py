"""The annexes: factors, activity data, words and rounding, attached files."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from ghg_inventory.report.attachments import attached_names
from ghg_inventory.report.blocks import Block, Column, Facts, Row, Table
from ghg_inventory.report.numerals import NIL, significant, submitted
from ghg_inventory.report.rich import rich
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
from ghg_inventory.report.sections.totals import has_sectors
from ghg_inventory.report.view import View

MAX_ACTIVITY = 260


def factors(view: View) -> list[Block] | Missing:
    """The factors of the main profile: published values by table, then what the returns measured."""
    frame = view.input.factors_used
    if not len(frame):
        return missing(view, "factors")
    w = view.words
    records = [{key: _text(value) for key, value in r.items()} for r in frame.to_dict("records")]
    main = view.input.main_profile
    mine = [r for r in records if main in r.get("profiles", main).split(";")]
    measured = [r for r in mine if r.get("measured") == "True"]
    published = [r for r in mine if r.get("measured") != "True"]
    blocks: list[Block] = [body(view, "text.factors")]
    if len(mine) < len(records):
        blocks.append(
            body(view, "text.factors_others", count=len(records) - len(mine), profile=view.profile(main))
        )
    flagged = sum(r["confidence"] == "C" for r in published)
    if flagged:
        blocks.append(body(view, "text.flagged", count=flagged))
    if published:
        blocks.append(_published(view, published))
    if measured:
        blocks.append(_measured(view, measured, w.plain("table.measured", count=len(measured))))
    return blocks


FEW_FACTORS = 160
"""So many factors are printed one a line with their ids; more stand two abreast, their ids in the attached file."""


def _published(view: View, records: list[dict[str, str]]) -> Table:
    """Factors under one line for what several share: parameter, unit, scope, source and place."""
    w = view.words
    numbers = {
        title: number
        for number, title in enumerate(dict.fromkeys(r["source_title"] for r in records), start=1)
    }
    sources = [w("format.source_line", number=number, title=title) for title, number in numbers.items()]
    caption = w("table.factors", count=len(records))
    if has_sectors(view) and len(records) > FEW_FACTORS:
        two = (text(w.plain("column.parameter"), 5.0), text(w.plain("column.values"), 6.0))
        notes = (w("note.factors"), w("note.factor_ids"))
        return Table(
            "factors", caption, two, _by_parameter(view, records, numbers), w("unit.in_heads"), notes, "tiny"
        )
    columns = (
        text(w.plain("column.factor_id"), 4.6, "id"), text(w.plain("column.item"), 2.6),
        num(w.plain("column.value"), 1.1), text(w.plain("column.range"), 2.2),
        text(w.plain("column.confidence"), 1.0, "mid"),
    )  # fmt: skip
    groups = _grouped(records, _SHARED)
    rows = []
    for shared in sorted(groups, key=lambda key: numbers[key[0]]):
        rows.append(row([_shared(view, dict(zip(_SHARED, shared, strict=True)), numbers)], "head"))
        rows += [_factor(view, r) for r in groups[shared]]
    return Table(
        "factors", caption, columns, tuple(rows), w("unit.in_heads"), (w("note.factors"), *sources), "tiny"
    )


_TABLE = ("source_title", "parameter", "gas", "unit", "tier")
_SCOPE = ("category", "area_code", "valid_from", "valid_to")


def _grouped(
    records: list[dict[str, str]], keys: tuple[str, ...]
) -> dict[tuple[str, ...], list[dict[str, str]]]:
    groups: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for r in records:
        groups.setdefault(tuple(r[key] for key in keys), []).append(r)
    return groups


def _by_parameter(view: View, records: list[dict[str, str]], numbers: dict[str, int]) -> tuple[Row, ...]:
    """A row for each parameter of a source: what, unit, scope and place; then its values, what differs named."""
    rows: list[Row] = []
    source = ""
    groups = _grouped(records, _TABLE)
    for table in sorted(groups, key=lambda key: numbers[key[0]]):
        mine = groups[table]
        if table[0] != source:
            source = table[0]
            rows.append(row([view.words("format.source_line", number=numbers[source], title=source)], "head"))
        varying = {key for key in _SCOPE if len({r[key] for r in mine}) > 1}
        head = dict(zip(_TABLE, table, strict=True)) | {k: "" if k in varying else mine[0][k] for k in _SCOPE}
        head["locator"] = _places(view, [r["locator"] for r in mine])
        rows.append(row([_shared(view, head, numbers), _values(view, mine, varying)]))
    return tuple(rows)


MAX_PLACES = 4


def _places(view: View, locators: list[str]) -> str:
    """Where the factors of a parameter stand in their source; of many places the first ones and how many."""
    places = list(dict.fromkeys(p for p in locators if p))
    shown = view.words.plain("list.semicolon").join(places[:MAX_PLACES])
    return (
        view.words.plain("format.places", places=shown, count=len(places))
        if len(places) > MAX_PLACES
        else shown
    )


def _values(view: View, records: list[dict[str, str]], varying: set[str]) -> Markup:
    """The values of a parameter, those of one scope (categories, area, years) after its name."""
    semicolon = rich(view.words.entries["list.semicolon"])
    parts = []
    for scope, mine in _grouped(records, _SCOPE).items():
        own = {key: value if key in varying else "" for key, value in zip(_SCOPE, scope, strict=True)}
        name = view.words.entries["list.comma"].join(part for part in _scope(view, own) if part)
        values = semicolon.join(_short_factor(view, r) for r in mine)
        parts.append(view.words("format.named", name=name, values=values) if name else values)
    return Markup("<br>").join(parts) if len(parts) <= FEW_SCOPES else semicolon.join(parts)


FEW_SCOPES = 6


def _short_factor(view: View, cell: dict[str, str]) -> Markup:
    """Object, value, range and confidence of a factor, in a line of such."""
    span = f" [{cell['lower']}–{cell['upper']}]" if cell["lower"] or cell["upper"] else ""
    value, span = (words.replace("-", "−") for words in (cell["value_text"], span))
    told = Markup("{} <b>{}</b>{}\u00a0{}").format(
        rich(_object(view, cell)), value, span, _grade(cell["confidence"])
    )
    return told.strip()


def _grade(confidence: str) -> str:
    return Markup('<b class="flag">{}</b>').format("C ▲") if confidence == "C" else confidence


def _object(view: View, cell: dict[str, str]) -> str:
    what = [view.fuel(cell["item"]) if cell["item"] else "",
            view.technology(cell["technology"]) if cell["technology"] else ""]  # fmt: skip
    return view.words.plain("list.semicolon").join([part for part in what if part])


NAMED_CATEGORIES = 2
"""More categories than these are told by their codes alone."""


def _scope(view: View, cell: dict[str, str]) -> list[str]:
    """Where and when a factor holds: categories, area, years."""
    codes = [code for code in cell["category"].split(";") if code and _is_ours(view, code)]
    if len(codes) > NAMED_CATEGORIES:
        named = [code_ranges(view, codes)]
    else:
        named = [f"{code} {view.category(code)}" for code in codes]
    years = "–".join(dict.fromkeys(year for year in (cell["valid_from"], cell["valid_to"]) if year))
    return [*named, _area(view, cell["area_code"]), years]


def _area(view: View, code: str) -> str:
    """The area or region a factor is of; "" where it holds for the whole country."""
    info = view.input.areas.get(code)
    whole = not code or (info is not None and not info.parent and info.level != "region")
    return "" if whole else view.area_name(code)


def _is_ours(view: View, code: str) -> bool:
    """True for a code of the scheme that the report follows: GPC references or provincial categories."""
    return (code.split(".")[0] in ROMAN) == view.is_gpc


ROMAN = frozenset(("I", "II", "III", "IV", "V", "VI"))


def _measured(view: View, records: list[dict[str, str]], caption: str) -> Table:
    """What the returns state in place of a default: a line per area, parameter and object; years together."""
    w = view.words
    columns = (
        text(w.plain("column.parameter"), 2.8), text(w.plain("column.area"), 1.4), text(w.plain("column.item"), 2.2),
        num(w.plain("column.value"), 1.8), text(w.plain("column.unit"), 1.2), text(w.plain("column.year"), 1.2, "mid"),
        num(w.plain("column.records"), 0.7),
    )  # fmt: skip
    rows = []
    previous = ""
    keys = ("parameter", "gas", "unit", "area_code", "item", "technology", "category")
    groups = _grouped(records, keys)
    for shared in sorted(groups, key=lambda key: (key[0], key[3], key[6], key[4:6])):
        mine = groups[shared]
        cell = dict(zip(keys, shared, strict=True))
        name = _parameter(view, cell)
        years = sorted({year for r in mine for year in (r["valid_from"], r["valid_to"]) if year})
        values = sorted({float(r["value_text"]) for r in mine})
        told = "–".join(submitted(v) for v in dict.fromkeys((values[0], values[-1])))
        where = [_object(view, cell), *([] if cell["item"] else [cell["category"].replace(";", ", ")])]
        rows.append(row([
            name if name != previous else "", view.area_name(cell["area_code"]),
            w.plain("list.semicolon").join([p for p in where if p]) or NIL, told, cell["unit"],
            "–".join(dict.fromkeys((years[0], years[-1]))) if years else NIL, str(len(mine)),
        ]))  # fmt: skip
        previous = name
    return Table(
        "measured", rich(caption), columns, tuple(rows), w("unit.in_column"), (w("note.measured"),), "tiny"
    )


_SHARED = ("source_title", "parameter", "gas", "unit", "tier", "locator", "category", "area_code", "valid_from",
           "valid_to")  # fmt: skip


def _shared(view: View, cell: dict[str, str], sources: dict[str, int]) -> Markup:
    """The line over factors of one parameter from one place: what, unit, tier, where it applies, source and place."""
    w = view.words
    what = _parameter(view, cell)
    measured = [cell["unit"], w.plain("format.tier", tier=cell["tier"]) if cell["tier"] else ""]
    applies = _scope(view, cell)
    join = w.entries["list.semicolon"].join
    source = w.plain("format.source", number=sources[cell["source_title"]], locator=cell["locator"])
    return w("format.factor_head", what=what, measured=join([m for m in measured if m]),
             applies=join([part for part in applies if part]), source=source)  # fmt: skip


def _parameter(view: View, cell: dict[str, str]) -> str:
    """The name of a parameter, with its gas."""
    what = view.parameter(cell["parameter"])
    return f"{what} {cell['gas']}" if cell["gas"] else what


def _text(value: object) -> str:
    """A cell of a frame as text; missing is blank."""
    return "" if value is None or (isinstance(value, float) and pd.isna(value)) else str(value)


def _factor(view: View, cell: dict[str, str]) -> Row:
    span = f"{cell['lower']} – {cell['upper']}" if cell["lower"] or cell["upper"] else NIL
    return row([Markup("{}").format(cell["factor_id"]), _object(view, cell) or NIL,
                cell["value_text"].replace("-", "−"), span, _grade(cell["confidence"])])  # fmt: skip


def activity(view: View) -> list[Block] | Missing:
    """The activity data as submitted, or summed over areas when there are too many records to print."""
    frame = view.ledger
    if not len(frame):
        return missing(view, "activity")
    frame = _submitted_rows(frame)
    records = frame.drop_duplicates(record_key(frame))
    told = records["activity_value"] != 0  # a missing value with its notation key is told
    zeros = int((~told).sum())
    records = records[told]
    order = {code: number for number, code in enumerate(view.input.categories)}
    records = records.assign(rank=records["category"].map(order)).sort_values(
        ["rank", "item", "variable", "area_code", "source_file", "source_sheet", "source_cell"], kind="stable"
    )
    if has_sectors(view):
        return _by_category(view, records, zeros)
    if len(records) > MAX_ACTIVITY:
        return _summed(view, records, zeros)
    w = view.words
    several = records["area_code"].nunique() > 1
    columns = [text(w.plain("column.area"), 1.3)] if several else []
    columns += [
        text(w.plain("column.item"), 2.4), num(w.plain("column.value"), 1.5), text(w.plain("column.unit"), 1.3),
        text(w.plain("column.place"), 2.0, "id"),
    ]  # fmt: skip
    files = {
        name: number for number, name in enumerate(dict.fromkeys(map(_text, records["source_file"])), start=1)
    }
    rows = []
    for category, part in records.groupby("category", sort=False):
        rows.append(row([_category_head(view, str(category))], "head"))
        for r in part.itertuples():
            key = _text(r.notation)
            value = key if pd.isna(r.activity_value) else f"{submitted(r.activity_value)} {key}".strip()
            head = [view.area_name(r.area_code)] if several else []
            place = f"[{files[_text(r.source_file)]}] {_place(r)}"
            what = _what(view, _text(r.variable), _text(r.item))
            rows.append(
                row([*head, what, value, view.unit_word(r.activity_unit), Markup("{}").format(place)])
            )
    caption = w("table.activity", area=view.area, year=view.input.year)
    sources = [w("format.source_line", number=number, title=name) for name, number in files.items()]
    notes = (*_activity_notes(view, zeros), *sources)
    return [Table("activity", caption, tuple(columns), tuple(rows), w("unit.in_column"), notes, "tiny")]


def _submitted_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Ledger rows by the category of the return; what a model derived was not submitted."""
    if "activity_category" not in frame.columns:
        return frame
    given = frame[~frame["flow"].fillna("").str.startswith("model:")]
    return given.assign(category=given["activity_category"])


def _category_head(view: View, code: str) -> Markup:
    return Markup("{} {}").format(code, rich(view.long_category(code)))


def _place(record: object) -> str:
    """Sheet and cell of a record; the cell of a workbook names its sheet already."""
    sheet, cell = _text(getattr(record, "source_sheet", "")), _text(getattr(record, "source_cell", ""))
    return cell if not sheet or cell.startswith(f"{sheet}!") else f"{sheet} {cell}".strip()


def _activity_table(
    view: View, columns: tuple[Column, ...], rows: list[Row], records: int, zeros: int
) -> list[Block]:
    """The table of activity data added up, with the sentence above it."""
    w = view.words
    caption = w("table.activity_summed", area=view.area, year=view.input.year)
    table = Table(
        "activity", caption, columns, tuple(rows), w("unit.in_column"), _activity_notes(view, zeros), "tiny"
    )
    return [body(view, "text.activity_summed", count=records), table]


def _activity_notes(view: View, zeros: int) -> tuple[Markup, ...]:
    w = view.words
    left_out = (w("note.zero_left_out", count=zeros),) if zeros else ()
    return (w("note.activity"), *left_out)


def _by_category(view: View, records: pd.DataFrame, zeros: int) -> list[Block]:
    """A row for each category of the return: every quantity and item with its sum over the areas and its unit."""
    w = view.words
    keys = ["rank", "category", "variable", "item", "activity_unit"]
    sums = records.groupby(keys, sort=True)["activity_value"].agg(["sum", "count"]).reset_index()
    columns = (text(w.plain("column.record_category"), 2.6), text(w.plain("column.activity"), 8.0),
               num(w.plain("column.records"), 0.7))  # fmt: skip
    rows: list[Row] = []
    for category, part in sums.groupby("category", sort=False):
        told = []
        for variable, mine in part.groupby("variable", sort=False):
            name = view.variable(str(variable))
            values = [
                _amount(view, r["item"], r["sum"], r["activity_unit"])
                for r in mine.to_dict("records")
                if r["sum"]
            ]
            if values:
                listed = rich(w.entries["list.comma"]).join(values)
                told.append(w("format.named", name=name, values=listed) if name else listed)
        if told:
            rows.append(row([_category_head(view, str(category)), rich(w.entries["list.semicolon"]).join(told),
                             str(int(part["count"].sum()))]))  # fmt: skip
    return _activity_table(view, columns, rows, len(records), zeros)


def _amount(view: View, item: str, value: float, unit: str) -> Markup:
    """An item with its sum and unit, in a line of such."""
    name = rich(view.fuel(item) if item else "")
    shown = Markup("<b>{}</b>\u00a0{}").format(significant(value, 7), rich(view.unit_word(unit)))
    return name + Markup(" ") + shown if name else shown


def _what(view: View, variable: str, item: str) -> str:
    """What a record states: the quantity and of what."""
    parts = [view.variable(variable), view.fuel(item) if item else ""]
    return view.words.plain("list.semicolon").join(dict.fromkeys(part for part in parts if part)) or NIL


def _summed(view: View, records: pd.DataFrame, zeros: int) -> list[Block]:
    w = view.words
    keys = ["rank", "category", "variable", "item", "activity_unit"]
    sums = records.groupby(keys, sort=True)["activity_value"].agg(["sum", "count"]).reset_index()
    columns = (
        text(w.plain("column.code"), 0.9, "code"), text(w.plain("column.category"), 3.2),
        text(w.plain("column.item"), 1.8), num(w.plain("column.value"), 1.4), text(w.plain("column.unit"), 1.0),
        num(w.plain("column.records"), 0.8),
    )  # fmt: skip
    rows = [
        row([r["category"], view.long_category(r["category"]), _what(view, r["variable"], r["item"]),
             submitted(r["sum"]), view.unit_word(r["activity_unit"]), str(r["count"])])
        for r in sums.to_dict("records")
    ]  # fmt: skip
    return _activity_table(view, columns, rows, len(records), zeros)


def glossary(view: View) -> list[Block] | Missing:
    """Words, notation keys, units and how numbers are rounded."""
    w = view.words
    keys = (
        "co2e",
        "notation",
        "nil",
        "zero",
        "negative",
        "rounding",
        "unit",
        "tce",
        "tier",
        "confidence",
        "run",
    )
    rows = tuple((w(f"glossary.{key}_term"), w(f"glossary.{key}")) for key in keys)
    return [Facts("glossary", rows, w("table.glossary"))]


def files(view: View) -> list[Block] | Missing:
    """What is attached to the PDF, and how to take it out."""
    w = view.words
    names = attached_names(view.input)
    rows = tuple((Markup("<code>{}</code>").format(n), w("file." + n.replace(".", "_"))) for n in names)
    return [body(view, "text.files"), Facts("files", rows, w("table.files")), body(view, "text.extract",
            command=Markup("<code>pdfdetach -saveall {}</code>").format(rich(w.plain("file.report"))))]  # fmt: skip
