"""Array models: the published workbook to 1e-12, conservation laws, causality, units, and filling of series."""

from __future__ import annotations

import csv
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ghg_inventory.models import MODELS, FloatArray
from ghg_inventory.models.splice import backfill, extrapolate, interpolate, overlap, overlap_ratio, surrogate
from ghg_inventory.models.split import share_faults, split
from ghg_inventory.units import parse_unit
from ghg_inventory.units.compile_table import registry

DATA = Path(__file__).parents[1] / "cases"
NAN = np.nan
C_TO_CH4 = 16 / 12


def run(name: str, series: dict[str, Any], first: int = 2000, **parameters: Any) -> dict[str, FloatArray]:
    """A model on its series; parameters are broadcast to the shape of the series as the engine does."""
    given_ = {k: np.atleast_2d(np.asarray(v, dtype=np.float64)) for k, v in series.items()}
    shape = next(iter(given_.values())).shape
    every = {k: np.broadcast_to(np.asarray(v, dtype=np.float64), shape) for k, v in parameters.items()}
    return MODELS[name].function(np.arange(first, first + shape[1]), given_, every)


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# -- first-order decay ----------------------------------------------------------------------------------


def test_ipcc_workbook_is_reproduced_in_all_648_rows() -> None:
    table = rows("ipcc_fod_2006.csv")
    assert len(table) == 648
    kinds = list(dict.fromkeys(r["waste_type"] for r in table))

    def column(key: str) -> np.ndarray:
        """[kind of waste, year]"""
        return np.array([[float(r[key]) for r in table if r["waste_type"] == kind] for kind in kinds])

    out = run("first_order_decay", {"W": column("deposited_Gg") * 1000}, 1950, DOC=column("DOC"), DOCF=column("DOCf"),
              MCF=column("MCF"), K=column("k"), DELAY=column("M_month") - 7)  # fmt: skip
    expected = column("expected_CH4_generated_Gg")
    got = out["DECOMPOSED"] / 1000 * C_TO_CH4 * column("F")
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=0)
    assert (got[:, 0] == 0).all()
    assert np.count_nonzero(expected) >= 320, "four of the eight types have deposits in the workbook"


def test_decay_in_the_deposition_year() -> None:
    """One deposit, no delay: it reacts for the second half of its year, then for whole years."""
    out = run("first_order_decay", {"W": [100.0, 0, 0]}, DOC=0.2, DOCF=0.5, MCF=1.0, K=0.1, DELAY=0.0)
    remaining = 10 * np.exp(-0.1 * np.array([0.5, 1.5, 2.5]))
    np.testing.assert_allclose(out["ACCUMULATED"][0], remaining, rtol=1e-14)
    np.testing.assert_allclose(out["DECOMPOSED"][0], -np.diff([10, *remaining]), rtol=1e-13)
    assert out["STORED"].tolist() == [[10.0, 0.0, 0.0]]


def test_three_months_of_delay_lie_between_none_and_six() -> None:
    first = [
        run("first_order_decay", {"W": [100.0]}, DOC=0.2, DOCF=0.5, MCF=1.0, K=0.1, DELAY=d)["DECOMPOSED"][
            0, 0
        ]
        for d in (0.0, 3.0, 6.0)
    ]
    assert first[2] == 0
    assert first[1] == pytest.approx(10 * (1 - np.exp(-0.1 * 3 / 12)), rel=1e-13)
    assert first[0] > first[1]


def test_management_that_changes_over_time_acts_on_later_deposits_only() -> None:
    out = run(
        "first_order_decay", {"W": [100.0, 100.0]}, DOC=0.2, DOCF=0.5, MCF=[[0.4, 1.0]], K=0.1, DELAY=6.0
    )
    assert out["DECOMPOSED"][0, 1] == pytest.approx(100 * 0.2 * 0.5 * 0.4 * (1 - np.exp(-0.1)), rel=1e-13)
    assert out["STORED"][0].tolist() == pytest.approx([4.0, 10.0])


