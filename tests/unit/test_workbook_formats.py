"""The same cells from .xlsx, .xls and .ods: numbers, texts, dates, errors, what is hidden or merged."""

from __future__ import annotations

import datetime
import shutil
import struct
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT
from openpyxl import Workbook

from ghg_inventory.activity import Context, read
from ghg_inventory.activity.grid import Grid, Trouble, read_workbook
from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.errors import Finding

HOSTILE = ROOT / "tests/data/hostile"
CONTEXT = Context(AreaTree.registry(), CategoryTree.load(), Fuels.load())
SPREADSHEET = "application/vnd.oasis.opendocument.spreadsheet"
NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "style")
)


def ods(
    path: Path, sheet: str, styles: str = "", attributes: str = 'table:name="表"', **members: str
) -> Path:
    """An .ods of one sheet from its rows."""
    content = (
        f'<office:document-content {NAMESPACES} xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:'
        f'xmlns:calcext:1.0"><office:automatic-styles>{styles}</office:automatic-styles><office:body>'
        f"<office:spreadsheet><table:table {attributes}>{sheet}</table:table></office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", SPREADSHEET)
        archive.writestr("content.xml", content)
        for name, text in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return path


def row(*cells: str, repeated: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{repeated}">{"".join(cells)}</table:table-row>'


def cell(kind: str, value: str = "", text: str = "", more: str = "") -> str:
    held = {"float": f'office:value="{value}"', "percentage": f'office:value="{value}"',
            "date": f'office:date-value="{value}"', "boolean": f'office:boolean-value="{value}"'}.get(kind, "")  # fmt: skip
    typed = f'office:value-type="{kind}"' if kind else ""
    return f"<table:table-cell {typed} {held} {more}><text:p>{text}</text:p></table:table-cell>"


def opened(path: Path) -> tuple[tuple[Grid, ...], dict[str, Finding]]:
    grids, findings = read_workbook(path, path.name)
    for item in findings:
        assert all("{" not in item.text(lang) for lang in ("zh", "en"))
    return grids, {item.name: item for item in findings}


# -- the same long table ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["long.xls", "long.ods"])
def test_a_long_table_gives_its_records(name):
    activity, findings = read(HOSTILE / name, CONTEXT)
    assert [item for item in findings if item.severity == "error"] == []
    frame = activity.frame().fillna({"value": -1.0})
    found = {record.item: (record.value, record.notation, record.cell) for record in frame.itertuples()}
    assert found == {"raw_coal": (12.5, "", "G2"), "coke": (3.0, "", "G3"), "diesel": (-1.0, "NO", "G4")}


# -- cells ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["libreoffice_cells.xls", "libreoffice_cells.ods"])
def test_cells_that_libreoffice_saved(name):
    grids, findings = opened(HOSTILE / name)
    sheet, hidden = grids
    assert (sheet.sheet, hidden.sheet) == ("各种单元格", "隐藏")
    first = sheet.rows[0]
    assert first[0] == Trouble("date", "2021-05-01")
    assert first[2:] == (0.25, Trouble("error", "#DIV/0!"), 2.0)
    assert sheet.cell(2, 0) == "合并"
    assert sheet.merged == ((2, 0, 3, 2),)
    assert sheet.cell(5, 0) == 7.0  # its note is no part of it
    assert sheet.cell(7, 0) == "两 行\n  文 字"
    assert isinstance(sheet.cell(8, 0), Trouble)
    assert sheet.cell(9, 0) == Trouble("error", "#NAME?")
    assert dict(findings["rows-hidden"].values)["rows"] == "6"
    assert findings["sheet-hidden"].place.sheet == "隐藏"
    assert dict(findings["cells-merged"].values)["ranges"] == "A3:C4"
    assert dict(findings["formulas-cached"].values)["count"] == "2"


def test_a_truth_value_is_not_a_number():
    grids, _ = opened(HOSTILE / "libreoffice_cells.xls")
    assert grids[0].cell(0, 1) == Trouble("bool", "TRUE")


def test_an_xls_that_no_spreadsheet_ever_computed():
    """xlwt writes every formula with an empty text for its result: that is no blank."""
    grids, findings = opened(HOSTILE / "cells.xls")
    sheet = grids[1]
    assert sheet.rows[0][3:] == (Trouble("uncomputed", "="), Trouble("uncomputed", "="))
    assert "formulas-cached" not in findings
    assert sheet.cell(7, 0) == Trouble("error", "#REF!")
    assert sheet.cell(9, 0) == Trouble("date", "1900-03-01")


def test_dates_that_count_from_1904():
    grids, _ = opened(HOSTILE / "dates1904.xls")
    assert grids[1].cell(0, 0) == Trouble("date", "2021-05-01")


# -- .ods of our own making ---------------------------------------------------------------------------------------


def test_repeated_rows_and_columns(tmp_path):
    blank = '<table:table-cell table:number-columns-repeated="3"/>'
    path = ods(tmp_path / "a.ods", row(blank, cell("float", "1", more='table:number-columns-repeated="2"'), blank)
               + row(repeated=4) + row(cell("string", text="x"), repeated=3) + row(blank, repeated=1048000))  # fmt: skip
    rows = opened(path)[0][0].rows
    assert rows == (("", "", "", 1.0, 1.0), (), (), (), (), ("x",), ("x",), ("x",))


def test_cells_of_every_type(tmp_path):
    path = ods(tmp_path / "a.ods", row(
        cell("percentage", "0.5", "50%"), cell("date", "2021-05-01T08:00:00"), cell("boolean", "true"),
        cell("float", "0", "Err:502", 'table:formula="of:=X()"'), cell("float", "x", "?"), cell("float", "1e999", "∞"),
        cell("", "", "", 'table:formula="of:=1+1"'), cell("float", "3", "3", 'table:formula="of:=1+2"'),
        cell("string", text="a<text:s text:c=\"2\"/>b<text:line-break/>c"),
    ))  # fmt: skip
    grids, findings = opened(path)
    assert grids[0].rows[0] == (
        0.5, Trouble("date", "2021-05-01 08:00:00"), Trouble("bool", "TRUE"), Trouble("error", "Err:502"),
        Trouble("error", "x"), Trouble("error", "1e999"), Trouble("uncomputed", "="), 3.0, "a  b\nc",
    )  # fmt: skip
    assert dict(findings["formulas-cached"].values)["count"] == "1"


def test_a_hidden_sheet_and_hidden_rows(tmp_path):
    styles = '<style:style style:name="h" style:family="table"><style:table-properties table:display="false"/></style:style>'
    hidden = ods(tmp_path / "a.ods", row(cell("float", "1")), styles, 'table:name="表" table:style-name="h"')
    assert "sheet-hidden" in opened(hidden)[1]
    text = row(cell("float", "1")) + row(cell("float", "2"), repeated=2).replace("<table:table-row", '<table:table-row table:visibility="filter"')  # fmt: skip
    _, findings = opened(ods(tmp_path / "b.ods", text))
    assert dict(findings["rows-hidden"].values)["rows"] == "2, 3"


def test_a_formula_that_fetches_is_named(tmp_path):
    far = cell("float", "5", "5", "table:formula=\"of:='file:///C:/x.ods'#$Sheet1.A1\"")
    grids, findings = opened(ods(tmp_path / "a.ods", row(far, far)))
    assert grids[0].rows == ((5.0, 5.0),)
    assert dict(findings["formulas-link"].values)["cells"] == "A1, B1"


# -- what the name says and what the file is ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "name", "actual"),
    [("long.ods", "a.xlsx", ".ods"), ("long.xls", "a.xlsx", ".xls"), ("long.ods", "a.xls", ".ods")],
)
def test_a_workbook_under_another_name_is_read_and_said(tmp_path, source, name, actual):
    path = tmp_path / name
    shutil.copy(HOSTILE / source, path)
    grids, findings = opened(path)
    assert grids[0].cell(1, 6) == 12.5
    assert dict(findings["file-suffix"].values)["actual"] == actual


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"<html><table><tr><td>1</td></tr></table></html>", "file-is-page", "另存为"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<Workbook xmlns="x"/>', "file-is-page", "另存为"),
        ("<html><body>表".encode("utf-16"), "file-is-page", "另存为"),
        ("品种,数值\n原煤,1\n".encode("gb18030"), "file-is-text", ".csv"),
        (b"%PDF-1.7 ...", "file-other", "PDF"),
        (b"Rar!\x1a\x07\x00....", "file-other", "RAR"),
        (bytes.fromhex("0904060000000500") + bytes(40), "workbook-binary", "另存为"),
    ],
)
def test_what_is_no_workbook_says_what_it_is(tmp_path, content, name, words):
    path = tmp_path / "表.xls"
    path.write_bytes(content)
    grids, findings = opened(path)
    assert grids == ()
    assert list(findings) == [name]
    assert words in findings[name].text("zh")


