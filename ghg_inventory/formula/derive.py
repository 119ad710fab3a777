"""Exact derivatives, with trivial terms simplified away.

min, max and abs are differentiated with `step` (1 above zero, else 0) and `sign`; at a kink the value is one
of the one-sided derivatives (for abs: 0).
"""

from __future__ import annotations

from fractions import Fraction

from ghg_inventory.formula.tree import Binary, Call, Name, Neg, Node, Num, constant_value, walk

ZERO = Num(Fraction(0))
ONE = Num(Fraction(1))
_MAX_DIGITS = 10**12


def derivative(node: Node, name: str) -> Node:
    """The tree of d node / d name."""
    match node:
        case Name(name=own):
            return ONE if own == name else ZERO
        case Neg(operand=operand):
            return neg(derivative(operand, name))
        case Binary(operator="+", left=left, right=right):
            return add(derivative(left, name), derivative(right, name))
        case Binary(operator="-", left=left, right=right):
            return sub(derivative(left, name), derivative(right, name))
        case Binary(operator="*", left=left, right=right):
            return add(mul(derivative(left, name), right), mul(left, derivative(right, name)))
        case Binary(operator="/", left=left, right=right):
            return _quotient(left, right, name)
        case Binary(operator="**"):
            return _power(node, name)
        case Call():
            return _call(node, name)
        case _:
            return ZERO


def _depends(node: Node, name: str) -> bool:
    return any(isinstance(part, Name) and part.name == name for part in walk(node))


def _quotient(left: Node, right: Node, name: str) -> Node:
    first = div(derivative(left, name), right)
    if not _depends(right, name):
        return first
    return sub(first, div(mul(left, derivative(right, name)), power(right, Num(Fraction(2)))))


def _power(node: Binary, name: str) -> Node:
    base, exponent = node.left, node.right
    if not _depends(node, name):
        return ZERO
    known = constant_value(exponent)
    if not _depends(exponent, name):
        less = number(known - 1) if known is not None else sub(exponent, ONE)
        return mul(mul(exponent, power(base, less)), derivative(base, name))
    growth = mul(derivative(exponent, name), Call("ln", (base,)))
    if _depends(base, name):
        growth = add(growth, div(mul(exponent, derivative(base, name)), base))
    return mul(node, growth)


def _call(node: Call, name: str) -> Node:
    function, first = node.function, node.arguments[0]
    if not _depends(node, name) or function in ("sign", "step"):
        return ZERO
    inner = derivative(first, name)
    if function == "exp":
        return mul(node, inner)
    if function == "ln":
        return div(inner, first)
    if function == "sqrt":
        return div(inner, mul(Num(Fraction(2)), node))
    if function == "abs":
        return mul(Call("sign", (first,)), inner)
    return _extreme(node, name)


def _extreme(node: Call, name: str) -> Node:
    """max(a, b)' = b' + step(a − b)·(a' − b'); min(a, b)' = a' + step(a − b)·(b' − a').

    More arguments fold to the left: max(a, b, c) is max(max(a, b), c).
    """
    *rest, last = node.arguments
    first = rest[0] if len(rest) == 1 else Call(node.function, tuple(rest))
    one, two = derivative(first, name), derivative(last, name)
    above = Call("step", (Binary("-", first, last),))
    if node.function == "max":
        return add(two, mul(above, sub(one, two)))
    return add(one, mul(above, sub(two, one)))


def number(value: Fraction) -> Node:
    """A constant as the parser would read it: 2, 0.5, 1/3, −1."""
    if value < 0:
        return Neg(number(-value))
    below = value.denominator
    while below % 2 == 0:
        below //= 2
    while below % 5 == 0:
        below //= 5
    if below == 1:
        return Num(value)
    return Binary("/", Num(Fraction(value.numerator)), Num(Fraction(value.denominator)))


def _folded(left: Node, right: Node, operator: str) -> Node | None:
    if not (isinstance(left, Num) and isinstance(right, Num)):
        return None
    value = left.value + right.value if operator == "+" else left.value * right.value
    small = value.numerator < _MAX_DIGITS and value.denominator < _MAX_DIGITS
    return number(value) if small else None


def add(left: Node, right: Node) -> Node:
    """left + right without zeros."""
    if left == ZERO:
        return right
    if right == ZERO:
        return left
    return _folded(left, right, "+") or Binary("+", left, right)


def sub(left: Node, right: Node) -> Node:
    """left − right without zeros."""
    if right == ZERO:
        return left
    if left == ZERO:
        return neg(right)
    return Binary("-", left, right)


def mul(left: Node, right: Node) -> Node:
    """left × right without zeros and ones."""
    if ZERO in (left, right):
        return ZERO
    if left == ONE:
        return right
    if right == ONE:
        return left
    return _folded(left, right, "*") or Binary("*", left, right)


def div(left: Node, right: Node) -> Node:
    """left / right; 0/x is 0."""
    if left == ZERO:
        return ZERO
    return left if right == ONE else Binary("/", left, right)


def power(base: Node, exponent: Node) -> Node:
    """base ** exponent without exponents 0 and 1."""
    if exponent == ZERO:
        return ONE
    return base if exponent == ONE else Binary("**", base, exponent)


def neg(node: Node) -> Node:
    """−node without −0 and −−."""
    if node == ZERO:
        return ZERO
    return node.operand if isinstance(node, Neg) else Neg(node)
