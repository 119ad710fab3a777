"""Text for a terminal: widths, wrapping and tables where a Chinese character takes two columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

# A line must not begin with these (Chinese typesetting, and closing marks in general).
_NO_BREAK_BEFORE = "，。、；：？！）》”’】…%,.;:?!)"
_NO_BREAK_AFTER = "（《“‘【("


def width(text: str) -> int:
    """Columns the text takes on a terminal: wide and full-width characters two, combining marks none."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, columns: int, right: bool = False) -> str:
    """The text filled up with spaces to `columns`; right=True puts them in front."""
    space = " " * max(0, columns - width(text))
    return space + text if right else text + space


def wrap(text: str, columns: int) -> list[str]:
    """Lines of at most `columns`: broken at spaces, and between Chinese characters where a line may break.

    A single word longer than the line is not broken.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph):
            if line and width(line + piece.rstrip()) > columns:
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        lines.append(line.rstrip())
    return lines


def _pieces(text: str) -> list[str]:
    """The text cut where a line may end; the pieces joined are the text."""
    pieces: list[str] = []
    for character in text:
        previous = pieces[-1][-1] if pieces else ""
        if not pieces or _may_break(previous, character):
            pieces.append(character)
        else:
            pieces[-1] += character
    return pieces


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in _NO_BREAK_BEFORE or before in _NO_BREAK_AFTER:
        return False
    return before == " " or _columns(before) == 2 or _columns(after) == 2


def table(
    rows: Iterable[Sequence[str]], header: Sequence[str] = (), right: Iterable[int] = (), indent: str = ""
) -> str:
    """Rows as aligned columns, two spaces between; `right` numbers the columns set to the right."""
    lines = [list(header), *(list(row) for row in rows)] if header else [list(row) for row in rows]
    if not lines:
        return ""
    flush_right = {*right}
    widths = [max(width(line[n]) for line in lines) for n in range(len(lines[0]))]
    if header:
        lines.insert(1, ["─" * columns for columns in widths])
    return "\n".join(
        indent + "  ".join(pad(c, widths[n], n in flush_right) for n, c in enumerate(line)).rstrip()
        for line in lines
    )


def number(value: float | None) -> str:
    """A figure with thousands separators and six significant digits at least; "–" for none."""
    if value is None or value != value:
        return "–"
    if value == 0:
        return "0"
    size = abs(value)
    digits = 0 if size >= 100_000 else 2 if size >= 100 else 4 if size >= 0.1 else 8
    return f"{value:,.{digits}f}"
