"""Named checks over a compiled inventory. Every check has one signature: inventory → findings.

Adding a check is adding a function to `CHECKS`; its words are in errors/messages/checks.toml.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from ghg_inventory.errors import Finding, finding
from ghg_inventory.inventory import Inventory
from ghg_inventory.tables import read_toml, require_keys
from ghg_inventory.units import UnitError, parse_unit


@cache
def threshold(name: str) -> float:
    """A limit of thresholds.toml. Raises: KeyError for an unknown name, DataFileError for a bad entry."""
    entry = read_toml(Path(__file__).parent / "thresholds.toml")[name]
    require_keys(entry, ("limit", "unit", "meaning", "source"), (), f"thresholds.toml: {name}")
    return float(entry["limit"])


def check_children_sum(inventory: Inventory) -> list[Finding]:
    """Children plus the parent's own records equal the parent, for every area, year and gas."""
    cube, tree = inventory.rolled, inventory.context.categories
    out = []
    own = {code: index for index, code in enumerate(inventory.own.categories)}
    rows = [cube.areas.index(code) for code in inventory.own.areas]
    for index, code in enumerate(cube.categories):
        children = [
            k for k, c in enumerate(cube.categories) if tree.parent(c) == code and tree.adds_to_parent(c)
        ]
        expected = cube.mass_t[rows][:, :, children].sum(axis=2)
        if code in own and set(inventory.own.areas) == set(cube.areas):
            expected = expected + inventory.own.mass_t[:, :, own[code]]
        elif code in own or not children:
            continue
        found = cube.mass_t[rows][:, :, index]
        gap = np.abs(found - expected)
        if (gap > threshold("children_sum") * np.maximum(np.abs(found), 1.0)).any():
            out.append(finding("children-sum", category=code, gap=f"{gap.max():.6g}"))
    return out


def check_negative_totals(inventory: Inventory) -> list[Finding]:
    """A source category whose total is negative: more feedstock than consumption, or a wrong sign."""
    cube, tree = inventory.rolled, inventory.context.categories
    out = []
    for index, code in enumerate(cube.categories):
        if tree.category(code).role in ("removal", "removal/emission", "adjustment") or code.startswith(
            ("4", "X")
        ):
            continue
        for area, year, gas in zip(*np.nonzero(cube.mass_t[:, :, index] < 0), strict=True):
            out.append(
                finding(
                    "negative-total",
                    area=cube.areas[area],
                    year=cube.years[year],
                    category=code,
                    gas=cube.gases[gas][0],
                    value=f"{cube.mass_t[area, year, index, gas]:.6g}",
                )
            )
    return [*out, *_negative_fuels(inventory)]


def _negative_fuels(inventory: Inventory) -> list[Finding]:
    """A fuel of which more is used as feedstock than is consumed: other fuels of the category would hide it."""
    encoded, plan = inventory.encoded, inventory.plan
    kinds: dict[tuple[str, str, str], list[int]] = {}
    for number, s in enumerate(plan.signatures):
        if s.use in ("", "feedstock"):
            kinds.setdefault((s.category, s.variable, s.item), []).append(number)
    out = []
    for term in plan.terms:
        if term.gas != "CO2":
            continue
        for (category, _, item), mine in kinds.items():
            if not any(plan.signatures[number].use == "feedstock" for number in mine):
                continue
            rows = np.flatnonzero(np.isin(encoded.signature, mine))
            cell = encoded.signature[rows], plan.class_of_area[encoded.area[rows]], encoded.year[rows]
            mass = encoded.value[rows] * term.coefficient[cell]
            place = encoded.area[rows].astype(np.int64) * len(plan.years) + encoded.year[rows]
            net, gross = np.bincount(place, mass), np.bincount(place, np.abs(mass))
            for spot in np.flatnonzero(net < -1e-9 * gross):
                area, year = divmod(int(spot), len(plan.years))
                out.append(
                    finding(
                        "negative-total", area=encoded.areas[area], year=plan.years[year],
                        category=f"{category} ({item})", gas=term.gas, value=f"{net[spot]:.6g}",
                    )
                )  # fmt: skip
    return out


def check_magnitude(inventory: Inventory) -> list[Finding]:
    """Activity that jumps by a factor no economy shows from one reported year to the next: a wrong unit."""
    sums = _activity_by_year(inventory)
    if not len(sums):
        return []
    sums = sums.sort_values(["category", "item", "measure", "area_code", "year"])
    keys = ["category", "item", "measure", "area_code"]
    before = sums.groupby(keys)[["year", "amount"]].shift()
    ratio = sums["amount"] / before["amount"]
    limit = threshold("magnitude_jump")
    near = sums["year"] - before["year"] <= threshold("magnitude_jump_years")
    jumps = sums.assign(before=before["year"], ratio=ratio)[near & ((ratio > limit) | (ratio < 1 / limit))]
    return [
        finding(
            "magnitude-jump",
            category=category,
            item=item or "–",
            year=int(year),
            before=int(previous),
            count=len(part),
            areas=", ".join(part["area_code"].head(5)) + (" …" if len(part) > 5 else ""),
            ratio=f"{part['ratio'].median():,.3g}",
        )
        for (category, item, _, previous, year), part in jumps.groupby(
            ["category", "item", "measure", "before", "year"]
        )
    ]


def _activity_by_year(inventory: Inventory) -> pd.DataFrame:
    """Positive activity in base units by category, item, measure, area and year.

    measure: what the unit measures; tonnes of one year are not compared with the energy of another.
    """
    encoded = inventory.encoded
    kinds = [(s.category, s.item, _to_base(s.unit) if s.use == "" else 0.0) for s in encoded.signatures]
    measures = [_measure(s.unit) for s in encoded.signatures]
    scale = np.asarray([k[2] for k in kinds], dtype=np.float64)
    frame = pd.DataFrame({
        "kind": encoded.signature, "area": encoded.area, "year": np.asarray(encoded.years)[encoded.year],
        "amount": encoded.value * scale[encoded.signature],
    })  # fmt: skip
    sums = frame.groupby(["kind", "area", "year"], as_index=False)["amount"].sum()
    sums = sums[sums["amount"] > 0]
    named = sums.assign(
        category=[kinds[k][0] for k in sums["kind"]], item=[kinds[k][1] for k in sums["kind"]],
        measure=[measures[k] for k in sums["kind"]], area_code=[encoded.areas[a] for a in sums["area"]],
    )  # fmt: skip
    keys = ["category", "item", "measure", "area_code", "year"]
    return named.groupby(keys, as_index=False)["amount"].sum()


def _to_base(unit: str) -> float:
    try:
        return float(parse_unit(unit).factor)
    except UnitError:
        return 0.0


def _measure(unit: str) -> str:
    try:
        return repr(parse_unit(unit).dimension)
    except UnitError:
        return ""


CHECKS: dict[str, Callable[[Inventory], list[Finding]]] = {
    "children-sum": check_children_sum,
    "negative-total": check_negative_totals,
    "magnitude-jump": check_magnitude,
}


def check_inventory(inventory: Inventory) -> list[Finding]:
    """All checks."""
    return [found for check in CHECKS.values() for found in check(inventory)]
