"""activity_templates/returns/*.toml to `Template`s. What a file does not say plainly is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ghg_inventory.activity.returns.record import (
    ASKED,
    BLANKS,
    LAYOUTS,
    Ask,
    Department,
    Head,
    Sheet,
    Template,
)
from ghg_inventory.errors import DataFileError
from ghg_inventory.paths import data_folder
from ghg_inventory.tables import read_toml, require_keys

_SHEET_REQUIRED = ("id", "department", "zh", "en", "layout", "rows")
_SHEET_OPTIONAL = ("asked", "blanks", "guide_zh", "guide_en", "defaults", "columns", "closed")
_TEXTS = (
    "category", "variable", "item", "technology", "basis", "use", "unit", "group_zh", "group_en", "note_zh",
    "note_en", "example",
)  # fmt: skip
_LISTS = ("units", "sum_of", "fill")
_ASK_OPTIONAL = (*_TEXTS, *_LISTS, "optional", "change")
# What Excel allows in a sheet's name.
_BAD_NAME = re.compile(r"[:\\/?*\[\]]")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_DEPARTMENTS = "departments.toml"


def _folder() -> Path:
    return data_folder("activity_templates") / "returns"


@cache
def departments() -> Mapping[str, Department]:
    """Departments by id, in the order of departments.toml. Raises: DataFileError."""
    path = _folder() / _DEPARTMENTS
    entries = read_toml(path).get("department", [])
    for number, entry in enumerate(entries, start=1):
        require_keys(entry, ("id", "zh", "en"), (), f"{path.name}: [[department]] {number}")
    return MappingProxyType({entry["id"]: Department(**entry) for entry in entries})


@cache
def load_templates(folder: Path | None = None) -> tuple[Template, ...]:
    """Every template, by file name. Raises: DataFileError naming file, sheet and row."""
    home = folder or _folder()
    templates = tuple(_template(path) for path in sorted(home.glob("*.toml")) if path.name != _DEPARTMENTS)
    seen: dict[str, str] = {}
    for template in templates:
        for sheet in template.sheets:
            for word in (sheet.id, sheet.zh.casefold(), sheet.en.casefold()):
                if seen.setdefault(word, sheet.id) != sheet.id:
                    raise DataFileError(f"{template.id}.toml: two sheets share the id or name {word!r}")
    return templates


def _template(path: Path) -> Template:
    content = read_toml(path)
    head = content.get("template", {})
    require_keys(head, ("id", "version"), (), f"{path.name}: [template]")
    if head["id"] != path.stem:
        raise DataFileError(f"{path.name}: the template's id must be the file's name")
    sheets = tuple(_sheet(entry, head, path.name) for entry in content.get("sheet", []))
    return Template(head["id"], head["version"], sheets)


def _sheet(entry: Mapping[str, Any], head: Mapping[str, Any], file: str) -> Sheet:
    where = f"{file}: sheet {entry.get('id', '?')!r}"
    require_keys(dict(entry), _SHEET_REQUIRED, _SHEET_OPTIONAL, where)
    _require(bool(_ID.fullmatch(entry["id"])), where, "the id must be lower-case letters, digits and _")
    _require(entry["layout"] in LAYOUTS, where, f"layout must be one of {LAYOUTS}")
    asked, blanks = entry.get("asked", "leaf"), entry.get("blanks", "each")
    _require(asked in ASKED, where, f"asked must be one of {ASKED}")
    _require(blanks in BLANKS, where, f"blanks must be one of {BLANKS}")
    _require(entry["department"] in departments(), where, f"no department {entry['department']!r}")
    for name in (entry["zh"], entry["en"]):
        _require(0 < len(name) <= 31 and not _BAD_NAME.search(name), where, f"{name!r} cannot name a sheet")
    defaults = entry.get("defaults", {})
    require_keys(defaults, (), _ASK_OPTIONAL, f"{where} defaults")
    is_matrix = entry["layout"] == "matrix"
    _require(is_matrix == bool(entry.get("columns")), where, "a matrix has columns, a list has none")
    for column in entry.get("columns", ()):
        place = f"{where}, column {column.get('id', '?')!r}"
        require_keys(dict(column), ("id", "zh", "en"), _ASK_OPTIONAL, place)
        _require("unit" in {**defaults, **column}, place, "unit is missing")
    columns = [{**defaults, **column} for column in entry.get("columns", ())]
    asks = tuple(_asks(entry, defaults, columns, where))
    _check_ids(asks, where)
    return Sheet(
        entry["id"], head["id"], head["version"], entry["department"], entry["zh"], entry["en"], entry["layout"],
        asked, blanks, tuple(entry.get("guide_zh", ())), tuple(entry.get("guide_en", ())),
        tuple(Head(c["id"], c["zh"], c["en"], c["unit"], _units(c)) for c in columns), asks,
    )  # fmt: skip


def _asks(
    entry: Mapping[str, Any], defaults: Mapping[str, Any], columns: list[dict[str, Any]], where: str
) -> Iterable[Ask]:
    closed = set(entry.get("closed", ()))
    known = {f"{row['id']}/{column['id']}" for row in entry["rows"] for column in columns}
    _require(closed <= known, where, f"closed names no cell: {', '.join(sorted(closed - known))}")
    for row in entry["rows"]:
        place = f"{where}, row {row.get('id', '?')!r}"
        require_keys(row, ("id", "zh", "en"), _ASK_OPTIONAL, place)
        # The form says the unit of a matrix over each column.
        _require(not columns or not row.keys() & {"unit", "units"}, place, "a row of a matrix has no unit of its own")
        for column in columns or [{}]:
            if f"{row['id']}/{column.get('id', '')}" in closed:
                continue
            # The row says more about a cell than its column, and both more than the sheet.
            yield _ask(entry["id"], {**defaults, **column, **row}, row, column, place)


def _ask(
    sheet: str, cell: Mapping[str, Any], row: Mapping[str, Any], column: Mapping[str, Any], place: str
) -> Ask:
    for key in ("variable", "unit"):
        _require(bool(cell.get(key)), place, f"{key} is missing")
    units = _units(cell)
    _require(cell["unit"] in units, place, "unit must be among units")
    label = {lang: row[lang] + (f" × {column[lang]}" if column else "") for lang in ("zh", "en")}
    return Ask(
        sheet, row["id"], column.get("id", ""), cell.get("category", ""), cell["variable"], cell.get("item", ""),
        cell.get("technology", ""), cell.get("basis", ""), cell.get("use", ""), cell["unit"], units,
        bool(cell.get("optional", False)), tuple(row.get("sum_of", ())), tuple(cell.get("fill", ())),
        cell.get("change"), label["zh"], label["en"], row.get("group_zh", ""), row.get("group_en", ""),
        cell.get("note_zh", ""), cell.get("note_en", ""), cell.get("example", ""),
    )  # fmt: skip


def _units(cell: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(cell.get("units") or (cell.get("unit", ""),))


def _check_ids(asks: tuple[Ask, ...], where: str) -> None:
    places = [(ask.row, ask.column) for ask in asks]
    _require(len(set(places)) == len(places), where, "a row id stands twice")
    keys = [ask.key for ask in asks]
    twice = {key for key in keys if keys.count(key) > 1}
    _require(not twice, where, f"asked twice: {sorted(twice)[:3]}")
    odd = sorted({name for place in places for name in place if name and not _ID.fullmatch(name)})
    _require(not odd, where, f"ids must be lower-case letters, digits and _: {odd[:3]}")
    rows = {ask.row for ask in asks}
    for ask in asks:
        unknown = set(ask.sum_of) - rows
        _require(not unknown, where, f"sum_of of {ask.row!r} names no row: {sorted(unknown)}")
        _require(not ask.sum_of or ask.use == "check", where, f"the total {ask.row!r} must have use = \"check\"")


def _require(fits: bool, where: str, problem: str) -> None:
    if not fits:
        raise DataFileError(f"{where}: {problem}")
