"""A table of coloured cells: areas by years, or areas by sectors. The number stands in every cell."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ghg_inventory.report.charts import svg


def heat_map(
    rows: Sequence[tuple[str, Sequence[tuple[float | None, str]]]], columns: Sequence[str], *, title: str
) -> Markup:
    """rows: (name, (value or None, printed text) per column). Colour depth goes with the square root.

    Values are emissions; a negative one takes the palest colour, a missing one is hatched by its dash on white.
    """
    colours = svg.palette()
    low, high = str(colours["heat_low"]), str(colours["heat_high"])
    names = max((svg.text_width(name, 9) for name, _ in rows), default=0.0)
    left = min(180.0, names + 12)
    step = 18.5 if len(rows) <= 12 else 15.5
    width = (svg.WIDTH - left) / max(1, len(columns))
    largest = max((value for _, cells in rows for value, _ in cells if value is not None), default=0.0)
    parts = [
        svg.text(left + width * (j + 0.5), 12.0, svg.shorten(name, 9, width - 4), 9, text_anchor="middle",
                 fill=svg.MUTED)
        for j, name in enumerate(columns)
    ]  # fmt: skip
    for i, (name, cells) in enumerate(rows):
        y = 20 + step * i
        parts.append(svg.text(left - 7, y + step * 0.66, svg.shorten(name, 9, left - 9), 9, text_anchor="end"))
        for j, (value, shown) in enumerate(cells):
            share = (max(value, 0.0) / largest) ** 0.5 if value is not None and largest > 0 else 0.0
            fill = "#ffffff" if value is None else svg.mix(low, high, share)
            x = left + width * j
            parts.append(svg.rect(x, y, width, step, fill, stroke="#ffffff", stroke_width=1.2))
            parts.append(
                svg.text(x + width / 2, y + step * 0.66, shown, 8.5, text_anchor="middle", fill=svg.readable_on(fill))
            )
    return svg.drawing(svg.WIDTH, 22 + step * len(rows), title, parts)
