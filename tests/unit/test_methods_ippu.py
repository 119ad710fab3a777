"""Methods of fugitive emissions, biomass, memo items and industrial processes, each against a number worked by hand."""

from __future__ import annotations

import math
import re

import pytest
from conftest import records

from ghg_inventory.codes import Fuels
from ghg_inventory.inventory import compile_inventory
from ghg_inventory.methods import load_methods


@pytest.fixture
def compiled(context_of, gwp):
    """Compile rows (category, variable, item, technology, value, unit[, use]) of Sichuan 2021 under a profile."""

    def make(profile: str, *rows: tuple, **changes: object):
        keys = ("category", "variable", "item", "technology", "value", "unit", "use")
        named = [dict(zip(keys, row, strict=False)) for row in rows]
        activity = records(*({"area_code": "510000", "year": 2021, **row} for row in named))
        return compile_inventory(activity, context_of(profile, **changes), gwp, "ar5")

    return make


def mass(inventory, category: str, gas: str) -> float | None:
    return inventory.mass("510000", 2021, category, gas)


def names(inventory) -> set[str]:
    return {f.name for f in inventory.findings if f.severity == "error"}


# (profile, rows, category, gas, tonnes worked by hand)
BY_HAND = [
    ("cn2011", [("2.1", "product_output", "clinker", "", 1000, "t")], "2.1", "CO2", 538.0),
    ("ipcc2006", [("2.1", "product_output", "clinker", "", 1000, "t")], "2.1", "CO2", 520.0),
    ("cn2011", [("2.1", "product_output", "clinker", "", 10, "万吨"),
                ("2.1", "product_output", "clinker_noncarbonate", "", 2, "万吨")], "2.1", "CO2", 80_000 * 0.538),
    ("ipcc2006", [("2.1", "cement_output", "portland_cement", "", 1000, "t")], "2.1", "CO2", 1000 * 0.95 * 0.52),
    ("ipcc2006", [("2.1", "cement_output", "portland_cement", "", 1000, "t"),
                  ("2.1", "clinker_import", "clinker", "", 100, "t"),
                  ("2.1", "clinker_export", "clinker", "", 10, "t")], "2.1", "CO2", (950 - 100 + 10) * 0.52),
    ("cn2011", [("2.2", "product_output", "lime", "", 100, "t")], "2.2", "CO2", 68.3),
    ("ipcc2006", [("2.2", "product_output", "dolomitic_lime", "", 100, "t")], "2.2", "CO2", 77.0),
    ("cn2011", [("2.3", "carbonate_use", "limestone", "", 100, "t"), ("2.3", "carbonate_use", "dolomite", "", 100, "t"),
                ("2.3", "material_use", "pig_iron", "", 1000, "t"),
                ("2.3", "product_output", "crude_steel", "", 1000, "t")], "2.3", "CO2",
     43 + 47.4 + (41 - 2.48) * 44 / 12),
    ("ipcc2006", [("2.3", "material_use", "pig_iron", "", 1000, "t"),
                  ("2.3", "product_output", "crude_steel", "steel_eaf", 1000, "t")], "2.3", "CO2", 37 * 44 / 12),
    ("ipcc2006", [("2.3", "steel_process_output", "crude_steel", "steel_eaf", 500_000, "t")], "2.3", "CO2", 40_000.0),
    ("cn2011", [("2.4", "product_output", "calcium_carbide", "", 10, "t")], "2.4", "CO2", 11.54),
    ("ipcc2006", [("2.4", "product_output", "calcium_carbide", "", 10, "t"),
                  ("2.4", "carbide_use", "calcium_carbide_used", "", 10, "t")], "2.4", "CO2", 10.9 + 11.0),
    ("ipcc2006", [("2.5", "product_output", "adipic_acid", "", 1000, "t")], "2.5", "N2O", 300.0),
    ("cn2011", [("2.5", "product_output", "adipic_acid", "adipic_thermal", 1000, "t")], "2.5", "N2O",
     300 * (1 - 0.985 * 0.97)),
    ("cn2011", [("2.6", "product_output", "nitric_acid", "nitric_dual_pressure", 1000, "t")], "2.6", "N2O", 8.0),
    ("ipcc2006", [("2.6", "product_output", "nitric_acid", "nitric_medium_pressure", 1000, "t")], "2.6", "N2O", 7.0),
    ("cn2011", [("2.6", "product_output", "nitric_acid", "nitric_nscr", 1000, "t")], "2.6", "N2O", 2.0),
    ("cn2011", [("2.7", "product_output", "HCFC22", "", 1000, "t"), ("2.7", "gas_destroyed", "HFC23", "", 20, "t")],
     "2.7", "HFC23", 29.2 - 20),
    ("ipcc2006", [("2.7", "product_output", "HCFC22", "hcfc22_old_plant", 1000, "t")], "2.7", "HFC23", 40.0),
    ("cn2011", [("2.8", "product_output", "aluminium_primary", "aluminium_pfpb", 1000, "t")], "2.8", "CF4", 0.0888),
    ("cn2011", [("2.8", "product_output", "aluminium_primary", "aluminium_hss", 1000, "t")], "2.8", "CF4", 0.4),
    ("ipcc2006", [("2.8", "product_output", "aluminium_primary", "aluminium_cwpb", 100_000, "t")], "2.8", "CO2",
     160_000.0),
    ("cn2011", [("2.9", "product_output", "magnesium_primary", "magnesium_dolomite", 1000, "t")], "2.9", "SF6", 0.49),
    ("ipcc2006", [("2.9", "product_output", "magnesium_casting", "", 10_000, "t")], "2.9", "SF6", 10.0),
    ("ipcc2006", [("2.9", "product_output", "magnesium_primary", "magnesium_dolomite", 20_000, "t")], "2.9", "CO2",
     102_600.0),
    ("cn2011", [("2.10", "gas_use", "SF6", "", 1000, "kg")], "2.10", "SF6", 0.086),
    ("ipcc2006", [("2.10", "gas_bank", "SF6", "sf6_closed_europe", 1, "t")], "2.10", "SF6", 0.026),
    ("cn2011", [("2.11", "gas_use", "CF4", "semiconductor", 1, "t")], "2.11", "CF4", 0.4356),
    ("ipcc2006", [("2.11", "gas_use", "C2F6", "semiconductor", 1, "t")], "2.11", "C2F6", 0.9 * 0.6),
    ("ipcc2006", [("2.11", "gas_use", "C2F6", "semiconductor", 1, "t")], "2.11", "CF4", 0.9 * 0.2),
    ("ipcc2006", [("2.11", "gas_use", "SF6", "display_panel", 1, "t"),
                  ("2.11", "gas_use_abated", "SF6", "display_panel", 0.5, "t")], "2.11", "SF6",
     0.9 * 0.6 * (1 - 0.5 * 0.9)),
    ("ipcc2006", [("2.11", "substrate_area", "display_glass", "", 1000, "m2")], "2.11", "SF6", 0.004),
    ("ipcc2006", [("2.8", "carbon_input", "prebaked_anode", "", 45_000, "t"),
                  ("2.8", "carbon_content", "prebaked_anode", "", 0.976, "t C/t")], "2.8", "CO2", 161_040.0),
    ("cn2011", [("2.16", "carbon_input", "naphtha", "", 1e5, "t"), ("2.16", "carbon_content", "naphtha", "", 0.8, "t C/t"),
                ("2.16", "carbon_output", "ethylene", "", 6e4, "t"), ("2.16", "carbon_content", "ethylene", "", 0.856, "t C/t"),
                ("2.16", "carbon_output", "methanol", "", 1e4, "t"), ("2.16", "carbon_content", "methanol", "", 0.8, "t C/t")],
     "2.16", "CO2", 75_680.0),
    ("cn2011", [("2.1", "kiln_carbonate_use", "limestone", "", 1e6, "t"),
                ("2.1", "calcination_fraction", "limestone", "", 1, "1"),
                ("2.1", "kiln_dust_lost", "limestone", "", 20_000, "t"),
                ("2.1", "carbonate_share", "limestone", "", 1, "1"),
                ("2.1", "dust_calcination_fraction", "limestone", "", 0.6, "1"),
                ("2.1", "raw_meal_organic_carbon", "", "", 500, "t C")], "2.1", "CO2",
     0.43971 * (1e6 - 20_000 * 0.4) + 500 * 44 / 12),
    ("ipcc2006", [("2.8", "aluminium_output_slope", "aluminium_primary", "aluminium_cwpb", 100_000, "t"),
                  ("2.8", "anode_effect_minutes", "aluminium_primary", "aluminium_cwpb", 0.2, "min/day")], "2.8", "CF4",
     2.860),
    ("ipcc2006", [("1.4.1", "gas_production", "", "", 1, "10^8 m3"),
                  ("1.4.1", "emission_factor", "", "", 12, "t CH4/10^6 m3")], "1.4.1", "CH4", 1200.0),
    ("ipcc2006", [("2.12", "product_output", "HFC134a", "", 1000, "t")], "2.12", "HFC134a", 5.0),
    ("ipcc2006", [("2.12", "gas_use", "HFC134a", "aerosol", 10, "t"),
                  ("2.12", "gas_use_last_year", "HFC134a", "aerosol", 4, "t")], "2.12", "HFC134a", 7.0),
    ("ipcc2006", [("2.13", "product_output", "glass", "", 1000, "t")], "2.13", "CO2", 100.0),
    ("cn2011", [("2.14", "carbonate_use", "limestone", "", 1000, "t")], "2.14", "CO2", 439.71),
    ("ipcc2006", [("2.15", "product_output", "ammonia", "ammonia_modern_conventional", 1000, "t"),
                  ("2.15", "urea_output", "", "", 300, "t")], "2.15", "CO2", 1694 - 300 * 0.20 * 44 / 12),
    ("ipcc2006", [("2.16", "product_output", "ethylene", "ethylene_naphtha", 100, "t")], "2.16", "CO2", 173 * 1.3),
    ("ipcc2006", [("2.17", "product_output", "ferrosilicon_75", "", 100, "t")], "2.17", "CO2", 400.0),
    ("ipcc2006", [("2.18", "product_output", "lead", "", 100_000, "t")], "2.18", "CO2", 52_000.0),
    ("cn2011", [("2.18", "product_output", "zinc", "", 100_000, "t")], "2.18", "CO2", 172_000.0),
    ("ipcc2006", [("2.19", "non_energy_use", "lubricants", "", 1, "TJ")], "2.19", "CO2", 20 * 0.2 * 44 / 12),
    # energy
    ("cn2011", [("1.2.1", "fuel", "straw", "stove_improved", 1000, "t")], "1.2.1", "CH4", 5.2),
    ("ipcc2006", [("1.2.2", "fuel", "firewood", "", 1, "TJ")], "1.2.2", "CH4", 0.3),
    ("cn2011", [("1.2.2", "fuel", "firewood", "", 1, "TJ")], "1.2.2", "N2O", 0.004),
    ("ipcc2006", [("1.2.2", "fuel", "firewood", "", 1, "TJ")], "M.4", "CO2", 30.5 * 44 / 12),
    ("ipcc2006", [("1.1.2.5", "fuel", "firewood", "", 1, "TJ")], "1.1.2.5", "CH4", 0.03),
    ("cn2011", [("1.3.1", "coal_production", "", "mine_state_key", 1, "万吨")], "1.3.1", "CH4", 10_000 * 8.37 * 0.67e-3),
    ("ipcc2006", [("1.3.1", "coal_production", "", "mine_state_key", 1, "万吨")], "1.3.1", "CH4", 10_000 * 18 * 0.67e-3),
    ("cn2011", [("1.3.3", "coal_production", "", "mine_low_gas", 1, "万吨")], "1.3.3", "CH4", 10_000 * 0.94 * 0.67e-3),
    ("cn2011", [("1.3.1", "coal_production", "", "mine_state_key", 1, "万吨"),
                ("1.3.1", "mine_methane_used", "", "", 1, "10^4 m3 CH4"),
                ("1.3.1", "mine_methane_flared", "", "", 1, "10^4 m3 CH4")], "1.3.1", "CH4",
     (83_700 - 10_000 - 9_800) * 0.67e-3),
    ("cn2011", [("1.3.1", "mine_methane_flared", "", "", 1, "10^4 m3 CH4")], "1.3.1", "CO2",
     9_800 * 0.67e-3 * 12 / 16 * 44 / 12),
    ("ipcc2006", [("1.4.3", "gas_transmitted", "", "", 1, "10^8 m3")], "1.4.3", "CH4", 100 * 0.000392 * 1000),
    ("cn2011", [("1.4.5", "oil_production", "", "", 1000, "m3")], "1.4.5", "CH4", (0.01035 + 0.000025) * 1000),
    ("ipcc2006", [("1.4.2", "gas_processed", "", "gas_plant_sweet", 1, "10^6 m3")], "1.4.2", "CO2", 2.15),
    ("ipcc2006", [("1.4.2", "gas_processed", "", "gas_plant_sour", 1, "10^6 m3")], "1.4.2", "CO2", 4.25 + 106.5),
    ("ipcc2006", [("1.5", "co2_captured_stored", "", "", 100, "t CO2")], "1.5", "CO2", -100.0),
    ("cn2011", [("1.5", "co2_captured_stored", "", "", 100, "t CO2")], "M.6", "CO2", 100.0),
    ("cn2011", [("M.1", "fuel", "jet_kerosene", "", 1, "TJ")], "M.1", "CO2", 19.5 * 0.98 * 44 / 12),
    ("ipcc2006", [("M.1", "fuel", "jet_kerosene", "", 1, "TJ")], "M.1", "N2O", 0.002),
    ("ipcc2006", [("1.1.2.3", "fuel", "naphtha", "", -1, "TJ", "feedstock")], "M.7", "CO2", 20.0 * 44 / 12),
    ("cn2011", [("M.9", "credited_removal", "", "", 10, "t CO2")], "M.9", "CO2", 10.0),
    ("cn2011", [("2.11", "emission", "NF3", "", 30, "kg")], "2.11", "NF3", 0.03),
    ("ipcc2006", [("1.2.1", "emission", "CO2", "", 30, "t")], "M.4", "CO2", 30.0),
    ("ipcc2006", [("1.3.1", "emission", "CH4", "", 30, "t")], "1.3.1", "CH4", 30.0),
]  # fmt: skip


