"""Read an inventory out by another scheme: IPCC 2006, CRT or GPC; every figure lands exactly once.

Lines are taken from the cells that the emissions were reported in, before anything is rolled up, and each line
has one code of the scheme. Where one category of ours is several of theirs, their codes stand joined
("2.E.1+2.E.2"): an inventory that does not know the split does not invent it. Where the scheme has no
counterpart the line says so. Sums are then made over their codes, up to the common ancestor of joined ones.

A few counterparts depend on the technology (codes/category_map_technology.csv): incineration that makes power
is waste in the provincial guide and energy elsewhere. Such a part is written "5.2.1/energy_recovery".

The provincial transfers of electricity and heat (net import × factor) are not GPC scope 2, which is all
energy of the grid that is used, by subsector: they are read out as a line of their own and enter no GPC total.
Scope 2 comes from the consumption that the same records state (`grid_energy`); its parts are written
"1.1.5/grid" and their account is "grid".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd

from ghg_inventory.codes import CategoryTree
from ghg_inventory.codes.words import shipped_rows
from ghg_inventory.inventory.cube import accumulate, roll_areas
from ghg_inventory.inventory.grid_energy import GridEnergy, grid_energy, references
from ghg_inventory.inventory.model import Inventory, occurring, presence
from ghg_inventory.methods import covers
from ghg_inventory.tables import Row

SCHEMES = ("provincial", "ipcc2006", "crt", "gpc")
JOIN = "+"
NO_COUNTERPART = "–"
"""Stands for the code of a line that the scheme has no counterpart for."""

ACCOUNTS = ("total", "land", "transfers", "grid", "memo", "of-which", "outside")
GRID = "grid"
"""Part of the account a line belongs to; only "total" is in the inventory's total. "outside": GPC references that
only the territorial total or other scope 3 holds; "grid": GPC scope 2."""

LEVELS = ("scope1", "scope2", "scope3", "basic", "basic_plus", "territorial")
"""Totals of a GPC read-out."""

COLUMNS = (
    "profile", "area_code", "year", "scheme", "row", "code", "name_zh", "name_en", "scope", "account", *LEVELS,
    "gas", "mass_t", "co2e_t", "categories", "cardinality", "note",
)  # fmt: skip
"""row: "line" (lines add up to the inventory), "sum" (of the lines at and below a code) or a total: "total",
"land", "transfers" and, of GPC, one of LEVELS. In the columns named as LEVELS a line says "yes", "no" or
"open": in the total or not, or nobody can tell (waste of landfills from inside or outside)."""


_CARDINALITIES = ("1:1", "n:1", "1:n", "n:m", "none")


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


def line_of(part: str, scheme: str, categories: CategoryTree) -> Line:
    """The line of a category, or of the part of one that a technology makes ("5.2.1/energy_recovery").

    Raises: KeyError for an unknown category, ValueError for an unknown scheme.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"there is no scheme {scheme!r}; there are: {', '.join(SCHEMES)}")
    category, _, technology = part.partition("/")
    if technology == GRID:
        codes = references(category, categories)
        levels = _levels(codes, "2", GRID, categories)
        return Line(part, codes, GRID, "2", levels, "1:1" if len(codes) == 1 else "1:n", "")
    line = _category_line(category, scheme, categories)
    for row in _technology_rows() if technology else ():
        if row["technology"] == technology and row["scheme"] == scheme and covers(row["code"], category):
            codes = (row["target"],)
            levels = _levels(codes, line.scope, line.account, categories) if scheme == "gpc" else ()
            line = replace(line, codes=codes, levels=levels, cardinality="n:1", note=row["note"])
    return replace(line, category=part)


@cache
def _technology_rows() -> tuple[Row, ...]:
    """Counterparts that depend on the technology: code (a prefix), technology, scheme, target, note."""
    columns = ("code", "technology", "scheme", "target", "note")
    return tuple(shipped_rows("category_map_technology.csv", columns))


def _category_line(category: str, scheme: str, categories: CategoryTree) -> Line:
    own = categories.category(category)
    if own.forest == "gpc":
        return _reference_line(category, scheme, categories)
    account = _account(category, categories)
    if scheme == "provincial":
        return Line(category, (category,), account, "", (), "1:1", "")
    found = categories.counterparts(category, scheme)
    codes = tuple(one.target for one in found if one.target)
    cardinality = max((one.cardinality for one in found), key=_CARDINALITIES.index, default="none")
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
    split = [code_parts(code) for code in codes]
    shared = [same[0] for same in zip(*split, strict=False) if len(set(same)) == 1] if split else []
    length = next((i for i, same in enumerate(zip(*split, strict=False)) if len(set(same)) > 1), len(shared))
    return ".".join(shared[:length]).replace(".(", "(")


def code_parts(code: str) -> list[str]:
    """The steps of a code: 4(II) of the CRT lies below 4."""
    return code.replace("(", ".(").split(".")


