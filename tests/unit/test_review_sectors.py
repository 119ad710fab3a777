"""An independent reading of the sector methods: each case is worked by hand from the printed equation.

The numbers stand here as they are in the publications, not as the factor files hold them, so that a factor or a
formula that moves is seen. Area: Mianyang (Sichuan), year 2021.
"""

from __future__ import annotations

import math

import pytest
from conftest import records

from ghg_inventory.codes import CategoryTree
from ghg_inventory.inventory import compile_inventory
from ghg_inventory.methods import load_methods

AREA, YEAR = "510700", 2021
CO2, CH4, N2O = 44 / 12, 16 / 12, 44 / 28


@pytest.fixture
def compiled(context_of, gwp):
    """Compile rows (category, variable, item, technology, value, unit[, year]) under a profile."""

    def make(profile: str, *rows: tuple, gwp_set: str = "ar6"):
        keys = ("category", "variable", "item", "technology", "value", "unit", "year")
        named = [{"area_code": AREA, "year": YEAR, **dict(zip(keys, row, strict=False))} for row in rows]
        return compile_inventory(records(*named), context_of(profile), gwp, gwp_set, years=(YEAR,))

    return make


def herd(item: str, category: str, technology: str = "", heads: float = 1000) -> tuple:
    return (category, "livestock_population", item, technology, heads, "head")


# Nitrogen of 1000 head in t: rate [kg N/1000 kg/day] × mass [kg] × 365 (2019 Refinement, Tables 10.19 and 10A.5, Asia).
SWINE_N = 0.61 * 58 * 365 / 1000
CATTLE_N = 0.38 * 299 * 365 / 1000
HORSE_N = 0.46 * 238 * 365 / 1000
HEN_N = 1.0 * 1.5 * 365 / 1000

# Share × (EF3 + volatilised share × EF4 0.01) over the systems of Table 10A.7, high productivity.
SWINE_SCALE = (
    0.35 * (0 + 0.40 * 0.01)  # lagoon
    + 0.21 * (0.005 + 0.30 * 0.01)  # slurry
    + 0.02 * (0.02 + 0.45 * 0.01)  # dry lot
    + 0.35 * (0.002 + 0.25 * 0.01)  # pit
    + 0.07 * 0.0006  # digester
)
HEN = 0.04 * (0 + 0.40 * 0.01) + 0.94 * (0.002 + 0.28 * 0.01) + 0.01 * 0.07 * 0.01

SWINE_SOIL = [herd("swine", "3.1.6", "scale"), ("3.1.6", "manure_applied_share", "swine", "scale", 0.4, "1")]
RICE_STRAW = [("3.4.3", "crop_production", "rice", "", 1000, "t"), ("3.4.3", "straw_return_rate", "rice", "", 50, "%"),
              ("3.4.3", "residue_burnt_share", "rice", "", 10, "%")]  # fmt: skip
MAIZE = [("3.4.3", "crop_production", "maize", "", 1000, "t"), ("3.4.3", "straw_return_rate", "maize", "", 40, "%"),
         ("3.4.3", "residue_burnt_share", "maize", "", 10, "%")]  # fmt: skip
GUIDE_RICE_N = 1000 * 0.855 * ((1 / 0.489 - 1) * 0.5 + 0.125 / 0.489) * 0.00753
IPCC_MAIZE_N = 1000 * 0.87 * (1.0 * 0.006 * (0.4 + 0.1 * (1 - 0.8)) + (1 + 1.0) * 0.22 * 0.007)
CONVERTED = [("4.2", "forest_converted", "", "burnt_extra_tropical_forest", 10, "ha"),
             ("4.2", "forest_biomass_before", "", "", 100, "t d.m./ha"),
             ("4.2", "forest_biomass_after", "", "", 10, "t d.m./ha"),
             ("4.2", "forest_share_burnt_on_site", "", "", 0.4, "1"),
             ("4.2", "forest_share_burnt_off_site", "", "", 0.3, "1")]  # fmt: skip
PINE = [("forest_wood_density", "tree_pinus_massoniana", "", 0.4, "t d.m./m3")]
PEOPLE = [("5.6", "protein_population", "", "", 1e6, "person"),
          ("5.6", "protein_consumption", "", "", 30, "kg protein/person/yr")]  # fmt: skip
NON_CON = ("5.6", "protein_non_consumed", "", "", 1.1, "1")

