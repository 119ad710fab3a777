"""Carbon stock change between surveys."""

from __future__ import annotations

import numpy as np

from ghg_inventory.models.registry import Arrays, FloatArray, Model, Years


def stock_difference(years: Years, series: Arrays, _parameters: Arrays) -> dict[str, FloatArray]:
    """Mean yearly change of a carbon stock between two surveys.

    Args: series C [t C], [n, T], a value in survey years and NaN in all others; no parameters.
    Returns: DC [t C in the year], [n, T]: (C2 - C1) / (t2 - t1) in every year after t1 up to t2, for each pair
        of neighbouring surveys; NaN up to the first and after the last survey. Positive is a gain (a removal).
    Source: IPCC 2006, Vol. 4, Ch. 2, equation 2.5 (stock-difference method).
    """
    stock = series["C"]
    known = np.isfinite(stock)
    before, start = _before(stock, known, years)
    after, end = _after(stock, known, years)
    return {"DC": (after - before) / (end - start)}


def _before(stock: FloatArray, known: np.ndarray, years: Years) -> tuple[FloatArray, FloatArray]:
    """Value and year of the last survey before each year, NaN where there is none."""
    value, when = np.full(stock.shape, np.nan), np.full(stock.shape, np.nan)
    for year in range(1, len(years)):
        was = known[:, year - 1]
        value[:, year] = np.where(was, stock[:, year - 1], value[:, year - 1])
        when[:, year] = np.where(was, years[year - 1], when[:, year - 1])
    return value, when


def _after(stock: FloatArray, known: np.ndarray, years: Years) -> tuple[FloatArray, FloatArray]:
    """Value and year of the first survey in or after each year, NaN where there is none."""
    value = np.where(known, stock, np.nan)
    when = np.where(known, years.astype(np.float64), np.nan)
    for year in range(len(years) - 2, -1, -1):
        is_now = known[:, year]
        value[:, year] = np.where(is_now, value[:, year], value[:, year + 1])
        when[:, year] = np.where(is_now, when[:, year], when[:, year + 1])
    return value, when


MODEL = Model(
    name="stock_difference",
    function=stock_difference,
    series={"C": "t C"},
    parameters={},
    outputs={"DC": "t C"},
    source="2006 IPCC Guidelines, Vol. 4, Ch. 2, equation 2.5",
)
