"""The command line: help in two languages, exit codes, JSON, did-you-mean, ^C, closed pipes, speed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from ghg_inventory.cli import layout, main, reference
from ghg_inventory.cli.commands.results import EXPORT_TABLES
from ghg_inventory.cli.page import help_of, page_text, words_of_common
from ghg_inventory.cli.progress import Progress
from ghg_inventory.cli.session import LANGUAGES, Session, language_of
from ghg_inventory.pipeline.workspace import Workspace

PAGES = {ctx.command_path: (command, ctx) for command, ctx in reference.pages()}


def ghg(*line: str, code: int = 0, lang: str = "en") -> Result:
    """Run a command line and require its exit code."""
    result = CliRunner().invoke(main, ["--lang", lang, *line])
    assert result.exit_code == code, result.output
    return result


def read_json(*line: str, code: int = 0) -> Any:
    return json.loads(ghg(*line, "--json", code=code).stdout)


def process(*line: str, **extra: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "ghg_inventory.cli", *line]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **extra)


@pytest.fixture(scope="module")
def sichuan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Sichuan example with its inbox imported."""
    folder = tmp_path_factory.mktemp("cli") / "sichuan"
    ghg("init", str(folder), "--example", "sichuan")
    ghg("-w", str(folder), "import")
    return folder


# -- help ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_every_command_has_help_and_examples_in_both_languages(path: str) -> None:
    command, ctx = PAGES[path]
    entry = help_of(path.split()[1:])
    for lang in LANGUAGES:
        assert entry[f"text_{lang}"].strip()
        assert page_text(command, ctx, lang, 80).count("\n  $ ghg ") >= 2
    for _, zh, en in entry["examples"]:
        assert zh
        assert en
    named = {p.name for p in command.params} - words_of_common().keys()
    assert {*entry.get("parameters", {})} == named


@pytest.mark.parametrize("path", PAGES)
def test_every_example_parses(path: str) -> None:
    import shlex

    for line, _, _ in help_of(path.split()[1:])["examples"]:
        words = [w for w in shlex.split(line)[1:] if w not in (">", "totals.json")]
        ctx: click.Context = main.make_context("ghg", words)
        while isinstance(ctx.command, click.Group):
            name, command, rest = ctx.command.resolve_command(ctx, [*ctx._protected_args, *ctx.args])
            assert command is not None, line
            ctx = command.make_context(name, rest, parent=ctx)


def test_reference_is_not_stale() -> None:
    stale = "run: python -m ghg_inventory.cli.reference"
    assert reference.TARGET.read_text(encoding="utf-8") == reference.text(), stale


def test_help_lines_fit_the_terminal() -> None:
    for path, (command, ctx) in PAGES.items():
        for lang in LANGUAGES:
            body = page_text(command, ctx, lang, 80).split("\n  $ ghg ")[0].splitlines()[1:]
            assert [line for line in body if layout.width(line) > 81] == [], path


