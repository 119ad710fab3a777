"""The examples recomputed row by row in exact rational arithmetic, by other code than the program's.

Nothing of the compiler, the readers or the factor library is used: source cells are read with openpyxl and
csv, factor tables with csv, signs, formulas and rules of choice are written out below by hand from the
guidelines. Only exact unit factors come from `ghg_inventory.units`. Numbers are Fractions of the printed text.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path

import openpyxl
import tomli

from ghg_inventory.units import exact_factor_between, parse_unit

ROOT = Path(__file__).resolve().parent.parent
CARBON_TO_CO2 = Fraction(44, 12)

# How a row of the balance form becomes burnt fuel or a transfer: the sign that the printed amount gets.
SIGNS = {
    "transform.thermal_power": -1,  # inputs are printed negative
    "transform.heating": -1,
    "final.industry.feedstock": -1,  # printed positive, not burnt
    "supply.outflow": -1,  # printed positive, leaves the area
    "supply.export": -1,
    "supply.inflow": 1,
    "supply.import": 1,
    **dict.fromkeys(
        ("final.agriculture", "final.industry", "final.construction", "final.transport", "final.trade",
         "final.other", "final.residential.urban", "final.residential.rural"), 1,
    ),
}  # fmt: skip

# Rows of the form by the words that only they have; the flow and the category each belongs to.
ROWS = {
    "火力发电": ("transform.thermal_power", "1.1.1.1.1"), "2.供热": ("transform.heating", "1.1.1.1.3"),
    "1.农、林": ("final.agriculture", "1.1.6"), "2.工业": ("final.industry", "1.1.2"),
    "#用作原料": ("final.industry.feedstock", "1.1.2"), "3.建筑业": ("final.construction", "1.1.2.12"),
    "4.交通运输": ("final.transport", "1.1.3"), "5.批发": ("final.trade", "1.1.4"), "6.其他": ("final.other", "1.1.4"),
    "城镇": ("final.residential.urban", "1.1.5.1"), "乡村": ("final.residential.rural", "1.1.5.2"),
}  # fmt: skip
TRANSFER_ROWS = {
    "调入量": "supply.inflow", "进口量": "supply.import", "调出量": "supply.outflow", "6.出口量": "supply.export",
}  # fmt: skip
NON_ENERGY = {"bitumen", "lubricants", "paraffin_wax", "white_spirit"}
RECOVERED = {"blast_furnace_gas", "converter_gas"}
GASES = ("CO2", "CH4", "N2O")

NCV_NATIONAL = ("cn_energy_statistics", "mee_enterprise", "gbt32151_22", "ipcc2006")
"""IPCC Vol. 2 section 1.4.1.2: national calorific values first, Table 1.2 where there is none."""


@dataclass(frozen=True)
class Rule:
    """One way to compute a gas: the sets of each parameter, which are never mixed within one product.

    ncv: sets of the calorific value, best first. factors: (parameter, set) in the order of the formula.
    """

    method: str
    ncv: tuple[str, ...]
    factors: tuple[tuple[str, str], ...]


def _carbon(method: str, ncv: tuple[str, ...], where: str) -> Rule:
    return Rule(method, ncv, (("carbon_content", where), ("oxidation_factor", where)))


IPCC_FACTOR = (("emission_factor", "ipcc2006"),)
CO2_RULES = {
    "cn2011": (
        _carbon("cn2011.energy.combustion.co2", ("cn_energy_statistics",), "guide2011"),
        _carbon("composite.energy.combustion.co2", ("cn_energy_statistics",), "cn_coal_composite"),
        _carbon("mee.energy.combustion.co2", ("mee_enterprise",), "mee_enterprise"),
        _carbon("gbt32151_22.energy.combustion.co2", ("gbt32151_22",), "gbt32151_22"),
    ),
    "ipcc2006": (
        Rule("ipcc2006.energy.combustion.co2", NCV_NATIONAL, IPCC_FACTOR),
        _carbon("ipcc2006.energy.carbon.co2", NCV_NATIONAL, "ipcc2006"),
    ),
}
STORED_RULES = {
    "cn2011": (
        Rule("cn2011.memo.stored_carbon.co2", ("cn_energy_statistics",), (("carbon_content", "guide2011"),)),
        Rule("ipcc2006.supplement.memo.stored_carbon.co2", NCV_NATIONAL, (("carbon_content", "ipcc2006"),)),
    ),
    "ipcc2006": (Rule("ipcc2006.memo.stored_carbon.co2", NCV_NATIONAL, (("carbon_content", "ipcc2006"),)),),
}
"""The carbon of feedstock that is not burnt: memo item M.7, the whole of it, positive."""
STORED = "M.7"
BOILER = Rule(
    "cn2011.energy.boiler.n2o", ("cn_energy_statistics", "mee_enterprise", "gbt32151_22"),
    (("emission_factor", "guide2011"),),
)  # fmt: skip


def rules(profile: str, gas: str, category: str) -> tuple[Rule, ...]:
    """The ways to try for fuel combustion, best first."""
    if gas == "CO2":
        return CO2_RULES[profile]
    kind = "supplement" if profile == "cn2011" else "combustion"
    default = Rule(f"ipcc2006.energy.{kind}.{gas.lower()}", NCV_NATIONAL, IPCC_FACTOR)
    power = gas == "N2O" and profile == "cn2011" and category.startswith("1.1.1.1")
    return (BOILER, default) if power else (default,)


# -- reading the tables ---------------------------------------------------------------------------------


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@cache
def factor_rows() -> tuple[dict[str, str], ...]:
    """Every shipped factor as text, with its folder as "set"."""
    rows = []
    for path in sorted((ROOT / "emission_factors").glob("*/*.csv")):
        rows += [{**row, "set": path.parent.name} for row in _read(path)]
    return tuple(rows)


@cache
def factors_by_need() -> dict[tuple[str, str, str], list[dict[str, str]]]:
    """(parameter, set, gas) → rows."""
    out: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for row in factor_rows():
        out.setdefault((row["parameter"], row["set"], row["gas"]), []).append(row)
    return out


@cache
def fuels() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in _read(ROOT / "ghg_inventory" / "codes" / "fuels.csv")}


def chain(item: str, ncv: bool = False) -> list[str]:
    """The item and the broader ones that may lend it a factor, nearest first."""
    found = [item]
    while item in fuels() and fuels()[item]["broader"]:
        if ncv and fuels()[item]["broader_ncv"] != "yes":
            break
        item = fuels()[item]["broader"]
        found.append(item)
    return found


@cache
def grids(area: str, year: int) -> frozenset[str]:
    """Power grids that the province belonged to in that year."""
    rows = _read(ROOT / "emission_factors" / "grid_regions.csv")
    inside = [r for r in rows if r["area_code"] == area and _within(r, year)]
    return frozenset(r["region"] for r in inside)


def _within(row: dict[str, str], year: int) -> bool:
    return int(row["valid_from"] or 0) <= year <= int(row["valid_to"] or 9999)


# -- choosing a factor ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Need:
    """What a factor is wanted for."""

    parameter: str
    gas: str
    category: str
    item: str
    technology: str
    area: str
    year: int


def choose(need: Need, where: str) -> dict[str, str] | None:
    """The most specific row of one set that holds for a province; an error when two are equally specific."""
    items = [*chain(need.item, need.parameter == "net_calorific_value"), ""]
    places = {need.area: 3, **dict.fromkeys(grids(need.area, need.year), 2), "CN": 1, "": 0}
    found = []
    for row in factors_by_need().get((need.parameter, where, need.gas), ()):
        prefixes = row["category"].split(";") if row["category"] else [""]
        covering = [p for p in prefixes if not p or need.category == p or need.category.startswith(p + ".")]
        if (
            covering
            and row["item"] in items
            and row["technology"] in ("", need.technology)
            and not row["sector"]
            and row["area_code"] in places
            and _within(row, need.year)
        ):
            years = int(row["valid_to"] or 9999) - int(row["valid_from"] or 0)
            rank = (
                places[row["area_code"]], -years, bool(row["technology"]), -items.index(row["item"]),
                max(len(p.split(".")) if p else 0 for p in covering),
            )  # fmt: skip
            found.append((rank, row))
    found.sort(key=lambda one: one[0], reverse=True)
    if len(found) > 1 and found[0][0] == found[1][0]:
        raise AssertionError(f"{need}: {found[0][1]['factor_id']} and {found[1][1]['factor_id']}")
    return found[0][1] if found else None


@cache
def assumptions() -> dict[str, list[tuple[str, list[str], str]]]:
    """The declared assumptions of the Sichuan example: kind → (category prefix, items, what is used)."""
    with (ROOT / "examples" / "sichuan" / "inventory.toml").open("rb") as stream:
        table = tomli.load(stream)["assumptions"]
    return {kind: [(e["category"], e["items"], e["use"]) for e in entries] for kind, entries in table.items()}


def assumed(kind: str, category: str, item: str) -> str:
    """What the first fitting assumption says, "" when none does."""
    for prefix, items, use in assumptions().get(kind, ()):
        if item in items and (category == prefix or category.startswith(prefix + ".")):
            return use
    return ""


def chosen(
    profile: str, gas: str, row: Row, ways: tuple[Rule, ...] = ()
) -> tuple[str, list[dict[str, str]]] | None:
    """(method, [calorific value, factors…]) that the written rules give, None if nothing; ways: of burnt fuel."""
    category = assumed("category", row.category, row.item) or row.category
    item = assumed("item", row.category, row.item) or row.item
    technology = assumed("technology", row.category, row.item)

    def need(parameter: str, of: str = item, gas: str = "") -> Need:
        return Need(parameter, gas, category, of, technology, row.area, row.year)

    # Which document applies follows from the category as submitted; whose factors, from the assumed one.
    for rule in ways or rules(profile, gas, row.category):
        ncv = next(
            (
                found
                for one in rule.ncv
                for of in (item, row.item)
                if (found := choose(need("net_calorific_value", of), one))
            ),
            None,
        )
        rest = [choose(need(p, item, gas if p == "emission_factor" else ""), s) for p, s in rule.factors]
        if ncv and all(rest):
            return rule.method, [ncv, *(r for r in rest if r)]
    return None


def transfer_factor(row: Row) -> tuple[str, list[dict[str, str]]]:
    """Electricity: the official factor of the year; heat: the national default."""
    if row.item == "heat":
        need = Need("heat_emission_factor", "", row.category, "heat", "", row.area, row.year)
        found = choose(need, "heat_default")
        return "transfer.heat.co2", [found] if found else []
    need = Need("grid_emission_factor", "", row.category, "electricity", "", row.area, row.year)
    both = [choose(need, one) for one in ("grid_mee", "grid_ndrc")]
    return "transfer.electricity.co2", [f for f in both if f]


# -- the formulas ---------------------------------------------------------------------------------------


def number(text: object) -> Fraction:
    """The number as printed: a float of a workbook stands for its shortest decimal text."""
    return Fraction(repr(text) if isinstance(text, float) else str(text))


def _in(row: dict[str, str], *units: str) -> Fraction:
    """A factor's value in the first of `units` that its own unit can be converted to."""
    source = parse_unit(row["unit"])
    target = next(u for u in map(parse_unit, units) if u.dimension == source.dimension)
    return number(row["value"]) * exact_factor_between(source, target)


