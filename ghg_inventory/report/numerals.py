"""The one place where a number becomes text: rounding, thousands separators, true minus, units of the report.

Rounding is half to even on the decimal value (GB/T 8170). A missing value prints an en dash; a value that is
exactly zero prints 0; a small value prints as many decimals as its column, so 0.00 is "less than half a unit".
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

MINUS = "\u2212"
NIL = "\u2013"


def number(value: float | None, decimals: int) -> str:
    """`value` with `decimals` places, e.g. −1,234.50; an en dash for None and NaN.

    >>> number(-1234.5, 2)
    '−1,234.50'
    """
    if value is None or math.isnan(value):
        return NIL
    if value == 0:
        return "0"
    step = Decimal(1).scaleb(-decimals)
    # 60 digits of context are not needed: quantize raises only beyond 28, and no inventory has such totals.
    rounded = Decimal(repr(float(value))).quantize(step, rounding=ROUND_HALF_EVEN)
    text = f"{abs(rounded):,f}"
    return MINUS + text if rounded < 0 else text


def signed(value: float | None, decimals: int) -> str:
    """Like `number`, with a plus sign before a positive value."""
    text = number(value, decimals)
    positive = value is not None and not math.isnan(value) and value > 0
    return "+" + text if positive else text


def percent(share: float | None, decimals: int = 1) -> str:
    """A fraction as per cent, e.g. 0.0312 → 3.1%."""
    if share is not None and 0 < share < 1 - 1e-9:
        # A part that is there must not read as none, nor the greater part as all.
        least = 10.0**-decimals
        if share * 100 < least / 2:
            return f"<{least:.{decimals}f}%"
        if share * 100 > 100 - least / 2:
            return f">{100 - least:.{decimals}f}%"
    text = number(None if share is None else share * 100, decimals)
    return text if text == NIL else text + "%"


def signed_percent(share: float | None, decimals: int = 1) -> str:
    """A change as per cent with its sign."""
    text = signed(None if share is None else share * 100, decimals)
    return text if text == NIL else text + "%"


def ratio(part: float | None, whole: float | None) -> float | None:
    """part / whole, or None when either is missing or the whole is zero."""
    if part is None or not whole or math.isnan(part) or math.isnan(whole):
        return None
    return part / whole


def submitted(value: float | None) -> str:
    """A value as it was submitted: up to twelve digits, no trailing zeros, thousands separated."""
    if value is None or math.isnan(value):
        return NIL
    text = f"{abs(value):,.12f}".rstrip("0").rstrip(".") if abs(value) < 1e15 else f"{abs(value):.12g}"
    digits = text.replace(",", "").replace(".", "").lstrip("0")
    if len(digits) > 12:
        text = f"{abs(float(f'{value:.12g}')):,.12f}".rstrip("0").rstrip(".")
    return MINUS + text if value < 0 else text


def significant(value: float | None, digits: int = 4) -> str:
    """`value` with `digits` significant digits and at least the whole part, for indicators and activity."""
    if value is None or math.isnan(value) or value == 0:
        return number(value, 0)
    places = digits - 1 - math.floor(math.log10(abs(value)))
    return number(value, max(0, places))


@dataclass(frozen=True, slots=True)
class Scale:
    """A unit of mass for print. unit: "万t"; tonnes: how many tonnes it is; decimals: printed places."""

    unit: str
    tonnes: float
    decimals: int

    def text(self, tonnes: float | None) -> str:
        """Tonnes as printed in this unit, without the unit."""
        return number(None if tonnes is None else tonnes / self.tonnes, self.decimals)

    def signed(self, tonnes: float | None) -> str:
        """Tonnes as printed, with the sign always shown."""
        return signed(None if tonnes is None else tonnes / self.tonnes, self.decimals)

    def of(self, substance: str) -> str:
        """The unit with its substance, e.g. 万t CO2e."""
        return f"{self.unit} {substance}"


def choose_scale(rules: Iterable[Mapping[str, Any]], largest: float) -> Scale:
    """The first rule whose `from` is not above `largest` tonnes; the last rule when none is."""
    scale = Scale("t", 1.0, 0)
    for rule in rules:
        scale = Scale(str(rule["unit"]), float(rule["tonnes"]), int(rule["decimals"]))
        if abs(largest) >= float(rule["from"]):
            break
    return scale
