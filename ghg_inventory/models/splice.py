"""Filling gaps of a time series: overlap, surrogate, interpolation, trend extrapolation, back-filling.

Each function takes arrays [n, T] over consecutive years with NaN where nothing is known, and gives the filled
series and a mask [n, T] of the cells that it filled. A known value is never changed; where a technique has nothing
to stand on the cell stays NaN. None is ever applied unless somebody declared it.
Source: IPCC 2006, Vol. 1, Ch. 5, section 5.3.3 (splicing techniques).
"""

from __future__ import annotations

import numpy as np

from ghg_inventory.models.registry import BoolArray, FloatArray, Years

Filled = tuple[FloatArray, BoolArray]


def overlap(new: FloatArray, old: FloatArray) -> Filled:
    """Years that only the previous method or data set knows, moved to the level of the new one.

    y0 = x0 * mean of (y_i / x_i) over all years that both know.
    Args: new (y) and old (x), [n, T], same unit. Nothing is filled where they share no year, or where an old
        value of a shared year is 0 (the ratio does not exist). See `overlap_ratio` for how steady it is.
    Source: IPCC 2006, Vol. 1, Ch. 5, equation 5.1.
    """
    ratio, _, _ = overlap_ratio(new, old)
    return _fill(new, old * ratio[:, None])


