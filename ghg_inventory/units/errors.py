"""Why a unit text or a conversion is refused: `UnitError` and the choices it names."""

from __future__ import annotations

from ghg_inventory.errors import NOWHERE, Finding, GhgError, Place, finding


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
