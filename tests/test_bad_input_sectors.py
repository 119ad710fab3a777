"""Bad input of industry, agriculture, forests and waste, as a county or a city bureau would hand it in.

Every case runs through `ghg` in a workspace of 绵阳市. It asserts the finding, its place and severity, words that tell
the clerk what to do, and that nothing of the bad record is in the totals unless an error says so.
"""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from ghg_inventory.cli import main

HEADER = "area_code,year,category,variable,item,technology,value,unit,notation,use,source,note\n"
SETTINGS = """[inventory]
name_zh = "绵阳市"
name_en = "Mianyang"
area = "510700"
years = [{years}]
profiles = ["cn2011", "ipcc2006"]
gwp_set = "ar5"
[files]
inbox = "input"
"""
FILE = "input/三台县.csv"


def line(category: str, variable: str, item: str = "", technology: str = "", value: object = "", unit: str = "",
         **cells: str) -> str:  # fmt: skip
    """A record of 三台县 in 2020 as a line of a long table; name further cells to change them."""
    row = {
        "area_code": "510722", "year": "2020", "category": category, "variable": variable, "item": item,
        "technology": technology, "value": str(value), "unit": unit, "notation": "", "use": "", "source": "统计局",
        "note": "",
    }  # fmt: skip
    return ",".join({**row, **cells}.values()) + "\n"


def swine(value: object = 5, unit: str = "万头", **cells: str) -> str:
    return line("3.1.6", cells.pop("variable", "livestock_population"), cells.pop("item", "swine"),
                cells.pop("technology", "scale"), value, unit, **cells)  # fmt: skip


def pigment(value: object = 1, unit: str = "万吨", **cells: str) -> str:
    return line("2.16", "product_output", "titanium_dioxide", "", value, unit, **cells)


def gas(item: str, technology: str = "air_conditioning", unit: str = "t") -> str:
    return line("2.12", "gas_charged", item, technology, 3, unit)


def landfill(
    value: object = 10, item: str = "msw", technology: str = "climate_temperate_wet", **cells: str
) -> str:
    return line("5.1.1", "waste_landfilled", item, technology, value, "万吨", **cells)


def composition(unit: str = "1", year: str = "2020", **shares: float) -> str:
    """Four components of municipal waste; name the shares to change."""
    whole = {"food_waste": 0.5, "paper_waste": 0.1, "plastic_waste": 0.2, "other_inert_waste": 0.2, **shares}
    return "".join(
        line("5", "waste_share", item, "", share, unit, year=year) for item, share in whole.items()
    )


PINE = "tree_pinus_massoniana"
STOCK = line("4.1.1", "standing_volume", PINE, "", 10, "万立方米")
DENSITY = line("4.1", "forest_wood_density", PINE, "", 0.4, "t d.m./m3")
EXPANSION = line("4.1", "forest_biomass_expansion", PINE, "", 1.5, "1")
GOOD = pigment()


def growth(value: object = 5, unit: str = "%", **cells: str) -> str:
    return line(
        "4.1.1",
        cells.pop("variable", "forest_growth_rate"),
        cells.pop("item", PINE),
        "",
        value,
        unit,
        **cells,
    )


