"""GPC scope 2: the emissions of all energy of the grid that is used, by subsector (location-based).

The provincial guide counts net transfers of electricity and heat; the GPC counts what is used in each subsector,
whatever its origin. Both come from the same data: the consumption that balances and returns state (use
"energy") is computed by the profile's own transfer methods and read out beside the inventory, never added to it.
Source: GPC (WRI, C40, ICLEI), chapter 6, grid-supplied energy consumed within the city boundary.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ghg_inventory.codes import CategoryTree
from ghg_inventory.inventory.encode import encode
from ghg_inventory.inventory.model import Inventory
from ghg_inventory.inventory.plan import make_plan
from ghg_inventory.tables import Column

TRANSFER = {"electricity": "X.1", "heat": "X.2"}
"""Energy of a grid and the category whose method knows its factor."""
SCOPE = "2"


@dataclass(frozen=True, slots=True)
class GridEnergy:
    """Tonnes of CO2 of the grid energy used, [area, year, category] on the axes of `Inventory.own`'s areas and years.

    categories: of the consumption, as reported. held: which cells hold any. unknown: kilowatt-hours or joules
    without a grid factor are in no cell; how many records those are.
    """

    categories: tuple[str, ...]
    co2_t: np.ndarray
    held: np.ndarray
    unknown: int


def grid_energy(inventory: Inventory) -> GridEnergy | None:
    """The grid energy that the records of an inventory use, None where none is reported."""
    activity = inventory.activity
    use = np.asarray([word == "energy" for word in activity.use.words], dtype=bool)
    item = np.asarray([word in TRANSFER for word in activity.item.words], dtype=bool)
    burnt = np.asarray([word == "fuel" for word in activity.variable.words], dtype=bool)
    if not len(activity) or not (use.any() and item.any()):
        return None
    used = use[activity.use.codes] & item[activity.item.codes] & burnt[activity.variable.codes]
    chosen = activity.select(used & ~np.isnan(activity.value))
    if not len(chosen):
        return None
    words = [TRANSFER.get(word, "") for word in chosen.item.words]
    moved = Column.of(words)
    as_transfer = replace(
        chosen, category=Column(moved.codes[chosen.item.codes], moved.words),
        use=Column(np.zeros(len(chosen), dtype=np.int32), ("transfer",)), flow=chosen.category,
    ).canonical()  # fmt: skip
    encoded = encode(as_transfer)
    plan = make_plan(encoded, inventory.context)
    cell = encoded.signature, plan.class_of_area[encoded.area], encoded.year
    tonnes, known = np.zeros(len(encoded)), encoded.value == 0
    for term in plan.terms:
        found = (term.method[cell] >= 0) & (term.state[cell] == 0)
        tonnes += np.where(found, encoded.value * term.coefficient[cell], 0.0)
        known |= found
    return _cells(
        inventory, as_transfer.flow, (encoded.areas, encoded.area), (plan.years, encoded.year), tonnes, known
    )


def _cells(
    inventory: Inventory, category: Column, area: tuple[tuple[str, ...], np.ndarray],
    year: tuple[tuple[int, ...], np.ndarray], tonnes: np.ndarray, known: np.ndarray,
) -> GridEnergy:  # fmt: skip
    own = inventory.own
    shape = len(own.areas), len(own.years), len(category.words)
    at = np.asarray([own.areas.index(code) for code in area[0]])[area[1]]
    when = np.asarray([own.years.index(one) for one in year[0]])[year[1]]
    key = (at * shape[1] + when) * shape[2] + category.codes
    size = shape[0] * shape[1] * shape[2]
    mass = np.bincount(key[known], tonnes[known], size).reshape(shape)
    held = (np.bincount(key[known], minlength=size) > 0).reshape(shape)
    return GridEnergy(category.words, mass, held, int((~known).sum()))


def references(category: str, categories: CategoryTree) -> tuple[str, ...]:
    """The GPC references of scope 2 that consumption at a category may stand under."""
    out: dict[str, None] = {}
    for found in categories.counterparts(category, "gpc"):
        if not found.target:
            continue
        group = found.target if len(found.target.split(".")) < 3 else categories.parent(found.target)
        for below in categories.descendants(group):
            one = categories.category(below)
            if one.role == "leaf" and one.gpc_scope == SCOPE:
                out[below] = None
    return tuple(out)


__all__ = ["GridEnergy", "grid_energy", "references"]
