"""The document: its numbers are those of the data, its gaps are stated, nothing is typed by hand."""

from __future__ import annotations

import csv
import dataclasses
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

DATA = Path(__file__).parents[1] / "data" / "report"
sys.path.insert(0, str(DATA))

import report_fixture as fixture  # noqa: E402

from ghg_inventory.errors import DataFileError, Finding, Place, finding  # noqa: E402
from ghg_inventory.report import CategoryInfo, Document, Name, ReportInput, build, render_html  # noqa: E402
from ghg_inventory.report.blocks import Equation, Facts, Figure, Paragraph, Table  # noqa: E402
from ghg_inventory.report.model import LEDGER, TOTALS  # noqa: E402
from ghg_inventory.report.view import make_view  # noqa: E402

SECTOR_NAMES = {"1": "Energy", "4": "Land", "X": "Indirect"}


@pytest.fixture(scope="module")
def province() -> ReportInput:
    return fixture.mendoza()


@pytest.fixture(scope="module")
def sichuan() -> ReportInput:
    return fixture.sichuan()


def blocks(document: Document) -> Iterator[object]:
    for chapter in (document.statement, *document.chapters):
        yield from chapter.blocks()


def table(document: Document, name: str) -> Table:
    return next(b for b in blocks(document) if isinstance(b, Table) and b.id == name)


def cells(document: Document, name: str) -> list[list[str]]:
    return [[cell.striptags() for cell in row.cells] for row in table(document, name).rows]


def basic_total(year: str, district: str = "") -> float:
    """BASIC emissions [t CO2e] of the published file, added up here without the room's help."""
    weights = {"CO2": 1, "CH4": 28, "N2O": 265}
    with (DATA / "mendoza.csv").open(encoding="utf-8", newline="") as stream:
        return sum(
            float(r["emission_kg"]) / 1000 * weights[r["gas"]] for r in csv.DictReader(stream)
            if r["year"] == year and r["gpc"] != "I.4.4" and district in ("", r["district"])
        )  # fmt: skip


def test_the_headline_is_the_sum_of_the_published_rows(province: ReportInput) -> None:
    view = make_view(province, "zh")
    assert view.headline() == pytest.approx(basic_total("2022"), rel=1e-12)
    assert view.headline(area="AR-M-rivadavia", year=2015) == pytest.approx(basic_total("2015", "Rivadavia"), rel=1e-12)


def test_the_same_total_stands_in_summary_tables_and_ring(province: ReportInput) -> None:
    document = build(province, "zh")
    shown = f"{basic_total('2022') / 1e4:,.2f}"
    assert cells(document, "sectors")[-1][-2] == shown
    assert next(row for row in cells(document, "gpc") if row[1] == "BASIC 总量")[-4] == shown
    assert cells(document, "areas")[-2][-3] == shown
    assert shown in "".join(b.html for b in document.chapters[0].blocks() if isinstance(b, Paragraph))
    assert any(shown in b.svg for b in blocks(document) if isinstance(b, Figure) and b.id == "structure")


def test_districts_add_up_to_the_province(province: ReportInput) -> None:
    rows = cells(build(province, "en"), "areas")
    assert len(rows) == 18 + 3
    assert rows[-3][1:6] == rows[-2][1:6]
    assert set(rows[-1][1:6]) == {"0"}


def test_what_no_district_holds_is_printed_as_the_difference(province: ReportInput) -> None:
    extra = province.totals.copy()
    mine = (extra["area_code"] == "AR-M") & (extra["year"] == 2022) & (extra["category"] == "I.1.1") & (extra["gas"] == "CO2")
    extra.loc[mine, "co2e_t"] += 50_000
    rows = cells(build(dataclasses.replace(province, totals=extra), "zh"), "areas")
    assert rows[-1][1] == "5.00"


def test_power_for_the_grid_is_territorial_and_not_basic(province: ReportInput) -> None:
    rows = {row[0]: row for row in cells(build(province, "en"), "gpc") if row[0]}
    assert rows["I.4.4"][-3:] == ["–", "–", "✓"]
    assert rows["I.1.1"][-3:] == ["✓", "✓", "✓"]
    assert rows["I.1.2"][-3:] == ["✓", "✓", "–"]


def test_gaps_are_stated_where_a_reader_would_look(province: ReportInput) -> None:
    document = build(province, "en")
    stated = " ".join(b.html.striptags() for b in blocks(document) if isinstance(b, Paragraph) and b.kind == "empty")
    assert "no reference approach was made" in stated
    assert "one profile" in stated
    assert "indicators" not in {chapter.id for chapter in document.chapters}


