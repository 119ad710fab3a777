"""Answered returns: what each cell becomes, what each mistake is called and where, and that nothing is lost."""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from ghg_inventory.activity import Activity, Context, InputFile, read
from ghg_inventory.activity.grid import Cell, Grid, Trouble, read_workbook
from ghg_inventory.activity.returns import Marker, Sheet, Template, load_templates
from ghg_inventory.activity.returns.cells import amount_and_unit, read_entry
from ghg_inventory.activity.returns.marker import BLANKS, COLUMNS, COVER, UNITS
from ghg_inventory.activity.returns.reader import read_return
from ghg_inventory.activity.scan import SheetScan, cell_name, split_cell
from ghg_inventory.activity.table import Scope
from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.errors import Finding

CONTEXT = Context(AreaTree.registry(), CategoryTree.load(), Fuels.load())
AREA, YEAR = "510703", 2024

TOML = """
[template]
id = "farm"
version = "2"

[[sheet]]
id = "herd"
department = "agriculture"
zh = "存栏"
en = "Herd"
layout = "list"
defaults = { variable = "livestock_population", unit = "万头", units = ["万头", "头"], example = "12.35" }
rows = [
  { id = "pigs", zh = "生猪（规模化）", en = "Swine, large", category = "3.1.6", item = "swine", technology = "scale" },
  { id = "pigs_home", zh = "生猪（散养）", en = "Swine, home", category = "3.1.6", item = "swine", technology = "household" },
  { id = "pigs_all", zh = "生猪合计", en = "Swine, total", category = "3.1.6", item = "swine", use = "check", sum_of = ["pigs", "pigs_home"] },
  { id = "horses", zh = "马", en = "Horses", category = "3.1.7", item = "horse", optional = true },
]

[[sheet]]
id = "fuels"
department = "statistics"
zh = "工业能源"
en = "Industry fuels"
layout = "matrix"
blanks = "declare"
defaults = { variable = "fuel", example = "3.2" }
columns = [
  { id = "coal", zh = "原煤", en = "Coal", item = "raw_coal", unit = "万吨", units = ["万吨", "吨"] },
  { id = "gas", zh = "天然气", en = "Gas", item = "natural_gas", unit = "亿立方米", units = ["亿立方米", "万立方米"] },
]
rows = [
  { id = "steel", zh = "钢铁", en = "Steel", category = "1.1.2.1" },
  { id = "paper", zh = "造纸", en = "Paper", category = "1.1.2.4" },
  { id = "all", zh = "合计", en = "Total", category = "1.1.2", use = "check", sum_of = ["steel", "paper"] },
]
closed = ["paper/gas", "all/gas"]
"""


@pytest.fixture(scope="module")
def templates(tmp_path_factory) -> tuple[Template, ...]:
    folder = tmp_path_factory.mktemp("templates")
    (folder / "farm.toml").write_text(TOML, encoding="utf-8")
    return load_templates(folder)


class Form:
    """A sheet of a return as rows of cells, to be filled by key."""

    def __init__(self, sheet: Sheet, lang: str = "zh", area: str = AREA, year: int = YEAR, version: str = ""):
        self.sheet, self.lang = sheet, lang
        self.name = sheet.name(lang)
        marker = Marker(sheet.id, sheet.template, version or sheet.version, area, year, lang)
        roles = ["label"]
        for head in sheet.heads:
            roles += [head.id, f"{head.id}.last"]
        roles += [] if sheet.heads else ["unit", "last", "value", "notation"]
        self.roles = [*roles, "note", "source"]
        self.rows: list[list[Cell]] = [
            [str(marker), f"{sheet.name(lang)}（{year} 年）"],
            ["", "填年均存栏。"],
        ]
        if sheet.blanks == "declare":
            self.rows.append([BLANKS, "空白格是否一律表示没有？"])
        self.rows += [[COLUMNS, *self.roles], ["", "指标", *["本年值"] * (len(self.roles) - 1)]]
        if sheet.heads:
            self.rows.append([UNITS, "单位"])
        for row in sheet.rows:
            ask = next(ask for ask in sheet.asks if ask.row == row)
            self.rows.append([row, ask.label(lang).split(" × ")[0]])
        width = len(self.roles) + 1
        for line in self.rows:
            line += [""] * (width - len(line))
        for head in sheet.heads:
            self.put(UNITS, head.id, head.unit)
        for ask in sheet.asks if not sheet.heads else ():
            self.put(ask.row, "unit", ask.unit)

    def at(self, key: str, role: str) -> tuple[int, int]:
        return [line[0] for line in self.rows].index(key), self.roles.index(role) + 1

    def put(self, key: str, role: str, cell: Cell) -> None:
        row, column = self.at(key, role)
        self.rows[row][column] = cell

    def fill(self, **cells: Cell) -> Form:
        """fill(pigs=1.5, pigs__note="…", steel__coal=2.0, declared="是")"""
        for name, cell in cells.items():
            key, _, role = name.partition("__")
            if key == "declared":
                key, role = BLANKS, self.sheet.heads[0].id
            self.put(key, role.replace("_last", ".last") or "value", cell)
        return self

    def cell(self, key: str, role: str = "value") -> str:
        return cell_name(*self.at(key, role))

    def grid(self, scan: SheetScan | None = None) -> Grid:
        return Grid("a.xlsx", self.name, tuple(map(tuple, self.rows)), scan)


