"""The laws of the design over every method of the library: linear, unit-free, additive, nothing lost.

Each method alone is put before a few records with factors of its own: what the program makes of them must
keep the laws, whatever the numbers. Then everything together, in any order.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from conftest import records
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels, GwpTable
from ghg_inventory.errors import Place
from ghg_inventory.factors import Factor, FactorLibrary
from ghg_inventory.inventory import Assumptions, Context, Inventory, compile_inventory, ledger
from ghg_inventory.inventory.plan import EMITTING_USES
from ghg_inventory.methods import Input, Method, Profile, load_methods
from ghg_inventory.units import with_substance

LIBRARY = load_methods()
PROFILES = ("cn2011", "ipcc2006")
IDS = sorted(m.id for m in LIBRARY.methods.values() if not m.generic)
WITHOUT_PROFILE = {"ipcc2019.ippu.2_3.tier1.co2"}
YEAR = 2020
SICHUAN = "510000"
ONE, OTHER, BOTH, SCALED, NOTHING, UNKNOWN = "510100", "510300", "510400", "510500", "510600", "510700"
DOUBLED = ("510800", "510900", "511000", "511100", "511300", "511400", "511500", "511600", "511700")
"""Prefectures of Sichuan: each holds one variation of the same record."""

QUICK = [Phase.generate]
"""A failing example of hundreds of methods is not made smaller: that would take minutes."""
AMOUNT = st.floats(1e-3, 1e9)
SHARE = st.floats(0.01, 0.99)


@dataclass(frozen=True)
class Kind:
    """A record that a method takes: everything but the amount and the area."""

    category: str
    variable: str
    item: str
    technology: str
    unit: str
    use: str

    def record(self, area: str, value: float, **changes: object) -> dict[str, object]:
        """One record of this kind."""
        own = (
            {name: getattr(self, name) for name in self.__slots__}
            if hasattr(self, "__slots__")
            else vars(self)
        )
        return {**own, "area_code": area, "year": YEAR, "value": value, **changes}


@cache
def parts() -> tuple[AreaTree, CategoryTree, Fuels, FactorLibrary, GwpTable]:
    """What every compile looks things up in."""
    return (
        AreaTree.registry(), CategoryTree.load(), Fuels.load(), FactorLibrary.load()[0], GwpTable.load()[0],
    )  # fmt: skip


def kind_of(method: Method) -> Kind:
    """A record that the method takes; the first leaf, item and technology that it names."""
    categories, fuels = parts()[1], parts()[2]
    category = method.categories[0] or "1.1.2.1"
    while not categories.is_leaf(category):
        category = categories.children(category)[0]
    variable = LIBRARY.variables.get(method.variable)
    kinds = method.kinds or (variable.kinds if variable else ())
    items = method.items or (("SF6",) if method.gas == "item" else fuels.of_kinds(kinds)[:1]) or ("",)
    technology = method.technologies[0] if method.technologies else ""
    return Kind(
        category, method.variable, items[0], technology, method.activity.unit.text, method.uses[0],
    )  # fmt: skip


def alone(number: int, method: Method) -> Method:
    """The method with a variable and a technology of its own, so that all may stand in one profile."""
    return replace(method, variable=f"m{number}", technologies=(f"m{number}",), fallback_for="")


def gas_of(method: Method) -> str:
    """The gas of its emission; for a method of any gas one of them."""
    if method.gas == "item":
        return kind_of(method).item
    return "CF4" if method.gas == "*" else method.gas


def own_factor(number: int, place: int, need: Input, gas: str, value: float, area: str = "") -> Factor:
    """A user's row for one input of one method, in the unit that the formula declares."""
    has_gas = need.parameter == "emission_factor"
    unit = with_substance(need.unit, gas) if has_gas else need.unit
    return Factor(
        f"own.{number}.{place}.{area}", need.parameter, (), "", f"m{number}", "", area, 1, 9999,
        gas if has_gas else "", value, repr(value), unit, unit.text, None, None, "", "", "the test", "a number", "",
        "", "user", Place("own.csv", "", "", number + 2),
    )  # fmt: skip


