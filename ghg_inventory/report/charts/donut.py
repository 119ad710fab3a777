"""Shares of a whole: a ring with a directly readable list beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from ghg_inventory.report.charts import svg


def donut(rows: Sequence[tuple[str, float, str, str, str]], centre: tuple[str, str], *, title: str) -> Markup:
    """rows: (name, value > 0, printed value, printed share, colour), largest first; centre: number and unit.

    Raises: ValueError for a value that is not positive: a share of a whole cannot be negative.
    """
    if any(value <= 0 for _, value, _, _, _ in rows):
        raise ValueError("a ring shows positive parts only")
    step = 24.0
    height = max(214.0, 30 + step * len(rows))
    middle, radius, hole = (130.0, height / 2), 96.0, 58.0
    total = sum(value for _, value, _, _, _ in rows)
    parts: list[str] = []
    angle = 0.0
    for _, value, _, _, colour in rows:
        share = value / total
        parts.append(_slice(middle, (hole, radius), (angle, angle + share), colour))
        angle += share
    parts.append(svg.text(middle[0], middle[1] + 2, centre[0], 19, text_anchor="middle", font_weight="bold"))
    parts.append(svg.text(middle[0], middle[1] + 20, centre[1], 10, text_anchor="middle", fill=svg.MUTED))
    top = middle[1] - step * len(rows) / 2
    for i, (name, _, shown, share_text, colour) in enumerate(rows):
        y = top + step * i + 15
        parts.append(svg.rect(272.0, y - 9.5, 10.0, 10.0, colour))
        parts += svg.label(290.0, y, name, 10.5 if svg.text_width(name, 10.5) <= 212 else 9.0, 212)
        parts.append(svg.text(560.0, y, shown, 10.5, text_anchor="end"))
        parts.append(svg.text(622.0, y, share_text, 10.5, text_anchor="end", fill=svg.MUTED))
        if i:
            parts.append(svg.line((272.0, y - 16), (622.0, y - 16), svg.RULE, 0.5))
    return svg.drawing(svg.WIDTH, height, title, parts)


def _slice(middle: tuple[float, float], radii: tuple[float, float], turn: tuple[float, float], colour: str) -> str:
    """A piece of the ring from `turn[0]` to `turn[1]` of a full turn, clockwise from the top."""
    hole, radius = radii
    start, end = turn
    if end - start > 0.9999:
        ring = (hole + radius) / 2
        return svg.element(
            "circle", cx=middle[0], cy=middle[1], r=ring, fill="none", stroke=colour, stroke_width=radius - hole
        )

    def point(r: float, at: float) -> str:
        x = middle[0] + r * math.sin(2 * math.pi * at)
        y = middle[1] - r * math.cos(2 * math.pi * at)
        return f"{svg.coordinate(x)} {svg.coordinate(y)}"

    big = 1 if end - start > 0.5 else 0
    path = (
        f"M{point(radius, start)} A{radius:g} {radius:g} 0 {big} 1 {point(radius, end)} "
        f"L{point(hole, end)} A{hole:g} {hole:g} 0 {big} 0 {point(hole, start)} Z"
    )
    return svg.element("path", d=path, fill=colour, stroke="#ffffff", stroke_width=1.2)
