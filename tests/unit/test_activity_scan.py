"""Workbooks that are damaged, hostile or hide something."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from ghg_inventory.activity import Context, read
from ghg_inventory.activity.scan import cell_name, scan_workbook, split_cell

CONTEXT = Context()


def saved(path: Path, **cells: object) -> Path:
    book = Workbook()
    for name, value in cells.items():
        book.active[name] = value
    book.save(path)
    return path


def rewritten(path: Path, member: str, change) -> Path:
    """The workbook with one member's bytes changed."""
    target = path.with_name("changed.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name == member else data)
    return target


def refused(path: Path) -> str:
    activity, findings = read(path, CONTEXT)
    assert len(activity) == 0
    assert findings[0].severity == "error"
    assert all("{" not in findings[0].text(lang) for lang in ("zh", "en"))
    assert findings[0].place.file == path.name
    return findings[0].name


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "file-empty"),
        (b"hello", "file-is-text"),
        (b"PK\x03\x04 broken", "workbook-corrupt"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "workbook-corrupt"),
        (bytes(range(256)), "workbook-corrupt"),
    ],
)
def test_not_a_workbook(tmp_path, content, name):
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    assert refused(path) == name


def test_truncated_and_garbled(tmp_path):
    data = saved(tmp_path / "a.xlsx", A1="x", B2=3).read_bytes()
    (tmp_path / "short.xlsx").write_bytes(data[: len(data) // 2])
    assert refused(tmp_path / "short.xlsx") == "workbook-corrupt"
    garbled = bytearray(data)
    for position in range(200, len(garbled) - 400, 97):
        garbled[position] ^= 0xFF
    (tmp_path / "garbled.xlsx").write_bytes(bytes(garbled))
    assert refused(tmp_path / "garbled.xlsx") == "workbook-corrupt"


def test_a_zip_that_is_no_workbook(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert refused(path) == "workbook-corrupt"


def test_a_bomb_is_refused_before_it_unpacks(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("xl/workbook.xml", b" " * 50_000_000)
    assert path.stat().st_size < 100_000
    assert refused(path) == "workbook-too-large"


def test_too_many_members(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(2001):
            archive.writestr(f"x{number}", b"")
    assert refused(path) == "workbook-too-large"


def test_entities_are_refused(tmp_path):
    bomb = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">]>'
    path = rewritten(saved(tmp_path / "a.xlsx", A1="x"), "xl/worksheets/sheet1.xml", lambda data: bomb + data)
    assert refused(path) == "workbook-dtd"


def test_malformed_xml_is_refused(tmp_path):
    path = rewritten(saved(tmp_path / "a.xlsx", A1="x"), "xl/worksheets/sheet1.xml", lambda data: data[:-20])
    assert refused(path) == "workbook-corrupt"


def test_what_the_scan_sees(tmp_path):
    def with_cache(data: bytes) -> bytes:
        return data.replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>").replace(
            b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>"
        )

    book = Workbook()
    sheet = book.active
    sheet["A1"], sheet["B1"], sheet["C1"] = "=1+1", "=2+2", "#DIV/0!"
    sheet.merge_cells("A3:B4")
    sheet.row_dimensions[5].hidden = True
    sheet["A5"] = 1
    book.save(tmp_path / "a.xlsx")
    scans, findings = scan_workbook(
        rewritten(tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", with_cache), "a.xlsx"
    )
    assert findings == []
    scan = scans[0]
    assert (scan.formulas, scan.uncomputed, scan.errors) == (1, ["B1"], {"C1": "#DIV/0!"})
    assert (scan.merged, scan.hidden_rows) == (["A3:B4"], [5])


@pytest.mark.parametrize(
    ("name", "place"), [("A1", (0, 0)), ("Z9", (8, 25)), ("AA10", (9, 26)), ("XFD1048576", (1048575, 16383))]
)
def test_cell_names(name, place):
    assert split_cell(name) == place
    assert cell_name(*place) == name


def test_a_name_that_is_no_cell():
    with pytest.raises(ValueError, match="not a cell name"):
        split_cell("12")