def cover(
    area: str = AREA, year: int = YEAR, *, lists: tuple[str, ...] = (), own: int = YEAR, **answers: Cell
) -> Grid:
    marker = Marker(COVER, COVER, "1", AREA, own, "zh")
    given: dict[str, Cell] = {"area": area, "year": float(year), "department": "农业农村局", "filled_by": "张三",
             "reviewed_by": "李四", "date": Trouble("date", "2025-03-01"), "phone": "0816-1", **answers}  # fmt: skip
    rows: list[tuple[Cell, ...]] = [(str(marker), "封面"), (COLUMNS, "label", "value")]
    rows += [(key, key, cell) for key, cell in given.items()]
    return Grid("a.xlsx", "封面", (*rows, *(("", name) for name in lists)))


def herd(templates) -> Form:
    return Form(templates[0].sheets[0]).fill(pigs=12.35, pigs_home=3.2, pigs_all=15.55)


def fuels(templates) -> Form:
    return Form(templates[0].sheets[1]).fill(steel__coal=2.5, paper__coal=1.0, steel__gas=0.4, all__coal=3.5)


def take(templates, *parts: Form | Grid, context: Context = CONTEXT) -> tuple[Activity, list[Finding]]:
    grids = [part.grid() if isinstance(part, Form) else part for part in parts]
    if not any(grid.sheet == "封面" for grid in grids):
        grids.insert(0, cover())
    return read_return(grids, InputFile("a.xlsx", "0" * 64, "long"), context, (), templates)


def names(findings: list[Finding] | tuple[Finding, ...]) -> list[str]:
    return sorted(item.name for item in findings)


def only(findings: list[Finding] | tuple[Finding, ...], name: str) -> Finding:
    """The one finding of that name, with every blank of its sentences filled in both languages."""
    chosen = [item for item in findings if item.name == name]
    assert len(chosen) == 1, names(findings)
    for lang in ("zh", "en"):
        assert not re.search(r"\{\w+\}", chosen[0].text(lang)), chosen[0].text(lang)
    return chosen[0]


def one_mistake(templates, form: Form, name: str, cell: str) -> tuple[Activity, Finding]:
    """Read a return with one mistake: that and nothing else is found, there."""
    activity, findings = take(templates, form)
    assert names(findings) == [name]
    found = only(findings, name)
    assert (found.place.sheet, found.place.cell) == (form.name, cell)
    return activity, found


# -- what is right ------------------------------------------------------------------------------------


def test_a_good_return_becomes_records_where_they_stand(templates):
    activity, findings = take(templates, herd(templates), fuels(templates))
    assert findings == []
    frame = activity.frame()
    pigs = frame[frame.technology == "scale"].iloc[0]
    assert (pigs.area_code, pigs.year, pigs.category, pigs.variable, pigs.value, pigs.unit, pigs.sheet, pigs.cell) == (
        AREA, YEAR, "3.1.6", "livestock_population", 12.35, "万头", "存栏", herd(templates).cell("pigs"),
    )  # fmt: skip
    total = frame[(frame.use == "check") & (frame.category == "3.1.6")].iloc[0]
    assert total.value == 15.55
    gas = frame[frame["item"] == "natural_gas"].iloc[0]
    assert (gas.value, gas.unit, gas.sheet, gas.cell) == (
        0.4, "亿立方米", "工业能源", fuels(templates).cell("steel", "gas"),
    )  # fmt: skip
    (file,) = activity.files
    assert (file.kind, file.layout) == ("return", "")
    assert file.scopes == (Scope(AREA, YEAR, "herd", "存栏"), Scope(AREA, YEAR, "fuels", "工业能源"))
    assert file.statement == "填报单位：农业农村局；填报人：张三；审核人：李四；填报日期：2025-03-01"


def test_english_sheets_are_read_alike(templates):
    form = Form(templates[0].sheets[0], "en").fill(
        pigs=1.0, pigs_home="NO", pigs_home__note="none", pigs_all=1.0
    )
    activity, findings = take(templates, form)
    assert findings == []
    assert len(activity) == 3


def test_rows_and_columns_may_be_moved_inserted_and_sorted(templates):
    form = herd(templates)
    form.rows[4:] = [form.rows[6], ["", "", "", "", ""], form.rows[4], form.rows[7], form.rows[5]]
    form.rows.insert(3, [])
    for line in form.rows:
        line.insert(2, "")
    form.roles.insert(1, "")
    activity, findings = take(templates, form)
    assert findings == []
    assert sorted(activity.value.tolist()) == [3.2, 12.35, 15.55]
    assert form.cell("pigs") in activity.cell.texts()


def test_a_column_inserted_before_the_keys_does_no_harm(templates):
    form = herd(templates)
    for line in form.rows:
        line.insert(0, "")
    activity, findings = take(templates, form)
    assert findings == []
    assert len(activity) == 3


@pytest.mark.parametrize(
    ("typed", "value"),
    [("12.35", 12.35), (" １２．３５ ", 12.35), ("1,234", 1234.0), ("\u200b7", 7.0), ("-3", -3.0)],
)
def test_numbers_as_text_are_numbers(templates, typed, value):
    activity, findings = take(
        templates, herd(templates).fill(pigs=typed, pigs_all="NE", pigs_all__note="未汇总")
    )
    assert value in activity.value.tolist()
    assert set(names(findings)) <= {"numbers-normalised", "negative-amount"}


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("NO", "NO"),
        ("ne", "NE"),
        ("ＩＥ", "IE"),
        ("C 保密", "C"),
        ("NA（不适用）", "NA"),
        ("未估算", "NE"),
        ("No", "NO"),
    ],
)
def test_notation_keys_in_either_cell(templates, typed, key):
    for role in ("value", "notation"):
        form = herd(templates).fill(pigs="", pigs_all="NE", pigs__note="原因", pigs_all__note="未汇总")
        form.put("pigs", role, typed)
        activity, findings = take(templates, form)
        assert findings == []
        frame = activity.frame()
        assert frame[frame.technology == "scale"].notation.tolist() == [key]
        assert math.isnan(frame[frame.technology == "scale"].value.iloc[0])
        assert frame[frame.technology == "scale"].note.tolist() == ["原因"]


