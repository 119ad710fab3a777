"""Words and colours of a marked copy (annotate.toml)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from openpyxl.styles import Font, PatternFill

from ghg_inventory.tables import read_toml

LANGUAGES = ("zh", "en")


@cache
def _table() -> Mapping[str, Any]:
    return read_toml(Path(__file__).parent / "annotate.toml")


def say(key: str, lang: str, **blanks: object) -> str:
    """The words under `key` with its blanks filled. Raises: KeyError for a key that is not in the file."""
    text: str = _table()[lang][key]
    for name, value in blanks.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def heads(lang: str) -> list[str]:
    """Headers of the list of findings."""
    return list(_table()[lang]["head"])


def fill_of(name: str) -> PatternFill:
    """The ground of a severity, or of the header."""
    return PatternFill("solid", fgColor=f"FF{_table()['colours'][name]['fill']}")


def font_of(name: str, lang: str, **more: Any) -> Font:
    """The letters on that ground; "link" for a link, "" for plain text."""
    colour = "FF222222" if not name else _table()["colours"][name]
    if isinstance(colour, Mapping):
        colour = colour["text"]
    return Font(name=say("font", lang), color=f"FF{colour[-6:]}", **{"size": 10, **more})


def colour_of(name: str) -> str:
    """The colour of letters on the ground of a severity, with full opacity."""
    return f"FF{_table()['colours'][name]['text']}"
