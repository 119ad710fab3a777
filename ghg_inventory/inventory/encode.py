"""Encode: text columns become small integers, once.

A *signature* is a kind of record: (category, variable, item, technology, unit, use). Everything that does
not depend on the amount — method, unit conversion, factors — is decided per signature, area class and year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ghg_inventory.activity.table import Activity
from ghg_inventory.tables import Column, FloatArray, IntArray

ShortArray = npt.NDArray[np.int16]

_DENSE = 1 << 22
"""Largest key space that is counted with an array instead of by sorting."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One kind of record; all fields are codes as submitted, unit in its submitted spelling."""

    category: str
    variable: str
    item: str
    technology: str
    unit: str
    use: str


@dataclass(frozen=True, slots=True)
class Encoded:
    """Records as integers.

    signature, area, year: one entry per record, indices into the tuples of the same name.
    value: amounts as submitted; 0.0 where the record is a notation key. counted: False for those.
    """

    signatures: tuple[Signature, ...]
    areas: tuple[str, ...]
    years: tuple[int, ...]
    signature: IntArray
    area: IntArray
    year: ShortArray
    value: FloatArray
    counted: np.ndarray | None

    def __len__(self) -> int:
        return len(self.value)


def encode(activity: Activity) -> Encoded:
    """Encode records that are already in canonical order."""
    parts = [getattr(activity, name) for name in Signature.__slots__]
    codes, combos = combine(parts)
    signatures = tuple(
        Signature(*(part.words[index] for part, index in zip(parts, combo, strict=True))) for combo in combos
    )
    years, year = _years(activity.year)
    blank = np.isnan(activity.value)
    some_blank = bool(blank.any())
    value = np.where(blank, 0.0, activity.value) if some_blank else activity.value
    return Encoded(
        signatures, activity.area_code.words, years, codes, activity.area_code.codes, year, value,
        ~blank if some_blank else None,
    )  # fmt: skip


def combine(columns: Sequence[Column]) -> tuple[IntArray, list[tuple[int, ...]]]:
    """One code per row for the combination of several columns, and what each code stands for.

    Codes are numbered by the order of the combinations' word codes, not by first appearance.
    """
    key: IntArray = np.zeros(len(columns[0]), dtype=np.int32)
    combos: list[tuple[int, ...]] = [()]
    # A key space much larger than the table would cost more than it saves.
    room = min(_DENSE, max(1024, 4 * len(key)))
    for column in columns:
        width = len(column.words)
        if width <= 1:
            combos = [(*combo, 0) for combo in combos]
            continue
        if len(combos) * width > room:
            key, combos = _compress(key, combos)
        key *= np.int32(width)
        key += column.codes
        combos = [(*combo, index) for combo in combos for index in range(width)]
    return _compress(key, combos)


def _compress(key: IntArray, combos: list[tuple[int, ...]]) -> tuple[IntArray, list[tuple[int, ...]]]:
    """Renumber keys so that only combinations that occur have a number."""
    present = np.zeros(len(combos), dtype=bool)
    present[key] = True
    if present.all():
        return key, combos
    number = np.cumsum(present, dtype=np.int32) - np.int32(1)
    np.take(number, key, out=key, mode="clip")
    return key, [combos[index] for index in np.flatnonzero(present)]


def _years(year: ShortArray) -> tuple[tuple[int, ...], ShortArray]:
    """Distinct years in order, and each record's index among them."""
    if not len(year):
        return (), np.zeros(0, dtype=np.int16)
    low = int(year.min())
    present = np.zeros(int(year.max()) - low + 1, dtype=bool)
    offset = year - year.dtype.type(low)
    present[offset] = True
    number = np.cumsum(present, dtype=np.int16) - np.int16(1)
    return tuple(int(low + step) for step in np.flatnonzero(present)), number[offset]
