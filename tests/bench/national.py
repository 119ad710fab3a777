"""A generated country for benchmarks: every county, ten years, two hundred rows each. Seeded, no real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ghg_inventory.activity.table import Activity
from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels, GwpTable
from ghg_inventory.factors import FactorLibrary
from ghg_inventory.inventory import Assumptions, Context
from ghg_inventory.methods import load_methods
from ghg_inventory.tables import Column

YEARS = tuple(range(2012, 2022))
ITEMS = (
    "raw_coal",
    "cleaned_coal",
    "coke",
    "gasoline",
    "diesel",
    "kerosene",
    "lpg",
    "fuel_oil",
    "natural_gas",
    "lng",
)
CATEGORIES = tuple(f"1.1.2.{n}" for n in range(1, 13)) + (
    "1.1.1.1.1", "1.1.1.1.3", "1.1.4", "1.1.5.1", "1.1.5.2", "1.1.6", "1.1.1.2", "1.1.1.3",
)  # fmt: skip


def counties_of(tree: AreaTree, count: int) -> tuple[str, ...]:
    """The first codes of the registry that are counties, in order."""
    chosen = sorted({a.code for a in tree.areas if a.code.isdecimal() and not a.code.endswith("00")})
    return tuple(chosen[:count])


def national(counties: int) -> tuple[Activity, Context, GwpTable]:
    """Activity in canonical order with 200 rows per county and year, and the context to compile it."""
    tree = AreaTree.registry()
    codes = counties_of(tree, counties)
    kinds = [(c, i) for c in sorted(CATEGORIES) for i in sorted(ITEMS)]
    per, years, areas = len(kinds), len(YEARS), len(codes)
    rows = per * years * areas
    generator = np.random.default_rng(20121221)
    items = tuple(sorted(ITEMS))
    categories = tuple(sorted(CATEGORIES))
    units = ["10^4 m3" if i == "natural_gas" else "t" for i in items]
    words = tuple(sorted(set(units)))
    item = np.tile(np.tile(np.arange(len(items), dtype=np.int32), len(categories)), years * areas)
    category = np.tile(np.repeat(np.arange(len(categories), dtype=np.int32), len(items)), years * areas)
    unit = np.asarray([words.index(u) for u in units], dtype=np.int32)[item]
    same = np.zeros(rows, dtype=np.int32)

    def one(word: str) -> Column:
        return Column(same, (word,))

    activity = Activity.from_columns({
        "area_code": Column(np.repeat(np.arange(areas, dtype=np.int32), per * years), codes),
        "category": Column(category, categories), "variable": one("fuel"), "item": Column(item, items),
        "unit": Column(unit, words), "file": one("generated"),
        "line": np.arange(rows, dtype=np.int32),
        "year": np.tile(np.repeat(np.asarray(YEARS, dtype=np.int16), per), areas),
        "value": generator.lognormal(6.0, 1.0, rows),
        **{name: one("") for name in
           ("technology", "notation", "basis", "source", "note", "use", "flow", "sheet", "cell")},
    })  # fmt: skip
    factors, _ = FactorLibrary.load()
    gwp, _ = GwpTable.load()
    context = Context(
        tree, CategoryTree.load(), Fuels.load(), factors, load_methods().profile("ipcc2006"), Assumptions()
    )
    return activity, context, gwp


def write_long_csv(path: Path, rows: int) -> int:
    """A long activity CSV of about `rows` lines; returns how many it has."""
    counties = max(1, rows // (len(YEARS) * 200))
    codes = counties_of(AreaTree.registry(), counties)
    generator = np.random.default_rng(7)
    kinds = [(c, i) for c in CATEGORIES for i in ITEMS]
    written = 0
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write("area_code,year,category,variable,item,technology,value,unit,notation,source,note\n")
        for code in codes:
            for year in YEARS:
                values = generator.lognormal(6.0, 1.0, len(kinds)).round(3)
                stream.writelines(
                    f"{code},{year},{c},fuel,{i},,{v},{'万立方米' if i == 'natural_gas' else '吨'},,年报,\n"
                    for (c, i), v in zip(kinds, values, strict=True)
                )
                written += len(kinds)
    return written
