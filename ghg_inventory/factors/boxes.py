"""How specific a factor row is, and which areas and years it holds for: the boxes that resolution paints.

Specificity, most significant first: area depth, narrower range of years, technology given, item depth, sector
given, category depth, a user's row before a bundled one. It depends on the row alone, never on the request:
among the rows that match one request the items form one chain of `broader`, the categories one path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import Fuels
from ghg_inventory.factors.record import USER_SET, Factor
from ghg_inventory.factors.regions import KINDS, Region


class Specificity(NamedTuple):
    """Compared as a tuple; the larger wins. years: minus the length of the range."""

    area: int
    years: int
    technology: int
    item: int
    sector: int
    category: int
    origin: int


@dataclass(frozen=True, slots=True)
class Box:
    """Where one row holds: one category prefix, areas first_area..last_area and years, all ends included.

    row: position in FactorLibrary.rows. first_area, last_area: depth-first positions in the AreaTree; -1 and
    its size when the row holds for any area.
    """

    row: int
    category: str
    item: str
    technology: str
    sector: str
    first_area: int
    last_area: int
    first_year: int
    last_year: int
    rank: Specificity


def boxes_of(
    rows: Iterable[int], factors: tuple[Factor, ...], areas: AreaTree, fuels: Fuels,
    regions: Mapping[str, Region],
) -> list[Box]:  # fmt: skip
    """The boxes of the given rows. A row for an area that the tree lacks has none: it cannot match."""
    boxes = []
    for row in rows:
        factor = factors[row]
        where = spans(factor, areas, regions)
        for category in factor.categories or ("",):
            rank = specificity(factor, category, areas, fuels, regions)
            boxes += [
                Box(row, category, factor.item, factor.technology, factor.sector, *span, rank) for span in where
            ]
    return boxes


def specificity(
    factor: Factor, category: str, areas: AreaTree, fuels: Fuels, regions: Mapping[str, Region]
) -> Specificity:
    """The specificity of a row in one of its categories."""
    item = len(fuels.chain(factor.item)) if factor.item else 0
    return Specificity(
        _area_depth(factor.area_code, areas, regions), factor.valid_from - factor.valid_to,
        int(bool(factor.technology)), item, int(bool(factor.sector)),
        len(category.split(".")) if category else 0, int(factor.set == USER_SET),
    )  # fmt: skip


def _area_depth(code: str, areas: AreaTree, regions: Mapping[str, Region]) -> int:
    """0 any, then the kinds of regions, then the depth in the tree of administrative areas."""
    if not code:
        return 0
    if code in regions:
        return 1 + KINDS.index(regions[code].kind)
    positions = positions_of(code, areas)
    return 1 + len(KINDS) + (int(areas.depth[positions[0]]) if positions else 0)


def spans(
    factor: Factor, areas: AreaTree, regions: Mapping[str, Region]
) -> list[tuple[int, int, int, int]]:
    """(first area, last area, first year, last year) of a row: its area and all below, or its region's members."""
    code, first, last = factor.area_code, factor.valid_from, factor.valid_to
    if not code:
        return [(-1, len(areas), first, last)]
    region = regions.get(code)
    if region is None:
        return [(*span, first, last) for span in _ranges(code, areas)]
    found = {(*span, first, last) for span in _ranges(code, areas)}
    for member in region.members:
        years = max(first, member.valid_from), min(last, member.valid_to)
        if years[0] <= years[1]:
            found |= {(*span, *years) for span in _ranges(member.area_code, areas)}
    return _joined(found)


def _joined(found: set[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Neighbouring ranges of areas with the same years as one: the whole country is one range, not 31."""
    joined: list[tuple[int, int, int, int]] = []
    for first, last, *years in sorted(found, key=lambda span: (span[2:], span[:2])):
        before = joined[-1] if joined else None
        if before and list(before[2:]) == years and first <= before[1] + 1:
            joined[-1] = (before[0], max(before[1], last), years[0], years[1])
        else:
            joined.append((first, last, years[0], years[1]))
    return joined


def positions_of(code: str, areas: AreaTree) -> list[int]:
    raise NotImplementedError


def _ranges(code: str, areas: AreaTree) -> list[tuple[int, int]]:
    """The depth-first ranges of an area code: one per period of validity that the tree holds."""
    return [(p, int(areas.last_descendant[p])) for p in positions_of(code, areas)]