@pytest.mark.parametrize(
    ("name", "value"),
    [("DOC", 1.2), ("MCF", -0.1), ("K", -0.1), ("DELAY", 7.0), ("DOCF", NAN), ("K", np.inf)],
)
def test_no_number_from_a_parameter_outside_its_domain(name: str, value: float) -> None:
    good = {"DOC": 0.2, "DOCF": 0.5, "MCF": 1.0, "K": 0.1, "DELAY": 6.0}
    series = [good[name], value, good[name]]
    out = run("first_order_decay", {"W": [1.0, 1.0, 1.0]}, **{**good, name: [series]})
    assert np.isfinite(out["DECOMPOSED"][0, 0])
    assert np.isnan(out["DECOMPOSED"][0, 1:]).all()


share = st.floats(0, 1)
years_count = st.integers(1, 12)


@st.composite
def landfills(draw: st.DrawFn) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    shape = (draw(st.integers(1, 4)), draw(years_count))
    table = lambda low, high: draw(arrays(np.float64, shape, elements=st.floats(low, high)))  # noqa: E731
    parameters = {
        "DOC": table(0, 1),
        "DOCF": table(0, 1),
        "MCF": table(0, 1),
        "K": table(0, 2),
        "DELAY": table(0, 6),
    }
    return {"W": table(0, 1e7)}, parameters


@given(landfills())
def test_carbon_is_conserved(case: tuple[dict[str, FloatArray], dict[str, FloatArray]]) -> None:
    series, p = case
    out = run("first_order_decay", series, **p)
    came = series["W"] * p["DOC"] * p["MCF"]
    total = out["DECOMPOSED"].sum(axis=1) + out["ACCUMULATED"][:, -1] + out["STORED"].sum(axis=1)
    np.testing.assert_allclose(total, came.sum(axis=1), rtol=1e-12, atol=1e-9)
    assert all((out[name] >= 0).all() for name in out)
    assert (
        np.cumsum(out["DECOMPOSED"], axis=1) <= np.cumsum(came * p["DOCF"], axis=1) * (1 + 1e-12) + 1e-9
    ).all()


@given(landfills(), st.floats(0.001, 1000))
def test_decay_is_linear_in_the_waste(case: tuple[Any, Any], factor: float) -> None:
    series, p = case
    one, many = (
        run("first_order_decay", series, **p),
        run("first_order_decay", {"W": series["W"] * factor}, **p),
    )
    for name in one:
        np.testing.assert_allclose(many[name], one[name] * factor, rtol=1e-11, atol=1e-6)


@given(landfills())
def test_no_deposit_gives_exactly_nothing(case: tuple[Any, Any]) -> None:
    out = run("first_order_decay", {"W": np.zeros_like(case[0]["W"])}, **case[1])
    assert all((values == 0).all() for values in out.values())


@given(landfills(), st.data())
def test_order_of_rows_changes_no_bit(case: tuple[Any, Any], data: st.DataObject) -> None:
    series, p = case
    order = data.draw(st.permutations(range(len(series["W"]))))
    out = run("first_order_decay", series, **p)
    turned = run("first_order_decay", {"W": series["W"][order]}, **{k: v[order] for k, v in p.items()})
    assert all(np.array_equal(turned[name], out[name][order]) for name in out)


@given(landfills(), st.data())
def test_later_deposits_never_change_earlier_years(case: tuple[Any, Any], data: st.DataObject) -> None:
    series, p = case
    year = data.draw(st.integers(0, series["W"].shape[1] - 1))
    changed = series["W"].copy()
    changed[:, year:] += 1000
    before, after = run("first_order_decay", series, **p), run("first_order_decay", {"W": changed}, **p)
    assert all(np.array_equal(after[name][:, :year], before[name][:, :year]) for name in before)


@given(landfills())
def test_broadcast_parameters_give_the_same_bits(case: tuple[Any, Any]) -> None:
    """One row per parameter, or the same value written out in each year."""
    series, p = case
    steady = {name: values[:, :1] for name, values in p.items()}
    full = {name: np.repeat(values, series["W"].shape[1], axis=1) for name, values in steady.items()}
    one, two = run("first_order_decay", series, **steady), run("first_order_decay", series, **full)
    assert all(np.array_equal(one[name], two[name]) for name in one)


