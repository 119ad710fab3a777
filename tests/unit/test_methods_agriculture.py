"""Agriculture through the product's own compile: published cases, values by hand, shared herds, honest gaps."""

from __future__ import annotations

import csv

import pytest
from conftest import ROOT, records

from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.inventory import Inventory, compile_inventory, coverage
from ghg_inventory.methods import covers, load_methods

AREA = "510700"
YEAR = 2021
PROFILES = ("cn2011", "ipcc2006")
CASES = ROOT / "tests" / "cases"
N2O = 44 / 28


def row(
    category: str, variable: str, value: float, unit: str, item: str = "", **more: object
) -> dict[str, object]:
    """One record of Mianyang 2021."""
    return {"area_code": AREA, "year": YEAR, "category": category, "variable": variable, "item": item,
            "value": value, "unit": unit, "source": "test", **more}  # fmt: skip


def stated(
    variable: str, value: float, unit: str = "1", category: str = "3", **more: object
) -> dict[str, object]:
    """A measured value for all of agriculture."""
    return row(category, variable, value, unit, **more)


@pytest.fixture
def run(context_of, gwp):
    """Compile rows under a profile: run("cn2011", row(...), …)."""

    def compile_rows(profile: str, *rows: dict[str, object]) -> Inventory:
        return compile_inventory(records(*rows), context_of(profile), gwp, "ar5", years=(YEAR,))

    return compile_rows


def mass(inventory: Inventory, category: str, gas: str) -> float | None:
    """Tonnes of gas of Mianyang 2021, None where no record stands behind the cell."""
    return inventory.mass(AREA, YEAR, category, gas)


def errors(inventory: Inventory) -> list[str]:
    return [f.line("en") for f in inventory.findings if f.severity == "error"]


# --- every leaf -------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES)
def test_every_leaf_of_agriculture_has_a_method(profile: str) -> None:
    found = coverage(load_methods().profile(profile), CategoryTree.load())
    mine = [c for c in found if c.category.split(".")[0] == "3"]
    assert len(mine) > 40
    assert not [(c.category, c.gas) for c in mine if c.status == "missing"]


def test_every_variable_of_a_method_is_declared_and_its_technologies_are_listed() -> None:
    library = load_methods()
    used = {m.variable for name in PROFILES for m in library.profile(name).methods
            if any(covers("3", c) for c in m.categories)}  # fmt: skip
    assert used
    assert not used - set(library.variables)


@pytest.mark.parametrize("name", PROFILES)
def test_no_two_methods_claim_the_same_records(name: str) -> None:
    """Every item of every variable of agriculture at every leaf, with every technology: one chain per gas and target."""
    library, items, codes = load_methods(), Fuels.load(), CategoryTree.load().codes
    profile = library.profile(name)
    mine = [v for v in library.variables.values() if "3" in {c[0] for m in profile.methods for c in m.categories
                                                             if m.variable == v.id}]  # fmt: skip
    assert len(mine) >= 12
    for variable in mine:
        for item in items.of_kinds(variable.kinds) if variable.kinds else ("",):
            for code in (c for c in codes if c.startswith("3.")):
                for technology in ("", *variable.technologies):
                    chains = profile.methods_for(code, variable.id, "", item, items.kind(item), technology)
                    targets = [(c[0].gas, c[0].target(code)) for c in chains]
                    assert len(set(targets)) == len(targets)


# --- livestock --------------------------------------------------------------------------------------


