"""The blank workbook: what docs/returns.md promises, read back from the file with openpyxl and with calamine."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest
from conftest import ROOT
from python_calamine import CalamineWorkbook

from ghg_inventory.activity.returns import Marker, Sheet, load_templates
from ghg_inventory.codes import notation_keys
from ghg_inventory.workbooks import page
from ghg_inventory.workbooks.cells import ranges, width
from ghg_inventory.workbooks.template import Cover, return_workbook

TRIAL = ROOT / "tests" / "data" / "returns" / "templates"
LAST = {
    ("herd", "scale", ""): (123456.0, "头"),
    ("herd", "household", ""): ("NO", ""),
    ("herd", "poultry", ""): (3.5, "t"),
    ("fuels", "services", "coal"): (1.25, "万吨"),
}
COVER = Cover("510703", "涪城区", 2024)


@pytest.fixture(scope="module")
def sheets() -> tuple[Sheet, ...]:
    """A list and a matrix."""
    return load_templates(TRIAL)[0].sheets


def opened(content: bytes) -> openpyxl.Workbook:
    """The workbook as openpyxl reads it."""
    return openpyxl.load_workbook(io.BytesIO(content))


@pytest.fixture(scope="module")
def book(sheets: tuple[Sheet, ...]) -> openpyxl.Workbook:
    """The Chinese workbook with some of last year's values."""
    return opened(return_workbook(sheets, COVER, LAST, "zh"))


def at(sheet: object, row: str, role: str) -> object:
    """The cell of a row id and a role, found by the keys as the reader finds it."""
    keys = {sheet.cell(n, 1).value: n for n in range(1, sheet.max_row + 1)}
    roles = {sheet.cell(keys["#columns"], n).value: n for n in range(2, sheet.max_column + 1)}
    return sheet.cell(keys[row], roles[role])


def rule_at(sheet: object, cell: object) -> object:
    """The one validation on a cell."""
    found = [rule for rule in sheet.data_validations.dataValidation if cell.coordinate in rule.sqref]
    assert len(found) == 1, (cell.coordinate, len(found))
    return found[0]


def unlocked(sheet: object) -> set[str]:
    """Cells that may be typed in."""
    return {cell.coordinate for line in sheet.iter_rows() for cell in line if not cell.protection.locked}


def test_every_sheet_says_whose_and_which_it_is(book):
    assert book.sheetnames == ["封面", "畜禽存栏", "服务业和居民能源"]
    assert book.active.title == "封面"
    markers = [Marker.read(sheet["A1"].value) for sheet in book]
    assert markers[0] == Marker("cover", "cover", "1", "510703", 2024, "zh")
    assert markers[1] == Marker("herd", "trial", "3", "510703", 2024, "zh")
    assert markers[2].sheet == "fuels"


def test_the_departments_of_a_split_workbook_are_in_the_markers(sheets):
    cover = Cover("510703", "涪城区", 2024, ("agriculture",))
    split = opened(return_workbook(sheets[:1], cover, {}, "zh"))
    assert {Marker.read(sheet["A1"].value).scope for sheet in split} == {("agriculture",)}
    assert at(split["封面"], "department", "value").value == "农业农村局"


def test_keys_and_roles_stand_hidden(book):
    for sheet in book:
        assert sheet.column_dimensions["A"].hidden
        keys = [sheet.cell(n, 1).value for n in range(1, sheet.max_row + 1)]
        assert sheet.row_dimensions[keys.index("#columns") + 1].hidden
    herd = [book["畜禽存栏"].cell(n, 1).value for n in range(2, book["畜禽存栏"].max_row + 1)]
    assert list(filter(None, herd)) == ["#columns", "scale", "household", "total", "poultry"]
    fuels = [
        book["服务业和居民能源"].cell(n, 1).value for n in range(2, book["服务业和居民能源"].max_row + 1)
    ]
    assert list(filter(None, fuels)) == ["#blanks", "#columns", "#units", "services", "homes", "sum"]


def test_only_inputs_can_be_typed_in(book):
    herd, fuels = book["畜禽存栏"], book["服务业和居民能源"]
    assert herd.protection.sheet
    assert not herd.protection.password
    rows = ("scale", "household", "total", "poultry")
    wanted = {
        at(herd, row, role).coordinate for row in rows for role in ("value", "notation", "note", "source")
    }
    # Poultry has one unit: nothing to choose.
    wanted |= {at(herd, row, "unit").coordinate for row in rows[:3]}
    assert unlocked(herd) == wanted
    open_cells = [
        ("services", "diesel"),
        *((r, c) for r in ("services", "homes", "sum") for c in ("coal", "gas")),
    ]
    wanted = {at(fuels, row, column).coordinate for row, column in [*open_cells, ("sum", "diesel")]}
    wanted |= {
        at(fuels, row, role).coordinate for row in ("services", "homes", "sum") for role in ("note", "source")
    }
    wanted |= {at(fuels, "#units", column).coordinate for column in ("coal", "gas")}
    wanted |= {at(fuels, "#blanks", "coal").coordinate}
    assert unlocked(fuels) == wanted