def energy_tj(amount: Fraction, unit: str, ncv: dict[str, str]) -> Fraction:
    """Energy of an amount: quantity × calorific value."""
    product = parse_unit(unit).product(parse_unit(ncv["unit"]))
    return amount * number(ncv["value"]) * exact_factor_between(product, parse_unit("TJ"))


def combustion(amount: Fraction, unit: str, gas: str, factors: list[dict[str, str]]) -> Fraction:
    """Tonnes of gas: Q·CC·OF·44/12, or Q·EF."""
    ncv, *rest = factors
    q = energy_tj(amount, unit, ncv)
    if rest[0]["parameter"] == "carbon_content":
        content, oxidised = rest
        return q * _in(content, "t C/TJ") * _in(oxidised, "1") * CARBON_TO_CO2
    return q * _in(rest[0], f"t {gas}/TJ", "t/TJ")


def stored(amount: Fraction, unit: str, factors: list[dict[str, str]]) -> Fraction:
    """Tonnes of CO2 that the carbon of feedstock (a negative amount) would have given."""
    ncv, content = factors
    return -energy_tj(amount, unit, ncv) * _in(content, "t C/TJ") * CARBON_TO_CO2


def transfer(amount: Fraction, unit: str, factor: dict[str, str]) -> Fraction:
    """Tonnes of CO2 of electricity [MWh] or heat [GJ] across the boundary."""
    measure = "MWh" if factor["parameter"] == "grid_emission_factor" else "GJ"
    q = amount * exact_factor_between(parse_unit(unit), parse_unit(measure))
    return q * _in(factor, f"t CO2/{measure}")


