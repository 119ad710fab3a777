"""Rules between reported records: parts sum to their whole, nothing stands twice, shares sum to 1.

The rules are data, see rules.toml; limits are in thresholds.toml. A blank is not zero: where a part is not reported
the sum is only known to be too large, never too small without saying what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from ghg_inventory.activity.table import Activity
from ghg_inventory.checks.records import Codes, Records, base_units
from ghg_inventory.checks.thresholds import threshold
from ghg_inventory.codes import Fuels
from ghg_inventory.errors import SEVERITIES, DataFileError, Finding, finding
from ghg_inventory.methods import covers
from ghg_inventory.tables import FloatArray, read_toml, require_keys

RELATIONS = ("equal", "at_most")


@dataclass(frozen=True, slots=True)
class Selector:
    """Records of some variables; under: an item, all whose broader items lead to it are meant ("" = any)."""

    variables: tuple[str, ...]
    under: str
    technologies: tuple[str, ...]
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """whole = Σ parts, or Σ parts at most the whole. tolerance: share of the whole."""

    id: str
    zh: str
    en: str
    whole: tuple[Selector, ...]
    parts: tuple[Selector, ...]
    relation: str
    tolerance: float
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What rules.toml holds; the entries other than balances as written."""

    balances: tuple[Balance, ...]
    once: tuple[dict[str, Any], ...]
    alternatives: tuple[dict[str, Any], ...]
    overlaps: tuple[dict[str, Any], ...]
    shares: tuple[dict[str, Any], ...]


@cache
def rules(path: Path = Path(__file__).parent / "rules.toml") -> Rules:
    """The rules. Raises: DataFileError for an unknown key or word."""
    document = read_toml(path)
    require_keys(document, (), ("balance", *_ENTRIES), path.name)
    for kind, keys in _ENTRIES.items():
        for entry in document.get(kind, []):
            optional = ("categories",) if kind == "alternative" else ()
            require_keys(entry, (*keys, "zh", "en"), optional, f"{path.name}: {kind}")
            if kind == "overlap" and entry["by"] not in ("item", "technology"):
                raise DataFileError(f"{path.name}: overlap by {entry['by']!r}")
            if {entry.get("severity", "error"), entry.get("below", "error")} - set(SEVERITIES):
                raise DataFileError(f"{path.name}: {kind} has an unknown severity")
    balances = tuple(_balance(entry, path.name) for entry in document.get("balance", []))
    return Rules(balances, *(tuple(document.get(kind, ())) for kind in _ENTRIES))


_ENTRIES = {
    "once": ("variables",),
    "alternative": ("variables", "by", "severity"),
    "overlap": ("variables", "by", "severity"),
    "shares": ("parameters", "by", "tolerance", "below"),
}
"""Kind of entry → its keys beside the two names, in the order of the fields of `Rules`."""


def _balance(entry: dict[str, Any], file: str) -> Balance:
    where = f"{file}: balance {entry.get('id', '?')}"
    keys = ("id", "zh", "en", "whole", "parts", "relation", "tolerance", "source")
    require_keys(entry, keys, ("by",), where)
    if entry["relation"] not in RELATIONS:
        raise DataFileError(f"{where}: relation {entry['relation']!r}")
    whole, parts = (tuple(_selector(one, where) for one in entry[side]) for side in ("whole", "parts"))
    return Balance(
        entry["id"], entry["zh"], entry["en"], whole, parts, entry["relation"], threshold(entry["tolerance"]),
        tuple(entry.get("by", ())),
    )  # fmt: skip


def _selector(entry: dict[str, Any], where: str) -> Selector:
    require_keys(entry, ("variables",), ("under", "technologies", "categories"), where)
    return Selector(
        tuple(entry["variables"]), entry.get("under", ""), tuple(entry.get("technologies", ())),
        tuple(entry.get("categories", ())),
    )  # fmt: skip


# -- balances ---------------------------------------------------------------------------------------------


Names = Mapping[str, tuple[str, str]]
"""Code of a variable or item → its Chinese and English name."""
NO_NAMES: Names = MappingProxyType({})


def check_balances(activity: Activity, items: Fuels, names: Mapping[str, tuple[str, str]]) -> list[Finding]:
    """A finding per rule, area and year in which parts and whole do not fit.

    names: variable → its Chinese and English name. Error where the parts exceed the whole, warning where they do not
    reach it; parts that nobody reported are named.
    """
    return [f for rule in rules().balances for f in _check_balance(activity, rule, items, names)]


