"""Strict text readers: everything is text until we convert it, and every conversion can fail with words.

A CSV is read as text columns (never pandas' guesses: it turns the notation key NA into NaN and the
category 1.10 into 1.1). `Column` is how text lives inside the program: int32 codes into a vocabulary, so
that a check or a conversion runs once per distinct word and never once per row.
"""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tomli

from ghg_inventory.errors import DataFileError, Finding, Place, finding

IntArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """A text column: row i holds `words[codes[i]]`. Words are distinct; "" is the blank cell."""

    codes: IntArray
    words: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Column:
        """Encode texts; words are numbered in order of first appearance."""
        numbers: dict[str, int] = {}
        codes = [numbers.setdefault(text, len(numbers)) for text in texts]
        return cls(np.asarray(codes, dtype=np.int32), tuple(numbers))

    def texts(self) -> list[str]:
        """The column spelled out, one str per row."""
        return [self.words[code] for code in self.codes]

    def take(self, rows: npt.NDArray[Any]) -> Column:
        """The rows chosen by index or mask, with the same vocabulary."""
        return Column(self.codes[rows], self.words)

    def map(self, function: Any) -> Column:
        """A column whose words are `function(word)`, called once per distinct word."""
        numbers: dict[str, int] = {}
        lookup = [numbers.setdefault(function(word), len(numbers)) for word in self.words]
        return Column(np.asarray(lookup, dtype=np.int32)[self.codes], tuple(numbers))

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a text table: its place and its cells by column name."""

    place: Place
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


def read_text(path: Path) -> str | None:
    """The file's text, trying UTF-8 (with or without BOM), UTF-16 with BOM, then GB18030; None if none fits."""
    raw = path.read_bytes()
    encodings = ["utf-16"] if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\x00" in text else text
    return None


def read_rows(
    path: Path, columns: Sequence[str], optional: Sequence[str] = (), name: str = ""
) -> tuple[list[Row], list[Finding]]:
    """Rows of a CSV whose header must be `columns` (any order) plus any of `optional`.

    Blank lines and lines that start with # are skipped. Cells are stripped of outer spaces. A file with
    a wrong header, a bad encoding or no file gives no rows and a finding.
    """
    shown = name or path.name
    if not path.is_file():
        return [], [finding("file-missing", Place(shown), name=path)]
    text = read_text(path)
    if text is None:
        return [], [finding("file-encoding", Place(shown))]
    try:
        lines = _cells_by_line(text)
    except csv.Error as error:
        return [], [finding("csv-broken", Place(shown), reason=error)]
    rows: list[Row] = []
    findings: list[Finding] = []
    header: list[str] | None = None
    for line, cells in lines:
        if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
            continue
        stripped = [cell.strip() for cell in cells]
        if header is None:
            header = stripped
            wrong = _header_finding(header, columns, optional, Place(shown, line=line))
            if wrong:
                return [], [wrong]
            continue
        place = Place(shown, line=line)
        if len(stripped) != len(header):
            findings.append(finding("csv-shape", place, found=len(stripped), expected_count=len(header)))
            continue
        rows.append(Row(place, dict(zip(header, stripped, strict=True))))
    if header is None:
        missing = _header_finding([], columns, optional, Place(shown, line=1))
        return [], [missing] if missing else []
    return rows, findings


