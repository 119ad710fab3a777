"""Frames as an Excel workbook, written column by column: a ledger has millions of cells, most of them repeated words.

Only what a spreadsheet needs: sheets of numbers, truth values and shared text (ECMA-376 Part 1, 18.3 and 18.4). A
general writer makes an object of every cell and took ten times as long.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd

from ghg_inventory.tables import safe_text

_EPOCH = (2000, 1, 1, 0, 0, 0)
"""One time for every member: a workbook must not depend on when it was written."""
_MADE = "2000-01-01T00:00:00Z"
MAX_TEXT = 32767
"""Characters that a cell of Excel holds."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_CHUNK = 20_000
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="1"><xf xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def workbook(sheets: Mapping[str, pd.DataFrame]) -> bytes:
    """An .xlsx file with one sheet a frame, its columns named in the first row; the same frames, the same bytes.

    Missing values are blank cells. Characters that XML cannot hold are left out, longer texts cut at MAX_TEXT.
    """
    words: dict[str, int] = {}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, frame in enumerate(sheets.values(), start=1):
            _add(archive, f"xl/worksheets/sheet{number}.xml", _sheet(frame, words))
        for name, content in _parts(list(sheets)).items():
            _add(archive, name, [content])
        _add(archive, "xl/sharedStrings.xml", _shared(words))
    return out.getvalue()


def safe_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame for a CSV: text and headings that a spreadsheet would run get an apostrophe (tables.safe_text).

    Numbers stay numbers. A workbook needs none of it: its texts are text cells, which nothing runs.
    """
    out = frame.rename(columns=lambda name: safe_text(str(name)))
    for number, dtype in enumerate(frame.dtypes):
        if str(dtype) not in ("object", "str", "string"):
            continue
        column = frame.iloc[:, number]
        changed = {word: safe_text(word) for word in set(filter(_is_text, column))}
        changed = {word: safe for word, safe in changed.items() if word != safe}
        if changed:
            out.isetitem(number, column.map(lambda value, changed=changed: changed.get(value, value)))
    return out


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _add(archive: zipfile.ZipFile, name: str, parts: Iterable[str]) -> None:
    member = zipfile.ZipInfo(name, date_time=_EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(member, "w", force_zip64=True) as stream:
        for part in parts:
            stream.write(part.encode("utf-8"))


def _sheet(frame: pd.DataFrame, words: dict[str, int]) -> Iterable[str]:
    """The XML of a sheet, some thousand rows at a time."""
    yield f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'
    letters = [_letters(number) for number in range(1, len(frame.columns) + 1)]
    head = "".join(
        _text(f"{letter}1", str(name), words) for letter, name in zip(letters, frame.columns, strict=True)
    )
    yield f'<row r="1">{head}</row>'
    for start in range(0, len(frame), _CHUNK):
        part = frame.iloc[start : start + _CHUNK]
        first = start + 2
        columns = [_cells(part.iloc[:, i], letter, first, words) for i, letter in enumerate(letters)]
        yield "".join(
            f'<row r="{number}">{"".join(cells)}</row>'
            for number, cells in enumerate(zip(*columns, strict=True), start=first)
        )
    yield "</sheetData></worksheet>"


def _cells(column: pd.Series, letter: str, first: int, words: dict[str, int]) -> list[str]:
    """The cells of one column from row `first` down; a blank is no cell at all."""
    if column.dtype.kind in "iu":
        return [f'<c r="{letter}{n}"><v>{v}</v></c>' for n, v in enumerate(column.tolist(), start=first)]
    if column.dtype.kind == "f":
        return [
            f'<c r="{letter}{n}"><v>{v!r}</v></c>' if math.isfinite(v) else ""
            for n, v in enumerate(column.tolist(), start=first)
        ]
    return [_cell(f"{letter}{n}", v, words) for n, v in enumerate(column.tolist(), start=first)]


def _cell(place: str, value: object, words: dict[str, int]) -> str:
    """A cell of a column of mixed kinds."""
    if isinstance(value, str):
        return _text(place, value, words)
    if value is None or value is pd.NA or value != value:  # a missing number
        return ""
    if isinstance(value, bool | np.bool_):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | np.integer):
        return f'<c r="{place}"><v>{int(value)}</v></c>'
    if isinstance(value, float | np.floating):
        return f'<c r="{place}"><v>{float(value)!r}</v></c>'
    return _text(place, str(value), words)


def _text(place: str, value: str, words: dict[str, int]) -> str:
    """Text by its number in the list of the workbook; an empty one is a blank."""
    if not value:
        return ""
    return f'<c r="{place}" t="s"><v>{words.setdefault(value, len(words))}</v></c>'


def _shared(words: Mapping[str, int]) -> Iterable[str]:
    """The list of the texts, each once, in order of their numbers."""
    yield f'{_HEAD}<sst xmlns="{_MAIN}" uniqueCount="{len(words)}">'
    for word in words:
        clean = _ESCAPED.sub("_x005F_", _CONTROL.sub("", word[:MAX_TEXT]))
        yield f'<si><t xml:space="preserve">{escape(clean)}</t></si>'
    yield "</sst>"


def _letters(number: int) -> str:
    """The name of a column: 1 → A, 27 → AA.

    >>> _letters(28)
    'AB'
    """
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _parts(names: list[str]) -> dict[str, str]:
    """What makes a package of the sheets: types, relations, the workbook, the one style."""
    numbered = list(enumerate(names, start=1))
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_KIND}.worksheet+xml"/>'
        for n, _ in numbered
    )
    sheets = "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in numbered)
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n, _ in numbered
    )
    last = len(names)
    return {
        "[Content_Types].xml": (
            f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            '<Override PartName="/docProps/core.xml" '
            'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>'
            f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_KIND}.sharedStrings+xml"/>{types}</Types>'
        ),
        "_rels/.rels": (
            f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
            f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" '
            'Target="docProps/core.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{relations}'
            f'<Relationship Id="rId{last + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
            f'<Relationship Id="rId{last + 2}" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
            "</Relationships>"
        ),
        "xl/styles.xml": _STYLES,
        "docProps/core.xml": (
            f'{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
            'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            f'<dcterms:created xsi:type="dcterms:W3CDTF">{_MADE}</dcterms:created>'
            f'<dcterms:modified xsi:type="dcterms:W3CDTF">{_MADE}</dcterms:modified></cp:coreProperties>'
        ),
    }
