"""Records in a category where no method of any profile takes their variable: mostly a wrong category."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ghg_inventory.activity.table import Activity
from ghg_inventory.checks.records import place_of
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.errors import Finding, finding
from ghg_inventory.methods import Profile

_COLUMNS = ("category", "variable", "item", "technology")
_SHOWN = 6


def check_placement(
    activity: Activity, profiles: Sequence[Profile], categories: CategoryTree, items: Fuels
) -> list[Finding]:
    """A finding for each category, variable and item that nothing takes there, though some category does.

    A variable that no profile takes anywhere, a measured parameter and a record of another use say nothing here.
    """
    takers = _takers(profiles)
    mask = np.asarray([word in takers for word in activity.variable.words], dtype=bool)
    plain = np.asarray([word == "" for word in activity.use.words], dtype=bool)
    if not mask.any():
        return []
    rows = np.flatnonzero(
        mask[activity.variable.codes] & plain[activity.use.codes] & (np.nan_to_num(activity.value) != 0)
    )
    if not len(rows):
        return []
    codes = np.stack([getattr(activity, name).codes[rows] for name in _COLUMNS], axis=1)
    kinds, first, counts = np.unique(codes, axis=0, return_index=True, return_counts=True)
    out = []
    for kind, at, count in zip(kinds, first.tolist(), counts.tolist(), strict=True):
        words = [getattr(activity, name).words[code] for name, code in zip(_COLUMNS, kind, strict=True)]
        category, variable, item, technology = words
        if any(_taken(profile, category, variable, item, technology, items) for profile in profiles):
            continue
        row = int(rows[at])
        out.append(
            finding(
                "misplaced", place_of(activity, row), category=category or "–", variable=variable,
                item=items.name(item) if item in items else item or "–", count=count,
                name_zh=categories.category(category).zh if category in categories else "–",
                name_en=categories.category(category).en if category in categories else "–",
                **_right(profiles, words, categories, items),
            )
        )  # fmt: skip
    return out


def _takers(profiles: Sequence[Profile]) -> set[str]:
    """Variables that a method or model of these profiles takes; none where one method takes any variable."""
    methods = [method for profile in profiles for method in profile.methods]
    if any(method.variable == "*" for method in methods):
        return set()
    models = {name for profile in profiles for model in profile.models for _, name in model.variables}
    return {method.variable for method in methods} | models


def _taken(profile: Profile, category: str, variable: str, item: str, technology: str, items: Fuels) -> bool:
    """True when a method, model or exclusion of the profile is about such a record, whatever its technology."""
    kind = items.kind(item)
    modes = {technology, *(t for method in profile.methods for t in method.technologies)}
    return (
        bool(profile.models_for(category, variable, item, kind))
        or profile.exclusion_for(category, variable, kind) is not None
        or any(
            method.applies(category, variable, "", item, kind, mode)
            for method in profile.methods
            for mode in modes
        )
    )


def _right(
    profiles: Sequence[Profile], words: Sequence[str], categories: CategoryTree, items: Fuels
) -> dict[str, str]:
    """The categories where the record would be taken: where the item has one of its own name, only that."""
    _, variable, item, technology = words
    fits = [
        code
        for code in categories.codes
        if categories.is_leaf(code)
        and any(_taken(profile, code, variable, item, technology, items) for profile in profiles)
    ]
    named = [code for code in fits if item and items.find(categories.category(code).zh) == item]
    chosen = named or fits
    more = " …" if len(chosen) > _SHOWN else ""
    return {
        "right_zh": "、".join(f"{c}（{categories.category(c).zh}）" for c in chosen[:_SHOWN]) + more or "–",
        "right_en": ", ".join(f"{c} ({categories.category(c).en})" for c in chosen[:_SHOWN]) + more or "–",
    }
