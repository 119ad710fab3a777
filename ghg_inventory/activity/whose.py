"""Whose form it is: area code and year, from its cells, its title, its sheet name, or the caller."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from ghg_inventory.activity import words
from ghg_inventory.activity.context import FIRST_YEAR, LAST_YEAR, Context
from ghg_inventory.activity.form import Form
from ghg_inventory.activity.grid import Grid
from ghg_inventory.errors import Finding, Place, finding, has_errors

_CODE_KEY = re.compile(r"(?:地区代码|行政区划代码|区划代码|area[_ ]?code)\s*[:=]?\s*([\w-]*)", re.IGNORECASE)
_YEAR_KEY = re.compile(r"(?:年份|年度|\byear)\s*[:=]?\s*(\d*)", re.IGNORECASE)
_NAME_KEY = re.compile(r"(?:填报地区|地区名称|地区|省份)\s*[:=]\s*(\S+)")
_YEAR_TEXT = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_YEAR_ALONE = re.compile(r"(?:19|20)\d\d\s*年?度?")
_TITLE = re.compile(r"^(.*?)(?:地区)?(?:综合)?能源平衡(?:简)?表")
# A value may stand a few cells to the right of its key.
_REACH = 6


@dataclass(frozen=True, slots=True)
class Whose:
    """Area code and year of a form; `how` says where each came from."""

    area_code: str
    year: int
    how: str


def whose_form(
    form: Form, context: Context, key: tuple[str, str] = ("", "")
) -> tuple[Whose | None, list[Finding]]:
    """The form's area and year. A contradiction, an unknown area or a lack of either is an error.

    key: area code and year from columns of the table, where it has them. Otherwise the cells beside 地区代码
    and 年份, the title and the sheet's name (year only) are heard, and all of them must agree; where they
    say nothing, the caller does. The caller's area must be the form's area or contain it.
    """
    place = Place(form.grid.file, form.grid.sheet)
    grid = form.grid.transposed() if form.grid.flipped else form.grid
    year, how_year, findings = _year(grid, key[1])
    area, how_area, found = _area(grid, key[0], year or context.year, context)
    findings += found
    if (
        area
        and not has_errors(findings)
        and (problem := _problem(area, year or context.year, context, place))
    ):
        return None, [problem]
    if area and not words.is_within(area, context):
        findings.append(finding("balance-whose-conflict", place, form=area, given=context.area_code))
    if context.year and year and year != context.year:
        findings.append(finding("balance-whose-conflict", place, form=year, given=context.year))
    if has_errors(findings):
        return None, findings
    area, how_area = (area, how_area) if area else (context.area_code, "caller")
    year, how_year = (year, how_year) if year else (context.year, "caller")
    problem = _problem(area, year, context, place)
    if problem:
        return None, [*findings, problem]
    return Whose(area, year, f"area: {how_area}, year: {how_year}"), findings


def _problem(area: str, year: int, context: Context, place: Place) -> Finding | None:
    """Why area or year will not do."""
    if not area or not year:
        missing = [("地区代码", "area code")] * (not area) + [("年份", "year")] * (not year)
        names_zh, names_en = "、".join(zh for zh, _ in missing), " and ".join(en for _, en in missing)
        return finding("balance-whose", place, missing=names_zh, missing_en=names_en)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return _year_range(str(year), place)
    return context.areas.validate(area, year, place) if context.areas is not None else None


def _texts(grid: Grid) -> Iterator[tuple[int, int, str]]:
    """Every cell that holds letters, in reading order."""
    for row, cells in enumerate(grid.rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, str) and (text := _plain(cell)):
                yield row, column, text


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _keyed(grid: Grid, key: re.Pattern[str]) -> tuple[str, Place] | None:
    """(value, place) after a key such as 地区代码, in the same cell or to the right of it."""
    for row, column, text in _texts(grid):
        match = key.search(text)
        if match is None:
            continue
        if match[1]:
            return match[1], grid.place(row, column)
        for beside in range(column + 1, column + _REACH):
            value = _plain(grid.text(row, beside))
            if value:
                return value, grid.place(row, beside)
    return None


def _area(grid: Grid, key: str, year: int, context: Context) -> tuple[str, str, list[Finding]]:
    """The area code: given by a column, a cell, or the name in the title."""
    if key:
        return key, "column", []
    keyed = _keyed(grid, _CODE_KEY)
    names = list(_area_names(grid, year, context))
    if keyed is not None:
        code, cell = keyed[0], keyed[1].cell
        for name, codes, where in names:
            severity = _contradicts(code, codes, context)
            if severity:
                shown = f"{name} ({where.cell})"
                found = [finding(f"balance-area-{severity}", keyed[1], code=code, other=shown)]
                return code, f"cell {cell}", found
        return code, f"cell {cell}", []
    for name, codes, where in names:
        if len(codes) == 1:
            return codes[0], f"name {name} in {where.cell}", []
        if context.area_code not in codes:
            shown = ", ".join(codes[:5])
            return "", "", [finding("area-name-ambiguous", where, name=name, codes=shown)]
    return "", "", []


def _area_names(grid: Grid, year: int, context: Context) -> Iterator[tuple[str, tuple[str, ...], Place]]:
    """Names of areas in the title or beside 地区, with the codes they may mean and where they stand."""
    if context.areas is None:
        return
    for row, column, text in _texts(grid):
        match = _TITLE.match(re.sub(r"\s+", "", text)) or _NAME_KEY.search(text)
        name, codes = _named(match[1] if match else "", year, context)
        if codes:
            yield name, codes, grid.place(row, column)


def _contradicts(code: str, codes: tuple[str, ...], context: Context) -> str:
    """ "" when the code is one of `codes` or unknown, "wider" when one of them contains it, else "conflict"."""
    areas = context.areas
    if areas is None or code not in areas or code in codes:
        return ""
    return (
        "wider" if any(other in areas and areas.is_ancestor(other, code) for other in codes) else "conflict"
    )


def _named(text: str, year: int, context: Context) -> tuple[str, tuple[str, ...]]:
    """The longest ending of a text that is an area's name: a title may begin with its number or the year."""
    plain = re.sub(r"(?:19|20)\d\d年?度?", "", text)
    for start in range(max(len(plain) - 1, 0)):
        name = plain[start:]
        codes = context.areas.find(name, year or None) if context.areas is not None else ()
        if codes:
            return name, codes
    return "", ()


