"""Chemical formulas, powers and units in words: CO2 → CO<sub>2</sub>, 10^4 m3 → 10<sup>4</sup> m<sup>3</sup>.

Our fonts have no subscript digits of their own, and a reader should be able to copy "CO2" out of the PDF.
Identifiers (factor ids, hashes, file names) must not pass through here.
"""

from __future__ import annotations

import re

from markupsafe import Markup

_GAS = r"CO2|CH4|N2O|SF6|NF3|CF4|C2F6|C3F8|C4F10|C5F12|C6F14|SO2|NO2|NH3|H2O|CaCO3|MgCO3|Na2CO3"
_PATTERN = re.compile(
    rf"(?P<gas>{_GAS})"
    r"|(?<![A-Za-z0-9])(?P<metre>[kcdhN]?m)(?P<power>[23])(?![0-9A-Za-z])"
    r"|10\^(?P<exponent>[-\u2212]?\d+)"
)
_WRAP = {"": Markup("{}"), "sub": Markup("<sub>{}</sub>"), "sup": Markup("<sup>{}</sup>")}
_DIGITS = re.compile(r"(\d+)")


def pieces(text: str) -> list[tuple[str, str]]:
    """The text cut into (kind, text): kind is "" for plain, "sub" or "sup"."""
    found: list[tuple[str, str]] = []
    position = 0
    for match in _PATTERN.finditer(text):
        found.append(("", text[position : match.start()]))
        if match["gas"]:
            for part in _DIGITS.split(match["gas"]):
                found.append(("sub" if part.isdigit() else "", part))
        elif match["metre"]:
            found += [("", match["metre"]), ("sup", match["power"])]
        else:
            found += [("", "10"), ("sup", match["exponent"].replace("-", "\u2212"))]
        position = match.end()
    found.append(("", text[position:]))
    return [(kind, part) for kind, part in found if part]


def rich(text: str) -> Markup:
    """Text as HTML with subscripts and superscripts; everything else escaped. Markup passes unchanged."""
    if isinstance(text, Markup):
        return text
    return Markup("").join(_WRAP[kind].format(part) for kind, part in pieces(text))
