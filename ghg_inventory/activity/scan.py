"""What a workbook hides from a value reader: error cells, formulas never computed, hidden rows — and bombs.

calamine shows an error cell and a formula without cached value as blank, and a blank means nil on an
official form. So the XML is read once more, by expat, with no DTD and within limits on size.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from ghg_inventory.errors import Finding, Place, finding

# A form of 60 × 60 cells unpacks to under 1 MB; a long table of 10^6 lines to about 400 MB.
MAX_MEMBERS = 2_000
MAX_BYTES = 600_000_000
MAX_RATIO = 250
_RATIO_FROM = 2_000_000
# A reader makes the whole rectangle from A1 to the last cell: one stray cell at XFD1048576 would be 549 GB.
MAX_CELLS = 40_000_000
_CHUNK = 1 << 20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(slots=True)
class SheetScan:
    """One sheet: cells by A1 name.

    errors: error cells with their text (#REF!); uncomputed: formulas without cached value;
    formulas: number of formulas with one; merged: merged ranges; hidden_rows: row numbers.
    last_row, last_column: how far cells with content reach, counted from 1.
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


class _Refused(Exception):
    """The file is not one we read; carries the finding's name and values."""

    def __init__(self, name: str, **values: object) -> None:
        super().__init__(name)
        self.name = name
        self.values = values


def scan_workbook(path: Path, shown: str) -> tuple[tuple[SheetScan, ...], list[Finding]]:
    """The scan of every sheet in workbook order; an error finding and () when the file is refused."""
    try:
        return _scan(path), []
    except _Refused as refusal:
        return (), [finding(refusal.name, Place(shown), severity="", **refusal.values)]
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError, KeyError, NotImplementedError,
            RuntimeError, ValueError, expat.ExpatError, UnicodeError) as error:  # fmt: skip
        return (), [finding("workbook-corrupt", Place(shown), reason=_reason(error))]


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:160]


def _scan(path: Path) -> tuple[SheetScan, ...]:
    with path.open("rb") as stream:
        start = stream.read(8)
    if not start:
        raise _Refused("file-empty")
    if start == _OLE:
        raise _Refused("workbook-encrypted")
    if start[:4] != b"PK\x03\x04":
        raise _Refused("workbook-corrupt", reason="not a zip container")
    with zipfile.ZipFile(path) as archive:
        _check_size(archive)
        sheets = []
        for name, part, hidden in _sheet_parts(archive):
            scan = SheetScan(name, hidden)
            _parse(archive, part, *_sheet_handlers(scan))
            _check_reach(scan)
            sheets.append(scan)
    if not sheets:
        raise _Refused("workbook-corrupt", reason="no worksheet")
    return tuple(sheets)


def _check_size(archive: zipfile.ZipFile) -> None:
    """Refuse by what the directory declares; the readers below stop at what it declared."""
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    worst = max(
        (m.file_size / max(m.compress_size, 1) for m in members if m.file_size > _RATIO_FROM), default=0.0
    )  # fmt: skip
    if len(members) > MAX_MEMBERS or total > MAX_BYTES or worst > MAX_RATIO:
        raise _Refused(
            "workbook-too-large",
            members=len(members),
            megabytes=f"{total / 1e6:.0f}",
            ratio=f"{worst:.0f}",
            limit_members=MAX_MEMBERS,
            limit_megabytes=MAX_BYTES // 1_000_000,
            limit_ratio=MAX_RATIO,
        )
    if len({member.filename for member in members}) != len(members):
        raise _Refused("workbook-corrupt", reason="two members of the same name")
    if any(member.flag_bits & 1 for member in members):
        raise _Refused("workbook-encrypted")
    for member in members:
        _drain(archive, member)


def _check_reach(scan: SheetScan) -> None:
    """Refuse a sheet whose cells span more than memory can hold, naming the far corner."""
    if scan.last_row * scan.last_column > MAX_CELLS:
        corner = cell_name(scan.last_row - 1, scan.last_column - 1)
        raise _Refused("sheet-too-wide", sheet=scan.name, corner=corner)


def _drain(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Unpack once: a member that unpacks to more than it declares, or fails its checksum, is corrupt."""
    seen = 0
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            seen += len(chunk)
            if seen > member.file_size:
                raise _Refused("workbook-corrupt", reason=f"{member.filename} is larger than declared")


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

    _parse(archive, "xl/_rels/workbook.xml.rels", relation)
    _parse(archive, "xl/workbook.xml", sheet)
    known = set(archive.namelist())
    return [(name, targets[key], hidden) for name, key, hidden in sheets
            if key in targets and targets[key] in known and "chartsheet" not in targets[key]]  # fmt: skip


Start = Callable[[str, dict[str, str]], None]


def _parse(
    archive: zipfile.ZipFile, member: str, start: Start,
    end: Callable[[str], None] | None = None, text: Callable[[str], None] | None = None,
) -> None:  # fmt: skip
    """Feed one member to expat; names come without their namespace prefix. A DTD is refused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: Any) -> None:
        raise _Refused("workbook-dtd", member=member)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
    if end is not None:
        finish = end
        parser.EndElementHandler = lambda name: finish(name.rpartition(":")[2])
    if text is not None:
        parser.CharacterDataHandler = text
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
    parser.Parse(b"", True)


def _sheet_handlers(scan: SheetScan) -> tuple[Start, Callable[[str], None], Callable[[str], None]]:
    """Handlers that fill `scan` from a worksheet part."""
    cell: dict[str, Any] = {}
    reading: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            cell.clear()
            cell.update(
                ref=attributes.get("r", ""),
                type=attributes.get("t", ""),
                value="",
                formula=False,
                cached=False,
            )
        elif name == "v" and cell:
            cell["cached"] = True
            reading.append("v")
        elif name == "f" and cell:
            cell["formula"] = True
        elif name == "row" and attributes.get("hidden") in ("1", "true"):
            scan.hidden_rows.append(int(attributes.get("r", "0")))
        elif name == "mergeCell":
            scan.merged.append(attributes.get("ref", ""))

    def end(name: str) -> None:
        if name == "v" and reading:
            reading.pop()
        elif name == "c" and cell:
            _note_cell(scan, cell)
            cell.clear()

    def text(data: str) -> None:
        if reading:
            cell["value"] += data

    return start, end, text


def _note_cell(scan: SheetScan, cell: dict[str, Any]) -> None:
    """An empty <v/> is a cached value only for a formula whose type says text."""
    if cell["cached"] or cell["formula"] or cell["type"]:
        _note_reach(scan, cell["ref"])
    if cell["type"] == "e":
        scan.errors[cell["ref"]] = cell["value"] or "#ERROR"
    elif cell["formula"]:
        if cell["value"] or (cell["cached"] and cell["type"] == "str"):
            scan.formulas += 1
        else:
            scan.uncomputed.append(cell["ref"])


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
