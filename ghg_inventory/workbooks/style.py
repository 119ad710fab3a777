"""How cells look: the named styles of style.toml, added to a workbook once and used by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle

from ghg_inventory.tables import read_toml, require_keys

_KNOWN = (
    "size", "bold", "italic", "underline", "colour", "fill", "pattern", "across", "wrap", "edge", "open", "format",
    "indent",
)  # fmt: skip
_EDGE = Side(style="thin", color="FFB4BEC4")


@cache
def _table() -> Mapping[str, Any]:
    return read_toml(Path(__file__).parent / "style.toml")


def add_styles(workbook: Workbook, lang: str) -> None:
    """Add every style of style.toml to the workbook, and its font as the workbook's own."""
    for style in _styles(lang):
        workbook.add_named_style(style)


def font_of(name: str, lang: str, **changes: Any) -> dict[str, Any]:
    """Name, size and colour of a style's font, for a part of a cell's text."""
    entry, base = _table()["style"][name], _table()["font"]
    return {"rFont": base[lang], "sz": entry.get("size", base["size"]), **changes}


def missing_style() -> DifferentialStyle:
    """The look of a cell that lacks a reason."""
    return DifferentialStyle(fill=PatternFill(bgColor=f"FF{_table()['style']['missing']['fill']}"))


def _styles(lang: str) -> Iterator[NamedStyle]:
    for name, entry in _table()["style"].items():
        require_keys(entry, (), _KNOWN, f"style.toml: {name}")
        yield NamedStyle(
            name=f"return_{name}",
            font=_font(entry, lang),
            fill=_fill(entry),
            border=Border(_EDGE, _EDGE, _EDGE, _EDGE) if entry.get("edge") else Border(),
            alignment=_alignment(entry),
            number_format=entry.get("format", "General"),
            protection=Protection(locked=not entry.get("open", False)),
        )


def _font(entry: Mapping[str, Any], lang: str) -> Font:
    base = _table()["font"]
    return Font(
        name=base[lang], size=entry.get("size", base["size"]), bold=entry.get("bold"), italic=entry.get("italic"),
        underline="single" if entry.get("underline") else None, color=f"FF{entry.get('colour', '000000')}",
    )  # fmt: skip


def _alignment(entry: Mapping[str, Any]) -> Alignment:
    # An indent needs a side to count from.
    across = entry.get("across", "left" if "indent" in entry else None)
    return Alignment(across, "center", wrap_text=entry.get("wrap"), indent=entry.get("indent", 0))


def _fill(entry: Mapping[str, Any]) -> PatternFill:
    if "pattern" in entry:
        return PatternFill(entry["pattern"], fgColor=f"FF{entry['colour']}")
    return PatternFill("solid", fgColor=f"FF{entry['fill']}") if "fill" in entry else PatternFill()
