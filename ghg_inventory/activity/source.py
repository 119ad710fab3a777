"""A file as bytes, read once and with care: what it is by its first bytes, and whether it is one at all.

A pipe would be waited for without end, a folder raises, a file that grows while it is read is two files. So the
file is opened without waiting, looked at, read once, and looked at again.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.tables import read_rows

# A form is under 1 MB; a long table of 10^6 lines about 60 MB as .xlsx.
MAX_FILE = 200_000_000
_HEAD = 4096
_PAGE = re.compile(
    rb"^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype html|html|head|body|table|meta|style|div|\?mso|workbook)",
    re.I | re.S,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is: `name` for the program ("zip", "ole", "page", "text", "pdf" …), words for people."""

    name: str
    zh: str
    en: str


_UNKNOWN = Kind("unknown", "不认识的文件", "of no kind we know")


def load(path: Path, shown: str) -> tuple[bytes, Finding | None]:
    """The content of a regular file, or b"" and why it cannot be read."""
    place = Place(shown)
    try:
        # Not waiting: opening a pipe that nobody writes to would never return.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        return b"", finding("file-unreadable", place, reason=error.strerror or str(error))
    try:
        return _read(handle, place)
    except OSError as error:
        return b"", finding("file-unreadable", place, reason=error.strerror or str(error))
    finally:
        os.close(handle)


def _read(handle: int, place: Place) -> tuple[bytes, Finding | None]:
    """All of an open file, if it is one. Raises: OSError."""
    before = os.fstat(handle)
    if not stat.S_ISREG(before.st_mode):
        return b"", finding("file-not-regular", place)
    if before.st_size > MAX_FILE:
        size = f"{before.st_size / 1e6:.0f}"
        return b"", finding("file-too-large", place, megabytes=size, limit=MAX_FILE // 1_000_000)
    with os.fdopen(handle, "rb", closefd=False) as stream:
        # One byte more than there should be: a file that grows meanwhile is noticed, not followed.
        content = stream.read(before.st_size + 1)
    if len(content) != before.st_size or os.fstat(handle).st_mtime_ns != before.st_mtime_ns:
        return b"", finding("file-changed", place)
    return content, None


def not_a_file(path: Path, shown: str) -> Finding | None:
    """Why a path that exists cannot be read as a file: a folder, a pipe, a device; None for a regular file."""
    return None if path.is_file() else finding("file-not-regular", Place(shown))


def kind_of(content: bytes) -> Kind:
    """What the content is, by its first bytes; "text" or "unknown" when no signature fits."""
    for signature, kind in _signatures():
        if content.startswith(signature):
            return kind
    head = content[:_HEAD]
    if _PAGE.match(_narrow(head)):
        return Kind("page", "网页或 XML 表格", "a web page or an XML table")
    return Kind("text", "文本文件", "a text file") if _is_text(head) else _UNKNOWN


def _narrow(head: bytes) -> bytes:
    """The beginning of a text without byte-order mark and without the NULs of UTF-16."""
    head = head.removeprefix(b"\xef\xbb\xbf")
    return head[2:].replace(b"\x00", b"") if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head


def _is_text(head: bytes) -> bool:
    """No control characters but those of lines, as text files have."""
    return not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", _narrow(head))


@cache
def _signatures() -> tuple[tuple[bytes, Kind], ...]:
    rows, _ = read_rows(Path(__file__).with_name("kinds.csv"), ("kind", "hex", "zh", "en"))
    return tuple((bytes.fromhex(row["hex"]), Kind(row["kind"], row["zh"], row["en"])) for row in rows)
