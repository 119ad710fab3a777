"""Checks of single words: area code, category, unit, variable. Each gives (finding name, values) or None.

This is the border to the rooms `units`, `codes` and `areas`: nothing else here calls them.
"""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from ghg_inventory.activity.context import FUEL_VARIABLES, NOTATION, USES, Context
from ghg_inventory.errors import Finding, finding
from ghg_inventory.tables import parse_number
from ghg_inventory.units import UnitError, fitted, kind, kind_word, parse_unit

# More findings of one kind than this become one line with the count.
LIMIT = 20
NOTATION_SET = frozenset(NOTATION)
USE_SET = frozenset(USES)
FEEDSTOCK_NOTE = "feedstock: sign reversed on reading, subtracts"
# No activity of a country reaches this in any unit; beyond it sums overflow.
LARGEST = 1e24
# A fuel is measured by mass, by volume or by energy.
FUEL_UNITS = ("t", "m3", "TJ")
Fault = tuple[str, dict[str, object]]


def narrow(text: str) -> str:
    """Full-width digits and letters as plain ones, outer spaces removed."""
    return unicodedata.normalize("NFKC", text).strip()


def suggestion(candidates: Iterable[str]) -> str:
    """Up to three candidates as text; "–" for none."""
    return ", ".join(list(candidates)[:3]) or "–"


