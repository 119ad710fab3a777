"""Report inputs made from real public numbers, for the tests of the room `report`.

mendoza.csv: stationary energy of the 18 districts of Mendoza, 2013–2022 (Open-Earth-Foundation/CityCatalyst-global-data,
source DEIE Mendoza), GPC references. sichuan.csv: rows of the energy balances 2012 and 2021 of Sichuan. factors.csv:
values of GB/T 32151.22-2024. The arithmetic here is a stand-in for the inventory: good for layout, not an inventory.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.errors import Place, finding
from ghg_inventory.report import (
    AreaInfo,
    AssumedUse,
    BalanceCheck,
    CategoryInfo,
    Excluded,
    Gwp,
    InputFile,
    MethodInfo,
    Name,
    ProfileInfo,
    ReportInput,
    Run,
    Symbol,
)
from ghg_inventory.report.model import (
    BALANCE,
    ELECTRICITY,
    FACTORS,
    INDICATORS,
    LEDGER,
    REFERENCE,
    TOTALS,
    empty,
)

HERE = Path(__file__).parent
AR5 = {"CO2": 1.0, "CH4": 28.0, "N2O": 265.0}
GWP = Gwp("ar5", Name("IPCC 第五次评估报告（AR5）", "IPCC Fifth Assessment Report (AR5)"),
          (("CO2", 1, ""), ("CH4", 28, ""), ("N2O", 265, "")))  # fmt: skip
HASH = "3f5a9c0d7be14286" * 4


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def categories() -> dict[str, CategoryInfo]:
    tree = CategoryTree.load()
    found = {}
    for code in tree.codes:
        c = tree.category(code)
        found[code] = CategoryInfo(
            Name(c.zh, c.en), c.level, c.parent, ";".join(c.gpc), ";".join(c.ipcc2006),
            c.gpc_scope if c.forest == "gpc" else "", "basic" in c.flags, "basic_plus" in c.flags,
            "territorial" in c.flags, c.adds_to_parent,
        )  # fmt: skip
    return found


def fuels() -> dict[str, Name]:
    return {f.code: Name(f.zh, f.en) for f in Fuels.load()}


def rolled(ledger: pd.DataFrame, parents: dict[str, str], infos: dict[str, CategoryInfo]) -> pd.DataFrame:
    """Leaf masses added up over areas and categories."""
    sums: dict[tuple[str, str, int, str, str], list[float]] = {}
    for r in ledger.itertuples():
        areas = [r.area_code]
        while parents.get(areas[-1]):
            areas.append(parents[areas[-1]])
        codes = [r.category]
        while infos[codes[-1]].parent:
            codes.append(infos[codes[-1]].parent)
        for area in areas:
            for code in codes:
                pair = sums.setdefault((r.profile, area, r.year, code, r.gas), [0.0, 0.0])
                pair[0] += r.mass_t
                pair[1] += r.co2e_t
    return pd.DataFrame([(*key, *pair) for key, pair in sorted(sums.items())], columns=list(TOTALS))


def slug(name: str) -> str:
    plain = name.translate(str.maketrans("áéíóúüñ", "aeiouun")).lower().replace(".", "")
    return "AR-M-" + plain.replace(" ", "-")


def mendoza(area: str = "AR-M", year: int = 2022) -> ReportInput:
    """The province of Mendoza, or one of its districts ("AR-M-rivadavia")."""
    infos = categories()
    districts: dict[str, str] = {}
    records = []
    first: dict[tuple[str, ...], int] = {}
    for number, r in enumerate(rows("mendoza.csv"), start=2):
        code = slug(r["district"])
        districts[code] = r["district"]
        mass = float(r["emission_kg"]) / 1000
        item = "electricity" if r["unit"] == "MWh" else "natural_gas"
        energy = float(r["value"]) * (0.0036 if r["unit"] == "MWh" else 1.0)
        factor = f"mendoza.{item}.{r['gas'].lower()}"
        # One activity record makes up to three gases; they share the line of the first.
        line = first.setdefault((code, r["year"], r["activity_name"], r["gpc"], r["unit"]), number)
        records.append((
            code, r["district"], int(r["year"]), "generic", r["gpc"], r["gas"], item, "fuel", "", float(r["value"]),
            r["unit"], "generic.activity_times_factor", factor, mass, mass * AR5[r["gas"]], "", "activity.csv",
            "", str(line), energy,
        ))  # fmt: skip
    ledger = pd.DataFrame(records, columns=list(LEDGER))
    parents = dict.fromkeys(districts, "AR-M")
    totals = rolled(ledger, parents, infos)
    areas = {"AR-M": AreaInfo(Name("门多萨省", "Mendoza"), "province")}
    areas |= {c: AreaInfo(Name("", n), "district", "AR-M") for c, n in sorted(districts.items())}
    mine = [area, *(c for c in areas if areas[c].parent == area)]
    factors = sorted({(r["gas"], r["unit"], r["factor"], r["factor_unit"]) for r in rows("mendoza.csv")})
    used = pd.DataFrame(
        [(f"mendoza.{'electricity' if u == 'MWh' else 'natural_gas'}.{g.lower()}", "emission_factor",
          "electricity" if u == "MWh" else "natural_gas", "", "", "AR-M", g, v, fu, "", "", "2",
          "DEIE Mendoza, through CityCatalyst global data", "emission_factor_value", "B", "2013", "2022")
         for g, u, v, fu in factors], columns=list(FACTORS))  # fmt: skip
    return ReportInput(
        kind="region" if area == "AR-M" else "district", area_code=area, year=year, years=tuple(range(2013, 2023)),
        issue_date="2026-11-23", data_cutoff="2024-06-30", run=_run("activity.csv", 985),
        profiles=(ProfileInfo("generic", Name("通用方法（活动水平 × 排放因子）", "Generic: activity × emission factor"),
                              Name("每条活动水平数据乘以发布者自己的排放因子", "Each activity record times its publisher's own factor")),),
        main_profile="generic", gwp=GWP,
        totals=totals[totals["area_code"].isin(mine)].reset_index(drop=True),
        ledger=ledger[ledger["area_code"].isin(mine) & (ledger["year"] == year)].reset_index(drop=True),
        categories=infos, areas=areas, fuels=fuels(), factors_used=used,
        methods_used=(_generic_method(),), demonstration=True,
        findings=(finding("number-normalised", Place("activity.csv", line=17), text="１２", value=12, why="full-width"),
                  finding("csv-shape", Place("activity.csv", line=431), found=11, expected_count=12)),
    )  # fmt: skip


def _run(file: str, count: int) -> Run:
    statement = Name("按长表读取；重复的活动水平按气体合并", "Read as a long table; records repeated per gas were merged")
    return Run(HASH, "0.1.0", HASH[::-1], "ghg run --workspace examples/demo --years 2022",
               (InputFile(file, HASH, "long CSV", count, statement),))  # fmt: skip


def _generic_method() -> MethodInfo:
    return MethodInfo(
        "generic.activity_times_factor", Name("活动水平乘以排放因子", "Activity times emission factor"),
        "<i>E</i> = <i>AD</i> × <i>EF</i>",
        (Symbol("AD", Name("活动水平", "activity"), "TJ, MWh"), Symbol("EF", Name("排放因子", "emission factor"), "t CO2/TJ")),
        "IPCC 2006 Guidelines, Vol. 1, Ch. 1", "1", "t",
    )  # fmt: skip


def sichuan(year: int = 2021) -> ReportInput:
    """Sichuan from two energy balances, CO2 only, two stand-in profiles."""
    infos = categories()
    values = {(r["item"], r["parameter"]): float(r["value"]) for r in rows("factors.csv")}
    index = Fuels.load()
    records, transfers, supply = [], [], []
    for number, r in enumerate(rows("sichuan.csv"), start=2):
        item = index.find(r["fuel"]) or r["fuel"]
        key = {"raw_coal": "bituminous_coal"}.get(item, item)
        amount = float(r["value"])
        if r["category"] in ("inflow", "outflow") and item == "electricity":
            transfers.append((int(r["year"]), r["category"], abs(amount)))
        if (key, "ncv") not in values:
            continue
        # GJ/t × 10^4 t = 10 TJ; GJ/10^4 m3 × 10^8 m3 = 10 TJ
        energy = amount * values[key, "ncv"] * 10
        co2 = energy * values[key, "cc"] * values[key, "ox"] * 44 / 12
        if r["category"] == "supply":
            supply.append((int(r["year"]), item, energy, co2))
        if r["category"] in ("supply", "inflow", "outflow"):
            continue
        sign = -1.0 if r["category"] == "feedstock" or r["category"].startswith("1.1.1.1") else 1.0
        category = "1.1.2.11" if r["category"] in ("feedstock", "1.1.2") else r["category"]
        use = "feedstock" if r["category"] == "feedstock" else ""
        if sign * amount < 0 and not use:
            continue
        for profile, factor in (("cn2011", 1.0), ("ipcc2006", 1.021)):
            records.append((
                "510000", "四川省", int(r["year"]), profile, category, "CO2", item, "fuel", use, sign * amount, r["unit"],
                f"{profile}.energy.combustion.co2", f"cn.fuel.gbt32151_22_2024.ncv.{key}", sign * co2 * factor,
                sign * co2 * factor, "", f"energy_balance_{r['year']}.xlsx", "平衡表", f"C{number}", sign * energy,
            ))  # fmt: skip
    grid = {2012: ("0.5257", 2012), 2021: ("0.1404", 2022)}
    lines = []
    for y in (2012, 2021):
        inflow = sum(v for yy, c, v in transfers if yy == y and c == "inflow")
        outflow = sum(v for yy, c, v in transfers if yy == y and c == "outflow")
        factor, factor_year = grid[y]
        co2 = (inflow - outflow) * 1e8 * float(factor) / 1000
        lines.append((y, inflow, outflow, inflow - outflow, "10^8 kWh", factor, "kgCO2/kWh", factor_year, "grid", co2))
        for profile in ("cn2011", "ipcc2006"):
            records.append((
                "510000", "四川省", y, profile, "X.1.1", "CO2", "electricity", "fuel", "transfer", inflow - outflow,
                "10^8 kWh", f"{profile}.electricity", "grid", co2, co2, "", f"energy_balance_{y}.xlsx", "平衡表", "AB4", None,
            ))  # fmt: skip
    ledger = pd.DataFrame(records, columns=list(LEDGER))
    reference = _reference(supply, ledger, year)
    used = [
        (r["factor_id"], {"ncv": "net_calorific_value", "cc": "carbon_content", "ox": "oxidation_factor"}[r["parameter"]],
         r["item"], "", "", "", "" if r["parameter"] == "ncv" else "CO2", r["value"], r["unit"], "", "", "2", r["source"],
         r["locator"], "C" if r["item"] == "lng" else r["confidence"], "", "")
        for r in rows("factors.csv")
    ]  # fmt: skip
    indicators = pd.DataFrame([
        ("co2e_t_per_capita", "人均温室气体排放", "Emissions per capita", 2021, 3.4567, "t CO2e/person", "co2e", "population",
         "", "", "", False),
        ("co2_t_per_gdp_constant", "单位地区生产总值二氧化碳排放（可比价）", "CO2 per GDP (constant prices)", 2021, None,
         "t CO2/10^4 CNY", "co2", "gdp", "", "没有可比价生产总值", "no GDP at constant prices", True),
    ], columns=list(INDICATORS))  # fmt: skip
    return ReportInput(
        kind="region", area_code="510000", year=year, years=(2012, 2021), issue_date="2026-11-23",
        data_cutoff="2023-12-31", run=_run("energy_balance_2021.xlsx", 640),
        profiles=(ProfileInfo("cn2011", Name("省级温室气体清单编制指南（试行）", "Provincial guidelines (trial)"),
                              Name("排放量 = 燃料量 × 低位发热量 × 含碳量 × 氧化率 × 44/12", "Fuel × NCV × carbon × oxidation × 44/12")),
                  ProfileInfo("ipcc2006", Name("IPCC 2006 指南", "2006 IPCC Guidelines"), Name("缺省因子", "Default factors"))),
        main_profile="cn2011", gwp=GWP, totals=rolled(ledger, {}, infos),
        ledger=ledger[ledger["year"] == year].reset_index(drop=True), categories=infos,
        areas={"510000": AreaInfo(Name("四川省", "Sichuan"), "province")}, fuels=fuels(),
        factors_used=pd.DataFrame(used, columns=list(FACTORS)), methods_used=_combustion_methods(),
        reference=reference, electricity=pd.DataFrame(lines, columns=list(ELECTRICITY)), indicators=indicators,
        balance=pd.DataFrame([(2021, "煤矸石", "Gangue", "平衡差额", "balance", "23.62", "0", "23.62", "万吨", "F6")],
                             columns=list(BALANCE)),
        balance_checks=(BalanceCheck(2021, 191, 1, 21, "0.01", "0.01"),),
        assumptions=(AssumedUse("technology", "1.1.1", ("raw_coal", "cleaned_coal"), "other_coal_boiler",
                                Name("平衡表不分炉型", "the balance does not tell boiler types")),),
        exclusions=(Excluded("cn2011", "IE", "2.19", ("CO2",), ("bitumen",), 3,
                             Name("非能源产品，不作燃料燃烧", "not burnt as fuel"), "2006 IPCC Guidelines, Vol. 3 Ch. 5"),),
        findings=(finding("csv-shape", Place("energy_balance_2021.xlsx", "平衡表", "C14"), found=11, expected_count=12),),
        demonstration=True,
    )  # fmt: skip


def _reference(supply: list[tuple[int, str, float, float]], ledger: pd.DataFrame, year: int) -> pd.DataFrame:
    frame = ledger[(ledger["profile"] == "cn2011") & (ledger["year"] == year) & (ledger["category"] != "X.1.1")]
    sectoral = frame.groupby("item")["co2e_t"].sum().to_dict()
    lines = []
    for y, item, energy, co2 in supply:
        if y == year and sectoral.get(item):
            own = sectoral[item]
            lines.append((y, item, energy, co2, own, (co2 - own) / own * 100))
    sums = [sum(line[i] for line in lines) for i in (2, 3, 4)]
    lines.append((year, "total", *sums, (sums[1] - sums[2]) / sums[2] * 100))
    return pd.DataFrame(lines, columns=list(REFERENCE)) if lines else empty(REFERENCE)


def _combustion_methods() -> tuple[MethodInfo, ...]:
    inputs = (
        Symbol("FC", Name("燃料消费量", "fuel consumed"), "10^4 t"),
        Symbol("NCV", Name("平均低位发热量", "net calorific value"), "GJ/t"),
        Symbol("CC", Name("单位热值含碳量", "carbon content"), "t C/TJ"),
        Symbol("OF", Name("碳氧化率", "oxidation factor"), "1"),
    )
    fraction = ('<span class="frac"><span class="num">44</span><span class="bar">/</span>'
                '<span class="den">12</span></span>')  # fmt: skip
    formula = f"<i>E</i> = <i>FC</i> × <i>NCV</i> × <i>CC</i> × <i>OF</i> × {fraction}"
    return tuple(
        MethodInfo(f"cn2011.energy.{name}.co2", Name(zh, en), formula, inputs,
                   "《省级温室气体清单编制指南（试行）》第一章", "2", "t CO2")
        for name, zh, en in (("combustion", "化石燃料燃烧二氧化碳", "CO2 from fuel combustion"),
                             ("feedstock", "原料用途扣除", "Deduction of feedstock use"))
    )  # fmt: skip
