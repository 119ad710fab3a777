"""Calculation methods as data, and the profiles (口径) that choose among them.

A method is one entry of a TOML file in this folder: which records it takes (category, variable, item
kinds), which gas it gives, the formula with the source's own symbols, each input with its unit and where
it comes from (activity or factor), and the published page. It compiles only if its units do.

A profile is an accounting standard: a list of methods. Nothing is shipped under a guideline's name that
is not in it; where a profile borrows from another guideline the method keeps the lender's name and
`supplement = true`, and every use of it is a finding.
"""

from ghg_inventory.methods.library import MethodLibrary, load_methods
from ghg_inventory.methods.record import (
    Exclusion,
    Input,
    Method,
    NotCovered,
    Profile,
    SeriesModel,
    Variable,
    covers,
)

__all__ = [
    "Exclusion", "Input", "Method", "MethodLibrary", "NotCovered", "Profile", "SeriesModel", "Variable", "covers",
    "load_methods",
]  # fmt: skip
