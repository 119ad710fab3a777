"""Time-dependent models: registered array functions with declared units.

A model takes series over years and parameters, all arrays [n, T] in the declared units, and gives series of
the same shape. NaN in a series means that nothing is known for that year (a blank is not zero); the caller
has said so before a model runs. Models know nothing of areas, categories or files. See docs/models.md.
"""

from __future__ import annotations

from ghg_inventory.models import abandoned_mines, first_order_decay, ods_bank, stock_difference
from ghg_inventory.models.registry import Arrays, FloatArray, Model

__all__ = ["MODELS", "Arrays", "FloatArray", "Model"]

MODELS: dict[str, Model] = {
    module.MODEL.name: module.MODEL
    for module in (first_order_decay, stock_difference, ods_bank, abandoned_mines)
}
"""By name."""
