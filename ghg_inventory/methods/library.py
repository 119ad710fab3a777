"""Load methods, exclusions and profiles from TOML; choose the method for a kind of record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ghg_inventory.errors import DataFileError
from ghg_inventory.formula import Formula, FormulaError, parse
from ghg_inventory.models import MODELS
from ghg_inventory.tables import read_toml, require_keys
from ghg_inventory.units import Unit, UnitError, convertible, factor_between, parse_unit

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


@dataclass(frozen=True, slots=True)
class MethodLibrary:
    """All profiles and methods, with the sha256 of the files they were read from."""

    profiles: dict[str, Profile]
    methods: dict[str, Method]
    sha256: str
    variables: dict[str, Variable] = field(default_factory=dict)
    models: dict[str, SeriesModel] = field(default_factory=dict)

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
    tables = _Tables({}, {}, {}, {}, [], [])
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.toml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
        document = read_toml(path)
        require_keys(
            document, (), ("method", "exclusion", "profile", "variable", "model", "not_covered"), path.name
        )
        tables.read(document, path.name)
    profiles = _profiles(tables)
    return MethodLibrary(profiles, tables.methods, digest.hexdigest(), tables.variables, tables.models)


@dataclass(slots=True)
class _Tables:
    """What the files hold, entry by entry."""

    methods: dict[str, Method]
    exclusions: dict[str, Exclusion]
    variables: dict[str, Variable]
    models: dict[str, SeriesModel]
    not_covered: list[NotCovered]
    profiles: list[tuple[str, dict[str, Any]]]

    def read(self, document: dict[str, Any], file: str) -> None:
        for entry in document.get("method", []):
            method = _method(entry, file)
            _add(self.methods, method.id, method, file)
        for entry in document.get("exclusion", []):
            exclusion = _exclusion(entry, file)
            _add(self.exclusions, exclusion.id, exclusion, file)
        for entry in document.get("variable", []):
            variable = _variable(entry, file)
            _add(self.variables, variable.id, variable, file)
        for entry in document.get("model", []):
            model = _model(entry, file)
            _add(self.models, model.id, model, file)
        self.not_covered += [_not_covered(entry, file) for entry in document.get("not_covered", [])]
        self.profiles += [(file, entry) for entry in document.get("profile", [])]


def _profiles(tables: _Tables) -> dict[str, Profile]:
    """One profile per id: a file for one sector adds to the profile that another file describes.

    Raises: DataFileError when nobody describes it, or two files do.
    """
    described = {e["id"]: (e, file) for file, e in tables.profiles if "name_zh" in e}
    if len(described) != sum("name_zh" in e for _, e in tables.profiles):
        raise DataFileError("a profile is described twice")
    out = {}
    for name, (entry, file) in described.items():
        parts = [(entry, file), *((e, f) for f, e in tables.profiles if e["id"] == name and e is not entry)]
        out[name] = _profile(parts, tables)
    strangers = sorted({e["id"] for _, e in tables.profiles} - set(described))
    if strangers:
        raise DataFileError(f"profiles that nobody describes: {', '.join(strangers)}")
    return out


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
    "technologies",
    "into",
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
        generic=generic, technologies=tuple(entry.get("technologies", ())), into=_into(entry.get("into", "")),
    )  # fmt: skip


def _into(entry: str | dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Pairs (category prefix, category of the emission), deepest prefix first; "" is every category."""
    if isinstance(entry, str):
        return (("", entry),) if entry else ()
    return tuple(sorted(entry.items(), key=lambda pair: (-pair[0].count("."), pair[0])))


