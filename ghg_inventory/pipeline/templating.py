"""Blank returns of a workspace: which area is asked which sheets, what it said last year, and the files.

`plan_workbooks` decides, `write_workbooks` writes. A file that differs from what would be written is kept: a clerk
may have filled it.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ghg_inventory.activity import Activity
from ghg_inventory.activity.returns import Ask, Sheet, departments, load_templates
from ghg_inventory.activity.returns.answers import KEY, Key, ask_key
from ghg_inventory.areas import AreaTree
from ghg_inventory.errors import Finding, finding
from ghg_inventory.pipeline.workspace import Workspace
from ghg_inventory.units import UnitError, convertible, factor_between, parse_unit
from ghg_inventory.workbooks.template import Cover, Last, return_workbook

if TYPE_CHECKING:
    from ghg_inventory.pipeline.steps import Progress

FOLDER = "templates"
# What Windows, macOS and Linux do not allow in a file's name.
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_NAME_LIMIT = 80
# A stated value and its unit, or a notation key and "".
_Stated = tuple[float | str, str]


@dataclass(frozen=True, slots=True)
class Workbook:
    """One workbook to be made. departments: whose, () for all. name: of the file."""

    area: str
    area_name: str
    year: int
    departments: tuple[str, ...]
    sheets: tuple[Sheet, ...]
    name: str


@dataclass(frozen=True, slots=True)
class Written:
    """A workbook's file. state: "new", "same" (it was there already), "replaced" or "kept" (not written)."""

    workbook: Workbook
    path: Path
    state: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What is wanted: () = all areas asked, all departments. split: one workbook per department."""

    year: int
    areas: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    split: bool = False


# -- who is asked what ---------------------------------------------------------------------------------


def all_sheets() -> tuple[Sheet, ...]:
    """Every sheet of every template, in the order of the departments."""
    order = [*departments()]
    sheets = [sheet for template in load_templates() for sheet in template.sheets]
    return tuple(sorted(sheets, key=lambda sheet: order.index(sheet.department)))


def areas_of(ws: Workspace, areas: AreaTree, year: int) -> tuple[str, ...]:
    """The workspace's area and those below it that exist in the year, without overlays."""
    return tuple(code for code in areas.at_or_below(ws.area) if areas.is_valid(code, year))


def is_asked(sheet: Sheet, code: str, ws: Workspace, areas: AreaTree, year: int) -> bool:
    """True when the area is asked the sheet in that year."""
    if sheet.asked == "whole":
        return code == ws.area
    divided = any(areas.adds_to_parent(child) for child in areas.children(code, year))
    return sheet.asked == "each" or not divided


def plan_workbooks(
    ws: Workspace, areas: AreaTree, choice: Choice, lang: str
) -> tuple[tuple[Workbook, ...], tuple[Finding, ...]]:
    """The workbooks wanted, by area and department; findings about areas outside or asked nothing."""
    planned: list[Workbook] = []
    findings: list[Finding] = []
    within = areas_of(ws, areas, choice.year)
    wanted = [s for s in all_sheets() if not choice.departments or s.department in choice.departments]
    for code in choice.areas or within:
        problem = _problem(code, within, ws, areas, choice.year)
        sheets = tuple(s for s in wanted if is_asked(s, code, ws, areas, choice.year))
        if problem is not None:
            findings.append(problem)
        elif sheets:
            planned += _of_area(code, sheets, areas, choice, lang)
        elif choice.areas:
            findings.append(
                finding("template-not-asked", area=areas.name(code, lang, choice.year), code=code)
            )
    return tuple(planned), tuple(findings)


def _problem(code: str, within: Sequence[str], ws: Workspace, areas: AreaTree, year: int) -> Finding | None:
    if code in within:
        return None
    if code not in areas.descendants(ws.area):
        home, example = (
            f"{c} {areas.name(c, 'zh', year)}" for c in (ws.area, within[-1] if within else ws.area)
        )
        return finding("template-outside", area=areas.name(code), code=code, home=home, example=example)
    # A functional zone is asked when it is named; a code of other years never.
    return areas.validate(code, year)


def _of_area(
    code: str, sheets: tuple[Sheet, ...], areas: AreaTree, choice: Choice, lang: str
) -> Iterator[Workbook]:
    name = areas.name(code, lang, choice.year)
    present = tuple(dict.fromkeys(sheet.department for sheet in sheets))
    joint = "、" if lang == "zh" else "_"
    for group in [(one,) for one in present] if choice.split else [present if choice.departments else ()]:
        chosen = tuple(sheet for sheet in sheets if not group or sheet.department in group)
        whose = joint.join(departments()[one].name(lang) for one in group)
        yield Workbook(
            code, name, choice.year, group, chosen, file_name([code, name, str(choice.year), whose])
        )


def file_name(parts: Iterable[str]) -> str:
    """The name of a workbook's file from its parts, free of what a file system refuses.

    >>> file_name(["510703", "涪城区", "2024", ""])
    '510703_涪城区_2024.xlsx'
    """
    safe = (_UNSAFE.sub("", part).strip(" .")[:_NAME_LIMIT] for part in parts)
    return "_".join(part for part in safe if part) + ".xlsx"


# -- last year -----------------------------------------------------------------------------------------


