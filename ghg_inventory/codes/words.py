"""How a person's spelling is compared with ours: exact after folding, or close enough to suggest."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from ghg_inventory.errors import DataFileError
from ghg_inventory.tables import Row, read_rows

_FOLDER = Path(__file__).parent


def fold(text: str) -> str:
    """Full-width to half-width (NFKC), lower case, single spaces: what two equal names have in common.

    >>> fold(" 天然气（气田） ") == fold("天然气(气田)")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def closest(text: str, names: Mapping[str, str], count: int = 3) -> tuple[str, ...]:
    """Up to `count` distinct values of `names` (folded name → code) whose names are nearest to `text`.

    Names that contain the text come first (煤油 for 煤), then difflib's similarity of at least 0.5.
    """
    wanted = fold(text)
    if not wanted:
        return ()
    inside = sorted((name for name in names if wanted in name), key=lambda name: (len(name), name))
    near = difflib.get_close_matches(wanted, names, n=3 * count, cutoff=0.5)
    ranked = [*near[:1], *inside, *near[1:]] if near and _alike(wanted, near[0]) > 0.8 else [*inside, *near]
    return tuple(dict.fromkeys(names[name] for name in ranked))[:count]


def _alike(left: str, right: str) -> float:
    return difflib.SequenceMatcher(None, left, right).ratio()


def shipped_rows(name: str, columns: Iterable[str]) -> list[Row]:
    """Rows of a CSV shipped in this folder. Raises: DataFileError when our own file is damaged."""
    rows, findings = read_rows(_FOLDER / name, tuple(columns))
    if findings:
        raise DataFileError(findings[0].line("en"))
    return rows


def split_list(text: str, mark: str = ";") -> tuple[str, ...]:
    """The parts of a list cell, without blanks.

    >>> split_list("CO2;CH4")
    ('CO2', 'CH4')
    """
    return tuple(part.strip() for part in text.split(mark) if part.strip())
