"""Lines over years, each labelled at its end; a gap in the years is a gap in scale, not hidden."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ghg_inventory.report.charts import svg
from ghg_inventory.report.charts.bars import Axis, Series, grid


def lines(years: Sequence[int], series: Sequence[Series], *, unit: str, title: str) -> Markup:
    """One line per series on a true time scale; names stand at the right end, moved apart where they collide."""
    height, left, top, bottom = 236.0, 62.0, 30.0, 206.0
    names = max((svg.text_width(s.name, 9.5) for s in series), default=0.0)
    right = svg.WIDTH - min(150.0, names + 14)
    values = [value for s in series for value in s.values]
    axis = Axis(tuple(svg.steps(min(values), max(values) * 1.03)), top, bottom)
    span = max(1, years[-1] - years[0])
    places = [left + 14 + (right - left - 28) * (year - years[0]) / span for year in years]
    parts = grid(axis, left, right, unit)
    parts += [
        svg.text(x, bottom + 16, str(year), 9.5, text_anchor="middle")
        for x, year in zip(places, years, strict=True)
    ]
    ends = _apart([axis.y(s.values[-1]) for s in series], 20.0, (top - 4, bottom))
    for s, label in zip(series, ends, strict=True):
        points = [(x, axis.y(value)) for x, value in zip(places, s.values, strict=True)]
        path = " ".join(f"{svg.coordinate(x)},{svg.coordinate(y)}" for x, y in points)
        parts.append(svg.element("polyline", points=path, fill="none", stroke=s.colour, stroke_width=2.0))
        parts += [svg.element("circle", cx=x, cy=y, r=2.4, fill=s.colour) for x, y in points]
        end = points[-1]
        parts.append(svg.line((end[0] + 4, end[1]), (right + 4, label), s.colour, 0.7))
        parts += svg.label(right + 7, label + 3, s.name, 9.0, svg.WIDTH - right - 8, fill=s.colour)
    return svg.drawing(svg.WIDTH, height, title, parts)


def _apart(wanted: list[float], gap: float, limits: tuple[float, float]) -> list[float]:
    """Label heights near the wanted ones, at least `gap` apart, kept inside the limits where they fit."""
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    placed = dict.fromkeys(order, 0.0)
    previous = limits[0] - gap
    for i in order:
        placed[i] = previous = max(wanted[i], previous + gap)
    overflow = max(0.0, previous - limits[1])
    for i in reversed(order):
        if overflow <= 0:
            break
        placed[i] = min(placed[i], limits[1])
        limits = (limits[0], placed[i] - gap)
    return [placed[i] for i in range(len(wanted))]
