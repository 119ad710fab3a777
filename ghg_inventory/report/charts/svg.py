"""Parts of an SVG drawing: coordinates, text with subscripts, axis steps, text widths, colours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import Markup, escape

from ghg_inventory.report.rich import pieces
from ghg_inventory.report.wording import template_data

FONT = "Noto Sans SC"
INK = "#22303f"
MUTED = "#5b6673"
RULE = "#d5dbe1"
WIDTH = 640.0


def coordinate(value: float) -> str:
    """A coordinate with at most two decimals and no negative zero, the same text on every machine."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def element(name: str, content: str = "", /, **attributes: object) -> str:
    """An SVG element; `stroke_width=1` becomes stroke-width="1", floats are shortened, values escaped."""
    parts = [name]
    for key, value in attributes.items():
        shown = coordinate(value) if isinstance(value, float) else str(value)
        parts.append(f'{key.rstrip("_").replace("_", "-")}="{escape(shown)}"')
    head = " ".join(parts)
    return f"<{head}>{content}</{name}>" if content else f"<{head}/>"


def drawing(width: float, height: float, title: str, parts: Iterable[str]) -> Markup:
    """The finished picture. title: what it shows, one plain sentence for readers who cannot see it."""
    body = element("title", str(escape(title))) + "".join(parts)
    return Markup(  # noqa: S704  # every text went through escape
        element(
            "svg", body, xmlns="http://www.w3.org/2000/svg", width=width, height=height, role="img",
            viewBox=f"0 0 {coordinate(width)} {coordinate(height)}", font_family=FONT,
        )
    )  # fmt: skip


def text(x: float, y: float, words: str, size: float = 9.5, **attributes: object) -> str:
    """One line of text with its baseline at y; formulas get their subscripts."""
    spans: list[str] = []
    back = 0.0
    for kind, part in pieces(words):
        shift = {"sub": 0.25, "sup": -0.35}.get(kind, 0.0) * size
        if shift == 0 and back == 0:
            spans.append(str(escape(part)))
        else:
            own = size * 0.7 if kind else size
            spans.append(element("tspan", str(escape(part)), dy=shift - back, font_size=own))
        back = shift
    attributes.setdefault("fill", INK)
    return element("text", "".join(spans), x=x, y=y, font_size=size, **attributes)


def rect(x: float, y: float, width: float, height: float, fill: str, **attributes: object) -> str:
    """A rectangle."""
    return element("rect", x=x, y=y, width=width, height=height, fill=fill, **attributes)


def line(start: tuple[float, float], end: tuple[float, float], stroke: str = RULE, width: float = 0.7) -> str:
    """A straight line."""
    return element("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], stroke=stroke, stroke_width=width)


def text_width(words: str, size: float) -> float:
    """About how wide a text is, from the advance widths of Noto Sans SC by kind of character."""
    em = 0.0
    for char in words:
        if ord(char) >= 0x2E80:
            em += 1.0
        elif char in " .,:;'|il!()/":
            em += 0.3
        elif char.isupper() or char in "mw%+=−":
            em += 0.65
        else:
            em += 0.556
    return em * size


def shorten(words: str, size: float, width: float) -> str:
    """The text cut with an ellipsis where it would be wider than `width`."""
    if text_width(words, size) <= width:
        return words
    while words and text_width(words + "…", size) > width:
        words = words[:-1]
    return words.rstrip() + "…"


def wrap(words: str, size: float, width: float) -> list[str]:
    """The text in one line, or two when one is too narrow; the second is cut with an ellipsis if need be."""
    if text_width(words, size) <= width:
        return [words]
    parts = words.split(" ") if " " in words else list(words)
    glue = " " if " " in words else ""
    first = ""
    for number, part in enumerate(parts):
        longer = first + (glue if first else "") + part
        if first and text_width(longer, size) > width:
            # A first word can be wider than the line by itself.
            return [shorten(line, size, width) for line in (first, glue.join(parts[number:]))]
        first = longer
    return [shorten(words, size, width)]


def label(x: float, y: float, words: str, size: float, width: float, **attributes: object) -> list[str]:
    """One or two lines of text centred on the height that a single baseline at y would have."""
    rows = wrap(words, size, width)
    top = y - (len(rows) - 1) * size * 0.58
    return [text(x, top + number * size * 1.16, row, size, **attributes) for number, row in enumerate(rows)]


def steps(low: float, high: float, count: int = 5) -> list[float]:
    """Round axis values that cover [low, high] (and zero), about `count` of them.

    >>> steps(0, 870)
    [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]
    """
    low, high = min(low, 0.0), max(high, 0.0)
    if high - low < 1e-9:  # nothing that a printed number could show
        return [0.0, 1.0]
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(size * power for size in (1, 2, 2.5, 5, 10) if size * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def palette() -> dict[str, Any]:
    """The colours of report_templates/palette.toml."""
    return template_data("palette")


def series_colours(keys: Sequence[str]) -> list[str]:
    """A colour for each key: the sector's own where all keys are sectors, else by order."""
    colours = palette()
    sectors = colours["sector"]
    listed = colours["series"]
    if all(key in sectors for key in keys):
        return [str(sectors[key]) for key in keys]
    return [str(listed[number % len(listed)]) for number in range(len(keys))]


def mix(low: str, high: str, share: float) -> str:
    """The colour `share` of the way from low to high, as #rrggbb."""
    share = min(1.0, max(0.0, share))
    channels = []
    for start in (1, 3, 5):
        a, b = int(low[start : start + 2], 16), int(high[start : start + 2], 16)
        channels.append(f"{round(a + (b - a) * share):02x}")
    return "#" + "".join(channels)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2) of #rrggbb, 0 black to 1 white."""
    total = 0.0
    for start, weight in ((1, 0.2126), (3, 0.7152), (5, 0.0722)):
        channel = int(colour[start : start + 2], 16) / 255
        total += weight * (channel / 12.92 if channel <= 0.03928 else ((channel + 0.055) / 1.055) ** 2.4)
    return total


def readable_on(colour: str) -> str:
    """Ink or white, whichever has the greater contrast on `colour`."""
    light = luminance(colour)
    on_white = 1.05 / (light + 0.05)
    on_ink = (light + 0.05) / (luminance(INK) + 0.05)
    return "#ffffff" if on_white >= on_ink else INK


def legend(entries: Sequence[tuple[str, str]], x: float, y: float, width: float) -> tuple[list[str], float]:
    """Colour squares with names, wrapped to `width`. Returns the parts and the height they take."""
    parts: list[str] = []
    left, top = x, y
    for name, colour in entries:
        space = 15 + text_width(name, 9.5) + 16
        if left > x and left + space - 16 > x + width:
            left, top = x, top + 16
        parts += [rect(left, top - 8, 9.0, 9.0, colour), text(left + 14, top, name)]
        left += space
    return parts, top - y + 16