@pytest.mark.parametrize(("profile", "rows", "category", "gas", "expected"), BY_HAND)
def test_worked_by_hand(compiled, profile, rows, category, gas, expected):
    inventory = compiled(profile, *rows)
    assert mass(inventory, category, gas) == pytest.approx(expected, rel=1e-12)
    # Leaks of gas processing have no shipped factor: its CO2 is there, its CH4 is said to be missing.
    assert names(inventory) == ({"no-factor"} if category == "1.4.2" else set())


MEMO = [
    [("1.2.2", "fuel", "firewood", "", 1, "TJ")],
    [("1.2.1", "emission", "CO2", "", 1, "t")],
    [("M.10", "ets_verified_emission", "", "", 1, "t CO2")],
]


@pytest.mark.parametrize("profile", ["cn2011", "ipcc2006"])
@pytest.mark.parametrize("rows", MEMO)
def test_memo_items_are_in_no_total(compiled, profile, rows):
    inventory = compiled(profile, *rows)
    assert not mass(inventory, "1", "CO2")


@pytest.mark.parametrize("category", ["1.4.1", "1.4.2", "1.4.4"])
@pytest.mark.parametrize("profile", ["cn2011", "ipcc2006"])
def test_leaks_without_a_factor_are_an_error_and_no_number(compiled, profile, category):
    variable = {"1.4.1": "gas_production", "1.4.2": "gas_processed", "1.4.4": "gas_consumed"}[category]
    inventory = compiled(profile, (category, variable, "", "", 1, "10^8 m3"))
    assert "no-factor" in names(inventory)
    assert not mass(inventory, category, "CH4")


