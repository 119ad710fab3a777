"""Totals and parts: which numbers count, which only check, and where they do not add up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ghg_inventory.activity.forms.loader import Part

OF_WHICH = "of_which"
# Binary dust of sums that a spreadsheet computed.
_DUST = 1e-9


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in base units, how far rounding may have moved it, and the dimension it has."""

    value: float
    slack: float
    dimension: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A total that its parts do not add up to. counts: True when the parts are what is counted."""

    total: str
    parts: tuple[str, ...]
    found: float
    expected: float
    counts: bool


@dataclass(slots=True)
class Choice:
    """status: "record", "check", "undivided" or "aside", per part that has a number; checked: totals re-added."""

    status: dict[str, str] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    checked: int = 0


def choose(parts: Mapping[str, Part], amounts: Mapping[str, Amount]) -> Choice:
    """Of totals and parts that have numbers, those that count, so that nothing counts twice."""
    chooser = _Chooser(parts, amounts)
    for part in parts.values():
        if not part.parent or part.take == "aside":
            chooser.pick(part.id)
    return chooser.choice


class _Chooser:
    """One pass over a tree of parts."""

    def __init__(self, parts: Mapping[str, Part], amounts: Mapping[str, Amount]) -> None:
        self.parts, self.amounts, self.choice = parts, amounts, Choice()
        self.divisions: dict[str, dict[str, list[str]]] = {}
        for part in parts.values():
            if part.parent and part.take != "aside" and part.partition != OF_WHICH:
                self.divisions.setdefault(part.parent, {}).setdefault(part.partition, []).append(part.id)

    def pick(self, name: str) -> None:
        """Decide about a part and everything below it."""
        part, own = self.parts[name], self.amounts.get(name)
        if part.take == "aside":
            if own is not None:
                self.choice.status[name] = "aside"
            return
        division, closes = self._division(name)
        by_parts = bool(division) and (
            part.take == "parts" or (part.take == "closed" and closes is not False) or own is None
        )
        if own is not None:
            self.choice.status[name] = "check" if by_parts else self._own(part, own)
        for child in [child for group in self.divisions.get(name, {}).values() for child in group]:
            if by_parts and child in division:
                self.pick(child)
            else:
                self._only_check(child)
        self._compare(name, division if by_parts else ())

    def _own(self, part: Part, own: Amount) -> str:
        if part.target:
            return "record"
        return "undivided" if own.value else "check"

    def _division(self, name: str) -> tuple[tuple[str, ...], bool | None]:
        """The parts to count by, and whether they add up to the total (None: nothing to compare with).

        Of several divisions the finest that closes; where none does, the finest.
        """
        found: list[tuple[tuple[str, ...], bool | None]] = []
        for group in self.divisions.get(name, {}).values():
            if any(self._sum(child) for child in group):
                found.append((tuple(group), self._closes(name, tuple(group))))
        found.sort(key=lambda one: (one[1] is False, -len(one[0])))
        return found[0] if found else ((), None)

    def _sum(self, name: str) -> tuple[Amount, ...]:
        """The numbers a part stands for: its own, else those of its parts."""
        if name in self.amounts:
            return (self.amounts[name],)
        for division in sorted(self.divisions.get(name, {}).values(), key=len, reverse=True):
            below = tuple(amount for child in division for amount in self._sum(child))
            if below:
                return below
        return ()

    def _closes(self, name: str, division: tuple[str, ...]) -> bool | None:
        own = self.amounts.get(name)
        below = [amount for child in division for amount in self._sum(child)]
        if own is None or not below or any(amount.dimension != own.dimension for amount in below):
            return None
        gap = abs(sum(amount.value for amount in below) - own.value)
        slack = own.slack + sum(amount.slack for amount in below)
        return gap <= slack + _DUST * abs(own.value)

    def _compare(self, name: str, counted: tuple[str, ...]) -> None:
        for group in self.divisions.get(name, {}).values():
            closes = self._closes(name, tuple(group))
            if closes is None:
                continue
            self.choice.checked += 1
            if not closes:
                expected = sum(amount.value for child in group for amount in self._sum(child))
                shown = tuple(child for child in group if self._sum(child))
                found = self.amounts[name].value
                self.choice.gaps.append(Gap(name, shown, found, expected, tuple(group) == counted))

    def _only_check(self, name: str) -> None:
        """A part of something that is counted as a whole, and all its parts."""
        for below in (name, *self._below(name)):
            if below in self.amounts:
                self.choice.status[below] = "check"
            self._compare(below, ())

    def _below(self, name: str) -> Iterator[str]:
        for group in self.divisions.get(name, {}).values():
            for child in group:
                yield child
                yield from self._below(child)
