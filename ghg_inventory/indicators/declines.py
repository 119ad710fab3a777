"""The arithmetic of targets of decline: D = 1 − (E_t/G_t)/(E_0/G_0), cumulative, as shares (0.19 is 19 %)."""

from __future__ import annotations

import math
from collections.abc import Sequence


def cumulative_decline(annual: Sequence[float]) -> float:
    """Decline over several years from the declines of each, as shares: D = 1 − Π(1 − d); a rise is negative.

    >>> round(cumulative_decline([0.0801, 0.0179, 0.0535]), 4)
    0.1449
    """
    return 1.0 - math.prod(1.0 - rate for rate in annual)


def even_annual_decline(total: float, years: int) -> float:
    """The same decline every year that makes `total` (a share) in so many years.

    >>> round(even_annual_decline(0.19, 5), 6)
    0.041268
    """
    return float(1.0 - (1.0 - total) ** (1.0 / years))


def scheduled_decline(total: float, years: int, passed: int) -> float:
    """The cumulative decline after `passed` of `years` years at an even annual rate."""
    return float(1.0 - (1.0 - total) ** (passed / years))


def remaining_decline(total: float, done: float) -> float:
    """What must still be achieved on the present level: 1 − (1 − total) / (1 − done)."""
    return 1.0 - (1.0 - total) / (1.0 - done)


def decline_progress(total: float, done: float) -> float:
    """The share of the target that is achieved, by logarithms: ln(1 − done) / ln(1 − total)."""
    return math.log(1.0 - done) / math.log(1.0 - total)