class Office:
    """A workspace of 绵阳市, and what `ghg` says there."""

    def __init__(self, folder: Path, years: str = "2020", more: str = "") -> None:
        self.folder = folder
        (folder / "input").mkdir()
        (folder / "inventory.toml").write_text(SETTINGS.format(years=years) + more, encoding="utf-8")

    def bring(self, content: str | bytes, name: str = FILE) -> None:
        (self.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def ghg(self, *arguments: str) -> dict[str, Any]:
        """Run `ghg … --json`: data may be wrong (exit 1), the program must not be (exit 2, traceback)."""
        result = CliRunner().invoke(main, ["--lang", "en", "-w", str(self.folder), *arguments, "--json"])
        assert result.exit_code in (0, 1), result.output
        said: dict[str, Any] = json.loads(result.stdout)
        assert result.exit_code == any(f["severity"] == "error" for f in said["findings"])
        for found in said["findings"]:
            for text in (found["text_zh"], found["text_en"]):
                assert not re.search(r"\{\w+\}", text), text
            if found["severity"] == "error":  # what is wrong, and what to do
                assert len(found["text_zh"].splitlines()) == len(found["text_en"].splitlines()) >= 2, found[
                    "text_en"
                ]
        return said

    def refused(self, *arguments: str, lang: str = "en") -> str:
        """Run a command that must end with 2; what it says."""
        result = CliRunner().invoke(main, ["--lang", lang, "-w", str(self.folder), *arguments])
        assert result.exit_code == 2, result.output
        return result.stderr

    def compiled(self, content: str) -> dict[str, Any]:
        """Import and compile."""
        self.bring(HEADER + content)
        self.ghg("import")
        return self.ghg("compile")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def ids(cases: list[Any]) -> list[str]:
    """Names of cases that a terminal can print."""
    return [f"{case[0]}-{number}" for number, case in enumerate(cases)]


def named(said: dict[str, Any], name: str, severity: str = "error") -> list[dict[str, Any]]:
    """The findings of a name; there is one, and all have the severity."""
    found = [f for f in said["findings"] if f["name"] == name]
    assert found, [(f["name"], f["text_zh"]) for f in said["findings"]]
    assert {f["severity"] for f in found} == {severity}
    return found


def says(finding: dict[str, Any], zh: str, en: str) -> None:
    assert zh in finding["text_zh"], finding["text_zh"]
    assert en in finding["text_en"], finding["text_en"]


def totals(said: dict[str, Any], profile: str = "") -> dict[tuple[str, str], float]:
    """Mass [t] of the city by category and gas, of one profile or of the last that has it."""
    return {
        (row["category"], row["gas"]): row["mass_t"]
        for row in said.get("totals", ())
        if row["area_code"] == "510700" and profile in ("", row["profile"])
    }


# -- what is refused when it is read: the bad line is withheld, the good one stays ----------------------------

READING = [
    # Numbers: negative, unit of another kind, gas in the unit, pure nutrient or goods as sold.
    ("outside-limits", swine(-5), "下限 0", "minimum 0"),
    ("outside-limits", line("4.1.1", "standing_volume", PINE, "", -10, "万立方米"), "活立木蓄积量", "minimum 0"),
    ("outside-limits", line("M.9", "credited_removal", "", "", -10, "t CO2"), "正负号", "sign"),
    ("outside-limits", swine(600_000), "上限 5e+09", "maximum 5e+09"),
    ("outside-limits", landfill(-1), "下限 0", "minimum 0"),
    ("unit-dimension-activity", swine(5, "万吨"), "填的是质量，应填牲畜数量", "expected animals"),
    ("unit-dimension-activity", line("3.3.1", "rice_area", "", "multiple_aeration", 5, "万立方米"), "应填面积", "area"),
    ("unit-dimension-activity", growth(5, "t/m3"), "1, %", "1, %"),
    ("unit-dimension-activity", line("", "population", "", "", 5, "万头"), "应填人数", "people"),
    ("unit-names-gas", line("2.11", "gas_use", "SF6", "", 5, "t CF4"), "写在“品种”", "item column"),
    ("unit-names-gas", line("2.11", "emission", "N2O", "", 5, "t CO2e"), "不能填报", "not accepted"),
    ("nutrient-basis", line("3.4.1", "synthetic_nitrogen", "", "", 5, "万吨实物"), "不作换算", "does not convert"),
    ("nutrient-basis", line("3.5", "urea_applied", "", "", 5, "万吨折纯"), "不作换算", "does not convert"),
    # Words: unknown or misspelt, in the wrong column, of the wrong kind, a family or a blend of gases.
    ("unknown-item", swine(item="肉猪"), "swine（猪）", "swine"),
    ("unknown-item", line("3.1.5", "livestock_population", "山洋", "scale", 5, "万只"), "goat（山羊）", "goat"),
    ("unknown-item", growth(item="马味松"), PINE, PINE),
    ("item-kind", swine(item="稻谷"), "核对变量和品种", "belong together"),
    ("blank-item", swine(item=""), "“品种”（item）一列", "item column"),
    ("unknown-technology", swine(technology="规模场"), "scale（规模化饲养）", "scale"),
    ("technology-missing", line("5.2.1", "waste_incinerated", "msw", "", 5, "万吨"), "不作缺省", "Nothing is assumed"),
    ("technology-missing", gas("HFC32", ""), "不作缺省", "Nothing is assumed"),
    ("item-technology-swapped", swine(item="scale", technology="swine"), "对调", "Exchange the columns"),
    ("item-technology-swapped", swine(item="规模化饲养", technology="生猪"), "对调", "Exchange the columns"),
    ("item-category", line("3.1.5", "livestock_population", "swine", "scale", 5, "万头"), "3.1.6（猪）", "3.1.6"),
    ("item-category", line("3.1.11", "livestock_population", "goat", "scale", 5, "万头"), "3.1.5（山羊）", "3.1.5"),
    ("variable-unknown", swine(variable="畜禽存栏量"), "livestock_population（畜禽存栏）", "livestock_population"),
    ("variable-unknown", growth(variable="forest_grow_rate"), "forest_growth_rate（", "forest_growth_rate"),
    ("variable-unknown", growth(variable="生长率"), "forest_growth_rate（", "forest_growth_rate"),
    ("gas-blend", gas("R410A"), "混合制冷剂", "one line per component"),
    ("gas-blend", gas("R-404a"), "混合制冷剂", "one line per component"),
    ("gas-family", gas("HFCs"), "统称", "family"),
    ("gas-family", gas("制冷剂"), "统称", "family"),
    ("category-unknown", line("3.A.1", "livestock_population", "swine", "scale", 5, "万头"), "是否为 3", "Did you mean 3"),
    ("social-with-category", line("5.6", "population", "", "", 50, "万人"), "protein_population", "protein_population"),
    ("blank-cell", line("3.4.3", "straw_return_rate", "", "", 55, ""), "百分数填 %", "of a percentage %"),
    ("unit-dimension-activity", line("5.6", "protein_consumption", "", "", 90, "g/d"), "应填质量/人数/年", "expected"),
    # Places, years, notation keys.
    ("area-abolished", pigment(area_code="510724", year="2018"), "510705", "510705"),
    ("year-range", swine(year="20l8"), "四位数", "four digits"),
    ("value-and-notation", swine(notation="NO", note="没有"), "只能有其一", "expected one"),
    ("unknown-notation", swine("", notation="无"), "NO（没有发生）", "NO (not occurring)"),
    ("blank-value", swine(""), "空白不等于零", "a blank is not zero"),
    ("not-a-number", growth("5%"), "1234.5", "1234.5"),
    ("formula-text", swine(note="=cmd|' /C calc'!A0"), "请删去开头", "Remove the leading"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "bad", "zh", "en"), READING, ids=ids(READING))
def test_a_bad_line_is_withheld_with_its_place_and_remedy(
    office: Office, name: str, bad: str, zh: str, en: str
) -> None:
    office.bring(HEADER + GOOD + bad)
    said = office.ghg("import", "--dry-run")
    (found,) = named(said, name)
    assert (found["file"], found["line"], said["records"]) == (FILE, 3, 1)
    says(found, zh, en)


def test_nothing_of_the_withheld_lines_is_in_the_totals(office: Office) -> None:
    office.bring(HEADER + GOOD + "".join(bad for _, bad, _, _ in READING))
    assert office.ghg("import")["submissions"][0]["state"] == "faulty"
    # 1 万吨 × 1.34 t CO2/t, and nothing else (2006 IPCC Guidelines, Vol. 3, Table 3.9).
    assert totals(office.ghg("compile")) == {("2", "CO2"): 13400, ("2.16", "CO2"): 13400}


def test_names_and_units_of_a_county_are_understood_and_said(office: Office) -> None:
    rice = line("3.3.1", "水稻播种面积", "", "multiple_aeration", 15, "万亩")
    office.bring(HEADER + rice + swine(item="生猪", technology="规模化饲养", unit="万只") + gas("HFC-134a"))
    said = office.ghg("import")
    assert said["records"] == 3
    assert {f["values"]["code"] for f in named(said, "word-alias", "info")} == {
        "rice_area", "swine", "scale", "HFC134a",
    }  # fmt: skip
    # The same area in hectares gives the same methane: 15 万亩 = 1 万公顷.
    by_mu = totals(office.ghg("compile"), "cn2011")["3.3.1", "CH4"]
    office.bring(HEADER + line("3.3.1", "rice_area", "", "multiple_aeration", 1, "万公顷"))
    office.ghg("import")
    assert totals(office.ghg("compile"), "cn2011")["3.3.1", "CH4"] == pytest.approx(by_mu, rel=1e-12)


def test_notation_keys_want_a_reason_and_a_target(office: Office) -> None:
    office.bring(HEADER + GOOD + swine("", notation="NO") + line("3.1.5", "livestock_population", "goat", "scale",
                 notation="IE", note="其他部门已报"))  # fmt: skip
    (reason,) = named(office.ghg("import"), "notation-reason", "warning")
    assert reason["line"] == 3
    said = office.ghg("compile")
    (target,) = named(said, "ie-without-target")
    assert target["line"] == 4
    says(target, "计入 1.1.2.10", "included elsewhere")
    assert set(totals(said)) == {("2", "CO2"), ("2.16", "CO2")}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_encodings_of_a_spreadsheet(office: Office, encoding: str) -> None:
    office.bring((HEADER + swine(item="生猪") + swine(item="牲口")).encode(encoding))
    said = office.ghg("import", "--dry-run")
    assert (said["records"], named(said, "unknown-item")[0]["line"]) == (1, 3)


@pytest.mark.parametrize(
    ("name", "content"), [("file-empty", ""), ("no-records", HEADER), ("no-records", HEADER + "# 无\n")]
)
def test_files_without_a_record(office: Office, name: str, content: str) -> None:
    office.bring(content)
    assert named(office.ghg("import", "--dry-run"), name)[0]["file"] == FILE


def test_a_long_sheet_is_named_to_the_cell(office: Office) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "畜牧"
    for row in (
        HEADER + swine() + swine(-3, item="goat").replace("3.1.6", "3.1.5") + swine(item="猪崽")
    ).splitlines():
        sheet.append([float(cell) if re.fullmatch(r"-?\d{1,3}", cell) else cell for cell in row.split(",")])
    file = BytesIO()
    book.save(file)
    office.bring(file.getvalue(), "input/畜牧.xlsx")
    said = office.ghg("import", "--dry-run")
    assert said["records"] == 1
    for name, cell in (("outside-limits", "G3"), ("unknown-item", "E4")):
        (found,) = named(said, name)
        assert (found["file"], found["sheet"], found["cell"]) == ("input/畜牧.xlsx", "畜牧", cell)


# -- what only a compile can see: companions that are missing, things reported twice ---------------------------

WHOLE = "5.1.1 CH4"
COMPILING = [
    # name, lines, line of the finding, cells that must not be in the totals ("profile category gas"), words
    ("no-factor", STOCK + DENSITY + EXPANSION, 2, "4.1.1 CO2", "forest_growth_rate", "forest_growth_rate"),
    ("no-factor", line("4.4", "land_converted", "from_cropland", "", 10, "公顷"), 2, "4.4 CO2",
     "variable 列填缺少的参数名", "State it in the return"),
    ("no-factor", line("3.4.1", "compound_fertiliser", "", "", 10, "万吨"), 2, "3.4.1 N2O", "compound_nitrogen_share",
     "compound_nitrogen_share"),
    ("no-factor", line("3.4.3", "crop_production", "rice", "", 10, "万吨"), 2, "3.4.3 N2O;3.6 CH4;3.6 N2O",
     "straw_return_rate", "straw_return_rate"),
    ("no-factor-technology", line("3.3.2", "rice_area", "", "", 10, "万亩"), 2, "ipcc2006 3.3.2 CH4",
     "multiple_aeration（", "multiple_aeration"),
    ("no-factor-technology", swine(technology=""), 2, "ipcc2006 3.2.6 N2O;3.4.2 N2O", "household（农户饲养）", "household"),
    ("model-shares-missing", landfill(), 2, WHOLE, "variable 填 waste_share", "variable waste_share"),
    ("model-shares", composition(food_waste=0.6) + landfill(), 6, WHOLE, "合计为 1.1", "add up to 1.1"),
    ("model-shares", composition(food_waste=0.0) + landfill(), 6, WHOLE, "合计为 0.5", "add up to 0.5"),
    ("factor-limits", composition(food_waste=-0.1, paper_waste=0.7) + landfill(), 2, WHOLE, "下限 0", "minimum 0"),
    ("factor-limits", composition(food_waste=50) + landfill(), 2, WHOLE, "98 % 写成 98", "98 % written as 98"),
    ("model-no-factor", composition() + landfill(technology=""), 6, "", "climate_temperate_wet（", "climate_temperate_wet"),
    ("factor-limits", STOCK + DENSITY + EXPANSION + growth(5, "1"), 5, "4.1.1 CO2", "上限 1", "maximum 1"),
    ("factor-limits", STOCK + DENSITY + EXPANSION + growth(-5), 5, "4.1.1 CO2", "下限 0", "minimum 0"),
    ("misplaced", line("3.2.6", "livestock_population", "swine", "scale", 5, "万头"), 2, "3.2.6 CH4;3.1.6 CH4",
     "填在：3.1.6（猪）", "expected in: 3.1.6"),
    ("misplaced", line("3.4.3", "livestock_population", "swine", "scale", 5, "万头"), 2, "3.4.3 N2O", "3.1.6（猪）", "3.1.6"),
    ("misplaced", line("2.1", "product_output", "lime", "", 1, "万吨"), 2, "2.1 CO2", "2.2（", "2.2 ("),
    ("misplaced", line("3", "livestock_population", "swine", "scale", 5, "万头"), 2, "3 CH4", "3.1.6（猪）", "3.1.6"),
    ("reported-twice", swine() + line("3.2.6", "livestock_population", "swine", "scale", 5, "万头"), 3, "",
     "只填报一次", "reported once"),
    ("whole-beside-parts", composition() + landfill(3) + landfill(1, "food_waste"), 6, "", "重复计算", "counted twice"),
    ("recovery-exceeds", composition() + landfill() + line("5.1.1", "methane_recovered", "", "methane_flared", 900_000,
     "t CH4"), 7, "", "甲烷还是沼气", "CH4 or biogas"),
    ("measured-no-gas", GOOD + line("2.16", "emission_factor", "titanium_dioxide", "", 1.2, "t/t"), 3, "",
     "t CO2/t", "t CO2/t"),
    ("measured-co2e", GOOD + line("2.16", "emission_factor", "titanium_dioxide", "", 1.2, "t CO2e/t"), 3, "",
     "分气体的因子", "factors by gas"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "lines", "at", "absent", "zh", "en"), COMPILING, ids=ids(COMPILING))
def test_what_cannot_be_computed_is_an_error_and_no_number(
    office: Office, name: str, lines: str, at: int, absent: str, zh: str, en: str
) -> None:
    said = office.compiled(lines)
    found = named(said, name)
    assert {(f["file"], f["line"]) for f in found} == {(FILE, at)}
    says(found[0], zh, en)
    for cell in filter(None, absent.split(";")):
        *profile, category, gas_code = cell.split()
        assert (category, gas_code) not in totals(said, "".join(profile)), cell


def test_two_returns_of_one_animal_as_population_and_as_output(office: Office) -> None:
    said = office.compiled(swine() + swine(7, variable="livestock_output"))
    (found,) = named(said, "two-descriptions", "warning")
    says(found, "存栏或出栏", "population or as output")
    assert found["line"] == 2


def test_a_harvest_and_its_residues_are_not_both_counted_in_silence(office: Office) -> None:
    said = office.compiled(
        line("3.4.3", "crop_production", "rice", "", 5, "万吨")
        + line("3.4.3", "n_residues", "", "", 1, "t N")
    )
    assert named(said, "two-descriptions", "warning")[0]["line"] == 3


def test_a_parameter_stated_twice_is_used_in_neither_way(office: Office) -> None:
    office.bring(HEADER + STOCK + DENSITY + EXPANSION + growth(5) + growth(6))
    (twice,) = named(office.ghg("import"), "duplicate-differs")
    says(twice, "只留正确的一条", "Keep the right one")
    assert twice["line"] == 6
    said = office.ghg("compile")
    assert {f["line"] for f in named(said, "no-factor")} == {2}
    assert ("4.1.1", "CO2") not in totals(said)


def test_a_parameter_that_is_only_a_notation_key(office: Office) -> None:
    said = office.compiled(STOCK + DENSITY + EXPANSION + growth("", notation="NE", note="没有测"))
    (blank,) = named(said, "measured-blank", "warning")
    assert blank["line"] == 5
    says(blank, "请删去该行", "Remove the row")
    assert ("4.1.1", "CO2") not in totals(said)


def test_a_growth_that_is_right_is_a_removal(office: Office) -> None:
    said = office.compiled(STOCK + DENSITY + EXPANSION + growth(5))
    # 100 000 m3 × 5 % × 0.4 t/m3 × 1.5 × 0.5 × 44/12 (the guide's equation of forest growth).
    assert totals(said, "cn2011")["4.1.1", "CO2"] == pytest.approx(-5500, rel=1e-12)
    assert not [f for f in said["findings"] if f["severity"] == "error"]


def test_a_missing_year_of_deposits_leaves_the_year_uncomputed(tmp_path: Path) -> None:
    office = Office(tmp_path)
    years = ("2017", "2018", "2019", "2020")
    text = "".join(composition(year=year) for year in years)
    said = office.compiled(text + "".join(landfill(3, year=year) for year in years if year != "2019"))
    (gap,) = named(said, "series-gap")
    says(gap, "缺 2019", "lacks 2019")
    says(gap, "[[fill]]", "[[fill]]")
    assert gap["line"] == 20
    assert (WHOLE.split()[0], "CH4") not in totals(said, "ipcc2006")


def test_deposits_of_the_inventory_year_alone_are_told(office: Office) -> None:
    said = office.compiled(composition() + landfill())
    (short,) = named(said, "landfill-history-short", "warning")
    assert short["line"] == 6
    says(short, "per_capita", "per_capita")


def test_a_slip_of_ten_thousand_is_named_at_its_line(tmp_path: Path) -> None:
    said = Office(tmp_path, "2018, 2019").compiled(
        pigment(12000, "吨", year="2018") + pigment(12500, year="2019")
    )
    (jump,) = named(said, "magnitude-jump", "warning")
    assert (jump["file"], jump["line"]) == (FILE, 3)
    says(jump, "吨与万吨", "t for 10^4 t")


def test_a_negative_total_is_said_once(office: Office) -> None:
    said = office.compiled(line("5.1.1", "methane_recovered", "", "methane_flared", 10, "t CH4"))
    assert {f["values"]["category"] for f in named(said, "negative-total", "warning")} == {"5.1.1"}
    assert {f["values"]["area"] for f in named(said, "negative-total", "warning")} == {"510722"}
    assert {f["line"] for f in named(said, "recovery-exceeds")} == {2}


def test_a_share_stated_beside_the_herd_is_used_and_elsewhere_is_an_error(office: Office) -> None:
    """Shares of manure systems belong where the herd is reported: at 3.2.6 the default would stand in silence."""
    systems = {"ms_lagoon": 60, "ms_solid": 40, "ms_liquid": 0, "ms_drylot": 0, "ms_pit": 0, "ms_daily_spread": 0,
               "ms_digester": 0, "ms_litter": 0, "ms_pasture": 0}  # fmt: skip
    plain = totals(office.compiled(swine()), "ipcc2006")["3.2.6", "N2O"]
    there = "".join(line("3.1.6", name, "swine", "scale", share, "%") for name, share in systems.items())
    said = office.compiled(swine() + there)
    assert totals(said, "ipcc2006")["3.2.6", "N2O"] != plain
    assert not [f for f in said["findings"] if f["name"] in ("measured-misplaced", "shares-sum")]
    said = office.compiled(swine() + there.replace("3.1.6", "3.2.6"))
    found = named(said, "measured-misplaced")
    assert {f["line"] for f in found} == set(range(3, 12))
    says(found[0], "请把该行的类别改为 3.1.6", "Change the category of that line to 3.1.6")


def test_a_parameter_of_another_rearing_mode_has_no_effect_and_that_is_said(office: Office) -> None:
    rate = line("3.1.6", "nitrogen_excretion", "swine", "household", 11, "kg N/head/yr")
    (found,) = named(office.compiled(swine() + rate), "measured-technology", "warning")
    assert found["line"] == 3
    says(found, "方式是“household”，而活动水平的方式是 scale", "the records have scale")


def test_output_with_and_without_its_process_is_doubted(office: Office) -> None:
    text = pigment() + line("2.16", "product_output", "titanium_dioxide", "氯化法", 1, "万吨")
    (found,) = named(office.compiled(text), "whole-beside-parts", "warning")
    says(found, "未注明工艺的产量", "with and without its process")


def test_shares_above_one_are_an_error(office: Office) -> None:
    shares = line("3.1.6", "ms_lagoon", "swine", "scale", 60, "%") + line(
        "3.1.6", "ms_solid", "swine", "scale", 60, "%"
    )
    (found,) = named(office.compiled(swine() + shares), "shares-sum")
    says(found, "之和为 120 %", "sum to 120 %")
    assert found["line"] == 3


DESCRIPTIONS = [
    line("2.1", "product_output", "clinker", "", 100, "万吨") + line("2.1", "cement_output", "cement_unspecified", "", 150, "万吨"),
    line("2.1", "product_output", "clinker", "", 100, "万吨") + line("2.1", "clinker_export", "clinker", "", 20, "万吨"),
    line("2.13", "product_output", "float_glass", "", 1, "万吨") + line("2.13", "carbonate_use", "limestone", "", 1, "万吨"),
    line("2.9", "product_output", "magnesium_casting", "", 1, "万吨") + line("2.9", "gas_use", "SF6", "", 1, "t"),
    line("2.12", "gas_bank", "HFC32", "air_conditioning", 1, "t") + gas("HFC32"),
    line("5.5.2", "methane_recovered_volume", "", "methane_used", 5, "万立方米")
    + line("5.5.2", "methane_recovered", "", "methane_used", 50, "t"),
    line("5.4.2", "bod_removed", "", "aerobic_well_managed", 10, "t BOD")
    + line("5.4.2", "domestic_cod_removed", "", "aerobic_well_managed", 10, "t COD"),
]  # fmt: skip


@pytest.mark.parametrize("lines", DESCRIPTIONS, ids=range(len(DESCRIPTIONS)))
def test_one_emission_described_in_two_ways_is_said(office: Office, lines: str) -> None:
    found = [f for f in office.compiled(lines)["findings"] if f["name"] == "two-descriptions"]
    assert found
    assert {f["line"] for f in found} <= {2, 3}
    says(found[0], "否则重复计算", "counted twice")


def test_routes_of_waste_that_exceed_what_is_generated(office: Office) -> None:
    said = office.compiled(
        line("5", "waste_generated", "msw", "", 10, "万吨")
        + line("5.2.1", "waste_incinerated", "msw", "energy_recovery_stoker", 12, "万吨")
    )
    (found,) = named(said, "balance-differs")
    says(found, "相差 +2 万吨", "difference +2")
    assert found["line"] == 2


def test_a_negative_emission_outside_land_use_is_doubted(office: Office) -> None:
    text = line("2.11", "emission", "HFC23", "", -5, "t") + line(
        "4.1.3", "forest_area_change", "bamboo_forest", "", -5, "公顷"
    )
    office.bring(HEADER + text)
    assert [f["line"] for f in named(office.ghg("import"), "negative-amount", "warning")] == [2]


def test_a_county_beside_the_whole_city_is_counted_twice(office: Office) -> None:
    said = office.compiled(pigment(1) + pigment(9, area_code="510700"))
    says(named(said, "area-overlap")[0], "只保留一级的数据", "Keep the data of one level")


def test_a_gas_of_another_treaty_is_stated_and_in_no_total(office: Office) -> None:
    said = office.compiled(gas("HCFC22") + gas("HFC134a"))
    says(named(said, "gas-not-in-total", "info")[0], "不计入任何合计", "enters no total")
    rows = [row for row in said["totals"] if row["gas"] == "HCFC22"]
    assert rows
    assert not [row for row in rows if row.get("co2e_t")]


# -- [[fill]] and profiles of inventory.toml ------------------------------------------------------------------

SERIES = pigment(1, year="2018") + pigment(2, year="2020")


def fill(**changes: str) -> str:
    entry = {
        "area": '"510722"', "category": '"2.16"', "variable": '"product_output"', "item": '"titanium_dioxide"',
        "method": '"interpolation"', "years": "[2019, 2019]", "reason": '"当年停报"',
    }  # fmt: skip
    return "[[fill]]\n" + "".join(
        f"{key} = {value}\n" for key, value in {**entry, **changes}.items() if value
    )


MISDECLARED = [
    (fill(method='"guess"'), "method"), (fill(method='"surrogate"'), "surrogate"), (fill(reason=""), "reason"),
    (fill(methode='"x"'), "methode"), (fill(years="[2020, 2018]"), "years"),
    (fill(method='"extrapolation"', years="[2021, 2021]"), "trend_years"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "word"), MISDECLARED)
def test_a_fill_that_is_not_whole_is_refused(tmp_path: Path, entry: str, word: str) -> None:
    office = Office(tmp_path, "2018, 2019, 2020", entry)
    office.bring(HEADER + SERIES)
    for lang, remedy in (("zh", "补数从不默认进行"), ("en", "nothing is ever filled by default")):
        said = office.refused("import", lang=lang)
        assert "[fill-incomplete]" in said
        assert word in said
        assert remedy in said


UNFIT = [
    ("fill-unknown-series", fill(item='"titan"'), "核对代码", "Check the codes"),
    ("fill-unknown-series", fill(method='"surrogate"', surrogate='"population"'), "510722 population", "population"),
    ("fill-twice", fill() + fill(), "只保留一条", "Keep one"),
    ("fill-not-enough", fill(years="[2015, 2016]"), "已知年份 2018, 2020", "known years 2018, 2020"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "entry", "zh", "en"), UNFIT)
def test_a_fill_that_cannot_be_made(tmp_path: Path, name: str, entry: str, zh: str, en: str) -> None:
    said = Office(tmp_path, "2018, 2019, 2020", entry).compiled(SERIES)
    (found,) = named(said, name)
    assert found["file"] == "inventory.toml"
    says(found, zh, en)
    filled = [row for row in said["totals"] if row["year"] == 2019]
    assert bool(filled) == (name == "fill-twice")


def test_a_fill_never_overwrites_what_was_reported(tmp_path: Path) -> None:
    said = Office(tmp_path, "2018, 2019, 2020", fill(years="[2018, 2019]")).compiled(SERIES)
    says(named(said, "fill-kept", "info")[0], "2018", "2018")
    mass = {
        r["year"]: r["mass_t"] for r in said["totals"] if r["profile"] == "cn2011" and r["category"] == "2.16"
    }
    assert mass == {2018: 13400, 2019: 20100, 2020: 26800}


@pytest.mark.parametrize(
    ("word", "meant"), [("cn2010", "cn2011"), ("IPCC2006", "ipcc2006"), ("ipcc_2019", "ipcc2019")]
)
def test_a_misspelt_profile_is_refused(office: Office, word: str, meant: str) -> None:
    path = office.folder / "inventory.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"cn2011"', f'"{word}"'), encoding="utf-8")
    office.bring(HEADER + GOOD)
    said = office.refused("import", lang="zh")
    assert "[workspace-unknown-word]" in said
    assert f"是否想写“{meant}”" in said


def test_two_profiles_say_each_what_they_lack(office: Office) -> None:
    """Rice without a water regime: the provincial guide has one factor of the season, IPCC needs the regime."""
    said = office.compiled(line("3.3.2", "rice_area", "", "", 10, "万亩"))
    (found,) = named(said, "no-factor-technology")
    assert found["values"]["method"].startswith("ipcc2006.")
    assert totals(said, "cn2011")["3.3.2", "CH4"] > 0
    assert ("3.3.2", "CH4") not in totals(said, "ipcc2006")
