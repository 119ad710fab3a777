"""What a report is built of: chapters, sections and blocks, with every word and number already set.

Templates only walk these; they hold no arithmetic and no condition on a number. `number_blocks` gives tables,
figures and formulas their numbers (表 2-1) and resolves references written `[[id]]` in a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup, escape

BLANK = Markup("")

# A table of more rows or characters may be broken over pages; a shorter one moves to the next page whole.
KEEP_ROWS = 16
KEEP_TEXT = 1100


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text. kind: "body", "note" (small print), "empty" (why something is not here), "alarm"."""

    html: Markup
    kind: str = "body"


@dataclass(frozen=True, slots=True)
class Column:
    """A column. align: "num" (right), "text" (left), "mid", "id" (small, breakable). weight: relative width."""

    title: Markup
    align: str = "num"
    weight: float = 1.0
    group: Markup = BLANK


@dataclass(frozen=True, slots=True)
class Row:
    """A row of cells as printed. kind: "", "sub" (subtotal), "total", "head". level: indent.

    head: stands over the rows below it; with a single cell it spans all columns.
    """

    cells: tuple[Markup, ...]
    kind: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True)
class HeadCell:
    """A header cell: text, columns and rows it spans, alignment."""

    html: Markup
    columns: int
    rows: int
    align: str


@dataclass(frozen=True, slots=True)
class Table:
    """A three-rule table. unit: the line above it at the right. size: "normal", "small" or "tiny"."""

    id: str
    caption: Markup
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    unit: Markup = BLANK
    notes: tuple[Markup, ...] = ()
    size: str = "normal"
    number: str = ""

    @property
    def keep(self) -> bool:
        """True for a table short enough to stand whole on one page."""
        text = sum(len(cell) for row in self.rows for cell in row.cells)
        return len(self.rows) <= KEEP_ROWS and text <= KEEP_TEXT

    @property
    def indent_second(self) -> bool:
        """True when the first column is a code, so that the second one shows the depth."""
        return self.columns[0].align == "code"

    def widths(self) -> list[str]:
        """Column widths in per cent of the table."""
        total = sum(column.weight for column in self.columns)
        return [f"{100 * column.weight / total:.3f}%" for column in self.columns]

    def heads(self) -> list[list[HeadCell]]:
        """The header rows: one, or two when columns are grouped."""
        if not any(column.group for column in self.columns):
            return [[HeadCell(c.title, 1, 1, c.align) for c in self.columns]]
        top: list[HeadCell] = []
        bottom: list[HeadCell] = []
        for column in self.columns:
            if not column.group:
                top.append(HeadCell(column.title, 1, 2, column.align))
                continue
            bottom.append(HeadCell(column.title, 1, 1, column.align))
            if top and top[-1].rows == 1 and top[-1].html == column.group:
                top[-1] = replace(top[-1], columns=top[-1].columns + 1)
            else:
                top.append(HeadCell(column.group, 1, 1, "mid"))
        return [top, bottom]


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart as inline SVG. note: small print under it."""

    id: str
    caption: Markup
    svg: Markup
    note: Markup = BLANK
    number: str = ""


@dataclass(frozen=True, slots=True)
class Equation:
    """A method: title, its formula as HTML, what the symbols mean, where it is printed, when it is used (note)."""

    id: str
    title: Markup
    formula: Markup
    symbols: tuple[tuple[Markup, Markup, Markup], ...]
    source: Markup
    method: str = ""
    number: str = ""
    note: Markup = BLANK


@dataclass(frozen=True, slots=True)
class Card:
    """A key figure: label, number, unit and one line of context."""

    label: Markup
    value: Markup
    unit: Markup
    note: Markup = BLANK


@dataclass(frozen=True, slots=True)
class Cards:
    """The key figures of the summary."""

    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Label and value, line by line. mono: values set in small type that may break anywhere (hashes)."""

    id: str
    rows: tuple[tuple[Markup, Markup], ...]
    caption: Markup = BLANK
    number: str = ""


Block = Paragraph | Table | Figure | Equation | Cards | Facts


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered section; an untitled one holds the blocks that open a chapter."""

    id: str
    title: Markup
    blocks: tuple[Block, ...]
    number: str = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter. numbering: "arabic", "letter" (annex) or "" (unnumbered). wide: landscape pages.
    new_page: begins on a page of its own; a short chapter follows on instead.
    """

    id: str
    title: Markup
    sections: tuple[Section, ...]
    numbering: str = "arabic"
    wide: bool = False
    new_page: bool = False
    number: str = ""

    def blocks(self) -> Iterator[Block]:
        """Every block, in order."""
        for section in self.sections:
            yield from section.blocks


_REFERENCE = re.compile(r"\[\[([a-z0-9-]+)\]\]")
_WORD_OF = {Table: "table", Facts: "table", Figure: "figure", Equation: "equation"}


def number_chapters(chapters: list[Chapter], labels: dict[str, str]) -> list[Chapter]:
    """Chapters with their numbers: 1, 2 … or A, B …; labels: {"table": "表 {}", "figure": …, "annex": …}."""
    counts = {"arabic": 0, "letter": 0}
    numbered = []
    for chapter in chapters:
        mark = "0"
        if chapter.numbering:
            counts[chapter.numbering] += 1
            count = counts[chapter.numbering]
            mark = str(count) if chapter.numbering == "arabic" else chr(ord("A") + count - 1)
        numbered.append(_number_chapter(chapter, mark, labels))
    names = {
        block.id: block.number for chapter in numbered for block in chapter.blocks()
        if isinstance(block, Table | Figure | Equation | Facts)
    }  # fmt: skip
    return [_resolve(chapter, names) for chapter in numbered]


def _number_chapter(chapter: Chapter, mark: str, labels: dict[str, str]) -> Chapter:
    counts = {"table": 0, "figure": 0, "equation": 0, "section": 0}
    sections = []
    for section in chapter.sections:
        blocks: list[Block] = []
        for block in section.blocks:
            word = _WORD_OF.get(type(block), "")
            if not word or (isinstance(block, Facts) and not block.caption):
                blocks.append(block)
                continue
            counts[word] += 1
            text = labels[word].format(f"{mark}-{counts[word]}")
            blocks.append(_with_number(block, text))
        number = ""
        if section.title and chapter.numbering:
            counts["section"] += 1
            number = f"{mark}.{counts['section']}"
        sections.append(replace(section, blocks=tuple(blocks), number=number))
    shown = labels["annex"].format(mark) if chapter.numbering == "letter" else mark
    return replace(chapter, sections=tuple(sections), number=shown if chapter.numbering else "")


def _with_number(block: Block, text: str) -> Block:
    assert isinstance(block, Table | Figure | Equation | Facts)  # noqa: S101  # the caller chose by type
    return replace(block, number=text)


def _resolve(chapter: Chapter, names: dict[str, str]) -> Chapter:
    """Replace `[[id]]` in paragraphs and notes by a link to the numbered block."""

    def link(match: re.Match[str]) -> str:
        return f'<a class="ref" href="#b-{match[1]}">{escape(names[match[1]])}</a>'

    def one(block: Any) -> Any:
        if isinstance(block, Paragraph):
            return replace(block, html=Markup(_REFERENCE.sub(link, block.html)))  # noqa: S704  # ids are ours
        return block

    sections = tuple(
        replace(section, blocks=tuple(one(block) for block in section.blocks)) for section in chapter.sections
    )
    return replace(chapter, sections=sections)
