"""Land use and waste through the product's own compile: published cases, shared laws, honest gaps."""

from __future__ import annotations

import numpy as np
import pytest
from tests.conftest import records

from ghg_inventory.codes import CategoryTree
from ghg_inventory.inventory import Inventory, compile_inventory, coverage
from ghg_inventory.methods import covers, load_methods

AREA = "510700"
YEAR = 2021


def row(category: str, variable: str, value: float, unit: str, item: str = "", **more: object) -> dict[str, object]:
    """One record of Mianyang 2021."""
    return {"area_code": AREA, "year": YEAR, "category": category, "variable": variable, "item": item,
            "value": value, "unit": unit, "source": "test", **more}  # fmt: skip


def share(item: str, value: float, category: str = "5.1", year: int = YEAR) -> dict[str, object]:
    return row(category, "waste_share", value, "%", item, year=year)


@pytest.fixture
def run(context_of, gwp):
    """Compile rows under a profile: run("cn2011", row(...), …)."""

    def compile_rows(profile: str, *rows: dict[str, object], years: tuple[int, ...] = (YEAR,)) -> Inventory:
        return compile_inventory(records(*rows), context_of(profile), gwp, "ar5", years=years)

    return compile_rows


def mass(inventory: Inventory, category: str, gas: str, year: int = YEAR) -> float | None:
    return inventory.mass(AREA, year, category, gas)


def names(inventory: Inventory) -> set[str]:
    return {f.name for f in inventory.findings}
