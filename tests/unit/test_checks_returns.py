"""Checks of a return beside last year and the neighbours: slips of the unit, changes, sheets that disagree."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from conftest import EXAMPLES, records

from ghg_inventory.activity import Activity, read
from ghg_inventory.activity.returns import Ask
from ghg_inventory.areas import AreaTree
from ghg_inventory.checks.agreements import agreements
from ghg_inventory.checks.labels import number_text
from ghg_inventory.checks.returns import check_returns
from ghg_inventory.checks.slips import likely_unit, slip_of, slips
from ghg_inventory.errors import DataFileError
from ghg_inventory.pipeline.library import load_library
from ghg_inventory.pipeline.steps import reading_context
from ghg_inventory.pipeline.workspace import Workspace

AREAS = AreaTree.registry()
OTHERS = ("510703", "510704", "510722", "510723")


@pytest.fixture(scope="module")
def mianyang() -> tuple[Activity, AreaTree]:
    """All records of the example, and its areas."""
    ws = Workspace.open(EXAMPLES / "mianyang")
    library = load_library(ws)
    context = reading_context(ws, library)
    activity = Activity.concat([read(path, context)[0] for path in ws.inbox_files()])
    return activity, library.areas.subtree([ws.area])


def swine(year: int, value: float, area: str = "510725", **more: object) -> dict[str, object]:
    """Pigs of a county."""
    return {
        "area_code": area, "year": year, "category": "3.1.6", "variable": "livestock_population", "item": "swine",
        "technology": "scale", "value": value, "unit": "万头", **more,
    }  # fmt: skip


def people(year: int, value: float, area: str = "510725", **more: object) -> dict[str, object]:
    """Residents of a county."""
    return {
        "area_code": area, "year": year, "category": "", "variable": "population", "item": "", "value": value,
        "unit": "万人", "use": "denominator", **more,
    }  # fmt: skip


def ask(change: float | None, **more: object) -> dict[tuple[str, ...], Ask]:
    """The form's question about pigs."""
    parts: dict[str, object] = {
        "sheet": "livestock", "row": "swine", "column": "", "category": "3.1.6", "variable": "livestock_population",
        "item": "swine", "technology": "scale", "basis": "", "use": "", "unit": "万头", "units": ("万头", "头"),
        "optional": False, "sum_of": (), "fill": (), "change": change, "zh": "生猪（规模化）", "en": "Swine, large",
        "group_zh": "", "group_en": "", "note_zh": "", "note_en": "", "example": "12.3",
    }  # fmt: skip
    one = Ask(**{**parts, **more})
    return {one.key: one}


def found(new: Activity, known: Activity, asks=None, areas: AreaTree | None = AREAS):
    """Name and severity of every finding, and their Chinese text."""
    findings = check_returns(new, known, asks, areas)
    return [(f.name, f.severity) for f in findings], "\n".join(f.text("zh") for f in findings)


KNOWN = records(
    *(swine(2022, 10 + n, area) for n, area in enumerate(OTHERS)), swine(2022, 12.0), swine(2023, 12.4)
)


def test_a_slip_of_ten_thousand_is_an_error_that_names_both_witnesses_and_the_unit():
    names, text = found(records(swine(2024, 125000.0)), KNOWN)
    assert names == [("unit-suspect", "error")]
    assert "125,000 万头" in text
    assert "2023 年（12.4 万头）的 10,100 倍" in text
    assert "中位数（11.5 万头）" in text
    assert "单位可能为“头”" in text
    assert "请把单位改选“头”" in text


def test_the_english_message_says_the_same():
    (one,) = check_returns(records(swine(2024, 125000.0)), KNOWN, None, AREAS)
    assert "the unit may be '头'" in one.text("en")
    assert "10,100 times that of 2023 (12.4 万头)" in one.text("en")
    assert "{" not in one.text("en") + one.text("zh")


def test_the_value_is_never_changed():
    new = records(swine(2024, 125000.0))
    check_returns(new, KNOWN, None, AREAS)
    assert new.value.tolist() == [125000.0]


def test_the_same_amount_in_another_unit_is_no_slip():
    assert found(records(swine(2024, 125000.0, unit="头")), KNOWN) == ([], "")


def test_an_approximate_ratio_without_peers_is_a_warning():
    known = records(swine(2023, 10.0))
    assert found(records(swine(2024, 150000.0)), known)[0] == [("unit-suspect", "warning")]
    assert found(records(swine(2024, 101000.0)), known)[0] == [("unit-suspect", "error")]


