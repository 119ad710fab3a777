"""Figures of one area and year on two sheets must agree: rules of agreements.toml over new and known records.

Balances that the compiled inventory is checked for too (routes of waste, methane of mines; rules.toml) are said here
with the same words, so that nobody hears of them twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ghg_inventory.activity.table import KEY, Activity, merge
from ghg_inventory.areas import AreaTree
from ghg_inventory.checks.double_counting import RELATIONS, check_balances, check_shares
from ghg_inventory.checks.history import packed
from ghg_inventory.checks.labels import Asks, amount_text, area_name, ask_of, item_name, words_of
from ghg_inventory.checks.records import Codes, Mask, base_units, word_of
from ghg_inventory.checks.thresholds import threshold
from ghg_inventory.codes import Fuels
from ghg_inventory.codes.notation import notation_keys
from ghg_inventory.errors import SEVERITIES, DataFileError, Finding, finding
from ghg_inventory.methods import covers, load_methods
from ghg_inventory.tables import FloatArray, read_toml, require_keys

_FILE = "agreements.toml"
_TEXTS = ("zh", "en", "left_zh", "left_en", "right_zh", "right_en", "remedy_zh", "remedy_en")
_SHOWN = 6
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Side:
    """Records of some variables and uses; () = any category, item or technology. times: what each is multiplied by."""

    variables: tuple[str, ...]
    categories: tuple[str, ...]
    items: tuple[str, ...]
    technologies: tuple[str, ...]
    uses: tuple[str, ...]
    times: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """One rule; the fields are explained in agreements.toml. words: its texts by key."""

    id: str
    left: tuple[Side, ...]
    right: tuple[Side, ...]
    by: tuple[str, ...]
    within: bool
    complete: bool
    relation: str
    tolerance: float
    severity: str
    words: dict[str, str]


@cache
def agreements(path: Path = Path(__file__).parent / _FILE) -> tuple[Agreement, ...]:
    """The rules. Raises: DataFileError for an unknown key or word."""
    document = read_toml(path)
    require_keys(document, ("agreement",), (), path.name)
    return tuple(_agreement(entry, path.name) for entry in document["agreement"])


def _agreement(entry: dict[str, Any], file: str) -> Agreement:
    where = f"{file}: {entry.get('id', '?')}"
    required = ("id", "left", "right", "relation", "tolerance", "severity", *_TEXTS)
    require_keys(entry, required, ("by", "within", "complete"), where)
    if entry["relation"] not in RELATIONS or entry["severity"] not in SEVERITIES:
        raise DataFileError(f"{where}: unknown relation or severity")
    left, right = (tuple(_side(one, where) for one in entry[side]) for side in ("left", "right"))
    return Agreement(
        entry["id"], left, right, tuple(entry.get("by", ())), bool(entry.get("within", False)),
        bool(entry.get("complete", False)), entry["relation"], threshold(entry["tolerance"]), entry["severity"],
        {name: entry[name] for name in _TEXTS},
    )  # fmt: skip


def _side(entry: dict[str, Any], where: str) -> Side:
    require_keys(entry, ("variables",), ("categories", "items", "technologies", "uses", "times"), where)
    names = ("variables", "categories", "items", "technologies")
    variables, categories, items, technologies = (tuple(entry.get(name, ())) for name in names)
    uses, times = tuple(entry.get("uses", ("",))), float(entry.get("times", 1.0))
    return Side(variables, categories, items, technologies, uses, times)


# -- records of the areas and years in question -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Records:
    """New records (the first), then known ones. doubted: new ones whose unit is suspected."""

    activity: Activity
    is_new: Mask
    doubted: set[int]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Records of one side: rows of the activity and their amounts in base units.

    amount is NaN for what is not known (NE, C), 0 for what does not exist (NO, NA) or is counted elsewhere (IE).
    """

    activity: Activity
    rows: Rows
    amount: FloatArray

    def where(self, mask: Mask) -> _Chosen:
        return _Chosen(self.activity, self.rows[mask], self.amount[mask])

    def word(self, name: str, at: int = 0) -> str:
        return word_of(self.activity, name, int(self.rows[at]))


