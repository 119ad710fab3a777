"""Files that would eat the memory, wait for ever, run something or deceive the eye: a finding each, and no crash.

Those that could eat memory are read in a process of its own with a limit on its memory, so that the test fails if
they do.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT
from openpyxl import Workbook, load_workbook

from ghg_inventory.activity import Context, read
from ghg_inventory.activity.grid import read_workbook
from ghg_inventory.activity.source import load, not_a_file
from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.errors import Finding
from ghg_inventory.pipeline.sheets import safe_frame, workbook
from ghg_inventory.pipeline.steps import csv_bytes
from ghg_inventory.report.attachments import csv_bytes as attached_bytes
from ghg_inventory.tables import runs_as_formula, safe_text, visible

CONTEXT = Context(AreaTree.registry(), CategoryTree.load(), Fuels.load())
CORPUS = ROOT / "tests/fuzz/corpus"
SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEADER = "area_code,year,category,variable,item,technology,value,unit,notation,source,note\n"
LINE = "510700,2021,1.1.2,fuel,{item},,10,万吨,,统计局,{note}\n"
posix = pytest.mark.skipif(os.name == "nt", reason="pipes and limits of a Unix system")


def book(path: Path, members: dict[str, bytes] | None = None, **cells: object) -> Path:
    """A small .xlsx with some members added or changed."""
    made = Workbook()
    for name, value in cells.items():
        made.active[name] = value
    stream = io.BytesIO()
    made.save(stream)
    changed = members or {}
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changed.get(name, old.read(name)))
        for name in changed.keys() - set(old.namelist()):
            new.writestr(name, changed[name])
    return path


def sheet(body: str) -> dict[str, bytes]:
    return {SHEET: f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'.encode()}


def ods(path: Path, rows: str) -> Path:
    spaces = " ".join(
        f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text")
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", f"<office:document-content {spaces}><office:body><office:spreadsheet>"
                         f'<table:table table:name="表">{rows}</table:table></office:spreadsheet></office:body>'
                         "</office:document-content>")  # fmt: skip
    return path


def found(path: Path) -> dict[str, Finding]:
    """Findings of reading a file, by name; their words are whole."""
    _, findings = read(path, CONTEXT)
    for item in findings:
        for lang in ("zh", "en"):
            assert "{" not in item.line(lang)
    return {item.name: item for item in findings}


# -- memory -------------------------------------------------------------------------------------------------------

READ = """
import resource, sys, json
from pathlib import Path
from ghg_inventory.activity import Context, read
limit = int(sys.argv[1]) * 1_000_000
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for name in sys.argv[2:]:
    records, findings = read(Path(name), Context())
    print(json.dumps([Path(name).parent.name, len(records), [item.name for item in findings]]), flush=True)
