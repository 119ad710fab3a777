"""Balance forms: the real ones, variants of layout, and each kind of damage."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from ghg_inventory.activity import Context, load_balance, normalise_label, read
from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.paths import examples_folder

CONTEXT = Context(AreaTree.registry(), CategoryTree.load(), Fuels.load())
FORMS = examples_folder() / "sichuan"
Table = list[list[str]]


def form(year: int) -> Table:
    with (FORMS / "input_csv" / f"energy_balance_{year}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def read_table(folder: Path, table: Table, name: str = "form.csv", context: Context = CONTEXT):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    path = folder / name
    path.write_text(text.getvalue(), encoding="utf-8")
    return read(path, context)


def of(findings, name: str):
    return [item for item in findings if item.name == name]


def only(findings, name: str):
    chosen = of(findings, name)
    assert len(chosen) == 1, [item.name for item in findings]
    for lang in ("zh", "en"):
        assert "{" not in chosen[0].text(lang), chosen[0].text(lang)
    return chosen[0]


def errors(findings):
    return [item.name for item in findings if item.severity == "error"]


def find(table: Table, label: str) -> int:
    return next(number for number, row in enumerate(table) if row and label in row[0])


def amount(activity, flow: str, item: str, use: str | None = None) -> float:
    frame = activity.frame()
    chosen = frame[(frame.flow == flow) & (frame["item"] == item)]
    if use is not None:
        assert chosen.use.tolist() == [use]
    assert len(chosen) == 1
    return float(chosen.value.iloc[0])


# --- the real forms ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["input/energy_balance_2012.xlsx", "input_csv/energy_balance_2012.csv"])
def test_2012_has_exactly_three_gaps(path):
    activity, findings = read(FORMS / path, CONTEXT)
    gaps = {
        (dict(g.values)["fuel"], dict(g.values)["closure"], dict(g.values)["gap"])
        for g in of(findings, "balance-gap")
    }
    assert gaps == {
        ("煤矸石", "平衡差额", "23.62"), ("石油沥青", "终端消费", "-0.1"), ("液化天然气", "平衡差额", "0.01"),
    }  # fmt: skip
    assert errors(findings) == []
    assert activity.files[0].layout == "cesy2012@1"
    assert dict(only(findings, "balance-closes").values)["beyond"] == "3"


@pytest.mark.parametrize("path", ["input/energy_balance_2021.xlsx", "input_csv/energy_balance_2021.csv"])
def test_2021_closes_within_its_tolerance(path):
    activity, findings = read(FORMS / path, CONTEXT)
    assert of(findings, "balance-gap") == []
    assert errors(findings) == []
    closes = dict(only(findings, "balance-closes").values)
    assert (closes["beyond"], closes["largest"]) == ("0", "0.01")
    assert activity.files[0].layout == "cesy2021@1"
    assert dict(only(findings, "balance-column-blank").values)["columns"] == "其他能源"


@pytest.mark.parametrize("year", [2012, 2021])
def test_workbook_and_csv_of_a_form_give_the_same_records(year):
    book, _ = read(FORMS / "input" / f"energy_balance_{year}.xlsx", CONTEXT)
    text, _ = read(FORMS / "input_csv" / f"energy_balance_{year}.csv", CONTEXT)
    drop = ["file", "sheet"]
    assert book.frame().drop(columns=drop).equals(text.frame().drop(columns=drop))


def test_every_cell_ends_as_a_record_or_in_a_count():
    table = form(2012)
    header = find(table, "项目")
    cells = sum(
        len(table[header]) - 1
        for row in table[header + 2 :]
        if row[0] and not row[0].startswith(("注", "资料"))
    )
    activity, findings = read(FORMS / "input_csv" / "energy_balance_2012.csv", CONTEXT)
    assert len(activity) + int(dict(only(findings, "balance-blank").values)["count"]) == cells


def test_uses_and_signs_of_2012():
    activity, _ = read(FORMS / "input" / "energy_balance_2012.xlsx", CONTEXT)
    assert amount(activity, "transform.thermal_power", "raw_coal", "") == 2549.04
    assert amount(activity, "transform.heating", "coke_oven_gas", "") == 3.31
    assert amount(activity, "transform.thermal_power", "electricity", "check") == 584.6
    assert amount(activity, "final.industry.feedstock", "raw_coal", "feedstock") == -232.68
    assert amount(activity, "final.industry", "electricity", "energy") == 1303.59
    assert amount(activity, "final.residential", "raw_coal", "check") == 340.2
    assert amount(activity, "final.residential.rural", "raw_coal", "") == 338.7
    assert amount(activity, "supply.inflow", "electricity", "transfer") == 95.61
    assert amount(activity, "supply.outflow", "electricity", "transfer") == -216.21
    assert amount(activity, "final", "raw_coal", "check") == 4240.57
    assert amount(activity, "transform.gas_works", "other_gas", "check") == 1.57
    frame = activity.frame()
    coal = frame[(frame["item"] == "raw_coal") & (frame.use == "reference")]
    assert coal.value.sum() == pytest.approx(11876.91)
    keys = ["area_code", "year", "category", "variable", "item", "technology", "use", "flow"]
    assert not frame.duplicated(keys).any()
    assert set(frame.source) == {table_source(form(2012))}


def table_source(table: Table) -> str:
    return next(row[0] for row in table if row[0].startswith("资料来源")).partition("：")[2]


def test_combustion_sums_the_rows_the_guide_names():
    """Final use without feedstock, plus inputs to power and heat; losses, coking and washing left out."""
    activity, _ = read(FORMS / "input" / "energy_balance_2021.xlsx", CONTEXT)
    frame = activity.frame()
    coal = frame[(frame["item"] == "raw_coal") & frame.use.isin(["", "feedstock"])]
    assert coal.value.sum() == pytest.approx(2195.92 + 336.6 + 2661.46 - 9.32)


# --- labels -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "row"),
    [
        ("一、可供本地区消费的能源量", "supply"), ("５．本省（区、市）调出量（－）", "supply.outflow"),
        ("　　城  镇", "final.residential.urban"), ("其中：用作原料、材料", "final.industry.feedstock"),
        ("#油品再投入量(-)", "transform.refining_reinput"), ("（四）生活消费", "final.residential"),
        ("8.库存增(-)、减(+)量", "supply.stock_change"), ("1、农林牧渔业", "final.agriculture"),
        ("外省(区、市)\n调入量", "supply.inflow"),
    ],
)  # fmt: skip
def test_labels_of_editions(printed, row):
    assert load_balance().row_names[normalise_label(printed)] == (row,)


def test_every_label_of_the_data_names_one_row_of_its_section():
    balance = load_balance()
    for ids in balance.row_names.values():
        sections = [balance.rows[row].section for row in ids]
        assert len(set(sections)) == len(sections)


# --- variants that must be read the same -------------------------------------------------------------


def negative_minus_rows(table: Table) -> Table:
    for label in ("调出量", "境内的加油量"):
        row = table[find(table, label)]
        row[1:] = [f"-{cell}" if cell not in ("", "0") else cell for cell in row[1:]]
    return table


def reversed_columns(table: Table) -> Table:
    header = find(table, "项目")
    return [[row[0], *reversed(row[1:])] if number >= header else row for number, row in enumerate(table)]


def units_in_header(table: Table) -> Table:
    header = find(table, "项目")
    units = table.pop(header + 1)
    table[header][1:] = [
        f"{name}\n（{unit}）" for name, unit in zip(table[header][1:], units[1:], strict=True)
    ]
    return table


def no_numbering(table: Table) -> Table:
    """And full-width brackets."""
    return [
        [re.sub(r"^([一二三四五六]、|\d\.|#)", "", row[0]).replace("(", "（").replace(")", "）"), *row[1:]]
        for row in table
    ]


def numbered_columns(table: Table) -> Table:
    header = find(table, "项目")
    table.insert(header + 2, ["甲", *(str(n) for n in range(1, len(table[header])))])
    return [["", row[0], "", *row[1:]] for row in table]


def two_pages(table: Table) -> Table:
    header = find(table, "项目")
    top, body = table[:header], table[header:]
    last = max(number for number, row in enumerate(body) if row[0].strip() == "乡村")
    split = 15
    first = [row[:split] for row in body[: last + 1]]
    second = [[row[0], *row[split:]] for row in body[: last + 1]]
    return [*top, *first, ["续表"], *second, *body[last + 1 :]]


def title_only(table: Table) -> Table:
    return [table[0], *table[2:]]


def scattered_key(table: Table) -> Table:
    return [["# 地区代码：510000"], ["# 年份: 2012年"], *table[find(table, "项目") :]]


VARIANTS: list[Callable[[Table], Table]] = [
    negative_minus_rows,
    reversed_columns,
    units_in_header,
    no_numbering,
    numbered_columns,
    two_pages,
    title_only,
    scattered_key,
]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda function: function.__name__)
def test_variants_of_the_form_give_the_same_records(tmp_path, variant):
    plain, _ = read_table(tmp_path, form(2012), "plain.csv")
    changed, findings = read_table(tmp_path, variant(form(2012)), "changed.csv")
    drop = ["file", "cell"]
    assert errors(findings) == []
    assert len(of(findings, "balance-gap")) == 3
    assert changed.frame().drop(columns=drop).equals(plain.frame().drop(columns=drop))


def test_the_sign_convention_is_stated(tmp_path):
    _, findings = read_table(tmp_path, negative_minus_rows(form(2012)))
    assert {dict(f.values)["row"] for f in of(findings, "balance-sign-negative")} >= {"本省(区、市)调出量(-)"}
    activity, _ = read_table(tmp_path, form(2012))
    assert "supply.outflow printed positive (closure)" in activity.files[0].statement


def test_opening_and_closing_stock(tmp_path):
    """P303-1 prints two stocks instead of one change."""
    table = form(2012)
    row = find(table, "库存增")
    opening = ["年初库存量", *("200" if cell else "" for cell in table[row][1:])]
    closing = ["年末库存量(-)", *(f"{200 - float(cell):.2f}" if cell else "" for cell in table[row][1:])]
    table[row : row + 1] = [opening, closing]
    activity, findings = read_table(tmp_path, table)
    assert activity.files[0].layout == "p303_1@1"
    assert amount(activity, "supply.stock_closing", "raw_coal", "reference") == -336.45
    frame = activity.frame()
    coal = frame[(frame["item"] == "raw_coal") & (frame.use == "reference")]
    assert coal.value.sum() == pytest.approx(11876.91)
    assert errors(findings) == []


def test_households_in_one_row(tmp_path):
    table = form(2012)
    del table[find(table, "城镇") : find(table, "乡村") + 1]
    activity, _ = read_table(tmp_path, table)
    assert amount(activity, "final.residential", "raw_coal", "") == 340.2
    frame = activity.frame()
    assert set(frame[frame.flow == "final.residential"].category) == {"1.1.5"}


def test_a_form_without_units_says_that_it_uses_those_of_the_layout(tmp_path):
    table = form(2012)
    del table[find(table, "计量单位")]
    activity, findings = read_table(tmp_path, table)
    assert dict(only(findings, "balance-unit-assumed").values)["count"] == "29"
    assert "10^8 m3" in activity.unit.words
    assert "units from layout" in activity.files[0].statement


def test_area_and_year_may_come_from_the_caller(tmp_path):
    table = form(2012)[2:]
    _, findings = read_table(tmp_path, table)
    assert errors(findings) == ["balance-whose"]
    given = Context(CONTEXT.areas, CONTEXT.categories, CONTEXT.fuels, area_code="510000", year=2012)
    activity, findings = read_table(tmp_path, table, context=given)
    assert errors(findings) == []
    assert activity.area_code.words == ("510000",)


def test_caller_and_form_must_agree(tmp_path):
    given = Context(CONTEXT.areas, CONTEXT.categories, CONTEXT.fuels, area_code="510700", year=2012)
    assert errors(read_table(tmp_path, form(2012), context=given)[1]) == ["balance-whose-conflict"]
    province = Context(CONTEXT.areas, CONTEXT.categories, CONTEXT.fuels, area_code="510000")
    table = form(2012)
    table[1][1] = "510700"
    activity, findings = read_table(tmp_path, table, context=province)
    assert errors(findings) == []
    assert activity.area_code.words == ("510700",)


# --- damage -----------------------------------------------------------------------------------------


def put(label: str, column: str, text: str) -> Callable[[Table], Table]:
    def change(table: Table) -> Table:
        header = table[find(table, "项目")]
        table[find(table, label)][header.index(column)] = text
        return table

    return change


def rename(old: str, new: str) -> Callable[[Table], Table]:
    def change(table: Table) -> Table:
        return [[new if cell == old else cell for cell in row] for row in table]

    return change


def repeat_row(label: str) -> Callable[[Table], Table]:
    return lambda table: [
        *table[: find(table, label)],
        table[find(table, label)],
        *table[find(table, label) :],
    ]


@pytest.mark.parametrize(
    ("change", "name", "cell", "said"),
    [
        (put("计量单位", "天然气", "万吨"), "balance-unit", "Z5", "天然气"),
        (put("计量单位", "天然气", "箩筐"), "unknown-unit", "Z5", "箩筐"),
        (rename("原煤", "原媒"), "balance-column-unknown", "B4", "原煤"),
        (rename("2.工业", "2.功业"), "balance-row-unknown", "A27", "工业"),
        (put("2.工业", "原煤", "约三千"), "not-a-number", "B27", "约三千"),
        (put("2.工业", "原煤", "#REF!"), "not-a-number", "B27", "#REF!"),
        (repeat_row("2.工业"), "balance-row-repeated", "A27", "工业"),
        (rename("洗精煤", "原煤"), "balance-column-repeated", "B4", "原煤"),
        (put("地区代码", "原煤", "519999"), "area-code-unknown", "", "519999"),
        (rename("2012", "1920"), "year-range", "D2", "1950"),
        (put("本省(区、市)调出量", "焦炉煤气", "-3"), "balance-gap", "H6", "焦炉煤气"),
    ],
)  # fmt: skip
def test_damage_is_named_and_placed(tmp_path, change, name, cell, said):
    _, findings = read_table(tmp_path, change(form(2012)))
    problem = of(findings, name)
    chosen = [f for f in problem if said in f.text("zh")]
    assert chosen, [item.line() for item in findings][:6]
    assert any(f.place.cell == cell for f in chosen), [f.place.cell for f in chosen]
    assert all("{" not in f.text(lang) for f in problem for lang in ("zh", "en"))


def test_nothing_of_a_refused_column_or_row_is_used(tmp_path):
    activity, findings = read_table(tmp_path, put("计量单位", "天然气", "万吨")(form(2012)))
    assert "natural_gas" not in activity.item.words
    assert only(findings, "balance-column-withheld")
    activity, _ = read_table(tmp_path, repeat_row("2.工业")(form(2012)))
    assert "final.industry" not in activity.flow.words


def test_a_row_of_mixed_signs_without_a_total_is_refused(tmp_path):
    table = form(2012)
    total = table[find(table, "可供本地区")]
    total[1:] = ["1" for _ in total[1:]]
    row = table[find(table, "调出量")]
    row[1:3] = ["-261.72", "5"]
    activity, findings = read_table(tmp_path, table)
    assert dict(only(findings, "balance-sign").values)["row"] == "本省(区、市)调出量(-)"
    assert "supply.outflow" not in activity.flow.words
    assert dict(only(findings, "balance-row-withheld").values)["count"] == "5"


def test_a_transformation_with_reversed_signs_is_refused(tmp_path):
    table = form(2012)
    row = table[find(table, "火力发电")]
    row[1:] = [cell[1:] if cell.startswith("-") else f"-{cell}" if cell else "" for cell in row[1:]]
    activity, findings = read_table(tmp_path, table)
    assert only(findings, "balance-transform-sign").severity == "error"
    assert not any(flow.startswith("transform.") for flow in activity.flow.words)


def test_a_sheet_that_is_no_balance_form_says_what_was_recognised(tmp_path):
    table = form(2012)
    del table[find(table, "终端消费量")]
    activity, findings = read_table(tmp_path, table)
    problem = only(findings, "balance-layout")
    assert "终端消费量" in problem.text("zh")
    assert len(activity) == 0


def test_negative_use_and_small_marks_are_warned_of(tmp_path):
    _, findings = read_table(tmp_path, put("3.建筑业", "原煤", "-15.0")(form(2012)))
    assert only(findings, "balance-negative").place.cell == "B29"
    activity, findings = read_table(tmp_path, put("3.建筑业", "原煤", "…")(form(2012)))
    assert only(findings, "balance-below-rounding").place.cell == "B29"
    assert "final.construction" not in set(activity.frame().query("item == 'raw_coal'").flow)


def test_a_notation_key_in_a_form(tmp_path):
    activity, findings = read_table(tmp_path, put("3.建筑业", "原煤", "C")(form(2012)))
    frame = activity.frame()
    assert frame[frame.notation == "C"].flow.tolist() == ["final.construction"]
    assert errors(findings) == []


# --- workbooks --------------------------------------------------------------------------------------


def changed_workbook(folder: Path, change: Callable[[Workbook], None]) -> Path:
    book = load_workbook(FORMS / "input" / "energy_balance_2012.xlsx")
    change(book)
    path = folder / "form.xlsx"
    book.save(path)
    return path


def test_formula_without_cached_value_is_not_nil(tmp_path):
    def change(book: Workbook) -> None:
        book.active["B27"] = "=SUM(B28:B29)"

    activity, findings = read(changed_workbook(tmp_path, change), CONTEXT)
    problem = only(findings, "cell-uncomputed")
    assert (problem.place.sheet, problem.place.cell, problem.severity) == ("2012", "B27", "error")
    assert "raw_coal" not in set(activity.frame().query("flow == 'final.industry'")["item"])


def test_error_cell_date_and_truth_value(tmp_path):
    import datetime

    def change(book: Workbook) -> None:
        sheet = book.active
        sheet["B27"] = "#REF!"
        sheet["B29"] = datetime.date(2012, 3, 1)
        sheet["B30"] = True

    _, findings = read(changed_workbook(tmp_path, change), CONTEXT)
    assert only(findings, "cell-error").place.cell == "B27"
    assert "#REF!" in only(findings, "cell-error").text("zh")
    assert only(findings, "cell-date").place.cell == "B29"
    assert only(findings, "cell-bool").place.cell == "B30"


def test_hidden_rows_are_read_and_hidden_sheets_are_not(tmp_path):
    def change(book: Workbook) -> None:
        book.active.row_dimensions[27].hidden = True
        copy = book.copy_worksheet(book.active)
        copy.sheet_state = "hidden"

    activity, findings = read(changed_workbook(tmp_path, change), CONTEXT)
    assert only(findings, "rows-hidden").severity == "warning"
    assert only(findings, "sheet-hidden")
    assert amount(activity, "final.industry", "raw_coal", "") == 3821.94


def test_two_sheets_two_years(tmp_path):
    def change(book: Workbook) -> None:
        copy = book.copy_worksheet(book.active)
        copy["A1"] = str(copy["A1"].value).replace("2012", "2013")
        copy["D2"] = 2013
        copy.title = "2013"

    activity, findings = read(changed_workbook(tmp_path, change), CONTEXT)
    assert set(activity.year.tolist()) == {2012, 2013}
    assert errors(findings) == []


def test_workbook_without_data(tmp_path):
    book = Workbook()
    book.active["A1"] = "说明"
    book.save(tmp_path / "a.xlsx")
    assert errors(read(tmp_path / "a.xlsx", CONTEXT)[1]) == ["workbook-no-data"]


def test_a_form_printed_sideways_names_the_cells_of_the_file(tmp_path):
    table = form(2012)
    header = find(table, "项目")
    last = find(table, "乡村")
    sideways = [list(cells) for cells in zip(*table[header : last + 1], strict=True)]
    activity, findings = read_table(tmp_path, [*table[:header], *sideways])
    assert errors(findings) == []
    assert len(of(findings, "balance-gap")) == 3
    frame = activity.frame()
    coal = frame[(frame["item"] == "raw_coal") & (frame.flow == "supply.production")]
    assert (coal.cell.tolist(), coal.value.tolist()) == (["D5"], [9470.7])


def test_several_forms_in_one_table(tmp_path):
    """Columns 地区代码 and 年份 tell the forms apart."""
    table = form(2012)
    header = find(table, "项目")
    last = find(table, "乡村")
    rows = [["地区代码", "年份", *table[header]], ["", "", *table[header + 1]]]
    for code, year in (("510000", "2012"), ("510700", "2013")):
        rows += [[code, year, *row] for row in table[header + 2 : last + 1]]
    activity, findings = read_table(tmp_path, rows)
    assert errors(findings) == []
    frame = activity.frame()
    assert frame.groupby(["area_code", "year"]).size().to_dict() == {
        ("510000", 2012): 280,
        ("510700", 2013): 280,
    }


@pytest.mark.parametrize(
    "top",
    [
        [["表5-3 四川省2012年能源平衡表（实物量）"]],
        [["2012年四川省地区能源平衡表"]],
        [["地区能源平衡表"], ["地区：四川省", "", "2012年"]],
        [["地区代码：510000  年份：2012"]],
        [["行政区划代码", "", "510000"], ["年度", "2012"]],
    ],
)
def test_where_area_and_year_may_stand(tmp_path, top):
    table = form(2012)
    activity, findings = read_table(tmp_path, [*top, *table[find(table, "项目") :]])
    assert errors(findings) == []
    assert (activity.area_code.words, set(activity.year.tolist())) == (("510000",), {2012})


def test_two_forms_below_each_other_are_not_mixed(tmp_path):
    activity, findings = read_table(tmp_path, [*form(2012), *form(2021)])
    assert (len(activity), errors(findings)) == (0, ["balance-two-forms"])
