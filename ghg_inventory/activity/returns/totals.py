"""Totals that a clerk typed, added up again from their parts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from ghg_inventory.activity import words
from ghg_inventory.activity.returns.keys import Keyed
from ghg_inventory.activity.returns.lines import Answer
from ghg_inventory.activity.returns.reading import reading
from ghg_inventory.activity.returns.record import Ask, Sheet
from ghg_inventory.activity.scan import split_cell
from ghg_inventory.codes import notation_keys
from ghg_inventory.errors import Finding, finding
from ghg_inventory.units import UnitError, factor_between, parse_unit

_Answers = Mapping[tuple[str, str], Answer]


class _Sum(NamedTuple):
    """Parts of a total in its unit. slack: half a unit of the last decimal of each. open: a part hides an amount."""

    value: float
    slack: float
    open: bool
    parts: tuple[str, ...]


def totals(sheet: Keyed, template: Sheet, given: Sequence[Answer]) -> Iterator[Finding]:
    """A finding for every total that is not the sum of its parts; one with a part missing is left alone."""
    answers = {(answer.ask.row, answer.ask.column): answer for answer in given}
    asked = {(ask.row, ask.column): ask for ask in template.asks}
    for ask in template.asks:
        total = answers.get((ask.row, ask.column))
        if not ask.sum_of or total is None or not _counts(total):
            continue
        unit = total.unit or ask.unit
        parts = [asked[row, ask.column] for row in ask.sum_of if (row, ask.column) in asked]
        added = _sum(parts, answers, unit)
        if added is not None and _is_wrong(total, added):
            yield _finding(sheet, ask, total, added, unit)


def _counts(answer: Answer) -> bool:
    """True for a number and for a key that stands for nil."""
    return not answer.notation or notation_keys()[answer.notation].counts_as_zero


def _sum(parts: Sequence[Ask], answers: _Answers, unit: str) -> _Sum | None:
    """The parts in the unit of the total; None when one that must be there is not."""
    amounts, slack, is_open, shown = [], 0.0, False, []
    for ask in parts:
        part = answers.get((ask.row, ask.column))
        if part is None and not ask.optional:
            return None
        if part is None or not _counts(part):
            is_open = True
            continue
        if part.notation:
            continue
        factor = _factor(part.unit, unit)
        if factor is None:
            return None
        amounts.append(part.entry.number * factor)
        slack += _half_step(part.entry.number) * factor
        shown.append(f"{part.cells['value']} {part.entry.number:.12g} {part.unit}")
    return _Sum(math.fsum(amounts), slack, is_open, tuple(shown))


def _factor(source: str, target: str) -> float | None:
    if words.unit_fault(source) or words.unit_fault(target):
        return None
    try:
        return factor_between(parse_unit(source), parse_unit(target))
    except UnitError:
        return None


def _half_step(number: float) -> float:
    """Half a unit of the last decimal that was typed.

    >>> _half_step(12.35)
    0.005
    """
    exponent = Decimal(repr(number)).normalize().as_tuple().exponent
    return 0.5 * 10.0 ** min(int(exponent), 0)


def _is_wrong(total: Answer, added: _Sum) -> bool:
    found = 0.0 if total.notation else total.entry.number
    size = max(abs(found), abs(added.value))
    slack = added.slack + (0.0 if total.notation else _half_step(found))
    allowed = max(min(slack, reading().most * size), reading().least * size)
    gap = found - added.value
    # A part that hides an amount can only make the total larger.
    return gap < -allowed if added.open else abs(gap) > allowed


def _finding(sheet: Keyed, ask: Ask, total: Answer, added: _Sum, unit: str) -> Finding:
    found = 0.0 if total.notation else total.entry.number
    most = reading().named
    shown = " + ".join(added.parts[:most]) + (" + …" if len(added.parts) > most else "")
    return finding(
        "return-total", sheet.place(*split_cell(total.cells["value"])), label_zh=ask.zh, label_en=ask.en,
        found=total.notation or f"{found:.12g}", sum=f"{added.value:.12g}", unit=unit, parts=shown or "–",
        difference=f"{found - added.value:+.6g}",
    )  # fmt: skip
