"""Plan: for every signature, gas, area class and year — which method, which factors, what coefficient.

A formula method is linear in its activity (checked when methods load), so that emission = amount ×
coefficient, and the coefficient is the formula's exact derivative evaluated once per signature × area
class × year instead of once per record. An *area class* is the set of areas with the same nearest
ancestor (or self) that any factor row names: areas of one class have the same factors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np

from ghg_inventory.codes.fuels import GAS_KIND
from ghg_inventory.errors import Finding, finding
from ghg_inventory.factors import Factor
from ghg_inventory.inventory.context import Context
from ghg_inventory.inventory.encode import Encoded, Signature
from ghg_inventory.inventory.lookup import NONE, TIE, Lookup, key_of, ncv_key
from ghg_inventory.inventory.scales import energy_through, factor_value, of_gas, scale, tonnes_per_tj, unit_of
from ghg_inventory.methods import Exclusion, Input, Method
from ghg_inventory.tables import FloatArray, IntArray
from ghg_inventory.units import convertible, factor_between, fitted, parse_unit

EMITTING_USES = ("", "feedstock", "transfer")
"""Uses of a record that a method may turn into a ledger row; the others serve checks and indicators."""

UNIT = -3
"""State of a cell whose units do not fit; beside NONE and TIE of the lookup."""

REFUSED = -4
"""State of a cell whose return states a parameter that was refused: no default takes its place."""


@dataclass(frozen=True, slots=True)
class Term:
    """One gas of the plan. Arrays are indexed [signature, area class, year].

    A kind of record that emits one gas into two categories has two terms of that gas.
    column: place of (gas, origin) in Plan.gases. category: [signature], the category that the emission is
    reported in, as place in Plan.categories (-1 where the term does not apply).
    method: index into Plan.methods, -1 where the gas does not apply.
    coefficient: tonnes of gas per submitted unit; 0 where `method` is -1 or `state` is not 0.
    state: 0 resolved, else NONE, TIE or UNIT.
    rows: for each input slot (NCV bridge first, then the formula's factors) the factor row or -1.
    """

    gas: str
    origin: str
    column: int
    category: IntArray
    method: IntArray
    coefficient: FloatArray
    state: IntArray
    rows: IntArray


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything about the records that does not depend on their amounts.

    categories: those that records which can emit name, and those they emit into, in order of their codes.
    gases: distinct (gas, origin). models: per signature the ids of the array models that took its records,
    joined by ";" ("" for none). orphans: signatures that no method, model or exclusion takes.
    """

    signatures: tuple[Signature, ...]
    classes: tuple[str, ...]
    class_of_area: IntArray
    years: tuple[int, ...]
    methods: tuple[Method, ...]
    terms: tuple[Term, ...]
    exclusions: tuple[Exclusion | None, ...]
    energy_tj: FloatArray
    categories: tuple[str, ...]
    gases: tuple[tuple[str, str], ...]
    models: tuple[str, ...]
    orphans: tuple[int, ...]
    findings: tuple[Finding, ...] = field(default=())

    @property
    def shape(self) -> tuple[int, int, int]:
        """Signatures × area classes × years."""
        return len(self.signatures), len(self.classes), len(self.years)


def make_plan(encoded: Encoded, context: Context) -> Plan:
    """Choose methods and factors for every signature that can emit."""
    classes, class_of_area = area_classes(encoded.areas, context)
    builder = _Builder(encoded, context, classes)
    for index, signature in enumerate(encoded.signatures):
        builder.add(index, signature)
    terms = builder.terms()
    return Plan(
        encoded.signatures, classes, class_of_area, encoded.years, tuple(builder.methods), terms,
        tuple(builder.exclusions), builder.energy(), builder.categories, builder.gases, tuple(builder.models),
        tuple(builder.orphans), tuple(builder.findings),
    )  # fmt: skip


def area_classes(codes: Sequence[str], context: Context) -> tuple[tuple[str, ...], IntArray]:
    """Class of each area code: the nearest ancestor-or-self that a factor row names ("" if none)."""
    named = {row.area_code for row in context.factors.rows}
    named |= {
        code for region in context.factors.regions.values() for code in (m.area_code for m in region.members)
    }
    names: dict[str, int] = {}
    numbers = []
    for code in codes:
        chain = context.areas.chain(code)
        # What moved to another parent has factors of its own by year: the resolver knows which parent.
        moved = any(len(context.areas.nodes(c)) > 1 for c in chain)
        nearest = code if moved else next((c for c in chain if c in named), "")
        numbers.append(names.setdefault(nearest, len(names)))
    return tuple(names), np.asarray(numbers, dtype=np.int32)


class _Builder:
    """Collects what each signature wants, resolves it all at once per parameter, evaluates coefficients."""

    def __init__(self, encoded: Encoded, context: Context, classes: tuple[str, ...]) -> None:
        self.encoded, self.context, self.classes = encoded, context, classes
        self.shape = (len(encoded.signatures), len(classes), len(encoded.years))
        self.methods: list[Method] = []
        self.method_index: dict[str, int] = {}
        self.exclusions: list[Exclusion | None] = []
        self.chains: dict[tuple[str, str, int], list[_Wanted]] = {}
        self.models: list[str] = []
        self.orphans: list[int] = []
        self.slots = 1
        self.refused = [n for n, row in enumerate(context.factors.rows) if np.isnan(row.value)]
        self.findings: list[Finding] = []
        self.units = [unit_of(s.unit) for s in encoded.signatures]
        self.lookup = Lookup(encoded, context, classes)

    def add(self, index: int, signature: Signature) -> None:
        """Note the method chains of one signature."""
        kind = self.context.fuels.kind(signature.item)
        exclusion = None
        if signature.use in EMITTING_USES:
            exclusion = self.context.profile.exclusion_for(signature.category, signature.variable, kind)
        self.exclusions.append(exclusion)
        takers = self.context.profile.models_for(
            signature.category, signature.variable, signature.item, kind
        ) if signature.use in EMITTING_USES else ()  # fmt: skip
        self.models.append(";".join(model.id for model in takers))
        if signature.use not in EMITTING_USES:
            return
        technology = self.context.assumptions.factor_keys(signature)[2]
        chains = self.context.profile.methods_for(
            signature.category, signature.variable, signature.use, signature.item, kind, technology
        )
        excluded = set(exclusion.gases) if exclusion else set()
        lanes: Counter[tuple[str, str]] = Counter()
        for chain in chains:
            gases = self._gases(chain[0], signature)
            for gas in gases:
                if gas not in excluded:
                    lane = lanes[gas, chain[0].origin]
                    wanted = _Wanted(index, chain, chain[0].target(signature.category))
                    self.chains.setdefault((gas, chain[0].origin, lane), []).append(wanted)
                    lanes[gas, chain[0].origin] += 1
            if not gases:
                self._no_factor_at_all(index, signature, chain[0])
        if not chains and exclusion is None and not self.models[-1]:
            self.orphans.append(index)

    def _no_factor_at_all(self, index: int, signature: Signature, method: Method) -> None:
        """The user brought no emission factor of any gas: nothing can be computed, and that is said."""
        rows = np.flatnonzero((self.encoded.signature == index) & (self.encoded.value != 0))
        if not len(rows):
            return
        years = sorted({self.encoded.years[y] for y in np.unique(self.encoded.year[rows])})
        self.findings.append(
            finding(
                "no-factor", gas="–", item=signature.item or "–", category=signature.category,
                area=self.encoded.areas[int(self.encoded.area[rows[0]])], years=", ".join(map(str, years)),
                parameter=method.factors[0].parameter if method.factors else "–", count=len(rows),
                method=method.id, unit=signature.unit or "–", parameter_zh="排放因子", parameter_en="emission factor",
            )
        )  # fmt: skip

    def _gases(self, method: Method, signature: Signature) -> tuple[str, ...]:
        """The method's gas; the item, where the record is about a gas; or every gas its sets have a factor of."""
        if method.gas == "item":
            return (signature.item,) if self.context.fuels.kind(signature.item) == GAS_KIND else ()
        if method.gas != "*":
            return (method.gas,)
        admitted = {*method.factors[0].sets, "user"}
        rows = self.context.factors.rows
        return tuple(sorted({r.gas for r in rows if r.parameter == "emission_factor" and r.set in admitted}))

    def terms(self) -> tuple[Term, ...]:
        """One term per gas and origin (more where a record emits it into several categories), in fixed order."""
        emitting = {s.category for s in self.encoded.signatures if s.use in EMITTING_USES}
        into = {one.target for wanted in self.chains.values() for one in wanted}
        self.categories = tuple(sorted(emitting | into))
        used = (method for wanted in self.chains.values() for one in wanted for method in one.chain)
        self.slots = 1 + max((len(method.factors) for method in used), default=0)
        self.gases = tuple(sorted({(gas, origin) for gas, origin, _ in self.chains}))
        terms = tuple(self._term(*key[:2], self.chains[key]) for key in sorted(self.chains))
        self._release(terms)
        return terms

    def _release(self, terms: tuple[Term, ...]) -> None:
        """Under a method of any gas a kind of record claims the gases that it has a factor of anywhere.

        The other gases are taken off it. A kind without a factor of any gas keeps them all, and a gas with
        a factor in some areas and years only keeps the others: those are gaps, which are said.
        """
        generic = [number for number, method in enumerate(self.methods) if method.gas == "*"]
        if not generic:
            return
        mine = [np.isin(term.method, generic) for term in terms]
        has = [(own & (term.state != NONE)).any(axis=(1, 2)) for own, term in zip(mine, terms, strict=True)]
        some = np.logical_or.reduce(has)
        for term, own, found in zip(terms, mine, has, strict=True):
            freed = own & (term.state == NONE) & (some & ~found)[:, None, None]
            term.method[freed] = -1
            term.state[freed] = 0

    def _term(self, gas: str, origin: str, wanted: list[_Wanted]) -> Term:
        method = np.full(self.shape, -1, dtype=np.int32)
        state = np.zeros(self.shape, dtype=np.int32)
        coefficient = np.zeros(self.shape, dtype=np.float64)
        rows = np.full((*self.shape, self.slots), NONE, dtype=np.int32)
        category = np.full(self.shape[0], -1, dtype=np.int32)
        number = {code: place for place, code in enumerate(self.categories)}
        for index, _, target in wanted:
            category[index] = number[target]
        for level in range(max(len(one.chain) for one in wanted)):
            self.lookup.prefetch(
                gas, [(index, chain[level]) for index, chain, _ in wanted if len(chain) > level]
            )
            for index, chain, _ in wanted:
                if len(chain) <= level:
                    continue
                open_cells = state[index] != 0 if level else np.ones(self.shape[1:], dtype=bool)
                open_cells &= (state[index] != TIE) & (state[index] != REFUSED)
                if open_cells.any():
                    one = self._evaluate(index, chain[level], gas)
                    self._take(index, open_cells, one, (method, state, coefficient, rows))
        column = self.gases.index((gas, origin))
        return Term(gas, origin, column, category, method, coefficient, state, rows)

    def _take(self, index: int, cells: np.ndarray, one: _Evaluated, into: tuple[np.ndarray, ...]) -> None:
        """Copy one method's result into the cells that are still open.

        A fallback that finds nothing leaves the cell naming the first method.
        """
        method, state, coefficient, rows = into
        better = cells & ((one.state == 0) | (method[index] == -1))
        method[index][better] = one.method
        state[index][better] = one.state[better]
        coefficient[index][better] = one.coefficient[better]
        rows[index][better] = one.rows[better]

    # -- coefficients ----------------------------------------------------------------------------------

    def _evaluate(self, index: int, method: Method, gas: str) -> _Evaluated:
        state = np.zeros(self.shape[1:], dtype=np.int32)
        rows = np.full((*self.shape[1:], self.slots), NONE, dtype=np.int32)
        values: dict[str, FloatArray | float] = {}
        for slot, need in enumerate(method.factors, start=1):
            row = self.lookup.row(key_of(need, gas), index)
            rows[..., slot] = row
            state = np.where(state == 0, np.minimum(row, 0), state).astype(np.int32)
            state[np.isin(row, self.refused)] = REFUSED
            if not method.generic:
                stated = of_gas(need, gas) if method.gas == "*" else need
                values[need.symbol] = self._values(row, partial(factor_value, need=stated, gas=gas))
        number = self._number(method)
        if method.generic:
            return self._generic(index, number, state, rows, gas)
        activity = self._bridge(index, method.activity, rows, state, gas if method.gas == "item" else "")
        slope = method.formula.derivative(method.activity.symbol).evaluate(values)
        coefficient = np.where(state == 0, activity * slope * method.scale_t, 0.0)
        return _Evaluated(
            number, _marked(state, coefficient), np.nan_to_num(coefficient, posinf=0.0, neginf=0.0), rows
        )

    def _number(self, method: Method) -> int:
        if method.id not in self.method_index:
            self.method_index[method.id] = len(self.methods)
            self.methods.append(method)
        return self.method_index[method.id]

    def _values(self, row: IntArray, value: Callable[[Factor], float]) -> FloatArray:
        """Convert each distinct factor row once; NaN where there is none."""
        out = np.full(row.shape, np.nan)
        for number in np.unique(row[row >= 0]):
            out[row == number] = value(self.context.factors.rows[number])
        return out

    def _bridge(
        self, index: int, activity: Input, rows: np.ndarray, state: np.ndarray, gas: str
    ) -> FloatArray:
        """Declared units of activity per submitted unit: a plain conversion, or through the NCV.

        gas: where the record is about a gas, its name in the unit ("kg SF6") may be left out or given.
        """
        unit = self.units[index]
        if gas and unit is not None:
            activity = of_gas(activity, gas) if unit.substances == (gas,) else activity
        out = np.full(self.shape[1:], np.nan)
        if unit is None:
            state[state == 0] = UNIT
            return out
        stated = fitted(unit, activity.unit)
        if stated is not None:
            out[...] = factor_between(stated, activity.unit)
            return out
        if activity.bridge != "energy_content":
            state[state == 0] = UNIT
            return out
        row = self.lookup.row(ncv_key(activity.bridge_sets), index)
        rows[..., 0] = row
        state[...] = np.where(state == 0, np.minimum(row, 0), state)
        return self._values(row, lambda f: energy_through(f, unit, activity.unit))

    def _generic(self, index: int, number: int, state: IntArray, rows: np.ndarray, gas: str) -> _Evaluated:
        """Activity × factor by the factor row's own unit, through the NCV where it is per energy."""
        unit = self.units[index]
        tonne = parse_unit("t")
        tonne_gas = unit_of(f"t {gas}") or tonne

        def plain(factor: Factor) -> float:
            return factor.value * scale(factor.unit, unit, (tonne_gas, tonne), "") if unit else np.nan

        coefficient = self._values(rows[..., 1], plain)
        lacking = (state == 0) & np.isnan(coefficient)
        if lacking.any() and unit is not None:
            row = self.lookup.row(ncv_key(self.context.profile.energy_sets), index)
            energy = self._values(row, lambda f: energy_through(f, unit, parse_unit("TJ")))
            per_tj = self._values(rows[..., 1], lambda f: tonnes_per_tj(f, tonne_gas, tonne))
            bridged = energy * per_tj
            usable = lacking & ~np.isnan(bridged)
            coefficient[usable] = bridged[usable]
            rows[..., 0][usable] = row[usable]
        return _Evaluated(
            number, _marked(state, coefficient), np.nan_to_num(coefficient, posinf=0.0, neginf=0.0), rows
        )

    def energy(self) -> FloatArray:
        """TJ per submitted unit, [signature, class, year]; NaN where there is no way to energy."""
        out = np.full(self.shape, np.nan)
        joule = parse_unit("TJ")
        key = ncv_key(self.context.profile.energy_sets)
        lacking = [
            index
            for index, (unit, kind) in enumerate(zip(self.units, self.encoded.signatures, strict=True))
            if unit is not None and not convertible(unit, joule) and kind.variable == "fuel"
        ]
        if lacking:
            self.lookup.resolve(key, lacking)
        for index, unit in enumerate(self.units):
            if unit is None:
                continue
            if convertible(unit, joule):
                out[index] = factor_between(unit, joule)
            elif self.encoded.signatures[index].variable == "fuel":
                row = self.lookup.row(ncv_key(self.context.profile.energy_sets), index)
                out[index] = self._values(row, partial(energy_through, unit=unit, target=joule))
        return out


class _Wanted(NamedTuple):
    """A signature, the methods to try for it, and the category of the emission."""

    signature: int
    chain: list[Method]
    target: str


@dataclass(frozen=True, slots=True)
class _Evaluated:
    method: int
    state: IntArray
    coefficient: FloatArray
    rows: IntArray


def _marked(state: IntArray, coefficient: FloatArray) -> IntArray:
    """A resolved cell whose coefficient could not be formed has the wrong unit."""
    return np.where((state == 0) & ~np.isfinite(coefficient), UNIT, state).astype(np.int32)
