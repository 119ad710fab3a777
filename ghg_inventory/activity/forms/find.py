"""Which official form a sheet is, and what its rows and columns mean. By labels, never by position."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from ghg_inventory.activity import words
from ghg_inventory.activity.forms.loader import FormKind, Forms, Label, label_key, named
from ghg_inventory.activity.grid import Grid
from ghg_inventory.activity.header import header_text
from ghg_inventory.tables import parse_number

# A form is a page or two: what reaches further is a table of something else.
_MANY_ROWS, _MANY_COLUMNS = 500, 120
# No label of a form is longer than this, no unit longer than that.
_LONG_LABEL, _LONG_UNIT = 60, 12
# So many rows of a form tell it from a list that happens to name one of them.
_FEW_ROWS = 3
# With fewer words that forms know there is nothing to look for.
_FEW_NAMES = 2
_YEAR = re.compile(r"^((?:19|20)\d\d)年?(.*)$")
_TITLE_UNIT = re.compile(r"(?:计量)?单位\s*[:：]\s*([^\s,，、;；()（）]+)\s*$")
_KEY_CELL = re.compile(r"^(?:地区代码|行政区划代码|区划代码|年份|年度|地区|填报地区|地区名称)\s*(?:[:：]|$)")
_KEY_WORD = re.compile(r"^(?!其中|合计中|#)[^()]{1,12}[:：]")
_INDUSTRY = re.compile(r"^(?:国民经济行业|行业名称|行业类别|所属行业|行业)\s*[:：]\s*(.*)$")
_ORDINAL = re.compile(r"^(?:\d{1,2}|[甲乙丙丁戊己庚辛])$")
_OF_WHICH = re.compile(r"^\s*(?:其中|#|\*|△)")
_UNIT_WORD = re.compile(r"^\s*(?:计量)?单位\s*[:：]?")
_QUALIFIER = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it holds, as far as its header says. unknown: the header text that nothing is called."""

    index: int
    energy: str
    role: str
    unit: str
    year: int
    head: int
    text: str
    unknown: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the form; id "" for a label nobody knows. of_which: printed as part of the row above."""

    number: int
    id: str
    text: str
    of_which: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """An official form as found. title: row, column and text of its title, (-1, -1, "") when it has none."""

    grid: Grid
    kind: FormKind
    label_column: int
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    title: tuple[int, int, str]
    unit: str

    @property
    def first(self) -> int:
        """The first row of data."""
        return self.lines[0].number


def find_sheet(grid: Grid, forms: Forms) -> Sheet | None:
    """The official form that a sheet holds, upright or transposed; None for anything else."""
    grid = _trimmed(grid)
    if len(grid.rows) > _MANY_ROWS or grid.width > _MANY_COLUMNS or not _names_rows(grid, forms):
        return None
    for candidate in (grid, grid.transposed()):
        for kind in forms.kinds:
            sheet = _as(candidate, kind, forms)
            if sheet is not None:
                return sheet
    return None


def _names_rows(grid: Grid, forms: Forms) -> bool:
    """True when the sheet holds a few words that rows of forms are called by: most sheets hold none."""
    known = set(forms.energy_names).union(*(kind.place_names for kind in forms.kinds))
    texts = {
        cell for cells in grid.rows for cell in cells if isinstance(cell, str) and len(cell) <= _LONG_LABEL
    }
    found = (text for text in texts if not text.isascii() or text.isalpha())
    keys = (label_key(text.partition("（")[0].partition("(")[0]) for text in found)
    return sum(1 for _ in islice((key for key in keys if key in known), _FEW_NAMES)) == _FEW_NAMES


def _trimmed(grid: Grid) -> Grid:
    """Without the empty rows below the last that holds something: formats reach further than data."""
    end = len(grid.rows)
    while end and all(cell == "" for cell in grid.rows[end - 1]):
        end -= 1
    return replace(grid, rows=grid.rows[:end])


def industry_text(grid: Grid) -> tuple[str, int, int]:
    """What stands after 行业名称 (in the cell or to its right), and where; "" when the sheet does not say."""
    for row, column, text in _texts(grid):
        match = _INDUSTRY.match(text)
        bare = label_key(text) in ("行业名称", "行业类别", "所属行业")
        if match and match[1].strip():
            return match[1].strip(), row, column
        if (match or bare) and (beside := grid.text(row, column + 1)):
            return beside, row, column + 1
    return "", 0, 0


def place_in(text: str, kind: FormKind) -> str:
    """The industry that "30 非金属矿物制品业" or "C30非金属矿物制品业" names."""
    bare = re.sub(
        r"^[A-Z]?\s*\d{2,4}\s*|\s*\(?[A-Z]?\d{2,4}\)?$", "", unicodedata.normalize("NFKC", text).strip()
    )
    return named(kind.place_names, bare)


def _as(grid: Grid, kind: FormKind, forms: Forms) -> Sheet | None:
    names = forms.energy_names if kind.shape == "energies_by_role" else kind.place_names
    label_column, first = _label_column(grid, names)
    title = _title(grid, kind)
    if label_column < 0 or (title[0] >= first and title[0] >= 0):
        return None
    lines = tuple(_lines(grid, label_column, first, names))
    known = {line.id for line in lines if line.id}
    columns = tuple(_columns(grid, forms, kind, (label_column, first, title[0])))
    if not _is_form(kind, known, columns, bool(title[2])):
        return None
    return Sheet(grid, kind, label_column, columns, lines, title, _title_unit(grid, first, label_column))


def _is_form(kind: FormKind, known: set[str], columns: tuple[Column, ...], titled: bool) -> bool:
    """Enough of the form to be sure: rows and columns that no other table has, or its title."""
    roles = {column.role for column in columns if column.role}
    if kind.shape == "rows_by_year":
        users = {"all", "all_industries"} & known
        return len(known) >= _FEW_ROWS and (bool(users) or (titled and "residential" in known))
    if kind.shape == "energies_by_role":
        return bool(known) and "industrial" in roles and (titled or len(roles) >= _FEW_ROWS)
    industries = {name for name in known if kind.places[name].parent}
    energies = {column.energy for column in columns if column.energy}
    return len(industries) >= _FEW_ROWS and len(energies) >= 1 and (titled or len(energies) > 1)


def _label_column(grid: Grid, names: Mapping[str, tuple[Label, ...]]) -> tuple[int, int]:
    """The column with the most known labels and the first row that has one; (-1, -1) when there is none."""
    best, most, first = -1, 0, -1
    for column in range(grid.width):
        rows = [row for row in range(len(grid.rows)) if _row_name(names, grid.text(row, column))]
        if len(rows) > most:
            best, most, first = column, len(rows), rows[0]
    return best, first


def _row_name(names: Mapping[str, tuple[Label, ...]], text: str) -> str:
    """The id of a row label, with or without its unit: "原煤", "原煤（吨）"."""
    if not text or len(text) > _LONG_LABEL:
        return ""
    return named(names, text) or named(names, unicodedata.normalize("NFKC", text).partition("(")[0])


def _lines(grid: Grid, column: int, first: int, names: Mapping[str, tuple[Label, ...]]) -> Iterator[Line]:
    for number in range(first, len(grid.rows)):
        text = grid.text(number, column)
        of_which = bool(_OF_WHICH.match(unicodedata.normalize("NFKC", text)))
        yield Line(number, _row_name(names, text), text, of_which)


def _title(grid: Grid, kind: FormKind) -> tuple[int, int, str]:
    for row, column, text in _texts(grid):
        key = label_key(text)
        if any(word in key for word in kind.title_words):
            # "全社会用电量" is a row of the form as well: a title says more, or stands above everything.
            if named(kind.place_names, text):
                continue
            return row, column, text
    return -1, -1, ""


def _texts(grid: Grid) -> Iterator[tuple[int, int, str]]:
    for row, cells in enumerate(grid.rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, str) and cell.strip():
                yield row, column, unicodedata.normalize("NFKC", cell).strip()


def _title_unit(grid: Grid, first: int, label_column: int) -> str:
    """The unit of "单位：万千瓦时" above the form, when it is one unit."""
    for row, column, text in _texts(grid):
        above = column < label_column if grid.flipped else row < first
        match = _TITLE_UNIT.search(text.rstrip(")")) if above else None
        if match and is_unit(match[1]):
            return match[1]
    return ""


def is_unit(text: str) -> bool:
    """True for a unit, not for a bare number."""
    if len(text) > _LONG_UNIT:
        return False
    number = parse_number(text)[0] is not None or _YEAR.match(text) is not None
    return bool(text) and not number and words.unit_fault(text) is None


def _columns(grid: Grid, forms: Forms, kind: FormKind, where: tuple[int, int, int]) -> Iterator[Column]:
    label_column, first, title = where
    # A transposed form has its title and keys in columns of their own.
    heads = [row for row in range(first) if grid.flipped or (row > title and not _is_key_row(grid, row))]
    start = next((row for row in heads if _is_head(grid, row, forms)), first)
    heads = [row for row in heads if row >= start]
    top = next((row for row in heads if _names_energy(grid, row, forms)), first)
    left = Column(-1, "", "", "", 0, 0, "", "")
    for index in range(grid.width):
        if index == label_column:
            continue
        column = _column(grid, forms, kind, index, (heads, top))
        column = _inherit(column, left, forms)
        if column.energy or column.role or column.unknown:
            left = column
        yield column


def _is_key_row(grid: Grid, row: int) -> bool:
    """Rows such as "地区代码 510700 年份 2023" and "单位：万吨" are no header."""
    texts = [unicodedata.normalize("NFKC", grid.text(row, column)) for column in range(grid.width)]
    filled = [text for text in texts if text]
    return any(_KEY_CELL.match(text) or _KEY_WORD.match(text) for text in filled)


def _is_head(grid: Grid, row: int, forms: Forms) -> bool:
    """True for a row that names at least two columns we know."""
    texts = (unicodedata.normalize("NFKC", grid.text(row, column)).strip() for column in range(grid.width))
    labels = (split_unit(text)[0] for text in texts if text)
    known = [
        label for label in labels
        if named(forms.energy_names, label) or named(forms.role_names, label) or _YEAR.match(label)
    ]  # fmt: skip
    return len(known) > 1


def _names_energy(grid: Grid, row: int, forms: Forms) -> bool:
    texts = (split_unit(grid.text(row, column))[0] for column in range(grid.width))
    return any(named(forms.energy_names, text) not in ("", "energy_total") for text in texts)


def _column(grid: Grid, forms: Forms, kind: FormKind, index: int, where: tuple[list[int], int]) -> Column:
    """A column by the texts above it, from top to bottom: the lowest that says something decides its role.

    合计 below the row that names the energies is the total of one of them, not of all.
    """
    heads, top = where
    column = Column(index, "", "", "", 0, heads[0] if heads else 0, "", "")
    for row in heads:
        text = unicodedata.normalize("NFKC", header_text(grid, row, index)).strip()
        if not text or _ORDINAL.match(text):
            continue
        taken = _take(column, text, forms, kind)
        if row > top and taken.energy == "energy_total" and not column.energy:
            taken = replace(taken, energy="", role=named(forms.role_names, split_unit(text)[0]))
        column = replace(taken, text=column.text if is_unit(text) else text, head=row)
    return column


def _take(column: Column, text: str, forms: Forms, kind: FormKind) -> Column:
    plain, unit = split_unit(text)
    if unit and not plain:
        return replace(column, unit=unit)
    if unit:
        column = replace(column, unit=unit)
    if kind.shape == "rows_by_energy" and not column.energy and (energy := named(forms.energy_names, plain)):
        return replace(column, energy=energy)
    if role := named(forms.role_names, plain):
        return replace(column, role=role, unknown="")
    match = _YEAR.match(plain.replace(" ", ""))
    if match and (not match[2] or named(forms.role_names, match[2])):
        return replace(column, year=int(match[1]), role=named(forms.role_names, match[2]) or column.role)
    return column if column.role else replace(column, unknown=text)


def split_unit(text: str) -> tuple[str, str]:
    """("原煤", "万吨") of "原煤(万吨)" and "原煤 万吨"; the unit alone of a text that is one."""
    plain, unit = text, ""
    for inside in _QUALIFIER.findall(text):
        bare = _UNIT_WORD.sub("", inside).strip()
        if is_unit(bare):
            unit, plain = bare, plain.replace(f"({inside})", "")
    if not unit and is_unit(plain.strip()):
        return "", plain.strip()
    parts = plain.split()
    if not unit and len(parts) > 1 and is_unit(parts[-1]):
        return "".join(parts[:-1]), parts[-1]
    return plain.strip(), unit


def _inherit(column: Column, left: Column, forms: Forms) -> Column:
    """A column that names no energy of its own ("其中：用于原材料") belongs to the energy on its left."""
    if column.energy or not column.role or not left.energy:
        return column
    if forms.roles[column.role].kind in ("unit", "name", "aside"):
        return column
    return replace(column, energy=left.energy, unit=column.unit or left.unit)
