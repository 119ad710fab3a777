"""A whole year of returns on the example of Mianyang, through the command line, as the bureau lives it.

Templates out, filled by clerks with forty mistakes, every mistake found with its cell, corrected, accepted; the flash
estimate; a late revision previewed and accepted; the flash again, byte for byte; what changed and why; the audit log.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest
from clerk import Answer, Book, truth_of
from click.testing import CliRunner, Result
from conftest import EXAMPLES
from mistakes import MISTAKES, Mistake, Spot

from ghg_inventory.cli import main
from ghg_inventory.pipeline import Workspace
from ghg_inventory.pipeline.intake import Shelf

YEAR, CITY = 2024, "510700"
Truth = Mapping[tuple[str, ...], Answer]
# Noon UTC of a day: what the office's clock says.
DAYS = {
    "history": 1738584000, "returns": 1742472000, "corrected": 1743508800, "accepted": 1743681600,
    "flash": 1745582400, "late": 1749556800, "annual": 1749643200, "again": 1760184000,
}  # fmt: skip


class Office:
    """The bureau's workspace and its command line."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch

    def today(self, day: str) -> None:
        """Set the clock."""
        self._monkeypatch.setenv("SOURCE_DATE_EPOCH", str(DAYS[day]))

    def ghg(self, *words: object, code: int = 0) -> Result:
        """Run a command; the exit code must be as expected."""
        result = CliRunner().invoke(main, [*map(str, words), "-w", str(self.folder), "--lang", "zh"])
        assert result.exit_code == code, (words, result.exit_code, result.output[-3000:])
        return result

    def facts(self, *words: object, code: int = 0) -> dict:
        """The same with --json."""
        return json.loads(self.ghg(*words, "--json", code=code).stdout)

    def workspace(self) -> Workspace:
        """Its workspace."""
        return Workspace.open(self.folder)


def test_a_year_of_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = open_the_year(tmp_path, monkeypatch)
    truth = truth_of(office.workspace(), YEAR)
    blank = templates_out(office)
    filled, made = clerks_fill(blank, truth, tmp_path / "received")
    every_mistake_is_found(office, filled, made)
    corrected = clerks_correct(blank, truth, tmp_path / "corrected")
    everything_is_accepted(office, corrected)
    flash = flash_estimate(office, truth)
    late_revision(office, blank, truth, tmp_path / "late")
    the_flash_again(office, flash)
    nothing_was_lost(office, filled, corrected)


def open_the_year(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The history up to last year is in; the year's returns are not."""
    folder = tmp_path / "mianyang"
    shutil.copytree(EXAMPLES / "mianyang", folder, ignore=shutil.ignore_patterns("plan", "*.py", "*.md"))
    for path in (folder / "input").glob("*.csv"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if f",{YEAR}," not in line[:12]), encoding="utf-8")
    settings = folder / "inventory.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8") + "\n[review]\nrequired = true\n", encoding="utf-8"
    )
    office = Office(folder, monkeypatch)
    office.today("history")
    ids = [s["id"] for s in office.facts("import", "--by", "市统计局")["submissions"]]
    office.ghg("submissions", "accept", *ids, "--by", "市统计局", "--reason", "历史资料")
    return office


def templates_out(office: Office) -> dict[str, Path]:
    """A workbook for the city and each county, by area code."""
    office.today("history")
    office.ghg("template", "--year", YEAR)
    books = {path.name[:6]: path for path in sorted((office.folder / "templates").glob("*.xlsx"))}
    assert len(books) == 10
    return books


def clerks_fill(
    blank: Mapping[str, Path], truth: Mapping[str, Truth], folder: Path
) -> tuple[dict[str, Path], list[tuple[Mistake, Spot]]]:
    """Filled workbooks with every mistake in its place, and where that is."""
    assert len(MISTAKES) >= 40
    out, made = {}, []
    for area, path in blank.items():
        book = Book(path)
        book.fill(truth[area])
        book.sign()
        for mistake in MISTAKES:
            if mistake.area == area:
                made.append((mistake, mistake.make(book)))
        out[area] = book.save(folder / path.name)
    return out, made


