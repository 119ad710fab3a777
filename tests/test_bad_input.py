"""Bad input end to end: what the clerk sees, which records survive, and that the store is as before.

Every workbook is made from examples/sichuan; every command runs through `ghg` as a person runs it.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from openpyxl.worksheet.worksheet import Worksheet

from ghg_inventory.cli import main
from ghg_inventory.pipeline.workspace import Workspace

posix = pytest.mark.skipif(os.name == "nt", reason="signals, limits and mounts of a Unix system")
HEADER = "area_code,year,category,variable,item,technology,value,unit,notation,source,note\n"
FACTORS = (
    "factor_id,parameter,category,item,technology,sector,area_code,valid_from,valid_to,gas,value,unit,"
    "lower,upper,distribution,tier,source,locator,confidence,note\n"
)
FACTOR = "u1,net_calorific_value,,raw_coal,,,510000,,,,20.9,GJ/t,,,,,省统计局,表1,,\n"
BOOK = "energy_balance_2021.xlsx"
RECORDS = 1085
"""Records of the whole form of 2021."""


def line(**cells: str) -> str:
    """A record of 绵阳市 as a line of a long CSV; name the cells to change."""
    row = {"area_code": "510700", "year": "2021", "category": "1.1.2", "variable": "fuel", "item": "raw_coal",
           "technology": "", "value": "10", "unit": "万吨", "notation": "", "source": "统计局", "note": ""}  # fmt: skip
    return ",".join({**row, **cells}.values()) + "\n"


GOOD = line(item="coke")


class Desk:
    """A workspace with an empty inbox, and what `ghg` says there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.inbox = folder, folder / "input"
        self.form = self.inbox / BOOK
        self.kept = folder / "kept.xlsx"
        shutil.move(self.form, self.kept)
        for path in self.inbox.iterdir():
            path.unlink()

    def ghg(self, *arguments: str, code: int = -1, lang: str = "en") -> Any:
        """Run `ghg … --json` and require its exit code (0 or 1 when not given) and valid JSON."""
        command = ["--lang", lang, "-w", str(self.folder), *arguments, "--json"]
        result = CliRunner().invoke(main, command)
        assert result.exit_code in ((0, 1) if code < 0 else (code,)), result.output
        return json.loads(result.stdout)

    def refused(self, *arguments: str, lang: str = "en") -> str:
        """Run a command that must end with 2 (wrong use or workspace); what it says."""
        result = CliRunner().invoke(main, ["--lang", lang, "-w", str(self.folder), *arguments])
        assert result.exit_code == 2, result.output
        return result.stderr

    def bring(self, name: str, content: str | bytes) -> str:
        """Put a file into the inbox."""
        path = self.inbox / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return f"input/{name}"

    def fill_form(self, change: Callable[[Worksheet], object]) -> None:
        """Put the form of 2021 into the inbox, changed in openpyxl."""
        book = openpyxl.load_workbook(self.kept)
        change(book.worksheets[0])
        book.save(self.form)

    def edit_form(self, pattern: bytes, replacement: bytes) -> None:
        """The same, changed in the XML of the sheet."""
        member = "xl/worksheets/sheet1.xml"
        with zipfile.ZipFile(self.kept) as old, zipfile.ZipFile(self.form, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                if name == member:
                    content, count = re.subn(pattern, replacement, content)
                    assert count == 1
                new.writestr(name, content)

    def settings(self, old: str, new: str) -> None:
        """Change inventory.toml."""
        path = self.folder / "inventory.toml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def own_factors(self, text: str) -> None:
        self.settings("[files]", '[files]\nfactors = ["factors.csv"]')
        (self.folder / "factors.csv").write_text(text, encoding="utf-8")


@pytest.fixture
def desk(example: Callable[[str], Path]) -> Desk:
    return Desk(example("sichuan"))


def one(said: dict[str, Any], name: str, severity: str = "error") -> dict[str, Any]:
    """The only finding of that name; its words are whole in both languages."""
    found: list[dict[str, Any]] = [f for f in said["findings"] if f["name"] == name]
    assert len(found) == 1, [(f["name"], f["text_en"]) for f in said["findings"]]
    assert found[0]["severity"] == severity
    for text in (found[0]["text_zh"], found[0]["text_en"]):
        assert not re.search(r"\{\w+\}", text), text
    assert re.search(r"[\u4e00-\u9fff]", found[0]["text_zh"])
    return found[0]


def says(finding: dict[str, Any], zh: str, en: str) -> None:
    """What was expected, or the remedy, is named in both languages."""
    assert zh in finding["text_zh"], finding["text_zh"]
    assert en in finding["text_en"], finding["text_en"]
    assert len(finding["text_en"].splitlines()) >= 2
    assert len(finding["text_zh"].splitlines()) == len(finding["text_en"].splitlines())


# -- long CSV: the bad line is withheld, the good one is read -----------------------------------------------

LONG = [
    ("unknown-unit", line(unit="万包"), "万包", "万包"),
    ("ambiguous-unit", line(unit="万顿"), "吨", "tonne"),
    ("unknown-fuel", line(item="原媒"), "raw_coal（原煤）", "raw_coal"),
    ("unknown-fuel", line(item="xyz"), "代码表", "code list"),
    ("blank-cell", line(area_code=""), "area_code", "area_code"),
    ("blank-cell", line(unit=""), "unit", "unit"),
    ("blank-cell", line(category=""), "category", "category"),
    ("blank-value", line(value=""), "空白不等于零", "a blank is not zero"),
    ("not-a-number", line(value="约10"), "1234.5", "1234.5"),
    ("not-a-number", line(value="123①"), "1234.5", "1234.5"),
    ("not-a-number", line(value="10²"), "1234.5", "1234.5"),
    ("not-a-number", line(value="NaN"), "1234.5", "1234.5"),
    ("not-a-number", line(value="#DIV/0!"), "1234.5", "1234.5"),
    ("amount-too-large", line(value="1e308"), "1e24", "1e24"),
    ("notation-in-value", line(value="no"), "notation 列", "column notation"),
    ("unknown-notation", line(value="", notation="no"), "大写", "capitals"),
    ("value-and-notation", line(notation="NO"), "只能有其一", "expected one"),
    ("area-abolished", line(area_code="510724"), "510705", "510705"),
    ("area-code-unknown", line(area_code="999999"), "areas.csv", "areas.csv"),
    ("year-range", line(year="20211"), "1950", "1950"),
    ("year-range", line(year="2021.0"), "四位数", "four digits"),
    ("category-unknown", line(category="1.1.99"), "1.1.1（", "1.1.1"),
    ("variable-unknown", line(variable="Fuels"), "是否为 fuel", "Did you mean fuel"),
    ("formula-text", line(note="@SUM(A1)"), "请删去开头", "Remove the leading"),
    ("csv-shape", line(note=",,"), "逗号", "comma"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "bad", "zh", "en"), LONG)
def test_a_bad_line_is_named_and_the_good_one_is_read(desk: Desk, name: str, bad: str, zh: str, en: str) -> None:
    file = desk.bring("县.csv", HEADER + GOOD + bad)
    said = desk.ghg("import", "--dry-run", code=1)
    finding = one(said, name)
    assert (finding["file"], finding["line"], said["records"]) == (file, 3, 1)
    says(finding, zh, en)


def test_a_faulty_file_is_kept_with_its_findings(desk: Desk) -> None:
    desk.bring("县.csv", HEADER + GOOD + line(item="xyz"))
    assert desk.ghg("import", code=1)["submissions"][0]["state"] == "faulty"
    store = Workspace.open(desk.folder).open_store()
    (submission,) = store.submissions()
    assert [f.name for f in store.findings(submission)] == ["unknown-fuel"]
    assert store.activity().item.texts() == ["coke"]


def test_wrong_dimension_in_a_csv_is_refused_when_it_is_compiled(desk: Desk) -> None:
    desk.bring("县.csv", HEADER + GOOD + line(item="natural_gas"))
    warning = one(desk.ghg("import", code=0), "gas-by-mass", "warning")
    says(warning, "体积", "volume")
    assert warning["line"] == 3
    said = desk.ghg("compile", code=1)
    units = [f for f in said["findings"] if f["name"] == "unit-not-usable"]
    assert units
    assert {(f["file"], f["line"], f["values"]["unit"]) for f in units} == {("input/县.csv", 3, "万吨")}
    says(units[0], "气体燃料请填体积", "gases by volume")


def test_duplicate_lines(desk: Desk) -> None:
    desk.bring("县.csv", HEADER + GOOD + GOOD + line() + line(value="11"))
    said = desk.ghg("import", code=1)
    assert said["records"] == 1
    says(one(said, "duplicate-equal", "warning"), "L2; input/县.csv L3", "L2; input/县.csv L3")
    differs = one(said, "duplicate-differs")
    says(differs, "只留正确的一条", "Keep the right one")
    assert differs["line"] == 5


def test_full_width_digits_and_separators_are_normalised_and_logged(desk: Desk) -> None:
    desk.bring("县.csv", HEADER + line(value='"１，２３４．５"') + line(item="coke", value='"1,234.5"'))
    said = desk.ghg("import", code=0)
    logged = [f for f in said["findings"] if f["name"] == "numbers-normalised"]
    assert [f["line"] for f in logged] == [2, 3]
    assert "全角字符" in logged[0]["text_zh"]
    assert "full-width" in logged[0]["text_en"]
    assert all("→ 1234.5" in f["text_en"] for f in logged)
    store = Workspace.open(desk.folder).open_store()
    assert store.activity().value.tolist() == [1234.5, 1234.5]


HEADERS = [
    ("column-unknown", HEADER.replace("value", "数值"), "数值 → value", "数值 → value"),
    ("column-missing", HEADER.replace(",unit", ""), "unit", "unit"),
    ("column-repeated", HEADER.replace("note", "value"), "value", "value"),
    ("column-unknown", HEADER.upper(), "YEAR → year", "YEAR → year"),
    ("csv-separator", HEADER.replace(",", ";"), "逗号分隔", "comma delimited"),
    ("csv-separator", HEADER.replace(",", "\t"), "制表符", "tabs"),
    ("csv-unknown", "甲,乙\n", "能源平衡表", "energy balance"),
    ("file-empty", "", "空", "empty"),
    ("no-records", HEADER, "没有一条记录", "not a single record"),
]


@pytest.mark.parametrize(("name", "header", "zh", "en"), HEADERS)
def test_a_wrong_header_withholds_the_whole_file(desk: Desk, name: str, header: str, zh: str, en: str) -> None:
    file = desk.bring("县.csv", header + (line() if header not in ("", HEADER) else ""))
    said = desk.ghg("import", "--dry-run", code=1)
    finding = one(said, name)
    assert (finding["file"], said["records"]) == (file, 0)
    assert zh in finding["text_zh"]
    assert en in finding["text_en"]
    assert len(finding["text_zh"]) < 400
    assert len(said["findings"]) <= 4


def test_what_a_spreadsheet_leaves_behind_is_read(desk: Desk) -> None:
    text = "绵阳市活动数据,,,,,,,,,,,,\n,,,,,,,,,,,,\n" + (HEADER + GOOD).replace("\n", ",,\n")
    desk.bring("县.csv", text.replace("\n", "\r\n").encode("utf-8-sig"))
    assert desk.ghg("import", code=0)["records"] == 1


def test_a_column_without_a_name_must_be_blank(desk: Desk) -> None:
    desk.bring("县.csv", HEADER.strip() + ",,\n" + GOOD.strip() + ",,5\n")
    nameless = one(desk.ghg("import", code=1), "column-nameless")
    says(nameless, "列名", "name")
    assert nameless["line"] == 2


def test_an_open_quote_swallows_no_record_in_silence(desk: Desk) -> None:
    desk.bring("县.csv", HEADER + GOOD + line(note='"见说明') + line(item="diesel") + line(item="lpg"))
    said = desk.ghg("import", code=1)
    assert (said["records"], one(said, "csv-quote-open")["line"]) == (1, 3)
    says(one(said, "csv-quote-open"), "补上或删去", "Close or remove")


def test_a_long_list_is_grouped_and_short(desk: Desk) -> None:
    lines = [line(item=f"煤{i}号", year=str(1990 + i % 30)) for i in range(300)]
    lines += [line(value=f"约{i}", item="coke") for i in range(300)]
    desk.bring("县.csv", HEADER + GOOD + "".join(lines) + line(unit="吨" * 40_000))
    said = desk.ghg("import", "--dry-run", code=1)
    assert len(said["findings"]) < 50
    rest = {f["values"]["kind"]: f["values"]["count"] for f in said["findings"] if f["name"] == "more-of-these"}
    assert rest == {"unknown-fuel": "280", "not-a-number": "280"}
    assert max(len(f["text_en"]) for f in said["findings"]) < 400


def test_doubtful_lines_are_read_with_a_warning(desk: Desk) -> None:
    desk.bring("县.csv", HEADER + line(value="-5") + line(area_code="500000", item="coke"))
    said = desk.ghg("import", code=0)
    assert said["records"] == 2
    says(one(said, "negative-amount", "warning"), "核对正负号", "Check the sign")
    says(one(said, "area-outside", "warning"), "510000", "510000")


# -- the official form ----------------------------------------------------------------------------------------


def put(cell: str, value: object) -> Callable[[Worksheet], object]:
    return lambda sheet: sheet.__setitem__(cell, value)


def puts(**cells: object) -> Callable[[Worksheet], object]:
    return lambda sheet: [sheet.__setitem__(cell, value) for cell, value in cells.items()]


FORM = [
    ("balance-unit", put("AC5", "万吨"), "AC5", RECORDS - 35, "10^8 m3", "10^8 m3"),
    ("ambiguous-unit", put("C5", "万顿"), "C5", RECORDS - 35, "吨", "tonne"),
    ("balance-column-unknown", put("C4", "原媒"), "C4", RECORDS - 35, "是否为 原煤", "Did you mean 原煤"),
    ("not-a-number", put("C30", "约2531"), "C30", RECORDS - 1, "1234.5", "1234.5"),
    ("not-a-number", put("C30", "2531.74①"), "C30", RECORDS - 1, "1234.5", "1234.5"),
    ("cell-date", put("C30", date(2021, 1, 1)), "C30", RECORDS - 1, "常规", "General"),
    ("cell-bool", put("C30", True), "C30", RECORDS - 1, "请填数字", "Enter a number"),
    ("cell-uncomputed", put("C30", "=B30-D30"), "C30", RECORDS - 1, "重算", "recalculate"),
    ("balance-row-unknown", put("A30", "2.工业企业"), "A30", 0, "是否为 工业", "Did you mean 工业"),
    ("balance-row-repeated", put("A32", "2.工业"), "A30", 0, "删去", "Remove"),
    ("area-abolished", puts(B2="510724", A1="安县能源平衡表 2021年"), "", 0, "510705", "510705"),
    ("area-code-unknown", put("B2", "999999"), "", 0, "areas.csv", "areas.csv"),
    ("balance-whose-conflict", puts(B2="500000", A1="能源平衡表"), "", 0, "选错", "Check file"),
    ("balance-area-conflict", put("B2", "500000"), "B2", 0, "四川省", "四川省"),
    ("year-range", put("D2", "20211"), "D2", 0, "1950", "1950"),
    ("balance-year-conflict", put("A1", "四川省能源平衡表（实物量）2012年"), "D2", 0, "2012", "2012"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "cell", "records", "zh", "en"), FORM)
def test_a_bad_form_is_named_to_the_cell(
    desk: Desk, name: str, change: Callable[[Worksheet], object], cell: str, records: int, zh: str, en: str
) -> None:
    desk.fill_form(change)
    said = desk.ghg("import", "--dry-run", code=1)
    found = [f for f in said["findings"] if f["name"] == name]
    assert found, [f["name"] for f in said["findings"]]
    assert (found[0]["file"], found[0]["sheet"], found[0]["cell"]) == (f"input/{BOOK}", "2021", cell)
    says(found[0], zh, en)
    assert said["records"] == records


ERROR_CELLS = [
    ("cell-error", b'<c r="C30" t="e"><v>#REF!</v></c>', "#REF!"),
    ("cell-error", b'<c r="C30"><v>NaN</v></c>', "nan"),
    ("cell-error", b'<c r="C30"><v>1e999</v></c>', "inf"),
    ("cell-uncomputed", b'<c r="C30"><f>B30-D30</f></c>', "formula"),
    ("cell-uncomputed", b'<c r="C30"><f>B30-D30</f><v></v></c>', "formula"),
]


@pytest.mark.parametrize(("name", "cell", "en"), ERROR_CELLS)
def test_error_and_formula_cells(desk: Desk, name: str, cell: bytes, en: str) -> None:
    desk.edit_form(rb'<c r="C30"[^>]*><v>[^<]*</v></c>', cell)
    said = desk.ghg("import", "--dry-run", code=1)
    finding = one(said, name)
    assert (finding["cell"], said["records"]) == ("C30", RECORDS - 1)
    says(finding, "应为数字", en)


def test_a_formula_with_its_result_is_read_and_logged(desk: Desk) -> None:
    desk.edit_form(rb'<c r="C30"[^>]*>(<v>[^<]*</v>)</c>', rb'<c r="C30"><f>B30-D30</f>\1</c>')
    said = desk.ghg("import", code=0)
    assert one(said, "formulas-cached", "info")["values"]["count"] == "1"
    assert said["records"] == RECORDS


def test_full_width_digits_in_a_form(desk: Desk) -> None:
    desk.fill_form(put("C30", "２，５３１．７４"))
    said = desk.ghg("import", code=0)
    logged = one(said, "numbers-normalised", "info")
    assert "→ 2531.74 (C30)" in logged["text_en"]
    assert "全角字符、千分位" in logged["text_zh"]
    assert said["records"] == RECORDS


def test_a_missing_sheet(desk: Desk) -> None:
    book = openpyxl.load_workbook(desk.kept)
    book.create_sheet("说明").append(["请填写"])
    del book["2021"]
    book.save(desk.form)
    said = desk.ghg("import", code=1)
    says(one(said, "workbook-no-data"), "（有：说明）", "(found: 说明)")
    assert "使用模板" in one(said, "workbook-no-data")["text_zh"]
    assert said["submissions"][0]["state"] == "refused"


def test_blank_required_cells_of_a_form(desk: Desk) -> None:
    desk.fill_form(puts(A1="能源平衡表", A2=None, B2=None, C2=None, D2=None))
    book = openpyxl.load_workbook(desk.form)
    book.worksheets[0].title = "表1"
    book.save(desk.form)
    said = desk.ghg("import", code=1)
    says(one(said, "balance-whose"), "年份", "year")
    assert said["records"] == 0


def test_the_same_form_twice(desk: Desk) -> None:
    book = openpyxl.load_workbook(desk.kept)
    book.copy_worksheet(book["2021"]).title = "复制"
    book.save(desk.form)
    said = desk.ghg("import", code=0)
    assert said["records"] == RECORDS
    assert len([f for f in said["findings"] if f["name"] == "duplicate-equal"]) <= 20
    assert one(said, "more-of-these", "warning")["values"]["kind"] == "duplicate-equal"


DOUBTS = [
    ("balance-unit-unusual", put("C5", "吨"), "0.0001", "0.0001"),
    ("balance-unit-assumed", put("C5", None), "原煤", "Raw coal"),
    ("balance-columns-missing", lambda sheet: sheet.delete_cols(3), "没有列不等于零", "not zero"),
    ("balance-gap", put("C30", None), "C30", "C30"),
    ("balance-area-wider", put("B2", "510700"), "510700", "510700"),
]


@pytest.mark.parametrize(("name", "change", "zh", "en"), DOUBTS)
def test_a_doubtful_form_is_read_with_a_warning(
    desk: Desk, name: str, change: Callable[[Worksheet], object], zh: str, en: str
) -> None:
    desk.fill_form(change)
    said = desk.ghg("import", "--dry-run", code=0)
    says(one(said, name, "warning"), zh, en)
    assert said["records"] > 1000


def test_standard_coal_without_a_unit_is_not_taken_for_tonnes(desk: Desk) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.delete_rows(5)
        sheet["A1"] = "四川省能源平衡表（标准量）2021年"

    desk.fill_form(change)
    said = desk.ghg("import", code=1)
    says(one(said, "balance-unit-standard"), "万吨标准煤", "万吨标准煤")
    assert said["records"] == 0


def test_many_bad_cells_are_grouped(desk: Desk) -> None:
    desk.fill_form(lambda sheet: [sheet.__setitem__(f"{c}{r}", "约5") for r in range(6, 40) for c in "CDEFG"])
    said = desk.ghg("import", "--dry-run", code=1)
    assert one(said, "more-of-these")["values"] == {"count": "150", "kind": "not-a-number"}


BALANCE_CSV = "energy_balance_2021.csv"


@pytest.fixture(scope="module")
def form_csv() -> str:
    path = Path(__file__).resolve().parent.parent / "examples" / "sichuan" / "input_csv" / BALANCE_CSV
    return path.read_text(encoding="utf-8-sig")


FORM_CSV = [
    ("csv-shape", "7796.09", "7,796.09", 6, 0, "逗号", "comma"),
    ("not-a-number", "2531.74", "2531.74①", 30, RECORDS - 1, "“2531.74①”", "'2531.74①'"),
    ("balance-unit", "百亿千焦", "头", 5, RECORDS - 35, "10^10 kJ", "10^10 kJ"),
    ("csv-separator", ",", ";", 1, 0, "分号", "semicolons"),
    ("balance-layout", "2.工业", '"2.工业', 0, 0, "缺少：工业", "missing: 工业"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "at", "records", "zh", "en"), FORM_CSV)
def test_a_bad_form_in_a_csv_is_named_to_the_line(
    desk: Desk, form_csv: str, name: str, old: str, new: str, at: int, records: int, zh: str, en: str
) -> None:
    assert old in form_csv
    desk.bring(BALANCE_CSV, form_csv.replace(old, new, -1 if old == "," else 1))
    said = desk.ghg("import", "--dry-run", code=1)
    finding = one(said, name)
    assert (finding["line"], said["records"]) == (at, records)
    assert zh in finding["text_zh"]
    assert en in finding["text_en"]


# -- files that are not what they say -------------------------------------------------------------------------


def damaged(content: bytes) -> bytes:
    return content[:3000] + bytes(300) + content[3300:]


ENCRYPTED = Path(__file__).parent / "data" / "hostile" / "encrypted.xlsx"
BROKEN = [
    ("workbook-corrupt", lambda good: good[: len(good) // 2], "另存为", "as .xlsx"),
    ("workbook-corrupt", damaged, "另存为", "as .xlsx"),
    ("file-is-text", lambda good: b"a,b\n", "另存为", "as .xlsx"),
    ("workbook-encrypted", lambda good: ENCRYPTED.read_bytes(), "密码", "password"),
    ("file-empty", lambda good: b"", "选错文件", "the file you meant"),
]


@pytest.mark.parametrize(("name", "change", "zh", "en"), BROKEN)
def test_a_broken_workbook_is_refused_and_the_earlier_one_stays(
    desk: Desk, name: str, change: Callable[[bytes], bytes], zh: str, en: str
) -> None:
    desk.form.write_bytes(desk.kept.read_bytes())
    assert desk.ghg("import", code=0)["records"] == RECORDS
    desk.form.write_bytes(change(desk.kept.read_bytes()))
    desk.bring("县.csv", HEADER + GOOD)
    said = desk.ghg("import", code=1)
    says(one(said, name), zh, en)
    # The good file beside it is read, and the earlier form stays in force.
    assert said["records"] == 1
    assert len(Workspace.open(desk.folder).open_store().activity()) == RECORDS + 1


def test_a_stray_cell_far_away_does_not_take_all_memory(desk: Desk) -> None:
    desk.edit_form(rb"</sheetData>", rb'<row r="1048576"><c r="XFD1048576"><v>5</v></c></row></sheetData>')
    finding = one(desk.ghg("import", code=1), "sheet-too-wide")
    assert finding["values"]["corner"] == "XFD1048576"
    says(finding, "Ctrl+End", "Ctrl+End")


OTHER_FILES = [
    ("表.xls", b"\xd0\xcf\x11\xe0", "workbook-corrupt"), ("表.ods", b"PK", "file-is-text"), ("表.et", b"x", "file-kind"),
    ("表.csv", b"\xff\xfe\x00", "file-encoding"), ("表.csv", b"a\x00b", "file-nul"),
    ("表.csv", b"x" * 300_000, "csv-broken"), ("表.csv", b"x,y\n", "csv-unknown"), ("表.csv", random.Random(1).randbytes(99_999), "file-encoding"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "content", "name"), OTHER_FILES)
def test_other_files_are_named_with_a_remedy(desk: Desk, file: str, content: bytes, name: str) -> None:
    desk.bring(file, content)
    finding = one(desk.ghg("import", "--dry-run", code=1), name)
    assert finding["file"] == f"input/{file}"
    assert len(finding["text_zh"].splitlines()) >= 2
    assert len(finding["text_en"].splitlines()) >= 2


# -- factors --------------------------------------------------------------------------------------------------

BAD_FACTORS = [
    ("csv-header", FACTORS.replace("gas", "气体") + FACTOR, 1, "气体", "气体"),
    ("csv-header", FACTORS.replace(",unit", "") + FACTOR, 1, "unit", "unit"),
    ("factor-cell-blank", FACTORS + FACTOR.replace("省统计局", ""), 2, "来源", "source"),
    ("factor-cell-blank", FACTORS + FACTOR.replace("表1", ""), 2, "出处", "locator"),
    ("factor-number", FACTORS + FACTOR.replace("20.9", "20.9①"), 2, "普通数字", "plain number"),
    ("factor-number", FACTORS + FACTOR.replace("20.9", '"20,9"'), 2, "普通数字", "plain number"),
    ("ambiguous-unit", FACTORS + FACTOR.replace("GJ/t", "GJ/顿"), 2, "吨", "tonne"),
    ("factor-unit-dimension", FACTORS + FACTOR.replace("GJ/t", "t CO2/TJ"), 2, "GJ/t", "GJ/t"),
    ("factor-range", FACTORS + FACTOR.replace("GJ/t,,", "GJ/t,30,10"), 2, "核对", "Compare"),
    ("factor-repeated", FACTORS + FACTOR + FACTOR.replace("510000", "510700"), 3, "factors.csv:2", "factors.csv:2"),
    ("factor-confidence-refused", FACTORS + FACTOR.replace("表1,", "表1,D"), 2, "原始出版物", "original"),
    ("factor-quote-open", FACTORS + FACTOR.strip() + '"见\n' + FACTOR.replace("u1", "u2"), 3, "双引号", "quote"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "at", "zh", "en"), BAD_FACTORS)
def test_a_bad_factor_is_named_when_it_is_compiled(
    desk: Desk, name: str, text: str, at: int, zh: str, en: str
) -> None:
    desk.own_factors(text)
    desk.bring("县.csv", HEADER + line())
    desk.ghg("import")
    finding = one(desk.ghg("compile", code=1), name)
    assert (finding["file"], finding["line"]) == ("factors.csv", at)
    says(finding, zh, en)


def test_two_equally_specific_factors(desk: Desk) -> None:
    desk.own_factors(FACTORS + FACTOR + FACTOR.replace("u1", "u2").replace("20.9", "21.5"))
    desk.bring("县.csv", HEADER + line() + GOOD)
    desk.ghg("import", code=0)
    said = desk.ghg("compile", code=1)
    ties = [f for f in said["findings"] if f["name"] == "factor-tie"]
    assert ties
    assert {f["line"] for f in ties} == {2}
    says(ties[0], "恰好有一条", "exactly one")
    # The other record is compiled, and nothing of this one is.
    assert [row for row in said["totals"] if row["category"] == "1.1.2"]


def test_no_factor(desk: Desk) -> None:
    desk.bring("县.csv", HEADER + GOOD + line(item="peat"))
    desk.ghg("import", code=0)
    finding = one(desk.ghg("compile", code=1), "no-factor")
    assert (finding["file"], finding["line"]) == ("input/县.csv", 3)
    assert "carbon_content" in finding["values"]["parameter"]
    says(finding, "补充一行（注明来源）", "Add a row with its source")


def test_a_misspelt_item_of_a_factor_is_a_warning(desk: Desk) -> None:
    desk.own_factors(FACTORS + FACTOR.replace("raw_coal", "raw_cola"))
    desk.bring("县.csv", HEADER + line())
    desk.ghg("import", code=0)
    says(one(desk.ghg("compile", code=0), "factor-item-unlisted", "warning"), "raw_coal", "raw_coal")


# -- inventory.toml: wrong use, exit code 2 -------------------------------------------------------------------

SETTINGS = [
    ("years = [2012", "years = [2012,,", "inventory.toml:6", "workspace-toml", "引号", "double quotes"),
    ('"ar5"', "“ar5”", "inventory.toml:8", "workspace-toml", "引号", "double quotes"),
    ("[2012, 2021]", '["2021"]', "inventory.toml", "workspace-bad-value", "2012, 2021", "2012, 2021"),
    ('area = "510000"\n', "", "inventory.toml", "workspace-missing-key", "510000", "510000"),
    ("years", "year", "inventory.toml", "workspace-unknown-key", "是否想写“years”", "did you mean 'years'"),
    ("[files]", '[store]\nurl = "foo"\n[files]', "inventory.toml", "workspace-bad-value", "sqlite", "sqlite"),
    ("[files]", '[files]\nareas = "nope.csv"', "inventory.toml", "workspace-file-missing", "nope.csv", "nope.csv"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "name", "zh", "en"), SETTINGS)
def test_wrong_settings(desk: Desk, old: str, new: str, place: str, name: str, zh: str, en: str) -> None:
    desk.settings(old, new)
    for lang, words in (("zh", zh), ("en", en)):
        said = desk.refused("import", lang=lang)
        assert said.startswith(f"{place}: "), said
        assert f"[{name}]" in said
        assert words in said
    assert not (desk.folder / "store").exists()


# -- the machine fails ----------------------------------------------------------------------------------------


def process(desk: Desk, *arguments: str, **extra: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ghg_inventory.cli", "--lang", "en", "-w", str(desk.folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **extra)


def stored(desk: Desk) -> list[tuple[str, int, str]]:
    """What is in force; the store must be whole."""
    store = Workspace.open(desk.folder).open_store()
    assert store.verify() == ()
    return [(s.file_name, s.record_count, s.sha256) for s in store.submissions()]


@posix
def test_a_full_disk_leaves_the_store_as_before(desk: Desk) -> None:
    desk.bring("县.csv", HEADER + GOOD)
    desk.ghg("import", code=0)
    before = stored(desk)
    desk.form.write_bytes(desk.kept.read_bytes())

    def no_room() -> None:
        import resource  # not on Windows

        # Every write beyond 3 kB fails as on a full disk (EFBIG needs no mount and no root).
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))

    result = process(desk, "import", preexec_fn=no_room)
    assert result.returncode == 2, result.stderr
    assert "[store-disk-full]" in result.stderr
    assert "nothing was written" in result.stderr
    assert "Free some space" in result.stderr
    assert stored(desk) == before
    assert desk.ghg("import", code=0)["records"] == RECORDS + 1


KILLER = """
import os, signal, sys
from ghg_inventory.store import Store
import ghg_inventory.store.blobs, sqlalchemy
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite as dialect
left = [int(sys.argv.pop(1))]
def deadly(function):
    def call(*arguments, **options):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return call
os.fsync, os.replace = deadly(os.fsync), deadly(os.replace)
dialect.do_commit, dialect.do_execute = deadly(dialect.do_commit), deadly(dialect.do_execute)
from ghg_inventory.cli.__main__ import main
sys.exit(main())
"""


@posix
@pytest.mark.parametrize("step", [9, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 5, 16))])
def test_a_process_killed_in_the_middle_of_an_import(desk: Desk, step: int) -> None:
    desk.bring("县.csv", HEADER + GOOD)
    desk.ghg("import", code=0)
    before = stored(desk)
    desk.form.write_bytes(desk.kept.read_bytes())
    command = [sys.executable, "-c", KILLER, str(step), "-w", str(desk.folder), "import", str(desk.form)]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert stored(desk) == before
    assert desk.ghg("import", code=0)["records"] == RECORDS + 1


