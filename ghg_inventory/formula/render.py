"""A formula as text for terminals and as HTML for print, with as few parentheses as meaning allows.

WeasyPrint has no MathML, so a fraction is nested spans: class `frac` holds `num`, `bar` and `den`. `bar` is a
real slash for screen readers and for copied text; the style sheet hides it and draws a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from html import escape

from ghg_inventory.formula.constants import constants
from ghg_inventory.formula.tree import Binary, Call, Name, Neg, Node, Num

_LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2, "**": 4}
_NEG, _ATOM = 3, 5


def _level(node: Node) -> int:
    match node:
        case Binary(operator=operator):
            return _LEVEL[operator]
        case Neg():
            return _NEG
        case _:
            return _ATOM


def _operand_levels(operator: str) -> tuple[int, int]:
    """The lowest levels that need no parentheses to the left and to the right."""
    level = _LEVEL[operator]
    return (level + 1, _NEG) if operator == "**" else (level, level + 1)


def decimal(value: Fraction) -> str:
    """The shortest decimal text of a number that came from one. Raises: ValueError for 1/3."""
    if value.denominator == 1:
        return str(value.numerator)
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
        if places > 100:
            raise ValueError(f"{value} is no finite decimal")
    digits = str((value * 10**places).numerator).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"


def text(node: Node, least: int = 0) -> str:
    """The formula as the parser reads it, in parentheses when its level is below `least`."""
    match node:
        case Num(value=value):
            inner = decimal(value)
        case Name(name=name):
            inner = name
        case Neg(operand=operand):
            inner = "-" + text(operand, _NEG)
        case Call(function=function, arguments=arguments):
            inner = f"{function}({', '.join(text(argument) for argument in arguments)})"
        case Binary(operator=operator, left=left, right=right):
            low, high = _operand_levels(operator)
            sign = operator if operator == "**" else f" {operator} "
            inner = text(left, low) + sign + text(right, high)
    return f"({inner})" if _level(node) < least else inner


def html(node: Node, symbols: Mapping[str, str], least: int = 0) -> str:
    """The formula as HTML. symbols: input name → symbol "X_sub" or plain text (escaped here)."""
    match node:
        case Num(value=value):
            return f'<span class="n">{decimal(value)}</span>'
        case Name(name=name):
            return _symbol(name, symbols)
        case Binary(operator="/", left=left, right=right):
            inner = fraction(html(left, symbols), html(right, symbols))
            return f"({inner})" if least == _ATOM else inner  # a fraction groups itself, not under a power
        case Binary(operator="**", left=left, right=right):
            return f"{html(left, symbols, _ATOM)}<sup>{html(right, symbols)}</sup>"
        case Neg(operand=operand):
            inner = "−" + html(operand, symbols, _NEG)
        case Call(function=function, arguments=arguments):
            return _call(function, [html(argument, symbols) for argument in arguments])
        case Binary(operator=operator, left=left, right=right):
            low, high = _operand_levels(operator)
            # × and + group as they like on paper; only a subtrahend needs its parentheses.
            right_level = high if operator == "-" else low
            inner = html(left, symbols, low) + _SIGNS[operator] + html(right, symbols, right_level)
    return f"({inner})" if _level(node) < least else inner


_SIGNS = {"+": " + ", "-": " − ", "*": " × "}


def fraction(above: str, below: str) -> str:
    """Two pieces of HTML above each other."""
    return (
        f'<span class="frac"><span class="num">{above}</span><span class="bar">/</span>'
        f'<span class="den">{below}</span></span>'
    )


def _call(function: str, arguments: list[str]) -> str:
    if function == "sqrt":
        return f'√<span class="root">{arguments[0]}</span>'
    if function == "abs":
        return f"|{arguments[0]}|"
    return f'<span class="fn">{function}</span>({", ".join(arguments)})'


def _symbol(name: str, symbols: Mapping[str, str]) -> str:
    constant = constants().get(name)
    shown = symbols.get(name) or (constant.symbol if constant else name)
    above, slash, below = shown.partition("/")
    if slash and above.isdigit() and below.isdigit():
        return fraction(f'<span class="n">{above}</span>', f'<span class="n">{below}</span>')
    if shown.replace(".", "").isdigit():
        return f'<span class="n">{escape(shown)}</span>'
    base, _, subscript = shown.partition("_")
    lower = f"<sub>{escape(subscript)}</sub>" if subscript else ""
    return f"<var>{escape(base)}</var>{lower}"