def test_peers_that_are_close_to_the_new_value_put_last_year_in_doubt():
    known = records(*(swine(2023, 11.0, area) for area in OTHERS), swine(2023, 120000.0))
    names, text = found(records(swine(2024, 12.0)), known)
    assert names == [("unit-suspect", "warning")]
    assert "上年报错" in text


def test_a_reason_in_the_note_takes_the_error_to_a_warning():
    new = records(swine(2024, 125000.0, note="本年新建十家大型养殖场"))
    assert found(new, KNOWN)[0] == [("unit-suspect", "warning")]


@pytest.mark.parametrize("note", ["无", "", "同上"])
def test_a_word_is_no_reason(note: str):
    assert found(records(swine(2024, 125000.0, note=note)), KNOWN)[0] == [("unit-suspect", "error")]


def test_last_years_note_is_no_reason_for_this_years_change():
    known = records(swine(2023, 12.0, note="全县均为规模化养殖"))
    new = records(swine(2024, 20.0, note="全县均为规模化养殖"))
    assert found(new, known, ask(0.3))[0] == [("change-needs-reason", "error")]


def test_without_own_history_only_a_value_far_beyond_every_peer_is_suspected():
    known = records(*(swine(2023, 11.0 + n, area) for n, area in enumerate(OTHERS)))
    assert found(records(swine(2024, 110000.0)), known)[0] == [("unit-suspect", "warning")]
    assert found(records(swine(2024, 300.0)), known)[0] == []


def test_two_peers_make_no_pattern():
    known = records(*(swine(2023, 11.0, area) for area in OTHERS[:2]))
    assert found(records(swine(2024, 110000.0)), known)[0] == []


def test_without_areas_there_are_no_peers():
    known = records(*(swine(2023, 11.0, area) for area in OTHERS))
    assert found(records(swine(2024, 110000.0)), known, areas=None)[0] == []


def test_a_value_four_years_back_is_no_witness():
    assert found(records(swine(2024, 120000.0)), records(swine(2020, 12.0)))[0] == []


def test_the_former_revision_of_the_same_record_is_no_witness():
    known = records(swine(2024, 12.0), swine(2023, 120000.0))
    assert found(records(swine(2024, 120500.0)), known)[0] == []


def test_the_year_after_a_wrong_one_is_not_blamed():
    new = records(
        *(swine(year, 12.0 + (year - 2015) / 10) for year in (2018, 2019, 2021, 2022)), swine(2020, 125000.0)
    )
    findings = check_returns(new, Activity.empty(), None, AREAS)
    assert [(f.name, dict(f.values)["year"]) for f in findings] == [("unit-suspect", "2020")]


def test_what_an_area_reported_under_its_old_code_is_its_own():
    known = records(swine(2015, 12.0, "510724"))
    assert found(records(swine(2016, 121000.0, "510705")), known)[0] == [("unit-suspect", "error")]


def test_mu_and_hectares():
    land = {
        "category": "4.3",
        "variable": "land_converted",
        "item": "from_grassland",
        "area_code": "510725",
        "unit": "公顷",
    }
    known = records({**land, "year": 2023, "value": 40.0})
    names, text = found(records({**land, "year": 2024, "value": 610.0}), known)
    assert names == [("unit-suspect", "warning")]
    assert "1 公顷 = 15 亩" in text
    assert "请把单位改选“亩”" in text


def test_fifteen_times_as_many_pigs_are_a_jump_and_not_mu():
    names, text = found(records(swine(2024, 180.0)), records(swine(2023, 12.0)))
    assert names == [("unit-suspect", "warning")]
    assert "亩" not in text


def test_product_weight_for_pure_nitrogen():
    use = {
        "category": "3.4.1",
        "variable": "synthetic_nitrogen",
        "item": "",
        "area_code": "510725",
        "unit": "万吨",
    }
    names, text = found(
        records({**use, "year": 2024, "value": 4.2}), records({**use, "year": 2023, "value": 1.0})
    )
    assert names == [("unit-suspect", "warning")]
    assert "折纯" in text


def test_a_share_written_as_a_percentage():
    rate = {
        "category": "1.1.1.1.1",
        "variable": "oxidation_factor",
        "item": "bituminous_coal",
        "area_code": "510725",
    }
    known = records({**rate, "year": 2023, "value": 0.98, "unit": "1"})
    names, text = found(records({**rate, "year": 2024, "value": 98.1, "unit": "1"}), known)
    assert names == [("parameter-outside", "error")]
    assert "0 到 1" in text
    assert found(records({**rate, "year": 2024, "value": 98.1, "unit": "1"}), Activity.empty())[0] == [
        ("parameter-outside", "error")
    ]
    assert found(records({**rate, "year": 2024, "value": 98.1, "unit": "%"}), known)[0] == []


