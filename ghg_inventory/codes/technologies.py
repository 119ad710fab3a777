"""Technologies: rearing modes, water regimes, processes, incinerators … and what people call them.

technologies/*.csv, one table per sector. A technology is a word of a record that chooses among factors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ghg_inventory.codes.words import closest, fold, shipped_rows, split_list

_COLUMNS = ("code", "zh", "en", "aliases", "note")


@dataclass(frozen=True, slots=True)
class Technology:
    """One technology: its code and names."""

    code: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()
    note: str = ""

    def name(self, lang: str = "zh") -> str:
        """The name in "zh" or "en"."""
        return self.zh if lang == "zh" else self.en


class Technologies:
    """The technologies by code, in list order. One name may stand for different codes in different sectors."""

    def __init__(self, rows: Iterable[Technology]) -> None:
        """Raises: ValueError for a repeated code."""
        self._rows: dict[str, Technology] = {}
        self._choices: dict[tuple[str, ...], dict[str, str]] = {}
        for row in rows:
            if row.code in self._rows:
                raise ValueError(f"the technology {row.code!r} is listed twice")
            self._rows[row.code] = row

    @classmethod
    def load(cls) -> Technologies:
        """The shipped technologies; read once per process."""
        return _shipped()

    def __contains__(self, code: object) -> bool:
        return code in self._rows

    def __iter__(self) -> Iterator[Technology]:
        return iter(self._rows.values())

    def name(self, code: str, lang: str = "zh") -> str:
        """The name in "zh" or "en"; the code itself when it is not in the list."""
        return self._rows[code].name(lang) if code in self._rows else code

    def find(self, text: str, among: Iterable[str]) -> str | None:
        """The code among `among` that a code, name or alias stands for; width and case do not matter."""
        return self._names(tuple(among)).get(fold(text))

    def suggest(self, text: str, among: Iterable[str]) -> tuple[str, ...]:
        """Up to three codes among `among` near a misspelt code, name or alias."""
        return closest(text, self._names(tuple(among)))

    def _names(self, among: tuple[str, ...]) -> dict[str, str]:
        """Every code, name and alias of these, folded; made once for each choice that a variable offers."""
        if among in self._choices:
            return self._choices[among]
        names: dict[str, str] = {}
        for code in among:
            row = self._rows.get(code, Technology(code, code, code))
            for text in (row.code, row.zh, row.en, *row.aliases):
                names.setdefault(fold(text), code)
        self._choices[among] = names
        return names


@cache
def _shipped() -> Technologies:
    tables = sorted((Path(__file__).parent / "technologies").glob("*.csv"))
    return Technologies(
        Technology(row["code"], row["zh"], row["en"], split_list(row["aliases"], "|"), row["note"])
        for table in tables
        for row in shipped_rows(f"technologies/{table.name}", _COLUMNS)
    )
