"""What differs between two compiled results: totals, causes that add up, and what went in.

Frames in, frames out: a result of today and one read back from disk are compared in the same way. Which records
changed is in record_changes.py.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree
from ghg_inventory.inventory.cube import is_apart
from ghg_inventory.inventory.record_changes import CAUSES, compare_records

__all__ = [
    "CAUSES", "ROUNDING", "TOTAL_COLUMNS", "UNEXPLAINED", "FileChange", "PartChange", "causes", "compare_indicators",
    "compare_manifests", "compare_records", "compare_totals", "with_sums",
]  # fmt: skip

CELL = ("profile", "area_code", "year", "category", "gas", "origin")
TOTAL_COLUMNS = (
    *CELL, "before_t", "after_t", "before_co2e_t", "after_co2e_t", "difference_co2e_t", "difference_pct", "moved",
)  # fmt: skip

ROUNDING = "rounding"
UNEXPLAINED = "unexplained"
_TOLERANCE = 1e-12
_REST_TOLERANCE = 1e-9
"""Of the totals: sums of some ten thousand floats in another order differ by less."""


def compare_totals(before: pd.DataFrame, after: pd.DataFrame, categories: CategoryTree) -> pd.DataFrame:
    """Cells of two `Inventory.totals()` that moved beyond rounding, and every root in any case: TOTAL_COLUMNS.

    A row with gas "" is all gases together in t CO2e; one with category "" as well is the inventory's total (of the
    roots that count). Masses in t. A cell that a side does not have is NaN there and counts as nothing in the
    difference. difference_pct is NaN without a value before.
    """
    sides = [with_sums(frame, categories) for frame in (before, after)]
    joined = sides[0].merge(
        sides[1], on=list(CELL), how="outer", validate="1:1", suffixes=("_before", "_after")
    )
    old, new = joined["co2e_t_before"], joined["co2e_t_after"]
    difference = new.fillna(0) - old.fillna(0)
    moved = _moved(joined, "co2e_t") | _moved(joined, "mass_t")
    out = joined.assign(
        difference_co2e_t=np.where(moved, difference, 0.0), moved=moved,
        difference_pct=np.where(moved, 100 * difference / old.abs().where(old != 0), old.where(old.isna(), 0.0)),
    ).rename(columns={
        "mass_t_before": "before_t", "mass_t_after": "after_t", "co2e_t_before": "before_co2e_t",
        "co2e_t_after": "after_co2e_t",
    })  # fmt: skip
    roots = {"", *(code for code in categories.roots)}
    kept = out["moved"] | ((out["gas"] == "") & out["category"].isin(roots))
    return _ordered(out[kept], categories)[list(TOTAL_COLUMNS)]


def _moved(joined: pd.DataFrame, name: str) -> pd.Series:
    old, new = joined[f"{name}_before"], joined[f"{name}_after"]
    near = (new - old).abs() <= _TOLERANCE * (old.abs() + new.abs())
    return ~(near | (old.isna() & new.isna()))


def with_sums(totals: pd.DataFrame, categories: CategoryTree) -> pd.DataFrame:
    """The cells of `Inventory.totals()`, all gases of each category (gas ""), and the total (category "" as well)."""
    frame = totals[[*CELL, "mass_t", "co2e_t"]]
    counted = frame[~frame["gas"].map({gas: is_apart(gas) for gas in frame["gas"].unique()}).astype(bool)]
    place = list(CELL[:4])
    # Where a gas has no GWP, the rest is not given as the whole.
    by_category = counted.groupby(place, as_index=False)["co2e_t"].sum(skipna=False)
    roots = [code for code in categories.roots if categories.in_total(code)]
    whole = by_category[by_category["category"].isin(roots)]
    total = whole.groupby(place[:3], as_index=False)["co2e_t"].sum(skipna=False).assign(category="")
    sums = pd.concat([by_category, total], ignore_index=True).assign(gas="", origin="", mass_t=np.nan)
    return pd.concat([frame, sums], ignore_index=True)[[*CELL, "mass_t", "co2e_t"]]


def _ordered(frame: pd.DataFrame, categories: CategoryTree) -> pd.DataFrame:
    position = {"": -1, **categories.index}
    rank = frame["category"].map(position)
    return (
        frame.assign(_rank=rank)
        .sort_values(["profile", "area_code", "year", "_rank", "gas", "origin"], kind="stable")
        .reset_index(drop=True)
    )


def causes(
    records: pd.DataFrame, totals: pd.DataFrame, areas: AreaTree, categories: CategoryTree, area: str
) -> pd.DataFrame:
    """Why the area's total moved: profile, year, cause, effect_t (t CO2e), records. Adds up to the difference.

    records: of `compare_records`; totals: of `compare_totals`. What the records do not explain stands in a row
    of its own, "rounding" where it is that small, else "unexplained". records: how many have a part in it.
    """
    mine = records[_counted(records, areas, categories, area)]
    whole = totals[(totals["area_code"] == area) & (totals["category"] == "") & (totals["gas"] == "")]
    rows = []
    for one in whole.itertuples():
        here = mine[(mine["profile"] == one.profile) & (mine["year"] == one.year)]
        parts = {cause: here[f"{cause}_t"].to_numpy(dtype=np.float64) for cause in CAUSES}
        found = {cause: math.fsum(part) for cause, part in parts.items() if (part != 0).any()}
        rows += [(one.profile, one.year, c, found[c], int((parts[c] != 0).sum())) for c in found]
        rest = float(one.difference_co2e_t) - math.fsum(found.values())
        size = float(np.nanmax(np.abs([one.before_co2e_t, one.after_co2e_t, 1.0])))
        if rest:
            small = abs(rest) <= _REST_TOLERANCE * size
            rows.append((one.profile, one.year, ROUNDING if small else UNEXPLAINED, rest, 0))
    return pd.DataFrame(rows, columns=["profile", "year", "cause", "effect_t", "records"])


def _counted(records: pd.DataFrame, areas: AreaTree, categories: CategoryTree, area: str) -> pd.Series:
    """Which rows belong to the total of the area: inside it in their year, in a category that adds up to it."""
    inside = set(areas.at_or_below(area))
    places = {
        place: place[0] in inside and area in areas.chain(str(place[0]), int(place[1]))
        for place in dict.fromkeys(zip(records["area_code"], records["year"], strict=True))
    }
    here = [places[place] for place in zip(records["area_code"], records["year"], strict=True)]
    adds = {code: _adds_to_total(str(code), categories) for code in records["category"].unique()}
    gases = {gas: not is_apart(gas) for gas in records["gas"].unique()}
    counted = records["category"].map(adds).astype(bool) & records["gas"].map(gases).astype(bool)
    return counted & pd.Series(here, index=records.index, dtype=bool)


def _adds_to_total(code: str, categories: CategoryTree) -> bool:
    *below, root = categories.chain(code) if code in categories else ("",)
    return bool(root) and categories.in_total(root) and all(map(categories.adds_to_parent, below))


# -- indicators ---------------------------------------------------------------------------------------


def compare_indicators(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Indicators that moved beyond rounding: their key and words, before, after, difference_pct."""
    keys = ["profile", "area_code", "year", "id"]
    said = [*keys, "name_zh", "name_en", "unit", "unit_zh"]
    both = [frame.assign(area_code=frame["area_code"].astype(str)) for frame in (before, after)]
    joined = both[0][[*said, "value"]].merge(
        both[1][[*said, "value"]], on=keys, how="outer", validate="1:1", suffixes=("_before", "_after")
    )
    for name in said[4:]:
        joined[name] = joined[f"{name}_after"].where(
            joined[f"{name}_after"].notna(), joined[f"{name}_before"]
        )
    out = joined[_moved(joined, "value")].rename(columns={"value_before": "before", "value_after": "after"})
    pct = 100 * (out["after"] / out["before"].where(out["before"] != 0) - 1)
    return out.assign(difference_pct=pct)[[*said, "before", "after", "difference_pct"]].reset_index(drop=True)