@pytest.mark.parametrize(("value", "wrong"), [(5000.0, True), (20934.0, True), (20.9, False)])
def test_calorific_values_in_calories_or_kilojoules(value: float, wrong: bool):
    ncv = {
        "category": "1.1.1.1.1",
        "variable": "net_calorific_value",
        "item": "bituminous_coal",
        "area_code": "510725",
    }
    names, text = found(records({**ncv, "year": 2024, "value": value, "unit": "GJ/t"}), Activity.empty())
    assert names == ([("parameter-outside", "error")] if wrong else [])
    assert ("大卡" in text) is wrong


@pytest.mark.parametrize(("value", "wrong"), [(16.5, False), (289.7, True)])
def test_a_temperature_in_kelvin(value: float, wrong: bool):
    heat = {
        "category": "3",
        "variable": "mean_annual_temperature",
        "item": "",
        "area_code": "510725",
        "unit": "1",
    }
    names, _ = found(records({**heat, "year": 2024, "value": value}), Activity.empty())
    assert names == ([("parameter-outside", "error")] if wrong else [])


# -- changes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "note", "expected"),
    [
        (13.0, "", []),
        (18.0, "", [("change-needs-reason", "error")]),
        (18.0, "新建两家规模化猪场", []),
        (0.0, "", [("change-needs-reason", "error")]),
        (13.0 * 1e4, "", [("unit-suspect", "error")]),
    ],
)
def test_a_change_beyond_the_forms_limit_needs_a_reason(
    value: float, note: str, expected: list[tuple[str, str]]
):
    assert found(records(swine(2024, value, note=note)), KNOWN, ask(0.3))[0] == expected


def test_the_message_of_a_change_names_both_values_and_the_label_of_the_form():
    names, text = found(records(swine(2024, 18.6)), KNOWN, ask(0.3))
    assert names == [("change-needs-reason", "error")]
    assert "“生猪（规模化）”填报 18.6 万头，2023 年为 12.4 万头，变化 +50 %" in text


def test_something_from_nothing_needs_a_reason():
    assert found(records(swine(2024, 3.0)), records(swine(2023, 0.0)), ask(0.3))[0] == [
        ("change-needs-reason", "error")
    ]


@pytest.mark.parametrize("asks", [None, ask(None)])
def test_without_a_limit_a_change_needs_no_reason(asks):
    assert found(records(swine(2024, 18.0)), KNOWN, asks)[0] == []


# -- sheets that disagree -----------------------------------------------------------------------------------


def test_rearing_modes_against_the_statistics_across_sheets():
    parts = [swine(2024, 7.0, sheet="畜禽存栏", cell="E9"), swine(2024, 5.0, technology="household")]
    total = swine(2024, 12.0, technology="", use="check", basis="统计局", sheet="统计", cell="E4")
    assert found(records(total), records(*parts))[0] == []
    findings = check_returns(records({**total, "value": 12.5}), records(*parts), None, AREAS)
    assert [(f.name, f.severity, f.place.sheet, f.place.cell) for f in findings] == [
        ("sheets-disagree", "error", "统计", "E4")
    ]
    assert "12.5 万头，各饲养方式之和为 12 万头，相差 0.5 万头" in findings[0].text("zh")
    assert "[畜禽存栏] E9" in findings[0].text("zh")


def test_a_total_is_compared_with_its_parts_in_any_unit():
    parts = [swine(2024, 70000.0, unit="头"), swine(2024, 50000.0, technology="household", unit="头")]
    assert found(records(swine(2024, 12.0, technology="", use="check")), records(*parts))[0] == []


def test_a_total_that_its_own_sheet_re_adds_is_not_said_again():
    total = swine(2024, 99.0, technology="", use="check")
    asks = ask(None, technology="", use="check", sum_of=("a", "b"))
    assert found(records(total), records(swine(2024, 7.0)), asks)[0] == []
    assert found(records(total), records(swine(2024, 7.0)))[0] == [("sheets-disagree", "error")]


def test_totals_of_two_departments_are_each_compared_and_never_added():
    total = swine(2024, 12.0, technology="", use="check")
    parts = [swine(2024, 7.0), swine(2024, 5.0, technology="household")]
    assert found(records(total, {**total, "basis": "统计局"}, *parts), Activity.empty())[0] == []
    findings = check_returns(
        records(total, {**total, "basis": "统计局", "value": 11.0}, *parts), Activity.empty(), None, AREAS
    )
    assert [dict(f.values)["left"] for f in findings] == ["11 万头"]


