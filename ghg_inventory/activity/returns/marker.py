"""The marker in A1 of every sheet of a return: which sheet it is, of which template, whose, and of which year."""

from __future__ import annotations

import re
from dataclasses import dataclass

# The cover is no sheet of a template; its marker names it so.
COVER = "cover"
# First words of the hidden first column (see docs/returns.md).
COLUMNS, UNITS, BLANKS = "#columns", "#units", "#blanks"
_BEGIN = "ghg-return/1"
_TEXT = re.compile(
    rf"{_BEGIN} sheet=(\w+) template=(\w+)@([\w.]+) area=(\w[\w-]*) year=(\d{{4}}) lang=(zh|en)(?: scope=([\w,]*))?"
)


@dataclass(frozen=True, slots=True)
class Marker:
    """What a sheet says of itself. scope: departments the workbook was made for, () = all."""

    sheet: str
    template: str
    version: str
    area: str
    year: int
    lang: str
    scope: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = (
            f"{_BEGIN} sheet={self.sheet} template={self.template}@{self.version} area={self.area} "
            f"year={self.year} lang={self.lang}"
        )
        return f"{text} scope={','.join(self.scope)}" if self.scope else text

    @classmethod
    def read(cls, text: str) -> Marker | None:
        """The marker that a cell holds, None for any other text."""
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            return None
        sheet, template, version, area, year, lang, scope = found.groups()
        return cls(sheet, template, version, area, int(year), lang, tuple(filter(None, (scope or "").split(","))))


def looks_like_marker(text: str) -> bool:
    """True for a marker, also one that somebody damaged."""
    return text.strip().startswith("ghg-return")
