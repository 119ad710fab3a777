"""Read an inventory out by another scheme: IPCC 2006, CRT or GPC; every figure lands exactly once.

Lines are taken from the cells that the emissions were reported in, before anything is rolled up, and each line
has one code of the scheme. Where one category of ours is several of theirs, their codes stand joined
("2.E.1+2.E.2"): an inventory that does not know the split does not invent it. Where the scheme has no
counterpart the line says so. Sums are then made over their codes, up to the common ancestor of joined ones.

The provincial transfers of electricity and heat (net import × factor) are not GPC scope 2, which is all
energy of the grid that is used, by subsector: they are read out as a line of their own and enter no GPC total.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ghg_inventory.codes import CategoryTree
from ghg_inventory.inventory.cube import roll_areas
from ghg_inventory.inventory.model import Inventory, occurring, presence

SCHEMES = ("provincial", "ipcc2006", "crt", "gpc")
JOIN = "+"
NO_COUNTERPART = "–"
"""Stands for the code of a line that the scheme has no counterpart for."""

ACCOUNTS = ("total", "land", "transfers", "memo", "of-which", "outside")
"""Part of the account a line belongs to; only "total" is in the inventory's total. "outside": GPC references that
only the territorial total or other scope 3 holds."""

LEVELS = ("scope1", "scope2", "scope3", "basic", "basic_plus", "territorial")
"""Totals of a GPC read-out."""

COLUMNS = (
    "profile", "area_code", "year", "scheme", "row", "code", "name_zh", "name_en", "scope", "account", *LEVELS,
    "gas", "mass_t", "co2e_t", "categories", "cardinality", "note",
)  # fmt: skip
"""row: "line" (lines add up to the inventory), "sum" (of the lines at and below a code) or a total: "total",
"land", "transfers" and, of GPC, one of LEVELS. In the columns named as LEVELS a line says "yes", "no" or
"open": in the total or not, or nobody can tell (waste of landfills from inside or outside)."""


@dataclass(frozen=True, slots=True)
class Line:
    """Where one category of ours stands in a scheme.

    codes: of the scheme, () for no counterpart. levels: LEVELS → "yes", "no", "open" (GPC only).
    """

    category: str
    codes: tuple[str, ...]
    account: str
    scope: str
    levels: tuple[tuple[str, str], ...]
    cardinality: str
    note: str

    @property
    def code(self) -> str:
        """The codes joined; NO_COUNTERPART where there is none."""
        return JOIN.join(self.codes) or NO_COUNTERPART


def line_of(category: str, scheme: str, categories: CategoryTree) -> Line:
    """The line of a category. Raises: KeyError for an unknown category, ValueError for an unknown scheme."""
    if scheme not in SCHEMES:
        raise ValueError(f"there is no scheme {scheme!r}; there are: {', '.join(SCHEMES)}")
    own = categories.category(category)
    if own.forest == "gpc":
        return _reference_line(category, scheme, categories)
    account = _account(category, categories)
    if scheme == "provincial":
        return Line(category, (category,), account, "", (), "1:1", "")
    found = categories.counterparts(category, scheme)
    codes = tuple(one.target for one in found if one.target)
    cardinality = max(
        (one.cardinality for one in found), key=("1:1", "n:1", "1:n", "n:m", "none").index, default="none"
    )
    levels = _levels(codes, own.gpc_scope, account, categories) if scheme == "gpc" else ()
    scope = own.gpc_scope if scheme == "gpc" and codes else ""
    note = "; ".join(dict.fromkeys(one.note for one in found if one.note))
    return Line(category, codes, account, scope, levels, cardinality if codes else "none", note)


def _reference_line(category: str, scheme: str, categories: CategoryTree) -> Line:
    """A category that is a GPC reference already: scope 2 and 3 lie outside what IPCC and CRT report."""
    own = categories.category(category)
    account = "total" if own.in_total == "yes" else "outside"
    if scheme == "gpc":
        levels = _levels((category,), own.gpc_scope, account, categories)
        return Line(category, (category,), account, own.gpc_scope, levels, "1:1", own.notes)
    codes = own.ipcc2006 if scheme == "ipcc2006" else own.crt if scheme == "crt" else ()
    codes = codes if own.gpc_scope == "1" else ()
    return Line(
        category, codes, account, "", (), ("1:1" if len(codes) == 1 else "1:n") if codes else "none", ""
    )


def _account(category: str, categories: CategoryTree) -> str:
    for code in categories.chain(category):
        if categories.category(code).in_total in ("of-which", "memo"):
            return categories.category(code).in_total
    if categories.in_total(category):
        return "total"
    return "transfers" if categories.category(category).gpc_scope == "2" else "land"


def _levels(
    codes: Iterable[str], scope: str, account: str, categories: CategoryTree
) -> tuple[tuple[str, str], ...]:
    """Whether a line is in each GPC total: what all references that it may stand for agree on."""
    leaves = [
        categories.category(below)
        for code in codes for below in categories.descendants(code)
        if categories.category(below).role == "leaf" and scope in ("", categories.category(below).gpc_scope)
    ]  # fmt: skip
    out = {}
    for level in LEVELS:
        said = {_in_level(one.gpc_scope, one.flags, level) for one in leaves}
        out[level] = "open" if len(said) == 2 else "yes" if said == {True} else "no"
    if account in ("transfers", "memo", "of-which"):
        out = dict.fromkeys(LEVELS, "no")
    return tuple(out.items())


def _in_level(scope: str, flags: tuple[str, ...], level: str) -> bool:
    """A scope's total holds what BASIC+ holds of it: power for the grid would count twice beside scope 2."""
    if level.startswith("scope"):
        return scope == level.removeprefix("scope") and "basic_plus" in flags
    return level in flags