def test_one_herd_serves_enteric_manure_and_soils_under_the_provincial_guide(run) -> None:
    """1000 dairy cows kept at large scale in Sichuan; half of the nitrogen excreted goes to farmland."""
    inventory = run(
        "cn2011", row("3.1.1", "livestock_population", 1000.0, "head", "dairy_cattle", technology="scale"),
        stated("manure_applied_share", 0.5),
    )  # fmt: skip
    assert not errors(inventory)
    excreted = 1000 * 60 / 1000
    assert mass(inventory, "3.1.1", "CH4") == pytest.approx(88.1)
    assert mass(inventory, "3.2.1", "CH4") == pytest.approx(6.51)
    assert mass(inventory, "3.2.1", "N2O") == pytest.approx(1.884)
    assert mass(inventory, "3.4.2", "N2O") == pytest.approx(excreted * 0.5 * 0.0109 * N2O)
    assert mass(inventory, "3.4.4", "N2O") == pytest.approx(excreted * (0.2 + 0.5 * 0.1) * 0.01 * N2O)
    assert mass(inventory, "3.4.5", "N2O") == pytest.approx(excreted * 0.5 * 0.2 * 0.0075 * N2O)
    assert mass(inventory, "3.1.1", "N2O") is None


def test_without_a_rearing_mode_enteric_ch4_is_an_error_not_a_default(run) -> None:
    inventory = run("cn2011", row("3.1.1", "livestock_population", 1000.0, "head", "dairy_cattle"))
    assert not mass(inventory, "3.1.1", "CH4")
    assert any("3.1.1" in line for line in errors(inventory))


def test_without_the_share_applied_soils_are_an_error_and_manure_is_not(run) -> None:
    inventory = run("cn2011", row("3.1.6", "livestock_population", 1.0, "10^4 head", "swine"))
    assert mass(inventory, "3.1.6", "CH4") == pytest.approx(10.0)
    assert mass(inventory, "3.2.6", "CH4") == pytest.approx(41.8)
    assert not mass(inventory, "3.4.2", "N2O")
    assert any("manure_applied_share" in line or "3.4.2" in line for line in errors(inventory))


def test_horses_take_their_manure_n2o_from_the_refinement_under_the_guide(run) -> None:
    """The guide's value is of confidence D and is not shipped: 0.46 kg/t/day × 238 kg × 365, half stored solid."""
    inventory = run("cn2011", row("3.1.7", "livestock_population", 1000.0, "head", "horse"),
                    stated("manure_applied_share", 0.0))  # fmt: skip
    nitrogen = 1000 * 0.46 * 0.238 * 365 / 1000
    assert mass(inventory, "3.2.7", "CH4") == pytest.approx(1.64)
    assert mass(inventory, "3.2.7", "N2O") == pytest.approx(nitrogen * 0.5 * (0.01 + 0.12 * 0.01) * N2O)


@pytest.mark.parametrize(
    ("temperature", "expected"),
    [(5.0, 9.0), (10.0, 9.0), (16.0, 14.0), (16.5, 14.5), (28.0, 31.0), (31.0, 31.0)],
)
def test_manure_ch4_of_dairy_cattle_follows_table_10_14(run, temperature: float, expected: float) -> None:
    inventory = run(
        "ipcc2006", row("3.1.1", "livestock_population", 1000.0, "head", "dairy_cattle"),
        stated("mean_annual_temperature", temperature),
    )  # fmt: skip
    assert mass(inventory, "3.1.1", "CH4") == pytest.approx(68.0)
    assert mass(inventory, "3.2.1", "CH4") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("temperature", "expected"), [(9.0, 0.1), (14.0, 0.1), (15.0, 0.15), (25.0, 0.15), (26.0, 0.2)]
)
def test_manure_ch4_of_sheep_follows_the_climates_of_table_10_15(
    run, temperature: float, expected: float
) -> None:
    inventory = run("ipcc2006", row("3.1.4", "livestock_population", 1000.0, "head", "sheep"),
                    stated("mean_annual_temperature", temperature))  # fmt: skip
    assert mass(inventory, "3.2.4", "CH4") == pytest.approx(expected)


def test_without_a_temperature_manure_ch4_is_an_error(run) -> None:
    inventory = run("ipcc2006", row("3.1.1", "livestock_population", 1000.0, "head", "dairy_cattle"))
    assert not mass(inventory, "3.2.1", "CH4")
    assert any("3.2.1" in line or "mean_annual_temperature" in line for line in errors(inventory))


