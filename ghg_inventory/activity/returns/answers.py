"""Which records answer what a return asks, whatever file they came in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ghg_inventory.activity.returns.record import Ask
from ghg_inventory.activity.table import Activity

Key = tuple[str, str, str, str, str, str]
"""As `Ask.key`."""
KEY = ("category", "variable", "item", "technology", "use", "basis")
"""Columns of a record that make its key."""
# The reader gives a statistic (population, GDP) this use; a template leaves it blank.
_STATISTIC = "denominator"


def answered(activity: Activity, asks: Sequence[Ask]) -> npt.NDArray[np.intp]:
    """For each record the number of the ask that it answers, -1 for none. Area and year are not looked at."""
    place = {ask.key: number for number, ask in enumerate(asks)}
    out = np.full(len(activity), -1, dtype=np.intp)
    if not len(activity):
        return out
    columns = [getattr(activity, name) for name in KEY]
    distinct, which = np.unique(np.stack([c.codes for c in columns]), axis=1, return_inverse=True)
    found = np.full(distinct.shape[1], -1, dtype=np.intp)
    for number, codes in enumerate(distinct.T.tolist()):
        words = [column.words[code] for column, code in zip(columns, codes, strict=True)]
        found[number] = place.get(ask_key(words), -1)
    return found[which.ravel()]


def ask_key(words: Sequence[str]) -> Key:
    """The key of the ask that a record answers, from its columns in the order of KEY."""
    category, variable, item, technology, use, basis = words
    return category, variable, item, technology, "" if use == _STATISTIC else use, basis