def test_a_process_that_decides_the_factor_must_be_named(compiled):
    for row in [
        ("2.6", "product_output", "nitric_acid", "", 1, "t"),
        ("2.15", "product_output", "ammonia", "", 1, "t"),
    ]:
        assert names(compiled("cn2011", row)) == {"no-factor-technology"}
        assert names(compiled("ipcc2006", row)) == {"no-factor-technology"}


def test_methane_volume_must_say_that_it_is_methane(compiled):
    inventory = compiled("cn2011", ("1.3.1", "mine_methane_used", "", "", 1, "t"))
    assert "unit-not-usable" in names(inventory)


def test_lent_methods_are_said(compiled):
    inventory = compiled("cn2011", ("2.18", "product_output", "zinc", "", 1, "t"))
    assert "method-supplement" in {f.name for f in inventory.findings}


def test_a_range_gives_its_mean_flagged_c(library):
    """Where only a range is printed the value is its mean (or the end that the note names), never more than C."""
    ranged = [r for r in library.rows if "only a range is published" in r.note]
    assert len(ranged) > 40
    for row in ranged:
        assert row.confidence == "C"
        assert row.value == pytest.approx((row.lower + row.upper) / 2, rel=1e-12)


def test_every_product_and_material_is_taken_by_a_method_of_both_profiles():
    fuels, library = Fuels.load(), load_methods()
    for name in ("cn2011", "ipcc2006"):
        profile = library.profile(name)
        taken = {item for m in profile.methods for item in m.items}
        kinds = {
            kind for m in profile.methods if m.categories != ("2.16",) for kind in m.kinds if not m.items
        }
        excluded = {kind for e in profile.exclusions for kind in e.kinds}
        lonely = [
            code
            for code in fuels.of_kinds(
                ("product", "material", "carbonate", "substrate", "facility", "carbide_use")
            )
            if code not in taken and fuels.kind(code) not in kinds | excluded
        ]
        assert not [c for c in lonely if not c.startswith(("cement_", "portland_", "masonry_", "slag_"))]