def test_another_permitted_unit_is_kept_as_chosen(templates):
    form = herd(templates).fill(pigs=123500.0, pigs__unit="头")
    activity, findings = take(templates, form)
    assert findings == []
    frame = activity.frame()
    assert frame[frame.technology == "scale"].unit.tolist() == ["头"]
    activity, findings = take(templates, fuels(templates).fill(steel__coal=25000.0, paper__coal=10000.0, all__coal=35000.0,
                                                               **{"#units__coal": "t"}))  # fmt: skip
    assert findings == []
    assert sorted(set(activity.unit.texts())) == ["t", "亿立方米"]


def test_an_optional_blank_is_no_record_and_no_finding(templates):
    activity, findings = take(templates, herd(templates))
    assert findings == []
    assert "3.1.7" not in activity.category.texts()


# -- mistakes in a cell -------------------------------------------------------------------------------

PIGS_ALL = {"pigs_all": "NE", "pigs_all__note": "未汇总"}


@pytest.mark.parametrize(
    ("cells", "name", "role"),
    [
        ({"pigs": ""}, "return-blank", "value"),
        ({"pigs": "  "}, "return-blank", "value"),
        ({"pigs": "无"}, "return-nothing-word", "value"),
        ({"pigs": "—"}, "return-nothing-word", "value"),
        ({"pigs": "/"}, "return-nothing-word", "value"),
        ({"pigs": "-"}, "return-nothing-word", "value"),
        ({"pigs": "约12万头左右"}, "return-not-a-number", "value"),
        ({"pigs": "12,35"}, "return-not-a-number", "value"),
        ({"pigs": "12.35万头"}, "return-unit-in-value", "value"),
        ({"pigs": Trouble("error", "#REF!")}, "cell-error", "value"),
        ({"pigs": Trouble("uncomputed", "=")}, "cell-uncomputed", "value"),
        ({"pigs": Trouble("date", "2024-05-01")}, "cell-date", "value"),
        ({"pigs": Trouble("bool", "TRUE")}, "cell-bool", "value"),
        ({"pigs__notation": "NE"}, "return-value-and-notation", "value"),
        ({"pigs": "NO", "pigs__notation": "NE"}, "return-two-notations", "value"),
        ({"pigs": "", "pigs__notation": "X"}, "return-notation-unknown", "notation"),
        ({"pigs": "", "pigs__notation": 12.0}, "return-notation-unknown", "notation"),
        ({"pigs": "", "pigs__notation": "NE"}, "return-reason", "note"),
        ({"pigs": "NO"}, "return-reason", "note"),
        ({"pigs": "IE"}, "return-reason", "note"),
        ({"pigs": "C"}, "return-reason", "note"),
        ({"pigs__unit": ""}, "return-unit-blank", "unit"),
        ({"pigs__unit": "亿头"}, "return-unit-other", "unit"),
        ({"pigs__unit": "万吨"}, "return-unit-kind", "unit"),
        ({"pigs__unit": "个头儿"}, "unknown-unit", "unit"),
        ({"pigs__note": Trouble("error", "#N/A")}, "cell-error", "note"),
        ({"pigs__label": "奶牛"}, "return-label-changed", "label"),
        ({"horses__note": "今年没有统计"}, "return-note-alone", "note"),
    ],
)
def test_a_mistake_in_a_row_is_found_at_its_cell(templates, cells, name, role):
    form = herd(templates).fill(**PIGS_ALL).fill(**cells)
    key = "horses" if "horses__note" in cells else "pigs"
    activity, found = one_mistake(templates, form, name, form.cell(key, role))
    kept = name in ("return-reason", "return-label-changed", "return-note-alone") or role == "note"
    assert len(activity) == 2 + kept
    assert activity.files[0].scopes == (Scope(AREA, YEAR, "herd", "存栏"),)
    if name == "return-blank":
        assert "12.35 万头" in found.text("zh")


def test_a_blank_quotes_last_years_figure(templates):
    _, found = one_mistake(templates, herd(templates).fill(pigs="", pigs__last=11.0), "return-blank",
                           herd(templates).cell("pigs"))  # fmt: skip
    assert "上年 11 万头" in found.text("zh")


def test_a_dash_beside_a_notation_key_is_no_mistake(templates):
    form = herd(templates).fill(pigs="—", pigs__notation="NO", pigs__note="没有", pigs_all=3.2)
    activity, findings = take(templates, form)
    assert findings == []
    assert "NO" in activity.notation.texts()


def test_blanks_beyond_twenty_are_counted(templates, tmp_path):
    rows = ",\n".join(
        f'{{ id = "r{n}", zh = "行{n}", en = "row {n}", technology = "t{n}" }}' for n in range(30)
    )
    text = f"""
[template]
id = "long"
version = "1"
[[sheet]]
id = "many"
department = "statistics"
zh = "很多"
en = "Many"
layout = "list"
defaults = {{ category = "3.1.6", variable = "livestock_population", unit = "头" }}
rows = [
{rows}
]
"""
    (tmp_path / "long.toml").write_text(text, encoding="utf-8")
    (template,) = load_templates(tmp_path)
    activity, findings = take((template,), Form(template.sheets[0]).fill(r0=1.0))
    assert names(findings) == ["more-of-these"] + ["return-blank"] * 20
    assert dict(only(findings, "more-of-these").values)["count"] == "9"
    assert len(activity) == 1


