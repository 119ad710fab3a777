"""Reference approach: CO2 from apparent consumption, against the sectoral approach.

Source: 2006 IPCC Guidelines, Vol. 2 Ch. 6; 省级指南（试行）第一章 参考方法.
apparent consumption = production + imports − exports − stock change, signs applied by the reader.
Carbon of fuel used as feedstock is subtracted; non-energy products are left out of both approaches.
Feedstock of an area and year without supply rows is no supply: there is then no reference approach.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from ghg_inventory.activity.table import Activity
from ghg_inventory.codes import GwpTable
from ghg_inventory.errors import Finding
from ghg_inventory.inventory.compile import compile_inventory
from ghg_inventory.inventory.ledger import ledger, rows_of
from ghg_inventory.inventory.model import Inventory
from ghg_inventory.tables import Column

COLUMNS = ("area_code", "year", "item", "apparent_tj", "reference_co2_t", "sectoral_co2_t", "difference_pct")


UNCOMPUTED = ("no-factor", "factor-tie", "unit-not-usable")


def reference_with_findings(inventory: Inventory, gwp: GwpTable) -> tuple[pd.DataFrame, list[Finding]]:
    """`reference_approach` and one error per fuel whose supply could not be computed, at its first record."""
    supply = _supply(inventory.activity)
    if not len(supply):
        return pd.DataFrame(columns=list(COLUMNS)), []
    apparent = compile_inventory(supply, inventory.context, gwp, inventory.gwp_set)
    lacking = [f for f in apparent.findings if f.name in UNCOMPUTED and dict(f.values)["gas"] in ("CO2", "–")]
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
    top = _co2(ledger(apparent), keys)
    sector = _sectoral(inventory, top["area_code"].unique()).drop(columns="energy_tj")
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
    """CO2 by year and item of each area, with all that lies in it."""
    areas = inventory.context.areas
    parts = []
    for code in codes:
        frame = ledger(inventory, rows_of(inventory, areas.at_or_below(code), inventory.years))
        inside = [code in areas.chain(a, y) for a, y in zip(frame["area_code"], frame["year"], strict=True)]
        # What could not be computed is an error of the inventory and stands in its findings.
        computed = frame[np.asarray(inside, dtype=bool) & frame["mass_t"].notna().to_numpy()]
        parts.append(_co2(computed.assign(area_code=code), ["area_code", "year", "item"]))
    return pd.concat(parts, ignore_index=True)


def _co2(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Sums of CO2 [t] and energy [TJ] of fuel combustion; NaN where a row has none (excluded rows are left out)."""
    inside = frame["category"].map(lambda code: code == "1.1" or code.startswith("1.1.")).astype(bool)
    co2 = frame[inside & (frame["gas"] == "CO2") & frame["notation"].isin(["", "NE"])]
    columns = ["mass_t", "energy_tj"]
    sums = co2.groupby(keys, as_index=False)[columns].sum()
    for column in columns:
        lacking = co2[co2[column].isna()].set_index(keys).index
        sums.loc[sums.set_index(keys).index.isin(lacking), column] = np.nan
    return sums.astype(dict.fromkeys(columns, np.float64))
