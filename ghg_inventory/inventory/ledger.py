"""The ledger: one row per activity record and gas, made on demand from the compiled plan.

Row results are not stored: a country's ledger is large and every row is recomputed in microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ghg_inventory.inventory.model import Inventory
from ghg_inventory.inventory.plan import EMITTING_USES, Term
from ghg_inventory.methods import covers
from ghg_inventory.tables import Column, IntArray

COLUMNS = (
    "area_code", "area_name", "year", "profile", "category", "gas", "item", "activity_value", "activity_unit",
    "method", "factor_ids", "mass_t", "co2e_t", "notation", "source_file", "source_cell",
)  # fmt: skip
"""The published columns, in order (the contract of `export --to csv`)."""

EXTRA = ("activity_category", "variable", "use", "flow", "basis", "technology", "source_sheet", "source_line",
         "energy_tj", "note")  # fmt: skip


_AFTER_GASES = 100_000
"""Sort keys beyond every gas: rows without a mass stand after those with one."""


def ledger(inventory: Inventory, rows: IntArray | None = None, *, lang: str = "zh") -> pd.DataFrame:
    """Ledger rows of the chosen records (all by default), in canonical order, gas after gas.

    A record that an exclusion or a notation key covers, or that could not be computed, has a row with
    its notation and no mass, so that nothing disappears.
    """
    encoded, plan = inventory.encoded, inventory.plan
    emitting = np.asarray([s.use in EMITTING_USES for s in plan.signatures], dtype=bool)
    if rows is None:
        rows = np.arange(len(encoded), dtype=np.int32)
    rows = rows[emitting[encoded.signature[rows]]] if len(rows) else rows
    parts = [_gas_rows(inventory, term, rows) for term in plan.terms]
    parts += [
        _excluded_rows(inventory, rows),
        _modelled_rows(inventory, rows),
        _notation_rows(inventory, rows),
    ]
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=[*COLUMNS, *EXTRA])
    frame = pd.concat(parts, ignore_index=True).sort_values(["_row", "_gas"], kind="stable")
    return _spelled(inventory, frame, lang)


def _gas_rows(inventory: Inventory, term: Term, rows: IntArray) -> pd.DataFrame:
    encoded, plan = inventory.encoded, inventory.plan
    key = _cells(inventory, rows)
    method = term.method[key]
    keep = method >= 0
    if encoded.counted is not None:
        keep &= encoded.counted[rows]
    state = term.state[key]
    rows, key = rows[keep], tuple(part[keep] for part in key)
    state, method = state[keep], method[keep]
    # Zero times an unknown factor is zero; anything else without a factor is not estimated.
    known = (state == 0) | (encoded.value[rows] == 0)
    mass = np.where(known, encoded.value[rows] * term.coefficient[key], np.nan)
    index = next(number for number, one in enumerate(plan.terms) if one is term)
    into = np.asarray(plan.categories, dtype=object)[term.category[key[0]]]
    ids = _factor_ids(inventory, term, key)
    methods = np.asarray([m.id for m in plan.methods], dtype=object)
    return pd.DataFrame({
        "_row": rows, "_gas": index, "gas": term.gas, "method": methods[method], "factor_ids": ids,
        "mass_t": mass, "co2e_t": mass * inventory.gwp[term.column], "notation": np.where(known, "", "NE"),
        "_into": into,
    })  # fmt: skip


def _cells(inventory: Inventory, rows: IntArray) -> tuple[np.ndarray, ...]:
    encoded, plan = inventory.encoded, inventory.plan
    return (
        encoded.signature[rows], plan.class_of_area[encoded.area[rows]], encoded.year[rows],
    )  # fmt: skip


def _factor_ids(inventory: Inventory, term: Term, key: tuple[np.ndarray, ...]) -> np.ndarray:
    """The ids of the factors of each row, joined by ';' — spelled once per distinct set of factors."""
    library = inventory.context.factors.rows
    if not len(key[0]):
        return np.zeros(0, dtype=object)
    sets, inverse = np.unique(term.rows[key], axis=0, return_inverse=True)
    words = [";".join(library[row].factor_id for row in one if row >= 0) for one in sets]
    return np.asarray(words, dtype=object)[inverse.ravel()]


def _excluded_rows(inventory: Inventory, rows: IntArray) -> pd.DataFrame:
    plan = inventory.plan
    parts = []
    for index, rule in enumerate(plan.exclusions):
        if rule is None:
            continue
        mine = rows[inventory.encoded.signature[rows] == index]
        if inventory.encoded.counted is not None:  # a record with its own notation key keeps that one
            mine = mine[inventory.encoded.counted[mine]]
        parts += [
            pd.DataFrame(
                {
                    "_row": mine,
                    "_gas": _AFTER_GASES + number,
                    "gas": gas,
                    "method": rule.id,
                    "factor_ids": "",
                    "mass_t": np.nan,
                    "co2e_t": np.nan,
                    "notation": rule.notation,
                }
            )
            for number, gas in enumerate(rule.gases)
        ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _notation_rows(inventory: Inventory, rows: IntArray) -> pd.DataFrame:
    if inventory.encoded.counted is None:
        return pd.DataFrame()
    mine = rows[~inventory.encoded.counted[rows]]
    keys = _texts(inventory.activity.notation, mine)
    return pd.DataFrame(
        {
            "_row": mine,
            "_gas": 2 * _AFTER_GASES,
            "gas": "",
            "method": "",
            "factor_ids": "",
            "mass_t": np.nan,
            "co2e_t": np.nan,
            "notation": keys,
        }
    )


def _modelled_rows(inventory: Inventory, rows: IntArray) -> pd.DataFrame:
    """Records that an array model took: their emission stands in the rows of the model's own records."""
    plan, encoded = inventory.plan, inventory.encoded
    taken = np.asarray([bool(ids) for ids in plan.models], dtype=bool)
    if not taken.any():
        return pd.DataFrame()
    mine = rows[taken[encoded.signature[rows]]]
    if encoded.counted is not None:
        mine = mine[encoded.counted[mine]]
    ids = np.asarray(plan.models, dtype=object)[encoded.signature[mine]]
    return pd.DataFrame({
        "_row": mine, "_gas": 3 * _AFTER_GASES, "gas": "", "method": ids, "factor_ids": "", "mass_t": np.nan,
        "co2e_t": np.nan, "notation": "",
    })  # fmt: skip