# -- totals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cells",
    [
        {"pigs_all": 15.6},
        {"pigs_all": 155500.0, "pigs_all__unit": "头"},
        {"pigs": 123500.0, "pigs__unit": "头"},
        {"pigs": 0.1, "pigs_home": 0.2, "pigs_all": 0.1 + 0.2},
        {"pigs": "NO", "pigs__note": "没有", "pigs_all": 3.2},
        {"pigs": "NE", "pigs__note": "不掌握", "pigs_all": 99.0},
        {"pigs": "NO", "pigs__note": "没有", "pigs_home": 0.0, "pigs_all": "NO", "pigs_all__note": "没有"},
        {"pigs_all": "NE", "pigs_all__note": "未汇总"},
    ],
)
def test_totals_that_agree(templates, cells):
    _, findings = take(templates, herd(templates).fill(**cells))
    assert findings == []


@pytest.mark.parametrize(
    ("cells", "difference"),
    [
        ({"pigs_all": 16.55}, "+1"),
        ({"pigs_all": 15.0}, "-0.55"),
        ({"pigs_all": 15.55, "pigs_all__unit": "头"}, "-155484"),
        ({"pigs": "NE", "pigs__note": "不掌握", "pigs_all": 3.0}, "-0.2"),
        ({"pigs_all": "NO", "pigs_all__note": "没有"}, "-15.55"),
        ({"pigs": 7.0, "pigs_home": 7.0, "pigs_all": 15.0}, "+1"),
    ],
)
def test_totals_that_do_not(templates, cells, difference):
    form = herd(templates).fill(**cells)
    activity, found = one_mistake(templates, form, "return-total", form.cell("pigs_all"))
    assert dict(found.values)["difference"] == difference
    assert form.cell("pigs_home") in dict(found.values)["parts"]
    assert len(activity) == 3


def test_a_total_of_a_matrix_is_of_its_column(templates):
    form = fuels(templates).fill(all__coal=4.0)
    one_mistake(templates, form, "return-total", form.cell("all", "coal"))


def test_a_total_with_a_part_missing_is_left_alone(templates):
    one_mistake(templates, herd(templates).fill(pigs=""), "return-blank", herd(templates).cell("pigs"))


# -- the matrix and its declaration -------------------------------------------------------------------


def test_blanks_of_a_declared_sheet_are_no_with_the_declaration_as_reason(templates):
    form = fuels(templates).fill(steel__coal="", paper__coal=3.5, declared="是")
    activity, findings = take(templates, form)
    assert findings == []
    nil = activity.frame().query("notation == 'NO'")
    assert nil.cell.tolist() == [form.cell("steel", "coal")]
    assert "声明" in nil.note.iloc[0]
    assert nil.unit.tolist() == ["万吨"]


@pytest.mark.parametrize("last", [2.5, "2.5", "2.5 万吨"])
def test_but_never_where_last_year_had_a_number(templates, last):
    form = fuels(templates).fill(steel__coal="", all__coal="", declared="是", steel__coal_last=last)
    activity, found = one_mistake(templates, form, "return-blank-had-value", form.cell("steel", "coal"))
    assert "2.5" in found.text("zh")
    assert activity.frame().query("notation == 'NO'").cell.tolist() == [form.cell("all", "coal")]


def test_a_notation_key_of_last_year_is_no_value(templates):
    form = fuels(templates).fill(steel__coal="", all__coal=1.0, declared="yes", steel__coal_last="NO")
    assert take(templates, form)[1] == []


def test_without_the_declaration_every_blank_is_an_error_and_the_way_out_is_said(templates):
    form = fuels(templates).fill(steel__coal="", paper__coal="", all__coal="")
    _, findings = take(templates, form)
    assert names(findings) == ["return-blank"] * 3 + ["return-declaration-open"]
    assert only(findings, "return-declaration-open").place.cell == form.cell(BLANKS, "coal")
    form.fill(declared="也许")
    assert "return-declaration" in names(take(templates, form)[1])
    form.rows.pop(2)
    assert "return-declaration-lost" in names(take(templates, form)[1])


def test_a_value_in_a_closed_cell_is_not_dropped_silently(templates):
    form = fuels(templates).fill(paper__gas=9.0)
    _, found = one_mistake(templates, form, "return-closed", form.cell("paper", "gas"))
    assert "造纸 × 天然气" in found.text("zh")
    assert take(templates, fuels(templates).fill(paper__gas="×"))[1] == []


def test_one_unit_finding_for_a_column(templates):
    form = fuels(templates).fill(**{"#units__coal": ""})
    activity, findings = take(templates, form)
    assert names(set(findings)) == ["return-unit-blank"]
    assert only(list(set(findings)), "return-unit-blank").place.cell == form.cell(UNITS, "coal")
    assert activity.frame()["item"].tolist() == ["natural_gas"]


# -- rows and columns ---------------------------------------------------------------------------------


def test_rows_without_a_key(templates):
    form = herd(templates)
    form.rows.append(["", "山羊", "万头", "", 4.5, "", "", ""])
    one_mistake(templates, form, "return-astray", cell_name(len(form.rows) - 1, 4))
    form.rows[-1] = ["", "", "", "", "王五填", "", "", ""]
    one_mistake(templates, form, "return-text-astray", cell_name(len(form.rows) - 1, 4))
    form.rows.pop()
    form.rows[1][4] = 7.0
    one_mistake(templates, form, "return-astray", cell_name(1, 4))


