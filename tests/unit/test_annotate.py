"""The marked copy: colours, comments and a list of findings; everything else as it was, and readable again."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import EXAMPLES, ROOT
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill, Protection
from openpyxl.worksheet.datavalidation import DataValidation

from ghg_inventory.activity import Activity, read
from ghg_inventory.activity.grid import read_workbook
from ghg_inventory.activity.returns import load_templates
from ghg_inventory.activity.returns.reader import read_return
from ghg_inventory.activity.table import KEY, InputFile
from ghg_inventory.errors import NOWHERE, Finding, Place, finding
from ghg_inventory.pipeline.library import load_library
from ghg_inventory.pipeline.steps import reading_context
from ghg_inventory.pipeline.workspace import Workspace
from ghg_inventory.workbooks import annotate_source
from ghg_inventory.workbooks.annotate import annotate
from ghg_inventory.workbooks.annotate_words import colour_of, fill_of

DATA = ROOT / "tests/data"
RETURNS = DATA / "returns"
TRIAL = load_templates(RETURNS / "templates")
HEAD = "area_code,year,category,variable,item,value,unit"


@pytest.fixture(scope="module")
def context():
    """What the readers know in the example workspace."""
    ws = Workspace.open(EXAMPLES / "mianyang")
    return reading_context(ws, load_library(ws))


def wrong(sheet: str, cell: str, severity: str = "error", line: int = 0, text: str = "abc") -> Finding:
    """A finding at a cell."""
    return finding("ie-without-target", Place("f.xlsx", sheet, cell, line), severity=severity, area="安州区", year=2024,
                   category="1.1", item="原煤", note=text)  # fmt: skip


def small(*, title: str = "表 1") -> Workbook:
    """A workbook of one sheet: a title, a number in B2, a text in C2."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    sheet["A1"], sheet["B2"], sheet["C2"] = "标题", 12.5, "备注"
    return book