def every_mistake_is_found(
    office: Office, filled: Mapping[str, Path], made: Sequence[tuple[Mistake, Spot]]
) -> None:
    office.today("returns")
    facts = office.facts("import", *filled.values(), "--by", "各县", "--annotate", code=1)
    missed = []
    for mistake, (sheet, cell) in made:
        hits = [
            f for f in facts["findings"]
            if f["name"] == mistake.finding and f["file"].endswith(filled[mistake.area].name)
            and mistake.words in f["text_zh"] and f["text_en"] and f["sheet"] == sheet and (not cell or f["cell"] == cell)
        ]  # fmt: skip
        if not hits:
            missed.append((mistake.title, mistake.finding, sheet, cell))
    assert not missed
    states = {s["file"].rsplit("/", 1)[-1]: s["standing"] for s in facts["submissions"]}
    assert states[filled[CITY].name] == "submitted"
    wrong = {filled[mistake.area].name for mistake in MISTAKES}
    assert {states[name] for name in wrong} <= {"returned", "refused"}
    marked_copies_show_them(facts["marked"])
    board = office.ghg("status", "--year", YEAR).stdout
    assert "退" in board
    assert "收" in board


def marked_copies_show_them(paths: list[str]) -> None:
    assert len(paths) >= 8
    book = openpyxl.load_workbook(next(path for path in paths if "510703" in path))
    index = book.worksheets[0]
    links = [cell.hyperlink.location for row in index.iter_rows() for cell in row if cell.hyperlink]
    assert len(links) >= 6
    sheet, cell = links[0].rsplit("!", 1)
    assert book[sheet.strip("'")][cell].comment.text


def clerks_correct(blank: Mapping[str, Path], truth: Mapping[str, Truth], folder: Path) -> dict[str, Path]:
    """The same workbooks without the mistakes."""
    out = {}
    for area, path in blank.items():
        book = Book(path)
        book.fill(truth[area])
        book.sign(date="2025-04-01")
        out[area] = book.save(folder / path.name)
    return out


def everything_is_accepted(office: Office, corrected: Mapping[str, Path]) -> None:
    office.today("corrected")
    facts = office.facts("import", *corrected.values(), "--by", "各县")
    assert not [f["name"] for f in facts["findings"] if f["severity"] == "error"]
    assert {s["standing"] for s in facts["submissions"]} == {"submitted"}
    office.ghg("compile", "--year", YEAR, code=1)  # nothing of the year counts before it is accepted
    office.today("accepted")
    office.ghg("submissions", "accept", *[s["id"] for s in facts["submissions"]], "--by", "王处长")
    board = office.facts("status", "--year", YEAR)
    assert {cell["state"] for cell in board} <= {"accepted", "missing"}
    assert {cell["by"] for cell in board if cell["state"] == "accepted"} == {"王处长"}
    assert not [cell for cell in board if cell["state"] == "accepted" and cell["answered"] < cell["asked"]]


def flash_estimate(office: Office, truth: Mapping[str, Truth]) -> dict:
    """The flash: the totals of the example itself, for the workbooks say what its long tables say."""
    office.today("flash")
    facts = office.facts("compile", "--year", YEAR)
    example = Office(office.folder.parent / "example", office._monkeypatch)
    shutil.copytree(EXAMPLES / "mianyang", example.folder, ignore=shutil.ignore_patterns("plan", "*.py"))
    example.ghg("import")
    expected = example.facts("compile", "--year", YEAR)

    def totals(run: dict) -> dict[tuple[str, ...], float]:
        keys = ("profile", "area_code", "category", "gas", "origin")
        return {
            tuple(row[k] for k in keys): row["co2e_t"] for row in run["totals"] if row["co2e_t"] is not None
        }

    given, wanted = totals(facts), totals(expected)
    assert given.keys() >= wanted.keys()
    for key, value in wanted.items():
        assert given[key] == pytest.approx(value, rel=1e-9, abs=1e-6), key
    assert all(given[key] == 0 for key in given.keys() - wanted.keys())
    return facts


