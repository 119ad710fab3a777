"""Published slips that are no number: what other tools let pass, and what happens here.

Case numbers are those of tests/cases/city_cases.csv.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from cases.book import AT, Case, OwnFactor, Record, write_workspace
from conftest import fuel, records

from ghg_inventory.activity import Context as ReadingContext
from ghg_inventory.activity import read
from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.inventory import compile_inventory
from ghg_inventory.pipeline import Workspace, compile_run, import_files
from ghg_inventory.units import UnitError, exact_factor_between, parse_unit

HEADER = "area_code,year,category,variable,item,technology,value,unit,notation,source,note\n"


def read_text(folder: Path, text: str, areas: AreaTree | None = None):
    """A long table as the reader sees it."""
    path = folder / "activity.csv"
    path.write_text(HEADER + text, encoding="utf-8")
    return read(path, ReadingContext(areas or AreaTree.registry(), CategoryTree.load(), Fuels.load()))


def test_c232_a_short_ton_is_not_a_tonne_and_ton_alone_is_neither(tmp_path: Path) -> None:
    short, tonne = parse_unit("short ton"), parse_unit("t")
    assert exact_factor_between(short, tonne) * 10**8 == 90718474
    with pytest.raises(UnitError) as caught:
        parse_unit("ton")
    assert caught.value.name == "ambiguous-unit"
    activity, findings = read_text(tmp_path, "510000,2021,1.1.2,fuel,coke,,100,ton,,return,\n")
    assert len(activity) == 0
    assert [f.name for f in findings if f.severity == "error"] == ["ambiguous-unit"]


def test_c235_the_chosen_gwp_set_is_the_one_that_is_applied(context_of, gwp) -> None:
    """Under AR6 no methane is weighted with AR5's 28."""
    inventory = compile_inventory(
        records(fuel("1.1.2", "diesel", 1.0, "万吨")), context_of("ipcc2006"), gwp, "ar6"
    )
    totals = inventory.totals()
    methane = totals[totals["gas"] == "CH4"]
    assert inventory.gwp_set == "ar6"
    assert set((methane["co2e_t"] / methane["mass_t"]).round(9)) <= {27.9, 29.8, 27.0}
    nitrous = totals[totals["gas"] == "N2O"]
    assert set((nitrous["co2e_t"] / nitrous["mass_t"]).round(9)) == {273.0}


@pytest.mark.parametrize("text", ["NO; IE", "NE; NE", "IE (II.1.1)"])
def test_c237_a_notation_that_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    activity, findings = read_text(tmp_path, f'510000,2021,1.1.2,fuel,coke,,,t,"{text}",return,why\n')
    assert len(activity) == 0
    assert "unknown-notation" in {f.name for f in findings if f.severity == "error"}


def test_c237_a_blank_behind_a_key_does_not_matter(tmp_path: Path) -> None:
    activity, findings = read_text(tmp_path, "510000,2021,1.1.2,fuel,coke,,,t,NO ,return,none is used here\n")
    assert not [f for f in findings if f.severity == "error"]
    assert activity.notation.words[activity.notation.codes[0]] == "NO"


def test_c238_two_areas_of_one_name_stay_two(tmp_path: Path) -> None:
    path = tmp_path / "areas.csv"
    path.write_text(
        "code,name_zh,name_en,level,parent\nBR,巴西,Brazil,country,\n"
        "BR-1,圣卡洛斯,São Carlos,county,BR\nBR-2,圣卡洛斯,São Carlos,county,BR\n",
        encoding="utf-8",
    )
    tree, findings = AreaTree.load(path, None)
    assert not [f for f in findings if f.severity == "error"]
    assert tree.find("São Carlos") == ("BR-1", "BR-2")
    activity, findings = read_text(
        tmp_path,
        "BR-1,2021,III.4.1,activity,,,10,t,,r,\nBR-2,2021,III.4.1,activity,,,20,t,,r,\n"
        "São Carlos,2021,III.4.1,activity,,,30,t,,r,\n",
        tree,
    )
    assert sorted(activity.value.tolist()) == [10.0, 20.0]
    assert [f.name for f in findings if f.severity == "error"] == ["area-code-unknown"]


def test_c240_a_changed_return_changes_the_total_and_the_run(tmp_path: Path) -> None:
    """Nothing stale: a total is always of the returns in force, and its run id says of which."""

    def case(value: str) -> Case:
        own = (OwnFactor("emission_factor", "2", "t/t", "CH4", item="herd"),)
        record = Record("V.1", "activity", value, "t", "herd")
        return Case("stale", "", "generic", "ar5", (record,), own, {}, "t", "test")

    write_workspace([case("100")], "generic", "ar5", tmp_path)
    ws = Workspace.open(tmp_path)
    seen = []
    for value in ("100", "130"):
        path = tmp_path / "input" / "activity.csv"
        text = path.read_text(encoding="utf-8").replace(",100,", f",{value},")
        path.write_text(text, encoding="utf-8")
        import_files(ws, ws.inbox_files(), at=AT)
        run = compile_run(ws, at=AT)
        seen.append((run.run_id, run.main.mass("CASES", 2020, "V", "CH4")))
    assert [mass for _, mass in seen] == [200.0, 260.0]
    assert seen[0][0] != seen[1][0]
