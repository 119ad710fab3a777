"""`ghg diff` and the preview of an import, on a small city whose returns come in three times."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from ghg_inventory.areas import AreaTree
from ghg_inventory.cli import main
from ghg_inventory.cli.differences import preview_text, words
from ghg_inventory.errors import StoreError
from ghg_inventory.pipeline import RunResult, Workspace, compile_run
from ghg_inventory.pipeline.differing import (
    arrivals,
    compare,
    is_day,
    largest,
    last_two,
    of_result,
    read_vintage,
    targets_of,
)
from ghg_inventory.tables import read_toml

TOML = """[inventory]
name_zh = "测试市"
name_en = "Test"
area = "510700"
years = [2023, 2024]
profiles = ["cn2011", "ipcc2006"]
gwp_set = "ar5"
language = "zh"
[files]
targets = "targets.csv"
"""
HEADER = "area_code,year,category,variable,item,technology,value,unit,notation,source,note\n"
TARGETS = (
    "id,name_zh,name_en,area_code,indicator,kind,base_year,year,value,unit,qualifier,source\n"
    "T14,原煤消费量,raw coal,510700,activity:fuel:raw_coal:1.1,level_max,,2025,15,万吨,,方案 二(一)4\n"
)
FLASH = [
    "510703,2023,1.1.2.4,fuel,raw_coal,,10,万吨,,表,",
    "510703,2024,1.1.2.4,fuel,raw_coal,,12,万吨,,表,",
]
LATE = ["510704,2024,1.1.5.1,fuel,natural_gas,,0.5,亿立方米,,表,"]
REVISED = [FLASH[0], "510703,2024,1.1.2.4,fuel,raw_coal,,16,万吨,,表,"]
DAYS = ("2025-04-20", "2025-08-20", "2026-02-10")
VINTAGES = ("2025-04-30", "2025-09-30", "2026-03-31")


def ghg(folder: Path, *line: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["-w", str(folder), *line])
    assert result.exit_code == code, result.output
    return result


def on(monkeypatch: pytest.MonkeyPatch, day: str) -> None:
    """The clock of the program stands at eight in the morning of that day."""
    moment = datetime.fromisoformat(f"{day}T08:00:00").replace(tzinfo=UTC)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(moment.timestamp())))


def hand_in(folder: Path, name: str, rows: list[str]) -> None:
    path = folder / "inbox" / name
    path.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    ghg(folder, "import", str(path))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Flash (one county), annual (another one comes in late), revised (the first county mends its coal)."""
    folder = tmp_path_factory.mktemp("diff")
    (folder / "inbox").mkdir()
    (folder / "inventory.toml").write_text(TOML, encoding="utf-8")
    (folder / "targets.csv").write_text(TARGETS, encoding="utf-8")
    handed_in = (("a.csv", FLASH), ("b.csv", LATE), ("a.csv", REVISED))
    with pytest.MonkeyPatch.context() as patch:
        for day, (name, rows) in zip(DAYS, handed_in, strict=True):
            on(patch, day)
            hand_in(folder, name, rows)
            ghg(folder, "compile")
    return folder


@pytest.fixture(scope="module")
def runs(city: Path) -> list[str]:
    """Beginnings of the ids of the three runs that were recorded."""
    return [run.run_id[:12] for run in Workspace.open(city).open_store().runs()]


@pytest.fixture(scope="module")
def results(city: Path) -> list[RunResult]:
    """What was known of the annual and of the revised inventory."""
    return [compile_run(Workspace.open(city), as_of=day, record=False) for day in VINTAGES[1:]]


def facts(city: Path, *line: str) -> list[Any]:
    return json.loads(ghg(city, "diff", *line, "--json").stdout)


# -- three vintages -----------------------------------------------------------------------------------


def test_flash_annual_revised_step_by_step(city: Path) -> None:
    first, second = facts(city, *VINTAGES, "--year", "2024")
    assert [one["as_of"] for one in (first["before"], first["after"], second["after"])] == [*VINTAGES]
    assert [(f["file"], f["kind"], f["at"][:10]) for f in first["files"]] == [
        ("inbox/b.csv", "added", DAYS[1])
    ]
    assert [(f["file"], f["kind"], f["at"][:10]) for f in second["files"]] == [
        ("inbox/a.csv", "revised", DAYS[2])
    ]
    assert [(r["item"], r["status"], r["year"]) for r in first["records"]] == [("natural_gas", "added", 2024)]
    (coal,) = second["records"]
    assert (coal["item"], coal["status"], coal["cause"]) == ("raw_coal", "changed", "activity")
    assert (coal["activity_value_before"], coal["activity_value_after"]) == (12.0, 16.0)
    assert (coal["source_file_after"][-5:], coal["source_line_after"]) == ("a.csv", 3)
    for step in (first, second):
        total = next(t for t in step["totals"] if t["category"] == "")
        effects = sum(c["effect_t"] for c in step["causes"])
        assert effects == pytest.approx(total["difference_co2e_t"], rel=1e-12)
        assert not step["inputs"]