def test_inputs_totals_and_closed_cells_look_different(book):
    herd, fuels = book["畜禽存栏"], book["服务业和居民能源"]
    cells = (
        at(herd, "scale", "value"), at(herd, "total", "value"), at(herd, "scale", "last"), at(fuels, "homes", "diesel"),
    )  # fmt: skip
    looks = [(cell.fill.patternType, cell.fill.fgColor.rgb) for cell in cells]
    assert len(set(looks)) == 4
    assert looks[3][0] == "lightUp"


def test_units_and_notation_keys_are_lists(book):
    herd, fuels = book["畜禽存栏"], book["服务业和居民能源"]
    unit = rule_at(herd, at(herd, "scale", "unit"))
    assert (unit.type, unit.formula1, unit.errorStyle) == ("list", '"万头,头"', "stop")
    keys = rule_at(herd, at(herd, "scale", "notation"))
    assert keys.formula1.strip('"').split(",") == [*notation_keys()]
    assert "NE 未估算" in keys.prompt
    assert rule_at(fuels, at(fuels, "#units", "gas")).formula1 == '"万立方米,亿立方米"'
    assert rule_at(fuels, at(fuels, "#blanks", "coal")).formula1 == '"是"'


def test_a_value_takes_numbers_only_and_a_matrix_notation_keys_too(book):
    herd, fuels = book["畜禽存栏"], book["服务业和居民能源"]
    number = rule_at(herd, at(herd, "scale", "value"))
    assert (number.type, number.showErrorMessage) == ("decimal", True)
    assert "12.35" in number.error
    assert "12.35（万头）" in number.prompt
    cell = at(fuels, "services", "gas")
    either = rule_at(fuels, cell)
    assert either.type == "custom"
    # The formula speaks of the first cell of its range.
    assert either.formula1.startswith(f'OR(ISNUMBER({cell.coordinate}),{cell.coordinate}="NO"')
    assert "不折标煤" in rule_at(fuels, at(fuels, "services", "coal")).prompt


def test_a_total_is_typed_and_no_formula(book):
    herd = book["畜禽存栏"]
    assert at(herd, "total", "value").value is None
    assert "加总" in rule_at(herd, at(herd, "total", "value")).prompt
    assert not [c for sheet in book for line in sheet.iter_rows() for c in line if c.data_type == "f"]


def test_last_year_stands_beside_the_input_in_the_printed_unit(book):
    herd, fuels = book["畜禽存栏"], book["服务业和居民能源"]
    assert at(herd, "scale", "last").value == 12.3456
    assert "万头" in at(herd, "scale", "last").number_format
    assert at(herd, "household", "last").value == "NO"
    # A unit of another kind is not converted and not hidden.
    assert at(herd, "poultry", "last").value == "3.5 t"
    assert at(fuels, "services", "coal.last").value == 12500
    roles = {cell.value for cell in fuels[at(fuels, "#columns", "coal").row]}
    assert "gas.last" not in roles
    assert at(herd, "scale", "last").protection.locked


def test_labels_carry_note_group_and_option(book):
    herd = book["畜禽存栏"]
    assert at(herd, "scale", "label").value == "规模化\n年出栏 500 头以上"
    assert herd.cell(at(herd, "scale", "label").row - 1, 2).value == "猪"
    assert at(herd, "poultry", "label").value == "家禽（选填）"
    assert at(book["服务业和居民能源"], "homes", "label").value == "居民"


def test_the_cover_has_answers_sentences_and_links(book):
    cover = book["封面"]
    assert (at(cover, "area", "value").value, at(cover, "year", "value").value) == ("510703", 2024)
    names = ("department", "filled_by", "reviewed_by", "date", "phone", "remark")
    assert unlocked(cover) == {at(cover, name, "value").coordinate for name in names}
    texts = [cell.value for cell in cover["B"] if isinstance(cell.value, str)]
    assert sum(text[:2] in ("1.", "2.", "3.", "4.", "5.") for text in texts) == 5
    links = {cell.value: cell.hyperlink.location for cell in cover["B"] if cell.hyperlink}
    assert links == {"畜禽存栏": "'畜禽存栏'!B1", "服务业和居民能源": "'服务业和居民能源'!B1"}
    assert {text.split()[0] for text in texts if text.split()[0] in notation_keys()} == {*notation_keys()}
    for sheet in book.worksheets[1:]:
        assert [c.hyperlink.location for c in sheet[2] if c.hyperlink] == ["'封面'!B1"]


def test_it_prints_on_a4_with_its_headings(book):
    for sheet in book:
        assert (sheet.page_setup.paperSize, sheet.page_setup.fitToWidth) == (9, 1)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
    # The cover is one page, a table as many as it takes.
    assert [sheet.page_setup.fitToHeight for sheet in book] == [1, 0, 0]
    herd = book["畜禽存栏"]
    head = at(herd, "scale", "label").row - 2
    assert herd.print_title_rows == f"${head}:${head}"
    assert herd.freeze_panes == f"C{head + 1}"
    assert [sheet.page_setup.orientation for sheet in book] == ["portrait", "landscape", "landscape"]


