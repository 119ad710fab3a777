"""Reference approach: CO2 from apparent consumption, against the sectoral approach.

Source: 2006 IPCC Guidelines, Vol. 2 Ch. 6; 省级指南（试行）第一章 参考方法.
apparent consumption = production + imports − exports − stock change, signs applied by the reader.
Carbon of fuel used as feedstock is subtracted; non-energy products are left out of both approaches.
Feedstock of an area and year without supply rows is no supply: there is then no reference approach.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from ghg_inventory.activity.table import Activity
from ghg_inventory.codes import GwpTable
from ghg_inventory.errors import Finding
from ghg_inventory.inventory.compile import compile_inventory
from ghg_inventory.inventory.ledger import ledger
from ghg_inventory.inventory.model import Inventory
from ghg_inventory.inventory.plan import EMITTING_USES
from ghg_inventory.methods import covers
from ghg_inventory.tables import Column

COLUMNS = ("area_code", "year", "item", "apparent_tj", "reference_co2_t", "sectoral_co2_t", "difference_pct")


UNCOMPUTED = ("no-factor", "factor-tie", "unit-not-usable")


def reference_with_findings(inventory: Inventory, gwp: GwpTable) -> tuple[pd.DataFrame, list[Finding]]:
    """`reference_approach` and one error per fuel whose supply could not be computed, at its first record."""
    supply = _supply(inventory.activity)
    if not len(supply):
        return pd.DataFrame(columns=list(COLUMNS)), []
    apparent = compile_inventory(supply, inventory.context, gwp, inventory.gwp_set)
    lacking = [
        f
        for f in apparent.findings
        if f.name in UNCOMPUTED and {"CO2", "–"} & set(dict(f.values)["gas"].split(", "))
    ]
    return _table(inventory, apparent), lacking


def reference_approach(inventory: Inventory, gwp: GwpTable) -> pd.DataFrame:
    """Per area, year and fuel, with a row for all fuels (item ""): energy [TJ], CO2 [t], difference [%].

    Empty when no supply rows were submitted. The difference is (reference − sectoral) / sectoral × 100
    and is given for all fuels only: transformation moves carbon from one fuel to another. The sectoral
    approach is that of the area and all below it. A fuel whose supply could not be computed has
    reference_co2_t NaN, and so have the sum and the difference: a part is not shown as the whole.
    """
    return reference_with_findings(inventory, gwp)[0]


def _table(inventory: Inventory, apparent: Inventory) -> pd.DataFrame:
    """Both approaches side by side. apparent: the supply rows, compiled."""
    keys = ["area_code", "year", "item"]
    top = _co2(apparent, keys)
    sector = _sectoral(inventory, top["area_code"].unique())
    joined = top.merge(sector, on=keys, how="outer", validate="1:1", suffixes=("_reference", "_sectoral"))
    joined = joined.rename(
        columns={
            "energy_tj": "apparent_tj",
            "mass_t_reference": "reference_co2_t",
            "mass_t_sectoral": "sectoral_co2_t",
        }
    )
    wanted = joined.set_index(["area_code", "year"]).index.isin(top.set_index(["area_code", "year"]).index)
    joined = joined[wanted]
    total = joined.groupby(["area_code", "year"], as_index=False)[
        ["apparent_tj", "reference_co2_t", "sectoral_co2_t"]
    ].sum(min_count=1)
    for source, column in (("energy_tj", "apparent_tj"), ("mass_t", "reference_co2_t")):
        lacking = top[top[source].isna()].set_index(["area_code", "year"]).index
        total.loc[total.set_index(["area_code", "year"]).index.isin(lacking), column] = np.nan
    total["item"] = ""
    sectoral = total["sectoral_co2_t"].where(total["sectoral_co2_t"] != 0)
    total["difference_pct"] = 100 * (total["reference_co2_t"] / sectoral - 1)
    out = pd.concat([joined, total], ignore_index=True)
    return out.reindex(columns=list(COLUMNS)).sort_values(["area_code", "year", "item"], ignore_index=True)


def _supply(activity: Activity) -> Activity:
    """Supply rows and feedstock, as combustion of category 1.1: the method is then the profile's own."""
    words = activity.use.words
    uses = {index for index, word in enumerate(words) if word in ("reference", "feedstock")}
    reference = {index for index, word in enumerate(words) if word == "reference"}
    if not reference or not np.isin(activity.use.codes, list(reference)).any():
        return activity.select(np.zeros(len(activity), dtype=bool))
    supplied = np.isin(activity.use.codes, list(reference))
    width = int(activity.year.max()) + 1
    place = activity.area_code.codes.astype(np.int64) * width + activity.year
    with_supply = np.isin(place, np.unique(place[supplied]))
    chosen = activity.select(np.isin(activity.use.codes, list(uses)) & with_supply)
    rows = len(chosen)
    same = np.zeros(rows, dtype=np.int32)
    return replace(chosen, category=Column(same, ("1.1",)), use=Column(same, ("",))).canonical()


