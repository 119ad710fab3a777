"""Formulas: reading, checking units, evaluating, printing, each by example."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from ghg_inventory.errors import Place
from ghg_inventory.formula import Formula, FormulaError, constants, parse
from ghg_inventory.units import Unit, parse_unit


def units(**texts: str) -> Mapping[str, Unit]:
    return {name: parse_unit(text) for name, text in texts.items()}


COMBUSTION = units(Q="TJ", CC="tC/TJ", OF="1")


def test_names_are_the_inputs_and_constants_are_apart() -> None:
    formula = parse("Q * CC * OF * C_TO_CO2")
    assert formula.names == {"Q", "CC", "OF"}
    assert formula.constants == {"C_TO_CO2"}


def test_combustion_checks_and_evaluates() -> None:
    formula = parse("Q * CC * OF * C_TO_CO2")
    assert formula.check(COMBUSTION, parse_unit("t CO2")) == parse_unit("t CO2")
    assert formula.evaluate({"Q": 10.0, "CC": 26.0, "OF": 0.98}) == pytest.approx(
        10 * 26 * 0.98 * 44 / 12, rel=1e-15
    )


def test_scale_is_exact_for_any_input_units() -> None:
    formula = parse("M * NCV * EF")
    mixed = units(M="10^4 t", NCV="kJ/kg", EF="kg CH4/TJ")
    # 10^4 t · kJ/kg = 10^7 kJ = 0.01 TJ, so the value counts 0.01 kg
    assert formula.scale_to(mixed, parse_unit("t CH4")) == 1e-5


@pytest.mark.parametrize(("text", "name", "caret", "hint"), [
    ("Q * CC * OF", "formula-result", 7, "multiply by C_TO_CO2"),
    ("Q*CC*C_TO_CO2*C_TO_CO2", "formula-result", 13, "C_TO_CO2 is applied 2 times; remove one"),
    ("Q + CC", "formula-dimension", 2, "check the unit"),
    ("Q * CC * EX", "formula-unknown-name", 9, "CC, OF, Q, C_TO_CO2"),
    ("exp(Q)", "formula-function", 0, "pure number"),
    ("Q ** OF", "formula-exponent", 2, "small whole power"),
    ("sqrt(Q)", "formula-exponent", 0, "comes out even"),
    ("max(Q, CC)", "formula-dimension", 0, "check the unit"),
])  # fmt: skip
def test_a_wrong_formula_shows_where_and_what_to_do(text: str, name: str, caret: int, hint: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(text).check(COMBUSTION, parse_unit("t CO2"))
    error = caught.value
    assert (error.name, error.position) == (name, caret)
    shown = str(error)
    assert f"{text}\n{' ' * caret}^" in shown
    assert hint in shown


@pytest.mark.parametrize(("text", "inputs", "result", "hint"), [
    ("F * EF", {"F": "kg N", "EF": "1"}, "kg N2O", "multiply by N_TO_N2O"),
    ("V * A", {"V": "m3 CH4/t", "A": "t"}, "t CH4", "multiply by CH4_DENSITY"),
    ("M * EF", {"M": "t", "EF": "kg CH4/TJ"}, "kg CH4", "net calorific value"),
    ("Q * EF * 21", {"Q": "TJ", "EF": "kg CH4/TJ"}, "t CO2e", "GWP table"),
    ("E * C_TO_CO2", {"E": "t CO2"}, "t CO2", "C_TO_CO2 is not needed"),
    ("H * VS", {"H": "head", "VS": "kg VS/head/day"}, "kg VS/yr", "multiply by DAYS_PER_YEAR"),
])  # fmt: skip
def test_the_likely_fix_is_named(text: str, inputs: dict[str, str], result: str, hint: str) -> None:
    with pytest.raises(FormulaError, match=hint) as caught:
        parse(text).check(units(**inputs), parse_unit(result))
    assert caught.value.finding().text("zh").strip()


def test_a_density_of_methane_is_not_offered_for_other_gases() -> None:
    with pytest.raises(FormulaError) as caught:
        parse("V").check(units(V="m3 N2O"), parse_unit("t N2O"))
    assert "CH4_DENSITY" not in str(caught.value)


def test_units_of_different_size_do_not_add() -> None:
    with pytest.raises(FormulaError) as caught:
        parse("A + B").check(units(A="t", B="kg"))
    assert caught.value.name == "formula-scale"
    with pytest.raises(FormulaError) as caught:
        parse("A * (1 - OX)").check(units(A="t", OX="%"))
    assert caught.value.name == "formula-scale"
    assert parse("A * (1 - OX)").check(units(A="t", OX="1")).text == "t"


def test_zero_has_every_unit() -> None:
    assert parse("max(A - R, 0)").check(units(A="t CH4", R="t CH4")) == parse_unit("t CH4")
    assert parse("0 * A").check(units(A="t")).text == "1"


def test_the_year() -> None:
    assert parse("H * EF").check(units(H="head", EF="kg CH4/head/yr"), parse_unit("t CH4")).years == -1
    assert parse("(A - B) / T").check(units(A="t C", B="t C", T="yr")).text == "t C/yr"
    assert parse("exp(-k * T)").check(units(k="1/yr", T="yr")).text == "1"
    with pytest.raises(FormulaError) as caught:
        parse("exp(-k)").check(units(k="1/yr"))
    assert caught.value.name == "formula-function"
    with pytest.raises(FormulaError) as caught:
        parse("H * EF / T").check(units(H="head", EF="kg/head/yr", T="yr"))
    assert caught.value.name == "formula-years"


def test_powers_and_roots() -> None:
    assert parse("sqrt(A**2 + B**2)").check(units(A="t C", B="t C")) == parse_unit("t C")
    assert parse("A**2 / A").check(units(A="10^4 t")).factor == 10**7
    assert parse("A**(1/2) * A**0.5").check(units(A="10^4 kg^2")).factor == 10**4
    assert parse("2 ** x").check(units(x="1")).text == "1"


# text, position of the caret
REFUSED = [
    ("", 0), ("a +", 3), ("a b", 2), ("2a", 1), ("a..b", 1), ("a.b", 1), ("x[0]", 1), ("(x := 1)", 3),
    ("a, b", 1),
    ("lambda: 1", 6), ("f(x)", 0), ("__import__('os')", 11), ("'a'", 0), ("a == b", 2), ("a if b else c", 2),
    ("[a for a in b]", 0), ("f'{a}'", 1), ("a ^ 2", 2), ("a × b", 2), ("a − b", 2), ("exp", 0), ("exp()", 4),
    ("min(a)", 0), ("exp(a, b)", 0), ("(a", 2), ("a)", 1), ("()", 1), ("a % b", 2), ("a // b", 3), ("１", 0),
    ("ａ", 0), ("a\u200bb", 1), ("0x10", 1), ("1_000", 1), ("1e", 1), ("a;b", 1), ("+a", 0), ("a\x00", 1),
    ("~a", 0),
    ("@a", 0), ("a @ b", 2), ("\\", 0), ("#", 0), ("a#b", 1),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at"), REFUSED)
def test_everything_else_is_refused_with_a_caret(text: str, at: int) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert caught.value.name == "formula-syntax"
    assert caught.value.position == at
    assert caught.value.values["caret"].endswith("^")


@pytest.mark.parametrize("text", [
    "(" * 100_000 + "a" + ")" * 100_000, "(" * 500 + "a" + ")" * 500, "-" * 1000 + "a", "+".join("a" * 1000),
    "9" * 31, "1e99", "1e-99", "1e999999999999", "a*" * 300 + "a", "a" * 3000, "exp(" * 200 + "a" + ")" * 200,
    "**".join("9" * 300),
])  # fmt: skip
def test_large_texts_are_refused_before_they_cost_anything(text: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert caught.value.name == "formula-too-large"


def test_towers_of_powers_are_numbers_not_big_integers() -> None:
    assert parse("9**9**9").evaluate({}) == np.inf
    assert parse("9**9**9").check({}).text == "1"


def test_an_error_is_a_finding_with_the_formula_and_a_caret() -> None:
    with pytest.raises(FormulaError) as caught:
        parse("Q * CC + OF").check(COMBUSTION)
    line = caught.value.finding(Place("methods/energy.toml", line=7)).line("zh")
    assert line.startswith(
        "methods/energy.toml:7: 错误: 公式两边的量不同：左边是质量·[C]（t C），右边是无量纲（1）"
    )
    assert "\n  Q * CC + OF\n         ^\n" in line


def test_evaluation_over_columns_and_numbers() -> None:
    rows = 100_000  # several blocks
    a, b = np.linspace(1.0, 2.0, rows), np.linspace(3.0, -3.0, rows)
    got = parse("max(a * b, 0) / (1 + exp(-a)) - abs(b) ** 2 * k").evaluate({"a": a, "b": b, "k": 0.5})
    expected = np.maximum(a * b, 0) / (1 + np.exp(-a)) - np.abs(b) ** 2 * 0.5
    np.testing.assert_array_equal(got, expected)


def test_inputs_are_never_written_to() -> None:
    a = np.array([1.0, 2.0])
    for text in ("a", "-a", "a * a + a", "abs(a)", "min(a, a)"):
        result = parse(text).evaluate({"a": a})
        result[0] = 99.0
    assert a.tolist() == [1.0, 2.0]


def test_arrays_broadcast() -> None:
    values = {"a": np.ones((3, 1)), "b": np.arange(4.0)}
    assert parse("a * b + 1").evaluate(values).tolist() == [[1.0, 2.0, 3.0, 4.0]] * 3
    with pytest.raises(ValueError, match="broadcast"):
        parse("a * b").evaluate({"a": np.ones(2), "b": np.ones(3)})


def test_division_by_zero_stays_in_its_row() -> None:
    got = parse("a / b").evaluate({"a": np.array([1.0, 0.0, 6.0]), "b": np.array([0.0, 0.0, 3.0])})
    assert np.isfinite(got).tolist() == [False, False, True]


def test_a_missing_input_is_named() -> None:
    with pytest.raises(FormulaError, match="'b'") as caught:
        parse("a * b").evaluate({"a": 1.0})
    assert caught.value.name == "formula-missing-input"


def test_text_has_minimal_parentheses() -> None:
    for text in ("a - (b - c)", "(a + b) * c", "a / (b * c)", "a * b / c", "-(a + b)**2", "(-a)**2",
                 "a**b**c", "(a**b)**c", "a**-b", "a * -b", "0.538 * a", "a - -b",
                 "max(a, b + c)"):  # fmt: skip
        assert parse(text).text() == text
    assert parse("((a*(b))+(c))").text() == "a * b + c"


def test_html_has_fractions_subscripts_and_true_signs() -> None:
    formula = parse("(a + FC) / b**2 * C_TO_CO2 - x")
    assert formula.html({"FC": "FC_i", "x": "<x>"}) == (
        '<span class="frac"><span class="num"><var>a</var> + <var>FC</var><sub>i</sub></span>'
        '<span class="bar">/</span><span class="den"><var>b</var><sup><span class="n">2</span></sup></span>'
        "</span>"
        ' × <span class="frac"><span class="num"><span class="n">44</span></span><span class="bar">/</span>'
        '<span class="den"><span class="n">12</span></span></span> − <var>&lt;x&gt;</var>'
    )
    assert parse("(a/b)**2").html().startswith("(<span")
    assert parse("a - (b - c)").html() == "<var>a</var> − (<var>b</var> − <var>c</var>)"
    assert parse("a * (b * c)").html() == "<var>a</var> × <var>b</var> × <var>c</var>"


@pytest.mark.parametrize(("text", "by", "expected"), [
    ("a * b * C_TO_CO2", "a", "b * C_TO_CO2"), ("a", "b", "0"), ("a", "a", "1"), ("a - b", "b", "-1"),
    ("a / b", "b", "-(a / b**2)"), ("a**2", "a", "2 * a"), ("exp(-k * t)", "t", "exp(-k * t) * -k"),
    ("ln(a)", "a", "1 / a"), ("sqrt(a)", "a", "1 / (2 * sqrt(a))"), ("abs(a)", "a", "sign(a)"),
    ("max(a - r, 0)", "a", "step(a - r - 0)"), ("a * (1 - x)", "x", "a * -1"), ("5", "a", "0"),
    ("2**a", "a", "2**a * ln(2)"), ("a**(1/3)", "a", "1 / 3 * a**-(2 / 3)"),
])  # fmt: skip
def test_derivatives_are_exact_and_simple(text: str, by: str, expected: str) -> None:
    assert parse(text).derivative(by).text() == expected


def test_a_pure_product_is_known_as_one() -> None:
    assert parse("a * b / c * C_TO_CO2").is_product()
    assert not parse("a * (1 - b)").is_product()
    assert not parse("a * exp(b)").is_product()


def test_constants_have_unit_source_and_the_printed_value() -> None:
    known = constants()
    assert float(known["C_TO_CO2"].value) == 44 / 12
    assert float(known["N_TO_N2O"].value) == 44 / 28
    assert float(known["CH4_DENSITY"].value) == 0.67
    assert known["C_TO_CO2"].value * known["CO2_TO_C"].value == 1
    for constant in known.values():
        assert all((constant.source, constant.zh, constant.en))
    with pytest.raises(TypeError):
        known["X"] = known["C_TO_CO2"]


def test_a_formula_is_a_value() -> None:
    assert parse("a+b") is parse("a+b")
    assert parse("a+b").tree == parse(" a + b ").tree
    assert isinstance(parse("a"), Formula)


def test_an_input_cannot_take_the_name_of_a_constant() -> None:
    for attempt in (parse("C_TO_CO2 * a").check, parse("C_TO_CO2 * a").evaluate):
        with pytest.raises(FormulaError) as caught:
            attempt({"C_TO_CO2": parse_unit("1"), "a": parse_unit("1")})
        assert caught.value.name == "formula-reserved"


def test_what_is_unknown_stays_unknown() -> None:
    for text in ("max(a, 0)", "min(a, 0)", "step(a)", "sign(a)", "abs(a)", "a * 0"):
        assert np.isnan(parse(text).evaluate({"a": np.array([np.nan])})).all()
