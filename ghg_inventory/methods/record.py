"""What methods, models, variables and profiles are, and which method a profile chooses for a record."""

from __future__ import annotations

from dataclasses import dataclass

from ghg_inventory.errors import DataFileError
from ghg_inventory.formula import Formula
from ghg_inventory.units import Unit

BRIDGES = ("", "energy_content")


@dataclass(frozen=True, slots=True)
class Input:
    """One symbol of a formula.

    symbol: as in the source, e.g. "CC". unit: the unit the formula expects it in.
    parameter: factor parameter that supplies it, or "" when it is the activity itself.
    bridge: "energy_content" lets a submitted mass or volume become energy through its NCV.
    sets: factor sets it may come from, in any order (the user's own set is always admitted);
    bridge_sets: sets for the NCV of the bridge, best first.
    first: sets asked before `sets`: what a profile prefers (2019 Refinement rows before those of 2006).
    """

    symbol: str
    unit: Unit
    parameter: str
    bridge: str
    sets: tuple[str, ...]
    bridge_sets: tuple[str, ...]
    title_zh: str
    title_en: str
    first: tuple[str, ...] = ()

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
    gas "item": the gas is the item of the record (use of SF6, leakage of HFC134a). gas "*": every gas the
    factors name; with `generic`, in whatever unit.
    technologies: technology codes it applies to (() = any).
    into: where the emission is reported: "" = the category of the record, else a category, or pairs
    (category prefix of the record, category), so that one herd serves 3.1, 3.2 and 3.4.
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
    technologies: tuple[str, ...] = ()
    into: tuple[tuple[str, str], ...] = ()

    @property
    def activity(self) -> Input:
        """The activity input (exactly one, checked on load)."""
        return next(i for i in self.inputs if i.is_activity)

    @property
    def factors(self) -> tuple[Input, ...]:
        """The inputs that come from the factor library."""
        return tuple(i for i in self.inputs if not i.is_activity)

    def target(self, category: str) -> str:
        """The category that the emission of a record of `category` is reported in."""
        return next((to for prefix, to in self.into if covers(prefix, category)), category)

    def applies(
        self, category: str, variable: str, use: str, item: str, kind: str, technology: str = ""
    ) -> bool:
        """True when a record of this signature may be computed by this method."""
        if variable != self.variable and self.variable != "*":
            return False
        if self.technologies and technology not in self.technologies:
            return False
        if use not in self.uses or not any(covers(prefix, category) for prefix in self.categories):
            return False
        return item in self.items or (not self.items and (not self.kinds or kind in self.kinds))


@dataclass(frozen=True, slots=True)
class Variable:
    """What a return can state for a method: one [[variable]] entry.

    units: units of the right dimension. minimum, maximum: limits in the first unit, None where there is none.
    kinds: the item must be of one of these kinds (() = the variable has no item). technologies: codes that
    may be named, technology_required: one must be. aliases: other names.
    """

    id: str
    zh: str
    en: str
    units: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    kinds: tuple[str, ...]
    technologies: tuple[str, ...]
    technology_required: bool
    aliases: tuple[str, ...]
    note_zh: str
    note_en: str


@dataclass(frozen=True, slots=True)
class SeriesModel:
    """A registered array model bound to records: one [[model]] entry.

    It takes the records of `variable` (all years, also before the inventory) and gives new records that the
    formula methods then compute. function: key of `ghg_inventory.models.MODELS`. inputs: what the function
    needs; exactly one, the activity, or several activities by their variable name.
    outputs: (symbol of the function's result, variable and unit of the new records).
    history: True when records before the inventory's first year count. gaps: a year without a record is
    fine (surveys). components: of the model "split", the items that a bulk amount is made of.
    """

    id: str
    title_zh: str
    title_en: str
    function: str
    categories: tuple[str, ...]
    variable: str
    kinds: tuple[str, ...]
    items: tuple[str, ...]
    inputs: tuple[Input, ...]
    variables: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str, str], ...]
    history: bool
    tier: str
    source: str
    locator: str
    note_zh: str
    note_en: str
    gaps: bool = False
    components: tuple[str, ...] = ()

    @property
    def factors(self) -> tuple[Input, ...]:
        """The inputs that come from the factor library."""
        return tuple(i for i in self.inputs if not i.is_activity)

    def applies(self, category: str, variable: str, item: str, kind: str) -> bool:
        """True when the model takes records of this signature."""
        if variable not in {name for _, name in self.variables}:
            return False
        if not any(covers(prefix, category) for prefix in self.categories):
            return False
        return item in self.items or (not self.items and (not self.kinds or kind in self.kinds))


@dataclass(frozen=True, slots=True)
class NotCovered:
    """Categories and gases that a profile leaves out, with the notation key and the reason."""

    profiles: tuple[str, ...]
    categories: tuple[str, ...]
    gases: tuple[str, ...]
    notation: str
    reason_zh: str
    reason_en: str


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
    models: tuple[SeriesModel, ...] = ()
    not_covered: tuple[NotCovered, ...] = ()

    def methods_for(
        self, category: str, variable: str, use: str, item: str, kind: str, technology: str = ""
    ) -> list[list[Method]]:
        """For each gas and category of the emission the methods to try, best first, then its fallbacks.

        Raises: DataFileError when two methods without a fallback order claim the same gas.
        """
        chains: dict[tuple[str, str, bool], list[Method]] = {}
        for method in self.methods:
            if method.applies(category, variable, use, item, kind, technology):
                key = (method.gas, method.target(category), method.generic)
                chains.setdefault(key, []).append(method)
        return [self._in_order(chain) for chain in chains.values()]

    def models_for(self, category: str, variable: str, item: str, kind: str) -> tuple[SeriesModel, ...]:
        """The models that take records of this signature, in the order in which they run."""
        return tuple(m for m in self.models if m.applies(category, variable, item, kind))

    @property
    def history_variables(self) -> frozenset[str]:
        """Variables of which records before the inventory's first year count."""
        return frozenset(name for m in self.models if m.history for _, name in m.variables)

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


def _depth(method: Method) -> tuple[bool, bool, bool, int]:
    """Specificity of a method: explicit technologies, items, kinds, category depth."""
    deepest = max(len(p.split(".")) if p else 0 for p in method.categories)
    return (bool(method.technologies), bool(method.items), bool(method.kinds), deepest)
