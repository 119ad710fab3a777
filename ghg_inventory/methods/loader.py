"""Read the entries of a method file: every formula is parsed, every unit checked, before anything is used."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from ghg_inventory.errors import DataFileError
from ghg_inventory.formula import Formula, FormulaError, parse
from ghg_inventory.methods.record import (
    BRIDGES,
    Exclusion,
    Input,
    Method,
    NotCovered,
    Profile,
    SeriesModel,
    Variable,
)
from ghg_inventory.models import MODELS
from ghg_inventory.tables import require_keys
from ghg_inventory.units import Unit, UnitError, convertible, factor_between, parse_unit

SECTIONS = ("method", "exclusion", "profile", "variable", "model", "not_covered")
"""What a method file may hold."""


class NotLinear(ValueError):
    """A formula whose result is not proportional to its activity: it belongs to a registered array model."""


@dataclass(slots=True)
class Tables:
    """What the files hold, entry by entry."""

    methods: dict[str, Method] = field(default_factory=dict)
    exclusions: dict[str, Exclusion] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    models: dict[str, SeriesModel] = field(default_factory=dict)
    not_covered: list[NotCovered] = field(default_factory=list)
    profiles: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def read(self, document: dict[str, Any], file: str) -> None:
        """Add the entries of one file. Raises: DataFileError naming file and entry."""
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


Parts = list[tuple[dict[str, Any], str]]
"""Entries about one profile and the files they stand in, the describing entry first."""


def profiles_of(tables: Tables) -> dict[str, Profile]:
    """One profile per id: a file for one sector adds to the profile that another file describes.

    A profile that `extends` another takes over its lists; `replaces` names what it puts in their place.
    Raises: DataFileError when nobody describes a profile, two files do, or a name is unknown.
    """
    parts: dict[str, Parts] = {}
    for file, entry in sorted(tables.profiles, key=lambda pair: "name_zh" not in pair[1]):
        mine = parts.setdefault(entry["id"], [])
        if ("name_zh" in entry) != (not mine):
            raise DataFileError(f"{file}: the profile {entry['id']} must be described once")
        mine.append((entry, file))
    for mine in parts.values():
        base = mine[0][0].get("extends", "")
        if base and (base not in parts or "extends" in parts[base][0][0]):
            raise DataFileError(f"{mine[0][1]}: the profile {base!r} cannot be extended")
    return {
        name: _profile(mine, parts.get(mine[0][0].get("extends", ""), []), tables)
        for name, mine in parts.items()
    }


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
        formula = _parsed(entry["formula"])
        generic = bool(entry.get("generic", False))
        result = parse_unit(entry["unit"])
        shape = tuple((i.symbol, entry["inputs"][i.symbol]["unit"], i.is_activity) for i in inputs)
        scale = 1.0 if generic else _checked_scale(entry["formula"], shape, entry["unit"])
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


@cache
def _parsed(text: str) -> Formula:
    """Formulas repeat; a parsed one is immutable."""
    return parse(text)


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


@cache
def _checked_scale(text: str, inputs: tuple[tuple[str, str, bool], ...], result: str) -> float:
    """Tonnes of gas for 1 result unit of the formula evaluated in declared units.

    inputs: (symbol, unit, is the activity). The dimension check is the whole formula's; the factor is exact
    and rounded once. Many methods are one formula for different records: each is checked once.
    """
    formula = _parsed(text)
    found = formula.check({symbol: parse_unit(unit) for symbol, unit, _ in inputs}, parse_unit(result))
    activity = next((symbol for symbol, _, is_activity in inputs if is_activity), "")
    if activity in formula.derivative(activity).names or float(
        formula.evaluate({symbol: 0.0 if is_activity else 1.0 for symbol, _, is_activity in inputs})
    ):
        raise NotLinear(f"the formula {formula.text()} is not linear in its activity {activity}")
    tonne = parse_unit(f"t {_substance(parse_unit(result))}".strip())
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


_NAMES = ("name_zh", "name_en", "description_zh", "description_en", "energy_sets")
_LISTS = ("methods", "exclusions", "models")


def _profile(parts: Parts, base: Parts, tables: Tables) -> Profile:
    """One profile of its parts and those of the profile that it extends; lists are joined in that order."""
    known: dict[str, dict[str, Any]] = {
        "methods": tables.methods, "exclusions": tables.exclusions, "models": tables.models,
    }  # fmt: skip
    replaced: dict[str, str] = {}
    for number, (entry, file) in enumerate(parts):
        where = f"{file}: profile {entry['id']}"
        options = (*_LISTS, "replaces", *(() if number else ("extends", "prefer")))
        require_keys(entry, ("id", *(() if number else _NAMES)), options, where)
        _all_known(entry, known, where)
        replaced |= entry.get("replaces", {})
    ids = {key: [e for part, _ in (*base, *parts) for e in part.get(key, ())] for key in _LISTS}
    strangers = [old for old in replaced if not any(old in names for names in ids.values())]
    if strangers:
        raise DataFileError(
            f"profile {parts[0][0]['id']}: replaces what it does not have: {', '.join(strangers)}"
        )
    head = parts[0][0]
    prefer = {key: tuple(value) for key, value in head.get("prefer", {}).items()}
    chosen = {
        key: tuple(_preferring(known[key][replaced.get(e, e)], prefer) for e in names)
        for key, names in ids.items()
    }
    names = {head["id"], head.get("extends", head["id"])}
    return Profile(
        head["id"], head["name_zh"], head["name_en"], head["description_zh"], head["description_en"],
        chosen["methods"], chosen["exclusions"], tuple(head["energy_sets"]), chosen["models"],
        tuple(n for n in tables.not_covered if names & set(n.profiles)),
    )  # fmt: skip


def _preferring(entry: Any, prefer: dict[str, tuple[str, ...]]) -> Any:
    """The method or model asking preferred sets before its own; prefer: own set → sets asked first."""
    if isinstance(entry, Exclusion) or not any(own in prefer for need in entry.inputs for own in need.sets):
        return entry
    inputs = tuple(
        replace(need, first=tuple(name for own in need.sets for name in prefer.get(own, ())))
        for need in entry.inputs
    )
    return replace(entry, inputs=inputs)


def _all_known(entry: dict[str, Any], known: dict[str, dict[str, Any]], where: str) -> None:
    unknown = [e for key, table in known.items() for e in entry.get(key, ()) if e not in table]
    everything = {name for table in known.values() for name in table}
    unknown += [new for new in entry.get("replaces", {}).values() if new not in everything]
    if unknown:
        raise DataFileError(f"{where}: unknown ids {', '.join(unknown)}")
