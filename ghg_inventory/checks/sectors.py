"""Checks that need to know sectors: limits of variables, what IE points to, old landfills, signs, recovery."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from ghg_inventory.activity.table import Activity
from ghg_inventory.areas import AreaTree
from ghg_inventory.checks.records import Records, base_units, rows_of, word_of
from ghg_inventory.checks.thresholds import threshold
from ghg_inventory.codes import CategoryTree
from ghg_inventory.errors import NOWHERE, Finding, finding
from ghg_inventory.inventory import Inventory
from ghg_inventory.inventory.plan import Term
from ghg_inventory.methods import SeriesModel, Variable

_CODE = re.compile(r"(?<![\w.])(?:[1-9X]|[IVM]+)(?:\.\d+)+(?![\w.]*\d)", re.ASCII)
_DECAY = "first_order_decay"
_ROUNDING = 1e-9
_SHOWN = 8


# -- reported records -------------------------------------------------------------------------------------


def activity_limits(activity: Activity, variables: Mapping[str, Variable]) -> list[Finding]:
    """An error for every value outside the limits of its variable, at its cell.

    Limits are in the variable's first unit; feedstock is reported positive and stands here with its sign turned.
    """
    limited = {name: v for name, v in variables.items() if v.minimum is not None or v.maximum is not None}
    rows = rows_of(activity, limited)
    if not len(rows):
        return []
    amount = activity.value[rows] * _factors(activity)[activity.unit.codes[rows]]
    turned = np.asarray([-1.0 if word == "feedstock" else 1.0 for word in activity.use.words])
    amount = amount * turned[activity.use.codes[rows]]
    low, high = (_bounds(activity, limited, end) for end in ("minimum", "maximum"))
    code = activity.variable.codes[rows]
    slack = _ROUNDING * np.abs(amount)
    wrong = (amount < low[code] - slack) | (amount > high[code] + slack)
    return [_outside(activity, int(row), limited) for row in rows[wrong]]


def _factors(activity: Activity) -> npt.NDArray[np.float64]:
    return np.asarray([base_units(word) for word in activity.unit.words], dtype=np.float64)


def _bounds(activity: Activity, variables: Mapping[str, Variable], end: str) -> npt.NDArray[np.float64]:
    """Per word of the variable column its limit in base units, ± infinity where there is none."""
    none = -np.inf if end == "minimum" else np.inf
    out = []
    for word in activity.variable.words:
        limit = getattr(variables[word], end) if word in variables else None
        out.append(none if limit is None else limit * base_units(variables[word].units[0]))
    return np.asarray(out, dtype=np.float64)


def _outside(activity: Activity, row: int, variables: Mapping[str, Variable]) -> Finding:
    variable = variables[activity.variable.words[activity.variable.codes[row]]]
    limits = ["–" if x is None else f"{x:g}" for x in (variable.minimum, variable.maximum)]
    return finding(
        "outside-limits", activity.place(row), variable_zh=variable.zh, variable_en=variable.en,
        value=f"{activity.value[row]:g}", unit=activity.unit.words[activity.unit.codes[row]] or "1",
        minimum=limits[0], maximum=limits[1], base=variable.units[0], year=int(activity.year[row]),
        area=activity.area_code.words[activity.area_code.codes[row]],
    )  # fmt: skip


def check_included_elsewhere(activity: Activity, categories: CategoryTree) -> list[Finding]:
    """An IE whose note does not name the category (by code or name) in which the amount is counted."""
    if "IE" not in activity.notation.words:
        return []
    rows = np.flatnonzero(activity.notation.codes == activity.notation.words.index("IE"))
    names = [(name, code) for code in categories.codes for name in _names(code, categories)]
    judged: dict[tuple[str, str], bool] = {}
    out = []
    for row in rows.tolist():
        note, category, item, variable = (
            word_of(activity, name, row) for name in ("note", "category", "item", "variable")
        )
        if (note, category) not in judged:
            codes = [code for code in _CODE.findall(note) if code in categories]
            codes += [code for name, code in names if name in note]
            judged[note, category] = any(code != category for code in codes)
        if not judged[note, category]:
            out.append(
                finding(
                    "ie-without-target", activity.place(row), area=word_of(activity, "area_code", row),
                    year=word_of(activity, "year", row), category=category or "–", item=item or variable or "–",
                    note=note or "–",
                )
            )  # fmt: skip
    return out


def _names(code: str, categories: CategoryTree) -> Iterable[str]:
    """The names of a category that are long enough to be meant when a note contains them."""
    category = categories.category(code)
    return (name for name in (category.zh, category.en) if len(name) > 3)


def check_landfill_history(
    activity: Activity, models: Iterable[SeriesModel], first_year: int, areas: AreaTree
) -> list[Finding]:
    """Areas whose deposits begin so late that decay of older waste is missing from the first inventory year.

    models: those that the inventory's profiles use. first_year: the inventory's first year. What an area reported
    under an older code belongs to the area of today.
    """
    variables = {name for m in models if m.function == _DECAY for _, name in m.variables}
    records = Records.of(activity, variables).reported()
    if not len(records):
        return []
    last = int(records.codes("year").max())
    starts: dict[tuple[str, str], tuple[int, int]] = {}
    for group in records.groups(["area_code", "variable"]):
        years = records.codes("year")[group]
        at = int(group[years.argmin()])
        key = (areas.heir(records.word("area_code", at), last), records.word("variable", at))
        starts[key] = min(starts.get(key, (9999, at)), (int(years.min()), at))
    late: dict[str, list[tuple[int, str, int]]] = {}
    for (area, variable), (start, at) in starts.items():
        if first_year - start < threshold("landfill_history"):
            late.setdefault(variable, []).append((start, area, at))
    return [_late(records, variable, entries, first_year) for variable, entries in late.items()]


def _late(records: Records, variable: str, late: list[tuple[int, str, int]], first_year: int) -> Finding:
    """One finding for all areas whose history of a variable is short, at the area that begins last."""
    late = sorted(late, reverse=True)
    areas = sorted(area for _, area, _ in late)
    start = late[0][0]
    return finding(
        "landfill-history-short", records.place(late[0][2]), count=len(areas), variable=variable, start=start,
        areas=", ".join(areas[:_SHOWN]) + (" …" if len(areas) > _SHOWN else ""), first_year=first_year,
        years=max(first_year - start, 0), limit=f"{threshold('landfill_history'):g}", earliest=late[-1][0],
    )  # fmt: skip


# -- a compiled inventory ---------------------------------------------------------------------------------


def check_signs(inventory: Inventory) -> list[Finding]:
    """A removal category that emits or an emission category of land use that removes: a sign went wrong."""
    cube, tree = inventory.own, inventory.context.categories
    out = []
    for index, code in enumerate(cube.categories):
        role = tree.category(code).role
        sign = {"removal": 1.0, "emission": -1.0}.get(role, 0.0)
        for area, year, gas in zip(*np.nonzero(sign * cube.mass_t[:, :, index] > 0), strict=True):
            row = _record_into(inventory, index, int(area), int(year))
            out.append(
                finding(
                    "wrong-sign", inventory.activity.place(row) if row >= 0 else NOWHERE,
                    area=cube.areas[area], year=cube.years[year], category=code, gas=cube.gases[gas][0],
                    name_zh=tree.category(code).zh, name_en=tree.category(code).en,
                    value=f"{cube.mass_t[area, year, index, gas]:,.6g}",
                    expected_zh="碳吸收，应为负数" if role == "removal" else "碳排放，应为正数",
                    expected_en="a removal: negative" if role == "removal" else "an emission: positive",
                )
            )  # fmt: skip
    return out


def _record_into(inventory: Inventory, category: int, area: int, year: int) -> int:
    """The first record of an area and year that is reported in this category, -1 for none."""
    encoded = inventory.encoded
    signatures = np.zeros(len(inventory.plan.signatures), dtype=bool)
    for term in inventory.plan.terms:
        signatures |= term.category == category
    mine = (
        signatures[encoded.signature] & (encoded.area == area) & (encoded.year == year) & (encoded.value != 0)
    )
    rows = np.flatnonzero(mine)
    return int(rows[0]) if len(rows) else -1


def check_recovery(inventory: Inventory) -> list[Finding]:
    """More gas recovered, flared or otherwise subtracted than generated, in one area, year and category.

    Land use, transfers and memo items may be negative; there `check_signs` looks.
    """
    plan = inventory.plan
    out = []
    for column in sorted({term.column for term in plan.terms if (term.coefficient < 0).any()}):
        terms = [term for term in plan.terms if term.column == column]
        negative = [np.unique(t.category[(t.coefficient < 0).any(axis=(1, 2))]) for t in terms]
        codes = [
            int(c) for c in np.unique(np.concatenate(negative)) if c >= 0 and _must_emit(inventory, int(c))
        ]
        for code in codes:
            out += _overdrawn(inventory, [t for t in terms if (t.category == code).any()], code)
    return out


def _must_emit(inventory: Inventory, category: int) -> bool:
    """True for a category whose total cannot be negative."""
    code = inventory.plan.categories[category]
    role = inventory.context.categories.category(code).role
    return not code.startswith(("4", "X", "M")) and "removal" not in role and role != "adjustment"


def _overdrawn(inventory: Inventory, terms: list[Term], category: int) -> list[Finding]:
    """Areas and years of one category in which the negative contributions of a gas exceed the positive."""
    encoded, plan = inventory.encoded, inventory.plan
    shape = (len(encoded.areas), len(plan.years))
    plus, minus = np.zeros(shape[0] * shape[1]), np.zeros(shape[0] * shape[1])
    taken: dict[int, dict[str, int]] = {}
    for term in terms:
        rows = np.flatnonzero((term.category == category)[encoded.signature])
        signature = encoded.signature[rows]
        coefficient = term.coefficient[signature, plan.class_of_area[encoded.area[rows]], encoded.year[rows]]
        mass = encoded.value[rows] * coefficient
        place = encoded.area[rows].astype(np.int64) * shape[1] + encoded.year[rows]
        below = coefficient < 0
        minus += np.bincount(place[below], mass[below], len(minus))
        plus += np.bincount(place[~below], mass[~below], len(plus))
        for at, row in zip(place[below].tolist(), rows[below].tolist(), strict=True):
            variable = plan.signatures[encoded.signature[row]].variable
            taken.setdefault(at, {}).setdefault(variable, row)
    out = []
    for at in np.flatnonzero(plus + minus < -_ROUNDING * np.abs(minus)).tolist():
        area, year = divmod(at, shape[1])
        used = taken.get(at, {})
        out.append(
            finding(
                "recovery-exceeds", inventory.activity.place(min(used.values())) if used else NOWHERE,
                area=encoded.areas[area], year=plan.years[year], category=plan.categories[category],
                gas=terms[0].gas, generated=f"{plus[at]:,.6g}", recovered=f"{-minus[at]:,.6g}",
                variables=", ".join(sorted(used)) or "–",
            )
        )  # fmt: skip
    return out
