"""Fuels and all other items that activity data name, and which item's factor may stand in for which.

fuels.csv holds the items of energy statistics; items/*.csv the livestock, crops, waste, forest types and
products of the other sectors; every gas is an item too (its use and its bank are activity data).

`broader` is one step to a less specific fuel; the chain is acyclic. A factor per unit of energy (carbon
content, emission factor per TJ, oxidation) may be taken from the chain. A net calorific value may be
taken only where `broader_ncv` is true: raw coal is not as rich as other bituminous coal, and the wrong
NCV would silently raise every tonne by a quarter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ghg_inventory.codes.gases import Gases
from ghg_inventory.codes.words import closest, fold, shipped_rows, split_list

KINDS = ("fossil", "biomass", "derived", "recovered", "non_energy", "electricity", "heat", "other")
"""Kinds of fuels. Every other kind is named by the table of items that uses it."""
GAS_KIND = "gas"
_ITEM_COLUMNS = ("code", "kind", "broader", "zh", "en", "aliases", "note")
_COLUMNS = ("code", "zh", "en", "kind", "broader", "broader_ncv", "aliases", "measured_as", "note")


@dataclass(frozen=True, slots=True)
class Fuel:
    """One item.

    kind: fossil; biomass; derived (made from coal: its burning counts, its making does not); recovered
    (blast furnace and converter gas: the carbon came in with coke); non_energy (not burnt as fuel);
    electricity; heat; other.
    measured_as: "mass", "volume" or "energy", how statistics count it. broader: code or "".
    """

    code: str
    zh: str
    en: str
    kind: str
    broader: str = ""
    broader_ncv: bool = False
    aliases: tuple[str, ...] = ()
    measured_as: str = "mass"
    note: str = ""

    def name(self, lang: str = "zh") -> str:
        """The name in "zh" or "en"."""
        return self.zh if lang == "zh" else self.en


class Fuels:
    """The fuels in list order. codes: tuple; index: code → position."""

    codes: tuple[str, ...]
    index: dict[str, int]

    def __init__(self, fuels: Iterable[Fuel]) -> None:
        """Raises: ValueError for a repeated code, a shared name, an unknown or cyclic broader fuel."""
        self._fuels = tuple(fuels)
        self.codes = tuple(fuel.code for fuel in self._fuels)
        self.index = {code: number for number, code in enumerate(self.codes)}
        if len(self.index) != len(self.codes):
            raise ValueError("the fuel list has a repeated code")
        self._names = _names_of(self._fuels)
        for fuel in self._fuels:
            _check_chain(self, fuel)

    @classmethod
    def load(cls) -> Fuels:
        """The shipped fuels; read once per process."""
        return _shipped()

    def fuel(self, code: str) -> Fuel:
        """The fuel. Raises: KeyError for a code that is not in the list; ask `find` first."""
        return self._fuels[self.index[code]]

    def __contains__(self, code: object) -> bool:
        return code in self.index

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[Fuel]:
        return iter(self._fuels)

    def name(self, code: str, lang: str = "zh") -> str:
        """The name in "zh" or "en"; the code itself when it is not in the list."""
        return self.fuel(code).name(lang) if code in self.index else code

    def kind(self, code: str) -> str:
        """The kind of an item, "" for a blank or unknown item."""
        return self.fuel(code).kind if code in self.index else ""

    def is_fuel(self, code: str) -> bool:
        """True for an item of energy statistics; livestock, crops, waste, products and gases are none."""
        return self.kind(code) in KINDS

    def of_kinds(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """The codes of the items of these kinds, in list order."""
        wanted = set(kinds)
        return tuple(item.code for item in self._fuels if item.kind in wanted)

    def chain(self, code: str) -> tuple[str, ...]:
        """The code, its broader fuel, that one's broader fuel … most specific first."""
        codes = [code]
        while broader := self.fuel(codes[-1]).broader:
            codes.append(broader)
        return tuple(codes)

    def ncv_chain(self, code: str) -> tuple[str, ...]:
        """As `chain`, but only as far as a net calorific value may be borrowed."""
        codes = [code]
        while self.fuel(codes[-1]).broader_ncv:
            codes.append(self.fuel(codes[-1]).broader)
        return tuple(codes)

    def find(self, text: str) -> str | None:
        """The code for a code, Chinese or English name or alias; width and case do not matter.

        >>> Fuels.load().find("液化气")
        'lpg'
        """
        return self._names.get(fold(text))

    def suggest(self, text: str) -> tuple[str, ...]:
        """Up to three codes near a misspelt code, name or alias."""
        return closest(text, self._names)


def _names_of(fuels: Iterable[Fuel]) -> dict[str, str]:
    names: dict[str, str] = {}
    for fuel in fuels:
        for text in dict.fromkeys(map(fold, (fuel.code, fuel.zh, fuel.en, *fuel.aliases))):
            if names.setdefault(text, fuel.code) != fuel.code:
                raise ValueError(f"fuels {names[text]!r} and {fuel.code!r} share the name {text!r}")
    return names


def _check_chain(fuels: Fuels, fuel: Fuel) -> None:
    seen = {fuel.code}
    while fuel.broader:
        if fuel.broader not in fuels.index:
            raise ValueError(f"fuel {fuel.code!r}: unknown broader fuel {fuel.broader!r}")
        if fuel.broader in seen:
            raise ValueError(f"fuel {fuel.code!r}: its broader fuels form a circle")
        fuel = fuels.fuel(fuel.broader)
        seen.add(fuel.code)


@cache
def _shipped() -> Fuels:
    return Fuels([*_fuel_rows(), *_item_rows(), *_gas_rows()])


def _fuel_rows() -> list[Fuel]:
    return [
        Fuel(
            row["code"], row["zh"], row["en"], row["kind"], row["broader"], row["broader_ncv"] == "yes",
            split_list(row["aliases"], "|"), row["measured_as"], row["note"],
        )
        for row in shipped_rows("fuels.csv", _COLUMNS)
    ]  # fmt: skip


def _item_rows() -> list[Fuel]:
    tables = sorted((Path(__file__).parent / "items").glob("*.csv"))
    return [
        Fuel(
            row["code"], row["zh"], row["en"], row["kind"], row["broader"], False,
            split_list(row["aliases"], "|"), "", row["note"],
        )
        for table in tables
        for row in shipped_rows(f"items/{table.name}", _ITEM_COLUMNS)
    ]  # fmt: skip


def _gas_rows() -> list[Fuel]:
    return [Fuel(g.code, g.zh, g.en, GAS_KIND, aliases=(g.formula, *g.aliases)) for g in Gases.load()]
