"""What a revision says differently: by record, never by place."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import records

from ghg_inventory.activity import Activity
from ghg_inventory.activity.returns.changes import Change, as_frame, changes


def herd(value: float, unit: str = "万头", **more: object) -> dict[str, object]:
    return {
        "area_code": "510703", "year": 2024, "category": "3.1.6", "variable": "livestock_population",
        "item": "swine", "technology": "scale", "value": value, "unit": unit, "sheet": "畜禽存栏", "cell": "E7",
        "file": "a.xlsx", "line": 0, **more,
    }  # fmt: skip


def table(*rows: dict[str, object]) -> Activity:
    """Records whose line is 0, as those of a workbook are."""
    activity = records(*rows)
    return Activity.from_frame(activity.frame().assign(line=0))


def test_nothing_changed_when_a_row_moved_and_the_file_was_renamed():
    assert changes(table(herd(12.35)), table(herd(12.35, cell="E19", file="b.xlsx"))) == ()


@pytest.mark.parametrize(
    ("old", "new", "kind", "texts"),
    [
        (herd(12.35), herd(12.5), "changed", ("12.35", "12.5", "万头", "万头")),
        (herd(12.5), herd(125000, "头"), "unit", ("12.5", "125000", "万头", "头")),
        (herd(12.5), herd(125, "头"), "changed", ("12.5", "125", "万头", "头")),
        (herd(12.5), herd(12.5, "吨"), "changed", ("12.5", "12.5", "万头", "吨")),
        (herd(np.nan, "", notation="NE"), herd(3), "notation", ("NE", "3", "", "万头")),
        (herd(3), herd(np.nan, "万头", notation="NO"), "notation", ("3", "NO", "万头", "万头")),
        (herd(np.nan, notation="NE"), herd(np.nan, notation="IE"), "notation", ("NE", "IE", "万头", "万头")),
        (herd(3, note="甲"), herd(3, note="乙"), "note", ("甲", "乙", "万头", "万头")),
        (herd(3, note="甲"), herd(4, note="乙"), "changed", ("3", "4", "万头", "万头")),
    ],
)
def test_kinds(old, new, kind, texts):
    (change,) = changes(table(old), table({**new, "cell": "E9"}))
    assert change.kind == kind
    assert (change.old, change.new, change.old_unit, change.new_unit) == texts
    assert (change.area, change.year, change.variable, change.sheet, change.cell) == (
        "510703", 2024, "livestock_population", "畜禽存栏", "E9",
    )  # fmt: skip


def test_records_that_came_and_went_in_reading_order():
    before = table(herd(1, technology="household", cell="E8"))
    after = table(herd(2, cell="E10"), herd(3, item="sheep", cell="E9"))
    found = changes(before, after)
    assert [(c.kind, c.cell, c.old, c.new) for c in found] == [
        ("removed", "E8", "1", ""), ("added", "E9", "", "3"), ("added", "E10", "", "2"),
    ]  # fmt: skip
    assert [(c.kind, c.cell) for c in changes(after, before)] == [
        ("added", "E8"), ("removed", "E9"), ("removed", "E10"),
    ]  # fmt: skip


def test_the_line_of_a_text_file_is_its_cell():
    (change,) = changes(records(herd(1, cell="")), records(herd(2, cell="")))
    assert change.cell == "L2"


def test_as_a_table():
    frame = as_frame(changes(table(herd(1)), table(herd(2))))
    assert frame.columns.tolist() == list(Change._fields)
    assert frame.loc[0, "new"] == "2"
    assert as_frame(()).columns.tolist() == list(Change._fields)


def test_every_difference_of_many_records_is_found():
    size = 2000
    rng = np.random.default_rng(7)
    rows = [herd(float(number), technology=f"t{number}") for number in range(size)]
    moved = set(rng.choice(size, 50, replace=False).tolist())
    later = [{**row, "value": row["value"] + (number in moved)} for number, row in enumerate(rows)]
    found = changes(table(*rows), table(*later[:-1]))
    gone = {size - 1}
    assert {c.technology for c in found if c.kind == "changed"} == {f"t{n}" for n in moved - gone}
    assert [c.technology for c in found if c.kind == "removed"] == [f"t{size - 1}"]