# -- stock difference -----------------------------------------------------------------------------------


def test_stock_change_is_spread_over_the_years_after_a_survey() -> None:
    out = run(
        "stock_difference",
        {"C": [[NAN, 100.0, NAN, NAN, 130.0, 120.0, NAN], [NAN, NAN, 5.0, NAN, NAN, NAN, NAN]]},
    )
    np.testing.assert_array_equal(out["DC"][0], [NAN, NAN, 10.0, 10.0, 10.0, -10.0, NAN])
    assert np.isnan(out["DC"][1]).all()


@given(arrays(np.float64, (3, 9), elements=st.floats(0, 1e6) | st.just(NAN)))
def test_yearly_changes_add_up_to_last_minus_first_survey(stock: FloatArray) -> None:
    change = run("stock_difference", {"C": stock})["DC"]
    for row in range(3):
        at = np.flatnonzero(np.isfinite(stock[row]))
        if len(at) < 2:
            assert np.isnan(change[row]).all()
            continue
        assert np.isfinite(change[row]).tolist() == [at[0] < t <= at[-1] for t in range(9)]
        total = change[row, at[0] + 1 : at[-1] + 1].sum()
        assert total == pytest.approx(stock[row, at[-1]] - stock[row, at[0]], abs=1e-6)


# -- bank of a fluorinated gas --------------------------------------------------------------------------


def test_bank_by_hand() -> None:
    """100 kg, 10 % a year, two years of life, 40 % of the rest recovered."""
    out = run("ods_bank", {"S": [100.0, 0, 0, 0]}, EF=0.1, LIFE=2.0, RECOVERY=0.4)
    np.testing.assert_allclose(out["EMITTED"][0], [10, 9, 0.6 * 81, 0], rtol=1e-13)
    np.testing.assert_allclose(out["RECOVERED"][0], [0, 0, 0.4 * 81, 0], rtol=1e-13)
    np.testing.assert_allclose(out["BANK"][0], [90, 81, 0, 0], rtol=1e-13)


def test_life_with_a_fraction_of_a_year_counts_up_and_is_that_of_the_supply() -> None:
    out = run("ods_bank", {"S": [8.0, 4.0, 0, 0, 0]}, EF=0.0, LIFE=[[2.5, 1.0, 1.0, 1.0, 1.0]], RECOVERY=0.0)
    assert out["EMITTED"].tolist() == [[0.0, 0.0, 4.0, 8.0, 0.0]]
    assert out["BANK"].tolist() == [[8.0, 12.0, 8.0, 0.0, 0.0]]


def test_life_of_one_year_is_the_two_year_form_of_aerosols_and_solvents() -> None:
    supply = np.array([10.0, 30, 20, 5])
    out = run("ods_bank", {"S": supply}, EF=0.5, LIFE=1.0, RECOVERY=0.0)
    np.testing.assert_allclose(
        out["EMITTED"][0], supply * 0.5 + np.array([0, *supply[:-1]]) * 0.5, rtol=1e-13
    )


@given(st.data(), st.integers(1, 3), years_count)
def test_what_goes_in_is_emitted_recovered_or_in_the_bank(data: st.DataObject, n: int, years: int) -> None:
    table = lambda low, high: data.draw(arrays(np.float64, (n, years), elements=st.floats(low, high)))  # noqa: E731
    supply = table(0, 1e6)
    out = run("ods_bank", {"S": supply}, EF=table(0, 1), LIFE=table(1, 20), RECOVERY=table(0, 1))
    gone = np.cumsum(out["EMITTED"] + out["RECOVERED"], axis=1)
    np.testing.assert_allclose(gone + out["BANK"], np.cumsum(supply, axis=1), rtol=1e-12, atol=1e-6)
    assert all((values >= 0).all() for values in out.values())


@pytest.mark.parametrize(("name", "value"), [("EF", 1.5), ("LIFE", 0.0), ("RECOVERY", -0.1), ("LIFE", NAN)])
def test_bank_gives_no_number_from_a_bad_parameter(name: str, value: float) -> None:
    out = run(
        "ods_bank",
        {"S": [1.0, 1.0]},
        **({"EF": 0.1, "LIFE": 5.0, "RECOVERY": 0.0} | {name: [[value, value]]}),
    )
    assert np.isnan(out["EMITTED"]).all()