def check_agreements(
    new: Activity, known: Activity, asks: Asks, areas: AreaTree | None, spoken: set[int]
) -> list[Finding]:
    """A `sheets-disagree` per rule, area and year with a new record, and what rules.toml says of balances and shares.

    spoken: new records whose unit is suspected; what follows from it is not said again.
    """
    together, is_new = _together(new, known)
    methods = load_methods()
    names = {name: (one.zh, one.en) for name, one in methods.variables.items()}
    places = {new.place(row) for row in range(len(new))}
    said = [*check_balances(together, Fuels.load(), names), *check_shares(together)]
    return [
        *(
            f
            for rule in agreements()
            for f in _disagreements(_Records(together, is_new, spoken), rule, asks, areas)
        ),
        *(f for f in said if f.place in places),
    ]


def _together(new: Activity, known: Activity) -> tuple[Activity, Mask]:
    """New records and the known ones of the same areas and years that no new one replaces; which are new."""
    pairs = {(area, year) for area, year in zip(new.area_code.texts(), new.year.tolist(), strict=True)}
    if len(known):
        areas, years = {area for area, _ in pairs}, sorted({year for _, year in pairs})
        named = np.asarray([word in areas for word in known.area_code.words], dtype=bool)
        known = known.select(named[known.area_code.codes] & np.isin(known.year, years))
    columns = [merge([getattr(new, n), getattr(known, n)]).codes for n in KEY if n != "year"]
    keys = packed([*columns, np.concatenate([new.year, known.year]).astype(np.int64)])
    left = known.select(~np.isin(keys[len(new) :], keys[: len(new)]))
    both = _stacked(new, left)
    return both, np.arange(len(both)) < len(new)


def _stacked(first: Activity, second: Activity) -> Activity:
    """The records of two activities one after the other, not sorted."""
    names = [name for name in Activity.__slots__ if name not in ("files", "line", "year", "value")]
    columns: dict[str, Any] = {name: merge([getattr(first, name), getattr(second, name)]) for name in names}
    for name in ("line", "year", "value"):
        columns[name] = np.concatenate([getattr(first, name), getattr(second, name)])
    return Activity.from_columns(columns)


def _selected(activity: Activity, sides: Sequence[Side]) -> _Chosen:
    rows, amounts = [], []
    for side in sides:
        mask = _is_in(activity, "variable", side.variables) & _is_in(activity, "use", side.uses)
        for name, words in (("item", side.items), ("technology", side.technologies)):
            mask &= _is_in(activity, name, words) if words else True
        if side.categories:
            inside = [w for w in activity.category.words if any(covers(c, w) for c in side.categories)]
            mask &= _is_in(activity, "category", inside)
        found = np.flatnonzero(mask)
        rows.append(found)
        amounts.append(_amounts(activity, found) * side.times)
    return _Chosen(activity, np.concatenate(rows), np.concatenate(amounts))


def _is_in(activity: Activity, name: str, words: Sequence[str]) -> Mask:
    column = getattr(activity, name)
    table = np.asarray([word in words for word in column.words], dtype=bool)
    mask: Mask = table[column.codes]
    return mask


def _amounts(activity: Activity, rows: Rows) -> FloatArray:
    factors = np.asarray([base_units(word) for word in activity.unit.words], dtype=np.float64)
    keys = notation_keys()
    nothing = np.asarray([w in keys and keys[w].counts_as_zero for w in activity.notation.words], dtype=bool)
    amount = activity.value[rows] * factors[activity.unit.codes[rows]]
    return np.where(nothing[activity.notation.codes[rows]], 0.0, amount)


# -- one rule ---------------------------------------------------------------------------------------------


def _disagreements(
    records: _Records, rule: Agreement, asks: Asks, areas: AreaTree | None
) -> Iterator[Finding]:
    activity, is_new = records.activity, records.is_new
    left, right = _selected(activity, rule.left), _selected(activity, rule.right)
    left = left.where(
        np.asarray([not _is_readded(activity, int(row), asks) for row in left.rows], dtype=bool)
    )
    if not len(left.rows) or not len(right.rows):
        return
    plain = ("area_code", "year", *rule.by)
    # Totals of two departments are told apart by their basis and are each compared with the same parts.
    by = (*plain, *(name for name in ("category", "basis") if name == "basis" or rule.within))
    keys, others = _keys(left, by), _keys(right, plain)
    coarse = _keys(left, plain)
    for key in np.unique(keys).tolist():
        mine = left.where(keys == key)
        theirs = right.where(others == coarse[keys == key][0])
        if rule.within:
            category = mine.word("category")
            inside = [covers(category, theirs.word("category", at)) for at in range(len(theirs.rows))]
            theirs = theirs.where(np.asarray(inside, dtype=bool))
        both = {*mine.rows.tolist(), *theirs.rows.tolist()}
        if len(theirs.rows) and is_new[list(both)].any() and not both & records.doubted:
            yield from _compared(mine, theirs, is_new, rule, areas)


