"""The [[fill]] entries of inventory.toml: understood here, carried out in `inventory/fill.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ghg_inventory.activity.returns import Ask, load_templates
from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.inventory.fill import METHODS, Fill, Series
from ghg_inventory.pipeline.workspace import FILE_NAME, WorkspaceProblem

_KEYS = ("area", "variable", "method", "years", "reason")
_OPTIONS = ("category", "item", "technology", "surrogate", "surrogate_category", "surrogate_item",
                 "surrogate_technology", "trend_years")  # fmt: skip


def fills_of(entries: Sequence[Mapping[str, Any]]) -> tuple[Fill, ...]:
    """The [[fill]] entries of inventory.toml, one per series: `area` and `item` may be lists.

    Raises: WorkspaceProblem naming every entry that is not complete.
    """
    out: list[Fill] = []
    problems = []
    for number, entry in enumerate(entries, start=1):
        zh, en = _problem(entry)
        if en:
            problems.append(
                finding("fill-incomplete", Place(FILE_NAME), number=number, problem_zh=zh, problem_en=en)
            )
        else:
            out += _fills(entry)
    problems += _forbidden(out)
    if problems:
        raise WorkspaceProblem(problems)
    return tuple(out)


def _forbidden(fills: Sequence[Fill]) -> list[Finding]:
    """Fills of a value that a template asks for, by a method that the template does not permit for it.

    What no template asks for has no rule but the declaration itself.
    """
    asks: dict[str, list[Ask]] = {}
    for template in load_templates() if fills else ():
        for sheet in template.sheets:
            for ask in sheet.asks:
                asks.setdefault(ask.variable, []).append(ask)
    problems = []
    for one in fills:
        series = one.series
        rule = [a for a in asks.get(series.variable, [])
                if (a.category, a.item, a.technology) == (series.category, series.item, series.technology)]  # fmt: skip
        # A series that no template asks for word by word goes by the rule of its variable.
        permitted = sorted({method for ask in rule or asks.get(series.variable, []) for method in ask.fill})
        if asks.get(series.variable) and one.method not in permitted:
            problems.append(
                finding(
                    "fill-not-permitted", Place(FILE_NAME), series=series.text(), method=one.method,
                    method_zh=METHODS[one.method],
                    permitted_zh="、".join(f"{METHODS[m]}（{m}）" for m in permitted) or "无（不得补缺）",
                    permitted_en=", ".join(permitted) or "none: it must be reported",
                )
            )  # fmt: skip
    return list(dict.fromkeys(problems))


def _problem(entry: Mapping[str, Any]) -> tuple[str, str]:
    """What is wrong with an entry in Chinese and English, ("", "") for nothing."""
    unknown = sorted(entry.keys() - {*_KEYS, *_OPTIONS})
    method, years = entry.get("method", ""), entry.get("years")
    lacking = [key for key in _KEYS if not entry.get(key)]
    lacking += (
        ["surrogate"]
        if method in ("surrogate", "per_capita", "overlap") and not entry.get("surrogate")
        else []
    )
    lacking += ["trend_years"] if method == "extrapolation" and "trend_years" not in entry else []
    texts = [key for key in (*_KEYS, *_OPTIONS) if key not in ("years", "trend_years")]
    listed = {key for key in ("area", "item") if _texts(entry.get(key))}
    wrong = [key for key in texts if key in entry and key not in listed and not isinstance(entry[key], str)]
    if years is not None and not _is_period(years):
        wrong.append("years")
    if "trend_years" in entry and not (type(entry["trend_years"]) is int and entry["trend_years"] >= 2):
        wrong.append("trend_years")
    if method and method not in METHODS:
        wrong.append("method")
    parts = (
        (unknown, "不认识的键", "unknown key"),
        (lacking, "缺少", "missing"),
        (wrong, "值不合要求", "bad value of"),
    )
    zh = "；".join(f"{word} {'、'.join(keys)}" for keys, word, _ in parts if keys)
    return zh, "; ".join(f"{word} {', '.join(keys)}" for keys, _, word in parts if keys)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) and one for one in value)


def _is_period(value: Any) -> bool:
    whole = isinstance(value, list) and len(value) == 2 and all(type(year) is int for year in value)
    return whole and 1850 <= value[0] <= value[1] <= 2100


def _fills(entry: Mapping[str, Any]) -> list[Fill]:
    """One fill per area and item. An overlap's earlier series is like the target in what is not said of it."""
    out = []
    method = entry["method"]
    for area in entry["area"] if isinstance(entry["area"], list) else [entry["area"]]:
        items = entry.get("item", "")
        for item in items if isinstance(items, list) else [items]:
            series = Series(
                area, entry.get("category", ""), entry["variable"], item, entry.get("technology", "")
            )
            same = series if method == "overlap" else Series(area, "", "")
            other = Series(
                area, entry.get("surrogate_category", same.category), entry.get("surrogate", ""),
                entry.get("surrogate_item", same.item), entry.get("surrogate_technology", same.technology),
            )  # fmt: skip
            out.append(
                Fill(
                    series, method, entry["years"][0], entry["years"][1], entry["reason"],
                    other if entry.get("surrogate") else None, entry.get("trend_years", 0),
                )
            )  # fmt: skip
    return out
