"""docs/methods/: the method reference, one page per file of ghg_inventory/methods, and the coverage table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path

from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree
from ghg_inventory.factors import Factor, FactorLibrary
from ghg_inventory.formula.constants import constants
from ghg_inventory.inventory.coverage import (
    METHOD,
    MISSING,
    NOT_COVERED,
    Covered,
    could_serve,
    coverage,
    sets_of,
)
from ghg_inventory.methods import (
    Exclusion,
    Input,
    Method,
    MethodLibrary,
    NotCovered,
    SeriesModel,
    Variable,
    load_methods,
)
from ghg_inventory.tables import read_toml

METHODS = Path(__file__).resolve().parent.parent / "ghg_inventory" / "methods"
AUDITED = ("cn2011", "ipcc2006", "ipcc2019")
"""Profiles that must cover every leaf."""
HOME = "510000"
"""Values of other provinces are counted, not printed."""
MAX_ROWS = 60
HEAD = "Generated from `{}` by `make docs`; do not edit. 由程序生成，请勿修改。"


@cache
def _library() -> tuple[MethodLibrary, FactorLibrary, CategoryTree]:
    return load_methods(), FactorLibrary.load()[0], CategoryTree.load()


@cache
def _entries(stem: str) -> dict[str, list[dict[str, object]]]:
    """The tables of one file as written, to know which entries are its own."""
    found: dict[str, list[dict[str, object]]] = read_toml(METHODS / f"{stem}.toml")
    return found


@cache
def _page_of() -> dict[str, str]:
    """Method id → stem of its page."""
    return {str(m["id"]): stem for stem in stems() for m in _entries(stem).get("method", [])}


def stems() -> tuple[str, ...]:
    """The method files, by name."""
    return tuple(path.stem for path in sorted(METHODS.glob("*.toml")))


def pages() -> dict[str, Callable[[], str]]:
    """Page below docs/ → what makes it."""
    own = {f"methods/{stem}.md": partial(sector_page, stem) for stem in stems()}
    return {"methods/README.md": index_page, **own}


# -- small forms ----------------------------------------------------------------------------------------


def _table(head: str, rows: Iterable[Iterable[str]]) -> list[str]:
    """A Markdown table; head: titles joined by " | "."""
    lines = [
        "| " + " | ".join(c.replace("|", "\\|").replace("\n", "<br>") or " " for c in row) + " |"
        for row in rows
    ]
    return [f"| {head} |", "|" + "---|" * (head.count(" | ") + 1), *lines, ""] if lines else []


def _both(en: str, zh: str) -> str:
    return f"{en} / {zh}" if en and zh else en or zh


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _codes(names: Iterable[str]) -> str:
    return ", ".join(map(_code, names))


def _named(codes: Iterable[str]) -> str:
    """Categories with their names."""
    tree = _library()[2]
    return "; ".join(f"{c} {tree.category(c).en}" if c in tree else (c or "any") for c in codes)


def link(method: str) -> str:
    """A link to a method from another page of the folder."""
    return f"[{method}]({_page_of().get(method, '')}.md#{method.replace('.', '')})"


def shown(formula: str) -> str:
    """A formula with the signs of print: Q × CC × OF × C_TO_CO2."""
    return formula.replace("**", "^").replace(" * ", " × ").replace(" - ", " − ")


# -- pages ----------------------------------------------------------------------------------------------


def index_page() -> str:
    """The profiles and the coverage of every leaf and gas."""
    library, _, _ = _library()
    lines = ["# Methods / 方法", "", HEAD.format("ghg_inventory/methods/*.toml"), ""]
    lines += _table("file | methods | models", (
        [f"[{stem}]({stem}.md)", str(len(_entries(stem).get("method", []))), str(len(_entries(stem).get("model", [])))]
        for stem in stems()
    ))  # fmt: skip
    for profile in library.profiles.values():
        lines += [f"## {profile.id}: {profile.name_en} / {profile.name_zh}", "", profile.description_en, "",
                  profile.description_zh, ""]  # fmt: skip
    return "\n".join([*lines, *_coverage_lines()]).rstrip() + "\n"


def _coverage_lines() -> list[str]:
    """One row per leaf and gas, a column per audited profile, reasons as numbered notes."""
    library, factors, tree = _library()
    by_profile = [coverage(library.profile(name), tree, factors) for name in AUDITED]
    reasons: dict[tuple[str, str], int] = {}
    rows = []
    for same in zip(*by_profile, strict=True):
        category = tree.category(same[0].category)
        rows.append(
            [
                same[0].category,
                f"{category.en} {category.zh}",
                same[0].gas,
                *(_cell(c, reasons) for c in same),
            ]
        )
    lines = ["## Coverage / 覆盖情况", "",
             "Every leaf of the category list and each of its gases: the methods that report into it, or why there is",
             "none. *lent*: every method is borrowed from another document, each use is a finding. *own value*: the",
             "method needs a value that no shipped table has. MISSING is a fault of the program.", "",
             "末级类别逐气体列出方法，没有方法的注明理由。lent：方法借自其他文件；own value：须自备参数。", ""]  # fmt: skip
    for name, rows_of in zip(AUDITED, by_profile, strict=True):
        counts = {s: sum(c.status == s for c in rows_of) for s in (METHOD, "excluded", NOT_COVERED, MISSING)}
        lines += [f"- {name}: " + ", ".join(f"{count} {status}" for status, count in counts.items() if count)]
    lines += ["", *_table("code | category | gas | " + " | ".join(AUDITED), rows)]
    return [*lines, *(f"{number}. {en} / {zh}" for (en, zh), number in reasons.items())]


def _cell(one: Covered, reasons: dict[tuple[str, str], int]) -> str:
    if one.status == METHOD:
        marks = ["*lent*"] if one.supplement else []
        marks += [f"*own value: {', '.join(one.own_values)}*"] if one.own_values else []
        return "<br>".join([*map(link, one.methods), *marks])
    if one.status == MISSING:
        return "**MISSING**"
    number = reasons.setdefault((one.reason_en, one.reason_zh), len(reasons) + 1)
    return f"{one.status} ({one.notation}) [{number}]"


def sector_page(stem: str) -> str:
    """One method file: variables, methods, models, exclusions, what is not covered, default values."""
    library, _, _ = _library()
    entries = _entries(stem)
    methods = [library.methods[str(m["id"])] for m in entries.get("method", [])]
    models = [library.models[str(m["id"])] for m in entries.get("model", [])]
    variables = [library.variables[str(v["id"])] for v in entries.get("variable", [])]
    excluded = {e.id: e for p in library.profiles.values() for e in p.exclusions}
    exclusions = [excluded[str(e["id"])] for e in entries.get("exclusion", []) if str(e["id"]) in excluded]
    left = [n for p in library.profiles.values() for n in p.not_covered]
    mine = {tuple(map(str, n["categories"])) for n in entries.get("not_covered", [])}
    not_covered = list(dict.fromkeys(n for n in left if n.categories in mine))
    lines = [f"# Methods: {stem}", "", HEAD.format(f"ghg_inventory/methods/{stem}.toml"), "",
             "[Index and coverage](README.md)", ""]  # fmt: skip
    lines += _profile_changes(stem)
    if methods:
        lines += ["Symbols follow the source; constants of the formulas are:", "", *_constants(methods)]
    if variables:
        lines += ["## Activity data / 活动水平", "", *_table(_VARIABLE_HEAD, map(_variable, variables))]
    for method in methods:
        lines += _method(method)
    for model in models:
        lines += _model(model)
    if exclusions:
        lines += ["## Exclusions / 不计算的记录", "", *_table(_EXCLUSION_HEAD, map(_exclusion, exclusions))]
    if not_covered:
        lines += ["## Not covered / 未覆盖", "", *_table(_LEFT_HEAD, map(_left_out, not_covered))]
    return "\n".join([*lines, *_defaults(methods, models)]).rstrip() + "\n"


def _profile_changes(stem: str) -> list[str]:
    """What a profile of the file changes of the one that it extends."""
    lines: list[str] = []
    for entry in _entries(stem).get("profile", []):
        prefer, replaces = entry.get("prefer", {}), entry.get("replaces", {})
        if not isinstance(prefer, dict) or not isinstance(replaces, dict) or not entry.get("extends"):
            continue
        lines += [f"## Profile {entry['id']}", "", f"Extends {_code(str(entry['extends']))}.", ""]
        lines += [
            f"- Where a method asks set {_code(own)}, {_codes(first)} is asked first."
            for own, first in prefer.items()
        ]
        lines += [
            "",
            *_table("method | replaced by", ([link(old), link(new)] for old, new in replaces.items())),
        ]
    return lines


def _constants(methods: Iterable[Method]) -> list[str]:
    used = sorted({name for m in methods for name in m.formula.constants})
    known = constants()
    return (
        [*(f"- `{n}` = {known[n].symbol} {known[n].unit.text} ({known[n].source})" for n in used), ""]
        if used
        else []
    )


_VARIABLE_HEAD = "variable | 中文 | English | units | from | to | of | technologies | also called"


def _variable(one: Variable) -> list[str]:
    limits = ["" if v is None else f"{v:g} {one.units[0]}" for v in (one.minimum, one.maximum)]
    technologies = ", ".join(one.technologies) + (" (one is required)" if one.technology_required else "")
    notes = _both(one.note_en, one.note_zh)
    zh = one.zh + (f"<br><small>{notes}</small>" if notes else "")
    return [_code(one.id), zh, one.en, ", ".join(one.units), *limits, ", ".join(one.kinds), technologies,
            "、".join(one.aliases)]  # fmt: skip


def _method(method: Method) -> list[str]:
    library, factors, _ = _library()
    profiles = [p.id for p in library.profiles.values() if method.id in {m.id for m in p.methods}]
    gas = {"item": "the gas that the record names", "*": "every gas of its factors"}.get(
        method.gas, method.gas
    )
    source = factors.sources.get(method.source)
    lines = [f"## {method.id}", "", _both(method.title_en, method.title_zh), "",
             f"    {gas} [{method.result.text}] = {shown(method.formula.text())}", "",
             f"- Profiles: {', '.join(profiles) or 'none'}",
             f"- Records: variable {_code(method.variable)} of {_named(method.categories)}"]  # fmt: skip
    limits = [("items", method.items), ("kinds of item", method.kinds), ("technologies", method.technologies)]
    lines += [f"- Only {word}: {_codes(codes)}" for word, codes in limits if codes]
    if method.into:
        pairs = "; ".join(f"{_named([to])} (records of {prefix or 'any'})" for prefix, to in method.into)
        lines.append(f"- Reported into: {pairs}")
    lines.append(
        f"- Tier {method.tier}. Source: {source.title if source else method.source}, {method.locator}"
    )
    if method.fallback_for:
        lines.append(f"- Stands in for {_code(method.fallback_for)} where that finds no factor.")
    if method.supplement:
        lines.append("- Lent: not of the profile's own document; each use is a finding.")
    if method.note_en or method.note_zh:
        lines += ["", method.note_en, "", method.note_zh]
    return [*lines, "", *_table("symbol | meaning | unit | from", map(_input, method.inputs))]


def _input(need: Input) -> list[str]:
    origin = (
        f"factor {_code(need.parameter)} ({', '.join(need.sets) or 'user'})" if need.parameter else "activity"
    )
    if need.bridge:
        origin += f"; mass or volume × NCV ({', '.join(need.bridge_sets) or 'profile order'})"
    return [need.symbol, _both(need.title_en, need.title_zh), need.unit.text, origin]


def _model(model: SeriesModel) -> list[str]:
    library, factors, _ = _library()
    source = factors.sources.get(model.source)
    profiles = [p.id for p in library.profiles.values() if model.id in {m.id for m in p.models}]
    lines = [f"## {model.id}", "", _both(model.title_en, model.title_zh), "",
             f"- Array model {_code(model.function)}; profiles: {', '.join(profiles) or 'none'}",
             f"- Records: variable {_code(model.variable)} of {_named(model.categories)}"
             + ("; earlier years count" if model.history else "")]  # fmt: skip
    limits = [("items", model.items), ("kinds of item", model.kinds)]
    lines += [f"- Only {word}: {_codes(codes)}" for word, codes in limits if codes]
    lines += [f"- Gives: {_code(variable)} [{unit}] ({symbol})" for symbol, variable, unit in model.outputs]
    lines.append(f"- Tier {model.tier}. Source: {source.title if source else model.source}, {model.locator}")
    if model.note_en or model.note_zh:
        lines += ["", model.note_en, "", model.note_zh]
    return [*lines, "", *_table("symbol | meaning | unit | from", map(_input, model.inputs))]


_EXCLUSION_HEAD = "exclusion | records | gases | key | counted in | reason"


def _exclusion(one: Exclusion) -> list[str]:
    records = f"{one.variable} ({', '.join(one.kinds)}) of {_named(one.categories)}"
    reason = _both(one.reason_en, one.reason_zh) + (f" [{one.source}]" if one.source else "")
    return [_code(one.id), records, ", ".join(one.gases), one.notation, one.target, reason]


_LEFT_HEAD = "categories | gases | profiles | key | reason"


def _left_out(one: NotCovered) -> list[str]:
    return [_named(one.categories), ", ".join(one.gases) or "all", ", ".join(one.profiles), one.notation,
            _both(one.reason_en, one.reason_zh)]  # fmt: skip


# -- default values -------------------------------------------------------------------------------------

_FACTOR_HEAD = "item | technology | category | area | years | value | unit | source | confidence"


def _defaults(methods: Iterable[Method], models: Iterable[SeriesModel]) -> list[str]:
    """The shipped values that the methods and models of a page can use, one table per set, parameter and gas."""
    _, factors, tree = _library()
    groups: dict[tuple[str, str, str], dict[str, Factor]] = {}
    users = [(m, m.factors, m.gas) for m in _variants(methods)] + [(m, m.factors, "") for m in models]
    for user, needs, gas in users:
        records = [
            c for c in tree.codes if any(c == p or c.startswith(p + ".") or not p for p in user.categories)
        ]
        targets = [to for _, to in getattr(user, "into", ())]
        for need in needs:
            for row in _rows(need.parameter):
                of_gas = need.parameter != "emission_factor" or gas in (row.gas, "*", "item", "")
                if of_gas and row.set in sets_of(need) and could_serve(row, user, [*records, *targets]):
                    groups.setdefault((row.set, row.parameter, row.gas), {})[row.factor_id] = row
    if not groups:
        return []
    lines = ["## Default values / 缺省值", "",
             "Values, units and ranges as printed in the source; C ▲ has a single source or was not checked.",
             "数值与单位同来源；C ▲ 为单一来源或未经核对。Measured values of an area replace them.", ""]  # fmt: skip
    for (set_name, parameter, gas), found in sorted(groups.items()):
        word = factors.parameters.get(parameter)
        title = _both(word.en, word.zh) if word else parameter
        lines += [
            f"### {set_name}: {parameter} {gas}".rstrip(),
            "",
            title,
            "",
            *_factor_table(list(found.values())),
        ]
    return lines


def _variants(methods: Iterable[Method]) -> list[Method]:
    """The methods as the profiles use them: one profile may ask other sets first."""
    ids = {m.id for m in methods if not m.generic}
    found = [m for p in _library()[0].profiles.values() for m in p.methods if m.id in ids]
    return [*(m for m in methods if m.id in ids), *found]


@cache
def _rows(parameter: str) -> tuple[Factor, ...]:
    return tuple(row for row in _library()[1].rows if row.parameter == parameter)


def _factor_table(rows: list[Factor]) -> list[str]:
    """China, the home province and the world are printed, up to MAX_ROWS; the rest is counted."""
    near = [row for row in rows if _is_near(row.area_code)]
    printed = near[:MAX_ROWS]
    lines = _table(_FACTOR_HEAD, map(_factor, printed))
    files = sorted({row.place.file for row in rows})
    left = len(rows) - len(printed)
    more = f"{left} more rows (other areas or beyond {MAX_ROWS}) in " if left else "From "
    return [*lines, more + ", ".join(_code(_short(f)) for f in files) + ".", ""]


def _short(file: str) -> str:
    """A path from emission_factors/ on."""
    return file[file.index("emission_factors") :] if "emission_factors" in file else file


@cache
def _is_near(area: str) -> bool:
    """True for values without an area, of the country, the home province or a region that holds it."""
    if not area:
        return True
    regions = _library()[1].regions
    if area in regions:
        return any(m.area_code == HOME for m in regions[area].members)
    return area in AreaTree.registry().chain(HOME) or area.startswith(HOME[:2])


def _factor(row: Factor) -> list[str]:
    source = _library()[1].source_title(row)
    span = f" ({row.lower:g}–{row.upper:g})" if row.lower is not None and row.upper is not None else ""
    flag = "C ▲" if row.confidence == "C" else row.confidence
    return [row.item, row.technology, row.category, row.area_code, row.years, row.value_text + span, row.unit_text,
            f"{source}, {row.locator}", flag]  # fmt: skip
