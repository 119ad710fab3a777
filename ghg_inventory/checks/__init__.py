"""Named checks over a compiled inventory and over reported records. Words: errors/messages/checks.toml.

Checks of an inventory have one signature, inventory → findings: adding one is adding a function to `CHECKS`.
Checks of records (`check_activity`) need no method: limits, balances, shares, what stands twice, what IE points to.
Rules are data (rules.toml), limits too (thresholds.toml).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np

from ghg_inventory.activity.table import Activity
from ghg_inventory.areas import AreaTree
from ghg_inventory.checks.double_counting import (
    check_alternatives,
    check_balances,
    check_once,
    check_overlaps,
    check_shares,
)
from ghg_inventory.checks.placement import check_measured_place, check_placement
from ghg_inventory.checks.sectors import (
    activity_limits,
    check_included_elsewhere,
    check_landfill_history,
    check_recovery,
    check_signs,
)
from ghg_inventory.checks.thresholds import threshold
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.errors import NOWHERE, Finding, Place, finding, order
from ghg_inventory.inventory import Inventory
from ghg_inventory.inventory.cube import roll_areas
from ghg_inventory.methods import MethodLibrary
from ghg_inventory.units import UnitError, parse_unit

__all__ = ["CHECKS", "activity_limits", "check_activity", "check_inventory", "threshold"]


def check_children_sum(inventory: Inventory) -> list[Finding]:
    """Children plus the parent's own records equal the parent, for every area, year and gas."""
    cube, tree, context = inventory.rolled, inventory.context.categories, inventory.context
    # The parent's own records, those of the areas below it included.
    direct, names = roll_areas(inventory.own.mass_t, inventory.own, context.areas, context.root)
    own = {code: direct[:, :, index] for index, code in enumerate(inventory.own.categories)}
    rows = [cube.areas.index(code) for code in names]
    out = []
    for index, code in enumerate(cube.categories):
        children = [
            k for k, c in enumerate(cube.categories) if tree.parent(c) == code and tree.adds_to_parent(c)
        ]
        if not children and code not in own:
            continue
        expected = cube.mass_t[rows][:, :, children].sum(axis=2) + own.get(code, 0.0)
        found = cube.mass_t[rows][:, :, index]
        gap = np.abs(found - expected)
        if (gap > threshold("children_sum") * np.maximum(np.abs(found), 1.0)).any():
            out.append(finding("children-sum", category=code, gap=f"{gap.max():.6g}"))
    return out


def check_negative_totals(inventory: Inventory) -> list[Finding]:
    """A source category whose total is negative: more feedstock than consumption, or a wrong sign."""
    cube, tree, areas = inventory.rolled, inventory.context.categories, inventory.context.areas
    below = cube.mass_t < 0
    # A total is negative because a part is: only the smallest category and area is named.
    whole = np.zeros_like(below)
    for child, code in enumerate(cube.categories):
        above = tree.parent(code)
        if above in cube.categories:
            whole[:, :, cube.categories.index(above)] |= below[:, :, child]
    for child, code in enumerate(cube.areas):
        superior = areas.parent(code) if code in areas else None
        if superior in cube.areas:
            whole[cube.areas.index(superior)] |= below[child]
    out = []
    for index, code in enumerate(cube.categories):
        if tree.category(code).role in ("removal", "removal/emission", "adjustment") or code.startswith(
            ("4", "X")
        ):
            continue
        for area, year, gas in zip(*np.nonzero((below & ~whole)[:, :, index]), strict=True):
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
            here = [number for number in mine if plan.categories[term.category[number]] == category]
            rows = np.flatnonzero(np.isin(encoded.signature, here))
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
    groups, amount = _activity_by_year(inventory)
    years = np.asarray(inventory.encoded.years)
    limit, span = threshold("magnitude_jump"), threshold("magnitude_jump_years")
    out = []
    last, when = np.zeros(amount.shape[:2]), np.zeros(amount.shape[:2], dtype=np.int64)
    for number, year in enumerate(years):
        now = amount[:, :, number]
        both = (now > 0) & (last > 0) & (year - when <= span)
        ratio = np.divide(now, last, out=np.ones_like(now), where=both)
        jump = (ratio > limit) | (ratio < 1 / limit)
        for group in np.flatnonzero(jump.any(axis=1)):
            for before in np.unique(when[group][jump[group]]):
                mine = np.flatnonzero(jump[group] & (when[group] == before))
                out.append(
                    _jump(inventory, groups[group], (int(before), int(year)), mine, ratio[group, mine])
                )
        when[now > 0] = year
        last = np.where(now > 0, now, last)
    return out