def test_the_text_names_what_came_in_and_what_moved(city: Path, runs: list[str]) -> None:
    text = ghg(city, "diff", *runs).stdout
    assert text.count("━━━ 从") == 2
    assert "2025-04-20 08:00 编制的运行" in text
    assert "inbox/b.csv  新收到  第 1 版  2025-08-20 08:00" in text
    assert "inbox/a.csv  新的一版  第 2 版  2026-02-10 08:00" in text
    assert "没有变化的年份：2023" in text
    assert "填报数据变了" in text
    assert "12.0000 万吨  16.0000 万吨" in text
    assert "a.csv 第 3 行" in text
    assert "未能说明" not in text


def test_english(city: Path, runs: list[str]) -> None:
    text = ghg(city, "diff", *runs[:2], "--lang", "en").stdout
    assert f"run {runs[0]} of 2025-04-20 08:00" in text
    assert "inbox/b.csv  new  revision 1" in text
    assert "Natural gas" in text


def test_a_day_before_everything(city: Path) -> None:
    text = ghg(city, "diff", "2020-01-01", VINTAGES[0]).stdout
    assert "2020-01-01 当天还没有收到任何数据" in text
    assert "新收到" in text


def test_one_result_is_compared_with_the_present(city: Path) -> None:
    (one,) = facts(city, VINTAGES[1])
    assert one["after"]["as_of"] == one["after"]["made"] == ""
    assert [r["activity_value_after"] for r in one["records"]] == [16.0]


def test_without_names_the_last_two_runs(city: Path) -> None:
    (one,) = facts(city)
    assert [one[side]["made"][:10] for side in ("before", "after")] == [*DAYS[1:]]
    store = Workspace.open(city).open_store()
    ids = [run.run_id for run in last_two(store) or ()]
    assert [one["before"]["run_id"], one["after"]["run_id"]] == ids
    (named,) = facts(city, ids[0][:10], ids[1][:10])
    assert named == one


def test_one_area_one_profile_few_records(city: Path, runs: list[str]) -> None:
    ends = (runs[0], runs[2])
    (one,) = facts(city, *ends, "--area", "510704", "--profile", "ipcc2006")
    assert {r["area_code"] for r in one["records"]} == {"510704"}
    assert {t["profile"] for t in one["totals"]} == {"ipcc2006"}
    (short,) = facts(city, *ends, "--records", "1")
    assert (len(short["records"]), short["record_count"]) == (1, 2)
    assert "另有 1 条" in ghg(city, "diff", *ends, "--records", "1").stdout
    assert len(facts(city, *ends, "--records", "0")[0]["records"]) == 2


def test_categories_of_every_level_on_demand(city: Path, runs: list[str]) -> None:
    short, long = (ghg(city, "diff", *runs[1:], *more).stdout for more in ((), ("--all",)))
    assert "1.1.2.4 建材  " not in short.split("为什么变")[0]
    assert "1.1.2.4 建材  " in long.split("为什么变")[0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["2025-02-30"], "不是日期"),
        (["昨天"], "既不是日期"),
        (["ffffffff"], "ffffffff"),
        (["--year", "1999"], "1999"),
        (["--profile", "none"], "none"),
        (["--area", "虚构县"], "虚构县"),
    ],
)
def test_wrong_use_says_what_is_wrong(city: Path, line: list[str], said: str) -> None:
    result = ghg(city, "diff", *line, code=2)
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_single_run_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inventory.toml").write_text(TOML.replace('targets = "targets.csv"', ""), encoding="utf-8")
    hand_in(tmp_path, "a.csv", FLASH)
    ghg(tmp_path, "compile")
    assert "还没有同一范围的两次编制结果" in ghg(tmp_path, "diff", code=2).output
    # A run of one year is of another scope.
    ghg(tmp_path, "compile", "--year", "2024")
    assert "还没有同一范围的两次编制结果" in ghg(tmp_path, "diff", code=2).output
    run_ids = [run.run_id for run in Workspace.open(tmp_path).open_store().runs()]
    text = ghg(tmp_path, "diff", *run_ids).stdout
    assert "2023, 2024 → 2024" in text
    assert words("zh")["only_shared"] in text
    assert words("zh")["same"] in text


# -- results from disk, previews ----------------------------------------------------------------------


