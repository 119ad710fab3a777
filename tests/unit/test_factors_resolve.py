"""Resolution: the painter against a plain resolver that is obviously right, and the cases that matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghg_inventory.areas import Area, AreaTree
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.errors import Place
from ghg_inventory.factors import NONE, TIE, Factor, FactorLibrary, Member, Region, Requests
from ghg_inventory.tables import Column
from ghg_inventory.units import parse_unit

CATEGORIES, FUELS = CategoryTree.load(), Fuels.load()
AREAS = AreaTree.from_rows([
    Area("CN", 1, 9999, "", "country", "中国"), Area("51", 1, 9999, "CN", "province", "四川"),
    Area("5107", 1, 9999, "51", "city", "绵阳"), Area("510704", 1, 9999, "5107", "county", "游仙"),
    Area("510705", 2016, 9999, "5107", "county", "安州"), Area("42", 1, 9999, "CN", "province", "湖北"),
])  # fmt: skip
REGIONS = {
    "grid_a": Region(
        "grid_a", "甲", "A", (Member("51", 2000, 2012, "s", "l"), Member("42", 2000, 2030, "s", "l"))
    ),
    "grid_b": Region("grid_b", "乙", "B", (Member("51", 2013, 2030, "s", "l"),)),
}
KG_PER_TJ = parse_unit("kg CH4/TJ")


def factor(number: int = 0, **cells: object) -> Factor:
    """A row that holds everywhere, changed by `cells`."""
    row = {
        "factor_id": f"f{number}", "parameter": "emission_factor", "categories": (), "item": "",
        "technology": "", "sector": "", "area_code": "", "valid_from": 1, "valid_to": 9999, "gas": "CH4",
        "value": 1.0, "value_text": "1", "unit": KG_PER_TJ, "unit_text": "kg/TJ", "lower": None,
        "upper": None, "distribution": "", "tier": "", "source": "s", "locator": "l",
        "confidence": "A", "note": "",
        "set": "a", "place": Place("f.csv", line=number + 2),
    } | cells  # fmt: skip
    return Factor(**row)


def library(*rows: Factor) -> FactorLibrary:
    return FactorLibrary.of(rows, "0" * 64, {}, REGIONS)


def answers(rows: list[Factor], need: tuple[str, str, str, str, str, int], **more: object) -> tuple[int, int]:
    """(row, lag) for one need."""
    gas = str(more.get("gas", "CH4"))
    parameter = str(more.get("parameter", "emission_factor"))
    asked = Requests.of(parameter, gas, ("a", "b"), [need], bool(more.get("nearest_year", False)))
    found = library(*rows).resolve(asked, AREAS, CATEGORIES, FUELS)
    return int(found.row[0]), int(found.lag[0])


# --- the plain resolver ------------------------------------------------------------------------------


def holds(row: Factor, need: tuple[str, str, str, str, str, int]) -> bool:
    category, item, technology, sector, area, year = need
    if row.categories and not any(category == c or category.startswith(c + ".") for c in row.categories):
        return False
    if row.item and row.item not in (FUELS.chain(item) if item else ()):
        return False
    if row.technology not in ("", technology) or row.sector not in ("", sector):
        return False
    return row.valid_from <= year <= row.valid_to and area_depth(row, area, year) is not None


def area_depth(row: Factor, area: str, year: int) -> int | None:
    """How specific the row's area is for this area in this year, None when it does not hold there."""
    if not row.area_code:
        return 0
    above = [area, *AREAS.ancestors(area)] if area in AREAS else []
    if row.area_code not in REGIONS:
        return 2 + 2 * int(AREAS.depth[AREAS.index(row.area_code)]) if row.area_code in above else None
    for member in REGIONS[row.area_code].members:
        if member.area_code in above and member.valid_from <= year <= member.valid_to:
            return 1 + 2 * int(AREAS.depth[AREAS.index(member.area_code)])
    return None


def specificity(row: Factor, need: tuple[str, str, str, str, str, int]) -> tuple[int, ...]:
    category, _, _, _, area, year = need
    fitting = [c for c in row.categories if category == c or category.startswith(c + ".")]
    return (
        area_depth(row, area, year) or 0, row.valid_from - row.valid_to, int(row.technology != ""),
        len(FUELS.chain(row.item)) if row.item else 0, int(row.sector != ""),
        fitting[0].count(".") + 1 if fitting else 0, int(row.set == "user"),
    )  # fmt: skip