def _check_balance(
    activity: Activity, rule: Balance, items: Fuels, names: Mapping[str, tuple[str, str]]
) -> Iterator[Finding]:
    by = ("area_code", "year", *rule.by)
    whole, parts = (_selected(activity, side, items) for side in (rule.whole, rule.parts))
    known = whole.where(~np.isnan(whole.amount)), parts.where(~np.isnan(parts.amount))
    if not len(known[0]) or not len(known[1]):
        return
    keys = np.unique(known[0].keys(by))
    total, summed = (_sums(side, by, keys) for side in known)
    gap = summed - total
    bad = (np.abs(gap) > rule.tolerance * np.abs(total)) & ((gap > 0) | (rule.relation == "equal"))
    first = {int(key): at for at, key in reversed(list(enumerate(known[0].keys(by).tolist())))}
    of_parts = parts.keys(by)
    expected = {v for selector in rule.parts for v in selector.variables}
    for number in np.flatnonzero(bad):
        present = {parts.word("variable", int(at)) for at in np.flatnonzero(of_parts == keys[number])}
        missing = [names.get(v, (v, v)) for v in sorted(expected - present)] if gap[number] < 0 else []
        at = first[int(keys[number])]
        yield _unbalanced(known[0], at, rule, (float(total[number]), float(gap[number])), missing)


def _sums(records: Records, by: Sequence[str], keys: Codes) -> FloatArray:
    """The sum of each key's records, NaN where there are none: a blank is not zero."""
    mine = records.keys(by)
    place = np.searchsorted(keys, mine)
    inside = (place < len(keys)) & (keys[np.minimum(place, len(keys) - 1)] == mine)
    counts = np.bincount(place[inside], minlength=len(keys))
    sums = np.bincount(place[inside], records.amount[inside], len(keys))
    return np.where(counts > 0, sums, np.nan)


def _unbalanced(
    whole: Records, at: int, rule: Balance, amounts: tuple[float, float], missing: list[tuple[str, str]]
) -> Finding:
    unit = whole.word("unit", at)
    total, gap = (amount / base_units(unit) for amount in amounts)
    equal = rule.relation == "equal"
    return finding(
        "balance-differs", whole.place(at), severity="error" if gap > 0 else "warning",
        area=whole.word("area_code", at), year=whole.word("year", at), rule_zh=rule.zh, rule_en=rule.en,
        whole=f"{total:,.6g}", parts=f"{total + gap:,.6g}", gap=f"{gap:+,.4g}", unit=unit,
        tolerance=f"{rule.tolerance * 100:g}",
        relation_zh="应相等" if equal else "部分之和不应大于总量",
        relation_en="equal" if equal else "parts no larger than the whole",
        missing_zh="；未报：" + "、".join(zh for zh, _ in missing) if missing else "",
        missing_en="; not reported: " + ", ".join(en for _, en in missing) if missing else "",
    )  # fmt: skip


def _selected(activity: Activity, selectors: Iterable[Selector], items: Fuels) -> Records:
    """The records that any of the selectors takes."""
    rows = [_rows(activity, one, items) for one in selectors]
    both = Records.of(activity, [v for one in selectors for v in one.variables])
    return both.where(np.isin(both.rows, np.concatenate(rows)))


def _rows(activity: Activity, selector: Selector, items: Fuels) -> npt.NDArray[np.intp]:
    records = Records.of(activity, selector.variables)
    if selector.under:
        below = [w for w in activity.item.words if selector.under in _chain(w, items)]
        records = records.where(records.is_in("item", below))
    if selector.technologies:
        records = records.where(records.is_in("technology", selector.technologies))
    if selector.categories:
        inside = [w for w in activity.category.words if any(covers(c, w) for c in selector.categories)]
        records = records.where(records.is_in("category", inside))
    return records.rows


def _chain(item: str, items: Fuels) -> tuple[str, ...]:
    return items.chain(item) if item in items else (item,)


# -- nothing twice ----------------------------------------------------------------------------------------


def check_once(activity: Activity, names: Names = NO_NAMES) -> list[Finding]:
    """The same herd, area or use reported in two categories although methods carry it from one to all."""
    out = []
    key = ("variable", "item", "technology")
    for rule in rules().once:
        for records, group in _several(activity, rule["variables"], ("area_code", "year", *key), "category"):
            categories = _words(records, group, "category")
            second = next(at for at in group if records.word("category", at) == categories[1])
            out.append(
                finding(
                    "reported-twice", records.place(second), area=records.word("area_code", second),
                    year=records.word("year", second),
                    what_item=" ".join(filter(None, (_called(records.word(name, second), names) for name in key))),
                    categories=", ".join(categories), rule_zh=rule["zh"], rule_en=rule["en"],
                )
            )  # fmt: skip
    return out