def test_a_missing_denominator_is_printed_not_skipped(sichuan: ReportInput) -> None:
    rows = cells(build(sichuan, "en"), "indicators")
    assert rows[1][1] == "No data"
    assert "no GDP at constant prices" in rows[1][-1]


def test_a_lagging_grid_factor_is_said(sichuan: ReportInput) -> None:
    notes = [b.html for b in blocks(build(sichuan, "zh")) if isinstance(b, Paragraph) and b.kind == "note"]
    assert any("2021 年使用 2022 年的电网排放因子" in n and "晚 1 年" in n for n in notes)


def test_profiles_differ_by_what_the_table_says(sichuan: ReportInput) -> None:
    rows = cells(build(sichuan, "zh"), "profiles")
    total = next(row for row in rows if row[0] == "排放总量")
    assert total[-1] == "+2.1%"


def test_the_matrix_and_the_fuels_give_the_total(sichuan: ReportInput) -> None:
    document = build(sichuan, "zh")
    total = cells(document, "sectors")[-2][-2]
    assert cells(document, "matrix")[-1][-1] == total
    assert cells(document, "fuels")[-1][-2] == total


def test_energy_counts_a_record_once_and_equal_records_each(province: ReportInput) -> None:
    with (DATA / "mendoza.csv").open(encoding="utf-8", newline="") as stream:
        records = {
            (r["district"], r["activity_name"], r["gpc"], r["unit"]): float(r["value"]) for r in csv.DictReader(stream)
            if r["year"] == "2022" and r["gpc"] != "I.4.4" and r["unit"] == "TJ"
        }  # fmt: skip
    gas = next(row for row in cells(build(province, "en"), "fuels") if row[0] == "Natural gas")
    assert gas[1] == f"{sum(records.values()):,.0f}"
    twice = province.ledger.assign(source_line=1)
    twice = pd.concat([twice, twice.assign(source_line=2)], ignore_index=True)
    gas = next(row for row in cells(build(dataclasses.replace(province, ledger=twice), "en"), "fuels") if row[0] == "Natural gas")
    assert gas[1] == f"{2 * sum(records.values()):,.0f}"


def test_indirect_emissions_stand_beside_the_total(sichuan: ReportInput) -> None:
    view = make_view(sichuan, "zh")
    rows = cells(build(sichuan, "zh"), "sectors")
    assert rows[-1][0].startswith("另列")
    assert rows[-1][-2].startswith("\u2212")
    assert "X" not in view.counted


def test_factors_of_weak_confidence_are_flagged(sichuan: ReportInput) -> None:
    flagged = [row for row in cells(build(sichuan, "zh"), "factors") if "▲" in row[-1]]
    assert len(flagged) == 3


def small(rows: list[tuple[str, str, float]], notations: tuple[tuple[str, str], ...] = ()) -> ReportInput:
    """A province of one year from (category, gas, t CO2e)."""
    base = fixture.sichuan()
    totals = pd.DataFrame([("cn2011", "510000", 2021, c, g, v, v) for c, g, v in rows], columns=list(TOTALS))
    ledger = pd.DataFrame(
        [{**dict.fromkeys(LEDGER, ""), "profile": "cn2011", "area_code": "510000", "category": c, "notation": n,
          "activity_value": float("nan"), "co2e_t": float("nan"), "mass_t": float("nan"), "energy_tj": float("nan")}
         for c, n in notations], columns=list(LEDGER))  # fmt: skip
    infos = {
        "1": CategoryInfo(Name("能源活动", "Energy"), 1), "2": CategoryInfo(Name("工业", "Industry"), 1),
        "4": CategoryInfo(Name("林业", "Forestry"), 1), "X": CategoryInfo(Name("间接", "Indirect"), 1),
    }  # fmt: skip
    return dataclasses.replace(
        base, totals=totals, ledger=ledger, categories=infos, years=(2021,), electricity=base.electricity.iloc[:0],
        reference=base.reference.iloc[:0], indicators=base.indicators.iloc[:0], methods_used=(),
    )  # fmt: skip


def test_removals_are_negative_and_lower_the_net_total_only() -> None:
    rows = cells(build(small([("1", "CO2", 9e6), ("2", "CO2", 1e6), ("4", "CO2", -2e6)]), "zh"), "sectors")
    by_name = {row[0]: row[-2] for row in rows}
    assert by_name["排放总量（不含土地利用变化和林业）"] == "1,000.00"
    assert by_name["林业"] == "\u2212200.00"
    assert by_name["净排放量（含土地利用变化和林业）"] == "800.00"


