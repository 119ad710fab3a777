"""What returns ask: every ask is a record that the program reads and computes with, and everything the pilot states is asked."""

from __future__ import annotations

import csv
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from ghg_inventory.activity import Activity, Context, read, read_many
from ghg_inventory.activity.context import load_variables
from ghg_inventory.activity.returns import Ask, Sheet, departments, load_templates
from ghg_inventory.codes import Fuels
from ghg_inventory.errors import DataFileError
from ghg_inventory.inventory.fill import METHODS
from ghg_inventory.methods import covers, load_methods
from ghg_inventory.pipeline.library import Library, load_library
from ghg_inventory.pipeline.steps import reading_context
from ghg_inventory.pipeline.workspace import Workspace
from ghg_inventory.units import factor_between, parse_unit

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "mianyang"
CITY, COUNTY = "510700", "510781"
FIRST_YEAR = 2015
SHEETS = [sheet for template in load_templates() for sheet in template.sheets]
ASKS = [(sheet, ask) for sheet in SHEETS for ask in sheet.asks]
KEY = ("category", "variable", "item", "technology", "use", "basis")


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace.open(EXAMPLE)


@pytest.fixture(scope="module")
def library(workspace: Workspace) -> Library:
    return load_library(workspace)


@pytest.fixture(scope="module")
def context(workspace: Workspace, library: Library) -> Context:
    return reading_context(workspace, library)


def name(sheet: Sheet, ask: Ask) -> str:
    return f"{sheet.id}/{ask.row}/{ask.column}"


def answers(path: Path, choice: int) -> int:
    """The examples of every ask as a long table, in the unit at position `choice` of its list; how many there are."""
    rows = [
        (COUNTY if sheet.asked == "leaf" else CITY, 2024, *ask.key, ask.units[choice], ask.example)
        for sheet, ask in ASKS
        if choice < len(ask.units)
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("area_code", "year", *KEY, "unit", "value"))
        writer.writerows(rows)
    return len(rows)


@pytest.mark.parametrize("choice", range(max(len(ask.units) for _, ask in ASKS)))
def test_every_example_is_a_record_in_every_unit_that_may_be_chosen(
    choice: int, context: Context, tmp_path: Path
) -> None:
    # Variable, item, technology, dimension, limits and price basis are all judged by the reader itself.
    count = answers(tmp_path / "answers.csv", choice)
    activity, findings = read(tmp_path / "answers.csv", context)
    assert [f.line("zh") for f in findings if f.severity != "info"] == []
    assert count > 0
    assert len(activity) == count


@pytest.mark.parametrize("profile_id", ["cn2011", "ipcc2006"])
def test_what_is_computed_with_has_a_method(profile_id: str, library: Library) -> None:
    profile, fuels = load_methods().profile(profile_id), Fuels.load()
    # Values of these serve as they are: denominators, parameters, and electricity that is used, not burnt.
    served = {*load_variables(), *library.factors.parameters}
    idle = []
    for sheet, ask in ASKS:
        if ask.use not in ("", "feedstock", "transfer") or ask.variable in served:
            continue
        kind = fuels.kind(ask.item) if ask.item in fuels else ""
        signature = (ask.category, ask.variable, ask.item, kind)
        taken = (
            profile.methods_for(ask.category, ask.variable, ask.use, ask.item, kind, ask.technology)
            or profile.models_for(*signature)
            or profile.exclusion_for(ask.category, ask.variable, kind)
        )
        if not taken:
            idle.append(name(sheet, ask))
    assert idle == []


def test_no_two_asks_give_the_same_record() -> None:
    assert [key for key, count in Counter(ask.key for _, ask in ASKS).items() if count > 1] == []


