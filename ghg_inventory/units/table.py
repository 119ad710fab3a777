"""The compiled unit table: names, exact factors, spellings and items, read once from compiled.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

Dimension = tuple[tuple[str, int], ...]
FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Entry:
    """One canonical unit name.

    factor: exact multiplier to base units (kg, m, s, mol, yr, head …).
    dimension: sorted (base, exponent) without the year; years: exponent of the inventory year.
    substance: True for CO2, CH4, dry_matter …: a word that follows a mass or a volume.
    """

    factor: Fraction
    dimension: Dimension
    years: int
    substance: bool


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A spelling with more than one meaning: what it could be, and why, in both languages."""

    choices: tuple[str, ...]
    why_zh: str
    why_en: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A dimension with a name: key, words, exponents over base dimensions."""

    name: str
    zh: str
    en: str
    dimension: Dimension


@dataclass(frozen=True, slots=True)
class Table:
    """Everything the parser looks up.

    words: every known spelling; lengths: first character → lengths of the spellings that start with it,
    longest first.
    spellings: other spelling → canonical expression; items: spelling → canonical item ("" is a filler).
    """

    units: dict[str, Entry]
    spellings: dict[str, str]
    items: dict[str, str]
    ambiguous: dict[str, Ambiguous]
    kinds: tuple[Kind, ...]
    words: frozenset[str]
    lengths: dict[str, tuple[int, ...]]

    def is_substance(self, name: str) -> bool:
        """True for a canonical substance name."""
        entry = self.units.get(name)
        return entry is not None and entry.substance


def _dimension(exponents: dict[str, int]) -> Dimension:
    return tuple(sorted(exponents.items()))


def _lengths(words: frozenset[str]) -> dict[str, tuple[int, ...]]:
    """Lengths of the spellings by first character, longest first, so the scanner finds the longest match."""
    by_first: dict[str, set[int]] = {}
    for word in words:
        by_first.setdefault(word[0], set()).add(len(word))
    return {first: tuple(sorted(lengths, reverse=True)) for first, lengths in by_first.items()}


@cache
def table() -> Table:
    """The table of compiled.json. Raises: FileNotFoundError when the installation lacks it."""
    raw = json.loads((FOLDER / "compiled.json").read_text(encoding="utf-8"))
    units = {
        name: Entry(Fraction(*map(int, factor.split("/"))), _dimension(exponents), years, substance)
        for name, (factor, exponents, years, substance) in raw["units"].items()
    }
    ambiguous = {word: Ambiguous(tuple(row[0]), row[1], row[2]) for word, row in raw["ambiguous"].items()}
    kinds = tuple(Kind(name, zh, en, _dimension(exponents)) for name, zh, en, exponents in raw["kinds"])
    spellings, items = raw["spellings"], raw["items"]
    words = frozenset([*units, *spellings, *items, *ambiguous])
    return Table(units, spellings, items, ambiguous, kinds, words, _lengths(words))