HIDE_PANGO = """
for file in $(ldconfig -p | grep -o '/.*libpango[^ ]*'); do mount --bind /dev/null "$file" || exit 99; done
exec "$@"
"""


def without_pango(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a mount namespace of its own where Pango's libraries cannot be loaded."""
    if not shutil.which("unshare"):
        pytest.skip("no unshare here")
    line = ["unshare", "-m", "sh", "-c", HIDE_PANGO, "sh", *command]
    result = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
    if result.returncode == 99 or "unshare" in result.stderr:
        pytest.skip("no permission to hide a library here")
    return result


@posix
@pytest.mark.slow
def test_without_pango_everything_but_the_pdf_works(desk: Desk) -> None:
    desk.form.write_bytes(desk.kept.read_bytes())
    ghg = [sys.executable, "-m", "ghg_inventory.cli", "--lang", "en", "-w", str(desk.folder)]
    result = without_pango(*ghg, "run", "--report-lang", "en", "--json")
    said = json.loads(result.stdout)
    finding = one(said, "pdf-not-made", "warning")
    assert "libpango-1.0-0" in finding["text_en"]
    assert "HTML" in finding["text_zh"]
    assert [Path(path).suffix for path in said["reports"]] == [".html"]
    assert "Sichuan" in Path(said["reports"][0]).read_text(encoding="utf-8")
    assert result.returncode == (1 if any(f["severity"] == "error" for f in said["findings"]) else 0)


# -- words of inventory.toml and the user's lists that only the library can judge ---------------------------

WORDS = [
    ('"cn2011"', '"cn2025"', "cn2011", "cn2011"), ('"ar5"', '"AR5"', "是否想写“ar5”", "did you mean 'ar5'"),
    ('"510000"', '"999999"', "areas.csv", "areas.csv"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "zh", "en"), WORDS)
def test_unknown_words_in_the_settings(desk: Desk, old: str, new: str, zh: str, en: str) -> None:
    desk.settings(old, new)
    desk.bring("县.csv", HEADER + GOOD)
    for lang, words in (("zh", zh), ("en", en)):
        said = desk.refused("import", lang=lang)
        assert "[workspace-unknown-word]" in said
        assert words in said


def test_a_factor_for_an_unknown_area_is_an_error(desk: Desk) -> None:
    desk.own_factors(FACTORS + FACTOR.replace("510000", "999999"))
    desk.bring("县.csv", HEADER + line())
    finding = one(desk.ghg("import", code=1), "factor-area-unknown")
    assert (finding["file"], finding["line"]) == ("factors.csv", 2)
    says(finding, "areas.csv", "areas.csv")


def test_a_circle_in_areas_csv_is_said_at_import(desk: Desk) -> None:
    desk.settings("[files]", '[files]\nareas = "areas.csv"')
    (desk.folder / "areas.csv").write_text("code,name_zh,name_en,level,parent\nA,甲,,,B\nB,乙,,,A\n", encoding="utf-8")
    desk.bring("县.csv", HEADER + GOOD)
    names = {f["name"] for f in desk.ghg("import", code=1)["findings"]}
    assert "area-circle" in names


def test_a_factor_cell_of_200_kb_is_a_finding(desk: Desk) -> None:
    desk.own_factors(FACTORS + FACTOR.replace("表1", "长" * 200_000))
    desk.bring("县.csv", HEADER + line())
    assert one(desk.ghg("import", code=1), "csv-broken")["file"] == "factors.csv"