def saved(book: Workbook) -> bytes:
    """The file of a workbook."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def marked(content: bytes, findings: list[Finding], name: str = "f.xlsx", lang: str = "zh") -> Workbook:
    """The marked copy, opened."""
    copy, trouble = annotate(content, name, findings, lang)
    assert trouble == []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_workbook(io.BytesIO(copy))


def table(book: Workbook) -> list[list[object]]:
    """The rows of the list of findings below its header."""
    return [[cell.value for cell in row] for row in book.worksheets[0].iter_rows(min_row=6)]


def fill(cell) -> str:
    """The ground of a cell."""
    return cell.fill.fgColor.rgb if cell.fill.fill_type else ""


def ground(severity: str) -> str:
    """The ground that a severity has."""
    return fill_of(severity).fgColor.rgb


# -- what is marked -----------------------------------------------------------------------------------------


def test_a_wrong_cell_is_coloured_and_says_what_to_do():
    book = marked(saved(small()), [wrong("表 1", "B2")])
    cell = book["表 1"]["B2"]
    assert (cell.value, fill(cell), cell.font.color.rgb) == (12.5, ground("error"), colour_of("error"))
    text = cell.comment.text
    assert text.startswith("【错误】安州区 2024 年类别 1.1")
    assert "备注中写明类别代码" in text
    assert "请在备注中补写" in text
    assert fill(book["表 1"]["C2"]) == ""


def test_several_findings_of_one_cell_share_a_comment_and_the_worst_gives_the_colour():
    findings = [wrong("表 1", "B2", "info"), wrong("表 1", "B2", "warning"), wrong("表 1", "C2", "info")]
    book = marked(saved(small()), findings)
    sheet = book["表 1"]
    assert (fill(sheet["B2"]), fill(sheet["C2"])) == (ground("warning"), ground("info"))
    assert sheet["B2"].comment.text.index("【警告】") < sheet["B2"].comment.text.index("【提示】")


def test_the_list_stands_in_front_and_leads_to_the_cells():
    about_all = finding("demonstration-data", NOWHERE, severity="info", name="x")
    findings = [wrong("表 1", "C2", "warning"), wrong("表 1", "B2"), about_all]
    book = marked(saved(small()), findings)
    first = book.worksheets[0]
    assert [sheet.title for sheet in book.worksheets] == ["问题清单", "表 1"]
    assert book.active is first
    assert not book["表 1"].sheet_view.tabSelected
    assert first["A1"].value == "问题清单：f.xlsx"
    assert first["A2"].value.startswith("错误 1 项（红色，必须改正），警告 1 项（黄色，请核对），提示 1 项")
    rows = table(book)
    # What is about no cell comes first, then by severity.
    assert [row[1:4] for row in rows] == [
        ["提示", None, "整个文件"],
        ["错误", "表 1", "B2"],
        ["警告", "表 1", "C2"],
    ]
    assert [first[f"D{row}"].hyperlink and first[f"D{row}"].hyperlink.location for row in (6, 7, 8)] == [
        None, "'表 1'!B2", "'表 1'!C2",
    ]  # fmt: skip
    assert "填了 IE" in rows[1][4]
    assert "请在备注中补写" in rows[1][5]


def test_the_english_copy():
    book = marked(saved(small()), [wrong("表 1", "B2")], lang="en")
    assert book.worksheets[0].title == "Findings"
    assert book.worksheets[0]["A2"].value.startswith("1 errors (red")
    assert book["表 1"]["B2"].comment.text.startswith("【error】category 1.1")


def test_nothing_found():
    book = marked(saved(small()), [])
    assert book.worksheets[0]["A2"].value == "没有发现问题。"
    assert table(book) == []


@pytest.mark.parametrize("cell", ["", "B2:C3", "B", "¿", "ZZZZ9"])
def test_a_place_that_is_no_cell_is_listed_and_nothing_is_coloured(cell: str):
    book = marked(saved(small()), [wrong("表 1", cell), wrong("没有这张表", "B2")])
    assert len(table(book)) == 2
    assert all(fill(c) == "" for row in book["表 1"].iter_rows() for c in row)


def test_a_finding_under_merged_cells_marks_the_cell_that_shows():
    source = small()
    source["表 1"].merge_cells("B2:B4")
    assert fill(marked(saved(source), [wrong("表 1", "B3")])["表 1"]["B2"]) == ground("error")


def test_a_cell_that_is_blank_can_be_marked():
    cell = marked(saved(small()), [wrong("表 1", "H40")])["表 1"]["H40"]
    assert (cell.value, fill(cell)) == (None, ground("error"))


def test_long_lists_are_cut_and_say_so(monkeypatch):
    monkeypatch.setattr("ghg_inventory.workbooks.annotate_index.MAX_ROWS", 3)
    book = marked(saved(small()), [wrong("表 1", f"B{row}") for row in range(2, 7)])
    assert [row[0] for row in table(book)] == [1, 2, 3, "还有 2 项没有列出，请先改正以上各项后重新检查。"]
    assert fill(book["表 1"]["B6"]) == ground("error")


def test_the_same_bytes_twice():
    content, findings = (RETURNS / "filled.xlsx").read_bytes(), [wrong("表 1", "B2")]
    assert annotate(content, "f.xlsx", findings, "zh") == annotate(content, "f.xlsx", findings, "zh")


# -- what is kept -------------------------------------------------------------------------------------------


def test_formats_lists_and_protection_are_kept():
    source = small()
    sheet = source["表 1"]
    sheet.protection.enable()
    sheet["B2"].protection = Protection(locked=False)
    sheet["B2"].number_format = "0.00"
    sheet["C2"].font = Font(bold=True)
    sheet.column_dimensions["A"].hidden = True
    rule = DataValidation("list", formula1='"吨,万吨"')
    rule.add("D2")
    sheet.add_data_validation(rule)
    after = marked(saved(source), [wrong("表 1", "B2")])["表 1"]
    assert after.protection.sheet
    assert not after["B2"].protection.locked
    assert after["B2"].number_format == "0.00"
    assert after["C2"].font.bold
    assert after.column_dimensions["A"].hidden
    assert [(str(one.sqref), one.formula1) for one in after.data_validations.dataValidation] == [
        ("D2", '"吨,万吨"')
    ]


def test_a_formula_keeps_its_last_value_for_readers_that_do_not_compute():
    source = small()
    source["表 1"]["B3"], source["表 1"]["B4"] = "=B2*2", '="x"&B2'
    raw = saved(source)
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = members["xl/worksheets/sheet1.xml"].decode()
    sheet = sheet.replace("<f>B2*2</f><v></v>", "<f>B2*2</f><v>25</v>").replace(
        "<f>B2*2</f><v />", "<f>B2*2</f><v>25</v>"
    )
    sheet = sheet.replace('<c r="B4">', '<c r="B4" t="str">').replace("B2</f><v></v>", "B2</f><v>a&lt;b</v>")
    sheet = sheet.replace("B2</f><v />", "B2</f><v>a&lt;b</v>")
    members["xl/worksheets/sheet1.xml"] = sheet.encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    copy, _ = annotate(out.getvalue(), "f.xlsx", [wrong("表 1", "B3")], "zh")
    values, formulas = (load_workbook(io.BytesIO(copy), data_only=flag)["表 1"] for flag in (True, False))
    assert (formulas["B3"].value, values["B3"].value) == ("=B2*2", 25)
    assert (formulas["B4"].value, values["B4"].value) == ('="x"&B2', "a<b")


def test_a_formula_that_fetches_from_outside_becomes_its_value():
    source = small()
    source["表 1"]["B3"] = '=WEBSERVICE("http://example.org/x")'
    cell = marked(saved(source), [])["表 1"]["B3"]
    assert cell.data_type != "f"


def test_the_clerks_own_comment_stays_and_marks_go_when_nothing_is_wrong_any_more():
    source = small()
    source["表 1"]["B2"].comment = Comment("我自己的批注", "张三")
    first, _ = annotate(saved(source), "f.xlsx", [wrong("表 1", "B2"), wrong("表 1", "C2")], "zh")
    text = load_workbook(io.BytesIO(first))["表 1"]["B2"].comment.text
    assert text.startswith("【错误】")
    assert text.endswith("我自己的批注")
    again = marked(first, [wrong("表 1", "C2", "warning")], lang="en")
    assert [sheet.title for sheet in again.worksheets] == ["Findings", "表 1"]
    sheet = again["表 1"]
    assert (fill(sheet["B2"]), sheet["B2"].comment.text) == ("", "我自己的批注")
    assert fill(sheet["C2"]) == ground("warning")
    assert sheet["C2"].comment.text.count("【") == 1
    assert len(table(again)) == 1


def test_colours_of_the_clerk_stay_where_nothing_is_wrong():
    source = small()
    source["表 1"]["C2"].fill = PatternFill("solid", fgColor="FF00FF00")
    assert fill(marked(saved(source), [wrong("表 1", "B2")])["表 1"]["C2"]) == "FF00FF00"


def test_a_sheet_of_that_name_which_is_the_clerks_is_kept():
    source = small()
    source.create_sheet("问题清单")["A1"] = "我要问的问题"
    titles = [sheet.title for sheet in marked(saved(source), []).worksheets]
    assert titles == ["问题清单1", "表 1", "问题清单"]


# -- handing it in again --------------------------------------------------------------------------------------


def answers(path: Path, context) -> tuple[Activity, list[Finding]]:
    """The records of a return of the trial template."""
    grids, about = read_workbook(path, path.name)
    return read_return(grids, InputFile(path.name, "", "return"), context, about, TRIAL)


@pytest.mark.parametrize("name", ["filled.xlsx", "filled.xls", "filled.ods"])
def test_a_marked_return_reads_as_the_original(name: str, context, tmp_path: Path):
    path = RETURNS / name
    before, said = answers(path, context)
    copy, trouble = annotate(path.read_bytes(), name, said, "zh")
    assert trouble == []
    again = tmp_path / "marked.xlsx"
    again.write_bytes(copy)
    after, found = answers(again, context)
    assert len(before) > 3
    columns = [*KEY, "unit", "notation", "note", "sheet", "cell", "value"]
    assert before.frame()[columns].equals(after.frame()[columns])

    def at_cells(findings: list[Finding]) -> list[tuple[str, str, str]]:
        return [(f.name, f.place.sheet, f.place.cell) for f in findings if f.place.cell]

    assert at_cells(found) == at_cells(said)
    # The list of findings is no sheet of the form: at most it is named as one that was not read.
    assert {f.severity for f in found if f.place.sheet == "问题清单"} <= {"info"}


def test_a_marked_return_that_was_corrected_is_read_with_the_correction(context, tmp_path: Path):
    path = RETURNS / "filled.xlsx"
    before, _ = answers(path, context)
    row = int(np.nanargmax(before.value))
    place = before.place(row)
    copy, _ = annotate(path.read_bytes(), path.name, [wrong(place.sheet, place.cell)], "zh")
    book = load_workbook(io.BytesIO(copy))
    assert fill(book[place.sheet][place.cell]) == ground("error")
    book[place.sheet][place.cell].value = 4.25
    again = tmp_path / "marked.xlsx"
    book.save(again)
    after, _ = answers(again, context)
    assert (before.value[row], after.value[row]) == (np.nanmax(before.value), 4.25)


def test_a_long_csv_becomes_a_workbook_with_its_lines_marked(context, tmp_path: Path):
    text = f"{HEAD}\n510725,2024,1.1.2.10,fuel,raw_coal,12.5,万吨\n510725,2024,1.10,fuel,raw_coal,=1+2,万吨\n"
    path = tmp_path / "梓潼.csv"
    path.write_bytes(text.encode("gb18030"))
    _, said = read(path, context)
    book = marked(path.read_bytes(), [*said], "梓潼.csv")
    assert book.worksheets[0]["A4"].value.startswith("原文件是 .csv 格式")
    data = book.worksheets[1]
    assert [data["C3"].value, data["F3"].value, data["F3"].data_type] == ["1.10", "=1+2", "s"]
    assert fill(data["A3"]) == ground("error")
    assert fill(data["A2"]) == ""
    assert any(row[3] == "第 3 行" for row in table(book))


def test_a_csv_with_line_breaks_in_cells_keeps_its_line_numbers():
    content = b'a,b\n1,"x\ny"\n2,z\n'
    data = marked(content, [wrong("", "", line=4)], "f.csv").worksheets[1]
    assert (data["A4"].value, fill(data["A4"])) == ("2", ground("error"))


def test_a_rebuilt_return_hides_its_keys_again():
    book = marked((RETURNS / "filled.ods").read_bytes(), [], "filled.ods")
    keyed = [sheet for sheet in book.worksheets if str(sheet["A1"].value).startswith("ghg-return")]
    assert len(keyed) > 1
    assert all(sheet.column_dimensions["A"].hidden for sheet in keyed)
    hidden = [row for row in range(1, 40) if str(keyed[-1].cell(row, 1).value).startswith("#")]
    assert hidden
    assert all(keyed[-1].row_dimensions[row].hidden for row in hidden)


# -- hostile ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lead", ["=", "+", "-", "@"])
def test_text_stays_text(lead: str):
    evil = lead + "cmd|' /C calc'!A0"
    source = small(title="=1+1'x")
    source["=1+1'x"]["C2"].value = evil
    source["=1+1'x"]["C2"].data_type = "s"
    copy, _ = annotate(saved(source), evil + ".xlsx", [wrong("=1+1'x", "C2", text=evil)], "zh")
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        assert not any(
            b"<f>" in archive.read(name) for name in archive.namelist() if "worksheets/sheet" in name
        )
    book = load_workbook(io.BytesIO(copy))
    assert book["=1+1'x"]["C2"].value == evil
    assert book.worksheets[0]["C6"].value == "=1+1'x"
    assert book.worksheets[0]["C6"].data_type == "s"
    assert book.worksheets[0]["D6"].hyperlink.location == "'=1+1''x'!C2"


def test_control_characters_do_not_break_the_copy():
    book = marked(saved(small()), [wrong("表 1", "B2", text="a\x00b\x1fc")])
    assert "abc" in book["表 1"]["B2"].comment.text


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("f.xlsx", b"PK\x03\x04 no zip at all", "workbook-corrupt"),
        ("f.xlsx", b"", "file-empty"),
        ("f.csv", b"", "file-empty"),
        ("f.csv", b"a,b\n\x00\x00\n", "file-nul"),
        ("f.xlsx", (DATA / "hostile/encrypted.xlsx").read_bytes(), "workbook-encrypted"),
    ],
)
def test_a_refused_file_gives_no_copy_but_the_reason(name: str, content: bytes, expected: str):
    copy, trouble = annotate(content, name, [], "zh")
    assert copy == b""
    assert [(f.name, f.severity) for f in trouble] == [(expected, "error")]


def test_a_zip_bomb_is_not_opened():
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved(small()))) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(name, source.read(name))
        target.writestr("xl/media/image1.png", b"\x00" * 50_000_000)
    copy, trouble = annotate(out.getvalue(), "f.xlsx", [], "zh")
    assert (copy, [f.name for f in trouble]) == (b"", ["workbook-too-large"])


def test_a_dtd_in_a_part_that_only_the_writing_library_reads_never_reaches_it():
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(small()))) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/styles.xml":
                data = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "boom">]>' + data.split(b"?>", 1)[-1]
            target.writestr(name, data)
    book = marked(out.getvalue(), [wrong("表 1", "B2")])
    # Rebuilt from its cells.
    assert book.worksheets[0]["A4"].value
    assert (book["表 1"]["B2"].value, fill(book["表 1"]["B2"])) == (12.5, ground("error"))


@pytest.mark.parametrize("name", ["f.xlsx", "f.csv"])
def test_a_file_too_large_to_mark_says_so(name: str, monkeypatch):
    monkeypatch.setattr(annotate_source, "MAX_CELLS", 5)
    content = saved(small()) if name == "f.xlsx" else b"a,b,c\n1,2,3\n"
    copy, trouble = annotate(content, name, [], "zh")
    assert copy == b""
    assert [(f.name, f.severity) for f in trouble] == [("copy-too-large", "warning")]