def _jump(
    inventory: Inventory, group: tuple[str, str, str], years: tuple[int, int], areas: np.ndarray,
    ratio: np.ndarray,
) -> Finding:  # fmt: skip
    named = ", ".join(inventory.encoded.areas[area] for area in areas[:5])
    place = _place_of_jump(inventory, group, int(areas[0]), years[1])
    return finding(
        "magnitude-jump", place, category=group[0], item=group[1] or "–", year=years[1], before=years[0],
        count=len(areas), areas=named + (" …" if len(areas) > 5 else ""),
        ratio=f"{float(np.median(ratio)):,.3g}",
    )  # fmt: skip


def _place_of_jump(inventory: Inventory, group: tuple[str, str, str], area: int, year: int) -> Place:
    """Where the first record of a group, area and year came from."""
    encoded = inventory.encoded
    mine = [
        n
        for n, s in enumerate(encoded.signatures)
        if (s.category, s.item) == group[:2] and _to_base(s.unit)[1] == group[2] and not s.use
    ]
    rows = np.flatnonzero(
        np.isin(encoded.signature, mine)
        & (encoded.area == area)
        & (encoded.year == encoded.years.index(year))
        & (encoded.value != 0)
    )
    return inventory.activity.place(int(rows[0])) if len(rows) else NOWHERE


def _activity_by_year(inventory: Inventory) -> tuple[list[tuple[str, str, str]], np.ndarray]:
    """(category, item, measure) of each group, and activity in base units [group, area, year].

    measure: what the unit measures; tonnes of one year are not compared with the energy of another.
    Records that do not emit and units that cannot be read are left out.
    """
    encoded = inventory.encoded
    groups: dict[tuple[str, str, str], int] = {}
    place, scale = [], []
    for s in encoded.signatures:
        factor, measure = _to_base(s.unit) if s.use == "" else (0.0, "")
        place.append(groups.setdefault((s.category, s.item, measure), len(groups)))
        scale.append(factor)
    shape = len(groups), len(encoded.areas), len(encoded.years)
    key = np.asarray(place, dtype=np.int64)[encoded.signature] * shape[1]
    key += encoded.area
    key *= shape[2]
    key += encoded.year
    value = encoded.value * np.asarray(scale, dtype=np.float64)[encoded.signature]
    return list(groups), np.bincount(key, value, math.prod(shape)).reshape(shape)


def _to_base(unit: str) -> tuple[float, str]:
    """Base units in one unit, and its dimension as text; (0, "") for a unit that cannot be read."""
    try:
        read = parse_unit(unit)
    except UnitError:
        return 0.0, ""
    return float(read.factor), repr(read.dimension)


CHECKS: dict[str, Callable[[Inventory], list[Finding]]] = {
    "children-sum": check_children_sum,
    "negative-total": check_negative_totals,
    "magnitude-jump": check_magnitude,
    "wrong-sign": check_signs,
    "recovery-exceeds": check_recovery,
}


def check_inventory(inventory: Inventory) -> list[Finding]:
    """All checks."""
    return [found for check in CHECKS.values() for found in check(inventory)]


def check_activity(
    activity: Activity, methods: MethodLibrary, profiles: Iterable[str], first_year: int,
    areas: AreaTree | None = None,
) -> tuple[Finding, ...]:  # fmt: skip
    """All checks of reported records, also those before the inventory and measured parameters.

    profiles: whose models look back. first_year: the inventory's first year. areas: the register by default.
    """
    items, variables = Fuels.load(), methods.variables
    names = {name: (variable.zh, variable.en) for name, variable in variables.items()}
    called = {**{item.code: (item.zh, item.en) for item in items}, **names}
    used = [methods.profile(name) for name in profiles]
    models = [m for profile in used for m in profile.models]
    return order([
        *activity_limits(activity, variables),
        *check_included_elsewhere(activity, CategoryTree.load()),
        *check_placement(activity, used, CategoryTree.load(), items),
        *check_measured_place(activity, used, items),
        *check_balances(activity, items, names),
        *check_once(activity, called),
        *check_alternatives(activity, called),
        *check_overlaps(activity, items, called),
        *check_shares(activity),
        *check_landfill_history(activity, models, first_year, areas or AreaTree.registry()),
    ])  # fmt: skip
