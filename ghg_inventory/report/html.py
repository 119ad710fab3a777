"""The report as an HTML page: jinja2 with undefined names refused and every value escaped."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ghg_inventory.paths import data_folder
from ghg_inventory.report.build import Document, build
from ghg_inventory.report.model import ReportInput
from ghg_inventory.report.wording import words


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(data_folder("report_templates")), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


@cache
def style() -> str:
    """The style sheet."""
    return (data_folder("report_templates") / "style.css").read_text(encoding="utf-8")


def page(document: Document, *, with_style: bool) -> str:
    """A document as HTML. with_style: carry the style sheet inside (for browsers; the PDF has it parsed)."""
    sheet = Markup(style()) if with_style else ""  # noqa: S704  # our own file
    template = _environment().get_template("report.html")
    return template.render(doc=document, w=words(document.lang), style=sheet)


def render_html(data: ReportInput, lang: str) -> str:
    """The whole report as one self-contained HTML page. Fonts are named, not embedded."""
    return page(build(data, lang), with_style=True)