def _sectoral(inventory: Inventory, codes: Iterable[str]) -> pd.DataFrame:
    """CO2 by year and item of each area, with all that lies in it (what could not be computed is left out)."""
    areas, years = inventory.context.areas, inventory.encoded.years
    mass, held, items = _own_co2(inventory)
    number = {code: index for index, code in enumerate(inventory.encoded.areas)}
    rows = []
    for code in codes:
        below = [a for a in areas.at_or_below(code) if a in number]
        for y, year in enumerate(years):
            inside = [number[a] for a in below if code in areas.chain(a, year)]
            some, total = held[inside, y].any(axis=0), mass[inside, y].sum(axis=0)
            rows += [(code, year, items[i], total[i]) for i in np.flatnonzero(some)]
    frame = pd.DataFrame(rows, columns=["area_code", "year", "item", "mass_t"])
    return frame.astype({"year": np.int64, "mass_t": np.float64})


def _own_co2(inventory: Inventory) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """CO2 of fuel combustion [area, year, item] of each area's own records, which cells hold any, the items."""
    encoded, plan = inventory.encoded, inventory.plan
    items = sorted({s.item for s in plan.signatures})
    shape = len(encoded.areas), len(encoded.years), len(items)
    item = np.asarray([items.index(s.item) for s in plan.signatures], dtype=np.int64)
    mass, held = np.zeros(math.prod(shape)), np.zeros(math.prod(shape), dtype=bool)
    burnt = [s.use in EMITTING_USES and covers("1.1", s.category) for s in plan.signatures]
    burnt_into = np.asarray([covers("1.1", code) for code in plan.categories], dtype=bool)
    rows = np.flatnonzero(np.asarray(burnt, dtype=bool)[encoded.signature])
    if encoded.counted is not None:
        rows = rows[encoded.counted[rows]]
    cell = encoded.signature[rows], plan.class_of_area[encoded.area[rows]], encoded.year[rows]
    key = (encoded.area[rows].astype(np.int64) * shape[1] + encoded.year[rows]) * shape[2]
    key += item[encoded.signature[rows]]
    for term in plan.terms:
        if term.gas == "CO2" and term.origin != "biogenic":
            known = (term.method[cell] >= 0) & ((term.state[cell] == 0) | (encoded.value[rows] == 0))
            known &= burnt_into[term.category[cell[0]]]
            mass += np.bincount(
                key, np.where(known, encoded.value[rows] * term.coefficient[cell], 0), mass.size
            )
            held[key[known]] = True
    return mass.reshape(shape), held.reshape(shape), items


def _co2(apparent: Inventory, keys: list[str]) -> pd.DataFrame:
    """Sums of CO2 [t] and energy [TJ] of the supply; NaN where a row has none. Exclusions are left out."""
    frame = ledger(apparent)
    excluded = {rule.id for rule in apparent.plan.exclusions if rule is not None}
    inside = frame["category"].map(lambda code: code == "1.1" or code.startswith("1.1.")).astype(bool)
    co2 = frame[inside & (frame["gas"] == "CO2") & ~frame["method"].isin(excluded)]
    columns = ["mass_t", "energy_tj"]
    sums = co2.groupby(keys, as_index=False)[columns].sum()
    for column in columns:
        lacking = co2[co2[column].isna()].set_index(keys).index
        sums.loc[sums.set_index(keys).index.isin(lacking), column] = np.nan
    return sums.astype(dict.fromkeys(columns, np.float64))
