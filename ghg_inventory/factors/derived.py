"""Derived factors: a published value that is computed from others is computed again whenever it is loaded.

A constant that contradicts its own formula (0.304 beside 0.4 × 0.4 × 0.95 × 44/12 = 0.557) is refused. Which
bundled rows are derived is said in `emission_factors/derived.csv`; a row of a user's file says so itself, in the
column `derived_from`: "CCW*FCF*EF*C_TO_CO2 where CCW=0.4 tC/t; FCF=0.4; EF=my.burnout". An input is a number
with its unit or the factor_id of another row, in the unit printed there; units are converted exactly.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from ghg_inventory.errors import Finding, GhgError, Place, finding
from ghg_inventory.factors.record import Factor
from ghg_inventory.formula import Formula, FormulaError, parse
from ghg_inventory.tables import parse_number, read_rows
from ghg_inventory.units import Unit, UnitError, parse_unit

FILE = "derived.csv"
COLUMNS = ("factor_id", "formula", "inputs", "digits", "tolerance", "note")
_LITERAL = re.compile(r"([-+]?[0-9][0-9.]*(?:[eE][-+]?[0-9]+)?)(?:\s*(\S.*))?")
_COARSEST = 0.1
_ROUNDING = 1e-9
"""Relative room for binary arithmetic, far below any printed digit."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """How one row follows from others.

    formula: text in our formula language. inputs: (symbol, factor_id or number with unit).
    digits: significant digits that the source rounds to, 0 = as many as the value is printed with.
    tolerance: largest difference in the unit of the row, where the source rounds in another way; None = by digits.
    place: where the derivation is declared.
    """

    factor_id: str
    formula: str
    inputs: tuple[tuple[str, str], ...]
    digits: int
    tolerance: float | None
    place: Place


class _Unusable(GhgError):
    """A derivation that cannot be computed; the texts say why in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def recomputed(rows: Sequence[Factor], root: Path) -> tuple[list[Factor], list[Finding]]:
    """The rows without those that contradict their own formula, and a finding for each of those.

    root: the folder with derived.csv (there need not be one). A derivation that cannot be read or names a row
    that did not load is an error as well: nobody would know that nothing was compared.
    """
    by_id = {row.factor_id: row for row in rows}
    declared, findings = read_derivations(root / FILE)
    for row in rows:
        if row.derived_from:
            one, problem = _of_text(row)
            declared += [one] if one else []
            findings += [problem] if problem else []
    refused = set()
    for one in declared:
        problem = difference(one, by_id)
        if problem is not None:
            findings.append(problem)
            refused.add(one.factor_id)
    return [row for row in rows if row.factor_id not in refused], findings


def read_derivations(path: Path) -> tuple[list[Derivation], list[Finding]]:
    """The derivations of the shipped rows; nothing when there is no file."""
    if not path.is_file():
        return [], []
    rows, findings = read_rows(path, COLUMNS, (), f"emission_factors/{path.name}")
    out = []
    for row in rows:
        text = f"{row['formula']} where {row['inputs']}"
        text += f"; digits={row['digits']}" if row["digits"] else ""
        text += f"; tolerance={row['tolerance']}" if row["tolerance"] else ""
        try:
            out.append(_understood(row["factor_id"], text, row.place))
        except _Unusable as error:
            findings.append(_unreadable(row["factor_id"], text, row.place, error))
    return out, findings


def difference(derivation: Derivation, by_id: Mapping[str, Factor]) -> Finding | None:
    """The finding when the row's printed value is not what its formula gives; None when it is."""
    row = by_id.get(derivation.factor_id)
    text = f"{derivation.formula} where {_listed(derivation.inputs)}"
    if row is None:
        lost = _Unusable(f"没有因子“{derivation.factor_id}”", f"there is no factor '{derivation.factor_id}'")
        return _unreadable(derivation.factor_id, text, derivation.place, lost)
    try:
        inputs = {symbol: _input(word, by_id) for symbol, word in derivation.inputs}
        computed = _computed(derivation.formula, inputs, row.unit)
    except _Unusable as error:
        return _unreadable(derivation.factor_id, text, derivation.place, error)
    allowed = _allowed(derivation, row, computed)
    if abs(computed - row.value) <= allowed + _ROUNDING * abs(computed):
        return None
    shown = "; ".join(f"{symbol} = {value:g} {unit.text}" for symbol, (value, unit) in inputs.items())
    return finding(
        "factor-derived-differs", row.place, factor_id=row.factor_id, value=row.value_text, unit=row.unit_text,
        formula=derivation.formula, computed=f"{computed:.6g}", inputs=shown, allowed=f"{allowed:.3g}",
    )  # fmt: skip