def _variable(entry: dict[str, Any], file: str) -> Variable:
    options = (
        "minimum",
        "maximum",
        "kinds",
        "technologies",
        "technology_required",
        "aliases",
        "note_zh",
        "note_en",
    )
    where = f"{file}: variable {entry.get('id', '?')}"
    require_keys(entry, ("id", "zh", "en", "units"), options, where)
    try:
        for unit in entry["units"]:
            parse_unit(unit)
    except UnitError as error:
        raise DataFileError(f"{where}: {error}") from error
    low, high = (None if entry.get(key) is None else float(entry[key]) for key in ("minimum", "maximum"))
    return Variable(
        entry["id"], entry["zh"], entry["en"], tuple(entry["units"]), low, high, tuple(entry.get("kinds", ())),
        tuple(entry.get("technologies", ())), bool(entry.get("technology_required", False)),
        tuple(entry.get("aliases", ())), entry.get("note_zh", ""), entry.get("note_en", ""),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Split:
    """The model "split" is no function of time: W = Σ W·SHARE over the components, bound by the engine."""

    name: str = "split"
    series: tuple[tuple[str, str], ...] = (("W", "t"),)
    parameters: tuple[tuple[str, str], ...] = (("SHARE", "1"),)
    outputs: tuple[tuple[str, str], ...] = (("PART", "t"),)


SPLIT = _Split()
_MODEL_KEYS = ("id", "title_zh", "title_en", "function", "categories", "variable", "tier", "source", "locator",
               "inputs", "outputs")  # fmt: skip


def _model(entry: dict[str, Any], file: str) -> SeriesModel:
    """A [[model]] entry; its inputs and outputs must be those of the registered function, unit by unit."""
    where = f"{file}: model {entry.get('id', '?')}"
    require_keys(
        entry, _MODEL_KEYS, ("kinds", "items", "history", "gaps", "components", "note_zh", "note_en"), where
    )
    if entry["function"] not in (SPLIT.name, *MODELS):
        raise DataFileError(
            f"{where}: there is no function {entry['function']!r}; there are: {', '.join(MODELS)}"
        )
    function = SPLIT if entry["function"] == SPLIT.name else MODELS[entry["function"]]
    try:
        inputs = tuple(_input(symbol, value, where) for symbol, value in entry["inputs"].items())
        outputs = tuple(
            (symbol, value["variable"], value["unit"]) for symbol, value in entry["outputs"].items()
        )
        declared = {i.symbol: i.unit for i in inputs} | {s: parse_unit(unit) for s, _, unit in outputs}
        series, parameters = dict(function.series), dict(function.parameters)
        units = {**series, **parameters, **dict(function.outputs)}
        wrong = [
            s for s, unit in declared.items() if s not in units or not convertible(parse_unit(units[s]), unit)
        ]
    except (UnitError, KeyError) as error:
        raise DataFileError(f"{where}: {error}") from error
    missing = [s for s in (*series, *parameters) if s not in declared]
    if wrong or missing:
        raise DataFileError(
            f"{where}: wrong unit or name: {', '.join(wrong) or '–'}; missing: {', '.join(missing) or '–'}"
        )
    variables = tuple((s, entry["inputs"][s]["activity"]) for s in series)
    if entry["variable"] not in {name for _, name in variables}:
        raise DataFileError(f"{where}: no input takes its variable {entry['variable']}")
    return SeriesModel(
        entry["id"], entry["title_zh"], entry["title_en"], entry["function"], tuple(entry["categories"]),
        entry["variable"], tuple(entry.get("kinds", ())), tuple(entry.get("items", ())), inputs, variables,
        outputs, bool(entry.get("history", True)), str(entry["tier"]), entry["source"], entry["locator"],
        entry.get("note_zh", ""), entry.get("note_en", ""), bool(entry.get("gaps", False)),
        tuple(entry.get("components", ())),
    )  # fmt: skip


def _not_covered(entry: dict[str, Any], file: str) -> NotCovered:
    keys = ("profiles", "categories", "gases", "notation", "reason_zh", "reason_en")
    require_keys(entry, keys, (), f"{file}: not_covered {entry.get('categories', '?')}")
    profiles, categories, gases = (tuple(entry[key]) for key in keys[:3])
    return NotCovered(profiles, categories, gases, entry["notation"], entry["reason_zh"], entry["reason_en"])


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


def _profile(parts: list[tuple[dict[str, Any], str]], tables: _Tables) -> Profile:
    """One profile of its parts, the describing one first; lists are joined in that order."""
    names = ("name_zh", "name_en", "description_zh", "description_en", "energy_sets")
    lists = ("methods", "exclusions", "models")
    for number, (entry, file) in enumerate(parts):
        where = f"{file}: profile {entry.get('id', '?')}"
        require_keys(entry, ("id", *(() if number else names)), lists, where)
        known: tuple[dict[str, Any], ...] = (tables.methods, tables.exclusions, tables.models)
        unknown = [
            e for key, table in zip(lists, known, strict=True) for e in entry.get(key, ()) if e not in table
        ]
        if unknown:
            raise DataFileError(f"{where}: unknown ids {', '.join(unknown)}")
    head = parts[0][0]
    methods, exclusions, models = (tuple(e for part, _ in parts for e in part.get(key, ())) for key in lists)
    return Profile(
        head["id"], head["name_zh"], head["name_en"], head["description_zh"], head["description_en"],
        tuple(tables.methods[m] for m in methods), tuple(tables.exclusions[e] for e in exclusions),
        tuple(head["energy_sets"]), tuple(tables.models[m] for m in models),
        tuple(n for n in tables.not_covered if head["id"] in n.profiles),
    )  # fmt: skip