"""
LIMIT_MEGABYTES = 1500
"""Address space of the process that reads them all; the libraries alone map about 900 MB of it."""


def stray_cell(path: Path) -> Path:
    return book(path, sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))


def stray_cell_without_name(path: Path) -> Path:
    return book(path, sheet('<row r="1048576">' + "<c/>" * 16383 + "<c><v>1</v></c></row>"))


def many_stray_cells(path: Path) -> Path:
    """Each sheet within the limit, all of them together far beyond."""
    made = Workbook()
    for number in range(40):
        made.create_sheet(f"表{number}")["A1"] = 1
    stream = io.BytesIO()
    made.save(stream)
    body = sheet('<row r="1048576"><c r="L1048576"><v>1</v></c></row>')[SHEET]
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, body if name.startswith("xl/worksheets/") else old.read(name))
    return path


def long_text() -> str:
    """A million characters that do not compress much."""
    return "".join(chr(0x4E00 + number * 7919 % 20011) for number in range(1_000_000))


def one_text_everywhere(path: Path) -> Path:
    """A text of a million characters that a hundred thousand cells point to: 100 GB."""
    text = long_text()
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 100_001))
    shared = f'<sst xmlns="{MAIN}"><si><t>{text}</t></si></sst>'.encode()
    return book(path, {**sheet(rows), "xl/sharedStrings.xml": shared})


def declared_small(path: Path) -> Path:
    """A member whose declared size is a thousandth of what it unpacks to."""
    book(path, {"xl/media/image1.png": b"\0" * 40_000_000})
    content = path.read_bytes()
    true, told = (40_000_000).to_bytes(4, "little"), (40_000).to_bytes(4, "little")
    assert content.count(true) == 2
    path.write_bytes(content.replace(true, told))
    return path


def zip_bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("xl/workbook.xml", b" " * 100_000_000)
    return path


def zip_in_zip(path: Path) -> Path:
    inner = path.with_name("inner.zip")
    return book(path, {"xl/embeddings/inner.zip": zip_bomb(inner).read_bytes()}, A1="x")


def every_cell(path: Path) -> Path:
    cell = (
        '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16384"/>'
    )
    return ods(path, f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>')


def endless_row(path: Path) -> Path:
    cell = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="999999999"/>'
    return ods(path, f"<table:table-row>{cell}</table:table-row>")


def one_text_in_every_row(path: Path) -> Path:
    text = long_text()
    cell = f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    return ods(path, f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row>')


def endless_line(path: Path) -> Path:
    path.write_bytes(b"a," * 50_000_000)
    return path


def endless_quote(path: Path) -> Path:
    path.write_bytes(HEADER.encode() + b'510700,2021,"' + b"x\n" * 10_000_000)
    return path


def nothing_a_million_times(path: Path) -> Path:
    blank = '<table:table-cell table:number-columns-repeated="16384"/>'
    return ods(path, f'<table:table-row table:number-rows-repeated="1048576">{blank}</table:table-row>')


def blank_rows_with_a_style(path: Path) -> Path:
    rows = "".join(f'<row r="{n}" s="1" customFormat="1"><c r="A{n}" s="1"/></row>' for n in range(1, 50_001))
    return book(path, sheet(rows))


BOMBS = [
    (stray_cell, "a.xlsx", "sheet-too-wide"),
    (stray_cell_without_name, "a.xlsx", "sheet-too-wide"),
    (many_stray_cells, "a.xlsx", "sheet-too-wide"),
    (one_text_everywhere, "a.xlsx", "workbook-too-much-text"),
    (declared_small, "a.xlsx", "workbook-corrupt"),
    (zip_bomb, "a.xlsx", "workbook-too-large"),
    (zip_in_zip, "a.xlsx", "workbook-no-data"),
    (every_cell, "a.ods", "sheet-too-wide"),
    (endless_row, "a.ods", "sheet-too-wide"),
    (one_text_in_every_row, "a.ods", "workbook-too-much-text"),
    (endless_line, "a.csv", "text-line-long"),
    (endless_quote, "a.csv", "csv-broken"),
    (nothing_a_million_times, "a.ods", "workbook-no-data"),
    (blank_rows_with_a_style, "a.xlsx", "workbook-no-data"),
]


@pytest.fixture(scope="module")
def bombs_read(tmp_path_factory) -> dict[str, tuple[int, list[str]]]:
    """Records and names of the findings of every bomb, read in one process of limited memory."""
    paths = []
    for make, name, _ in BOMBS:
        folder = tmp_path_factory.mktemp("bombs") / make.__name__
        folder.mkdir()
        paths.append(str(make(folder / name)))
    limits = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    done = subprocess.run(
        [sys.executable, "-c", READ, str(LIMIT_MEGABYTES), *paths],
        capture_output=True, text=True, check=False, env={**os.environ, **limits},
    )  # fmt: skip
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"after {len(said)} files: {done.stderr[-2000:]}"
    return {name: (records, names) for name, records, names in said}


@posix
@pytest.mark.parametrize(("make", "name", "expected"), BOMBS, ids=[make.__name__ for make, _, _ in BOMBS])
def test_a_bomb_is_refused_within_bounded_memory(bombs_read, make, name, expected):
    records, names = bombs_read[make.__name__]
    assert records == 0
    assert expected in names


# -- what is no file ------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("name", ["a.xlsx", "a.csv", "a.ods"])
def test_a_pipe_is_not_waited_for(tmp_path, name):
    path = tmp_path / name
    os.mkfifo(path)
    _, findings = read(path, CONTEXT)
    assert {item.severity for item in findings} == {"error"}
    assert load(path, name)[1] == not_a_file(path, name)


def test_a_folder_is_no_file(tmp_path):
    path = tmp_path / "a.xlsx"
    path.mkdir()
    grids, findings = read_workbook(path, "a.xlsx")
    assert grids == ()
    assert [item.name for item in findings] == ["file-not-regular"]


@posix
def test_a_link_to_nowhere(tmp_path):
    path = tmp_path / "a.xlsx"
    path.symlink_to(tmp_path / "none.xlsx")
    assert load(path, "a.xlsx")[1].name == "file-unreadable"


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "a.xlsx"
    with path.open("wb") as stream:
        stream.truncate(300_000_000)
    assert "file-too-large" in found(path)


# -- what could run or reach out ------------------------------------------------------------------------------------


def test_macros_are_never_run_and_are_said(tmp_path):
    said = found(book(tmp_path / "a.xlsm", {"xl/vbaProject.bin": b"x"}, A1="x"))
    assert "从不运行宏" in said["workbook-macros"].text("zh")


def test_links_to_other_files_are_said(tmp_path):
    body = '<row r="1"><c r="A1"><f>[1]Sheet1!A1</f><v>5</v></c><c r="B1"><f>WEBSERVICE("http://x")</f><v>6</v></c></row>'
    path = book(tmp_path / "a.xlsx", {**sheet(body), "xl/externalLinks/externalLink1.xml": b"<x/>"})
    said = found(path)
    assert "externalLink1" in said["workbook-links"].text("zh")
    assert dict(said["formulas-link"].values)["cells"] == "A1, B1"
    assert read_workbook(path, "a")[0][0].rows[0] == (5.0, 6.0)


def test_a_link_by_dde(tmp_path):
    body = '<row r="1"><c r="A1"><f>cmd|\'/C calc\'!A0</f><v>5</v></c></row>'
    assert "formulas-link" in found(book(tmp_path / "a.xlsx", sheet(body)))


def test_entities_are_refused(tmp_path):
    for member in (SHEET, "xl/workbook.xml", "xl/sharedStrings.xml"):
        bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
        assert list(found(book(tmp_path / "a.xlsx", {member: bomb}))) == ["workbook-dtd"]


def test_member_names_lead_nowhere(tmp_path):
    path = book(tmp_path / "a.xlsx", {"../../escaped.txt": b"x", "/abs.txt": b"x"}, A1="x")
    before = sorted(tmp_path.rglob("*"))
    assert "workbook-no-data" in found(path)
    assert sorted(tmp_path.rglob("*")) == before
    assert not (tmp_path.parent / "escaped.txt").exists()


# -- what deceives the eye ------------------------------------------------------------------------------------------


def test_names_of_sheets_that_are_no_names(tmp_path):
    odd = "..&#x2F;x&#10;y&#x202E;z&#x200B;" + "长" * 200
    path = book(tmp_path / "a.xlsx", A1="x")
    with zipfile.ZipFile(path) as archive:
        text = archive.read("xl/workbook.xml").decode()
    path = book(
        tmp_path / "b.xlsx",
        {"xl/workbook.xml": text.replace('name="Sheet"', f'name="{odd}"').encode()},
        A1="x",
    )
    grids, findings = read_workbook(path, "b.xlsx")
    assert grids[0].sheet == "../x yz" + "长" * 200
    assert {item.name for item in findings} == {"sheet-name-odd"}
    assert all("\u202e" not in item.line("zh") for item in findings)


def test_two_sheets_that_look_alike(tmp_path):
    made = Workbook()
    made.active.title = "能源"
    made.create_sheet("能\u200b源")
    made.save(tmp_path / "a.xlsx")
    assert list(found(tmp_path / "a.xlsx")) == ["sheet-names-alike"]


def test_invisible_characters_in_cells_are_left_out_and_counted(tmp_path):
    header = HEADER.strip().split(",")
    made = Workbook()
    made.active.append(header)
    made.active.append(
        ["510700", 2021, "1.1.2", "fuel", "raw\u200b_coal\u202e", None, 10, "万吨", None, "统计局", "a\nb"]
    )
    made.save(tmp_path / "a.xlsx")
    activity, findings = read(tmp_path / "a.xlsx", CONTEXT)
    assert activity.item.texts() == ["raw_coal"]
    assert [dict(item.values)["cells"] for item in findings if item.name == "cells-invisible"] == ["E2"]
    path = tmp_path / "a.csv"
    path.write_text(
        HEADER + LINE.format(item="raw\u200b_coal", note="\ufeff") + LINE.format(item="coke", note=""),
        "utf-8",
    )
    activity, findings = read(path, CONTEXT)
    assert sorted(activity.item.texts()) == ["coke", "raw_coal"]
    said = [item for item in findings if item.name == "cells-invisible"]
    assert [(item.place.line, dict(item.values)["count"]) for item in said] == [(2, "2")]


def test_what_is_visible():
    assert visible("a\x00b\u200b\u202ec\ufeff\x1b[31m") == "abc[31m"
    assert visible("a\r\nb\tc") == "a b c"
    assert visible("a\nb", keep_breaks=True) == "a\nb"


# -- encodings ------------------------------------------------------------------------------------------------------

GOOD = HEADER + LINE.format(item="原煤", note="𠮷林省") + LINE.format(item="coke", note="")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_encoding_gives_the_same_records(tmp_path, encoding, newline):
    path = tmp_path / "a.csv"
    path.write_bytes(GOOD.replace("\n", newline).encode(encoding))
    activity, findings = read(path, CONTEXT)
    assert [item.name for item in findings if item.severity == "error"] == []
    assert sorted(zip(activity.item.texts(), activity.note.texts(), strict=True)) == [
        ("coke", ""),
        ("raw_coal", "𠮷林省"),
    ]


@pytest.mark.parametrize(
    ("content", "name", "line"),
    [
        (GOOD.encode() + LINE.format(item="柴油", note="停产").encode("gb18030"), "text-mixed", 4),
        (GOOD.encode("gb18030") + b"510700,2021,\x80,\n", "text-undecodable", 4),
        (GOOD.encode().replace(b"coke", b"co\x00e"), "file-nul", 0),
        (b"a\x00b", "file-nul", 0),
        (GOOD.encode("utf-16")[:-1], "file-encoding", 0),
        (b"PK\x03\x04" + bytes(40), "file-is-workbook", 0),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(40), "file-is-workbook", 0),
        (b"", "file-empty", 0),
        (b"\xef\xbb\xbf", "file-empty", 0),
    ],
)
def test_text_that_cannot_be_read_right_is_refused(tmp_path, content, name, line):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    said = found(path)
    assert list(said) == [name]
    assert said[name].place.line == line


# -- formulas in exports --------------------------------------------------------------------------------------------

RISKY = ["=1+1", "+x", "-x", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "＝1+1"]
PLAIN = ["-5.2", "+3", "-", "—", "原煤", "", "1=1", "a@b"]


def test_what_would_run_and_what_would_not():
    assert all(runs_as_formula(text) for text in RISKY)
    assert not any(runs_as_formula(text) for text in PLAIN)
    assert [safe_text(text) for text in PLAIN] == PLAIN
    assert safe_text(safe_text("=1")) == "'=1"


@pytest.mark.parametrize("write", [csv_bytes, attached_bytes])
def test_a_csv_read_back_holds_nothing_that_runs(write):
    frame = pd.DataFrame({"note": RISKY + PLAIN, "value": [-1.5] * len(RISKY + PLAIN)})
    rows = list(csv.DictReader(io.StringIO(write(frame).decode(), newline="")))
    assert [row["note"] for row in rows] == [f"'{text}".replace("\r", "\n") for text in RISKY] + PLAIN
    assert {float(row["value"]) for row in rows} == {-1.5}


def test_a_heading_does_not_run_either():
    assert safe_frame(pd.DataFrame({"=1+1": [1]})).columns.tolist() == ["'=1+1"]


def test_a_workbook_read_back_holds_texts_and_no_formulas(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook({"表": pd.DataFrame({"note": RISKY})}))
    cells = [row[0] for row in load_workbook(path)["表"].iter_rows(min_row=2)]
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read(SHEET)
    assert [cell.value.strip() for cell in cells] == [text.strip() for text in RISKY]


def test_text_like_a_formula_is_counted(tmp_path):
    body = '<row r="1"><c r="A1" t="str"><v>=1+1</v></c><c r="B1" t="str"><v>-</v></c><c r="C1" t="str"><v>@x</v></c></row>'
    said = found(book(tmp_path / "a.xlsx", sheet(body)))
    assert dict(said["cells-formula-like"].values)["cells"] == "A1, C1"


# -- what once broke ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.*")), ids=lambda path: path.name)
def test_files_that_broke_a_reader(path):
    activity, findings = read(path, CONTEXT)
    assert len(activity) or findings
    assert all(item.line(lang) for item in findings for lang in ("zh", "en"))
