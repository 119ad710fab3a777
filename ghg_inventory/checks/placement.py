"""Records in a category where no method of any profile takes their variable: mostly a wrong category."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ghg_inventory.activity.context import FUEL_VARIABLES
from ghg_inventory.activity.table import Activity
from ghg_inventory.checks.records import Records
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.errors import Finding, finding
from ghg_inventory.methods import Method, Profile, covers

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


def check_measured_place(activity: Activity, profiles: Sequence[Profile], items: Fuels) -> list[Finding]:
    """A measured value whose category or technology no record has, while others that would use it are there.

    A value is looked up by the category where the herd, the area, the amount is reported: manure systems of pigs
    belong to 3.1.6 with the pigs, not to 3.2.6. Misplaced, it would be used by nothing and the default would stand.
    """
    methods: dict[str, list[Method]] = {}
    for method in (m for profile in profiles for m in profile.methods):
        for need in method.factors:
            methods.setdefault(need.parameter, []).append(method)
    stated = Records.of(activity, methods)
    stated = stated.where(~np.isnan(stated.amount) & ~stated.is_in("category", ("",)))
    if not len(stated):
        return []
    users = Records.of(activity, {m.variable for same in methods.values() for m in same}).reported()
    held = _distinct(users, (*_COLUMNS, "technology"))
    out = []
    for at in np.unique(stated.keys((*_COLUMNS, "technology")), return_index=True)[1].tolist():
        category, parameter, item, technology = (stated.word(name, at) for name in (*_COLUMNS, "technology"))
        fitting = [
            (place, mode)
            for place, variable, thing, mode in held
            if (not item or thing == item)
            and any(m.applies(place, variable, "", thing, items.kind(thing), next(iter(m.technologies), ""))
                    for m in methods[parameter])
        ]  # fmt: skip
        modes = [mode for place, mode in fitting if covers(category, place)]
        if not fitting or (modes and technology in ("", *modes)):
            continue
        right = modes or [place for place, _ in fitting]
        out.append(
            finding(
                "measured-technology" if modes else "measured-misplaced", stated.place(at), parameter=parameter,
                category=category, item=items.name(item) if item in items else item or "–", technology=technology,
                right=", ".join(dict.fromkeys(word or "–" for word in right)),
            )
        )  # fmt: skip
    return out


def _distinct(records: Records, names: Sequence[str]) -> list[tuple[str, ...]]:
    """The distinct combinations of words in these columns."""
    if not len(records):
        return []
    first = np.unique(records.keys(names), return_index=True)[1]
    return [tuple(records.word(name, at) for name in names) for at in sorted(first.tolist())]
