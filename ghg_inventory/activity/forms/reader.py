"""An official form → activity records, every number accounted for.

Order of steps: find the form, learn whose it is, read its numbers, decide which of totals and parts count, what of
them is burnt, make the records. Every number ends as a record, as a check, set aside by name, or in an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ghg_inventory.activity import words
from ghg_inventory.activity.context import Context
from ghg_inventory.activity.forms.cells import FormCell, Key, Reading, amounts, read_cells
from ghg_inventory.activity.forms.find import Sheet, find_sheet
from ghg_inventory.activity.forms.heading import industry_of, title_findings, whose_sheet
from ghg_inventory.activity.forms.loader import Forms, Part, in_year, load_forms
from ghg_inventory.activity.forms.roles import Taken, settle
from ghg_inventory.activity.forms.tree import Amount, Gap, choose
from ghg_inventory.activity.grid import Grid
from ghg_inventory.activity.raw import NUMBER, TEXT, RawTable
from ghg_inventory.activity.table import Activity, InputFile
from ghg_inventory.activity.understand import understand
from ghg_inventory.activity.whose import Whose
from ghg_inventory.errors import Finding, Place, finding, has_errors
from ghg_inventory.tables import Column

_SUBTRACTED = ("feedstock", "input", "input_burnt", "input_converted")
# The order in which the fates of a number among totals and parts outrank each other.
_RANK = ("aside", "check", "undivided", "record")


@dataclass(frozen=True, slots=True)
class _Found:
    """What was decided about the numbers of a form."""

    taken: tuple[Taken, ...]
    checked: int
    findings: tuple[Finding, ...]


def read_form(
    grid: Grid, context: Context, file: InputFile, forms: Forms | None = None
) -> tuple[Activity | None, list[Finding]]:
    """The records of an official form on a sheet; (None, []) when the sheet holds none that we know."""
    forms = forms or load_forms()
    sheet = find_sheet(grid, forms)
    if sheet is None:
        return None, []
    empty = Activity.empty((file,))
    whose, findings = whose_sheet(sheet, context)
    findings += title_findings(sheet)
    if whose is None or has_errors(findings):
        return empty, findings
    forms = in_year(forms, whose.year)
    sheet = find_sheet(grid, forms) or sheet
    if not sheet.kind.first <= whose.year <= sheet.kind.last:
        years: dict[str, object] = {"first": sheet.kind.first, "last": sheet.kind.last, "year": whose.year}
        return empty, [
            *findings,
            finding("form-edition", _place(sheet), severity="", **_titles(sheet), **years),
        ]
    industry, problem = industry_of(sheet)
    if problem is not None:
        return empty, [*findings, problem]
    reading = read_cells(sheet, forms, whose.year, industry)
    found = _decide(sheet, forms, reading, industry)
    statement = f"form {sheet.kind.id}@{sheet.kind.version}; {whose.how}"
    described = replace(
        file, kind="form", layout=f"{sheet.kind.id}@{sheet.kind.version}", statement=statement
    )
    activity, more = _activity(sheet, (forms, found.taken), whose, (context, described))
    findings += [*words.capped(reading.findings), *words.capped(found.findings), *more]
    findings += _summary(sheet, reading, found, whose, len(activity))
    return activity, findings


def _place(sheet: Sheet) -> Place:
    return Place(sheet.grid.file, sheet.grid.sheet)


def _titles(sheet: Sheet) -> dict[str, object]:
    return {"title": sheet.kind.title_zh, "title_en": sheet.kind.title_en}


def _decide(sheet: Sheet, forms: Forms, reading: Reading, industry: str) -> _Found:
    """Fates of the numbers that were read: record, check, aside or refused."""
    known = _without_details(forms, reading, amounts(reading))
    status: dict[Key, list[str]] = {key: [] for key in known}
    findings: list[Finding] = []
    checked = 0
    for axis, parts in ((1, forms.energies), (0, sheet.kind.places)):
        for group in _groups(known, axis):
            choice = choose(parts, {key[axis]: known[key] for key in group})
            checked += choice.checked
            for key in group:
                alone = axis == 0 and industry
                status[key].append("record" if alone else choice.status.get(key[axis], "check"))
            by_part = {key[axis]: reading.cells[key] for key in group}
            findings += [
                _gap(sheet, forms, gap, parts, by_part)
                for gap in choice.gaps
                if by_part[gap.total].spot[1] not in reading.unread
            ]
    taken: list[Taken] = []
    counted: dict[tuple[str, str], dict[str, FormCell]] = {}
    for key, cell in reading.cells.items():
        fate = min(status.get(key, ["check"]), key=_RANK.index)
        if forms.energies[key[1]].take == "aside":
            fate = "check"  # all energies in standard coal: added up over the industries, never counted
        reading.fates[cell.spot] = "refused" if fate == "undivided" else "check" if fate == "record" else fate
        if fate == "undivided":
            findings.append(_about("form-undivided", sheet, forms, cell))
        elif fate == "record":
            counted.setdefault(key[:2], {})[key[2]] = cell
    for (place, energy), cells in counted.items():
        part = forms.energies[energy]
        records, troubles = settle(sheet.kind.places[place], part, cells, forms)
        taken += records
        findings += [_about(trouble.name, sheet, forms, trouble.cell) for trouble in troubles]
        for cell in cells.values() if troubles else ():
            reading.fates[cell.spot] = "refused"
    findings += _consumption_sums(sheet, forms, reading)
    for one in taken:
        reading.fates[one.cell.spot] = "record"
    return _Found(tuple(taken), checked, tuple(findings))


def _without_details(forms: Forms, reading: Reading, known: dict[Key, Amount]) -> dict[Key, Amount]:
    """Without the kinds of an energy whose raw material is stated for all kinds together: it is subtracted there."""
    coarse = {
        (place, energy)
        for (place, energy, role), cell in reading.cells.items()
        if cell.value and forms.energies[energy].take == "closed" and forms.roles[role].kind in _SUBTRACTED
        and not any((place, part.id, role) in known for part in forms.energies.values() if part.parent == energy)
    }  # fmt: skip
    return {
        key: amount for key, amount in known.items() if (key[0], forms.energies[key[1]].parent) not in coarse
    }


def _groups(known: Iterable[Key], axis: int) -> list[list[Key]]:
    """Keys that differ in one position only: the rows of a column, or the columns of a row."""
    groups: dict[tuple[str, ...], list[Key]] = {}
    for key in known:
        groups.setdefault((*key[:axis], *key[axis + 1 :]), []).append(key)
    return list(groups.values())


def _consumption_sums(sheet: Sheet, forms: Forms, reading: Reading) -> list[Finding]:
    """Total consumption = industrial production + other, where a form gives all three."""
    found = []
    for (place, energy, role), total in reading.cells.items():
        parts = [reading.cells.get((place, energy, other)) for other in ("industrial", "nonindustrial")]
        if role != "total" or parts[0] is None or total.unit != parts[0].unit:
            continue
        expected = sum(part.value for part in parts if part is not None)
        slack = 1.5 * 10.0 ** -max(total.decimals, *(part.decimals for part in parts if part is not None))
        if abs(expected - total.value) > slack + 1e-9 * abs(total.value):
            found.append(
                _about(
                    "form-consumption-gap",
                    sheet,
                    forms,
                    total,
                    expected=f"{expected:g}",
                    value=f"{total.value:g}",
                )
            )
    return found


def _names(sheet: Sheet, forms: Forms, cell: FormCell) -> dict[str, object]:
    place, energy = sheet.kind.places[cell.key[0]], forms.energies[cell.key[1]]
    return {"row": place.zh, "row_en": place.en, "energy": energy.zh, "energy_en": energy.en}


def _about(name: str, sheet: Sheet, forms: Forms, cell: FormCell, **values: object) -> Finding:
    """A finding at a number, with the names of its row and energy."""
    place = sheet.grid.place(*cell.spot)
    blanks = {**_names(sheet, forms, cell), "value": f"{cell.value:g}", "unit": cell.unit, **values}
    return finding(name, place, severity="", **blanks)


def _gap(
    sheet: Sheet, forms: Forms, gap: Gap, parts: Mapping[str, Part], cells: Mapping[str, FormCell]
) -> Finding:
    """A total that differs from its parts. An error where the parts are what is counted: one of them is missing."""
    total = cells[gap.total]
    base = words.base_units(total.unit)
    shown = [sheet.grid.place(*cells[name].spot).cell for name in gap.parts if name in cells]
    found = _about(
        "form-gap", sheet, forms, total, total=parts[gap.total].zh, total_en=parts[gap.total].en,
        found=f"{gap.found / base:g}", expected=f"{gap.expected / base:g}",
        gap=f"{(gap.found - gap.expected) / base:g}", cells="、".join(shown) or "–",
    )  # fmt: skip
    counts = gap.counts and forms.energies[total.key[1]].take != "aside"
    return replace(found, severity="error") if counts else found


def _activity(
    sheet: Sheet, what: tuple[Forms, tuple[Taken, ...]], whose: Whose, given: tuple[Context, InputFile]
) -> tuple[Activity, list[Finding]]:
    """The records, understood like the rows of a long table, with the row and role of the form as their flow."""
    forms, taken = what
    context, file = given
    texts: dict[str, list[str]] = {name: [] for name in TEXT}
    flows: dict[str, str] = {}
    cells: list[str] = []
    for one in taken:
        place, energy, role = one.cell.key
        row = {
            "area_code": whose.area_code, "year": str(whose.year), "category": sheet.kind.places[place].target,
            "variable": "fuel", "item": forms.energies[energy].target, "unit": one.cell.unit, "use": one.use,
            "note": one.note, "source": sheet.kind.title_zh,
        }  # fmt: skip
        for name, column in texts.items():
            column.append(row.get(name, ""))
        name = sheet.grid.place(*one.cell.spot).cell
        cells.append(name)
        flows[name] = ".".join([sheet.kind.id, place, *([role] if role not in ("total", "this") else [])])
    if not taken:
        return Activity.empty((file,)), []
    size = len(taken)
    raw = RawTable(
        file.name, sheet.grid.sheet, {name: Column.of(column) for name, column in texts.items()},
        np.asarray([one.cell.value for one in taken], float), np.full(size, NUMBER, np.uint8),
        np.zeros(size, np.int32), sheets=(sheet.grid.sheet,) * size, cells={"value": tuple(cells)},
    )  # fmt: skip
    activity, findings = understand(raw, context, file)
    flow = Column.of(flows[activity.cell_text(row)] for row in range(len(activity)))
    return activity.with_columns(flow=flow).canonical(), findings


def _summary(
    sheet: Sheet, reading: Reading, found: _Found, whose: Whose, records: int
) -> list[Finding]:  # fmt: skip
    """What became of all numbers, in one line; what was read past, by name."""
    place = _place(sheet)
    fates = Counter(reading.fates.values())
    findings = []
    if reading.aside:
        names = [f"{name}（{count}）" for name, count in list(reading.aside.items())[:12]]
        more = len(reading.aside) - len(names)
        findings.append(
            finding(
                "form-aside", place, count=fates["aside"], names="、".join(names) + ("……" if more else "")
            )
        )
    for why in sorted({why for _, why in reading.normalised}):
        cases = [example for example, reason in reading.normalised if reason == why]
        findings.append(finding("numbers-normalised", place, why=words.reason_zh(why), why_en=why, count=len(cases),
                                examples="; ".join(cases[:3])))  # fmt: skip
    findings.append(
        finding(
            "form-read", place, severity="", **_titles(sheet), area=whose.area_code, year=whose.year, how=whose.how,
            numbers=sum(fates.values()), records=fates["record"], kept=records, checks=fates["check"],
            aside=fates["aside"], refused=fates["refused"], totals=found.checked,
        )
    )  # fmt: skip
    return findings