def _is_readded(activity: Activity, row: int, asks: Asks) -> bool:
    """True for a total that is re-added when its sheet is read."""
    ask = ask_of(activity, row, asks)
    return ask is not None and bool(ask.sum_of)


def _keys(chosen: _Chosen, names: Sequence[str]) -> Codes:
    """One number per record; the same words give the same number on both sides."""
    activity, key = chosen.activity, np.zeros(len(chosen.rows), dtype=np.int64)
    for name in names:
        if name == "year":
            key = key * 10_000 + activity.year[chosen.rows]
        else:
            column = getattr(activity, name)
            key = key * len(column.words) + column.codes[chosen.rows]
    return key


def _compared(
    left: _Chosen, right: _Chosen, is_new: Mask, rule: Agreement, areas: AreaTree | None
) -> Iterator[Finding]:
    if rule.complete and {right.word("variable", at) for at in range(len(right.rows))} != {
        v for side in rule.right for v in side.variables
    }:
        return
    mine, theirs = float(np.nansum(left.amount)), float(np.nansum(right.amount))
    unknown = bool(np.isnan(left.amount).any()), bool(np.isnan(right.amount).any())
    gap = mine - theirs
    if abs(gap) <= rule.tolerance * max(abs(theirs), abs(mine) if rule.relation == "equal" else 0.0):
        return
    # What is not known can only make a side larger.
    if (gap > 0 and unknown[1]) or (gap < 0 and (unknown[0] or rule.relation == "at_most")):
        return
    yield _disagree(left, right, (mine, theirs), is_new, rule, areas)


def _disagree(
    left: _Chosen,
    right: _Chosen,
    sums: tuple[float, float],
    is_new: Mask,
    rule: Agreement,
    areas: AreaTree | None,
) -> Finding:
    activity = left.activity
    fresh = [int(row) for row in (*left.rows, *right.rows) if is_new[row]]
    here = set(left.rows.tolist()) if fresh[0] in left.rows else set(right.rows.tolist())
    other = [int(row) for row in (*left.rows, *right.rows) if int(row) not in here]
    unit = next((u for at in range(len(left.rows)) if (u := left.word("unit", at))), "")
    unit = unit or next((u for at in range(len(right.rows)) if (u := right.word("unit", at))), "1")
    scale = base_units(unit)
    places = list(dict.fromkeys(str(activity.place(row)) for row in other))
    values: dict[str, object] = {
        "year": int(activity.year[fresh[0]]), "left": amount_text(sums[0] / scale, unit),
        "right": amount_text(sums[1] / scale, unit), "gap": amount_text((sums[0] - sums[1]) / scale, unit),
        "tolerance": f"{rule.tolerance * 100:g}",
        "relation_zh": "两处应相等" if rule.relation == "equal" else "前者不应大于后者",
        "relation_en": "expected equal" if rule.relation == "equal" else "expected the first no larger than the second",
        **{name: rule.words[name] for name in _TEXTS if "_" in name},
    }  # fmt: skip
    for lang in ("zh", "en"):
        values[f"other_{lang}"] = words_of(lang)["list"].join(places[:_SHOWN]) + (
            " …" if len(places) > _SHOWN else ""
        )
        item = item_name(left.word("item"), lang) if "item" in rule.by else ""
        of = f"“{item}”" if lang == "zh" else f"{item}: "
        values[f"rule_{lang}"] = (of if item else "") + rule.words[lang]
        values[f"area_{lang}"] = area_name(left.word("area_code"), areas, lang)
    return finding("sheets-disagree", activity.place(fresh[0]), severity=rule.severity, **values)
