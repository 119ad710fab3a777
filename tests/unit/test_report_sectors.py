"""A report of all five sectors, on the example of Mianyang: nothing lost, nothing of one profile under another's name."""

from __future__ import annotations

import dataclasses
import shutil
from collections import Counter
from collections.abc import Iterator

import pytest
from conftest import AT, ROOT

from ghg_inventory.pipeline import RunResult, Workspace, compile_run, import_files
from ghg_inventory.pipeline.reporting import report_input, totals_by_area
from ghg_inventory.report import CategoryInfo, Document, Name, ReportInput, build, render_html
from ghg_inventory.report.attachments import attached_names, attachments
from ghg_inventory.report.blocks import Figure, Paragraph, Table
from ghg_inventory.report.sections.common import code_ranges
from ghg_inventory.report.view import make_view

CITY, COUNTY, YEAR = "510700", "510781", 2024


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, RunResult]:
    folder = tmp_path_factory.mktemp("report") / "mianyang"
    shutil.copytree(ROOT / "examples" / "mianyang", folder)
    workspace = Workspace.open(folder)
    import_files(workspace, workspace.inbox_files(), at=AT)
    return workspace, compile_run(workspace, at=AT, record=False)


def of(run: tuple[Workspace, RunResult], area: str) -> ReportInput:
    return report_input(*run, area, YEAR, issue_date="2026-11-23", totals=totals_by_area(run[1]))


@pytest.fixture(scope="module")
def city(run: tuple[Workspace, RunResult]) -> ReportInput:
    return of(run, CITY)


@pytest.fixture(scope="module")
def county(run: tuple[Workspace, RunResult]) -> ReportInput:
    return of(run, COUNTY)


@pytest.fixture(scope="module")
def document(city: ReportInput) -> Document:
    return build(city, "zh")


def blocks(document: Document) -> Iterator[object]:
    for chapter in document.chapters:
        yield from chapter.blocks()


def table(document: Document, name: str) -> Table:
    return next(b for b in blocks(document) if isinstance(b, Table) and b.id == name)


def cells(document: Document, name: str) -> list[list[str]]:
    return [[cell.striptags() for cell in row.cells] for row in table(document, name).rows]


def heads(document: Document, name: str) -> list[str]:
    return [column.title.striptags() for column in table(document, name).columns]


@pytest.mark.parametrize("code", ["1", "2", "3", "4", "5"])
def test_each_sector_s_table_holds_its_total_and_every_category(city: ReportInput, document: Document, code: str) -> None:
    view = make_view(city, "zh")
    rows = {row[0]: row for row in cells(document, f"sector-{code}")}
    names = heads(document, f"sector-{code}")
    assert rows[code][names.index("合计")] == view.scale.text(view.sum((code,)))
    held = {c for c in city.categories if (c == code or c.startswith(code + ".")) and view.at(c)}
    assert set(rows) == held
    chapter = next(c for c in document.chapters if c.id == ("fuels" if code == "1" else f"sector{code}"))
    told = " ".join(b.html.striptags() for b in chapter.blocks() if isinstance(b, Paragraph))
    assert "种方法" in told
    assert "末级类别和气体共" in told
    assert any(isinstance(b, Figure) and b.id == f"sector-{code}-bars" for b in chapter.blocks())


def test_subcategories_of_a_year_add_up_to_the_sector(city: ReportInput) -> None:
    view = make_view(city, "zh")
    for code in ("1", "2", "3", "4", "5"):
        parts = [c for c, info in city.categories.items() if info.parent == code and info.adds_to_parent]
        assert view.sum(parts) == pytest.approx(view.sum((code,)), rel=1e-9)


def test_gases_of_a_family_share_a_column_and_stand_apart_in_their_own_table(
    city: ReportInput, document: Document
) -> None:
    view = make_view(city, "zh")
    hfcs = tuple(gas for gas in view.gases if gas.startswith("HFC"))
    assert len(hfcs) > 1
    assert "HFCs" in heads(document, "sectors")
    assert not any(head.startswith("HFC") and head != "HFCs" for head in heads(document, "categories"))
    column = heads(document, "sectors").index("HFCs")
    total = next(row for row in cells(document, "sectors") if row[0].startswith("排放总量"))
    assert total[column] == view.scale.text(view.sum(view.counted, hfcs))
    assert {row[0] for row in cells(document, "fluorinated")} >= set(hfcs)


def test_a_sector_has_columns_only_for_gases_it_emits(document: Document) -> None:
    assert {"HFCs", "SF6"} & set(heads(document, "sector-3")) == set()
    assert "HFCs" in heads(document, "sector-2")


def test_land_use_is_negative_and_apart_and_memo_items_come_last(city: ReportInput, document: Document) -> None:
    view = make_view(city, "zh")
    codes = [row[0] for row in cells(document, "categories")]
    names = [row[1] for row in cells(document, "categories")]
    gross = next(i for i, name in enumerate(names) if name.startswith("排放总量"))
    net = next(i for i, name in enumerate(names) if name.startswith("净排放量"))
    assert codes.index("5") < gross < codes.index("4") < net < codes.index("X") < codes.index("M.1")
    land = view.sum(("4",)) or 0.0
    assert land < 0
    assert cells(document, "categories")[codes.index("4")][-2].startswith("−")
    assert view.scale.text((view.headline() or 0.0) + land) == cells(document, "categories")[net][-2]