def test_manure_n2o_of_dairy_cattle_by_hand(run) -> None:
    """0.44 kg/t/day × 386 kg × 365; slurry 1 %, solid 21 %, dry lot 29 %, the rest on pasture or burned."""
    inventory = run("ipcc2006", row("3.1.1", "livestock_population", 1000.0, "head", "dairy_cattle"),
                    stated("mean_annual_temperature", 16.0), stated("manure_applied_share", 0.25))  # fmt: skip
    nitrogen = 0.44 * 0.386 * 365
    stored = 0.01 * (0.005 + 0.30 * 0.01) + 0.21 * (0.01 + 0.30 * 0.01) + 0.29 * (0.02 + 0.30 * 0.01)
    assert mass(inventory, "3.2.1", "N2O") == pytest.approx(nitrogen * stored * N2O)
    assert mass(inventory, "3.4.2", "N2O") == pytest.approx(nitrogen * (0.25 * 0.01 + 0.38 * 0.02) * N2O)
    assert mass(inventory, "3.4.4", "N2O") == pytest.approx(nitrogen * 0.63 * 0.2 * 0.01 * N2O)
    assert mass(inventory, "3.4.5", "N2O") == pytest.approx(nitrogen * 0.63 * 0.3 * 0.0075 * N2O)
    assert not errors(inventory)


def test_agr_015_and_016_half_of_the_nitrogen_in_solid_storage(run) -> None:
    """118.26 kg N/head (600 kg × 0.54 kg/t/day), EF3 0.005: 464.59 kg; FracGas 0.3: 278.76 kg indirect."""
    zero = [stated(f"ms_{s}", 0.0) for s in ("lagoon", "liquid", "drylot", "pit", "daily_spread", "digester", "litter",
                                             "pasture")]  # fmt: skip
    inventory = run(
        "ipcc2006", row("3.1.1", "livestock_population", 1000.0, "head", "dairy_cattle"), *zero,
        stated("ms_solid", 50.0, "%"), stated("ef3_solid", 0.005, "kg N2O-N/kg N"),
        stated("frac_gas_ms_solid", 0.3, "kg N/kg N"), stated("nitrogen_excretion_rate", 0.54, "kg N/1000 kg/day"),
        stated("typical_animal_mass", 600.0, "kg/head"),
    )  # fmt: skip
    assert mass(inventory, "3.2.1", "N2O") == pytest.approx(
        (464.5928571428572 + 278.7557142857143) / 1000, rel=1e-9
    )


def test_shares_of_manure_systems_are_complete_and_none_exceeds_one(library) -> None:
    totals: dict[tuple[str, str], float] = {}
    for factor in library.rows:
        if factor.parameter.startswith("ms_") and factor.set == "ipcc2019":
            totals[factor.item, factor.technology] = (
                totals.get((factor.item, factor.technology), 0.0) + factor.value
            )
    assert len(totals) == 12
    # Cattle and buffalo dung burned as fuel is not managed here.
    burned = {"dairy_cattle": 11, "other_cattle": 7, "buffalo": 2}
    for (item, _), total in totals.items():
        assert total == pytest.approx(100 - burned.get(item, 0))


def test_output_of_pigs_becomes_an_average_population(run) -> None:
    """10 000 pigs sold after 180 days are 4931.5 on average."""
    inventory = run("cn2011", row("3.1.6", "livestock_output", 10000.0, "head", "swine"),
                    stated("days_alive", 180.0, "day"), stated("manure_applied_share", 0.0))  # fmt: skip
    assert mass(inventory, "3.1.6", "CH4") == pytest.approx(10000 * 180 / 365 / 1000)
    assert mass(inventory, "3.2.6", "CH4") == pytest.approx(10000 * 180 / 365 * 4.18 / 1000)
    assert not errors(inventory)


def test_output_without_days_alive_is_an_error(run) -> None:
    inventory = run("cn2011", row("3.1.6", "livestock_output", 10000.0, "head", "swine"))
    assert not mass(inventory, "3.1.6", "CH4")
    assert errors(inventory)


