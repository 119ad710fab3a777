"""What is burnt, what is raw material, what went into another energy: the columns of one industry and energy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ghg_inventory.activity.forms.cells import FormCell
from ghg_inventory.activity.forms.loader import Forms, Part

_DUST = 1e-9


@dataclass(frozen=True, slots=True)
class Taken:
    """A number that becomes a record. use: as in the activity record; note: why it is subtracted."""

    cell: FormCell
    use: str
    note: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the numbers of one industry and energy are not taken: a finding's name and the number to point at."""

    name: str
    cell: FormCell


NOTES = {
    "feedstock": "用于原材料，未燃烧 / used as raw material, not burnt",
    "input_converted": "加工转换投入，未燃烧 / turned into another energy, not burnt",
}


def settle(
    place: Part, energy: Part, cells: Mapping[str, FormCell], forms: Forms
) -> tuple[list[Taken], list[Trouble]]:
    """The records of one industry and energy. cells: those that count, by role; all in one unit.

    The consumption is the total, or its two parts where the form has no total. Raw material and input to
    transformation are subtracted: neither is burnt. Nothing is taken where that cannot be told.
    """
    kinds: dict[str, list[FormCell]] = {}
    for role, cell in cells.items():
        kinds.setdefault(forms.roles[role].kind, []).append(cell)
    burnt = (
        kinds.get("total")
        or kinds.get("value")
        or [*kinds.get("industrial", ()), *kinds.get("nonindustrial", ())]
    )
    if not burnt:
        return [], [Trouble("form-no-consumption", next(iter(cells.values())))] if any(
            cell.value for cell in cells.values()
        ) else []
    if energy.use:
        return [Taken(cell, energy.use, "") for cell in burnt], []
    trouble = _transformation(place, energy, kinds, burnt)
    if trouble is not None:
        return [], [trouble]
    subtracted = [Taken(cell, "feedstock", NOTES["feedstock"]) for cell in kinds.get("feedstock", ())]
    subtracted += [
        Taken(cell, "feedstock", NOTES["input_converted"])
        for cell in _converted(place, energy, kinds)
        if cell.value
    ]
    subtracted = [taken for taken in subtracted if taken.cell.value]
    total = sum(cell.value for cell in burnt)
    if subtracted and sum(taken.cell.value for taken in subtracted) > total * (1 + _DUST) + _DUST:
        return [], [Trouble("form-more-than-total", subtracted[0].cell)]
    return [Taken(cell, "", "") for cell in burnt] + subtracted, []


def _converted(place: Part, energy: Part, kinds: Mapping[str, list[FormCell]]) -> list[FormCell]:
    """Input that became another energy: as its own columns say, else all input of an industry that only converts."""
    if kinds.get("input_converted"):
        return kinds["input_converted"]
    only = place.inputs == "converted" and energy.id in place.converts and not kinds.get("input_burnt")
    return kinds.get("input", []) if only else []


def _transformation(
    place: Part, energy: Part, kinds: Mapping[str, list[FormCell]], burnt: list[FormCell]
) -> Trouble | None:
    """Why it cannot be told how much was burnt, None when it can."""
    total = kinds.get("input", [])
    detailed = bool(kinds.get("input_burnt") or kinds.get("input_converted"))
    if not total and not detailed:
        unclear = energy.id in place.converts and any(cell.value for cell in burnt)
        return Trouble("form-input-missing", burnt[0]) if unclear else None
    if detailed:
        parts = sum(cell.value for kind in ("input_burnt", "input_converted") for cell in kinds.get(kind, ()))
        return Trouble("form-input-sum", total[0]) if total and _differs(parts, total) else None
    known = place.inputs == "burnt" or (place.inputs == "converted" and energy.id in place.converts)
    return None if known or not total[0].value else Trouble("form-input-undivided", total[0])


def _differs(parts: float, total: list[FormCell]) -> bool:
    slack = 0.5 * 10.0 ** -total[0].decimals * 3
    return abs(parts - total[0].value) > slack + _DUST * abs(total[0].value)
