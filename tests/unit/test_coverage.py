"""Every leaf and gas has a method or a reason; a cell of the completeness matrix is never a blank or a false zero."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import published
import pytest
from conftest import EXAMPLES, fuel, records

from ghg_inventory.codes import CategoryTree, notation_keys
from ghg_inventory.factors import FactorLibrary
from ghg_inventory.inventory import Inventory, compile_inventory, completeness, coverage
from ghg_inventory.inventory.completeness import INCLUDED, NOT_REPORTED, NOTATION, VALUE
from ghg_inventory.inventory.coverage import (
    EXCLUDED,
    METHOD,
    MISSING,
    NOT_COVERED,
    gas_label,
    is_reported,
    leaves,
)
from ghg_inventory.methods import Profile, covers, load_methods

TREE = CategoryTree.load()
AUDITED = [name for name in load_methods().profiles if name != "generic"]


def profile(name: str) -> Profile:
    return load_methods().profile(name)


def told(found, category: str, gas: str):
    return next(c for c in found if (c.category, c.gas) == (category, gas))


# -- profiles -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", AUDITED)
def test_every_leaf_and_gas_has_a_method_or_a_reason(name: str, library: FactorLibrary) -> None:
    found = coverage(profile(name), TREE, library)
    assert [(c.category, c.gas) for c in found if c.status == MISSING] == []
    assert len(found) == sum(len(TREE.category(code).gases) for code in leaves(TREE)) > 200


@pytest.mark.parametrize("name", AUDITED)
def test_a_reason_is_given_in_both_languages_with_a_key(name: str) -> None:
    for one in coverage(profile(name), TREE):
        if one.status in (NOT_COVERED, EXCLUDED):
            assert one.reason_zh, one
            assert one.reason_en, one
            assert one.notation in notation_keys(), one
        else:
            assert one.methods, one


@pytest.mark.parametrize("name", AUDITED)
def test_no_entry_not_covered_is_idle(name: str, library: FactorLibrary) -> None:
    """An entry that a method has overtaken would tell the reader the opposite of what happens."""
    found = coverage(profile(name), TREE, library)
    used = {(c.reason_en, c.notation) for c in found if c.status == NOT_COVERED}
    idle = [n.categories for n in profile(name).not_covered if (n.reason_en, n.notation) not in used]
    assert idle == [("M.8",)]  # measured in MWh: it has no gas and so no cell


@pytest.mark.parametrize("name", AUDITED)
def test_methods_report_into_categories_that_exist(name: str) -> None:
    codes = [c for c in TREE.codes if TREE.category(c).forest == "provincial"]
    for method in profile(name).methods:
        taken = [c for c in codes if any(covers(p, c) for p in method.categories)]
        assert taken, method.id
        assert {method.target(c) for c in taken} <= set(codes), method.id


def test_leaves_are_where_something_must_be_reported() -> None:
    found = leaves(TREE)
    assert {"1.1.4", "1.1.1.1.1", "4.1.1", "1.5", "M.8", "2.7"} <= set(found)
    assert not {"1.1.1.1", "1.1.4.1", "1.1", "1", "I.1.1"} & set(found)
    assert all(len(TREE.category(code).gases) == 0 for code in found if code == "M.8")


def test_without_its_methods_a_leaf_is_missing() -> None:
    whole = profile("cn2011")
    assert told(coverage(whole, TREE), "2.1", "CO2").status == METHOD
    less = replace(whole, methods=tuple(m for m in whole.methods if not any(covers(p, "2.1") for p in m.categories)),
                   not_covered=())  # fmt: skip
    assert told(coverage(less, TREE), "2.1", "CO2").status == MISSING


def test_a_plants_own_figure_covers_no_category() -> None:
    whole = profile("cn2011")
    own = tuple(m for m in whole.methods if is_reported(m))
    assert own
    only = replace(whole, methods=own, exclusions=(), not_covered=())
    assert {c.status for c in coverage(only, TREE)} == {MISSING}


def test_one_herd_covers_several_categories() -> None:
    """A method that reports elsewhere covers the category it reports into, not the one of the record."""
    whole = profile("cn2011")
    moved = [m for m in whole.methods if m.into and not m.generic]
    assert moved
    for method in moved:
        only = replace(whole, methods=(method,), exclusions=(), not_covered=())
        covered = {c.category for c in coverage(only, TREE) if c.status == METHOD}
        assert covered <= {to for _, to in method.into} | {
            c for c in TREE.codes if method.target(c) == c and any(covers(p, c) for p in method.categories)
        }, method.id


@pytest.mark.parametrize("name", AUDITED)
def test_own_values_are_parameters_without_a_shipped_row(name: str, library: FactorLibrary) -> None:
    found = coverage(profile(name), TREE, library)
    methods = load_methods().methods
    for one in (c for c in found if c.own_values):
        for parameter in one.own_values:
            needs = [n for m in one.methods for n in methods[m].factors if n.parameter == parameter]
            assert needs, one
            rows = [
                r for r in library.rows if r.parameter == parameter and any(r.set in n.sets for n in needs)
            ]
            fitting = [
                r for r in rows if (parameter != "emission_factor" or gas_label(r.gas) == one.gas)
                and (not r.categories or any(covers(p, one.category) for p in r.categories))
            ]  # fmt: skip
            of_items = [r for r in fitting if any(not methods[m].items or not r.item or r.item in methods[m].items
                                                  for m in one.methods)]  # fmt: skip
            assert not of_items or any(methods[m].technologies for m in one.methods), one


# -- inventories ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["sichuan", "mianyang"])
def inventory(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    folder = tmp_path_factory.mktemp("coverage") / request.param
    shutil.copytree(
        EXAMPLES / request.param, folder, ignore=shutil.ignore_patterns("store", "runs", "reports")
    )
    return published.compile_example(folder).main


@pytest.fixture(scope="module")
def matrix(inventory: Inventory) -> pd.DataFrame:
    return completeness(inventory)


def test_every_cell_stands_once(inventory: Inventory, matrix: pd.DataFrame) -> None:
    areas = inventory.context.areas
    keys = ["area_code", "year", "category", "gas"]
    assert not matrix.duplicated(keys).any()
    living = sum(areas.is_valid(a, y) for a in inventory.rolled.areas for y in inventory.years)
    assert len(matrix) == living * len(coverage(inventory.context.profile, TREE))
    assert not matrix["status"].isin([MISSING]).any()


def test_only_a_value_has_a_number(matrix: pd.DataFrame) -> None:
    other = matrix[matrix["status"] != VALUE]
    assert other["co2e_t"].isna().all()
    assert other["mass_t"].isna().all()
    assert matrix.loc[matrix["status"] == VALUE, "co2e_t"].notna().all()
    assert (matrix.loc[matrix["status"] == NOT_REPORTED, "notation"] == "").all()
    assert (
        matrix.loc[matrix["status"].isin([NOTATION, NOT_COVERED, INCLUDED, EXCLUDED]), "notation"] != ""
    ).all()


def test_the_values_are_those_of_the_totals(inventory: Inventory, matrix: pd.DataFrame) -> None:
    totals = inventory.totals().assign(gas=lambda f: [gas_label(g) for g in f["gas"]])
    of_gas = totals.groupby(["area_code", "year", "category", "gas"])["co2e_t"].sum()
    values = matrix[matrix["status"] == VALUE].set_index(["area_code", "year", "category", "gas"])["co2e_t"]
    assert len(values) > 20
    assert np.allclose(values, of_gas.loc[values.index], rtol=1e-12)
    # Every leaf that the totals hold is a value here.
    held = of_gas[[c in set(leaves(TREE)) for c in of_gas.index.get_level_values("category")]]
    listed = pd.MultiIndex.from_frame(matrix[["area_code", "year", "category", "gas"]])
    assert set(held.index[held.index.isin(listed)]) == set(values.index)


def test_what_was_entered_whole_is_not_called_unreported(inventory: Inventory, matrix: pd.DataFrame) -> None:
    whole = {s.category for s in inventory.plan.signatures if s.use == ""} - set(leaves(TREE))
    below = matrix[[any(covers(c, code) and code != c for c in whole) for code in matrix["category"]]]
    if inventory.context.root == "510000":
        assert "1.1.2" in whole
        own = below[(below["category"] == "1.1.2.1") & (below["gas"] == "CO2")]
        assert set(own["status"]) == {INCLUDED}
        assert set(own["notation"]) == {"IE"}
        assert all("1.1.2" in reason for reason in own["reason_zh"])


def test_an_area_that_is_no_more_has_no_cells(inventory: Inventory, matrix: pd.DataFrame) -> None:
    pairs = set(zip(matrix["area_code"], matrix["year"], strict=True))
    assert all(inventory.context.areas.is_valid(a, y) for a, y in pairs)


def test_a_choice_of_areas_and_years_is_a_part_of_the_whole(
    inventory: Inventory, matrix: pd.DataFrame
) -> None:
    area, year = inventory.rolled.areas[0], inventory.years[-1]
    part = completeness(inventory, [area], [year])
    same = matrix[(matrix["area_code"] == area) & (matrix["year"] == year)].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, same)


def small(context_of, gwp, *rows: dict[str, object]) -> pd.DataFrame:
    inventory = compile_inventory(records(*rows), context_of("cn2011"), gwp, "ar5")
    return completeness(inventory, ["510000"]).set_index(["category", "gas"])


def test_a_notation_key_is_told_and_a_blank_is_not_zero(context_of, gwp) -> None:
    matrix = small(
        context_of, gwp, fuel("1.1.2.1", "diesel", 1.0, "万吨", notation=""),
        fuel("1.1.2.2", "diesel", float("nan"), "万吨", notation="NO"),
        fuel("1.1.3", "diesel", float("nan"), "万吨", notation="IE"),
    )  # fmt: skip
    assert matrix.loc[("1.1.2.1", "CO2"), "status"] == VALUE
    assert tuple(matrix.loc[("1.1.2.2", "CO2"), ["status", "notation"]]) == (NOTATION, "NO")
    assert tuple(matrix.loc[("1.1.3.3", "CO2"), ["status", "notation"]]) == (NOTATION, "IE")
    assert tuple(matrix.loc[("1.1.2.3", "CO2"), ["status", "notation"]]) == (NOT_REPORTED, "")
    assert np.isnan(matrix.loc[("1.1.2.3", "CO2"), "co2e_t"])


def test_a_record_that_could_not_be_computed_is_not_estimated(context_of, gwp) -> None:
    matrix = small(
        context_of, gwp, fuel("1.1.2.1", "other_coking_products", 5.0, "万吨"),
        fuel("1.1.2.2", "other_coking_products", 5.0, "万吨"), fuel("1.1.2.2", "diesel", 1.0, "万吨"),
    )  # fmt: skip
    assert tuple(matrix.loc[("1.1.2.1", "CO2"), ["status", "notation"]]) == (NOTATION, "NE")
    assert tuple(matrix.loc[("1.1.2.2", "CO2"), ["status", "notation"]]) == (VALUE, "NE")


def test_a_computed_zero_is_a_value(context_of, gwp) -> None:
    matrix = small(context_of, gwp, fuel("1.1.2.1", "diesel", 0.0, "万吨"))
    assert matrix.loc[("1.1.2.1", "CO2"), "status"] == VALUE
    assert matrix.loc[("1.1.2.1", "CO2"), "co2e_t"] == 0


def test_excluded_records_say_so(context_of, gwp) -> None:
    matrix = small(context_of, gwp, fuel("1.1.2.1", "bitumen", 5.0, "万吨"))
    row = matrix.loc[("1.1.2.1", "CO2")]
    assert (row["status"], row["notation"]) == (EXCLUDED, "IE")
    assert "2.19" in row["reason_zh"]
