"""The compiler proper: encode → resolve → evaluate → roll up, the ledger, and explanations of its numbers."""

from ghg_inventory.inventory.compile import compile_inventory
from ghg_inventory.inventory.completeness import completeness
from ghg_inventory.inventory.context import Assumptions, Context
from ghg_inventory.inventory.coverage import Covered, coverage
from ghg_inventory.inventory.crosswalk import SCHEMES, crosswalk
from ghg_inventory.inventory.cube import Cube
from ghg_inventory.inventory.explain import Explanation, explain
from ghg_inventory.inventory.ledger import ledger
from ghg_inventory.inventory.model import Inventory, Manifest
from ghg_inventory.inventory.reference import reference_approach, reference_with_findings

__all__ = [
    "SCHEMES", "Assumptions", "Context", "Covered", "Cube", "Explanation", "Inventory", "Manifest",
    "compile_inventory", "completeness", "coverage", "crosswalk", "explain", "ledger", "reference_approach",
    "reference_with_findings",
]  # fmt: skip
