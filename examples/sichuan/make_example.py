"""Build input/*.xlsx from input_csv/*.csv: the same forms as workbooks, with the same bytes every time.

python examples/sichuan/make_example.py
"""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter

HERE = Path(__file__).parent
_EPOCH = datetime.datetime(2026, 1, 1)
_THIN = Side(style="thin")


def main() -> None:
    """Write one workbook per CSV."""
    for source in sorted((HERE / "input_csv").glob("energy_balance_*.csv")):
        target = HERE / "input" / f"{source.stem}.xlsx"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(workbook_bytes(source))
        print(target)


def workbook_bytes(source: Path) -> bytes:
    """The form of a CSV as .xlsx bytes: numbers as numbers, texts as texts, blanks as blanks."""
    with source.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    book = Workbook()
    sheet = book.active
    sheet.title = source.stem.rpartition("_")[2]
    header = next(number for number, row in enumerate(rows) if row and row[0] == "项目")
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            if text:
                is_amount = number > header + 1 and column > 0
                sheet.cell(number + 1, column + 1, float(text) if is_amount else text)
    _style(sheet, header, len(rows[header]))
    book.properties.creator = "ghg-inventory example"
    book.properties.created = book.properties.modified = _EPOCH
    stream = io.BytesIO()
    book.save(stream)
    return _fixed_times(stream.getvalue())


def _style(sheet, header: int, width: int) -> None:
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=min(width, 12))
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.column_dimensions["A"].width = 34
    for column in range(1, width + 1):
        for row in (header + 1, header + 2):
            cell = sheet.cell(row, column)
            cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
            cell.border = Border(top=_THIN if row == header + 1 else None, bottom=_THIN)
        if column > 1:
            sheet.column_dimensions[get_column_letter(column)].width = 11
    sheet.freeze_panes = sheet.cell(header + 3, 2)


def _fixed_times(data: bytes) -> bytes:
    """The same archive with one date on every member (zip records the clock otherwise)."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _without_clock(content)
            new.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _without_clock(content: bytes) -> bytes:
    """openpyxl stamps `modified` with the clock on saving, whatever it was set to."""
    head, opening, rest = content.partition(b"<dcterms:modified")
    tag, end, tail = rest.partition(b">")
    _, closing, after = tail.partition(b"</dcterms:modified>")
    return head + opening + tag + end + _EPOCH.strftime("%Y-%m-%dT%H:%M:%SZ").encode() + closing + after


if __name__ == "__main__":
    main()
