"""Bank of a fluorinated gas in equipment or foam."""

from __future__ import annotations

import numpy as np

from ghg_inventory.models.arrays import within
from ghg_inventory.models.registry import Arrays, FloatArray, Model, Years


def ods_bank(years: Years, series: Arrays, parameters: Arrays) -> dict[str, FloatArray]:
    """Emission from use and at the end of life of what was put into equipment, and what is left in it.

    In each year, in this order:
      retired   = what is left of each year's supply that reaches the age LIFE (of its own year) this year
      recovered = RECOVERY * retired
      held      = bank at the end of last year - retired + S
      emitted   = (1 - RECOVERY) * retired + EF * held
      bank      = (1 - EF) * held
    so that, over all years, supply = emitted + recovered + bank at the end. What is lost when equipment is
    made or charged is no supply to the bank and not in here. A life with a fraction of a year counts up.

    Args: series S, net supply of the gas to the bank in each year [kg], no NaN; parameters EF (share of the
        bank emitted in a year), LIFE [yr, at least 1; that of the year of supply], RECOVERY (share of the
        retired charge that is recovered or destroyed); all [n, T]. Before the first year the bank is empty.
    Returns: EMITTED and RECOVERED in the year, BANK at its end [kg], [n, T]. EF or LIFE outside its domain
        (0 to 1, at least 1) gives NaN from its year on, RECOVERY outside 0 to 1 NaN in its year.
    Source: 2006 IPCC Guidelines, Vol. 3, Ch. 7, sections 7.1.2.2 and 7.5.2: the emission-factor approach with a
        bank. The order of the steps within a year is this program's and stated above; see docs/models.md.
    """
    supply = series["S"]
    rate, recovery = (within(parameters[name], 0.0, 1.0) for name in ("EF", "RECOVERY"))
    life = within(parameters["LIFE"], 1.0)
    last = np.arange(len(years)) + np.ceil(life)
    left = np.zeros(supply.shape)
    emitted, recovered, bank = (np.empty(supply.shape) for _ in range(3))
    for year in range(len(years)):
        now = slice(0, year + 1)
        retired = np.sum(np.where(last[:, :year] == year, left[:, :year], 0.0), axis=1)
        left[:, :year] = np.where(last[:, :year] == year, 0.0, left[:, :year])
        left[:, year] = np.where(np.isnan(life[:, year]), np.nan, supply[:, year])
        held = np.sum(left[:, now], axis=1)
        left[:, now] *= 1.0 - rate[:, year, None]
        recovered[:, year] = recovery[:, year] * retired
        emitted[:, year] = retired - recovered[:, year] + rate[:, year] * held
        bank[:, year] = np.sum(left[:, now], axis=1)
    return {"EMITTED": emitted, "RECOVERED": recovered, "BANK": bank}


MODEL = Model(
    name="ods_bank",
    function=ods_bank,
    series={"S": "kg"},
    parameters={"EF": "1", "LIFE": "yr", "RECOVERY": "1"},
    outputs={"EMITTED": "kg", "RECOVERED": "kg", "BANK": "kg"},
    source="2006 IPCC Guidelines, Vol. 3, Ch. 7, sections 7.1.2.2 (bank) and 7.5.2; order of steps: docs/models.md",
)
