"""Defects found by an independent review of the computing core; each test failed before its mending."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import published
import pytest
from conftest import EXAMPLES, fuel, records

from ghg_inventory.areas import Area, AreaTree
from ghg_inventory.checks import check_inventory
from ghg_inventory.factors import FactorLibrary
from ghg_inventory.indicators import compute, fuel_shares
from ghg_inventory.inventory import (
    compile_inventory,
    explain,
    ledger,
    reference_approach,
    reference_with_findings,
)
from ghg_inventory.pipeline import export_bytes
from ghg_inventory.pipeline.exporting import stacked_ledger

HEADER = "factor_id,parameter,category,item,technology,sector,area_code,valid_from,valid_to,gas,value,unit,source,locator\n"


@pytest.fixture
def own(tmp_path: Path):
    """Make a factor library with rows of the user: own("u.1,emission_factor,,item,,,area,from,to,gas,value,unit")."""

    def make(*rows: str) -> FactorLibrary:
        path = tmp_path / "own.csv"
        path.write_text(HEADER + "".join(f"{row},own,p. 1\n" for row in rows), encoding="utf-8")
        return FactorLibrary.load(user_files=[path])[0]

    return make


def use(
    item: str, value: float, unit: str = "t", category: str = "I.1.1", **more: object
) -> dict[str, object]:
    return fuel(category, item, value, unit, variable="use", **more)


def errors(inventory) -> list[tuple[str, str, str]]:
    """(finding, gas, years) of every error."""
    values = [(f.name, dict(f.values)) for f in inventory.findings if f.severity == "error"]
    return sorted((name, v.get("gas", ""), v.get("years", "")) for name, v in values)


# -- the generic method: nothing disappears ---------------------------------------------------------------


def test_a_year_that_no_own_factor_covers_is_an_error_and_keeps_its_rows(context_of, gwp, own) -> None:
    """Every gas had excused itself with the others: a record of 2015 vanished without a row or a word."""
    factors = own(
        "u.1,emission_factor,,gas,,,,2018,2022,CO2,56100,kg/TJ",
        "u.2,emission_factor,,gas,,,,2018,2022,CH4,5,kg/TJ",
    )
    rows = [use("gas", 5.0, "TJ", year=2015), use("gas", 5.0, "TJ", year=2020)]
    inventory = compile_inventory(records(*rows), context_of("generic", factors=factors), gwp, "ar5")
    assert errors(inventory) == [("no-factor", "CH4, CO2", "2015")]
    lines = ledger(inventory).set_index(["year", "gas"])
    assert lines.loc[(2015, "CO2"), "notation"] == "NE"
    assert math.isnan(lines.loc[(2015, "CO2"), "mass_t"])
    assert lines.loc[(2020, "CO2"), "mass_t"] == pytest.approx(280.5)


def test_a_gas_with_a_factor_in_some_years_only_is_a_gap_in_the_others(context_of, gwp, own) -> None:
    factors = own(
        "u.1,emission_factor,,gas,,,,2010,2022,CO2,56100,kg/TJ",
        "u.2,emission_factor,,gas,,,,2018,2022,CH4,5,kg/TJ",
        "u.3,emission_factor,,other,,,,,,N2O,5,kg/TJ",
    )
    rows = [use("gas", 5.0, "TJ", year=2015), use("gas", 5.0, "TJ", year=2020)]
    inventory = compile_inventory(records(*rows), context_of("generic", factors=factors), gwp, "ar5")
    assert errors(inventory) == [("no-factor", "CH4", "2015")], "N2O is never claimed for this item"
    assert set(ledger(inventory)["gas"]) == {"CO2", "CH4"}


def test_no_own_factor_at_all_is_an_error(context_of, gwp) -> None:
    inventory = compile_inventory(records(use("widgets", 5.0)), context_of("generic"), gwp, "ar5")
    assert errors(inventory) == [("no-factor", "–", "2021")]
    zero = compile_inventory(records(use("widgets", 0.0)), context_of("generic"), gwp, "ar5")
    assert errors(zero) == []


def test_a_tie_of_own_factors_keeps_a_ledger_row(context_of, gwp, own) -> None:
    factors = own(
        "u.1,emission_factor,,widgets,,,,,,CO2,2,kg/t", "u.2,emission_factor,,widgets,,,,,,CO2,3,kg/t"
    )
    inventory = compile_inventory(
        records(use("widgets", 1.0)), context_of("generic", factors=factors), gwp, "ar5"
    )
    assert ledger(inventory)["notation"].tolist() == ["NE"]
    assert errors(inventory) == [("factor-tie", "CO2", "2021")]


def test_head_per_year_times_kg_per_head_and_year_is_an_error_not_a_crash(context_of, gwp, own) -> None:
    context = context_of("generic", factors=own("u.1,emission_factor,,cattle,,,,,,CH4,55,kg CH4/head/yr"))
    good = compile_inventory(records(use("cattle", 5.0, "head", "V")), context, gwp, "ar5")
    assert good.mass("510000", 2021, "V", "CH4") == pytest.approx(0.275)
    bad = compile_inventory(records(use("cattle", 5.0, "head/yr", "V")), context, gwp, "ar5")
    assert errors(bad) == [("unit-not-usable", "CH4", "2021")]


def test_a_notation_key_on_an_excluded_fuel_is_one_row(context_of, gwp) -> None:
    row = fuel("1.1.2", "bitumen", math.nan, "t", notation="NO")
    assert ledger(compile_inventory(records(row), context_of("cn2011"), gwp, "ar5"))["notation"].tolist() == [
        "NO"
    ]


# -- areas ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("unit", "technology"), [("万吨", ""), ("t", "boiler")])
def test_overlap_is_noticed_whatever_unit_and_technology(context_of, gwp, unit: str, technology: str) -> None:
    rows = [fuel("1.1.2", "diesel", 5.0, "t"),
            fuel("1.1.2", "diesel", 5.0, unit, technology=technology, area_code="510700")]  # fmt: skip
    inventory = compile_inventory(records(*rows), context_of("cn2011"), gwp, "ar5")
    assert ("area-overlap", "", "2021") in errors(inventory)


@pytest.mark.parametrize(("before", "after"), [("A", "B"), ("B", "A")])
def test_an_area_that_moved_counts_where_it_was_and_takes_the_factors_of_there(
    context_of, gwp, own, before: str, after: str
) -> None:
    land = ("province", "p", "p", "territory")
    areas = AreaTree.from_rows([
        Area("R", 0, 9999, "", *land), Area("A", 0, 9999, "R", *land), Area("B", 0, 9999, "R", *land),
        Area("C", 0, 2015, before, *land), Area("C", 2016, 9999, after, *land),
    ])  # fmt: skip
    factors = own(
        "u.1,emission_factor,,widgets,,,A,,,CO2,2,t/t", "u.2,emission_factor,,widgets,,,B,,,CO2,3,t/t"
    )
    rows = [use("widgets", 1.0, year=year, area_code="C") for year in (2014, 2018)]
    # The old parent reports too, after the area left it: no overlap.
    rows.append(use("widgets", 10.0, year=2018, area_code=before))
    inventory = compile_inventory(
        records(*rows), context_of("generic", factors=factors, areas=areas), gwp, "ar5"
    )
    rate = {"A": 2.0, "B": 3.0}
    assert errors(inventory) == []
    assert inventory.mass(before, 2014, "I", "CO2") == rate[before]
    assert inventory.mass(after, 2014, "I", "CO2") is None
    assert inventory.mass(after, 2018, "I", "CO2") == rate[after]
    assert inventory.mass(before, 2018, "I", "CO2") == 10 * rate[before]
    assert inventory.mass("R", 2018, "I", "CO2") == 10 * rate[before] + rate[after]
    for area in ("A", "B", "R"):
        told = explain(inventory, area, 2018, "I", "CO2")
        assert told.total_t == pytest.approx(sum(r.mass_t for r in told.rows))


def test_a_blank_cell_is_not_zero(context_of, gwp) -> None:
    rows = [
        fuel("1.1.2", "diesel", 1.0, "t"),
        fuel("1.1.4", "diesel", 1.0, "t", area_code="510700", year=2020),
    ]
    inventory = compile_inventory(records(*rows), context_of("ipcc2006"), gwp, "ar5")
    assert inventory.mass("510700", 2021, "1.1.2", "CO2") is None
    assert inventory.co2e("510700", 2021, "1") is None
    assert inventory.mass("510000", 2021, "1.1.4", "CO2") is None
    assert inventory.mass("510000", 2020, "1.1.4", "CO2") == inventory.mass("510700", 2020, "1.1.4", "CO2")


# -- explain ----------------------------------------------------------------------------------------------


def test_explain_of_the_total_leaves_out_transfers_as_the_total_does(context_of, gwp) -> None:
    rows = [fuel("1.1.2", "diesel", 1.0, "t"), fuel("X.1.1", "electricity", 1.0, "亿千瓦时", use="transfer")]
    inventory = compile_inventory(records(*rows), context_of("cn2011"), gwp, "ar5")
    told = explain(inventory, "510000", 2021)
    assert told.total_t == pytest.approx(sum(r.co2e_t for r in told.rows), rel=1e-14)
    assert len(explain(inventory, "510000", 2021, item="electricity").rows) == 1


def test_explain_leaves_out_what_is_not_added(context_of, gwp, own) -> None:
    """I.4.4 is territorial only: it lies below I.4 and is no part of it."""
    context = context_of("generic", factors=own("u.1,emission_factor,,widgets,,,,,,CO2,2,t/t"))
    rows = [use("widgets", 1.0, category="I.4.1"), use("widgets", 7.0, category="I.4.4")]
    inventory = compile_inventory(records(*rows), context, gwp, "ar5")
    assert [r.category for r in explain(inventory, "510000", 2021, "I", "CO2").rows] == ["I.4.1"]
    assert explain(inventory, "510000", 2021, "I.4.4", "CO2").total_t == 14.0


def test_explain_keeps_rows_without_a_gwp(context_of, gwp, own) -> None:
    context = context_of(
        "generic",
        factors=own("u.1,emission_factor,,w,,,,,,HFC236cb,2,t/t", "u.2,emission_factor,,w,,,,,,CO2,2,t/t"),
    )
    rows = [use("w", 1.0, category="I.4.1"), use("w", 0.0, category="I.4.2")]
    told = explain(compile_inventory(records(*rows), context, gwp, "sar"), "510000", 2021, "I")
    assert {r.gas for r in told.rows} == {"CO2", "HFC236cb"}
    assert told.zeros == 2
    assert math.isnan(told.total_t)


def test_a_gas_without_gwp_spoils_only_the_cells_that_hold_it(context_of, gwp, own) -> None:
    factors = own("u.1,emission_factor,,w,,,,,,HFC236cb,2,t/t", "u.2,emission_factor,,v,,,,,,CO2,2,t/t")
    rows = [use("w", 1.0, area_code="510700"), use("v", 1.0, area_code="510800")]
    inventory = compile_inventory(records(*rows), context_of("generic", factors=factors), gwp, "sar")
    assert inventory.co2e("510800", 2021, "I") == 2.0
    assert math.isnan(inventory.co2e("510700", 2021, "I"))
    assert math.isnan(inventory.co2e("510000", 2021, "I"))


# -- reference approach -----------------------------------------------------------------------------------


def supply(item: str, value: float, **more: object) -> dict[str, object]:
    return fuel("1.1", item, value, "万吨", use="reference", flow="supply.inflow", **more)


def test_feedstock_of_a_year_without_supply_is_no_reference_approach(context_of, gwp) -> None:
    rows = [
        supply("diesel", 10.0), fuel("1.1.2", "diesel", 10.0, "万吨"),
        fuel("1.1.2", "diesel", 8.0, "万吨", year=2012),
        fuel("1.1.2", "diesel", -1.0, "万吨", use="feedstock", year=2012),
    ]  # fmt: skip
    inventory = compile_inventory(records(*rows), context_of("cn2011"), gwp, "ar5")
    table = reference_approach(inventory, gwp)
    assert set(table["year"]) == {2021}


def test_supply_that_cannot_be_computed_is_an_error_and_no_partial_sum(context_of, gwp) -> None:
    rows = [
        supply("diesel", 10.0), supply("other_coking_products", 5.0), fuel("1.1.2", "diesel", 10.0, "万吨")
    ]  # fmt: skip
    inventory = compile_inventory(records(*rows), context_of("cn2011"), gwp, "ar5")
    table, findings = reference_with_findings(inventory, gwp)
    total = table.set_index("item").loc[""]
    assert math.isnan(total["reference_co2_t"])
    assert math.isnan(total["difference_pct"])
    assert [(f.name, dict(f.values)["item"]) for f in findings] == [("no-factor", "other_coking_products")]


def test_an_excluded_fuel_is_left_out_of_both_approaches(context_of, gwp) -> None:
    rows = [
        supply("diesel", 10.0), supply("other_energy", 5.0), supply("bitumen", 3.0),
        fuel("1.1.2", "diesel", 10.0, "万吨"),
    ]  # fmt: skip
    inventory = compile_inventory(records(*rows), context_of("cn2011"), gwp, "ar5")
    table, findings = reference_with_findings(inventory, gwp)
    assert table.set_index("item").loc["", "difference_pct"] == pytest.approx(0.0)
    assert findings == []


def test_zero_supply_without_factor_leaves_the_sum_whole(context_of, gwp) -> None:
    rows = [
        supply("diesel", 10.0), supply("other_coking_products", 0.0), fuel("1.1.2", "diesel", 10.0, "万吨")
    ]  # fmt: skip
    inventory = compile_inventory(records(*rows), context_of("cn2011"), gwp, "ar5")
    table, findings = reference_with_findings(inventory, gwp)
    assert table.set_index("item").loc["", "difference_pct"] == pytest.approx(0.0)
    assert findings == []


def test_supply_above_is_compared_with_consumption_below(context_of, gwp) -> None:
    rows = [supply("diesel", 10.0), fuel("1.1.2", "diesel", 10.0, "万吨", area_code="510700")]
    inventory = compile_inventory(records(*rows), context_of("cn2011"), gwp, "ar5")
    assert reference_approach(inventory, gwp).set_index("item").loc["", "difference_pct"] == pytest.approx(
        0.0
    )


def test_supply_without_consumption_has_no_difference(context_of, gwp) -> None:
    inventory = compile_inventory(records(supply("diesel", 10.0)), context_of("cn2011"), gwp, "ar5")
    total = reference_approach(inventory, gwp).set_index("item").loc[""]
    assert total["reference_co2_t"] > 0
    assert math.isnan(total["sectoral_co2_t"])
    assert math.isnan(total["difference_pct"])


# -- indicators and checks --------------------------------------------------------------------------------


def indicator(inventory, name: str) -> pd.Series:
    frame, _ = compute(inventory)
    return frame[frame["area_code"] == "510000"].set_index("id").loc[name]


def test_emissions_per_energy_need_the_energy_of_every_fuel(context_of, gwp, own) -> None:
    context = context_of(
        "generic",
        factors=own(
            "u.1,emission_factor,,widgets,,,,,,CO2,2,t/t", "u.2,emission_factor,,diesel,,,,,,CO2,3,t/t"
        ),
    )
    rows = [fuel("1.1.2", "widgets", 100.0, "t"), fuel("1.1.2", "diesel", 1.0, "t")]
    inventory = compile_inventory(records(*rows), context, gwp, "ar5")
    row = indicator(inventory, "co2e_t_per_tj")
    assert math.isnan(row["value"])
    assert row["missing"] == "combustion_energy"
    assert fuel_shares(inventory)["share_pct"].isna().all()


def denominator(variable: str, value: float, unit: str, technology: str = "") -> dict[str, object]:
    return {
        "area_code": "510000", "year": 2021, "category": "", "variable": variable, "item": "", "value": value,
        "unit": unit, "use": "denominator", "technology": technology,
    }  # fmt: skip


def test_co2_with_electricity_is_not_known_without_electricity(context_of, gwp) -> None:
    gdp = denominator("gdp", 100.0, "亿元", "constant-2020")
    alone = compile_inventory(
        records(fuel("1.1.2", "diesel", 1.0, "t"), gdp), context_of("cn2011"), gwp, "ar5"
    )
    row = indicator(alone, "co2_t_per_gdp_constant")
    assert math.isnan(row["value"])
    assert row["missing"] == "energy_co2_with_electricity"


def test_a_denominator_of_zero_is_said_to_be_missing(context_of, gwp) -> None:
    rows = [fuel("1.1.2", "diesel", 1.0, "t"), denominator("population", 0.0, "人")]
    inventory = compile_inventory(records(*rows), context_of("cn2011"), gwp, "ar5")
    row = indicator(inventory, "co2e_t_per_capita")
    assert math.isnan(row["value"])
    assert row["missing"] == "population"


def test_tonnes_of_one_year_are_not_compared_with_energy_of_the_next(context_of, gwp) -> None:
    rows = [fuel("1.1.2", "diesel", 100.0, "t", year=2020), fuel("1.1.2", "diesel", 4.26, "TJ", year=2021)]
    inventory = compile_inventory(records(*rows), context_of("ipcc2006"), gwp, "ar5")
    assert check_inventory(inventory) == []


def test_feedstock_of_one_fuel_above_its_consumption_is_noticed_behind_other_fuels(context_of, gwp) -> None:
    rows = [
        fuel("1.1.2", "diesel", 1.0, "t"), fuel("1.1.2", "diesel", -5.0, "t", use="feedstock"),
        fuel("1.1.2", "lpg", 100.0, "t"),
    ]  # fmt: skip
    inventory = compile_inventory(records(*rows), context_of("ipcc2006"), gwp, "ar5")
    found = [dict(f.values) for f in check_inventory(inventory)]
    assert [(v["category"], v["gas"]) for v in found] == [("1.1.2 (diesel)", "CO2")]


# -- exports ----------------------------------------------------------------------------------------------


def test_json_exports_numbers_to_the_last_bit(tmp_path: Path) -> None:
    folder = tmp_path / "sichuan"
    shutil.copytree(EXAMPLES / "sichuan", folder, ignore=shutil.ignore_patterns("store", "runs", "reports"))
    run = published.compile_example(folder)
    sent = pd.DataFrame(json.loads(export_bytes(run, "json", "ledger")))
    kept = stacked_ledger(run)
    assert np.array_equal(sent["mass_t"].astype(float), kept["mass_t"], equal_nan=True)