def common_ancestor(codes: Iterable[str]) -> str:
    """The longest common beginning of codes by their parts, "" when they share none.

    >>> common_ancestor(["2.E.1", "2.E.2"])
    '2.E'
    """
    split = [_parts(code) for code in codes]
    shared = [same[0] for same in zip(*split, strict=False) if len(set(same)) == 1] if split else []
    length = next((i for i, same in enumerate(zip(*split, strict=False)) if len(set(same)) > 1), len(shared))
    return ".".join(shared[:length]).replace(".(", "(")


def _parts(code: str) -> list[str]:
    """The steps of a code: 4(II) of the CRT lies below 4."""
    return code.replace("(", ".(").split(".")


def ancestors(code: str) -> tuple[str, ...]:
    """The code and the codes above it, nearest first, by its spelling."""
    parts = _parts(code)
    return tuple(".".join(parts[:n]).replace(".(", "(") for n in range(len(parts), 0, -1))


def crosswalk(
    inventory: Inventory, scheme: str, areas: Iterable[str] = (), years: Iterable[int] = ()
) -> pd.DataFrame:
    """Lines, sums and totals of an inventory by a scheme, with COLUMNS; all areas and years by default.

    The lines of account "total" add up to the provincial total, those of "land" and "transfers" to what stands
    beside it. mass_t in tonnes of the gas, co2e_t NaN where the GWP set lacks the gas.
    Raises: ValueError for a scheme not in SCHEMES.
    """
    cells = _own_cells(inventory, set(areas), set(years))
    tree = inventory.context.categories
    line_by_category = {code: line_of(code, scheme, tree) for code in dict.fromkeys(cells["category"])}
    if not len(cells):
        return pd.DataFrame(columns=COLUMNS)
    lines = _lines(cells, line_by_category)
    parts = [lines, _sums(lines, scheme), *_totals(lines, scheme)]
    frame = pd.concat([part for part in parts if len(part)], ignore_index=True)
    frame["scheme"], frame["profile"] = scheme, inventory.profile_id
    for lang in ("zh", "en"):
        frame[f"name_{lang}"] = [_name(code, scheme, tree, lang) for code in frame["code"]]
    order = {code: i for i, code in enumerate(inventory.rolled.areas)}
    frame["_area"] = frame["area_code"].map(order)
    frame = frame.sort_values(["_area", "year"], kind="stable")
    return frame[list(COLUMNS)].reset_index(drop=True)


def _own_cells(inventory: Inventory, areas: set[str], years: set[int]) -> pd.DataFrame:
    """The cells that records emit into, rolled up over areas only: area_code, year, category, gas, mass_t, co2e_t."""
    own, context = inventory.own, inventory.context
    there = presence(inventory.encoded, inventory.plan, occurring(inventory.encoded, inventory.plan))
    mass, codes = roll_areas(own.mass_t, own, context.areas, context.root)
    held, _ = roll_areas(there, own, context.areas, context.root)
    area, year, category, gas = np.nonzero(held)
    frame = pd.DataFrame({
        "area_code": np.asarray(codes, dtype=object)[area], "year": np.asarray(own.years, dtype=np.int64)[year],
        "category": np.asarray(own.categories, dtype=object)[category],
        "gas": np.asarray([g for g, _ in own.gases], dtype=object)[gas],
        "mass_t": mass[held], "co2e_t": mass[held] * inventory.gwp[gas],
    })  # fmt: skip
    keep = (not areas) | frame["area_code"].isin(areas)
    keep &= (not years) | frame["year"].isin(years)
    return frame[keep].reset_index(drop=True)


_KEYS = ["area_code", "year", "code", "scope", "account", *LEVELS]