def value_of(need: Input, scale: float) -> float:
    """A value inside the range of a parameter; scale: 0 to 1."""
    limit = parts()[3].parameters[need.parameter].maximum
    return scale if limit is not None and limit <= 1 else 100 * scale


def is_linear(method: Method, need: Input) -> bool:
    """Whether the emission is proportional to this factor."""
    if any(word in method.formula.text() for word in ("min(", "max(", "abs(")):
        return False  # piecewise: proportional in one piece only
    derivative = method.formula.derivative(need.symbol)
    ones = {i.symbol: (0.0 if i.symbol == need.symbol else 0.5) for i in method.inputs}
    return need.symbol not in derivative.names and float(method.formula.evaluate(ones)) == 0.0


def test_there_are_methods_of_every_profile() -> None:
    for name in PROFILES:
        assert {m.id for m in LIBRARY.profile(name).methods} <= set(LIBRARY.methods)
    used = {m.id for p in LIBRARY.profiles.values() for m in p.methods}
    assert set(LIBRARY.methods) - used <= WITHOUT_PROFILE, "methods that no profile uses"


METHODS = tuple(alone(number, LIBRARY.methods[name]) for number, name in enumerate(IDS))
NEEDS = tuple(
    tuple({need.parameter: need for need in reversed(method.factors)}.values()) for method in METHODS
)
"""Per method one input for each parameter; a parameter may stand in several symbols."""


@cache
def proportional(number: int) -> tuple[Input, ...]:
    """The inputs that the emission of a method is proportional to."""
    method = METHODS[number]
    single = [n for n in NEEDS[number] if sum(m.parameter == n.parameter for m in method.factors) == 1]
    return tuple(need for need in single if is_linear(method, need))


@settings(max_examples=3, deadline=None, derandomize=True, phases=QUICK)
@given(a=AMOUNT, b=AMOUNT, scales=st.lists(SHARE, min_size=7, max_size=7))
def test_the_laws_of_every_method(a: float, b: float, scales: list[float]) -> None:
    """Additive in the activity, free of its unit, zero for zero, no number for a blank, linear in its factors."""
    values = [
        {need.parameter: value_of(need, scales[(number + place) % 7]) for place, need in enumerate(needs)}
        for number, needs in enumerate(NEEDS)
    ]
    rows, factors = [], []
    for number, method in enumerate(METHODS):
        kind, gas = replace(kind_of(method), technology=f"m{number}"), gas_of(method)
        doubled = list(zip(DOUBLED, proportional(number), strict=False))
        rows += [
            kind.record(ONE, a), kind.record(OTHER, b), kind.record(BOTH, a + b),
            kind.record(SCALED, a / 1000, unit=f"10^3 {kind.unit}"), kind.record(NOTHING, 0.0),
            kind.record(UNKNOWN, float("nan"), notation="NE"), *(kind.record(area, a) for area, _ in doubled),
        ]  # fmt: skip
        factors += [
            own_factor(number, place, need, gas, values[number][need.parameter])
            for place, need in enumerate(NEEDS[number])
        ]
        factors += [
            own_factor(number, 50 + place, need, gas, 2 * values[number][need.parameter], area)
            for place, (area, need) in enumerate(doubled)
        ]
    inventory = compile_with(rows, factors)
    assert not [f.line("en") for f in inventory.findings if f.severity == "error"]
    frame = ledger(inventory)
    # A method of any gas meets the gases of all factors here: only its own is looked at.
    mass = {(r.variable, r.area_code, r.gas): r.mass_t for r in frame.itertuples()}
    for number, method in enumerate(METHODS):
        _one_method_keeps_the_laws(number, method, (a, values[number]), mass)
    _books_balance(inventory, frame)


