"""The lines of one sheet: every cell that the template asks for becomes an answer, a blank, or a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ghg_inventory.activity import words
from ghg_inventory.activity.grid import TROUBLE_FINDINGS, Trouble
from ghg_inventory.activity.returns.cells import Entry, amount_and_unit, read_entry
from ghg_inventory.activity.returns.keys import Keyed
from ghg_inventory.activity.returns.labels import (
    allowed_units,
    cell_label,
    column_names,
    example_of,
    input_roles,
    plain,
    row_label,
    row_labels,
)
from ghg_inventory.activity.returns.marker import BLANKS, COLUMNS, UNITS
from ghg_inventory.activity.returns.reading import reading
from ghg_inventory.activity.returns.record import Ask, Sheet
from ghg_inventory.activity.returns.stray import listed, row_numbers
from ghg_inventory.activity.scan import cell_name
from ghg_inventory.errors import Finding, finding
from ghg_inventory.units import convertible, parse_unit


@dataclass(frozen=True, slots=True)
class Answer:
    """A number or a notation key for one ask. cells: what it was read from, by column of the record (A1)."""

    ask: Ask
    entry: Entry
    unit: str
    note: str
    source: str
    cells: Mapping[str, str]

    @property
    def notation(self) -> str:
        """The notation key, "" for a number."""
        return self.entry.text if self.entry.kind == "key" else ""


@dataclass(frozen=True, slots=True)
class Blank:
    """A cell that is asked and holds nothing. row, column: of the grid."""

    ask: Ask
    row: int
    column: int


@dataclass(slots=True)
class Lines:
    """What was read from a sheet.

    required: True when anything must be answered. answers, blanks: in printed order. filled: cells that hold anything
    typed. declared: True when the clerk said that blanks mean NO.
    """

    required: bool

    answers: list[Answer] = field(default_factory=list)
    blanks: list[Blank] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    filled: int = 0
    declared: bool = False

    @property
    def is_answered(self) -> bool:
        """False for a sheet in which nothing was typed though something is asked."""
        return self.declared or self.filled > 0 or not self.required


def lost_columns(sheet: Keyed, template: Sheet) -> tuple[str, ...]:
    """Roles without which nothing can be read: the row of roles, the unit column or row, every value column."""
    if COLUMNS not in sheet.rows:
        return (COLUMNS,)
    if template.layout == "list":
        return tuple(role for role in ("value", "unit") if role not in sheet.columns)
    if UNITS not in sheet.rows:
        return (UNITS,)
    return () if any(role in sheet.columns for role in input_roles(template)) else input_roles(template)


def read_lines(sheet: Keyed, template: Sheet) -> Lines:
    """Read a sheet whose columns are there (see `lost_columns`)."""
    return _Reader(sheet, template).read()


class _Reader:
    """Reads one sheet. Rows and columns are those of the grid, from 0."""

    def __init__(self, sheet: Keyed, template: Sheet) -> None:
        self.sheet, self.template = sheet, template
        self.is_list = template.layout == "list"
        self.found: dict[Finding, None] = {}
        self.out = Lines(required=not all(ask.optional for ask in template.asks))
        self.side = {role: sheet.column(role) for role in ("note", "source", "notation", "unit", "label")}

    def read(self) -> Lines:
        """All answers, blanks and findings."""
        self._columns()
        self._declaration()
        by_row: dict[str, list[Ask]] = {}
        for ask in self.template.asks:
            by_row.setdefault(ask.row, []).append(ask)
        for row_id, asks in by_row.items():
            rows = self.sheet.rows.get(row_id, ())
            if len(rows) == 1:
                self._row(rows[0], asks)
            else:
                self._no_row(rows, asks)
        self.out.findings = list(self.found)
        return self.out

    def say(self, name: str, row: int, column: int, /, **values: object) -> None:
        """A finding at a cell, quoted texts short enough to read."""
        blanks = {key: words.shortened(v) if isinstance(v, str) else v for key, v in values.items()}
        # The unit of a column is looked at for each of its cells, and said once.
        self.found.setdefault(finding(name, self.sheet.place(row, column), severity="", **blanks))

    def _trouble(self, row: int, column: int, cell: Trouble) -> None:
        self.say(TROUBLE_FINDINGS[cell.kind], row, column, text=cell.text)

    # -- the sheet as a whole ---------------------------------------------------------------------

    def _columns(self) -> None:
        """Columns that were deleted or copied."""
        head = self.sheet.row(COLUMNS)
        wanted = [*input_roles(self.template), "note", *(("unit", "notation") if self.is_list else ())]
        for role in wanted:
            found = self.sheet.columns.get(role, ())
            names = column_names(self.template, role)
            if not found:
                self.say("return-column-missing", -1, -1, **names)
            elif len(found) > 1:
                letters = listed(cell_name(head, column).rstrip("0123456789") for column in found)
                self.say("return-column-twice", head, found[1], cells=letters, **names)

    def _declaration(self) -> None:
        """What the clerk declared about blanks."""
        row = self.sheet.row(BLANKS)
        column = self.sheet.column(input_roles(self.template)[0])
        if self.template.blanks != "declare" or row < 0 or column < 0:
            return
        answer = words.narrow(self.sheet.text(row, column)).casefold()
        self.out.declared = answer in reading().yes
        if answer and not self.out.declared and answer not in reading().no:
            self.say("return-declaration", row, column, text=answer)

    def _no_row(self, rows: Sequence[int], asks: Sequence[Ask]) -> None:
        """A row that was deleted, or copied together with its key."""
        label = row_labels(asks[0], self.template)
        if rows:
            column = self.sheet.column(asks[0].column or "value")
            self.say("return-row-twice", rows[1], column, rows=row_numbers(rows), count=len(rows), **label)
            self.out.filled += 1
        elif not all(ask.optional for ask in asks):
            self.say("return-row-missing", -1, -1, **label)

    # -- one row ----------------------------------------------------------------------------------

    def _row(self, row: int, asks: Sequence[Ask]) -> None:
        self._label(row, asks[0])
        note, source = self._remark(row, "note"), self._remark(row, "source")
        blanks, answers = len(self.out.blanks), len(self.out.answers)
        for ask in asks:
            column = self.sheet.column(ask.column or "value")
            if column >= 0:
                self._cell(ask, row, column, note, source)
        asked = {ask.column for ask in asks}
        for head in self.template.heads:
            if head.id not in asked and (column := self.sheet.column(head.id)) >= 0:
                self._closed(row, column, asks[0], head.id)
        if not note:
            self._reasons(row, self.out.answers[answers:])
        elif len(self.out.blanks) - blanks == len(asks) and all(ask.optional for ask in asks):
            self.say(
                "return-note-alone", row, self.side["note"], text=note, **row_labels(asks[0], self.template)
            )

    def _label(self, row: int, ask: Ask) -> None:
        """The label, which a clerk may not make mean something else."""
        column = self.side["label"]
        if column < 0:
            return
        there = self.sheet.text(row, column)
        labels = row_labels(ask, self.template)
        if not any(plain(label) in plain(there) for label in labels.values()):
            self.say("return-label-changed", row, column, text=there or "–", **labels)

    def _remark(self, row: int, role: str) -> str:
        """Note or source of a row; an error in it is found, a date is text."""
        column = self.side[role]
        cell = self.sheet.cell(row, column)
        if isinstance(cell, Trouble) and cell.kind in ("error", "uncomputed"):
            self._trouble(row, column, cell)
            return ""
        return self.sheet.text(row, column)

    def _closed(self, row: int, column: int, ask: Ask, head: str) -> None:
        """A cell of a matrix that nobody asked for."""
        entry = read_entry(self.sheet.cell(row, column))
        if entry.kind in ("blank", "nothing"):
            return
        self.out.filled += 1
        names = column_names(self.template, head)
        label = {
            f"label_{lang}": f"{row_label(ask, self.template, lang)} × {names[f'name_{lang}']}"
            for lang in ("zh", "en")
        }
        self.say("return-closed", row, column, text=entry.text, **label)

    def _reasons(self, row: int, answers: Sequence[Answer]) -> None:
        """Notation keys that must be explained, once for a row. The answers are kept: they say no amount."""
        bare = [answer for answer in answers if answer.notation in reading().reasons]
        if not bare:
            return
        label = cell_label(bare[0].ask) if len(bare) == 1 else row_labels(bare[0].ask, self.template)
        keys = "/".join(dict.fromkeys(answer.notation for answer in bare))
        cells = listed(answer.cells["value"] for answer in bare)
        column = (
            self.side["note"] if self.side["note"] >= 0 else self.sheet.column(bare[0].ask.column or "value")
        )
        self.say("return-reason", row, column, notation=keys, cells=cells, **label)

    # -- one cell ---------------------------------------------------------------------------------

    def _cell(self, ask: Ask, row: int, column: int, note: str, source: str) -> None:
        entry: Entry | None = read_entry(self.sheet.cell(row, column))
        if self.is_list and entry is not None:
            entry = self._with_notation(ask, row, column, entry)
        if entry is not None and entry.kind == "blank":
            self.out.blanks.append(Blank(ask, row, column))
            return
        self.out.filled += 1
        if entry is None:
            return
        if not entry.is_answer:
            self._no_answer(ask, row, column, entry)
            return
        unit_at = (row, self.side["unit"]) if self.is_list else (self.sheet.row(UNITS), column)
        unit = self._unit(ask, *unit_at, entry)
        if unit is None:
            return
        cells = {"value": cell_name(row, column), "unit": cell_name(*unit_at)}
        for role in ("note", "notation"):
            if self.side[role] >= 0:
                cells[role] = cell_name(row, self.side[role])
        self.out.answers.append(Answer(ask, entry, unit, note, source, cells))

    def _with_notation(self, ask: Ask, row: int, column: int, value: Entry) -> Entry | None:
        """Value and notation cell of a list as one answer; None when they contradict each other."""
        where = self.side["notation"]
        cell = self.sheet.cell(row, where)
        key = read_entry(cell)
        if key.kind in ("blank", "nothing"):
            return value
        label = cell_label(ask)
        if isinstance(cell, Trouble):
            self._trouble(row, where, cell)
        elif key.kind != "key":
            self.say("return-notation-unknown", row, where, text=key.text, **label)
        elif value.kind in ("blank", "nothing") or value == key:
            return key
        elif value.kind == "number":
            self.say("return-value-and-notation", row, column, value=value.text, notation=key.text, **label)
        elif value.kind == "key":
            self.say("return-two-notations", row, column, value=value.text, notation=key.text, **label)
        else:
            return value
        return None

    def _no_answer(self, ask: Ask, row: int, column: int, entry: Entry) -> None:
        """A cell that holds something that is neither number nor notation key."""
        cell = self.sheet.cell(row, column)
        more = {**cell_label(ask), **example_of(ask)}
        if isinstance(cell, Trouble):
            self._trouble(row, column, cell)
        elif entry.kind == "nothing":
            self.say("return-nothing-word", row, column, text=entry.text, **more)
        elif (parts := amount_and_unit(entry.text)) is not None:
            self.say(
                "return-unit-in-value", row, column, text=entry.text, number=parts[0], unit=parts[1], **more
            )
        else:
            self.say("return-not-a-number", row, column, text=entry.text, **more)

    def _unit(self, ask: Ask, row: int, column: int, entry: Entry) -> str | None:
        """The unit of an answer; None when it has none that the template permits.

        Text that is no unit at all is left to the checks that all files share.
        """
        cell = self.sheet.cell(row, column)
        text = words.narrow(self.sheet.text(row, column))
        if text in ask.units or (not text and entry.kind == "key"):
            return text
        names = {**cell_label(ask), **allowed_units(ask)}
        if not self.is_list:
            head = column_names(self.template, ask.column)
            names |= {"label_zh": head["name_zh"], "label_en": head["name_en"]}
        if isinstance(cell, Trouble):
            self._trouble(row, column, cell)
        elif not text:
            self.say("return-unit-blank", row, column, **names)
        elif words.unit_fault(text) is not None or _is_one_of(text, ask.units):
            return text
        elif words.same_dimension(text, ask.units):
            self.say("return-unit-other", row, column, unit=text, **names)
        else:
            self.say("return-unit-kind", row, column, unit=text, **names, **words.measures(text, ask.units))
        return None


def _is_one_of(text: str, units: Sequence[str]) -> bool:
    """True for another spelling of a permitted unit: t for 吨."""
    given = parse_unit(text)
    return any(given.factor == unit.factor and convertible(given, unit) for unit in map(parse_unit, units))