def test_a_notation_key_is_printed_as_text_not_as_zero() -> None:
    document = build(small([("1", "CO2", 9e6)], (("2", "NE"),)), "zh")
    row = next(r for r in cells(document, "categories") if r[0] == "2")
    assert row[2:4] == ["NE", "NE"]


def test_a_sum_is_added_before_it_is_rounded() -> None:
    rows = cells(build(small([("1", "CO2", 1_000_040.0), ("2", "CO2", 1_000_040.0)]), "zh"), "sectors")
    assert [row[-2] for row in rows] == ["100.00", "100.00", "200.01"]


def test_an_area_without_totals_says_so() -> None:
    document = build(small([]), "en")
    assert next(c.id for c in document.chapters) == "scope"
    stated = " ".join(b.html for b in blocks(document) if isinstance(b, Paragraph))
    assert "no emissions for this area and year" in stated


def test_findings_that_name_only_other_areas_are_left_to_their_reports() -> None:
    data = fixture.mendoza("AR-M-maipu")
    jumps = tuple(
        Finding("magnitude-jump", "warning", Place(), (("areas", areas), ("category", "I.1.2")))
        for areas in ("AR-M-capital", "AR-M-capital, AR-M-maipu", "AR-M-maipu")
    )
    view = make_view(dataclasses.replace(data, findings=jumps), "zh")
    assert [dict(f.values)["areas"] for f in view.findings] == ["AR-M-capital, AR-M-maipu", "AR-M-maipu"]
    whole = make_view(dataclasses.replace(fixture.mendoza(), findings=jumps), "zh")
    assert len(whole.findings) == 3


def test_an_unknown_kind_of_report_is_refused(province: ReportInput) -> None:
    with pytest.raises(DataFileError, match="planet"):
        build(dataclasses.replace(province, kind="planet"), "zh")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_ids_are_unique_and_every_link_leads_somewhere(province: ReportInput, lang: str) -> None:
    page = render_html(province, lang)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_tables_figures_and_formulas_are_numbered_without_gaps(sichuan: ReportInput) -> None:
    document = build(sichuan, "zh")
    for chapter in document.chapters:
        for kind in (Figure, Equation, Table | Facts):
            numbers = [b.number for b in chapter.blocks() if isinstance(b, kind)]
            assert [n.rsplit("-", 1)[1] for n in numbers] == [str(i + 1) for i in range(len(numbers))]


def test_rows_have_as_many_cells_as_columns(province: ReportInput, sichuan: ReportInput) -> None:
    for data in (province, sichuan, fixture.mendoza("AR-M-maipu")):
        for block in blocks(build(data, "en")):
            if isinstance(block, Table):
                short = {len(row.cells) for row in block.rows if row.kind != "head" or len(row.cells) > 1}
                assert short <= {len(block.columns)}, block.id


def test_assumptions_are_printed_with_their_reason_in_the_report_s_language(sichuan: ReportInput) -> None:
    for lang, used, reason in (
        ("zh", "其他燃煤锅炉", "平衡表不分炉型"), ("en", "other coal boilers", "the balance does not tell boiler types"),
    ):  # fmt: skip
        line = cells(build(sichuan, lang), "assumptions")[0]
        assert line[3] == used
        assert line[5] == reason


def test_an_assumption_counts_the_records_it_speaks_for(sichuan: ReportInput) -> None:
    frame = sichuan.ledger
    mine = frame[
        (frame["profile"] == "cn2011") & frame["item"].isin(["raw_coal", "cleaned_coal"])
        & frame["category"].str.startswith("1.1.1") & (frame["activity_value"] != 0)
    ]  # fmt: skip
    assert len(mine) > 0
    assert cells(build(sichuan, "en"), "assumptions")[0][4] == str(len(mine))
    elsewhere = dataclasses.replace(sichuan.assumptions[0], category="1.1.11")
    assert cells(build(dataclasses.replace(sichuan, assumptions=(elsewhere,)), "en"), "assumptions")[0][4] == "0"


def test_what_is_not_computed_has_its_key_target_and_reason(sichuan: ReportInput) -> None:
    line = cells(build(sichuan, "en"), "exclusions")[0]
    assert line[2] == "IE → 2.19"
    assert "not burnt as fuel" in line[-1]
    assert "Vol. 3 Ch. 5" in line[-1]