def compile_with(rows: Iterable[dict[str, object]], factors: Iterable[Factor]) -> Inventory:
    """The records under a profile of all methods, each with its own variable, and these factors only."""
    areas, categories, fuels, library, gwp = parts()
    profile = replace(LIBRARY.profile("cn2011"), methods=METHODS, exclusions=(), models=(), not_covered=())
    mine = FactorLibrary.of(factors, "", library.sources, {})
    context = Context(areas, categories, fuels, mine, profile, Assumptions(), SICHUAN)
    return compile_inventory(records(*rows), context, gwp, "ar5")


def _one_method_keeps_the_laws(
    number: int, method: Method, drawn: tuple[float, dict[str, float]],
    mass: dict[tuple[str, str, str], float],
) -> None:  # fmt: skip
    gas, (a, values) = gas_of(method), drawn
    of = {
        area: mass.get((f"m{number}", area, gas))
        for area in (ONE, OTHER, BOTH, SCALED, NOTHING, UNKNOWN, *DOUBLED)
    }
    inputs = {i.symbol: a if i.is_activity else values[i.parameter] for i in method.inputs}
    expected = float(method.formula.evaluate(inputs)) * method.scale_t
    assert of[ONE] == pytest.approx(expected, rel=1e-11), method.id
    assert of[BOTH] == pytest.approx(of[ONE] + of[OTHER], rel=1e-11), method.id
    assert of[SCALED] == pytest.approx(of[ONE], rel=1e-11), method.id
    assert of[NOTHING] == 0.0, method.id
    assert of[UNKNOWN] is None, method.id
    for area, need in zip(DOUBLED, proportional(number), strict=False):
        assert of[area] == pytest.approx(2 * of[ONE], rel=1e-11), (method.id, need.symbol)


def _books_balance(inventory: Inventory, rows: pd.DataFrame) -> None:
    """Every record has a ledger row; the leaves and the areas add up to what stands above them."""
    assert set(rows["source_line"]) == set(inventory.activity.line.tolist())
    categories, areas = parts()[1], parts()[0]
    sums: dict[tuple[str, str, str], float] = {}
    sizes: dict[tuple[str, str, str], float] = {}
    known = rows[rows["mass_t"].notna()]
    for (area, category, gas), part in known.groupby(["area_code", "category", "gas"])["mass_t"]:
        above = [category]
        while categories.adds_to_parent(above[-1]) and categories.parent(above[-1]):
            above.append(categories.parent(above[-1]))
        for place in (area, SICHUAN):
            assert place == area or areas.is_ancestor(place, area)
            for one in above:
                key = (place, one, gas)
                sums[key] = sums.get(key, 0.0) + float(part.sum())
                sizes[key] = sizes.get(key, 0.0) + float(part.abs().sum())
    totals = inventory.totals().groupby(["area_code", "category", "gas"])["mass_t"].sum().to_dict()
    assert totals.keys() == sums.keys()
    for key, value in totals.items():
        assert abs(value - sums[key]) <= 1e-11 * sizes[key], key


def test_the_result_is_of_the_gas() -> None:
    """The formula gives a mass of exactly the method's gas, once its inputs have their declared units."""
    for method in METHODS:
        _is_of_its_gas(method)


def _is_of_its_gas(method: Method) -> None:
    found = method.formula.check({i.symbol: i.unit for i in method.inputs}, method.result)
    assert found.dimension == method.result.dimension
    named = () if method.gas in ("item", "*") else (method.gas,)
    assert found.substances == named
    bases = dict(found.dimension)
    assert bases.pop("mass") == 1
    assert set(bases) == set(named)


