"""Read files into `Activity`, by what they are: county return, long table, energy balance, other official forms."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from ghg_inventory.activity.balance import read_balance_sheet, upright
from ghg_inventory.activity.context import Context
from ghg_inventory.activity.decoding import decode, read_as, sniff
from ghg_inventory.activity.duplicates import without_duplicates
from ghg_inventory.activity.forms import read_form
from ghg_inventory.activity.grid import Grid, grid_of_texts, read_workbook
from ghg_inventory.activity.layouts import load_balance
from ghg_inventory.activity.longcsv import (
    SEPARATORS,
    header_findings,
    is_long_header,
    read_header,
    read_long_csv,
    resembles_long_header,
    separator_finding,
)
from ghg_inventory.activity.longsheet import long_header, read_long_sheet
from ghg_inventory.activity.raw import sha256_of
from ghg_inventory.activity.returns.keys import MARK, has_columns
from ghg_inventory.activity.returns.reader import is_return, marker_lost, read_return
from ghg_inventory.activity.source import not_a_file
from ghg_inventory.activity.table import Activity, InputFile
from ghg_inventory.activity.understand import understand
from ghg_inventory.errors import Finding, Place, finding, has_errors, order

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
TEXTS = (".csv", ".txt")
# A balance form as CSV is small; a larger file with a strange header is a long table gone wrong.
_FORM_BYTES = 5_000_000
# The marker of a return stands in its first characters.
_HEAD = 4096
_RETURN_SEPARATORS = (",", "\t")
Result = tuple[Activity, tuple[Finding, ...]]


def read(path: Path, context: Context) -> Result:
    """The records of one file in canonical order, without duplicates, and everything found on the way.

    Never raises for bad data: a file that cannot be read gives no records and an error finding.
    """
    shown = context.shown(path)
    if not path.is_file():
        strange = not_a_file(path, shown) if path.exists() else None
        return Activity.empty(), (strange or finding("file-missing", Place(shown), name=shown),)
    file = InputFile(shown, sha256_of(path), "long")
    suffix = path.suffix.lower()
    if suffix in WORKBOOKS:
        activity, findings = _read_workbook(path, file, context)
    elif suffix in TEXTS:
        activity, findings = _read_text(path, file, context)
    else:
        return Activity.empty(), (finding("file-kind", Place(shown), suffix=suffix or "–"),)
    activity, duplicates = without_duplicates(activity)
    return activity, order([*findings, *duplicates])


def read_many(paths: Iterable[Path], context: Context) -> Result:
    """The records of several files as one `Activity`; a record that two files hold is found as well."""
    parts: list[Activity] = []
    findings: list[Finding] = []
    for path in sorted(paths):
        part, found = read(path, context)
        parts.append(part)
        findings += found
    activity, duplicates = without_duplicates(Activity.concat(parts))
    return activity, order([*findings, *duplicates])


def inbox(folder: Path) -> tuple[Path, ...]:
    """Files of a folder that can be read, by name; hidden files and lock files (~$) are left out."""
    return tuple(
        sorted(
            path
            for path in folder.iterdir()
            if path.is_file()
            and path.suffix.lower() in WORKBOOKS + TEXTS
            and not path.name.startswith((".", "~$"))
        )
    )


def _read_workbook(path: Path, file: InputFile, context: Context) -> tuple[Activity, list[Finding]]:
    grids, findings = read_workbook(path, file.name)
    if is_return(grids):
        return read_return(grids, file, context, findings)
    parts = []
    for grid in grids:
        if grid.scan is not None and grid.scan.hidden:
            continue
        part, found = _read_sheet(grid, file, context)
        findings += found
        if part is not None:
            parts.append(part)
    if grids and not parts and not any(item.severity == "error" for item in findings):
        sheets = ", ".join(grid.sheet for grid in grids)
        findings.append(finding("workbook-no-data", Place(file.name), sheets=sheets))
    return Activity.concat(parts), findings


def _read_sheet(grid: Grid, file: InputFile, context: Context) -> tuple[Activity | None, list[Finding]]:
    """A sheet by what it is; None for a sheet that is neither a form nor a table (instructions, lists)."""
    balance = load_balance()
    header = long_header(grid)
    if header is not None:
        raw, findings = read_long_sheet(grid, header)
        if raw is None:
            return Activity.empty((file,)), findings
        if not len(raw) and not has_errors(findings):
            return Activity.empty((file,)), [*findings, finding("no-records", grid.place(header, 0))]
        activity, found = understand(raw, context, file)
        return activity, findings + found
    # Before the balance: an industry table names energies across, as a balance does.
    official, findings = read_form(grid, context, file)
    if official is not None:
        return official, findings
    form = upright(grid, balance)
    if form is not None:
        return read_balance_sheet(form, balance, context, file)
    if any(cell != "" for cells in grid.rows for cell in cells):
        lost = marker_lost(grid)
        return None, [lost or finding("sheet-skipped", Place(file.name, grid.sheet))]
    return None, []


def _read_text(path: Path, file: InputFile, context: Context) -> tuple[Activity, list[Finding]]:
    encoding, problem = sniff(path, file.name)
    if problem is not None:
        return Activity.empty(), [problem]
    if _begins_return(path, encoding):
        return _read_return_text(path, file, encoding, context)
    header = read_header(path, encoding)
    if header is None:
        return Activity.empty(), [finding("file-empty", Place(file.name))]
    place = Place(file.name, line=header.lines)
    wrong = header_findings(header.names, place)
    if not wrong:
        raw, findings = read_long_csv(path, file.name, encoding, header)
        if not len(raw) and not has_errors(findings):
            return Activity.empty((file,)), [*findings, finding("no-records", place)]
        activity, found = understand(raw, context, file)
        return activity, findings + found
    if is_long_header(header.names):
        return Activity.empty(), wrong
    if separated := separator_finding(path, encoding, header, place):
        return Activity.empty(), [separated]
    if path.stat().st_size > _FORM_BYTES:
        return Activity.empty(), [finding("csv-unknown", place)]
    try:
        official, findings = read_form(grid_of_texts(file.name, decode(path, encoding)), context, file)
        if official is not None:
            return official, findings
        grid, separator = _form_grid(path, file.name, encoding)
    except csv.Error as error:
        return Activity.empty(), [finding("csv-broken", place, reason=error)]
    if grid is not None and separator == ",":
        return read_balance_sheet(grid, load_balance(), context, file)
    if grid is not None:
        name_zh, name_en = SEPARATORS[separator]
        return Activity.empty(), [finding("csv-separator", place, found=name_zh, found_en=name_en)]
    return Activity.empty(), wrong if resembles_long_header(header.names) else [finding("csv-unknown", place)]


def _begins_return(path: Path, encoding: str) -> bool:
    """True when the first lines of a text file hold the marker of a return."""
    with path.open(encoding=read_as(encoding), newline="") as stream:
        return MARK in stream.read(_HEAD)


def _read_return_text(
    path: Path, file: InputFile, encoding: str, context: Context
) -> tuple[Activity, list[Finding]]:
    """One sheet of a return, saved as text. Tabs do as well as commas; with semicolons a comma may be a decimal."""
    place = Place(file.name)
    if path.stat().st_size > _FORM_BYTES:
        return Activity.empty(), [finding("csv-unknown", place)]
    try:
        for separator in (",", *SEPARATORS):
            grid = grid_of_texts(file.name, decode(path, encoding, separator))
            if not has_columns(grid):
                continue
            if separator in _RETURN_SEPARATORS:
                return read_return([grid], file, context)
            name_zh, name_en = SEPARATORS[separator]
            return Activity.empty(), [finding("csv-separator", place, found=name_zh, found_en=name_en)]
        return read_return([grid_of_texts(file.name, decode(path, encoding))], file, context)
    except csv.Error as error:
        return Activity.empty(), [finding("csv-broken", place, reason=error)]


def _form_grid(path: Path, name: str, encoding: str) -> tuple[Grid | None, str]:
    """The balance form in a text file, and the separator under which it is one. Raises: csv.Error."""
    for separator in (",", *SEPARATORS):
        form = upright(grid_of_texts(name, decode(path, encoding, separator)), load_balance())
        if form is not None:
            return form, separator
    return None, ""
