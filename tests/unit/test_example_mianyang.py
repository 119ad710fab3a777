"""The pilot example: made from its plan, without errors, and within the bounds its README states."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from ghg_inventory.activity import Activity, read_many
from ghg_inventory.checks import check_activity
from ghg_inventory.errors import Finding
from ghg_inventory.inventory import Context, Inventory, compile_inventory
from ghg_inventory.inventory.completeness import completeness
from ghg_inventory.pipeline.library import Library, load_library
from ghg_inventory.pipeline.steps import reading_context
from ghg_inventory.pipeline.workspace import Workspace

HOME = Path(__file__).resolve().parents[2] / "examples" / "mianyang"
CITY = "510700"
YEARS = range(2015, 2025)
RAW_COALS = ("raw_coal", "anthracite", "bituminous_coal", "lignite", "coking_coal")


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_mianyang", HOME / "make_example.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace.open(HOME)


@pytest.fixture(scope="module")
def library(workspace: Workspace) -> Library:
    return load_library(workspace)


@pytest.fixture(scope="module")
def reading(workspace: Workspace, library: Library) -> tuple[Activity, tuple[Finding, ...]]:
    return read_many(workspace.inbox_files(), reading_context(workspace, library))


@pytest.fixture(scope="module")
def records(reading: tuple[Activity, tuple[Finding, ...]]) -> pd.DataFrame:
    return reading[0].frame()


@pytest.fixture(scope="module", params=["cn2011", "ipcc2006"])
def inventory(
    request: pytest.FixtureRequest, workspace: Workspace, library: Library,
    reading: tuple[Activity, tuple[Finding, ...]],
) -> Inventory:  # fmt: skip
    context = Context(
        library.areas, library.categories, library.fuels, library.factors,
        library.methods.profile(request.param), library.assumptions, workspace.area,
    )  # fmt: skip
    return compile_inventory(reading[0].canonical(), context, library.gwp, workspace.gwp_set, workspace.years)


def test_files_are_what_the_plan_makes(generator: ModuleType) -> None:
    made = generator.files()
    assert sorted(made) == sorted(p.name for p in (HOME / "input").iterdir())
    for name, text in made.items():
        assert (HOME / "input" / name).read_bytes() == text.encode(), f"run make_example.py: {name} differs"


def test_example_is_small() -> None:
    assert sum(p.stat().st_size for p in HOME.rglob("*.csv")) < 2_000_000


def test_every_file_and_every_invented_record_says_so(generator: ModuleType, records: pd.DataFrame) -> None:
    for path in (HOME / "input").iterdir():
        assert "示例数据" in path.read_text(encoding="utf-8").splitlines()[0]
    real = records[~records["source"].str.contains("示例数据")]
    assert set(real["variable"]) == {"area", "gdp", "population", "protein_population"}
    assert real["source"].str.strip().all()


def test_workspace_is_marked_as_demonstration(workspace: Workspace) -> None:
    assert workspace.report["demonstration"] is True
    assert workspace.profiles == ("cn2011", "ipcc2006")


def test_returns_are_read_without_errors(
    reading: tuple[Activity, tuple[Finding, ...]], generator: ModuleType
) -> None:
    activity, findings = reading
    assert [f.text("en") for f in findings if f.severity == "error"] == []
    lines = sum(text.count("\n") - 2 for text in generator.files().values())
    assert len(activity) == lines


def test_anxian_becomes_anzhou(records: pd.DataFrame) -> None:
    years = records.groupby("area_code")["year"].agg(["min", "max"])
    assert tuple(years.loc["510724"]) == (1992, 2015)
    assert tuple(years.loc["510705"]) == (2016, 2024)
    assert set(records["area_code"]) == {
        CITY, "510703", "510704", "510705", "510722", "510723", "510724", "510725", "510726", "510727", "510781",
    }  # fmt: skip


def test_raw_coal_stays_below_the_cap(records: pd.DataFrame) -> None:
    burnt = records[
        (records["variable"] == "fuel") & records["item"].isin(RAW_COALS) & (records["use"] == "")
    ]
    assert set(burnt["unit"].dropna()) <= {"万吨", ""}
    by_year = burnt.groupby("year")["value"].sum()
    assert by_year.index.tolist() == list(YEARS)
    assert by_year.max() < 660
    assert by_year.min() > 250


def test_forest_stock_grows_as_the_plan_of_the_city_says(records: pd.DataFrame) -> None:
    """100 Mm3 in 2025 and 108 Mm3 in 2030: 1.6 Mm3 a year; growth less consumption gives the same."""
    forest = records[(records["variable"] == "standing_volume") & records["item"].str.startswith("tree_")]
    stock = forest[forest["category"] == "4.1.1"].groupby("year")["value"].sum()
    assert stock[2024] == pytest.approx(9840, rel=1e-4)
    assert stock.diff().dropna().tolist() == pytest.approx([160] * 9, rel=1e-3)
    rates = records[records["variable"].isin(["forest_growth_rate", "forest_consumption_rate"])]
    rate = rates.pivot_table(index=["item", "year"], columns="variable", values="value")
    net_pct = (rate["forest_growth_rate"] - rate["forest_consumption_rate"]).rename("net_pct").reset_index()
    volume = forest[forest["category"] == "4.1.1"].groupby(["item", "year"], as_index=False)["value"].sum()
    joined = volume.merge(net_pct, on=["item", "year"], validate="1:1")
    net = (joined["value"] * joined["net_pct"] / 100).groupby(joined["year"]).sum()
    assert net.between(150, 175).all()


def test_waste_routes_and_the_share_used(records: pd.DataFrame) -> None:
    """60 % of municipal waste used as a resource in 2025: what is not landfilled, over what is generated."""
    recent = records[records["year"].isin(YEARS) & (records["unit"] == "万吨")]
    tonnes = recent.pivot_table(index="year", columns="variable", values="value", aggfunc="sum")
    routes = ["waste_landfilled", "waste_incinerated", "waste_composted", "waste_digested", "waste_recycled"]
    assert tonnes[routes].sum(axis=1).tolist() == pytest.approx(tonnes["waste_generated"].tolist(), abs=1e-2)
    used = 1 - tonnes["waste_landfilled"] / tonnes["waste_generated"]
    assert used.is_monotonic_increasing
    assert 0.55 < used[2024] < 0.60
    shares = records[records["variable"] == "waste_share"].groupby("year")["value"].sum()
    assert shares.index.tolist() == list(range(1992, 2025))
    assert shares.tolist() == pytest.approx([1.0] * 33, abs=1e-9)


def test_returns_pass_the_checks_between_records(
    reading: tuple[Activity, tuple[Finding, ...]], library: Library, workspace: Workspace
) -> None:
    found = check_activity(reading[0], library.methods, workspace.profiles, workspace.years[0])
    assert [f.text("en") for f in found if f.severity == "error"] == []


def test_electricity_between_counties_sums_to_zero(records: pd.DataFrame) -> None:
    inside = records[records["category"] == "X.1.2"].groupby("year")["value"].sum()
    assert inside.abs().max() < 1e-9


def test_counties_sum_to_the_city(records: pd.DataFrame) -> None:
    social = records[(records["use"] == "denominator") & (records["variable"] != "gdp")]
    for (variable, base, year), mine in social.groupby(["variable", "technology", "year"]):
        city = mine[mine["area_code"] == CITY]["value"].item()
        assert mine[mine["area_code"] != CITY]["value"].sum() == pytest.approx(city, rel=1e-6), (
            variable,
            base,
            year,
        )


def test_compiles_without_errors(inventory: Inventory) -> None:
    assert [f.text("en") for f in inventory.findings if f.severity == "error"] == []


def test_city_co2_has_the_published_order(inventory: Inventory) -> None:
    for year in YEARS:
        energy = inventory.mass(CITY, year, "1", "CO2")
        processes = inventory.mass(CITY, year, "2", "CO2")
        assert energy is not None
        assert 13e6 < energy + (processes or 0.0) < 17e6, (inventory.profile_id, year)


def test_counties_sum_to_the_city_per_gas_and_sector(inventory: Inventory) -> None:
    totals = inventory.totals()
    top = totals[totals["category"].isin(["1", "2", "3", "4", "5", "X"])]
    keys = ["year", "category", "gas", "origin"]
    city = top[top["area_code"] == CITY].set_index(keys)["mass_t"]
    counties = top[top["area_code"].str.match("5107(?!00)")].groupby(keys)["mass_t"].sum()
    assert set(city.index) == set(counties.index)
    pd.testing.assert_series_equal(counties.reindex(city.index), city, rtol=1e-9, check_names=False)


def test_sink_is_near_the_bound(inventory: Inventory) -> None:
    for year in YEARS:
        sink = inventory.mass(CITY, year, "4.1", "CO2")
        assert sink is not None
        assert -3.0e6 < sink < -1.8e6


def test_every_leaf_is_reported_or_stated(inventory: Inventory) -> None:
    table = completeness(inventory, [CITY], list(YEARS))
    silent = table[table["status"] == "not reported"]
    assert silent[["category", "gas"]].drop_duplicates().to_numpy().tolist() == []


def test_all_sectors_and_years_are_there(inventory: Inventory) -> None:
    for sector in ("1", "2", "3", "4", "5", "X", "M.4"):
        for year in YEARS:
            assert inventory.co2e(CITY, year, sector), (sector, year)
