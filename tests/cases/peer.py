"""peer_cases.csv: numbers of inventory libraries and of guidelines, through our methods.

peer_methods.csv says, per equation of the cases, which records and which parameters of ours it is. It knows the
shape of an equation, never a case. Cases without a line there are left out with the reason in peer_left.csv.

A record is written "category=… variable=… item=… technology=… amount=…": amount names an input of the case
("-X": with the other sign; "A*B": what a clerk multiplies before it is an activity, said in the table; "1_t": one
tonne), "$name" is the text of an input, "~" the words of the method after its colon, "@" the category of the
case's IPCC code; several are joined by ";". A factor is written "symbol=parameter", "symbol=parameter:gas" where the parameter has one, "symbol=parameter@item" where records of several items differ,
"EF_*=emission_factor:*" for every symbol EF_CO2, EF_CH4 …, and "#1=parameter" for one that the case leaves out.
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from cases import landfill
from cases.book import HERE, Case, Left, OwnFactor, Record, read_csv
from cases.words import unit_of

FILE = HERE / "peer_cases.csv"
_GWP_SET = re.compile(r"(SAR|AR\d)")


def read(path: Path = FILE) -> tuple[list[Case], list[Left]]:
    """Cases that one of our methods has, and what is left out with the reason."""
    cases, left = [], []
    for row in read_csv(path):
        line = _line(row, "peer_methods.csv")
        reason = _line(row, "peer_left.csv")
        if line is not None:
            cases.append(_case(row, line))
        elif row["method"].startswith("landfill FOD"):
            cases.append(_landfill(row))
        else:
            why = reason["why"] if reason else "no line in tests/cases/peer_methods.csv has this equation"
            left.append(Left(row["case_id"], row["method"], row["provenance"], why))
    return cases, left


def _line(row: dict[str, str], table: str) -> dict[str, str] | None:
    """The first line of a table whose equation, method and gas patterns fit."""
    for line in _table(table):
        patterns = (
            (line["equation"], row["equation"]),
            (line["method"], row["method"]),
            (line["gas"], row["gas"]),
        )
        if all(not wanted or wanted == text or fnmatchcase(text, wanted) for wanted, text in patterns):
            return line
    return None


@cache
def _table(name: str) -> list[dict[str, str]]:
    return read_csv(HERE / name)


def _case(row: dict[str, str], line: dict[str, str]) -> Case:
    inputs, parameters = json.loads(row["inputs"]), json.loads(row["parameters"])
    own = {name.replace(" ", "_"): stated for name, stated in {**inputs, **parameters}.items()}
    records = tuple(_record(text, own, row) for text in line["records"].split(";"))
    factors = tuple(f for text in line["factors"].split() for f in _factors(text, own, row))
    wanted = line["expected"] or _gas(row)
    unit = line["unit"] or _emission_unit(row["expected_unit"])
    published = float(row["source_value"]) if row["source_agrees"] == "False" else None
    value = float(row["expected_value"])
    if line["take"]:
        published, value = value, _number_after(line["take"], row["note"])
    return Case(
        row["case_id"], f"{row['method']} ({row['ipcc2006_category']}){line['remark']}", line["profile"], _gwp_set(row, parameters),
        records, factors, {wanted: value}, unit, row["provenance"],
        {}, published, row["note"] if published is not None else "", (line["at"] or records[0].category, 2020),
    )  # fmt: skip


def _number_after(words: str, text: str) -> float:
    """The number that follows some words of the note."""
    return float(text.partition(words)[2].split()[0].rstrip(".;"))


def _gas(row: dict[str, str]) -> str:
    """What the expected number is of: CO2e where its unit says so."""
    return "CO2e" if "CO2e" in row["expected_unit"] else row["gas"].split("->")[0]


def _emission_unit(printed: str) -> str:
    """ "Gg CH4/yr", "kg CO2e/head/yr", "t CO2e (fossil)": the mass that the program's total is compared in."""
    mass = printed.partition(" (")[0].partition("/")[0].strip()
    return mass.replace(" CO2e", "")


