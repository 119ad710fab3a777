"""Explain: one number walked back to formula, factors with their page, unit conversions and source cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ghg_inventory.factors import Factor
from ghg_inventory.inventory.cube import is_apart
from ghg_inventory.inventory.ledger import rows_of
from ghg_inventory.inventory.model import Inventory
from ghg_inventory.inventory.plan import Term
from ghg_inventory.inventory.trace import Step, trace
from ghg_inventory.methods import Method
from ghg_inventory.tables import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Value:
    """One input of a formula as it was used: symbol, amount, unit, and where it comes from."""

    symbol: str
    title_zh: str
    title_en: str
    value: float
    unit: str
    factor: Factor | None = None


@dataclass(frozen=True, slots=True)
class ModelPart:
    """The array model behind a derived record: which, the parameters of the year, the amounts of all years."""

    id: str
    title_zh: str
    title_en: str
    source: str
    locator: str
    parameters: tuple[Value, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Contribution:
    """One ledger row: how one record became tonnes of one gas. model: of a record that an array model gave."""

    area: str
    year: int
    category: str
    item: str
    gas: str
    method: Method
    submitted: float
    submitted_unit: str
    place: str
    file_sha256: str
    note: str
    values: tuple[Value, ...]
    mass_t: float
    co2e_t: float
    model: ModelPart | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A rolled-up cell and the rows it is the sum of, largest first.

    gas "" means all gases as CO2e. shown: rows given in full; omitted: how many more there are, and
    omitted_t what they add up to. zeros: rows that are exactly zero, never shown.
    """

    profile: str
    gwp_set: str
    area: str
    year: int
    category: str
    gas: str
    total_t: float | None
    unit: str
    rows: tuple[Contribution, ...]
    omitted: int = 0
    omitted_t: float = 0.0
    zeros: int = 0


def explain(
    inventory: Inventory, area: str, year: int, category: str = "", gas: str = "", *, item: str = "",
    limit: int = 20,
) -> Explanation:  # fmt: skip
    """The rows behind the cell (area, year, category, gas); area and category include what lies below.

    category "" stands for the area's total (with an item: for all that the area reports of it). What lies
    below a category but is not added to it (of-which rows, memo items, GPC references outside BASIC+) is
    left out, as it is from the total. limit: rows shown in full, 0 for all.
    """
    areas = inventory.context.areas
    below = [code for code in areas.at_or_below(area) if area in areas.chain(code, year)]
    numbers = rows_of(inventory, below, [year], "", item)
    rows, terms, weight = _weights(inventory, numbers, gas, _adding(inventory, category, bool(item)))
    largest = np.lexsort((terms, rows, -np.abs(weight)))
    zeros = int((weight == 0).sum())
    largest = largest[weight[largest] != 0]
    kept = largest if limit == 0 else largest[:limit]
    rest = largest[len(kept) :]
    total = _total(inventory, area, year, category, gas) if not item else float(weight.sum())
    return Explanation(
        inventory.profile_id, inventory.gwp_set, area, year, category, gas, total,
        f"t {gas}" if gas else "t CO2e",
        tuple(_contribution(inventory, int(rows[k]), int(terms[k])) for k in kept),
        len(rest), float(weight[rest].sum()), zeros,
    )  # fmt: skip


def _adding(inventory: Inventory, category: str, any_root: bool) -> np.ndarray:
    """Bool per category of the plan: it is part of the sum of `category` ("": of the area's total)."""
    tree = inventory.context.categories

    def adds(code: str) -> bool:
        while code != category:
            parent = tree.parent(code)
            if not parent:
                return not category and (any_root or tree.in_total(code))
            if not tree.adds_to_parent(code):
                return False
            code = parent
        return True

    return np.asarray([code in tree and adds(code) for code in inventory.plan.categories], dtype=bool)


