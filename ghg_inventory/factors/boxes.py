"""How specific a factor row is, and which areas and years it holds for: the boxes that resolution paints.

Specificity, most significant first: area depth, narrower range of years, technology given, item depth,
sector given, category depth, a measured value before a user's row before a bundled one. It does not depend
on the request: among the rows that match one request the items form one chain of `broader` and the
categories one path, so depth decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.factors.record import MEASURED_SET, USER_SET, Factor
from ghg_inventory.factors.regions import Region


def matching_keys(
    key: tuple[str, str, str, str], categories: CategoryTree, fuels: Fuels, borrow: str
) -> Iterator[tuple[str, str, str, str]]:
    """Every (category, item, technology, sector) that a row may have to match a request's; "" is any."""
    category, item, technology, sector = key
    return product(
        categories_above(category, categories), items_above(item, fuels, borrow),
        dict.fromkeys((technology, "")), dict.fromkeys((sector, "")),
    )  # fmt: skip


def categories_above(category: str, categories: CategoryTree) -> list[str]:
    """The category, the categories that contain it, nearest first, and "" (any)."""
    return [category, *categories.ancestors(category), ""] if category in categories else [""]


def items_above(item: str, fuels: Fuels, borrow: str) -> list[str]:
    """The item, the broader items that may stand in for it (`Parameter.borrow`), and "" (any)."""
    if item not in fuels or borrow == "no":
        return list(dict.fromkeys((item, "")))
    return [*(fuels.ncv_chain(item) if borrow == "ncv" else fuels.chain(item)), ""]


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
    rows: Iterable[int], factors: Sequence[Factor], areas: AreaTree, fuels: Fuels,
    regions: Mapping[str, Region],
) -> list[Box]:  # fmt: skip
    """The boxes of the given rows. A row for an area that the tree lacks has none: it cannot match."""
    boxes = []
    for row in rows:
        factor = factors[row]
        item = len(fuels.chain(factor.item)) if factor.item in fuels else int(bool(factor.item))
        where = spans(factor, areas, regions)
        for category in factor.categories or ("",):
            for span in where:
                rank = Specificity(
                    span.depth, factor.valid_from - factor.valid_to, int(bool(factor.technology)), item,
                    int(bool(factor.sector)), len(category.split(".")) if category else 0,
                    {MEASURED_SET: 2, USER_SET: 1}.get(factor.set, 0),
                )  # fmt: skip
                keys = (category, factor.item, factor.technology, factor.sector)
                boxes.append(Box(row, *keys, *span[:4], rank))
    return boxes


class Span(NamedTuple):
    """Areas first_area..last_area and years, all ends included, with the depth that counts for specificity.

    depth: 0 any area; 2 + 2d an area of depth d in the tree; 1 + 2d a region with a member of depth d.
    """

    first_area: int
    last_area: int
    first_year: int
    last_year: int
    depth: int


def spans(factor: Factor, areas: AreaTree, regions: Mapping[str, Region]) -> list[Span]:
    """Where and when a row holds: its area and all below, or its region's members while they belonged."""
    code, first, last = factor.area_code, factor.valid_from, factor.valid_to
    if not code:
        return [Span(-1, len(areas), first, last, 0)]
    if code not in regions:
        return [_span(node, areas, (first, last), 2) for node in areas.nodes(code)]
    found = []
    for member in regions[code].members:
        years = max(first, member.valid_from), min(last, member.valid_to)
        if years[0] <= years[1]:
            found += [_span(node, areas, years, 1) for node in areas.nodes(member.area_code)]
    return found


def _span(node: int, areas: AreaTree, years: tuple[int, int], base: int) -> Span:
    return Span(node, int(areas.last_descendant[node]), *years, base + 2 * int(areas.depth[node]))
