"""Charts: the drawing says what the numbers say, is well-formed, and is the same every time."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ghg_inventory.report.charts import Series, donut, heat_map, lines, ranking, stacked_bars, svg
from ghg_inventory.report.charts.bars import axis_decimals

SVG = "{http://www.w3.org/2000/svg}"
YEARS = ["2020", "2021"]


def parsed(drawing: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawing)


def boxes(drawing: str, fill: str) -> list[tuple[float, float]]:
    """(top, height) of the rectangles of one colour that are wider than a legend square."""
    return [
        (float(r.attrib["y"]), float(r.attrib["height"])) for r in parsed(drawing).iter(f"{SVG}rect")
        if r.attrib["fill"] == fill and float(r.attrib["width"]) > 9
    ]  # fmt: skip


def bars(*series: Series, totals: tuple[str, ...] = ("a", "b")) -> str:
    return stacked_bars(YEARS, series, totals, unit="万t CO2e", title="示例 & title")


def test_bar_heights_are_in_proportion_and_removals_lie_below_zero() -> None:
    drawing = bars(Series("能源", "#111111", (100.0, 50.0)), Series("林业", "#222222", (-25.0, -10.0)))
    up, down = boxes(drawing, "#111111"), boxes(drawing, "#222222")
    assert up[0][1] / up[1][1] == pytest.approx(2, rel=1e-3)
    assert up[0][1] / down[0][1] == pytest.approx(4, rel=1e-3)
    zero = up[0][0] + up[0][1]
    assert down[0][0] == pytest.approx(zero, abs=0.02)


def test_stacked_boxes_touch_without_overlap() -> None:
    drawing = bars(Series("a", "#111111", (30.0, 1.0)), Series("b", "#222222", (20.0, 1.0)))
    lower, upper = boxes(drawing, "#111111")[0], boxes(drawing, "#222222")[0]
    assert upper[0] + upper[1] == pytest.approx(lower[0], abs=0.02)


@pytest.mark.parametrize("drawing", [
    bars(Series("a", "#111111", (3.0, 0.0))),
    ranking([("甲", 3.0, "3"), ("乙", -1.0, "−1")], unit="t", title="t", colour="#123456"),
    donut([("a", 3.0, "3", "60%", "#111111"), ("b", 2.0, "2", "40%", "#222222")], ("5", "t CO2e"), title="t"),
    donut([("a", 3.0, "3", "100%", "#111111")], ("3", "t"), title="t"),
    heat_map([("甲", [(1.0, "1"), (None, "–")])], YEARS, title="t"),
    lines([2012, 2021], [Series("a", "#111111", (1.0, 2.0)), Series("b", "#222222", (1.0, 2.0))], unit="t", title="t"),
])  # fmt: skip
def test_every_chart_is_well_formed_and_has_a_spoken_title(drawing: str) -> None:
    root = parsed(drawing)
    assert root.tag == f"{SVG}svg"
    assert root[0].tag == f"{SVG}title"
    assert root[0].text
    assert "opacity" not in drawing
    assert not re.search(r"\d\.\d{3}", re.sub(r"<title>.*</title>", "", drawing))


def test_a_ring_refuses_what_is_no_share() -> None:
    with pytest.raises(ValueError, match="positive"):
        donut([("a", -1.0, "−1", "", "#111111")], ("", ""), title="t")


def test_years_stand_at_their_true_distance() -> None:
    drawing = lines([2010, 2011, 2020], [Series("a", "#111111", (1.0, 2.0, 3.0))], unit="t", title="t")
    points = next(parsed(drawing).iter(f"{SVG}polyline")).attrib["points"].split()
    x = [float(point.split(",")[0]) for point in points]
    assert (x[2] - x[1]) / (x[1] - x[0]) == pytest.approx(9, rel=0.01)


def test_labels_of_lines_that_end_together_do_not_overlap() -> None:
    names = [Series(str(i), "#111111", (1.0, 2.0 + i / 1000)) for i in range(6)]
    root = parsed(lines([2020, 2021], names, unit="t", title="t"))
    ends = sorted(float(t.attrib["y"]) for t in root.iter(f"{SVG}text") if t.attrib["fill"] == "#111111")
    assert min(b - a for a, b in itertools.pairwise(ends)) >= 12


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_axis_steps_are_even_and_cover_the_values_and_zero(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    ticks = svg.steps(low, high)
    span = ticks[-1] - ticks[0]
    assert ticks[0] <= min(low, 0) + span * 1e-6
    assert ticks[-1] >= max(high, 0) - span * 1e-6
    gaps = [b - a for a, b in itertools.pairwise(ticks)]
    assert max(gaps) - min(gaps) <= 1e-6 * max(gaps)
    assert 0 in ticks
    assert len(ticks) <= 12
    assert 0 <= axis_decimals(ticks) <= 6


@given(st.floats(0, 1))
def test_a_number_can_be_read_on_every_shade_of_the_heat_map(share: float) -> None:
    colours = svg.palette()
    ground = svg.mix(colours["heat_low"], colours["heat_high"], share)
    ink = svg.readable_on(ground)
    light, dark = sorted((svg.luminance(ground), svg.luminance(ink)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3.4


@given(st.text(max_size=40), st.floats(20, 300))
@example("0000 ", 20.0)
@example("Überschwemmungsgebiete am Fluss", 30.0)
@settings(max_examples=60)
def test_wrapped_text_fits_and_starts_as_the_words_do(words: str, width: float) -> None:
    rows = svg.wrap(words, 9.0, width)
    assert len(rows) <= 2
    assert all(svg.text_width(row, 9.0) <= width or len(row) <= 2 for row in rows if "…" not in row or len(row) > 1)


def test_sectors_keep_their_colour_in_any_company() -> None:
    assert svg.series_colours(["1", "2"])[1] == svg.series_colours(["2", "5"])[0]
    assert len(set(svg.series_colours([f"1.1.{i}" for i in range(1, 11)]))) == 10
