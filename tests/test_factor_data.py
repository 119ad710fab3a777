"""Laws of the shipped factor tables (house rules for data): checked over every file and every row."""

from __future__ import annotations

import csv
import re
from functools import cache

import pytest

from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.factors import COLUMNS, FactorLibrary, Requests, tables_of
from ghg_inventory.factors.record import read_sources
from ghg_inventory.methods import load_methods
from ghg_inventory.paths import data_folder
from ghg_inventory.units import factor_between, parse_unit

ROOT = data_folder("emission_factors")
TABLES = tables_of(ROOT)
NAMES = [path.relative_to(ROOT).as_posix() for path in TABLES]


@cache
def library() -> FactorLibrary:
    return FactorLibrary.load()[0]


def cells(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_shipped_tables_load_without_a_word():
    loaded, findings = FactorLibrary.load()
    assert findings == ()
    assert len(loaded.rows) == sum(len(cells(path)) for path in TABLES)


@pytest.mark.parametrize("path", TABLES, ids=NAMES)
def test_the_file_is_plain_text_a_reviewer_can_diff(path):
    raw = path.read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    assert raw.decode("utf-8").splitlines()[0] == ",".join(COLUMNS)


@pytest.mark.parametrize("path", TABLES, ids=NAMES)
def test_one_file_is_one_source_or_says_which(path):
    rows = cells(path)
    assert rows
    assert all(row["source"] and row["locator"] and row["confidence"] in ("A", "B", "C") for row in rows)
    assert all(row["factor_id"].startswith(path.parent.name + ".") for row in rows)


def test_every_source_is_complete_and_used_or_about_gwp():
    sources = read_sources(ROOT / "sources.toml")
    used = {row.source for row in library().rows}
    used |= {row["source"] for path in [*ROOT.glob("*_regions.csv"), ROOT / "gwp.csv"] for row in cells(path)}
    methods = load_methods()
    used |= {entry.source for entry in (*methods.methods.values(), *methods.models.values())}
    assert used <= sources.keys()
    assert {key for key in sources if key not in used and not key.startswith("ipcc_")} == set()
    assert all(re.fullmatch(r"\d{4}", source.year) for source in sources.values())


def test_every_area_is_in_the_register_or_a_region():
    areas, regions = AreaTree.registry(), library().regions
    unknown = {row.area_code for row in library().rows if row.area_code} - set(areas.codes) - set(regions)
    assert unknown == set()
    assert all(member.area_code in areas for region in regions.values() for member in region.members)


def test_an_area_is_in_one_grid_at_a_time():
    periods = [(m.area_code, m.valid_from, m.valid_to) for r in library().regions.values()
               if r.code.startswith("grid_") for m in r.members]  # fmt: skip
    clashes = [(a, b) for i, a in enumerate(periods) for b in periods[i + 1 :]
               if a[0] == b[0] and a[1] <= b[2] and b[1] <= a[2]]  # fmt: skip
    assert clashes == []


def test_no_two_rows_of_a_set_say_different_things_about_the_same_need():
    seen: dict[tuple[object, ...], str] = {}
    for row in library().rows:
        for category in row.categories or ("",):
            key = (row.set, row.parameter, row.gas, category, row.item, row.technology, row.sector,
                   row.area_code, row.valid_from, row.valid_to)  # fmt: skip
            assert seen.setdefault(key, row.factor_id) == row.factor_id


def test_carbon_times_oxidation_gives_the_published_ipcc_co2_factor():
    """Tables 1.3 and 1.4 against Tables 2.2 to 2.5: equal after rounding to three significant digits."""
    by_id = {row.factor_id: row for row in library().rows}
    checked = 0
    for row in library().rows:
        match = re.fullmatch(r"ipcc2006\.t2\.\d\.co2\.(\w+)", row.factor_id)
        if match:
            carbon = by_id[f"ipcc2006.t1.3.{match[1]}"]
            # kg C/GJ × 1000 GJ/TJ × 44/12: the tables round to 100 kg/TJ below 100 t/TJ, to 1000 above.
            product = carbon.value * 1000 * 44 / 12
            assert abs(product - row.value) <= (1000 if row.value >= 100_000 else 100), row.factor_id
            checked += 1
    assert checked == 4 * 54


def test_standard_coal_coefficients_agree_with_calorific_values():
    """Coefficient × 29.3076 GJ/tce is the calorific value, to the rounding of the yearbook (2 %)."""
    rows = [row for row in library().rows if row.set == "cn_energy_statistics"]
    ncv = {row.item: row for row in rows if row.parameter == "net_calorific_value"}
    worst = 0.0
    for row in rows:
        if row.parameter == "standard_coal_coefficient" and row.item in ncv:
            other = ncv[row.item]
            heat = row.value * factor_between(row.unit, other.unit)
            worst = max(worst, abs(heat / other.value - 1))
    assert 0 < worst < 0.02


def test_the_grid_values_everybody_checks_first():
    values = {row.factor_id: row.value_text for row in library().rows}
    assert values["grid_mee.province.510000.2021"] == "0.1255"
    assert values["grid_mee.province.510000.2022"] == "0.1404"
    assert values["grid_mee.province.510000.2023"] == "0.1564"
    assert values["grid_mee.national.2021"] == "0.5568"
    assert values["grid_mee.national.2022"] == "0.5366"
    assert values["grid_ndrc.region.central.2012"] == "0.5257"
    assert values["heat_default.CN"] == "0.11"


def test_published_provincial_and_regional_values_of_2023_lie_around_the_national_mean():
    rows = [
        row for row in library().rows if row.set == "grid_mee" and row.years == "2023" and not row.technology
    ]
    national = next(row.value for row in rows if row.area_code == "CN")
    provinces = [row.value for row in rows if row.area_code.isdigit()]
    assert len(provinces) == 30
    assert min(provinces) < national < max(provinces)


@pytest.mark.parametrize(("set_name", "count"), [("mee_enterprise", 25), ("gbt32151_22", 26)])
def test_an_enterprise_set_is_complete_for_every_fuel(set_name, count):
    have: dict[str, set[str]] = {}
    for row in library().rows:
        if row.set == set_name and Fuels.load().is_fuel(row.item):
            have.setdefault(row.item, set()).add(row.parameter)
    assert set(map(frozenset, have.values())) == {
        frozenset(("net_calorific_value", "carbon_content", "oxidation_factor"))
    }
    assert len(have) == count


def test_what_the_2011_guide_lacks_is_stated_in_the_docs():
    have: dict[str, set[str]] = {}
    for row in library().rows:
        if row.set == "guide2011" and not row.sector and Fuels.load().is_fuel(row.item):
            have.setdefault(row.parameter, set()).add(row.item)
    no_oxidation = have["carbon_content"] - have["oxidation_factor"]
    no_carbon = have["oxidation_factor"] - have["carbon_content"]
    assert no_oxidation == {
        "cleaned_coal",
        "other_washed_coal",
        "coal_gangue",
        "coal_slime",
        "other_coal_products",
    }
    assert no_carbon == {"other_petroleum_products", "coal_tar", "blast_furnace_gas", "converter_gas"}
    text = (ROOT.parent / "docs" / "factors.md").read_text(encoding="utf-8")
    assert [item for item in no_oxidation | no_carbon if f"`{item}`" not in text] == []


def test_one_tonne_of_raw_coal_is_the_customary_1_9003_t_co2():
    areas, sets = AreaTree.registry(), [("cn_coal_composite", "cn_energy_statistics")]
    need = [("1.1.2.1", "raw_coal", "", "", "510000", 2012)]
    names = ("net_calorific_value", "carbon_content", "oxidation_factor")
    asked = [Requests.of(name, "", (), need) for name in names]
    found, group = library().resolve_product(asked, sets, areas, CategoryTree.load(), Fuels.load())
    ncv, carbon, oxidation = (library().rows[int(r.row[0])] for r in found)
    assert group.tolist() == [0]
    tj = ncv.value * factor_between(ncv.unit, parse_unit("TJ/t"))
    assert tj * carbon.value * oxidation.value * 44 / 12 == pytest.approx(1.9003, abs=5e-5)


def test_no_internal_word_reached_the_tables():
    banned = re.compile(
        r"sql library|another source|repo \d|c sources|author assumption", re.IGNORECASE
    )
    found = [path.name for path in TABLES if banned.search(path.read_text("utf-8"))]
    assert found == []