def test_one_rule_of_two_profiles_is_one_line(sichuan: ReportInput) -> None:
    rule = sichuan.exclusions[0]
    both = dataclasses.replace(sichuan, exclusions=(rule, dataclasses.replace(rule, profile="ipcc2006")))
    lines = cells(build(both, "zh"), "exclusions")
    assert len(lines) == 1
    assert lines[0][3] == "省级温室气体清单编制指南（试行）和 IPCC 2006 指南"


def test_a_borrowed_method_is_listed_with_fuels_gases_and_amount(sichuan: ReportInput) -> None:
    assert not any(isinstance(b, Table) and b.id == "lent" for b in blocks(build(sichuan, "zh")))
    own, other = sichuan.methods_used
    borrowed = dataclasses.replace(own, supplement=True, stands_for=other.title)
    document = build(dataclasses.replace(sichuan, methods_used=(borrowed, other)), "en")
    head, line = cells(document, "lent")[:2]
    assert head == ["Provincial guidelines (trial)"]
    frame = sichuan.ledger
    mine = frame[(frame["profile"] == "cn2011") & (frame["method"] == own.id) & (frame["activity_value"] != 0)]
    assert line[1] == "Supplement; in place of: Deduction of feedstock use"
    assert line[2] == "CO2"
    assert line[4] == str(len(mine))
    assert float(line[5].replace(",", "")) == pytest.approx(mine["co2e_t"].sum() / 1e6, abs=6e-4)


def test_gaps_of_the_balance_are_printed_as_the_reader_found_them(sichuan: ReportInput) -> None:
    assert cells(build(sichuan, "zh"), "balance") == [["煤矸石", "平衡差额", "23.62", "0", "23.62", "万吨", "F6"]]
    assert cells(build(sichuan, "en"), "balance") == [["Gangue", "balance", "23.62", "0", "23.62", "104 t", "F6"]]


def test_a_balance_that_closes_says_so(sichuan: ReportInput) -> None:
    closed = dataclasses.replace(
        sichuan, balance=sichuan.balance[:0], balance_checks=(dataclasses.replace(sichuan.balance_checks[0], beyond=0),)
    )  # fmt: skip
    text = " ".join(b.html.striptags() for b in blocks(build(closed, "en")) if isinstance(b, Paragraph))
    assert "checked: 191" in text
    assert "Every total closes within the tolerance." in text
    none = dataclasses.replace(closed, balance_checks=())
    text = " ".join(b.html.striptags() for b in blocks(build(none, "en")) if isinstance(b, Paragraph))
    assert "no energy balance of this year was submitted" in text


def test_the_territorial_total_alone_holds_power_for_the_grid(province: ReportInput) -> None:
    view = make_view(province, "en")
    rows = {row[1]: row for row in cells(build(province, "en"), "gpc")}
    held = [c for c, info in province.categories.items() if info.scope == "1" and view.at(c)]
    assert "I.4.4" in held
    own = view.sum([c for c in held if c != "I.4.4"])
    assert rows["Scope 1"][-4] == view.scale.text(own)
    assert rows["Territorial total (with I.4.4)"][-4] == view.scale.text(view.sum(held))
    assert rows["GPC BASIC+ total"][-4] == rows["GPC BASIC total"][-4]


def test_the_summary_says_which_sectors_the_total_holds(sichuan: ReportInput, province: ReportInput) -> None:
    def told(data: ReportInput) -> str:
        first = build(data, "en").chapters[0]
        return " ".join(b.html.striptags() for b in first.blocks() if isinstance(b, Paragraph))

    assert "The total holds Energy only" in told(sichuan)
    assert "no data of Industrial processes" in told(sichuan)
    assert "The total holds Stationary energy only" in told(province)
    assert "Transportation" in told(province)
    kept = {c: info for c, info in sichuan.categories.items() if c.split(".")[0] not in ("2", "3", "5")}
    whole = dataclasses.replace(sichuan, categories=kept)
    assert "The total holds" not in told(whole)


@pytest.mark.parametrize(("lang", "said"), [("zh", "不完整"), ("en", "incomplete")])
def test_a_report_of_a_run_with_errors_says_so_first(sichuan: ReportInput, lang: str, said: str) -> None:
    place = Place("b.xlsx", "2021", "AC5")
    wrong = finding("balance-column-withheld", place, column="天然气", column_en="Natural gas", count=35)
    for findings, expected in (((), False), ((wrong,), True)):
        data = dataclasses.replace(sichuan, findings=findings)
        document = build(data, lang)
        first = next(iter(document.chapters[0].blocks()))
        assert (isinstance(first, Paragraph) and first.kind == "alarm") is expected
        assert any(said in str(value) for _, value in document.cover) is expected