def plain(amount: Fraction, unit: str, gas: str, factor: dict[str, str]) -> Fraction:
    """Tonnes of gas: activity × factor."""
    product = parse_unit(unit).product(parse_unit(factor["unit"]))
    target = parse_unit(f"t {gas}") if gas in product.substances else parse_unit("t")
    return amount * number(factor["value"]) * exact_factor_between(product, target)


# -- the examples, from their input files ---------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One record as the input file prints it, with the sign rule applied."""

    file: str
    cell: str
    area: str
    year: int
    category: str
    item: str
    flow: str
    amount: Fraction
    unit: str


@dataclass
class Result:
    """One recomputed ledger row. mass None: a notation key (excluded). into: another category than the record's."""

    row: Row
    gas: str
    method: str
    factors: list[dict[str, str]] = field(default_factory=list)
    mass: Fraction | None = None
    into: str = ""

    @property
    def category(self) -> str:
        """Where it is reported."""
        return self.into or self.row.category


def item_of(label: str) -> str:
    """The fuel code of a column heading."""
    found = [code for code, row in fuels().items() if label in (row["zh"], *row["aliases"].split("|"))]
    return found[0] if found else ""


def sichuan_rows() -> Iterator[Row]:
    """Every record of the two balance workbooks that emits, straight from their cells."""
    for year in (2012, 2021):
        path = ROOT / "examples" / "sichuan" / "input" / f"energy_balance_{year}.xlsx"
        sheet = openpyxl.load_workbook(path, data_only=True).active
        heads = next(r for r in sheet.iter_rows() if r[0].value == "项目")
        units = next(r for r in sheet.iter_rows() if r[0].value == "计量单位")
        for line in sheet.iter_rows(min_row=units[0].row + 1):
            label = str(line[0].value or "")
            for head, unit, cell in zip(heads[1:], units[1:], line[1:], strict=True):
                record = _form_row(label, str(head.value), cell.value)
                if record:
                    flow, category, item, amount = record
                    place = f"{sheet.title}!{cell.coordinate}"
                    yield Row(
                        f"input/{path.name}", place, "510000", year, category, item, flow, amount,
                        str(unit.value),
                    )  # fmt: skip


