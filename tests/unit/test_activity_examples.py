"""The shipped examples: reproducible, readable, and true to what was published."""

from __future__ import annotations

import csv
import importlib.util
from types import ModuleType

import pytest

from ghg_inventory.activity import Context, inbox, load_variables, read_many
from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.paths import examples_folder
from ghg_inventory.units import parse_unit

EXAMPLES = examples_folder()


def script(name: str) -> ModuleType:
    path = EXAMPLES / name
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("year", [2012, 2021])
def test_the_workbooks_are_built_from_the_csv(year):
    made = script("sichuan/make_example.py").workbook_bytes(
        EXAMPLES / f"sichuan/input_csv/energy_balance_{year}.csv"
    )
    assert made == (EXAMPLES / f"sichuan/input/energy_balance_{year}.xlsx").read_bytes()


def test_sichuan_reads_as_a_whole():
    context = Context(AreaTree.registry(), CategoryTree.load(), Fuels.load(), area_code="510000")
    activity, findings = read_many(inbox(EXAMPLES / "sichuan/input"), context)
    assert len(activity) == 280 + 1085
    assert [f.name for f in findings if f.severity != "info"] == ["balance-gap"] * 3
    assert set(activity.item.words) - {"coal_total", "petroleum_total"} <= set(Fuels.load().codes)
    assert set(activity.category.words) <= set(CategoryTree.load().codes)


def test_mendoza_reads_without_findings():
    areas, found = AreaTree.load(EXAMPLES / "mendoza/areas.csv")
    assert found == ()
    activity, findings = read_many(
        inbox(EXAMPLES / "mendoza/input"), Context(areas, CategoryTree.load(), Fuels.load())
    )
    assert findings == ()
    assert len(activity) == 975
    assert len(activity.area_code.words) == 18


def test_every_published_number_of_mendoza_follows_from_activity_and_factor():
    compared, worst, failures = script("mendoza/check_example.py").compare()
    assert (compared, failures) == (1515, 0)
    assert worst <= 1


def test_mendoza_has_every_key_once():
    with (EXAMPLES / "mendoza/input/activity.csv").open(encoding="utf-8", newline="") as stream:
        keys = [(r["area_code"], r["year"], r["category"], r["item"]) for r in csv.DictReader(stream)]
    assert len(keys) == len(set(keys)) == 975


def test_variables_have_units():
    variables = load_variables()
    assert {"population", "gdp", "area"} <= set(variables)
    assert all(parse_unit(variable.unit) for variable in variables.values())
    assert all(variable.needs in ("", "price") for variable in variables.values())
