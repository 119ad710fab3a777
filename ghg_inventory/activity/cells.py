"""What a cell of a sheet is: text, a number, or trouble."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trouble:
    """A cell that holds something that is neither text nor a number. kind: error, uncomputed, date, bool."""

    kind: str
    text: str


Cell = str | float | Trouble
