"""Named checks over a compiled inventory. Every check has one signature: inventory → findings.

Adding a check is adding a function to `CHECKS`; its words are in errors/messages/checks.toml.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ghg_inventory.errors import Finding, finding
from ghg_inventory.inventory import Inventory

RELATIVE = 1e-12
"""Children must equal their parent to this relative difference (sums differ in the last bits only)."""


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
        if (gap > RELATIVE * np.maximum(np.abs(found), 1.0)).any():
            out.append(finding("children-sum", category=code, gap=f"{gap.max():.6g}"))
    return out


def check_negative_totals(inventory: Inventory) -> list[Finding]:
    """A source category whose total is negative: more feedstock than consumption, or a wrong sign."""
    cube, tree = inventory.rolled, inventory.context.categories
    out = []
    for index, code in enumerate(cube.categories):
        if tree.category(code).role in ("removal", "removal/emission", "adjustment") or code.startswith(("4", "X")):
            continue
        for area, year, gas in zip(*np.nonzero(cube.mass_t[:, :, index] < 0), strict=True):
            out.append(
                finding("negative-total", area=cube.areas[area], year=cube.years[year], category=code,
                        gas=cube.gases[gas][0], value=f"{cube.mass_t[area, year, index, gas]:.6g}")  # fmt: skip
            )
    return out


CHECKS: dict[str, Callable[[Inventory], list[Finding]]] = {
    "children-sum": check_children_sum,
    "negative-total": check_negative_totals,
}


def check_inventory(inventory: Inventory) -> list[Finding]:
    """All checks."""
    return [found for check in CHECKS.values() for found in check(inventory)]