def test_everything_the_pilot_states_is_asked(workspace: Workspace, context: Context) -> None:
    activity: Activity = read_many(workspace.inbox_files(), context)[0]
    asked = {
        CITY: {ask.key: ask for sheet, ask in ASKS if sheet.asked != "leaf"},
        "county": {ask.key: ask for sheet, ask in ASKS if sheet.asked != "whole"},
    }
    frame = activity.frame()
    frame = frame[frame.year >= FIRST_YEAR]
    seen, missing = set(), set()
    for row in frame.itertuples():
        # The reader gives population and GDP the use "denominator"; the form does not say it.
        use = "" if row.use == "denominator" else row.use
        key = (row.category, row.variable, row.item, row.technology, use, row.basis)
        ask = asked[CITY if row.area_code == CITY else "county"].get(key)
        if ask is None:
            missing.add((row.area_code, *key))
        elif row.unit:
            assert factor_between(parse_unit(row.unit), parse_unit(ask.unit)) > 0
            seen.add(key)
    assert missing == set()
    assert len(seen) > 200


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.id)
def test_words_are_there_in_both_languages_and_told_apart(sheet: Sheet) -> None:
    chinese = re.compile("[\u4e00-\u9fff]")
    for lang in ("zh", "en"):
        assert [x for x, count in Counter(ask.label(lang) for ask in sheet.asks).items() if count > 1] == []
    assert 2 <= len(sheet.guide_zh) <= 5
    assert len(sheet.guide_en) == len(sheet.guide_zh)
    assert all(chinese.search(text) for text in (sheet.zh, *sheet.guide_zh))
    for ask in sheet.asks:
        assert bool(ask.note_zh) == bool(ask.note_en)
        assert bool(ask.group_zh) == bool(ask.group_en)
        assert not chinese.search(f"{sheet.en}{ask.en}{ask.note_en}{ask.group_en}{''.join(sheet.guide_en)}")
        assert len(ask.zh) <= 32
        assert len(ask.note_zh) <= 50


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.id)
def test_rules_of_an_ask_can_be_kept(sheet: Sheet) -> None:
    for ask in sheet.asks:
        assert set(ask.fill) <= METHODS.keys(), name(sheet, ask)
        assert not (ask.fill and ask.use == "check" and not ask.sum_of), name(sheet, ask)
        assert ask.change is not None
        assert 0 < ask.change <= 1
        # Every spelling stands once and all of them measure the same.
        assert len({parse_unit(unit).text for unit in ask.units}) == len(ask.units), name(sheet, ask)
        assert all(factor_between(parse_unit(unit), parse_unit(ask.unit)) > 0 for unit in ask.units)
        assert 1 <= len(ask.units) <= 4


@pytest.mark.parametrize(("variable", "change"), [("population", 0.05), ("area", 0.02)])
def test_steady_series_need_a_reason_early(variable: str, change: float) -> None:
    assert {ask.change for _, ask in ASKS if ask.variable == variable} == {change}


def test_examples_of_totals_are_the_sums_of_their_parts() -> None:
    totals = [(sheet, ask) for sheet, ask in ASKS if ask.sum_of]
    assert totals
    for sheet, total in totals:
        parts = [sheet.ask(row) for row in total.sum_of]
        assert {part.unit for part in parts if part} == {total.unit}
        assert sum(Decimal(part.example) for part in parts if part) == Decimal(total.example), name(
            sheet, total
        )


def test_what_the_statistics_bureau_is_asked_to_compare_is_asked_of_somebody_else() -> None:
    alone = []
    for sheet, ask in ASKS:
        if ask.basis != "统计局":
            continue
        assert ask.use == "check"
        if not any(
            (other.variable, other.item) == (ask.variable, ask.item)
            and covers(ask.category, other.category)
            and other.use in ("", "energy")
            and place.department != sheet.department
            for place, other in ASKS
        ):
            alone.append(name(sheet, ask))
    assert alone == []


def test_parameters_are_never_totals(library: Library) -> None:
    # A measured value replaces the default whatever its use: a total of shares would become a share.
    assert [
        name(s, a) for s, a in ASKS if a.variable in library.factors.parameters and a.use == "check"
    ] == []


