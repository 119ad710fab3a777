"""Landfill: first-order decay of the organic carbon in deposited waste."""

from __future__ import annotations

import numpy as np

from ghg_inventory.models.arrays import by_year, is_steady, within
from ghg_inventory.models.registry import Arrays, FloatArray, Model, Years

# Waste is deposited through the year, on average in mid-year: the first reaction can start 6 months before
# its end. The guidelines' month M of the start is therefore DELAY + 7, and 13 - M months remain = 6 - DELAY.
MONTHS_LEFT = 6.0


def first_order_decay(years: Years, series: Arrays, parameters: Arrays) -> dict[str, FloatArray]:
    """Organic carbon that decomposes, is still to decompose, and is stored for good, per year.

    Args: series W, wet waste deposited in each year [t]; parameters DOC [t C per t wet waste], DOCF (share of
        DOC that decomposes), MCF, K [1/yr], DELAY [months between deposition and the start, 0 to 6]; all [n, T].
        Before the first year nothing was deposited. W has no NaN.
    Returns: DECOMPOSED in the year, ACCUMULATED at its end (decomposable, not yet decomposed), STORED (of
        the year's deposit, never decomposes), all [t C], [n, T]. A parameter outside its domain (shares
        0 to 1, K >= 0, DELAY 0 to 6) gives NaN from its year on; for STORED in its year.
    Source: IPCC 2006, Vol. 5, Ch. 3, equations 3.2, 3.4 and 3.5 and annex 3A.1 (decay in the deposition year),
        as in the IPCC waste model workbook: exp1 = e^-K, exp2 = e^(-K (13 - M) / 12).
    """
    waste, rate = by_year(series["W"]), by_year(within(parameters["K"], 0.0))
    delay = by_year(within(parameters["DELAY"], 0.0, MONTHS_LEFT))
    doc, docf, mcf = (by_year(within(parameters[name], 0.0, 1.0)) for name in ("DOC", "DOCF", "MCF"))
    decomposed, accumulated, stored = (np.empty(waste.shape) for _ in range(3))
    stock = np.zeros(waste.shape[1])
    steady = is_steady(rate) and is_steady(delay)
    for year in range(len(years)):
        if year == 0 or not steady:
            exp1 = np.exp(-rate[year])
            exp2 = np.exp(-rate[year] * (MONTHS_LEFT - delay[year]) / 12.0)
        organic = waste[year] * doc[year] * mcf[year]
        fresh = organic * docf[year]
        left = stock * exp1
        fresh_left = fresh * exp2
        decomposed[year] = (stock - left) + (fresh - fresh_left)
        stored[year] = organic - fresh
        stock = left + fresh_left
        accumulated[year] = stock
    return {"DECOMPOSED": decomposed.T, "ACCUMULATED": accumulated.T, "STORED": stored.T}


MODEL = Model(
    name="first_order_decay",
    function=first_order_decay,
    series={"W": "t"},
    # DOC is printed as a share of wet waste by mass: the model turns t of waste into t C by it.
    parameters={"DOC": "1", "DOCF": "1", "MCF": "1", "K": "1/yr", "DELAY": "month"},
    outputs={"DECOMPOSED": "t C", "ACCUMULATED": "t C", "STORED": "t C"},
    source="2006 IPCC Guidelines, Vol. 5, Ch. 3, equations 3.2, 3.4, 3.5 and annex 3A.1 (IPCC waste model)",
)
