"""Checks of reported records and of signs and recoveries, each on a few records of Mianyang."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import records

from ghg_inventory.areas import AreaTree
from ghg_inventory.checks import activity_limits, check_activity, threshold
from ghg_inventory.checks.double_counting import (
    check_alternatives,
    check_balances,
    check_once,
    check_overlaps,
    check_shares,
    rules,
)
from ghg_inventory.checks.sectors import (
    check_included_elsewhere,
    check_landfill_history,
    check_recovery,
    check_signs,
)
from ghg_inventory.codes import CategoryTree, Fuels, GwpTable
from ghg_inventory.errors import DataFileError
from ghg_inventory.factors.record import read_parameters
from ghg_inventory.inventory import compile_inventory
from ghg_inventory.methods import load_methods

AREA = "510703"
ITEMS, TREE, AREAS = Fuels.load(), CategoryTree.load(), AreaTree.registry()


def record(variable: str, value: float, unit: str, category: str = "5", **more: object) -> dict[str, object]:
    return {"area_code": AREA, "year": 2020, "category": category, "variable": variable, "value": value, "unit": unit,
            **more}  # fmt: skip


def msw(variable: str, value: float, unit: str = "t", item: str = "msw", **more: object) -> dict[str, object]:
    return record(variable, value, unit, item=item, **more)


def found(findings) -> list[tuple[str, str]]:
    for one in findings:
        for lang in ("zh", "en"):
            assert "{" not in one.text(lang), one.text(lang)
    return [(f.name, f.severity) for f in findings]


def values(findings) -> dict[str, str]:
    (one,) = findings
    return dict(one.values)


# -- the rules themselves ---------------------------------------------------------------------------------


def test_every_rule_names_variables_parameters_items_and_limits_that_exist():
    known, loaded = load_methods().variables, rules()
    named = {v for e in (*loaded.once, *loaded.alternatives, *loaded.overlaps) for v in e["variables"]}
    selectors = [s for b in loaded.balances for s in (*b.whole, *b.parts)]
    named |= {v for s in selectors for v in s.variables}
    assert named - known.keys() == set()
    assert {s.under for s in selectors if s.under} <= set(ITEMS.codes)
    assert {p for e in loaded.shares for p in e["parameters"]} <= read_parameters().keys()
    assert all(threshold(e["tolerance"]) > 0 for e in loaded.shares)


def test_a_rule_with_a_misspelt_word_does_not_load(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text('[[once]]\nvariable = ["a"]\nzh = "x"\nen = "x"\n', "utf-8")
    with pytest.raises(DataFileError, match="variable"):
        rules(path)
    path.write_text(
        '[[overlap]]\nvariables = ["a"]\nby = "fuel"\nseverity = "error"\nzh = "x"\nen = "x"\n', "utf-8"
    )
    with pytest.raises(DataFileError, match="fuel"):
        rules(path)


# -- limits -----------------------------------------------------------------------------------------------


def test_a_value_outside_its_limits_is_an_error_at_its_cell():
    variables = load_methods().variables
    activity = records(msw("waste_landfilled", 5.0), msw("waste_landfilled", -3.0, "10^4 t", year=2021))
    findings = activity_limits(activity, variables)
    assert found(findings) == [("outside-limits", "error")]
    assert (findings[0].place.file, findings[0].place.line) == ("test.csv", 3)
    assert values(findings)["value"] == "-3"


def test_limits_are_compared_in_the_unit_of_the_variable():
    herd = load_methods().variables["livestock_population"]
    variables = {herd.id: replace(herd, minimum=0.0, maximum=2e6)}
    small = records(record(herd.id, 150, "10^4 head", "3.1.6", item="swine"))
    large = records(record(herd.id, 250, "10^4 head", "3.1.6", item="swine"))
    assert activity_limits(small, variables) == []
    assert found(activity_limits(large, variables)) == [("outside-limits", "error")]


def test_feedstock_stands_negative_but_was_reported_positive_and_checks_are_left_out():
    coal = replace(load_methods().variables["waste_landfilled"], id="fuel", minimum=0.0)
    activity = records(
        record("fuel", -3, "t", "1.1.2", item="coke", use="feedstock"),
        record("fuel", -3, "t", "1.1.2", item="diesel", use="check"),
        record("fuel", float("nan"), "t", "1.1.3", item="diesel", notation="NE"),
    )
    assert activity_limits(activity, {"fuel": coal}) == []
    wrong = records(record("fuel", 3, "t", "1.1.2", item="coke", use="feedstock"))
    assert found(activity_limits(wrong, {"fuel": coal})) == [("outside-limits", "error")]


# -- balances ---------------------------------------------------------------------------------------------


def balance(*rows: dict[str, object]):
    names = {name: (v.zh, v.en) for name, v in load_methods().variables.items()}
    return check_balances(records(*rows), ITEMS, names)


def test_routes_of_municipal_waste_sum_to_what_is_generated():
    routes = [
        msw("waste_landfilled", 0.4, "10^4 t", category="5.1.1"),
        msw("waste_landfilled", 500, item="food_waste", category="5.1.2"),
        msw("waste_incinerated", 5000, category="5.2.1", technology="energy_recovery"),
        msw("waste_composted", 500, category="5.3"),
        msw("waste_incinerated", 800, item="hazardous_waste", category="5.2.2"),
    ]
    assert balance(msw("waste_generated", 10000), *routes) == []
    assert balance(msw("waste_generated", 10190), *routes) == []  # within 2 %


def test_routes_above_what_is_generated_are_an_error():
    findings = balance(msw("waste_generated", 1, "10^4 t"), msw("waste_landfilled", 13000))
    assert found(findings) == [("balance-differs", "error")]
    said = values(findings)
    assert (said["whole"], said["parts"], said["gap"], said["unit"]) == ("1", "1.3", "+0.3", "10^4 t")


def test_routes_below_what_is_generated_are_a_warning_that_names_what_is_not_reported():
    findings = balance(msw("waste_generated", 10000), msw("waste_landfilled", 7000), msw("waste_recycled", 0))
    assert found(findings) == [("balance-differs", "warning")]
    assert "废弃物焚烧量" in values(findings)["missing_zh"]
    assert "废弃物回收利用量" not in values(findings)["missing_zh"]


def test_nothing_is_compared_where_one_side_is_not_reported():
    nan = float("nan")
    assert balance(msw("waste_generated", 10000)) == []
    assert balance(msw("waste_landfilled", 10000)) == []
    assert balance(msw("waste_generated", 10000), msw("waste_landfilled", nan, notation="NE")) == []
    assert balance(msw("waste_generated", 10000), msw("waste_landfilled", 1, year=2021)) == []
    assert balance(msw("waste_generated", 10000), msw("waste_landfilled", 1, area_code="510704")) == []


@pytest.mark.parametrize(
    ("used", "flared", "expected"),
    [(70, 30, []), (80, 30, [("balance-differs", "error")]), (50, 30, [("balance-differs", "warning")])],
)
def test_recovered_mine_methane_is_used_or_flared(used, flared, expected):
    mine = {"category": "1.3.1"}
    rows = [record("mine_methane_recovered", 100, "m3 CH4", **mine), record("mine_methane_used", used, "m3 CH4", **mine),
            record("mine_methane_flared", flared, "m3 CH4", **mine)]  # fmt: skip
    assert found(balance(*rows)) == expected


# -- nothing twice ----------------------------------------------------------------------------------------


def swine(category: str, value: float = 1000, variable: str = "livestock_population", **more: object):
    return record(variable, value, "head", category, item=more.pop("item", "swine"), **more)


def test_a_herd_in_two_categories_is_counted_twice():
    findings = check_once(records(swine("3.1.6", technology="scale"), swine("3.2.6", technology="scale")))
    assert found(findings) == [("reported-twice", "error")]
    assert values(findings)["categories"] == "3.1.6, 3.2.6"
    assert (
        check_once(records(swine("3.1.6", technology="scale"), swine("3.1.6", technology="household"))) == []
    )
    assert check_once(records(swine("3.1.6"), swine("3.2.6", 0))) == []
    assert check_once(records(swine("3.1.6"), swine("3.2.6", year=2021))) == []


def test_stock_and_output_of_the_same_animals_are_two_descriptions():
    both = [
        swine("3.1.6", technology="scale"),
        swine("3.1.6", variable="livestock_output", technology="scale"),
    ]
    assert found(check_alternatives(records(*both))) == [("two-descriptions", "warning")]
    other = swine("3.1.6", variable="livestock_output", technology="household")
    assert check_alternatives(records(both[0], other)) == []


def test_growth_of_a_forest_is_described_once():
    volume = record("standing_volume", 10, "10^4 m3", "4.1.1", item="arbor_forest")
    growth = record("volume_increment", 1, "10^4 m3", "4.1.1", item="arbor_forest")
    assert ("two-descriptions", "error") in found(check_alternatives(records(volume, growth)))
    loss = record("volume_consumed", 1, "10^4 m3", "4.1.6", item="all_standing_trees")
    assert check_alternatives(records(volume, loss)) == []


def test_a_total_beside_its_parts():
    total, part = (
        msw("waste_landfilled", 10, category="5.1.1"),
        msw("waste_landfilled", 4, item="food_waste", category="5.1.1"),
    )
    findings = check_overlaps(records(total, part), ITEMS)
    assert found(findings) == [("whole-beside-parts", "error")]
    assert (values(findings)["broad"], values(findings)["narrow"]) == ("msw", "food_waste")
    assert check_overlaps(records(total, part | {"category": "5.1.2"}), ITEMS) == []
    assert check_overlaps(records(total, part | {"item": "industrial_sludge"}), ITEMS) == []


def test_animals_with_and_without_a_rearing_mode():
    rows = records(swine("3.1.6"), swine("3.1.6", technology="scale"))
    assert found(check_overlaps(rows, ITEMS)) == [("whole-beside-parts", "warning")]


def test_shares_of_manure_systems_sum_to_one():
    def share(name: str, value: float, unit: str = "%") -> dict[str, object]:
        return record(name, value, unit, "3.1.6", item="swine")

    good = [share("ms_lagoon", 30), share("ms_solid", 0.7, "1")]
    assert check_shares(records(*good)) == []
    findings = check_shares(records(share("ms_lagoon", 30), share("ms_solid", 60)))
    assert found(findings) == [("shares-sum", "warning")]
    assert found(check_shares(records(share("ms_lagoon", 50), share("ms_solid", 60)))) == [
        ("shares-sum", "error")
    ]
    assert (values(findings)["total"], values(findings)["of"]) == ("90", "3.1.6 swine")


# -- IE ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("note", ["计入1.1.2.10", "已计入 1.1.2.10。", "in I.2.1", "计入公用电力与热力生产"])
def test_ie_with_a_target_is_fine(note):
    row = record("fuel", float("nan"), "t", "1.1.4", item="diesel", notation="IE", note=note)
    assert check_included_elsewhere(records(row), TREE) == []


@pytest.mark.parametrize("note", ["", "已计入其他类别", "见 1.1.4", "1.99.9", "11.1.2 号文件", "2020.12.31"])
def test_ie_without_a_target_is_an_error_at_its_cell(note):
    row = record("fuel", float("nan"), "t", "1.1.4", item="diesel", notation="IE", note=note)
    findings = check_included_elsewhere(records(row), TREE)
    assert found(findings) == [("ie-without-target", "error")]
    assert findings[0].place.line == 2


# -- landfills --------------------------------------------------------------------------------------------


def test_deposits_that_begin_late_are_said():
    models = load_methods().profile("ipcc2006").models
    late = records(
        *(msw("waste_landfilled", 10, item="food_waste", category="5.1.1", year=y) for y in (2005, 2020))
    )
    findings = check_landfill_history(late, models, 2020, AREAS)
    assert found(findings) == [("landfill-history-short", "warning")]
    assert (values(findings)["start"], values(findings)["years"]) == ("2005", "15")
    long = records(msw("waste_landfilled", 10, item="food_waste", category="5.1.1", year=1970))
    assert check_landfill_history(long, models, 2020, AREAS) == []
    assert check_landfill_history(late, load_methods().profile("generic").models, 2020, AREAS) == []


def test_deposits_under_an_older_code_belong_to_the_area_of_today():
    """安县 510724 became 安州区 510705 in 2016."""
    models = load_methods().profile("ipcc2006").models
    before = msw("waste_landfilled", 10, item="food_waste", category="5.1.1", area_code="510724", year=1960)
    after = msw("waste_landfilled", 10, item="food_waste", category="5.1.1", area_code="510705")
    assert check_landfill_history(records(before, after), models, 2015, AREAS) == []
    assert values(check_landfill_history(records(after), models, 2015, AREAS))["areas"] == "510705"


def test_all_checks_of_records_run_together_in_canonical_order():
    activity = records(
        msw("waste_generated", 1),
        msw("waste_landfilled", 2, category="5.1.1"),
        swine("3.1.6"),
        swine("3.2.6"),
    )
    findings = check_activity(activity, load_methods(), ("cn2011", "ipcc2006"), 2020)
    assert {"balance-differs", "reported-twice"} <= {f.name for f in findings}
    backwards = activity.select(np.arange(len(activity))[::-1]).canonical()
    assert check_activity(backwards, load_methods(), ("cn2011", "ipcc2006"), 2020) == findings


# -- a compiled inventory ---------------------------------------------------------------------------------


def emission(category: str, value: float, gas: str = "CO2") -> dict[str, object]:
    return record("emission", value, "t", category, item=gas)


def compiled(context_of, gwp: GwpTable, *rows: dict[str, object], profile: str = "cn2011"):
    return compile_inventory(records(*rows), context_of(profile), gwp, "ar5")


def test_a_removal_that_emits_and_a_loss_that_removes_have_the_wrong_sign(context_of, gwp):
    wrong = compiled(context_of, gwp, emission("4.1.1", 5), emission("4.1.6", -7), emission("4.1.3", 2))
    findings = check_signs(wrong)
    assert found(findings) == [("wrong-sign", "error"), ("wrong-sign", "error")]
    assert {dict(f.values)["category"]: dict(f.values)["value"] for f in findings} == {
        "4.1.1": "5",
        "4.1.6": "-7",
    }
    assert [f.place.line for f in findings] == [2, 3]
    right = compiled(context_of, gwp, emission("4.1.1", -5), emission("4.1.6", 7), emission("4.1.3", -2))
    assert check_signs(right) == []


def coal(produced: float, used: float, flared: float = 0.0, **more: object) -> list[dict[str, object]]:
    return [
        record("coal_production", produced, "10^4 t", "1.3.1", technology="mine_state_key", **more),
        record("mine_methane_used", used, "10^4 m3 CH4", "1.3.1", **more),
        record("mine_methane_flared", flared, "10^4 m3 CH4", "1.3.1", **more),
    ]


def test_more_methane_recovered_than_generated_is_an_error_at_its_cell(context_of, gwp):
    generated = check_recovery(compiled(context_of, gwp, *coal(10, 1e6)))
    assert found(generated) == [("recovery-exceeds", "error")]
    said = values(generated)
    assert (said["category"], said["gas"], said["year"]) == ("1.3.1", "CH4", "2020")
    assert "mine_methane_used" in said["variables"]
    assert float(said["recovered"].replace(",", "")) == pytest.approx(1e10 * 0.67e-3, rel=1e-5)
    assert generated[0].place.file == "test.csv"
    assert check_recovery(compiled(context_of, gwp, *coal(10, 50, 20))) == []


def test_each_area_and_year_is_its_own_balance(context_of, gwp):
    rows = [*coal(1000, 50), *coal(10, 1e6, year=2021), *coal(10, 1e6, area_code="510704")]
    findings = check_recovery(compiled(context_of, gwp, *rows))
    assert {(dict(f.values)["area"], dict(f.values)["year"]) for f in findings} == {
        (AREA, "2021"),
        ("510704", "2020"),
    }
