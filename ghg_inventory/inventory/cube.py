"""Accumulate records into cells (area × year × category × gas) and roll the cells up both trees.

Records come in canonical order, area by area. They are worked through in blocks that end where an area
ends, so that every cell is summed inside one block: memory stays small, and the result has the same bytes
whether the country is computed in one piece or area by area on many workers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Gases, GwpTable
from ghg_inventory.errors import Finding, finding
from ghg_inventory.inventory.encode import Encoded
from ghg_inventory.inventory.plan import Plan
from ghg_inventory.tables import FloatArray, IntArray

_BLOCK = 1 << 17
"""Records per block: the working arrays stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Cube:
    """Emissions in tonnes of gas, [area, year, category, term].

    areas, years, categories: codes of the axes, in tree order. gases: (gas, origin) of the last axis.
    """

    areas: tuple[str, ...]
    years: tuple[int, ...]
    categories: tuple[str, ...]
    gases: tuple[tuple[str, str], ...]
    mass_t: FloatArray


def accumulate(encoded: Encoded, plan: Plan) -> Cube:
    """Sum the records into the cells that their emissions are reported in; nothing is rolled up yet."""
    shape = (len(encoded.areas), len(plan.years), len(plan.categories), len(plan.gases))
    mass = np.zeros(shape)
    if mass.size and plan.terms:
        work = _Work(encoded, plan, shape)
        for start, stop in blocks(encoded.area):
            work.add(start, stop, mass)
    return Cube(encoded.areas, plan.years, plan.categories, plan.gases, mass)


def blocks(area: IntArray) -> list[tuple[int, int]]:
    """Row ranges of about `_BLOCK` records that never split an area. `area` must be grouped."""
    rows = len(area)
    if not rows:
        return []
    ends = np.append(np.flatnonzero(area[1:] != area[:-1]) + 1, rows)
    if len(ends) > int(area.max()) + 1:
        raise ValueError("the records of an area do not stand together: sort them first")
    ranges = []
    start = 0
    while start < rows:
        at = int(np.searchsorted(ends, start + _BLOCK))
        stop = int(ends[min(at, len(ends) - 1)])
        ranges.append((start, stop))
        start = stop
    return ranges


_FEW = 0.4
"""Below this share of records a term picks its own records instead of working through all."""


class _Work:
    """Lookup tables shared by all blocks."""

    def __init__(self, encoded: Encoded, plan: Plan, shape: tuple[int, int, int, int]) -> None:
        _, classes, years = plan.shape
        self.encoded, self.shape = encoded, shape
        self.key_of_area = (plan.class_of_area * years).astype(np.int32)
        self.key_of_signature = (np.arange(len(plan.signatures)) * classes * years).astype(np.int32)
        self.terms = plan.terms
        self.coefficients = [np.ascontiguousarray(term.coefficient.ravel()) for term in plan.terms]
        number = {code: index for index, code in enumerate(plan.categories)}
        # A record that cannot emit has coefficient 0 in every gas: whichever cell it adds to, it adds nothing.
        own = np.asarray([number.get(s.category, 0) for s in plan.signatures], dtype=np.int32)
        maps = [np.where(term.category >= 0, term.category, own).astype(np.int32) for term in plan.terms]
        distinct = {one.tobytes(): one for one in maps}
        self.maps = list(distinct.values())
        self.map_of_term = [list(distinct).index(one.tobytes()) for one in maps]
        counts = np.bincount(encoded.signature, minlength=len(plan.signatures))
        self.active = [term.category >= 0 for term in plan.terms]
        self.few = [int(counts[on].sum()) < _FEW * len(encoded) for on in self.active]

    def add(self, start: int, stop: int, mass: FloatArray) -> None:
        """Add the records start:stop; they hold whole areas."""
        encoded = self.encoded
        _, years, categories, _ = self.shape
        area = encoded.area[start:stop]
        low, high = int(area.min()), int(area.max()) + 1
        signature, year = encoded.signature[start:stop], encoded.year[start:stop]
        key = self.key_of_signature[signature]
        key += self.key_of_area[area]
        key += year
        place = (area - np.int32(low)) * np.int32(years)
        place += year
        place *= np.int32(categories)
        size = (high - low) * years * categories
        value = encoded.value[start:stop]
        cells: dict[int, IntArray] = {}
        for index, coefficient in enumerate(self.coefficients):
            which = self.map_of_term[index]
            if self.few[index]:
                rows = np.flatnonzero(self.active[index][signature])
                if not len(rows):
                    continue
                cell = place[rows] + self.maps[which][signature[rows]]
                amounts = coefficient[key[rows]] * value[rows]
            else:
                if which not in cells:
                    cells[which] = place + self.maps[which][signature]
                cell = cells[which]
                amounts = coefficient[key]
                amounts *= value
            sums = np.bincount(cell, amounts, size).reshape(high - low, years, categories)
            mass[low:high, :, :, self.terms[index].column] += sums


