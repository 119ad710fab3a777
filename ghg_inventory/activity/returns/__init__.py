"""County returns: what a workbook asks (data in activity_templates/returns) and how an answered one is read.

record: Template, Sheet, Ask. loader: TOML to templates. marker: how a sheet says whose and which it is.
reader: an answered workbook (.xlsx, .xls, .ods, or one sheet as .csv) to a `RawTable`. changes: what a revision
says differently from the one before. Writing workbooks is the room `workbooks`; the form is in docs/returns.md.
"""

from __future__ import annotations

from ghg_inventory.activity.returns.loader import departments, load_templates
from ghg_inventory.activity.returns.marker import Marker
from ghg_inventory.activity.returns.record import Ask, Department, Sheet, Template

__all__ = ["Ask", "Department", "Marker", "Sheet", "Template", "departments", "load_templates"]