# (profile, rows, category, gas, tonnes worked by hand)
BY_HAND = [
    # -- herds: one record, several categories ---------------------------------------------------------
    ("cn2011", [herd("dairy_cattle", "3.1.1", "scale")], "3.1.1", "CH4", 88.1),
    ("cn2011", [herd("dairy_cattle", "3.1.1", "scale")], "3.2.1", "CH4", 6.51),
    ("cn2011", [herd("dairy_cattle", "3.1.1", "scale")], "3.2.1", "N2O", 1.884),
    ("cn2011", [herd("other_cattle", "3.1.2", "grazing")], "3.1.2", "CH4", 85.3),
    ("cn2011", [herd("buffalo", "3.1.3", "household")], "3.2.3", "N2O", 1.197),
    ("cn2011", [herd("goat", "3.1.5", "grazing")], "3.1.5", "CH4", 6.7),
    ("cn2011", [herd("goat", "3.1.5", "grazing")], "3.2.5", "CH4", 0.53),
    ("cn2011", [herd("horse", "3.1.7")], "3.2.7", "CH4", 1.64),
    ("cn2011", [herd("horse", "3.1.7")], "3.2.7", "N2O", HORSE_N * 0.5 * (0.01 + 0.12 * 0.01) * N2O),
    ("cn2011", [herd("poultry", "3.2.10", "", 1e6)], "3.2.10", "CH4", 20.0),
    ("cn2011", [herd("poultry", "3.2.10", "", 1e6)], "3.2.10", "N2O", 7.0),
    ("cn2011", [("3.1.6", "livestock_output", "swine", "", 10_000, "head"),
                ("3.1.6", "days_alive", "swine", "", 180, "day")], "3.2.6", "CH4", 10_000 * 180 / 365 * 4.18e-3),
    ("cn2011", SWINE_SOIL, "3.4.2", "N2O", 16 * 0.4 * 0.0109 * N2O),
    ("cn2011", SWINE_SOIL, "3.4.4", "N2O", 16 * (0.20 + 0.4 * 0.10) * 0.01 * N2O),
    ("cn2011", SWINE_SOIL, "3.4.5", "N2O", 16 * 0.4 * 0.20 * 0.0075 * N2O),
    ("ipcc2006", [herd("dairy_cattle", "3.1.1")], "3.1.1", "CH4", 68.0),
    ("ipcc2006", [herd("dairy_cattle", "3.1.1"), ("3.1.1", "mean_annual_temperature", "", "", 16.5, "1")],
     "3.2.1", "CH4", (14 + 15) / 2),
    ("ipcc2006", [herd("dairy_cattle", "3.1.1"), ("3.1.1", "mean_annual_temperature", "", "", -3, "1")],
     "3.2.1", "CH4", 9.0),
    ("ipcc2006", [herd("sheep", "3.1.4"), ("3.1.4", "mean_annual_temperature", "", "", 20, "1")], "3.2.4", "CH4", 0.15),
    ("ipcc2006", [herd("swine", "3.1.6", "scale")], "3.2.6", "N2O", SWINE_N * SWINE_SCALE * N2O),
    ("ipcc2006", [herd("laying_hen", "3.2.10")], "3.2.10", "N2O", HEN_N * HEN * N2O),
    ("ipcc2006", SWINE_SOIL, "3.4.2", "N2O", SWINE_N * 0.4 * 0.01 * N2O),
    ("ipcc2006", SWINE_SOIL, "3.4.4", "N2O", SWINE_N * 0.4 * 0.20 * 0.01 * N2O),
    ("ipcc2006", SWINE_SOIL, "3.4.5", "N2O", SWINE_N * 0.4 * 0.30 * 0.0075 * N2O),
    ("ipcc2006", [herd("other_cattle", "3.1.2"), ("3.1.2", "manure_applied_share", "other_cattle", "", 0.3, "1")],
     "3.4.2", "N2O", CATTLE_N * (0.3 * 0.01 + 0.36 * 0.02) * N2O),
    # -- rice and soils --------------------------------------------------------------------------------
    ("cn2011", [("3.3.1", "rice_area", "", "", 1000, "ha")], "3.3.1", "CH4", 156.2),
    ("cn2011", [("3.3.3", "rice_area", "", "", 1000, "ha")], "3.3.3", "CH4", 171.7),
    ("cn2011", [("3.3.4", "rice_area", "", "continuously_flooded", 1000, "ha")], "3.3.4", "CH4",
     1.32 * 112 * 1.0 * 2.41),
    ("ipcc2006", [("3.3.1", "rice_area", "", "multiple_aeration", 1000, "ha"),
                  ("3.3.1", "rice_cultivation_days", "", "", 120, "day"),
                  ("3.3.1", "rice_sfp", "", "", 0.68, "1"), ("3.3.1", "rice_sfo", "", "", 1.5, "1")], "3.3.1", "CH4",
     1.30 * 120 * 0.52 * 0.68 * 1.5),
    ("cn2011", [("3.4.1", "synthetic_nitrogen", "", "", 1000, "t N")], "3.4.1", "N2O", 1000 * 0.0109 * N2O),
    ("cn2011", [("3.4.1", "synthetic_nitrogen", "", "", 1000, "t N")], "3.4.4", "N2O", 1000 * 0.1 * 0.01 * N2O),
    ("cn2011", [("3.4.1", "synthetic_nitrogen", "", "", 1000, "t N")], "3.4.5", "N2O", 1000 * 0.2 * 0.0075 * N2O),
    ("ipcc2006", [("3.4.1", "synthetic_nitrogen", "", "", 1000, "t N")], "3.4.5", "N2O", 1000 * 0.3 * 0.0075 * N2O),
    ("ipcc2006", [("3.4.2", "n_applied_organic", "", "", 1000, "t N")], "3.4.4", "N2O", 1000 * 0.2 * 0.01 * N2O),
    ("cn2011", RICE_STRAW, "3.4.3", "N2O", GUIDE_RICE_N * 0.0109 * N2O),
    ("cn2011", RICE_STRAW, "3.4.5", "N2O", GUIDE_RICE_N * 0.2 * 0.0075 * N2O),
    ("ipcc2006", MAIZE, "3.4.3", "N2O", IPCC_MAIZE_N * 0.01 * N2O),
    ("ipcc2006", MAIZE, "3.6", "CH4", 1000 * 0.87 * 1.0 * 0.1 * 0.80 * 2.7e-3),
    ("cn2011", [("3.6", "residue_in_fire", "wheat", "", 1000, "t dm")], "3.6", "N2O", 1000 * 0.90 * 0.07e-3),
    ("cn2011", [("3.5", "urea_applied", "", "", 100, "t")], "3.5", "CO2", 100 * 0.20 * CO2),
    ("ipcc2006", [("3.5", "lime_applied", "agricultural_dolomite", "", 100, "t")], "3.5", "CO2", 100 * 0.13 * CO2),
    # -- land: removals are negative -------------------------------------------------------------------
    ("cn2011", [("4.1.1", "standing_volume", "tree_pinus_massoniana", "", 1e6, "m3"),
                ("4.1.1", "forest_growth_rate", "tree_pinus_massoniana", "", 5, "%"),
                *[("4.1.1", *row) for row in PINE]], "4.1.1", "CO2", -1e6 * 0.05 * 0.4 * 1.65 * 0.5 * CO2),
    ("ipcc2006", [("4.1.1", "standing_volume", "tree_pinus_massoniana", "", 1e6, "m3"),
                  ("4.1.1", "forest_growth_rate", "tree_pinus_massoniana", "", 5, "%"),
                  *[("4.1.1", *row) for row in PINE]], "4.1.1", "CO2", -1e6 * 0.05 * 0.4 * 1.65 * 0.47 * CO2),
    ("cn2011", [("4.1.6", "volume_consumed", "tree_pinus_massoniana", "", 1e4, "m3"),
                *[("4.1.6", *row) for row in PINE]], "4.1.6", "CO2", 1e4 * 0.4 * 1.65 * 0.5 * CO2),
    ("cn2011", [("4.1.3", "forest_area_change", "bamboo_forest", "", -100, "ha"),
                ("4.1.3", "forest_biomass_per_area", "bamboo_forest", "", 60, "t d.m./ha")], "4.1.3", "CO2",
     100 * 60 * 0.5 * CO2),
    ("ipcc2006", [("4.1.1", "forest_area", "forest_low_biomass", "zone_subtropical_humid_young", 100, "ha")],
     "4.1.1", "CO2", -100 * 9.0 * (1 + 0.20) * 0.47 * CO2),
    ("ipcc2006", [("4.1.1", "volume_increment", "pine", "stock_temperate_21_40", 1000, "m3"),
                  ("4.1.1", "forest_root_ratio", "pine", "", 0.3, "t root d.m./t shoot d.m.")], "4.1.1", "CO2",
     -1000 * 0.75 * 1.3 * 0.47 * CO2),
    ("cn2011", CONVERTED, "4.2.1", "CO2", 10 * 90 * 0.4 * 0.9 * 0.5 * CO2),
    ("cn2011", CONVERTED, "4.2.2", "CO2", 10 * 90 * 0.3 * 0.9 * 0.5 * CO2),
    ("cn2011", CONVERTED, "4.2.1", "CH4", 10 * 90 * 0.4 * 0.9 * 0.5 * 0.012 * CH4),
    ("cn2011", CONVERTED, "4.2.1", "N2O", 10 * 90 * 0.4 * 0.9 * 0.5 * 0.01 * 0.007 * N2O),
    ("ipcc2006", CONVERTED, "4.2.1", "CH4", 10 * 90 * 0.4 * 0.51 * 4.7e-3),
    ("ipcc2006", CONVERTED, "4.2.1", "N2O", 10 * 90 * 0.4 * 0.51 * 0.26e-3),
    ("ipcc2006", [("4.6", "land_converted", "from_cropland", "", 10, "ha"),
                  ("4.6", "land_carbon_loss", "from_cropland", "", 5, "t C/ha")], "4.6", "CO2", 50 * CO2),
    ("ipcc2006", [("4.1.1", "carbon_stock", "arbor_forest", "", 1000, "t C", 2016),
                  ("4.1.1", "carbon_stock", "arbor_forest", "", 1500, "t C", 2021)], "4.1.1", "CO2", -100 * CO2),
    # -- waste -----------------------------------------------------------------------------------------
    ("cn2011", [("5.1.3", "waste_landfilled", "wood_waste", "", 1000, "t")], "5.1.3", "CH4",
     1000 * 0.43 * 0.4 * 0.5 * 0.5 * CH4),
    ("cn2011", [("5.1.1", "waste_landfilled", "paper_waste", "", 1000, "t"),
                ("5.1.1", "methane_recovered", "", "methane_used", 20, "t CH4")], "5.1.1", "CH4",
     (1000 * 0.40 * 1.0 * 0.5 * 0.5 * CH4 - 20) * (1 - 0.1)),
    ("cn2011", [("5.2.1", "waste_incinerated", "msw", "incineration_continuous_stoker", 1000, "t")], "5.2.1", "CO2",
     1000 * 0.20 * 0.39 * 0.95 * CO2),
    ("cn2011", [("5.2.1", "waste_incinerated", "msw", "incineration_continuous_stoker", 1000, "t")], "M.4", "CO2",
     1000 * 0.20 * (1 - 0.39) * 0.95 * CO2),
    ("cn2011", [("5.2.1", "waste_incinerated", "msw", "energy_recovery", 1000, "t")], "5.2.1", "N2O", 0.05),
    ("cn2011", [("5.2.2", "waste_incinerated", "hazardous_waste", "incineration_other", 1000, "t")], "5.2.2", "CO2",
     1000 * 0.01 * 0.90 * 0.97 * CO2),
    ("ipcc2006", [("5.2.1", "waste_incinerated", "plastic_waste", "incineration_continuous_stoker", 1000, "t")],
     "5.2.1", "CO2", 1000 * 1.0 * 0.75 * 1.0 * 1.0 * CO2),
    ("ipcc2006", [("5.2.1", "waste_incinerated", "plastic_waste", "energy_recovery_stoker", 1000, "t")],
     "1.1.1.1.1", "CO2", 2750.0),
    ("ipcc2006", [("5.2.1", "waste_incinerated", "paper_waste", "open_burning", 1000, "t")], "5.2.1", "CO2",
     1000 * 0.90 * 0.46 * 0.01 * 0.58 * CO2),
    ("ipcc2006", [("5.2.1", "waste_incinerated", "paper_waste", "open_burning", 1000, "t")], "5.2.1", "CH4", 6.5),
    ("ipcc2006", [("5.2.1", "waste_incinerated", "paper_waste", "open_burning", 1000, "t")], "5.2.1", "N2O",
     1000 * 0.90 * 150e-6),
    ("cn2011", [("5.3", "waste_composted", "food_waste", "", 1000, "t")], "5.3", "CH4", 4.0),
    ("cn2011", [("5.3", "waste_composted", "food_waste", "", 1000, "t")], "5.3", "N2O", 0.24),
    ("ipcc2006", [("5.3", "waste_digested", "food_waste", "", 1000, "t"),
                  ("5.3", "methane_recovered", "", "methane_flared", 0.3, "t CH4")], "5.3", "CH4", 0.8 - 0.3),
    ("cn2011", [("5.4.2", "bod_removed", "", "", 1000, "t BOD")], "5.4.2", "CH4", 1000 * 0.6 * 0.165),
    ("ipcc2006", [("5.4.2", "bod_removed", "", "deep_lagoon", 1000, "t BOD"),
                  ("5.4.2", "bod_in_sludge", "", "deep_lagoon", 100, "t BOD")], "5.4.2", "CH4", 900 * 0.6 * 0.8),
    ("ipcc2006", [("5.4.1", "bod_discharged", "", "", 1000, "t BOD")], "5.4.1", "CH4", 1000 * 0.6 * 0.1),
    ("ipcc2006", [("5.4.2", "wastewater_population", "", "deep_lagoon", 1e6, "person")], "5.4.2", "CH4",
     1e6 * 40e-6 * 1.25 * 365 * 0.6 * 0.8),
    ("ipcc2006", [("5.4.2", "wastewater_population", "", "septic_tank", 1e6, "person")], "5.4.2", "CH4",
     1e6 * 40e-6 * 1.0 * 365 * 0.6 * 0.5),
    ("ipcc2006", [("5.4.1", "wastewater_population", "", "", 1e6, "person")], "5.4.1", "CH4",
     1e6 * 40e-6 * 1.0 * 365 * 0.6 * 0.1),
    ("cn2011", [("5.5.2", "cod_removed", "ww_beverage", "", 1000, "t COD"),
                ("5.5.2", "methane_recovered", "", "methane_used", 5, "t CH4")], "5.5.2", "CH4", 1000 * 0.25 * 0.5 - 5),
    ("cn2011", PEOPLE, "5.6", "N2O", 1e6 * 30 * 0.16 * 1.5 * 1.25 * 0.005 * N2O / 1000),
    ("ipcc2006", [*PEOPLE, NON_CON, ("5.6", "nitrogen_in_sludge", "", "", 100, "t N")], "5.6", "N2O",
     (1e6 * 30 * 0.16 * 1.1 * 1.25 / 1000 - 100) * 0.005 * N2O),
    ("ipcc2006", [("5.6", "plant_population", "", "aerobic_well_managed", 1e6, "person")], "5.6", "N2O",
     1e6 * 1.25 * 3.2e-6),
    # -- industry --------------------------------------------------------------------------------------
    ("ipcc2006", [("2.10", "gas_retired", "SF6", "sf6_closed_europe", 1000, "kg"),
                  ("2.10", "gas_destroyed", "SF6", "", 100, "kg")], "2.10", "SF6", 0.95 - 0.1),
    ("ipcc2006", [("2.11", "gas_use", "HFC23", "display_panel", 1, "t")], "2.11", "C2F6", 0.9 * 0.05),
    ("ipcc2006", [("2.8", "aluminium_output_slope", "aluminium_primary", "aluminium_swpb", 1000, "t"),
                  ("2.8", "anode_effect_minutes", "aluminium_primary", "aluminium_swpb", 2, "min/day")], "2.8", "C2F6",
     1000 * 0.272e-3 * 2 * 0.252),
    ("ipcc2006", [("2.13", "product_output", "float_glass", "", 1000, "t"),
                  ("2.13", "cullet_ratio", "float_glass", "", 0.25, "1")], "2.13", "CO2", 1000 * 0.21 * 0.75),
    ("cn2011", [("2.16", "product_output", "caprolactam", "", 1000, "t")], "2.16", "N2O", 9.0),
    ("cn2011", [("2.17", "product_output", "silicon_metal", "", 1000, "t")], "2.17", "CH4", 1.2),
    ("ipcc2006", [("2.19", "non_energy_use", "grease", "", 1, "TJ")], "2.19", "CO2", 20 * 0.05 * CO2),
    ("ipcc2006", [("2.3", "material_use", "pig_iron", "", 1000, "t"), ("2.3", "material_use", "scrap_steel", "", 500, "t"),
                  ("2.3", "material_use", "graphite_electrode", "", 10, "t"),
                  ("2.3", "product_output", "crude_steel", "steel_eaf", 1400, "t")], "2.3", "CO2",
     (1000 * 0.047 + 500 * 0.01 + 10 * 1.0 - 1400 * 0.01) * CO2),
    # -- fugitive --------------------------------------------------------------------------------------
    ("cn2011", [("1.3.2", "coal_production", "", "mine_opencast", 1, "万吨")], "1.3.2", "CH4", 2e4 * 0.67e-3),
    ("ipcc2006", [("1.3.3", "coal_production", "", "mine_depth_over_400", 1, "万吨")], "1.3.3", "CH4", 4e4 * 0.67e-3),
    ("ipcc2006", [("1.4.5", "oil_production_mass", "", "oil_conventional", 860, "t"),
                  ("1.4.5", "oil_density", "", "oil_conventional", 0.86, "t/m3")], "1.4.5", "CH4", 0.855 + 0.0295),
    ("ipcc2006", [("1.3.4", "abandoned_mine_ch4_at_closure", "", "", 1e6, "m3 CH4", 2016)], "1.3.4", "CH4",
     670 * (0.2 * (1 + 2.017 * 0.302 * 5) ** (-1 / 2.017) + 0.8 * math.exp(-0.672 * 5))),
]  # fmt: skip


