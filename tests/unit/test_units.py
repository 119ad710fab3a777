"""Unit texts: what they mean, what is refused, and in which words."""

from __future__ import annotations

import csv
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from ghg_inventory.errors import Place
from ghg_inventory.units import (
    UnitError,
    exact_factor_between,
    factor_between,
    kind,
    kind_word,
    parse_unit,
    suggestions,
    with_substance,
)

PRINTED = Path(__file__).parent.parent / "data" / "units" / "printed_units.csv"

# text, canonical text, exact factor to base units
MEANINGS = [
    ("万吨", "10^4 t", 10**7),
    ("亿立方米", "10^8 m^3", 10**8),
    ("亿千瓦小时", "10^8 kWh", 360 * 10**12),
    ("亿千瓦时", "10^8 kWh", 360 * 10**12),
    ("万千瓦时", "10^4 kWh", 36 * 10**9),
    ("百万千焦", "10^6 kJ", 10**9),
    ("万百万千焦", "10^10 kJ", 10**13),
    ("10^10 kJ", "10^10 kJ", 10**13),
    ("吨标准煤", "tce", 29_307_600_000),
    ("万吨标准煤", "10^4 tce", 293_076_000_000_000),
    ("kgce", "kgce", 29_307_600),
    ("亩", "mu", Fraction(2000, 3)),
    ("公顷", "ha", 10**4),
    ("万亩", "10^4 mu", Fraction(20_000_000, 3)),
    ("万头", "10^4 head", 10**4),
    ("万头(只)", "10^4 head", 10**4),
    ("万人", "10^4 person", 10**4),
    ("亿元", "10^8 CNY", 10**8),
    ("标准立方米", "m^3", 1),
    ("10⁴t", "10^4 t", 10**7),
    ("10^4 t", "10^4 t", 10**7),
    ("1e4 t", "10^4 t", 10**7),
    ("1000 kg", "10^3 kg", 1000),
    ("２ｋｇ", "2 kg", 2),
    ("0.5 t", "0.5 t", 500),
    ("ｋｇ／ＴＪ", "kg/TJ", Fraction(1, 10**12)),
    ("m³", "m^3", 1),
    ("km2", "km^2", 10**6),
    ("ft3", "ft^3", Fraction(3048, 10000) ** 3),
    ("kt", "kt", 10**6),
    ("Gg", "Gg", 10**6),
    ("Mg", "Mg", 1000),
    ("mg", "mg", Fraction(1, 10**6)),
    ("MW", "MW", 10**6),
    ("kwh", "kWh", 3_600_000),
    ("lb", "lb", Fraction(45359237, 10**8)),
    ("short ton", "short_ton", Fraction(45359237, 50000)),
    ("gal_us", "gal_us", Fraction(3785411784, 10**12)),
    ("imperial gallon", "gal_imp", Fraction(454609, 10**8)),
    ("bbl", "bbl", Fraction(158987294928, 10**12)),
    ("mmBtu", "mmBtu", Fraction(105505585262, 100)),
    ("kcal", "kcal", Fraction(41868, 10)),
    ("toe", "toe", 41_868_000_000),
    ("t-km", "t·km", 10**6),
    ("million vehicle-km", "10^6 vehicle·km", 10**9),
    ("%", "%", Fraction(1, 100)),
    ("fraction", "1", 1),
    ("1", "1", 1),
    ("-", "1", 1),
    ("百万千焦(GJ)", "10^6 kJ", 10**9),
    ("kg CH4 ha-1 yr-1", "kg CH4/ha/yr", Fraction(1, 10**4)),
    ("Gg per 10^6 m3", "Gg/10^6 m^3", 1),
    ("千克每吨", "kg/t", Fraction(1, 1000)),
]


@pytest.mark.parametrize(("text", "canonical", "factor"), MEANINGS)
def test_a_text_has_its_meaning(text: str, canonical: str, factor: Fraction | int) -> None:
    unit = parse_unit(text)
    assert (unit.text, unit.factor) == (canonical, factor)


@pytest.mark.parametrize(("text", "dimension"), [
    ("tC/TJ", {"C": 1, "length": -2, "time": 2}),
    ("t CO2/t clinker", {"CO2": 1}),
    ("kg N2O-N/kg N", {}),
    ("m3 CH4/t", {"CH4": 1, "length": 3, "mass": -1}),
    ("tCO2/10^4 Nm3", {"CO2": 1, "length": -3, "mass": 1}),
    ("kgCO2e/kWh", {"CO2e": 1, "length": -2, "time": 2}),
    ("kg CH4/head/yr", {"CH4": 1, "head": -1, "mass": 1}),
    ("kg VS/head/day", {"VS": 1, "head": -1, "mass": 1, "time": -1}),
    ("t d.m./ha", {"dry_matter": 1, "length": -2, "mass": 1}),
    ("tHFC-23/t HCFC-22", {"HCFC22": -1, "HFC23": 1}),
    ("CO2/C", {"C": -1, "CO2": 1}),
    ("kgCO2e/万元", {"CNY": -1, "CO2e": 1, "mass": 1}),
])  # fmt: skip
def test_substances_and_counts_are_dimensions(text: str, dimension: dict[str, int]) -> None:
    assert dict(parse_unit(text).dimension) == dimension


