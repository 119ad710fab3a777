"""city_cases.csv: numbers of published city tools and inventories, as activity × the publisher's own factors."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cases import landfill
from cases.book import DEFAULT_YEAR, HERE, Case, Left, OwnFactor, Record, read_csv
from cases.words import category_of, half_step, per_what_is_counted, unit_of

FILE = HERE / "city_cases.csv"
# Sectors of the file that are no emission of an activity.
_OTHER = {
    "Uncertainty": "uncertainty of a whole inventory, whose file is not at hand",
    "Aggregation": "sums of a city's inventory file that is not at hand",
    "behaviour": "no number: a behaviour, tested in tests/test_published_behaviour.py",
}
_NUMBER = re.compile(r"\s*([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*(.*)")
_PLACES = re.compile(r"\((kt|Gg|t), (\d+) dp\)")
_KILOTONNE = {"kt": 1000.0, "Gg": 1000.0, "t": 1.0}


def read(path: Path = FILE) -> tuple[list[Case], list[Left]]:
    """Cases that are an activity and factors (or a landfill), and what is left out with the reason."""
    cases, left = [], []
    for row in read_csv(path):
        reason = _not_a_product(row)
        if reason:
            left.append(Left(row["case_id"], row["description"], _source(row), reason))
        elif landfill.describes(row):
            cases.append(landfill.from_parameters(row, _source(row)))
        else:
            cases.append(_case(row))
    return cases, left


def _source(row: dict[str, str]) -> str:
    return f"{row['source_repo']}, {row['source_path']}"


def _not_a_product(row: dict[str, str]) -> str:
    if row["expected_unit"] == "behaviour":
        return _OTHER["behaviour"]
    if row["factors"] in ("", "[]"):
        return _OTHER["Uncertainty" if row["expected_unit"] == "%" else "Aggregation"]
    return ""


def _case(row: dict[str, str]) -> Case:
    source = _source(row)
    factors = json.loads(row["factors"])
    amounts = _amounts(row, len(factors))
    year = int(row["year"] or DEFAULT_YEAR)
    category = category_of(row["gpc_ref"])
    records, own = [], []
    for number, (value, unit) in enumerate(amounts):
        item = f"{row['case_id']}-{number + 1}" if len(amounts) > 1 else row["case_id"]
        records.append(Record(category, "activity", value, unit, item, year=year))
        mine = factors if len(amounts) == 1 else factors[number : number + 1]
        own += [_factor(entry, item, unit, source) for entry in mine]
    bad = row["trust"].startswith("trap")
    expected = {"CO2e": float(row["recomputed"] if bad else row["expected"])}
    if len(amounts) == 1 and all(f.gas != "CO2e" for f in own):
        expected |= json.loads(row["emission_t_by_gas"])
    return Case(
        row["case_id"], row["description"], "generic", gwp_set(row["gwp_set"]), tuple(records), tuple(own),
        expected, "t", source, {"CO2e": 0.0 if bad else _allowed(row)},
        float(row["expected"]) if bad else None, row["trap"], (category, year),
    )  # fmt: skip


def gwp_set(printed: str) -> str:
    """ "AR6-100 (publisher: …)" → "ar6"; a CO2e factor needs none, so any will do."""
    found = re.match(r"AR(\d)", printed)
    return f"ar{found[1]}" if found else "ar5"


def _amounts(row: dict[str, str], count: int) -> list[tuple[str, str]]:
    """(value, unit) of each part: "200/500/100" of three factors is three amounts."""
    parts = re.split(r"[/;]", row["activity"])
    parts = parts if len(parts) == count else [row["activity"]]
    units = row["activity_unit"].split("/")
    units = units if len(units) == len(parts) else [row["activity_unit"]] * len(parts)
    found = [_NUMBER.fullmatch(part) for part in parts]
    assert all(found), row["case_id"]
    return [(f[1], unit_of(u, row["source_repo"])) for f, u in zip(found, units, strict=True) if f]


def _factor(entry: dict, item: str, counted: str, source: str) -> OwnFactor:
    """A factor with the gas that its unit names: "kg CO2e/kWh" is of CO2e whatever the column beside it says."""
    from ghg_inventory.codes import Gases
    from ghg_inventory.units import parse_unit

    unit = per_what_is_counted(unit_of(entry["unit"], source), counted)
    named = parse_unit(unit.partition("/")[0]).substances
    gas = named[0] if named else Gases.load().find(entry["gas"]) or entry["gas"]
    return OwnFactor("emission_factor", repr(entry["value"]), unit, gas, item=item)


def _allowed(row: dict[str, str]) -> float:
    """What the publisher's rounding explains: half of the last digit, or what the case says of its activity."""
    places = _PLACES.search(row["kind"])
    if places:
        return 0.5 * _KILOTONNE[places[1]] * 10.0 ** -int(places[2])
    if "activity rounded" in row["note"]:
        return float(row["tolerance"])
    return half_step(row["expected"])
