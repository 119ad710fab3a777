"""The library: identity of a factor set, looking up, the user's rows, and what the energy methods get."""

from __future__ import annotations

import csv
import shutil
from functools import cache
from pathlib import Path

import pytest

from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.factors import NONE, FactorLibrary, Requests, content_hash
from ghg_inventory.paths import data_folder

SHIPPED = data_folder("emission_factors")
HEADER = "factor_id,parameter,category,item,area_code,valid_from,valid_to,gas,value,unit,source,locator"


@cache
def shipped() -> FactorLibrary:
    return FactorLibrary.load()[0]


def answer(parameter: str, gas: str, sets: tuple[str, ...], need: tuple[str, str, str, str, str, int]) -> str:
    """The id of the shipped factor for a need, "" for none, "tie" for a tie."""
    areas = AreaTree.registry()
    asked = Requests.of(parameter, gas, sets, [need], shipped().parameters[parameter].may_lag)
    row = int(shipped().resolve(asked, areas, CategoryTree.load(), Fuels.load()).row[0])
    return shipped().rows[row].factor_id if row >= 0 else "" if row == NONE else "tie"


with (Path(__file__).parents[1] / "data/factors/energy_needs.csv").open(
    encoding="utf-8", newline=""
) as stream:
    CASES = list(csv.DictReader(stream))


@pytest.mark.parametrize("case", CASES, ids=[f"{c['parameter']}-{c['item']}-{c['year']}" for c in CASES])
def test_what_the_energy_methods_get(case):
    """tests/data/factors/energy_needs.csv: a need per line, `expected` the factor_id or blank for none."""
    need = (
        *(case[name] for name in ("category", "item", "technology", "sector", "area_code")),
        int(case["year"]),
    )
    found = answer(case["parameter"], case["gas"], tuple(case["sets"].split()), need)
    assert found == case["expected"]


def test_two_sets_that_know_the_same_fuel_are_a_tie_not_a_choice():
    assert (
        answer("carbon_content", "", ("guide2011", "mee_enterprise"), ("1.1", "coke", "", "", "CN", 2012))
        == "tie"
    )


def test_the_hash_follows_content_and_names_and_nothing_else(tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(SHIPPED, copy)
    assert content_hash(copy) == content_hash(SHIPPED) == shipped().sha256
    (copy / "README.md").write_text("words only", "utf-8")
    assert content_hash(copy) == shipped().sha256
    table = copy / "heat_default" / "heat.csv"
    table.write_text(table.read_text("utf-8").replace("0.11", "0.12"), "utf-8")
    changed = content_hash(copy)
    assert changed != shipped().sha256
    table.rename(copy / "heat_default" / "other.csv")
    assert content_hash(copy) not in (changed, shipped().sha256)


def test_the_users_file_is_part_of_the_identity(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(HEADER + "\n", "utf-8")
    assert content_hash(SHIPPED, [path]) != shipped().sha256


def test_rows_are_found_by_words_and_by_id():
    found = shipped().search("四川 2022")
    assert [row.factor_id for row in found] == ["grid_mee.province.510000.2022"]
    assert shipped().rows[shipped().position("heat_default.CN")].value == 0.11
    with pytest.raises(KeyError):
        shipped().position("no such id")


def test_the_sets_are_the_folders():
    folders = sorted(path.name for path in SHIPPED.iterdir() if path.is_dir())
    assert sorted(shipped().sets) == folders


def test_a_users_row_wins_over_an_equal_bundled_one_and_unused_rows_are_told(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([
        HEADER,
        "my.coke,carbon_content,,coke,CN,,,,30,t C/TJ,laboratory 2023,report 7",
        "my.lost,carbon_content,,coke,CN,1990,1990,,30,t C/TJ,laboratory 2023,report 7",
        "my.nowhere,carbon_content,,coke,519999,,,,30,t C/TJ,laboratory 2023,report 7",
    ]) + "\n", "utf-8")  # fmt: skip
    library, findings = FactorLibrary.load(user_files=[path])
    assert findings == ()
    areas = AreaTree.registry()
    asked = Requests.of("carbon_content", "", ("guide2011",), [("1.1", "coke", "", "", "510000", 2012)])
    row = library.resolve(asked, areas, CategoryTree.load(), Fuels.load()).row
    assert library.rows[row[0]].factor_id == "my.coke"
    assert [(f.name, f.place.line) for f in library.unused(row)] == [
        ("user-factor-unused", 3),
        ("user-factor-unused", 4),
    ]
    assert [(f.name, f.place.line) for f in library.check_areas(areas)] == [("factor-area-unknown", 4)]


def test_a_missing_users_file_is_a_finding(tmp_path):
    library, findings = FactorLibrary.load(user_files=[tmp_path / "gone.csv"])
    assert [f.name for f in findings] == ["file-missing"]
    assert len(library.rows) == len(shipped().rows)