def test_numbers_and_texts_beside_the_table(templates):
    form = herd(templates)
    form.rows[-1] += ["", 12.5, "备忘"]
    _, findings = take(templates, form)
    assert names(findings) == ["return-number-beside", "return-text-beside"]
    assert "J8" in dict(only(findings, "return-number-beside").values)["cells"]


def test_unknown_copied_and_deleted_rows(templates):
    form = herd(templates).fill(**PIGS_ALL)
    form.rows[form.at("pigs", "value")[0]][0] = "pig"
    activity, findings = take(templates, form)
    assert names(findings) == ["return-row-missing", "return-row-unknown"]
    assert only(findings, "return-row-unknown").place.cell == "E5"
    assert dict(only(findings, "return-row-unknown").values)["cells"] == "E5"
    assert len(activity) == 2
    form = herd(templates).fill(**PIGS_ALL)
    form.rows.append([*form.rows[form.at("pigs", "value")[0]]])
    activity, found = one_mistake(templates, form, "return-row-twice", cell_name(len(form.rows) - 1, 4))
    assert dict(found.values)["rows"] == f"5, {len(form.rows)}"
    assert len(activity) == 2
    form = herd(templates)
    form.rows = [line for line in form.rows if line[0] != "horses"]
    assert take(templates, form)[1] == [], "a row that may stay blank may go"


def test_deleted_and_copied_columns(templates):
    form = herd(templates)
    column = form.at("pigs", "notation")[1]
    for line in form.rows:
        del line[column]
    activity, findings = take(templates, form)
    assert names(findings) == ["return-column-missing"]
    assert "符号" in only(findings, "return-column-missing").text("zh")
    assert len(activity) == 3
    form = herd(templates)
    for line in form.rows:
        line.append(line[4])
    one_mistake(templates, form, "return-column-twice", cell_name(2, 8))
    form = fuels(templates)
    column = form.at("steel", "coal")[1]
    for line in form.rows:
        del line[column]
    activity, findings = take(templates, form)
    assert names(findings) == ["return-column-missing"]
    assert len(activity) == 1


@pytest.mark.parametrize(("sheet", "key"), [(0, COLUMNS), (1, COLUMNS), (1, UNITS)])
def test_a_sheet_without_its_keys_is_not_read_and_no_answer(templates, sheet, key):
    form = (herd, fuels)[sheet](templates)
    form.rows = [line for line in form.rows if line[0] != key]
    activity, found = one_mistake(templates, form, "return-keys-lost", "")
    assert "空白工作簿" in found.text("zh")
    assert len(activity) == 0
    assert activity.files[0].scopes == ()


@pytest.mark.parametrize("role", ["value", "unit"])
def test_a_list_without_values_or_units_is_not_read(templates, role):
    form = herd(templates)
    column = form.at("pigs", role)[1]
    for line in form.rows:
        del line[column]
    assert names(take(templates, form)[1]) == ["return-keys-lost"]


def test_merged_inputs_and_hidden_rows(templates):
    form = herd(templates).fill(pigs_home="", pigs_all=12.35)
    scan = SheetScan("存栏", merged=["E5:E6", "B2:H2"], hidden_rows=[3, 8])
    _, findings = take(templates, form.grid(scan))
    assert names(findings) == ["return-blank", "return-merged", "rows-hidden"]
    assert dict(only(findings, "rows-hidden").values)["rows"] == "8"
    assert only(findings, "return-merged").place.cell == "E5"


# -- sheets and the workbook --------------------------------------------------------------------------


def test_a_blank_sheet_is_no_answer_but_the_others_are(templates):
    activity, findings = take(templates, Form(templates[0].sheets[0]), fuels(templates))
    assert names(findings) == ["return-sheet-blank"]
    assert [scope.sheet for scope in activity.files[0].scopes] == ["fuels"]


def test_a_sheet_whose_rows_are_gone_is_no_answer(templates):
    form = herd(templates)
    form.rows = form.rows[:4]
    activity, findings = take(templates, form)
    assert names(findings) == ["return-row-missing"] * 3
    assert activity.files[0].scopes == ()


def test_a_sheet_that_needs_no_answer_is_answered_when_blank(templates, tmp_path):
    text = TOML.replace("optional = true", "optional = false").replace(
        'example = "12.35" }', "optional = true }"
    )
    (tmp_path / "farm.toml").write_text(text.replace("optional = false", 'technology = ""'), encoding="utf-8")
    (template,) = load_templates(tmp_path)
    activity, findings = take((template,), Form(template.sheets[0]))
    assert findings == []
    assert activity.files[0].scopes == (Scope(AREA, YEAR, "herd", "存栏"),)


@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods"])
def test_the_same_workbook_in_three_formats(suffix):
    folder = ROOT / "tests" / "data" / "returns"
    templates = load_templates(folder / "templates")

    def one(name: str) -> tuple[list[dict[str, object]], list[str], InputFile]:
        grids, about = read_workbook(folder / f"filled.{name}", "filled")
        activity, findings = read_return(grids, InputFile("filled", "", "long"), CONTEXT, about, templates)
        return activity.frame().fillna(-1.0).to_dict("records"), names(findings), activity.files[0]

    rows, found, file = one(suffix)
    assert rows == one("xlsx")[0]
    assert len(rows) == 12
    assert found == []
    assert [scope.sheet for scope in file.scopes] == ["herd", "fuels"]
    assert file.statement.startswith("填报单位：")


