"""The inventory as a report looks at it: totals by key, the sectors shown, the unit of print, names in one language.

Totals come rolled up from the inventory; the only sums made here are those a table prints as a sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd
from markupsafe import Markup

from ghg_inventory.codes import Gases as GasList
from ghg_inventory.codes import Technologies
from ghg_inventory.errors import Finding
from ghg_inventory.report.model import TOTALS, MethodInfo, ReportInput
from ghg_inventory.report.numerals import NIL, Scale, choose_scale
from ghg_inventory.report.rich import rich
from ghg_inventory.report.wording import Words, template_data, words
from ghg_inventory.units import UnitError, parse_unit

GAS_ORDER = ("CO2", "CH4", "N2O")
Key = tuple[str, str, int, str]
Gases = dict[str, tuple[float, float]]
GasChoice = str | tuple[str, ...]
"""A gas, several that share a column, or "" for all."""
EVERY_GAS = "*"


@dataclass(frozen=True, slots=True)
class View:
    """One report's data in one language.

    cube: (profile, area, year, category) → gas → (mass_t, co2e_t).
    counted: categories that add up to the headline total without overlap.
    groups: the shallowest two or more categories that together make the headline total.
    ledger: main profile, rows that count in the headline total.
    """

    input: ReportInput
    words: Words
    scale: Scale
    cube: dict[Key, Gases]
    counted: tuple[str, ...]
    groups: tuple[str, ...]
    gases: tuple[str, ...]
    is_gpc: bool
    ledger: pd.DataFrame
    notations: dict[tuple[str, str], frozenset[str]]
    leaf_gases: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def lang(self) -> str:
        return self.words.lang

    @property
    def unit(self) -> Markup:
        """The unit of print with its substance, as HTML."""
        return rich(self.plain_unit)

    @property
    def unit_line(self) -> Markup:
        """The line above a table whose every number is in the unit of the report."""
        return self.words("unit.is", unit=self.unit)

    @property
    def plain_unit(self) -> str:
        return self.scale.of("CO2e")

    @property
    def area(self) -> str:
        """The name of the area of the report."""
        return self.area_name(self.input.area_code)

    @property
    def children(self) -> tuple[str, ...]:
        """Areas directly below this one that have any total, in registry order."""
        held = {key[1] for key in self.cube}
        own = self.input.area_code
        return tuple(code for code, info in self.input.areas.items() if info.parent == own and code in held)

    @property
    def children_now(self) -> tuple[str, ...]:
        """Those of them that still stand in the report's year; an abolished county is left to its years."""
        return tuple(code for code in self.children if self.input.areas[code].valid_to >= self.input.year)

    def area_name(self, code: str) -> str:
        info = self.input.areas.get(code)
        return info.name(self.lang) if info else code

    def category(self, code: str) -> str:
        """The name of a category."""
        info = self.input.categories.get(code)
        return info.name(self.lang) if info else code

    def long_category(self, code: str) -> str:
        """A GPC reference with its subsector in front (Residential buildings: fuel combustion); else the name."""
        info = self.input.categories.get(code)
        own = self.category(code)
        if info is None or not info.scope or not info.parent:
            return own
        parent = self.category(info.parent)
        return own if own.startswith(parent) else self.words.plain("format.pair", first=parent, second=own)

    def fuel(self, code: str) -> str:
        """The name of a fuel or other item."""
        name = self.input.fuels.get(code)
        return name(self.lang) if name else code

    def parameter(self, code: str) -> str:
        """The name of a parameter of a factor."""
        key = f"parameter.{code}"
        if self.words.has(key):
            return self.words.plain(key)
        name = self.input.parameters.get(code)
        return name(self.lang) if name else code

    def variable(self, code: str) -> str:
        """The name of what a return states; "" where it has none (the fuel itself is named by the item)."""
        name = self.input.variables.get(code)
        return name(self.lang) if name else ""

    def technology(self, code: str) -> str:
        """The name of a technology of the lists or the factor tables; the user's own codes as they are."""
        key = f"technology.{code}"
        return self.words.plain(key) if self.words.has(key) else Technologies.load().name(code, self.lang)

    def profile(self, code: str) -> str:
        """The name of a profile."""
        return next((p.name(self.lang) for p in self.input.profiles if p.id == code), code)

    def unit_word(self, unit: str) -> str:
        """A unit as submitted; in English a Chinese spelling (万吨) becomes the canonical one (10^4 t)."""
        if self.lang != "en" or unit.isascii():
            return unit
        try:
            return parse_unit(unit).text
        except UnitError:
            return unit

    def part(self, code: str) -> str:
        """gross, lulucf, indirect or memo: the part of the account that the sector of `code` belongs to."""
        return str(template_data("parts")["parts"].get(code.split(".")[0], "gross"))

    def roots(self, part: str) -> tuple[str, ...]:
        """Sectors of a part that have any total, in order."""
        held = {key[3] for key in self.cube}
        return tuple(
            code for code, info in self.input.categories.items()
            if not info.parent and code in held and self.part(code) == part
        )  # fmt: skip

    def coverage(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Sectors that can count in the headline total: those with a figure in the report's year, and the others."""
        infos = self.input.categories
        if self.is_gpc:
            can = dict.fromkeys(c.split(".")[0] for c, info in infos.items() if info.basic)
        else:
            gpc = {c.split(".")[0] for c, info in infos.items() if info.scope}
            can = dict.fromkeys(
                c for c, info in infos.items() if not info.parent and c not in gpc and self.part(c) == "gross"
            )  # fmt: skip
        held = {c.split(".")[0] for c in self.counted if self.at(c)}
        return tuple(c for c in can if c in held), tuple(c for c in can if c not in held)

    def at(self, category: str, *, area: str = "", year: int = 0, profile: str = "") -> Gases:
        """Gas → (mass, CO2e) of one category; the report's own area, year and profile unless named."""
        own = self.input
        return self.cube.get(
            (profile or own.main_profile, area or own.area_code, year or own.year, category), {}
        )

    def sum(
        self, categories: Iterable[str], gas: GasChoice = "", *, area: str = "", year: int = 0, profile: str = "",
        mass: bool = False,
    ) -> float | None:  # fmt: skip
        """Σ CO2e (or mass) of categories that do not overlap, of one gas or all; None when nothing is there."""
        found = [
            pair[0] if mass else pair[1]
            for category in categories
            for name, pair in self.at(category, area=area, year=year, profile=profile).items()
            if not gas or name == gas or (not isinstance(gas, str) and name in gas)
        ]
        return sum(found) if found else None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings without those that name only areas outside the report's."""
        return tuple(f for f in self.input.findings if self._concerns(dict(f.values)))

    def _concerns(self, values: dict[str, str]) -> bool:
        named = [code for key in ("area", "areas") for code in values.get(key, "").split(", ") if code]
        return not named or any(self._inside(code) for code in named)

    def _inside(self, code: str) -> bool:
        """True for the report's area and everything below it."""
        while code and code != self.input.area_code:
            info = self.input.areas.get(code)
            code = info.parent if info else ""
        return bool(code)

    def notation(self, code: str, gas: str = "") -> str:
        """The notation keys recorded for a category in the report's year, e.g. "NE"; "" where there is none.

        A record that names no gas speaks for all gases of its category and for no other.
        """
        if gas and not self._has_gas(code, gas):
            return ""
        keys = self.notations.get((code, gas), frozenset()) | self.notations.get((code, EVERY_GAS), frozenset())
        return ", ".join(sorted(keys))

    def _has_gas(self, code: str, gas: str) -> bool:
        """False where the list of categories says that a leaf has no such gas."""
        gases = self.leaf_gases.get(code)
        return gases is None or gas in gases

    def cell(self, code: str, gas: GasChoice = "") -> str:
        """A category's figure as printed: the number, else its notation keys, else the dash for nil."""
        value = self.sum((code,), gas)
        if value is not None:
            return self.scale.text(value)
        gases = (gas,) if isinstance(gas, str) else gas
        keys = {key for one in gases for key in self.notation(code, one).split(", ") if key}
        return ", ".join(sorted(keys)) or NIL

    def gas_columns(self, categories: Iterable[str] = ()) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """(head, gases) of the columns of a table: CO2, CH4, N2O, then families of fluorinated gases.

        categories: those of the table, each with what lies below it; the counted ones unless named. Only gases
        with a figure there have a column.
        """
        named = tuple(categories)
        found = {gas for c in named for gas in self.at(c)} if named else set(self.gases)
        return tuple(_families(found).items())

    def main_methods(self) -> tuple[MethodInfo, ...]:
        """The methods that made a number under the main profile."""
        main = self.input.main_profile
        return tuple(m for m in self.input.methods_used if not m.profiles or main in m.profiles)

    def headline(self, gas: str = "", *, area: str = "", year: int = 0, profile: str = "") -> float | None:
        """The total of the report: without land use, or GPC BASIC."""
        return self.sum(self.counted, gas, area=area, year=year, profile=profile)

    def headline_mass(self, gas: str) -> float | None:
        """Tonnes of a gas in the total of the report."""
        return self.sum(self.counted, gas, mass=True)

    def group_parts(self, code: str) -> tuple[str, ...]:
        """The counted categories that make up a group."""
        if not self.is_gpc:
            return (code,)
        return tuple(c for c in self.counted if c == code or c.startswith(code + "."))

    def group(self, code: str, gas: str = "", *, area: str = "", year: int = 0, profile: str = "") -> float | None:
        """The part of the headline total that a group makes."""
        return self.sum(self.group_parts(code), gas, area=area, year=year, profile=profile)

    def years(self) -> tuple[int, ...]:
        """Years with a headline total for the area, ascending."""
        return tuple(y for y in sorted(self.input.years) if self.headline(year=y) is not None)


def make_view(data: ReportInput, lang: str) -> View:
    """Arrange a report's data for one language."""
    cube = _cube(data.totals)
    held = {key[3] for key in cube}
    is_gpc = any(data.categories[c].scope for c in held if c in data.categories)
    parts = template_data("parts")["parts"]
    if is_gpc:
        counted = tuple(c for c, info in data.categories.items() if info.basic and c in held)
    else:
        counted = tuple(
            c for c, info in data.categories.items()
            if not info.parent and c in held and parts.get(c, "gross") == "gross"
        )  # fmt: skip
    rough = View(data, words(lang), Scale("t", 1.0, 0), cube, counted, (), (), is_gpc, data.ledger, {})
    largest = max((abs(rough.headline(year=y) or 0.0) for y in data.years), default=0.0)
    scale = choose_scale(template_data("units")[lang], largest)
    groups = _groups(rough)
    return View(
        data, words(lang), scale, cube, counted, groups, _gases(rough), is_gpc, _counted_ledger(data, counted),
        _notations(data), _leaf_gases(data),
    )  # fmt: skip


def _cube(totals: pd.DataFrame) -> dict[Key, Gases]:
    """The totals frame by key. A row without a finite CO2e (a notation key) makes no entry."""
    cube: dict[Key, Gases] = {}
    columns = [totals[name].tolist() for name in TOTALS]
    for profile, area, year, category, gas, mass, co2e in zip(*columns, strict=True):
        if co2e == co2e:
            cube.setdefault((profile, area, int(year), category), {})[gas] = (mass, co2e)
    return cube


def _groups(view: View) -> tuple[str, ...]:
    """Go down from the sectors until at least two categories share the headline total."""
    roots = {code.split(".")[0]: None for code in view.counted}
    level: Sequence[str] = tuple(roots)
    while True:
        full = [code for code in level if any(view.group(code, year=y) for y in view.input.years)]
        if len(full) != 1:
            return tuple(full) or tuple(level)
        deeper = [
            c for c, info in view.input.categories.items()
            if info.parent == full[0] and info.adds_to_parent and any(view.group(c, year=y) for y in view.input.years)
        ]  # fmt: skip
        if not deeper or not _adds_up(view, full[0], deeper):
            return tuple(full)
        level = deeper


def _adds_up(view: View, code: str, deeper: Sequence[str]) -> bool:
    """True when the categories below make the whole of `code` in every year (no figure sits on `code` itself)."""
    for year in view.input.years:
        whole = view.group(code, year=year) or 0.0
        parts = sum(view.group(c, year=year) or 0.0 for c in deeper)
        if abs(whole - parts) > 1e-9 * max(1.0, abs(whole)):
            return False
    return True


def _gases(view: View) -> tuple[str, ...]:
    """Gases with any counted mass in the report's year, the three main ones first."""
    found = {gas for category in view.counted for gas in view.at(category)}
    return tuple([g for g in GAS_ORDER if g in found] + sorted(found - set(GAS_ORDER)))


_FAMILY_HEADS = {"HFC": "HFCs", "PFC": "PFCs"}


def _families(found: set[str]) -> dict[str, tuple[str, ...]]:
    """Gases by the head of their column, the three main ones first, then HFCs and PFCs, then the others."""
    known = GasList.load()
    columns: dict[str, tuple[str, ...]] = {gas: (gas,) for gas in GAS_ORDER if gas in found}
    others = sorted(found - set(GAS_ORDER))
    family = {gas: _FAMILY_HEADS.get(known.gas(gas).family, gas) if gas in known.codes else gas for gas in others}
    heads = [*_FAMILY_HEADS.values(), *(head for head in family.values() if head not in _FAMILY_HEADS.values())]
    for head in dict.fromkeys(heads):
        mine = tuple(gas for gas in others if family[gas] == head)
        if mine:
            columns[head] = mine
    return columns


def _leaf_gases(data: ReportInput) -> dict[str, frozenset[str]]:
    """Leaf category → its gases, where the completeness of the inventory names them."""
    frame = data.completeness
    found: dict[str, set[str]] = {}
    for category, gas in zip(frame["category"], frame["gas"], strict=True):
        found.setdefault(str(category), set()).add(str(gas))
    return {category: frozenset(gases) for category, gases in found.items()}


def _notations(data: ReportInput) -> dict[tuple[str, str], frozenset[str]]:
    """(category, gas) → notation keys of the main profile; gas "" holds all keys of the category.

    Records without a gas stand under EVERY_GAS as well.
    """
    found: dict[tuple[str, str], set[str]] = {}
    frame = data.ledger
    if not len(frame):
        return {}
    frame = frame[(frame["profile"] == data.main_profile) & (frame["notation"].fillna("") != "")]
    for category, gas, notation in zip(frame["category"], frame["gas"], frame["notation"], strict=True):
        for key in (str(gas or EVERY_GAS), ""):
            found.setdefault((category, key), set()).add(notation)
    return {key: frozenset(keys) for key, keys in found.items()}


def _counted_ledger(data: ReportInput, counted: tuple[str, ...]) -> pd.DataFrame:
    """Ledger rows of the main profile whose category lies in the headline total."""
    frame = data.ledger
    if not len(frame):
        return frame
    inside = {
        code for code in frame["category"].unique()
        if any(code == c or code.startswith(c + ".") for c in counted)
    }  # fmt: skip
    return frame[(frame["profile"] == data.main_profile) & frame["category"].isin(sorted(inside))]