# -- abandoned mines ------------------------------------------------------------------------------------

MINE = {"D": 0.302, "B": 2.017, "FLOODED": 0.8, "D_FLOODED": 0.672}


def test_abandoned_mine_declines_as_published() -> None:
    out = run("abandoned_mines", {"Q0": [NAN, 1e6, NAN, NAN]}, **MINE)["CH4"][0]
    assert np.isnan(out[:2]).all()
    for t in (1, 2):
        dry = (1 + 2.017 * 0.302 * t) ** (-1 / 2.017)
        assert out[1 + t] == pytest.approx(1e6 * (0.2 * dry + 0.8 * np.exp(-0.672 * t)), rel=1e-13)


def test_mines_of_several_years_add_up() -> None:
    both = run("abandoned_mines", {"Q0": [5e5, 1e6, NAN, NAN, NAN]}, **MINE)["CH4"][0]
    first = run("abandoned_mines", {"Q0": [5e5, NAN, NAN, NAN, NAN]}, **MINE)["CH4"][0]
    second = run("abandoned_mines", {"Q0": [NAN, 1e6, NAN, NAN, NAN]}, **MINE)["CH4"][0]
    np.testing.assert_allclose(both[2:], (first + second)[2:], rtol=1e-14)
    assert both[1] == first[1]


def test_exponent_zero_is_the_limit_of_small_exponents() -> None:
    dry = MINE | {"FLOODED": 0.0}
    zero = run("abandoned_mines", {"Q0": [1.0, NAN, NAN]}, **(dry | {"B": 0.0}))["CH4"][0, 1:]
    small = run("abandoned_mines", {"Q0": [1.0, NAN, NAN]}, **(dry | {"B": 1e-9}))["CH4"][0, 1:]
    np.testing.assert_allclose(zero, np.exp(-0.302 * np.array([1, 2])), rtol=1e-14)
    np.testing.assert_allclose(zero, small, rtol=1e-6)


def test_a_faulty_closure_is_not_hidden_by_another() -> None:
    out = run("abandoned_mines", {"Q0": [1.0, 1.0, NAN]}, **(MINE | {"FLOODED": [[0.8, 1.8, 0.8]]}))["CH4"][0]
    assert np.isfinite(out[1])
    assert np.isnan(out[2])


# -- all models -----------------------------------------------------------------------------------------

PINT = {"t C": "t * C", "m3 CH4": "m ** 3 * CH4", "1": ""}
Quantities = dict[str, Any]


def equations(
    one: Callable[[str], Any], power: Callable[[Any], Any]
) -> dict[str, Callable[[Quantities], Quantities]]:
    """Each model's outputs as a product of its inputs; `power` refuses an exponent with a unit."""
    year, carbon = one("yr"), one("C")

    def landfill(q: Quantities) -> Quantities:
        # DOC is t C per t of waste: the substance enters with it, and nowhere else.
        organic = q["W"] * q["DOC"] * carbon * q["MCF"]
        late = power(q["K"] * (one("yr") - q["DELAY"]))
        fresh = organic * q["DOCF"]
        return {
            "DECOMPOSED": fresh * late * power(q["K"] * year),
            "ACCUMULATED": fresh * late,
            "STORED": organic - fresh,
        }

    def bank(q: Quantities) -> Quantities:
        retired = q["S"] * power(q["LIFE"] / year)
        recovered = q["RECOVERY"] * retired
        return {
            "EMITTED": retired - recovered + q["EF"] * q["S"],
            "RECOVERED": recovered,
            "BANK": q["S"] - q["EF"] * q["S"],
        }

    def mines(q: Quantities) -> Quantities:
        dry = power(q["B"] * q["D"] * year) * power(1 / q["B"])
        return {"CH4": q["Q0"] * (dry - q["FLOODED"] * dry + q["FLOODED"] * power(q["D_FLOODED"] * year))}

    return {
        "first_order_decay": landfill,
        "stock_difference": lambda q: {"DC": (q["C"] - q["C"] / 2) / (year / year)},
        "ods_bank": bank,
        "abandoned_mines": mines,
    }


