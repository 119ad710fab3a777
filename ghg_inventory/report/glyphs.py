"""Characters that the report's fonts do not hold: a finding each, never a box or another font in silence."""

from __future__ import annotations

import html
import re
from functools import cache

from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.paths import data_folder

_TAG = re.compile(r"<style>.*?</style>|<[^>]*>", re.DOTALL)
_BLANK = frozenset("\n\r\t")


@cache
def coverage() -> frozenset[str]:
    """Every character that all Chinese faces hold, from fonts/coverage.txt."""
    path = data_folder("report_templates") / "fonts" / "coverage.txt"
    found: set[str] = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            first, _, last = line.partition("-")
            found.update(map(chr, range(int(first, 16), int(last or first, 16) + 1)))
    return frozenset(found)


def missing_glyphs(page: str, name: str) -> tuple[Finding, ...]:
    """One finding for each character of an HTML page that the fonts lack, with the words around it.

    name: the report's name, the place of the finding.
    """
    text = html.unescape(_TAG.sub("\u0020", page))
    lost = sorted(set(text) - coverage() - _BLANK)
    return tuple(
        finding("font-missing-glyph", Place(name), char=char, code=f"U+{ord(char):04X}", around=_around(text, char))
        for char in lost
    )


def _around(text: str, char: str) -> str:
    at = text.index(char)
    return " ".join(text[max(0, at - 12) : at + 13].split())