def test_what_stands_between_two_slashes_belongs_together() -> None:
    assert parse_unit("GJ/10^4Nm3").factor == Fraction(10**9, 10**4)
    assert parse_unit("t CH4/个·年") == parse_unit("t CH4/(piece·yr)")
    assert parse_unit("kg N/1000 kg animal mass/day").factor == Fraction(1, 1000 * 86400)


def test_the_year_is_an_annotation_and_the_day_is_not() -> None:
    assert parse_unit("kg CH4/head/yr").years == -1
    assert factor_between(parse_unit("t/yr"), parse_unit("kg")) == 1000.0
    assert exact_factor_between(parse_unit("month"), parse_unit("yr")) == Fraction(1, 12)
    with pytest.raises(UnitError) as caught:
        factor_between(parse_unit("kg/day"), parse_unit("kg/yr"))
    assert caught.value.name == "unit-dimension"


def test_items_are_kept_beside_the_dimension() -> None:
    unit = parse_unit("tonne CO2/tonne high calcium lime produced")
    assert unit.items == ("high-calcium lime",)
    assert unit.dimension == parse_unit("kg CO2/kg").dimension
    assert parse_unit("吨(折纯)").items == ("pure nutrient",)


@pytest.mark.parametrize(("text", "choices"), [
    ("ton", ("t", "short_ton", "long_ton")),
    ("10^4 ton", ("t", "short_ton", "long_ton")),
    ("kg/ton", ("t", "short_ton", "long_ton")),
    ("gallon", ("gal_us", "gal_imp")),
    ("加仑", ("gal_us", "gal_imp")),
    ("a", ("yr", "are (100 m2)", "day")),
    ("MT", ("t", "Mt")),
    ("kg PFC/t Al", ("CF4", "C2F6")),
    ("C", ("kg C", "m3 C")),
    ("CO2", ("kg CO2", "m3 CO2")),
    ("CH4/TJ", ("kg CH4", "m3 CH4")),
    ("10e4 t", ("10^4", "10^5")),
    ("104 t", ("10^4", "1.04e2")),
    ("108 m3", ("10^8", "1.08e2")),
    ("tCO2/104m3", ("10^4", "1.04e2")),
    ("kg/TJ*h", ("kg/(TJ·h)", "kg·h/TJ")),
])  # fmt: skip
def test_a_text_with_two_meanings_is_refused_with_the_choices(text: str, choices: tuple[str, ...]) -> None:
    with pytest.raises(UnitError) as caught:
        parse_unit(text)
    assert caught.value.name == "ambiguous-unit"
    assert caught.value.suggestions == choices
    for choice in choices:
        assert choice in str(caught.value)


@pytest.mark.parametrize(("text", "name"), [
    ("", "unit-missing"), ("   ", "unit-missing"), ("/", "unit-syntax"), ("kg/", "unit-syntax"),
    ("kg 10^4", "unit-syntax"), ("kg·", "unit-syntax"), ("·kg", "unit-syntax"), ("(kg", "unit-syntax"),
    ("()", "unit-syntax"), ("kg^", "unknown-unit"), ("^2", "unit-syntax"), ("0 t", "unit-syntax"),
    ("9^99 t", "unit-syntax"), ("((((((((t))))))))", "unit-syntax"), ("t" * 201, "unit-syntax"),
    ("百万千焦(TJ)", "unit-syntax"), ("kg (m) s", "unit-syntax"), ("[fuel]", "unit-syntax"),
    ("m^99", "unit-syntax"), ("亿", "unknown-unit"), ("标准煤", "unknown-unit"), ("kg -N", "unknown-unit"),
    ("clinker", "unknown-unit"), ("t3", "unknown-unit"), ("knot", "unknown-unit"), ("text", "unknown-unit"),
])  # fmt: skip
def test_what_cannot_be_read_is_refused(text: str, name: str) -> None:
    with pytest.raises(UnitError) as caught:
        parse_unit(text)
    assert caught.value.name == name


@pytest.mark.parametrize(("wrong", "right"), [
    ("GWhh", "GWh"), ("KWHR", "kWh"), ("hecktare", "ha"), ("立方米方", "立方米"),
])  # fmt: skip
def test_did_you_mean(wrong: str, right: str) -> None:
    found = suggestions(wrong)
    assert right in found


def test_a_refusal_is_a_finding_in_both_languages() -> None:
    with pytest.raises(UnitError) as caught:
        parse_unit("Gwhh")
    found = caught.value.finding(Place("inbox/a.xlsx", "能源", "D7"))
    assert found.line("zh").startswith("inbox/a.xlsx [能源] D7: 错误: 不认识单位“Gwhh”")
    assert "GWh" in found.text("en")