def test_every_department_has_a_sheet_and_every_ask_a_likely_value() -> None:
    assert {sheet.department for sheet in SHEETS} == departments().keys()
    for _, ask in ASKS:
        Decimal(ask.example)


# -- what a template file may not say ------------------------------------------------------------------

LIST = """
[template]
id = "t"
version = "1"
[[sheet]]
id = "s"
department = "statistics"
zh = "表"
en = "Sheet"
layout = "list"
defaults = { variable = "fuel", unit = "万吨", units = ["万吨", "吨"] }
rows = [
  { id = "a", zh = "煤", en = "Coal", category = "1.1.4", item = "raw_coal" },
  { id = "b", zh = "油", en = "Oil", category = "1.1.4", item = "diesel" },
]
"""
MATRIX = """
[template]
id = "t"
version = "1"
[[sheet]]
id = "s"
department = "statistics"
zh = "表"
en = "Sheet"
layout = "matrix"
defaults = { variable = "fuel", units = ["万吨", "吨"] }
columns = [ { id = "coal", zh = "煤", en = "Coal", item = "raw_coal", unit = "万吨" } ]
rows = [ { id = "a", zh = "服务业", en = "Services", category = "1.1.4" } ]
closed = []
"""


def load(folder: Path, text: str) -> tuple[Sheet, ...]:
    (folder / "t.toml").write_text(text, encoding="utf-8")
    return load_templates(folder)[0].sheets


def test_the_row_says_more_than_the_column_and_both_more_than_the_sheet(tmp_path: Path) -> None:
    text = MATRIX.replace('item = "raw_coal", unit', 'item = "raw_coal", change = 0.2, note_zh = "列", unit')
    sheet = load(tmp_path, text.replace('category = "1.1.4"', 'category = "1.1.4", note_zh = "行"'))[0]
    ask = sheet.ask("a", "coal")
    assert ask is not None
    assert (ask.item, ask.unit, ask.units, ask.change) == ("raw_coal", "万吨", ("万吨", "吨"), 0.2)
    assert (ask.note_zh, ask.label("zh"), ask.label("en")) == ("行", "服务业 × 煤", "Services × Coal")


@pytest.mark.parametrize(
    ("text", "old", "new", "problem"),
    [
        (LIST, 'id = "b"', 'id = "a"', "stands twice"),
        (LIST, 'id = "b"', 'id = "B 1"', "lower-case"),
        (LIST, 'item = "diesel"', 'item = "raw_coal"', "asked twice"),
        (LIST, 'item = "diesel"', 'item = "diesel", sum_of = ["a"]', "use"),
        (LIST, 'item = "diesel"', 'item = "diesel", use = "check", sum_of = ["c"]', "names no row"),
        (LIST, 'item = "diesel"', 'item = "diesel", unit = "公斤"', "among units"),
        (LIST, 'item = "diesel"', 'fuel = "diesel"', "unknown key 'fuel'"),
        (LIST, '"statistics"', '"magistrate"', "no department"),
        (LIST, 'en = "Sheet"', 'en = "A/B"', "cannot name a sheet"),
        (MATRIX, "closed = []", 'closed = ["a/oil"]', "closed names no cell: a/oil"),
        (MATRIX, 'id = "coal", ', "", "missing key 'id'"),
        (MATRIX, ', unit = "万吨"', "", "unit is missing"),
        (MATRIX, 'layout = "matrix"', 'layout = "list"', "a matrix has columns"),
    ],
)
def test_a_file_that_does_not_say_plainly_what_it_asks_is_refused(
    text: str, old: str, new: str, problem: str, tmp_path: Path
) -> None:
    assert old in text
    with pytest.raises(DataFileError, match=problem):
        load(tmp_path, text.replace(old, new, 1))
