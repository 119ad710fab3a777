"""inventory.toml: every mistake has words, nothing is assumed; new workspaces are ready to use."""

from __future__ import annotations

from pathlib import Path

import pytest

from ghg_inventory.errors import WorkspaceError
from ghg_inventory.pipeline import new_workspace
from ghg_inventory.pipeline.new_workspace import NewInventory
from ghg_inventory.pipeline.workspace import Workspace, WorkspaceProblem

GOOD = """
[inventory]
name_zh = "四川省"
area = "510000"
years = [2021, 2012]
profiles = ["cn2011", "ipcc2006"]
gwp_set = "ar5"
language = "zh"
"""


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "inventory.toml").write_text(text, encoding="utf-8")
    return folder


def problems(folder: Path) -> dict[str, str]:
    """The names of what is wrong, with the words in both languages."""
    with pytest.raises(WorkspaceProblem) as caught:
        Workspace.open(folder)
    return {f.name: f"{f.text('zh')}\n{f.text('en')}" for f in caught.value.findings}


def test_settings_are_read(tmp_path: Path) -> None:
    extra = """
[files]
areas = "areas.csv"
factors = ["mine.csv"]
inbox = "input"
[assumptions.technology."1.1.1.1.1"]
raw_coal = "pulverised"
[report]
issue_date = 2026-11-23
"""
    for name in ("areas.csv", "mine.csv"):
        (tmp_path / name).write_text("")
    opened = Workspace.open(write(tmp_path, GOOD + extra))
    assert (opened.area, opened.years, opened.profiles) == ("510000", (2012, 2021), ("cn2011", "ipcc2006"))
    assert (opened.gwp_set, opened.language, opened.name("en")) == ("ar5", "zh", "四川省")
    assert opened.areas_file == tmp_path / "areas.csv"
    assert opened.factor_files == (tmp_path / "mine.csv",)
    assert opened.inbox == tmp_path / "input"
    assert opened.assumptions == {"technology": {"1.1.1.1.1": {"raw_coal": "pulverised"}}}
    assert opened.report == {"issue_date": "2026-11-23"}


def test_store_is_inside_the_workspace(tmp_path: Path) -> None:
    opened = Workspace.open(write(tmp_path / "w", GOOD))
    store = opened.open_store()
    assert (tmp_path / "w" / "store" / "ghg.sqlite").is_file()
    assert store.runs_folder == tmp_path / "w" / "runs"
    url = '[store]\nurl = "postgresql+psycopg://bureau@db/ghg"\n'
    assert Workspace.open(write(tmp_path / "p", GOOD + url)).store_url == "postgresql+psycopg://bureau@db/ghg"
    elsewhere = '[store]\nurl = "sqlite:///../other.sqlite"\n'
    assert (
        Workspace.open(write(tmp_path / "q", GOOD + elsewhere)).store_url
        == f"sqlite:///{tmp_path}/other.sqlite"
    )


def test_workspace_is_found_from_a_folder_inside(tmp_path: Path) -> None:
    inner = write(tmp_path, GOOD) / "inbox" / "2021"
    inner.mkdir(parents=True)
    assert Workspace.find(inner).folder == tmp_path