def _form_row(label: str, head: str, value: object) -> tuple[str, str, str, Fraction] | None:
    item = item_of(head)
    if value is None or not item or head in ("煤合计", "油品合计"):
        return None
    if item in ("electricity", "heat"):
        flow = next((f for word, f in TRANSFER_ROWS.items() if word in label), "")
        category = "X.1.1" if item == "electricity" else "X.2.1"
        return (flow, category, item, SIGNS[flow] * number(value)) if flow else None
    flow, category = next(
        (v for word, v in ROWS.items() if label.startswith(word) or word in label), ("", "")
    )
    if not flow or item == "other_energy":
        return None
    if flow.startswith("transform.") and number(value) > 0:
        return None  # an output is not burnt
    return flow, category, item, SIGNS[flow] * number(value)


def sichuan(profile: str) -> list[Result]:
    """Every ledger row of the Sichuan example under one profile."""
    return [result for row in sichuan_rows() for result in _sichuan_results(profile, row)]


def _sichuan_results(profile: str, row: Row) -> Iterator[Result]:
    if row.flow.startswith("supply."):
        method, factors = transfer_factor(row)
        assert len(factors) == 1, (row, factors)
        yield Result(row, "CO2", method, factors, transfer(row.amount, row.unit, factors[0]))
        return
    for gas in GASES:
        if row.item in NON_ENERGY:
            yield Result(row, gas, "non_energy_products")
        elif row.item in RECOVERED and gas == "CO2":
            yield Result(row, gas, "recovered_gases")
        else:
            picked = chosen(profile, gas, row)
            if picked is None:
                yield Result(row, gas, "", [], Fraction(0) if row.amount == 0 else None)
            else:
                yield Result(row, gas, picked[0], picked[1], combustion(row.amount, row.unit, gas, picked[1]))
    if row.flow == "final.industry.feedstock" and row.item not in NON_ENERGY | RECOVERED:
        picked = chosen(profile, "CO2", row, STORED_RULES[profile])
        if picked is None:
            yield Result(row, "CO2", "", [], Fraction(0) if row.amount == 0 else None, STORED)
        else:
            mass = stored(row.amount, row.unit, picked[1])
            yield Result(row, "CO2", picked[0], picked[1], mass, STORED)


