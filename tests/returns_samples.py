"""Make tests/data/returns/filled.xlsx, .xls and .ods again: `python tests/returns_samples.py` (needs LibreOffice).

The trial template, filled in as a clerk would: a unit changed, a notation key with its reason, blanks declared.
"""

from __future__ import annotations

import io
import subprocess
from datetime import date
from pathlib import Path

import openpyxl

from ghg_inventory.activity.returns import load_templates
from ghg_inventory.workbooks.package import workbook_bytes
from ghg_inventory.workbooks.template import Cover, return_workbook

HOME = Path(__file__).resolve().parent / "data" / "returns"
LAST = {
    ("herd", "scale", ""): (123456.0, "头"),
    ("herd", "household", ""): ("NO", ""),
    ("fuels", "services", "coal"): (1.25, "万吨"),
}
ANSWERS = {
    "封面": {
        ("department", "value"): "涪城区农业农村局、统计局", ("filled_by", "value"): "张三",
        ("reviewed_by", "value"): "李四", ("date", "value"): date(2025, 3, 15), ("phone", "value"): "0816-1234567",
    },
    "畜禽存栏": {
        ("scale", "value"): 12.9, ("scale", "source"): "2024 年畜牧业统计年报", ("household", "value"): 101234,
        ("household", "unit"): "头", ("household", "note"): "上年未统计散养", ("total", "value"): 23.0234,
        ("poultry", "notation"): "NE", ("poultry", "note"): "尚未开展调查",
    },
    "服务业和居民能源": {
        ("#blanks", "coal"): "是", ("#units", "coal"): "万吨", ("services", "coal"): 0.9, ("services", "gas"): 310.5,
        ("homes", "gas"): "IE", ("homes", "note"): "已计入服务业", ("sum", "coal"): 0.9, ("sum", "gas"): 310.5,
    },
}  # fmt: skip


def filled() -> bytes:
    """The trial workbook of Fucheng 2024 with ANSWERS typed in."""
    sheets = load_templates(HOME / "templates")[0].sheets
    blank = return_workbook(sheets, Cover("510703", "涪城区", 2024), LAST, "zh")
    book = openpyxl.load_workbook(io.BytesIO(blank), rich_text=True)
    for name, answers in ANSWERS.items():
        sheet = book[name]
        rows = {sheet.cell(n, 1).value: n for n in range(1, sheet.max_row + 1)}
        roles = {sheet.cell(rows["#columns"], n).value: n for n in range(2, sheet.max_column + 1)}
        for (row, role), value in answers.items():
            sheet.cell(rows[row], roles[role]).value = value
    return workbook_bytes(book)


def main() -> None:
    """Write the three files."""
    source = HOME / "filled.xlsx"
    source.write_bytes(filled())
    for kind in ("xls", "ods"):
        order = ["soffice", "--headless", "--convert-to", kind, "--outdir", str(HOME), str(source)]
        subprocess.run(order, check=True, capture_output=True)


if __name__ == "__main__":
    main()
