"""Long-form CSV to `RawTable`: fast, bounded in memory, exact about line numbers.

pyarrow reads the file in batches, every column as text. Its rows are logical: a blank line is a row of
blanks, a line of the wrong shape is handed to us with its number. Physical line numbers follow from the
line breaks inside quoted cells, which are counted once per distinct word.
"""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from ghg_inventory.activity import words
from ghg_inventory.activity.decoding import decode as decode
from ghg_inventory.activity.decoding import read_as
from ghg_inventory.activity.decoding import sniff as sniff
from ghg_inventory.activity.raw import BAD, BLANK, NUMBER, OPTIONAL, REQUIRED, TEXT, NumberReader, RawTable
from ghg_inventory.activity.table import constant
from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.tables import Column, visible

_BLOCK = 1 << 22
# Numbers arrow itself reads; everything else (full-width digits, separators, "+5") goes to parse_number.
_PLAIN = r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$"
_SHAPE_LIMIT = 20
# Titles may take this many lines above the header.
_TITLE_LINES = 30
# What a column without a name is called inside; no header cell can begin with a space.
_NAMELESS = " nameless "
SEPARATORS = {";": ("分号", "semicolons"), "\t": ("制表符", "tabs"), "，": ("全角逗号", "full-width commas")}
# Chinese names of the columns: understood in messages, never read as a header.
_CHINESE = {
    "地区代码": "area_code", "行政区划代码": "area_code", "年份": "year", "年度": "year", "类别": "category",
    "变量": "variable", "品种": "item", "能源品种": "item", "数值": "value", "数量": "value", "单位": "unit",
    "计量单位": "unit", "技术": "technology", "符号": "notation", "来源": "source", "备注": "note", "说明": "note",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a long table: its names, and how many lines come before the first record.

    blank: columns without a name after the last named one, as spreadsheets leave them behind.
    """

    names: tuple[str, ...]
    lines: int
    blank: int = 0


def read_header(path: Path, encoding: str) -> Header | None:
    """The header: among the first lines the one that looks like it, else the first with anything in it.

    Titles may stand above it. None for a file that holds nothing but blank lines and comments.
    """
    first: Header | None = None
    with path.open(encoding=read_as(encoding), newline="") as stream:
        for lines, text in enumerate(stream, 1):
            if not text.strip(" \t\r\n,") or text.startswith("#"):
                continue
            header = _header(_fields(text), lines)
            first = first or header
            if is_long_header(header.names):
                return header
            if lines >= _TITLE_LINES:
                break
    return first


def _fields(text: str, separator: str = ",") -> list[str]:
    """The cells of one line; none for a line that is no CSV (a quote without end, 100 kB without a comma)."""
    try:
        return [visible(cell).strip() for cell in next(csv.reader([text], delimiter=separator))]
    except (csv.Error, StopIteration):
        return []


def _header(cells: list[str], lines: int) -> Header:
    size = len(cells)
    while cells and not cells[-1]:
        cells.pop()
    return Header(tuple(cells), lines, size - len(cells))


def separator_finding(path: Path, encoding: str, header: Header, place: Place) -> Finding | None:
    """A finding when the header is right but for its separator (semicolon, tab, full-width comma)."""
    with path.open(encoding=read_as(encoding), newline="") as stream:
        text = next(line for number, line in enumerate(stream, 1) if number == header.lines)
    for separator, (name_zh, name_en) in SEPARATORS.items():
        if is_long_header(tuple(_fields(text[:10_000], separator))):
            return finding("csv-separator", place, found=name_zh, found_en=name_en)
    return None


def header_findings(names: tuple[str, ...], place: Place) -> list[Finding]:
    """Unknown, missing and repeated column names of a long table, with suggestions."""
    known = (*REQUIRED, *OPTIONAL)
    missing = [name for name in REQUIRED if name not in names]
    unknown = [name for name in dict.fromkeys(names) if name not in known]
    found = [finding("column-repeated", place, column=name)
             for name in dict.fromkeys(names) if name in known and names.count(name) > 1]  # fmt: skip
    if unknown:
        pairs = [(name, meant) for name in unknown if (meant := _meant(name, known))]
        shown = ", ".join(f"{name} → {meant}" for name, meant in pairs)
        found.append(finding(
            "column-unknown", place, column=words.shortened(", ".join(name or "（ ）" for name in unknown)),
            known=", ".join(known), suggestion=shown,
            meant_zh=f"是否想写：{words.shortened(shown)}？" if shown else "",
            meant_en=f"Did you mean: {words.shortened(shown)}? " if shown else "",
        ))  # fmt: skip
    if missing:
        found.append(finding("column-missing", place, column=", ".join(missing)))
    return found


def _meant(name: str, known: tuple[str, ...]) -> str:
    """The column a header means: by its Chinese name, or by a near spelling; "" for none."""
    if name in _CHINESE:
        return _CHINESE[name]
    near = difflib.get_close_matches(name[:40].lower().replace(" ", "_"), known, n=1, cutoff=0.6)
    return near[0] if near else ""


def is_long_header(names: tuple[str, ...]) -> bool:
    """True when the names look like a long table's header, perhaps with mistakes."""
    return len(set(names) & set(REQUIRED)) >= 4


def resembles_long_header(names: tuple[str, ...]) -> bool:
    """True when most names are those of a long table in another spelling or in Chinese."""
    meant = {_meant(name, (*REQUIRED, *OPTIONAL)) for name in names}
    return len(meant & set(REQUIRED)) >= 4


def read_long_csv(path: Path, name: str, encoding: str, header: Header) -> tuple[RawTable, list[Finding]]:
    """The records of a long CSV whose header is known to be right.

    Lines with the wrong number of fields are findings; blank lines and comments (#) are skipped.
    """
    extra = [f"{_NAMELESS}{number}" for number in range(header.blank)]
    columns = [*header.names, *extra]
    collector = _Collector(name, header.lines)
    options = {
        "read_options": pacsv.ReadOptions(
            use_threads=False, block_size=_BLOCK, skip_rows=header.lines, column_names=columns,
            encoding={"utf-8": "utf8"}.get(encoding, encoding),
        ),
        "parse_options": pacsv.ParseOptions(
            ignore_empty_lines=False, invalid_row_handler=collector.misshapen
        ),
        "convert_options": pacsv.ConvertOptions(
            column_types={
                column: pa.string() if column == "value" else pa.dictionary(pa.int32(), pa.string())
                for column in columns
            },
            strings_can_be_null=False,
        ),
    }  # fmt: skip
    try:
        with pacsv.open_csv(path, **options) as reader:
            for batch in reader:
                collector.add(batch)
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error):
            collector.findings.append(finding("csv-broken", Place(name), reason=str(error)[:200]))
    return collector.table(), collector.findings


