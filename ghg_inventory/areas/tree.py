"""The tree of areas in depth-first order, and what is valid in which year."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from ghg_inventory.areas.grow import END, Area, Nodes, grow, lost_codes
from ghg_inventory.areas.history import Event, History
from ghg_inventory.areas.registry import registry_history, registry_rows
from ghg_inventory.errors import NOWHERE, Finding, Place, finding
from ghg_inventory.tables import IntArray


class AreaTree:
    """Areas numbered depth-first: the descendants of node i are the nodes i … last_descendant[i].

    codes: the code of each node. parent_index: int32, -1 for a root. last_descendant: int32, inclusive.
    depth: int32, 0 for a root. adds: bool, False for an overlay (functional zone).
    A code has one node, except a code that moved to another parent (see `nodes`).
    """

    codes: tuple[str, ...]
    parent_index: IntArray
    last_descendant: IntArray
    depth: IntArray
    adds: npt.NDArray[np.bool_]

    def __init__(self, nodes: Nodes, history: Literal["registry"] | History | None = None) -> None:
        self._nodes = nodes
        self._history = history
        self.codes = tuple(periods[0].code for periods in nodes.areas)
        self._by_code: dict[str, tuple[int, ...]] = {}
        for number, code in enumerate(self.codes):
            self._by_code[code] = (*self._by_code.get(code, ()), number)
        self.parent_index = np.array(nodes.parent, dtype=np.int32)
        self.last_descendant = np.array(nodes.last, dtype=np.int32)
        self.depth = np.array(_depths(nodes.parent), dtype=np.int32)
        overlay = [periods[-1].kind == "overlay" for periods in nodes.areas]
        self.adds = ~np.array(overlay, dtype=np.bool_)

    @classmethod
    def from_rows(cls, rows: Iterable[Area], history: History | None = None) -> AreaTree:
        """A tree of these rows alone.

        Raises: ValueError for an unknown parent, a circle, or a code valid twice in a year.
        """
        areas = list(rows)
        _refuse_wrong(areas)
        nodes = grow(areas)
        circle = lost_codes(areas, nodes, areas)
        if circle:
            raise ValueError(f"areas in a circle of parents: {', '.join(circle)}")
        return cls(nodes, history)

    @classmethod
    def registry(cls) -> AreaTree:
        """The register of Chinese codes under the root CN; read once per process."""
        return _registry()

    @classmethod
    def load(cls, path: Path, registry: AreaTree | None = None) -> tuple[AreaTree, tuple[Finding, ...]]:
        """The user's areas.csv, alone or added to `registry`, and what is wrong with it (see `userfile`)."""
        from ghg_inventory.areas.userfile import combine

        rows, findings, joined = combine(path, registry)
        return cls(grow(rows), "registry" if joined else None), findings

    # --- looking up -------------------------------------------------------------------------------

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def areas(self) -> tuple[Area, ...]:
        """The latest period of each node, in node order."""
        return tuple(periods[-1] for periods in self._nodes.areas)

    def nodes(self, code: str) -> tuple[int, ...]:
        """All nodes of a code: one, or one per parent it had. () for an unknown code."""
        return self._by_code.get(code, ())

    def index(self, code: str, year: int | None = None) -> int:
        """The node of a code: the one valid in `year`, else the one with the latest years.

        Raises: KeyError for an unknown code; ask `validate` first.
        """
        numbers = self._by_code[code]
        if year is not None and len(numbers) > 1:
            for number in numbers:
                if self._node_is_valid(number, year):
                    return number
        return max(numbers, key=lambda number: self._nodes.areas[number][-1].valid_to)

    def position(self, code: str) -> int:
        """As `index(code)`: depth-first order, for sorting codes."""
        return self.index(code)

    def periods(self, code: str) -> tuple[Area, ...]:
        """Every period of a code, oldest first; () for an unknown code."""
        found = {area for number in self.nodes(code) for area in self._nodes.areas[number]}
        return tuple(sorted(found, key=lambda area: (area.valid_from, area.parent)))

    def area(self, code: str, year: int | None = None) -> Area:
        """The period valid in `year`, else the latest. Raises: KeyError for an unknown code."""
        periods = self.periods(code)
        if not periods:
            raise KeyError(code)
        valid = [a for a in periods if year is not None and a.valid_from <= year <= a.valid_to]
        return (valid or periods)[-1]

    def name(self, code: str, lang: str = "zh", year: int | None = None) -> str:
        """The name in `lang`, else in the other language, else the code (also for an unknown code)."""
        return self.area(code, year).name(lang) if code in self else code

    def is_valid(self, code: str, year: int) -> bool:
        """True when the code exists in that year."""
        return any(self._node_is_valid(number, year) for number in self.nodes(code))

    def _node_is_valid(self, number: int, year: int) -> bool:
        return any(area.valid_from <= year <= area.valid_to for area in self._nodes.areas[number])

    # --- up and down ------------------------------------------------------------------------------

    @property
    def roots(self) -> tuple[str, ...]:
        """Codes without a parent."""
        return tuple(self.codes[number] for number in np.flatnonzero(self.parent_index < 0))

    def parent(self, code: str, year: int | None = None) -> str:
        """The code above (in `year`, for a code that moved), "" for a root."""
        number = int(self.parent_index[self.index(code, year)])
        return self.codes[number] if number >= 0 else ""

    def adds_to_parent(self, code: str) -> bool:
        """False for an overlay: its figures are inside other areas already."""
        return bool(self.adds[self.index(code)])

    def chain(self, code: str, year: int | None = None) -> tuple[str, ...]:
        """The code and the codes above it, nearest first."""
        return (code, *self.ancestors(code, year))

    def at_or_below(self, code: str) -> tuple[str, ...]:
        """The codes whose figures add up to the area's: itself and all below it, without overlays.

        Depth-first; for an overlay asked by name, the overlay and what lies in it. `descendants` has all.
        """
        below: dict[str, None] = {}
        for start in self._by_code[code]:
            number, last = start, int(self.last_descendant[start])
            while number <= last:
                if number != start and not self.adds[number]:
                    number = int(self.last_descendant[number]) + 1
                    continue
                below[self.codes[number]] = None
                number += 1
        return tuple(below)

    def descendants(self, code: str) -> tuple[str, ...]:
        """The code and every code that lies or ever lay below it, depth-first, overlays included."""
        below: dict[str, None] = {}
        for number in self._by_code[code]:
            below.update(dict.fromkeys(self.codes[number : int(self.last_descendant[number]) + 1]))
        return tuple(below)

    def ancestors(self, code: str, year: int | None = None) -> tuple[str, ...]:
        """Codes above, nearest first (those of `year` for a code that moved)."""
        above = []
        number = int(self.parent_index[self.index(code, year)])
        while number >= 0:
            above.append(self.codes[number])
            number = int(self.parent_index[number])
        return tuple(above)

    def children(self, code: str, year: int | None = None) -> tuple[str, ...]:
        """Codes directly below, in order; with `year` only those valid in it."""
        below = np.flatnonzero(self.parent_index == self.index(code, year))
        return tuple(self.codes[n] for n in below if year is None or self._node_is_valid(int(n), year))

    def is_ancestor(self, above: str, code: str) -> bool:
        """True when `above` is `code` or contains it in any year."""
        return any(
            first <= number <= int(self.last_descendant[first])
            for first in self.nodes(above)
            for number in self.nodes(code)
        )

    def subtree(self, codes: Iterable[str], *, above: bool = True, below: bool = True) -> AreaTree:
        """Only these areas, with their ancestors and descendants as asked.

        Raises: KeyError for an unknown code.
        """
        wanted = set(codes)
        kept = set(wanted)
        for code in wanted:
            if code not in self._by_code:
                raise KeyError(code)
            for number in self._by_code[code]:
                kept |= set(self.codes[number : int(self.last_descendant[number]) + 1]) if below else set()
                kept |= self._codes_above(number) if above else set()
        rows = [
            area if area.parent in kept else area._replace(parent="")
            for code in sorted(kept)
            for area in self.periods(code)
        ]
        return AreaTree(grow(rows), self._history)

    def _codes_above(self, number: int) -> set[str]:
        above = set()
        while (number := int(self.parent_index[number])) >= 0:
            above.add(self.codes[number])
        return above

    # --- time -------------------------------------------------------------------------------------

    @property
    def history(self) -> History:
        """What became of codes (empty for a user's own areas)."""
        if self._history == "registry":
            return registry_history()
        return self._history or History(())

    def successors(self, code: str, year: int) -> tuple[tuple[str, str, int], ...]:
        """(code, name, since) of the codes valid in `year` that took over an abolished code."""
        heirs = self.history.heirs(code, year, self.is_valid)
        return tuple((heir, self.name(heir, "zh", year), since) for heir, since in heirs if heir != code)

    def successor(self, code: str, year: int) -> tuple[str, str, int] | None:
        """The one code that took over, or None when there is none or the area was split."""
        found = self.successors(code, year)
        return found[0] if len(found) == 1 else None

    def heir(self, code: str, year: int) -> str:
        """The code under which the area is known in a year; itself where it was split, is unknown or never changed."""
        seen = {code}
        while code in self and not self.is_valid(code, year):
            found = self.successor(code, year)
            if found is None or found[0] in seen:
                break
            code = found[0]
            seen.add(code)
        return code

    def boundary_changes(self, code: str) -> tuple[Event, ...]:
        """Events that moved part of the area: figures before and after are not comparable as they stand."""
        return self.history.boundary_changes(code)

    def validate(self, code: str, year: int, place: Place = NOWHERE) -> Finding | None:
        """None when the code may be used for that year, else the finding that says what to use instead."""
        if code not in self._by_code:
            near = ", ".join(f"{c} {self.name(c)}" for c in self.suggest(code)) or "–"
            return finding("area-code-unknown", place, code=code, suggestions=near)
        if self.is_valid(code, year):
            return None
        heirs = self.successors(code, year)
        use = ", ".join(f"{heir} {name}" for heir, name, _ in heirs)
        before = [a for a in self.periods(code) if a.valid_to < year]
        if not before:
            first = self.periods(code)[0]
            return finding(
                "area-not-yet", place, code=code, area=first.name(), year=year, since=first.valid_from,
            )  # fmt: skip
        return finding(
            "area-abolished" if use else "area-abolished-no-heir", place, code=code,
            area=before[-1].name(), year=year, until=before[-1].valid_to, use=use,
        )  # fmt: skip

    # --- words ------------------------------------------------------------------------------------

    def find(self, text: str, year: int | None = None) -> tuple[str, ...]:
        """Codes that have this code or name (names repeat: several); with `year` only those valid in it."""
        numbers = self._folded.get(_fold(text), ())
        codes = dict.fromkeys(self.codes[number] for number in numbers)
        return tuple(c for c in codes if year is None or self.is_valid(c, year))

    def suggest(self, text: str, count: int = 3) -> tuple[str, ...]:
        """Up to `count` codes near a misspelt code or name; codes still valid come first."""
        wanted = _fold(text)
        exact = list(self._folded.get(wanted, ()))
        inside = [n for name, numbers in self._folded.items() if wanted and wanted in name for n in numbers]
        ranked = exact or inside[:200]
        if not ranked:
            near = difflib.get_close_matches(wanted, self._folded, n=3 * count, cutoff=0.6)
            ranked = [number for name in near for number in self._folded[name]]
        living = [n for n in ranked if self._nodes.areas[n][-1].valid_to == END]
        gone = [n for n in ranked if self._nodes.areas[n][-1].valid_to != END]
        return tuple(dict.fromkeys(self.codes[n] for n in (*living, *gone)))[:count]

    @cached_property
    def _folded(self) -> dict[str, list[int]]:
        """Folded code or name → nodes."""
        names: dict[str, list[int]] = {}
        for number, periods in enumerate(self._nodes.areas):
            texts = {periods[0].code} | {t for a in periods for t in (a.name_zh, a.name_en) if t}
            for text in sorted(texts):
                names.setdefault(_fold(text), []).append(number)
        return names


@cache
def _registry() -> AreaTree:
    return AreaTree(grow(registry_rows()), "registry")


def _depths(parents: Iterable[int]) -> list[int]:
    depths: list[int] = []
    for parent in parents:
        depths.append(0 if parent < 0 else depths[parent] + 1)
    return depths


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _refuse_wrong(areas: list[Area]) -> None:
    known = {area.code for area in areas}
    lost = sorted({area.parent for area in areas if area.parent and area.parent not in known})
    if lost:
        raise ValueError(f"unknown parents: {', '.join(lost)}")
    ordered = sorted(areas, key=lambda a: (a.code, a.valid_from))
    for first, second in pairwise(ordered):
        if first.code == second.code and second.valid_from <= first.valid_to:
            raise ValueError(f"area {first.code} is given twice for {second.valid_from}")