def _weights(
    inventory: Inventory, numbers: IntArray, gas: str, adding: np.ndarray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Record, term and tonnes (of the gas, or CO2e for all gases) of every ledger row that adds to the sum."""
    encoded, plan = inventory.encoded, inventory.plan
    if encoded.counted is not None:
        numbers = numbers[encoded.counted[numbers]]
    cell = (
        encoded.signature[numbers], plan.class_of_area[encoded.area[numbers]], encoded.year[numbers],
    )  # fmt: skip
    rows, terms, weights = [], [], []
    for index, term in enumerate(plan.terms):
        if gas not in ("", term.gas) or (not gas and is_apart(term.gas)):
            continue
        used = (term.method[cell] >= 0) & (term.state[cell] == 0) & adding[term.category[cell[0]]]
        tonnes = encoded.value[numbers] * term.coefficient[cell]
        # Nothing of a gas without a GWP is nothing; anything else of it is not a number.
        co2e = np.where(tonnes == 0, 0.0, tonnes * inventory.gwp[term.column])
        weights.append(tonnes[used] if gas else co2e[used])
        rows.append(numbers[used])
        terms.append(np.full(int(used.sum()), index, dtype=np.int32))
    if not rows:
        return np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0)
    return np.concatenate(rows), np.concatenate(terms), np.concatenate(weights)


def _total(inventory: Inventory, area: str, year: int, category: str, gas: str) -> float | None:
    if category:
        return inventory.mass(area, year, category, gas) if gas else inventory.co2e(area, year, category)
    roots = [c for c in inventory.rolled.categories if not inventory.context.categories.parent(c)]
    parts = [
        inventory.mass(area, year, root, gas) if gas else inventory.co2e(area, year, root)
        for root in roots
        if inventory.context.categories.in_total(root)
    ]
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


def _contribution(inventory: Inventory, row: int, index: int) -> Contribution:
    activity, plan, encoded = inventory.activity, inventory.plan, inventory.encoded
    term = plan.terms[index]
    cell = (int(encoded.signature[row]), int(plan.class_of_area[encoded.area[row]]), int(encoded.year[row]))
    kind = plan.signatures[cell[0]]
    method = plan.methods[int(term.method[cell])]
    submitted = float(encoded.value[row])
    mass = submitted * float(term.coefficient[cell])
    file = activity.file.words[activity.file.codes[row]]
    sheet = activity.sheet.words[activity.sheet.codes[row]]
    at = activity.cell.words[activity.cell.codes[row]]
    place = " ".join(p for p in (file, sheet, at or f"L{activity.line[row]}") if p)
    digest = next((f.sha256 for f in activity.files if f.name == file), "")
    into = plan.categories[term.category[cell[0]]]
    return Contribution(
        encoded.areas[encoded.area[row]], int(activity.year[row]), into, kind.item, term.gas, method,
        submitted, kind.unit, place, digest, activity.note.words[activity.note.codes[row]],
        _values(inventory, method, term, cell), mass, mass * float(inventory.gwp[term.column]),
        _model_part(inventory, row),
    )  # fmt: skip


def _model_part(inventory: Inventory, row: int) -> ModelPart | None:
    activity = inventory.activity
    flow, area, category, item, technology = (
        c.words[c.codes[row]]
        for c in (activity.flow, activity.area_code, activity.category, activity.item, activity.technology)
    )
    if inventory.everything is None or not flow.startswith("model:"):
        return None
    key = area, category, item, technology
    found = trace(
        inventory.everything, inventory.context, flow, key, int(activity.year[row]), inventory.years[-1]
    )
    if found is None:
        return None
    rows = inventory.context.factors.rows
    parameters = tuple(
        Value(need.symbol, need.title_zh, need.title_en, value, need.unit.text, rows[at] if at >= 0 else None)
        for need, value, at in found.parameters
    )
    model = found.model
    return ModelPart(
        model.id, model.title_zh, model.title_en, model.source, model.locator, parameters, found.steps
    )


def _values(
    inventory: Inventory, method: Method, term: Term, cell: tuple[int, int, int]
) -> tuple[Value, ...]:
    """The bridge's NCV, then the factors of the formula, as printed in their tables."""
    rows = term.rows[cell]
    library = inventory.context.factors.rows
    values = []
    if rows[0] >= 0:
        ncv = library[rows[0]]
        values.append(Value("NCV", "平均低位发热量", "net calorific value", ncv.value, ncv.unit.text, ncv))
    for slot, need in enumerate(method.factors, start=1):
        if rows[slot] >= 0:
            factor = library[rows[slot]]
            values.append(
                Value(need.symbol, need.title_zh, need.title_en, factor.value, factor.unit.text, factor)
            )
    return tuple(values)


def as_dict(explanation: Explanation) -> dict[str, Any]:
    """For `--json`: every number and where it comes from."""
    return {
        "profile": explanation.profile, "gwp_set": explanation.gwp_set, "area": explanation.area,
        "year": explanation.year, "category": explanation.category, "gas": explanation.gas,
        "total": explanation.total_t, "unit": explanation.unit,
        "rows": [_row_dict(row) for row in explanation.rows],
        "omitted_rows": explanation.omitted, "omitted_total": explanation.omitted_t,
        "zero_rows": explanation.zeros,
    }  # fmt: skip


def _row_dict(row: Contribution) -> dict[str, Any]:
    return {
        "area": row.area, "year": row.year, "category": row.category, "item": row.item, "gas": row.gas,
        "method": row.method.id, "formula": row.method.formula.text(),
        "activity": {"value": row.submitted, "unit": row.submitted_unit, "place": row.place,
                     "file_sha256": row.file_sha256, "note": row.note},
        "inputs": [
            {"symbol": v.symbol, "value": v.value, "unit": v.unit,
             "factor_id": v.factor.factor_id if v.factor else "",
             "source": v.factor.source if v.factor else "", "locator": v.factor.locator if v.factor else "",
             "confidence": v.factor.confidence if v.factor else ""}
            for v in row.values
        ],
        "mass_t": _finite(row.mass_t), "co2e_t": _finite(row.co2e_t), "model": _model_dict(row.model),
    }  # fmt: skip


def _model_dict(model: ModelPart | None) -> dict[str, Any] | None:
    if model is None:
        return None
    return {
        "id": model.id, "source": model.source, "locator": model.locator,
        "parameters": [
            {"symbol": v.symbol, "value": v.value, "unit": v.unit,
             "factor_id": v.factor.factor_id if v.factor else ""} for v in model.parameters
        ],
        "inputs": [
            {"year": s.year, "symbol": s.symbol, "amount": s.amount, "unit": s.unit, "place": s.place}
            for s in model.steps
        ],
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return None if np.isnan(value) else value