def test_sheets_that_are_none_of_ours(templates):
    notes = Grid("a.xlsx", "我的草稿", (("", "随手记", 5.0),))
    empty = Grid("a.xlsx", "Sheet3", ())
    _, findings = take(templates, herd(templates), notes, empty)
    assert names(findings) == ["return-sheet-other"]
    assert only(findings, "return-sheet-other").severity == "info"


def test_a_sheet_whose_first_column_is_gone(templates):
    form = herd(templates)
    form.rows = [line[1:] for line in form.rows]
    activity, findings = take(templates, form, fuels(templates))
    assert names(findings) == ["return-marker-lost"]
    assert [scope.sheet for scope in activity.files[0].scopes] == ["fuels"]


def test_a_marker_that_somebody_changed(templates):
    form = herd(templates)
    form.rows[0][0] = str(form.rows[0][0]).replace("area=", "")
    _, findings = take(templates, form, fuels(templates))
    assert names(findings) == ["return-marker-broken"]


@pytest.mark.parametrize(
    ("version", "name"),
    [("1", "return-template-older"), ("10", "return-template-newer"), ("2.1", "return-template-newer"),
     ("x", "return-template-other")],
)  # fmt: skip
def test_other_versions_of_the_template(templates, version, name):
    form = Form(templates[0].sheets[0], version=version).fill(pigs=1.0)
    activity, findings = take(templates, form, fuels(templates))
    assert names(findings) == [name]
    assert [scope.sheet for scope in activity.files[0].scopes] == ["fuels"]


def test_a_sheet_of_no_template(templates):
    form = herd(templates)
    form.rows[0][0] = str(form.rows[0][0]).replace("sheet=herd", "sheet=flock")
    assert names(take(templates, form)[1]) == ["return-template-unknown"]


def test_a_sheet_twice(templates):
    copy = herd(templates)
    copy.name = "存栏 (2)"
    activity, findings = take(templates, herd(templates), copy)
    assert names(findings) == ["return-sheet-twice"] * 2
    assert len(activity) == 0
    assert activity.files[0].scopes == ()


def test_a_second_cover(templates):
    copy = replace(cover(), sheet="封面 (2)")
    _, findings = take(templates, cover(), copy, herd(templates))
    assert only(findings, "return-cover-twice").place.sheet == "封面 (2)"


def test_a_million_rows_of_somebodys_own(templates):
    form = herd(templates)
    form.rows += [["mine", "", "", "", 1.0]] * 50_000 + [["", "", "", "", 1.0, "", "", "", "", 2.0]] * 50_000
    activity, findings = take(templates, form)
    assert len(activity) == 3
    counts = {dict(f.values)["kind"]: dict(f.values)["count"] for f in findings if f.name == "more-of-these"}
    assert counts == {"return-row-unknown": "49980", "return-astray": "49980"}
    assert dict(only(findings, "return-number-beside").values)["count"] == "50000"


def test_two_areas_or_years_in_one_workbook(templates):
    for other in (Form(templates[0].sheets[1], area="510704"), Form(templates[0].sheets[1], year=2023)):
        activity, findings = take(templates, herd(templates), other)
        assert names(findings) == ["return-mixed"]
        assert len(activity) == 0
        assert "工业能源" in only(findings, "return-mixed").text("zh")


def test_a_sheet_that_the_cover_lists_and_is_gone(templates):
    _, findings = take(templates, cover(lists=("存栏", "工业能源")), herd(templates))
    found = only(findings, "return-sheet-gone")
    assert names(findings) == ["return-sheet-gone"]
    assert (found.place.sheet, found.place.cell) == ("封面", "B11")
    form = fuels(templates)
    form.rows = [line[1:] for line in form.rows]
    lost = take(templates, cover(lists=("存栏", "工业能源")), herd(templates), form)[1]
    assert names(lost) == ["return-marker-lost"], "there, though without its keys"


def test_hidden_sheets_are_read(templates):
    activity, findings = take(
        templates, herd(templates).grid(SheetScan("存栏", hidden=True, hidden_rows=[3]))
    )
    assert names(findings) == ["return-sheet-hidden"]
    assert len(activity) == 3


# -- the cover ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "name", "cell"),
    [
        ({"area": "510704"}, "return-cover-area", "C3"),
        ({"area": "510703 游仙区"}, "return-cover-area", "C3"),
        ({"area": "游仙区"}, "return-cover-area", "C3"),
        ({"area": ""}, "return-cover-unclear", "C3"),
        ({"area": "本县"}, "return-cover-area", "C3"),
        ({"year": 2023}, "return-cover-year", "C4"),
    ],
)
def test_a_workbook_renamed_on_the_cover_is_refused(templates, answers, name, cell):
    activity, findings = take(templates, cover(**answers), herd(templates))
    assert names(findings) == [name]
    assert only(findings, name).place.cell == cell
    assert len(activity) == 0
    assert activity.files[0].scopes == ()


@pytest.mark.parametrize(
    "area", [AREA, "510703 涪城区", "涪城区（510703）", "涪城区", "绵阳市 涪城区", 510703.0]
)
def test_ways_to_write_the_right_area(templates, area):
    assert take(templates, cover(area), herd(templates))[1] == []


@pytest.mark.parametrize(
    ("answers", "name", "severity", "cell"),
    [
        ({"filled_by": ""}, "return-cover-blank", "error", "C6"),
        ({"reviewed_by": " "}, "return-cover-lacks", "warning", "C7"),
        ({"date": ""}, "return-cover-lacks", "warning", "C8"),
        ({"date": "三月初"}, "return-cover-date", "warning", "C8"),
        ({"date": "2025-02-30"}, "return-cover-date", "warning", "C8"),
    ],
)
def test_answers_that_the_cover_lacks(templates, answers, name, severity, cell):
    activity, findings = take(templates, cover(**answers), herd(templates))
    assert names(findings) == [name]
    assert (only(findings, name).severity, only(findings, name).place.cell) == (severity, cell)
    assert len(activity) == 3


