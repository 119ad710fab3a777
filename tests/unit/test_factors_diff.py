"""`make factors-diff`: a change of factors in words, and golden totals of the examples."""

from __future__ import annotations

import shutil
from pathlib import Path

import factors_diff
import pytest
from conftest import ROOT

SHIPPED = ROOT / "emission_factors"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A copy of the data folder that may be changed."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "emission_factors"))


def edit(folder: Path, table: str, old: str, new: str) -> None:
    path = folder / table
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


def said(old: Path, new: Path, **options: bool) -> list[tuple[str, str, str]]:
    return [(s.where, s.zh, s.en) for s in factors_diff.compare(old, new, **options)]


def test_the_same_folder_says_nothing():
    assert said(SHIPPED, SHIPPED) == []


def test_a_changed_value_is_a_sentence_with_its_percentage(other):
    edit(other, "heat_default/heat.csv", ",0.11,", ",0.06,")
    ((where, zh, en),) = said(SHIPPED, other)
    assert where == "heat_default/heat.csv"
    assert "数值由 0.11 改为 0.06 tCO2/GJ（−45.5 %）" in zh
    assert "the value changed from 0.11 to 0.06 tCO2/GJ (−45.5 %)" in en


def test_a_changed_unit_says_what_it_does_to_the_quantity(other):
    edit(other, "grid_mee/province_2023.csv", "0.1564,kgCO2/kWh", "0.1564,kgCO2/MWh")
    ((_, zh, _),) = said(SHIPPED, other)
    assert "单位由 kgCO2/kWh 改为 kgCO2/MWh（−99.9 %）" in zh


def test_the_same_quantity_in_another_unit_is_no_change_of_quantity(other):
    edit(other, "grid_mee/province_2023.csv", "0.1564,kgCO2/kWh", "156.4,kgCO2/MWh")
    ((_, zh, _),) = said(SHIPPED, other)
    assert "±0 %" in zh or "e-" in zh


def test_a_new_row_a_lost_row_and_a_renamed_row(other):
    path = other / "grid_ndrc" / "region_2012.csv"
    lines = path.read_text("utf-8").splitlines()
    gone = lines.pop()
    lines[1] = lines[1].replace("grid_ndrc.region.north.2012", "grid_ndrc.north")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    words = " ".join(en for _, _, en in said(SHIPPED, other))
    assert f"removed: {gone.split(',')[0]}" in words
    assert "grid_ndrc.region.north.2012 is now called grid_ndrc.north" in words
    assert "added: grid_ndrc" in " ".join(en for _, _, en in said(other, SHIPPED))


def test_a_long_table_is_one_sentence_unless_all_is_asked(other):
    (other / "grid_mee" / "province_2023.csv").unlink()
    assert len(said(SHIPPED, other)) == 1
    assert len(said(SHIPPED, other, every=True)) == 30


def test_gwp_and_sources_are_compared_too(other):
    edit(other, "sources.toml", "[guide2011]", "[guide2012]")
    text = (other / "gwp.csv").read_text("utf-8")
    assert "ar5,CH4,any,28," in text
    (other / "gwp.csv").write_text(text.replace("ar5,CH4,any,28,", "ar5,CH4,any,30,"), "utf-8")
    where = {w: en for w, _, en in said(SHIPPED, other)}
    assert "the value changed from 28 to 30" in where["gwp.csv"]
    assert "guide2012" in where["sources.toml"]


def test_effects_name_what_moves_and_what_has_no_number():
    row = {"example": "x", "profile": "p", "year": "2020", "category": "1", "origin": "any"}
    before = [row | {"gas": "CO2", "mass_t": "100"}, row | {"gas": "CH4", "mass_t": "5"}]
    after = [row | {"gas": "CO2", "mass_t": "101"}, row | {"gas": "N2O", "mass_t": "1"}]
    words = [s.en for s in factors_diff.effects(before, after)]
    assert words == [
        "CH4 of category 1 in 2020: 5 t → none.",
        "CO2 of category 1 in 2020: 100 t → 101 t (+1 %).",
        "N2O of category 1 in 2020: none → 1 t.",
    ]


def test_a_changed_gwp_moves_co2e_and_several_years_are_one_sentence():
    def row(year: int, co2e: float) -> dict[str, str]:
        return {"example": "x", "profile": "p", "year": str(year), "category": "1", "gas": "CH4", "origin": "any",
                "mass_t": "1", "co2e_t": str(co2e)}  # fmt: skip

    before, after = [row(2019, 30), row(2020, 30)], [row(2019, 28), row(2020, 27)]
    (one,) = factors_diff.effects(before, after)
    assert one.where == "x（p）"
    assert (
        one.en
        == "CO2e of category 1 in 2020: 30 t → 27 t (−10 %); 2 years from 2019 change by −10 % … −6.67 %."
    )
    assert "2019–2020 年共 2 年" in one.zh


@pytest.mark.parametrize("example", factors_diff.examples())
def test_the_totals_of_the_examples_are_the_golden_ones(example):
    """After a change that is meant: `make golden`, and a line in emission_factors/CHANGES.md or CHANGELOG.md."""
    moved = factors_diff.effects(factors_diff.read_golden(example), factors_diff.totals_now([example]))
    assert [f"{s.where} {s.en}" for s in moved] == []
