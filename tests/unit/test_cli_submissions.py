"""`ghg submissions` and `ghg audit` as a reviewer uses them."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ghg_inventory.activity.table import Activity, InputFile, Scope
from ghg_inventory.cli import main
from ghg_inventory.cli.commands.submissions import VERBS
from ghg_inventory.errors import Place, finding
from ghg_inventory.pipeline.workspace import Workspace
from ghg_inventory.store import SourceFile, Store
from ghg_inventory.store.states import states

SETTINGS = """
[inventory]
name_zh = "测试"
name_en = "Test"
area = "510700"
years = [2024]
profiles = ["cn2011"]
gwp_set = "ar5"
language = "zh"
"""
AT = "2025-04-01T09:00:00+08:00"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "inventory.toml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1743500000")
    monkeypatch.setenv("LOGNAME", "zhang")
    return tmp_path


@pytest.fixture
def store(folder: Path) -> Store:
    return Workspace.open(folder).open_store()


def send(
    store: Store, name: str, coal: float, *, area: str = "510703", year: int = 2024, errors: int = 0
) -> int:
    columns = {
        "area_code": [area] * 2, "category": ["1.1.2", "1.1.5"], "variable": ["fuel"] * 2,
        "item": ["raw_coal", "diesel"], "unit": ["t"] * 2, "file": [name] * 2, "sheet": ["能源"] * 2,
        "cell": ["D5", "D6"], "year": [year] * 2, "value": [coal, 7.0],
    }  # fmt: skip
    scopes = (Scope(area, year, "energy", "能源"),)
    activity = Activity.from_columns(columns, (InputFile(name, "0" * 64, "return", scopes=scopes),))
    problems = [finding("not-a-number", Place(name, "能源", f"C{n}"), text="一百") for n in range(errors)]
    content = f"{name} {coal} {area} {year}".encode()
    return store.submit(SourceFile(name, content), activity, problems, AT, by="王", review="submitted").id


def ghg(*words: str) -> Result:
    return CliRunner().invoke(main, [*words])


def said(*words: str, code: int = 0) -> str:
    result = ghg(*words)
    assert result.exit_code == code, result.output
    return result.output


def test_the_list_shows_what_counts_and_what_waits(store: Store) -> None:
    first, second = send(store, "a.xlsx", 1.0), send(store, "b.xlsx", 2.0, area="510704")
    assert "没有内容" in said("submissions", "list")
    waiting = said("submissions", "list", "--waiting")
    assert "待审核" in waiting
    assert "a.xlsx" in waiting
    store.decide(first, "accepted", AT, by="李")
    listed = json.loads(said("submissions", "list", "--json"))
    assert [(s["id"], s["standing"], s["standing_by"], s["scopes"][0]["sheet"]) for s in listed] == [
        (first, "accepted", "李", "energy")
    ]
    everything = json.loads(said("submissions", "list", "--all", "--json"))
    assert [s["id"] for s in everything] == [first, second]
    assert [
        s["id"] for s in json.loads(said("submissions", "list", "--waiting", "--area", "510704", "--json"))
    ] == [second]
    assert json.loads(said("submissions", "list", "--all", "--year", "2020", "--json")) == []
    assert json.loads(said("submissions", "list", "--as-of", "2025-03-31", "--json")) == []


def test_one_submission_with_its_history_and_findings(store: Store) -> None:
    number = send(store, "a.xlsx", 1.0, errors=1)
    shown = said("submissions", "show", str(number))
    for word in ("已退回", "能源", "一百", "王", store.submission(number).sha256):
        assert word in shown
    facts = json.loads(said("submissions", "show", str(number), "--json"))
    assert [d["state"] for d in facts["decisions"]] == ["submitted", "returned"]
    assert facts["findings"][0]["name"] == "not-a-number"
    assert "99" in said("submissions", "show", "99", code=2)


def test_changes_name_the_cell_and_both_values(store: Store) -> None:
    store.decide(send(store, "a.xlsx", 100.0), "accepted", AT, by="李")
    second = send(store, "更正.xlsx", 250.0)
    shown = said("submissions", "changes", str(second))
    assert "能源 D5" in shown
    assert "100 t" in shown
    assert "250 t" in shown
    assert "D6" not in shown
    found = json.loads(said("submissions", "changes", str(second), "--json"))
    assert [(c["kind"], c["old"], c["new"]) for c in found] == [("changed", "100", "250")]
    assert "第一版" in said("submissions", "changes", "1")


def test_the_original_file_comes_back_and_overwrites_nothing(store: Store, folder: Path) -> None:
    number = send(store, "input/a.xlsx", 1.0)
    said("submissions", "file", str(number))
    assert (folder / "a.xlsx").read_bytes() == store.source(store.submission(number))
    said("submissions", "file", str(number))
    (folder / "a.xlsx").write_bytes(b"mine")
    assert "已经存在" in said("submissions", "file", str(number), code=2)
    assert (folder / "a.xlsx").read_bytes() == b"mine"
    said("submissions", "file", str(number), "--output", "copy.xlsx")
    assert (folder / "copy.xlsx").is_file()


def test_the_way_of_a_return_and_back(store: Store) -> None:
    first, second = send(store, "a.xlsx", 1.0), send(store, "a.xlsx", 2.0)
    assert f"提交 {first}（a.xlsx）：待审核 → 已接受" in said(
        "submissions", "accept", str(first), "--by", "李"
    )
    assert f"取代提交 {first}" in said("submissions", "accept", str(second))
    assert "必须写明理由" in said("submissions", "return", str(second), code=2)
    back = said("submissions", "return", str(second), "--reason", "口径不对")
    assert "已接受 → 已退回" in back
    assert f"现在有效的是提交 {first}" in back
    said("submissions", "freeze", str(first))
    assert "reopen" in said("submissions", "accept", str(first), "--reason", "x", code=2)
    said("submissions", "reopen", str(first), "--reason", "修订")
    said("submissions", "withdraw", str(first), "--reason", "作废")
    assert store.submissions() == ()
    assert {d.by for d in store.decisions(second)} == {"王", "zhang"}
    assert store.decisions(first)[-1].at.startswith("2025-04-01")


def test_several_at_once_and_the_wrong_ones_are_named(store: Store) -> None:
    numbers = [send(store, f"{area}.xlsx", 1.0, area=area) for area in ("510703", "510704")]
    out = said("submissions", "accept", *map(str, numbers), "77", code=2)
    assert out.count("→ 已接受") == 2
    assert "77" in out
    assert len(store.submissions()) == 2


def test_a_whole_year_is_frozen(store: Store) -> None:
    for area, year in (("510703", 2024), ("510704", 2024), ("510703", 2023)):
        store.decide(send(store, f"{area}-{year}.xlsx", 1.0, area=area, year=year), "accepted", AT, by="李")
    said("submissions", "freeze", "--year", "2024")
    assert [s.standing for s in store.submissions(current_only=False)] == ["frozen", "frozen", "accepted"]
    assert "没有选中" in said("submissions", "freeze", "--year", "2024", code=2)
    said("submissions", "freeze", "--area", "510703")
    assert {s.standing for s in store.submissions()} == {"frozen"}


def test_every_step_of_the_table_has_its_command() -> None:
    steps = {(step.verb, to) for state in states().values() for to, step in state.steps.items()}
    assert steps == {*VERBS.items()}


def test_the_log_is_shown_and_verified(store: Store, folder: Path) -> None:
    number = send(store, "a.xlsx", 1.0)
    store.decide(number, "returned", AT, by="李", reason="煤炭偏大")
    shown = said("audit")
    for word in ("核验通过", "已退回", "李", "煤炭偏大", store.audit()[-1].sha256):
        assert word in shown
    assert "前面还有 2 条" in said("audit", "--last", "1")
    facts = json.loads(said("audit", "--last", "0", "--json"))
    assert (facts["head"], facts["findings"], len(facts["log"])) == (store.audit()[-1].sha256, [], 3)
    with sqlite3.connect(folder / "store" / "ghg.sqlite") as connection:
        connection.execute("DROP TRIGGER decisions_no_update")
        connection.execute("UPDATE decisions SET by = '赵' WHERE id = 2")
    connection.close()
    broken = ghg("audit")
    assert broken.exit_code == 1
    assert "不一致" in broken.output


@pytest.mark.parametrize("words", [("submissions", "list"), ("audit",), ("submissions", "show", "1")])
def test_both_languages(store: Store, words: tuple[str, ...]) -> None:
    send(store, "a.xlsx", 1.0)
    store.decide(1, "accepted", AT, by="李")
    assert "accepted" in said(*words, "--lang", "en")
    assert "已接受" in said(*words, "--lang", "zh")
