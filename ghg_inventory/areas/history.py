"""What became of a code: the chain of events that leads from an abolished code to those valid in a year."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

KINDS = ("replaced", "merged", "split", "renamed", "boundary")


@dataclass(frozen=True, slots=True)
class Event:
    """From `year` on, `from_code` (or, for kind "boundary", only a part of its land) is in `to_code`.

    kind: replaced (one to one), merged (several into one), split (one into several), renamed (same code,
    new name), boundary (part of the area moved; both codes live on).
    """

    year: int
    kind: str
    from_code: str
    to_code: str
    note: str = ""
    source: str = ""


class History:
    """Events by the code they start from."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._events: dict[str, list[Event]] = {}
        for event in sorted(events, key=lambda e: (e.from_code, e.year, e.to_code)):
            self._events.setdefault(event.from_code, []).append(event)

    def events(self, code: str) -> tuple[Event, ...]:
        """All events that start from the code, oldest first."""
        return tuple(self._events.get(code, ()))

    def boundary_changes(self, code: str) -> tuple[Event, ...]:
        """Events that moved part of the code's land to another code or from another code to it."""
        every = (event for events in self._events.values() for event in events if event.kind == "boundary")
        touching = [event for event in every if code in (event.from_code, event.to_code)]
        return tuple(sorted(touching, key=lambda e: (e.year, e.from_code, e.to_code)))

    def heirs(
        self, code: str, year: int, is_valid: Callable[[str, int], bool]
    ) -> tuple[tuple[str, int], ...]:
        """Codes valid in `year` that took over the whole of an abolished code, each with the year it did.

        Boundary changes are not followed: a part is not the whole. () when the record gives no heir.
        """
        found: dict[str, int] = {}
        seen = {code}
        stack = [code]
        while stack:
            current = stack.pop()
            for event in self._events.get(current, ()):
                if event.kind == "boundary" or event.year > year or event.to_code in seen:
                    continue
                if is_valid(event.to_code, year):
                    found[event.to_code] = event.year
                else:
                    seen.add(event.to_code)
                    stack.append(event.to_code)
        return tuple(sorted(found.items()))