def test_declared_units_are_consistent() -> None:
    """Every output, worked out with pint from the declared units of the inputs, has its declared unit."""
    ureg = registry()

    def one(unit: str) -> Any:
        return ureg.Quantity(Fraction(1), PINT.get(unit, unit))

    def power(exponent: Any) -> Any:
        assert exponent.is_compatible_with(""), "an exponent has no unit"
        return one("")

    worked = equations(one, power)
    assert set(worked) == set(MODELS)
    for name, model in MODELS.items():
        inputs = {symbol: one(unit) for symbol, unit in (model.series | model.parameters).items()}
        outputs = worked[name](inputs)
        assert set(outputs) == set(model.outputs)
        for symbol, unit in model.outputs.items():
            assert outputs[symbol].is_compatible_with(PINT.get(unit, unit)), (name, symbol)
            assert not outputs[symbol].is_compatible_with("t * CO2")


@pytest.mark.parametrize("name", list(MODELS))
def test_models_declare_what_they_take_and_give(name: str) -> None:
    model = MODELS[name]
    assert model.name == name
    assert model.source
    for unit in (*model.series.values(), *model.parameters.values(), *model.outputs.values()):
        parse_unit(unit)
    typical = {"LIFE": 5.0}
    for shape in ((2, 4), (0, 4), (2, 1), (2, 0)):
        out = run(
            name,
            {s: np.ones(shape) for s in model.series},
            **{p: typical.get(p, 0.5) for p in model.parameters},
        )
        assert {symbol: values.shape for symbol, values in out.items()} == dict.fromkeys(model.outputs, shape)


@pytest.mark.parametrize("name", list(MODELS))
def test_models_change_no_input(name: str) -> None:
    model = MODELS[name]
    series = {s: np.array([[1.0, 2.0, 3.0]]) for s in model.series}
    for values in series.values():
        values.flags.writeable = False
    run(name, series, **dict.fromkeys(model.parameters, 1.0))


# -- splitting ------------------------------------------------------------------------------------------


def test_split_keeps_the_sum() -> None:
    shares = np.array([[[0.25, 0.5], [0.75, 0.5]]])
    parts = split(np.array([[100.0, 60.0]]), shares)
    assert parts.tolist() == [[[25.0, 30.0], [75.0, 30.0]]]
    assert not share_faults(shares).any()


def test_shares_that_do_not_sum_to_one_give_no_number() -> None:
    shares = np.array([[[0.25, 0.5, 1.5, NAN], [0.7, 0.5 + 5e-7, -0.5, 1.0]]])
    assert share_faults(shares).tolist() == [[True, False, True, True]]
    assert np.isnan(split(np.ones((1, 4)), shares)).all(axis=1).tolist() == [[True, False, True, True]]


# -- splicing -------------------------------------------------------------------------------------------

YEARS = np.arange(2000, 2006)


def test_overlap_takes_the_mean_of_the_yearly_ratios() -> None:
    new = np.array([[NAN, NAN, NAN, 22.0, 36.0, 40.0]])
    old = np.array([[10.0, NAN, 15.0, 20.0, 30.0, NAN]])
    filled, mask = overlap(new, old)
    mean = (22 / 20 + 36 / 30) / 2
    np.testing.assert_allclose(filled[0], [10 * mean, NAN, 15 * mean, 22, 36, 40], rtol=1e-14)
    assert mask.tolist() == [[True, False, True, False, False, False]]
    ratio, spread, count = overlap_ratio(new, old)
    assert (ratio[0], count[0]) == (pytest.approx(1.15), 2)
    assert spread[0] == pytest.approx(0.1)


def test_overlap_without_a_common_year_or_with_a_zero_fills_nothing() -> None:
    filled, mask = overlap(np.array([[NAN, 2.0], [NAN, 2.0]]), np.array([[1.0, NAN], [1.0, 0.0]]))
    assert not mask.any()
    assert np.isnan(filled[:, 0]).all()


