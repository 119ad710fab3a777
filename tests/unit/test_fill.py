"""Declared fills: what each technique gives, what is never touched, and every way a declaration is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import records
from hypothesis import given, settings
from hypothesis import strategies as st

from ghg_inventory.activity import Activity
from ghg_inventory.errors import WorkspaceError
from ghg_inventory.inventory.fill import FLOW, Fill, Series, fill
from ghg_inventory.pipeline.fills import fills_of
from ghg_inventory.pipeline.workspace import Workspace

AREA = "510703"
WASTE = Series(AREA, "5.1.1", "waste_landfilled", "msw")
PEOPLE = Series(AREA, "", "population")


def waste(year: int, value: float, unit: str = "t", **more: object) -> dict[str, object]:
    return {"area_code": AREA, "year": year, "category": "5.1.1", "variable": "waste_landfilled", "item": "msw",
            "value": value, "unit": unit, **more}  # fmt: skip


def people(year: int, value: float, unit: str = "person") -> dict[str, object]:
    return {"area_code": AREA, "year": year, "variable": "population", "value": value, "unit": unit,
            "use": "denominator"}  # fmt: skip


def entry(method: str, first: int, last: int, **more: object) -> Fill:
    return replace(Fill(WASTE, method, first, last, "数据缺失"), **more)


def filled(activity: Activity) -> dict[int, float]:
    frame = activity.frame()
    mine = frame[frame["flow"].str.startswith(FLOW)]
    return dict(zip(mine["year"], mine["value"], strict=True))


def names(findings) -> list[str]:
    return [f.name for f in findings]


# -- the techniques, each against a number worked by hand -------------------------------------------------


def test_interpolation_is_the_straight_line_between_the_neighbours():
    activity, findings = fill(
        records(waste(2010, 100), waste(2014, 180)), [entry("interpolation", 2011, 2013)]
    )
    assert filled(activity) == pytest.approx({2011: 120, 2012: 140, 2013: 160})
    (done,) = findings
    values = dict(done.values)
    assert (done.name, done.severity, values["count"], values["years"]) == (
        "fill-done",
        "info",
        "3",
        "2011–2013",
    )
    assert values["values"] == "2011: 120, 2012: 140, 2013: 160"
    assert (values["known"], values["unit"], values["reason"]) == ("2010, 2014", "t", "数据缺失")


def test_extrapolation_follows_the_trend_of_the_declared_years():
    known = records(waste(2010, 50), waste(2011, 100), waste(2012, 110), waste(2013, 120))
    activity, findings = fill(known, [entry("extrapolation", 2014, 2015, trend_years=3)])
    assert filled(activity) == pytest.approx({2014: 130, 2015: 140})
    assert "趋势取 3 个年份" in findings[0].text("zh")


def test_surrogate_is_in_proportion_to_the_statistic_of_the_nearest_year():
    known = records(waste(2010, 100), *(people(y, n) for y, n in ((2009, 900), (2010, 1000), (2011, 1100))))
    activity, _ = fill(known, [entry("surrogate", 2009, 2011, other=PEOPLE)])
    assert filled(activity) == pytest.approx({2009: 90, 2011: 110})


def test_per_capita_goes_back_from_the_first_known_year():
    known = records(
        waste(2000, 10, "10^4 t"), *(people(y, 1e6 + (y - 2000) * 1e4) for y in range(1990, 2001))
    )
    activity, findings = fill(known, [entry("per_capita", 1990, 1999, other=PEOPLE)])
    values = filled(activity)
    assert len(values) == 10
    assert values[1990] == pytest.approx(9.0)
    assert set(activity.frame().query("variable == 'waste_landfilled'")["unit"]) == {"10^4 t"}
    assert AREA + " population" in findings[0].text("en")


def test_overlap_moves_the_earlier_series_to_the_level_of_the_later():
    earlier = [waste(y, v, item="bulk") for y, v in ((2008, 80), (2009, 90), (2010, 100), (2011, 110))]
    known = records(*earlier, waste(2010, 120), waste(2011, 132))
    old = replace(WASTE, item="bulk")
    activity, findings = fill(known, [entry("overlap", 2008, 2009, other=old)])
    assert filled(activity) == pytest.approx({2008: 96, 2009: 108})
    assert "1.2" in findings[0].text("en")
    assert "2 common years" in findings[0].text("en")


def test_years_reported_in_different_units_are_one_series():
    activity, _ = fill(
        records(waste(2010, 100), waste(2012, 0.02, "10^4 t")), [entry("interpolation", 2011, 2011)]
    )
    frame = activity.frame()
    one = frame[frame["year"] == 2011].iloc[0]
    assert (one["value"], one["unit"]) == (pytest.approx(0.015), "10^4 t")


# -- what a filled record says ----------------------------------------------------------------------------


def test_a_filled_record_says_what_it_is():
    known = records(waste(2010, 100), waste(2012, 180))
    activity, _ = fill(known, [entry("interpolation", 2011, 2011)])
    one = activity.frame().query("year == 2011").iloc[0]
    assert one["flow"] == "fill:interpolation"
    assert one["note"] == "内插：数据缺失"
    assert one["source"] == "inventory.toml [[fill]] interpolation"
    assert (one["file"], one["cell"]) == ("inventory.toml", "[[fill]]")
    assert len(activity) == len(known) + 1


def test_nothing_declared_nothing_filled():
    known = records(waste(2010, 100), waste(2012, 180))
    activity, findings = fill(known, [])
    assert activity is known
    assert findings == ()


def test_a_reported_value_is_never_overwritten_and_no_other_year_is_touched():
    known = records(waste(2010, 100), waste(2011, 7), waste(2013, 180))
    activity, findings = fill(known, [entry("interpolation", 2010, 2012)])
    assert filled(activity) == pytest.approx({2012: 93.5})
    reported = activity.frame().query("flow == ''")
    assert dict(zip(reported["year"], reported["value"], strict=True)) == {2010: 100, 2011: 7, 2013: 180}
    assert names(findings) == ["fill-kept", "fill-done"]
    assert dict(findings[0].values)["years"] == "2010–2011"


def test_a_reported_zero_is_a_value_not_a_gap():
    known = records(waste(2010, 100), waste(2011, 0), waste(2012, 100))
    activity, findings = fill(known, [entry("interpolation", 2011, 2011)])
    assert filled(activity) == {}
    assert names(findings) == ["fill-kept"]


def test_a_statement_stays_and_not_estimated_gives_way():
    nan = float("nan")
    known = records(
        waste(2010, 100), waste(2011, nan, notation="NO"), waste(2012, nan, notation="NE"), waste(2013, 130)
    )
    activity, findings = fill(known, [entry("interpolation", 2011, 2012)])
    assert filled(activity) == pytest.approx({2012: 120})
    left = activity.frame()
    assert list(left[left["notation"] != ""]["year"]) == [2011]
    assert names(findings) == ["fill-kept", "fill-done"]


def test_records_that_only_serve_checks_are_no_data():
    known = records(waste(2010, 100), waste(2011, 5, use="check"), waste(2012, 180))
    activity, _ = fill(known, [entry("interpolation", 2011, 2011)])
    assert filled(activity) == pytest.approx({2011: 140})


def test_one_entry_may_rest_on_a_statistic_that_another_filled():
    known = records(waste(2010, 100), people(2008, 800), people(2010, 1000))
    entries = [
        Fill(PEOPLE, "interpolation", 2009, 2009, "普查间"),
        entry("per_capita", 2008, 2009, other=PEOPLE),
    ]
    activity, findings = fill(known, entries)
    assert filled(
        activity.select(np.asarray(activity.frame()["variable"] == "waste_landfilled"))
    ) == pytest.approx({2008: 80, 2009: 90})
    assert names(findings) == ["fill-done", "fill-done"]
    assert activity.frame().query("year == 2009 and variable == 'population'")["use"].item() == "denominator"


# -- what cannot be done ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (entry("interpolation", 2011, 2015), "fill-not-enough"),  # nothing after 2012
        (entry("interpolation", 2008, 2009), "fill-not-enough"),
        (entry("extrapolation", 2013, 2014, trend_years=3), "fill-not-enough"),
        (entry("surrogate", 2011, 2011, other=PEOPLE), "fill-not-enough"),  # no population of 2011
        (entry("per_capita", 2011, 2011, other=PEOPLE), "fill-not-enough"),  # not before the first year
        (entry("overlap", 2011, 2011, other=replace(WASTE, item="bulk")), "fill-unknown-series"),
        (entry("surrogate", 2011, 2011, other=replace(PEOPLE, variable="gdp")), "fill-unknown-series"),
        (entry("interpolation", 2011, 2011, series=replace(WASTE, item="food")), "fill-unknown-series"),
        (entry("interpolation", 2011, 2011, series=replace(WASTE, area_code="510704")), "fill-unknown-series"),
        (entry("extrapolation", 2013, 2020, trend_years=2, series=replace(WASTE, item="less")), "fill-negative"),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_carried_out_whole_is_an_error_and_changes_nothing(one, name):
    known = records(
        waste(2010, 100), waste(2012, 180), people(2010, 1000), people(2012, 1100),
        waste(2010, 100, item="less"), waste(2012, 60, item="less"),
    )  # fmt: skip
    activity, findings = fill(known, [one])
    assert activity is known
    assert [(f.name, f.severity, f.place.file) for f in findings] == [(name, "error", "inventory.toml")]
    for lang in ("zh", "en"):
        assert "{" not in findings[0].text(lang)


def test_units_that_do_not_convert_are_an_error():
    known = records(waste(2010, 100), waste(2012, 180, "m3"))
    assert names(fill(known, [entry("interpolation", 2011, 2011)])[1]) == ["fill-unit"]


def test_two_uses_are_ambiguous():
    known = records(waste(2010, 100), waste(2012, 180), waste(2012, -20, use="feedstock"))
    assert names(fill(known, [entry("interpolation", 2011, 2011)])[1]) == ["fill-ambiguous"]


def test_two_entries_for_one_year_are_an_error():
    known = records(waste(2010, 100), waste(2012, 180))
    activity, findings = fill(known, [entry("interpolation", 2011, 2011)] * 2)
    assert filled(activity) == pytest.approx({2011: 140})
    assert names(findings) == ["fill-done", "fill-twice"]


def test_an_earlier_fill_is_no_known_year_of_the_same_series():
    known = records(waste(2010, 100), waste(2012, 180))
    entries = [entry("interpolation", 2011, 2011), entry("extrapolation", 2013, 2013, trend_years=3)]
    assert names(fill(known, entries)[1]) == ["fill-done", "fill-not-enough"]


AMOUNTS = st.one_of(st.none(), st.floats(0, 1e9, allow_nan=False))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(AMOUNTS, min_size=3, max_size=12), st.sampled_from(["interpolation", "surrogate", "per_capita"])
)
def test_reported_values_stay_and_every_filled_value_is_counted(amounts, method):
    reported = {2000 + n: value for n, value in enumerate(amounts) if value is not None}
    rows = [waste(year, value) for year, value in reported.items()]
    rows += [people(2000 + n, 1000 + n) for n in range(len(amounts))]
    other = None if method == "interpolation" else PEOPLE
    before = records(*rows)
    after, findings = fill(before, [entry(method, 2000, 1999 + len(amounts), other=other)])
    frame = after.frame().query("variable == 'waste_landfilled'")
    mine = frame[frame["flow"] == ""]
    assert dict(zip(mine["year"], mine["value"], strict=True)) == reported
    counted = sum(int(dict(f.values)["count"]) for f in findings if f.name == "fill-done")
    assert counted == len(filled(after)) == len(after) - len(before)
    assert not frame["year"].duplicated().any()
    assert (counted + len(reported) == len(amounts)) or {f.severity for f in findings} == {"error"}


# -- inventory.toml ---------------------------------------------------------------------------------------

GOOD = {"area": AREA, "category": "5.1.1", "variable": "waste_landfilled", "item": "msw", "method": "per_capita",
        "years": [1990, 1999], "surrogate": "population", "reason": "无记录"}  # fmt: skip


def test_a_declaration_becomes_one_fill_per_area_and_item():
    got = fills_of([GOOD | {"area": [AREA, "510704"], "item": ["food", "paper"]}])
    assert [(f.series.area_code, f.series.item) for f in got] == [
        (AREA, "food"), (AREA, "paper"), ("510704", "food"), ("510704", "paper")]  # fmt: skip
    assert got[2].other == Series("510704", "", "population")
    assert (got[0].first, got[0].last, got[0].reason) == (1990, 1999, "无记录")


def test_the_earlier_series_of_an_overlap_is_like_the_target_in_what_is_not_said():
    (one,) = fills_of(
        [GOOD | {"method": "overlap", "surrogate": "waste_landfilled", "surrogate_item": "bulk"}]
    )
    assert one.other == replace(WASTE, item="bulk")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason": ""}, "missing reason"),
        ({"area": ""}, "missing area"),
        ({"surrogate": ""}, "missing surrogate"),
        ({"method": "guess"}, "bad value of method"),
        ({"method": "extrapolation"}, "missing trend_years"),
        ({"method": "extrapolation", "trend_years": 1}, "bad value of trend_years"),
        ({"years": [1999, 1990]}, "bad value of years"),
        ({"years": 1990}, "bad value of years"),
        ({"years": [1990, "1999"]}, "bad value of years"),
        ({"item": 3}, "bad value of item"),
        ({"colour": "red"}, "unknown key colour"),
    ],
)
def test_an_incomplete_declaration_is_refused(change, said):
    with pytest.raises(WorkspaceError, match="entry 2") as caught:
        fills_of([GOOD, GOOD | change])
    assert said in str(caught.value)


def test_the_workspace_keeps_the_entries_and_refuses_what_is_no_list(tmp_path: Path):
    text = '[inventory]\narea = "510700"\nyears = [2020]\nprofiles = ["cn2011"]\ngwp_set = "ar5"\n'
    path = tmp_path / "inventory.toml"
    path.write_text(text + '[[fill]]\narea = "510703"\n', encoding="utf-8")
    assert Workspace.open(tmp_path).fills == ({"area": "510703"},)
    path.write_text(text + '[fill]\narea = "510703"\n', encoding="utf-8")
    with pytest.raises(WorkspaceError, match="fill"):
        Workspace.open(tmp_path)
    path.write_text(text, encoding="utf-8")
    assert Workspace.open(tmp_path).fills == ()