def test_hens_are_poultry_under_the_guide_and_hens_under_ipcc(run) -> None:
    hens = row("3.2.10", "livestock_population", 1e6, "head", "laying_hen")
    guide = run("cn2011", hens, stated("manure_applied_share", 0.0))
    assert mass(guide, "3.2.10", "CH4") == pytest.approx(20.0)
    assert mass(guide, "3.2.10", "N2O") == pytest.approx(7.0)
    ipcc = run("ipcc2006", hens, stated("mean_annual_temperature", 16.0), stated("manure_applied_share", 0.0))
    assert mass(ipcc, "3.2.10", "CH4") == pytest.approx(20.0)
    nitrogen = 1e6 * 1.0 * 0.0015 * 365 / 1000
    stored = 0.04 * 0.4 * 0.01 + 0.94 * (0.002 + 0.28 * 0.01) + 0.01 * 0.07 * 0.01
    assert mass(ipcc, "3.2.10", "N2O") == pytest.approx(nitrogen * stored * N2O)


# --- rice -------------------------------------------------------------------------------------------


def test_rice_under_the_guide_by_region_and_in_mu(run) -> None:
    inventory = run("cn2011", row("3.3.1", "rice_area", 15.0, "10^4 mu"))
    assert mass(inventory, "3.3.1", "CH4") == pytest.approx(10000 * 156.2 / 1000)


@pytest.mark.parametrize(
    ("area", "category", "factor"),
    [("110000", "3.3.1", 234.0), ("330000", "3.3.2", 211.4), ("430000", "3.3.3", 273.2), ("230000", "3.3.1", 168.0),
     ("650000", "3.3.1", 231.2)],
)  # fmt: skip
def test_rice_factor_of_each_region(context_of, gwp, area: str, category: str, factor: float) -> None:
    rows = records({**row(category, "rice_area", 1000.0, "ha"), "area_code": area})
    inventory = compile_inventory(rows, context_of("cn2011"), gwp, "ar5")
    assert inventory.mass(area, YEAR, category, "CH4") == pytest.approx(factor)


def test_winter_flooded_paddies_take_the_refinement_under_the_guide(run) -> None:
    inventory = run("cn2011", row("3.3.4", "rice_area", 1000.0, "ha", technology="continuously_flooded"))
    assert mass(inventory, "3.3.4", "CH4") == pytest.approx(1.32 * 112 * 1.0 * 2.41)


def test_rice_under_ipcc_needs_the_water_regime_and_takes_days_stated(run) -> None:
    area = row("3.3.1", "rice_area", 1000.0, "ha", technology="multiple_aeration")
    inventory = run("ipcc2006", area, stated("rice_cultivation_days", 120.0, "day"))
    assert mass(inventory, "3.3.1", "CH4") == pytest.approx(1.30 * 120 * 0.52 * 1.22)
    assert not mass(run("ipcc2006", {**area, "technology": ""}), "3.3.1", "CH4")


def test_c133_rice_of_the_australian_calculator(run) -> None:
    """1.19 kg × 0.54 × 0.89 × 100 d on 1000 ha = 57.1914 t CH4."""
    inventory = run(
        "ipcc2006", row("3.3.1", "rice_area", 1000.0, "ha", technology="rainfed_regular"),
        stated("rice_baseline_ch4", 1.19, "kg CH4/ha/day"), stated("rice_sfw", 0.54), stated("rice_sfp", 0.89),
        stated("rice_cultivation_days", 100.0, "day"),
    )  # fmt: skip
    assert mass(inventory, "3.3.1", "CH4") == pytest.approx(57.1914, rel=1e-9)


# --- soils ------------------------------------------------------------------------------------------