def _cells_by_line(text: str) -> list[tuple[int, list[str]]]:
    """(line where the record ends, cells) of each record. Raises: csv.Error for a cell beyond 128 kB."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=False)
    return [(reader.line_num, cells) for cells in reader]


def _header_finding(
    header: Sequence[str], columns: Sequence[str], optional: Sequence[str], place: Place
) -> Finding | None:
    unknown = [c for c in header if c not in columns and c not in optional]
    missing = [c for c in columns if c not in header]
    repeated = sorted({c for c in header if header.count(c) > 1})
    if not unknown and not missing and not repeated:
        return None
    return finding(
        "csv-header", place, unknown=", ".join(unknown + repeated) or "–",
        missing=", ".join(missing) or "–", expected=", ".join(columns),
    )  # fmt: skip


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file. Raises: DataFileError with file and line when it is malformed or not UTF-8."""
    try:
        return tomli.loads(path.read_text(encoding="utf-8"))
    except tomli.TOMLDecodeError as error:
        raise DataFileError(f"{path.name}: not valid TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise DataFileError(f"{path.name}: not UTF-8 text: {error}") from error


def require_keys(entry: dict[str, Any], required: Iterable[str], optional: Iterable[str], where: str) -> None:
    """Raises: DataFileError naming every unknown and every missing key of a TOML entry."""
    unknown = sorted(entry.keys() - set(required) - set(optional))
    missing = sorted(set(required) - entry.keys())
    if unknown or missing:
        words = [f"unknown key {key!r}" for key in unknown] + [f"missing key {key!r}" for key in missing]
        raise DataFileError(f"{where}: {'; '.join(words)}")


# Zero-width characters, marks of direction and their overrides, and controls: nobody sees them, every comparison does.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\ufeff\ufff9-\ufffb]"
)
_BREAKS = re.compile(r"[\t\r\n\x85\u2028\u2029]+")
# What makes a spreadsheet take a text for a formula, also in full width (OWASP: CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def visible(text: str, keep_breaks: bool = False) -> str:
    """The text without characters that nobody sees; line breaks and tabs become spaces unless kept.

    >>> visible("原\\u200b煤\\u202e")
    '原煤'
    """
    if text.isprintable():
        return text
    plain = _INVISIBLE.sub("", text)
    return plain if keep_breaks else _BREAKS.sub(" ", plain)


def runs_as_formula(text: str) -> bool:
    """True for a text that a spreadsheet would run on opening a CSV. A number or a lone dash is none.

    >>> [runs_as_formula(text) for text in ("=1+1", "@x", "-5.2", "-", "原煤")]
    [True, True, False, False, False]
    """
    if not text.startswith(_FORMULA_STARTS):
        return False
    return len(text.strip()) > 1 and parse_number(text)[0] is None


def safe_text(text: str) -> str:
    """The text for a cell of a CSV: with an apostrophe in front where a spreadsheet would run it.

    Numbers as text stay as they are. A lone carriage return becomes a line feed: CSV writers do not quote it, and
    what follows it would stand at the beginning of a line. Every export of text to CSV goes through here.
    >>> safe_text("=cmd|' /C calc'!A0"), safe_text("-5.2")
    ("'=cmd|' /C calc'!A0", '-5.2')
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    return f"'{plain}" if runs_as_formula(plain) else plain


# ASCII digits only: \d would also match full-width digits, which must be logged as normalised.
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[,'][0-9]{3})+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")
_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_MINUS = str.maketrans({"−": "-", "–": "-", "—": "-", "﹣": "-"})


def parse_number(text: str) -> tuple[float | None, str]:
    """The number a person wrote, and why it had to be normalised ("" when it was plain).

    Full-width digits, true minus signs, inner spaces and thousands separators are accepted; anything
    else, NaN and infinity included, gives (None, "").
    >>> parse_number("１，234.5")
    (1234.5, 'full-width characters, thousands separator')
    """
    plain = text.strip()
    if any(unicodedata.category(character) in ("No", "Nl") for character in plain):
        return None, ""  # 123①, 10²: Unicode would make digits of them
    if _PLAIN.fullmatch(plain):
        return _finite(float(plain)), ""
    reasons = []
    narrow = unicodedata.normalize("NFKC", plain).translate(_MINUS).replace("，", ",").replace("．", ".")
    if narrow != plain:
        reasons.append("full-width characters")
    closed = re.sub(r"(?<=\d)[\s\u00a0\u202f\u2009](?=\d{3}(?!\d))", ",", narrow).strip()
    closed = re.sub(r"^([+-])\s+", r"\1", closed)
    if _GROUPED.fullmatch(closed):
        reasons.append("thousands separator")
        closed = closed.replace(",", "").replace("'", "")
    if not _PLAIN.fullmatch(closed):
        return None, ""
    return _finite(float(closed)), ", ".join(reasons) or "spaces"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