def test_a_recorded_run_says_the_same_as_the_result_it_was_made_from(city: Path) -> None:
    ws = Workspace.open(city)
    fresh = of_result(compile_run(ws, record=False))
    stored = read_vintage(ws.open_store().run(fresh.run_id))
    difference = compare(stored, fresh)
    assert difference.is_nothing
    assert not difference.files
    assert not difference.parts
    assert difference.profiles == ("cn2011", "ipcc2006")


def test_a_changed_file_of_a_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inventory.toml").write_text(TOML.replace('targets = "targets.csv"', ""), encoding="utf-8")
    hand_in(tmp_path, "a.csv", FLASH)
    ghg(tmp_path, "compile")
    store = Workspace.open(tmp_path).open_store()
    run = store.runs()[0]
    path = Path(run.folder) / "indicators.csv"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(StoreError) as changed:
        read_vintage(run)
    assert [f.name for f in changed.value.findings] == ["store-content-changed"]
    path.unlink()
    with pytest.raises(StoreError) as gone:
        read_vintage(run)
    assert [f.name for f in gone.value.findings] == ["store-content-missing"]


def preview(ws: Workspace, before: RunResult, after: RunResult, lang: str) -> str:
    areas = after.library.areas
    sides = [of_result(before), of_result(after)]
    tracked = [targets_of(ws, side, areas) for side in sides]
    return preview_text(compare(*sides), areas, lang, *[one[0] for one in tracked if one])


def test_the_preview_says_which_totals_indicators_and_targets_move(
    city: Path, results: list[RunResult]
) -> None:
    ws = Workspace.open(city)
    head, totals, *_, targets = preview(ws, *results, "zh").split("\n\n")
    assert head == "如果接受，会带来以下变化"
    assert "绵阳市  2024  合计" in totals
    assert "涪城区  2024  合计" in totals
    assert "游仙区" not in totals
    assert "T14 原煤消费量  15 万吨 (2025)  12.0000  16.0000  目前在控制数以内 → 目前超出控制数" in targets
    assert "within the limit so far → above the limit at present" in preview(ws, *results, "en")


def test_the_preview_says_plainly_that_nothing_moves(city: Path, results: list[RunResult]) -> None:
    ws = Workspace.open(city)
    assert preview(ws, results[1], results[1], "zh") == "如果接受：总量、指标和目标都不变。"
    assert "nothing moves" in preview(ws, results[1], results[1], "en")


def test_a_trial_import_shows_the_preview(city: Path, tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_text(HEADER + "510705,2024,1.1.5.1,fuel,natural_gas,,0.1,亿立方米,,表,\n", encoding="utf-8")
    text = ghg(city, "import", "--dry-run", str(path)).stdout
    assert "如果接受，会带来以下变化" in text
    assert "安州区  2024  合计" in text


def test_targets_of_a_vintage(city: Path, results: list[RunResult]) -> None:
    tracked = targets_of(Workspace.open(city), of_result(results[1]), results[1].library.areas)
    assert tracked is not None
    assert tracked[0][["id", "data_year", "value", "status"]].to_numpy().tolist() == [
        ["T14", 2024, 16.0, "above"]
    ]


def test_records_are_listed_by_the_size_of_their_effect(city: Path, runs: list[str]) -> None:
    store = Workspace.open(city).open_store()
    difference = compare(*(read_vintage(store.run(runs[n])) for n in (0, 2)))
    frame = largest(difference, AreaTree.registry(), "510700", "cn2011")
    effects = frame["difference_t"].abs().to_numpy()
    assert len(effects) == 2
    assert (np.diff(effects) <= 0).all()
    of_profile = difference.records[difference.records["profile"] == "cn2011"]
    assert frame["difference_t"].sum() == pytest.approx(of_profile["difference_t"].sum())
    came = arrivals(difference, store.submissions(current_only=False))
    assert [(one.change.name, one.submission.revision if one.submission else 0) for one in came] == [
        ("inbox/a.csv", 2), ("inbox/b.csv", 1),
    ]  # fmt: skip


def test_days_and_run_ids_are_told_apart() -> None:
    assert [is_day(text) for text in ("2025-04-30", "2025-04-30T12:00:00+08:00", "20250430", "c01865e7")] == [
        True, True, False, False,
    ]  # fmt: skip


def test_every_sentence_has_the_same_blanks_in_both_languages() -> None:
    import re

    table = read_toml(Path(__file__).parents[2] / "ghg_inventory" / "cli" / "differences.toml")
    for key, (zh, en) in table.items():
        assert set(re.findall(r"{(\w+)}", zh)) == set(re.findall(r"{(\w+)}", en)), key
