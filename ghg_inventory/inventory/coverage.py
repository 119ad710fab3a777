"""What a profile covers: every leaf of the category list and each of its gases has a method or says why not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ghg_inventory.codes import CategoryTree, Gases
from ghg_inventory.factors import Factor, FactorLibrary
from ghg_inventory.methods import Input, Method, Profile, SeriesModel, covers

METHOD, EXCLUDED, NOT_COVERED, MISSING = "method", "excluded", "not covered", "missing"
"""What a profile says about a leaf and gas."""

_LEAF_ROLES = ("leaf", "leaf-group", "removal", "emission", "removal/emission", "adjustment", "memo")
FAMILIES = {"HFC": "HFCs", "PFC": "PFCs"}
"""Gas families as categories.csv names them."""


@dataclass(frozen=True, slots=True)
class Covered:
    """What a profile does for one leaf and gas.

    gas: as the category list names it, "HFCs" and "PFCs" are families. status: METHOD, EXCLUDED, NOT_COVERED
    or MISSING. methods: ids that report into the leaf. supplement: every one of them is lent from another
    document. own_values: parameters without a shipped value here, which the user brings, of the method that lacks the
    fewest (() when one lacks nothing, or when the factor library was not given).
    notation, reason_zh, reason_en: of the exclusion or of the [[not_covered]] entry.
    """

    category: str
    gas: str
    status: str
    methods: tuple[str, ...] = ()
    supplement: bool = False
    own_values: tuple[str, ...] = ()
    notation: str = ""
    reason_zh: str = ""
    reason_en: str = ""


def leaves(categories: CategoryTree) -> tuple[str, ...]:
    """The provincial categories at which something must be reported, in tree order; memo items last."""
    return tuple(
        code
        for code in categories.codes
        if categories.category(code).forest == "provincial"
        and categories.category(code).role in _LEAF_ROLES
        and categories.is_leaf(code)
    )


def gas_label(gas: str) -> str:
    """A gas as the category list names it: HFC134a is one of the HFCs; unknown gases stay as they are."""
    known = Gases.load()
    family = known.gas(gas).family if gas in known else gas
    return FAMILIES.get(family, gas)


def is_reported(method: Method) -> bool:
    """True when the "activity" is the gas itself: an emission that a plant measured, or gas destroyed.

    Such a method takes any figure and says nothing of how a category is estimated: it covers none.
    """
    return method.gas == "item" and not method.factors and not method.formula.constants


def coverage(
    profile: Profile, categories: CategoryTree, factors: FactorLibrary | None = None
) -> tuple[Covered, ...]:
    """Every leaf × each of its gases under a profile, in tree order.

    A leaf without gases in the list (M.8, measured in MWh) has no row. factors: to say also which parameters
    have no shipped value (see Covered.own_values).
    """
    sources = _Sources(profile, categories, factors)
    return tuple(
        sources.of(code, gas) for code in leaves(categories) for gas in categories.category(code).gases
    )


class _Sources:
    """The methods of a profile by the category that they report into."""

    def __init__(self, profile: Profile, categories: CategoryTree, factors: FactorLibrary | None) -> None:
        self.profile = profile
        self.rows = _rows_by_parameter(factors) if factors else None
        codes = [c for c in categories.codes if categories.category(c).forest == "provincial"]
        self.into: dict[str, dict[str, list[str]]] = {}
        self.methods = {m.id: m for m in profile.methods}
        for method in profile.methods:
            if is_reported(method):
                continue
            for code in codes:
                if any(covers(prefix, code) for prefix in method.categories):
                    mine = self.into.setdefault(method.target(code), {})
                    mine.setdefault(method.id, []).append(code)

    def of(self, code: str, gas: str) -> Covered:
        """What the profile does for one leaf and gas."""
        found = {
            name: records
            for name, records in self.into.get(code, {}).items()
            if self._gives(self.methods[name], gas, records)
        }
        if found:
            lacking = [set(self._lacking(self.methods[m], gas, r, code)) for m, r in found.items()]
            fewest = min(lacking, key=len)
            return Covered(
                code, gas, METHOD, tuple(found), all(self.methods[m].supplement for m in found),
                tuple(sorted(fewest)),
            )  # fmt: skip
        for entry in self.profile.not_covered:
            if _names(entry.gases, gas) and any(covers(prefix, code) for prefix in entry.categories):
                return Covered(
                    code, gas, NOT_COVERED, notation=entry.notation, reason_zh=entry.reason_zh,
                    reason_en=entry.reason_en,
                )  # fmt: skip
        for rule in self.profile.exclusions:
            if gas in rule.gases and any(covers(prefix, code) for prefix in rule.categories):
                return Covered(
                    code, gas, EXCLUDED, notation=rule.notation, reason_zh=rule.reason_zh, reason_en=rule.reason_en
                )  # fmt: skip
        return Covered(code, gas, MISSING)

    def _gives(self, method: Method, gas: str, records: list[str]) -> bool:
        """True when the method gives this gas; an open gas ("item", "*") is what its items or factors name."""
        if method.generic:
            return True
        if method.gas == "item":
            named = method.items or self._items(method, records)
            items = {gas_label(item) for item in named if item in Gases.load()}
            return not items or gas in items
        if method.gas == "*":
            return self.rows is None or any(
                gas_label(row.gas) == gas
                for row in self.rows.get("emission_factor", ())
                if could_serve(row, method, records) and row.set in sets_of(method.factors[0])
            )
        return gas_label(method.gas) == gas

    def _items(self, method: Method, records: list[str]) -> set[str]:
        """The items that the factors of a method name for its records."""
        return {
            row.item
            for need in method.factors
            for row in (self.rows or {}).get(need.parameter, ())
            if row.set in sets_of(need) and could_serve(row, method, records)
        }

    def _lacking(self, method: Method, gas: str, records: list[str], code: str) -> list[str]:
        """Parameters of the method for which nothing shipped could serve these categories."""
        if self.rows is None:
            return []
        if method.generic:
            return [need.parameter for need in method.factors]
        return [
            need.parameter
            for need in method.factors
            if not any(
                (need.parameter != "emission_factor" or gas_label(row.gas) == gas)
                and row.set in sets_of(need)
                and could_serve(row, method, [*records, code])
                for row in self.rows.get(need.parameter, ())
            )
        ]


def _rows_by_parameter(factors: FactorLibrary) -> dict[str, list[Factor]]:
    out: dict[str, list[Factor]] = {}
    for row in factors.rows:
        out.setdefault(row.parameter, []).append(row)
    return out


def sets_of(need: Input) -> tuple[str, ...]:
    """The factor sets that an input may come from, those that the profile prefers first."""
    return (*need.first, *need.sets)


def could_serve(row: Factor, method: Method | SeriesModel, records: Iterable[str]) -> bool:
    """True unless category, item or technology say that the factor is for other records.

    records: categories of the records that the method takes.
    """
    near = not row.categories or any(covers(p, c) or covers(c, p) for c in records for p in row.categories)
    technologies = method.technologies if isinstance(method, Method) else ()
    item = not row.item or not method.items or row.item in method.items
    return near and item and (not row.technology or not technologies or row.technology in technologies)


def _names(gases: Iterable[str], gas: str) -> bool:
    """True when a list of gases or families names the gas; an empty list and "*" name all."""
    listed = tuple(gases)
    return not listed or "*" in listed or gas in listed or gas in {gas_label(one) for one in listed}
