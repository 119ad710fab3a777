"""Landfill: the IPCC first-order decay workbook, year by year, as deposits and the user's own parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from cases.book import HERE, Case, OwnFactor, Record, read_csv

FILE = HERE / "ipcc_fod_2006.csv"
SOURCE = "IPCC waste model workbook (2006), via icra/ecam@3b6aab1, frontend/docs/2006-ipcc/5_Volume5/IPCC_Waste_Model.xls"
PROFILE = "ipcc2006"
CATEGORY = "5.1.1"
FIRST_YEAR = 1950
_NUMBER = re.compile(r"(MCF|DOCf|DOC|k|F|start month|OX) ([0-9.]+)")
# Kinds of waste of the workbook: items of ours.
ITEMS = {
    "Food": "food_waste", "Garden": "garden_waste", "Paper": "paper_waste", "Wood": "wood_waste",
    "Textiles": "textile_waste", "Nappies": "nappies", "Sludge": "sewage_sludge", "Industry": "industrial_waste",
}  # fmt: skip


def read(path: Path = FILE) -> list[Case]:
    """One case per year and kind of waste; a kind of waste is an area with all its deposits."""
    rows = read_csv(path)
    deposits: dict[str, dict[int, str]] = {}
    for row in rows:
        deposits.setdefault(row["waste_type"], {})[int(row["year"])] = row["deposited_Gg"]
    return [
        deposited(
            f"FOD-{row['waste_type']}-{row['year']}", f"{row['waste_type']}, CH4 generated in {row['year']}",
            row["waste_type"], deposits[row["waste_type"]], "Gg", _of_columns(row), int(row["year"]),
            {"CH4": float(row["expected_CH4_generated_Gg"])}, "Gg", SOURCE, f"landfill-{row['waste_type']}",
        )
        for row in rows
    ]  # fmt: skip


def _of_columns(row: Mapping[str, str]) -> dict[str, str]:
    names = {"MCF": "MCF", "DOC": "DOC", "DOCF": "DOCf", "K": "k", "F": "F"}
    return {**{ours: row[theirs] for ours, theirs in names.items()}, "M": row["M_month"], "OX": "0"}


def describes(row: Mapping[str, str]) -> bool:
    """A city case that is a year of the workbook: constant deposits, parameters in words, no factor."""
    return '"value": ""' in row["factors"]


def from_parameters(row: Mapping[str, str], source: str) -> Case:
    """The city case; its parameters stand in words: "MCF 0.705; DOC 0.4; …; start month 13.0"."""
    stated = dict(_NUMBER.findall(row["params"]))
    values = {"DOCF": stated.pop("DOCf"), "K": stated.pop("k"), "M": stated.pop("start month"), **stated}
    year = int(row["year"])
    what = re.search(r"workbook: (\w+),", row["description"])
    kind = what[1] if what else "Food"
    amounts = dict.fromkeys(range(FIRST_YEAR, year + 1), row["activity"])
    emitted = float(row["emission_t_by_gas"].split(":")[1].strip(" }"))
    return deposited(
        row["case_id"], row["description"], kind, amounts, row["activity_unit"], values, year,
        {"CO2e": float(row["expected"]), "CH4": emitted}, "t", source, "",
    )  # fmt: skip


def deposited(
    name: str, what: str, kind: str, amounts: Mapping[int, str], unit: str, values: Mapping[str, str], year: int,
    expected: dict[str, float], expected_unit: str, source: str, area: str,
) -> Case:  # fmt: skip
    """Deposits by year with the parameters of the guidelines' equations: DOC, DOCF, MCF, K, M (month), F, OX.

    The symbols are those of our method files, which say what each parameter is called.
    """
    parameters, variable = symbols()
    own = tuple(
        OwnFactor(parameters["DELAY" if symbol == "M" else symbol][0], _delay(value) if symbol == "M" else value,
                  parameters["DELAY" if symbol == "M" else symbol][1])
        for symbol, value in values.items()
    )  # fmt: skip
    records = tuple(
        Record(CATEGORY, variable, amount, unit, ITEMS[kind], year=when)
        for when, amount in sorted(amounts.items())
    )
    return Case(
        name,
        what,
        PROFILE,
        "ar5",
        records,
        own,
        expected,
        expected_unit,
        source,
        at=(CATEGORY, year),
        area=area,
    )


def _delay(month: str) -> str:
    """Months of delay: the guidelines' month M in which the reaction starts is delay + 7."""
    return repr(float(month) - 7)


@cache
def symbols() -> tuple[dict[str, tuple[str, str]], str]:
    """Symbol → (parameter, unit) of the model and of the method that takes its result; the model's variable."""
    from ghg_inventory.methods import load_methods

    profile = load_methods().profile(PROFILE)
    model = next(m for m in profile.models if m.function == "first_order_decay")
    given = {variable for _, variable, _ in model.outputs}
    takers = [m for m in profile.methods if m.gas == "CH4" and m.variable in given]
    inputs = [i for part in (*takers, model) for i in part.factors]
    return {i.symbol: (i.parameter, i.unit.text) for i in inputs}, model.variable
