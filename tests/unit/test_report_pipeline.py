"""What the pipeline hands to a report, on the example of Sichuan: assumptions, exclusions, balance, borrowed methods."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from conftest import AT, ROOT

from ghg_inventory.pipeline import RunResult, Workspace, compile_run, import_files, make_reports
from ghg_inventory.pipeline.reporting import report_input, totals_by_area
from ghg_inventory.report import ReportInput, render_html

AREA = "510000"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, RunResult]:
    folder = tmp_path_factory.mktemp("report") / "sichuan"
    shutil.copytree(ROOT / "examples" / "sichuan", folder)
    workspace = Workspace.open(folder)
    import_files(workspace, workspace.inbox_files(), at=AT)
    return workspace, compile_run(workspace, at=AT, record=False)


def of_year(run: tuple[Workspace, RunResult], year: int) -> ReportInput:
    return report_input(*run, AREA, year, issue_date="2026-11-23", totals=totals_by_area(run[1]))


def test_every_declared_assumption_reaches_the_report(run: tuple[Workspace, RunResult]) -> None:
    data = of_year(run, 2021)
    declared = run[0].assumptions
    assert len(data.assumptions) == sum(len(entries) for entries in declared.values())
    first = declared["technology"][0]
    assert data.assumptions[0].items == tuple(first["items"])
    assert f"{data.assumptions[0].reason.zh} / {data.assumptions[0].reason.en}" == first["reason"]
    page = render_html(data, "en")
    assert data.assumptions[0].reason.en in page
    assert data.assumptions[0].reason.zh not in page


def test_exclusions_are_those_that_left_amounts_out(run: tuple[Workspace, RunResult]) -> None:
    data = of_year(run, 2021)
    for one in data.exclusions:
        rows = data.ledger[
            (data.ledger["profile"] == one.profile) & data.ledger["item"].isin(one.items)
            & (data.ledger["notation"] == one.notation) & (data.ledger["activity_value"] != 0)
        ]  # fmt: skip
        assert one.records == len(rows[rows["gas"] == one.gases[0]]) > 0
    assert {one.profile for one in data.exclusions} == {"cn2011", "ipcc2006"}


def test_the_balance_of_the_year_is_told_and_of_no_other(run: tuple[Workspace, RunResult]) -> None:
    data = of_year(run, 2012)
    found = [f for f in run[1].findings if f.name == "balance-gap"]
    assert len(data.balance) == len(found)
    assert set(data.balance["year"]) == {2012}
    assert sorted(data.balance["gap"]) == sorted(dict(f.values)["gap"] for f in found)
    assert [c.year for c in data.balance_checks] == [2012, 2021]
    assert "全部合计在允差之内闭合" in render_html(of_year(run, 2021), "zh")
    assert "全部合计在允差之内闭合" not in render_html(data, "zh")


def test_borrowed_methods_carry_title_note_and_the_source_s_title(run: tuple[Workspace, RunResult]) -> None:
    methods = {m.id: m for m in of_year(run, 2021).methods_used}
    lender = methods["mee.energy.combustion.co2"]
    assert lender.supplement
    assert lender.stands_for.zh == methods["cn2011.energy.combustion.co2"].title.zh
    assert lender.source.startswith("企业温室气体排放核算与报告指南 钢铁行业")
    assert lender.note.zh
    assert not methods["cn2011.energy.combustion.co2"].supplement


def test_totals_of_a_report_are_those_of_the_run(run: tuple[Workspace, RunResult]) -> None:
    totals = of_year(run, 2021).totals
    whole = pd.concat([i.totals() for i in run[1].inventories.values()])
    assert totals["co2e_t"].sum() == pytest.approx(whole.loc[whole["area_code"] == AREA, "co2e_t"].sum(), rel=1e-12)


def test_an_area_or_year_that_the_run_does_not_hold_is_said(
    run: tuple[Workspace, RunResult], tmp_path: Path
) -> None:
    paths, findings = make_reports(
        *run, formats=("html",), langs=("en",), areas=(AREA, "510100"), years=(2012, 2013), output=tmp_path
    )
    assert [p.name for p in paths] == [f"{AREA}-2012-en.html"]
    lacking = [dict(f.values) for f in findings if f.name == "report-nothing"]
    assert [(v["area"], v["year"]) for v in lacking] == [(AREA, "2013"), ("510100", "2012"), ("510100", "2013")]
    assert all(f.severity == "error" for f in findings if f.name == "report-nothing")
    assert "510100" in next(f.text("zh") for f in findings if dict(f.values).get("area") == "510100")
