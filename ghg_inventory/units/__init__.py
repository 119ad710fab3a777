"""Units: every conversion of the program, exact, with substances as dimensions. See docs/units.md.

`units.txt` is the source; `compiled.json` is made from it (`python -m ghg_inventory.units.compile_table`).
"""

from __future__ import annotations

from ghg_inventory.units.errors import UnitError
from ghg_inventory.units.model import (
    Unit,
    convertible,
    dimension_error,
    exact_factor_between,
    factor_between,
    fitted,
    kind,
    with_substance,
)
from ghg_inventory.units.parser import parse_unit
from ghg_inventory.units.suggest import suggestions
from ghg_inventory.units.table import Dimension
from ghg_inventory.units.words import dimension_text, kind_word

__all__ = [
    "Dimension",
    "Unit",
    "UnitError",
    "convertible",
    "dimension_error",
    "dimension_text",
    "exact_factor_between",
    "factor_between",
    "fitted",
    "kind",
    "kind_word",
    "parse_unit",
    "suggestions",
    "with_substance",
]
