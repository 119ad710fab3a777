"""The container of .xlsx and .ods: a zip, checked before anything is unpacked and read without ever being extracted.

Member names are keys and nothing else: `../` in one leads nowhere. XML is read by expat, with no DTD.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any
from xml.parsers import expat

from ghg_inventory.tables import read_toml

# A form of 60 × 60 cells unpacks to under 1 MB; a long table of 10^6 lines to about 400 MB.
MAX_MEMBERS = 2_000
MAX_BYTES = 600_000_000
MAX_RATIO = 250
_RATIO_FROM = 2_000_000
_CHUNK = 1 << 20
_ENCRYPTED = 1
Start = Callable[[str, dict[str, str]], None]
# What a damaged container, or hostile XML in it, can raise.
BROKEN = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError, LookupError, NotImplementedError,
    RuntimeError, ValueError, OverflowError, expat.ExpatError,
)  # fmt: skip


class Refused(Exception):
    """The file is not one we read; carries the finding's name and values."""

    def __init__(self, name: str, **values: object) -> None:
        super().__init__(name)
        self.name = name
        self.values = values


def reason_of(error: BaseException) -> str:
    """An error as a short reason for a message."""
    return f"{type(error).__name__}: {error}"[:160]


def open_archive(content: bytes) -> zipfile.ZipFile:
    """The container, after every member was unpacked once and thrown away. Raises: Refused, and those of BROKEN."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    _check_size(archive.infolist())
    for member in archive.infolist():
        _drain(archive, member)
    return archive


def _check_size(members: list[zipfile.ZipInfo]) -> None:
    """Refuse by what the directory declares; the readers below stop at what it declared."""
    total = sum(member.file_size for member in members)
    worst = max(
        (m.file_size / max(m.compress_size, 1) for m in members if m.file_size > _RATIO_FROM), default=0.0
    )
    if len(members) > MAX_MEMBERS or total > MAX_BYTES or worst > MAX_RATIO:
        raise Refused(
            "workbook-too-large", members=len(members), megabytes=f"{total / 1e6:.0f}", ratio=f"{worst:.0f}",
            limit_members=MAX_MEMBERS, limit_megabytes=MAX_BYTES // 1_000_000, limit_ratio=MAX_RATIO,
        )  # fmt: skip
    if len({member.filename for member in members}) != len(members):
        raise Refused("workbook-corrupt", reason="two members of the same name")
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise Refused("workbook-encrypted")


def _drain(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Unpack once: a member that unpacks to more than it declares, or fails its checksum, is corrupt."""
    seen = 0
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            seen += len(chunk)
            if seen > member.file_size:
                raise Refused("workbook-corrupt", reason=f"{member.filename[:60]} is larger than declared")


def parse(
    archive: zipfile.ZipFile, member: str, start: Start,
    end: Callable[[str], None] | None = None, text: Callable[[str], None] | None = None,
) -> None:  # fmt: skip
    """Feed one member to expat; element names come without their namespace prefix. A DTD is refused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: Any) -> None:
        raise Refused("workbook-dtd", member=member)

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


@cache
def outside() -> dict[str, Any]:
    """What in a workbook could run or reach out: outside.toml."""
    return read_toml(Path(__file__).with_name("outside.toml"))


def members_of(names: Iterable[str], what: str) -> list[str]:
    """The members that are `what` ("macros", "links")."""
    beginnings = tuple(outside()["members"][what])
    return [name for name in names if name.startswith(beginnings) and not name.endswith("/")]
