"""`Unit`, its algebra and its words.

A unit is kept in two forms: exactly (factor and dimension) and as written (parts), because a reader must
recognise "t CO2/t clinker" and a computer must know that it is CO2 per nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from ghg_inventory.units.errors import UnitError
from ghg_inventory.units.table import Dimension, Entry, table
from ghg_inventory.units.words import kind_of, kind_word, part_text, split_substances

# Symbols with exponents; exponent 0 marks an item word (clinker), which says what but not how much.
Symbols = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What stands between two slashes: sign +1 before the first slash, −1 after it; a number; symbols."""

    sign: int
    number: Fraction
    symbols: Symbols


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measurement.

    text: canonical spelling, e.g. "t C/TJ", "10^4 t"; reading it gives this unit again.
    factor: exact multiplier to base units (kg, m, s, mol, head, CNY …; a substance and the year count 1).
    dimension: sorted (base, exponent), substances included, the year left out; () is dimensionless.
    years: exponent of the inventory year, −1 in kg/head/yr: an annotation (see `convertible`).
    items: item words in the order written, e.g. ("clinker",).
    """

    text: str
    factor: Fraction
    dimension: Dimension
    years: int = 0
    items: tuple[str, ...] = ()
    parts: tuple[Part, ...] = field(default=(), repr=False)

    def dimension_text(self, lang: str = "en") -> str:
        """What the unit measures, as it is written: "mass·[CO2]/energy" or "质量·[CO2]/能量"."""
        known = table()
        above, below = "", ""
        for part in self.parts:
            named = [(name, known.units[name], power) for name, power in part.symbols if power]
            word = part_text(named, lang)
            if part.sign > 0:
                above = word
            elif word:
                below += f"/{word}"
        return (above or ("1" if below else kind_word("dimensionless", lang))) + below

    def product(self, other: Unit) -> Unit:
        """self × other; symbols that cancel disappear from the text, items are dropped."""
        return _combined((self, 1), (other, 1))

    def quotient(self, other: Unit) -> Unit:
        """self ÷ other."""
        return _combined((self, 1), (other, -1))

    def power(self, exponent: int) -> Unit:
        """self to an integer power."""
        return _combined((self, exponent))

    @property
    def substances(self) -> tuple[str, ...]:
        """Substances named anywhere in the text, cancelled or not, without repetition."""
        known = table()
        names = (name for part in self.parts for name, power in part.symbols if power)
        return tuple(dict.fromkeys(name for name in names if known.is_substance(name)))


def build(parts: Iterable[Part]) -> Unit:
    """The unit of parts made of canonical symbols. Raises: KeyError for a symbol that is not in the table."""
    kept = tuple(part for part in parts if part.number != 1 or part.symbols)
    known = table().units
    factor = Fraction(1)
    years = 0
    exponents: dict[str, int] = {}
    for part in kept:
        factor *= part.number**part.sign
        for name, power in part.symbols:
            if power:
                entry = known[name]
                factor *= entry.factor ** (power * part.sign)
                years += entry.years * power * part.sign
                for base, exponent in entry.dimension:
                    exponents[base] = exponents.get(base, 0) + exponent * power * part.sign
    dimension = tuple(sorted((base, power) for base, power in exponents.items() if power))
    items = tuple(name for part in kept for name, power in part.symbols if not power)
    return Unit(_text(kept), factor, dimension, years, items, kept)


@lru_cache(maxsize=8192)
def _combined(*factors: tuple[Unit, int]) -> Unit:
    """The product of units to integer powers, equal symbols merged, in order of first appearance."""
    number = Fraction(1)
    merged: dict[str, int] = {}
    for unit, exponent in factors:
        for part in unit.parts:
            number *= part.number ** (part.sign * exponent)
            for name, power in part.symbols:
                if power:
                    merged[name] = merged.get(name, 0) + power * part.sign * exponent
    above = tuple((name, power) for name, power in merged.items() if power > 0)
    below = [(name, -power) for name, power in merged.items() if power < 0]
    parts = [Part(1, Fraction(number.numerator), above)]
    for group in _denominators(below):
        parts.append(Part(-1, Fraction(number.denominator) if len(parts) == 1 else Fraction(1), group))
    if len(parts) == 1 and number.denominator != 1:
        parts.append(Part(-1, Fraction(number.denominator), ()))
    return build(parts)


def _denominators(symbols: list[tuple[str, int]]) -> Iterator[Symbols]:
    """One group per unit, with the substances that follow it: [kg VS day] → (kg VS), (day)."""
    group: list[tuple[str, int]] = []
    for name, power in symbols:
        if group and not table().is_substance(name):
            yield tuple(group)
            group = []
        group.append((name, power))
    if group:
        yield tuple(group)


def _text(parts: tuple[Part, ...]) -> str:
    bare_allowed = len({n for p in parts for n, power in p.symbols if power and table().is_substance(n)}) > 1
    above = [_group(part, bare_allowed) for part in parts if part.sign > 0]
    below = [_group(part, bare_allowed) for part in parts if part.sign < 0]
    head = "·".join(text for text in above if text) or "1"
    return "/".join([head, *(text or "1" for text in below)])


def _group(part: Part, bare_allowed: bool) -> str:
    """ "10^4 t CO2": units are joined by a dot, what describes them by a space."""
    known = table()
    words = [] if part.number == 1 else [number_text(part.number)]
    text = words[0] if words else ""
    carrier = False
    for name, power in part.symbols:
        entry = known.units.get(name) if power else None
        describes = entry is None or entry.substance
        word = name if power in (0, 1) else f"{name}^{power}"
        if entry is not None and entry.substance and not (carrier or bare_allowed):
            word = f"[{name}]" if power == 1 else f"[{name}]^{power}"
        carrier = carrier or (entry is not None and carries_substance(entry, power))
        text += ("" if not text else " " if describes or text == "".join(words) else "·") + word
    return text


def carries_substance(entry: Entry, power: int) -> bool:
    """True for a mass, a volume or an amount: what a substance word may follow."""
    if len(entry.dimension) != 1:
        return False
    base, exponent = entry.dimension[0]
    return base in ("mass", "amount") or (base == "length" and exponent * power % 3 == 0)


def number_text(number: Fraction) -> str:
    """An exact number as the parser reads it: 10^4, 1000, 0.5. Powers of ten from 10^3 on are written so."""
    whole, zeros = abs(number.numerator), 0
    if number.denominator == 1 and number > 0:
        while whole % 10 == 0:
            whole, zeros = whole // 10, zeros + 1
        return f"10^{zeros}" if whole == 1 and zeros > 2 else str(number.numerator)
    below = number.denominator
    if number.numerator == 1:
        while below % 10 == 0:
            below, zeros = below // 10, zeros + 1
        if below == 1:
            return f"10^-{zeros}"
    places = 0
    while (number * 10**places).denominator != 1:
        places += 1
        if places > 40:
            raise ValueError(f"{number} has no finite decimal text")
    digits = str((number * 10**places).numerator).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"


def factor_between(source: Unit, target: Unit) -> float:
    """What a value in `source` is multiplied by to be in `target`: float of the exact quotient.

    t/yr is t in the inventory year (see `convertible`).
    Raises: UnitError "unit-dimension" when the dimensions differ, substances included.
    """
    return float(exact_factor_between(source, target))


def exact_factor_between(source: Unit, target: Unit) -> Fraction:
    """The same as an exact fraction. Raises: UnitError."""
    if not convertible(source, target):
        raise dimension_error(source, target)
    return source.factor / target.factor


def convertible(source: Unit, target: Unit) -> bool:
    """True for equal dimensions and equal exponents of the year.

    An amount and the same amount per year are equal too, for an inventory's amounts are those of its year; a
    pure number and a pure number per year (a decay rate) are not.
    """
    if source.dimension != target.dimension:
        return False
    return source.years == target.years or bool(source.dimension and {source.years, target.years} == {0, -1})


def dimension_error(source: Unit, target: Unit) -> UnitError:
    """UnitError "unit-dimension" with both units and what they measure, in both languages."""
    values = {"source": source.text, "target": target.text}
    for lang in ("zh", "en"):
        values[f"source_kind_{lang}"] = source.dimension_text(lang)
        values[f"target_kind_{lang}"] = target.dimension_text(lang)
    return UnitError("unit-dimension", values, (target.text,))


def with_substance(unit: Unit, name: str, side: int = 1) -> Unit:
    """The unit with a substance said of its first mass or volume: kg/TJ and "CH4" give kg CH4/TJ.

    For tables that name the gas in a column of their own. side: +1 above the slash, −1 below it. A side that
    names a substance already is left as it is: kg N2O-N/kg N stays, whatever the column says.
    Raises: UnitError unit-substance when that side has no mass or volume; KeyError for an unknown substance.
    """
    known = table()
    if not known.units[name].substance:
        raise KeyError(name)
    mine = [part for part in unit.parts if part.sign == side]
    if any(power and known.is_substance(symbol) for part in mine for symbol, power in part.symbols):
        return unit
    for part in mine:
        for position, (symbol, power) in enumerate(part.symbols):
            if power and carries_substance(known.units[symbol], power):
                place = position + 1
                symbols = (*part.symbols[:place], (name, 1), *part.symbols[place:])
                changed = Part(part.sign, part.number, symbols)
                return build(changed if old is part else old for old in unit.parts)
    raise UnitError("unit-substance", {"unit": unit.text, "substance": name})


def fitted(unit: Unit, target: Unit) -> Unit | None:
    """The unit as an amount of `target`: itself, or with the substance that the target names and it leaves out.

    A variable that is nitrogen may be stated in plain 吨: the variable says what of. A unit that names another
    substance does not fit, nor does one of another dimension: None.
    """
    if convertible(unit, target):
        return unit
    if unit.substances or len(target.substances) != 1:
        return None
    try:
        named = with_substance(unit, target.substances[0])
    except UnitError:
        return None
    return named if convertible(named, target) else None


def kind(unit: Unit) -> str:
    """What the unit measures, substances and the year aside: "mass", "volume", "energy", "head" …

    The keys are the names of dimensions.csv; "" is a rate. A quotient is a rate even where it cancels: m3/ha
    is no length.
    >>> from ghg_inventory.units import parse_unit
    >>> kind(parse_unit("万吨")), kind(parse_unit("亿千瓦时")), kind(parse_unit("m3/ha"))
    ('mass', 'energy', '')
    """
    known = table()
    below = [part for part in unit.parts if part.sign < 0]
    if any(known.units[name].dimension for part in below for name, power in part.symbols if power):
        return ""
    physical, _ = split_substances(unit.dimension)
    return kind_of(physical)