def test_a_wrong_dimension_says_what_both_units_measure() -> None:
    with pytest.raises(UnitError) as caught:
        factor_between(parse_unit("万吨"), parse_unit("10^4 m3"))
    assert "“10^4 t”是质量单位，应为体积（如 10^4 m^3）" in caught.value.finding().text("zh")
    with pytest.raises(UnitError, match=r"measures mass·\[C\]; mass·\[CO2\] is needed"):
        factor_between(parse_unit("tC"), parse_unit("tCO2"))


@pytest.mark.parametrize(("text", "expected"), [
    ("万吨", "mass"), ("t CO2", "mass"), ("亿立方米", "volume"), ("万吨标准煤", "energy"),
    ("亿千瓦时", "energy"), ("公顷", "area"), ("万头", "head"), ("万元", "CNY"), ("吨公里", "freight"),
    ("kW", "power"), ("Gg/yr", "mass"), ("%", "dimensionless"), ("kg/TJ", ""), ("m3/ha", ""), ("kg/kg", ""),
])  # fmt: skip
def test_kind(text: str, expected: str) -> None:
    assert kind(parse_unit(text)) == expected
    assert not expected or kind_word(expected, "zh") != kind_word(expected, "en")


@pytest.mark.parametrize(("text", "zh", "en"), [
    ("tC/TJ", "质量·[C]/能量", "mass·[C]/energy"),
    ("kg CH4/head/yr", "质量·[CH4]/牲畜数量/年", "mass·[CH4]/animals/year"),
    ("m3/ha", "体积/面积", "volume/area"),
    ("1/yr", "1/年", "1/year"),
    ("%", "无量纲", "pure number"),
    ("MJ/kg^2", "能量/质量^2", "energy/mass^2"),
])  # fmt: skip
def test_dimension_text(text: str, zh: str, en: str) -> None:
    assert (parse_unit(text).dimension_text("zh"), parse_unit(text).dimension_text()) == (zh, en)


def test_a_gas_column_says_the_substance() -> None:
    assert with_substance(parse_unit("kg/TJ"), "CH4") == parse_unit("kg CH4/TJ")
    assert with_substance(parse_unit("kg/kg"), "BOD", -1) == parse_unit("kg/kg BOD")
    kept = parse_unit("kg N2O-N/kg N")
    assert with_substance(kept, "N2O") is kept
    with pytest.raises(UnitError) as caught:
        with_substance(parse_unit("TJ/ha"), "CH4")
    assert caught.value.name == "unit-substance"
    with pytest.raises(KeyError):
        with_substance(kept, "kg")


def test_the_algebra_cancels_and_keeps_a_readable_text() -> None:
    carbon = parse_unit("TJ").product(parse_unit("tC/TJ"))
    assert carbon == parse_unit("t C")
    assert carbon.product(parse_unit("CO2/C")) == parse_unit("t CO2")
    assert parse_unit("10^4 t").quotient(parse_unit("30 d")).text == "10^3 t/3 day"
    assert parse_unit("m").power(3) == parse_unit("m3")
    assert parse_unit("t C/TJ").quotient(parse_unit("t")).text == "[C]/TJ"


def test_printed_units_of_published_tables() -> None:
    """229 texts as printed: each has the recorded meaning, or the recorded refusal."""
    with PRINTED.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        try:
            unit = parse_unit(row["printed"])
            found = (unit.text, unit.dimension_text())
            assert parse_unit(unit.text) == unit
        except UnitError as error:
            found = ("", error.name)
        assert found == (row["canonical"], row["measures_or_finding"]), row["printed"]
    assert sum(1 for row in rows if row["canonical"]) >= 205


def test_normal_runs_load_neither_pint_nor_numpy() -> None:
    code = (
        "import sys; from ghg_inventory.units import parse_unit; parse_unit('万吨');"
        "print('pint' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(("source", "target", "factor"), [
    ("万百万千焦", "TJ", 10.0),
    ("亿千瓦小时", "TJ", 360.0),
    ("kgce", "kcal", 7000.0),
    ("10^4 tce", "TJ", 293.076),
    ("TJ/Gg", "GJ/t", 1.0),
    ("kg C/GJ", "t C/TJ", 1.0),
    ("PJ/10^4t", "GJ/t", 100.0),
    ("lb CO2/MWh", "kg CO2/kWh", 0.00045359237),
    ("mmBtu/short_ton", "GJ/t", 1.163),
    ("亩", "ha", 1 / 15),
    ("therm", "MJ", 105.505585262),
])  # fmt: skip
def test_known_conversions(source: str, target: str, factor: float) -> None:
    """Definitions put together, e.g. 1 万百万千焦 = 10 TJ of the balance tables; 1 Btu/lb = 2.326 J/g."""
    assert factor_between(parse_unit(source), parse_unit(target)) == pytest.approx(factor, rel=1e-15)