def _record(text: str, own: dict[str, Any], row: dict[str, str]) -> Record:
    cells = dict(part.split("=", 1) for part in text.split())
    value, unit = _amount(cells.pop("amount"), own, row)
    if cells["variable"] == "emission":  # its gas is its item: the unit is the mass alone
        unit = unit.removesuffix(row["gas"]).strip()
    cells = {key: _word(cell, own, row) for key, cell in cells.items()}
    return Record(value=value, unit=unit, **cells)  # type: ignore[arg-type]


def _amount(name: str, own: dict[str, Any], row: dict[str, str]) -> tuple[str, str]:
    minus = name.startswith("-")
    name = name.removeprefix("-")
    if name[0].isdigit():
        number, _, unit = name.partition("_")
        return number, unit
    value, units = -1.0 if minus else 1.0, []
    for part in [name] if name in own else _split(name, own):
        value *= own[part][0]
        units.append(unit_of(own[part][1], row["provenance"]))
    return repr(value), "·".join(unit for unit in units if unit != "1" or len(units) == 1)


def _split(name: str, own: dict[str, Any]) -> list[str]:
    """ "TN*U*T" where TN and "U*T" are inputs of the case."""
    first = next(key for key in own if name.startswith(key + "*"))
    rest = name.removeprefix(first + "*")
    return [first, *([rest] if rest in own else _split(rest, own))]


def _word(cell: str, own: dict[str, Any], row: dict[str, str]) -> str:
    if cell == "@":
        return category_of(row["ipcc2006_category"])
    if cell.startswith("$"):
        return item_of(own[cell[1:]])
    if cell == "~":
        return item_of(row["method"].rpartition(": ")[2].partition(",")[0])
    if cell.endswith("+~"):
        return _child_named(cell.removesuffix("+~"), _word("~", own, row))
    return row["gas"] if cell == "%gas" else cell


def _child_named(above: str, item: str) -> str:
    """The category below `above` that has the name of an item: sheep report at 3.1.4."""
    from ghg_inventory.codes import CategoryTree, Fuels

    tree, name = CategoryTree.load(), Fuels.load().name(item)
    below = tree.children(above)
    return next((code for code in below if tree.category(code).zh == name), below[0])


def item_of(name: str) -> str:
    """The item that a name of a case means, by peer_items.csv or by our own list."""
    from ghg_inventory.codes import Fuels

    named = next((r["ours"] for r in _table("peer_items.csv") if r["printed"] == name), name)
    return Fuels.load().find(named) or Fuels.load().find(named.replace("_", " ")) or name


@cache
def category_of(printed: str) -> str:
    """Our category of an IPCC code: the first leaf that has it as its counterpart, or has it above; or a GPC code."""
    from ghg_inventory.codes import CategoryTree

    tree = CategoryTree.load()
    code = printed.removeprefix("GPC ").strip().split(" /")[0]
    if code in tree and printed.startswith("GPC"):
        return code
    leaves = [c for c in tree.codes if tree.category(c).forest == "provincial" and tree.is_leaf(c)]
    for found in (
        lambda one: one == code,
        lambda one: one.startswith(code + "."),
        lambda one: code.startswith(one),
    ):
        for leaf in leaves:
            if any(found(one) for one in tree.category(leaf).ipcc2006):
                return leaf
    return "1.1.7"


def _factors(text: str, own: dict[str, Any], row: dict[str, str]) -> list[OwnFactor]:
    from ghg_inventory.factors.record import read_parameters

    symbols, _, target = text.partition("=")
    target, _, item = target.partition("@")
    parameter, _, gas = target.partition(":")
    if symbols.startswith("#"):
        return [OwnFactor(parameter, symbols[1:], read_parameters()[parameter].units[0])]
    out = []
    for symbol, stated in own.items():
        if not fnmatchcase(symbol, symbols):
            continue
        value, unit = stated
        named = (
            symbol.rpartition("_")[2] if gas == "*" else row["gas"].split("->")[0] if gas == "%gas" else gas
        )
        own_unit = fitted(parameter, unit_of(unit, row["provenance"]))
        out.append(OwnFactor(parameter, repr(value), own_unit, named, item=item))
    return out


