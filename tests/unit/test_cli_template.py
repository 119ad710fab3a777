"""`ghg template`: who is asked what, last year's values, files that are never lost, and the command's words."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result
from conftest import ROOT, records

from ghg_inventory.activity.returns import Marker, Sheet, departments, load_templates
from ghg_inventory.areas import Area, AreaTree
from ghg_inventory.cli import main
from ghg_inventory.pipeline.templating import (
    Choice,
    all_sheets,
    file_name,
    is_asked,
    last_values,
    plan_workbooks,
    unit_findings,
)
from ghg_inventory.pipeline.workspace import Workspace

TOML = """[inventory]
area = "510700"
years = [2023, 2024]
profiles = ["cn2011"]
gwp_set = "ar5"
language = "zh"
"""
HEADER = "area_code,year,category,variable,item,technology,value,unit,notation,source,note\n"
LINES = "510703,2023,3.1.6,livestock_population,swine,scale,123456,头,,年报,\n"
TRIAL = ROOT / "tests" / "data" / "returns" / "templates"


# One department has few sheets: quicker, where the sheets do not matter.
FEW = ("--department", "forestry")


def ghg(*line: str, code: int = 0, lang: str = "zh") -> Result:
    """Run a command line and require its exit code."""
    result = CliRunner().invoke(main, ["--lang", lang, *line])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A workspace of Mianyang with nothing in it."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inventory.toml").write_text(TOML, encoding="utf-8")
    return tmp_path


def template(home: Path, *line: str, code: int = 0, lang: str = "zh") -> Result:
    """`ghg template` in a workspace."""
    return ghg("-w", str(home), "template", *line, code=code, lang=lang)


def facts(home: Path, *line: str, code: int = 0) -> dict[str, Any]:
    """The same as JSON."""
    return json.loads(template(home, *line, "--json", code=code).stdout)


def herd() -> tuple[Sheet, ...]:
    """The trial template: a list of animals and a matrix of fuels."""
    return load_templates(TRIAL)[0].sheets


# -- who is asked what ---------------------------------------------------------------------------------


def test_areas_are_asked_by_their_place_in_the_tree(home):
    ws, tree = Workspace.open(home), AreaTree.registry()
    for sheet in all_sheets():
        asked = {code for code in ("510700", "510703") if is_asked(sheet, code, ws, tree, 2024)}
        assert asked == {"each": {"510700", "510703"}, "leaf": {"510703"}, "whole": {"510700"}}[sheet.asked]


def test_an_overlay_is_asked_only_when_named(home):
    tree = AreaTree.from_rows(
        [
            Area("510700", 0, 9999, "", "city", "绵阳市", "", "territory"),
            Area("510703", 0, 9999, "510700", "county", "涪城区", "", "territory"),
            Area("5107GX", 0, 9999, "510700", "zone", "高新区", "", "overlay"),
        ]
    )
    ws = Workspace.open(home)
    by_default, _ = plan_workbooks(ws, tree, Choice(2024), "zh")
    assert {book.area for book in by_default} == {"510700", "510703"}
    named, findings = plan_workbooks(ws, tree, Choice(2024, ("5107GX",)), "zh")
    assert [book.area for book in named] == ["5107GX"]
    assert not findings


def test_every_county_of_the_year_gets_a_workbook(home):
    books, findings = plan_workbooks(Workspace.open(home), AreaTree.registry(), Choice(2024), "zh")
    assert not findings
    assert [book.area for book in books] == [
        "510700", "510703", "510704", "510705", "510722", "510723", "510725", "510726", "510727", "510781",
    ]  # fmt: skip
    # Sheets stand in the order of the departments.
    order = [*departments()]
    for book in books:
        ranks = [order.index(sheet.department) for sheet in book.sheets]
        assert ranks == sorted(ranks)
    # In 2015 Anzhou was a county with another code.
    earlier, _ = plan_workbooks(Workspace.open(home), AreaTree.registry(), Choice(2015), "zh")
    assert "510724" in {book.area for book in earlier}
    assert "510705" not in {book.area for book in earlier}


def test_split_gives_each_department_its_own_sheets(home):
    choice = Choice(2024, ("510703",), split=True)
    books, _ = plan_workbooks(Workspace.open(home), AreaTree.registry(), choice, "zh")
    together, _ = plan_workbooks(Workspace.open(home), AreaTree.registry(), Choice(2024, ("510703",)), "zh")
    assert [sheet for book in books for sheet in book.sheets] == list(together[0].sheets)
    assert all({sheet.department for sheet in book.sheets} == {*book.departments} for book in books)
    assert "510703_涪城区_2024_农业农村局.xlsx" in {book.name for book in books}


def test_a_part_of_the_departments_is_named_in_file_and_marker(home):
    found = facts(home, "--area", "510703", "--department", "forestry", "--department", "农业农村局")
    (book,) = found["workbooks"]
    assert book["departments"] == ["agriculture", "forestry"]
    path = Path(book["path"])
    assert path.name == "510703_涪城区_2024_农业农村局、林业和草原局.xlsx"
    cover = openpyxl.load_workbook(path)["封面"]
    assert Marker.read(cover["A1"].value).scope == ("agriculture", "forestry")


def test_file_names_are_safe():
    assert file_name(["51", 'a/b\\c:"*?<>|\n', "2024", ""]) == "51_abc_2024.xlsx"
    assert len(file_name(["51", "x" * 300, "2024"])) < 100


# -- last year -----------------------------------------------------------------------------------------

PIGS = {
    "area_code": "510703", "year": 2023, "category": "3.1.6", "variable": "livestock_population", "item": "swine",
    "technology": "scale", "unit": "头",
}  # fmt: skip
COAL = {**PIGS, "category": "1.1.4", "variable": "fuel", "item": "raw_coal", "technology": ""}


def test_last_years_value_is_found_by_what_is_asked():
    stated = records(
        {**PIGS, "value": 5000.0},
        {**PIGS, "year": 2022, "value": 1.0},
        {**PIGS, "area_code": "510704", "value": 2.0},
        {**PIGS, "technology": "household", "value": float("nan"), "notation": "NE"},
    )
    last = last_values(stated, AreaTree.registry(), 2024, herd(), {"510703", "510781"})
    assert last == {
        "510703": {("herd", "scale", ""): (5000.0, "头"), ("herd", "household", ""): ("NE", "")},
        "510781": {},
    }


def test_a_code_that_the_area_bore_last_year_counts_as_its_own():
    stated = records({**PIGS, "area_code": "510724", "year": 2015, "value": 7.0})
    last = last_values(stated, AreaTree.registry(), 2016, herd(), {"510705"})
    assert last["510705"] == {("herd", "scale", ""): (7.0, "头")}


def test_rows_of_a_balance_that_share_a_category_are_added():
    parts = [
        {**COAL, "flow": "final.trade", "value": 500.0, "unit": "t"},
        {**COAL, "flow": "final.other", "value": 0.25, "unit": "万吨"},
    ]
    last = last_values(records(*parts), AreaTree.registry(), 2024, herd(), {"510703"})
    assert last["510703"] == {("fuels", "services", "coal"): (3000.0, "吨")}
    # What cannot be added is not shown as if it were known.
    parts[1]["unit"] = "万头"
    assert last_values(records(*parts), AreaTree.registry(), 2024, herd(), {"510703"})["510703"] == {}


def test_feedstock_is_shown_as_the_clerk_typed_it(tmp_path):
    text = (TRIAL / "trial.toml").read_text(encoding="utf-8")
    text = text.replace('zh = "服务业", en', 'use = "feedstock", zh = "服务业", en')
    (tmp_path / "trial.toml").write_text(text, encoding="utf-8")
    sheets = load_templates(tmp_path)[0].sheets
    stated = records({**COAL, "use": "feedstock", "value": -12.0, "unit": "吨"})
    last = last_values(stated, AreaTree.registry(), 2024, sheets, {"510703"})
    assert last["510703"] == {("fuels", "services", "coal"): (12.0, "吨")}


def test_last_years_value_comes_from_what_was_imported(home):
    (home / "inbox" / "pigs.csv").write_text(HEADER + LINES, encoding="utf-8")
    ghg("-w", str(home), "import")
    (book,) = facts(home, "--area", "涪城区", "--department", "agriculture")["workbooks"]
    sheet = openpyxl.load_workbook(book["path"])["畜禽存栏"]
    shown = [cell for line in sheet.iter_rows() for cell in line if cell.value == 12.3456]
    assert [("万头" in cell.number_format, cell.protection.locked) for cell in shown] == [(True, True)]


# -- files and words -----------------------------------------------------------------------------------


def test_the_same_workspace_gives_the_same_files(home):
    first = facts(home, *FEW)["workbooks"]
    assert {book["state"] for book in first} == {"new"}
    assert {Path(book["path"]).parent for book in first} == {home / "templates"}
    contents = [Path(book["path"]).read_bytes() for book in first]
    second = facts(home, *FEW)["workbooks"]
    assert {book["state"] for book in second} == {"same"}
    assert [Path(book["path"]).read_bytes() for book in second] == contents


def test_a_workbook_that_was_filled_in_is_not_lost(home):
    (book,) = facts(home, *FEW, "--area", "510703")["workbooks"]
    path = Path(book["path"])
    filled = openpyxl.load_workbook(path)
    filled["封面"]["C7"] = "张三"
    filled.save(path)
    content = path.read_bytes()
    said = template(home, *FEW, "--area", "510703", "--area", "510704", code=1).output
    assert path.read_bytes() == content
    assert f"没有覆盖 {path}" in said
    assert "--force" in said
    # The others are made all the same.
    assert (home / "templates" / "510704_游仙区_2024_林业和草原局.xlsx").is_file()
    template(home, *FEW, "--area", "510703", "--force")
    assert openpyxl.load_workbook(path)["封面"]["C7"].value is None
    assert sorted(p.suffix for p in path.parent.iterdir()) == [".xlsx", ".xlsx"]


def test_language_of_the_workbook_follows_the_messages_unless_said(home):
    english = template(home, *FEW, "--area", "510703", "--output", str(home / "a"), lang="en")
    assert "1 workbooks (new 1)" in english.stdout
    template(home, *FEW, "--area", "510703", "--output", str(home / "b"), "--workbook-lang", "zh", lang="en")
    names = [openpyxl.load_workbook(next((home / folder).iterdir())).sheetnames[0] for folder in "ab"]
    assert names == ["Cover", "封面"]


def test_list_says_what_there_is_and_writes_nothing(home):
    sheets = facts(home, "--list")
    assert [sheet["id"] for sheet in sheets] == [sheet.id for sheet in all_sheets()]
    counts = {sheet["asked"]: sheet["areas"] for sheet in sheets}
    assert counts.items() <= {"each": 10, "leaf": 9, "whole": 1}.items()
    text = template(home, "--list").stdout
    assert "畜禽存栏" in text
    assert "农业农村局" in text
    assert not (home / "templates").exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("--department", "agricultre"), "是否想写：agriculture"),
        (("--department", "局"), "没有部门“局”"),
        (("--area", "涪成区"), "涪城区"),
        (("--year", "2204"), "是否想写：2024"),
        (("--departments", "agriculture"), "--department"),
    ],
)
def test_typing_mistakes_are_met_with_a_proposal(home, line, said):
    assert said in template(home, *line, code=2).output
    assert not (home / "templates").exists()


def test_areas_elsewhere_and_areas_asked_nothing_are_named(home):
    outside = template(home, "--area", "成都市", code=1).output
    assert "成都市（510100）不在本工作区的地区" in outside
    assert "510700 绵阳市" in outside
    whole = {sheet.department for sheet in all_sheets() if sheet.asked != "leaf"}
    only_counties = next(name for name in departments() if name not in whole)
    nothing = template(home, "--area", "绵阳市", "--department", only_counties).output
    assert "绵阳市（510700）没有要填的表" in nothing
    abolished = template(home, "--area", "510724", code=1).output
    assert "510705" in abolished


def test_a_unit_of_another_kind_is_said(home):
    books, _ = plan_workbooks(Workspace.open(home), AreaTree.registry(), Choice(2024, ("510703",)), "zh")
    ask = books[0].sheets[0].asks[0]
    place = (ask.sheet, ask.row, ask.column)
    wrong = "万头" if "头" not in ask.unit else "t"
    assert [f.name for f in unit_findings(books[0], {place: (1.0, wrong)})] == ["template-last-unit"]
    assert not [*unit_findings(books[0], {place: (1.0, ask.unit)})]
    assert not [*unit_findings(books[0], {place: ("NO", "")})]


def test_all_workbooks_open(home):
    for book in facts(home, "--area", "510703", "--area", "510700")["workbooks"]:
        content = io.BytesIO(Path(book["path"]).read_bytes())
        assert len(openpyxl.load_workbook(content).sheetnames) == 1 + len(book["sheets"])
