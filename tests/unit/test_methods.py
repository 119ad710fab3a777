"""Methods: what loads, what is refused, which method a record gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from ghg_inventory.errors import DataFileError
from ghg_inventory.methods import covers, load_methods

GOOD = """
[[method]]
id = "t.co2"
title_zh = "测试"
title_en = "test"
categories = ["1.1"]
variable = "fuel"
gas = "CO2"
formula = "Q * CC * C_TO_CO2"
unit = "t CO2"
tier = "1"
source = "s"
locator = "p. 1"
[method.inputs]
Q = { activity = "fuel", unit = "TJ", bridge = "energy_content", title_zh = "热量", title_en = "energy" }
CC = { factor = "carbon_content", unit = "t C/TJ", title_zh = "含碳量", title_en = "carbon content" }

[[profile]]
id = "t"
name_zh = "测试"
name_en = "test"
description_zh = ""
description_en = ""
energy_sets = []
methods = ["t.co2"]
"""


def load(tmp_path: Path, text: str):
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    return load_methods(tmp_path)


def test_shipped_methods_compile() -> None:
    library = load_methods()
    assert {"cn2011", "ipcc2006", "generic"} <= library.profiles.keys()
    assert not any(name.startswith("cn2025") for name in library.methods)
    assert len(library.sha256) == 64


def test_scale_is_tonnes_per_result_unit(tmp_path: Path) -> None:
    method = load(tmp_path, GOOD).methods["t.co2"]
    assert method.scale_t == 1.0
    in_kg = GOOD.replace('"t C/TJ"', '"kg C/TJ"').replace('unit = "t CO2"', 'unit = "kg CO2"')
    other = tmp_path / "kg"
    other.mkdir()
    assert load(other, in_kg).methods["t.co2"].scale_t == 0.001


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Q * CC * C_TO_CO2", "Q * CC", "C_TO_CO2"),
        ("Q * CC * C_TO_CO2", "Q * CC * C_TO_CO2 * C_TO_CO2", "C"),
        ("Q * CC * C_TO_CO2", "Q * CC * C_TO_CO2 + Q", "+"),
        ('tier = "1"', 'tier = "1"\nteir = "1"', "unknown key 'teir'"),
        ('locator = "p. 1"\n', "", "missing key 'locator'"),
        ('factor = "carbon_content"', 'activity = "x"', "exactly one input"),
        ('bridge = "energy_content"', 'bridge = "magic"', "magic"),
        ('methods = ["t.co2"]', 'methods = ["t.co3"]', "t.co3"),
        ("[[profile]]", "[[profile]", "not valid TOML"),
        ('unit = "TJ"', 'unit = "TJJ"', "TJJ"),
    ],
)
def test_what_does_not_compile_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(DataFileError) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert "m.toml" in str(caught.value)
    assert said in str(caught.value)


def test_a_method_not_linear_in_its_activity_is_refused(tmp_path: Path) -> None:
    text = GOOD.replace("Q * CC * C_TO_CO2", "sqrt(Q * Q) * CC * C_TO_CO2")
    with pytest.raises(DataFileError, match=r"m\.toml: method t\.co2: .*not linear"):
        load(tmp_path, text)


def test_repeated_id_is_refused(tmp_path: Path) -> None:
    method = GOOD[: GOOD.index("[[profile]]")]
    with pytest.raises(DataFileError, match="used twice"):
        load(tmp_path, GOOD + method)


def test_two_methods_for_the_same_records_are_refused(tmp_path: Path) -> None:
    method = GOOD[: GOOD.index("[[profile]]")]
    text = method + method.replace('"t.co2"', '"t.other"') + GOOD[GOOD.index("[[profile]]") :]
    profile = load(tmp_path, text.replace('methods = ["t.co2"]', 'methods = ["t.co2", "t.other"]')).profiles[
        "t"
    ]
    with pytest.raises(DataFileError, match="claim the same records"):
        profile.methods_for("1.1", "fuel", "", "coke", "derived")


def test_the_fallback_follows_the_method_it_stands_in_for() -> None:
    profile = load_methods().profile("cn2011")
    chains = profile.methods_for("1.1.1.1.1", "fuel", "", "raw_coal", "fossil")
    by_gas = {chain[0].gas: [m.id for m in chain] for chain in chains}
    assert by_gas["CO2"] == [
        "cn2011.energy.combustion.co2", "composite.energy.combustion.co2", "mee.energy.combustion.co2", "gbt32151_22.energy.combustion.co2",
    ]  # fmt: skip
    assert by_gas["N2O"] == ["cn2011.energy.boiler.n2o", "ipcc2006.energy.supplement.n2o"]


def test_a_more_specific_category_wins() -> None:
    profile = load_methods().profile("cn2011")
    chains = profile.methods_for("1.1.2", "fuel", "", "raw_coal", "fossil")
    assert {chain[0].gas: chain[0].id for chain in chains}["N2O"] == "ipcc2006.energy.supplement.n2o"


def test_only_methods_of_the_lender_are_marked_as_supplement() -> None:
    for method in load_methods().profile("cn2011").methods:
        assert method.supplement == (not method.id.startswith(("cn2011.", "transfer.", "facility."))), method.id


def test_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(DataFileError, match="cn2011"):
        load_methods().profile("cn2025")


@pytest.mark.parametrize(
    ("prefix", "category", "expected"),
    [
        ("1.1", "1.1", True),
        ("1.1", "1.1.2", True),
        ("1.1", "1.10", False),
        ("", "X.1", True),
        ("1.1.2", "1.1", False),
    ],
)
def test_covers(prefix: str, category: str, expected: bool) -> None:
    assert covers(prefix, category) is expected
