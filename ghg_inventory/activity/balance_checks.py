"""Arithmetic of a balance form: how minus rows are printed, and whether totals equal their parts. Pure.

A form is a mapping (row id, column id) → number; a pair that is not there is a blank cell and counts as
nil. `present` names the rows that the form shows at all.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ghg_inventory.activity.layouts import Closure, Consumption, Layout

Values = Mapping[tuple[str, str], float]
# Two-decimal numbers as binary floats: sums of a dozen differ from the decimal sum by less than this.
_FLOAT = 1e-7


@dataclass(frozen=True, slots=True)
class SignRule:
    """How one minus row is printed. printed: "positive", "negative" or "" (undecidable).

    by: "closure" (only this convention closes), "majority" (all amounts have this sign), "" (no amounts).
    columns: how many columns spoke for it.
    """

    row: str
    printed: str
    by: str
    columns: int


@dataclass(frozen=True, slots=True)
class Gap:
    """One closure of one column: expected is the sum of the parts, found the printed total."""

    closure: str
    column: str
    total: str
    expected: float
    found: float

    @property
    def gap(self) -> float:
        """Expected minus found, in the unit of the column."""
        return self.expected - self.found


def decide_signs(
    values: Values, layout: Layout, columns: Sequence[str], present: Collection[str]
) -> tuple[SignRule, ...]:
    """The convention of every minus row that has amounts, by closure first, then by the signs printed."""
    rules: list[SignRule] = []
    for closure in layout.closures:
        signed = [
            row
            for row in (*layout.minus_rows, *layout.reinput_rows)
            if row in closure.subtract + closure.add
            and any(values.get((row, column), 0.0) for column in columns)
        ]
        if signed:
            rules += _decide(values, layout, closure, signed, columns if closure.total in present else ())
    return tuple(rules)


def _decide(
    values: Values, layout: Layout, closure: Closure, signed: Sequence[str], columns: Sequence[str]
) -> list[SignRule]:
    """Try every combination of conventions; keep those under which most columns close."""
    speaking = [column for column in columns if any(values.get((row, column), 0.0) for row in signed)]
    scores: dict[tuple[str, ...], int] = {}
    for combo in itertools.product(("positive", "negative"), repeat=len(signed)):
        printed = dict(zip(signed, combo, strict=True))
        scores[combo] = sum(
            abs(_gap(values, layout, closure, printed, column).gap) <= layout.tolerance + _FLOAT
            for column in speaking
        )
    best = max(scores.values())
    winners = [combo for combo, score in scores.items() if score == best]
    rules = []
    for number, row in enumerate(signed):
        conventions = {combo[number] for combo in winners}
        if best and len(conventions) == 1:
            rules.append(SignRule(row, conventions.pop(), "closure", best))
        else:
            rules.append(_majority(values, row))
    return rules


def _majority(values: Values, row: str) -> SignRule:
    amounts = [value for (name, _), value in values.items() if name == row and value]
    positive = sum(value > 0 for value in amounts)
    if positive and positive < len(amounts):
        return SignRule(row, "", "", len(amounts))
    return SignRule(row, "positive" if positive else "negative", "majority", len(amounts))


def closure_gaps(
    values: Values,
    layout: Layout,
    columns: Sequence[str],
    present: Collection[str],
    printed: Mapping[str, str],
) -> tuple[Gap, ...]:
    """Every closure of every column that can be checked, also those that close."""
    gaps = []
    for closure in layout.closures:
        shows_total = closure.total in present or (
            closure.id == "balance"
            and layout.missing_balance is not None
            and {"supply", "final"} <= set(present)
        )
        if not shows_total or not present_parts(closure, present):
            continue
        gaps += [_gap(values, layout, closure, printed, column) for column in columns]
    if layout.consumption is not None and layout.consumption.total in present:
        gaps += [
            _consumption_gap(values, layout.consumption, column) for column in columns
            if column not in layout.consumption.except_columns
        ]  # fmt: skip
    return tuple(gaps)


def present_parts(closure: Closure, present: Collection[str]) -> list[str]:
    """Parts of a closure that the form shows."""
    return [row for row in closure.add + closure.subtract if row in present]


def _gap(values: Values, layout: Layout, closure: Closure, printed: Mapping[str, str], column: str) -> Gap:
    expected = 0.0
    for row in closure.add + closure.subtract:
        value = values.get((row, column), 0.0)
        if row in layout.minus_rows or row in layout.reinput_rows:
            expected -= value if printed.get(row) == "positive" else -value
        else:
            expected += -value if row in closure.subtract else value
    default = (
        layout.missing_balance if closure.id == "balance" and layout.missing_balance is not None else 0.0
    )
    return Gap(closure.id, column, closure.total, expected, values.get((closure.total, column), default))


def _consumption_gap(values: Values, rule: Consumption, column: str) -> Gap:
    expected = sum(values.get((row, column), 0.0) for row in rule.add)
    expected -= sum(min(values.get((row, column), 0.0), 0.0) for row in rule.inputs)
    return Gap("consumption", column, rule.total, expected, values.get((rule.total, column), 0.0))


def is_gap(gap: Gap, layout: Layout) -> bool:
    """True when total and parts differ by more than the layout's tolerance."""
    return abs(gap.gap) > layout.tolerance + _FLOAT


def reversed_transformation(values: Values) -> bool:
    """True when power stations "produce" coal from electricity: inputs are printed positive."""
    return values.get(("transform.thermal_power", "electricity"), 0.0) < 0
