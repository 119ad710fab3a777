"""Reference approach: CO2 from apparent consumption, against the sectoral approach.

Source: 2006 IPCC Guidelines, Vol. 2 Ch. 6; 省级指南（试行）第一章 参考方法.
apparent consumption = production + imports − exports − stock change, signs applied by the reader.
Carbon of fuel used as feedstock is subtracted; non-energy products are left out of both approaches.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ghg_inventory.activity.table import Activity
from ghg_inventory.codes import GwpTable
from ghg_inventory.inventory.compile import compile_inventory
from ghg_inventory.inventory.ledger import ledger
from ghg_inventory.inventory.model import Inventory
from ghg_inventory.tables import Column

COLUMNS = ("area_code", "year", "item", "apparent_tj", "reference_co2_t", "sectoral_co2_t", "difference_pct")


def reference_approach(inventory: Inventory, gwp: GwpTable) -> pd.DataFrame:
    """Per area, year and fuel, with a row for all fuels (item ""): energy [TJ], CO2 [t], difference [%].

    Empty when no supply rows were submitted. The difference is (reference − sectoral) / sectoral × 100
    and is given for all fuels only: transformation moves carbon from one fuel to another.
    """
    supply = _supply(inventory.activity)
    if not len(supply):
        return pd.DataFrame(columns=list(COLUMNS))
    apparent = compile_inventory(supply, inventory.context, gwp, inventory.gwp_set)
    keys = ["area_code", "year", "item"]
    top = _co2(ledger(apparent), keys)
    sector = _co2(ledger(inventory), keys).drop(columns="energy_tj")
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
    ].sum()
    total["item"] = ""
    total["difference_pct"] = 100 * (total["reference_co2_t"] / total["sectoral_co2_t"] - 1)
    out = pd.concat([joined, total], ignore_index=True)
    return out.reindex(columns=list(COLUMNS)).sort_values(["area_code", "year", "item"], ignore_index=True)


def _supply(activity: Activity) -> Activity:
    """Supply rows and feedstock, as combustion of category 1.1: the method is then the profile's own."""
    words = activity.use.words
    uses = {index for index, word in enumerate(words) if word in ("reference", "feedstock")}
    reference = {index for index, word in enumerate(words) if word == "reference"}
    if not reference or not np.isin(activity.use.codes, list(reference)).any():
        return activity.select(np.zeros(len(activity), dtype=bool))
    chosen = activity.select(np.isin(activity.use.codes, list(uses)))
    rows = len(chosen)
    same = np.zeros(rows, dtype=np.int32)
    return replace(chosen, category=Column(same, ("1.1",)), use=Column(same, ("",))).canonical()


def _co2(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    inside = frame["category"].map(lambda code: code == "1.1" or code.startswith("1.1."))
    co2 = frame[inside & (frame["gas"] == "CO2") & frame["mass_t"].notna()]
    return co2.groupby(keys, as_index=False)[["mass_t", "energy_tj"]].sum()