@pytest.mark.parametrize(("profile", "rows", "category", "gas", "expected"), BY_HAND)
def test_worked_by_hand(compiled, profile, rows, category, gas, expected) -> None:
    inventory = compiled(profile, *rows)
    assert inventory.mass(AREA, YEAR, category, gas) == pytest.approx(expected, rel=1e-9)


def test_there_are_cases_of_every_sector_and_of_both_profiles() -> None:
    assert len(BY_HAND) >= 80
    assert {category.split(".")[0] for _, _, category, _, _ in BY_HAND} == {"1", "2", "3", "4", "5", "M"}
    assert {profile for profile, *_ in BY_HAND} == {"cn2011", "ipcc2006"}


BIOGENIC = [
    herd("dairy_cattle", "3.1.1", "scale"), herd("poultry", "3.2.10"),
    ("3.3.1", "rice_area", "", "continuously_flooded", 10, "ha"), ("3.6", "residue_burnt", "rice", "", 10, "t dm"),
    ("5.1.1", "waste_landfilled", "food_waste", "climate_temperate_wet", 10, "t", 2015),
    ("5.1.1", "waste_landfilled", "food_waste", "climate_temperate_wet", 10, "t"),
    ("5.3", "waste_composted", "food_waste", "", 10, "t"), ("5.4.2", "bod_removed", "", "septic_tank", 10, "t BOD"),
    ("5.5.1", "cod_discharged", "ww_food", "", 10, "t COD"), ("1.2.2", "fuel", "firewood", "", 10, "TJ"),
]  # fmt: skip
FOSSIL = [
    ("1.3.1", "coal_production", "", "mine_state_key", 10, "t"), ("1.4.3", "gas_transmitted", "", "", 10, "10^4 m3"),
    ("2.17", "product_output", "silicon_metal", "", 10, "t"), ("2.16", "product_output", "ethylene", "", 10, "t"),
]  # fmt: skip