def _year(grid: Grid, key: str) -> tuple[int, str, list[Finding]]:
    """The year: given by a column; else by a cell, the title or the sheet's name, which must agree."""
    if match := _YEAR_TEXT.search(key):
        return int(match[1]), "column", []
    claims: list[tuple[int, str, Place]] = []
    keyed = _keyed(grid, _YEAR_KEY)
    if keyed is not None and (match := _YEAR_TEXT.search(keyed[0])):
        claims.append((int(match[1]), f"cell {keyed[1].cell}", keyed[1]))
        if not FIRST_YEAR <= claims[0][0] <= LAST_YEAR:
            return 0, "", [_year_range(match[1], keyed[1])]
    elif keyed is not None and re.search(r"\d", keyed[0]):
        return 0, "", [_year_range(keyed[0], keyed[1])]
    for row, column, text in _texts(grid):
        if ("平衡" in text or _YEAR_ALONE.fullmatch(text)) and (match := _YEAR_TEXT.search(text)):
            place = grid.place(row, column)
            claims.append((int(match[1]), f"title {place.cell}", place))
            break
    if match := _YEAR_TEXT.search(grid.sheet):
        claims.append((int(match[1]), f"sheet name {grid.sheet}", Place(grid.file, grid.sheet)))
    if len({year for year, _, _ in claims}) > 1:
        shown = "; ".join(f"{how}: {year}" for year, how, _ in claims)
        return 0, "", [finding("balance-year-conflict", claims[0][2], claims=shown)]
    return (claims[0][0], claims[0][1], []) if claims else (0, "", [])


def _year_range(text: str, place: Place) -> Finding:
    return finding("year-range", place, text=text[:40], first=FIRST_YEAR, last=LAST_YEAR, count=1)
