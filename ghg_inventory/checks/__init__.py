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
    return out


def check_magnitude(inventory: Inventory) -> list[Finding]:
    """Activity that jumps by a factor no economy shows from one reported year to the next: a wrong unit."""
    sums = _activity_by_year(inventory)
    if not len(sums):
        return []
    sums = sums.sort_values(["category", "item", "area_code", "year"])
    keys = ["category", "item", "area_code"]
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
        for (category, item, previous, year), part in jumps.groupby(["category", "item", "before", "year"])
    ]


def _activity_by_year(inventory: Inventory) -> pd.DataFrame:
    """Positive activity in base units by category, item, area and year."""
    encoded = inventory.encoded
    kinds = [(s.category, s.item, _to_base(s.unit) if s.use == "" else 0.0) for s in encoded.signatures]
    scale = np.asarray([k[2] for k in kinds], dtype=np.float64)
    frame = pd.DataFrame({
        "kind": encoded.signature, "area": encoded.area, "year": np.asarray(encoded.years)[encoded.year],
        "amount": encoded.value * scale[encoded.signature],
    })  # fmt: skip
    sums = frame.groupby(["kind", "area", "year"], as_index=False)["amount"].sum()
    sums = sums[sums["amount"] > 0]
    named = sums.assign(
        category=[kinds[k][0] for k in sums["kind"]], item=[kinds[k][1] for k in sums["kind"]],
        area_code=[encoded.areas[a] for a in sums["area"]],
    )  # fmt: skip
    return named.groupby(["category", "item", "area_code", "year"], as_index=False)["amount"].sum()


def _to_base(unit: str) -> float:
    try:
        return float(parse_unit(unit).factor)
    except UnitError:
        return 0.0


CHECKS: dict[str, Callable[[Inventory], list[Finding]]] = {
    "children-sum": check_children_sum,
    "negative-total": check_negative_totals,
    "magnitude-jump": check_magnitude,
}


def check_inventory(inventory: Inventory) -> list[Finding]:
    """All checks."""
    return [found for check in CHECKS.values() for found in check(inventory)]