@pytest.mark.parametrize(
    "date", ["2025-03-01", "2025/3/1", "2025年3月1日", "20250301", 20250301.0, "2025.3.1"]
)
def test_dates_as_people_write_them(templates, date):
    assert take(templates, cover(date=date), herd(templates))[1] == []


def test_a_workbook_without_cover(templates):
    activity, findings = read_return(
        [herd(templates).grid()], InputFile("a.xlsx", "", "long"), CONTEXT, (), templates
    )
    assert names(findings) == ["return-cover-gone"]
    assert len(activity) == 3


def test_areas_that_did_not_exist_in_the_year(templates):
    form = Form(templates[0].sheets[0], area="510724", year=2024).fill(pigs=1.0, pigs_home=1.0, pigs_all=2.0)
    activity, findings = read_return([form.grid()], InputFile("a.xlsx", "", "long"), CONTEXT, (), templates)
    assert "area-abolished" in names(findings)
    assert len(activity) == 0


def test_a_year_named_on_import_that_is_another(templates):
    context = Context(CONTEXT.areas, CONTEXT.categories, CONTEXT.fuels, year=2023)
    activity, findings = take(templates, herd(templates), context=context)
    assert names(findings) == ["return-other-year"]
    assert len(activity) == 0


# -- real files ---------------------------------------------------------------------------------------


def shipped_form() -> Form:
    """The first list of the shipped templates, every line answered."""
    sheet = next(s for t in load_templates() for s in t.sheets if s.layout == "list" and s.blanks == "each")
    form = Form(sheet)
    for ask in sheet.asks:
        form.fill(**{ask.row: "NE", f"{ask.row}__note": "年报尚未公布"})
    return form


def test_a_workbook_of_the_shipped_templates(tmp_path):
    form = shipped_form()
    book = Workbook()
    for grid in (cover(date="2025-03-01"), form.grid()):
        sheet = book.create_sheet(grid.sheet)
        for line in grid.rows:
            sheet.append(list(line))
        for number, line in enumerate(grid.rows, 1):
            sheet.row_dimensions[number].hidden = str(line[0]).startswith("#") if line else False
        sheet.column_dimensions["A"].hidden = True
    del book["Sheet"]
    book.save(tmp_path / "x.xlsx")
    activity, findings = read(tmp_path / "x.xlsx", CONTEXT)
    assert names(findings) == []
    assert len(activity) == len(form.sheet.asks)
    assert activity.files[0].scopes == (Scope(AREA, YEAR, form.sheet.id, form.name),)
    del book["封面"]
    book[form.name].delete_cols(1)
    book.save(tmp_path / "y.xlsx")
    activity, findings = read(tmp_path / "y.xlsx", CONTEXT)
    assert "return-marker-lost" in names(findings)
    assert "workbook-no-data" not in names(findings)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_one_sheet_as_text(tmp_path, encoding, separator):
    form = shipped_form()
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=separator).writerows(form.rows)
    path = tmp_path / "x.csv"
    path.write_bytes(stream.getvalue().encode(encoding))
    activity, findings = read(path, CONTEXT)
    assert names(findings) == ["return-without-cover"]
    assert len(activity) == len(form.sheet.asks)
    assert activity.files[0].scopes == (Scope(AREA, YEAR, form.sheet.id, ""),)
    assert activity.cell.texts()[0] != ""


def test_a_text_with_semicolons_is_refused(tmp_path):
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=";").writerows(shipped_form().rows)
    (tmp_path / "x.csv").write_text(stream.getvalue(), encoding="utf-8")
    assert names(read(tmp_path / "x.csv", CONTEXT)[1]) == ["csv-separator"]


def test_cells_of_a_return():
    assert read_entry("n/a").kind == "nothing"
    assert read_entry("\u200b").kind == "blank"
    assert read_entry("123①").kind == "text"
    assert read_entry("x" * 100_000).kind == "text"
    assert amount_and_unit("12.5 万吨") == ("12.5", "万吨")
    assert amount_and_unit("12 只左右") is None
    assert amount_and_unit("万吨") is None


# -- nothing is lost ----------------------------------------------------------------------------------

VALUES = st.one_of(
    st.sampled_from(
        ["", "", "无", "—", "NO", "NE", "IE 已计入", "约3", "3万吨", "1,234", "１２", "x", "NaN", "1e999"]
    ),
    st.floats(-1e6, 1e6, allow_nan=False),
    st.sampled_from([Trouble("error", "#N/A"), Trouble("uncomputed", "="), Trouble("date", "2024-01-01")]),
)
KEYS = st.sampled_from(["", "", "", "NO", "NE", "NA", "q", 3.0, "—"])
NOTES = st.sampled_from(["", "", "原因", "=1+1", Trouble("error", "#N/A")])
UNITS_TYPED = st.sampled_from([None, None, None, "", "头", "吨", "t", "万", "不是单位", "亿立方米"])


