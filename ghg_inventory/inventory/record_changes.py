"""Two ledgers side by side: which records changed, and how much of each emission's change has which cause.

A row is matched by what it is about (`KEY`), never by where it stood. Its change in t CO2e is taken apart in a
fixed order, so that the parts add up:

    activity  old emission × (new amount / old amount − 1)          at the old rates
    gwp       new mass × (new GWP − old GWP)
    factor    what remains: the new amount at the new instead of the old rate ("method" where the method changed)

Nothing can be taken apart where a row is new or gone, or where the old amount is 0: it is all of one cause.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ghg_inventory.tables import FloatArray
from ghg_inventory.units import UnitError, factor_between, parse_unit

CAUSES = ("activity", "model", "method", "factor", "gwp")
"""activity: a return says something else. model: the amount comes from an array model, whose past amounts or
parameters changed. method, factor, gwp: how the amount is turned into an emission."""

RECORD = (
    "profile", "area_code", "year", "activity_category", "variable", "item", "technology", "use", "flow", "basis",
)  # fmt: skip
"""What a record is about; `basis` where the ledger has it."""

KEY = (*RECORD, "category", "gas")

STATED = (
    "activity_value", "activity_unit", "notation", "method", "factor_ids", "mass_t", "co2e_t", "source_file",
    "source_sheet", "source_cell", "source_line", "note",
)  # fmt: skip
"""What each side says, given as `<name>_before` and `<name>_after`."""

EFFECTS = tuple(f"{cause}_t" for cause in CAUSES)

COLUMNS = (
    *KEY, "status", "cause", "difference_t", *EFFECTS,
    *(f"{name}_{side}" for name in STATED for side in ("before", "after")),
)  # fmt: skip

_NUMBERS = ("activity_value", "mass_t", "co2e_t", "source_line")

_TOLERANCE = 1e-12
"""Relative difference of two floats that is rounding."""
_RATE_TOLERANCE = 1e-10
"""The same of a quotient of two such floats."""
_FILLED = "fill:"
_MEASURED = re.compile(r"measured:[^;]*")
"""A measured factor is named by its place: moved to another line it is the same factor, its value is compared."""
_MODELLED = "model:"

Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]


def compare_records(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """What differs between two ledgers (inventory/ledger.py), one row per record and gas: COLUMNS.

    status: "added", "removed" or "changed" (of the record; its gas may be new). cause: one of CAUSES, or "mixed".
    difference_t and the effects: t CO2e, 0 where neither side has an emission. The same amount in another
    unit is no change.
    """
    sides = (_keyed(before), _keyed(after))
    numbers = _numbers(sides)
    pairs = _pairs(numbers)
    moved = _differs(sides, pairs)
    pairs = (pairs[0][moved], pairs[1][moved])
    frame = _side_by_side(sides, numbers, pairs)
    return _without_silent(_with_causes(frame))[list(COLUMNS)]


def _keyed(ledger: pd.DataFrame) -> pd.DataFrame:
    """The ledger with every column of the key; a filled value has the key of the value it stands for."""
    blank = {name: 0 if name in _NUMBERS else "" for name in (*RECORD, *STATED) if name not in ledger.columns}
    out = ledger.assign(**blank).reset_index(drop=True).astype(dict.fromkeys(_NUMBERS, np.float64))
    return out.assign(
        derived=out["flow"].str.startswith(_MODELLED).astype(bool),
        flow=out["flow"].where(~out["flow"].str.startswith(_FILLED), ""),
        factors=out["factor_ids"].map(
            {ids: _MEASURED.sub("measured", ids) for ids in out["factor_ids"].unique()}
        ),
    )


Sides = tuple[pd.DataFrame, pd.DataFrame]


def _numbers(sides: Sides) -> tuple[tuple[Index, Index], tuple[Index, Index]]:
    """Per side the number of each row's record and of the row itself; equal numbers are about the same thing."""
    split = len(sides[0])
    record = _number([_joined(sides, name) for name in RECORD])
    cell = [_joined(sides, name) for name in ("category", "gas")]
    side = (np.arange(len(record)) >= split).astype(np.int64)
    # The same thing stated by two files is two records: each is compared with what its own file said.
    stated = _number([record, *cell, side])
    twice = np.bincount(stated)[stated] > 1
    doubled = np.isin(record, np.unique(record[twice]))
    record = _number([record, np.where(doubled, _joined(sides, "source_file") + 1, 0)])
    row = _number([record, *cell])
    # What is left is told apart by its order, which is canonical.
    again = pd.Series(side).groupby([row, side]).cumcount().to_numpy(dtype=np.int64)
    row = _number([row, again])
    return (record[:split], row[:split]), (record[split:], row[split:])


