"""Whose form it is: area code and year, from its cells, its title, its sheet name, or the caller."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ghg_inventory.activity.context import FIRST_YEAR, LAST_YEAR, Context
from ghg_inventory.activity.form import Form
from ghg_inventory.activity.grid import Grid
from ghg_inventory.errors import Finding, Place, finding

_AREA_KEY = re.compile(
    r"^#?\s*(?:地区代码|行政区划代码|区划代码|area[_ ]?code)\s*[:：=]?\s*(.*)$", re.IGNORECASE
)
_YEAR_KEY = re.compile(r"^#?\s*(?:年份|年度|数据年份|year)\s*[:：=]?\s*(.*)$", re.IGNORECASE)
_YEAR_TEXT = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_TITLE = re.compile(r"^(.*?)(?:(?:19|20)\d\d年?(?:度)?)?(?:地区)?(?:综合)?能源平衡表")


@dataclass(frozen=True, slots=True)
class Whose:
    """Area code and year of a form; `how` says where each came from."""

    area_code: str
    year: int
    how: str


def whose_form(form: Form, context: Context) -> tuple[Whose | None, list[Finding]]:
    """The form's area and year. A contradiction, an unknown area or a lack of either is an error.

    The form's own cells come first, then its title, then the sheet's name (year only), then the caller.
    What the caller says must agree with what the form says.
    """
    grid = form.grid
    place = Place(grid.file, grid.sheet)
    area, how_area, findings = _area(form, context)
    year, how_year = _year(form)
    if area and not _within(area, context):
        findings.append(finding("balance-whose-conflict", place, form=area, given=context.area_code))
    if context.year and year and year != context.year:
        findings.append(finding("balance-whose-conflict", place, form=year, given=context.year))
    if findings:
        return None, findings
    area, how_area = (area, how_area) if area else (context.area_code, "caller")
    year, how_year = (year, how_year) if year else (context.year, "caller")
    if not area or not year:
        missing = [("地区代码", "area code")] * (not area) + [("年份", "year")] * (not year)
        return None, [finding("balance-whose", place, missing="、".join(zh for zh, _ in missing),
                              missing_en=" and ".join(en for _, en in missing))]  # fmt: skip
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None, [finding("year-range", place, text=year, first=FIRST_YEAR, last=LAST_YEAR, count=1)]
    problem = context.areas.validate(area, year, place) if context.areas is not None else None
    if problem is not None:
        return None, [problem]
    return Whose(area, year, f"area: {how_area}, year: {how_year}"), []


def _within(area: str, context: Context) -> bool:
    """True when the caller named no area, this one, or one that contains it."""
    given = context.area_code
    if not given or area == given:
        return True
    areas = context.areas
    return areas is not None and given in areas and area in areas and areas.is_ancestor(given, area)


def _above(form: Form) -> list[tuple[int, int, str]]:
    """Cells above the first header, with their place, and below the form (a code may stand in the footer)."""
    grid = form.grid
    return [(row, column, text) for row in range(form.blocks[0].header) for column in range(len(grid.rows[row]))
            if (text := _plain(grid.text(row, column)))]  # fmt: skip


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _keyed(form: Form, key: re.Pattern[str]) -> tuple[str, int, int] | None:
    """The value beside (or in the same cell after) a key such as 地区代码."""
    grid: Grid = form.grid
    for row, column, text in _above(form):
        match = key.match(text)
        if match is None:
            continue
        if match[1]:
            return match[1].strip(), row, column
        for next_column in range(column + 1, column + 6):
            if value := _plain(grid.text(row, next_column)):
                return value, row, next_column
    return None


def _area(form: Form, context: Context) -> tuple[str, str, list[Finding]]:
    keyed = _keyed(form, _AREA_KEY)
    if keyed is not None:
        return keyed[0], f"cell {form.grid.place(keyed[1], keyed[2]).cell}", []
    for row, column, text in _above(form):
        match = _TITLE.match(re.sub(r"\s+", "", text).lstrip("#"))
        name = match[1] if match else ""
        if not name or context.areas is None:
            continue
        codes = context.areas.find(name, _year(form)[0] or context.year or None)
        if len(codes) == 1:
            return codes[0], f"title {name}", []
        if len(codes) > 1 and context.area_code not in codes:
            return "", "", [finding("area-name-ambiguous", form.grid.place(row, column), name=name,
                                    codes=", ".join(codes[:5]))]  # fmt: skip
    return "", "", []


def _year(form: Form) -> tuple[int, str]:
    keyed = _keyed(form, _YEAR_KEY)
    if keyed is not None and (match := _YEAR_TEXT.search(keyed[0])):
        return int(match[1]), f"cell {form.grid.place(keyed[1], keyed[2]).cell}"
    for row, column, text in _above(form):
        if "平衡表" in text or re.fullmatch(r"(?:19|20)\d\d\s*年?度?", text):
            match = _YEAR_TEXT.search(text)
            if match:
                return int(match[1]), f"title {form.grid.place(row, column).cell}"
    match = _YEAR_TEXT.search(form.grid.sheet)
    if match:
        return int(match[1]), f"sheet name {form.grid.sheet}"
    return 0, ""