def plain(rows: list[Factor], sets: tuple[str, ...], need: tuple[str, str, str, str, str, int]) -> int:
    """Look at every row: the best one, NONE, or TIE."""
    fit = [i for i, row in enumerate(rows) if row.set in (*sets, "user") and holds(row, need)]
    if not fit:
        return NONE
    best = max(specificity(rows[i], need) for i in fit)
    winners = [i for i in fit if specificity(rows[i], need) == best]
    return winners[0] if len(winners) == 1 else TIE


def plain_nearest(
    rows: list[Factor], sets: tuple[str, ...], need: tuple[str, str, str, str, str, int]
) -> tuple[int, int]:
    """The year itself, else the nearest earlier year with an answer, else the nearest later one."""
    year = need[5]
    for lag in [0, *range(-1, -40, -1), *range(1, 40)]:
        found = plain(rows, sets, (*need[:5], year + lag))
        if found != NONE:
            return found, lag
    return NONE, 0


YEARS = st.sampled_from([(1, 9999), (2012, 2012), (2010, 2014), (2013, 2020), (1, 2012), (2015, 9999)])
ROWS = st.lists(
    st.builds(
        lambda number, years, **cells: factor(number, valid_from=years[0], valid_to=years[1], **cells),
        number=st.integers(0, 99), years=YEARS,
        categories=st.sampled_from(
            [(), ("1",), ("1.1",), ("1.1.2", "I.3"), ("1.1.2.1",), ("I",), ("1.1.1", "1.1.2")]
        ),
        item=st.sampled_from(["", "coal_slime", "other_washed_coal", "other_bituminous_coal", "lignite"]),
        technology=st.sampled_from(["", "", "boiler"]), sector=st.sampled_from(["", "", "power"]),
        area_code=st.sampled_from(["", "CN", "51", "5107", "510704", "42", "grid_a", "grid_b", "999999"]),
        set=st.sampled_from(["a", "b", "user", "other"]),
    ),
    max_size=9,
)  # fmt: skip
NEEDS = st.lists(
    st.tuples(
        st.sampled_from(["", "1.1.2.1", "1.1.2.10", "1.1.1", "I.3.1", "nonsense"]),
        st.sampled_from(["", "coal_slime", "other_bituminous_coal", "lignite"]),
        st.sampled_from(["", "boiler", "stove"]), st.sampled_from(["", "power"]),
        st.sampled_from(["", "CN", "510704", "510705", "5107", "42", "unknown"]), st.integers(2009, 2018),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@given(rows=ROWS, needs=NEEDS)
@settings(max_examples=250, deadline=None)
def test_painting_equals_looking_at_every_row(rows, needs):
    sets = ("a", "b")
    found = library(*rows).resolve(
        Requests.of("emission_factor", "CH4", sets, needs), AREAS, CATEGORIES, FUELS
    )
    assert found.row.tolist() == [plain(rows, sets, need) for need in needs]
    assert not found.lag.any()


@given(rows=ROWS, needs=NEEDS)
@settings(max_examples=150, deadline=None)
def test_the_nearest_year_equals_trying_every_year(rows, needs):
    grid = [factor(i, **{name: getattr(row, name) for name in (
        "categories", "item", "technology", "sector", "area_code", "valid_from", "valid_to", "set",
    )}, parameter="grid_emission_factor", gas="") for i, row in enumerate(rows)]  # fmt: skip
    # Grid factors borrow no broader items: ask for the items that rows name.
    needs = [need for need in needs if need[1] != "coal_slime"]
    asked = Requests.of("grid_emission_factor", "", ("a", "b"), needs, nearest_year=True)
    found = library(*grid).resolve(asked, AREAS, CATEGORIES, FUELS)
    expected = [plain_nearest(grid, ("a", "b"), need) for need in needs]
    assert list(zip(found.row.tolist(), found.lag.tolist(), strict=True)) == expected


# --- cases -------------------------------------------------------------------------------------------

NEED = ("1.1.2.1", "coal_slime", "", "", "510704", 2012)


@pytest.mark.parametrize(("less", "more"), [
    ({"area_code": "CN", "item": "coal_slime", "valid_from": 2012, "valid_to": 2012}, {"area_code": "51"}),
    ({"area_code": "grid_a"}, {"area_code": "51"}),
    ({"area_code": "CN"}, {"area_code": "grid_a"}),
    ({"area_code": ""}, {"area_code": "CN"}),
    ({"item": "coal_slime"}, {"valid_from": 2012, "valid_to": 2012}),
    ({"item": "other_bituminous_coal"}, {"item": "other_washed_coal"}),
    ({"categories": ("1.1.2.1",)}, {"item": "other_bituminous_coal"}),
    ({"categories": ("1.1",)}, {"categories": ("1.1.2",)}),
    ({"set": "a"}, {"set": "user"}),
])  # fmt: skip
def test_the_more_specific_row_wins_in_either_order(less, more):
    assert answers([factor(0, **less), factor(1, **more)], NEED) == (1, 0)
    assert answers([factor(0, **more), factor(1, **less)], NEED) == (0, 0)


def test_technology_comes_before_item_and_only_answers_its_own_requests():
    rows = [factor(0, technology="boiler"), factor(1, item="coal_slime")]
    assert answers(rows, ("1.1.2.1", "coal_slime", "boiler", "", "510704", 2012))[0] == 0
    assert answers(rows, NEED)[0] == 1
    assert answers(rows[:1], NEED)[0] == NONE


def test_equal_rows_are_a_tie_unless_something_better_covers_both():
    pair = [factor(0, area_code="51"), factor(1, area_code="51", set="b")]
    assert answers(pair, NEED)[0] == TIE
    assert answers([*pair, factor(2, area_code="510704")], NEED)[0] == 2
    assert answers([*pair, factor(2, area_code="CN")], NEED)[0] == TIE


def test_equal_rows_in_different_years_or_areas_do_not_meet():
    rows = [factor(0, area_code="51", valid_from=2012, valid_to=2012),
            factor(1, area_code="51", valid_from=2013, valid_to=2013), factor(2, area_code="42")]  # fmt: skip
    assert [answers(rows, (*NEED[:5], year))[0] for year in (2012, 2013, 2014)] == [0, 1, NONE]


def test_a_category_that_only_looks_like_a_prefix_does_not_match():
    assert answers([factor(0, categories=("1.1.2.1",))], ("1.1.2.10", "", "", "", "51", 2012))[0] == NONE


def test_a_net_calorific_value_is_not_borrowed_where_the_fuel_list_forbids_it():
    """Raw coal may take the emission factor of other bituminous coal, but not its calorific value."""
    cells = {"item": "other_bituminous_coal"}
    need = ("1.1.2.1", "raw_coal", "", "", "510704", 2012)
    assert answers([factor(0, **cells)], need)[0] == 0
    ncv = factor(0, **cells, parameter="net_calorific_value", gas="")
    assert answers([ncv], need, parameter="net_calorific_value", gas="")[0] == NONE


def test_a_region_holds_for_its_members_while_they_belonged():
    rows = [factor(0, area_code="grid_a"), factor(1, area_code="grid_b")]
    assert [answers(rows, (*NEED[:5], year))[0] for year in (1999, 2012, 2013)] == [NONE, 0, 1]
    assert answers(rows, ("", "", "", "", "CN", 2012))[0] == NONE


def test_nothing_lags_unless_the_parameter_may():
    asked = Requests.of("emission_factor", "CH4", ("a",), [NEED], nearest_year=True)
    with pytest.raises(ValueError, match="nearest year"):
        library(factor()).resolve(asked, AREAS, CATEGORIES, FUELS)


def test_the_nearest_earlier_year_comes_before_a_nearer_later_one():
    grid = {"parameter": "grid_emission_factor", "gas": ""}
    rows = [
        factor(0, **grid, valid_from=2010, valid_to=2010),
        factor(1, **grid, valid_from=2015, valid_to=2015),
    ]
    asked = grid | {"nearest_year": True}
    found = {year: answers(rows, (*NEED[:5], year), **asked) for year in (2009, 2010, 2014, 2015, 2020)}
    assert found == {2009: (0, 1), 2010: (0, 0), 2014: (0, -4), 2015: (1, 0), 2020: (1, -5)}


def test_a_code_that_moved_is_resolved_under_its_parent_of_the_year():
    moved = AreaTree.from_rows([
        Area("51", 1, 9999, "", "province", "四川"), Area("50", 1997, 9999, "", "province", "重庆"),
        Area("5102", 1, 1996, "51", "city", "重庆市"), Area("5102", 1997, 9999, "50", "city", "重庆市"),
    ])  # fmt: skip
    rows = library(factor(0, area_code="51"), factor(1, area_code="50"))
    asked = Requests.of("emission_factor", "CH4", ("a",), [("", "", "", "", "5102", y) for y in (1996, 1997)])
    assert rows.resolve(asked, moved, CATEGORIES, FUELS).row.tolist() == [0, 1]


def test_many_keys_are_painted_in_turns_with_the_same_answers(monkeypatch):
    rows = [
        factor(0, categories=("1.1",)),
        factor(1, item="lignite"),
        factor(2, area_code="51", technology="t"),
    ]
    needs = [(c, i, t, "", a, y) for c in ("1.1.1", "1.2", "") for i in ("lignite", "") for t in ("t", "")
             for a in ("510704", "42") for y in (2010, 2012)]  # fmt: skip
    asked = Requests.of("emission_factor", "CH4", ("a",), needs)
    whole = library(*rows).resolve(asked, AREAS, CATEGORIES, FUELS)
    monkeypatch.setattr("ghg_inventory.factors.resolve._CANVAS_CELLS", 5)
    turns = library(*rows).resolve(asked, AREAS, CATEGORIES, FUELS)
    assert whole.row.tolist() == turns.row.tolist() == [plain(rows, ("a",), need) for need in needs]


def test_a_long_vocabulary_of_which_little_is_used_gives_the_same_answers():
    asked = Requests.of("emission_factor", "CH4", ("a",), [NEED, ("1.2", "lignite", "", "", "42", 2012)])
    more = tuple(f"unused {number}" for number in range(2000))
    wide = replace(
        asked,
        category=Column(asked.category.codes, asked.category.words + more),
        item=Column(asked.item.codes, asked.item.words + more),
    )
    rows = library(factor(0, categories=("1.1",)), factor(1, item="lignite"))
    for requests in (asked, wide):
        assert rows.resolve(requests, AREAS, CATEGORIES, FUELS).row.tolist() == [0, 1]


def test_no_requests_and_no_rows_are_answered():
    empty = Requests.of("emission_factor", "CH4", ("a",), [])
    assert library(factor()).resolve(empty, AREAS, CATEGORIES, FUELS).row.tolist() == []
    assert library().resolve(
        Requests.of("emission_factor", "CH4", ("a",), [NEED]), AREAS, CATEGORIES, FUELS
    ).row == [NONE]


# --- products ----------------------------------------------------------------------------------------


def test_the_parameters_of_a_product_come_from_one_group_of_sets():
    def value(number: int, parameter: str, item: str, set_name: str) -> Factor:
        return factor(number, parameter=parameter, gas="", item=item, set=set_name)

    rows = library(
        value(0, "carbon_content", "coke", "a"), value(1, "oxidation_factor", "coke", "a"),
        value(2, "carbon_content", "lignite", "a"),
        value(3, "carbon_content", "lignite", "b"), value(4, "oxidation_factor", "lignite", "b"),
    )  # fmt: skip
    needs = [("1.1", item, "", "", "51", 2012) for item in ("coke", "lignite", "peat")]
    asked = [Requests.of(name, "", (), needs) for name in ("carbon_content", "oxidation_factor")]
    (carbon, oxidation), group = rows.resolve_product(asked, [("a",), ("b",)], AREAS, CATEGORIES, FUELS)
    assert group.tolist() == [0, 1, -1]
    assert carbon.row.tolist() == [0, 3, NONE]
    assert oxidation.row.tolist() == [1, 4, NONE]
    assert carbon.row.dtype == np.int32


# --- explanations ------------------------------------------------------------------------------------


@given(rows=ROWS, need=NEEDS.map(lambda needs: needs[0]))
@settings(max_examples=100, deadline=None)
def test_the_explanation_names_the_row_that_resolution_chose(rows, need):
    asked = Requests.of("emission_factor", "CH4", ("a", "b"), [need])
    made = library(*rows)
    row = int(made.resolve(asked, AREAS, CATEGORIES, FUELS).row[0])
    told = made.explain_choice(asked, AREAS, CATEGORIES, FUELS)
    assert len(told) == len(rows)
    assert [c.factor for c in told if c.chosen] == ([rows[row]] if row >= 0 else [])
    assert [c.matched for c in told] == sorted((c.matched for c in told), reverse=True)
    assert all(c.matched == (c.factor.set in ("a", "b", "user") and holds(c.factor, need)) for c in told)
    assert all(c.why("zh") and c.why("en") and "{" not in c.why("zh") + c.why("en") for c in told)


def test_the_explanation_says_what_was_better_and_what_did_not_fit():
    rows = library(
        factor(0, area_code="CN"), factor(1, area_code="51"), factor(2, item="coke", area_code="42")
    )
    told = rows.explain_choice(
        Requests.of("emission_factor", "CH4", ("a",), [NEED]), AREAS, CATEGORIES, FUELS
    )
    assert [c.why("en") for c in told] == [
        "chosen",
        "applies, but f1 comes first: its area is more specific",
        "it is for item coke, asked for coal_slime; its area 42 does not contain 510704",
    ]
    assert told[1].why("zh") == "适用，但不如 f1：后者地区更具体"