def test_synthetic_nitrogen_gives_direct_and_both_indirect_emissions(run) -> None:
    nitrogen = row("3.4.1", "synthetic_nitrogen", 1000.0, "t N")
    guide, ipcc = run("cn2011", nitrogen), run("ipcc2006", nitrogen)
    assert mass(guide, "3.4.1", "N2O") == pytest.approx(1000 * 0.0109 * N2O)
    assert mass(guide, "3.4.4", "N2O") == pytest.approx(1000 * 0.1 * 0.01 * N2O)
    assert mass(guide, "3.4.5", "N2O") == pytest.approx(1000 * 0.2 * 0.0075 * N2O)
    assert mass(ipcc, "3.4.1", "N2O") == pytest.approx(1000 * 0.01 * N2O)
    assert mass(ipcc, "3.4.5", "N2O") == pytest.approx(1000 * 0.3 * 0.0075 * N2O)
    assert mass(guide, "3.4", "N2O") == pytest.approx(1000 * (0.0109 + 0.001 + 0.0015) * N2O)


def test_nitrogen_on_flooded_rice_has_its_own_factor_under_ipcc(run) -> None:
    wet = row("3.4.1", "synthetic_nitrogen", 1000.0, "t N", technology="flooded_rice_field")
    assert mass(run("ipcc2006", wet), "3.4.1", "N2O") == pytest.approx(1000 * 0.003 * N2O)
    assert mass(run("cn2011", wet), "3.4.1", "N2O") == pytest.approx(1000 * 0.0109 * N2O)


def test_compound_fertiliser_needs_its_nitrogen_share(run) -> None:
    compound = row("3.4.1", "compound_fertiliser", 1000.0, "t")
    inventory = run("cn2011", compound, stated("compound_nitrogen_share", 0.3, "kg N/kg"))
    assert mass(inventory, "3.4.1", "N2O") == pytest.approx(300 * 0.0109 * N2O)
    assert errors(run("cn2011", compound))


def test_straw_nitrogen_of_rice_under_the_guide(run) -> None:
    """(1/0.489 − 1) × 60 % returned and roots 0.125/0.489, dry matter 0.855, nitrogen 0.00753."""
    inventory = run("cn2011", row("3.4.3", "crop_production", 10000.0, "t", "rice"),
                    stated("straw_return_rate", 60.0, "%"), stated("residue_burnt_share", 0.0))  # fmt: skip
    nitrogen = 10000 * 0.855 * ((1 / 0.489 - 1) * 0.6 + 0.125 / 0.489) * 0.00753
    assert mass(inventory, "3.4.3", "N2O") == pytest.approx(nitrogen * 0.0109 * N2O)
    assert mass(inventory, "3.4.4", "N2O") == pytest.approx(nitrogen * 0.1 * 0.01 * N2O)
    assert mass(inventory, "3.6", "CH4") == 0.0
    assert not errors(inventory)


def test_straw_without_a_return_rate_is_an_error(run) -> None:
    inventory = run("cn2011", row("3.4.3", "crop_production", 10000.0, "t", "rice"))
    assert not mass(inventory, "3.4.3", "N2O")
    assert errors(inventory)


def test_agr_028_crop_residue_nitrogen_of_the_refinement(run) -> None:
    """53 433.6 kg N: nothing removed, 10 % burnt with Cf 0.8, so 90 % returned."""
    inventory = run(
        "ipcc2006", row("3.4.3", "crop_production", 5000.0, "t", "wheat"),
        stated("crop_dry_matter", 0.88, "kg dm/kg"), stated("residue_crop_ratio", 1.3),
        stated("residue_nitrogen_above", 0.006, "kg N/kg dm"), stated("residue_nitrogen_below", 0.009, "kg N/kg dm"),
        stated("residue_root_ratio", 0.24), stated("combustion_factor", 0.8),
        stated("straw_return_rate", 90.0, "%"), stated("residue_burnt_share", 10.0, "%"),
    )  # fmt: skip
    assert mass(inventory, "3.4.3", "N2O") == pytest.approx(53.43360 * 0.01 * N2O, rel=1e-9)


