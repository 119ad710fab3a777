"""The compiler: amounts, fallbacks, exclusions, gaps, ties, roll-up, ledger — on a few records each."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from conftest import fuel, records
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ghg_inventory.factors import FactorLibrary
from ghg_inventory.inventory import Assumptions, compile_inventory, explain, ledger, reference_approach
from ghg_inventory.inventory.explain import as_dict
from ghg_inventory.tables import Column

HEADER = "factor_id,parameter,category,item,technology,sector,area_code,valid_from,valid_to,gas,value,unit,source,locator\n"


def own_factors(tmp_path: Path, *lines: str) -> FactorLibrary:
    path = tmp_path / "own.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    library, findings = FactorLibrary.load(user_files=[path])
    assert {f.name for f in findings} <= {"factor-item-unlisted"}, [f.line("en") for f in findings]
    return library


def names(inventory) -> set[str]:
    return {f.name for f in inventory.findings}


# -- amounts ------------------------------------------------------------------------------------------


def test_diesel_under_the_provincial_guide(context_of, gwp) -> None:
    """FC·NCV·CC·OF·44/12 with the shipped values: 42.652 GJ/t × 20.2 tC/TJ × 0.98 × 44/12 = 3.0959 tCO2/t."""
    inventory = compile_inventory(
        records(fuel("1.1.2", "diesel", 1.0, "万吨")), context_of("cn2011"), gwp, "ar5"
    )
    assert inventory.mass("510000", 2021, "1.1.2", "CO2") == pytest.approx(
        1e4 * 42.652e-3 * 20.2 * 0.98 * 44 / 12
    )


@pytest.mark.parametrize(
    ("value", "unit"), [(1.0, "万吨"), (10_000.0, "吨"), (1e7, "kg"), (426.52, "TJ"), (42.652, "10^10 kJ")]
)
def test_the_unit_of_entry_does_not_matter(context_of, gwp, value: float, unit: str) -> None:
    inventory = compile_inventory(
        records(fuel("1.1.2", "diesel", value, unit)), context_of("cn2011"), gwp, "ar5"
    )
    assert inventory.mass("510000", 2021, "1.1.2", "CO2") == pytest.approx(30959.1019, rel=1e-6)


def test_gas_by_volume(context_of, gwp) -> None:
    inventory = compile_inventory(
        records(fuel("1.1.5.1", "natural_gas", 1.0, "亿立方米")), context_of("cn2011"), gwp, "ar5"
    )
    expected = 1e8 * 38931e-9 * 15.32 * 0.99 * 44 / 12
    assert inventory.mass("510000", 2021, "1.1.5.1", "CO2") == pytest.approx(expected)


def test_feedstock_subtracts(context_of, gwp) -> None:
    inventory = compile_inventory(
        records(
            fuel("1.1.2", "coke", 100.0, "万吨"), fuel("1.1.2", "coke", -30.0, "万吨", use="feedstock"),
        ),
        context_of("cn2011"), gwp, "ar5",
    )  # fmt: skip
    alone = compile_inventory(records(fuel("1.1.2", "coke", 70.0, "万吨")), context_of("cn2011"), gwp, "ar5")
    assert inventory.mass("510000", 2021, "1", "CO2") == pytest.approx(alone.mass("510000", 2021, "1", "CO2"))


def test_electricity_takes_the_factor_of_its_year(context_of, gwp) -> None:
    rows = [
        fuel("X.1.1", "electricity", 1.0, "亿千瓦小时", use="transfer", year=2021),
        fuel("X.1.1", "electricity", 1.0, "亿千瓦小时", use="transfer", year=2012),
        fuel("X.1.1", "electricity", 1.0, "亿千瓦小时", use="transfer", year=2024),
    ]
    inventory = compile_inventory(records(*rows), context_of("cn2011"), gwp, "ar5")
    assert inventory.mass("510000", 2021, "X.1.1", "CO2") == pytest.approx(1e5 * 0.1255)
    assert inventory.mass("510000", 2012, "X.1.1", "CO2") == pytest.approx(1e5 * 0.5257)
    assert inventory.mass("510000", 2024, "X.1.1", "CO2") == pytest.approx(1e5 * 0.1564)
    lags = [dict(f.values) for f in inventory.findings if f.name == "factor-year-lag"]
    assert [(lag["year"], lag["factor_year"]) for lag in lags] == [("2024", "2023")]


def test_co2e_uses_the_chosen_set(context_of, gwp) -> None:
    activity = records(fuel("1.1.2", "diesel", 1.0, "万吨"))
    for name, ch4, n2o in (("sar", 21, 310), ("ar4", 25, 298), ("ar5", 28, 265), ("ar6", 27.9, 273)):
        inventory = compile_inventory(activity, context_of("ipcc2006"), gwp, name)
        mass = {gas: inventory.mass("510000", 2021, "1.1.2", gas) for gas in ("CO2", "CH4", "N2O")}
        expected = mass["CO2"] + ch4 * mass["CH4"] + n2o * mass["N2O"]
        assert inventory.co2e("510000", 2021, "1.1.2") == pytest.approx(expected)


# -- what is missing is said ----------------------------------------------------------------------------


def test_no_factor_is_an_error_and_not_zero(context_of, gwp) -> None:
    inventory = compile_inventory(
        records(fuel("1.1.2", "other_coking_products", 5.0, "万吨")), context_of("cn2011"), gwp, "ar5"
    )
    lacking = [f for f in inventory.findings if f.name == "no-factor"]
    assert [dict(f.values)["gas"] for f in lacking] == ["CH4, CO2, N2O"]
    assert all(f.severity == "error" and f.place.file == "test.csv" and f.place.line == 2 for f in lacking)
    rows = ledger(inventory)
    assert set(rows["notation"]) == {"NE"}
    assert rows["mass_t"].isna().all()
    assert inventory.totals().empty


def test_zero_needs_no_factor(context_of, gwp) -> None:
    inventory = compile_inventory(
        records(fuel("1.1.2", "other_coking_products", 0.0, "万吨")), context_of("cn2011"), gwp, "ar5"
    )
    assert "no-factor" not in names(inventory)
    assert (ledger(inventory)["mass_t"] == 0).all()


def test_an_assumption_names_whose_factors_are_used(context_of, gwp) -> None:
    assumed = Assumptions(item=(("1.1", "other_coking_products", "coal_tar", "mostly tar"),))
    inventory = compile_inventory(
        records(fuel("1.1.2", "other_coking_products", 1.0, "万吨")), context_of("cn2011", assumptions=assumed),
        gwp, "ar5",
    )  # fmt: skip
    expected = 1e4 * 33.453e-3 * 22.0 * 0.98 * 44 / 12
    assert inventory.mass("510000", 2021, "1.1.2", "CO2") == pytest.approx(expected)
    assert "method-supplement" in names(inventory)


def test_sets_are_never_mixed(context_of, gwp) -> None:
    """The guide has no oxidation factor for washed coal: NCV, CC and OF then all come from one other set."""
    inventory = compile_inventory(
        records(fuel("1.1.2", "cleaned_coal", 1.0, "万吨")), context_of("cn2011"), gwp, "ar5"
    )
    row = ledger(inventory).set_index("gas").loc["CO2"]
    assert row["method"] == "mee.energy.combustion.co2"
    assert {part.split(".")[0] for part in row["factor_ids"].split(";")} == {"mee_enterprise"}


def test_a_unit_that_cannot_be_used_is_an_error(context_of, gwp) -> None:
    inventory = compile_inventory(
        records(fuel("1.1.2", "natural_gas", 1.0, "万吨")), context_of("cn2011"), gwp, "ar5"
    )
    assert {f.name for f in inventory.findings if f.severity == "error"} == {"unit-not-usable"}


def test_excluded_fuels_keep_a_row_with_notation_and_reason(context_of, gwp) -> None:
    inventory = compile_inventory(
        records(fuel("1.1.2", "bitumen", 1.0, "万吨"), fuel("1.1.2", "blast_furnace_gas", 1.0, "亿立方米")),
        context_of("cn2011"), gwp, "ar5",
    )  # fmt: skip
    rows = ledger(inventory)
    assert set(rows.loc[rows["item"] == "bitumen", "notation"]) == {"IE"}
    gas = rows[rows["item"] == "blast_furnace_gas"].set_index("gas")
    assert gas.loc["CO2", "notation"] == "IE"
    assert gas.loc["CH4", "mass_t"] > 0
    assert sum(f.name == "excluded" for f in inventory.findings) == 2


def test_a_notation_key_is_kept_and_not_added(context_of, gwp) -> None:
    inventory = compile_inventory(
        records(
            fuel("1.1.2", "diesel", 1.0, "万吨"), fuel("1.1.2", "lpg", math.nan, "万吨", notation="NE"),
        ),
        context_of("cn2011"), gwp, "ar5",
    )  # fmt: skip
    rows = ledger(inventory)
    assert rows.loc[rows["item"] == "lpg", "notation"].tolist() == ["NE"]
    assert inventory.mass("510000", 2021, "1", "CO2") == pytest.approx(30959.1019, rel=1e-6)


def test_a_variable_no_method_takes_is_an_error(context_of, gwp) -> None:
    inventory = compile_inventory(
        records(fuel("1.1.2", "diesel", 1.0, "万吨", variable="diesel_use")), context_of("cn2011"), gwp, "ar5"
    )
    assert names(inventory) == {"no-method"}


def test_an_area_and_its_superior_may_not_both_report(context_of, gwp) -> None:
    inventory = compile_inventory(
        records(
            fuel("1.1.2", "diesel", 1.0, "万吨"), fuel("1.1.2", "diesel", 1.0, "万吨", area_code="510700"),
        ),
        context_of("cn2011"), gwp, "ar5",
    )  # fmt: skip
    assert "area-overlap" in names(inventory)


def test_gwp_missing_is_an_error_and_the_total_is_not_a_number(context_of, gwp, tmp_path: Path) -> None:
    factors = own_factors(tmp_path, "u.1,emission_factor,,diesel,,,,,,HFC236cb,1,kg/t,own,p. 1")
    inventory = compile_inventory(
        records(fuel("1.1.2", "diesel", 1.0, "t")), context_of("generic", factors=factors), gwp, "sar"
    )
    assert gwp.value("sar", "HFC236cb") is None
    assert "gwp-missing" in names(inventory)
    assert math.isnan(inventory.co2e("510000", 2021, "1.1.2"))


# -- the user's own factors -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "unit", "factor", "expected"),
    [
        (100.0, "m3", "2.244,kg/m3", 0.2244),
        (100.0, "m3", "2.244,kg CO2/m3", 0.2244),
        (1000.0, "MWh", "900,lb CO2/MWh", 1000 * 900 * 0.45359237 / 1000),
        (5.0, "TJ", "56100,kg/TJ", 280.5),
        (2.0, "t", "3.1,t/t", 6.2),
        (1.0, "万吨", "3.1,t CO2/t", 31000.0),
        (10.0, "mmBtu", "53.06,kg CO2/mmBtu", 0.5306),
    ],
)
def test_activity_times_the_users_factor(
    context_of, gwp, tmp_path: Path, value: float, unit: str, factor: str, expected: float
) -> None:
    factors = own_factors(tmp_path, f"u.1,emission_factor,,widgets,,,,,,CO2,{factor},own,p. 1")
    row = fuel("I.1.1", "widgets", value, unit, variable="use")
    inventory = compile_inventory(records(row), context_of("generic", factors=factors), gwp, "ar5")
    assert not [f for f in inventory.findings if f.severity == "error"]
    assert inventory.mass("510000", 2021, "I.1.1", "CO2") == pytest.approx(expected, rel=1e-12)


def test_a_users_factor_of_another_dimension_is_refused(context_of, gwp, tmp_path: Path) -> None:
    factors = own_factors(tmp_path, "u.1,emission_factor,,widgets,,,,,,CO2,2,kg/m3,own,p. 1")
    row = fuel("I.1.1", "widgets", 1.0, "t", variable="use")
    inventory = compile_inventory(records(row), context_of("generic", factors=factors), gwp, "ar5")
    assert "unit-not-usable" in names(inventory)


def test_two_equally_specific_factors_are_an_error(context_of, gwp, tmp_path: Path) -> None:
    factors = own_factors(
        tmp_path,
        "u.1,emission_factor,,widgets,,,,,,CO2,2,kg/t,own,p. 1",
        "u.2,emission_factor,,widgets,,,,,,CO2,3,kg/t,own,p. 2",
    )
    row = fuel("I.1.1", "widgets", 1.0, "t", variable="use")
    inventory = compile_inventory(records(row), context_of("generic", factors=factors), gwp, "ar5")
    assert "factor-tie" in names(inventory)
    assert ledger(inventory)["mass_t"].isna().all()


def test_the_users_local_factor_wins(context_of, gwp, tmp_path: Path) -> None:
    factors = own_factors(tmp_path, "u.ncv,net_calorific_value,,diesel,,,510000,,,,40,GJ/t,lab,report 7")
    inventory = compile_inventory(
        records(fuel("1.1.2", "diesel", 1.0, "万吨")), context_of("cn2011", factors=factors), gwp, "ar5"
    )
    assert inventory.mass("510000", 2021, "1.1.2", "CO2") == pytest.approx(1e4 * 0.04 * 20.2 * 0.98 * 44 / 12)
    assert "u.ncv" in ledger(inventory).set_index("gas").loc["CO2", "factor_ids"]


def test_a_users_factor_that_nothing_uses_is_said(context_of, gwp, tmp_path: Path) -> None:
    factors = own_factors(tmp_path, "u.x,net_calorific_value,,lignite,,,510000,,,,10,GJ/t,lab,report 7")
    inventory = compile_inventory(
        records(fuel("1.1.2", "diesel", 1.0, "万吨")), context_of("cn2011", factors=factors), gwp, "ar5"
    )
    assert "user-factor-unused" in names(inventory)


# -- laws -----------------------------------------------------------------------------------------------

COUNTIES = ("510703", "510704", "510722", "510781", "510104")
amounts = st.floats(0, 1e6, allow_nan=False).map(lambda x: round(x, 3))
entries = st.lists(
    st.tuples(
        st.sampled_from(COUNTIES), st.sampled_from([2020, 2021]),
        st.sampled_from(["1.1.2", "1.1.2.12", "1.1.5.1", "1.1.6"]), st.sampled_from(["diesel", "raw_coal", "lpg"]),
        amounts,
    ),
    min_size=1, max_size=25, unique_by=lambda e: e[:4],
)  # fmt: skip


def of_entries(chosen) -> object:
    return records(*(fuel(c, i, v, "t", area_code=a, year=y) for a, y, c, i, v in chosen))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries, st.randoms(use_true_random=False))
def test_row_order_changes_no_bit(context_of, gwp, chosen, random) -> None:
    context = context_of("ipcc2006")
    first = compile_inventory(of_entries(chosen), context, gwp, "ar5").totals()
    shuffled = list(chosen)
    random.shuffle(shuffled)
    second = compile_inventory(of_entries(shuffled), context, gwp, "ar5").totals()
    assert first.equals(second)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries)
def test_every_record_ends_in_a_row_and_parents_equal_their_children(context_of, gwp, chosen) -> None:
    inventory = compile_inventory(of_entries(chosen), context_of("ipcc2006"), gwp, "ar5")
    rows = ledger(inventory)
    assert rows.groupby(["area_code", "year", "category", "item"]).ngroups == len(chosen)
    totals = inventory.totals()
    top = totals[(totals["area_code"] == "510000") & (totals["category"] == "1")]
    for gas, mass in top.groupby("gas")["mass_t"].sum().items():
        assert mass == pytest.approx(rows.loc[rows["gas"] == gas, "mass_t"].sum(), rel=1e-12, abs=1e-12)
    by_area = totals[(totals["category"] == "1") & (totals["gas"] == "CO2")]
    city = by_area[by_area["area_code"] == "510700"].set_index("year")["mass_t"]
    counties = by_area[by_area["area_code"].isin(COUNTIES[:4])].groupby("year")["mass_t"].sum()
    for year, mass in city.items():
        assert mass == pytest.approx(counties[year], rel=1e-12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts, st.floats(0.01, 0.99))
def test_splitting_a_record_keeps_the_total(context_of, gwp, value, share) -> None:
    context = context_of("cn2011")
    whole = compile_inventory(records(fuel("1.1.2", "diesel", value, "t")), context, gwp, "ar5")
    parts = records(
        fuel("1.1.2", "diesel", value * share, "t", flow="a"),
        fuel("1.1.2", "diesel", value * (1 - share), "t", flow="b"),
    )
    split = compile_inventory(parts, context, gwp, "ar5")
    assert split.mass("510000", 2021, "1", "CO2") == pytest.approx(
        whole.mass("510000", 2021, "1", "CO2"), rel=1e-12, abs=1e-12
    )


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries)
def test_the_gwp_set_never_changes_co2(context_of, gwp, chosen) -> None:
    activity = of_entries(chosen)
    masses = []
    for name in ("sar", "ar6"):
        totals = compile_inventory(activity, context_of("ipcc2006"), gwp, name).totals()
        co2 = totals[totals["gas"] == "CO2"]
        assert (co2["mass_t"] == co2["co2e_t"]).all()
        masses.append(totals["mass_t"].to_numpy())
    assert np.array_equal(masses[0], masses[1])


def test_areas_computed_apart_give_the_same_bits(context_of, gwp) -> None:
    """The partition rule: a cell is summed inside one block, so a country and its counties agree to the last bit."""
    rng = np.random.default_rng(3)
    rows = [
        fuel("1.1.2", item, float(v), "t", area_code=area, flow=str(k))
        for area in COUNTIES
        for k, (item, v) in enumerate(
            zip(rng.choice(["diesel", "lpg"], 40), rng.lognormal(size=40), strict=True)
        )
    ]
    context = context_of("cn2011")
    together = compile_inventory(records(*rows), context, gwp, "ar5")
    for area in COUNTIES:
        apart = compile_inventory(records(*(r for r in rows if r["area_code"] == area)), context, gwp, "ar5")
        for gas in ("CO2", "CH4", "N2O"):
            assert apart.mass(area, 2021, "1", gas) == together.mass(area, 2021, "1", gas)


def test_records_of_an_area_that_do_not_stand_together_are_refused(context_of, gwp) -> None:
    activity = records(
        fuel("1.1.2", "diesel", 1.0, "t"),
        fuel("1.1.2", "lpg", 1.0, "t"),
        fuel("1.1.2", "diesel", 1.0, "t", area_code="510700"),
    )
    mixed = activity.select(np.array([0, 2, 1]))
    with pytest.raises(ValueError, match="do not stand together"):
        compile_inventory(mixed, context_of("cn2011"), gwp, "ar5")


# -- explain and reference approach ---------------------------------------------------------------------


def test_explain_ends_at_cells_and_adds_up(context_of, gwp) -> None:
    activity = records(
        fuel("1.1.2", "diesel", 2.0, "万吨", sheet="2021", cell="O28", file="b.xlsx"),
        fuel("1.1.5.1", "lpg", 3.0, "万吨", sheet="2021", cell="Z34", file="b.xlsx"),
    )
    inventory = compile_inventory(activity, context_of("cn2011"), gwp, "ar5")
    told = explain(inventory, "510000", 2021, "1", "CO2")
    assert told.total_t == pytest.approx(sum(r.mass_t for r in told.rows), rel=1e-14)
    assert {r.place for r in told.rows} == {"b.xlsx 2021 O28", "b.xlsx 2021 Z34"}
    for row in told.rows:
        values = {v.symbol: v for v in row.values}
        assert {"NCV", "CC", "OF"} == values.keys()
        assert all(v.factor is not None and v.factor.locator for v in row.values)
    assert as_dict(told)["rows"][0]["activity"]["place"].startswith("b.xlsx")


def test_explain_keeps_the_largest_rows_and_sums_the_rest(context_of, gwp) -> None:
    rows = [fuel("1.1.2", "diesel", float(v), "t", flow=str(v)) for v in range(1, 31)]
    inventory = compile_inventory(records(*rows), context_of("cn2011"), gwp, "ar5")
    told = explain(inventory, "510000", 2021, "1", "CO2", limit=5)
    assert [r.submitted for r in told.rows] == [30, 29, 28, 27, 26]
    assert told.omitted == 25
    assert told.total_t == pytest.approx(sum(r.mass_t for r in told.rows) + told.omitted_t)


def test_explain_of_an_empty_cell_has_no_total(context_of, gwp) -> None:
    inventory = compile_inventory(
        records(fuel("1.1.2", "diesel", 1.0, "t")), context_of("cn2011"), gwp, "ar5"
    )
    assert explain(inventory, "510000", 1999, "1.1", "CO2").total_t is None


def test_reference_approach_counts_apparent_consumption_without_feedstock(context_of, gwp) -> None:
    activity = records(
        fuel("1.1", "diesel", 10.0, "万吨", use="reference", flow="supply.inflow"),
        fuel("1.1", "diesel", -2.0, "万吨", use="reference", flow="supply.outflow"),
        fuel("1.1.2", "diesel", 8.0, "万吨"), fuel("1.1.2", "diesel", -1.0, "万吨", use="feedstock"),
    )  # fmt: skip
    inventory = compile_inventory(activity, context_of("cn2011"), gwp, "ar5")
    table = reference_approach(inventory, gwp).set_index("item")
    assert table.loc["diesel", "reference_co2_t"] == pytest.approx(7 * 30959.1019, rel=1e-6)
    assert table.loc["", "difference_pct"] == pytest.approx(0.0, abs=1e-9)


def test_no_supply_rows_no_reference_approach(context_of, gwp) -> None:
    inventory = compile_inventory(
        records(fuel("1.1.2", "diesel", 1.0, "t")), context_of("cn2011"), gwp, "ar5"
    )
    assert reference_approach(inventory, gwp).empty


def test_combining_many_columns_falls_back_to_renumbering() -> None:
    from ghg_inventory.inventory.encode import combine

    rng = np.random.default_rng(1)
    columns = [
        Column(rng.integers(0, 400, 3000).astype(np.int32), tuple(map(str, range(400)))) for _ in range(4)
    ]
    codes, combos = combine(columns)
    for row in range(0, 3000, 97):
        assert combos[codes[row]] == tuple(int(c.codes[row]) for c in columns)


def test_a_factor_of_co2_equivalent_counts_as_it_is_and_is_said(context_of, gwp, tmp_path: Path) -> None:
    factors = own_factors(tmp_path, "u.1,emission_factor,,electricity,,,,,,CO2e,0.51,kg CO2e/kWh,own,p. 1")
    row = fuel("I.3.2", "electricity", 3000.0, "kWh", variable="electricity")
    for name in ("sar", "ar6"):
        inventory = compile_inventory(records(row), context_of("generic", factors=factors), gwp, name)
        assert inventory.co2e("510000", 2021, "I.3.2") == pytest.approx(1.53)
        assert {f.name for f in inventory.findings} == {"factor-co2e"}