def fitted(parameter: str, unit: str) -> str:
    """A unit that leaves out what our parameter says: "kg/Gg" of a CH4 factor is "kg CH4/Gg".

    Part by part of the fraction: a part that is the declared one but for a substance takes that substance.
    """
    from ghg_inventory.factors.record import read_parameters
    from ghg_inventory.units import parse_unit

    declared = read_parameters()[parameter].units
    if not declared or parse_unit(unit).dimension in {parse_unit(d).dimension for d in declared}:
        return unit
    for pattern in declared:
        if unit == "1" and parse_unit(pattern).factor == 1 and kind_of_masses(pattern):
            return pattern
        ours, theirs = pattern.split("/"), unit.split("/")
        if len(ours) > len(theirs):
            continue
        parts = [_with_substance(mine, model) for mine, model in zip(theirs, ours, strict=False)]
        found = "/".join([*parts, *theirs[len(ours) :]])
        if parse_unit(found).dimension == parse_unit(pattern).dimension:
            return found
    return unit


def kind_of_masses(pattern: str) -> bool:
    """True for one mass per another, "t C/t d.m.": a share of it is printed as a bare number."""
    from ghg_inventory.units import parse_unit

    return (
        all(dict(parse_unit(part).dimension).get("mass") == 1 for part in pattern.split("/"))
        and "/" in pattern
    )


def _with_substance(part: str, model: str) -> str:
    from ghg_inventory.units import parse_unit

    named = parse_unit(model).substances
    return (
        f"{part} {named[0]}" if len(named) == 1 and not parse_unit(part).substances and part != "1" else part
    )


def _gwp_set(row: dict[str, str], parameters: dict[str, Any]) -> str:
    """The set that the case names, or the one whose weights it states."""
    from ghg_inventory.codes import GwpTable

    stated = {key.removeprefix("GWP_").partition("_")[0]: value[0] for key, value in parameters.items()
              if key.startswith("GWP_") and isinstance(value[0], float | int)}  # fmt: skip
    if "GWP" in parameters and not isinstance(parameters["GWP"][0], list):
        stated[row["gas"].split("->")[0]] = parameters["GWP"][0]
    named = _GWP_SET.search(row["method"])
    if named:
        return named[1].lower()
    table = GwpTable.load()[0]
    for name in ("ar5", "ar4", "sar", "ar6"):
        origins = ("any", "biogenic", "fossil")
        if stated and all(v in {table.value(name, g, o) for o in origins} for g, v in stated.items()):
            return name
    return "ar5"


def _landfill(row: dict[str, str]) -> Case:
    """A year of a first-order decay series; delay as in the workbook (month 13) where the case says nothing else."""
    inputs, parameters = json.loads(row["inputs"]), json.loads(row["parameters"])
    values = {"DOC": "DOC", "DOCF": "DOCf", "MCF": "MCF", "K": "k", "F": "F"}
    stated = {ours: repr(parameters[theirs][0]) for ours, theirs in values.items()} | {"M": "13", "OX": "0"}
    amounts, unit, year = _deposits(inputs)
    kind = next((k for k in landfill.ITEMS if k.lower() in row["method"].lower()), "Food")
    return landfill.deposited(
        row["case_id"], row["method"], kind, amounts, unit, stated, year,
        {"CH4": float(row["expected_value"])}, "Gg", row["provenance"], "",
    )  # fmt: skip


def _deposits(inputs: dict[str, Any]) -> tuple[dict[int, str], str, int]:
    """(amount by year, unit, year that is asked for)."""
    if "W" in inputs:
        amounts, unit = inputs["W"]
        years = {landfill.FIRST_YEAR + n: repr(float(a)) for n, a in enumerate(amounts)}
        return years, unit.partition(",")[0], max(years)
    amount, unit = inputs["W_each_year"]
    first = int(inputs["first_year"][0]) if "first_year" in inputs else landfill.FIRST_YEAR
    last = int(inputs["year"][0]) if "year" in inputs else first + int(inputs["n"][0])
    return dict.fromkeys(range(first, last + 1), repr(amount)), unit, last
