"""golden_vectors.csv: official arithmetic of factors, units and targets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from cases.book import HERE, Case, Left, OwnFactor, Record, read_csv
from cases.words import half_step

FILE = HERE / "golden_vectors.csv"
_FACTOR = re.compile(r"NCV GJ/(\S+) ×")
_EXPECTED = re.compile(r"([0-9.]+) tCO2/(\S+?);?(?:\s|$)")
_CONVERSION = re.compile(r"1 (\S+)")
_AMOUNT = re.compile(r"([0-9.]+) ?([^\s;()]+)(?: at ([0-9.]+) (\S+)/kWh)?")
NOT_YET = "targets and rates of decline: the program has no command for targets yet"


@dataclass(frozen=True)
class Conversion:
    """An amount in one unit and in another."""

    id: str
    what: str
    unit: str
    expected: float
    into: str
    source: str

    @property
    def got(self) -> float:
        """What the program's units make of it."""
        from ghg_inventory.units import factor_between, parse_unit

        return factor_between(parse_unit(self.unit), parse_unit(self.into))


def read(path: Path = FILE) -> tuple[list[Case], list[Conversion], list[Left]]:
    """Products of factors through the provincial guide's method, unit conversions, and what is left."""
    cases, conversions, left = [], [], []
    for row in read_csv(path):
        if _FACTOR.search(row["what"]):
            cases.append(_product(row))
        elif "unit" in row["what"]:
            conversions += _conversions(row)
        elif "CCW" in row["what"]:
            cases.append(_incineration(row))
        else:
            left.append(Left(row["id"], row["what"], row["source"], NOT_YET))
    return cases, conversions, left


def _product(row: dict[str, str]) -> Case:
    """NCV × carbon content × oxidation × 44/12 per unit of fuel, with the printed numbers as own factors."""
    from ghg_inventory.codes import Fuels

    fuel = Fuels.load().find(row["id"].removeprefix("GV-EF-")) or ""
    unit = _FACTOR.search(row["what"])
    printed = _EXPECTED.match(row["expected"])
    ncv, carbon, oxidation = row["inputs"].split("×")
    assert unit is not None
    assert printed is not None
    per = printed[2].replace("Nm3", "m3")
    own = (
        OwnFactor("net_calorific_value", ncv, f"GJ/{unit[1].replace('Nm3', 'm3')}"),
        OwnFactor("carbon_content", carbon, "t C/TJ"), OwnFactor("oxidation_factor", oxidation, "1"),
    )  # fmt: skip
    return Case(
        row["id"], f"{row['id'].removeprefix('GV-EF-')}: {row['inputs']} × 44/12", "cn2011", "ar5",
        (Record("1.1.2.11", "fuel", "1", per, fuel),), own, {"CO2": float(printed[1])}, "t", row["source"],
        {"CO2": half_step(printed[1])}, at=("1.1.2.11", 2020),
    )  # fmt: skip


def _incineration(row: dict[str, str]) -> Case:
    """CCW × FCF × burn-out × 44/12 per tonne of municipal waste."""
    printed = _EXPECTED.match(row["expected"])
    assert printed is not None
    carbon, fossil, burnt = row["inputs"].split("×")
    own = (
        OwnFactor("waste_carbon_content", carbon, "1"), OwnFactor("waste_fossil_carbon_fraction", fossil, "1"),
        OwnFactor("waste_burnout", burnt, "1"),
    )  # fmt: skip
    record = Record("5.2.1", "waste_incinerated", "1", "t", "msw", "incineration_continuous_stoker")
    return Case(
        row["id"], f"waste incineration: {row['inputs']} × 44/12", "cn2011", "ar5",
        (record,), own, {"CO2": float(printed[1])}, "t", row["source"],
        {"CO2": half_step(printed[1])}, at=("5.2.1", 2020),
    )  # fmt: skip


def _conversions(row: dict[str, str]) -> list[Conversion]:
    """ "360 TJ; 1.229 万tce at 0.1229 kgce/kWh" is a conversion, and one by a coefficient that is no unit."""
    start = _CONVERSION.match(row["inputs"])
    assert start is not None
    out = []
    for number, part in enumerate(row["expected"].split(";"), start=1):
        found = _AMOUNT.match(part.strip())
        if found and not found[3]:
            out.append(
                Conversion(
                    f"{row['id']}.{number}", row["inputs"], start[1], float(found[1]), found[2], row["source"]
                )
            )
    return out