@pytest.mark.parametrize("profile", ["cn2011", "ipcc2006"])
@pytest.mark.parametrize(("rows", "origin"), [(BIOGENIC, "biogenic"), (FOSSIL, "fossil")])
def test_methane_has_the_origin_that_decides_its_gwp(compiled, profile, rows, origin) -> None:
    """AR6: 27.0 for biogenic and 29.8 for fossil CH4; nothing of these falls to the combined value."""
    totals = compiled(profile, *rows).totals()
    methane = totals[(totals["gas"] == "CH4") & (totals["mass_t"] != 0)]
    assert set(methane["origin"]) == {origin}
    value = {"biogenic": 27.0, "fossil": 29.8}[origin]
    assert (methane["co2e_t"] / methane["mass_t"]).to_numpy() == pytest.approx(value, rel=1e-12)


def test_carbon_dioxide_of_biomass_and_of_waste_of_plants_is_in_no_total(compiled) -> None:
    rows = [("1.2.2", "fuel", "firewood", "", 1, "TJ"), ("1.1.2.5", "fuel", "straw", "", 1, "TJ"),
            ("5.2.1", "waste_incinerated", "wood_waste", "incineration_continuous_stoker", 1000, "t")]  # fmt: skip
    for profile in ("cn2011", "ipcc2006"):
        inventory = compiled(profile, *rows)
        for category in ("1", "5"):
            assert not inventory.mass(AREA, YEAR, category, "CO2")
        assert inventory.mass(AREA, YEAR, "M.4", "CO2") > 1000 * 0.4 * CO2


