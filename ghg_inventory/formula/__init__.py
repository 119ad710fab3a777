"""Formulas: read, checked for units, evaluated over columns, differentiated and printed.

A formula comes from a data file and is never executed as code: it is read into our own small tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy.typing as npt

from ghg_inventory.formula import derive, dimensions, parser, render
from ghg_inventory.formula.constants import Constant, constants
from ghg_inventory.formula.evaluate import FloatArray, evaluate
from ghg_inventory.formula.tree import Binary, FormulaError, Name, Node, walk
from ghg_inventory.units import Unit, exact_factor_between

__all__ = ["Constant", "Formula", "FormulaError", "constants", "parse"]


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula: its text as written and its tree."""

    source: str
    tree: Node

    @property
    def names(self) -> frozenset[str]:
        """The inputs that need a value: every name that is not a named constant."""
        return frozenset(node.name for node in walk(self.tree) if isinstance(node, Name)) - constants().keys()

    @property
    def constants(self) -> frozenset[str]:
        """The named constants used."""
        return frozenset(node.name for node in walk(self.tree) if isinstance(node, Name)) & constants().keys()

    def check(self, units: Mapping[str, Unit], result: Unit | None = None) -> Unit:
        """The unit of the value when every input is in its declared unit.

        Multiply the value by `factor_between(that unit, wanted unit)` to get the wanted unit.
        result: the unit the value must be convertible to, if given.
        Raises: FormulaError with a caret under the operator, both units and the likely fix.
        """
        return dimensions.check(self.source, self.tree, units, result)

    def scale_to(self, units: Mapping[str, Unit], target: Unit) -> float:
        """The one factor from the formula's value, inputs in `units`, to `target`.

        It differs with the units of the inputs, so for a pure product inputs need no conversion of their own.
        Raises: FormulaError (see `check`); UnitError when the dimensions differ.
        """
        return float(self.exact_scale_to(units, target))

    def exact_scale_to(self, units: Mapping[str, Unit], target: Unit) -> Fraction:
        """`scale_to` as an exact fraction."""
        return exact_factor_between(self.check(units, target), target)

    def evaluate(self, values: Mapping[str, npt.ArrayLike]) -> FloatArray:
        """The value for arrays or numbers in the declared units; constants need no value.

        Rows divided by zero, or with a logarithm of zero, come back as inf or nan: look for them.
        Raises: FormulaError formula-missing-input; ValueError when array shapes do not fit together.
        """
        return evaluate(self.source, self.tree, values)

    def derivative(self, name: str) -> Formula:
        """The exact derivative by one input, simplified; 0 for a name that does not occur."""
        tree = derive.derivative(self.tree, name)
        return Formula(render.text(tree), tree)

    def is_product(self) -> bool:
        """True when the formula only multiplies and divides: then it is linear in every numerator input."""
        nodes = list(walk(self.tree))
        return all(node.operator in "*/" for node in nodes if isinstance(node, Binary)) and not any(
            type(node).__name__ in ("Neg", "Call") for node in nodes
        )

    def text(self) -> str:
        """The formula in plain characters with minimal parentheses; reading it gives the same tree."""
        return render.text(self.tree)

    def html(self, symbols: Mapping[str, str] | None = None) -> str:
        """The formula as HTML with fractions; symbols: name → "X_sub"."""
        return render.html(self.tree, symbols or {})


@lru_cache(maxsize=1024)
def parse(text: str) -> Formula:
    """The formula of a text, cached. Raises: FormulaError formula-syntax or formula-too-large, with caret."""
    return Formula(text, parser.read(text))
