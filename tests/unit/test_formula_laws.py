"""Laws of formulas over random trees, and random text that must never hurt."""

from __future__ import annotations

import math
import operator as op
from contextlib import suppress
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ghg_inventory.formula import Formula, FormulaError, parse, render
from ghg_inventory.formula.parser import MAX_DEPTH, MAX_NODES
from ghg_inventory.formula.tree import Binary, Call, Name, Neg, Node, Num, walk
from ghg_inventory.units import parse_unit

names = st.sampled_from(["a", "b", "c_1", "C_TO_CO2"]).map(Name)
numbers = st.decimals(0, 1000, places=3).map(Fraction).map(Num) | st.integers(0, 9).map(Fraction).map(Num)


def nodes(below: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    binary = st.builds(Binary, st.sampled_from(["+", "-", "*", "/", "**"]), below, below)
    one = st.sampled_from(["exp", "ln", "sqrt", "abs", "sign", "step"])
    many = st.lists(below, min_size=2, max_size=3).map(tuple)
    calls = st.builds(lambda f, x: Call(f, (x,)), one, below)
    return binary | st.builds(Neg, below) | calls | st.builds(Call, st.sampled_from(["min", "max"]), many)


trees = st.recursive(names | numbers, nodes, max_leaves=12)
# Smooth and tame: no kinks, no poles, values near 1.
tame = st.recursive(
    st.sampled_from(["a", "b"]).map(Name) | st.sampled_from([1, 2, 3]).map(Fraction).map(Num),
    lambda below: (
        st.builds(Binary, st.sampled_from("+-*"), below, below)
        | st.builds(
            lambda x, y: Binary("/", x, Binary("+", Num(Fraction(2)), Call("abs", (y,)))), below, below
        )
        | st.builds(lambda x: Binary("**", x, Num(Fraction(2))), below)
        | st.builds(lambda x: Call("exp", (Neg(Call("abs", (x,))),)), below)
        | st.builds(lambda x: Call("sqrt", (Binary("+", Num(Fraction(1)), Binary("*", x, x)),)), below)
        | st.builds(lambda x: Call("ln", (Binary("+", Num(Fraction(2)), Binary("*", x, x)),)), below)
        | st.builds(lambda f, x, y: Call(f, (x, y)), st.sampled_from(["min", "max"]), below, below)
    ),
    max_leaves=8,
)


@given(trees)
def test_reading_the_text_gives_the_tree(tree: Node) -> None:
    assert parse(render.text(tree)).tree == tree


@given(trees)
def test_text_of_a_derivative_reads_back(tree: Node) -> None:
    derived = Formula("", tree).derivative("a")
    assume(len(derived.text()) < 1500 and sum(1 for _ in walk(derived.tree)) < MAX_NODES)
    assert parse(derived.text()).tree == derived.tree


@given(tame, st.floats(0.5, 2), st.floats(0.5, 2))
def test_derivative_agrees_with_central_differences(tree: Node, a: float, b: float) -> None:
    formula = Formula("", tree)
    step = 1e-5
    high, low = formula.evaluate({"a": a + step, "b": b}), formula.evaluate({"a": a - step, "b": b})
    middle = formula.evaluate({"a": a, "b": b})
    assume(abs(middle) < 1e6 and abs(high) < 1e6)
    left, right = (middle - low) / step, (high - middle) / step
    assume(abs(right - left) <= 1e-2 * (1 + abs(right)))  # no kink in between
    got = formula.derivative("a").evaluate({"a": a, "b": b})
    assert got == pytest.approx((high - low) / (2 * step), rel=2e-2, abs=1e-4)


@pytest.fixture(scope="module")
def sympy() -> Any:
    """The oracle, where it is installed; the program never needs it."""
    return pytest.importorskip("sympy")


@given(tree=tame)
@settings(max_examples=30, deadline=None)
def test_derivative_agrees_with_sympy(sympy: Any, tree: Node) -> None:
    a, b = sympy.symbols("a b", positive=True)
    wanted = sympy.diff(as_sympy(tree, sympy, {"a": a, "b": b}), a)
    got = Formula("", tree).derivative("a").evaluate({"a": 0.7, "b": 1.3})
    expected = complex(wanted.subs({a: sympy.Rational(7, 10), b: sympy.Rational(13, 10)}).evalf())
    assume(math.isfinite(expected.real) and expected.imag == 0)
    assert float(got) == pytest.approx(expected.real, rel=1e-9, abs=1e-9)


def as_sympy(node: Node, sympy: Any, values: dict[str, Any]) -> Any:
    """The tree as a sympy expression: an independent reader of the same mathematics."""
    functions = {"exp": "exp", "ln": "log", "sqrt": "sqrt", "abs": "Abs", "min": "Min", "max": "Max"}
    operators = {"+": op.add, "-": op.sub, "*": op.mul, "/": op.truediv, "**": op.pow}
    match node:
        case Num(value=value):
            return sympy.Rational(value.numerator, value.denominator)
        case Name(name=name):
            return values[name]
        case Neg(operand=operand):
            return -as_sympy(operand, sympy, values)
        case Call(function=function, arguments=arguments):
            return getattr(sympy, functions[function])(*(as_sympy(x, sympy, values) for x in arguments))
        case Binary(operator=operator, left=left, right=right):
            return operators[operator](as_sympy(left, sympy, values), as_sympy(right, sympy, values))


@given(tame)
def test_blocks_change_nothing(tree: Node) -> None:
    rng = np.random.default_rng(1)
    a, b = rng.random(70_000) + 0.5, rng.random(70_000) + 0.5
    formula = Formula("", tree)
    whole = np.broadcast_to(formula.evaluate({"a": a, "b": b}), a.shape)
    for part in (slice(0, 5), slice(16_382, 16_386), slice(69_990, 70_000)):
        np.testing.assert_array_equal(
            np.broadcast_to(formula.evaluate({"a": a[part], "b": b[part]}), a[part].shape), whole[part]
        )


@given(
    st.sampled_from(["t", "kg", "lb", "10^4 t"]), st.sampled_from(["TJ/t", "kJ/kg", "MJ/lb"]),
    st.sampled_from(["kg CH4/TJ", "g CH4/MJ", "t CH4/GJ"]), st.floats(0.1, 1e6),
)  # fmt: skip
def test_a_product_does_not_depend_on_the_units_of_entry(
    mass: str, ncv: str, factor: str, value: float
) -> None:
    """The same quantities entered in other units give the same emission."""
    formula = parse("M * NCV * EF")
    base = {"M": "kg", "NCV": "J/kg", "EF": "kg CH4/J"}
    entered = {"M": mass, "NCV": ncv, "EF": factor}
    texts = {name: parse_unit(text) for name, text in entered.items()}
    values = {"M": value, "NCV": 2.5, "EF": 0.5}
    converted = {name: values[name] * float(texts[name].factor) for name in values}
    target = parse_unit("t CH4")
    direct = formula.evaluate(values) * formula.scale_to(texts, target)
    through = formula.evaluate(converted) * formula.scale_to(
        {n: parse_unit(t) for n, t in base.items()}, target
    )
    assert direct == pytest.approx(float(through), rel=1e-13)


def formula_or_refusal(text: str) -> Formula | None:
    """The formula, or None when it is refused with words in both languages."""
    try:
        return parse(text)
    except FormulaError as error:
        shown = [error.finding().text(lang) for lang in ("zh", "en")]
    assert all(part.endswith(("。", ".", "^")) for part in shown)
    return None


@given(st.text(max_size=80) | st.text("ab1.e+-*/()^,_ expsqrtminmaxln", max_size=120))
@settings(max_examples=300)
def test_any_text_is_a_formula_or_a_formula_error(text: str) -> None:
    formula = formula_or_refusal(text)
    if formula is None:
        return
    assert sum(1 for _ in walk(formula.tree)) <= MAX_NODES
    values = dict.fromkeys(formula.names, 1.5)
    assert formula.evaluate(values).shape == ()
    assert parse(formula.text()).tree == formula.tree
    assert formula.html()
    with suppress(FormulaError):
        formula.check(dict.fromkeys(formula.names, parse_unit("t C")))


def test_the_deepest_allowed_formula_works_throughout() -> None:
    nested = "(" * (MAX_DEPTH - 1) + "a" + ")" * (MAX_DEPTH - 1)
    called = "exp(" * (MAX_DEPTH - 2) + "-a" + ")" * (MAX_DEPTH - 2)
    for text in (nested, called, "+".join(["a"] * (MAX_DEPTH - 1)), "*".join(["a"] * (MAX_DEPTH - 1))):
        formula = parse(text)
        assert formula.derivative("a").evaluate({"a": 0.5}).shape == ()
        assert parse(formula.text()).tree == formula.tree