def _joined(sides: Sides, name: str) -> Index:
    joined = pd.concat([side[name] for side in sides], ignore_index=True)
    return np.asarray(pd.factorize(joined)[0], dtype=np.int64)


def _number(columns: list[Index]) -> Index:
    """One number per distinct combination."""
    out = columns[0]
    for column in columns[1:]:
        size = int(column.max(initial=0)) + 1
        out = np.asarray(pd.factorize(out * size + column)[0], dtype=np.int64)
    return out


def _pairs(numbers: tuple[tuple[Index, Index], tuple[Index, Index]]) -> tuple[Index, Index]:
    """Row of the one side and of the other, -1 where there is none; rows only in `after` come last."""
    (_, old), (_, new) = numbers
    size = int(max(old.max(initial=-1), new.max(initial=-1))) + 1
    place = np.full((2, size), -1, dtype=np.int64)
    place[0, old], place[1, new] = np.arange(len(old)), np.arange(len(new))
    return place[0], place[1]


def _differs(sides: Sides, pairs: tuple[Index, Index]) -> Mask:
    """Which pairs say different things (a unit by its spelling: units are compared later)."""
    both = (pairs[0] >= 0) & (pairs[1] >= 0)
    out = ~both
    old, new = (side.iloc[rows[both]] for side, rows in zip(sides, pairs, strict=True))
    unlike = np.zeros(len(old), dtype=bool)
    for name in ("activity_unit", "notation", "method", "factors"):
        unlike |= (old[name].to_numpy() != new[name].to_numpy()).astype(bool)
    for name in ("activity_value", "mass_t", "co2e_t"):
        unlike |= _apart(_floats(old[name]), _floats(new[name]))
    out[both] = unlike
    return out


def _floats(column: Any) -> FloatArray:
    return np.asarray(column, dtype=np.float64)


def _apart(old: FloatArray, new: FloatArray, tolerance: float = _TOLERANCE) -> Mask:
    """Beyond rounding; a number and none are apart, none and none are not."""
    with np.errstate(invalid="ignore"):
        near = np.abs(new - old) <= tolerance * np.maximum(np.abs(old), np.abs(new))
    result: Mask = ~(near | (np.isnan(old) & np.isnan(new)))
    return result


def _side_by_side(
    sides: Sides, numbers: tuple[tuple[Index, Index], tuple[Index, Index]], pairs: tuple[Index, Index]
) -> pd.DataFrame:
    """KEY, what each side states, and whether the record (not only this gas of it) is on either side.

    Where a side has the record but not this gas, it says what the record's first row says of the activity.
    """
    records = [_record_of(numbers[side][0], pairs[side]) for side in (0, 1)]
    record = np.where(records[0] >= 0, records[0], records[1])
    columns: dict[str, Any] = {}
    for side, suffix in enumerate(("before", "after")):
        own = pairs[side]
        stand_in = _first_rows(numbers[side][0], record)
        columns[f"has_{suffix}"] = own >= 0
        columns[f"known_{suffix}"] = stand_in >= 0
        for name in (*STATED, "factors"):
            of_record = name not in ("method", "factor_ids", "factors", "mass_t", "co2e_t")
            rows = np.where(own >= 0, own, stand_in) if of_record else own
            columns[f"{name}_{suffix}"] = _taken(sides[side][name], rows)
    for name in (*KEY, "derived"):
        old = _taken(sides[0][name], pairs[0])
        columns[name] = np.where(pairs[0] >= 0, old, _taken(sides[1][name], pairs[1]))
    frame = pd.DataFrame(columns)
    return frame.astype({"year": np.int64, "derived": bool})


