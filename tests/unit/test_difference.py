"""What differs between two compiled results: totals, causes that add up, records, what went in."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import fuel, records
from hypothesis import given, settings
from hypothesis import strategies as st

from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, GwpTable
from ghg_inventory.factors import FactorLibrary
from ghg_inventory.inventory import Context, Inventory, compile_inventory, ledger
from ghg_inventory.inventory.difference import (
    CAUSES,
    causes,
    compare_indicators,
    compare_manifests,
    compare_totals,
)
from ghg_inventory.inventory.record_changes import EFFECTS, compare_records

TREE = CategoryTree.load()
AREAS = AreaTree.registry()
COAL = fuel("1.1.2.4", "raw_coal", 100.0, "万吨")
GAS = fuel("1.1.5.1", "natural_gas", 5.0, "亿立方米")
NCV = {
    "area_code": "510000", "year": 2021, "category": "1.1.2.4", "variable": "net_calorific_value",
    "item": "raw_coal", "unit": "GJ/t", "use": "parameter",
}  # fmt: skip


def compiled(context: Context, *rows: dict[str, object], gwp_set: str = "ar5") -> Inventory:
    return compile_inventory(records(*rows), context, GwpTable.load()[0], gwp_set)


@pytest.fixture
def result(context_of):
    """Compile a few records of Sichuan 2021 and give totals and ledger."""

    def make(*rows: dict[str, object], gwp_set: str = "ar5", profile: str = "cn2011"):
        inventory = compiled(context_of(profile), *rows, gwp_set=gwp_set)
        return inventory.totals(), ledger(inventory)

    return make


def why(before: Any, after: Any, area: str = "510000") -> tuple[dict[str, float], float]:
    """Effect by cause, and the difference of the total."""
    totals = compare_totals(before[0], after[0], TREE)
    changed = compare_records(before[1], after[1])
    frame = causes(changed, totals, AREAS, TREE, area)
    whole = totals[(totals["area_code"] == area) & (totals["category"] == "")]
    return dict(zip(frame["cause"], frame["effect_t"], strict=True)), float(whole["difference_co2e_t"].sum())


# -- totals -------------------------------------------------------------------------------------------


def test_equal_results_differ_in_nothing_and_show_their_roots(result) -> None:
    one = result(COAL, GAS)
    totals = compare_totals(*[one[0]] * 2, TREE)
    assert not totals["moved"].any()
    assert totals[totals["area_code"] == "510000"]["category"].tolist() == ["", "1"]
    assert (totals["difference_co2e_t"] == 0).all()
    assert not len(compare_records(one[1], one[1]))


def test_totals_move_up_to_the_root_and_only_where_something_moved(result) -> None:
    before, after = result(COAL, GAS), result({**COAL, "value": 110.0}, GAS)
    totals = compare_totals(before[0], after[0], TREE)
    moved = totals[totals["moved"] & (totals["gas"] == "") & (totals["area_code"] == "510000")]
    assert moved["category"].tolist() == ["", "1", "1.1", "1.1.2", "1.1.2.4"]
    assert moved["difference_co2e_t"].nunique() <= 2  # the sums differ in the last digit at most
    assert moved["difference_pct"].iloc[-1] == pytest.approx(10.0)
    assert set(totals[totals["category"] == "1.1.2.4"]["gas"]) >= {"", "CO2", "CH4", "N2O"}


def test_a_cell_of_one_side_has_no_value_on_the_other(result) -> None:
    totals = compare_totals(result(GAS)[0], result(GAS, COAL)[0], TREE)
    cell = totals[(totals["category"] == "1.1.2.4") & (totals["gas"] == "")].iloc[0]
    assert math.isnan(cell["before_co2e_t"])
    assert math.isnan(cell["difference_pct"])
    assert cell["difference_co2e_t"] == cell["after_co2e_t"] > 0


# -- causes that add up -------------------------------------------------------------------------------


def test_another_amount_is_of_the_activity_and_adds_up(result) -> None:
    found, difference = why(result(COAL, GAS), result({**COAL, "value": 90.0}, GAS))
    assert set(found) <= {"activity", "rounding"}
    assert found["activity"] == pytest.approx(difference, rel=1e-12)
    assert difference < 0


def test_records_that_come_and_go_are_of_the_activity(result) -> None:
    before, after = result(COAL), result(GAS)
    changed = compare_records(before[1], after[1])
    assert dict(zip(changed["item"], changed["status"], strict=True)) == {
        "raw_coal": "removed", "natural_gas": "added",
    }  # fmt: skip
    found, difference = why(before, after)
    assert set(found) - {"rounding"} == {"activity"}
    assert math.fsum(found.values()) == pytest.approx(difference, rel=1e-15)


def test_the_same_amount_in_another_unit_is_no_change(result) -> None:
    before, after = result(COAL), result({**COAL, "value": 1_000_000.0, "unit": "t"})
    assert not len(compare_records(before[1], after[1]))


def test_another_amount_in_another_unit_is_of_the_activity_alone(result) -> None:
    before, after = result(COAL), result({**COAL, "value": 1_200_000.0, "unit": "t"})
    changed = compare_records(before[1], after[1])
    assert set(changed["cause"]) == {"activity"}
    co2 = changed[changed["gas"] == "CO2"].iloc[0]
    assert (co2["activity_unit_before"], co2["activity_unit_after"]) == ("万吨", "t")
    assert co2["difference_t"] == pytest.approx(0.2 * co2["co2e_t_before"])


def test_a_notation_key_that_becomes_a_value_is_one_changed_record(result) -> None:
    nothing = {**COAL, "value": math.nan, "notation": "NO", "note": "没有"}
    before, after = result(nothing, GAS), result(COAL, GAS)
    changed = compare_records(before[1], after[1])
    assert set(changed["status"]) == {"changed"}
    assert set(changed["gas"]) == {"CO2", "CH4", "N2O"}
    assert set(changed["notation_before"]) == {"NO"}
    assert set(changed["cause"]) == {"activity"}
    found, difference = why(before, after)
    assert math.fsum(found.values()) == pytest.approx(difference, rel=1e-15)
    # And back again.
    back = compare_records(after[1], before[1])
    assert back["difference_t"].sum() == pytest.approx(-changed["difference_t"].sum())


def test_one_notation_key_for_another_is_said_without_an_effect(result) -> None:
    key = {**COAL, "value": math.nan, "notation": "NO", "note": "没有"}
    changed = compare_records(result(key, GAS)[1], result({**key, "notation": "NE"}, GAS)[1])
    assert changed[
        ["status", "cause", "notation_before", "notation_after", "difference_t"]
    ].to_numpy().tolist() == [["changed", "activity", "NO", "NE", 0.0]]


def test_a_measured_calorific_value_is_of_the_factor_even_with_the_same_id(result) -> None:
    before, after = (result(COAL, {**NCV, "value": ncv}) for ncv in (20.0, 21.0))
    changed = compare_records(before[1], after[1])
    assert set(changed["cause"]) == {"factor"}
    found, difference = why(before, after)
    assert set(found) - {"rounding"} == {"factor"}
    assert found["factor"] == pytest.approx(difference, rel=1e-12)


def test_a_measured_value_on_another_line_is_no_change(result) -> None:
    before = result(COAL, {**NCV, "value": 20.0})
    after = result(GAS, COAL, {**NCV, "value": 20.0})
    ids = [set(one[1][one[1]["item"] == "raw_coal"]["factor_ids"]) for one in (before, after)]
    assert ids[0] != ids[1]  # the id of a measured value is its place
    assert set(compare_records(before[1], after[1])["item"]) == {"natural_gas"}


def test_activity_and_factor_at_once_are_taken_apart(result) -> None:
    before = result(COAL, {**NCV, "value": 20.0})
    after = result({**COAL, "value": 150.0}, {**NCV, "value": 21.0})
    changed = compare_records(before[1], after[1])
    co2 = changed[changed["gas"] == "CO2"].iloc[0]
    assert co2["cause"] == "mixed"
    assert co2["activity_t"] == pytest.approx(0.5 * co2["co2e_t_before"])
    assert co2["factor_t"] == pytest.approx(1.5 * 0.05 * co2["co2e_t_before"])
    found, difference = why(before, after)
    assert set(found) - {"rounding"} == {"activity", "factor"}
    assert math.fsum(found.values()) == pytest.approx(difference, rel=1e-15)


def test_another_gwp_set_moves_no_co2(result) -> None:
    before, after = result(COAL, GAS), result(COAL, GAS, gwp_set="ar6")
    changed = compare_records(before[1], after[1])
    assert set(changed["cause"]) == {"gwp"}
    assert "CO2" not in set(changed["gas"])
    found, difference = why(before, after)
    assert set(found) - {"rounding"} == {"gwp"}
    assert found["gwp"] == pytest.approx(difference, rel=1e-9)


def test_another_method_takes_what_the_amount_does_not_explain(result) -> None:
    before = result(COAL)
    after = before[1].assign(
        method="another", mass_t=before[1]["mass_t"] * 1.1, co2e_t=before[1]["co2e_t"] * 1.1
    )
    changed = compare_records(before[1], after)
    assert set(changed["cause"]) == {"method"}
    assert changed["method_t"].sum() == pytest.approx(0.1 * before[1]["co2e_t"].sum())
    # A gas that only the new method gives is its doing too.
    fewer = before[1][before[1]["gas"] != "N2O"]
    assert compare_records(fewer, before[1])[["gas", "status", "cause"]].to_numpy().tolist() == [
        ["N2O", "changed", "method"]
    ]


def test_a_factor_found_later_gives_the_emission(result) -> None:
    after = result(COAL)[1]
    before = after.assign(mass_t=np.nan, co2e_t=np.nan, notation="NE", factor_ids="")
    changed = compare_records(before, after)
    assert set(changed["cause"]) == {"factor"}
    assert changed["factor_t"].sum() == pytest.approx(after["co2e_t"].sum())


def test_what_two_files_state_is_compared_file_by_file(result) -> None:
    before = result({**COAL, "file": "old.csv"})
    after = result({**COAL, "file": "old.csv"}, {**COAL, "value": 90.0, "file": "a.xlsx"})
    changed = compare_records(before[1], after[1])
    assert set(changed["status"]) == {"added"}
    assert set(changed["source_file_after"]) == {"a.xlsx"}
    found, difference = why(before, after)
    assert set(found) - {"rounding"} == {"activity"}
    assert found["activity"] == pytest.approx(difference, rel=1e-12)


def test_amounts_from_a_model_are_told_from_returns(result) -> None:
    before = result(COAL)[1].assign(flow="model:landfill")
    after = before.assign(**{n: before[n] * 2 for n in ("activity_value", "mass_t", "co2e_t")})
    changed = compare_records(before, after)
    assert set(changed["cause"]) == {"model"}
    assert changed["model_t"].sum() == pytest.approx(before["co2e_t"].sum())


def test_a_filled_value_that_is_reported_later_is_one_changed_record(result) -> None:
    after = result(COAL)[1]
    before = after.assign(
        flow="fill:interpolation", **{n: after[n] * 0.9 for n in ("activity_value", "mass_t", "co2e_t")}
    )
    assert set(compare_records(before, after)["status"]) == {"changed"}


def test_from_nothing_everything_is_new(result) -> None:
    one = result(COAL, GAS)
    empty = one[0].iloc[:0], pd.DataFrame(columns=one[1].columns)
    found, difference = why(empty, one)
    assert found["activity"] == pytest.approx(difference, rel=1e-12)
    assert math.isnan(compare_records(empty[1], one[1])["activity_value_before"].iloc[0])


def test_from_zero_to_an_amount_is_of_the_activity(result) -> None:
    found, difference = why(result({**COAL, "value": 0.0}, GAS), result(COAL, GAS))
    assert found["activity"] == pytest.approx(difference, rel=1e-12)


def test_what_is_beside_the_total_has_no_effect_on_it(result) -> None:
    transfer = {**fuel("X.1.1", "electricity", 10.0, "亿千瓦时"), "use": "transfer"}
    before, after = result(COAL, transfer), result(COAL, {**transfer, "value": 20.0})
    changed = compare_records(before[1], after[1])
    assert changed["difference_t"].abs().sum() > 0
    assert why(before, after) == ({}, 0.0)


def test_only_records_in_the_area_explain_its_total(result) -> None:
    county = {**COAL, "area_code": "510703"}
    before, after = result(COAL, county), result(COAL, {**county, "value": 50.0})
    for area in ("510703", "510700", "510000"):
        found, difference = why(before, after, area)
        assert found["activity"] == pytest.approx(difference, rel=1e-12)
    assert why(before, after, "510800") == ({}, 0.0)


def test_what_the_records_do_not_explain_is_shown(result) -> None:
    before, after = result(COAL), result({**COAL, "value": 110.0})
    totals = compare_totals(before[0], after[0], TREE)
    frame = causes(compare_records(before[1], before[1]), totals, AREAS, TREE, "510000")
    assert frame["cause"].tolist() == ["unexplained"]
    assert frame["effect_t"].iloc[0] > 0


@settings(max_examples=20, deadline=None)
@given(
    scales=st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.3, 2.0]), min_size=8, max_size=8),
    rates=st.lists(st.sampled_from([1.0, 0.9, 1.25]), min_size=8, max_size=8),
    warm=st.sampled_from([1.0, 0.96]),
    kept=st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_the_effects_of_each_row_add_up_to_its_difference(scales, rates, warm, kept) -> None:
    before = pd.DataFrame({
        "profile": "p", "area_code": "510000", "year": 2021, "category": "1.1.2.4", "gas": "CH4",
        "item": [f"item{n}" for n in range(8)], "activity_value": 10.0, "activity_unit": "t", "method": "m",
        "factor_ids": "f", "mass_t": 3.0, "co2e_t": 84.0, "notation": "", "source_file": "a.csv",
        "source_cell": "", "activity_category": "1.1.2.4", "variable": "fuel", "use": "", "flow": "",
        "technology": "", "source_sheet": "", "source_line": range(8), "energy_tj": 1.0, "note": "",
    })  # fmt: skip
    scale, rate = np.asarray(scales), np.asarray(rates)
    after = before.assign(
        activity_value=before["activity_value"] * scale, mass_t=before["mass_t"] * scale * rate,
        co2e_t=before["co2e_t"] * scale * rate * warm,
    )[kept]  # fmt: skip
    changed = compare_records(before, after)
    effects = changed[list(EFFECTS)].sum(axis=1)
    assert np.allclose(effects, changed["difference_t"], rtol=1e-12, atol=1e-9)
    assert set(changed["cause"]) <= {*CAUSES, "mixed"}
    expected = np.where(kept, scale * rate * warm, 0.0).sum() * 84 - 8 * 84
    assert changed["difference_t"].sum() == pytest.approx(expected, abs=1e-9)


def test_user_factors_change_the_id_and_the_emission(tmp_path, context_of, result) -> None:
    header = (
        "factor_id,parameter,category,item,technology,sector,area_code,valid_from,valid_to,gas,value,unit,lower,"
        "upper,distribution,tier,source,locator,confidence,note\n"
    )
    own = tmp_path / "factors.csv"
    own.write_text(
        header + "own.ncv,net_calorific_value,,raw_coal,,,510000,2021,2021,,25,GJ/t,,,,3,自测,表1,B,\n",
        encoding="utf-8",
    )
    library, findings = FactorLibrary.load(user_files=[own])
    assert not findings
    changed_inventory = compiled(context_of("cn2011", factors=library), COAL)
    before, after = result(COAL), (changed_inventory.totals(), ledger(changed_inventory))
    changed = compare_records(before[1], after[1])
    assert set(changed["cause"]) == {"factor"}
    assert changed["factor_ids_after"].str.contains("own.ncv").all()
    assert not changed["factor_ids_before"].str.contains("own.ncv").any()


# -- indicators, manifests ----------------------------------------------------------------------------


def test_indicators_that_moved(result) -> None:
    row = {
        "profile": "cn2011", "area_code": "510000", "year": 2021, "id": "x", "name_zh": "甲", "name_en": "a",
        "unit": "t", "unit_zh": "吨", "value": 2.0,
    }  # fmt: skip
    still = {**row, "id": "y"}
    before, after = pd.DataFrame([row, still]), pd.DataFrame([{**row, "value": 2.5}, still])
    frame = compare_indicators(before, after)
    assert frame[["id", "before", "after", "difference_pct"]].to_numpy().tolist() == [["x", 2.0, 2.5, 25.0]]
    lost = compare_indicators(before, pd.DataFrame([{**row, "value": math.nan}, still]))
    assert lost["id"].tolist() == ["x"]
    assert math.isnan(lost["after"].iloc[0])


A, B, C = ("a" * 64, "b" * 64, "c" * 64)


def manifest(*files: str, **parts: str) -> dict[str, str]:
    return {"submissions": json.dumps(files), "years": "2021", **parts}


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ([], [f"县 表.xlsx {A} {B}"], "added"),
        ([f"县 表.xlsx {A} {B}"], [], "removed"),
        ([f"县 表.xlsx {A} {B}"], [f"县 表.xlsx {C} {B}"], "revised"),
        ([f"县 表.xlsx {A} {B}"], [f"县 表.xlsx {A} {C}"], "reread"),
        ([f"县 表.xlsx {A} {B}"], [f"县 表.xlsx {A} {B} -能源 -农业"], "replaced"),
    ],
)
def test_files_of_two_manifests(before: list[str], after: list[str], kind: str) -> None:
    files, parts = compare_manifests(manifest(*before), manifest(*after))
    assert [(one.name, one.kind) for one in files] == [("县 表.xlsx", kind)]
    assert not parts


def test_two_returns_of_one_name_are_two_files() -> None:
    files, _ = compare_manifests(manifest(f"r.xlsx {A} {B}"), manifest(f"r.xlsx {A} {B}", f"r.xlsx {C} {C}"))
    assert [(one.name, one.kind, one.after) for one in files] == [("r.xlsx", "added", C)]


def test_other_parts_of_two_manifests() -> None:
    files, parts = compare_manifests(manifest(gwp_set="ar5"), manifest(gwp_set="ar6", fills="[]"))
    assert not files
    assert [(p.part, p.before, p.after) for p in parts] == [("fills", "", "[]"), ("gwp_set", "ar5", "ar6")]