@dataclass(slots=True)
class _Words:
    """A growing column: batches of codes into one vocabulary."""

    numbers: dict[str, int] = field(default_factory=dict)
    codes: list[Any] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)

    def add(self, array: Any) -> None:
        lookup = np.empty(len(array.dictionary), dtype=np.int32)
        for index, text in enumerate(array.dictionary.to_pylist()):
            # Keyed by the text as read: stripping happens once, at the end.
            number = self.numbers.setdefault(text, len(self.numbers))
            if number == len(self.breaks):
                self.breaks.append(text.count("\n") or text.count("\r"))
            lookup[index] = number
        self.codes.append(lookup[array.indices.to_numpy()])

    def column(self) -> Column:
        codes = np.concatenate(self.codes) if self.codes else np.zeros(0, np.int32)
        self.codes.clear()
        words = [_tidy(text) for text in self.numbers]
        if len(words) == 1:
            return constant(words[0], len(codes))
        if words == list(self.numbers):
            return Column(codes, tuple(words))
        return Column(codes, tuple(self.numbers)).map(_tidy)


def _tidy(text: str) -> str:
    seen = visible(text, keep_breaks=True)
    return " ".join(seen.split()) if "\n" in seen or "\r" in seen else seen.strip()


@dataclass(slots=True)
class _Collector:
    """Batches on their way into a `RawTable`."""

    name: str
    header_lines: int
    words: dict[str, _Words] = field(default_factory=dict)
    values: list[Any] = field(default_factory=list)
    states: list[Any] = field(default_factory=list)
    bad: dict[int, str] = field(default_factory=dict)
    normalised: list[tuple[int, str, float, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    skipped: list[tuple[int, int]] = field(default_factory=list)  # (logical row from 1, line breaks inside)
    numbers: NumberReader = field(default_factory=NumberReader)
    rows: int = 0
    misshapen_count: int = 0

    def misshapen(self, row: Any) -> str:
        """Called by pyarrow for a line with the wrong number of fields; `number` counts from the start."""
        logical = row.number - self.header_lines
        self.skipped.append((logical, row.text.count("\n")))
        if row.text.strip(" \t,") and not row.text.startswith("#"):
            self.misshapen_count += 1
            if self.misshapen_count <= _SHAPE_LIMIT:
                line = self.header_lines + logical
                self.findings.append(
                    finding(
                        "csv-shape",
                        Place(self.name, line=line),
                        found=row.actual_columns,
                        expected_count=row.expected_columns,
                    )
                )
        return "skip"

    def add(self, batch: Any) -> None:
        for column in batch.schema.names:
            if column == "value":
                self._add_values(batch.column(column))
            else:
                self.words.setdefault(column, _Words()).add(batch.column(column))
        self.rows += len(batch)

    def _add_values(self, array: Any) -> None:
        plain = pc.match_substring_regex(array, _PLAIN)
        is_plain = plain.to_numpy(zero_copy_only=False)
        value = pc.cast(pc.if_else(plain, array, None), pa.float64()).to_numpy(zero_copy_only=False)
        state = np.where(is_plain, NUMBER, BAD).astype(np.uint8)
        is_plain &= np.isfinite(value)
        value = np.where(is_plain, value, np.nan)
        odd = np.flatnonzero(~is_plain)
        if len(odd):
            for index, text in zip(odd.tolist(), array.take(pa.array(odd)).to_pylist(), strict=True):
                state[index], value[index] = self._odd(self.rows + index, visible(text).strip())
        self.values.append(value)
        self.states.append(state)

    def _odd(self, row: int, text: str) -> tuple[int, float]:
        if not text:
            return BLANK, np.nan
        value, why = self.numbers.read(text)
        if value is None:
            self.bad[row] = text
            return BAD, np.nan
        if why:
            self.normalised.append((row, text, value, why))
        return NUMBER, value

    def table(self) -> RawTable:
        """Everything read so far, without blank and comment lines."""
        if self.misshapen_count > _SHAPE_LIMIT:
            self.findings.append(
                finding("csv-shape-more", Place(self.name), count=self.misshapen_count - _SHAPE_LIMIT)
            )
        line = self._lines()
        swallowed = self._swallowed()
        value = np.concatenate(self.values) if self.values else np.zeros(0)
        state = np.concatenate(self.states) if self.states else np.zeros(0, np.uint8)
        self.values.clear()
        self._report_nameless(line)
        self._report_invisible(line)
        texts = {column: held.column() for column, held in self.words.items()}
        blank = constant("", len(value))
        raw = RawTable(self.name, "", {name: texts.get(name, blank) for name in TEXT}, value, state,
                       np.asarray(line, np.int32), self.bad, tuple(self.normalised))  # fmt: skip
        for row in swallowed[:_SHAPE_LIMIT].tolist():
            self.findings.append(finding("csv-quote-open", Place(self.name, line=int(line[row]))))
        if len(swallowed):
            raw = _kept(raw, np.setdiff1d(np.arange(len(raw)), swallowed))
        return _without_comments(raw, next(iter(self.words), "area_code"))

    def _swallowed(self) -> Any:
        """Rows with a cell of several lines that holds a whole record: a double quote was never closed."""
        mask = np.zeros(self.rows, dtype=bool)
        fields = len(self.words) + 1
        for held in self.words.values():
            bad = [breaks > 0 and text.count(",") >= fields - 1
                   for text, breaks in zip(held.numbers, held.breaks, strict=True)]  # fmt: skip
            if any(bad):
                mask |= np.asarray(bad, dtype=bool)[np.concatenate(held.codes)]
        return np.flatnonzero(mask)

    def _report_nameless(self, line: Any) -> None:
        """Columns without a name are left out; something in them is an error."""
        for column in [name for name in self.words if name.startswith(_NAMELESS)]:
            texts = self.words.pop(column).column()
            filled = np.flatnonzero(np.asarray([word != "" for word in texts.words], bool)[texts.codes])
            if len(filled):
                place = Place(self.name, line=int(line[filled[0]]))
                text = words.shortened(texts.words[texts.codes[filled[0]]])
                self.findings.append(finding("column-nameless", place, text=text, count=len(filled)))

    def _report_invisible(self, line: Any) -> None:
        """Count the cells with characters that nobody sees; `_tidy` leaves them out."""
        mask = np.zeros(self.rows, dtype=bool)
        count = 0
        for held in self.words.values():
            odd = [visible(text, keep_breaks=True) != text for text in held.numbers]
            if any(odd):
                cells = np.asarray(odd, dtype=bool)[np.concatenate(held.codes)]
                count += int(cells.sum())
                mask |= cells
        if count:
            rows = np.flatnonzero(mask)[:5].tolist()
            place = Place(self.name, line=int(line[rows[0]]))
            lines = ", ".join(f"L{int(line[row])}" for row in rows)
            self.findings.append(finding("cells-invisible", place, count=count, cells=lines))

    def _lines(self) -> Any:
        """Physical line of each record: its logical number plus skipped lines and inner line breaks."""
        line = np.arange(self.header_lines + 1, self.header_lines + self.rows + 1, dtype=np.int32)
        for held in self.words.values():
            inner = np.asarray(held.breaks, dtype=np.int32)
            if inner.any():
                # A record starts after the breaks inside the records before it.
                line[1:] += np.cumsum(inner[np.concatenate(held.codes)])[:-1]
        if not self.skipped:
            return line
        shift = np.zeros(self.rows, dtype=np.int32)
        for seen, (row, inside) in enumerate(sorted(self.skipped)):
            # `row` counts skipped rows too: `seen` of them came before it.
            first = row - 1 - seen
            if first < self.rows:
                shift[first] += 1 + inside
        return line + np.cumsum(shift)


def _without_comments(raw: RawTable, first: str) -> RawTable:
    """Drop rows that are blank in every column and rows that start with #."""
    size = len(raw)
    blank = raw.state == BLANK
    for column in raw.texts.values():
        empty = np.fromiter((word == "" for word in column.words), dtype=bool, count=len(column.words))
        blank &= empty[column.codes] if size else blank
    leading = raw.texts.get(first)
    if leading is not None and size:
        comment = np.fromiter(
            (word.startswith("#") for word in leading.words), bool, count=len(leading.words)
        )
        blank |= comment[leading.codes]
    if not blank.any():
        return raw
    keep = np.flatnonzero(~blank)
    return _kept(raw, keep)


def _kept(raw: RawTable, keep: Any) -> RawTable:
    """Some rows of a table, with everything that is known about them."""
    moved = {int(old): new for new, old in enumerate(keep)} if raw.bad or raw.normalised else {}
    return RawTable(
        raw.file,
        raw.sheet,
        {name: column.take(keep) for name, column in raw.texts.items()},
        raw.value[keep],
        raw.state[keep],
        raw.line[keep],
        {moved[row]: text for row, text in raw.bad.items() if row in moved},
        tuple((moved[row], text, value, why) for row, text, value, why in raw.normalised if row in moved),
        raw.letters,
    )