def test_surrogate_follows_the_statistic_from_the_nearest_known_year() -> None:
    values = np.array([[NAN, 10.0, NAN, NAN, NAN, 60.0]])
    people = np.array([[4.0, 5.0, 6.0, 8.0, NAN, 12.0]])
    filled, mask = surrogate(values, people)
    assert filled[0, :4].tolist() == pytest.approx([8.0, 10.0, 12.0, 8 * 2.0])
    assert np.isnan(filled[0, 4])
    assert mask.tolist() == [[True, False, True, True, False, False]]


def test_surrogate_of_two_equally_near_years_takes_the_earlier() -> None:
    filled, _ = surrogate(np.array([[10.0, NAN, 90.0]]), np.array([[1.0, 1.0, 1.0]]))
    assert filled.tolist() == [[10.0, 10.0, 90.0]]


def test_backfill_keeps_the_first_known_value_per_head() -> None:
    values = np.array([[NAN, NAN, 300.0, NAN, 500.0, 1.0], [NAN] * 6])
    people = np.array([[100.0, NAN, 150.0, 160.0, 170.0, 180.0], [1.0] * 6])
    filled, mask = backfill(values, people)
    np.testing.assert_allclose(filled[0], [200.0, NAN, 300.0, NAN, 500.0, 1.0])
    assert mask.sum() == 1
    filled, mask = backfill(values, people, np.array([[0.25], [0.5]]))
    np.testing.assert_allclose(filled[0], [25.0, NAN, 300.0, NAN, 500.0, 1.0])
    assert filled[1].tolist() == [0.5] * 6


def test_interpolation_joins_neighbours_only() -> None:
    filled, mask = interpolate(YEARS, np.array([[NAN, 10.0, NAN, NAN, 40.0, NAN]]))
    np.testing.assert_allclose(filled[0], [NAN, 10.0, 20.0, 30.0, 40.0, NAN], rtol=1e-14)
    assert mask.tolist() == [[False, False, True, True, False, False]]


def test_extrapolation_continues_the_trend_of_the_years_named() -> None:
    values = np.array([[NAN, 10.0, 12.0, 20.0, 26.0, NAN], [NAN, NAN, 7.0, NAN, NAN, NAN]])
    filled, mask = extrapolate(YEARS, values, known_years=2)
    np.testing.assert_allclose(filled[0], [8.0, 10.0, 12.0, 20.0, 26.0, 32.0], rtol=1e-14)
    assert not mask[1].any()
    three, _ = extrapolate(YEARS, values, known_years=3)
    assert (three[0, 0], three[0, -1]) == (pytest.approx(5.0), pytest.approx(33.0))
    with pytest.raises(ValueError, match="two known years"):
        extrapolate(YEARS, values, known_years=1)


def test_filling_nothing_gives_nothing() -> None:
    for shape in ((0, 6), (2, 0)):
        blank, years = np.zeros(shape), YEARS[: shape[1]]
        results = [overlap(blank, blank), surrogate(blank, blank), backfill(blank, blank)]
        results += [interpolate(years, blank), extrapolate(years, blank, known_years=2)]
        assert all(filled.shape == shape and not mask.any() for filled, mask in results)


@settings(max_examples=50)
@given(
    arrays(np.float64, (2, 6), elements=st.floats(-1e6, 1e6) | st.just(NAN)),
    arrays(np.float64, (2, 6), elements=st.floats(0, 1e6, allow_subnormal=False) | st.just(NAN)),
)
def test_a_known_value_is_never_changed_and_the_mask_is_the_difference(
    values: FloatArray, other: FloatArray
) -> None:
    results = [
        interpolate(YEARS, values),
        extrapolate(YEARS, values, known_years=2),
        backfill(values, other, other),
    ]
    tame = np.where(other < 1.0, NAN, other)
    results += [overlap(values, tame), surrogate(values, tame), backfill(values, tame)]
    known = np.isfinite(values)
    for filled, mask in results:
        assert np.array_equal(filled[known], values[known])
        assert not (mask & known).any()
        assert np.array_equal(np.isfinite(filled), known | mask)
