"""The room `report`: one inventory, printed as HTML or PDF in Chinese or English.

    build(input, lang) -> Document         what is printed, word by word (blocks, numbers set)
    render_html(input, lang) -> str        self-contained page; needs no system library
    render_pdf(input, lang, path)          PDF/A-3a + PDF/UA-1 with the data attached; needs Pango
    Renderer.create()                      fonts and style kept for many reports

Importing the room does not import WeasyPrint. `ReportInput` (model.py) says what it is made from.
"""

from ghg_inventory.report.build import Document, build
from ghg_inventory.report.html import render_html
from ghg_inventory.report.model import (
    AreaInfo,
    AssumedUse,
    BalanceCheck,
    CategoryInfo,
    Excluded,
    Gwp,
    InputFile,
    MethodInfo,
    Name,
    ProfileInfo,
    ReportInput,
    Revision,
    Run,
    Symbol,
)
from ghg_inventory.report.pdf import Renderer, render_pdf

__all__ = [
    "AreaInfo", "AssumedUse", "BalanceCheck", "CategoryInfo", "Document", "Excluded", "Gwp", "InputFile", "MethodInfo",
    "Name", "ProfileInfo", "Renderer", "ReportInput", "Revision", "Run", "Symbol", "build", "render_html", "render_pdf",
]  # fmt: skip
