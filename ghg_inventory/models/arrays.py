"""Small things that the models share: domains, and the layout for a loop over years."""

from __future__ import annotations

import numpy as np

from ghg_inventory.models.registry import FloatArray

HIGHEST = float(np.finfo(np.float64).max)


def within(values: FloatArray, low: float, high: float = HIGHEST) -> FloatArray:
    """The values, NaN where they lie outside [low, high], are infinite, or are NaN already.

    The caller has named such values in findings; NaN makes sure that no number is computed from them.
    """
    if values.size == 0 or (values.min() >= low and values.max() <= high):
        return values
    return np.where((values >= low) & (values <= high), values, np.nan)


def by_year(values: FloatArray) -> FloatArray:
    """The array [n, T] turned to [T, n] with each year contiguous: a loop over years reads memory in order.

    A parameter that was broadcast over the years stays one row.
    """
    turned = values.T
    if turned.shape[0] > 1 and turned.strides[0] == 0:
        return np.broadcast_to(np.ascontiguousarray(turned[0]), turned.shape)
    return np.ascontiguousarray(turned)


def is_steady(turned: FloatArray) -> bool:
    """True when `by_year` gave one row for all years."""
    return turned.shape[0] > 1 and turned.strides[0] == 0