# -- what went in -------------------------------------------------------------------------------------

_FILE = re.compile(r"(?P<name>.*?) (?P<sha>[0-9a-f]{64}) (?P<reading>[0-9a-f]{64})(?P<without>(?: -.*)?)")


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that went into one result and not, or not so, into the other.

    kind: "added", "removed", "revised" (other content), "reread" (the same bytes read otherwise) or "replaced"
    (some of its sheets gave way to a later return). before, after: sha256 of the bytes, "" where it is not.
    """

    name: str
    kind: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PartChange:
    """A part of the manifest that differs, e.g. "factors_sha256", with both texts."""

    part: str
    before: str
    after: str


def compare_manifests(
    before: Mapping[str, str], after: Mapping[str, str]
) -> tuple[tuple[FileChange, ...], tuple[PartChange, ...]]:
    """Files and other parts (program, factors, methods, years …) in which two manifests differ, sorted by name."""
    parts = tuple(
        PartChange(name, before.get(name, ""), after.get(name, ""))
        for name in sorted(before.keys() | after.keys())
        if name != "submissions" and before.get(name) != after.get(name)
    )
    return _files(before.get("submissions", "[]"), after.get("submissions", "[]")), parts


_Read = dict[tuple[str, str], tuple[str, str, str]]
"""File name (and which of that name) → sha256 of its bytes, of what was read, what of it no longer counts."""


def _files(before: str, after: str) -> tuple[FileChange, ...]:
    old, new = _listed(before), _listed(after)
    out = []
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was != now:
            sha256 = [side[0] if side else "" for side in (was, now)]
            out.append(FileChange(key[0], _kind(was, now), *sha256))
    return tuple(out)


def _kind(was: tuple[str, str, str] | None, now: tuple[str, str, str] | None) -> str:
    if was is None or now is None:
        return "added" if was is None else "removed"
    if was[0] != now[0]:
        return "revised"
    return "reread" if was[1] != now[1] else "replaced"


def _listed(text: str) -> _Read:
    """The submissions of a manifest; the second and third of one name (returns go by their sheets) by their hash."""
    out: _Read = {}
    for line in json.loads(text):
        found = _FILE.fullmatch(line)
        name = found["name"] if found else line
        read = (found["sha"], found["reading"], found["without"]) if found else ("", "", "")
        out[(name, "" if (name, "") not in out else read[0])] = read
    return out
