"""Reading formula text into a tree: numbers, names, + - * / **, parentheses and seven functions, no more.

A small precedence parser instead of `ast`: it keeps every operator's place for the caret, decimals stay
exact, and no text, however deep or long, reaches Python's own parser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from ghg_inventory.formula.tree import FUNCTIONS, Binary, Call, FormulaError, Name, Neg, Node, Num

MAX_LENGTH = 2000
MAX_NODES = 400
MAX_DEPTH = 80
MAX_DIGITS = 30
MAX_POWER_OF_TEN = 60

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<operator>\*\*|[-+*/(),]))",
    re.ASCII,
)
_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "**": 4}
_UNARY = 3


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # "number", "name", "operator", "end"
    text: str
    at: int


def read(text: str) -> Node:
    """The tree of a formula. Raises: FormulaError formula-syntax or formula-too-large, with a caret."""
    if len(text) > MAX_LENGTH:
        raise FormulaError("formula-too-large", text[:60], 0, limit=f"{MAX_LENGTH} characters")
    reader = _Reader(text, _tokens(text))
    tree = reader.expression(0, 0)
    if reader.token.kind != "end":
        raise reader.unexpected()
    return tree


def _tokens(text: str) -> list[_Token]:
    tokens = []
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise _bad_character(text, at)
        kind = str(found.lastgroup)
        start = found.start(kind)
        tokens.append(_Token(kind, found[kind], start))
        at = found.end()
        if kind == "number" and at < len(text) and (text[at].isalnum() or text[at] in "._"):
            why_zh, why_en = "数字后缺少运算符", "an operator is missing here"
            raise FormulaError("formula-syntax", text, at, why_zh=why_zh, why_en=why_en)
    return [*tokens, _Token("end", "", len(text))]


_INSTEAD = {
    "×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "^": "**", "（": "(", "）": ")", "，": ",", "²": "**2",
}  # fmt: skip


def _bad_character(text: str, at: int) -> FormulaError:
    character = text[at] if text[at].isprintable() else f"U+{ord(text[at]):04X}"
    instead = _INSTEAD.get(text[at], "")
    zh = f"不能使用字符“{character}”" + (f"，请写 {instead}" if instead else "")
    en = f"the character '{character}' is not allowed" + (f"; write {instead}" if instead else "")
    return FormulaError("formula-syntax", text, at, why_zh=zh, why_en=en)


class _Reader:
    """Precedence climbing over the tokens; counts nodes and depth so that no text can exhaust us."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self.text, self.tokens = text, tokens
        self.position = 0
        self.nodes = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def take(self) -> _Token:
        token = self.token
        self.position += 1
        return token

    def unexpected(self) -> FormulaError:
        token = self.token
        if token.kind == "end":
            why_zh, why_en = "公式不完整", "the formula stops too early"
        else:
            why_zh, why_en = f"此处不应出现“{token.text}”", f"'{token.text}' is not expected here"
        return FormulaError("formula-syntax", self.text, token.at, why_zh=why_zh, why_en=why_en)

    def count(self, depth: int) -> None:
        """One more node at this depth. Raises: FormulaError formula-too-large."""
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            limit = f"{MAX_NODES} nodes, depth {MAX_DEPTH}"
            raise FormulaError("formula-too-large", self.text, self.token.at, limit=limit)

    def expression(self, binding: int, depth: int) -> Node:
        """Operators that bind tighter than `binding`; ** groups to the right, the others to the left."""
        left = self.operand(depth)
        chain = 0
        while self.token.kind == "operator" and _BINDING.get(self.token.text, 0) > binding:
            operator = self.take()
            chain += 1
            self.count(depth + chain)  # a*b*c*… is as deep as it is long
            power = operator.text == "**"
            right = self.expression(_UNARY - 1 if power else _BINDING[operator.text], depth + chain)
            left = Binary(operator.text, left, right, operator.at)
        return left

    def operand(self, depth: int) -> Node:
        """A number, a name, a call, −operand or a parenthesis."""
        self.count(depth)
        token = self.take()
        if token.kind == "number":
            return self.number(token)
        if token.kind == "name":
            called = self.token.kind == "operator" and self.token.text == "("
            return self.call(token, depth) if called else self.name(token)
        if token.text == "-":
            return Neg(self.expression(_UNARY, depth + 1), token.at)
        if token.text == "(":
            inner = self.expression(0, depth + 1)
            self.close()
            return inner
        self.position -= 1
        raise self.unexpected()

    def close(self) -> None:
        if self.token.text != ")":
            raise self.unexpected()
        self.take()

    def name(self, token: _Token) -> Name:
        if token.text in FUNCTIONS:
            why_zh, why_en = f"函数 {token.text} 缺少括号", f"the function {token.text} needs parentheses"
            raise FormulaError("formula-syntax", self.text, token.at, why_zh=why_zh, why_en=why_en)
        return Name(token.text, token.at)

    def number(self, token: _Token) -> Num:
        """The exact value of the decimal text. Raises: FormulaError formula-too-large."""
        mantissa, _, exponent = token.text.lower().partition("e")
        if len(mantissa) > MAX_DIGITS or len(exponent) > 4 or abs(int(exponent or 0)) > MAX_POWER_OF_TEN:
            limit = f"{MAX_DIGITS} digits, 1e±{MAX_POWER_OF_TEN}"
            raise FormulaError("formula-too-large", self.text, token.at, limit=limit)
        return Num(Fraction(token.text), token.at)

    def call(self, token: _Token, depth: int) -> Call:
        """function(a, b). Raises: FormulaError for an unknown function or a wrong number of arguments."""
        if token.text not in FUNCTIONS:
            known = ", ".join(FUNCTIONS)
            why_zh = f"没有函数“{token.text}”，可用：{known}"
            why_en = f"no function '{token.text}'; there are {known}"
            raise FormulaError("formula-syntax", self.text, token.at, why_zh=why_zh, why_en=why_en)
        self.take()
        arguments = [self.expression(0, depth + 1)]
        while self.token.text == ",":
            self.take()
            arguments.append(self.expression(0, depth + 1))
        self.close()
        wanted = FUNCTIONS[token.text]
        if len(arguments) != wanted and not (wanted == 2 and len(arguments) > 2):
            why_zh = f"{token.text} 需要 {wanted} 个参数，现有 {len(arguments)} 个"
            why_en = f"{token.text} takes {wanted} arguments, not {len(arguments)}"
            raise FormulaError("formula-syntax", self.text, token.at, why_zh=why_zh, why_en=why_en)
        return Call(token.text, tuple(arguments), token.at)
