"""The dimension check: exact unit algebra over a formula tree, with the fix named when it fails.

Every input is a number in its declared unit, so + and − need equal units and not only equal dimensions:
t + kg is refused, because nobody would convert in between. The inventory year (kg/yr) may differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from math import isqrt

from ghg_inventory.formula.constants import constants, hint, refuse_reserved
from ghg_inventory.formula.tree import Binary, Call, FormulaError, Name, Neg, Node, Num, constant_value, walk
from ghg_inventory.units import Unit, convertible, parse_unit

MAX_EXPONENT = 9
_ONE = parse_unit("1")


def check(text: str, tree: Node, units: Mapping[str, Unit], result: Unit | None) -> Unit:
    """The unit of the formula's value in terms of the declared input units.

    Raises: FormulaError formula-unknown-name, formula-dimension, formula-scale, formula-exponent,
    formula-function, formula-years, formula-reserved, formula-result.
    """
    refuse_reserved(text, units)
    checker = _Checker(text, tree, units)
    unit = checker.unit(tree)
    outcome = _ONE if unit is None else unit
    if outcome.years not in (0, -1) and outcome.dimension:
        raise FormulaError("formula-years", text, tree.at, unit=outcome.text)
    if result is not None and unit is not None and not convertible(outcome, result):
        raise checker.mismatch("formula-result", tree.at, outcome, result)
    return outcome


class _Checker:
    """Walks one tree; `None` is the unit of a literal zero, which has every unit."""

    def __init__(self, text: str, tree: Node, units: Mapping[str, Unit]) -> None:
        self.text = text
        self.units = units
        self.used: Mapping[str, int] = Counter(node.name for node in walk(tree) if isinstance(node, Name))

    def unit(self, node: Node) -> Unit | None:
        """The unit of a node's value."""
        match node:
            case Num(value=value):
                return _ONE if value else None
            case Name():
                return self.named(node)
            case Neg(operand=operand):
                return self.unit(operand)
            case Call():
                return self.call(node)
            case Binary(operator="+" | "-"):
                return self.same(node, self.unit(node.left), self.unit(node.right))
            case Binary(operator="**"):
                return self.power(node)
            case Binary():
                left, right = self.unit(node.left), self.unit(node.right)
                if left is None or right is None:
                    return None
                return left.product(right) if node.operator == "*" else left.quotient(right)

    def named(self, node: Name) -> Unit:
        """The unit of an input or constant. Raises: FormulaError for a name nobody declared."""
        if node.name in self.units:
            return self.units[node.name]
        if node.name in constants():
            return constants()[node.name].unit
        known = ", ".join([*sorted(self.units), *constants()])
        raise FormulaError("formula-unknown-name", self.text, node.at, symbol=node.name, known=known)

    def same(self, node: Binary | Call, left: Unit | None, right: Unit | None) -> Unit | None:
        """The common unit of two sides. Raises: FormulaError formula-dimension or formula-scale."""
        if left is None or right is None:
            return right if left is None else left
        if not convertible(left, right):
            raise self.mismatch("formula-dimension", node.at, left, right)
        if left.factor != right.factor:
            raise FormulaError("formula-scale", self.text, node.at, left=left.text, right=right.text)
        return left

    def mismatch(self, name: str, at: int, left: Unit, right: Unit) -> FormulaError:
        """Both units, what they measure and the likely fix."""
        zh, en = hint(left, right, self.used)
        if not zh and name == "formula-dimension":
            zh, en = hint(right, left, self.used)
        return FormulaError(
            name, self.text, at, left=left.text, right=right.text,
            left_kind_zh=left.dimension_text("zh"), left_kind_en=left.dimension_text("en"),
            right_kind_zh=right.dimension_text("zh"), right_kind_en=right.dimension_text("en"),
            hint_zh=zh or "请核对各输入量的单位", hint_en=en or "check the unit of every input",
        )  # fmt: skip

    def power(self, node: Binary) -> Unit | None:
        """base ** exponent: any exponent for a pure number, a small constant one for a quantity."""
        base = self.unit(node.left)
        self.pure(node.right, node.at)
        exponent = constant_value(node.right)
        if base is None or _is_pure(base):
            return base
        if exponent is None or exponent.denominator not in (1, 2) or abs(exponent) > MAX_EXPONENT:
            raise FormulaError("formula-exponent", self.text, node.at, unit=base.text)
        if exponent.denominator == 2:
            base = self.root(base, node.at)
        return base.power(exponent.numerator)

    def call(self, node: Call) -> Unit | None:
        """The unit of a function's value."""
        name, first = node.function, node.arguments[0]
        if name in ("exp", "ln"):
            self.pure(first, node.at, name)
            return _ONE
        unit = self.unit(first)
        if name in ("sign", "step"):
            return _ONE
        if name == "sqrt":
            return None if unit is None else self.root(unit, node.at)
        for other in node.arguments[1:]:
            unit = self.same(node, unit, self.unit(other))
        return unit

    def pure(self, node: Node, at: int, function: str = "**") -> None:
        """Raises: FormulaError formula-function unless the node is a pure number (not a percentage)."""
        unit = self.unit(node)
        if unit is not None and not _is_pure(unit):
            raise FormulaError("formula-function", self.text, at, function=function, unit=unit.text)

    def root(self, unit: Unit, at: int) -> Unit:
        """The square root. Raises: FormulaError formula-exponent when a unit has none."""
        number = Fraction(1)
        root = _ONE
        for part in unit.parts:
            powers = [(name, power) for name, power in part.symbols if power]
            number *= part.number**part.sign
            if any(power % 2 for _, power in powers):
                raise FormulaError("formula-exponent", self.text, at, unit=unit.text)
            for name, power in powers:
                symbol = parse_unit(f"[{name}]" if name in unit.substances else name)
                root = root.product(symbol.power(part.sign * power // 2))
        above, below = isqrt(number.numerator), isqrt(number.denominator)
        if Fraction(above, below) ** 2 != number:
            raise FormulaError("formula-exponent", self.text, at, unit=unit.text)
        return root.product(scaled(Fraction(above, below)))


def scaled(number: Fraction) -> Unit:
    """A pure number as a unit, e.g. 10^4."""
    return parse_unit(f"{number.numerator}").quotient(parse_unit(f"{number.denominator}"))


def _is_pure(unit: Unit) -> bool:
    return not unit.dimension and unit.factor == 1 and unit.years == 0
