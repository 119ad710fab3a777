"""Long tables: what is read, and what each kind of bad input becomes."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from ghg_inventory.activity import Activity, Context, read, read_many
from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.errors import Finding

HEADER = "area_code,year,category,variable,item,technology,value,unit,notation,source,note\n"
GOOD = "510700,2021,1.1.2,fuel,raw_coal,,12.5,万吨,,统计年鉴,\n"
CONTEXT = Context(AreaTree.registry(), CategoryTree.load(), Fuels.load())


def read_text(folder: Path, text: str | bytes, name: str = "a.csv", context: Context = CONTEXT):
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read(path, context)


def names(findings: tuple[Finding, ...]) -> list[str]:
    return [item.name for item in findings]


def only(findings: tuple[Finding, ...], name: str) -> Finding:
    """The one finding of that name; both languages must be complete sentences without blanks left."""
    chosen = [item for item in findings if item.name == name]
    assert len(chosen) == 1, names(findings)
    for lang in ("zh", "en"):
        assert "{" not in chosen[0].text(lang), chosen[0].text(lang)
    return chosen[0]


def test_a_record_keeps_everything(tmp_path):
    activity, findings = read_text(tmp_path, HEADER + GOOD)
    assert findings == ()
    row = activity.frame().iloc[0]
    assert (row.area_code, row.year, row.category, row["item"], row.value) == (
        "510700",
        2021,
        "1.1.2",
        "raw_coal",
        12.5,
    )
    assert (row.unit, row.source, row.file, row.cell, row.use) == ("万吨", "统计年鉴", "a.csv", "L2", "")
    assert len(activity.files[0].sha256) == 64
    assert activity.files[0].kind == "long"


def test_optional_columns_may_be_missing_and_columns_in_any_order(tmp_path):
    text = "unit,value,item,variable,category,year,area_code\n万吨,12.5,raw_coal,fuel,1.1.2,2021,510700\n"
    activity, findings = read_text(tmp_path, text)
    assert findings == ()
    assert activity.value.tolist() == [12.5]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(tmp_path, encoding):
    activity, findings = read_text(tmp_path, (HEADER + GOOD).encode(encoding))
    assert names(findings) == []
    assert activity.unit.words == ("万吨",)


def test_fuel_names_and_aliases_become_codes_and_it_is_said(tmp_path):
    activity, findings = read_text(tmp_path, HEADER + GOOD.replace("raw_coal", "液化气"))
    assert activity.item.words == ("lpg",)
    assert dict(only(findings, "fuel-alias").values)["text"] == "液化气"


def test_normalised_numbers_are_reported_once_per_kind(tmp_path):
    lines = "".join(
        f'510700,{year},1.1.2,fuel,raw_coal,,"{number}",万吨,,,\n'
        for year, number in ((2018, "1,234.5"), (2019, "2,000"), (2020, "１２．５"), (2021, "7"))
    )
    activity, findings = read_text(tmp_path, HEADER + lines)
    assert activity.value.tolist() == [1234.5, 2000.0, 12.5, 7.0]
    assert names(findings) == ["numbers-normalised", "numbers-normalised"]
    assert {dict(item.values)["count"] for item in findings} == {"1", "2"}
    assert all(item.severity == "info" and "a.csv:" in dict(item.values)["examples"] for item in findings)


@pytest.mark.parametrize(
    ("old", "new", "name", "said"),
    [
        ("raw_coal", "raw_cola", "unknown-fuel", "raw_coal"),
        ("万吨", "箩筐", "unknown-unit", "箩筐"),
        ("万吨", "人", "unit-dimension-activity", "人"),
        ("12.5", "", "blank-value", "NO"),
        ("12.5", "约12", "not-a-number", "约12"),
        ("12.5", "nan", "not-a-number", "nan"),
        ("12.5", "1e999", "not-a-number", "1e999"),
        ("510700", "", "blank-cell", "area_code"),
        (",fuel,", ",,", "blank-cell", "variable"),
        ("raw_coal", "", "blank-cell", "item"),
        ("万吨", "", "blank-cell", "unit"),
        ("2021", "21", "year-range", "21"),
        ("2021", "2101", "year-range", "2100"),
        ("2021", "2021.5", "year-range", "2021.5"),
        ("510700", "519999", "area-code-unknown", "519999"),
        ("510700", "510724", "area-abolished", "510705"),
        ("1.1.2", "1.1.22", "category-unknown", "1.1.2"),
        ("统计年鉴", "=HYPERLINK(A1)", "formula-text", "=HYPERLINK(A1)"),
        ("统计年鉴", "@SUM(A1)", "formula-text", "@SUM(A1)"),
        (",,统计", ",XX,统计", "unknown-notation", "XX"),
        (",,统计", ",NO,统计", "value-and-notation", "12.5"),
        ("1.1.2", "", "blank-cell", "category"),
    ],
)
def test_a_bad_row_is_withheld_named_and_placed(tmp_path, old, new, name, said):
    assert old in GOOD
    other = GOOD.replace("2021", "2020")
    activity, findings = read_text(tmp_path, HEADER + other + GOOD.replace(old, new))
    problem = only(findings, name)
    assert problem.severity == "error"
    assert (problem.place.file, problem.place.line) == ("a.csv", 3)
    assert said in problem.text("zh")
    assert said in problem.text("en")
    assert activity.year.tolist() == [2020]


def test_a_renamed_header_is_refused_with_a_suggestion(tmp_path):
    activity, findings = read_text(tmp_path, HEADER.replace("area_code", "areacode") + GOOD)
    assert len(activity) == 0
    assert dict(only(findings, "column-unknown").values)["suggestion"] == "areacode → area_code"
    assert dict(only(findings, "column-missing").values)["column"] == "area_code"


def test_a_repeated_column_is_refused(tmp_path):
    _, findings = read_text(tmp_path, "value," + HEADER + "1," + GOOD)
    assert names(findings) == ["column-repeated"]


def test_lines_of_the_wrong_shape_do_not_shift_the_others(tmp_path):
    lines = ["# a note, with, commas", "", GOOD.strip().replace("2021", "2018"), "510700,2021", " ",
             GOOD.strip().replace("2021", "2019").replace("统计年鉴", '"two\nlines, and a comma"'),
             GOOD.strip().replace("12.5", "")]  # fmt: skip
    activity, findings = read_text(tmp_path, HEADER + "\n".join(lines) + "\n")
    assert activity.line.tolist() == [4, 7]
    assert (only(findings, "csv-shape").place.line, only(findings, "blank-value").place.line) == (5, 9)
    assert "two lines, and a comma" in activity.source.words


def test_a_notation_key_needs_no_number_but_a_reason(tmp_path):
    with_reason = GOOD.replace("12.5", "").replace(",,统计年鉴,", ",NO,统计年鉴,没有发生")
    activity, findings = read_text(tmp_path, HEADER + with_reason)
    assert findings == ()
    assert activity.notation.texts() == ["NO"]
    assert activity.value[0] != activity.value[0]
    _, findings = read_text(tmp_path, HEADER + with_reason.replace("没有发生", ""))
    assert names(findings) == ["notation-reason"]


def test_equal_duplicates_leave_one_and_different_ones_leave_none(tmp_path):
    activity, findings = read_text(tmp_path, HEADER + GOOD + GOOD)
    assert len(activity) == 1
    assert only(findings, "duplicate-equal").severity == "warning"
    activity, findings = read_text(tmp_path, HEADER + GOOD + GOOD.replace("12.5", "13"))
    assert len(activity) == 0
    problem = only(findings, "duplicate-differs")
    assert problem.severity == "error"
    assert "L2" in problem.text("en")
    assert "L3" in problem.text("en")
    activity, findings = read_text(tmp_path, HEADER + GOOD + GOOD.replace("万吨", "吨"))
    assert len(activity) == 0


def test_duplicates_between_files_are_found(tmp_path):
    for name, value in (("a.csv", "12.5"), ("b.csv", "12.6")):
        (tmp_path / name).write_text(HEADER + GOOD.replace("12.5", value), encoding="utf-8")
    activity, findings = read_many([tmp_path / "b.csv", tmp_path / "a.csv"], CONTEXT)
    assert len(activity) == 0
    assert "a.csv L2; b.csv L2" in only(findings, "duplicate-differs").text("en")


def test_many_findings_of_a_kind_end_in_a_count(tmp_path):
    lines = "".join(GOOD.replace("2021", str(1990 + n)).replace("12.5", "") for n in range(30))
    activity, findings = read_text(tmp_path, HEADER + lines)
    assert len(activity) == 0
    assert names(findings).count("blank-value") == 20
    assert dict(only(findings, "more-of-these").values)["count"] == "10"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "file-empty"),
        (b"\n\n", "file-empty"),
        ((HEADER + GOOD).encode() + b"\x00", "file-nul"),
        (bytes(range(1, 256)) * 3, "file-encoding"),
        ("名称,数量\n苹果,1\n".encode(), "csv-unknown"),
    ],
)
def test_files_that_are_no_table(tmp_path, content, name):
    activity, findings = read_text(tmp_path, content)
    assert len(activity) == 0
    assert name in names(findings)
    assert findings[0].severity == "error"


def test_a_missing_file_and_a_file_of_another_kind(tmp_path):
    assert names(read(tmp_path / "none.csv", CONTEXT)[1]) == ["file-missing"]
    assert names(read_text(tmp_path, "x", "a.pdf")[1]) == ["file-kind"]


def test_header_alone_gives_no_records(tmp_path):
    activity, findings = read_text(tmp_path, HEADER)
    assert (len(activity), names(findings)) == (0, ["no-records"])


def test_socio_economic_variables(tmp_path):
    good = "510700,2021,,population,,,489.8,万人,,公报,\n510700,2021,,gdp,,constant-2020,3000,亿元,,公报,\n"
    activity, findings = read_text(tmp_path, HEADER + good)
    assert findings == ()
    assert activity.use.words == ("denominator",)
    for old, new, name, said in (
        ("population", "人口", "variable-unknown", "population"),
        ("population", "popolation", "variable-unknown", "population"),
        ("万人", "万吨", "unit-dimension-activity", "person"),
        ("constant-2020", "", "price-basis", "constant-2020"),
        ("constant-2020", "2020", "price-basis", "current"),
    ):
        activity, findings = read_text(tmp_path, HEADER + good.replace(old, new))
        assert said in only(findings, name).text("en"), (old, new)
        assert len(activity) == 1


def test_feedstock_is_given_positive_and_subtracts(tmp_path):
    header = HEADER.strip() + ",use\n"
    activity, findings = read_text(tmp_path, header + GOOD.strip() + ",feedstock\n")
    assert activity.value.tolist() == [-12.5]
    assert "sign reversed" in activity.note.words[0]
    assert findings == ()
    activity, findings = read_text(tmp_path, header + GOOD.strip().replace("12.5", "-1") + ",feedstock\n")
    assert (len(activity), names(findings)) == (0, ["feedstock-sign"])
    assert names(read_text(tmp_path, header + GOOD.strip() + ",fodder\n")[1]) == ["unknown-use"]


def long_workbook(path: Path, rows: list[list[object]], sheet: str = "数据") -> Path:
    book = Workbook()
    page = book.active
    page.title = sheet
    page.append(["四川省 活动水平数据"])
    page.append([])
    for row in [HEADER.strip().split(","), *rows]:
        page.append(row)
    book.save(path)
    return path


def test_a_sheet_in_long_form_is_read_like_a_csv(tmp_path):
    row: list[object] = [
        "510700",
        2021,
        "1.1.2",
        "fuel",
        "raw_coal",
        None,
        12.5,
        "万吨",
        None,
        "统计年鉴",
        None,
    ]
    other = [*row]
    other[1], other[6] = 2020, "１２"
    bad = [*row]
    bad[1], bad[6] = 2019, "no data"
    activity, findings = read(long_workbook(tmp_path / "a.xlsx", [row, other, bad]), CONTEXT)
    assert activity.value.tolist() == [12.0, 12.5]
    assert [activity.cell_text(n) for n in range(2)] == ["G5", "G4"]
    problem = only(findings, "not-a-number")
    assert (problem.place.sheet, problem.place.cell) == ("数据", "G6")


def test_row_order_never_matters(tmp_path):
    rows = [GOOD.replace("2021", str(year)).replace("raw_coal", fuel) for year in range(2015, 2020)
            for fuel in ("raw_coal", "diesel", "coke")]  # fmt: skip
    one, _ = read_text(tmp_path, HEADER + "".join(rows))
    two, _ = read_text(tmp_path, HEADER + "".join(reversed(rows)))
    drop = ["line", "cell"]
    assert one.frame().drop(columns=drop).equals(two.frame().drop(columns=drop))
    assert isinstance(one, Activity)