def last_values(
    activity: Activity, areas: AreaTree, year: int, sheets: Iterable[Sheet], codes: Iterable[str]
) -> dict[str, Last]:
    """What each area said of the year before, by area and then (sheet, row, column).

    Records of a code that the area bore then count as its own. Several records of one ask (rows of an energy balance
    that share a category) are added in the printed unit; where they cannot be, none is given.
    """
    stated = _stated(activity, areas, year, set(codes))
    asks = [ask for sheet in sheets for ask in sheet.asks]
    return {
        code: {
            (ask.sheet, ask.row, ask.column): value
            for ask in asks
            if (value := _one_value(said.get(ask.key, ()), ask)) is not None
        }
        for code, said in stated.items()
    }


def _stated(
    activity: Activity, areas: AreaTree, year: int, codes: set[str]
) -> dict[str, dict[Key, list[_Stated]]]:
    """Values and notation keys of the year before, by the area's code of this year and the key of an ask."""
    heirs = {word: areas.heir(word, year) for word in activity.area_code.words}
    is_wanted = np.asarray([heirs[word] in codes for word in activity.area_code.words], dtype=bool)
    mask = activity.year == year - 1
    if len(activity):
        mask &= is_wanted[activity.area_code.codes]
    rows = activity.select(mask)
    found: dict[str, dict[Key, list[_Stated]]] = {code: {} for code in codes}
    keys = zip(*(getattr(rows, name).texts() for name in KEY), strict=True)
    said = zip(
        rows.area_code.texts(),
        keys,
        rows.value.tolist(),
        rows.unit.texts(),
        rows.notation.texts(),
        strict=True,
    )
    for area, words, value, unit, notation in said:
        key = ask_key(words)
        # The reader turned the sign of feedstock, the clerk typed a positive number.
        amount = -value if key[4] == "feedstock" and value else value
        found[heirs[area]].setdefault(key, []).append((notation, "") if notation else (amount, unit))
    return found


def _one_value(said: Sequence[_Stated], ask: Ask) -> _Stated | None:
    """One value of what was said: the number, the sum of several, or the notation key that all agree on."""
    numbers = [(value, unit) for value, unit in said if not isinstance(value, str)]
    if len(numbers) == 1:
        return numbers[0]
    if numbers:
        try:
            return sum(v * factor_between(parse_unit(u), parse_unit(ask.unit)) for v, u in numbers), ask.unit
        except UnitError:
            return None
    keys = {value for value, _ in said}
    return (keys.pop(), "") if len(keys) == 1 else None


def unit_findings(book: Workbook, last: Last) -> Iterator[Finding]:
    """Last year's values that are not in a unit of the ask's kind."""
    for sheet in book.sheets:
        for ask in sheet.asks:
            value, unit = last.get((ask.sheet, ask.row, ask.column), ("", ""))
            if isinstance(value, str) or _converts(unit, ask.unit):
                continue
            yield finding(
                "template-last-unit", area=book.area_name, year=book.year - 1, label=ask.zh, unit=unit,
                printed=ask.unit,
            )  # fmt: skip


def _converts(unit: str, wanted: str) -> bool:
    try:
        return convertible(parse_unit(unit), parse_unit(wanted))
    except UnitError:
        return False


# -- the files -----------------------------------------------------------------------------------------


def write_workbooks(
    ws: Workspace,
    areas: AreaTree,
    planned: Sequence[Workbook],
    lang: str,
    *,
    folder: Path | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> tuple[tuple[Written, ...], tuple[Finding, ...]]:
    """Write the workbooks into `folder` (default: templates/ of the workspace), with last year's values of the store.

    A file that is there and differs is left alone, with a finding, unless `force`.
    Raises: OSError where the folder cannot be written; StoreError where the store cannot be read.
    """
    if not planned:
        return (), ()
    target = folder or ws.folder / FOLDER
    activity = ws.open_store().activity()
    sheets = {sheet.id: sheet for book in planned for sheet in book.sheets}
    last = last_values(activity, areas, planned[0].year, sheets.values(), {book.area for book in planned})
    target.mkdir(parents=True, exist_ok=True)
    written: list[Written] = []
    findings: list[Finding] = []
    for number, book in enumerate(planned, start=1):
        cover = Cover(book.area, book.area_name, book.year, book.departments)
        content = return_workbook(book.sheets, cover, last[book.area], lang)
        path = target / book.name
        written.append(Written(book, path, _write(path, content, force)))
        findings += unit_findings(book, last[book.area])
        if written[-1].state == "kept":
            findings.append(finding("template-kept", file=path))
        if progress is not None:
            progress(1, 1, "生成填报工作簿", "make workbooks", number / len(planned))
    return tuple(written), tuple(findings)


def _write(path: Path, content: bytes, force: bool) -> str:
    """Write a file whole or not at all. Returns: the state of `Written`."""
    there = path.read_bytes() if path.is_file() else None
    if there == content:
        return "same"
    if there is not None and not force:
        return "kept"
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(part).chmod(0o644)
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    return "new" if there is None else "replaced"


def describe(ws: Workspace, areas: AreaTree, year: int) -> list[Mapping[str, object]]:
    """For `ghg template --list`: every sheet, who fills it, of which areas, and how many values it asks."""
    within = areas_of(ws, areas, year)
    return [
        {
            "id": sheet.id, "template": f"{sheet.template}@{sheet.version}", "zh": sheet.zh, "en": sheet.en,
            "department": sheet.department, "asked": sheet.asked, "values": len(sheet.asks),
            "areas": sum(is_asked(sheet, code, ws, areas, year) for code in within),
        }
        for sheet in all_sheets()
    ]  # fmt: skip
