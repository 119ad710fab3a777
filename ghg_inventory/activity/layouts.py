"""Balance-form layouts: data of activity_templates/balance, loaded and checked once.

rows.csv and columns.csv name every row and column a form may have, with the labels attested in print;
each `<id>.toml` says which of them an edition has, its conventions and its closures; use.csv says what
each row is used for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ghg_inventory.errors import DataFileError
from ghg_inventory.paths import data_folder
from ghg_inventory.tables import Row, read_rows, read_toml, require_keys

_NUMBERING = re.compile(
    r"^(?:[(（]?(?:[一二三四五六七八九十]{1,3}|[0-9]{1,2})[)）、.．](?![0-9])|[一二三四五六七八九十]{1,2}(?=[、.．]))"
)
_OF_WHICH = re.compile(r"^(?:#|\*|△|其中[:：]?|of\s*which[:：]?)", re.IGNORECASE)


def normalise_label(text: str) -> str:
    """A row or column label without what editions differ in.

    In this order: NFKC (full-width to half-width), no spaces or line breaks, no leading numbering (一、 1.
    (一) (1)) nor of-which marks (#, 其中:), no (+)/(-) sign marks, no punctuation, lower case.
    >>> normalise_label("二、加工转换投入(-)产出(+)量"), normalise_label("　＃油品再投入量（－）")
    ('加工转换投入产出量', '油品再投入量')
    """
    label = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    previous = None
    while label != previous:
        previous = label
        label = _OF_WHICH.sub("", _NUMBERING.sub("", label))
    label = re.sub(r"\([+\-−–—]\)", "", label)
    return re.sub(r"[^\w.]|_", "", label).strip(".").lower() if not label.isascii() else _ascii(label)


def _ascii(label: str) -> str:
    """English labels and our own row codes: letters, digits, dots and underscores count."""
    return re.sub(r"[^a-z0-9._]", "", label.lower()).strip(".")


@dataclass(frozen=True, slots=True)
class RowLabel:
    """A row that forms may have."""

    row: str
    section: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class ColumnLabel:
    """A column that forms may have. kind: fuel, electricity, heat, other, aggregate or ignore."""

    column: str
    kind: str
    zh: str
    en: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """What a cell is used for: category, use, and the sign the reader applies."""

    category: str
    use: str
    sign: int
    note: str


@dataclass(frozen=True, slots=True)
class Closure:
    """total = Σ add − Σ subtract, per column."""

    id: str
    total: str
    add: tuple[str, ...]
    subtract: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Consumption:
    """total = Σ add − Σ (negative cells of inputs), except in some columns."""

    total: str
    add: tuple[str, ...]
    inputs: tuple[str, ...]
    except_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """One edition of the form. `required` rows tell it from others; `rows` are all it may show.

    usual_columns: the energy columns of the edition as printed; `columns` are all it may show.
    """

    id: str
    version: str
    title_zh: str
    title_en: str
    blank: str
    nil_marks: frozenset[str]
    below_rounding_marks: frozenset[str]
    tolerance: float
    missing_balance: float | None
    required: tuple[str, ...]
    rows: tuple[str, ...]
    usual_columns: tuple[str, ...]
    columns: tuple[str, ...]
    minus_rows: tuple[str, ...]
    reinput_rows: tuple[str, ...]
    closures: tuple[Closure, ...]
    consumption: Consumption | None


@dataclass(frozen=True, slots=True)
class Balance:
    """Everything known about balance forms."""

    rows: Mapping[str, RowLabel]
    columns: Mapping[str, ColumnLabel]
    row_names: Mapping[str, tuple[str, ...]]  # normalised label → row ids (one per section)
    column_names: Mapping[str, ColumnLabel]
    layouts: tuple[Layout, ...]
    uses: Mapping[tuple[str, str, str], Use]  # (row, kind, part)

    def use(self, row: str, kind: str, value: float) -> Use:
        """The use of a cell; rows that use.csv does not name serve checks only."""
        part = "negative" if value <= 0 else "positive"
        for key in ((row, kind, part), (row, kind, "any")):
            if key in self.uses:
                return self.uses[key]
        return _CHECK


_CHECK = Use("1.1", "check", 1, "")


@cache
def load_balance() -> Balance:
    """The shipped balance data. Raises: DataFileError naming the file that is wrong."""
    return read_balance(data_folder("activity_templates") / "balance")


def read_balance(folder: Path) -> Balance:
    """The balance data of a folder. Raises: DataFileError."""
    rows: dict[str, RowLabel] = {}
    row_names: dict[str, list[str]] = {}
    for line in _lines(folder / "rows.csv", ("row", "section", "zh", "en", "aliases")):
        rows[line["row"]] = RowLabel(line["row"], line["section"], line["zh"], line["en"])
        for label in (line["row"], line["zh"], line["en"], *line["aliases"].split("|")):
            known = row_names.setdefault(normalise_label(label), [])
            if line["row"] not in known:
                known.append(line["row"])
    row_names.pop("", None)
    columns, column_names = _columns(folder / "columns.csv")
    layouts = tuple(_layout(path, rows, columns) for path in sorted(folder.glob("*.toml")))
    return Balance(
        rows,
        columns,
        {label: tuple(ids) for label, ids in row_names.items()},
        column_names,
        layouts,
        _uses(folder / "use.csv", rows),
    )


def _columns(path: Path) -> tuple[dict[str, ColumnLabel], dict[str, ColumnLabel]]:
    columns: dict[str, ColumnLabel] = {}
    names: dict[str, ColumnLabel] = {}
    for line in _lines(path, ("column", "kind", "zh", "en", "aliases", "units", "note")):
        units = tuple(unit for unit in line["units"].split("|") if unit)
        column = ColumnLabel(line["column"], line["kind"], line["zh"], line["en"], units)
        if column.kind != "ignore":
            columns[column.column] = column
        for label in (column.column, column.zh, column.en, *line["aliases"].split("|")):
            key = normalise_label(label)
            if key and names.setdefault(key, column) is not column:
                raise DataFileError(f"{line.place}: the label {label!r} names two columns")
    return columns, names


def _uses(path: Path, rows: Mapping[str, RowLabel]) -> dict[tuple[str, str, str], Use]:
    uses: dict[tuple[str, str, str], Use] = {}
    for line in _lines(path, ("row", "kind", "part", "category", "use", "sign", "note")):
        if line["row"] not in rows or line["sign"] not in ("1", "-1"):
            raise DataFileError(f"{line.place}: unknown row or sign in use.csv")
        for kind in line["kind"].split("|"):
            uses[line["row"], kind, line["part"]] = Use(
                line["category"], line["use"], int(line["sign"]), line["note"]
            )
    return uses


def _lines(path: Path, columns: tuple[str, ...]) -> list[Row]:
    lines, findings = read_rows(path, columns)
    if findings:
        raise DataFileError(findings[0].line("en"))
    return lines


def _layout(path: Path, rows: Mapping[str, RowLabel], columns: Mapping[str, ColumnLabel]) -> Layout:
    entry = read_toml(path)
    require_keys(
        entry,
        (
            "id",
            "version",
            "title_zh",
            "title_en",
            "source",
            "blank",
            "nil_marks",
            "below_rounding_marks",
            "closure_tolerance",
            "rows",
            "optional",
            "columns",
            "optional_columns",
            "minus_rows",
            "reinput_rows",
            "closure",
        ),
        ("consumption", "missing_balance"),
        path.name,
    )
    shown = (*entry["rows"], *entry["optional"])
    listed = (*entry["columns"], *entry["optional_columns"])
    unknown = [name for name in shown if name not in rows] + [name for name in listed if name not in columns]
    if unknown:
        raise DataFileError(f"{path.name}: not in rows.csv or columns.csv: {', '.join(unknown)}")
    return Layout(
        entry["id"],
        entry["version"],
        entry["title_zh"],
        entry["title_en"],
        entry["blank"],
        frozenset(entry["nil_marks"]),
        frozenset(entry["below_rounding_marks"]),
        float(entry["closure_tolerance"]),
        entry.get("missing_balance"),
        tuple(entry["rows"]),
        shown,
        tuple(entry["columns"]),
        listed,
        tuple(entry["minus_rows"]),
        tuple(entry["reinput_rows"]),
        tuple(_closure(item, path.name) for item in entry["closure"]),
        _consumption(entry.get("consumption")),
    )


def _closure(entry: dict[str, Any], where: str) -> Closure:
    require_keys(entry, ("id", "total", "add"), ("subtract",), where)
    return Closure(entry["id"], entry["total"], tuple(entry["add"]), tuple(entry.get("subtract", ())))


def _consumption(entry: dict[str, Any] | None) -> Consumption | None:
    if entry is None:
        return None
    return Consumption(
        entry["total"], tuple(entry["add"]), tuple(entry["inputs"]), tuple(entry["except_columns"])
    )
