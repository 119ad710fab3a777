"""Official forms as the bureau has them: recognised, read by label, every number accounted for."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from conftest import EXAMPLES, ROOT
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st

from ghg_inventory.activity import Activity, Context, InputFile, without_duplicates
from ghg_inventory.activity.forms import load_forms, read_form, read_forms
from ghg_inventory.activity.forms.find import find_sheet
from ghg_inventory.activity.forms.loader import Part, label_key
from ghg_inventory.activity.forms.tree import Amount, choose
from ghg_inventory.activity.grid import Grid, grid_of_texts, read_workbook
from ghg_inventory.activity.header import holds_number
from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.errors import DataFileError, Finding
from ghg_inventory.inventory import compile_inventory, ledger

CONTEXT = Context(AreaTree.registry(), CategoryTree.load(), Fuels.load())
FILE = InputFile("表.csv", "0" * 64, "long")

INDUSTRY = """
绵阳市2023年规模以上工业分行业能源消费量
行业|代码|原煤(吨)|其中：用于原材料|天然气(万立方米)|电力(万千瓦时)|能源合计(吨标准煤)
规模以上工业合计||1300|100|50|3000|4943
一、采矿业||200||5|300|243
煤炭开采和洗选业|06|||5|300|100
非金属矿采选业|10|200||||143
二、制造业||1000|100|25|2000|3800
化学原料和化学制品制造业|26|600|100|5|800|1800
非金属矿物制品业|30|400||20|1200|2000
三、电力、热力、燃气及水生产和供应业||100||20|700|900
电力、热力生产和供应业|44|100||20|700|900
资料来源：绵阳市统计局
"""
ELECTRICITY = """
绵阳市2023年全社会用电量分类情况
|||单位：万千瓦时
指标|2023年|2022年|同比增长(%)
全社会用电总计|1000|900|11.1
A、全行业用电合计|700|640|9.4
第一产业|20|18|11.1
第二产业|480|460|4.3
第三产业|200|162|23.5
B、城乡居民生活用电合计|300|260|15.4
城镇居民|200|170|17.6
乡村居民|100|90|11.1
全行业用电分类|700|640|
一、农、林、牧、渔业|20|18|
二、工业|470|450|
（一）采矿业|70|70|
（二）制造业|300|290|
1.化学原料和化学制品制造业|250|240|
其中：氯碱|90|80|
2.非金属矿物制品业|50|50|
（三）电力、热力、燃气及水生产和供应业|100|90|
三、建筑业|10|10|
四、交通运输、仓储和邮政业|50|40|
五、信息传输、软件和信息技术服务业|20|12|
六、批发和零售业|30|30|
七、住宿和餐饮业|20|20|
八、金融业|10|10|
九、房地产业|10|10|
十、租赁和商务服务业|20|10|
十一、公共服务及管理组织|40|30|
注：含自备电厂自用电量。
"""
FORM_205 = """
能源购进、消费与库存
行业名称：非金属矿物制品业||年份：2023||地区代码：510703
能源名称|计量单位|代码|年初库存量|购进量|购进金额|消费量合计|工业生产消费|用于原材料|非工业生产消费|合计中：运输工具消费|年末库存量|采用折标系数
甲|乙|丙|1|2|3|4|5|6|7|8|9|10
原煤|吨|01|100|1000|800|1000|990||10||100|0.7143
其中：无烟煤|吨|02||400||400|400|||||0.7
一般烟煤|吨|04|100|600||600|590||10||100|0.7
柴油|吨|20|1|20||20|15||5|18|1|1.4571
电力|万千瓦时|33||500||500|500|||||1.229
能源合计|吨标准煤|40||||1354||||||
"""


def grid_of(text: str) -> Grid:
    """A form written with | between cells; the first line is the title."""
    return grid_of_texts(FILE.name, [line.split("|") for line in text.strip("\n").split("\n")])


def read(text: str, **context: object) -> tuple[Activity, list[Finding]]:
    activity, findings = read_form(grid_of(text), dataclasses.replace(CONTEXT, **context), FILE)
    assert activity is not None
    return activity, findings


def named(findings: list[Finding], name: str) -> list[Finding]:
    return [one for one in findings if one.name == name]


def serious(findings: list[Finding]) -> list[str]:
    return [one.name for one in findings if one.severity != "info"]


def amounts(activity: Activity) -> dict[tuple[str, str, str], float]:
    """Sums by category, item and use."""
    frame = activity.frame()
    return frame.groupby(["category", "item", "use"])["value"].sum().to_dict()


def account(findings: list[Finding]) -> dict[str, int]:
    values = dict(named(findings, "form-read")[0].values)
    return {name: int(values[name]) for name in ("numbers", "records", "kept", "checks", "aside", "refused")}


def numbers_below_header(grid: Grid, first: int, label_column: int) -> int:
    return sum(
        holds_number(cell)
        for row in grid.rows[first:]
        for column, cell in enumerate(row)
        if column != label_column
    )


# --- the three forms --------------------------------------------------------------------------------------


def test_industries_by_energy_go_to_their_categories_and_raw_material_is_subtracted():
    activity, findings = read(INDUSTRY)
    assert serious(findings) == []
    assert amounts(activity) == {
        ("1.1.1.1", "electricity", "energy"): 700, ("1.1.1.1", "natural_gas", ""): 20, ("1.1.1.1", "raw_coal", ""): 100,
        ("1.1.1.3", "electricity", "energy"): 300, ("1.1.1.3", "natural_gas", ""): 5,
        ("1.1.2.3", "electricity", "energy"): 800, ("1.1.2.3", "natural_gas", ""): 5, ("1.1.2.3", "raw_coal", ""): 600,
        ("1.1.2.3", "raw_coal", "feedstock"): -100,
        ("1.1.2.4", "electricity", "energy"): 1200, ("1.1.2.4", "natural_gas", ""): 20, ("1.1.2.4", "raw_coal", ""): 400,
        ("1.1.2.9", "raw_coal", ""): 200,
    }  # fmt: skip
    assert set(activity.area_code.words) == {"510700"}
    assert set(activity.year.tolist()) == {2023}
    assert account(findings) == {
        "numbers": 41,
        "records": 13,
        "kept": 13,
        "checks": 23,
        "aside": 5,
        "refused": 0,
    }
    assert activity.files[0].kind == "form"
    assert activity.files[0].layout == "industry_energy@1"


def test_totals_and_of_which_rows_of_electricity_never_count_twice():
    activity, findings = read(ELECTRICITY)
    assert serious(findings) == []
    assert amounts(activity) == {
        ("1.1.2", "electricity", "energy"): 470, ("1.1.2.12", "electricity", "energy"): 10,
        ("1.1.3", "electricity", "energy"): 50, ("1.1.4", "electricity", "energy"): 150,
        ("1.1.5.1", "electricity", "energy"): 200, ("1.1.5.2", "electricity", "energy"): 100,
        ("1.1.6", "electricity", "energy"): 20,
    }  # fmt: skip
    assert float(activity.value.sum()) == 1000
    assert set(activity.unit.words) == {"万千瓦时"}
    aside = dict(named(findings, "form-aside")[0].values)["names"]
    assert "2022年" in aside
    assert "同比增长" in aside
    assert "氯碱" in aside


def test_205_1_takes_kinds_of_coal_where_they_add_up_and_reads_past_stock_and_coefficients():
    activity, findings = read(FORM_205)
    assert serious(findings) == []
    assert amounts(activity) == {
        ("1.1.2.4", "anthracite", ""): 400, ("1.1.2.4", "bituminous_coal", ""): 600,
        ("1.1.2.4", "diesel", ""): 20, ("1.1.2.4", "electricity", "energy"): 500,
    }  # fmt: skip
    assert account(findings)["refused"] == 0
    assert set(activity.flow.words) == {"energy_205_1.d30"}


def test_two_industries_of_one_category_are_two_records_and_not_duplicates():
    text = INDUSTRY.replace("化学原料和化学制品制造业|26|600|100|5|800|1800",
                            "化学原料和化学制品制造业|26|500|100|5|700|1700\n医药制造业|27|100|||100|100")  # fmt: skip
    activity, findings = read(text)
    assert serious(findings) == []
    kept, duplicates = without_duplicates(activity)
    assert not duplicates
    assert amounts(kept)["1.1.2.3", "raw_coal", ""] == 600


# --- what the cells mean ----------------------------------------------------------------------------------


def test_a_total_that_its_parts_do_not_reach_is_an_error_where_the_parts_are_counted():
    activity, findings = read(INDUSTRY.replace("非金属矿物制品业|30|400|", "非金属矿物制品业|30|300|"))
    gap = named(findings, "form-gap")
    assert [(one.severity, one.place.cell) for one in gap] == [("error", "C7")]
    text = gap[0].text("zh")
    assert "1000 吨" in text
    assert "900" in text
    assert "C8、C9" in text
    assert amounts(activity)["1.1.2.4", "raw_coal", ""] == 300


def test_standard_coal_is_added_up_and_never_counted():
    activity, findings = read(INDUSTRY.replace("|3000|4943", "|3000|4940"))
    assert [(one.severity, one.place.cell) for one in named(findings, "form-gap")] == [("warning", "G3")]
    assert amounts(activity) == amounts(read(INDUSTRY)[0])


def test_a_row_nobody_knows_does_not_make_every_total_wrong():
    _, findings = read(INDUSTRY.replace("非金属矿物制品业|30", "水泥业|30"))
    assert serious(findings) == ["form-row-unknown"]
    assert "其中：" in named(findings, "form-row-unknown")[0].text("zh")


def test_detail_below_a_number_that_counts_is_only_checked():
    activity, findings = read(ELECTRICITY.replace("（二）制造业|300|290|", "（二）制造业|310|290|"))
    assert {one.severity for one in named(findings, "form-gap")} == {"warning"}
    assert amounts(activity)["1.1.2", "electricity", "energy"] == 470


def test_an_energy_total_without_kinds_is_refused_and_kinds_beside_it_count():
    whole = "绵阳市2023年规模以上工业分行业能源消费量\n行业|{}\n" + "\n".join(
        f"{name}|{{{number}}}" for number, name in enumerate(["非金属矿物制品业", "食品制造业", "纺织业"])
    )
    only_total = whole.replace("{}", "煤炭合计(吨)|焦炭(吨)").format("10|1", "20|1", "30|1")
    activity, findings = read(only_total)
    assert [one.place.cell for one in named(findings, "form-undivided")] == ["B3", "B4", "B5"]
    assert set(activity.item.words) == {"coke"}
    both = whole.replace("{}", "煤炭合计(吨)|原煤(吨)").format("10|10", "20|20", "30|30")
    activity, findings = read(both)
    assert serious(findings) == []
    assert float(activity.value.sum()) == 60


def test_services_without_transport_are_refused_because_they_cannot_be_placed():
    rows = "绵阳市2023年全社会用电量分类|||\n||单位：万千瓦时\n项目|全年\n全社会用电量|100\n第一产业|10\n第二产业|60\n第三产业|20\n居民生活用电|10"
    activity, findings = read(rows)
    assert [one.place.cell for one in named(findings, "form-undivided")] == ["B7"]
    assert amounts(activity) == {
        ("1.1.2", "electricity", "energy"): 60, ("1.1.5", "electricity", "energy"): 10,
        ("1.1.6", "electricity", "energy"): 10,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("industry", "extra", "expected"),
    [
        ("煤炭开采和洗选业", "", "form-input-missing"),
        ("煤炭开采和洗选业", "60", -60.0),
        ("煤炭开采和洗选业", "0", 0.0),
        ("电力、热力生产和供应业", "90", 0.0),
        ("电力、热力生产和供应业", "", 0.0),
        ("造纸和纸制品业", "90", "form-input-undivided"),
        ("造纸和纸制品业", "0", 0.0),
        ("造纸和纸制品业", "", 0.0),
    ],
)  # fmt: skip
def test_input_to_transformation_is_subtracted_burnt_or_asked_for(
    industry: str, extra: str, expected: float | str
):
    head = "绵阳市2023年规模以上工业分行业能源消费量\n行业|原煤(吨)|其中：加工转换投入|柴油(吨)\n"
    activity, findings = read(f"{head}{industry}|100|{extra}|1\n食品制造业|||1\n纺织业|||1")
    if isinstance(expected, str):
        assert serious(findings) == [expected]
        assert "raw_coal" not in activity.item.words
        return
    assert serious(findings) == []
    frame = activity.frame()
    burnt = frame[frame["item"] == "raw_coal"].groupby("use")["value"].sum()
    assert burnt[""] == 100
    assert burnt.get("feedstock", 0.0) == expected


def test_input_by_process_tells_coking_from_power():
    head = "绵阳市2023年规模以上工业分行业能源消费量\n行业|洗精煤(吨)|其中：火力发电投入|其中：炼焦投入|柴油(吨)\n"
    activity, findings = read(head + "黑色金属冶炼和压延加工业|100|10|80|1\n食品制造业||||1\n纺织业||||1")
    assert serious(findings) == []
    assert amounts(activity)["1.1.2.1", "cleaned_coal", "feedstock"] == -80
    _, findings = read(head + "黑色金属冶炼和压延加工业|100|10|95|1\n食品制造业||||1\n纺织业||||1")
    assert serious(findings) == []
    _, findings = read(head + "黑色金属冶炼和压延加工业|100|10|105|1\n食品制造业||||1\n纺织业||||1")
    assert serious(findings) == ["form-more-than-total"]


def test_raw_material_stated_for_all_coal_together_is_subtracted_there():
    text = FORM_205.replace("原煤|吨|01|100|1000|800|1000|990||10", "原煤|吨|01|100|1000|800|1000|990|200|10")
    activity, findings = read(text)
    assert serious(findings) == []
    assert amounts(activity)["1.1.2.4", "raw_coal", ""] == 1000
    assert amounts(activity)["1.1.2.4", "raw_coal", "feedstock"] == -200
    assert "anthracite" not in activity.item.words


def test_names_of_earlier_editions_are_the_same_industries():
    old = INDUSTRY.replace("化学原料和化学制品制造业", "化学原料及化学制品制造业").replace(
        "电力、热力生产和供应业", "电力、热力的生产和供应业"
    )
    assert amounts(read(old)[0]) == amounts(read(INDUSTRY)[0])
    assert label_key("　其中：1．农副食品加工业 ") == "农副食品加工业"


def test_a_renamed_energy_is_read_by_the_name_of_its_year(tmp_path: Path):
    folder = tmp_path / "forms"
    shutil.copytree(ROOT / "activity_templates" / "forms", folder)
    with (folder / "renames.csv").open("a", encoding="utf-8") as stream:
        stream.write("煤炭,raw_coal,2022,9999,test\n")
    forms = read_forms(folder)
    for year, items in (
        (2023, {"raw_coal", "natural_gas", "electricity"}),
        (2021, {"natural_gas", "electricity"}),
    ):
        text = INDUSTRY.replace("原煤", "煤炭").replace("2023", str(year))
        activity, findings = read_form(grid_of(text), CONTEXT, FILE, forms)
        assert activity is not None
        assert set(activity.item.words) == items
        assert bool(named(findings, "form-undivided")) == (year == 2021)


# --- what goes wrong --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "name", "cell"),
    [
        ("非金属矿物制品业|30", "水泥熟料业|30", "form-row-unknown", "A9"),
        ("天然气(万立方米)", "天燃汽(万立方米)", "form-column-unknown", "E2"),
        ("原煤(吨)", "原煤", "form-unit-missing", "C2"),
        ("原煤(吨)", "原煤(顿)", "form-column-unknown", "C2"),
        ("原煤(吨)", "原煤(万千瓦)", "form-unit-wrong", "C2"),
        ("电力(万千瓦时)", "电力(吨标准煤)", "form-unit-wrong", "F2"),
        ("天然气(万立方米)", "天然气(亩)", "form-unit-wrong", "E2"),
        ("|600|100|", "|600|700|", "form-more-than-total", "D8"),
        ("|5|800|", "|约5|800|", "form-not-a-number", "E8"),
        ("2023年", "2023年1-6月", "form-part-year", "A1"),
        ("2023年", "2023年上半年", "form-part-year", "A1"),
        ("2023年", "1999年", "form-edition", ""),
        ("2023年", "", "area-name-ambiguous", "A1"),
        ("绵阳市", "", "balance-whose", ""),
        ("电力(万千瓦时)", "原煤(吨)", "form-columns-unclear", "C2"),
        ("化学原料和化学制品制造业", "非金属矿物制品业", "form-row-repeated", "C9"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_cell(before: str, after: str, name: str, cell: str):
    assert before in INDUSTRY
    activity, findings = read(INDUSTRY.replace(before, after, 1))
    found = [one for one in named(findings, name) if one.severity == "error"]
    assert found
    assert found[0].place.cell == cell
    for lang in ("zh", "en"):
        assert "{" not in found[0].text(lang)
    if not named(findings, "form-read"):
        assert len(activity) == 0
    elif name != "form-not-a-number":
        assert account(findings)["refused"] > 0


def test_a_form_205_1_without_its_industry_is_refused():
    for line in ("行业名称：非金属矿物制品业", "行业名称：规模以上工业"):
        text = FORM_205.replace("行业名称：非金属矿物制品业", "" if line.endswith("制品业") else line)
        activity, findings = read(text)
        assert len(activity) == 0
        assert serious(findings) == ["form-industry"]


def test_electricity_needs_its_unit_and_one_column_of_the_year():
    _, findings = read(ELECTRICITY.replace("单位：万千瓦时", ""))
    assert set(serious(findings)) == {"form-unit-missing"}
    activity, findings = read(ELECTRICITY.replace("2022年", "本年累计"))
    assert set(serious(findings)) == {"form-columns-unclear"}
    assert len(activity) == 0


def test_the_year_of_the_only_dated_column_serves_when_the_title_has_none():
    text = ELECTRICITY.replace("绵阳市2023年", "绵阳市").replace("2022年", "上年同期")
    activity, findings = read(text)
    assert set(activity.year.tolist()) == {2023}
    assert serious(findings) == []
    _, findings = read(ELECTRICITY.replace("绵阳市2023年", "绵阳市"), area_code="510700")
    assert serious(findings) == ["balance-whose"]
    activity, _ = read(ELECTRICITY.replace("绵阳市2023年", ""), area_code="510700", year=2022)
    assert float(activity.value.sum()) == 900


def test_text_numbers_and_computed_dust_are_numbers():
    text = INDUSTRY.replace("|600|100|", "|６００|100|").replace("|2000|3800", "|2,000|3800")
    activity, findings = read(text)
    assert serious(findings) == []
    assert named(findings, "numbers-normalised")
    assert amounts(activity) == amounts(read(INDUSTRY)[0])


def test_other_tables_are_not_forms():
    for name in ("energy_balance_2012.xlsx", "energy_balance_2021.xlsx"):
        for grid in read_workbook(EXAMPLES / "sichuan" / "input" / name, name)[0]:
            assert find_sheet(grid, load_forms()) is None
    lists = grid_of(
        "行业分类\n代码|名称\n30|非金属矿物制品业\n31|黑色金属冶炼和压延加工业\n32|有色金属冶炼和压延加工业"
    )
    assert read_form(lists, CONTEXT, FILE) == (None, [])


# --- workbooks --------------------------------------------------------------------------------------------


def test_merged_headers_of_a_workbook(tmp_path: Path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["绵阳市2023年规模以上工业分行业能源消费量（实物量）"],
        ["行业名称", "行业代码", "原煤（吨）", None, "电力（万千瓦时）", "柴油"],
        [None, None, "消费量", "用于原材料", "消费量", "吨"],
        ["甲", "乙", 1, 2, 3, 4],
        ["总计", None, 60, 10, 12, 3],
        ["非金属矿物制品业", 30, 40, None, 8, 2],
        ["化学原料和化学制品制造业", 26, 20, 10, 4, 1],
        ["轻工业", None, 20, 10, 4, 1],
        ["食品制造业", 14, None, None, None, None],
        ["注：本表为年主营业务收入2000万元及以上的工业企业。"],
    ):
        sheet.append(row)
    for merged in ("A1:F1", "A2:A3", "B2:B3", "C2:D2"):
        sheet.merge_cells(merged)
    path = tmp_path / "工业.xlsx"
    book.save(path)
    grids, _ = read_workbook(path, path.name)
    activity, findings = read_form(grids[0], CONTEXT, InputFile(path.name, "0" * 64, "long"))
    assert activity is not None
    assert serious(findings) == []
    assert amounts(activity) == {
        ("1.1.2.3", "diesel", ""): 1, ("1.1.2.3", "electricity", "energy"): 4, ("1.1.2.3", "raw_coal", ""): 20,
        ("1.1.2.3", "raw_coal", "feedstock"): -10, ("1.1.2.4", "diesel", ""): 2,
        ("1.1.2.4", "electricity", "energy"): 8, ("1.1.2.4", "raw_coal", ""): 40,
    }  # fmt: skip
    assert {activity.cell_text(row) for row in range(len(activity))} == {
        "C6",
        "E6",
        "F6",
        "C7",
        "D7",
        "E7",
        "F7",
    }


def test_a_205_1_with_a_header_of_two_levels(tmp_path: Path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["能源购进、消费与库存"],
        ["表号：205-1表"],
        ["行业类别", "26 化学原料和化学制品制造业", None, None, None, "2023年", None, "地区代码：510703"],
        ["能源名称", "计量单位", "代码", "期初库存量", "购进量", None, "消费量", None, None, None, None, "期末库存量", "采用折标系数"],
        [None, None, None, None, "实物量", "金额（千元）", "合计", "1.工业生产消费", "用于原材料", "2.非工业生产消费",
         "合计中：运输工具消费", None, None],
        ["甲", "乙", "丙", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        ["无烟煤", "吨", 2, 0, 900, 700, 900, 900, 300, None, None, 0, 0.9],
        ["天然气（气态）", "万立方米", 15, None, 50, 100, 50, 48, 20, 2, None, None, 12.143],
        ["汽油", "吨", 19, 1, 10, 80, 10, None, None, 10, 10, 1, 1.4714],
        ["热力", "百万千焦", 32, None, 100, 5, 100, 100, None, None, None, None, 0.0341],
        ["补充资料：上年同期：能源合计"],
    ):  # fmt: skip
        sheet.append(row)
    for merged in ("A4:A5", "B4:B5", "C4:C5", "D4:D5", "E4:F4", "G4:K4", "L4:L5", "M4:M5"):
        sheet.merge_cells(merged)
    path = tmp_path / "205.xlsx"
    book.save(path)
    grids, _ = read_workbook(path, path.name)
    activity, findings = read_form(grids[0], CONTEXT, InputFile(path.name, "0" * 64, "long"))
    assert activity is not None
    assert serious(findings) == []
    assert amounts(activity) == {
        ("1.1.2.3", "anthracite", ""): 900, ("1.1.2.3", "anthracite", "feedstock"): -300,
        ("1.1.2.3", "gasoline", ""): 10, ("1.1.2.3", "heat", "energy"): 100,
        ("1.1.2.3", "natural_gas", ""): 50, ("1.1.2.3", "natural_gas", "feedstock"): -20,
    }  # fmt: skip
    assert account(findings)["refused"] == 0


def test_units_may_stand_in_the_label_of_a_row_or_inside_a_heading():
    text = FORM_205.replace("柴油|吨", "柴油（吨）|").replace("|计量单位|", "|单位|")
    assert amounts(read(text)[0]) == amounts(read(FORM_205)[0])
    text = INDUSTRY.replace("原煤(吨)", "原煤（单位：吨）").replace("行业|代码", "行业类别|行业代码")
    assert amounts(read(text)[0]) == amounts(read(INDUSTRY)[0])


def test_a_transposed_form_gives_the_same_records_and_the_cells_of_the_file():
    upright, _ = read(INDUSTRY)
    rows = [line.split("|") for line in INDUSTRY.strip().split("\n")[1:-1]]
    title = [["绵阳市2023年规模以上工业分行业能源消费量"]]
    turned = grid_of_texts(FILE.name, title + [list(cells) for cells in zip(*rows, strict=True)])
    activity, findings = read_form(turned, CONTEXT, FILE)
    assert activity is not None
    assert serious(findings) == []
    assert amounts(activity) == amounts(upright)


# --- laws -------------------------------------------------------------------------------------------------


@rules(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_number_is_a_record_a_check_set_aside_or_refused(data: st.DataObject):
    text, first = data.draw(st.sampled_from([(INDUSTRY, 2), (ELECTRICITY, 3), (FORM_205, 4)]))
    lines = [line.split("|") for line in text.strip("\n").split("\n")]
    for _ in range(data.draw(st.integers(0, 6))):
        row = data.draw(st.integers(first, len(lines) - 1))
        column = data.draw(st.integers(0, len(lines[row]) - 1))
        word = data.draw(
            st.sampled_from(["", "7", "0", "-3.5", "1e30", "无", "#DIV/0!", "１２", "其中：甲醇", "水泥业"])
        )
        if column or row > first:
            lines[row][column] = word
    grid = grid_of_texts(FILE.name, lines)
    sheet = find_sheet(grid, load_forms())
    activity, findings = read_form(grid, CONTEXT, FILE)
    if sheet is None:
        assert activity is None
        return
    assert activity is not None
    if not named(findings, "form-read"):
        assert any(one.severity == "error" for one in findings)
        return
    counts = account(findings)
    assert counts["numbers"] == numbers_below_header(sheet.grid, sheet.first, sheet.label_column)
    assert counts["numbers"] == counts["records"] + counts["checks"] + counts["aside"] + counts["refused"]
    assert counts["kept"] == len(activity)
    if counts["refused"]:
        assert any(one.severity == "error" for one in findings)


PARTS = {
    part.id: part
    for part in (
        Part("all", "", "", "", "parts", "", ""),
        Part("a", "all", "x", "A", "self", "", ""), Part("b", "all", "x", "B", "closed", "", ""),
        Part("b1", "b", "x", "B1", "self", "", ""), Part("b2", "b", "x", "B2", "self", "", ""),
        Part("c", "all", "x", "", "parts", "", ""), Part("c1", "c", "x", "C1", "self", "", ""),
    )
}  # fmt: skip


@given(st.dictionaries(st.sampled_from(sorted(PARTS)), st.integers(0, 20), max_size=7))
def test_no_amount_is_counted_together_with_its_whole(values: dict[str, int]):
    choice = choose(PARTS, {name: Amount(float(value), 0.0, ()) for name, value in values.items()})
    assert choice.status.keys() == values.keys()
    records = {name for name, status in choice.status.items() if status == "record"}
    for name in records:
        parent = PARTS[name].parent
        while parent:
            assert parent not in records
            parent = PARTS[parent].parent
    closed = not choice.gaps and "undivided" not in choice.status.values()
    if closed and "all" in values:
        counted = sum(values[name] for name in records)
        assert counted == values["all"] or not values.keys() - {"all"}


def test_every_record_is_taken_by_a_method_or_an_exclusion(context_of, gwp):
    parts = [read(text)[0] for text in (INDUSTRY, FORM_205)]
    activity = Activity.concat(parts)
    inventory = compile_inventory(activity, context_of("cn2011"), gwp, "ar5")
    assert not [one for one in inventory.findings if one.severity == "error"]
    rows = ledger(inventory)
    assert set(rows["source_file"]) == {FILE.name}
    burnt = {
        cell for cell, use in zip(activity.cell.texts(), activity.use.texts(), strict=True) if use != "energy"
    }
    emitted = {
        cell for cell, mass in zip(rows["source_cell"], rows["mass_t"], strict=True) if np.isfinite(mass)
    }
    assert burnt == emitted
    total = inventory.co2e("510700", 2023, "1.1")
    assert total is not None
    assert total > 0


# --- data -------------------------------------------------------------------------------------------------


def test_the_data_name_known_energies_and_categories():
    forms = load_forms()
    fuels, categories = Fuels.load(), CategoryTree.load()
    assert {kind.id for kind in forms.kinds} == {"energy_205_1", "industry_energy", "electricity_use"}
    for energy in forms.energies.values():
        assert not energy.target or fuels.find(energy.target) == energy.target
    for kind in forms.kinds:
        assert {part.target for part in kind.places.values() if part.target} <= set(categories.codes)
        assert all(name in forms.energies for part in kind.places.values() for name in part.converts)


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("industries.csv", "d30,manufacturing", "d30,factories"),
        ("energies.csv", "coke,,coke,,self", "coke,,coke,,mine"),
        ("roles.csv", "closing,aside", "closing,stock"),
        ("roles.csv", "期末库存量|", "期末库存量|年初库存|"),
        ("electricity_use.toml", 'shape = "rows_by_year"', 'shape = "spiral"'),
        ("electricity_use.toml", 'item = "electricity"', 'itme = "electricity"'),
    ],
)  # fmt: skip
def test_data_that_contradict_themselves_are_refused(tmp_path: Path, file: str, before: str, after: str):
    folder = tmp_path / "forms"
    shutil.copytree(ROOT / "activity_templates" / "forms", folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert before in text
    (folder / file).write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(DataFileError):
        read_forms(folder)
