"""What a workbook hides from a value reader: error cells, formulas never computed, hidden rows, and how far it reaches.

calamine shows an error cell and a formula without cached value as blank, and a blank means nil on an
official form. So the XML is read once more, by expat.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ghg_inventory.activity.archive import (
    BROKEN,
    Refused,
    Start,
    members_of,
    open_archive,
    outside,
    parse,
    reason_of,
)
from ghg_inventory.activity.source import load
from ghg_inventory.errors import Finding, Place, finding

# A reader makes the whole rectangle from A1 to the last cell: one stray cell at XFD1048576 would be 549 GB.
# A long table of a million lines has 13 million.
MAX_CELLS = 16_000_000
# One text of the list of texts can stand in every cell: all of them together are bounded.
MAX_TEXT = 200_000_000
_BOOK = "xl/workbook.xml"


@dataclass(slots=True)
class SheetScan:
    """One sheet: cells by A1 name.

    errors: error cells with their text (#REF!); uncomputed: formulas without cached value;
    formulas: number of formulas with one; merged: merged ranges; hidden_rows: row numbers.
    last_row, last_column: how far cells with content reach, counted from 1.
    links: formula cells that fetch from another file or from the network.
    """

    name: str
    hidden: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    uncomputed: list[str] = field(default_factory=list)
    formulas: int = 0
    merged: list[str] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    last_row: int = 0
    last_column: int = 0
    links: list[str] = field(default_factory=list)


@dataclass(slots=True)
class BookScan:
    """The sheets in workbook order, and what in the book could run or reach out (member or stream names)."""

    sheets: list[SheetScan] = field(default_factory=list)
    macros: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


class Budget:
    """How much all sheets of a workbook may hold together, counted as it is found."""

    def __init__(self) -> None:
        self.cells = self.text = 0

    def take_reach(self, scan: SheetScan) -> None:
        """Count a sheet's rectangle. Raises: Refused, naming the far corner."""
        self.check(scan)
        self.cells += scan.last_row * scan.last_column

    def check(self, scan: SheetScan) -> None:
        """Whether a sheet, as far as it is known, still fits. Raises: Refused, naming the far corner."""
        if self.cells + scan.last_row * scan.last_column > MAX_CELLS:
            corner = cell_name(scan.last_row - 1, scan.last_column - 1)
            raise Refused("sheet-too-wide", sheet=scan.name, corner=corner)

    def take_text(self, characters: int) -> None:
        """Count the text of a cell. Raises: Refused."""
        self.text += characters
        if self.text > MAX_TEXT:
            raise Refused("workbook-too-much-text", limit=f"{MAX_TEXT // 1_000_000}")


def scan_workbook(path: Path, shown: str) -> tuple[tuple[SheetScan, ...], list[Finding]]:
    """The scan of every sheet of an .xlsx in workbook order; an error finding and () when the file is refused."""
    content, problem = load(path, shown)
    if problem is not None:
        return (), [problem]
    try:
        return tuple(scan_xlsx(open_archive(content)).sheets), []
    except Refused as refusal:
        return (), [refused(refusal, shown)]
    except BROKEN as error:
        return (), [finding("workbook-corrupt", Place(shown), reason=reason_of(error))]


def refused(refusal: Refused, shown: str) -> Finding:
    """The finding of a refusal."""
    return finding(refusal.name, Place(shown), severity="", **refusal.values)


def scan_xlsx(archive: zipfile.ZipFile) -> BookScan:
    """Every sheet of an open .xlsx. Raises: Refused, and those of BROKEN."""
    names = archive.namelist()
    book = BookScan(macros=members_of(names, "macros"), links=members_of(names, "links"))
    budget = Budget()
    lengths = _text_lengths(archive)
    for name, part, hidden in _sheet_parts(archive):
        scan = SheetScan(name, hidden)
        parse(archive, part, *_sheet_handlers(scan, lengths, budget))
        budget.take_reach(scan)
        book.sheets.append(scan)
    if not book.sheets:
        raise Refused("workbook-corrupt", reason="no worksheet")
    if len({scan.name for scan in book.sheets}) != len(book.sheets):
        raise Refused("workbook-corrupt", reason="two sheets of the same name")
    return book


def _text_lengths(archive: zipfile.ZipFile) -> list[int]:
    """Characters of every entry of the list of texts."""
    member = "xl/sharedStrings.xml"
    lengths: list[int] = []
    if member not in archive.namelist():
        return lengths

    def start(name: str, _: dict[str, str]) -> None:
        if name == "si":
            lengths.append(0)

    def text(data: str) -> None:
        if lengths:
            lengths[-1] += len(data)

    parse(archive, member, start, None, text)
    return lengths


def _sheet_parts(archive: zipfile.ZipFile) -> list[tuple[str, str, bool]]:
    """(sheet name, member, hidden) in workbook order."""
    targets: dict[str, str] = {}
    sheets: list[tuple[str, str, bool]] = []

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            target = attributes.get("Target", "")
            targets[attributes.get("Id", "")] = (
                target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            )

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            key = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            sheets.append((attributes.get("name", ""), key, attributes.get("state", "visible") != "visible"))

    parse(archive, "xl/_rels/workbook.xml.rels", relation)
    parse(archive, _BOOK, sheet)
    known = set(archive.namelist())
    return [(name, targets[key], hidden) for name, key, hidden in sheets
            if key in targets and targets[key] in known and "chartsheet" not in targets[key]]  # fmt: skip


def _sheet_handlers(
    scan: SheetScan, lengths: list[int], budget: Budget
) -> tuple[Start, Callable[[str], None], Callable[[str], None]]:
    """Handlers that fill `scan` from a worksheet part."""
    cell: dict[str, Any] = {}
    reading: list[str] = []
    # Row and column of the last cell: one that does not say where it is comes next to it.
    at = [0, 0]

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            at[1] += 1
            cell.clear()
            cell.update(
                ref=attributes.get("r") or cell_name(max(at[0] - 1, 0), at[1] - 1),
                type=attributes.get("t", ""),
                value="",
                formula=False,
                cached=False,
                code="",
            )
        elif name == "v" and cell:
            cell["cached"] = True
            reading.append("v")
        elif name == "f" and cell:
            cell["formula"] = True
            reading.append("f")
        elif name == "row":
            at[0], at[1] = int(attributes.get("r") or at[0] + 1), 0
            if attributes.get("hidden") in ("1", "true"):
                scan.hidden_rows.append(at[0])
        elif name == "mergeCell":
            scan.merged.append(attributes.get("ref", ""))

    def end(name: str) -> None:
        if reading and name == reading[-1]:
            reading.pop()
        elif name == "c" and cell:
            _note_cell(scan, cell)
            budget.take_text(_characters(cell, lengths))
            cell.clear()

    def text(data: str) -> None:
        if reading and cell:
            cell["value" if reading[-1] == "v" else "code"] += data

    return start, end, text


def _note_cell(scan: SheetScan, cell: dict[str, Any]) -> None:
    """An empty <v/> is a cached value only for a formula whose type says text."""
    if cell["cached"] or cell["formula"] or cell["type"]:
        _note_reach(scan, cell["ref"])
    if cell["code"] and reaches_out(cell["code"]):
        scan.links.append(cell["ref"])
    if cell["type"] == "e":
        scan.errors[cell["ref"]] = cell["value"] or "#ERROR"
    elif cell["formula"]:
        if cell["value"] or (cell["cached"] and cell["type"] == "str"):
            scan.formulas += 1
        else:
            scan.uncomputed.append(cell["ref"])


def _characters(cell: dict[str, Any], lengths: list[int]) -> int:
    """How much text a cell holds: its own, or that of the entry which it names."""
    value = cell["value"]
    if cell["type"] != "s":
        return len(value)
    number = int(value) if value.isdecimal() and len(value) < 10 else -1
    return lengths[number] if 0 <= number < len(lengths) else 0


@cache
def _fetching() -> re.Pattern[str]:
    """A reference to another file ([1]Sheet!A1, 'file:///x'#A1), a DDE link (a|b!c), or a function that fetches."""
    functions = "|".join(re.escape(name) for name in outside()["formulas"]["functions"])
    return re.compile(rf"\[\d+\][^\[\]]*!|'file:|\|[^!|]*!|\b(?:{functions})\s*\(", re.IGNORECASE)


def reaches_out(formula: str) -> bool:
    """True for a formula that takes something from another file or from the network.

    >>> reaches_out("[1]Sheet1!A1"), reaches_out('_xlfn.WEBSERVICE("http://x")'), reaches_out("SUM(A1:B2)")
    (True, True, False)
    """
    return _fetching().search(formula[:4000]) is not None


def _note_reach(scan: SheetScan, ref: str) -> None:
    """Keep how far the sheet reaches. Kept cheap: this runs once per cell of a long table."""
    letters = ref.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    scan.last_column = max(scan.last_column, column)
    scan.last_row = max(scan.last_row, int(ref[len(letters) :] or 0))


def split_cell(name: str) -> tuple[int, int]:
    """Row and column from 0 of an A1 name. Raises: ValueError.

    >>> split_cell("C12")
    (11, 2)
    """
    match = re.fullmatch(r"([A-Z]{1,3})([1-9]\d*)", name)
    if match is None:
        raise ValueError(f"not a cell name: {name!r}")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def cell_name(row: int, column: int) -> str:
    """The A1 name of a cell whose row and column count from 0.

    >>> cell_name(11, 27)
    'AB12'
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"
