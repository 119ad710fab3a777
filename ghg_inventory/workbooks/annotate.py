"""A copy of a file for the person who filled it: wrong cells coloured and commented, all findings on the first sheet.

The copy can be corrected and handed in again: the list of findings is no form, carries no marker and is not read;
colours and comments are not read either, and a later copy takes them away where nothing is wrong any more.
"""

from __future__ import annotations

from collections.abc import Sequence

from ghg_inventory.errors import Finding, order
from ghg_inventory.workbooks.annotate_index import remove_index, write_index
from ghg_inventory.workbooks.annotate_marks import clear_marks, mark
from ghg_inventory.workbooks.annotate_source import open_source, with_values
from ghg_inventory.workbooks.annotate_words import say
from ghg_inventory.workbooks.package import repacked, workbook_bytes


def annotate(
    content: bytes, name: str, findings: Sequence[Finding], lang: str
) -> tuple[bytes, list[Finding]]:
    """An .xlsx copy of a file with its findings marked; b"" and the reason where there can be none.

    content, name: of the original; .xlsx keeps formats, lists and protection, .xls, .ods and .csv are rebuilt from
    their cells. findings: of this file; they are shown by severity and place. The same arguments give the same bytes.
    """
    opened, trouble = open_source(content, name, lang)
    if opened is None:
        return b"", trouble
    remove_index(opened)
    clear_marks(opened.book)
    chosen = order(findings)
    targets = mark(opened, chosen, lang)
    write_index(opened, chosen, targets, name, lang)
    titles = [sheet.title for sheet in opened.book.worksheets]
    written = workbook_bytes(opened.book, say("title_of", lang, file=name))
    return repacked(with_values(written, titles, opened.values)), []
