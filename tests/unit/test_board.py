"""The board of returns: every sheet asked has a state, and what is said beside a run is no part of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import AT

from ghg_inventory.activity import Activity, stated_in_two_files
from ghg_inventory.cli import main
from ghg_inventory.pipeline import Intake, Workspace, compile_run, import_files
from ghg_inventory.pipeline.board import MISSING, Cell, board
from ghg_inventory.pipeline.vintage import beside

SETTINGS = """[inventory]
area = "510700"
years = [2022, 2023]
profiles = ["cn2011"]
gwp_set = "ar5"
"""
HEADER = "area_code,year,category,variable,item,technology,value,unit,notation,source,note\n"
ROWS = """510703,2023,3.5,urea_applied,,,0.4,万吨,,年报,
510703,2023,,population,,,120,万人,,年报,
510704,2022,,population,,,50,万人,,年报,
"""


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inventory.toml").write_text(SETTINGS + "[review]\nrequired = true\n", encoding="utf-8")
    (tmp_path / "inbox" / "a.csv").write_text(HEADER + ROWS, encoding="utf-8")
    return Workspace.open(tmp_path)


def cell(ws: Workspace, area: str, sheet: str, year: int = 2023) -> Cell:
    return next(c for c in board(ws, [year]).cells if c.area == area and c.sheet.id == sheet)


def test_nothing_came_in_and_nothing_is_made(ws: Workspace) -> None:
    made = board(ws)
    assert made.years == (2023,)
    assert {c.state for c in made.cells} == {MISSING}
    assert not ws.has_store
    assert not ws.store_folder.exists()
    assert {c.area for c in made.cells if c.sheet.asked == "whole"} == {"510700"}
    assert "510700" not in {c.area for c in made.cells if c.sheet.asked == "leaf"}


def test_states_follow_the_submission_and_count_what_is_answered(ws: Workspace) -> None:
    (submission,) = import_files(ws, ws.inbox_files(), at=AT, how=Intake(by="张三")).submissions
    waiting = cell(ws, "510703", "society")
    assert (waiting.state, waiting.by, waiting.answered) == ("submitted", "张三", 1)
    assert 0 < waiting.answered < waiting.asked
    assert cell(ws, "510703", "crops").answered == 1
    assert cell(ws, "510704", "society").state == MISSING
    assert cell(ws, "510704", "society", 2022).answered == 1
    store = ws.open_store()
    store.decide(submission.id, "accepted", AT, by="李四")
    assert (cell(ws, "510703", "crops").state, cell(ws, "510703", "crops").by) == ("accepted", "李四")


def test_a_later_one_that_waits_is_shown_with_the_one_in_force(ws: Workspace) -> None:
    (first,) = import_files(ws, ws.inbox_files(), at=AT).submissions
    ws.open_store().decide(first.id, "accepted", AT, by="李四")
    (ws.folder / "inbox" / "a.csv").write_text(HEADER + ROWS.replace("0.4", "0.5"), encoding="utf-8")
    (second,) = import_files(ws, ws.inbox_files(), at=AT).submissions
    shown = cell(ws, "510703", "crops")
    assert (shown.state, shown.submission, shown.earlier) == ("submitted", second.id, True)


def test_what_waits_is_said_beside_the_run_and_not_in_it(ws: Workspace) -> None:
    (submission,) = import_files(ws, ws.inbox_files(), at=AT).submissions
    run = compile_run(ws, at=AT)
    assert [f.name for f in beside(ws, run, "")] == ["submissions-waiting"]
    assert "submissions-waiting" not in {f.name for f in run.findings}
    assert "nothing-to-compile" in {f.name for f in run.findings}
    ws.open_store().decide(submission.id, "accepted", AT, by="李四")
    assert beside(ws, compile_run(ws, at=AT), "") == []


def test_a_day_before_any_run_says_so(ws: Workspace) -> None:
    import_files(ws, ws.inbox_files(), at=AT)
    run = compile_run(ws, at=AT)
    assert [f.name for f in beside(ws, run, "2020-01-01")] == ["as-of-no-run"]
    assert [f.name for f in beside(ws, run, AT[:10])] == ["as-of-same"]
    other = compile_run(ws, at=AT, record=False, years=[2022])
    assert [f.name for f in beside(ws, other, AT[:10])] == ["as-of-no-run"]


@pytest.mark.parametrize(
    "words", [["status"], ["status", "--area", "510703"], ["status", "--year", "2022", "--json"]]
)
def test_the_command_shows_it(ws: Workspace, words: list[str]) -> None:
    import_files(ws, ws.inbox_files(), at=AT)
    for lang, said in (("zh", "人口和经济"), ("en", "population")):
        result = CliRunner().invoke(main, [*words, "-w", str(ws.folder), "--lang", lang])
        assert result.exit_code == 0, result.output
        assert said in result.output.lower()


def test_the_matrix_tells_value_from_nothing(ws: Workspace) -> None:
    (submission,) = import_files(ws, ws.inbox_files(), at=AT).submissions
    ws.open_store().decide(submission.id, "accepted", AT, by="李四")
    result = CliRunner().invoke(main, ["status", "--matrix", "-w", str(ws.folder), "--lang", "zh"])
    line = next(line for line in result.stdout.splitlines() if line.startswith("3.5 ") and "CO2" in line)
    assert "✓" in line
    assert "?" in result.stdout


def test_typing_mistakes_are_named(ws: Workspace) -> None:
    for words, said in (
        (["--year", "2031"], "2031"),
        (["--area", "51070x"], "51070x"),
        (["--profile", "cn20"], "cn2011"),
    ):
        result = CliRunner().invoke(main, ["status", *words, "-w", str(ws.folder), "--lang", "zh"])
        assert result.exit_code == 2
        assert said in result.output


def test_two_files_never_add_up_in_silence(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inventory.toml").write_text(SETTINGS, encoding="utf-8")
    for name, value, unit in (("a", "0.4", "万吨"), ("b", "4000", "吨"), ("c", "0.5", "万吨")):
        line = f"510703,2023,3.5,urea_applied,,,{value},{unit},,年报,\n"
        (tmp_path / "inbox" / f"{name}.csv").write_text(HEADER + line, encoding="utf-8")
    ws = Workspace.open(tmp_path)
    inbox = ws.inbox_files()
    equal = import_files(ws, inbox[:2], at=AT)
    assert [f.name for f in equal.findings if f.name.startswith("duplicate")] == ["duplicate-equal"]
    run = compile_run(ws, at=AT, years=[2023])
    assert "duplicate-equal" in {f.name for f in run.findings}
    assert len(run.main.encoded) == 1
    import_files(ws, inbox[2:], at=AT)
    assert "duplicate-differs" in {f.name for f in compile_run(ws, at=AT, years=[2023]).findings}


def test_a_form_and_a_table_that_state_the_same_are_an_error() -> None:
    rows = {
        "area_code": ["510703"] * 3, "year": [2023] * 3, "category": ["1.1.4"] * 3, "variable": ["fuel"] * 3,
        "item": ["raw_coal"] * 3, "value": [1.0, 2.0, 3.0], "unit": ["万吨"] * 3,
        "flow": ["final.trade", "final.other", ""], "file": ["form.xlsx", "form.xlsx", "table.csv"],
    }  # fmt: skip
    whole = Activity.from_columns(rows).canonical()
    assert [f.name for f in stated_in_two_files(whole)] == ["stated-twice"]
    assert stated_in_two_files(whole.select(whole.value < 3)) == []