LATE, SWINE = "510722", ("livestock", "swine_scale", "")


def late_revision(
    office: Office, blank: Mapping[str, Path], truth: Mapping[str, Truth], folder: Path
) -> None:
    """三台县 sends its livestock again: fewer pigs; only this sheet counts, whatever else the file says."""
    office.today("late")
    book = Book(blank[LATE])
    book.fill(truth[LATE])
    book.sign(date="2025-06-09")
    for place in (SWINE, ("livestock", "swine_total", "")):
        book.cell(place).value = round(book.cell(place).value - 3.0, 6)
    book.cell(SWINE, "note").value = "普查核实，扣除 3 万头"
    statistics = ("statistics_check", "swine", "")
    book.cell(statistics).value = round(book.cell(statistics).value - 3.0, 6)
    path = book.save(folder / "三台县畜牧业更正.xlsx")
    before = len(office.facts("submissions", "list", "--all"))
    seen = office.facts("import", "--dry-run", path)
    moved = {(t["area_code"], t["category"], t["gas"]) for t in seen["preview"]["totals"]}
    assert (LATE, "3.1", "CH4") in moved
    assert (CITY, "3", "") in moved
    assert not any(category.startswith("1") for _, category, _ in moved)
    assert seen["preview"]["indicators"]
    assert len(office.facts("submissions", "list", "--all")) == before
    text = office.ghg("import", "--dry-run", path).stdout
    assert "三台县" in text
    assert "绵阳市" in text
    stored = office.facts("import", path, "--by", "三台县")
    (changes,) = stored["changes"].values()
    assert {(c["sheet"], c["cell"]) for c in changes} >= {("畜禽存栏", book.cell(SWINE).coordinate)}
    (submission,) = stored["submissions"]
    still = office.facts("compile", "--year", YEAR)
    assert any(f["name"] == "submissions-waiting" for f in still["findings"])
    office.today("annual")
    office.ghg("submissions", "accept", submission["id"], "--by", "王处长", "--reason", "迟报更正")


def the_flash_again(office: Office, flash: dict) -> None:
    office.today("again")
    annual = office.facts("compile", "--year", YEAR)
    assert annual["run_id"] != flash["run_id"]
    runs = office.workspace().runs_folder
    kept = {path.name: path.read_bytes() for path in (runs / flash["run_id"]).iterdir()}
    shutil.rmtree(runs / flash["run_id"])
    again = office.facts("compile", "--year", YEAR, "--as-of", "2025-04-30")
    assert again["run_id"] == flash["run_id"]
    assert {path.name: path.read_bytes() for path in (runs / flash["run_id"]).iterdir()} == kept
    assert any(f["name"] == "as-of-same" for f in again["findings"])
    said = office.ghg("diff", flash["run_id"][:12], annual["run_id"][:12], "--year", YEAR).stdout
    assert "三台县" in said
    assert "畜禽存栏" in said
    step = office.ghg("diff", "2025-04-30", "2025-12-31", "--year", YEAR).stdout
    assert "畜禽存栏" in step


def nothing_was_lost(office: Office, filled: Mapping[str, Path], corrected: Mapping[str, Path]) -> None:
    """Every file is kept as it came, every act is in the log, and a frozen year stays."""
    store = office.workspace().open_store()
    kept = {store.source(submission) for submission in store.submissions(current_only=False)}
    assert {path.read_bytes() for path in (*filled.values(), *corrected.values())} <= kept
    office.ghg("submissions", "freeze", "--year", YEAR, "--by", "王处长", "--reason", "年报发布")
    log = office.ghg("audit").stdout
    assert "王处长" in log
    assert "年报发布" in log
    assert not store.verify()
    shelf = Shelf.of(store)
    assert {s.standing for s, _ in shelf.held if YEAR in s.years and s.scopes} == {"frozen"}
