"""Measured values, emissions into other categories, array models: through the compile of a small library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ghg_inventory.activity.table import Activity, InputFile
from ghg_inventory.inventory import compile_inventory, ledger
from ghg_inventory.inventory.explain import explain
from ghg_inventory.methods import load_methods

FILE = InputFile("return.csv", "0" * 64, "long")

METHODS = """
[[variable]]
id = "head_count"
zh = "存栏"
en = "head count"
units = ["head"]

[[method]]
id = "t.enteric"
title_zh = "a"
title_en = "a"
categories = ["3.1"]
variable = "head_count"
gas = "CH4"
origin = "biogenic"
formula = "N * EF"
unit = "t CH4"
tier = "1"
source = "s"
locator = "l"
[method.inputs]
N = { activity = "head_count", unit = "head", title_zh = "n", title_en = "n" }
EF = { factor = "emission_factor", unit = "kg CH4/head", sets = [], title_zh = "e", title_en = "e" }

[[method]]
id = "t.manure"
title_zh = "b"
title_en = "b"
categories = ["3.1"]
variable = "head_count"
gas = "N2O"
formula = "N * EF"
into = { "3.1.6" = "3.2.6", "3.1" = "3.2" }
unit = "t N2O"
tier = "1"
source = "s"
locator = "l"
[method.inputs]
N = { activity = "head_count", unit = "head", title_zh = "n", title_en = "n" }
EF = { factor = "emission_factor", unit = "kg N2O/head", sets = [], title_zh = "e", title_en = "e" }

[[method]]
id = "t.leak"
title_zh = "c"
title_en = "c"
categories = ["2.12"]
variable = "agent_leaked"
gas = "item"
formula = "Q"
unit = "t"
tier = "1"
source = "s"
locator = "l"
[method.inputs]
Q = { activity = "agent_leaked", unit = "t", title_zh = "q", title_en = "q" }