def test_a_reason_that_is_missing_is_coloured(book):
    for sheet in book.worksheets[1:]:
        (where,) = sheet.conditional_formatting
        assert where.rules[0].dxf.fill.bgColor.rgb == "FFF9C9C2"


def test_the_same_arguments_give_the_same_bytes(sheets):
    first, second = (return_workbook(sheets, COVER, LAST, "zh") for _ in range(2))
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {member.date_time for member in archive.infolist()} == {(2000, 1, 1, 0, 0, 0)}
        assert archive.read("docProps/core.xml").count(b"2000-01-01T00:00:00Z") == 2
        merged = re.findall(rb'mergeCell ref="B(\d+)', archive.read("xl/worksheets/sheet1.xml"))
        assert merged == sorted(merged, key=int)
        assert len(merged) > 3


def test_english(sheets):
    book = opened(return_workbook(sheets, Cover("510703", "Fucheng", 2024), LAST, "en"))
    assert book.sheetnames == ["Cover", "Livestock", "Energy of services and homes"]
    fuels = book["Energy of services and homes"]
    assert Marker.read(fuels["A1"].value).lang == "en"
    assert rule_at(fuels, at(fuels, "#blanks", "coal")).formula1 == '"yes"'
    assert at(book["Livestock"], "scale", "unit").value == "10^4 head"
    assert at(fuels, "#units", "gas").value == "10^4 m^3"
    assert at(book["Livestock"], "scale", "last").value == 12.3456
    # Not one Chinese word, neither in a cell nor beside it.
    texts = [
        cell.value
        for sheet in book
        for line in sheet.iter_rows()
        for cell in line
        if isinstance(cell.value, str)
    ]
    for sheet in book.worksheets:
        for rule in sheet.data_validations.dataValidation:
            texts += filter(None, (rule.formula1, rule.prompt, rule.error, rule.promptTitle, rule.errorTitle))
    assert [text for text in texts if any("\u4e00" <= letter <= "\u9fff" for letter in text)] == []


def test_a_name_that_looks_like_a_formula_stays_text(sheets):
    book = opened(return_workbook(sheets, Cover("510703", "=1+1\x07", 2024), {}, "zh"))
    texts = [c for sheet in book for line in sheet.iter_rows() for c in line if "=1+1" in str(c.value)]
    assert len(texts) == 1 + len(book.sheetnames)
    assert {cell.data_type for cell in texts} == {"s"}


def test_lists_that_excel_cannot_hold_are_refused():
    with pytest.raises(ValueError, match="a,b"):
        page.choice(["a,b"], "", "", "")
    with pytest.raises(ValueError):
        page.choice(["x" * 100, "y" * 100, "z" * 100], "", "", "")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_shipped_sheet_can_be_drawn_and_found_again(lang):
    shipped = [sheet for template in load_templates() for sheet in template.sheets]
    last = {(ask.sheet, ask.row, ask.column): (1.5, ask.unit) for sheet in shipped for ask in sheet.asks}
    content = return_workbook(shipped, COVER, last, lang)
    book = opened(content)
    for of, sheet in zip(shipped, book.worksheets[1:], strict=True):
        for ask in of.asks:
            cell = at(sheet, ask.row, ask.column or "value")
            assert not cell.protection.locked
            assert cell.value is None
            assert at(sheet, ask.row, f"{ask.column}.last" if ask.column else "last").value == 1.5
        for rule in sheet.data_validations.dataValidation:
            # Excel refuses a workbook beyond these; and none of ours is cut short.
            assert not {(rule.prompt or "")[-1:], (rule.error or "")[-1:], (rule.promptTitle or "")[-1:]} & {
                "…"
            }
            assert len(rule.prompt or "") <= 255
            assert len(rule.error or "") <= 225
            assert max(len(rule.promptTitle or ""), len(rule.errorTitle or "")) <= 32
            assert len(rule.formula1 or "") <= 257
    read = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert read.sheet_names == book.sheetnames
    for name in read.sheet_names:
        assert Marker.read(read.get_sheet_by_name(name).to_python(skip_empty_area=False)[0][0]) is not None


def test_text_widths_and_ranges():
    assert (width("煤 t"), width("“”")) == (4, 4)
    assert ranges(5, [7, 8, 9, 12]) == "E7:E9 E12"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_libreoffice_opens_it_and_keeps_every_key(kind: str, sheets, tmp_path: Path):
    source = tmp_path / "blank.xlsx"
    source.write_bytes(return_workbook(sheets, COVER, LAST, "zh"))
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    order = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(tmp_path), str(source)]
    subprocess.run(order, check=True, capture_output=True, timeout=120)
    read = CalamineWorkbook.from_path(tmp_path / f"blank.{kind}")
    original = CalamineWorkbook.from_path(source)
    assert read.sheet_names == original.sheet_names
    for name in read.sheet_names:
        keys = [
            [line[0] for line in workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) if line[0]]
            for workbook in (read, original)
        ]
        assert keys[0] == keys[1]
