"""The compiled table is what pint makes of units.txt; laws that hold for every unit."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghg_inventory.units import Unit, UnitError, exact_factor_between, factor_between, parse_unit
from ghg_inventory.units.compile_table import FOLDER, SIGNS, as_json, registry
from ghg_inventory.units.table import table

BRACKETED = {name: f"[{name}]" for name, entry in table().units.items() if entry.substance}
PINT_NAMES = {sign: name for name, sign in SIGNS.items()}


@pytest.fixture(scope="module")
def ureg() -> Any:
    return registry()


def test_the_compiled_table_is_not_stale() -> None:
    assert (FOLDER / "compiled.json").read_text(encoding="utf-8") == as_json()


def test_every_unit_agrees_with_pint(ureg: Any) -> None:
    for name, entry in table().units.items():
        factor, _ = ureg.get_base_units(PINT_NAMES.get(name, name))
        assert entry.factor == factor, name


def test_every_spelling_is_readable() -> None:
    for spelling, canonical in table().spellings.items():
        text = BRACKETED.get(canonical, canonical)
        bare = BRACKETED.get(canonical, "")
        assert parse_unit(f"[{spelling}]" if bare else spelling).factor == parse_unit(text).factor, spelling


def test_every_ambiguous_choice_in_the_table_is_refused_and_its_choices_are_mostly_readable() -> None:
    for spelling in table().ambiguous:
        with pytest.raises(UnitError) as caught:
            parse_unit(spelling)
        assert caught.value.name == "ambiguous-unit"
        assert caught.value.suggestions


def test_every_gas_of_the_gwp_list_is_a_substance() -> None:
    path = FOLDER.parent / "codes" / "gases.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    header, *rows = [line.split(",") for line in lines if line and not line.startswith("#")]
    codes = [row[header.index("gas")] for row in rows]
    missing = [code for code in codes if not table().is_substance(code)]
    assert missing == []


def test_no_prefix_where_none_is_allowed() -> None:
    for text in ("Mha", "khead", "ktce_29271", "kmu", "MCNY", "dm"):
        try:
            unit = parse_unit(text)
        except UnitError:
            continue
        pytest.fail(f"{text} was read as {unit.text}")


simple = st.sampled_from(sorted(table().units)).map(lambda name: parse_unit(BRACKETED.get(name, name)))


@st.composite
def compounds(draw: st.DrawFn) -> Unit:
    """A random product of up to five units to small powers with a number in front."""
    unit = parse_unit(draw(st.sampled_from(["1", "10^4", "1000", "10^10", "7", "10^-3"])))
    for _ in range(draw(st.integers(1, 5))):
        unit = unit.product(draw(simple).power(draw(st.sampled_from([-2, -1, 1, 2, 3]))))
    return unit


@given(compounds())
def test_canonical_text_is_a_fixed_point(unit: Unit) -> None:
    assert parse_unit(unit.text) == unit


@given(compounds(), compounds())
def test_factors_multiply(left: Unit, right: Unit) -> None:
    assert left.product(right).factor == left.factor * right.factor
    assert left.quotient(right).factor == left.factor / right.factor
    assert left.product(right).quotient(right).dimension == left.dimension


@given(st.data())
def test_there_and_back(data: st.DataObject) -> None:
    one = data.draw(simple)
    known = table().units
    same = [
        name for name in known if (known[name].dimension, known[name].years) == (one.dimension, one.years)
    ]
    other = parse_unit(BRACKETED.get(name := data.draw(st.sampled_from(same)), name))
    assert exact_factor_between(one, other) * exact_factor_between(other, one) == 1
    assert factor_between(one, other) == float(one.factor / other.factor)


@given(unit=compounds())
def test_compounds_agree_with_pint(ureg: Any, unit: Unit) -> None:
    quantity = ureg.Quantity(Fraction(1), "dimensionless")
    for part in unit.parts:
        factor = ureg.Quantity(part.number, "dimensionless")
        for name, power in part.symbols:
            factor = factor * ureg.Quantity(Fraction(1), PINT_NAMES.get(name, name)) ** power
        quantity = quantity * factor if part.sign > 0 else quantity / factor
    base = quantity.to_base_units()
    assert base.magnitude == unit.factor
    expected = {key.strip("[]"): int(power) for key, power in base.dimensionality.items()}
    assert expected.pop("year", 0) == unit.years
    assert expected == dict(unit.dimension)


@given(st.text(max_size=60) | st.text("kgtCO2H4万吨亿/·*^()[] 10e.-µ²", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    unit, words = None, ""
    try:
        unit = parse_unit(text)
    except UnitError as error:
        words = error.finding().text("zh")
    assert words or (unit is not None and parse_unit(unit.text) == unit)


def test_the_table_is_json_with_one_entry_per_line() -> None:
    text = (FOLDER / "compiled.json").read_text(encoding="utf-8")
    assert len(text.splitlines()) > sum(len(group) for group in json.loads(text).values())