[[profile]]
id = "t"
name_zh = "t"
name_en = "t"
description_zh = "t"
description_en = "t"
energy_sets = []
methods = ["t.enteric", "t.manure", "t.leak"]
"""


def activity(*rows: tuple[object, ...]) -> Activity:
    """(area, year, category, variable, item, value, unit) rows as records of one file."""
    names = ("area_code", "year", "category", "variable", "item", "value", "unit")
    columns = dict(zip(names, (list(c) for c in zip(*rows, strict=True)), strict=True))
    size = len(rows)
    return Activity.from_columns(
        {**columns, "file": ["return.csv"] * size, "line": np.arange(2, size + 2)}, (FILE,)
    ).canonical()


@pytest.fixture(scope="module")
def profile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("methods")
    (folder / "t.toml").write_text(METHODS, "utf-8")
    return load_methods(Path(folder)).profile("t")


def test_a_measured_emission_factor_is_used_in_its_area_and_year(profile, context_of, gwp):
    context = replace(context_of("cn2011"), profile=profile)
    records = activity(
        ("510703", 2020, "3.1.6", "head_count", "swine", 1000.0, "head"),
        ("510704", 2020, "3.1.6", "head_count", "swine", 1000.0, "head"),
        ("510703", 2020, "3.1.6", "emission_factor", "swine", 2.5, "kg CH4/head"),
    )
    inventory = compile_inventory(records, context, gwp, "ar5")
    assert inventory.mass("510703", 2020, "3.1.6", "CH4") == 2.5
    assert inventory.mass("510704", 2020, "3.1.6", "CH4") is None
    names = {f.name for f in inventory.findings}
    assert {"measured-values", "no-factor"} <= names
    rows = ledger(inventory)
    assert rows["factor_ids"][0] == "measured:return.csv:4"


def test_one_herd_serves_two_categories(profile, context_of, gwp):
    context = replace(context_of("cn2011"), profile=profile)
    records = activity(
        ("510703", 2020, "3.1.6", "head_count", "swine", 1000.0, "head"),
        ("510703", 2020, "3.1.6", "emission_factor", "swine", 2.5, "kg CH4/head"),
        ("510703", 2020, "3.1", "emission_factor", "swine", 0.1, "kg N2O/head"),
    )
    inventory = compile_inventory(records, context, gwp, "ar5")
    assert inventory.mass("510703", 2020, "3.1", "CH4") == 2.5
    assert inventory.mass("510703", 2020, "3.2.6", "N2O") == 0.1
    assert inventory.mass("510703", 2020, "3.1", "N2O") is None
    rows = ledger(inventory)
    assert rows[["category", "activity_category", "gas", "mass_t"]].values.tolist() == [
        ["3.1.6", "3.1.6", "CH4", 2.5], ["3.2.6", "3.1.6", "N2O", 0.1],
    ]  # fmt: skip
    told = explain(inventory, "510703", 2020, "3.2")
    assert [(row.category, row.gas, row.mass_t) for row in told.rows] == [("3.2.6", "N2O", 0.1)]
    assert told.total_t == pytest.approx(0.1 * 265)


def test_a_measured_value_outside_its_limits_is_refused(profile, context_of, gwp):
    context = replace(context_of("cn2011"), profile=profile)
    records = activity(
        ("510703", 2020, "3.1.6", "head_count", "swine", 1000.0, "head"),
        ("510703", 2020, "1.1", "oxidation_factor", "raw_coal", 1.5, "1"),
    )
    found = compile_inventory(records, context, gwp, "ar5").findings
    assert [f.place.line for f in found if f.name == "factor-limits"] == [3]


def test_the_gas_is_the_item(profile, context_of, gwp):
    context = replace(context_of("cn2011"), profile=profile)
    records = activity(
        ("510703", 2020, "2.12", "agent_leaked", "HFC134a", 3.0, "kg"),
        ("510703", 2020, "2.12", "agent_leaked", "SF6", 2.0, "kg SF6"),
    )
    inventory = compile_inventory(records, context, gwp, "ar5")
    assert inventory.mass("510703", 2020, "2", "HFC134a") == 0.003
    assert inventory.mass("510703", 2020, "2", "SF6") == 0.002


def test_years_beside_the_inventory_feed_models_only(profile, context_of, gwp):
    context = replace(context_of("cn2011"), profile=profile)
    records = activity(
        ("510703", 2019, "2.12", "agent_leaked", "SF6", 1.0, "kg"),
        ("510703", 2020, "2.12", "agent_leaked", "SF6", 2.0, "kg"),
    )
    inventory = compile_inventory(records, context, gwp, "ar5", years=[2020])
    assert inventory.years == (2020,)
    assert explain(inventory, "510703", 2020, "2.12").total_t == inventory.co2e("510703", 2020, "2.12")


def test_a_gas_of_another_treaty_enters_no_total(profile, context_of, gwp):
    context = replace(context_of("cn2011"), profile=profile)
    records = activity(
        ("510703", 2020, "2.12", "agent_leaked", "SF6", 2.0, "kg"),
        ("510703", 2020, "2.12", "agent_leaked", "HCFC22", 5.0, "kg"),
    )
    inventory = compile_inventory(records, context, gwp, "ar5")
    assert inventory.mass("510703", 2020, "2.12", "HCFC22") == 0.005
    assert inventory.co2e("510703", 2020, "2.12") == pytest.approx(0.002 * 23500)
    assert "gas-not-in-total" in {f.name for f in inventory.findings}
    assert explain(inventory, "510703", 2020, "2.12").total_t == inventory.co2e("510703", 2020, "2.12")


def test_a_refused_measured_value_does_not_give_way_to_a_default(context_of, gwp):
    records = activity(
        ("510703", 2020, "1.1.2", "fuel", "natural_gas", 1000.0, "m3"),
        ("510703", 2020, "1.1.2", "oxidation_factor", "natural_gas", 1.5, "1"),
        ("510704", 2020, "1.1.2", "fuel", "natural_gas", 1000.0, "m3"),
    )
    inventory = compile_inventory(records, context_of("cn2011"), gwp, "ar5")
    assert inventory.mass("510703", 2020, "1.1.2", "CO2") is None
    assert inventory.mass("510704", 2020, "1.1.2", "CO2") == pytest.approx(2.16, abs=0.05)
    assert {f.name for f in inventory.findings if f.severity == "error"} == {"factor-limits", "measured-refused"}


# -- first-order decay through the compile --------------------------------------------------------------------


def deposits(*rows: tuple[str, int, float | None]) -> Activity:
    """(area, year, tonnes of food waste) on a managed landfill in a wet temperate climate; None: not occurring."""
    size = len(rows)
    return Activity.from_columns({
        "area_code": [r[0] for r in rows], "year": [r[1] for r in rows], "category": ["5.1.1"] * size,
        "variable": ["waste_landfilled"] * size, "item": ["food_waste"] * size,
        "technology": ["climate_temperate_wet"] * size, "unit": ["t"] * size,
        "value": [np.nan if r[2] is None else r[2] for r in rows],
        "notation": ["NO" if r[2] is None else "" for r in rows], "file": ["return.csv"] * size,
        "line": np.arange(2, size + 2),
    }, (FILE,)).canonical()  # fmt: skip


def decayed(amounts: list[float], doc=0.15, docf=0.5, mcf=1.0, k=0.185) -> float:
    """CH4 of the year after the last deposit: everything in place decays by 1 − e^(−k), half of it methane."""
    stock = 0.0
    for amount in amounts:
        stock = stock * np.exp(-k) + amount * doc * docf * mcf
    return stock * (1 - np.exp(-k)) * 0.5 * 16 / 12


def test_landfill_methane_walks_back_to_every_deposit(context_of, gwp):
    rows = [("510703", year, 1000.0 + year - 2000) for year in range(2000, 2006)]
    inventory = compile_inventory(deposits(*rows), context_of("ipcc2006"), gwp, "ar5", years=[2005])
    assert inventory.mass("510703", 2005, "5.1", "CH4") == pytest.approx(decayed([r[2] for r in rows[:-1]]), rel=1e-12)
    told = explain(inventory, "510703", 2005, "5.1", "CH4").rows
    assert [s.amount for s in told[0].model.steps] == [r[2] for r in rows]
    assert [s.place for s in told[0].model.steps] == [f"return.csv:{line}" for line in range(2, 8)]
    assert {v.symbol: v.value for v in told[0].model.parameters} == {
        "DOC": 0.15, "DOCF": 0.5, "MCF": 1.0, "K": 0.185, "DELAY": 6.0,
    }  # fmt: skip


def test_a_landfill_keeps_its_past_when_the_county_gets_another_code(context_of, gwp):
    """安县 510724 became 安州区 510705 in 2016: one landfill, one history, each year under its own code."""
    parts = deposits(*[("510724", year, 1000.0) for year in range(2010, 2016)], ("510705", 2016, 1000.0),
                     ("510705", 2017, 1000.0))  # fmt: skip
    inventory = compile_inventory(parts, context_of("ipcc2006"), gwp, "ar5", years=[2015, 2016, 2017])
    got = [inventory.mass(code, year, "5.1", "CH4") for code, year in
           (("510724", 2015), ("510705", 2016), ("510705", 2017))]  # fmt: skip
    assert got == pytest.approx([decayed([1000.0] * n) for n in (5, 6, 7)], rel=1e-12)
    assert inventory.mass("510724", 2016, "5.1", "CH4") is None
    assert not [f for f in inventory.findings if f.severity == "error"]


def test_a_missing_year_of_deposits_is_an_error_and_later_years_have_no_number(context_of, gwp):
    rows = [("510703", year, 1000.0) for year in (2000, 2001, 2003, 2004)]
    inventory = compile_inventory(deposits(*rows), context_of("ipcc2006"), gwp, "ar5")
    assert inventory.mass("510703", 2001, "5.1", "CH4") == pytest.approx(decayed([1000.0]), rel=1e-12)
    assert inventory.mass("510703", 2004, "5.1", "CH4") is None
    gap = next(f for f in inventory.findings if f.name == "series-gap")
    assert dict(gap.values)["years"] == "2002"


def test_a_reported_zero_is_a_number_and_not_occurring_is_none(context_of, gwp):
    zero = compile_inventory(deposits(("510703", 2001, 0.0), ("510703", 2002, 0.0)), context_of("ipcc2006"), gwp, "ar5")
    assert zero.mass("510703", 2002, "5.1.1", "CH4") == 0.0
    none = compile_inventory(deposits(("510703", 2001, None), ("510703", 2002, None)), context_of("ipcc2006"), gwp, "ar5")
    assert none.mass("510703", 2002, "5.1.1", "CH4") is None
