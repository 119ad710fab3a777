"""What a return asks: templates, sheets, and the single values asked for."""

from __future__ import annotations

from dataclasses import dataclass

LAYOUTS = ("list", "matrix")
# Who is asked a sheet: every area, areas that are not divided further, the whole inventory's area only.
ASKED = ("each", "leaf", "whole")
# What a blank cell means: each must be filled or explained, or one declaration covers the blanks of the sheet.
BLANKS = ("each", "declare")


@dataclass(frozen=True, slots=True)
class Department:
    """A department that fills sheets: 统计局, 农业农村局 …"""

    id: str
    zh: str
    en: str

    def name(self, lang: str) -> str:
        """The name in `lang`."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Ask:
    """One value that a sheet asks for: one line of a list, or one cell of a matrix.

    row, column: ids in the sheet; column is "" in a list. category … use: columns of the activity record that the
    answer becomes; use "check" makes a value that is compared and never computed with. unit: printed beside
    the input; units: what the clerk may choose instead, `unit` among them. optional: a blank is no answer
    and no error. sum_of: rows of the same sheet (and column) that this one is the total of.
    fill: methods by which a gap may be filled (inventory.fill.METHODS); () = by none.
    change: relative change from last year, as a share, from which a reason is asked; None = never.
    zh, en: the label as printed; group: heading above it; note: one sentence from the clerk's point of view.
    example: a likely value, for messages.
    """

    sheet: str
    row: str
    column: str
    category: str
    variable: str
    item: str
    technology: str
    basis: str
    use: str
    unit: str
    units: tuple[str, ...]
    optional: bool
    sum_of: tuple[str, ...]
    fill: tuple[str, ...]
    change: float | None
    zh: str
    en: str
    group_zh: str
    group_en: str
    note_zh: str
    note_en: str
    example: str

    @property
    def key(self) -> tuple[str, str, str, str, str, str]:
        """What tells its record from others of the same area and year."""
        return (self.category, self.variable, self.item, self.technology, self.use, self.basis)

    def label(self, lang: str) -> str:
        """The label in `lang`."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Head:
    """A column of a matrix: its id, labels and the unit of its cells."""

    id: str
    zh: str
    en: str
    unit: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a return. id: unique over all templates. zh, en: sheet names, valid in a workbook.

    asks: in printed order; a matrix has them row by row. heads: columns of a matrix, () for a list.
    guide: sentences above the table. asked: one of ASKED. blanks: one of BLANKS.
    """

    id: str
    template: str
    version: str
    department: str
    zh: str
    en: str
    layout: str
    asked: str
    blanks: str
    guide_zh: tuple[str, ...]
    guide_en: tuple[str, ...]
    heads: tuple[Head, ...]
    asks: tuple[Ask, ...]

    def name(self, lang: str) -> str:
        """The sheet's name in `lang`."""
        return self.zh if lang == "zh" else self.en

    @property
    def rows(self) -> tuple[str, ...]:
        """Row ids in printed order."""
        return tuple(dict.fromkeys(ask.row for ask in self.asks))

    def ask(self, row: str, column: str = "") -> Ask | None:
        """What is asked at a row and column; None for a cell of a matrix that is closed."""
        return next((ask for ask in self.asks if ask.row == row and ask.column == column), None)


@dataclass(frozen=True, slots=True)
class Template:
    """The sheets of one TOML file. version: raised when a row is added, goes, or means something else."""

    id: str
    version: str
    sheets: tuple[Sheet, ...]