def test_harvest_area_and_nitrogen_of_two_departments():
    rice = {
        "area_code": "510725",
        "year": 2024,
        "category": "3.3.1",
        "variable": "rice_area",
        "item": "",
        "unit": "公顷",
    }
    crop = {**rice, "category": "3.4.3", "variable": "crop_production", "item": "rice", "unit": "万吨"}
    pure = {**rice, "category": "3.4.1", "variable": "synthetic_nitrogen", "unit": "万吨"}
    own = records({**rice, "value": 9000.0}, {**crop, "value": 7.0}, {**pure, "value": 2.6})
    stated = [
        {**rice, "category": "3.3", "value": 13.5, "unit": "万亩", "use": "check", "basis": "统计局"},
        {**crop, "value": 70000.0, "unit": "吨", "use": "check", "basis": "统计局"},
        {**pure, "value": 2.6, "use": "check", "basis": "统计局"},
    ]
    assert found(records(*stated), own)[0] == []
    for one in stated:
        assert found(records({**one, "value": one["value"] * 1.1}), own)[0] == [("sheets-disagree", "error")]


@pytest.mark.parametrize(("key", "expected"), [("NO", 1), ("NE", 0), ("C", 0)])
def test_what_is_not_known_could_be_the_difference(key: str, expected: int):
    parts = [swine(2024, 7.0), swine(2024, float("nan"), technology="household", notation=key, unit="")]
    total = swine(2024, 12.0, technology="", use="check")
    assert len(check_returns(records(total), records(*parts), None, AREAS)) == expected
    # Too little cannot be explained by what is not known.
    assert len(check_returns(records({**total, "value": 3.0}), records(*parts), None, AREAS)) == 1


def test_electricity_of_the_sectors_against_the_total_above_them():
    power = {
        "area_code": "510725",
        "year": 2024,
        "variable": "fuel",
        "item": "electricity",
        "unit": "亿千瓦时",
    }
    sectors = [
        {**power, "category": "1.1.2", "value": 6.0, "use": "energy"},
        {**power, "category": "1.1.4", "value": 2.0, "use": "energy"},
    ]
    total = {**power, "category": "1.1", "value": 80000.0, "unit": "万千瓦时", "use": "check"}
    assert found(records(total, *sectors), Activity.empty())[0] == []
    names, text = found(records({**total, "value": 8.0}, *sectors), Activity.empty())
    assert names == [("sheets-disagree", "error")]
    assert "万千瓦时" in text
    industry = {**total, "category": "1.1.2", "value": 60000.0}
    assert found(records(industry, *sectors), Activity.empty())[0] == []


def test_standing_volume_stands_in_two_places():
    wood = {
        "area_code": "510725",
        "year": 2024,
        "variable": "standing_volume",
        "item": "tree_quercus",
        "unit": "万立方米",
    }
    new = records(
        {**wood, "category": "4.1.1", "value": 130.0}, {**wood, "category": "4.1.6", "value": 103.0}
    )
    assert found(new, Activity.empty())[0] == [("sheets-disagree", "error")]


def test_residents_of_two_sheets():
    served = people(2024, 60.0, variable="protein_population", category="5.6", use="")
    assert found(records(served), records(people(2024, 61.0)))[0] == []
    assert found(records(served), records(people(2024, 71.0)))[0] == [("sheets-disagree", "warning")]
    plants = people(2024, 75.0, variable="plant_population", category="5.6", use="")
    assert found(records(plants), records(people(2024, 71.0)))[0] == [("sheets-disagree", "error")]
    assert found(records({**plants, "value": 15.0}), records(people(2024, 71.0)))[0] == []


def test_a_difference_that_follows_from_a_suspected_unit_is_not_said_again():
    served = people(2024, 60.0, variable="protein_population", category="5.6", use="")
    assert found(records(people(2024, 601000.0), served), records(people(2023, 60.0)))[0] == [
        ("unit-suspect", "error")
    ]


def test_gdp_needs_all_three_industries():
    money = {
        "area_code": "510725",
        "year": 2024,
        "category": "",
        "item": "",
        "unit": "亿元",
        "use": "denominator",
        "basis": "当年价",
    }
    parts = [
        {**money, "variable": f"gdp_{name}", "value": 30.0} for name in ("primary", "secondary", "tertiary")
    ]
    total = {**money, "variable": "gdp", "value": 90.5}
    assert found(records(total, *parts), Activity.empty())[0] == []
    assert found(records({**total, "value": 95.0}, *parts), Activity.empty())[0] == [
        ("sheets-disagree", "error")
    ]
    assert found(records({**total, "value": 95.0}, *parts[:2]), Activity.empty())[0] == []