def test_no_workspace_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="ghg init") as caught:
        Workspace.find(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_malformed_toml_names_the_line(tmp_path: Path) -> None:
    said = problems(write(tmp_path, '[inventory]\nname_zh = "四川\narea = "5"\n'))
    assert [*said] == ["workspace-toml"]
    assert "第 2 行" in said["workspace-toml"]
    assert "line 2" in said["workspace-toml"]


def test_repeated_key_is_refused(tmp_path: Path) -> None:
    assert [*problems(write(tmp_path, GOOD + 'area = "510700"\n'))] == ["workspace-toml"]


def test_other_encodings_are_refused_and_a_bom_is_not(tmp_path: Path) -> None:
    (tmp_path / "inventory.toml").write_bytes(GOOD.encode("gb18030"))
    assert [*problems(tmp_path)] == ["workspace-encoding"]
    (tmp_path / "inventory.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert Workspace.open(tmp_path).name_zh == "四川省"


def test_unknown_key_is_named_with_the_likely_one(tmp_path: Path) -> None:
    said = problems(write(tmp_path, GOOD.replace("gwp_set", "gwp_sets") + "[file]\n"))
    assert (
        "did you mean 'gwp_set'?" in said["workspace-unknown-key"]
        or "'files'" in said["workspace-unknown-key"]
    )
    assert {*said} == {"workspace-unknown-key", "workspace-missing-key"}


def test_nothing_that_a_number_depends_on_has_a_default(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceProblem) as caught:
        Workspace.open(write(tmp_path, "[inventory]\n"))
    missing = {dict(f.values)["key"] for f in caught.value.findings}
    assert missing == {f"[inventory] {key}" for key in ("area", "years", "profiles", "gwp_set")}


@pytest.mark.parametrize(
    "line",
    [
        "area = 510000", 'area = ""', "years = 2012", "years = []", 'years = ["2012"]', "years = [12]",
        "years = [2012, 2012]", "years = [true]", 'profiles = "cn2011"', "profiles = []", 'language = "cn"',
        'gwp_set = ["ar5"]', 'profiles = ["cn2011", "cn2011"]', 'area = " 510000"',
    ],
)  # fmt: skip
def test_value_of_the_wrong_kind_is_refused_with_an_example(tmp_path: Path, line: str) -> None:
    key = line.split(" ")[0]
    text = "\n".join(old for old in GOOD.splitlines() if not old.startswith(key + " ")) + f"\n{line}\n"
    said = problems(write(tmp_path, text))
    assert [*said] == ["workspace-bad-value"]
    assert f"[inventory] {key}" in said["workspace-bad-value"]
    assert "for example" in said["workspace-bad-value"]


@pytest.mark.parametrize(
    "line", ['issue_date = "2026-13-01"', "issue_date = 2026-01-01T00:00:00", "issue_date = 1"]
)
def test_date_of_issue_must_be_a_date(tmp_path: Path, line: str) -> None:
    assert [*problems(write(tmp_path, f"{GOOD}[report]\n{line}\n"))] == ["workspace-bad-value"]


def test_table_given_as_value_is_refused(tmp_path: Path) -> None:
    assert "workspace-bad-value" in problems(write(tmp_path, "files = 1\n" + GOOD))


def test_named_files_must_exist(tmp_path: Path) -> None:
    said = problems(write(tmp_path, GOOD + '[files]\nfactors = ["mine.csv"]\n'))
    assert [*said] == ["workspace-file-missing"]
    assert "mine.csv" in said["workspace-file-missing"]


def test_inbox_leaves_out_lock_files(tmp_path: Path) -> None:
    opened = Workspace.open(write(tmp_path, GOOD))
    assert opened.inbox_files() == ()
    for name in ("b.xlsx", "a.csv", "~$b.xlsx", ".hidden", "2021/c.csv"):
        path = tmp_path / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    assert [opened.file_name(p) for p in opened.inbox_files()] == [
        "inbox/2021/c.csv",
        "inbox/a.csv",
        "inbox/b.xlsx",
    ]
    assert opened.file_name(Path("/some/where/d.csv")) == "where/d.csv"
    assert opened.file_name(Path("/d.csv")) == "d.csv"


ANSWERS = NewInventory("510700", (2021, 2020), ("cn2011",), "ar5", "zh", '绵阳市 "试编"', "")


def test_new_workspace_can_be_opened(tmp_path: Path) -> None:
    made = new_workspace.init_workspace(tmp_path / "deep" / "mianyang", ANSWERS)
    assert made == Workspace.open(tmp_path / "deep" / "mianyang")
    assert (made.area, made.years, made.name_zh) == ("510700", (2020, 2021), '绵阳市 "试编"')
    assert made.inbox.is_dir()
    text = (made.folder / "inventory.toml").read_text(encoding="utf-8")
    assert "@" not in text
    assert text.count("\n#") > 10


def test_new_workspace_never_touches_a_folder_in_use(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("x")
    with pytest.raises(WorkspaceError, match="nothing was changed"):
        new_workspace.init_workspace(tmp_path, ANSWERS)
    with pytest.raises(WorkspaceError, match="nothing was changed"):
        new_workspace.init_workspace(tmp_path / "letter.txt", ANSWERS)
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_bad_answers_make_no_folder(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="years"):
        new_workspace.init_workspace(tmp_path / "new", NewInventory("5", (12,), ("cn2011",), "ar5", "zh"))
    assert not (tmp_path / "new").exists()


def test_unknown_example_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="there is no example 'nowhere'"):
        new_workspace.copy_example("nowhere", tmp_path / "x")


@pytest.mark.parametrize("name", new_workspace.example_names())
def test_every_example_can_be_copied_and_opened(tmp_path: Path, name: str) -> None:
    made = new_workspace.copy_example(name, tmp_path / name)
    assert made.inbox_files() != ()
    assert made.folder == tmp_path / name
