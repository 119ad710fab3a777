"""Read-outs by other schemes: every figure lands once, sums are equal, nothing is split that nobody can split."""

from __future__ import annotations

import shutil
from decimal import Decimal

import numpy as np
import pandas as pd
import published
import pytest
from conftest import EXAMPLES, fuel, records

from ghg_inventory.codes import CategoryTree
from ghg_inventory.codes.words import shipped_rows
from ghg_inventory.inventory import SCHEMES, Inventory, compile_inventory, crosswalk
from ghg_inventory.inventory.crosswalk import (
    LEVELS,
    NO_COUNTERPART,
    ancestors,
    code_order,
    common_ancestor,
    entries,
    line_of,
)
from ghg_inventory.inventory.grid_energy import grid_energy

TREE = CategoryTree.load()
PROVINCIAL = [c for c in TREE.codes if TREE.category(c).forest == "provincial"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_category_has_one_line_or_says_that_there_is_none(scheme: str) -> None:
    for code in PROVINCIAL:
        line = line_of(code, scheme, TREE)
        assert bool(line.codes) == (line.cardinality != "none"), code
        assert line.code == NO_COUNTERPART or "".join(line.codes) in line.code.replace("+", ""), code
        if scheme == "gpc":
            assert all(c in TREE for c in line.codes), code


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_lines_part_the_categories(scheme: str) -> None:
    found = [c for e in entries(PROVINCIAL, scheme, TREE) if e.row == "line" for c in e.categories]
    assert sorted(found) == sorted(PROVINCIAL)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_total_holds_every_category_of_its_account_once(scheme: str) -> None:
    found = entries(PROVINCIAL, scheme, TREE)
    total = next(e for e in found if e.row == "total")
    assert sorted(total.categories) == sorted(c for c in PROVINCIAL if TREE.in_total(c))
    land, transfers = (next(e for e in found if e.row == name) for name in ("land", "transfers"))
    assert all(c.split(".")[0] == "4" for c in land.categories)
    assert all(c.split(".")[0] == "X" for c in transfers.categories)


def test_common_ancestors() -> None:
    assert common_ancestor(["2.E.1", "2.E.2"]) == "2.E"
    assert common_ancestor(["2.F", "2.B.9.b"]) == "2"
    assert common_ancestor(["4(II)", "4(III)"]) == "4"
    assert common_ancestor(["III.1.1", "III.1.3"]) == "III.1"
    assert common_ancestor(["I", "II"]) == ""
    assert common_ancestor(["1.A.1.b"]) == "1.A.1.b"
    assert ancestors("4(II)") == ("4(II)", "4")
    assert sorted(["1.A.10", "1.A.2", "III.1", "II.1", NO_COUNTERPART, "1.A"], key=code_order) == [
        "1.A", "1.A.2", "1.A.10", "II.1", "III.1", NO_COUNTERPART,
    ]  # fmt: skip


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="ipcc1996"):
        line_of("1.1", "ipcc1996", TREE)


# -- the GPC levels -------------------------------------------------------------------------------------


def levels(code: str) -> dict[str, str]:
    return dict(line_of(code, "gpc", TREE).levels)


def test_power_for_the_grid_is_only_in_the_territorial_total() -> None:
    said = levels("1.1.1.1.1")
    assert line_of("1.1.1.1.1", "gpc", TREE).code == "I.4.4"
    assert {name for name, word in said.items() if word == "yes"} == {"territorial"}


def test_homes_are_in_every_total_of_scope_1() -> None:
    assert {n for n, word in levels("1.1.5.1").items() if word == "yes"} == {
        "scope1", "basic", "basic_plus", "territorial",
    }  # fmt: skip


def test_industry_is_in_basic_plus_but_not_in_basic() -> None:
    said = levels("2.1")
    assert (said["basic"], said["basic_plus"]) == ("no", "yes")


def test_waste_that_may_come_from_outside_is_open_not_guessed() -> None:
    said = levels("5.1.1")
    assert (said["basic"], said["basic_plus"], said["territorial"]) == ("open", "open", "yes")


