"""Factors: loading factor tables, and choosing the row that answers each need. See docs/factors.md.

record    Factor, Source, Parameter: what a row is
regions   power grids and their members in time
loader    one table: every row understood whole or refused with a finding
boxes     how specific a row is, where and when it holds
derived   values that follow from others, computed again
resolve   Requests, Resolution: painting boxes from the least to the most specific
library   FactorLibrary: all of it together, with the content hash
explain   why a row was chosen and the others were not
"""

from __future__ import annotations

from ghg_inventory.factors.explain import Candidate
from ghg_inventory.factors.library import FactorLibrary, content_hash, tables_of
from ghg_inventory.factors.record import COLUMNS, MEASURED_SET, OPTIONAL, USER_SET, Factor, Parameter, Source
from ghg_inventory.factors.regions import Member, Region
from ghg_inventory.factors.resolve import NONE, TIE, Requests, Resolution

__all__ = [
    "COLUMNS",
    "MEASURED_SET",
    "NONE",
    "OPTIONAL",
    "TIE",
    "USER_SET",
    "Candidate",
    "Factor",
    "FactorLibrary",
    "Member",
    "Parameter",
    "Region",
    "Requests",
    "Resolution",
    "Source",
    "content_hash",
    "tables_of",
]