def _record_of(numbers: Index, rows: Index) -> Index:
    return np.where(rows >= 0, numbers[rows], -1) if len(numbers) else np.full(len(rows), -1)


def _first_rows(numbers: Index, wanted: Index) -> Index:
    """The first row of each wanted record, -1 for a record that is not there."""
    size = int(max(numbers.max(initial=-1), wanted.max(initial=-1))) + 1
    first = np.full(size, -1, dtype=np.int64)
    first[numbers[::-1]] = np.arange(len(numbers))[::-1]
    return first[wanted] if len(wanted) else np.zeros(0, dtype=np.int64)


def _taken(column: pd.Series, rows: Index) -> np.ndarray:
    """Cells of the rows; NaN or "" where there is no row."""
    blank: Any = np.nan if column.dtype.kind in "fiub" else ""
    values = column.to_numpy(dtype=np.float64 if column.dtype.kind == "f" else object)
    if not len(values):
        return np.full(len(rows), blank, dtype=values.dtype)
    result: np.ndarray = np.where(rows >= 0, values[rows], blank)
    return result


def _with_causes(frame: pd.DataFrame) -> pd.DataFrame:
    """status, cause, difference_t and the effects."""
    what = _What.of(frame)
    parts = _taken_apart(what)
    amount = parts.pop("amount")
    derived = frame["derived"].to_numpy(dtype=bool)
    effects = {
        "activity": np.where(derived, 0.0, amount), "model": np.where(derived, amount, 0.0), **parts,
    }  # fmt: skip
    flags = {
        "activity": what.moved & ~derived, "model": what.moved & derived, "method": what.method,
        "factor": what.factor, "gwp": what.gwp,
    }  # fmt: skip
    known = frame[["known_before", "known_after"]].to_numpy(dtype=bool)
    status = np.select([~known[:, 0], ~known[:, 1]], ["added", "removed"], "changed")
    return frame.assign(
        status=status, cause=_named(flags, effects, _apart(*what.co2e, _RATE_TOLERANCE)), difference_t=what.difference,
        **{f"{name}_t": effects[name] for name in CAUSES},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _What:
    """Numbers of both sides, and what of a row differs: the activity, the method, the factors, the GWP.

    amount: the new one in the old unit, NaN where there is none or the units are of different kinds.
    """

    amount: tuple[FloatArray, FloatArray]
    mass: tuple[FloatArray, FloatArray]
    co2e: tuple[FloatArray, FloatArray]
    moved: Mask
    method: Mask
    factor: Mask
    gwp: Mask

    @property
    def difference(self) -> FloatArray:
        """t CO2e after minus before; no emission counts as none."""
        result: FloatArray = np.nan_to_num(self.co2e[1]) - np.nan_to_num(self.co2e[0])
        return result

    @classmethod
    def of(cls, frame: pd.DataFrame) -> _What:
        """Compare the sides of each row."""
        amount = (_floats(frame["activity_value_before"]), _new_amounts(frame))
        mass = (_floats(frame["mass_t_before"]), _floats(frame["mass_t_after"]))
        co2e = (_floats(frame["co2e_t_before"]), _floats(frame["co2e_t_after"]))
        known = (frame["known_before"] & frame["known_after"]).to_numpy(dtype=bool)
        rows = (frame["has_before"] & frame["has_after"]).to_numpy(dtype=bool)
        unstated = np.isnan(amount[0]) | np.isnan(amount[1])
        moved = ~known | _apart(*amount) | (_unlike(frame, "notation") & unstated)
        # A gas that only one side has, of the same activity, is the doing of the method.
        method = (rows & _unlike(frame, "method")) | (known & ~rows & ~moved)
        computed = np.isfinite(mass[0]) & np.isfinite(mass[1])
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = _apart(mass[0] / amount[0], mass[1] / amount[1], _RATE_TOLERANCE)
            gwp = _apart(co2e[0] / mass[0], co2e[1] / mass[1], _RATE_TOLERANCE)
        rate &= computed & (amount[0] != 0) & (amount[1] != 0)
        lacking = (np.isnan(mass[0]) != np.isnan(mass[1])) & ~moved
        factor = rows & ~method & (_unlike(frame, "factors") | rate | lacking)
        return cls(amount, mass, co2e, moved, method, factor, rows & computed & _nonzero(mass) & gwp)


def _unlike(frame: pd.DataFrame, name: str) -> Mask:
    result: Mask = (frame[f"{name}_before"] != frame[f"{name}_after"]).to_numpy(dtype=bool)
    return result


def _nonzero(mass: tuple[FloatArray, FloatArray]) -> Mask:
    result: Mask = (mass[0] != 0) & (mass[1] != 0)
    return result


def _new_amounts(frame: pd.DataFrame) -> FloatArray:
    """The new activity in the old unit; NaN where the units are of different kinds."""
    values = _floats(frame["activity_value_after"]).copy()
    units = frame[["activity_unit_before", "activity_unit_after"]]
    different = (units["activity_unit_before"] != units["activity_unit_after"]) & (
        units["activity_unit_before"] != ""
    )
    for (old, new), rows in units[different].groupby(list(units.columns)).indices.items():
        at = np.flatnonzero(different.to_numpy(dtype=bool))[rows]
        values[at] *= _ratio(str(old), str(new))
    return values


def _ratio(old: str, new: str) -> float:
    try:
        return factor_between(parse_unit(new), parse_unit(old))
    except UnitError:
        return np.nan


def _taken_apart(what: _What) -> dict[str, FloatArray]:
    """The parts of each difference: "amount", "method", "factor", "gwp"; see the module."""
    old, new = what.amount
    with np.errstate(divide="ignore", invalid="ignore"):
        gwp = [c / m for c, m in zip(what.co2e, what.mass, strict=True)]
        whole = ~np.isfinite(gwp[0]) | ~np.isfinite(gwp[1]) | ~np.isfinite(new / old)
        amount = np.where(whole | ~_apart(old, new), 0.0, what.co2e[0] * (new / old - 1))
        warming = np.where(whole | ~what.gwp, 0.0, what.mass[1] * (gwp[1] - gwp[0]))
    rest = what.difference - amount - warming
    # All of it is of one cause where nothing can be taken apart; what is left of an amount alone is rounding.
    how = what.method | what.factor | what.gwp
    all_amount = (whole & what.moved) | ~how
    all_gwp = ~all_amount & ~what.method & ~what.factor
    all_method = ~all_amount & ~all_gwp & what.method
    return {
        "amount": amount + np.where(all_amount, rest, 0.0), "method": np.where(all_method, rest, 0.0),
        "factor": np.where(all_amount | all_gwp | all_method, 0.0, rest),
        "gwp": warming + np.where(all_gwp, rest, 0.0),
    }  # fmt: skip


def _named(flags: dict[str, Mask], effects: dict[str, FloatArray], weighty: Mask) -> np.ndarray:
    """The cause in a word: "mixed" where there are several; "" where only spelling and rounding differ."""
    there = np.column_stack([flags[name] | (weighty & (effects[name] != 0)) for name in CAUSES])
    words = np.asarray([*CAUSES, "mixed", ""], dtype=object)
    count = there.sum(axis=1)
    which = np.where(count > 1, len(CAUSES), np.where(count == 1, there.argmax(axis=1), len(CAUSES) + 1))
    named: np.ndarray = words[which]
    return named


def _without_silent(frame: pd.DataFrame) -> pd.DataFrame:
    """Drop spelling only, and the row "NO, nothing computed" of a record whose gases stand in other rows."""
    one_sided = frame["has_before"] != frame["has_after"]
    placeholder = one_sided & (frame["gas"] == "") & frame["known_before"] & frame["known_after"]
    return frame[(frame["cause"] != "") & ~placeholder].reset_index(drop=True)
