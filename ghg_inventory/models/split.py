"""Bulk waste into its components."""

from __future__ import annotations

import numpy as np

from ghg_inventory.models.registry import BoolArray, FloatArray

TOLERANCE = 1e-6


def split(bulk: FloatArray, shares: FloatArray, tolerance: float = TOLERANCE) -> FloatArray:
    """A quantity per component.

    Args: bulk [n, T], any unit; shares [n, c, T], dimensionless, must sum to 1 over the components.
    Returns: [n, c, T] in the unit of bulk; NaN in years whose shares `share_faults` refuses.
    """
    parts = bulk[:, None, :] * shares
    faults = share_faults(shares, tolerance)
    return np.where(faults[:, None, :], np.nan, parts) if faults.any() else parts


def share_faults(shares: FloatArray, tolerance: float = TOLERANCE) -> BoolArray:
    """True [n, T] where the shares [n, c, T] do not sum to 1, one lies outside 0 to 1, or one is NaN."""
    inside = np.logical_and.reduce((shares >= 0.0) & (shares <= 1.0), axis=1)
    return np.asarray(~(inside & (np.abs(shares.sum(axis=1) - 1.0) <= tolerance)))