def test_help_follows_language(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert "Usage:" in CliRunner().invoke(main, ["--help"]).output
    assert "用法：" in CliRunner().invoke(main, ["compile", "--help", "--lang", "zh"]).output
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "用法：" in CliRunner().invoke(main, ["--help"]).output
    (tmp_path / "inventory.toml").write_text('[inventory]\nlanguage = "en"\n')
    assert "Usage:" in CliRunner().invoke(main, ["--help"]).output
    assert "用法：" in CliRunner().invoke(main, ["--lang=zh", "--help"]).output


def test_environment_order() -> None:
    assert language_of({"LC_ALL": "C", "LANG": "zh_CN"}) == "en"
    assert language_of({"LC_ALL": "", "LC_MESSAGES": "zh_TW.UTF-8", "LANG": "en"}) == "zh"
    assert language_of({}) == "en"


def test_broken_settings_do_not_break_help(tmp_path: Path) -> None:
    for content in (b"\xff\xfe", b"[inventory", b"inventory = 1", b'[inventory]\nlanguage = ["zh"]'):
        (tmp_path / "inventory.toml").write_bytes(content)
        assert Session(workspace_folder=tmp_path).lang in LANGUAGES


def test_help_needs_nothing_heavy() -> None:
    code = (
        "import sys; from ghg_inventory.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as done: assert done.code == 0\n"
        "heavy = {'numpy', 'pandas', 'pyarrow', 'sqlalchemy', 'jinja2', 'weasyprint', 'pint', 'openpyxl'}\n"
        "assert not heavy & {*sys.modules}, heavy & {*sys.modules}"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_listed_commands_exist_and_others_do_not() -> None:
    listed = main.list_commands(click.Context(main))
    assert "compile" in listed
    assert "verify" not in listed  # a later task: never list what is not there
    for name in listed:
        assert main.get_command(click.Context(main), name) is not None


# -- wrong use -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["complie"], "Did you mean: compile"),
        (["factors", "serch"], "Did you mean: search"),
        (["compile", "--yaer", "2021"], "--year"),
        (["units", "convert", "1", "t"], "TARGET is missing"),
        (["units", "convert", "one", "t", "kg"], "'one' is not a number"),
        (["units", "convert", "1", "kg", "m"], "unit-dimension"),
        (["units", "convert", "1", "tonn", "kg"], "unknown-unit"),
        (["units", "list", "kilogramm"], "nothing found"),
        (["areas", "show", "绵羊市"], "绵阳市"),
        (["factors", "list", "--set", "guide201"], "Did you mean: guide2011"),
        (["factors", "list", "--item", "diesl"], "Did you mean: diesel"),
        (["factors", "show", "cn_coal_composite.carbon_content.raw_cole"], "cn_coal_composite.carbon_content.raw_coal"),
        (["factors", "why", "carbon_contents", "--year", "2012"], "carbon_content"),
        (["factors", "why", "carbon_content", "--year", "x"], "--year"),
        (["methods", "list", "--profile", "cn2001"], "cn2011"),
        (["methods", "show", "cn2011.energy.combustion.co"], "cn2011.energy.combustion.co2"),
        (["init", "x", "--area", "510700"], "--year is missing"),
        (
            ["init", "x", "--area", "510700", "--year", "1", "--profile", "cn2012", "--gwp-set", "ar5"],
            "cn2011",
        ),
        (["init", "x", "--area", "510700", "--year", "1", "--profile", "cn2011", "--gwp-set", "ar7"], "ar"),
        (
            ["init", "x", "--area", "510700", "--year", "1", "--profile", "cn2011", "--gwp-set", "ar5"],
            "years",
        ),
        (["factors", "why", "carbon_content", "--year", "2012", "--set", "guide"], "guide2011"),
        (["factors", "why", "carbon_content", "--year", "2012", "--category", "1.1.99"], "1.1"),
        (["factors", "list", "--parameter", "carbon_contnet"], "carbon_content"),
        (["init", "x", "--example", "sichaun"], "did you mean 'sichuan'"),
        (["-w", "/nowhere", "compile"], "workspace-none"),
        (["--lang", "fr", "version"], "--lang"),
    ],
)
def test_wrong_use_exits_with_2_and_says_what_was_meant(
    line: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = ghg(*line, code=2)
    assert said in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("line", [[], ["factors"]])
def test_no_command_shows_the_help(line: list[str]) -> None:
    assert "Commands" in ghg(*line, code=2).stderr


def test_wrong_use_in_chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "错误：没有“complie”这个命令。是否想写：compile" in ghg("complie", code=2, lang="zh").stderr
    assert "这里不是工作区" in ghg("check", code=2, lang="zh").stderr


def test_unexpected_failure_is_one_line_unless_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    # LD_LIBRARY-like damage to an installation: a data file of ours is gone.
    monkeypatch.setattr("ghg_inventory.units.table.table", None)
    plain = ghg("units", "list", code=3)
    assert len(plain.stderr.splitlines()) == 1
    assert "--debug" in plain.stderr
    assert "Traceback" in ghg("--debug", "units", "list", code=3).stderr


def test_unwritable_output_is_a_sentence(sichuan: Path, tmp_path: Path) -> None:
    result = ghg("-w", str(sichuan), "export", str(tmp_path / "no" / "such.csv"), code=2)
    assert "cannot be read or written" in result.stderr


# -- look-up commands ----------------------------------------------------------------------------------


def test_units_convert_exactly() -> None:
    assert ghg("units", "convert", "12.5", "万吨", "t").stdout == "12.5 10^4 t = 125,000 t\n"
    assert ghg("units", "convert", "１", "吨标准煤", "GJ").stdout == "1 tce = 29.3076 GJ\n"
    assert "≈ 0.3333333333" in ghg("units", "convert", "1", "t", "3 t").stdout
    assert read_json("units", "convert", "1", "t", "3 t")["exact"] == "1/3"
    assert ghg("units", "convert", "--", "-1,000", "kg", "t").stdout == "-1,000 kg = -1 t\n"


def test_units_show_and_list() -> None:
    assert read_json("units", "show", "10^4 t")["factor"] == "10000000"
    assert "10,000,000 kg" in ghg("units", "show", "万吨").stdout
    assert "吨标准煤" in ghg("units", "list", "标准煤").stdout


def test_areas_tell_their_history() -> None:
    assert "510705 安州区" in ghg("areas", "show", "510724", lang="zh").stdout
    found = read_json("areas", "find", "绵阳")
    assert "510700" in [area["code"] for area in found]
    assert read_json("areas", "show", "绵阳市")["code"] == "510700"


def test_factors_say_why() -> None:
    found = read_json("factors", "why", "carbon_content", "--item", "原煤", "--year", "2012")
    assert found[0]["factor_id"] == "cn_coal_composite.carbon_content.raw_coal"
    assert [c["chosen"] for c in found] == [True] + [False] * (len(found) - 1)
    shown = ghg("factors", "show", "cn_coal_composite.carbon_content.raw_coal", lang="zh").stdout
    assert "26.37 tC/TJ" in shown
    assert "可信度" in shown
    assert ghg("factors", "search", "no-such-word").stdout == "nothing there.\n"


def test_methods_show_formula() -> None:
    profiles = {p["id"] for p in read_json("methods", "list")}
    assert {"cn2011", "ipcc2006"} <= profiles
    assert "C_TO_CO2" in ghg("methods", "show", "cn2011.energy.combustion.co2").stdout


@pytest.mark.parametrize(
    ("line", "zh", "en"),
    [
        (["version"], "ghg-inventory", "ghg-inventory"),
        (["factors", "list"], "因子集", "guide2011"),
        (["factors", "list", "--set", "guide2011", "--gas", "NF3"], "没有内容", "nothing there"),
        (["factors", "list", "--parameter", "carbon_content", "--item", "无烟煤"], "数值", "anthracite"),
        (["factors", "why", "carbon_content", "--item", "原煤", "--year", "2012"], "✓", "chosen"),
        (
            ["factors", "why", "carbon_content", "--item", "electricity", "--year", "2012"],
            "没有适用",
            "no factor",
        ),
        (["methods", "list"], "口径", "profile"),
        (["methods", "list", "--profile", "generic"], "方法", "method"),
        (["methods", "show", "cn2011.energy.combustion.co2"], "公式", "formula"),
        (["units", "show", "kg N2O-N/kg N"], "量纲", "kind"),
        (["units", "show", "t clinker"], "仅作说明", "only explain"),
        (["areas", "find", "北川", "--year", "2021"], "绵阳市", "510726"),
        (["areas", "show", "510700"], "下级", "contains"),
    ],
)
def test_lookups_speak_both_languages(line: list[str], zh: str, en: str) -> None:
    assert zh in ghg(*line, lang="zh").stdout
    assert en in ghg(*line, lang="en").stdout


@pytest.mark.parametrize(
    "line",
    [
        ["version"], ["factors", "list"], ["factors", "search", "anthracite"], ["methods", "list", "--profile", "cn2011"],
        ["methods", "show", "cn2011.energy.combustion.co2"], ["units", "list", "煤"],
        ["factors", "show", "cn_coal_composite.carbon_content.raw_coal"],
    ],
)  # fmt: skip
def test_lookups_as_json(line: list[str]) -> None:
    assert read_json(*line)


# -- the job -------------------------------------------------------------------------------------------


def test_init_makes_a_workspace_that_opens(tmp_path: Path) -> None:
    folder = tmp_path / "mianyang"
    options = ["--area", "绵阳市", "--year", "2021", "--profile", "cn2011", "--gwp-set", "ar5"]
    assert "已建立工作区" in ghg("init", str(folder), *options, lang="zh").stdout
    assert 'area = "510700"' in (folder / "inventory.toml").read_text(encoding="utf-8")
    said = ghg("-w", str(folder), "import", code=2).stderr
    assert "no file in the inbox" in said
    assert "nothing was changed" in ghg("init", str(folder), *options, code=2).stderr


def test_import_again_is_a_no_op(sichuan: Path) -> None:
    again = read_json("-w", str(sichuan), "import")
    assert {s["new"] for s in again["submissions"]} == {False}
    assert {"already-imported"} <= {f["name"] for f in again["findings"]}
    assert read_json("-w", str(sichuan), "import", "--dry-run")["submissions"] == []


def test_file_with_errors_exits_with_1(sichuan: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(b"not a workbook")
    said = ghg("-w", str(sichuan), "import", "--dry-run", str(bad), code=1)
    assert "bad.xlsx" in said.stdout
    missing = ghg("-w", str(sichuan), "import", str(tmp_path / "none.csv"), code=1)
    assert "file-missing" in missing.stdout


def test_check_finds_the_known_gaps(sichuan: Path) -> None:
    found = read_json("-w", str(sichuan), "check", "balance-gap", "--strict", code=1)
    assert [f["severity"] for f in found["findings"]] == ["error"] * 3
    assert "balance-gap" in ghg("-w", str(sichuan), "check", "balance-gop", code=2).stderr


def test_compile_is_repeatable_and_prints_totals(sichuan: Path) -> None:
    first = read_json("-w", str(sichuan), "compile")
    assert read_json("-w", str(sichuan), "compile") == first
    assert (sichuan / "runs" / first["run_id"] / "ledger.parquet").is_file()
    root = [t for t in first["totals"] if t["category"] == "1" and t["profile"] == "cn2011"]
    assert {t["year"] for t in root} == {2012, 2021}
    shown = ghg("-w", str(sichuan), "compile", "--profile", "cn2011", lang="zh").stdout
    assert "1.1 化石燃料燃烧" in shown
    assert "no year 2013" in ghg("-w", str(sichuan), "compile", "--year", "2013", code=2).stderr


def test_explain_walks_back_to_the_cell(sichuan: Path) -> None:
    line = [
        "-w",
        str(sichuan),
        "explain",
        "--year",
        "2012",
        "--category",
        "1.1.2",
        "--gas",
        "CO2",
        "--item",
        "原煤",
    ]
    found = read_json(*line)
    assert "energy_balance_2012.xlsx" in found["rows"][0]["activity"]["place"]
    assert sum(row["mass_t"] for row in found["rows"]) == pytest.approx(found["total"])
    bare = read_json("-w", str(sichuan), "explain", "510000", "2012", "1.1.2", "CO2", "--item", "原煤")
    assert bare == found
    assert "which year" in ghg("-w", str(sichuan), "explain", "CO2", code=2).stderr
    assert "given twice" in ghg("-w", str(sichuan), "explain", "2012", "2021", code=2).stderr
    assert "energy_balance_2012.xlsx" in ghg(*line, "--limit", "1").stdout
    assert "no fuel 'coall'" in ghg(*line[:-1], "coall", code=2).stderr


def test_indicators_name_what_is_missing_and_keep_to_the_area(sichuan: Path) -> None:
    found = read_json("-w", str(sichuan), "indicators", "--year", "2021")
    assert {row["area_code"] for row in found} == {"510000"}


@pytest.mark.slow
def test_indicators_as_table(sichuan: Path) -> None:
    assert "人均" in ghg("-w", str(sichuan), "indicators", lang="zh").stdout


@pytest.mark.parametrize(
    "name",
    [
        "ledger.csv",
        pytest.param("ledger.json", marks=pytest.mark.slow),
        pytest.param("all.parquet", marks=pytest.mark.slow),
    ],
)
def test_export_writes_the_same_bytes_twice(sichuan: Path, tmp_path: Path, name: str) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        ghg("-w", str(sichuan), "export", str(tmp_path / folder / name))
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_export_offers_the_tables_of_the_pipeline(sichuan: Path, tmp_path: Path) -> None:
    from ghg_inventory.pipeline import TABLES

    assert EXPORT_TABLES == TABLES
    assert "xlsx" in ghg("-w", str(sichuan), "export", str(tmp_path / "x.xls"), code=2).stderr


def test_report_as_html(sichuan: Path, tmp_path: Path) -> None:
    line = ["-w", str(sichuan), "report", "--year", "2021", "--format", "html", "--output", str(tmp_path)]
    made = read_json(*line)["reports"]
    assert {Path(path).suffix for path in made} == {".html"}
    assert "四川" in Path(made[0]).read_text(encoding="utf-8")


def test_run_does_the_whole_job(sichuan: Path, tmp_path: Path) -> None:
    line = ["-w", str(sichuan), "run", "--year", "2021", "--format", "html", "--report-lang", "zh"]
    done = ghg(*line, "--output", str(tmp_path), lang="zh")
    made = [path.name for path in tmp_path.iterdir()]
    assert made == ["510000-2021-zh.html"]
    assert made[0] in done.stdout
    assert "运行号" in done.stdout
    assert "balance-gap" in done.stderr


@pytest.mark.slow
def test_demo_can_be_repeated_and_spares_other_folders(tmp_path: Path) -> None:
    line = ["demo", "--output", str(tmp_path), "--format", "html"]
    first = ghg(*line).stdout
    assert ghg(*line).stdout == first
    assert first.count(".html") > 20
    (tmp_path / "mendoza" / ".demo").unlink()
    assert "nothing was changed" in ghg(*line, code=2).stderr


# -- the terminal --------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="signals of a Unix system")
def test_interrupt_says_that_nothing_is_half_written(tmp_path: Path) -> None:
    folder = tmp_path / "sichuan"
    ghg("init", str(folder), "--example", "sichuan")
    child = process("--lang", "en", "-w", str(folder), "import")
    while not (folder / "store" / "ghg.sqlite").exists() and child.poll() is None:
        time.sleep(0.005)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == 130
    assert errors.strip().splitlines()[-1] == "stopped; nothing was half written."
    assert Workspace.open(folder).open_store().verify() == ()
    ghg("-w", str(folder), "import")


@pytest.mark.skipif(os.name == "nt", reason="pipes of a Unix system")
def test_closed_pipe_is_not_an_error() -> None:
    child = process("factors", "search", "ipcc")
    assert child.stdout is not None
    child.stdout.close()  # at once: whatever is written finds nobody
    assert child.stderr is not None
    assert child.stderr.read() == ""
    child.stderr.close()
    assert child.wait(timeout=30) == 141


def test_progress_is_silent_for_short_work_and_plain_without_a_terminal() -> None:
    import io

    stream = io.StringIO()
    progress = Progress("en", stream)
    progress(1, 2, "读", "read", 0.5)
    assert stream.getvalue() == ""
    progress._started -= 2
    for fraction in (0.2, 0.9):
        progress(2, 2, "算", "compute", fraction)
    progress.close()
    assert stream.getvalue() == "2/2 compute\n"


def test_progress_bar_on_a_terminal_is_wiped() -> None:
    import io

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    with Progress("zh", stream) as progress:
        progress._started -= 2
        progress(1, 2, "读取", "read", 0.5)
    assert "1/2 读取" in stream.getvalue()
    assert " 50%" in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")


# -- layout --------------------------------------------------------------------------------------------

texts = st.text(st.sampled_from("ab 中文，。（）1.e\u0301"), max_size=60)


@given(texts, st.integers(4, 30))
def test_wrapping_loses_nothing_and_keeps_to_the_width(text: str, columns: int) -> None:
    lines = layout.wrap(text, columns)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    for line in lines:
        # Only a piece that cannot be broken may be longer.
        assert layout.width(line) <= columns or len(layout._pieces(line.strip())) == 1


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5))
def test_table_columns_start_at_the_same_place(rows: list[tuple[str, str]]) -> None:
    clean = [(a.strip() or "x", b.strip() or "y") for a, b in rows]
    lines = layout.table(clean).split("\n")
    left = max(layout.width(a) for a, _ in clean) + 2
    for line, (first, second) in zip(lines, clean, strict=True):
        assert line.endswith(second)
        assert layout.width(line) - layout.width(second) == left
        assert line.startswith(first)


def test_wide_characters_align() -> None:
    assert layout.table([("煤", "1"), ("coal", "22")], right=[1]) == "煤     1\ncoal  22"


def test_numbers_read_well() -> None:
    assert [layout.number(v) for v in (1234567.8, 123.456, 0.5, 0.0, -2.0, float("nan"), None)] == [
        "1,234,568", "123.46", "0.5000", "0", "-2.0000", "–", "–",
    ]  # fmt: skip
