"""The fixed words of a blank return (template.toml)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ghg_inventory.tables import read_toml

_LANGUAGES = ("zh", "en")


@cache
def _table() -> Mapping[str, list[str]]:
    return read_toml(Path(__file__).parent / "template.toml")


def say(key: str, lang: str, **blanks: object) -> str:
    """The words under `key` with its blanks filled. Raises: KeyError for a key that is not in the file."""
    text = _table()[key][_LANGUAGES.index(lang)]
    for name, value in blanks.items():
        text = text.replace("{" + name + "}", str(value))
    return text
