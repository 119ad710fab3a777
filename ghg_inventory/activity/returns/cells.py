"""One cell of a return as a clerk filled it: a number, a notation key, nothing, or none of these."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from ghg_inventory.activity import words
from ghg_inventory.activity.grid import Cell, Trouble, cell_text
from ghg_inventory.activity.returns.reading import reading
from ghg_inventory.codes.words import fold

# NO（不存在）, NO-不存在: a key with its name beside it.
_BETWEEN = re.compile(r"[\s()（）:：,，、\-—]+")
_AMOUNT_AND_WORD = re.compile(r"([+-]?[0-9][0-9,.，]*)\s*([^0-9,.，\s].*)")
# Longer texts are no figure; they are looked at once and not kept.
_SHORT = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """What a cell says.

    kind: "blank", "number", "key" (a notation key, in `text`), "nothing" (无, —, /), "text", "trouble" (an error, a
    formula without result, a date, a yes/no; its kind in `why`). why: of a number, how it had to be normalised.
    """

    kind: str
    text: str = ""
    number: float = math.nan
    why: str = ""

    @property
    def is_answer(self) -> bool:
        """True for a number or a notation key."""
        return self.kind in ("number", "key")


BLANK = Entry("blank")


def read_entry(cell: Cell) -> Entry:
    """What a cell says."""
    if isinstance(cell, float):
        return Entry("number", cell_text(cell), cell)
    if isinstance(cell, Trouble):
        return Entry("trouble", cell.text, why=cell.kind)
    text = cell.strip()
    if not text:
        return BLANK
    return _short_entry(text) if len(text) <= _SHORT else _entry(text)


def _entry(text: str) -> Entry:
    seen = "".join(character for character in text if unicodedata.category(character) != "Cf")
    plain = fold(seen)
    if not plain:
        return BLANK
    number, why = words.amount_of(seen)
    if number is not None:
        return Entry("number", text, number, why)
    known = reading()
    key = known.keys.get(plain) or known.keys.get(_BETWEEN.sub(" ", plain).strip())
    if key is not None:
        return Entry("key", key)
    return Entry("nothing" if plain in known.nothing else "text", text)


_short_entry = lru_cache(maxsize=8192)(_entry)


def amount_and_unit(text: str) -> tuple[str, str] | None:
    """A number and the unit that somebody typed behind it; None for any other text.

    >>> amount_and_unit("12.5 万吨")
    ('12.5', '万吨')
    """
    match = _AMOUNT_AND_WORD.fullmatch(words.narrow(text))
    if match is None or words.unit_fault(match[2]) is not None:
        return None
    return match[1], match[2]
