"""Stacked bars by year with removals below zero, and a horizontal ranking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ghg_inventory.report.charts import svg
from ghg_inventory.report.numerals import number


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a chart: its name, colour and one value per label (NaN-free; 0 where there is none)."""

    name: str
    colour: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """A vertical axis: its steps and where its ends lie on the page."""

    ticks: tuple[float, ...]
    top: float
    bottom: float

    def y(self, value: float) -> float:
        """The height of a value."""
        low, high = self.ticks[0], self.ticks[-1]
        return self.bottom - (value - low) / (high - low) * (self.bottom - self.top)


def axis_decimals(ticks: Sequence[float]) -> int:
    """How many decimals tell the ticks apart."""
    step = ticks[1] - ticks[0]
    return next((places for places in range(6) if abs(round(step, places) - step) < step * 1e-6), 6)


def grid(axis: Axis, left: float, right: float, unit: str) -> list[str]:
    """Horizontal lines with their values, the zero line darker, the unit on top."""
    places = axis_decimals(axis.ticks)
    parts = [svg.text(left - 6, axis.top - 12, unit, 9, text_anchor="end", fill=svg.MUTED)]
    if svg.text_width(unit, 9) > left - 6:
        parts = [svg.text(0.0, axis.top - 12, unit, 9, fill=svg.MUTED)]
    for tick in axis.ticks:
        y = axis.y(tick)
        zero = tick == 0
        parts.append(svg.line((left, y), (right, y), svg.MUTED if zero else svg.RULE, 1.0 if zero else 0.6))
        parts.append(svg.text(left - 6, y + 3, number(tick, places), 9, text_anchor="end", fill=svg.MUTED))
    return parts


def stacked_bars(
    labels: Sequence[str], series: Sequence[Series], totals: Sequence[str], *, unit: str, title: str,
    height: float = 266.0,
) -> Markup:
    """One bar per label, positive values stacked up and negative ones down from zero.

    totals: the text over each bar, already formatted (the net value where there are removals).
    """
    left, right, top = 62.0, svg.WIDTH - 6, 30.0
    keys, used = svg.legend([(s.name, s.colour) for s in series], left, 0.0, right - left)
    bottom = height - 28 - used
    highs = [sum(s.values[i] for s in series if s.values[i] > 0) for i in range(len(labels))]
    lows = [sum(s.values[i] for s in series if s.values[i] < 0) for i in range(len(labels))]
    axis = Axis(tuple(svg.steps(min(lows, default=0.0), max(highs, default=0.0) * 1.04)), top, bottom)
    parts = grid(axis, left, right, unit)
    slot = (right - left) / max(1, len(labels))
    bar = min(54.0, slot * 0.58)
    for i, label in enumerate(labels):
        middle = left + slot * (i + 0.5)
        parts += _stack(axis, middle - bar / 2, bar, [(s.values[i], s.colour) for s in series])
        parts.append(svg.text(middle, axis.y(highs[i]) - 5, totals[i], 9, text_anchor="middle", font_weight="bold"))
        parts.append(svg.text(middle, bottom + 14, label, 9.5, text_anchor="middle"))
    parts.append(svg.element("g", "".join(keys), transform=f"translate(0,{svg.coordinate(bottom + 37)})"))
    return svg.drawing(svg.WIDTH, height, title, parts)


def _stack(axis: Axis, x: float, width: float, values: Sequence[tuple[float, str]]) -> list[str]:
    """The boxes of one bar, each parted from the next by a thin white line."""
    parts = []
    up = down = 0.0
    for value, colour in values:
        if value == 0:
            continue
        base = up if value > 0 else down
        y1, y2 = axis.y(base), axis.y(base + value)
        parts.append(svg.rect(x, min(y1, y2), width, abs(y1 - y2), colour, stroke="#ffffff", stroke_width=0.6))
        up, down = (up + value, down) if value > 0 else (up, down + value)
    return parts


def ranking(
    rows: Sequence[tuple[str, float, str]], *, unit: str, title: str, colour: str, highlight: str = ""
) -> Markup:
    """Horizontal bars, longest first as given. rows: (name, value, printed text); highlight: a name in orange."""
    step = 20.0 if len(rows) <= 14 else 15.5
    size = 9.5 if len(rows) <= 14 else 8.8
    longest = max((svg.text_width(name, size) for name, _, _ in rows), default=0.0)
    left = min(210.0, longest + 12)
    numbers = max((svg.text_width(shown, size) for _, _, shown in rows), default=0.0)
    room = svg.WIDTH - left - numbers - 14
    low = min(0.0, min((value for _, value, _ in rows), default=0.0))
    high = max(0.0, max((value for _, value, _ in rows), default=0.0))
    span = (high - low) or 1.0
    zero = left + room * -low / span
    parts = [svg.text(left, 10.0, unit, 9, fill=svg.MUTED)]
    for i, (name, value, shown) in enumerate(rows):
        y = 18 + step * i
        length = room * abs(value) / span
        x = zero if value >= 0 else zero - length
        tint = str(svg.palette()["highlight"]) if name == highlight else colour
        parts.append(svg.text(left - 8, y + step * 0.62, svg.shorten(name, size, left - 10), size, text_anchor="end"))
        parts.append(svg.rect(x, y + step * 0.14, max(length, 0.6), step * 0.66, tint))
        parts.append(svg.text(max(x + length, zero) + 6, y + step * 0.62, shown, size, fill=svg.INK))
    bottom = 18 + step * len(rows)
    parts.append(svg.line((zero, 16.0), (zero, bottom), svg.MUTED, 0.8))
    return svg.drawing(svg.WIDTH, bottom + 4, title, parts)