def test_the_fuel_tables_hold_fuels_only(city: ReportInput, document: Document) -> None:
    burnt = city.ledger[(city.ledger["variable"] == "fuel") & (city.ledger["profile"] == city.main_profile)]
    names = {city.fuels[item]("zh") for item in burnt["item"] if item in city.fuels}
    rows = [row[0] for row in cells(document, "fuels")]
    assert set(rows[:-3]) <= names
    assert not {"奶牛", "水泥熟料", "稻谷"} & set(rows)
    shown = set(heads(document, "matrix")[1:-1])
    assert {head for head in shown if not head.startswith("其他 ")} <= names


def test_methods_and_factors_are_the_main_profile_s_and_the_others_are_attached(
    city: ReportInput, document: Document
) -> None:
    view = make_view(city, "zh")
    main = view.main_methods()
    assert 0 < len(main) < len(city.methods_used)
    listed = [row for row in table(document, "methods").rows if row.kind != "head"]
    assert len(listed) == len(main)
    files = {f.name: f.content.decode("utf-8") for f in attachments(city)}
    assert set(attached_names(city)) == set(files)
    for method in city.methods_used:
        assert f"\n{method.id}," in files["methods.csv"]
    mine = city.factors_used[[city.main_profile in p.split(";") for p in city.factors_used["profiles"]]]
    stated = int(mine["measured"].sum())
    captions = {b.id: b.caption for b in blocks(document) if isinstance(b, Table)}
    assert f"{len(mine) - stated} 项" in captions["factors"]
    assert f"{stated} 项" in captions["measured"]
    assert "mianyang" not in " ".join(row[0] for row in cells(document, "factors"))


def test_every_main_factor_s_value_is_printed(city: ReportInput, document: Document) -> None:
    printed = " ".join(cell for row in cells(document, "factors") for cell in row)
    frame = city.factors_used
    mine = frame[~frame["measured"] & frame["profiles"].str.contains(city.main_profile)]
    for value in mine["value_text"]:
        assert value.replace("-", "−") in printed


def test_lent_methods_are_told_by_lender_sector_and_gas(city: ReportInput, document: Document) -> None:
    rows = table(document, "lent").rows
    lenders = {row.cells[0].striptags() for row in rows if row.kind == "head"}
    view = make_view(city, "zh")
    assert lenders == {m.document for m in view.main_methods() if m.supplement or m.stands_for.zh}
    keys: Counter[tuple[str, str, str]] = Counter()
    lender = ""
    for row in rows:
        if row.kind == "head":
            lender = row.cells[0]
        else:
            keys[lender, row.cells[0], row.cells[1]] += 1
    assert set(keys.values()) == {1}


def test_a_kind_of_finding_has_few_examples_and_its_whole_count(city: ReportInput, document: Document) -> None:
    weak = [f for f in city.findings if f.name == "factor-weak"]
    assert len(weak) > 10
    rows = cells(document, "findings")
    assert sum("基本因子" in " ".join(row) or "采用了" in " ".join(row) for row in rows) <= 4
    assert any(f"共 {len(weak)} 条" in " ".join(row) for row in rows)
    kinds = {row[1]: row[2] for row in cells(document, "finding-kinds")}
    assert kinds["factor-weak"] == str(len(weak))


def test_an_abolished_county_has_no_row_in_a_later_year(city: ReportInput, document: Document) -> None:
    abolished = [code for code, info in city.areas.items() if info.parent == CITY and info.valid_to < YEAR]
    assert abolished
    names = {row[0] for row in cells(document, "areas")}
    assert not names & {city.areas[code].name("zh") for code in abolished}


def test_a_county_tells_its_sectors_briefly_and_keeps_its_completeness(county: ReportInput) -> None:
    document = build(county, "zh")
    ids = {b.id for b in blocks(document) if isinstance(b, Table)}
    assert {"sector-1", "sector-2", "sector-3", "sector-4", "sector-5", "completeness"} <= ids
    assert not {"formulas", "categories", "sector-2-years"} & ids
    frame = county.completeness
    own = frame[(frame["area_code"] == COUNTY) & (frame["year"] == YEAR)]
    assert sum(int(row[-1]) for row in cells(document, "completeness")) == len(own)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_demonstration_data_are_named_on_the_cover_and_for_every_page(city: ReportInput, lang: str) -> None:
    page = render_html(city, lang)
    word = {"zh": "示例数据", "en": "Demonstration data"}[lang]
    assert f'data-demonstration="{word}"' in page
    assert f'<p class="demonstration">{word}</p>' in page


def test_categories_in_a_row_are_a_range_and_a_full_set_is_its_parent(city: ReportInput) -> None:
    infos = {"1": CategoryInfo(Name("a"), 1), **{f"1.{n}": CategoryInfo(Name("b"), 2, "1") for n in range(1, 7)}}
    view = make_view(dataclasses.replace(city, categories=infos), "en")
    assert code_ranges(view, ["1.1", "1.2", "1.3", "1.5"]) == "1.1–1.3, 1.5"
    assert code_ranges(view, ["1.5", "1.4"]) == "1.4, 1.5"
    assert code_ranges(view, [f"1.{n}" for n in range(1, 7)]) == "1"
    assert code_ranges(view, ["9.9"]) == "9.9"