def test_sources_of_lent_methods_are_never_the_profiles_own():
    for method in load_methods().methods.values():
        if method.id.startswith("cn2011."):
            assert method.source == "guide2011"
        if re.match(r"(ipcc\d{4}|cn2011)\.(supplement|lent)\.", method.id):
            assert method.supplement


def history(*rows: tuple) -> list[dict]:
    keys = ("year", "category", "variable", "item", "technology", "value", "unit")
    return [{"area_code": "510000", **dict(zip(keys, row, strict=True))} for row in rows]


@pytest.mark.parametrize("profile", ["cn2011", "ipcc2006"])
def test_bank_of_a_refrigerant(context_of, gwp, profile):
    """10 t HFC-134a charged in 2019, mobile air conditioning: 15 % of what is left leaks each year, also the first."""
    rows = history(
        (2019, "2.12", "gas_charged", "HFC134a", "air_conditioning_mobile", 10, "t"),
        (2020, "2.12", "gas_charged", "HFC134a", "air_conditioning_mobile", 0, "t"),
        (2021, "2.12", "gas_charged", "HFC134a", "air_conditioning_mobile", 0, "t"),
    )
    inventory = compile_inventory(records(*rows), context_of(profile), gwp, "ar5")
    assert mass(inventory, "2.12", "HFC134a") == pytest.approx(10 * 0.85**2 * 0.15, rel=1e-12)


def test_abandoned_mines(context_of, gwp):
    """1 million m3 per year at closure in 2019: the dry fifth declines by the power law, the flooded rest by e^-Dt."""
    closed = [(year, 100 if year == 2019 else 0) for year in (2019, 2020, 2021)]
    name, unit = "abandoned_mine_ch4_at_closure", "10^4 m3 CH4"
    rows = history(*((year, "1.3.4", name, "", "", value, unit) for year, value in closed))
    inventory = compile_inventory(records(*rows), context_of("cn2011"), gwp, "ar5")
    dry, flooded = (1 + 2.017 * 0.302 * 2) ** (-1 / 2.017), math.exp(-0.672 * 2)
    expected = 1e6 * (0.2 * dry + 0.8 * flooded) * 0.67e-3
    assert mass(inventory, "1.3.4", "CH4") == pytest.approx(expected, rel=1e-12)