def test_waste_burnt_for_energy_is_in_one_place_by_profile(compiled) -> None:
    row = ("5.2.1", "waste_incinerated", "plastic_waste", "energy_recovery_stoker", 1000, "t")
    guide, ipcc = compiled("cn2011", row), compiled("ipcc2006", row)
    assert (
        guide.mass(AREA, YEAR, "5.2.1", "CO2") == ipcc.mass(AREA, YEAR, "1", "CO2") == pytest.approx(2750.0)
    )
    assert not guide.mass(AREA, YEAR, "1", "CO2")
    assert not ipcc.mass(AREA, YEAR, "5", "CO2")


def test_waste_given_by_composition_decays_once(compiled) -> None:
    """Ten tonnes of which half is food: the same CH4 as five tonnes of food, nothing more for the whole."""

    def year(y: int, item: str, t: float) -> tuple:
        return ("5.1.1", "waste_landfilled", item, "climate_temperate_wet", t, "t", y)

    def share(y: int, item: str) -> tuple:
        return ("5.1.1", "waste_share", item, "", 50, "%", y)

    years = range(2010, 2022)
    whole = compiled("ipcc2006", *[year(y, "msw", 10.0) for y in years],
                     *[share(y, i) for y in years for i in ("food_waste", "plastic_waste")])  # fmt: skip
    parts = compiled("ipcc2006", *[year(y, "food_waste", 5.0) for y in years])
    assert whole.mass(AREA, YEAR, "5.1", "CH4") == pytest.approx(
        parts.mass(AREA, YEAR, "5.1", "CH4"), rel=1e-12
    )


