"""The words of the reports: `report_templates/words/{zh,en}.toml`, one sentence per key, blanks in braces."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from functools import cache
from typing import Any

from markupsafe import Markup

from ghg_inventory.errors import DataFileError
from ghg_inventory.paths import data_folder
from ghg_inventory.report.rich import rich
from ghg_inventory.tables import read_toml

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language. keys: "chapter.section.word"."""

    lang: str
    entries: dict[str, str]

    def plain(self, key: str, **values: object) -> str:
        """The words of `key` as plain text with its blanks filled. Raises: KeyError for an unknown key."""
        return spaced(self.entries[key].format(**values)) if values else self.entries[key]

    def __call__(self, key: str, **values: object) -> Markup:
        """The words of `key` as HTML: formulas subscripted, blanks filled, `*x*` bold."""
        text = _bold(rich(self.entries[key]))
        filled = {name: value if isinstance(value, Markup) else rich(str(value)) for name, value in values.items()}
        return Markup(spaced(str(text).format(**filled))) if values else text  # noqa: S704  # blanks are escaped

    def has(self, key: str) -> bool:
        """True when the language has words for `key`."""
        return key in self.entries

    def blanks(self, key: str) -> set[str]:
        """The names of the blanks of `key`."""
        return {name for _, name, _, _ in string.Formatter().parse(self.entries[key]) if name}

    def date(self, iso: str) -> str:
        """An ISO date (2026-11-23) in words of the language; blank stays blank, anything else is shown as it is."""
        parts = iso.split("-")
        if len(parts) != 3 or not all(part.isdigit() for part in parts):
            return iso
        year, month, day = (int(part) for part in parts)
        return self.plain("format.date", year=year, month=self.entries[f"month.{month}"], day=day)

    def joined(self, names: list[str]) -> str:
        """A list in words: 甲、乙和丙; A, B and C."""
        if len(names) < 2:
            return "".join(names)
        text = self.entries["list.comma"].join(names[:-1]) + self.entries["list.and"] + names[-1]
        return spaced(text)


# A filled-in Latin name touches the Chinese around it; 万 and 亿 belong to their unit (万t).
_TOUCHING = re.compile(
    r"(?<=[A-Za-z0-9\u00c0-\u024f%)])(?=[\u4e00-\u9fff])"
    r"|(?<=[\u4e00-\u9fff])(?<![\u4e07\u4ebf])(?=[A-Za-z0-9\u00c0-\u024f])"
)


def spaced(text: str) -> str:
    """A space wherever Chinese and Latin text or digits touch.

    >>> spaced("在Mendoza的10万t")
    '在 Mendoza 的 10 万t'
    """
    return _TOUCHING.sub(" ", text)


def _bold(text: Markup) -> Markup:
    parts = str(text).split("*")
    marked = [f"<strong>{part}</strong>" if number % 2 else part for number, part in enumerate(parts)]
    return Markup("".join(marked))  # noqa: S704  # parts of Markup


def flatten(table: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested tables as dotted keys."""
    found: dict[str, str] = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            found |= flatten(value, f"{name}.")
        else:
            found[name] = str(value)
    return found


@cache
def words(lang: str) -> Words:
    """The words of `lang`. Raises: DataFileError for a language we have no words in."""
    if lang not in LANGUAGES:
        raise DataFileError(f"no report words in {lang!r}; there are {', '.join(LANGUAGES)}")
    return Words(lang, flatten(read_toml(data_folder("report_templates") / "words" / f"{lang}.toml")))


@cache
def template_data(name: str) -> dict[str, Any]:
    """A data file of report_templates: units, palette, parts, outline."""
    return read_toml(data_folder("report_templates") / f"{name}.toml")


