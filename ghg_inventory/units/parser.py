"""Reading a unit text: normalise the characters, scan the words, check the substances, build the exact unit.

Grammar and rules: docs/units.md. Nothing is guessed: a text with two meanings raises UnitError
"ambiguous-unit" with the choices.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from ghg_inventory.units.errors import UnitError, ambiguous_error, choices_error, syntax_error
from ghg_inventory.units.model import Part, Symbols, Unit, build, carries_substance
from ghg_inventory.units.scanner import Scanner
from ghg_inventory.units.table import table

MAX_LENGTH = 200

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SUPERSCRIPT_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+")
_SAME_AS = str.maketrans({
    "−": "-", "–": "-", "‐": "-", "‑": "-", "•": "·", "∙": "·", "⋅": "·", "・": "·", "×": "·",
    "μ": "u", "µ": "u",    "∕": "/", "⁄": "/", "÷": "/", "【": "(", "】": ")", "　": " ",
})  # fmt: skip


def normalise(text: str) -> str:
    """The text in plain characters: full width, superscripts, dashes and dots made one.

    Superscripts become ^n before NFKC, which would turn 10⁴ into 104.
    """
    raised = _SUPERSCRIPT_RUN.sub(lambda found: "^" + found[0].translate(_SUPERSCRIPTS), text.strip())
    plain = unicodedata.normalize("NFKC", raised).translate(_SAME_AS)
    return re.sub(r"\s+", " ", plain).strip()


@lru_cache(maxsize=4096)
def parse_unit(text: str) -> Unit:
    """The unit a text means, cached.

    Raises: UnitError unit-missing (blank), unknown-unit, ambiguous-unit, unit-syntax.
    >>> parse_unit("万吨").text, parse_unit("吨标准煤").text, parse_unit("tC/TJ").text
    ('10^4 t', 'tce', 't C/TJ')
    """
    if not text.strip():
        raise UnitError("unit-missing", {})
    if len(text) > MAX_LENGTH:
        raise syntax_error(text[:40] + "…", "文字过长", "the text is too long")
    plain = normalise(text)
    known = table()
    if plain == "-":
        return parse_unit("1")
    if plain in known.ambiguous:
        raise ambiguous_error(plain, text)
    scanner = Scanner(plain, text, 0)
    unit = _finish(scanner.run(), text)
    for other in scanner.same_as:
        same = parse_unit(other)
        if (same.dimension, same.factor) != (unit.dimension, unit.factor):
            raise syntax_error(text, f"{unit.text} 不等于 {same.text}", f"{unit.text} is not {same.text}")
    return unit


def _finish(parts: list[Part], shown: str) -> Unit:
    """One numerator part, negative powers as parts of their own, substances checked; then the unit."""
    number = Fraction(1)
    above: list[tuple[str, int]] = []
    below: list[Part] = []
    for part in parts:
        if part.sign > 0:
            number *= part.number
        keep = [(name, power) for name, power in part.symbols if power >= 0]
        turned = [(name, -power) for name, power in part.symbols if power < 0]
        if part.sign > 0:
            above += keep
            below += [Part(-1, Fraction(1), (pair,)) for pair in turned]
        else:
            above += turned
            if keep or part.number != 1:
                below.append(replace(part, symbols=tuple(keep)))
    final = [Part(1, number, tuple(above)), *below]
    if any(not Fraction(1, 10**40) < part.number < 10**40 for part in final):
        raise syntax_error(shown, "倍数过大", "the multiplier is too large")
    _check_substances(final, shown)
    return build(replace(part, symbols=_without_brackets(part)) for part in final)


def _without_brackets(part: Part) -> Symbols:
    return tuple((name.strip("[]"), power) for name, power in part.symbols)


def _check_substances(parts: list[Part], shown: str) -> None:
    """A substance follows a mass or volume, stands in brackets, or is compared with another (CO2/C)."""
    known = table()
    names = (name.strip("[]") for part in parts for name, power in part.symbols if power)
    if len({name for name in names if known.is_substance(name)}) > 1:
        return
    for part in parts:
        carrier = False
        for name, power in part.symbols:
            entry = known.units.get(name)
            if power and entry is not None:
                if entry.substance and not carrier:
                    choices = (f"kg {name}", f"m3 {name}")
                    why_en = f"'{name}' is a substance, not a unit of measure"
                    why_zh = f"“{name}”是物质，不是计量单位"
                    raise choices_error(shown, choices, why_zh, why_en)
                carrier = carrier or carries_substance(entry, power)
