"""Indicators and checks on a few records each."""

from __future__ import annotations

import math

import pytest
from conftest import fuel, records

from ghg_inventory.checks import CHECKS, check_inventory, threshold
from ghg_inventory.indicators import compute, definitions, fuel_shares
from ghg_inventory.inventory import compile_inventory


def denominator(variable: str, value: float, unit: str, technology: str = "", **more: object) -> dict[str, object]:
    return {
        "area_code": "510000", "year": 2021, "category": "", "variable": variable, "item": "",
        "technology": technology, "value": value, "unit": unit, "use": "denominator", **more,
    }  # fmt: skip


def table(context_of, gwp, *more: dict[str, object]):
    rows = [
        fuel("1.1.2", "diesel", 100.0, "万吨"),
        fuel("X.1.1", "electricity", -10.0, "亿千瓦小时", use="transfer"), *more,
    ]  # fmt: skip
    inventory = compile_inventory(records(*rows), context_of("cn2011"), gwp, "ar5")
    frame, findings = compute(inventory)
    mine = frame[(frame["area_code"] == "510000") & (frame["year"] == 2021)].set_index("id")
    return inventory, mine, findings


def test_per_capita_takes_the_unit_of_the_population(context_of, gwp) -> None:
    inventory, one, _ = table(context_of, gwp, denominator("population", 8372.0, "万人"))
    _, other, _ = table(context_of, gwp, denominator("population", 83_720_000.0, "人"))
    expected = inventory.co2e("510000", 2021, "1") / 83_720_000
    assert one.loc["co2e_t_per_capita", "value"] == pytest.approx(expected)
    assert other.loc["co2e_t_per_capita", "value"] == pytest.approx(expected)


def test_current_prices_never_stand_in_for_constant_ones(context_of, gwp) -> None:
    _, one, findings = table(context_of, gwp, denominator("gdp", 54088.0, "亿元", "current"))
    row = one.loc["co2e_t_per_gdp_constant"]
    assert math.isnan(row["value"])
    assert row["missing"] == "gdp (constant)"
    assert any(dict(f.values)["variable"] == "gdp (constant)" for f in findings)


def test_constant_prices_print_their_base(context_of, gwp) -> None:
    inventory, one, _ = table(context_of, gwp, denominator("gdp", 50000.0, "亿元", "constant-2020"))
    row = one.loc["co2e_t_per_gdp_constant"]
    assert row["price_base"] == "constant-2020"
    assert row["value"] == pytest.approx(inventory.co2e("510000", 2021, "1") / (50000 * 1e8 / 1e4))


def test_the_energy_co2_indicator_adds_electricity_transfers(context_of, gwp) -> None:
    inventory, one, _ = table(context_of, gwp, denominator("gdp", 1.0, "亿元", "constant-2020"))
    co2 = inventory.mass("510000", 2021, "1.1", "CO2") + inventory.mass("510000", 2021, "X.1", "CO2")
    assert one.loc["co2_t_per_gdp_constant", "numerator"] == pytest.approx(co2)


def test_per_energy_counts_each_record_once(context_of, gwp) -> None:
    _, one, _ = table(context_of, gwp)
    assert one.loc["co2e_t_per_tj", "denominator"] == pytest.approx(1e6 * 42.652e-3)


def test_a_missing_denominator_is_said_once_and_every_indicator_is_listed(context_of, gwp) -> None:
    _, one, findings = table(context_of, gwp)
    assert {d.id for d in definitions()} <= set(one.index)
    said = [dict(f.values)["variable"] for f in findings]
    assert sorted(said) == sorted(set(said))
    assert "population" in said


def test_shares_of_fuels_add_up(context_of, gwp) -> None:
    rows = [fuel("1.1.2", "diesel", 100.0, "万吨"), fuel("1.1.5.1", "lpg", 10.0, "万吨")]
    inventory = compile_inventory(records(*rows), context_of("cn2011"), gwp, "ar5")
    shares = fuel_shares(inventory)
    assert shares["share_pct"].sum() == pytest.approx(100)
    assert shares.set_index("item").loc["diesel", "energy_tj"] == pytest.approx(42652)


def test_feedstock_above_consumption_is_noticed(context_of, gwp) -> None:
    rows = [fuel("1.1.2", "coke", 1.0, "万吨"), fuel("1.1.2", "coke", -2.0, "万吨", use="feedstock")]
    inventory = compile_inventory(records(*rows), context_of("cn2011"), gwp, "ar5")
    assert {f.name for f in check_inventory(inventory)} == {"negative-total"}


def test_a_jump_of_a_thousand_is_noticed_between_near_years_only(context_of, gwp) -> None:
    near = [fuel("1.1.2", "diesel", 1.0, "t", year=2020), fuel("1.1.2", "diesel", 1000.0, "t", year=2021)]
    far = [fuel("1.1.2", "diesel", 1.0, "t", year=2010), fuel("1.1.2", "diesel", 1000.0, "t", year=2021)]
    mended = [fuel("1.1.2", "diesel", 1.0, "t", year=2020), fuel("1.1.2", "diesel", 1000.0, "kg", year=2021)]
    found = [
        {f.name for f in check_inventory(compile_inventory(records(*rows), context_of("cn2011"), gwp, "ar5"))}
        for rows in (near, far, mended)
    ]
    assert found == [{"magnitude-jump"}, set(), set()]


def test_thresholds_are_data_with_a_reason() -> None:
    assert threshold("reference_gap") == 5.0
    with pytest.raises(KeyError):
        threshold("no_such_limit")
    assert set(CHECKS) == {"children-sum", "negative-total", "magnitude-jump", "wrong-sign", "recovery-exceeds"}


def test_definitions_name_known_numerators() -> None:
    assert all(d.unit and d.unit_zh for d in definitions())


def test_two_price_bases_are_no_answer(context_of, gwp) -> None:
    _, one, _ = table(
        context_of, gwp, denominator("gdp", 50000.0, "亿元", "constant-2020"),
        denominator("gdp", 40000.0, "亿元", "constant-2015"),
    )  # fmt: skip
    row = one.loc["co2e_t_per_gdp_constant"]
    assert math.isnan(row["value"])
    assert row["missing"] == "gdp (constant-2015 | constant-2020)"


def test_shares_of_fuels_are_indicators(context_of, gwp) -> None:
    _, one, _ = table(context_of, gwp)
    assert one.loc["energy_share.diesel", "value"] == pytest.approx(100)
