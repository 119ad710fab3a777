"""From rows (code, validity, parent) to numbered nodes in depth-first order.

A node is a code under one chain of parents. Nearly every code has one node; a code that moved to another
parent has one node per parent, each with its own years, so that a total of a past year follows the
geography of that year. The descendants of node i are the nodes i … last_descendant[i].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

ALWAYS = 0  # valid_from of an area without a beginning
END = 9999  # valid_to of an area without an end


class Area(NamedTuple):
    """One validity period of an area.

    code: key, text. parent: code of the area that contains it, "" for a root. valid_from, valid_to: years,
    both included (0 and 9999 when open). kind: "territory", or "overlay" for a zone that lies across
    territories and is never added to its parent. level: country, province, prefecture, county, or the
    user's own word. name_en: "" when no name is established.
    """

    code: str
    valid_from: int = ALWAYS
    valid_to: int = END
    parent: str = ""
    level: str = ""
    name_zh: str = ""
    name_en: str = ""
    kind: str = "territory"

    def name(self, lang: str = "zh") -> str:
        """The name in `lang`, else in the other language, else the code."""
        first, second = (self.name_zh, self.name_en) if lang == "zh" else (self.name_en, self.name_zh)
        return first or second or self.code


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes in depth-first order.

    areas[i]: the periods of node i, oldest first. parent[i]: node above, -1 for a root. last[i]: last node
    below or i. An area that hangs in a circle of parents has no node (see `lost_codes`).
    """

    areas: tuple[tuple[Area, ...], ...]
    parent: tuple[int, ...]
    last: tuple[int, ...]


class _Pending(NamedTuple):
    """A node still to be numbered; `moved` when an area above it has several nodes."""

    areas: tuple[Area, ...]
    parent: int
    moved: bool


def grow(rows: Iterable[Area]) -> Nodes:
    """Number the rows depth-first; siblings in order of code, whatever the order of the rows."""
    children = _by_parent(rows)
    areas: list[tuple[Area, ...]] = []
    parents: list[int] = []
    last: list[int] = []
    several = _several_parents(children)
    stack = [_Pending(periods, -1, False) for periods in reversed(children.get("", {}).values())]
    while stack:
        pending = stack.pop()
        number, code = len(areas), pending.areas[0].code
        areas.append(pending.areas)
        parents.append(pending.parent)
        last.append(number)
        moved = pending.moved or code in several
        if moved and code in _codes_above(areas, parents, pending.parent):
            continue
        for periods in reversed(children.get(code, {}).values()):
            within = _clip(periods, pending.areas) if moved else periods
            if within:
                stack.append(_Pending(within, number, moved))
    for number in range(len(areas) - 1, -1, -1):
        above = parents[number]
        if above >= 0 and last[number] > last[above]:
            last[above] = last[number]
    return Nodes(tuple(areas), tuple(parents), tuple(last))


def _by_parent(rows: Iterable[Area]) -> dict[str, dict[str, tuple[Area, ...]]]:
    """Parent code → (code → its periods under that parent, oldest first), codes in order."""
    grouped: dict[str, dict[str, list[Area]]] = {}
    for area in sorted(rows):
        grouped.setdefault(area.parent, {}).setdefault(area.code, []).append(area)
    return {parent: {code: tuple(p) for code, p in below.items()} for parent, below in grouped.items()}


def _several_parents(children: dict[str, dict[str, tuple[Area, ...]]]) -> set[str]:
    seen: set[str] = set()
    several: set[str] = set()
    for below in children.values():
        several |= seen & below.keys()
        seen |= below.keys()
    return several


def _codes_above(areas: Sequence[tuple[Area, ...]], parents: Sequence[int], node: int) -> set[str]:
    above = set()
    while node >= 0:
        above.add(areas[node][0].code)
        node = parents[node]
    return above


def _clip(periods: Iterable[Area], within: Iterable[Area]) -> tuple[Area, ...]:
    """The parts of `periods` that lie in the years of `within`."""
    parts = []
    for area in periods:
        for outer in _joined(within):
            first, final = max(area.valid_from, outer[0]), min(area.valid_to, outer[1])
            if first <= final:
                parts.append(area._replace(valid_from=first, valid_to=final))
    return tuple(parts)


def _joined(periods: Iterable[Area]) -> list[tuple[int, int]]:
    """Years covered, with touching periods joined (a change of name is not a gap)."""
    spans: list[tuple[int, int]] = []
    for area in sorted(periods, key=lambda a: a.valid_from):
        if spans and area.valid_from <= spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], max(spans[-1][1], area.valid_to))
        else:
            spans.append((area.valid_from, area.valid_to))
    return spans


def lost_codes(rows: Iterable[Area], nodes: Nodes, every: Iterable[Area]) -> tuple[str, ...]:
    """Codes with years in `rows` that no node holds although the parent exists then: a circle of parents.

    `every`: all rows given to `grow`, of which `rows` are some. The circle may exist in some years only
    (A below B since 2000, B below A always).
    """
    given: dict[str, list[Area]] = {}
    held: dict[str, list[Area]] = {}
    for area in every:
        given.setdefault(area.code, []).append(area)
    for periods in nodes.areas:
        held.setdefault(periods[0].code, []).extend(periods)
    return tuple(sorted({
        area.code for area in rows
        if uncovered(area, held.get(area.code, []))
        and (not area.parent or uncovered(area, given.get(area.parent, [])) is None)
    }))  # fmt: skip


def uncovered(area: Area, parents: Iterable[Area]) -> tuple[int, int] | None:
    """First years in which `area` is valid and none of its parent's periods is; None if covered.

    An area without a beginning begins with its parent.
    """
    spans = _joined(parents)
    year = spans[0][0] if area.valid_from == ALWAYS and spans else area.valid_from
    if year > area.valid_to:
        return area.valid_from, area.valid_to
    for first, final in spans:
        if first > year:
            break
        year = max(year, final + 1)
        if year > area.valid_to:
            return None
    following = [span[0] for span in spans if span[0] > year]
    return year, min([area.valid_to, *(first - 1 for first in following)])