def check_alternatives(activity: Activity, names: Names = NO_NAMES) -> list[Finding]:
    """Two descriptions of the same emission side by side."""
    out = []
    for rule in rules().alternatives:
        for records, group in _several(activity, rule["variables"], ("area_code", *rule["by"]), "variable"):
            category = records.word("category", group[0])
            if not any(covers(prefix, category) for prefix in rule.get("categories", ("",))):
                continue
            variables = _words(records, group, "variable")
            second = next(at for at in group if records.word("variable", at) == variables[1])
            out.append(
                finding(
                    "two-descriptions", records.place(second), severity=rule["severity"],
                    area=records.word("area_code", second),
                    key=" ".join(filter(None, (records.word(name, second) for name in rule["by"]))),
                    variables=", ".join(_called(variable, names) for variable in variables),
                    rule_zh=rule["zh"], rule_en=rule["en"],
                )
            )  # fmt: skip
    return out


def _several(
    activity: Activity, variables: Sequence[str], by: Sequence[str], column: str
) -> Iterator[tuple[Records, list[int]]]:
    """Groups of records (not 0) in which a column holds more than one word."""
    records = Records.of(activity, variables).reported()
    if not len(records):
        return
    number = np.unique(records.keys(by), return_inverse=True)[1]
    code = records.codes(column)
    low, high = np.full(number.max() + 1, 2**31), np.full(number.max() + 1, -1)
    np.minimum.at(low, number, code)
    np.maximum.at(high, number, code)
    for group in records.groups(by, (low != high)[number]):
        yield records, group.tolist()


def _called(code: str, names: Names) -> str:
    """A code with its Chinese name, where it has one."""
    return f"{code}（{names[code][0]}）" if code in names and names[code][0] != code else code


def _words(records: Records, group: Iterable[int], column: str) -> list[str]:
    """The distinct words of a column in a group, in order of appearance."""
    return list(dict.fromkeys(records.word(column, at) for at in group))


def check_overlaps(activity: Activity, items: Fuels, names: Names = NO_NAMES) -> list[Finding]:
    """A total beside its parts in one area, year and category."""
    out = []
    for rule in rules().overlaps:
        records = Records.of(activity, rule["variables"]).reported()
        by = ["area_code", "year", "category", "variable"]
        for broad, narrow in _families(records, rule["by"], items):
            is_broad, is_narrow = records.is_in(rule["by"], [broad]), records.is_in(rule["by"], narrow)
            both = records.where(is_broad | is_narrow)
            key = both.keys([*by, "item"] if rule["by"] == "technology" else by)
            above = both.is_in(rule["by"], [broad])
            clash = np.isin(key, key[above]) & np.isin(key, key[~above])
            for group in both.groups(by, clash):
                at = next(int(one) for one in group if above[one] and clash[one])
                out.append(
                    _beside(
                        both, at, [int(one) for one in group if not above[one] and clash[one]], rule, names
                    )
                )
    return out


def _families(records: Records, by: str, items: Fuels) -> list[tuple[str, list[str]]]:
    """(whole, its possible parts) among the words of the records."""
    words = sorted({getattr(records.activity, by).words[code] for code in np.unique(records.codes(by))})
    if by == "technology":
        return [("", [word for word in words if word])] if "" in words and len(words) > 1 else []
    below = {broad: [w for w in words if w != broad and broad in _chain(w, items)] for broad in words}
    return [(broad, narrow) for broad, narrow in below.items() if narrow]


def _beside(records: Records, at: int, parts: list[int], rule: Mapping[str, Any], names: Names) -> Finding:
    narrow = _words(records, parts, rule["by"])
    return finding(
        "whole-beside-parts", records.place(at), severity=rule["severity"], area=records.word("area_code", at),
        year=records.word("year", at), category=records.word("category", at) or "–",
        variable=_called(records.word("variable", at), names),
        broad=_called(records.word(rule["by"], at), names) or "–",
        narrow=", ".join(_called(word, names) for word in narrow),
        rule_zh=rule["zh"], rule_en=rule["en"],
    )  # fmt: skip


# -- shares -----------------------------------------------------------------------------------------------


def check_shares(activity: Activity) -> list[Finding]:
    """Measured shares of one area and year that do not sum to 1."""
    out = []
    for rule in rules().shares:
        records = Records.of(activity, rule["parameters"])
        for group in records.groups(["area_code", "year", *rule["by"]]) if len(records) else ():
            total = float(records.amount[group].sum())  # NaN with a notation key: nothing can be said then
            if np.isnan(total) or abs(total - 1) <= threshold(rule["tolerance"]):
                continue
            first = int(group[0])
            shown = [
                f"{records.word('variable', at)} {records.amount[at] * 100:.4g} %" for at in group.tolist()
            ]
            out.append(
                finding(
                    "shares-sum", records.place(first), severity="error" if total > 1 else rule["below"],
                    area=records.word("area_code", first),
                    year=records.word("year", first),
                    of=" ".join(filter(None, (records.word(name, first) for name in rule["by"]))) or "–",
                    rule_zh=rule["zh"], rule_en=rule["en"], total=f"{total * 100:.6g}", parts=", ".join(shown),
                )
            )  # fmt: skip
    return out
