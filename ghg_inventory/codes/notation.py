"""Notation keys: what may stand where a value is missing, and whether it needs a reason."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ghg_inventory.codes.words import shipped_rows

_COLUMNS = ("key", "zh", "en", "meaning_zh", "meaning_en", "needs_reason", "counts_as_zero")


@dataclass(frozen=True, slots=True)
class NotationKey:
    """One key. counts_as_zero: the emission is truly nil (NO, NA); the others hide an amount."""

    key: str
    zh: str
    en: str
    meaning_zh: str
    meaning_en: str
    needs_reason: bool
    counts_as_zero: bool

    def name(self, lang: str = "zh") -> str:
        """The name in "zh" or "en"."""
        return self.zh if lang == "zh" else self.en


@cache
def notation_keys() -> dict[str, NotationKey]:
    """Key → NotationKey for NO, NE, NA, IE, C."""
    return {
        row["key"]: NotationKey(
            row["key"], row["zh"], row["en"], row["meaning_zh"], row["meaning_en"],
            row["needs_reason"] == "yes", row["counts_as_zero"] == "yes",
        )
        for row in shipped_rows("notation.csv", _COLUMNS)
    }  # fmt: skip
