"""Every ledger row and every total of the shipped examples against an exact recomputation by other code."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import exact
import pandas as pd
import published
import pytest
from conftest import EXAMPLES

from ghg_inventory.inventory import Inventory, ledger

TOLERANCE = Fraction(1, 10**12)
CASES = ("cn2011", "ipcc2006", "generic")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Inventory]:
    """Both examples through the product's own path: profile → inventory."""
    out: dict[str, Inventory] = {}
    for name in ("sichuan", "mendoza"):
        folder = tmp_path_factory.mktemp("exact") / name
        ignored = shutil.ignore_patterns("store", "runs", "reports")
        shutil.copytree(EXAMPLES / name, folder, ignore=ignored)
        out.update(published.compile_example(Path(folder)).inventories)
    return out


@pytest.fixture(scope="module")
def expected() -> dict[str, list[exact.Result]]:
    """Every row recomputed exactly: profile → results."""
    return {
        "cn2011": exact.sichuan("cn2011"),
        "ipcc2006": exact.sichuan("ipcc2006"),
        "generic": exact.mendoza(),
    }


Key = tuple[str, str, str, str, str]


def _rows(frame: pd.DataFrame) -> dict[Key, dict[str, object]]:
    columns = ("source_file", "source_cell", "item", "gas", "category")
    keys = zip(*(frame[name] for name in columns), strict=True)
    return dict(zip(keys, frame.to_dict("records"), strict=True))


def _expected(results: list[exact.Result]) -> dict[Key, exact.Result]:
    return {(r.row.file, r.row.cell, r.row.item, r.gas, r.category): r for r in results}


def _far(got: float, wanted: Fraction) -> Fraction:
    """Relative difference; absolute where nothing is expected."""
    return abs(Fraction(got) - wanted) / (abs(wanted) if wanted else 1)


@pytest.mark.parametrize("case", CASES)
def test_the_ledger_has_exactly_the_rows_of_the_input(compiled, expected, case: str) -> None:
    frame = ledger(compiled[case])
    assert len(_rows(frame)) == len(frame)
    assert _rows(frame).keys() == _expected(expected[case]).keys()


@pytest.mark.parametrize("case", CASES)
def test_every_amount_is_the_cell_with_its_sign(compiled, expected, case: str) -> None:
    rows = _rows(ledger(compiled[case]))
    for key, wanted in _expected(expected[case]).items():
        got = rows[key]
        assert exact.number(got["activity_value"]) == wanted.row.amount, key
        facts = (got["area_code"], got["year"], got["activity_category"], got["activity_unit"], got["flow"])
        row = wanted.row
        assert facts == (row.area, row.year, row.category, row.unit, row.flow), key


@pytest.mark.parametrize("case", CASES)
def test_method_and_factors_are_those_of_the_written_rules(compiled, expected, case: str) -> None:
    rows = _rows(ledger(compiled[case]))
    for key, wanted in _expected(expected[case]).items():
        if wanted.method:
            ids = ";".join(f["factor_id"] for f in wanted.factors)
            assert (rows[key]["method"], rows[key]["factor_ids"]) == (wanted.method, ids), key
        else:
            assert wanted.mass == 0, f"{key}: a burnt amount without factors"


@pytest.mark.parametrize("case", CASES)
def test_every_mass_to_twelve_digits(compiled, expected, case: str) -> None:
    rows = _rows(ledger(compiled[case]))
    for key, wanted in _expected(expected[case]).items():
        got = rows[key]["mass_t"]
        if wanted.mass is None:
            assert pd.isna(got), key
            assert rows[key]["notation"] in ("IE", "NE"), key
        else:
            assert _far(got, wanted.mass) <= TOLERANCE, key


@pytest.mark.parametrize("case", CASES)
def test_every_total_to_twelve_digits(compiled, expected, case: str) -> None:
    totals = compiled[case].totals()
    keys = zip(totals["area_code"], totals["year"], totals["category"], totals["gas"], strict=True)
    got = dict(zip(keys, zip(totals["mass_t"], totals["co2e_t"], strict=True), strict=True))
    wanted = exact.totals(expected[case])
    gwp = {gas: exact.gwp("ar5", gas) for gas in exact.GASES}
    assert len(got) == len(totals)
    assert got.keys() == wanted.keys()
    for key, mass in wanted.items():
        assert _far(got[key][0], mass) <= TOLERANCE, key
        assert _far(got[key][1], mass * gwp[key[3]]) <= TOLERANCE, key


def test_calorific_value_carbon_and_oxidation_are_of_one_set(compiled) -> None:
    """The guide takes calorific values from the energy statistics; no other mixture is allowed."""
    frame = ledger(compiled["cn2011"])
    burnt = frame[(frame["gas"] == "CO2") & frame["category"].str.startswith("1.1") & (frame["mass_t"] != 0)]
    burnt = burnt[burnt["mass_t"].notna()]
    sets = {frozenset(i.split(".")[0] for i in ids.split(";")) for ids in burnt["factor_ids"]}
    assert {len(ids.split(";")) for ids in burnt["factor_ids"]} == {3}
    assert sets == {
        frozenset({"cn_energy_statistics", "guide2011"}),
        frozenset({"cn_energy_statistics", "cn_coal_composite"}), frozenset({"mee_enterprise"}), frozenset({"gbt32151_22"}),
    }  # fmt: skip
