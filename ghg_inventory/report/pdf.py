"""The report as PDF/A-3a and PDF/UA-1 in one file, with the run's data attached. Needs Pango.

WeasyPrint is imported when the first PDF is made, after fontconfig was pointed at our own fonts: the same
glyphs on every machine. Bytes depend on the input alone: dates are arguments, attachments carry them.
"""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ghg_inventory.errors import Finding, MissingLibrary
from ghg_inventory.paths import data_folder
from ghg_inventory.report import html
from ghg_inventory.report.attachments import attachments
from ghg_inventory.report.build import build
from ghg_inventory.report.glyphs import missing_glyphs
from ghg_inventory.report.model import ReportInput

MISSING_PANGO = (
    "PDF reports need the system library Pango, which is not installed here (HTML reports do not need it). "
    "Debian/Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; "
    "macOS: brew install pango; Windows: install MSYS2, then pacman -S mingw-w64-x86_64-pango. "
    "PDF 报告需要系统库 Pango，本机没有安装；HTML 报告不受影响。"
)

# PDF/UA identifies itself in the XMP packet; PDF/A asks that a schema it does not know be described there.
_PDFUA_XMP = """<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">\
<pdfuaid:part>1</pdfuaid:part></rdf:Description>\
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">\
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">\
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>\
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>Part of ISO 14289 to which the document conforms</pdfaProperty:description>\
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"""


def load_weasyprint() -> Any:
    """The weasyprint module with only our fonts in sight. Raises: MissingLibrary when Pango is not there."""
    os.environ["FONTCONFIG_FILE"] = str(data_folder("report_templates") / "fonts.conf")
    try:
        # WeasyPrint prints its own advice when Pango is missing: it must not get into our output.
        with redirect_stdout(sys.stderr):
            import weasyprint
    except OSError as error:
        raise MissingLibrary(MISSING_PANGO) from error
    return weasyprint


@contextmanager
def _no_collection() -> Iterator[None]:
    """No garbage collection inside: layout makes millions of boxes that live to the end (a quarter of the time)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(frozen=True, slots=True)
class Renderer:
    """Fonts and style sheet, read once for many reports. Make one in each process with `Renderer.create()`."""

    weasyprint: Any
    fonts: Any
    sheet: Any
    fetcher: Any

    @classmethod
    def create(cls) -> Renderer:
        """Raises: MissingLibrary when WeasyPrint cannot load Pango."""
        weasyprint = load_weasyprint()
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher

        fonts = FontConfiguration()
        # A report refers to nothing outside itself: no protocol is allowed, not even file.
        fetcher = URLFetcher(allowed_protocols=())
        sheet = weasyprint.CSS(string=html.style(), font_config=fonts, url_fetcher=fetcher)
        return cls(weasyprint, fonts, sheet, fetcher)

    def content(self, data: ReportInput, lang: str) -> tuple[bytes, tuple[Finding, ...]]:
        """One report as PDF bytes, and a finding for each character that the fonts lack."""
        page = html.page(build(data, lang), with_style=False)
        with warnings.catch_warnings():
            # WeasyPrint leaves its colour profile to be closed by the collector.
            warnings.filterwarnings("ignore", category=ResourceWarning, message=".*sRGB2014.icc")
            with _no_collection():
                written = self._write(page, data)
            gc.collect()
        return written, missing_glyphs(page, f"{data.area_code}-{data.year}-{lang}.pdf")

    def write(self, data: ReportInput, lang: str, path: Path) -> tuple[Finding, ...]:
        """Write one report to `path`, whole or not at all. Returns findings on missing characters."""
        content, findings = self.content(data, lang)
        part = path.with_name(path.name + ".part")
        part.write_bytes(content)
        part.replace(path)
        return findings

    def _write(self, page: str, data: ReportInput) -> bytes:
        parsed = self.weasyprint.HTML(string=page, url_fetcher=self.fetcher, base_url=None)
        document = parsed.render(
            font_config=self.fonts, stylesheets=[self.sheet], pdf_variant="pdf/a-3a", pdf_tags=True,
            presentational_hints=False,
        )  # fmt: skip
        document.metadata = _with_pdfua(document.metadata, f"{data.issue_date}T00:00:00Z")
        return bytes(
            document.write_pdf(pdf_variant="pdf/a-3a", attachments=self._attached(data), pdf_identifier=True)
        )

    def _attached(self, data: ReportInput) -> list[Any]:
        date = datetime.fromisoformat(data.issue_date)
        return [
            self.weasyprint.Attachment(
                string=file.content, name=file.name, description=file.description, created=date, modified=date,
                relationship="Data", url_fetcher=self.fetcher,
            )
            for file in attachments(data)
        ]  # fmt: skip


def _with_pdfua(metadata: Any, date: str) -> Any:
    """The document's metadata with the PDF/UA identifier inside its RDF and the given date."""
    from weasyprint.pdf.metadata import DocumentMetadata

    class Metadata(DocumentMetadata):  # type: ignore[misc]  # weasyprint has no types
        def generate_rdf_metadata(self, *arguments: Any) -> bytes:
            packet = bytes(super().generate_rdf_metadata(*arguments))
            return packet.replace(b"</rdf:RDF>", _PDFUA_XMP.encode("ascii") + b"</rdf:RDF>")

    metadata.__class__ = Metadata
    metadata.created = metadata.modified = date
    return metadata


def render_pdf(data: ReportInput, lang: str, path: Path) -> tuple[Finding, ...]:
    """Write one report as PDF. For several reports keep a `Renderer`. Raises: MissingLibrary."""
    return Renderer.create().write(data, lang, path)
