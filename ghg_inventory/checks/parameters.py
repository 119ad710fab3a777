"""Measured parameters of a return: values that no fuel, share or temperature can have."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ghg_inventory.activity.table import Activity
from ghg_inventory.areas import AreaTree
from ghg_inventory.checks.labels import Asks, amount_text, area_name, label
from ghg_inventory.checks.records import rows_of, word_of
from ghg_inventory.checks.slips import Range, ranges
from ghg_inventory.errors import Finding, finding
from ghg_inventory.factors.record import read_parameters
from ghg_inventory.units import UnitError, factor_between, parse_unit

_ROUNDING = 1e-9


def check_parameters(new: Activity, asks: Asks, areas: AreaTree | None) -> list[Finding]:
    """A `parameter-outside` for every measured value outside the limits of its parameter."""
    out = []
    for row in rows_of(new, _limits()).tolist():
        broken = _broken(
            float(new.value[row]), word_of(new, "unit", row), _limits()[word_of(new, "variable", row)]
        )
        if broken is not None:
            out.append(_outside(new, row, broken, asks, areas))
    return out


@cache
def _limits() -> Mapping[str, tuple[Range, ...]]:
    """Parameter → its ranges: ours first, for they say what may have happened, then the limits of its table."""
    out: dict[str, tuple[Range, ...]] = {}
    for one in ranges():
        for name in one.variables:
            out[name] = (*out.get(name, ()), one)
    for name, parameter in read_parameters().items():
        if parameter.units and not (parameter.minimum is None and parameter.maximum is None):
            low = -math.inf if parameter.minimum is None else parameter.minimum
            high = math.inf if parameter.maximum is None else parameter.maximum
            out[name] = (*out.get(name, ()), Range((name,), parameter.units[0], low, high, "", ""))
    return MappingProxyType(out)


def _broken(value: float, unit: str, limits: tuple[Range, ...]) -> Range | None:
    """The first range of the same dimension that a value lies outside of; None also for a notation key."""
    for limit in limits:
        try:
            amount = value * factor_between(parse_unit(unit or "1"), parse_unit(limit.unit))
        except UnitError:
            continue
        slack = _ROUNDING * abs(amount)
        if amount < limit.low - slack or amount > limit.high + slack:
            return limit
    return None


def _outside(new: Activity, row: int, limit: Range, asks: Asks, areas: AreaTree | None) -> Finding:
    low, high = ("–" if math.isinf(end) else f"{end:g}" for end in (limit.low, limit.high))
    return finding(
        "parameter-outside", new.place(row), year=int(new.year[row]), low=low, high=high,
        value=amount_text(float(new.value[row]), word_of(new, "unit", row)), base=limit.unit,
        hint_zh=limit.zh and f"（{limit.zh}）", hint_en=limit.en and f" ({limit.en})",
        **{f"label_{lang}": label(new, row, asks, lang) for lang in ("zh", "en")},
        **{f"area_{lang}": area_name(word_of(new, "area_code", row), areas, lang) for lang in ("zh", "en")},
    )  # fmt: skip
