"""The formula tree: seven kinds of nodes, and the errors that point into a formula's text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from ghg_inventory.errors import NOWHERE, Finding, GhgError, Place, finding

FUNCTIONS = {"exp": 1, "ln": 1, "sqrt": 1, "abs": 1, "sign": 1, "step": 1, "min": 2, "max": 2}
"""Function → number of arguments (min and max: at least). `sign` and `step` appear in derivatives."""


class FormulaError(GhgError):
    """A formula cannot be read, checked or evaluated.

    name: finding name, e.g. formula-syntax, formula-dimension. position: 0-based place of the caret.
    """

    def __init__(self, name: str, text: str, position: int, **values: str) -> None:
        super().__init__(name, text, position, values)
        self.name = name
        self.text = text
        self.position = position
        self.values = {**values, "formula": _window(text, position)[0], "caret": _window(text, position)[1]}

    def finding(self, place: Place = NOWHERE) -> Finding:
        """The same fact as a finding at a place."""
        return finding(self.name, place, **self.values)

    def __str__(self) -> str:
        return self.finding().text("en")


def _window(text: str, position: int, width: int = 76) -> tuple[str, str]:
    """The stretch of the text around the caret, printable, and the caret line below it."""
    plain = "".join(c if c.isprintable() else "�" for c in text)
    start = max(0, min(position - width // 2, len(plain) - width))
    return plain[start : start + width], " " * (position - start) + "^"


@dataclass(frozen=True, slots=True)
class Num:
    """A number, exact from its decimal text; never negative (that is Neg)."""

    value: Fraction
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """An input or a named constant."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Neg:
    """−operand."""

    operand: Node
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """left operator right; operator is one of + - * / **, `at` its position."""

    operator: str
    left: Node
    right: Node
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of FUNCTIONS."""

    function: str
    arguments: tuple[Node, ...]
    at: int = field(default=0, compare=False)


Node = Num | Name | Neg | Binary | Call


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    match node:
        case Neg(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Call(arguments=arguments):
            return arguments
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Every node, parents first."""
    yield node
    for child in children(node):
        yield from walk(child)


def constant_value(node: Node) -> Fraction | None:
    """The exact value of a small constant exponent (2, -1, 1/3); None for anything that is not one."""
    match node:
        case Num(value=value):
            return value
        case Neg(operand=operand):
            inner = constant_value(operand)
            return None if inner is None else -inner
        case Binary(operator="/", left=Num(value=above), right=Num(value=below)) if below:
            return above / below
        case Binary(operator="/", left=Neg(operand=Num(value=above)), right=Num(value=below)) if below:
            return -above / below
        case _:
            return None
