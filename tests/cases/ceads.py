"""Sichuan 2018 from the CEADs energy inventory with CEADs' own factors: the published 256.347 Mt CO2.

CEADs (Carbon Emission Accounts & Datasets): Shan et al. 2016, 2018 (Scientific Data 5:170201), 2020; Guan et al.
2021; Xu et al. 2024. Data and factors are theirs, stay in the tests and are cited; the program does not ship them.
Factors: combined factors (NCV × CC × O × 44/12) that the provincial emission inventories imply.

Rule: Σ sectors; power = final use + Thermal Power + Heating Supply; minus Non-Energy Use × the factor of the
chemical sector; Other Petroleum Products left out (their combined factor is not reproducible), as are
electricity, heat and other energy, which are not burnt.
"""

from __future__ import annotations

from cases.book import HERE, Case, OwnFactor, Record, read_csv
from cases.words import unit_of

SOURCE = "CEADs provincial energy and emission inventories (Shan et al. 2016, 2018, 2020; Guan et al. 2021; Xu et al. 2024)"
PUBLISHED_MT = "256.347"
NOT_COUNTED = ("Electricity", "Heat", "Other_Energy", "Other_Petroleum_Products")


def case() -> Case:
    """One case: every fuel of every sector as its own record, the sector as its technology."""
    return Case(
        "ceads-sichuan-2018", "Sichuan 2018, energy CO2, 47 sectors", "generic", "ar5", tuple(records()),
        tuple(factors()), {"CO2": float(PUBLISHED_MT)}, "Mt CO2", SOURCE, {"CO2": 0.0005}, at=("", 2018),
    )  # fmt: skip


def records() -> list[Record]:
    """The energy inventory, row by row."""
    rows = {row["row_no"]: row for row in read_csv(HERE / "ceads_rows.csv")}
    out = []
    for line in read_csv(HERE / "ceads_sichuan_2018.csv"):
        if line["fuel"] not in NOT_COUNTED:
            row = rows[line["row_no"]]
            out.append(
                Record(row["category"], "fuel", line["value"], unit_of(line["unit"], "CEADs"), item_of(line["fuel"]),
                       row["sector"], 2018, row["use"])
            )  # fmt: skip
    return out


def factors() -> list[OwnFactor]:
    """CEADs' combined factors, by fuel and, where their oxidation differs, by sector; those that a record needs."""
    held = {(record.item, record.technology) for record in records()} | {(r.item, "") for r in records()}
    return [
        OwnFactor("emission_factor", row["value"], row["unit"], "CO2", item=item_of(row["fuel"]),
                  technology=row["sector"])
        for row in read_csv(HERE / "ceads_factors.csv")
        if (item_of(row["fuel"]), row["sector"]) in held
    ]  # fmt: skip


def item_of(fuel: str) -> str:
    """Our code of a CEADs fuel name."""
    from ghg_inventory.codes import Fuels

    return Fuels.load().find(fuel.replace("_", " ")) or fuel