def _texts(column: Column, rows: IntArray) -> np.ndarray:
    return np.asarray(column.words, dtype=object)[column.codes[rows]]


def _spelled(inventory: Inventory, frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Add what each record says of itself, and put the columns in the published order."""
    activity, rows = inventory.activity, frame["_row"].to_numpy()
    areas = inventory.context.areas
    names = {code: areas.name(code, lang) for code in activity.area_code.words}
    code = _texts(activity.area_code, rows)
    amount = activity.value[rows]
    # Nothing burnt is no energy, whatever the calorific value.
    energy = np.where(amount == 0, 0.0, amount * inventory.plan.energy_tj[_cells(inventory, rows)])
    own = _texts(activity.category, rows)
    into = frame["_into"].to_numpy() if "_into" in frame else own
    out = frame.assign(
        area_code=code, area_name=[names[c] for c in code], year=activity.year[rows].astype(np.int64),
        profile=inventory.profile_id, activity_category=own, category=np.where(pd.isna(into), own, into),
        item=_texts(activity.item, rows), activity_value=activity.value[rows],
        activity_unit=_texts(activity.unit, rows), source_file=_texts(activity.file, rows),
        source_cell=_cell_texts(inventory, rows), variable=_texts(activity.variable, rows),
        use=_texts(activity.use, rows), flow=_texts(activity.flow, rows),
        basis=_texts(activity.basis, rows),
        technology=_texts(activity.technology, rows), source_sheet=_texts(activity.sheet, rows),
        source_line=activity.line[rows], energy_tj=energy,
        note=_texts(activity.note, rows),
    )  # fmt: skip
    return out[[*COLUMNS, *EXTRA]].reset_index(drop=True)


def _cell_texts(inventory: Inventory, rows: IntArray) -> list[str]:
    """Sheet!cell in a workbook, the cell alone in a form, the line in a long table."""
    activity = inventory.activity
    sheets, cells = _texts(activity.sheet, rows), _texts(activity.cell, rows)
    out = []
    for sheet, cell, line in zip(sheets, cells, activity.line[rows], strict=True):
        out.append((f"{sheet}!{cell}" if sheet else cell) if cell else f"L{line}")
    return out


def rows_of(
    inventory: Inventory, areas: Sequence[str], years: Sequence[int], category: str = "", item: str = ""
) -> IntArray:
    """Record numbers in the given areas and years, at or below a category, of one item if given."""
    encoded = inventory.encoded
    wanted = set(areas)
    numbers = np.asarray([i for i, code in enumerate(encoded.areas) if code in wanted], dtype=np.int32)
    # Records stand area by area in the order of the area codes, so an area is one slice.
    starts = np.searchsorted(encoded.area, numbers, side="left")
    stops = np.searchsorted(encoded.area, numbers, side="right")
    slices = [np.arange(a, b, dtype=np.int32) for a, b in zip(starts, stops, strict=True)]
    rows = np.concatenate(slices) if slices else np.zeros(0, dtype=np.int32)
    year_ok = np.asarray([year in set(years) for year in encoded.years], dtype=bool)
    kind_ok = np.asarray(
        [covers(category, s.category) and item in ("", s.item) for s in encoded.signatures], dtype=bool
    )
    chosen: IntArray = rows[year_ok[encoded.year[rows]] & kind_ok[encoded.signature[rows]]]
    return chosen
