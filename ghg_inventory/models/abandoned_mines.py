"""Methane from coal mines after their closure."""

from __future__ import annotations

import numpy as np

from ghg_inventory.models.arrays import HIGHEST, within
from ghg_inventory.models.registry import Arrays, FloatArray, Model, Years

_PARAMETERS = (("D", HIGHEST), ("B", HIGHEST), ("FLOODED", 1.0), ("D_FLOODED", HIGHEST))


def abandoned_mines(years: Years, series: Arrays, parameters: Arrays) -> dict[str, FloatArray]:
    """Methane of the mines closed in earlier years.

    t full years after its closure a mine gives, of what it gave per year at closure,
      dry     (1 + B D t)^(-1/B), and e^(-D t) where B = 0
      flooded e^(-D_FLOODED t)
    and CH4 = sum over closure years of Q0 * ((1 - FLOODED) * dry + FLOODED * flooded).

    Args: series Q0, methane that the mines closed in a year gave per year at closure [m3], [n, T], NaN in
        years without a closure; parameters of the closure year, [n, T]: D and D_FLOODED [1/yr], B, FLOODED
        (share of the mines that are flooded).
    Returns: CH4 [m3 in the year], [n, T]. NaN up to and including the first closure year: nothing is known
        before, and the closure year itself belongs to the working mine. A parameter outside its domain
        (FLOODED 0 to 1, the others >= 0) gives NaN from the year after closure.
    Source: Liu Q. et al. 2023, China coal-mine methane inventory 2011-2019 (published code).
    """
    rate = series["Q0"]
    decline, shape, flooded, wet = (within(parameters[name], 0.0, high) for name, high in _PARAMETERS)
    out = np.full(rate.shape, np.nan)
    for year in range(len(years) - 1):
        rows = np.flatnonzero(np.isfinite(rate[:, year]))
        if not len(rows):
            continue
        age = (years[year + 1 :] - years[year]).astype(np.float64)
        dry = _dry(decline[rows, year, None], shape[rows, year, None], age)
        drowned = np.exp(-wet[rows, year, None] * age)
        share = flooded[rows, year, None]
        added = rate[rows, year, None] * ((1.0 - share) * dry + share * drowned)
        sofar = out[rows, year + 1 :]
        # A row that has had no closure before starts here; 0 + NaN must not hide a faulty parameter.
        out[rows, year + 1 :] = np.where(_first(rate, rows, year)[:, None], added, sofar + added)
    return {"CH4": out}


def _dry(decline: FloatArray, shape: FloatArray, age: FloatArray) -> FloatArray:
    """(1 + B D t)^(-1/B), and its limit e^(-D t) where B is 0."""
    curved = np.where(shape == 0.0, 1.0, shape)
    hyperbolic = np.exp(-np.log1p(curved * decline * age) / curved)
    return np.where(shape == 0.0, np.exp(-decline * age), hyperbolic)


def _first(rate: FloatArray, rows: np.ndarray, year: int) -> np.ndarray:
    """Which of the rows have no closure before this year."""
    return np.asarray(~np.logical_or.reduce(np.isfinite(rate[rows, :year]), axis=1))


MODEL = Model(
    name="abandoned_mines",
    function=abandoned_mines,
    series={"Q0": "m3 CH4"},
    parameters={"D": "1/yr", "B": "1", "FLOODED": "1", "D_FLOODED": "1/yr"},
    outputs={"CH4": "m3 CH4"},
    source="Liu Q. et al. 2023, China coal-mine methane inventory 2011-2019 (published code)",
)