def mendoza() -> list[Result]:
    """Every ledger row of the Mendoza example: activity × the publisher's own factor, valid in that year."""
    folder = ROOT / "examples" / "mendoza"
    factors = _read(folder / "factors.csv")
    out = []
    for line, record in enumerate(_read(folder / "input" / "activity.csv"), start=2):
        row = Row(
            "input/activity.csv", f"L{line}", record["area_code"], int(record["year"]), record["category"],
            record["item"], "", number(record["value"]) if record["value"] else Fraction(0), record["unit"],
        )  # fmt: skip
        assert record["value"], "the example holds amounts only"
        for factor in factors:
            if factor["item"] == row.item and _within(factor, row.year):
                mass = plain(row.amount, row.unit, factor["gas"], factor)
                out.append(Result(row, factor["gas"], "generic.activity_times_factor", [factor], mass))
    return out


# -- adding up ------------------------------------------------------------------------------------------


def area_parents() -> dict[str, str]:
    """Area → the one above; nothing is added above the area of a workspace."""
    return {row["code"]: row["parent"] for row in _read(ROOT / "examples" / "mendoza" / "areas.csv")}


def gwp(gwp_set: str, gas: str) -> Fraction:
    """Tonnes CO2e per tonne, for emissions of any origin."""
    rows = _read(ROOT / "emission_factors" / "gwp.csv")
    found = [r["value"] for r in rows if (r["gwp_set"], r["gas"], r["origin"]) == (gwp_set, gas, "any")]
    return number(found[0])


@cache
def category_rows() -> dict[str, dict[str, str]]:
    """Categories of both schemes by code."""
    folder = ROOT / "ghg_inventory" / "codes"
    return {row["code"]: row for name in ("categories", "gpc_refs") for row in _read(folder / f"{name}.csv")}


Totals = dict[tuple[str, int, str, str], Fraction]


def totals(results: list[Result]) -> Totals:
    """(area, year, category, gas) → tonnes, over all that lies at or below area and category."""
    parents = area_parents()
    out: Totals = {}
    for one in results:
        if one.mass is None or not one.method:
            continue
        area: str = one.row.area
        while area:
            category = one.category
            while category:
                key = (area, one.row.year, category, one.gas)
                out[key] = out.get(key, Fraction(0)) + one.mass
                category = _above(category)
            area = parents.get(area, "")
    return out


def _above(category: str) -> str:
    """The category it is added to: its parent, unless it is marked as not added."""
    row = category_rows()[category]
    return row["parent"] if adds(row) else ""


def adds(row: dict[str, str]) -> bool:
    """Whether a category is part of its parent's sum: no of-which, no memo, no GPC leaf outside BASIC+."""
    if "basic_plus" in row:
        return row["role"] != "leaf" or row["basic_plus"] == "yes"
    return row["in_total"] not in ("of-which", "memo")
