"""Fuels: names, stand-ins, kinds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghg_inventory.codes import Fuel, Fuels
from ghg_inventory.codes.fuels import KINDS
from ghg_inventory.codes.words import fold

FUELS = Fuels.load()

CONTRACT = """
raw_coal cleaned_coal other_washed_coal briquettes coal_gangue coke coke_oven_gas blast_furnace_gas
converter_gas other_gas other_coking_products crude_oil gasoline kerosene jet_kerosene diesel fuel_oil
naphtha lubricants paraffin_wax white_spirit bitumen petroleum_coke lpg refinery_gas
other_petroleum_products natural_gas lng heat electricity other_energy anthracite bituminous_coal lignite
coal_tar crude_benzol
"""

IPCC = """
anthracite aviation_gasoline biodiesels biogasoline bitumen blast_furnace_gas brown_coal_briquettes
charcoal coal_tar coke_oven_coke_and_lignite_coke coke_oven_gas coking_coal crude_oil diesel_oil ethane
gas_coke gas_oil gas_works_gas industrial_wastes jet_gasoline jet_kerosene landfill_gas lignite
liquefied_petroleum_gases lubricants motor_gasoline municipal_wastes_biomass_fraction
municipal_wastes_non_biomass_fraction naphtha natural_gas natural_gas_liquids_ngls oil_shale_and_tar_sands
orimulsion other_biogas other_bituminous_coal other_kerosene other_liquid_biofuels
other_petroleum_products other_primary_solid_biomass oxygen_steel_furnace_gas patent_fuel peat
petroleum_coke refinery_feedstocks refinery_gas residual_fuel_oil shale_oil sludge_gas sub_bituminous_coal
sulphite_lyes_black_liquor waste_oils waxes white_spirit_sbp wood_wood_waste
"""


def test_every_item_of_the_architecture_is_there():
    assert [code for code in CONTRACT.split() if code not in FUELS] == []


def test_the_54_fuels_of_ipcc_table_1_2_and_1_3_are_there():
    codes = IPCC.split()
    assert len(codes) == 54
    assert [code for code in codes if code not in FUELS] == []


def test_kinds_and_measures_are_known_words():
    for fuel in FUELS:
        assert fuel.kind in KINDS or not FUELS.is_fuel(fuel.code)
        assert fuel.measured_as in ("mass", "volume", "energy") or not FUELS.is_fuel(fuel.code)
        assert fuel.zh
        assert fuel.en


def test_every_stand_in_says_why_and_has_the_same_nature():
    burnt = {"fossil", "derived"}
    for fuel in FUELS:
        if fuel.broader and FUELS.is_fuel(fuel.code):
            other = FUELS.fuel(fuel.broader)
            assert fuel.note, fuel.code
            assert fuel.kind == other.kind or {fuel.kind, other.kind} <= burnt, fuel.code


def test_a_calorific_value_is_borrowed_only_for_the_same_measure():
    for fuel in FUELS:
        if fuel.broader_ncv:
            assert fuel.broader
            assert FUELS.fuel(fuel.broader).measured_as == fuel.measured_as


def test_raw_coal_may_borrow_carbon_content_but_not_the_calorific_value():
    assert FUELS.chain("raw_coal") == ("raw_coal", "other_bituminous_coal")
    assert FUELS.ncv_chain("raw_coal") == ("raw_coal",)
    assert FUELS.ncv_chain("gasoline") == ("gasoline", "motor_gasoline")


def test_chains_go_one_step_at_a_time():
    assert FUELS.chain("coal_slime") == ("coal_slime", "other_washed_coal", "other_bituminous_coal")


def test_recovered_gases_and_non_energy_products_are_marked():
    assert {f.code for f in FUELS if f.kind == "recovered"} == {
        "blast_furnace_gas", "converter_gas", "oxygen_steel_furnace_gas",
    }  # fmt: skip
    for code in ("bitumen", "lubricants", "paraffin_wax", "white_spirit"):
        assert FUELS.kind(code) == "non_energy"
        assert "Vol 3 Ch 5" in FUELS.fuel(code).note
    assert FUELS.kind("") == ""
    assert FUELS.kind("cheese") == ""


@pytest.mark.parametrize(("text", "code"), [
    ("煤气", "other_gas"), ("汽油(车用)", "gasoline"), ("汽油（车用）", "gasoline"), ("Diesel Oil", "diesel"),
    ("ＬＰＧ", "lpg"), ("液化气", "lpg"), ("液化石油气", "lpg"), ("煤制品", "briquettes"), (" 原 煤", None),
    ("原煤 ", "raw_coal"), ("石油沥青", "bitumen"), ("洗精煤(炼焦煤)", "cleaned_coal"),
    ("电力", "electricity"), ("", None), ("coke_oven_coke", "coke_oven_coke_and_lignite_coke"),
])  # fmt: skip
def test_find(text, code):
    assert FUELS.find(text) == code


@pytest.mark.parametrize(("text", "code"), [
    ("diesl", "diesel"), ("原媒", "raw_coal"), ("natural gaz", "natural_gas"),
    ("petrol coke", "petroleum_coke"),
])  # fmt: skip
def test_suggest_names_the_fuel_meant(text, code):
    found = FUELS.suggest(text)
    assert code in found
    assert len(found) <= 3


def test_names_in_both_languages():
    assert FUELS.name("lpg", "zh") == "液化石油气"
    assert FUELS.name("lpg", "en") == "LPG"
    assert FUELS.name("cheese", "en") == "cheese"


@pytest.mark.parametrize("fuels", [
    [Fuel("a", "甲", "A", "fossil", "b")],
    [Fuel("a", "甲", "A", "fossil", "b"), Fuel("b", "乙", "B", "fossil", "a")],
    [Fuel("a", "甲", "A", "fossil"), Fuel("b", "甲", "B", "fossil")],
    [Fuel("a", "甲", "A", "fossil"), Fuel("a", "乙", "B", "fossil")],
], ids=["unknown broader", "circle", "shared name", "twice"])  # fmt: skip
def test_wrong_lists_are_refused(fuels):
    with pytest.raises(ValueError, match=r"fuel"):
        Fuels(fuels)


@given(st.text(max_size=40))
def test_finding_and_suggesting_never_fail(text):
    code = FUELS.find(text)
    assert code is None or code in FUELS
    assert set(FUELS.suggest(text)) <= set(FUELS.codes)


@given(st.sampled_from(FUELS.codes))
def test_every_name_finds_its_fuel(code):
    fuel = FUELS.fuel(code)
    for text in (fuel.code, fuel.zh, fuel.en, *fuel.aliases):
        assert FUELS.find(f" {text.upper()}") == code
        assert fold(fold(text)) == fold(text)
