"""The completeness matrix of an inventory: what stands in every area, year, leaf and gas.

A blank is not zero: a cell is a value, a notation key, "not covered" with the reason of the profile, or "not
reported". Nothing is ever filled in here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ghg_inventory.codes import notation_keys
from ghg_inventory.inventory.coverage import (
    EXCLUDED,
    FAMILIES,
    MISSING,
    NOT_COVERED,
    Covered,
    coverage,
    gas_label,
)
from ghg_inventory.inventory.model import Inventory, occurring, presence

VALUE, NOTATION, INCLUDED, NOT_REPORTED = "value", "notation", "included above", "not reported"
"""What an inventory holds in a cell, beside EXCLUDED, NOT_COVERED and MISSING of the profile."""

COLUMNS = (
    "profile", "area_code", "year", "category", "gas", "status", "mass_t", "co2e_t", "notation", "reason_zh",
    "reason_en",
)  # fmt: skip

BoolArray = npt.NDArray[np.bool_]


def completeness(inventory: Inventory, areas: Iterable[str] = (), years: Iterable[int] = ()) -> pd.DataFrame:
    """One row per area, year, leaf and gas, with COLUMNS; all areas and years of the inventory by default.

    status: VALUE (mass_t and co2e_t are given; a notation key beside it says that some records there are not
    in it), NOTATION (the records say NO, NE, NA, IE or C, or could not be computed: NE), EXCLUDED (there are
    records and the profile gives nothing for them), INCLUDED (the data were entered whole for a category
    above: IE), NOT_COVERED (with the reason of the profile), MISSING (neither a method nor a reason), or
    NOT_REPORTED: nothing came in, which is not zero.
    mass_t of a family ("HFCs") is blank: tonnes of different gases are not added. co2e_t is blank where a gas
    has no GWP in the set.
    """
    cube = inventory.rolled
    names, numbers = set(areas), set(years)
    rows = [i for i, code in enumerate(cube.areas) if not names or code in names]
    columns = [i for i, year in enumerate(cube.years) if not numbers or year in numbers]
    chosen = np.ix_(rows, columns)
    marks = _Marks(inventory)
    profile, categories = inventory.context.profile, inventory.context.categories
    parts = [_cells(marks, one, chosen) for one in coverage(profile, categories)]
    frame = (
        pd.concat(parts, ignore_index=True) if parts and rows and columns else pd.DataFrame(columns=COLUMNS)
    )
    if not len(frame):
        return frame
    frame = frame[_in_force(inventory)[frame["area"], frame["number"]]]
    frame = frame.sort_values(["area", "number"], kind="stable")
    frame["profile"] = inventory.profile_id
    frame["area_code"] = np.asarray(cube.areas, dtype=object)[frame["area"]]
    frame["year"] = np.asarray(cube.years, dtype=np.int64)[frame["number"]]
    return frame[list(COLUMNS)].reset_index(drop=True)


def _in_force(inventory: Inventory) -> BoolArray:
    """[area, year]: an area that was not there yet or any more has nothing to report."""
    areas, cube = inventory.context.areas, inventory.rolled
    return np.asarray([[areas.is_valid(code, year) for year in cube.years] for code in cube.areas], dtype=bool)


def _cells(marks: _Marks, one: Covered, chosen: tuple[np.ndarray, ...]) -> pd.DataFrame:
    """The rows of one leaf and gas for the chosen areas and years."""
    held, mass, co2e = (part[chosen] for part in marks.values(one.category, one.gas))
    said = marks.keys("notation", one)[chosen]
    excluded = marks.weighty(marks.keys("excluded", one)[chosen])
    above = marks.keys("above", one)[chosen]
    left = one.status if one.status in (NOT_COVERED, MISSING) else NOT_REPORTED
    status = np.full(held.shape, left, dtype=object)
    notation = np.full(held.shape, one.notation if left == NOT_COVERED else "", dtype=object)
    # The last that holds wins: a value stands before a key, a key before what is only said of records left out.
    for name, where, key in (
        (EXCLUDED, excluded != "", marks.told(excluded, "notation")),
        (INCLUDED, above != "", "IE"),
        (NOTATION, said != "", said),
        (VALUE, held, marks.hidden(said)),
    ):
        status = np.where(where, name, status)
        notation = np.where(where, key, notation)
    area, number = (np.broadcast_to(part, held.shape).ravel() for part in chosen)
    zh, en = marks.reasons(one, status, above, excluded)
    return pd.DataFrame({
        "area": area, "number": number, "category": one.category, "gas": one.gas, "status": status.ravel(),
        "mass_t": np.where(held, mass, np.nan).ravel(), "co2e_t": np.where(held, co2e, np.nan).ravel(),
        "notation": notation.ravel(), "reason_zh": zh.ravel(), "reason_en": en.ravel(),
    })  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Mark:
    """What some records say of a category and gas ("" = all gases): a key, and where [own area, year]."""

    kind: str
    key: str
    where: BoolArray


class _Marks:
    """Values and marks of an inventory's cells; arrays are [area of the rolled cube, year]."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.labels = [gas_label(gas) for gas, _ in inventory.rolled.gases]
        self.place = {code: i for i, code in enumerate(inventory.rolled.categories)}
        self.shape = (len(inventory.rolled.areas), len(inventory.rolled.years))
        self.up = _Upward(inventory)
        self.said: dict[tuple[str, str], list[_Mark]] = {}
        self._read_records()
        self._read_cells()

    def values(self, category: str, gas: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Which cells hold a value, its mass (blank for a family) and its CO2e."""
        columns = [i for i, label in enumerate(self.labels) if label == gas]
        if category not in self.place or not columns:
            nothing = np.full(self.shape, np.nan)
            return np.zeros(self.shape, dtype=bool), nothing, nothing
        at = self.place[category]
        held = self.inventory.held[:, :, at][..., columns]
        mass = np.where(held, self.inventory.rolled.mass_t[:, :, at][..., columns], 0.0)
        co2e = np.where(held, mass * self.inventory.gwp[columns], 0.0).sum(axis=2)
        total = np.full(self.shape, np.nan) if gas in FAMILIES.values() else mass.sum(axis=2)
        return np.asarray(held.any(axis=2)), np.asarray(total), np.asarray(co2e)

    def keys(self, kind: str, one: Covered) -> np.ndarray:
        """The keys of one kind of mark, joined by ", "; "" where there is none.

        What is said of a category above is said of this one; data entered whole above are a mark "above".
        """
        chain = self.inventory.context.categories.chain(one.category)
        found: dict[str, list[BoolArray]] = {}
        for code in chain[1:] if kind == "above" else chain:
            for gas in (one.gas, ""):
                for mark in self.said.get((code, gas), ()):
                    if mark.kind == kind:
                        found.setdefault(mark.key, []).append(mark.where)
        out = np.full(self.shape, "", dtype=object)
        for key in sorted(found):
            where = self.up.roll(np.logical_or.reduce(found[key]))
            out[where] = np.where(out[where] == "", key, out[where] + f", {key}")
        return out

    def reasons(
        self, one: Covered, status: np.ndarray, above: np.ndarray, excluded: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Why a cell holds no value, in both languages; "" where nothing is to be said."""
        zh, en = (np.full(status.shape, "", dtype=object) for _ in range(2))
        here = status == INCLUDED
        zh[here], en[here] = "已合并填报在 " + above[here], "entered whole at " + above[here]
        here = status == NOT_COVERED
        zh[here], en[here] = one.reason_zh, one.reason_en
        here = status == EXCLUDED
        zh[here], en[here] = self.told(excluded, "reason_zh")[here], self.told(excluded, "reason_en")[here]
        return zh, en

    def told(self, rules: np.ndarray, what: str) -> np.ndarray:
        """A field of the exclusions whose ids stand in the cells, distinct and joined."""
        known = {e.id: str(getattr(e, what)) for e in self.inventory.context.profile.exclusions}
        join = ", " if what == "notation" else "; "
        words = {
            r: join.join(dict.fromkeys(known.get(name, "") for name in r.split(", ")))
            for r in set(rules.flat)
        }
        return np.asarray([words[r] for r in rules.flat], dtype=object).reshape(rules.shape)

    def weighty(self, rules: np.ndarray) -> np.ndarray:
        """Of several exclusions in a cell those that hide an amount, where there are any."""
        nil = {e.id for e in self.inventory.context.profile.exclusions if notation_keys()[e.notation].counts_as_zero}
        words = {}
        for ids in set(rules.flat):
            heavy = [name for name in ids.split(", ") if name not in nil]
            words[ids] = ", ".join(heavy) or ids
        return np.asarray([words[r] for r in rules.flat], dtype=object).reshape(rules.shape)

    def hidden(self, keys: np.ndarray) -> np.ndarray:
        """Of the keys beside a value only those that hide an amount: NO of one plant says nothing of the sum."""
        nil = {key for key, known in notation_keys().items() if known.counts_as_zero}
        words = {k: ", ".join(one for one in k.split(", ") if one not in nil) for k in set(keys.flat)}
        return np.asarray([words[k] for k in keys.flat], dtype=object).reshape(keys.shape)

    def _add(self, category: str, gas: str, mark: _Mark) -> None:
        if mark.where.any():
            self.said.setdefault((category, gas), []).append(mark)

    def _read_records(self) -> None:
        """Notation keys of records, records that an exclusion takes, records that could not be computed."""
        inventory, plan = self.inventory, self.inventory.plan
        counted = occurring(inventory.encoded, plan)
        nonzero = occurring(inventory.encoded, plan, nonzero=True)
        for (number, key), where in _notations(inventory).items():
            for category, gas in self._reach(number):
                self._add(category, gas, _Mark("notation", key, where))
        for number, rule in enumerate(plan.exclusions):
            for gas in rule.gases if rule is not None else ():
                mark = _Mark("excluded", rule.id if rule else "", counted[number])
                self._add(plan.signatures[number].category, gas_label(gas), mark)
        for term in plan.terms:
            for number in np.flatnonzero((term.state != 0).any(axis=(1, 2))).tolist():
                failed = (term.state[number] != 0)[plan.class_of_area] & nonzero[number]
                category = plan.categories[term.category[number]]
                self._add(category, gas_label(term.gas), _Mark("notation", "NE", failed))

    def _reach(self, number: int) -> list[tuple[str, str]]:
        """The (category, gas) that records of a signature are about: those of its methods, else all gases."""
        plan = self.inventory.plan
        found = [
            (plan.categories[term.category[number]], gas_label(term.gas))
            for term in plan.terms if (term.method[number] >= 0).any()
        ]  # fmt: skip
        return found or [(plan.signatures[number].category, "")]

    def _read_cells(self) -> None:
        """Where values were entered, for the leaves below."""
        inventory = self.inventory
        own = presence(inventory.encoded, inventory.plan, occurring(inventory.encoded, inventory.plan))
        for at, category in enumerate(inventory.own.categories):
            for column, label in enumerate(self.labels):
                self._add(category, label, _Mark("above", category, own[:, :, at, column]))


def _notations(inventory: Inventory) -> dict[tuple[int, str], BoolArray]:
    """(signature, notation key) → [own area, year] of the records that are such a key."""
    encoded = inventory.encoded
    if encoded.counted is None:
        return {}
    out: dict[tuple[int, str], BoolArray] = {}
    rows = np.flatnonzero(~encoded.counted)
    column = inventory.activity.notation
    shape = (len(encoded.areas), len(encoded.years))
    codes = column.codes[rows]
    pairs, which = np.unique(np.stack([encoded.signature[rows], codes]), axis=1, return_inverse=True)
    for index, (signature, word) in enumerate(pairs.T.tolist()):
        where = np.zeros(shape, dtype=bool)
        mine = rows[which.ravel() == index]
        where[encoded.area[mine], encoded.year[mine]] = True
        out[signature, column.words[word]] = where
    return out


class _Upward:
    """Rolls marks of the areas that report up to all areas of the inventory, as masses are rolled up."""

    def __init__(self, inventory: Inventory) -> None:
        areas, rolled = inventory.context.areas, inventory.rolled.areas
        place = {code: i for i, code in enumerate(rolled)}
        self.shape = (len(rolled), len(inventory.rolled.years))
        pairs: dict[tuple[int, int], BoolArray] = {}
        for number, code in enumerate(inventory.own.areas):
            moved = len(areas.nodes(code)) > 1
            for at, year in enumerate(inventory.rolled.years):
                chain = areas.chain(code, year) if moved else areas.chain(code)
                for depth, above in enumerate(chain):
                    if above not in place or (depth and not areas.adds_to_parent(chain[depth - 1])):
                        break
                    when = pairs.setdefault((place[above], number), np.zeros(self.shape[1], dtype=bool))
                    when[slice(None) if not moved else at] = True
                if not moved:
                    break
        self.to = np.asarray([to for to, _ in pairs], dtype=np.int64)
        self.source = np.asarray([source for _, source in pairs], dtype=np.int64)
        self.when = np.asarray(list(pairs.values()), dtype=bool).reshape(-1, self.shape[1])

    def roll(self, marks: BoolArray) -> BoolArray:
        """[own area, year] → [area of the inventory, year]."""
        out = np.zeros(self.shape, dtype=bool)
        np.logical_or.at(out, self.to, marks[self.source] & self.when)
        return out