@st.composite
def fillings(draw, sheet: Sheet) -> Form:
    """A form filled by somebody in a hurry."""
    form = Form(sheet, draw(st.sampled_from(["zh", "en"])))
    first = form.at(sheet.rows[0], "label")[0]
    inputs = [head.id for head in sheet.heads] or ["value"]
    for row in sheet.rows:
        for role in inputs:
            form.put(row, role, draw(VALUES))
        form.put(row, "note", draw(NOTES))
        if not sheet.heads:
            form.put(row, "notation", draw(KEYS))
            if (unit := draw(UNITS_TYPED)) is not None:
                form.put(row, "unit", unit)
    for head in sheet.heads:
        if (unit := draw(UNITS_TYPED)) is not None:
            form.put(UNITS, head.id, unit)
    if sheet.blanks == "declare":
        form.put(BLANKS, inputs[0], draw(st.sampled_from(["", "是", "否", "?"])))
    width = len(form.rows[0])
    for _ in range(draw(st.integers(0, 2))):
        extra = [
            draw(st.sampled_from(["", "", "nobody", *sheet.rows])),
            "",
            *[draw(VALUES) for _ in range(width)],
        ]
        form.rows.insert(draw(st.integers(first, len(form.rows))), extra[:width])
    body = form.rows[first:]
    form.rows[first:] = draw(st.permutations(body))
    return form


def accounted(form: Form, activity: Activity, findings: list[Finding]) -> list[str]:
    """Input cells with content that are neither a record nor named by a finding."""
    roles = [role for role in form.roles if role in {"value", "notation", *(h.id for h in form.sheet.heads)}]
    columns = {form.roles.index(role) + 1 for role in roles}
    records = {split_cell(cell) for cell in activity.cell.texts()}
    named = {split_cell(item.place.cell) for item in findings if item.place.cell}
    rows_named = {int(n) - 1 for item in findings if item.name == "return-row-twice"
                  for n in dict(item.values)["rows"].split(", ")}  # fmt: skip
    texts = {
        dict(item.values).get("text") for item in findings if item.name in ("unknown-unit", "formula-text")
    }
    is_list = not form.sheet.heads
    first = min(row for row, line in enumerate(form.rows) if line[0] in form.sheet.rows)
    units = next((row for row, line in enumerate(form.rows) if line[0] == UNITS), -1)
    lost = []
    for row, line in enumerate(form.rows):
        if row < first or str(line[0]).startswith("#"):
            continue
        for column in columns:
            cell = line[column] if column < len(line) else ""
            kind = read_entry(cell).kind
            if kind == "blank" or (kind == "nothing" and form.sheet.ask(str(line[0]), form.roles[column - 1]) is None
                                   and not is_list):  # fmt: skip
                continue
            if kind == "nothing" and (line[0] not in form.sheet.rows or form.roles[column - 1] == "notation"):
                continue
            mates = (
                {(row, other) for other in range(len(line))} if is_list else {(row, column), (units, column)}
            )
            said = {line[form.roles.index("unit") + 1]} if is_list else {form.rows[units][column]}
            said.add(line[form.roles.index("note") + 1] if line[0] in form.sheet.rows else "")
            if not (mates & (records | named) or row in rows_named or line[0] == "nobody" or said & texts):
                lost.append(f"{cell_name(row, column)}: {cell!r}")
    unknown = sum(line[0] == "nobody" for line in form.rows)
    assert unknown == sum(item.name == "return-row-unknown" for item in findings)
    return lost


@settings(max_examples=150, deadline=None)
@given(data=st.data(), number=st.sampled_from([0, 1]))
def test_every_input_cell_with_content_ends_in_a_record_or_a_finding(templates, data, number):
    form = data.draw(fillings(templates[0].sheets[number]))
    activity, findings = take(templates, form)
    assert accounted(form, activity, findings) == []
    for item in findings:
        assert not re.search(r"\{\w+\}", item.text("zh") + item.text("en"))
    asked = {(ask.row, ask.column) for ask in form.sheet.asks}
    assert len(activity) <= len(asked)


def test_the_contract_of_the_form_is_the_one_documented():
    text = (ROOT / "docs" / "returns.md").read_text(encoding="utf-8")
    for word in (COLUMNS, UNITS, BLANKS, "filled_by", "reviewed_by", "return-blank"):
        assert f"`{word}" in text
    assert Path(ROOT / "ghg_inventory" / "activity" / "returns" / "reading.toml").is_file()


ANYTHING = st.one_of(
    st.sampled_from(
        [COLUMNS, UNITS, BLANKS, "value", "unit", "coal", "pigs", "area", "year", "#", "是", "万头", "存栏"]
    ),
    st.sampled_from([Trouble(kind, "?") for kind in ("error", "uncomputed", "date", "bool")]),
    st.sampled_from(
        [str(Marker("herd", "farm", "2", "110101", 1999, "en")), "ghg-return/9 sheet=", "ghg-return"]
    ),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=6),
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_stands_anywhere_is_said_and_never_raises(templates, data):
    parts: list[Grid] = [cover(lists=("存栏", "工业能源")), herd(templates).grid(), fuels(templates).grid()]
    changed = []
    for part in parts:
        rows = [list(line) for line in part.rows]
        for _ in range(data.draw(st.integers(0, 4))):
            row = data.draw(st.integers(0, len(rows) - 1))
            if rows[row]:
                rows[row][data.draw(st.integers(0, len(rows[row]) - 1))] = data.draw(ANYTHING)
        if data.draw(st.booleans()):
            del rows[data.draw(st.integers(0, len(rows) - 1))]
        changed.append(replace(part, rows=tuple(map(tuple, rows))))
    kept = [part for part in changed if data.draw(st.integers(0, 5))] or changed
    activity, findings = read_return(kept, InputFile("a.xlsx", "", "long"), CONTEXT, (), templates)
    for item in findings:
        assert item.line("zh") != item.line("en")
    if not any(item.severity in ("error", "warning") for item in findings):
        assert set(activity.sheet.texts()) == {part.sheet for part in kept} - {"封面"}
