"""What a compile looks things up in, and what the workspace declares that the data do not say."""

from __future__ import annotations

from dataclasses import dataclass

from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.factors import FactorLibrary
from ghg_inventory.inventory.encode import Signature
from ghg_inventory.methods import Profile


@dataclass(frozen=True, slots=True)
class Context:
    """What a compile looks things up in. All parts are immutable and were read before.

    root: the area whose inventory it is; nothing is rolled up above it ("" for no limit).
    """

    areas: AreaTree
    categories: CategoryTree
    fuels: Fuels
    factors: FactorLibrary
    profile: Profile
    assumptions: Assumptions
    root: str = ""


ANY = "*"
"""The item of an assumption that is made for every item of a category."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Declared by the workspace, printed in the report: what the data do not say.

    Entries are (category prefix, item or ANY, what is used, reason).
    technology: fills a blank technology. category: whose factors are used. item: whose factors are used.
    """

    technology: tuple[tuple[str, str, str, str], ...] = ()
    category: tuple[tuple[str, str, str, str], ...] = ()
    item: tuple[tuple[str, str, str, str], ...] = ()

    def factor_keys(self, signature: Signature) -> tuple[str, str, str]:
        """(category, item, technology) under which the factors of a signature are looked up."""
        return (
            _assumed(self.category, signature) or signature.category,
            _assumed(self.item, signature) or signature.item,
            signature.technology or _assumed(self.technology, signature),
        )


def _assumed(entries: tuple[tuple[str, str, str, str], ...], signature: Signature) -> str:
    return next((used for prefix, item, used, _ in entries if _matches(prefix, item, signature)), "")


def _matches(prefix: str, item: str, signature: Signature) -> bool:
    inside = signature.category == prefix or signature.category.startswith(prefix + ".")
    return inside and item in (ANY, signature.item)
