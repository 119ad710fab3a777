"""The encoding of a text file, and its text: UTF-8, UTF-16 with or without byte-order mark, GB18030.

Nothing is guessed that could turn characters into others: a file that is half one and half the other is refused.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path

from ghg_inventory.activity.source import kind_of, not_a_file
from ghg_inventory.errors import Finding, Place, finding

_BLOCK = 1 << 22
# Characters without a line break after which a file is no table.
MAX_LINE = 4_000_000
_HEAD = 4096
_WORKBOOKS = ("zip", "ole")
# Three Chinese characters in UTF-8: in GBK text these nine bytes next to each other are next to impossible.
_CHINESE = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}){3}")


def sniff(path: Path, shown: str) -> tuple[str, Finding | None]:
    """Encoding of a text file ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030"), or why it is none."""
    place = Place(shown)
    if problem := not_a_file(path, shown):
        return "", problem
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if not head:
        return "", finding("file-empty", place)
    kind = kind_of(head)
    if kind.name in _WORKBOOKS:
        return "", finding("file-is-workbook", place, suffix=path.suffix or "–")
    verdict = ""
    for encoding in _candidates(head):
        verdict = _verdict(path, encoding)
        if verdict == "nul":
            return "", finding("file-nul", place)
        if verdict == "long":
            return "", finding("text-line-long", place, limit=MAX_LINE // 1_000_000)
        if verdict == "yes":
            mixed = _not_utf8(path) if encoding == "gb18030" else 0
            return ("", finding("text-mixed", Place(shown, line=mixed))) if mixed else (encoding, None)
    return "", _undecodable(path, head, place)


def read_as(encoding: str) -> str:
    """The name under which Python reads a file of this encoding: without its byte-order mark."""
    return "utf-8-sig" if encoding == "utf-8" else encoding


def decode(path: Path, encoding: str, separator: str = ",") -> list[list[str]]:
    """All cells of a small CSV (a balance form), line by line as the csv module sees them."""
    text = path.read_bytes().decode(read_as(encoding))
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def _candidates(head: bytes) -> tuple[str, ...]:
    """Encodings to try. UTF-16 without its mark shows by every second byte of plain letters being NUL."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ("utf-16",)
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 8 > len(head) and min(even, odd) == 0:
        return ("utf-16-le",) if odd else ("utf-16-be",)
    return ("utf-8", "gb18030")


def _verdict(path: Path, encoding: str) -> str:
    """ "yes", "no", "nul" when the text holds a NUL character, "long" when a line has no end."""
    decoder = codecs.getincrementaldecoder(encoding)()
    since_break = 0
    with path.open("rb") as stream:
        try:
            while block := stream.read(_BLOCK):
                text = decoder.decode(block)
                if "\x00" in text:
                    return "nul"
                last = max(text.rfind("\n"), text.rfind("\r"))
                since_break = len(text) - last - 1 if last >= 0 else since_break + len(text)
                if since_break > MAX_LINE:
                    return "long"
            decoder.decode(b"", final=True)
        except UnicodeError:
            return "no"
    return "yes"


def _not_utf8(path: Path) -> int:
    """The first line that is no UTF-8, in a file where other lines are plainly Chinese in UTF-8; 0 for none."""
    first = plainly = 0
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if line.isascii():
                continue
            try:
                line.decode("utf-8-sig")
            except UnicodeDecodeError:
                first = first or number
            else:
                plainly += bool(_CHINESE.search(line))
            if first and plainly:
                return first
    return 0


def _undecodable(path: Path, head: bytes, place: Place) -> Finding:
    """Where a file ceases to be text; without a line when it never was."""
    if _candidates(head)[0] in ("utf-16-le", "utf-16-be"):  # the NULs were none of UTF-16
        return finding("file-nul", place)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or kind_of(head).name != "text":
        return finding("file-encoding", place)
    if mixed := _not_utf8(path):
        return finding("text-mixed", Place(place.file, line=mixed))
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            fault = _fault(line)
            if fault:
                return finding("text-undecodable", Place(place.file, line=number), bytes=fault)
    return finding("file-encoding", place)


def _fault(line: bytes) -> str:
    """The bytes of a line that are neither UTF-8 nor GB18030, as hexadecimal; "" for none."""
    faults = []
    for encoding in ("utf-8", "gb18030"):
        try:
            line.decode(encoding)
        except UnicodeDecodeError as error:
            faults.append(line[error.start : error.start + 4].hex(" "))
        else:
            return ""
    return faults[-1]
