"""Intensity indicators of a compiled inventory: pure functions, definitions in indicators.toml.

A missing denominator is a row that says so; it is never skipped and never taken from another year.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from ghg_inventory.activity.table import Activity
from ghg_inventory.errors import DataFileError, Finding, finding
from ghg_inventory.inventory import Inventory
from ghg_inventory.inventory.plan import EMITTING_USES
from ghg_inventory.methods import covers
from ghg_inventory.tables import read_toml, require_keys
from ghg_inventory.units import UnitError, factor_between, parse_unit

COLUMNS = (
    "profile", "area_code", "year", "id", "name_zh", "name_en", "value", "unit", "unit_zh", "numerator",
    "denominator", "price_base", "missing",
)  # fmt: skip

NUMERATORS = ("co2e", "energy_co2_with_electricity", "combustion_co2e")


@dataclass(frozen=True, slots=True)
class Indicator:
    """One ratio: what is divided by what, and the unit it is printed in."""

    id: str
    name_zh: str
    name_en: str
    numerator: str
    numerator_unit: str
    denominator: str
    denominator_unit: str
    unit: str
    unit_zh: str
    price: str = ""


@cache
def definitions() -> tuple[Indicator, ...]:
    """Indicators in file order. Raises: DataFileError for a key or a numerator that is not known."""
    document = read_toml(Path(__file__).parent / "indicators.toml")
    require_keys(document, ("indicator",), (), "indicators.toml")
    fields = tuple(Indicator.__slots__)
    out = []
    for entry in document["indicator"]:
        require_keys(
            entry, [f for f in fields if f != "price"], ("price",), f"indicator {entry.get('id', '?')}"
        )
        if entry["numerator"] not in NUMERATORS:
            raise DataFileError(f"indicators.toml: {entry['id']}: unknown numerator {entry['numerator']!r}")
        out.append(Indicator(**entry))
    return tuple(out)


def compute(inventory: Inventory) -> tuple[pd.DataFrame, list[Finding]]:
    """All indicators of every area and year, and a finding per denominator that is missing.

    value is NaN and `missing` names the variable where the denominator is absent.
    """
    denominators = _denominators(inventory.activity)
    combustion = _energy_of_areas(inventory)
    rows = [
        _ratio(inventory, one, (area, year), denominators, combustion)
        for area in inventory.rolled.areas
        for year in inventory.years
        if inventory.context.areas.is_valid(area, year)
        for one in definitions()
    ]
    rows += _share_rows(inventory)
    return pd.DataFrame(rows, columns=list(COLUMNS)), _missing(rows)


def _share_rows(inventory: Inventory) -> list[dict[str, object]]:
    """The share of each fuel in the energy burnt by the area's own records, largest first."""
    fuels = inventory.context.fuels
    shares = fuel_shares(inventory)
    shares = shares[shares["share_pct"] != 0].sort_values(
        ["area_code", "year", "share_pct", "item"], ascending=[True, True, False, True]
    )
    total = shares.groupby(["area_code", "year"])["energy_tj"].transform("sum")
    return [
        {
            "profile": inventory.profile_id, "area_code": r.area_code, "year": int(r.year),
            "id": f"energy_share.{r.item}", "name_zh": f"占燃料热量的比重：{fuels.name(r.item, 'zh')}",
            "name_en": f"Share of fuel energy: {fuels.name(r.item, 'en')}", "value": float(r.share_pct),
            "unit": "%", "unit_zh": "%", "numerator": float(r.energy_tj), "denominator": float(all_fuels),
            "price_base": "", "missing": "" if not np.isnan(r.share_pct) else "combustion_energy",
        }
        for r, all_fuels in zip(shares.itertuples(), total, strict=True)
        if r.item in fuels
    ]  # fmt: skip


def _missing(rows: list[dict[str, object]]) -> list[Finding]:
    """One finding per missing variable: for which areas and years, and what cannot be computed."""
    lacking: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        if row["missing"]:
            lacking.setdefault(str(row["missing"]), []).append(row)
    return [
        finding(
            "denominator-missing",
            variable=variable,
            count=len({(row["area_code"], row["year"]) for row in mine}),
            indicators_zh="、".join(dict.fromkeys(str(row["name_zh"]) for row in mine)),
            indicators_en="; ".join(dict.fromkeys(str(row["name_en"]) for row in mine)),
        )
        for variable, mine in sorted(lacking.items())
    ]


def combustion_energy(inventory: Inventory) -> pd.DataFrame:
    """TJ of fuel burnt (feedstock subtracted) by area_code, year, item — own records, not rolled up.

    NaN where the energy of a record is not known (no calorific value): a part is not given as the whole.
    """
    encoded, plan = inventory.encoded, inventory.plan
    burnt = [s.use in EMITTING_USES and covers("1.1", s.category) for s in plan.signatures]
    rows = np.flatnonzero(np.asarray(burnt, dtype=bool)[encoded.signature])
    if encoded.counted is not None:
        rows = rows[encoded.counted[rows]]
    rows = rows[_computed(inventory, rows)]
    value = encoded.value[rows]
    cell = encoded.signature[rows], plan.class_of_area[encoded.area[rows]], encoded.year[rows]
    energy = np.where(value == 0, 0.0, value * plan.energy_tj[cell])
    items = sorted({s.item for s in plan.signatures})
    item = np.asarray([items.index(s.item) for s in plan.signatures], dtype=np.int64)
    key = (encoded.area[rows].astype(np.int64) * len(encoded.years) + encoded.year[rows]) * len(items)
    key += item[encoded.signature[rows]]
    held = np.flatnonzero(np.bincount(key))
    place, kind = np.divmod(held, max(len(items), 1))
    area, year = np.divmod(place, max(len(encoded.years), 1))
    return pd.DataFrame({
        "area_code": [encoded.areas[i] for i in area], "year": [encoded.years[i] for i in year],
        "item": [items[i] for i in kind], "energy_tj": np.bincount(key, energy)[held],
    })  # fmt: skip