def roll_up(cube: Cube, areas: AreaTree, categories: CategoryTree, root: str = "") -> Cube:
    """The cells of every area and category that holds data, and of all their ancestors up to area `root`.

    Children are added to parents from the deepest level up, in tree order. An area marked as an overlay
    and a category marked as "of which" are kept but not added to their parents.
    """
    mass, codes = _roll_axis(cube.mass_t, cube.categories, _category_parents(cube, categories), 2)
    mass, names = roll_areas(mass, cube, areas, root)
    return Cube(tuple(names), cube.years, tuple(codes), cube.gases, mass)


def roll_up_marks(
    marks: np.ndarray, cube: Cube, areas: AreaTree, categories: CategoryTree, root: str = ""
) -> np.ndarray:
    """Marks of cells (bool, shaped as `cube.mass_t`) rolled up as masses are: marked below is marked above."""
    rolled, _ = _roll_axis(marks, cube.categories, _category_parents(cube, categories), 2)
    return roll_areas(rolled, cube, areas, root)[0]


Parents = dict[str, tuple[str, bool]]
"""Parent code ("" for a root) and whether the child is added to it, in depth-first order."""


def _category_parents(cube: Cube, categories: CategoryTree) -> Parents:
    wanted: set[str] = set()
    for code in cube.categories:
        wanted.update(categories.chain(code))
    ordered = sorted(wanted, key=categories.index.__getitem__)
    return {code: (categories.parent(code), categories.adds_to_parent(code)) for code in ordered}


def _area_parents(cube: Cube, areas: AreaTree, root: str, year: int | None = None) -> Parents:
    """An area above the root holds only a part of itself here: a total of it would mislead."""
    wanted: set[str] = set()
    for code in cube.areas:
        chain = areas.chain(code, year)
        wanted.update(chain[: chain.index(root) + 1] if root in chain else chain)
    ordered = sorted(wanted, key=lambda code: areas.index(code, year))
    return {code: (areas.parent(code, year), areas.adds_to_parent(code)) for code in ordered}


def roll_areas(mass: np.ndarray, cube: Cube, areas: AreaTree, root: str) -> tuple[np.ndarray, list[str]]:
    """Roll up the area axis: year by year where an area moved to another parent, else all at once."""
    if all(len(areas.nodes(code)) == 1 for code in cube.areas):
        return _roll_axis(mass, cube.areas, _area_parents(cube, areas, root), 0)
    parts = [
        _roll_axis(mass[:, [number]], cube.areas, _area_parents(cube, areas, root, year), 0)
        for number, year in enumerate(cube.years)
    ]
    names = sorted({name for _, mine in parts for name in mine}, key=areas.position)
    place = {name: index for index, name in enumerate(names)}
    out = np.zeros((len(names), *mass.shape[1:]), dtype=mass.dtype)
    for number, (part, mine) in enumerate(parts):
        out[[place[name] for name in mine], number] = part[:, 0]
    return out, names


def _roll_axis(
    mass: np.ndarray, own: tuple[str, ...], parents: Parents, axis: int
) -> tuple[np.ndarray, list[str]]:
    """Spread the cells of `own` over all nodes of `parents`, then add each node to its parent."""
    nodes = list(parents)
    place = {code: index for index, code in enumerate(nodes)}
    shape = list(mass.shape)
    shape[axis] = len(nodes)
    out = np.zeros(shape, dtype=mass.dtype)
    source, target = np.moveaxis(mass, axis, 0), np.moveaxis(out, axis, 0)
    target[[place[code] for code in own]] = source
    for code in reversed(nodes):
        parent, adds = parents[code]
        if parent in place and adds:
            target[place[parent]] += target[place[code]]
    return out, nodes


def is_apart(gas: str) -> bool:
    """True for a gas that is stated by mass and belongs to no total."""
    return gas in Gases.load() and Gases.load().gas(gas).family == "other"


def gwp_row(cube: Cube, table: GwpTable, gwp_set: str) -> tuple[FloatArray, list[Finding]]:
    """GWP of each (gas, origin) of the cube, NaN with a finding where the set lacks it. Never 0.

    Gases that other treaties control (CFC, HCFC) are reported by mass and never enter a total.
    """
    values, findings = [], []
    for gas, origin in cube.gases:
        if is_apart(gas):
            values.append(np.nan)
            findings.append(finding("gas-not-in-total", gas=gas))
            continue
        value = table.value(gwp_set, gas, origin)
        if value is None:
            findings.append(finding("gwp-missing", gas=gas, gwp_set=gwp_set))
        values.append(np.nan if value is None else value)
    return np.asarray(values, dtype=np.float64), findings
