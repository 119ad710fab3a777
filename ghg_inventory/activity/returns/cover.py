"""The cover of a return: who filled it in, and whether it is of the area and year that the sheets say."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date

from ghg_inventory.activity import words
from ghg_inventory.activity.context import Context
from ghg_inventory.activity.grid import Trouble
from ghg_inventory.activity.returns.keys import Keyed
from ghg_inventory.activity.returns.reading import reading
from ghg_inventory.activity.returns.record import Sheet
from ghg_inventory.errors import Finding, Place, finding

_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9]{6,12}(?![0-9A-Za-z])")
_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
_DATE = re.compile(r"((?:19|20)[0-9]{2})[-/.年]?\s*([0-9]{1,2})[-/.月]?\s*([0-9]{1,2})日?(?:\s.*)?")


def answer(cover: Keyed, row: str) -> str:
    """What stands in the answer column of a row, "" where either is gone."""
    return cover.text(cover.row(row), cover.column("value"))


def statement(cover: Keyed | None) -> str:
    """Who filled in and reviewed it and when, as one line; the telephone number is not kept."""
    if cover is None:
        return ""
    lang = cover.marker.lang
    mark, joint = ("：", "；") if lang == "zh" else (": ", "; ")
    given = ((reading().names[row], " ".join(answer(cover, row).split())) for row in reading().kept)
    return joint.join(f"{names[lang == 'en']}{mark}{words.shortened(text)}" for names, text in given if text)


def identity(cover: Keyed, context: Context) -> Iterator[Finding]:
    """Errors where the cover names another area or year than the sheets do."""
    marker = cover.marker
    row, column = cover.row("area"), cover.column("value")
    text = " ".join(
        filter(None, (cover.text(row, number) for number in range(column, column + 2) if column >= 0))
    )
    name = _area_name(context, marker.area, marker.year)
    if row < 0 or not text:
        yield finding("return-cover-unclear", cover.place(row, column), text="–", **_row_names("area"))
    elif not _is_area(text, marker.area, marker.year, context):
        yield finding(
            "return-cover-area",
            cover.place(row, column),
            text=words.shortened(text),
            area=marker.area,
            name=name,
        )
    row = cover.row("year")
    text = words.narrow(answer(cover, "year"))
    year = _YEAR.search(text)
    if year is None:
        yield finding(
            "return-cover-unclear", cover.place(row, column), text=text or "–", **_row_names("year")
        )
    elif int(year[0]) != marker.year:
        yield finding("return-cover-year", cover.place(row, column), text=year[0], year=marker.year)


def completeness(cover: Keyed) -> Iterator[Finding]:
    """Answers of the cover that are lacking."""
    column = cover.column("value")
    for rows, name in (
        (reading().required, "return-cover-blank"),
        (reading().expected, "return-cover-lacks"),
    ):
        for row in rows:
            if not answer(cover, row):
                yield finding(name, cover.place(cover.row(row), column), **_row_names(row))
    cell = cover.cell(cover.row("date"), column)
    text = answer(cover, "date")
    if text and not (isinstance(cell, Trouble) and cell.kind == "date") and not _is_date(words.narrow(text)):
        yield finding("return-cover-date", cover.place(cover.row("date"), column), text=words.shortened(text))


def sheets_gone(cover: Keyed, templates: Mapping[str, Sheet], present: Collection[str]) -> Iterator[Finding]:
    """Sheets that the cover lists and the workbook does not have. present: ids of sheets that are there."""
    by_name = {name: sheet for sheet in templates.values() for name in (sheet.zh, sheet.en)}
    answered = {row for rows in cover.rows.values() for row in rows}
    column = cover.column("label")
    for row in range(len(cover.grid.rows)):
        sheet = by_name.get(cover.text(row, column)) if row not in answered else None
        if sheet is not None and sheet.id not in present:
            yield finding("return-sheet-gone", cover.place(row, column), sheet_zh=sheet.zh, sheet_en=sheet.en)


def no_cover(file: str, is_text: bool) -> Finding:
    """That nobody is named: an error for a workbook, said only for a text file, which can hold no cover."""
    return finding("return-without-cover" if is_text else "return-cover-gone", Place(file))


def _row_names(row: str) -> dict[str, str]:
    zh, en = reading().names[row]
    return {"row_zh": zh, "row_en": en}


def _area_name(context: Context, code: str, year: int) -> str:
    if context.areas is None or code not in context.areas:
        return "–"
    return context.areas.name(code, "zh", year)


def _is_area(text: str, code: str, year: int, context: Context) -> bool:
    """True when code and name on the cover both are those of the area, or one is given and is."""
    plain = words.narrow(text)
    codes = _CODE.findall(plain)
    if codes and code not in codes:
        return False
    rest = [part for part in re.split(r"[\s,，、()（）]+", _CODE.sub(" ", plain)) if part and part != code]
    named = [found for part in rest if (found := _codes_of(part, year, context))]
    if not all(_fits(code, found, context) for found in named):
        return False
    return bool(codes or named) or code in plain


def _fits(code: str, found: tuple[str, ...], context: Context) -> bool:
    """True when a name may be that of the area, or of one that it lies in."""
    areas = context.areas
    return code in found or (
        areas is not None and code in areas and any(areas.is_ancestor(other, code) for other in found)
    )


def _codes_of(name: str, year: int, context: Context) -> tuple[str, ...]:
    return context.areas.find(name, year) if context.areas is not None else ()


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    try:
        date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return False
    return True
