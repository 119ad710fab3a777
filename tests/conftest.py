"""Fixtures shared by all tests. Registries are immutable and read once per test process."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from ghg_inventory.activity import Activity
from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels, GwpTable
from ghg_inventory.factors import FactorLibrary
from ghg_inventory.inventory import Assumptions, Context
from ghg_inventory.methods import load_methods

# A run that judges a change must give the same verdict twice; `make test-all` by hand looks further.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
AT = "2026-11-23T10:00:00+08:00"
"""The time of day in tests: given, never read."""


@pytest.fixture(scope="session")
def library() -> FactorLibrary:
    """The shipped factors."""
    loaded, findings = FactorLibrary.load()
    assert not findings
    return loaded


@pytest.fixture(scope="session")
def gwp() -> GwpTable:
    """The shipped GWP sets."""
    return GwpTable.load()[0]


@pytest.fixture
def context_of(library: FactorLibrary):
    """Make a compile context: context_of("cn2011"), optionally with other areas, factors, assumptions."""

    def make(profile: str, **changes: object) -> Context:
        parts = {
            "areas": AreaTree.registry(), "categories": CategoryTree.load(), "fuels": Fuels.load(),
            "factors": library, "profile": load_methods().profile(profile), "assumptions": Assumptions(),
        }  # fmt: skip
        return Context(**{**parts, **changes})

    return make


@pytest.fixture
def example(tmp_path: Path):
    """Copy a shipped example into a temporary folder and give its path."""

    def copy(name: str) -> Path:
        target = tmp_path / name
        shutil.copytree(EXAMPLES / name, target, ignore=shutil.ignore_patterns("store", "runs", "reports", "returned", "templates"))
        return target

    return copy


def records(*rows: dict[str, object]) -> Activity:
    """Activity from a few rows: area_code, year, category, variable, item, value, unit, and what else is given."""
    names = sorted({name for row in rows for name in row} - {"year", "value"})
    columns: dict[str, object] = {name: [str(row.get(name, "")) for row in rows] for name in names}
    columns["year"] = [row["year"] for row in rows]
    columns["value"] = [row["value"] for row in rows]
    columns.setdefault("file", ["test.csv"] * len(rows))
    columns["line"] = list(range(2, len(rows) + 2))
    return Activity.from_columns(columns).canonical()


def fuel(category: str, item: str, value: float, unit: str, **more: object) -> dict[str, object]:
    """One fuel record of Sichuan 2021."""
    return {
        "area_code": "510000", "year": 2021, "category": category, "variable": "fuel", "item": item,
        "value": value, "unit": unit, **more,
    }  # fmt: skip