def meant(candidates: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Blanks of a remedy: "did you mean …?" with codes and Chinese names, or where to look when none is near."""
    near = [(code, name) for code, name in candidates][:3]
    if not near:
        return {
            "meant_zh": "请核对拼写，使用代码表中的代码或名称。",
            "meant_en": "Check the spelling; use a code or name of the code list.",
        }
    shown = "、".join(f"{code}（{name}）" if name and name != code else code for code, name in near)
    return {
        "meant_zh": f"是否为 {shown}？",
        "meant_en": f"Did you mean {', '.join(code for code, _ in near)}?",
    }


def amount_of(text: str) -> tuple[float | None, str]:
    """As `parse_number`; a footnote mark or superscript (123①, 10²) is no digit, whatever Unicode makes of it."""
    if any(unicodedata.category(character) in ("No", "Nl") for character in text):
        return None, ""
    return parse_number(text)


def is_within(area: str, context: Context) -> bool:
    """True when the caller named no area, this one, or one that contains it."""
    given = context.area_code
    if not given or area == given:
        return True
    areas = context.areas
    return areas is not None and given in areas and area in areas and areas.is_ancestor(given, area)


def is_mass(text: str) -> bool:
    """True for a unit of mass; False for any other and for text that is no unit."""
    return bool(text) and unit_fault(text) is None and parse_unit(text).dimension == parse_unit("t").dimension


def shortened(text: str, most: int = 80) -> str:
    """A text short enough for a message."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)})"


def capped(findings: Iterable[Finding], limit: int = LIMIT) -> list[Finding]:
    """At most `limit` findings of each name, then one that counts the rest, at the first left out."""
    kept: list[Finding] = []
    counts: Counter[str] = Counter()
    first: dict[str, Finding] = {}
    for item in findings:
        counts[item.name] += 1
        if counts[item.name] <= limit:
            kept.append(item)
        else:
            first.setdefault(item.name, item)
    return kept + [
        finding("more-of-these", item.place, severity=item.severity, kind=name, count=counts[name] - limit)
        for name, item in first.items()
    ]  # fmt: skip


_REASONS_ZH = {
    "full-width characters": "全角字符", "thousands separator": "千分位", "spaces": "空格",
}  # fmt: skip


def reason_zh(why: str) -> str:
    """The reasons of `tables.parse_number` in Chinese."""
    return "、".join(_REASONS_ZH.get(part, part) for part in why.split(", "))


def is_formula_like(text: str) -> bool:
    """True for text that a spreadsheet would run: =…, @…, a control character, or +/− before a call.

    >>> is_formula_like("=1+1"), is_formula_like("- see page 3")
    (True, False)
    """
    if text[:1] in ("=", "@", "\t", "\r") and len(text) > 1:
        return True
    return text[:1] in ("+", "-") and bool(re.search(r"[(!|]", text)) and not text[1:2].isspace()


def variable_fault(word: str, context: Context) -> Fault:
    """A variable that nobody takes, with the nearest known ones by code and by name."""
    names: dict[str, str] = {}
    for code, variable in context.known.items():
        for name in (code, variable.zh, variable.en, *variable.aliases):
            names.setdefault(name.lower(), code)
    for code, parameter in context.parameters.items():
        for name in (code, parameter.zh, parameter.en):
            names.setdefault(name.lower(), code)
    names.update({code.lower(): code for code in (*context.method_variables, *context.variables)})
    near = difflib.get_close_matches(word[:40].lower(), list(names), n=6, cutoff=0.5)
    by_name = [v.variable for v in context.variables.values() if word in v.zh or word in v.en]
    inside = [code for name, code in names.items() if len(word) > 1 and not word.isascii() and word in name]
    codes = list(dict.fromkeys([*by_name, *(names[name] for name in near), *inside]))
    named = [(code, _variable_name(code, context)) for code in codes]
    shown = "、".join(
        ["fuel（能源消费）", *(f"{code}（{v.zh}）" for code, v in list(context.known.items())[:2])]
    )
    return "variable-unknown", {"text": word, "known": shown, **meant(named)}


def _variable_name(code: str, context: Context) -> str:
    for table in (context.known, context.parameters, context.variables):
        if code in table:
            return str(table[code].zh)
    return ""


def is_fuel_variable(word: str) -> bool:
    """True when the item of such a record must be a fuel."""
    return word in FUEL_VARIABLES


def is_price_basis(text: str) -> bool:
    """True for "current" and "constant-<year>"."""
    return re.fullmatch(r"current|constant-(19|20)\d\d", text) is not None


def allowed_units(variable: str, context: Context) -> tuple[str, ...]:
    """Units whose dimension the variable may have; () when the reader does not know."""
    if is_fuel_variable(variable):
        return FUEL_UNITS
    if variable in context.variables:
        return (context.variables[variable].unit,)
    if variable in context.known:
        return context.known[variable].units
    return context.parameters[variable].units if variable in context.parameters else ()


@lru_cache(maxsize=4096)
def unit_fault(text: str) -> Fault | None:
    """Why a unit does not parse."""
    try:
        parse_unit(text)
    except UnitError as error:
        return error.name, dict(error.values)
    return None


@lru_cache(maxsize=4096)
def base_units(text: str) -> float:
    """Base units in one unit, NaN for text that is no unit."""
    return math.nan if unit_fault(text) is not None else float(parse_unit(text).factor)


def gas_in_unit(text: str, variable: str, context: Context) -> str:
    """The substance that a unit names although the variable takes the gas from the item; "" otherwise."""
    known = context.known.get(variable)
    if known is None or "gas" not in known.kinds or any(parse_unit(unit).substances for unit in known.units):
        return ""
    return ", ".join(parse_unit(text).substances)


def measures(text: str, allowed: Sequence[str]) -> dict[str, str]:
    """Blanks that say in words what a unit measures and what is wanted: 质量, 面积, 牲畜数量 …"""
    out = {}
    for lang in ("zh", "en"):
        out[f"measured_{lang}"] = _measure(text, lang)
        joint = "或" if lang == "zh" else " or "
        out[f"wanted_{lang}"] = joint.join(dict.fromkeys(_measure(unit, lang) for unit in allowed))
    return out


def _measure(text: str, lang: str) -> str:
    """What a unit measures: the name of its kind, else its dimension; a plain number is a share or ratio."""
    unit = parse_unit(text)
    if not unit.dimension:
        return "比例" if lang == "zh" else "a share"
    return kind_word(kind(unit), lang) if kind(unit) else unit.dimension_text(lang)


def same_dimension(text: str, allowed: Sequence[str]) -> bool:
    """True when `text` has the dimension of one of `allowed`, or has it once the substance is named."""
    given = parse_unit(text)
    return any(fitted(given, parse_unit(unit)) is not None for unit in allowed)
