"""Factor rows for signatures × area classes × years, resolved in batches: one request per parameter and set."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ghg_inventory.factors import Requests
from ghg_inventory.inventory.context import Context
from ghg_inventory.inventory.encode import Encoded
from ghg_inventory.methods import Input, Method
from ghg_inventory.tables import Column, IntArray

NONE, TIE = -1, -2
"""No row; two equally specific rows."""

Key = tuple[str, str, tuple[str, ...], tuple[str, ...]]
"""Parameter, gas ("" for a property of a fuel), admitted factor sets, sets to ask before those."""


def key_of(need: Input, gas: str) -> Key:
    """What is asked for an input of a formula."""
    return need.parameter, gas if need.parameter == "emission_factor" else "", need.sets, need.first


class Lookup:
    """Answers remembered by (parameter, gas, sets) and signature."""

    def __init__(self, encoded: Encoded, context: Context, classes: tuple[str, ...]) -> None:
        self.encoded, self.context, self.classes = encoded, context, classes
        self.shape = (len(encoded.signatures), len(classes), len(encoded.years))
        self.keys = [context.assumptions.factor_keys(s) for s in encoded.signatures]
        self._resolved: dict[tuple[Key, int], IntArray] = {}

    def prefetch(self, gas: str, wanted: Iterable[tuple[int, Method]]) -> None:
        """Resolve together what these signatures will ask for under these methods."""
        groups: dict[Key, list[int]] = {}
        for index, method in wanted:
            for key in _needs(method, gas):
                if (key, index) not in self._resolved:
                    groups.setdefault(key, []).append(index)
        for key, indices in groups.items():
            self.resolve(key, sorted(set(indices)))

    def resolve(self, key: Key, indices: list[int]) -> None:
        """Resolve one parameter for some signatures. For an NCV the sets are an order of preference."""
        parameter, gas, sets, first = key
        is_ncv = parameter == "net_calorific_value"
        found = np.full((len(indices), *self.shape[1:]), NONE, dtype=np.int32)
        in_turn = [(name,) for name in sets] if is_ncv and sets else [sets]
        for one in [first, *in_turn] if first else in_turn:
            # An NCV belongs to the fuel that was weighed: an assumed item lends one, if it has one.
            for assumed in (True, False) if is_ncv else (True,):
                if (found == NONE).any():
                    found = np.where(
                        found == NONE, self._ask((parameter, gas, one, ()), indices, assumed), found
                    )
        for place, index in enumerate(indices):
            self._resolved[key, index] = found[place]

    def _ask(self, key: Key, indices: list[int], assumed: bool) -> IntArray:
        """Factor rows, [position in indices, class, year]."""
        parameter, gas, sets, _ = key
        _, classes, years = self.shape
        each = classes * years

        def spread(words: Iterable[str]) -> Column:
            column = Column.of(words)
            return Column(np.repeat(column.codes, each), column.words)

        resolution = self.context.factors.resolve(
            Requests(
                parameter=parameter, gas=gas, sets=sets,
                category=spread(self.keys[i][0] for i in indices),
                item=spread(self.keys[i][1] if assumed else self.encoded.signatures[i].item for i in indices),
                technology=spread(self.keys[i][2] for i in indices),
                sector=spread("" for _ in indices),
                area=Column(
                    np.tile(np.repeat(np.arange(classes, dtype=np.int32), years), len(indices)), self.classes
                ),
                year=np.tile(np.asarray(self.encoded.years, dtype=np.int32), classes * len(indices)),
                nearest_year=self.context.factors.parameters[parameter].may_lag,
            ),
            self.context.areas, self.context.categories, self.context.fuels,
        )  # fmt: skip
        return resolution.row.reshape(len(indices), classes, years)

    def row(self, key: Key, index: int) -> IntArray:
        """Factor rows of one signature, [class, year]; NONE and TIE where there is no single one."""
        if (key, index) not in self._resolved:
            self.resolve(key, [index])
        return self._resolved[key, index]


def ncv_key(sets: tuple[str, ...]) -> Key:
    """What is asked for a net calorific value; sets: best first."""
    return "net_calorific_value", "", sets, ()


def _needs(method: Method, gas: str) -> list[Key]:
    needs = [key_of(need, gas) for need in method.factors]
    if method.activity.bridge and not method.generic:
        needs.append(ncv_key(method.activity.bridge_sets))
    return needs
