"""`Activity`: canonical order, merging of vocabularies, selection, frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghg_inventory.activity import Activity, InputFile
from ghg_inventory.activity.table import constant, merge, sorted_words
from ghg_inventory.tables import Column

WORD = st.sampled_from(["", "a", "b", "原煤", "x y"])
RECORD = st.tuples(WORD, st.integers(2000, 2005), WORD, st.floats(-1e9, 1e9), st.integers(2, 9))


def made(records) -> Activity:
    area, year, item, value, line = zip(*records, strict=True) if records else ((), (), (), (), ())
    return Activity.from_columns(
        {
            "area_code": list(area),
            "year": list(year),
            "item": list(item),
            "value": list(value),
            "line": list(line),
        }
    )


def same(one: Activity, two: Activity) -> bool:
    return one.frame().equals(two.frame())


@given(st.lists(RECORD, max_size=30), st.randoms())
def test_canonical_order_forgets_the_order_of_input(records, random):
    shuffled = list(records)
    random.shuffle(shuffled)
    rows = [tuple(row) for row in made(records).canonical().frame().itertuples(index=False)]
    again = [tuple(row) for row in made(shuffled).canonical().frame().itertuples(index=False)]
    assert sorted(rows) == sorted(again)
    assert [row[:15] for row in rows] == [row[:15] for row in again]


@given(st.lists(RECORD, max_size=20), st.lists(RECORD, max_size=20))
def test_concat_is_the_canonical_order_of_all(one, two):
    together = Activity.concat([made(one), made(two)])
    assert len(together) == len(one) + len(two)
    assert together.value.sum() == pytest.approx(made([*one, *two]).value.sum())
    assert same(together, together.canonical())
    swapped = Activity.concat([made(two), made(one)])
    key = ["area_code", "year", "item", "line"]
    assert together.frame()[key].equals(swapped.frame()[key])


@given(st.lists(RECORD, min_size=1, max_size=20))
def test_frame_and_back(records):
    activity = made(records).canonical()
    frame = activity.frame()
    assert same(Activity.from_frame(frame.drop(columns="cell")), activity)
    assert isinstance(frame, pd.DataFrame)


@given(st.lists(RECORD, min_size=1, max_size=20))
def test_equal_texts_have_equal_bytes(records):
    column = made(records).item
    backwards = Column(column.codes[::-1].max() - column.codes, column.words[: column.codes.max() + 1][::-1])
    one, two = sorted_words(column), sorted_words(backwards)
    assert one.words == two.words
    assert one.codes.tobytes() == two.codes.tobytes()


def test_select_keeps_places_and_files():
    file = InputFile("a.csv", "0" * 64, "long")
    activity = Activity.from_columns(
        {
            "area_code": ["1", "2"],
            "year": [2020, 2021],
            "value": [1.0, 2.0],
            "cell": ["", "C3"],
            "line": [7, 0],
        },
        (file,),
    )
    chosen = activity.select(np.array([False, True]))
    assert (len(chosen), chosen.files, chosen.cell_text(0)) == (1, (file,), "C3")
    assert activity.cell_text(0) == "L7"
    assert activity.frame()["cell"].tolist() == ["L7", "C3"]


def test_a_column_of_one_word_takes_no_memory():
    column = constant("万吨", 1_000_000)
    assert column.codes.strides == (0,)
    assert len(merge([column, column]).codes) == 2_000_000
    assert merge([column, column]).codes.strides == (0,)


def test_wrong_columns_are_refused():
    with pytest.raises(ValueError, match="no such columns: colour"):
        Activity.from_columns({"colour": ["red"], "year": [2020], "value": [1.0]})
    with pytest.raises(ValueError, match="different length"):
        Activity.from_columns({"item": ["a", "b"], "year": [2020], "value": [1.0]})


def test_no_records():
    empty = Activity.concat([Activity.empty(), Activity.empty()])
    assert len(empty) == 0
    assert len(empty.canonical().frame()) == 0
    assert Activity.empty().with_columns(item=Column.of([])).item.words == ()
