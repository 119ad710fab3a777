"""Why a unit text or a conversion is refused: `UnitError` and the choices it names."""

from __future__ import annotations

from ghg_inventory.errors import NOWHERE, Finding, GhgError, Place, finding
from ghg_inventory.units.suggest import suggestions
from ghg_inventory.units.table import table


class UnitError(GhgError):
    """A unit cannot be read, or two units cannot be converted into each other.

    name: finding name: unit-missing, unknown-unit, ambiguous-unit, unit-syntax, unit-dimension.
    values: the blanks of its message. suggestions: canonical or known spellings to offer, best first.
    """

    def __init__(self, name: str, values: dict[str, str], suggestions: tuple[str, ...] = ()) -> None:
        super().__init__(name, values, suggestions)
        self.name = name
        self.values = values
        self.suggestions = suggestions

    def finding(self, place: Place = NOWHERE) -> Finding:
        """The same fact as a finding at a place."""
        return finding(self.name, place, **self.values)

    def __str__(self) -> str:
        return self.finding().text("en").replace("\n", "; ")


def syntax_error(shown: str, why_zh: str, why_en: str) -> UnitError:
    """unit-syntax: the text cannot be read, and why."""
    return UnitError("unit-syntax", {"text": shown, "why_zh": why_zh, "why_en": why_en})


def choices_error(shown: str, choices: tuple[str, ...], why_zh: str, why_en: str) -> UnitError:
    """ambiguous-unit: the text has more than one meaning; the choices, and why."""
    values = {
        "text": shown, "choices_zh": " 还是 ".join(choices), "choices_en": " or ".join(choices),
        "why_zh": why_zh, "why_en": why_en,
    }  # fmt: skip
    return UnitError("ambiguous-unit", values, choices)


def ambiguous_error(word: str, shown: str) -> UnitError:
    """ambiguous-unit for a spelling of ambiguous.csv."""
    entry = table().ambiguous[word]
    return choices_error(shown, entry.choices, entry.why_zh, entry.why_en)


def unknown_error(word: str, shown: str) -> UnitError:
    """unknown-unit with what was perhaps meant."""
    found = suggestions(word)
    values = {"text": shown, "word": word, "suggestions": ", ".join(found) or "–"}
    return UnitError("unknown-unit", values, found)
