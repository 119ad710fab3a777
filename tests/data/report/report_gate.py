"""The overflow gate: every text of a page must be found, whole, inside a page box of its PDF."""

from __future__ import annotations

import html
import itertools
import re
import unicodedata
from html.parser import HTMLParser

import pypdfium2 as pdfium

SILENT = {"style", "title", "script"}
# Nothing may come nearer to the edge of the paper than this [pt]; the cover's band holds no text there either.
INSET = 14.0


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.inside: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "br", "col", "line", "rect", "circle", "path", "polyline"):
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while tag in self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not SILENT & set(self.inside):
            self.texts.append(data)


def plain(text: str) -> str:
    """Text as compared: compatibility forms folded, blanks and soft hyphens gone."""
    return re.sub(r"[\s\u00ad\u200b]+", "", unicodedata.normalize("NFKC", html.unescape(text)))


def texts(page: str) -> list[str]:
    """Every text node of an HTML page, without blanks, in order."""
    parser = _Texts()
    parser.feed(page)
    return [plain(text) for text in parser.texts if plain(text)]


def page_texts(pdf: bytes) -> list[str]:
    """The text of each PDF page, without blanks and without any character outside the page's box."""
    found = []
    for page in pdfium.PdfDocument(pdf):
        width, height = page.get_size()
        layer = page.get_textpage()
        whole = layer.get_text_range()
        kept = []
        for number in range(layer.count_chars()):
            left, bottom, right, top = layer.get_charbox(number)
            if left >= INSET and right <= width - INSET and bottom >= INSET and top <= height - INSET:
                kept.append(layer.get_text_range(number, 1))
        found.append(plain("".join(kept) if len(kept) != len(whole) else whole))
    return found


def lost(page: str, pdf: bytes) -> list[str]:
    """Texts of the HTML page that no page of the PDF holds, nor two pages that follow each other."""
    pages = page_texts(pdf)
    everything = "\x00".join(pages)
    missing = []
    for text in dict.fromkeys(texts(page)):
        if text in everything:
            continue
        # A paragraph may be cut by a page break: both halves must be there, on neighbours.
        cuts = (
            (text[:at], text[at:]) for at in range(1, len(text))
        )
        if not any(a in one and b in two for a, b in cuts for one, two in itertools.pairwise(pages)):
            missing.append(text)
    return missing