def _lines(cells: pd.DataFrame, lines: dict[str, Line]) -> pd.DataFrame:
    """One line per code, scope and account: what several categories of ours give one code is added up."""
    frame = cells.copy()
    of = [lines[code] for code in frame["category"]]
    frame["code"], frame["scope"] = [one.code for one in of], [one.scope for one in of]
    frame["account"] = [one.account for one in of]
    for level in LEVELS:
        frame[level] = [dict(one.levels).get(level, "") for one in of]
    frame["cardinality"], frame["note"] = [one.cardinality for one in of], [one.note for one in of]
    frame["rank"] = frame["code"].map(_ranks(frame["code"]))
    grouped = frame.groupby([*_KEYS, "rank", "gas"], sort=False, as_index=False)
    out: pd.DataFrame = grouped.agg(
        mass_t=("mass_t", _added), co2e_t=("co2e_t", _added), categories=("category", _listed),
        cardinality=("cardinality", _listed), note=("note", _listed),
    )  # fmt: skip
    out["row"] = "line"
    return out.sort_values(["area_code", "year", "rank"], kind="stable").drop(columns="rank")


def _ranks(codes: Iterable[str]) -> dict[str, int]:
    """Codes in the order of their parts, numbers as numbers; no counterpart last."""
    distinct = sorted(set(codes), key=lambda c: (c == NO_COUNTERPART, _sortable(c)))
    return {code: rank for rank, code in enumerate(distinct)}


_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "X": 1.5, "M": 99}


def _sortable(code: str) -> list[tuple[float, str]]:
    first = code.split(JOIN)[0]
    return [(float(p), "") if p.isdigit() else (_ROMAN.get(p, 50.0), p) for p in _parts(first)]


def _added(values: pd.Series[float]) -> float:
    """Σ; NaN when any is: an unknown part must not vanish in a sum."""
    return float(values.sum(skipna=False))


def _listed(values: pd.Series[str]) -> str:
    return "; ".join(dict.fromkeys(v for v in values if v))


def _sums(lines: pd.DataFrame, scheme: str) -> pd.DataFrame:
    """Σ of the lines at and below each code; joined codes enter at their common ancestor.

    Of GPC the sums are of the territorial account (scope 1): scopes are not added into each other.
    """
    counted = lines["account"].isin(("total", "land", "outside")) & (lines["code"] != NO_COUNTERPART)
    if scheme == "provincial":
        counted = lines["account"] != "memo"
        counted &= lines["account"] != "of-which"
    if scheme == "gpc":
        counted &= lines["territorial"] == "yes"
    parts = []
    for code in dict.fromkeys(lines.loc[counted, "code"]):
        own = lines[counted & (lines["code"] == code)]
        at = (
            common_ancestor(code.split(JOIN))
            if JOIN in code
            else ".".join(_parts(code)[:-1]).replace(".(", "(")
        )
        parts += [own.assign(code=above) for above in ancestors(at)] if at else []
    if not parts:
        return lines.iloc[:0]
    out = _summed(pd.concat(parts, ignore_index=True), ["area_code", "year", "code", "gas"]).assign(row="sum")
    out["rank"] = out["code"].map(_ranks(out["code"]))
    return out.sort_values(["area_code", "year", "rank"], kind="stable").drop(columns="rank")


def _summed(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    grouped = frame.groupby(keys, sort=False, as_index=False)
    out: pd.DataFrame = grouped.agg(
        mass_t=("mass_t", _added), co2e_t=("co2e_t", _added), categories=("categories", _listed)
    )
    blank = {
        name: "" for name in ("code", "scope", "account", *LEVELS, "cardinality", "note") if name not in out
    }
    return out.assign(**blank)


def _totals(lines: pd.DataFrame, scheme: str) -> list[pd.DataFrame]:
    """The totals of the accounts, and of GPC those of LEVELS, with what is open beside them."""
    keys = ["area_code", "year", "gas"]
    out = [
        _summed(part, keys).assign(row=account, account=account)
        for account in ("total", "land", "transfers")
        if len(part := lines[lines["account"] == account])
    ]
    for level in LEVELS if scheme == "gpc" else ():
        for said, word in (("yes", level), ("open", f"{level}.open")):
            part = lines[lines[level] == said]
            if len(part):
                out.append(_summed(part, keys).assign(row=word))
    return out


def _name(code: str, scheme: str, tree: CategoryTree, lang: str) -> str:
    """The names of codes that our lists know (provincial, GPC), joined; "" for the other schemes."""
    if scheme not in ("provincial", "gpc"):
        return ""
    known = [one for one in code.split(JOIN) if one in tree]
    return " / ".join(dict.fromkeys(tree.category(one).name(lang) for one in known))