@pytest.mark.parametrize("code", ["X.1.1", "X.2.1", "M.1", "M.4", "1.1.4.1"])
def test_transfers_memo_items_and_of_which_lines_enter_no_total(code: str) -> None:
    assert set(levels(code).values()) == {"no"}


@pytest.mark.parametrize(
    "row", shipped_rows("category_map_technology.csv", ("code", "technology", "scheme", "target", "note"))
)
def test_a_technology_may_decide_the_counterpart(row) -> None:
    line = line_of(f"{row['code']}.1/{row['technology']}", row["scheme"], TREE)
    assert line.code == row["target"] != line_of(f"{row['code']}.1", row["scheme"], TREE).code
    # What such a record gives elsewhere (biogenic CO2) keeps the counterpart of its category.
    assert (
        line_of(f"M.4/{row['technology']}", row["scheme"], TREE).codes
        == line_of("M.4", row["scheme"], TREE).codes
    )
    if row["scheme"] == "gpc":
        assert line.code in TREE
        assert (dict(line.levels)["basic"], dict(line.levels)["territorial"]) == ("no", "yes")


# -- inventories ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["sichuan", "mianyang"])
def inventory(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    folder = tmp_path_factory.mktemp("crosswalk") / request.param
    shutil.copytree(
        EXAMPLES / request.param, folder, ignore=shutil.ignore_patterns("store", "runs", "reports")
    )
    return published.compile_example(folder).main


KEYS = ["area_code", "year"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_total_of_every_scheme_is_the_provincial_total(inventory: Inventory, scheme: str) -> None:
    """Every area and year, CO2e and the mass of each gas, and what stands beside the total."""
    frame = crosswalk(inventory, scheme)
    totals = inventory.totals()
    roots = {"total": [r for r in "1235" if r in set(totals["category"])], "land": ["4"], "transfers": ["X"]}
    for row, codes in roots.items():
        own = totals[totals["category"].isin(codes)].groupby([*KEYS, "gas"])[["mass_t", "co2e_t"]].sum()
        lines = frame[(frame["row"] == "line") & (frame["account"] == row)]
        read = frame[frame["row"] == row].set_index([*KEYS, "gas"])[["mass_t", "co2e_t"]].sort_index()
        if not len(own):
            assert not len(lines)
            continue
        by_lines = lines.groupby([*KEYS, "gas"])[["mass_t", "co2e_t"]].sum()
        for other in (read, by_lines):
            pd.testing.assert_frame_equal(other, own, check_exact=False, rtol=1e-11, atol=1e-6)


@pytest.mark.parametrize("scheme", ["ipcc2006", "crt"])
def test_sums_are_those_of_the_lines_below(inventory: Inventory, scheme: str) -> None:
    frame = crosswalk(inventory, scheme, [inventory.rolled.areas[0]], [inventory.years[-1]])
    lines = frame[
        (frame["row"] == "line")
        & frame["account"].isin(["total", "land"])
        & (frame["code"] != NO_COUNTERPART)
    ]
    tops = [common_ancestor(code.split("+")) for code in lines["code"]]
    sums = frame[frame["row"] == "sum"]
    assert len(sums) > 5
    for row in sums.itertuples():
        below = np.asarray([row.code in ancestors(top) for top in tops])
        expected = lines[below & (lines["gas"] == row.gas)]["co2e_t"].sum()
        assert row.co2e_t == pytest.approx(expected, rel=1e-11, abs=1e-6), row.code


def test_the_gpc_totals_are_those_of_their_lines(inventory: Inventory) -> None:
    frame = crosswalk(inventory, "gpc")
    lines = frame[frame["row"] == "line"]
    for level in LEVELS:
        for word, row in (("yes", level), ("open", f"{level}.open")):
            said = lines.loc[lines[level] == word, "co2e_t"].sum()
            assert frame.loc[frame["row"] == row, "co2e_t"].sum() == pytest.approx(said, rel=1e-11, abs=1e-6)
    supplied = lines.loc[lines["code"] == "I.4.4", "co2e_t"].sum()
    used = lines.loc[lines["account"] == "grid", "co2e_t"].sum()
    assert min(supplied, used) > 0
    both = [frame.loc[frame["row"] == level, "co2e_t"].sum() for level in ("territorial", "basic_plus")]
    open_lines = lines.loc[lines["basic_plus"] == "open", "co2e_t"].sum()
    assert both[0] - both[1] == pytest.approx(supplied - used + open_lines)


@pytest.mark.parametrize("inventory", ["mianyang"], indirect=True)
def test_scope_2_is_consumption_times_the_grid_factor(inventory: Inventory) -> None:
    """Electricity of residents of 涪城区 in 2024, by hand: kilowatt-hours of the return × Sichuan's factor of 2023."""
    with (EXAMPLES / "mianyang" / "input" / "510703_fucheng.csv").open(encoding="utf-8") as stream:
        rows = [line.split(",") for line in stream if line.startswith("510703,2024,1.1.5.")]
    used = [Decimal(row[6]) for row in rows if row[4] == "electricity"]
    assert len(used) == 2
    frame = crosswalk(inventory, "gpc", ["510703"], [2024])
    got = frame.loc[(frame["row"] == "line") & (frame["code"] == "I.1.2"), "co2e_t"].sum()
    # 10^8 kWh = 10^5 MWh; 0.1564 t CO2/MWh
    assert got == pytest.approx(float(sum(used) * 10**5 * Decimal("0.1564")), rel=1e-12)


def test_a_choice_is_a_part_of_the_whole(inventory: Inventory) -> None:
    area, year = inventory.rolled.areas[-1], inventory.years[0]
    whole = crosswalk(inventory, "gpc")
    same = whole[(whole["area_code"] == area) & (whole["year"] == year)].reset_index(drop=True)
    part = crosswalk(inventory, "gpc", [area], [year])
    keys = ["row", "code", "scope", "account", "gas", "categories"]
    assert list(part["row"].unique())
    merged = part.merge(same, on=keys, how="left", validate="m:m", suffixes=("", "_whole"))
    told = merged[merged["co2e_t_whole"].notna()]
    assert np.allclose(told["co2e_t"], told["co2e_t_whole"], rtol=1e-11)


def test_data_on_a_group_and_on_its_parts_are_both_in_the_sum(context_of, gwp) -> None:
    rows = [fuel("1.1.2", "diesel", 3.0, "万吨"), fuel("1.1.2.12", "diesel", 2.0, "万吨")]
    inventory = compile_inventory(records(*rows), context_of("cn2011"), gwp, "ar5")
    frame = crosswalk(inventory, "ipcc2006", ["510000"])
    co2 = frame[frame["gas"] == "CO2"].set_index(["row", "code"])["mass_t"]
    one = co2["line", "1.A.2.k"] / 2
    assert co2["line", "1.A.2"] == pytest.approx(3 * one)
    assert co2["sum", "1.A.2"] == pytest.approx(5 * one)


def test_gpc_references_stay_and_grid_energy_has_no_ipcc_category(example) -> None:
    inventory = published.compile_example(example("mendoza")).main
    gpc = crosswalk(inventory, "gpc")
    lines = gpc[gpc["row"] == "line"]
    totals = inventory.totals()
    own = totals[totals["category"].isin(set(lines["code"]))]
    assert lines["co2e_t"].sum() == pytest.approx(own["co2e_t"].sum(), rel=1e-11)
    ipcc = crosswalk(inventory, "ipcc2006")
    outside = ipcc[(ipcc["row"] == "line") & (ipcc["code"] == NO_COUNTERPART)]
    scope2 = [c for c in set(lines["code"]) if TREE.category(c).gpc_scope == "2"]
    assert scope2
    assert set("; ".join(outside["categories"]).split("; ")) == set(scope2)


def test_consumption_without_a_grid_factor_is_counted(context_of, gwp) -> None:
    """The generic profile has no method for transfers: what is used is not in scope 2, and that can be said."""
    used = records(fuel(item="electricity", category="1.1.5", unit="MWh", value=5.0, use="energy"))
    without = grid_energy(compile_inventory(used, context_of("generic"), gwp, "ar5"))
    assert (without.unknown, without.held.any()) == (1, False)
    with_factor = grid_energy(compile_inventory(used, context_of("cn2011"), gwp, "ar5"))
    assert (with_factor.unknown, int(with_factor.held.sum())) == (0, 1)