def test_a_load_of_food_waste_decays_as_the_first_order_model_says(compiled) -> None:
    """75 t of decomposable carbon of 2020, k = 0.185: with the default delay nothing decays before 2021, then 1 − e^−k."""
    inventory = compiled("ipcc2006", ("5.1.1", "waste_landfilled", "food_waste", "climate_temperate_wet", 1000, "t", 2020),
                         ("5.1.1", "waste_landfilled", "food_waste", "climate_temperate_wet", 0, "t"))  # fmt: skip
    carbon = 1000 * 0.15 * 0.5 * 1.0
    decayed = carbon * (1 - math.exp(-0.185))
    assert inventory.mass(AREA, YEAR, "5.1.1", "CH4") == pytest.approx(decayed * 0.5 * CH4, rel=1e-9)


def test_manure_goes_to_the_animal_it_comes_from() -> None:
    """3.1.x CH4 of a herd and 3.2.x of its manure are the same animal: the names of the two rows agree."""
    tree = CategoryTree.load()
    pairs = {
        (start, target)
        for name in ("cn2011", "ipcc2006")
        for method in load_methods().profile(name).methods
        for start, target in method.into
        if start.startswith("3.1.") and target.startswith("3.2.")
    }
    assert len(pairs) == 10
    for start, target in pairs:
        assert tree.category(start).zh == tree.category(target).zh


STATISTICS = {"cn_energy_statistics", "cn_coal_composite"}
"""Not the guide's own, but what it sends the reader to (calorific values) or what stands in with its own finding."""


@pytest.mark.parametrize("profile", ["cn2011", "ipcc2006"])
def test_a_value_of_another_document_is_said_to_be_lent(profile) -> None:
    """Under the guide's or the Guidelines' name only their own values, or the method says that it is lent."""
    own = {"cn2011": {"guide2011"} | STATISTICS, "ipcc2006": {"ipcc2006"}}
    for method in load_methods().profile(profile).methods:
        prefix = method.id.split(".")[0]
        if prefix in own and not method.supplement:
            taken = {one for need in method.inputs for one in need.sets}
            assert taken <= own[prefix], method.id


def test_the_guide_lends_nothing_that_is_not_cited_from_it() -> None:
    for method in load_methods().profile("cn2011").methods:
        if method.id.startswith("cn2011."):
            assert method.source == "guide2011", method.id