def test_a_binary_workbook_is_named(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.bin", b"x")
    assert list(opened(path)[1]) == ["workbook-binary"]


def test_passwords(tmp_path):
    assert list(opened(HOSTILE / "encrypted.xlsx")[1]) == ["workbook-encrypted"]
    entry = '<m:manifest xmlns:m="x"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    path = ods(tmp_path / "a.ods", row(cell("float", "1")), META_INF__manifest_xml=entry)
    with zipfile.ZipFile(path) as archive:
        assert "META_INF/manifest.xml" in archive.namelist()
    renamed = tmp_path / "b.ods"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(renamed, "w") as new:
        for name in old.namelist():
            new.writestr(name.replace("META_INF", "META-INF"), old.read(name))
    assert list(opened(renamed)[1]) == ["workbook-encrypted"]
    # The record CODEPAGE of an .xls made FILEPASS, which stands before everything encrypted.
    content = (HOSTILE / "long.xls").read_bytes()
    codepage = struct.pack("<HH", 0x42, 2)
    assert content.count(codepage) == 1
    locked = tmp_path / "c.xls"
    locked.write_bytes(content.replace(codepage, struct.pack("<HH", 0x2F, 2)))
    assert list(opened(locked)[1]) == ["workbook-encrypted"]


def test_dates_and_truth_of_an_xlsx_agree_with_the_others(tmp_path):
    book = Workbook()
    book.active["A1"], book.active["B1"], book.active["C1"] = datetime.date(2021, 5, 1), True, 0.25
    book.save(tmp_path / "a.xlsx")
    assert opened(tmp_path / "a.xlsx")[0][0].rows == (
        (Trouble("date", "2021-05-01"), Trouble("bool", "TRUE"), 0.25),
    )