def overlap_ratio(new: FloatArray, old: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean, lowest-to-highest spread and number of the yearly ratios new/old, each [n]; NaN where there is none.

    The technique is not good practice where the relation is not consistent: the caller judges the spread.
    Source: IPCC 2006, Vol. 1, Ch. 5, section 5.3.3 (overlap).
    """
    both = np.isfinite(new) & np.isfinite(old)
    count = both.sum(axis=1).astype(np.float64)
    usable = (count > 0) & ~(both & (old == 0.0)).any(axis=1)
    ratios = np.divide(new, old, out=np.zeros(new.shape), where=both & usable[:, None])
    mean = np.divide(ratios.sum(axis=1), count, out=np.full(len(new), np.nan), where=usable)
    highest = np.where(both, ratios, -np.inf).max(axis=1, initial=-np.inf)
    lowest = np.where(both, ratios, np.inf).min(axis=1, initial=np.inf)
    spread = np.subtract(highest, lowest, out=np.full(len(new), np.nan), where=usable)
    return mean, spread, count


def surrogate(values: FloatArray, statistic: FloatArray) -> Filled:
    """Unknown years in proportion to a related statistic: y0 = y_t * (s0 / s_t), t the nearest known year.

    Of two equally near known years the earlier counts. Only a year in which both are known and s_t is not 0 can be t.
    Args: values (y), statistic (s; population, production …), both [n, T].
    Source: IPCC 2006, Vol. 1, Ch. 5, section 5.3.3 (surrogate data). The guideline leaves the choice of t open.
    """
    usable = np.isfinite(values) & np.isfinite(statistic) & (statistic != 0.0)
    level = np.divide(values, statistic, out=np.full(values.shape, np.nan), where=usable)
    return _fill(values, statistic * _nearest(level, usable))


def backfill(values: FloatArray, population: FloatArray, per_capita: FloatArray | None = None) -> Filled:
    """Years before the first known value, from the population: the deposits of a landfill before its records begin.

    Without per_capita the first known value per head is kept: y0 = y_first * (P0 / P_first); with it y0 = P0 * rate.
    Args: values and population [n, T]; per_capita [n, T] or [n, 1], in the unit of values per unit of population.
    Only years before the first known value are filled; a row without any is filled only with per_capita.
    Source: IPCC 2006, Vol. 1, Ch. 5, section 5.3.3 (surrogate data), population as the statistic.
    """
    known = np.isfinite(values)
    early = ~np.maximum.accumulate(known, axis=1)
    if per_capita is not None:
        return _fill(values, np.where(early, population * per_capita, np.nan))
    first = known & (np.cumsum(known, axis=1) == 1)
    usable = first & np.isfinite(population) & (population != 0.0)
    ratio = np.divide(values, population, out=np.zeros(values.shape), where=usable)
    level = np.where(usable.any(axis=1), ratio.sum(axis=1), np.nan)
    return _fill(values, np.where(early, population * level[:, None], np.nan))


def interpolate(years: Years, values: FloatArray) -> Filled:
    """Gaps between two known years, on the straight line between them. Nothing before the first or after the last.

    Args: years [T]; values [n, T].
    Source: IPCC 2006, Vol. 1, Ch. 5, section 5.3.3 (interpolation).
    """
    known = np.isfinite(values)
    left, right = _left(known), _right(known)
    inside = (left >= 0) & (right < values.shape[1])
    rows = np.arange(len(values))[:, None]
    low, high = np.where(inside, left, 0), np.where(inside, right, 0)
    span = years[high] - years[low]
    share = np.divide(years[None, :] - years[low], span, out=np.zeros(values.shape), where=span > 0)
    line = values[rows, low] * (1.0 - share) + values[rows, high] * share
    return _fill(values, np.where(inside, line, np.nan))


def extrapolate(years: Years, values: FloatArray, *, known_years: int) -> Filled:
    """Years before the first and after the last known value, along the linear trend at that end.

    The trend is the least-squares slope through the `known_years` known values nearest to that end (at least 2), drawn
    from the first or last known value. A row with fewer known values is not filled.
    Args: years [T]; values [n, T]. Raises: ValueError for known_years below 2.
    Source: IPCC 2006, Vol. 1, Ch. 5, section 5.3.3 (trend extrapolation); the guideline prints no formula, the number
        of years is the user's.
    """
    if known_years < 2:
        raise ValueError("a trend needs at least two known years")
    line = np.full(values.shape, np.nan)
    for row in range(len(values)):
        at = np.flatnonzero(np.isfinite(values[row]))
        if len(at) < known_years:
            continue
        for end, used, out in (
            (at[0], at[:known_years], slice(0, at[0])),
            (at[-1], at[-known_years:], slice(at[-1] + 1, None)),
        ):
            line[row, out] = values[row, end] + _slope(years[used], values[row, used]) * (
                years[out] - years[end]
            )
    return _fill(values, line)


def _slope(years: Years, values: FloatArray) -> float:
    """Least-squares slope per year."""
    centred = years - years.mean()
    return float((centred * (values - values.mean())).sum() / (centred * centred).sum())


def _fill(values: FloatArray, candidates: FloatArray) -> Filled:
    """Candidates where nothing is known; a cell that stays unknown is not filled."""
    mask = ~np.isfinite(values) & np.isfinite(candidates)
    return np.where(mask, candidates, values), mask


def _left(known: BoolArray) -> np.ndarray:
    """Position of the last known year at or before each year, -1 where there is none."""
    here = np.where(known, np.arange(known.shape[1]), -1)
    return np.asarray(np.maximum.accumulate(here, axis=1))


def _right(known: BoolArray) -> np.ndarray:
    """Position of the first known year at or after each year, T where there is none."""
    here = np.where(known, np.arange(known.shape[1]), known.shape[1])
    return np.asarray(np.minimum.accumulate(here[:, ::-1], axis=1)[:, ::-1])


def _nearest(level: FloatArray, usable: BoolArray) -> FloatArray:
    """The level of the nearest usable year, the earlier of two; NaN where no year is usable."""
    years = np.arange(usable.shape[1])
    left, right = _left(usable), _right(usable)
    to_left = np.where(left >= 0, years - left, np.inf)
    to_right = np.where(right < usable.shape[1], right - years, np.inf)
    chosen = np.where(to_left <= to_right, left, right)
    found = np.isfinite(np.minimum(to_left, to_right))
    return np.where(found, level[np.arange(len(level))[:, None], np.where(found, chosen, 0)], np.nan)