@settings(max_examples=8, deadline=None, derandomize=True, phases=QUICK)
@given(point=st.lists(st.floats(0.1, 0.9), min_size=11, max_size=11))
def test_the_derivative_is_the_difference(point: list[float]) -> None:
    """The symbolic derivative, from which coefficients come, against a central difference."""
    for method in METHODS:
        at = {i.symbol: point[place % 11] for place, i in enumerate(method.inputs)}
        for symbol in at:
            exact = float(method.formula.derivative(symbol).evaluate(at))
            step = 1e-6
            above = float(method.formula.evaluate({**at, symbol: at[symbol] + step}))
            below = float(method.formula.evaluate({**at, symbol: at[symbol] - step}))
            assert (above - below) / (2 * step) == pytest.approx(exact, rel=1e-6, abs=1e-8), (
                method.id,
                symbol,
            )


# -- everything together ----------------------------------------------------------------------------------


def every_kind(profile: Profile) -> list[Kind]:
    """One record for each method of a profile."""
    return list(dict.fromkeys(kind_of(m) for m in profile.methods if not m.generic))


def context_of(profile: Profile) -> Context:
    """The shipped factors and registers."""
    areas, categories, fuels, library, _ = parts()
    return Context(areas, categories, fuels, library, profile, Assumptions(), SICHUAN)


@pytest.mark.parametrize("name", PROFILES)
@settings(max_examples=3, deadline=None, derandomize=True, phases=QUICK)
@given(seed=st.integers(0, 2**32))
def test_any_order_gives_the_same_bytes(name: str, seed: int) -> None:
    profile = LIBRARY.profile(name)
    chance = random.Random(seed)
    rows = [
        kind.record(area, chance.uniform(-1e6, 1e6))
        for kind in every_kind(profile)
        for area in (ONE, OTHER, SICHUAN)
    ]
    shuffled = chance.sample(range(len(rows)), len(rows))
    lines = {id(row): number + 2 for number, row in enumerate(rows)}
    texts = []
    for order in (range(len(rows)), shuffled):
        chosen = [rows[i] for i in order]
        activity = records(*chosen)
        at = np.asarray([lines[id(row)] for row in chosen])[activity.line - 2]
        activity = activity.with_columns(line=at.astype(activity.line.dtype)).canonical()
        inventory = compile_inventory(activity, context_of(profile), parts()[4], "ar5")
        texts.append((inventory.totals().to_csv(), ledger(inventory).to_csv()))
    assert texts[0][0] == texts[1][0]
    assert texts[0][1] == texts[1][1]


@pytest.mark.parametrize("name", PROFILES)
@settings(max_examples=8, deadline=None, derandomize=True, phases=QUICK)
@given(data=st.data())
def test_every_record_ends_in_the_ledger_or_in_a_finding(name: str, data: st.DataObject) -> None:
    """Also a record that no method fits: a wrong category, item, unit or technology is never dropped."""
    profile = LIBRARY.profile(name)
    kinds = every_kind(profile)
    column = {field: st.sampled_from(sorted({getattr(k, field) for k in kinds})) for field in
              ("category", "variable", "item", "technology", "unit", "use")}  # fmt: skip
    rows = []
    for number in range(12):
        kind = data.draw(st.sampled_from(kinds))
        spoilt = data.draw(st.sampled_from([None, *column]))
        changes = {spoilt: data.draw(column[spoilt])} if spoilt else {}
        rows.append(replace(kind, **changes).record(DOUBLED[number % 9], data.draw(st.floats(1, 1e6))))
    activity = records(*rows)
    inventory = compile_inventory(activity, context_of(profile), parts()[4], "ar5")
    frame = ledger(inventory)
    lost = [f for f in inventory.findings if f.name == "no-method"]
    unmet = {(dict(f.values)["category"], dict(f.values)["variable"]) for f in lost}
    noted = {f.name for f in inventory.findings}
    for line, row in enumerate(rows, start=2):
        seen = line in set(frame["source_line"])
        said = (row["category"], row["variable"]) in unmet
        other_use = row["use"] not in EMITTING_USES and "records-not-emitting" in noted
        assert seen or said or other_use, row
    for one in frame[frame["notation"] == "NE"].itertuples():
        assert any(f.severity == "error" for f in inventory.findings), one
