"""A workbook as bytes: the same workbook gives the same bytes, whenever and wherever it is written."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime

from openpyxl import Workbook

from ghg_inventory.workbooks.cells import plain

_EPOCH = (2000, 1, 1, 0, 0, 0)
_MADE = b"2000-01-01T00:00:00Z"
_CORE = "docProps/core.xml"
# openpyxl writes the time of saving here, whatever the workbook says.
_TIME = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")


def workbook_bytes(workbook: Workbook, title: str = "") -> bytes:
    """The .xlsx file; the workbook is used up. title: shown among the document's properties."""
    workbook.properties.creator = "ghg-inventory"
    workbook.properties.title = plain(title) or None
    workbook.properties.created = datetime(*_EPOCH[:3])
    for sheet in workbook.worksheets:
        # A set, written in an order of its own; the writer takes a list as well.
        sheet.merged_cells = sheet.merged_cells.sorted()
    out = io.BytesIO()
    workbook.save(out)
    return repacked(out.getvalue())


def repacked(content: bytes) -> bytes:
    """The same package with one fixed time on every member and in its properties."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            data = source.read(name)
            if name == _CORE:
                data = _TIME.sub(rb"\g<1>" + _MADE + rb"\g<2>", data)
            member = zipfile.ZipInfo(name, date_time=_EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            # The same on every system: no attributes of the machine that wrote it.
            member.create_system = 0
            target.writestr(member, data)
    return out.getvalue()
