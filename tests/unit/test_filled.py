"""Filled values: only by a method the return template permits, and each shown in table, export and report."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import AT

from ghg_inventory.pipeline import (
    Workspace,
    WorkspaceProblem,
    compile_run,
    export_table,
    import_files,
    load_library,
)
from ghg_inventory.pipeline.reporting import report_input, totals_by_area
from ghg_inventory.report import render_html
from ghg_inventory.report.attachments import attachments

SETTINGS = """
[inventory]
area = "510700"
years = [2021, 2022, 2023]
profiles = ["cn2011"]
gwp_set = "ar5"

[[fill]]
area = "510703"
category = "3.1.6"
variable = "livestock_population"
item = "swine"
technology = "scale"
method = "{method}"
years = [2022, 2022]
reason = "机构改革，当年未统计"
"""
ROWS = """area_code,year,category,variable,item,technology,value,unit,notation,use,source,note
510703,2021,3.1.6,livestock_population,swine,scale,10,万头,,,年报,
510703,2023,3.1.6,livestock_population,swine,scale,14,万头,,,年报,
"""


def workspace(folder: Path, method: str) -> Workspace:
    (folder / "inbox").mkdir()
    (folder / "inbox" / "county.csv").write_text(ROWS, encoding="utf-8")
    (folder / "inventory.toml").write_text(SETTINGS.replace("{method}", method), encoding="utf-8")
    return Workspace.open(folder)


def test_a_filled_value_is_flagged_counted_and_shown(tmp_path: Path) -> None:
    ws = workspace(tmp_path, "interpolation")
    import_files(ws, ws.inbox_files(), at=AT)
    run = compile_run(ws, at=AT, record=False)
    (row,) = run.tables["filled"].to_dict("records")
    assert (row["area_code"], row["year"], row["value"], row["unit"]) == ("510703", 2022, 12.0, "万头")
    assert row["method"] == "interpolation"
    assert "机构改革" in row["note"]
    assert len(export_table(run, "filled")) == 1
    data = report_input(ws, run, "510703", 2022, issue_date="2026-01-01", totals=totals_by_area(run))
    for lang, words in (
        ("zh", ("补缺数据", "内插", "机构改革")),
        ("en", ("Filled values", "interpolation", "机构改革")),
    ):
        page = render_html(data, lang)
        assert all(word in page for word in words), lang
    assert "filled.csv" in {file.name for file in attachments(data)}


def test_a_run_without_fills_says_so(tmp_path: Path) -> None:
    ws = workspace(tmp_path, "interpolation")
    text = (tmp_path / "inventory.toml").read_text(encoding="utf-8")
    (tmp_path / "inventory.toml").write_text(text[: text.index("[[fill]]")], encoding="utf-8")
    ws = Workspace.open(tmp_path)
    import_files(ws, ws.inbox_files(), at=AT)
    run = compile_run(ws, at=AT, record=False)
    assert not len(run.tables["filled"])
    data = report_input(ws, run, "510703", 2023, issue_date="2026-01-01", totals=totals_by_area(run))
    assert "没有按规则补缺的数值" in render_html(data, "zh")


def test_a_method_that_the_template_does_not_permit_is_refused(tmp_path: Path) -> None:
    ws = workspace(tmp_path, "per_capita")
    text = (tmp_path / "inventory.toml").read_text(encoding="utf-8")
    text = text.replace("years = [2022, 2022]", 'years = [2022, 2022]\nsurrogate = "population"')
    (tmp_path / "inventory.toml").write_text(text, encoding="utf-8")
    ws = Workspace.open(tmp_path)
    with pytest.raises(WorkspaceProblem) as caught:
        load_library(ws)
    (problem,) = caught.value.findings
    assert problem.name == "fill-not-permitted"
    assert "interpolation" in problem.text("en")
    assert "内插" in problem.text("zh")
