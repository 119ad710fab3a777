"""A workbook of any kind as rows of cells: .xlsx by calamine, .xls by xlrd, .ods by our own reader.

What a file is, its first bytes say; a name that says otherwise is a warning, or a refusal with what to do.
"""

from __future__ import annotations

import datetime
import io
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from ghg_inventory.activity.archive import BROKEN, Refused, open_archive, reason_of
from ghg_inventory.activity.cells import Cell, Trouble
from ghg_inventory.activity.old_excel import read_xls
from ghg_inventory.activity.scan import BookScan, SheetScan, refused, scan_xlsx, split_cell
from ghg_inventory.activity.scan_ods import is_ods, read_ods
from ghg_inventory.activity.source import Kind, kind_of, load
from ghg_inventory.errors import Finding, Place, finding

_SUFFIXES = {"xlsx": (".xlsx", ".xlsm"), "xls": (".xls",), "ods": (".ods",)}
Rows = list[tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Book:
    """An open workbook: per sheet its scan and its rows; what in it could run or reach out."""

    scans: tuple[SheetScan, ...]
    tables: tuple[Rows, ...]
    macros: tuple[str, ...]
    links: tuple[str, ...]


def open_book(path: Path, shown: str) -> tuple[Book | None, list[Finding]]:
    """The workbook of a file, or None and why not. Never raises for what a file holds."""
    content, problem = load(path, shown)
    if problem is not None:
        return None, [problem]
    if not content:
        return None, [finding("file-empty", Place(shown))]
    kind = kind_of(content)
    try:
        actual, scan, tables = _read(content, kind)
    except Refused as refusal:
        return None, [refused(refusal, shown)]
    except _NotOurs:
        return None, [_not_ours(kind, path.suffix, shown)]
    except MemoryError:
        return None, [
            finding("file-too-large", Place(shown), megabytes=f"{len(content) / 1e6:.0f}", limit="–")
        ]
    except BROKEN as error:
        return None, [finding("workbook-corrupt", Place(shown), reason=reason_of(error))]
    findings = []
    if path.suffix.lower() not in _SUFFIXES[actual]:
        findings.append(finding("file-suffix", Place(shown), suffix=path.suffix or "–", actual=f".{actual}"))
    return Book(tuple(scan.sheets), tuple(tables), tuple(scan.macros), tuple(scan.links)), findings


class _NotOurs(Exception):
    """The content is of a kind that is no workbook we read."""


def _not_ours(kind: Kind, suffix: str, shown: str) -> Finding:
    names = {"page": "file-is-page", "text": "file-is-text"}
    if kind.name == "unknown":
        return finding("workbook-corrupt", Place(shown), reason="not a workbook")
    if kind.name == "excel4":
        return finding("workbook-binary", Place(shown), actual="Excel 4")
    return finding(
        names.get(kind.name, "file-other"),
        Place(shown),
        suffix=suffix or "–",
        actual_zh=kind.zh,
        actual_en=kind.en,
    )


def _read(content: bytes, kind: Kind) -> tuple[str, BookScan, list[Rows]]:
    """What the workbook is ("xlsx", "xls", "ods"), its scan and its rows."""
    if kind.name == "ole":
        return ("xls", *read_xls(content))
    if kind.name != "zip":
        raise _NotOurs
    with open_archive(content) as archive:
        if is_ods(archive):
            return ("ods", *read_ods(archive))
        _refuse_others(archive)
        scan = scan_xlsx(archive)
    return "xlsx", scan, _xlsx_rows(content, scan)


def _refuse_others(archive: zipfile.ZipFile) -> None:
    """Raises: Refused for the binary workbook that is a zip as well."""
    if "xl/workbook.bin" in archive.namelist():
        raise Refused("workbook-binary", actual=".xlsb")


def _xlsx_rows(content: bytes, scan: BookScan) -> list[Rows]:
    """The values of every sheet that was scanned, with the trouble that the scan saw."""
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            names = set(book.sheet_names)
            return [
                _rows(book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False), sheet)
                if sheet.name in names else _rows([], sheet)
                for sheet in scan.sheets
            ]  # fmt: skip
    except CalamineError as error:
        raise Refused("workbook-corrupt", reason=reason_of(error)) from error
    except BaseException as error:
        # A panic of the Rust library is no Exception; what it means is a damaged file.
        if type(error).__name__ != "PanicException":
            raise
        raise Refused("workbook-corrupt", reason=reason_of(error)) from error


def _rows(table: Sequence[Sequence[object]], scan: SheetScan) -> Rows:
    rows = [[_cell(value) for value in _trimmed(line)] for line in table]
    troubles = [(name, Trouble("error", text)) for name, text in scan.errors.items()]
    troubles += [(name, Trouble("uncomputed", "=")) for name in scan.uncomputed]
    for name, trouble in troubles:
        try:
            row, column = split_cell(name)
        except ValueError:
            continue
        rows += [[] for _ in range(row + 1 - len(rows))]
        rows[row] += [""] * (column + 1 - len(rows[row]))
        rows[row][column] = trouble
    return [tuple(line) for line in rows]


def _trimmed(row: Sequence[object]) -> Sequence[object]:
    """Without the blanks behind the last cell with anything in it."""
    width = len(row)
    while width and row[width - 1] == "":
        width -= 1
    return row[:width]


def _cell(value: object) -> Cell:
    if isinstance(value, bool):
        return Trouble("bool", str(value).upper())
    if isinstance(value, (int, float)):
        # A file can say NaN or 1e999 where a number belongs; a sum over it would be no number either.
        return float(value) if math.isfinite(value) else Trouble("error", str(value))
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return Trouble("date", str(value))
    return str(value)
