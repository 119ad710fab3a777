"""Closures and sign conventions of balance forms, on small numbers, and laws on random forms."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghg_inventory.activity import closure_gaps, decide_signs, load_balance
from ghg_inventory.activity.balance_checks import is_gap, reversed_transformation

LAYOUT = {layout.id: layout for layout in load_balance().layouts}
SMALL = LAYOUT["cesy2012"]
COLUMNS = ("raw_coal", "coke", "diesel")


def values(**rows: list[float]) -> dict[tuple[str, str], float]:
    """{(row, column): value}; row names with _ for the dot."""
    return {(row.replace("_", "."), column): value for row, cells in rows.items()
            for column, value in zip(COLUMNS, cells, strict=False)}  # fmt: skip


def signs(table, layout=SMALL):
    present = {row for row, _ in table}
    return {rule.row: (rule.printed, rule.by) for rule in decide_signs(table, layout, COLUMNS, present)}


def test_closure_decides_the_convention():
    assert signs(values(supply=[7.0], supply_production=[10.0], supply_outflow=[3.0])) == {
        "supply.outflow": ("positive", "closure")
    }
    assert signs(values(supply=[7.0], supply_production=[10.0], supply_outflow=[-3.0])) == {
        "supply.outflow": ("negative", "closure")
    }


def test_two_minus_rows_may_be_printed_differently():
    table = values(
        supply=[6.0, 1.0],
        supply_production=[10.0, 4.0],
        supply_outflow=[3.0, 1.0],
        supply_export=[-1.0, -2.0],
    )
    assert signs(table) == {
        "supply.outflow": ("positive", "closure"),
        "supply.export": ("negative", "closure"),
    }


def test_without_a_total_the_signs_printed_decide():
    assert signs(values(supply_production=[10.0, 5.0], supply_outflow=[3.0, 1.0])) == {
        "supply.outflow": ("positive", "majority")
    }
    assert signs(values(supply_production=[10.0, 5.0], supply_outflow=[-3.0, -1.0])) == {
        "supply.outflow": ("negative", "majority")
    }
    assert signs(values(supply_production=[10.0, 5.0], supply_outflow=[-3.0, 1.0])) == {
        "supply.outflow": ("", "")
    }


def test_nothing_to_decide_without_amounts():
    assert signs(values(supply=[10.0], supply_production=[10.0], supply_outflow=[0.0])) == {}


def test_total_consumption_counts_inputs_to_transformation():
    table = values(final=[5.0], losses=[1.0], transform_thermal__power=[-4.0])
    table = {(row.replace("..", "_"), column): value for (row, column), value in table.items()}
    table["balance.total_consumption", "raw_coal"] = 10.0
    present = {row for row, _ in table}
    gaps = [
        gap
        for gap in closure_gaps(table, LAYOUT["cesy2021"], COLUMNS[:1], present, {})
        if gap.closure == "consumption"
    ]
    assert [(gap.expected, gap.gap) for gap in gaps] == [(10.0, 0.0)]


def test_a_missing_balance_row_means_nil_only_where_the_edition_says_so():
    table = values(supply=[10.0], final=[9.0])
    present = {row for row, _ in table}
    ids = {gap.closure for gap in closure_gaps(table, SMALL, COLUMNS[:1], present, {})}
    assert "balance" in ids
    ids = {gap.closure for gap in closure_gaps(table, LAYOUT["cesy2021"], COLUMNS[:1], present, {})}
    assert "balance" not in ids


def test_tolerance_is_a_border_not_a_guess():
    table = values(supply=[10.0], supply_production=[10.005], supply_stock__change=[0.0])
    present = {"supply", "supply.production"}
    (gap,) = closure_gaps(table, SMALL, COLUMNS[:1], present, {})
    assert not is_gap(gap, SMALL)
    assert is_gap(gap, dataclasses.replace(SMALL, tolerance=0.004))


def test_reversed_transformation():
    assert reversed_transformation({("transform.thermal_power", "electricity"): -5.0})
    assert not reversed_transformation({("transform.thermal_power", "electricity"): 5.0})


CENTS = st.integers(-(10**8), 10**8).map(lambda n: n / 100)


@given(
    st.lists(st.tuples(CENTS, CENTS, CENTS.map(abs), CENTS.map(abs)), min_size=1, max_size=3),
    st.sampled_from(["positive", "negative"]), st.sampled_from(["positive", "negative"]),
)  # fmt: skip
def test_a_form_that_closes_has_no_gaps_however_it_prints_minus_rows(columns, outflow, export):
    """The reader finds a convention under which every total equals its parts."""
    table: dict[tuple[str, str], float] = {}
    for name, (production, stock, out, sold) in zip(COLUMNS, columns, strict=False):
        table["supply.production", name] = production
        table["supply.stock_change", name] = stock
        table["supply.outflow", name] = out if outflow == "positive" else -out
        table["supply.export", name] = sold if export == "positive" else -sold
        table["supply", name] = round(production + stock - out - sold, 2)
    present = {row for row, _ in table}
    used = COLUMNS[: len(columns)]
    printed = {rule.row: rule.printed for rule in decide_signs(table, SMALL, used, present)}
    if any(rule == "" for rule in printed.values()):
        pytest.fail("undecidable although it closes")
    gaps = [gap for gap in closure_gaps(table, SMALL, used, present, printed) if gap.closure == "supply"]
    assert len(gaps) == len(columns)
    assert not any(is_gap(gap, SMALL) for gap in gaps)
