"""Rules between reported records: parts sum to their whole, nothing stands twice, shares sum to 1.

The rules are data, see rules.toml; limits are in thresholds.toml. A blank is not zero: where a part is not reported
the sum is only known to be too large, never too small without saying what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from ghg_inventory.activity.table import Activity
from ghg_inventory.checks.records import base_units, place_of, records_of
from ghg_inventory.checks.thresholds import threshold
from ghg_inventory.codes import Fuels
from ghg_inventory.errors import SEVERITIES, DataFileError, Finding, finding
from ghg_inventory.tables import read_toml, require_keys

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
            require_keys(entry, (*keys, "zh", "en"), (), f"{path.name}: {kind}")
            if kind == "overlap" and entry["by"] not in ("item", "technology"):
                raise DataFileError(f"{path.name}: overlap by {entry['by']!r}")
            if entry.get("severity", "error") not in SEVERITIES:
                raise DataFileError(f"{path.name}: severity {entry['severity']!r}")
    balances = tuple(_balance(entry, path.name) for entry in document.get("balance", []))
    return Rules(balances, *(tuple(document.get(kind, ())) for kind in _ENTRIES))


_ENTRIES = {
    "once": ("variables",),
    "alternative": ("variables", "by", "severity"),
    "overlap": ("variables", "by", "severity"),
    "shares": ("parameters", "by", "tolerance"),
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


def check_balances(activity: Activity, items: Fuels, names: Mapping[str, tuple[str, str]]) -> list[Finding]:
    """A finding per rule, area and year in which parts and whole do not fit.

    names: variable → its Chinese and English name. Error where the parts exceed the whole, warning where they do not
    reach it; parts that nobody reported are named.
    """
    return [f for rule in rules().balances for f in _check_balance(activity, rule, items, names)]


def _check_balance(
    activity: Activity, rule: Balance, items: Fuels, names: Mapping[str, tuple[str, str]]
) -> Iterable[Finding]:
    whole = _selected(activity, rule.whole, items)
    parts = _selected(activity, rule.parts, items)
    expected = {v for selector in rule.parts for v in selector.variables}
    if whole.empty or parts.empty:
        return
    by = ["area_code", "year", *rule.by]
    sums = parts.groupby(by)["amount"].sum(min_count=1)
    totals = whole.groupby(by)["amount"].sum(min_count=1)
    gaps = (sums - totals).dropna()
    wide = gaps.abs() > rule.tolerance * totals[gaps.index].abs()
    of_whole, of_parts = whole.groupby(by).indices, parts.groupby(by).indices
    for key, gap in gaps[wide & ((gaps > 0) | (rule.relation == "equal"))].items():
        present = set(parts["variable"].iloc[of_parts[key]])
        missing = [names.get(v, (v, v)) for v in sorted(expected - present)] if gap < 0 else []
        first = whole.iloc[int(of_whole[key][0])]
        yield _unbalanced(activity, rule, first, (float(totals[key]), float(gap)), missing)


def _unbalanced(
    activity: Activity,
    rule: Balance,
    first: pd.Series,
    amounts: tuple[float, float],
    missing: list[tuple[str, str]],
) -> Finding:
    scale = base_units(first["unit"])
    total, gap = (amount / scale for amount in amounts)
    return finding(
        "balance-differs", place_of(activity, int(first["row"])), severity="error" if gap > 0 else "warning",
        area=first["area_code"], year=int(first["year"]), rule_zh=rule.zh, rule_en=rule.en, whole=f"{total:,.6g}",
        parts=f"{total + gap:,.6g}", gap=f"{gap:+,.4g}", unit=first["unit"], tolerance=f"{rule.tolerance * 100:g}",
        relation_zh="应相等" if rule.relation == "equal" else "部分之和不应大于总量",
        relation_en="equal" if rule.relation == "equal" else "parts no larger than the whole",
        missing_zh="；未报：" + "、".join(zh for zh, _ in missing) if missing else "",
        missing_en="; not reported: " + ", ".join(en for _, en in missing) if missing else "",
    )  # fmt: skip


def _selected(activity: Activity, selectors: Iterable[Selector], items: Fuels) -> pd.DataFrame:
    """The records that any of the selectors takes."""
    frames = []
    for one in selectors:
        frame = records_of(activity, one.variables)
        if one.under:
            frame = frame[[one.under in _chain(item, items) for item in frame["item"]]]
        if one.technologies:
            frame = frame[frame["technology"].isin(one.technologies)]
        if one.categories:
            frame = frame[[any(_below(c, prefix) for prefix in one.categories) for c in frame["category"]]]
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _below(category: str, prefix: str) -> bool:
    return category == prefix or category.startswith(prefix + ".")


def _chain(item: str, items: Fuels) -> tuple[str, ...]:
    return items.chain(item) if item in items else (item,)


# -- nothing twice ----------------------------------------------------------------------------------------


def check_once(activity: Activity) -> list[Finding]:
    """The same herd, area or use reported in two categories although methods carry it from one to all."""
    out = []
    for rule in rules().once:
        frame = records_of(activity, rule["variables"])
        by = ["area_code", "year", "variable", "item", "technology"]
        for key, mine in _several(frame, by, "category").groupby(by):
            where = list(dict.fromkeys(mine["category"]))
            second = mine[mine["category"] == where[1]].iloc[0]
            out.append(
                finding(
                    "reported-twice", place_of(activity, int(second["row"])), area=key[0], year=key[1],
                    what_item=" ".join(filter(None, key[2:])), categories=", ".join(where), rule_zh=rule["zh"],
                    rule_en=rule["en"],
                )
            )  # fmt: skip
    return out


def _several(frame: pd.DataFrame, by: list[str], column: str) -> pd.DataFrame:
    """The records that are not 0, of those groups in which `column` holds more than one word."""
    frame = frame[frame["amount"].fillna(0) != 0]
    return frame[frame.groupby(by)[column].transform("nunique") > 1] if len(frame) else frame


def _related(frame: pd.DataFrame, by: str, items: Fuels) -> pd.DataFrame:
    """The records whose item has a broader or a narrower one among the records: the others overlap with nothing."""
    if by != "item":
        return frame
    words = set(frame["item"])
    above = {word: [b for b in _chain(word, items)[1:] if b in words] for word in words}
    family = {word for word, broader in above.items() if broader} | {b for bs in above.values() for b in bs}
    return frame[frame["item"].isin(family)]


def check_overlaps(activity: Activity, items: Fuels) -> list[Finding]:
    """A total beside its parts in one area, year and category."""
    out = []
    for rule in rules().overlaps:
        frame = records_of(activity, rule["variables"])
        by = ["area_code", "year", "category", "variable"]
        for key, mine in _several(_related(frame, rule["by"], items), by, rule["by"]).groupby(by):
            for narrow, broad in _pairs(mine, rule["by"], items):
                place = place_of(activity, int(mine[mine[rule["by"]] == broad].iloc[0]["row"]))
                out.append(
                    finding(
                        "whole-beside-parts", place, severity=rule["severity"], area=key[0], year=key[1],
                        category=key[2], variable=key[3], broad=broad or "–", narrow=", ".join(narrow),
                        rule_zh=rule["zh"], rule_en=rule["en"],
                    )
                )  # fmt: skip
    return out


def _pairs(frame: pd.DataFrame, by: str, items: Fuels) -> list[tuple[list[str], str]]:
    """(parts, the whole that stands beside them) among the words of one group."""
    if by == "technology":
        pairs = []
        for _, mine in frame.groupby("item"):
            words = sorted(set(mine["technology"]) - {""})
            pairs += [(words, "")] if words and (mine["technology"] == "").any() else []
        return pairs[:1]
    words = list(dict.fromkeys(frame["item"]))
    below = {broad: [w for w in words if w != broad and broad in _chain(w, items)] for broad in words}
    return [(sorted(narrow), broad) for broad, narrow in below.items() if narrow]


def check_alternatives(activity: Activity) -> list[Finding]:
    """Two descriptions of the same emission side by side."""
    out = []
    for rule in rules().alternatives:
        by = ["area_code", *rule["by"]]
        for key, mine in _several(records_of(activity, rule["variables"]), by, "variable").groupby(by):
            where = list(dict.fromkeys(mine["variable"]))
            second = mine[mine["variable"] == where[1]].iloc[0]
            out.append(
                finding(
                    "two-descriptions", place_of(activity, int(second["row"])), severity=rule["severity"],
                    area=key[0], key=" ".join(str(word) for word in key[1:] if word != ""),
                    variables=", ".join(where), rule_zh=rule["zh"], rule_en=rule["en"],
                )
            )  # fmt: skip
    return out


# -- shares -----------------------------------------------------------------------------------------------


def check_shares(activity: Activity) -> list[Finding]:
    """Measured shares of one area and year that do not sum to 1."""
    out = []
    for rule in rules().shares:
        frame = records_of(activity, rule["parameters"])
        by = ["area_code", "year", *rule["by"]]
        if frame.empty:
            continue
        # A notation key among the shares makes the sum NaN: nothing can be said of it.
        totals = frame.groupby(by)["amount"].transform(lambda amounts: amounts.sum(skipna=False))
        wrong = frame[(totals - 1).abs() > threshold(rule["tolerance"])]
        for key, mine in wrong.groupby(by):
            total = float(mine["amount"].sum())
            shown = [f"{r.variable} {r.amount * 100:.4g} %" for r in mine.itertuples()]
            out.append(
                finding(
                    "shares-sum", place_of(activity, int(mine.iloc[0]["row"])), area=key[0], year=key[1],
                    of=" ".join(filter(None, key[2:])) or "–", rule_zh=rule["zh"], rule_en=rule["en"],
                    total=f"{total * 100:.6g}", parts=", ".join(shown),
                )
            )  # fmt: skip
    return out