def ancestors(code: str) -> tuple[str, ...]:
    """The code and the codes above it, nearest first, by its spelling."""
    parts = code_parts(code)
    return tuple(".".join(parts[:n]).replace(".(", "(") for n in range(len(parts), 0, -1))


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a read-out for every area, year and gas: what it is called, and the categories it adds up.

    split: those of the categories whose technology decides the code.
    """

    row: str
    code: str
    categories: tuple[str, ...]
    scope: str = ""
    account: str = ""
    levels: tuple[tuple[str, str], ...] = ()
    cardinality: str = ""
    note: str = ""
    split: frozenset[str] = frozenset()

    @property
    def shown(self) -> tuple[str, ...]:
        """The categories; a technology is only told where the counterpart depends on it (`split`)."""
        return tuple(c if c in self.split else c.partition("/")[0] for c in self.categories)


def entries(categories: Iterable[str], scheme: str, tree: CategoryTree) -> tuple[Entry, ...]:
    """Lines, then sums, then totals of what a scheme makes of the categories that hold emissions.

    Raises: KeyError for an unknown category, ValueError for an unknown scheme.
    """
    lines = [line_of(part, scheme, tree) for part in sorted(categories, key=code_order)]
    merged: dict[tuple[object, ...], list[Line]] = {}
    for line in sorted(lines, key=lambda one: code_order(one.code)):
        merged.setdefault((line.code, line.scope, line.account, line.levels), []).append(line)
    out = [
        Entry(
            "line", same[0].code, tuple(one.category for one in same), same[0].scope, same[0].account,
            same[0].levels, _listed(one.cardinality for one in same), _listed(one.note for one in same),
            frozenset(one.category for one in same if _is_split(one, scheme, tree)),
        )
        for same in merged.values()
    ]  # fmt: skip
    return (*out, *_sums(lines, scheme), *_totals(lines, scheme))


def _is_split(line: Line, scheme: str, tree: CategoryTree) -> bool:
    category, slash, _ = line.category.partition("/")
    return bool(slash) and line_of(category, scheme, tree).codes != line.codes


def _listed(words: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(word for word in words if word))


def _sums(lines: list[Line], scheme: str) -> list[Entry]:
    """A sum for every code that has lines below it; joined codes enter at their common ancestor.

    Of GPC the sums are territorial (scope 1): scopes are not added into each other.
    """
    inside: dict[str, list[str]] = {}
    parents: set[str] = set()
    for line in lines:
        if not line.codes or not _is_summed(line, scheme):
            continue
        top = common_ancestor(line.codes)
        chain = ancestors(top) if top else ()
        for code in chain:
            inside.setdefault(code, []).append(line.category)
        parents.update(chain if len(line.codes) > 1 else chain[1:])
    return [Entry("sum", code, tuple(inside[code])) for code in sorted(parents, key=code_order)]


def _is_summed(line: Line, scheme: str) -> bool:
    if scheme == "gpc":
        return dict(line.levels)["territorial"] == "yes"
    return line.account not in ("memo", "of-which", GRID)


def _totals(lines: list[Line], scheme: str) -> list[Entry]:
    """The totals of the accounts, and of GPC those of LEVELS, with what is open beside them."""
    wanted = [
        (account, [c for c in lines if c.account == account]) for account in ("total", "land", "transfers")
    ]
    for level in LEVELS if scheme == "gpc" else ():
        for said, word in (("yes", level), ("open", f"{level}.open")):
            wanted.append((word, [c for c in lines if dict(c.levels)[level] == said]))
    return [
        Entry(word, "", tuple(one.category for one in mine), account=word if word in ACCOUNTS else "")
        for word, mine in wanted if mine
    ]  # fmt: skip


_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "X": 1.5, "M": 99}


def code_order(code: str) -> tuple[tuple[float, str], ...]:
    """Codes in the order of their parts, numbers as numbers, sectors of GPC as Roman numbers; none last."""
    if code == NO_COUNTERPART:
        return ((1000.0, ""),)
    first = code.split(JOIN)[0]
    steps = code_parts(first.partition("/")[0])
    return tuple((float(p), "") if p.isdigit() else (_ROMAN.get(p, 50.0), p) for p in steps)


def crosswalk(
    inventory: Inventory, scheme: str, areas: Iterable[str] = (), years: Iterable[int] = ()
) -> pd.DataFrame:
    """An inventory read out by a scheme, with COLUMNS; all areas and years of the inventory by default.

    The lines of account "total" add up to the provincial total, those of "land" and "transfers" to what stands
    beside it. mass_t in tonnes of the gas; co2e_t is NaN where the GWP set lacks a gas.
    Raises: ValueError for a scheme not in SCHEMES.
    """
    tree = inventory.context.categories
    cells = _Cells(inventory, set(areas), set(years), with_grid=scheme == "gpc")
    used = [part for part, at in cells.place.items() if cells.held[:, :, at].any()]
    found = entries(used, scheme, tree)
    if not found:
        return pd.DataFrame(columns=COLUMNS)
    frame = pd.concat([cells.frame(number, one) for number, one in enumerate(found)], ignore_index=True)
    frame["scheme"], frame["profile"] = scheme, inventory.profile_id
    for lang in ("zh", "en"):
        names = {one.code: _name(one.code, scheme, tree, lang) for one in found}
        frame[f"name_{lang}"] = frame["code"].map(names)
    frame = frame.sort_values(["area", "year", "number"], kind="stable")
    return frame[list(COLUMNS)].reset_index(drop=True)


class _Cells:
    """The cells that records emit into, rolled up over areas only; one column per gas whatever its origin.

    place: category, or category/technology, → position on the third axis of mass, co2e and held.
    """

    def __init__(
        self, inventory: Inventory, areas: set[str], years: set[int], *, with_grid: bool = False
    ) -> None:
        own, context = inventory.own, inventory.context
        parts = [*_technology_parts(inventory)]
        names = [f"{category}{'/' if technology else ''}{technology}" for technology, _, _ in parts
                 for category in own.categories]  # fmt: skip
        used = grid_energy(inventory) if with_grid and _GRID_GAS in own.gases else None
        if used is not None:
            parts.append((GRID, *_grid_part(inventory, used)))
            names += [f"{category}/{GRID}" for category in used.categories]
        mass, codes = roll_areas(
            np.concatenate([m for _, m, _ in parts], axis=2), own, context.areas, context.root
        )
        held, _ = roll_areas(
            np.concatenate([h for _, _, h in parts], axis=2), own, context.areas, context.root
        )
        rows = [i for i, code in enumerate(codes) if not areas or code in areas]
        columns = [i for i, year in enumerate(own.years) if not years or year in years]
        mass, held = mass[np.ix_(rows, columns)], held[np.ix_(rows, columns)]
        self.areas = np.asarray([codes[i] for i in rows], dtype=object)
        self.years = np.asarray([own.years[i] for i in columns], dtype=np.int64)
        self.gases = tuple(dict.fromkeys(gas for gas, _ in own.gases))
        self.place = {name: i for i, name in enumerate(names)}
        co2e = np.where(held, mass * inventory.gwp, 0.0)
        of_gas = [[i for i, (name, _) in enumerate(own.gases) if name == gas] for gas in self.gases]
        self.mass, self.co2e = (
            np.stack([part[..., i].sum(axis=-1) for i in of_gas], axis=-1) if of_gas else part
            for part in (mass, co2e)
        )  # fmt: skip
        self.held = np.stack([held[..., i].any(axis=-1) for i in of_gas], axis=-1) if of_gas else held

    def frame(self, number: int, one: Entry) -> pd.DataFrame:
        """The rows of one entry: areas, years and gases that hold anything of it."""
        at = [self.place[code] for code in one.categories]
        held = self.held[:, :, at].any(axis=2)
        area, year, gas = np.nonzero(held)
        levels = dict(one.levels)
        return pd.DataFrame({
            "number": number, "area": area, "area_code": self.areas[area], "year": self.years[year],
            "row": one.row, "code": one.code, "scope": one.scope, "account": one.account,
            **{level: levels.get(level, "") for level in LEVELS},
            "gas": np.asarray(self.gases, dtype=object)[gas], "mass_t": self.mass[:, :, at].sum(axis=2)[held],
            "co2e_t": self.co2e[:, :, at].sum(axis=2)[held], "categories": _listed(one.shown),
            "cardinality": one.cardinality, "note": one.note,
        })  # fmt: skip


_GRID_GAS = ("CO2", "fossil")
"""What grid factors are of."""


def _grid_part(inventory: Inventory, used: GridEnergy) -> tuple[np.ndarray, np.ndarray]:
    """(mass, held) [area, year, category, gas] of the grid energy used."""
    at = inventory.own.gases.index(_GRID_GAS)
    shape = (*used.co2_t.shape, len(inventory.own.gases))
    mass, held = np.zeros(shape), np.zeros(shape, dtype=bool)
    mass[..., at], held[..., at] = used.co2_t, used.held
    return mass, held


def _technology_parts(inventory: Inventory) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """(technology, mass, held) of the own cells: first all that no row of the technology map takes, under ""."""
    encoded, plan = inventory.encoded, inventory.plan
    held = occurring(encoded, plan)
    taken: dict[str, np.ndarray] = {}
    for number, signature in enumerate(plan.signatures):
        rows = [r for r in _technology_rows() if r["technology"] == signature.technology]
        if any(covers(r["code"], signature.category) for r in rows):
            taken.setdefault(signature.technology, np.zeros(len(plan.signatures), dtype=bool))[number] = True
    if not taken:
        return [("", inventory.own.mass_t, presence(encoded, plan, held))]
    rest = ~np.logical_or.reduce(list(taken.values()))
    out = []
    for technology, mine in (("", rest), *sorted(taken.items())):
        only = replace(encoded, value=np.where(mine[encoded.signature], encoded.value, 0.0))
        mark = presence(encoded, plan, held & mine[:, None, None])
        out.append((technology, accumulate(only, plan).mass_t, mark))
    return out


def _name(code: str, scheme: str, tree: CategoryTree, lang: str) -> str:
    """The name of a code that our lists know (provincial, GPC), of joined ones that of their ancestor; else ""."""
    one = common_ancestor(code.split(JOIN)) if JOIN in code else code
    return tree.category(one).name(lang) if scheme in ("provincial", "gpc") and one in tree else ""
