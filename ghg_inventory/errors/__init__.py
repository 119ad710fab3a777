"""Findings (what is wrong with data) and the exception tree (what is wrong with use or installation).

    GhgError
    ├── DataFileError     a file we ship or were given cannot be read as what it claims to be
    ├── WorkspaceError    no workspace here, or its inventory.toml is wrong
    ├── StoreError        the store refused; nothing was written
    └── MissingLibrary    a system library (Pango) is missing; the message names the packages

Bad data never raises: it becomes a `Finding`, is collected, and all of them are shown.
A finding's words live in `messages/*.toml`, one entry per stable name, in Chinese and English.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import tomli

SEVERITIES = ("error", "warning", "info")


class GhgError(Exception):
    """Anything this package raises on purpose. `str()` is one plain sentence for the user."""


class DataFileError(GhgError):
    """A data file cannot be read as what it claims to be; the text names file and line."""


class WorkspaceError(GhgError):
    """The working folder is not a workspace, or its inventory.toml is wrong."""


class StoreError(GhgError):
    """The store refused the change; nothing was written."""


class MissingLibrary(GhgError):
    """A system library is missing; the text names the packages to install."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding points: file, then sheet and cell (workbook) or line (text file)."""

    file: str = ""
    sheet: str = ""
    cell: str = ""
    line: int = 0

    def __str__(self) -> str:
        text = self.file
        if self.line:
            text += f":{self.line}"
        if self.sheet:
            text += f" [{self.sheet}]"
        if self.cell:
            text += f" {self.cell}"
        return text


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about the data that somebody must know.

    name: stable check name, a key of the message catalogue, e.g. "unknown-unit".
    severity: "error" (exit code 1), "warning" or "info".
    place: where to look.
    values: the blanks of the message, as sorted (key, text) pairs.
    """

    name: str
    severity: str
    place: Place
    values: tuple[tuple[str, str], ...]

    def text(self, lang: str = "zh") -> str:
        """What is wrong, what was expected and the remedy, in `lang` ("zh" or "en"), one line each."""
        entry = catalogue()[self.name]
        blanks = dict(self.values)
        parts = [entry.get(f"{part}_{lang}", "") for part in ("what", "expected", "remedy")]
        return "\n".join(_fill(part, blanks) for part in parts if part)

    def line(self, lang: str = "zh") -> str:
        """The finding as printed: `place: severity: what [name]`, then indented expectation and remedy."""
        what, *rest = self.text(lang).split("\n")
        place = f"{self.place}: " if str(self.place) else ""
        word = _SEVERITY_WORDS[lang][self.severity]
        head = f"{place}{word}: {what}  [{self.name}]"
        return "\n".join([head, *(f"  {line}" for line in rest)])

    def as_dict(self) -> dict[str, object]:
        """For `--json`: every field, and the text in both languages."""
        place = self.place
        return {
            "name": self.name, "severity": self.severity, "file": place.file, "sheet": place.sheet,
            "cell": place.cell, "line": place.line, "values": dict(self.values),
            "text_zh": self.text("zh"), "text_en": self.text("en"),
        }  # fmt: skip


_SEVERITY_WORDS = {
    "zh": {"error": "错误", "warning": "警告", "info": "提示"},
    "en": {"error": "error", "warning": "warning", "info": "note"},
}


def finding(name: str, place: Place = NOWHERE, /, *, severity: str = "", **values: object) -> Finding:
    """A finding by catalogue name; `values` fill the blanks `{key}` of its messages.

    Raises: KeyError for a name that is not in the catalogue (a bug, not bad data).
    """
    entry = catalogue()[name]
    blanks = tuple(sorted((key, str(value)) for key, value in values.items()))
    return Finding(name, severity or entry["severity"], place, blanks)


def order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings without repetition, sorted by severity, then file, sheet, line, cell and name."""
    rank = {severity: number for number, severity in enumerate(SEVERITIES)}
    unique = dict.fromkeys(findings)
    return tuple(sorted(unique, key=lambda f: (
        rank[f.severity], f.place.file, f.place.sheet, f.place.line, _cell_key(f.place.cell), f.name, f.values,
    )))  # fmt: skip


def has_errors(findings: Iterable[Finding]) -> bool:
    """True when any finding is of severity "error": the command exits with 1."""
    return any(f.severity == "error" for f in findings)


def _cell_key(cell: str) -> tuple[int, int, str]:
    letters = cell.rstrip("0123456789")
    digits = cell[len(letters) :]
    return (int(digits) if digits else 0, len(letters), letters)


def _fill(template: str, blanks: dict[str, str]) -> str:
    """Replace `{key}` by its value. Not str.format: a value or template can hold braces of its own."""
    for key, value in blanks.items():
        template = template.replace("{" + key + "}", value)
    return template


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """The message catalogue: name → severity, what_zh, what_en, expected_*, remedy_* (optional).

    Raises: DataFileError for an entry that lacks a language or repeats a name.
    """
    entries: dict[str, dict[str, str]] = {}
    for path in sorted((Path(__file__).parent / "messages").glob("*.toml")):
        with path.open("rb") as stream:
            section = tomli.load(stream)
        for name, entry in section.items():
            if name in entries:
                raise DataFileError(f"{path.name}: the finding {name!r} is in the catalogue twice")
            if not {"severity", "what_zh", "what_en"} <= entry.keys():
                raise DataFileError(f"{path.name}: the finding {name!r} lacks severity, what_zh or what_en")
            entries[name] = entry
    return entries
