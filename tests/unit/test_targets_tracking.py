"""Targets of a plan: the arithmetic of official examples, the table and its findings, where each stands."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pandas as pd
import pytest
from conftest import EXAMPLES, fuel, records

from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import GwpTable
from ghg_inventory.indicators import definitions
from ghg_inventory.indicators.declines import (
    cumulative_decline,
    decline_progress,
    even_annual_decline,
    remaining_decline,
    scheduled_decline,
)
from ghg_inventory.indicators.targets import (
    COLUMNS,
    TRACKED,
    Results,
    load_targets,
    parse_measure,
    status_word,
    track,
)
from ghg_inventory.inventory import compile_inventory, ledger

AREAS = AreaTree.registry()
VECTORS = Path(__file__).parent.parent / "cases" / "golden_vectors.csv"


def vector(name: str) -> dict[str, str]:
    """A row of the published examples."""
    with VECTORS.open(encoding="utf-8", newline="") as stream:
        return next(row for row in csv.DictReader(stream) if row["id"] == name)


def printed(share: float, digits: int) -> str:
    """A share as per cent, as the sources print it."""
    return f"{100 * share:.{digits}f}%"


# -- the arithmetic, against published figures ---------------------------------------------------------


def rates(name: str) -> list[float]:
    """The annual declines of a vector that gives changes ("+1.51%" is a rise) or declines ("8.01%")."""
    texts = vector(name)["inputs"].split(" (")[0].removeprefix("annual ").split(",")
    values = [float(text.strip().rstrip("%")) / 100 for text in texts]
    return values if name == "GV01" else [-value for value in values]


def test_cumulative_decline_of_carbon_intensity_in_three_years() -> None:
    assert printed(cumulative_decline(rates("GV01")), 2) in vector("GV01")["expected"]


def test_cumulative_decline_with_one_rising_year_and_its_average() -> None:
    done = cumulative_decline(rates("GV02"))
    assert printed(-done, 2) in vector("GV02")["expected"]
    assert printed(-even_annual_decline(done, 3), 2) in vector("GV03")["expected"]


def test_what_remains_of_a_target_and_the_progress_towards_it() -> None:
    done = cumulative_decline(rates("GV02"))
    left = remaining_decline(0.17, done)
    expected = vector("GV04")["expected"]
    assert printed(left, 2) in expected
    assert printed(even_annual_decline(left, 2), 2) in expected
    assert printed(decline_progress(0.17, done), 1) in vector("GV05")["expected"]


@pytest.mark.parametrize(
    ("name", "total", "years"), [("GV06", 0.20, 5), ("GV07", 0.19, 5), ("GV08", 0.70, 25)]
)
def test_even_annual_rates(name: str, total: float, years: int) -> None:
    assert printed(even_annual_decline(total, years), 4) in vector(name)["expected"]


def test_the_even_schedule_of_the_plan() -> None:
    text = "/".join(f"{100 * scheduled_decline(0.19, 5, passed):.2f}" for passed in range(1, 6))
    assert text in vector("GV07")["expected"]


# -- the table ----------------------------------------------------------------------------------------

GOOD = {
    "id": "T14", "name_zh": "原煤消费量", "name_en": "raw coal", "area_code": "510700",
    "indicator": "activity:fuel:raw_coal:1.1", "kind": "level_max", "base_year": "", "year": "2021",
    "value": "660", "unit": "万吨", "qualifier": "", "source": "碳达峰实施方案 二(一)4",
}  # fmt: skip
DECLINE = {
    **GOOD, "id": "T10", "indicator": "co2_t_per_gdp_constant", "kind": "decline_from_base", "base_year": "2020",
    "year": "2025", "value": "19", "unit": "%",
}  # fmt: skip


def table(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "targets.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def targets_of(folder: Path, *rows: dict[str, str]):
    targets, findings = load_targets(table(folder, *rows), AREAS)
    assert not findings, findings
    return targets


def test_the_example_states_targets_of_the_plan_without_a_finding() -> None:
    targets, findings = load_targets(EXAMPLES / "mianyang" / "targets.csv", AREAS)
    assert not findings
    assert {one.id for one in targets} == {"T07", "T08", "T10", "T11", "T14"}
    assert all("绵阳市碳达峰实施方案" in one.source for one in targets)
    assert {one.id for one in targets if not one.is_judged} == {"T08"}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"source": ""}, "target-blank"),
        ({"name_zh": ""}, "target-blank"),
        ({"area_code": "999999"}, "target-area"),
        ({"kind": "maximum"}, "target-kind"),
        ({"year": "二〇二五"}, "target-year"),
        ({"value": "六百"}, "target-value"),
        ({"value": ""}, "target-value"),
        ({"indicator": "coal"}, "target-indicator"),
        ({"indicator": "activity:fuel:raw_coal:9.9.9"}, "target-indicator"),
        ({"indicator": "co2e", "unit": "万吨"}, "target-unit"),
        ({"indicator": "co2e:1.1", "unit": "米"}, "target-unit"),
    ],
)
def test_a_wrong_row_is_a_finding_and_no_target(tmp_path: Path, change: dict[str, str], name: str) -> None:
    targets, findings = load_targets(table(tmp_path, {**GOOD, **change}, {**GOOD, "id": "T15"}), AREAS)
    assert [one.name for one in findings] == [name]
    assert findings[0].place.line == 2
    assert [one.id for one in targets] == ["T15"]
    assert all("{" not in findings[0].text(lang) for lang in ("zh", "en"))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"base_year": ""}, "target-year"),
        ({"base_year": "2025"}, "target-year"),
        ({"value": "100"}, "target-value"),
        ({"unit": "万吨"}, "target-unit"),
    ],
)
def test_a_decline_needs_a_base_year_and_per_cent(tmp_path: Path, change: dict[str, str], name: str) -> None:
    targets, findings = load_targets(table(tmp_path, {**DECLINE, **change}), AREAS)
    assert [one.name for one in findings] == [name]
    assert not targets


def test_a_number_given_twice_counts_once(tmp_path: Path) -> None:
    targets, findings = load_targets(table(tmp_path, GOOD, {**GOOD, "value": "700"}), AREAS)
    assert [one.name for one in findings] == ["target-twice"]
    assert [one.value for one in targets] == [660.0]


def test_a_file_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    assert [one.name for one in load_targets(tmp_path / "none.csv", AREAS)[1]] == ["file-missing"]


@pytest.mark.parametrize(
    "text", ["co2_t_per_gdp_constant:1", "co2e:1:2", "activity:fuel", "activity::x:1", "CO2:99", ""]
)
def test_what_measures_nothing(text: str) -> None:
    assert parse_measure(text) is None


def test_every_indicator_can_be_a_target() -> None:
    assert all(parse_measure(one.id) for one in definitions())


# -- where each stands --------------------------------------------------------------------------------

GDP = {"area_code": "510700", "variable": "gdp", "use": "denominator", "unit": "亿元", "category": ""}


@pytest.fixture
def results(context_of):
    """Results of Mianyang from a few records."""

    def make(*rows: dict[str, object], indicators: pd.DataFrame | None = None) -> Results:
        inventory = compile_inventory(records(*rows), context_of("cn2011"), GwpTable.load()[0], "ar5")
        columns = ["profile", "area_code", "year", "id", "value", "unit", "price_base"]
        table = pd.DataFrame(columns=columns) if indicators is None else indicators
        inside = {"510700": AREAS.at_or_below("510700")}
        return Results("cn2011", table, inventory.totals(), ledger(inventory), inside)

    return make


def coal(value: float, unit: str = "万吨", **more: object) -> dict[str, object]:
    return {**fuel("1.1.2.4", "raw_coal", value, unit), "area_code": "510703", **more}


def stands(targets, results: Results) -> dict[str, object]:
    frame = track(targets, results)
    assert list(frame.columns) == list(TRACKED)
    assert len(frame) == 1
    return frame.iloc[0].to_dict()


def test_a_cap_sums_what_is_reported_in_the_area_once(tmp_path: Path, results) -> None:
    row = stands(
        targets_of(tmp_path, {**GOOD, "year": "2025"}),
        results(coal(100.0), coal(500_000.0, "t", area_code="510704"), coal(7.0, area_code="510100")),
    )
    assert (row["data_year"], row["value"], row["distance"], row["status"]) == (2021, 150.0, -510.0, "within")


def test_a_cap_in_its_year_is_met_or_missed(tmp_path: Path, results) -> None:
    assert stands(targets_of(tmp_path, GOOD), results(coal(660.0)))["status"] == "met"
    assert stands(targets_of(tmp_path, GOOD), results(coal(660.5)))["status"] == "missed"
    assert stands(targets_of(tmp_path, {**GOOD, "year": "2025"}), results(coal(661.0)))["status"] == "above"


def test_years_after_the_target_do_not_count(tmp_path: Path, results) -> None:
    row = stands(targets_of(tmp_path, GOOD), results(coal(600.0), coal(900.0, year=2022)))
    assert (row["data_year"], row["status"]) == (2021, "met")


def test_an_amount_in_a_unit_that_does_not_fit_gives_no_part_as_the_whole(tmp_path: Path, results) -> None:
    row = stands(targets_of(tmp_path, GOOD), results(coal(100.0), coal(3.0, "TJ", area_code="510704")))
    assert (row["data_year"], row["status"]) == (0, "no_data")
    assert math.isnan(row["value"])


def test_at_least_about_and_striving(tmp_path: Path, results) -> None:
    least = {**GOOD, "kind": "level_min", "year": "2025"}
    assert stands(targets_of(tmp_path, least), results(coal(700.0)))["status"] == "reached"
    assert stands(targets_of(tmp_path, least), results(coal(600.0)))["status"] == "below"
    for word in ("左右", "力争"):
        row = stands(targets_of(tmp_path, {**least, "qualifier": word}), results(coal(600.0)))
        assert (row["status"], row["distance"], row["qualifier"]) == ("no_verdict", -60.0, word)


def test_a_total_as_a_target(tmp_path: Path, results) -> None:
    made = results(coal(100.0))
    whole = made.totals[(made.totals["area_code"] == "510700") & (made.totals["category"] == "1")]
    cap = {**GOOD, "indicator": "co2e", "unit": "万吨CO2e", "value": "1"}
    assert stands(targets_of(tmp_path, cap), made)["value"] == pytest.approx(whole["co2e_t"].sum() / 1e4)
    co2 = {**GOOD, "indicator": "CO2:1.1", "unit": "t CO2", "value": "1"}
    mass = whole[whole["gas"] == "CO2"]["mass_t"].sum()
    assert stands(targets_of(tmp_path, co2), made)["value"] == pytest.approx(mass)


def intensities(*rows: tuple[int, float, str]) -> pd.DataFrame:
    return pd.DataFrame([
        {"profile": "cn2011", "area_code": "510700", "year": year, "id": "co2_t_per_gdp_constant", "value": value,
         "unit": "t CO2/10^4 CNY", "price_base": price}
        for year, value, price in rows
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("year", "value", "status"),
    [
        (2023, 0.87, "ahead"),
        (2023, 0.89, "behind"),
        (2025, 0.80, "met"),
        (2025, 0.82, "missed"),
        (2023, 1.1, "behind"),
    ],
)
def test_a_decline_against_an_even_schedule(tmp_path: Path, results, year, value, status) -> None:
    made = results(
        coal(1.0), indicators=intensities((2020, 1.0, "constant-2020"), (year, value, "constant-2020"))
    )
    row = stands(targets_of(tmp_path, DECLINE), made)
    assert (row["data_year"], row["status"]) == (year, status)
    assert row["value"] == pytest.approx(100 * (1 - value))
    assert row["schedule"] == pytest.approx(100 * scheduled_decline(0.19, 5, year - 2020))
    assert row["progress_pct"] == pytest.approx(100 * decline_progress(0.19, 1 - value))


def test_a_decline_without_a_figure_of_the_base_year_is_not_judged(tmp_path: Path, results) -> None:
    made = results(coal(1.0), indicators=intensities((2021, 0.9, "constant-2020")))
    row = stands(targets_of(tmp_path, DECLINE), made)
    assert (row["status"], row["data_year"]) == ("no_base", 2021)
    assert math.isnan(row["value"])


def test_different_price_bases_are_not_compared(tmp_path: Path, results) -> None:
    made = results(
        coal(1.0), indicators=intensities((2020, 1.0, "constant-2020"), (2021, 0.9, "constant-2015"))
    )
    assert stands(targets_of(tmp_path, DECLINE), made)["status"] == "price_bases"


def test_every_status_has_words_in_both_languages() -> None:
    from ghg_inventory.tables import read_toml

    path = Path(__file__).parents[2] / "ghg_inventory" / "indicators" / "targets.toml"
    for status in read_toml(path)["status"]:
        assert status_word(status, "zh") != status_word(status, "en")