def _computed(inventory: Inventory, rows: np.ndarray) -> np.ndarray:
    """Which of the records gave an emission of any gas (nothing burnt gives none, and that is computed)."""
    encoded, plan = inventory.encoded, inventory.plan
    cell = encoded.signature[rows], plan.class_of_area[encoded.area[rows]], encoded.year[rows]
    found = np.zeros(len(rows), dtype=bool)
    for term in plan.terms:
        found |= (term.method[cell] >= 0) & ((term.state[cell] == 0) | (encoded.value[rows] == 0))
    return found


Denominators = dict[tuple[str, int, str], list[tuple[str, float, str]]]
"""(area, year, variable) → (price base, amount, unit), in order of the price base."""

Energy = dict[tuple[str, int], float]
"""(area, year) → TJ burnt in the area and all below it, NaN where a part of it is not known."""


def _energy_of_areas(inventory: Inventory) -> Energy:
    frame = combustion_energy(inventory)
    own: Energy = {}
    for code, year, energy in zip(frame["area_code"], frame["year"], frame["energy_tj"], strict=True):
        own[code, int(year)] = own.get((code, int(year)), 0.0) + energy
    out: Energy = {}
    areas, reporting = inventory.context.areas, {code for code, _ in own}
    for area in inventory.rolled.areas:
        below = [code for code in areas.at_or_below(area) if code in reporting]
        for year in inventory.years:
            inside = [c for c in below if (c, year) in own and area in areas.chain(c, year)]
            if inside:
                out[area, year] = sum(own[code, year] for code in inside)
    return out


def fuel_shares(inventory: Inventory) -> pd.DataFrame:
    """Share of each fuel in the energy burnt: area_code, year, item, energy_tj, share_pct.

    share_pct is NaN where the energy of any fuel of that area and year is not known.
    """
    frame = combustion_energy(inventory)
    if not len(frame):
        return frame.assign(share_pct=[])
    energy = frame.groupby(["area_code", "year"])["energy_tj"]
    total = energy.transform("sum").where(energy.transform("count") == energy.transform("size"))
    return frame.assign(share_pct=100 * frame["energy_tj"] / total)


def _ratio(
    inventory: Inventory, one: Indicator, cell: tuple[str, int], denominators: Denominators,
    combustion: Energy,
) -> dict[str, object]:  # fmt: skip
    area, year = cell
    top = _numerator(inventory, one.numerator, area, year)
    bottom, price = _denominator(one, cell, denominators, combustion)
    # Nothing can be divided by zero: a denominator of 0 is as good as none.
    missing = "" if bottom else one.denominator + (f" ({price or one.price})" if price or one.price else "")
    if top is None:
        missing = missing or one.numerator
    value = np.nan if missing or top is None or not bottom else top / bottom
    return {
        "profile": inventory.profile_id, "area_code": area, "year": year, "id": one.id, "name_zh": one.name_zh,
        "name_en": one.name_en, "value": value, "unit": one.unit, "unit_zh": one.unit_zh,
        "numerator": np.nan if top is None else top, "denominator": np.nan if bottom is None else bottom,
        "price_base": price, "missing": missing,
    }  # fmt: skip


def total_co2e(inventory: Inventory, area: str, year: int) -> float | None:
    """Total in t CO2e over the roots that count (land use, transfers and memo items stand beside it)."""
    tree = inventory.context.categories
    parts = [
        inventory.co2e(area, year, root)
        for root in inventory.rolled.categories
        if not tree.parent(root) and tree.in_total(root)
    ]
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


def _numerator(inventory: Inventory, name: str, area: str, year: int) -> float | None:
    if name == "co2e":
        return total_co2e(inventory, area, year)
    if name == "combustion_co2e":
        return inventory.co2e(area, year, "1.1")
    fuel = inventory.mass(area, year, "1.1", "CO2")
    electricity = inventory.mass(area, year, "X.1", "CO2")
    # Without a record of electricity transfers the sum is not known: a blank is not zero.
    return None if fuel is None or electricity is None else fuel + electricity


def _denominator(
    one: Indicator, cell: tuple[str, int], denominators: Denominators, combustion: Energy
) -> tuple[float | None, str]:
    if one.denominator == "combustion_energy":
        energy = combustion.get(cell, np.nan)
        return (None if np.isnan(energy) else energy), ""
    usable: dict[str, float] = {}
    for basis, value, unit in denominators.get((*cell, one.denominator), []):
        if basis.startswith(one.price):
            try:
                usable[basis] = value * factor_between(parse_unit(unit), parse_unit(one.denominator_unit))
            except UnitError:
                continue
    if len(usable) == 1:
        return next((value, basis) for basis, value in usable.items())
    # Two price bases are two answers: choosing one silently would be wrong as often as right.
    return None, " | ".join(usable)


def _denominators(activity: Activity) -> Denominators:
    """Amounts of the records of use "denominator"."""
    words = activity.use.words
    if "denominator" not in words:
        return {}
    chosen = activity.select(activity.use.codes == words.index("denominator")).frame()
    out: Denominators = {}
    for r in chosen.itertuples():
        if not np.isnan(r.value):
            one = (str(r.technology), float(r.value), str(r.unit))
            out.setdefault((str(r.area_code), int(r.year), str(r.variable)), []).append(one)
    return {key: sorted(given) for key, given in out.items()}
