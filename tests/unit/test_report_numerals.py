"""Numbers in print: rounding, signs, separators, the choice of unit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghg_inventory.report.numerals import (
    NIL,
    choose_scale,
    number,
    percent,
    ratio,
    signed,
    signed_percent,
    significant,
    submitted,
)
from ghg_inventory.report.wording import template_data

FLOATS = st.floats(min_value=-1e12, max_value=1e12, allow_nan=False)


def read_back(text: str) -> Decimal:
    return Decimal(text.replace("\u2212", "-").replace(",", ""))


@pytest.mark.parametrize(("value", "decimals", "shown"), [
    (1234567.891, 2, "1,234,567.89"), (-1234.5, 2, "\u22121,234.50"), (0.0, 2, "0"), (-0.0, 1, "0"),
    (0.125, 2, "0.12"), (0.135, 2, "0.14"), (2.5, 0, "2"), (3.5, 0, "4"), (None, 1, NIL),
    (float("nan"), 1, NIL), (0.001, 2, "0.00"), (-0.001, 2, "0.00"), (999999.999, 2, "1,000,000.00"),
])  # fmt: skip
def test_number(value: float | None, decimals: int, shown: str) -> None:
    assert number(value, decimals) == shown


@given(FLOATS, st.integers(0, 4))
def test_a_printed_number_is_within_half_a_unit(value: float, decimals: int) -> None:
    unit = Decimal(1).scaleb(-decimals)
    assert abs(read_back(number(value, decimals)) - Decimal(repr(value))) <= unit / 2


@given(FLOATS)
def test_a_negative_number_carries_a_true_minus_and_no_hyphen(value: float) -> None:
    text = number(value, 1)
    assert "-" not in text
    assert text.startswith("\u2212") == (read_back(text) < 0)


@pytest.mark.parametrize(("share", "shown"), [
    (0.695, "69.5%"), (0.0, "0%"), (1.0, "100.0%"), (0.0000001, "<0.1%"), (0.99999, ">99.9%"),
    (1 - 1e-15, "100.0%"), (None, NIL), (-0.2, "\u221220.0%"), (1.5, "150.0%"),
])  # fmt: skip
def test_percent_never_calls_a_part_none_nor_most_of_it_all(share: float | None, shown: str) -> None:
    assert percent(share) == shown


def test_signs_of_changes() -> None:
    assert signed(3.21, 1) == "+3.2"
    assert signed(-3.21, 1) == "\u22123.2"
    assert signed(0.0, 1) == "0"
    assert signed_percent(0.155) == "+15.5%"
    assert signed_percent(None) == NIL


def test_ratio_of_nothing_is_missing_not_zero() -> None:
    assert ratio(1.0, 0.0) is None
    assert ratio(None, 2.0) is None
    assert ratio(1.0, float("nan")) is None
    assert ratio(1.0, 4.0) == 0.25


@pytest.mark.parametrize(("value", "shown"), [
    (98.03, "98.03"), (10749.0, "10,749"), (-0.1, "\u22120.1"), (0.0, "0"), (1234.56789, "1,234.56789"),
    (0.1 + 0.2, "0.3"), (float("nan"), NIL),
])  # fmt: skip
def test_submitted_values_are_printed_as_they_came(value: float, shown: str) -> None:
    assert submitted(value) == shown


def test_significant_keeps_the_whole_part() -> None:
    assert significant(123456.7, 4) == "123,457"
    assert significant(3.45678, 4) == "3.457"
    assert significant(0.00012345, 3) == "0.000123"


@pytest.mark.parametrize(("lang", "largest", "unit", "decimals"), [
    ("zh", 300_000_000.0, "万t", 2), ("zh", 100_000.0, "万t", 2), ("zh", 99_999.0, "t", 0),
    ("en", 300_000_000.0, "Mt", 3), ("en", 5_000_000.0, "kt", 1), ("en", 12.0, "t", 0), ("en", -2e8, "Mt", 3),
])  # fmt: skip
def test_the_unit_follows_the_largest_total(lang: str, largest: float, unit: str, decimals: int) -> None:
    scale = choose_scale(template_data("units")[lang], largest)
    assert (scale.unit, scale.decimals) == (unit, decimals)


@given(st.floats(min_value=1, max_value=1e11), st.sampled_from(["zh", "en"]))
def test_every_unit_shows_the_total_with_four_digits_or_whole_tonnes(total: float, lang: str) -> None:
    scale = choose_scale(template_data("units")[lang], total)
    step = scale.tonnes / 10**scale.decimals
    assert step == 1 or step <= total / 999
