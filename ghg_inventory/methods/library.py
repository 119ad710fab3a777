"""Load methods, exclusions and profiles from TOML; choose the method for a kind of record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ghg_inventory.errors import DataFileError
from ghg_inventory.formula import Formula, FormulaError, parse
from ghg_inventory.tables import read_toml, require_keys
from ghg_inventory.units import Unit, UnitError, factor_between, parse_unit

_FOLDER = Path(__file__).parent

BRIDGES = ("", "energy_content")


class NotLinear(ValueError):
    """A formula whose result is not proportional to its activity: it belongs to a registered array model."""


@dataclass(frozen=True, slots=True)
class Input:
    """One symbol of a formula.

    symbol: as in the source, e.g. "CC". unit: the unit the formula expects it in.
    parameter: factor parameter that supplies it, or "" when it is the activity itself.
    bridge: "energy_content" lets a submitted mass or volume become energy through its NCV.
    sets: factor sets it may come from, in any order (the user's own set is always admitted);
    bridge_sets: sets for the NCV of the bridge, best first.
    """

    symbol: str
    unit: Unit
    parameter: str
    bridge: str
    sets: tuple[str, ...]
    bridge_sets: tuple[str, ...]
    title_zh: str
    title_en: str

    @property
    def is_activity(self) -> bool:
        """True for the one input that is the submitted activity datum."""
        return not self.parameter


@dataclass(frozen=True, slots=True)
class Method:
    """One calculation method; see the TOML files for examples.

    categories: category prefixes it applies to ("" = any). kinds: fuel kinds it applies to (() = any).
    items: item codes it applies to (() = any that `kinds` admits).
    gas: the gas, or "*" for the generic method (every gas the factors name).
    origin: "fossil", "biogenic" or "any", the key of the GWP table beside the gas.
    formula: None for the generic method, whose unit check is made per factor row.
    scale_t: tonnes of gas per result unit of the formula in declared units.
    fallback_for: id of the method this one stands in for where the other finds no factor.
    """

    id: str
    title_zh: str
    title_en: str
    categories: tuple[str, ...]
    kinds: tuple[str, ...]
    items: tuple[str, ...]
    variable: str
    uses: tuple[str, ...]
    gas: str
    origin: str
    formula: Formula
    inputs: tuple[Input, ...]
    result: Unit
    scale_t: float
    tier: str
    source: str
    locator: str
    note_zh: str
    note_en: str
    fallback_for: str
    supplement: bool
    generic: bool

    @property
    def activity(self) -> Input:
        """The activity input (exactly one, checked on load)."""
        return next(i for i in self.inputs if i.is_activity)

    @property
    def factors(self) -> tuple[Input, ...]:
        """The inputs that come from the factor library."""
        return tuple(i for i in self.inputs if not i.is_activity)

    def applies(self, category: str, variable: str, use: str, item: str, kind: str) -> bool:
        """True when a record of this signature may be computed by this method."""
        if variable != self.variable and self.variable != "*":
            return False
        if use not in self.uses or not any(covers(prefix, category) for prefix in self.categories):
            return False
        return item in self.items or (not self.items and (not self.kinds or kind in self.kinds))


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Records that deliberately give no emission of some gases, with the notation key and the reason."""

    id: str
    categories: tuple[str, ...]
    variable: str
    kinds: tuple[str, ...]
    gases: tuple[str, ...]
    notation: str
    target: str
    reason_zh: str
    reason_en: str
    source: str

    def applies(self, category: str, variable: str, kind: str) -> bool:
        """True when records of this signature are excluded."""
        return (
            variable == self.variable
            and kind in self.kinds
            and any(covers(prefix, category) for prefix in self.categories)
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """An accounting profile: its names, its methods and exclusions in file order.

    energy_sets: where an NCV comes from when only the energy of a fuel is asked for, best first.
    """

    id: str
    name_zh: str
    name_en: str
    description_zh: str
    description_en: str
    methods: tuple[Method, ...]
    exclusions: tuple[Exclusion, ...]
    energy_sets: tuple[str, ...]

    def methods_for(self, category: str, variable: str, use: str, item: str, kind: str) -> list[list[Method]]:
        """For each gas the methods to try, best first: the applicable one, then its fallbacks.

        Raises: DataFileError when two methods without a fallback order claim the same gas.
        """
        chains: dict[str, list[Method]] = {}
        for method in self.methods:
            if method.applies(category, variable, use, item, kind):
                chains.setdefault(method.gas, []).append(method)
        return [self._in_order(chain) for chain in chains.values()]

    def exclusion_for(self, category: str, variable: str, kind: str) -> Exclusion | None:
        """The first exclusion that applies, or None."""
        return next((e for e in self.exclusions if e.applies(category, variable, kind)), None)

    def _in_order(self, chain: list[Method]) -> list[Method]:
        """The most specific chain first; a fallback follows the method it stands in for."""
        primary = [m for m in chain if m.fallback_for not in {other.id for other in chain}]
        depth = max(_depth(m) for m in primary)
        best = [m for m in primary if _depth(m) == depth]
        if len(best) != 1:
            raise DataFileError(f"profile {self.id}: {', '.join(m.id for m in best)} claim the same records")
        ordered = best
        while True:
            follower = next((m for m in chain if m.fallback_for == ordered[-1].id), None)
            if follower is None:
                return ordered
            ordered = [*ordered, follower]


def covers(prefix: str, category: str) -> bool:
    """True when `category` is `prefix` or lies below it in the code tree ("" covers everything)."""
    return not prefix or category == prefix or category.startswith(prefix + ".")


def _depth(method: Method) -> tuple[int, int, int]:
    """Specificity of a method: explicit items, fuel kinds, category depth."""
    deepest = max(len(p.split(".")) if p else 0 for p in method.categories)
    return (bool(method.items), bool(method.kinds), deepest)


@dataclass(frozen=True, slots=True)
class MethodLibrary:
    """All profiles and methods, with the sha256 of the files they were read from."""

    profiles: dict[str, Profile]
    methods: dict[str, Method]
    sha256: str

    def profile(self, name: str) -> Profile:
        """Raises: DataFileError naming the profiles there are."""
        if name not in self.profiles:
            raise DataFileError(
                f"there is no profile {name!r}; there are: {', '.join(sorted(self.profiles))}"
            )
        return self.profiles[name]


@cache
def load_methods(folder: Path = _FOLDER) -> MethodLibrary:
    """Every *.toml of the folder. Each method's formula is parsed and its units are checked.

    Raises: DataFileError naming file and entry for anything that does not compile.
    """
    methods: dict[str, Method] = {}
    exclusions: dict[str, Exclusion] = {}
    raw_profiles: list[tuple[str, dict[str, Any]]] = []
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.toml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
        document = read_toml(path)
        require_keys(document, (), ("method", "exclusion", "profile"), path.name)
        for entry in document.get("method", []):
            method = _method(entry, path.name)
            _add(methods, method.id, method, path.name)
        for entry in document.get("exclusion", []):
            exclusion = _exclusion(entry, path.name)
            _add(exclusions, exclusion.id, exclusion, path.name)
        raw_profiles += [(path.name, entry) for entry in document.get("profile", [])]
    profiles = {p.id: p for p in (_profile(e, methods, exclusions, file) for file, e in raw_profiles)}
    return MethodLibrary(profiles, methods, digest.hexdigest())


def _add(table: dict[str, Any], key: str, value: object, file: str) -> None:
    if key in table:
        raise DataFileError(f"{file}: the id {key!r} is used twice")
    table[key] = value


_METHOD_KEYS = ("id", "title_zh", "title_en", "categories", "variable", "gas", "formula", "unit", "tier", "source",
                "locator", "inputs")  # fmt: skip
_METHOD_OPTIONS = (
    "kinds",
    "items",
    "uses",
    "origin",
    "note_zh",
    "note_en",
    "fallback_for",
    "supplement",
    "generic",
)


def _method(entry: dict[str, Any], file: str) -> Method:
    where = f"{file}: method {entry.get('id', '?')}"
    require_keys(entry, _METHOD_KEYS, _METHOD_OPTIONS, where)
    try:
        inputs = tuple(_input(symbol, value, where) for symbol, value in entry["inputs"].items())
        formula = parse(entry["formula"])
        generic = bool(entry.get("generic", False))
        result = parse_unit(entry["unit"])
        scale = 1.0 if generic else _checked_scale(formula, inputs, result)
    except (UnitError, FormulaError, NotLinear) as error:
        raise DataFileError(f"{where}: {error}") from error
    if sum(i.is_activity for i in inputs) != 1:
        raise DataFileError(f"{where}: exactly one input must be the activity")
    return Method(
        id=entry["id"], title_zh=entry["title_zh"], title_en=entry["title_en"],
        categories=tuple(entry["categories"]), kinds=tuple(entry.get("kinds", ())),
        items=tuple(entry.get("items", ())), variable=entry["variable"],
        uses=tuple(entry.get("uses", ("", "feedstock"))), gas=entry["gas"],
        origin=entry.get("origin", "any"), formula=formula, inputs=inputs, result=result, scale_t=scale,
        tier=str(entry["tier"]), source=entry["source"], locator=entry["locator"],
        note_zh=entry.get("note_zh", ""), note_en=entry.get("note_en", ""),
        fallback_for=entry.get("fallback_for", ""), supplement=bool(entry.get("supplement", False)),
        generic=generic,
    )  # fmt: skip


def _input(symbol: str, entry: dict[str, Any], where: str) -> Input:
    require_keys(
        entry,
        ("unit", "title_zh", "title_en"),
        ("activity", "factor", "bridge", "sets", "bridge_sets"),
        where,
    )
    if ("activity" in entry) == ("factor" in entry):
        raise DataFileError(f"{where}: input {symbol} must name either an activity or a factor")
    bridge = entry.get("bridge", "")
    if bridge not in BRIDGES:
        raise DataFileError(f"{where}: input {symbol} has the unknown bridge {bridge!r}")
    return Input(
        symbol, parse_unit(entry["unit"]), entry.get("factor", ""), bridge, tuple(entry.get("sets", ())),
        tuple(entry.get("bridge_sets", ())), entry["title_zh"], entry["title_en"],
    )  # fmt: skip


def _checked_scale(formula: Formula, inputs: Iterable[Input], result: Unit) -> float:
    """Tonnes of gas for 1 result unit of the formula evaluated in declared units.

    The dimension check is the whole formula's; the factor is exact and rounded once.
    """
    units = {i.symbol: i.unit for i in inputs}
    found = formula.check(units, result)
    activity = next((i.symbol for i in inputs if i.is_activity), "")
    if activity in formula.derivative(activity).names or float(
        formula.evaluate({i.symbol: 0.0 if i.is_activity else 1.0 for i in inputs})
    ):
        raise NotLinear(f"the formula {formula.text()} is not linear in its activity {activity}")
    tonne = parse_unit(f"t {_substance(result)}".strip())
    return factor_between(found, tonne)


def _substance(unit: Unit) -> str:
    bases = [base for base, _ in unit.dimension if base != "mass"]
    return bases[0] if bases else ""


def _exclusion(entry: dict[str, Any], file: str) -> Exclusion:
    keys = (
        "id",
        "categories",
        "variable",
        "kinds",
        "gases",
        "notation",
        "target",
        "reason_zh",
        "reason_en",
        "source",
    )
    require_keys(entry, keys, (), f"{file}: exclusion {entry.get('id', '?')}")
    return Exclusion(
        entry["id"], tuple(entry["categories"]), entry["variable"], tuple(entry["kinds"]),
        tuple(entry["gases"]), entry["notation"], entry["target"], entry["reason_zh"], entry["reason_en"],
        entry["source"],
    )  # fmt: skip


def _profile(
    entry: dict[str, Any], methods: dict[str, Method], exclusions: dict[str, Exclusion], file: str
) -> Profile:
    where = f"{file}: profile {entry.get('id', '?')}"
    keys = ("id", "name_zh", "name_en", "description_zh", "description_en", "methods", "energy_sets")
    require_keys(entry, keys, ("exclusions",), where)
    unknown = [m for m in entry["methods"] if m not in methods]
    unknown += [e for e in entry.get("exclusions", ()) if e not in exclusions]
    if unknown:
        raise DataFileError(f"{where}: unknown ids {', '.join(unknown)}")
    return Profile(
        entry["id"], entry["name_zh"], entry["name_en"], entry["description_zh"], entry["description_en"],
        tuple(methods[m] for m in entry["methods"]),
        tuple(exclusions[e] for e in entry.get("exclusions", ())), tuple(entry["energy_sets"]),
    )  # fmt: skip
