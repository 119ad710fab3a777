"""Gases, GWP sets and notation keys."""

from __future__ import annotations

import pytest

from ghg_inventory.codes import Gases, GwpTable, notation_keys
from ghg_inventory.codes.gases import FAMILIES

TABLE, FINDINGS = GwpTable.load()
GASES = Gases.load()
HEADER = "gwp_set,gas,origin,value,unit,source,locator,confidence,note\n"


def load_text(tmp_path, *lines):
    path = tmp_path / "gwp.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return GwpTable.load(path)


def test_the_shipped_table_has_no_findings():
    assert FINDINGS == ()
    assert TABLE.sets == ("sar", "ar4", "ar5", "ar5ccf", "ar6")


def test_co2_is_one_in_every_set_whatever_its_origin():
    assert {TABLE.value(s, "CO2", o) for s in TABLE.sets for o in ("any", "fossil", "biogenic")} == {1.0}


def test_every_set_has_the_three_main_gases_and_sf6():
    for gwp_set in TABLE.sets:
        assert {"CO2", "CH4", "N2O", "SF6"} <= set(TABLE.gases(gwp_set))


@pytest.mark.parametrize(("gwp_set", "gas", "value"), [
    ("sar", "CH4", 21), ("ar4", "CH4", 25), ("ar5", "CH4", 28), ("ar5ccf", "CH4", 34), ("ar6", "CH4", 27.9),
    ("sar", "N2O", 310), ("ar4", "N2O", 298), ("ar5", "N2O", 265), ("ar6", "N2O", 273),
    ("ar5", "HFC134a", 1300), ("ar6", "SF6", 25200), ("ar4", "NF3", 17200), ("ar5", "CF4", 6630),
])  # fmt: skip
def test_published_values(gwp_set, gas, value):
    assert TABLE.value(gwp_set, gas) == value


def test_the_exact_origin_wins_else_any():
    assert TABLE.value("ar6", "CH4", "fossil") == 29.8
    assert TABLE.value("ar6", "CH4", "biogenic") == 27.0
    assert TABLE.value("ar5", "CH4", "fossil") == 30
    assert TABLE.value("ar5", "CH4", "biogenic") == 28
    assert TABLE.value("ar6", "SF6", "fossil") == 25200


def test_a_gas_that_a_set_lacks_is_none_never_zero():
    assert TABLE.value("sar", "NF3") is None
    assert TABLE.value("ar9", "CO2") is None
    assert min(row.value for row in TABLE.rows) >= 1


def test_every_row_has_a_source_and_weak_ones_are_marked():
    assert {row.source for row in TABLE.rows} == {"ipcc_sar", "ipcc_ar4", "ipcc_ar5", "ipcc_ar6"}
    weak = [(row.gwp_set, row.gas, row.origin) for row in TABLE.rows if row.confidence == "C"]
    assert weak == [("ar5", "CH4", "fossil"), ("ar6", "CH4", "fossil")]


@pytest.mark.parametrize(("line", "name"), [
    ("ar6,CH5,any,27,kg CO2e/kg,ipcc_ar6,Table 1,A,", "gwp-unknown-gas"),
    ("ar6,CH4,cow,27,kg CO2e/kg,ipcc_ar6,Table 1,A,", "gwp-origin"),
    ("ar6,CH4,any,0,kg CO2e/kg,ipcc_ar6,Table 1,A,", "gwp-value"),
    ("ar6,CH4,any,,kg CO2e/kg,ipcc_ar6,Table 1,A,", "gwp-value"),
    ("ar6,CH4,any,27,g CO2e/kg,ipcc_ar6,Table 1,A,", "gwp-unit"),
    ("ar6,CH4,any,27,kg CO2e/kg,,Table 1,A,", "gwp-source"),
    ("ar6,CH4,any,27,kg CO2e/kg,ipcc_ar6,,A,", "gwp-source"),
    ("ar6,CH4,any,27,kg CO2e/kg,ipcc_ar6,Table 1,D,", "gwp-source"),
])  # fmt: skip
def test_a_wrong_row_is_left_out_with_a_finding_at_its_line(tmp_path, line, name):
    table, findings = load_text(tmp_path, "ar6,CO2,any,1,kg CO2e/kg,ipcc_ar6,Table 1,A,", line)
    assert [(f.name, f.place.line) for f in findings] == [(name, 3)]
    assert table.value("ar6", "CH4") is None
    assert table.value("ar6", "CO2") == 1


def test_the_same_key_twice_keeps_the_first_and_says_so(tmp_path):
    row = "ar6,CH4,any,{},kg CO2e/kg,ipcc_ar6,Table 1,A,"
    table, findings = load_text(tmp_path, row.format(27.9), row.format(28))
    assert [f.name for f in findings] == ["gwp-twice"]
    assert table.value("ar6", "CH4") == 27.9
    assert "27.9" not in findings[0].text("zh")


def test_messages_exist_in_both_languages(tmp_path):
    _, findings = load_text(tmp_path, "ar6,CH5,any,27,kg CO2e/kg,ipcc_ar6,Table 1,A,")
    assert "CH4" in findings[0].text("zh")
    assert "CH4" in findings[0].text("en")


def test_gases_are_in_reporting_order_with_known_families():
    families = [GASES.gas(code).family for code in GASES.codes]
    assert set(families) == set(FAMILIES)
    assert families == sorted(families, key=FAMILIES.index)


@pytest.mark.parametrize(("text", "code"), [
    ("HFC-134a", "HFC134a"), ("r-22", "HCFC22"), ("甲烷", "CH4"), ("ｃｏ２", "CO2"), ("c-C4F8", "cC4F8"),
    ("CO₂", "CO2"), ("PFC-14", "CF4"), ("HFC", None), ("", None),
])  # fmt: skip
def test_gas_names(text, code):
    assert GASES.find(text) == code


def test_every_gas_has_a_value_in_some_set():
    assert {row.gas for row in TABLE.rows} == set(GASES.codes) - {"CO2e"}


def test_an_amount_of_co2_equivalent_is_itself_in_every_set():
    assert [TABLE.value(name, "CO2e") for name in TABLE.sets] == [1.0] * len(TABLE.sets)
    assert TABLE.value("ar9", "CO2e") is None


def test_notation_keys_that_hide_an_amount_need_a_reason():
    keys = notation_keys()
    assert tuple(keys) == ("NO", "NE", "NA", "IE", "C")
    for key in keys.values():
        assert key.needs_reason is not key.counts_as_zero
    assert keys["IE"].name("zh") == "包含于别处"