def test_old_disagreements_are_not_put_down_to_a_new_file():
    wood = {
        "area_code": "510725",
        "year": 2023,
        "variable": "standing_volume",
        "item": "tree_quercus",
        "unit": "万立方米",
    }
    known = records(
        {**wood, "category": "4.1.1", "value": 130.0}, {**wood, "category": "4.1.6", "value": 103.0}
    )
    assert found(records(swine(2023, 12.4)), known)[0] == []


def test_routes_of_waste_are_said_in_the_words_of_the_compiled_inventory():
    waste = {"area_code": "510725", "year": 2024, "item": "msw", "unit": "万吨"}
    new = records(
        {**waste, "category": "5", "variable": "waste_generated", "value": 10.0},
        {**waste, "category": "5.1.1", "variable": "waste_landfilled", "value": 4.0},
        {**waste, "category": "5.2.1", "variable": "waste_incinerated", "value": 7.0},
    )
    assert found(new, Activity.empty())[0] == [("balance-differs", "error")]


# -- data and the example -----------------------------------------------------------------------------------


def test_nothing_to_check():
    assert check_returns(Activity.empty(), KNOWN, None, AREAS) == []


def test_the_nearest_slip_is_chosen():
    assert slip_of(14.2, "rice_area", "公顷", stable=False).id == "mu-hectare"
    assert slip_of(1 / 9800, "fuel", "万吨", stable=False).id == "ten-thousand"
    assert slip_of(2.01, "fuel", "公斤", stable=True).id == "jin"
    assert slip_of(2.01, "fuel", "公斤", stable=False) is None
    assert slip_of(1.9, "fuel", "万吨", stable=True) is None


def test_likely_units():
    assert likely_unit("万吨", 1e-4) == "吨"
    assert likely_unit("万只", 1e-4) == "只"
    assert likely_unit("亿千瓦时", 1e-4) == "万千瓦时"
    assert likely_unit("公顷", 1 / 15) == "亩"
    assert likely_unit("1", 0.01) == "%"
    assert likely_unit("t COD", 1e4) == "万吨"
    assert likely_unit("GJ/t", 1e-3) == ""
    assert likely_unit("no such unit", 1e-3) == ""


def test_numbers_without_exponents():
    assert [number_text(x) for x in (2.66e-6, 1e10, 0.0, -12.5)] == [
        "0.00000266",
        "10,000,000,000",
        "0",
        "-12.5",
    ]


def test_every_slip_has_both_languages_and_every_rule_loads():
    assert all(bool(slip.zh) is bool(slip.en) and bool(slip.do_zh) is bool(slip.do_en) for slip in slips())
    assert len({rule.id for rule in agreements()}) == len(agreements()) > 5


def test_a_rule_with_an_unknown_relation_is_refused(tmp_path):
    text = (EXAMPLES.parent / "ghg_inventory/checks/agreements.toml").read_text(encoding="utf-8")
    path = tmp_path / "agreements.toml"
    path.write_text(text.replace('relation = "equal"', 'relation = "alike"', 1), encoding="utf-8")
    with pytest.raises(DataFileError, match="livestock: unknown relation"):
        agreements(path)


def test_the_example_has_nothing_suspect(mianyang):
    """18,205 records, every county and year: no cry of wolf."""
    activity, areas = mianyang
    assert len(activity) > 18_000
    assert [f.line("zh") for f in check_returns(activity, Activity.empty(), None, areas)] == []


def test_single_slips_of_the_example_are_caught_and_nothing_else_is_blamed(mianyang):
    """A seeded sample: one value of a county's return multiplied or divided; the whole of 300 gave 2,398 of 2,400."""
    activity, areas = mianyang
    codes = np.asarray(activity.area_code.texts())
    chosen = np.flatnonzero((activity.value > 0) & (activity.year >= 2016))
    draw = random.Random(20261124)
    missed = []
    for row in draw.sample(chosen.tolist(), 12):
        mine = (codes == codes[row]) & (activity.year == activity.year[row])
        known, new = activity.select(~mine & (activity.year <= activity.year[row])), activity.select(mine)
        at = int(np.flatnonzero(np.flatnonzero(mine) == row)[0])
        for factor in (1e4, 1e-4, 1e3, 1e-3, 1e8, 1e-8, 15.0, 1 / 15):
            value = new.value.copy()
            value[at] *= factor
            wrong = replace(new, value=value)
            names = {
                f.place
                for f in check_returns(wrong, known, None, areas)
                if f.name in ("unit-suspect", "parameter-outside")
            }
            if names != {wrong.place(at)}:
                missed.append((factor, wrong.place(at), names))
    assert not missed
