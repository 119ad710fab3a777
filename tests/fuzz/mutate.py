"""Files that somebody could send, bent: bytes, members of a container, XML, cells, encodings."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CELLS = (
    "", "0", "-1", "1e309", "NaN", "1,234", "１２", "=1+1", "=cmd|' /C calc'!A0", "@x", "#REF!", "NO", "2021-01-01",
    "TRUE", "\u202e原煤", "原\u200b煤", "a\nb", "\t", "..\\..\\x", "\x01", "x" * 40_000, "𠮷", "\ufeff", "万吨", '"', "-",
    "ghg-return/1 sheet=cover template=cover@1 area=510703 year=2021 lang=zh", "#columns", "#units", "#blanks",
)  # fmt: skip
NUMBERS = (
    b"0",
    b"-1",
    b"1",
    b"255",
    b"65535",
    b"65536",
    b"1048576",
    b"16384",
    b"2147483647",
    b"99999999999999999999",
    b"1e400",
    b"NaN",
    b"",
)
TOKENS = (
    b"</row>", b"<row>", b'<c r="XFD1048576"><v>1</v></c>', b'<c r="A0"><v>1</v></c>', b'<c r="" t="s"><v>-1</v></c>',
    b'<c t="e"><v/></c>', b"<f>[1]x!A1</f>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&#0;", b"&amp;", b"<![CDATA[x]]>",
    b"<!--", b'<mergeCell ref="A1:XFD1048576"/>', b'<mergeCell ref="?"/>', b't="d"', b't="b"', b't="inlineStr"',
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b'"', b",", b'table:number-rows-repeated="1048576"',
    b'table:number-columns-repeated="16384"', b'office:value="x"', b'office:value-type="date"',
)  # fmt: skip
Random = random.Random


@cache
def seeds(also: Path | None = None) -> list[tuple[str, bytes]]:
    """(suffix, content) of real files of every kind we read, and of those of the folder `also`."""
    long = (ROOT / "examples/mendoza/input/activity.csv").read_bytes()
    lines = long.split(b"\n")
    short = b"\n".join(lines[:40])
    chosen = [ROOT / "examples/sichuan/input/energy_balance_2021.xlsx",
              ROOT / "examples/sichuan/input_csv/energy_balance_2012.csv",
              *sorted((ROOT / "tests/data/hostile").glob("*"))]  # fmt: skip
    chosen += sorted(also.iterdir()) if also else []
    files = [(path.suffix, path.read_bytes()) for path in chosen if path.is_file()]
    text = short.decode("utf-8")
    files += [(".csv", short), (".csv", text.encode("utf-16")), (".csv", text.encode("gb18030"))]
    return [(suffix, content) for suffix, content in files if len(content) < 400_000]


def mutated(random_: Random, files: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    """One bent file and its suffix, which may lie."""
    suffix, content = random_.choice(files)
    for _ in range(random_.choice((1, 1, 1, 2, 3, 8))):
        content = _bend(random_, content)
    if random_.random() < 0.05:
        suffix = random_.choice((".xlsx", ".xls", ".ods", ".csv", ".xlsm", ".txt"))
    return suffix, content


def _bend(random_: Random, content: bytes) -> bytes:
    if content[:2] == b"PK" and random_.random() < 0.85:
        return _bend_container(random_, content)
    if content[:4] == b"\xd0\xcf\x11\xe0":
        return random_.choice((_flip, _flip, _word, _cut, _swap))(random_, content)
    if content[:2] != b"PK" and random_.random() < 0.5:
        return _bend_cells(random_, content)
    return random_.choice((_flip, _cut, _swap, _insert, _repeat))(random_, content)


def _flip(random_: Random, content: bytes) -> bytes:
    out = bytearray(content)
    for _ in range(random_.choice((1, 2, 5, 30)) if out else 0):
        out[random_.randrange(len(out))] = random_.choice((0, 0xFF, 0x80, random_.randrange(256)))
    return bytes(out)


def _word(random_: Random, content: bytes) -> bytes:
    """A little-endian number of the binary format made extreme."""
    out = bytearray(content)
    at = random_.randrange(0, max(len(out) - 4, 1), 2)
    size = random_.choice((2, 4))
    out[at : at + size] = random_.choice((0, 1, 0x7FFF, 0xFFFF, random_.randrange(65536))).to_bytes(
        size, "little"
    )
    return bytes(out)


def _cut(random_: Random, content: bytes) -> bytes:
    first, last = sorted(random_.randrange(len(content) + 1) for _ in range(2))
    return content[:first] if random_.random() < 0.5 else content[:first] + content[last:]


def _swap(random_: Random, content: bytes) -> bytes:
    if len(content) < 64:
        return content
    size = random_.choice((1, 8, 64, 512))
    first, second = (random_.randrange(max(len(content) - size, 1)) for _ in range(2))
    out = bytearray(content)
    out[first : first + size], out[second : second + size] = (
        content[second : second + size],
        content[first : first + size],
    )
    return bytes(out)


def _insert(random_: Random, content: bytes) -> bytes:
    at = random_.randrange(len(content) + 1)
    return content[:at] + random_.choice(TOKENS) + content[at:]


def _repeat(random_: Random, content: bytes) -> bytes:
    first, last = sorted(random_.randrange(len(content) + 1) for _ in range(2))
    piece = content[first : min(last, first + 4096)]
    return content[:first] + piece * random_.choice((2, 10, 200)) + content[last:]


def _bend_cells(random_: Random, content: bytes) -> bytes:
    """A text file with some of its cells, lines or its encoding changed."""
    for encoding in ("utf-8-sig", "utf-16", "gb18030"):
        try:
            lines = content.decode(encoding).split("\n")
            break
        except UnicodeError:
            continue
    else:
        return _flip(random_, content)
    for _ in range(random_.choice((1, 2, 6))):
        at = random_.randrange(len(lines))
        cells = lines[at].split(",")
        cells[random_.randrange(len(cells))] = random_.choice(CELLS)
        lines[at] = ",".join(cells)
    target = random_.choice(
        (encoding, encoding, encoding, "utf-8", "utf-16-le", "utf-16-be", "gb18030", "utf-16")
    )
    return random_.choice(("\n", "\n", "\r\n", "\r")).join(lines).encode(target, "replace")


def _bend_container(random_: Random, content: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [(item.filename, archive.read(item)) for item in archive.infolist()]
    except Exception:  # an earlier change broke the container: bend the bytes
        return _flip(random_, content)
    if not members:
        return content
    change = random_.random()
    at = random_.randrange(len(members))
    name, data = members[at]
    if change < 0.06:
        del members[at]
    elif change < 0.10:
        members[at] = (
            random_.choice(("../../etc/x", "/abs", "xl/vbaProject.bin", "x" * 300, "a\x00b")),
            data,
        )
    elif change < 0.14:
        other = random_.randrange(len(members))
        members[at], members[other] = (name, members[other][1]), (members[other][0], data)
    else:
        wanted = [i for i, (member, _) in enumerate(members) if member.endswith(".xml")]
        at = random_.choice(wanted or [at])
        members[at] = (members[at][0], _bend_xml(random_, members[at][1]))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", random_.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def _bend_xml(random_: Random, data: bytes) -> bytes:
    change: Callable[[Random, bytes], bytes] = random_.choice((_attribute, _attribute, _number, _number, _element, _insert, _flip, _cut, _content, _content))  # fmt: skip
    return change(random_, data)


def _spot(random_: Random, pattern: bytes, data: bytes) -> re.Match[bytes] | None:
    found = list(re.finditer(pattern, data))
    return random_.choice(found) if found else None


def _attribute(random_: Random, data: bytes) -> bytes:
    spot = _spot(random_, rb'"[^"<>]{0,80}"', data)
    if spot is None:
        return data
    others = _spot(random_, rb'"[^"<>]{0,80}"', data)
    new = random_.choice(
        (b'"' + random_.choice(NUMBERS) + b'"', others[0] if others else b'""', b'"&#x202e;"')
    )
    return data[: spot.start()] + new + data[spot.end() :]


def _number(random_: Random, data: bytes) -> bytes:
    spot = _spot(random_, rb"\d+(\.\d+)?", data)
    return data if spot is None else data[: spot.start()] + random_.choice(NUMBERS) + data[spot.end() :]


def _element(random_: Random, data: bytes) -> bytes:
    """An element dropped, repeated, or put elsewhere."""
    spot = _spot(random_, rb"<[^<>]{1,400}>", data)
    if spot is None:
        return data
    if random_.random() < 0.4:
        return data[: spot.start()] + data[spot.end() :]
    if random_.random() < 0.5:
        return data[: spot.end()] + spot[0] * random_.choice((1, 3, 300)) + data[spot.end() :]
    at = random_.randrange(len(data))
    return data[:at] + spot[0] + data[at:]


def _content(random_: Random, data: bytes) -> bytes:
    spot = _spot(random_, rb">[^<>]+<", data)
    if spot is None:
        return data
    text = random_.choice(CELLS).encode("utf-8").replace(b"<", b"&lt;")
    return data[: spot.start() + 1] + text + data[spot.end() - 1 :]
