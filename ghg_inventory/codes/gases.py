"""Gases: code, formula, family and names. A family (HFC) is a heading of a table, never a gas of a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from ghg_inventory.codes.words import closest, fold, shipped_rows, split_list

FAMILIES = ("CO2", "CH4", "N2O", "HFC", "PFC", "SF6", "NF3", "other", "CO2e")
_COLUMNS = ("gas", "formula", "family", "zh", "en", "aliases", "note")


@dataclass(frozen=True, slots=True)
class Gas:
    """One gas. family: one of FAMILIES; "other" gases are reported apart and never in the total."""

    code: str
    formula: str
    family: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()
    note: str = ""

    def name(self, lang: str = "zh") -> str:
        """The name in "zh" or "en"."""
        return self.zh if lang == "zh" else self.en


class Gases:
    """The gases in reporting order: CO2, CH4, N2O, HFCs, PFCs, SF6, NF3, others."""

    codes: tuple[str, ...]
    index: dict[str, int]

    def __init__(self, gases: Iterable[Gas]) -> None:
        """Raises: ValueError when two gases share a code, name or alias."""
        self._gases = tuple(gases)
        self.codes = tuple(gas.code for gas in self._gases)
        self.index = {code: number for number, code in enumerate(self.codes)}
        self._names: dict[str, str] = {}
        for gas in self._gases:
            for text in dict.fromkeys(map(fold, (gas.code, gas.formula, gas.zh, gas.en, *gas.aliases))):
                if self._names.setdefault(text, gas.code) != gas.code:
                    raise ValueError(f"gases {self._names[text]!r} and {gas.code!r} share the name {text!r}")

    @classmethod
    def load(cls) -> Gases:
        """The shipped gases; read once per process."""
        return _shipped()

    def gas(self, code: str) -> Gas:
        """The gas. Raises: KeyError for a code that is not in the list; ask `find` first."""
        return self._gases[self.index[code]]

    def __contains__(self, code: object) -> bool:
        return code in self.index

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[Gas]:
        return iter(self._gases)

    def find(self, text: str) -> str | None:
        """The code for a code, formula, name or alias (HFC-134a, R-134a); width and case do not matter."""
        return self._names.get(fold(text))

    def suggest(self, text: str) -> tuple[str, ...]:
        """Up to three codes near a misspelt gas."""
        return closest(text, self._names)

    def family(self, name: str) -> tuple[str, ...]:
        """Codes of the gases of one family, in order."""
        return tuple(gas.code for gas in self._gases if gas.family == name)


@cache
def _shipped() -> Gases:
    return Gases(
        Gas(
            row["gas"], row["formula"], row["family"], row["zh"], row["en"],
            split_list(row["aliases"], "|"), row["note"],
        )
        for row in shipped_rows("gases.csv", _COLUMNS)
    )  # fmt: skip