def test_agr_025_organic_soils(run) -> None:
    inventory = run("ipcc2006", row("3.4.2", "organic_soil_area", 500.0, "ha", technology="temperate"))
    assert mass(inventory, "3.4.2", "N2O") == pytest.approx(6.285714285714285, rel=1e-9)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    "crop", ["rice", "wheat", "maize", "soybean", "rapeseed", "peanut", "tubers", "barley", "millet"]
)
def test_the_common_crops_compile_with_the_shares_stated(run, profile: str, crop: str) -> None:
    inventory = run(
        profile, row("3.4.3", "crop_production", 1000.0, "t", crop), stated("straw_return_rate", 0.5),
        stated("residue_burnt_share", 0.05),
    )  # fmt: skip
    assert not errors(inventory)
    for category, gas in (("3.4.3", "N2O"), ("3.4.5", "N2O"), ("3.6", "CH4"), ("3.6", "N2O")):
        assert mass(inventory, category, gas) > 0


def test_vegetables_have_no_default_residue_of_the_refinement(run) -> None:
    """A generic dry matter of 0.85 would be wrong by a factor of six for fresh vegetables."""
    inventory = run("ipcc2006", row("3.4.3", "crop_production", 10000.0, "t", "vegetables"),
                    stated("straw_return_rate", 0.5), stated("residue_burnt_share", 0.0))  # fmt: skip
    assert not mass(inventory, "3.4.3", "N2O")
    assert errors(inventory)


# --- liming, urea, burning --------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES)
def test_agr_030_liming_and_urea(run, profile: str) -> None:
    lime = run(profile, row("3.5", "lime_applied", 1000.0, "t", "agricultural_limestone"))
    assert mass(lime, "3.5", "CO2") == pytest.approx(440.0, rel=1e-12)
    urea = run(profile, row("3.5", "urea_applied", 1000.0, "t"))
    assert mass(urea, "3.5", "CO2") == pytest.approx(1000 * 0.2 * 44 / 12)


def fao_cases() -> list[dict[str, str]]:
    """Cases of FAOSTAT with enough printed digits to be compared, one in twenty."""
    with (CASES / "fao_crop_residue_burning.csv").open(encoding="utf-8", newline="") as file:
        return [c for c in csv.DictReader(file) if float(c["published_emission"]) > 1][::20]


def test_fao_crop_residue_burning(run) -> None:
    """Published emissions of residue burning: dry matter burnt × 2.7 g CH4 or 0.07 g N2O per kg, to the digits printed."""
    cases = fao_cases()
    assert len(cases) > 10
    for case in cases:
        item = Fuels.load().find(case["category"])
        assert item, case
        inventory = run("ipcc2006", row("3.6", "residue_burnt", float(case["activity"]), "t dm", item))
        got = mass(inventory, "3.6", case["gas"])
        assert got is not None
        assert got / 1000 == pytest.approx(float(case["published_emission"]), abs=6e-5, rel=1e-6), case


def test_agr_038_residue_exposed_to_fire(run) -> None:
    """Per tonne of dry matter, Cf 0.85: the CH4 and N2O part of the published 78.2085 kg CO2e."""
    inventory = run("ipcc2006", row("3.6", "residue_in_fire", 1000.0, "t dm", "soybean"))
    ch4, n2o = mass(inventory, "3.6", "CH4"), mass(inventory, "3.6", "N2O")
    assert ch4 == pytest.approx(0.85 * 2.7)
    assert n2o == pytest.approx(0.85 * 0.07)
    assert ch4 * 27 + n2o * 273 == pytest.approx(78.2085, rel=1e-9)


def test_burning_from_production_and_return_of_the_same_crop(run) -> None:
    """One record of wheat gives residues returned (3.4.3) and residues burnt (3.6)."""
    inventory = run("cn2011", row("3.4.3", "crop_production", 10000.0, "t", "wheat"),
                    stated("straw_return_rate", 0.7), stated("residue_burnt_share", 0.1))  # fmt: skip
    assert mass(inventory, "3.6", "CH4") == pytest.approx(10000 * 0.88 * 1.3 * 0.1 * 0.9 * 2.7 / 1000)
    assert mass(inventory, "3.6", "N2O") == pytest.approx(10000 * 0.88 * 1.3 * 0.1 * 0.9 * 0.07 / 1000)
    assert mass(inventory, "3.4.3", "N2O") > 0
