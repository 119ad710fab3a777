"""Records in a category where no method of any profile takes their variable: mostly a wrong category."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ghg_inventory.activity.context import FUEL_VARIABLES
from ghg_inventory.activity.table import Activity
from ghg_inventory.checks.records import Records
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.errors import Finding, finding
from ghg_inventory.methods import Method, Profile

_COLUMNS = ("category", "variable", "item")
_SHOWN = 6


def check_placement(
    activity: Activity, profiles: Sequence[Profile], categories: CategoryTree, items: Fuels
) -> list[Finding]:
    """A finding for each category, variable and item that nothing takes there, though some category does.

    A variable that no profile takes anywhere, a measured parameter and a record of another use say nothing here.
    """
    takers = _Takers(profiles, items)
    records = Records.of(activity, takers.variables).reported()
    records = records.where(records.is_in("use", ("",)))
    if not len(records):
        return []
    _, first, counts = np.unique(records.keys(_COLUMNS), return_index=True, return_counts=True)
    out = []
    for at, count in zip(first.tolist(), counts.tolist(), strict=True):
        category, variable, item = words = [records.word(name, at) for name in _COLUMNS]
        if takers.take(category, variable, item):
            continue
        known = categories.category(category) if category in categories else None
        out.append(
            finding(
                "misplaced", records.place(at), category=category or "–", variable=variable,
                item=items.name(item) if item in items else item or "–", count=count,
                name_zh=known.zh if known else "–", name_en=known.en if known else "–",
                **_right(takers, words, categories, items),
            )
        )  # fmt: skip
    return out


class _Takers:
    """What the methods, models and exclusions of some profiles are about, whatever the technology of a record."""

    def __init__(self, profiles: Sequence[Profile], items: Fuels) -> None:
        self.profiles, self.items = profiles, items
        self.methods: dict[str, list[Method]] = {}
        for profile in profiles:
            for method in profile.methods:
                self.methods.setdefault(method.variable, []).append(method)

    @property
    def variables(self) -> set[str]:
        """Variables that some method or model takes; none where a method takes any variable."""
        models = {
            name for profile in self.profiles for model in profile.models for _, name in model.variables
        }
        # Fuels may be burnt in every category of energy and are judged when they are compiled.
        return set() if "*" in self.methods else ({*self.methods} | models) - FUEL_VARIABLES

    def take(self, category: str, variable: str, item: str) -> bool:
        """True when some profile has a method, model or exclusion for such a record."""
        kind = self.items.kind(item)
        return any(
            method.applies(category, variable, "", item, kind, next(iter(method.technologies), ""))
            for method in self.methods.get(variable, ())
        ) or any(
            profile.models_for(category, variable, item, kind)
            or profile.exclusion_for(category, variable, kind) is not None
            for profile in self.profiles
        )


def _right(takers: _Takers, words: Sequence[str], categories: CategoryTree, items: Fuels) -> dict[str, str]:
    """The categories where the record would be taken: where the item has one of its own name, only that."""
    _, variable, item = words
    fits = [
        code for code in categories.codes if categories.is_leaf(code) and takers.take(code, variable, item)
    ]
    named = [code for code in fits if item and items.find(categories.category(code).zh) == item]
    chosen = named or fits
    more = " …" if len(chosen) > _SHOWN else ""
    return {
        "right_zh": "、".join(f"{c}（{categories.category(c).zh}）" for c in chosen[:_SHOWN]) + more or "–",
        "right_en": ", ".join(f"{c} ({categories.category(c).en})" for c in chosen[:_SHOWN]) + more or "–",
    }