def _of_text(row: Factor) -> tuple[Derivation | None, Finding | None]:
    """The derivation that a user's row states in its own column."""
    try:
        return _understood(row.factor_id, row.derived_from, row.place), None
    except _Unusable as error:
        return None, _unreadable(row.factor_id, row.derived_from, row.place, error)


def _understood(factor_id: str, text: str, place: Place) -> Derivation:
    """`text`: "formula where A=…; B=…; digits=3". Raises: _Unusable."""
    formula, _, listed = text.partition(" where ")
    words: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in listed.split(";"))):
        symbol, equals, word = (piece.strip() for piece in part.partition("="))
        if not equals or not symbol or not word or symbol in words:
            raise _Unusable(
                f"“{part}”应写成 符号=数值和单位，每个符号一次",
                f"'{part}' should be SYMBOL=value unit, once each",
            )
        words[symbol] = word
    digits, tolerance = words.pop("digits", ""), words.pop("tolerance", "")
    room = parse_number(tolerance)[0] if tolerance else None
    if (digits and not re.fullmatch(r"[1-9][0-9]?", digits)) or (tolerance and (room is None or room < 0)):
        raise _Unusable(
            "digits 应为有效位数，tolerance 应为数字",
            "digits is a number of significant digits, tolerance a number",
        )
    names = _parsed(formula.strip()).names
    if names != words.keys():
        wrong = ", ".join(sorted(names ^ words.keys()))
        raise _Unusable(f"公式与所列符号不一致：{wrong}", f"formula and list of symbols differ: {wrong}")
    return Derivation(factor_id, formula.strip(), tuple(words.items()), int(digits or 0), room, place)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Formula:
    try:
        return parse(text)
    except FormulaError as error:
        raise _Unusable(error.finding().text("zh"), error.finding().text("en")) from error


def _input(word: str, by_id: Mapping[str, Factor]) -> tuple[float, Unit]:
    """The value and unit of an input: that of a factor, or the number written out."""
    if word in by_id:
        return by_id[word].value, by_id[word].unit
    literal = _LITERAL.fullmatch(word)
    if literal is None:
        raise _Unusable(f"没有因子“{word}”，它也不是数值", f"'{word}' is neither a factor_id nor a number")
    try:
        return float(literal[1]), parse_unit(literal[2] or "1")
    except (UnitError, ValueError) as error:
        raise _Unusable(
            f"“{word}”的单位或数值无法识别", f"value or unit of '{word}' cannot be read: {error}"
        ) from error


def _computed(formula: str, inputs: Mapping[str, tuple[float, Unit]], target: Unit) -> float:
    """The formula's value in the unit of the row. Raises: _Unusable."""
    units = tuple((symbol, unit) for symbol, (_, unit) in inputs.items())
    value = float(_parsed(formula).evaluate({symbol: value for symbol, (value, _) in inputs.items()}))
    if not math.isfinite(value):
        raise _Unusable(
            "公式没有有限的结果（除以零？）", "the formula has no finite value (a division by zero?)"
        )
    return value * float(_scale(formula, units, target))


@lru_cache(maxsize=4096)
def _scale(formula: str, units: tuple[tuple[str, Unit], ...], target: Unit) -> Fraction:
    try:
        return _parsed(formula).exact_scale_to(dict(units), target)
    except FormulaError as error:
        raise _Unusable(error.finding().text("zh"), error.finding().text("en")) from error
    except UnitError as error:
        raise _Unusable(error.finding(Place()).text("zh"), str(error)) from error


def _allowed(derivation: Derivation, row: Factor, computed: float) -> float:
    """Half a unit of the last digit that the source prints, or the tolerance that is declared.

    One printed digit can hide anything (0.557 is "1"): rounding beyond a tenth has to be declared.
    """
    if derivation.tolerance is not None:
        return derivation.tolerance
    return min(_half_step(derivation.digits, row), _COARSEST * abs(computed))


def _half_step(digits: int, row: Factor) -> float:
    """Half a unit of the last digit that counts."""
    if digits and row.value:
        return 0.5 * 10.0 ** (math.floor(math.log10(abs(row.value))) - digits + 1)
    mantissa, _, power = row.value_text.lower().replace(",", "").partition("e")
    decimals = len(mantissa.partition(".")[2])
    exponent = int(power) if re.fullmatch(r"[-+]?[0-9]+", power) else 0
    return float(0.5 * 10.0 ** (exponent - decimals))


def _unreadable(factor_id: str, text: str, place: Place, error: _Unusable) -> Finding:
    return finding(
        "factor-derived-unreadable",
        place,
        factor_id=factor_id,
        text=text,
        reason_zh=error.zh,
        reason_en=error.en,
    )


def _listed(inputs: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{symbol}={word}" for symbol, word in inputs)
