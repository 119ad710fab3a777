"""Whatever a file holds: no exception, and every record ends in a row or a finding."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ghg_inventory.activity import Context, read
from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.paths import examples_folder

CONTEXT = Context(AreaTree.registry(), CategoryTree.load(), Fuels.load())
HEADER = [
    "area_code",
    "year",
    "category",
    "variable",
    "item",
    "technology",
    "value",
    "unit",
    "notation",
    "source",
    "note",
]
CELLS = {
    "area_code": ["510700", "510724", "999999", ""],
    "year": ["2021", "2010", "99", ""],
    "category": ["1.1.2", "1.1.4", "9.9", ""],
    "variable": ["fuel", "population", "fule", ""],
    "item": ["raw_coal", "原煤", "rawcoal", ""],
    "technology": ["", "current"],
    "value": ["1", "2.5", "1,000", "１２", "", "x", "-3", "1e400", "=1+1"],
    "unit": ["万吨", "人", "kg/xx", ""],
    "notation": ["", "NO", "no"],
    "source": ["", "统计年鉴"],
    "note": ["", "=cmd", "因停产"],
}
LINE = st.tuples(*(st.sampled_from(CELLS[name]) for name in HEADER))
SETTINGS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
JUNK = st.one_of(
    st.text(max_size=12), st.sampled_from(["", "-1", "1e5", "…", "NO", "=A1", "原煤", "万吨", "2.工业"])
)


def write(path: Path, rows: list[list[str]]) -> Path:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


@SETTINGS
@given(st.lists(LINE, min_size=1, max_size=15))
def test_every_line_of_a_long_table_is_used_or_named(tmp_path, lines):
    filled = [line for line in lines if any(line)]
    activity, findings = read(write(tmp_path / "a.csv", [HEADER, *map(list, lines)]), CONTEXT)
    assert len(activity) <= len(filled)
    if len(activity) < len(filled):
        assert any(f.severity in ("error", "warning") for f in findings)
    if not any(f.severity == "error" for f in findings) and not any(
        f.name == "duplicate-equal" for f in findings
    ):
        assert len(activity) == len(filled)
    assert all(f.place.file == "a.csv" for f in findings if f.name != "more-of-these")
    assert all("{" not in f.line(lang) for f in findings for lang in ("zh", "en"))


@pytest.fixture(scope="module")
def balance_rows() -> list[list[str]]:
    path = examples_folder() / "sichuan/input_csv/energy_balance_2012.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


@SETTINGS
@given(st.lists(st.tuples(st.integers(0, 36), st.integers(0, 29), JUNK), min_size=1, max_size=6))
def test_a_form_with_junk_in_it_never_raises(tmp_path, balance_rows, changes):
    table = [list(row) for row in balance_rows]
    for row, column, text in changes:
        table[row][column] = text.replace("\x00", "")
    path = write(tmp_path / "form.csv", table)
    activity, findings = read(path, CONTEXT)
    assert len(activity) <= 30 * 29
    if not len(activity):
        assert any(f.severity == "error" for f in findings)
    assert all(f.text("zh") and f.text("en") for f in findings)


@SETTINGS
@given(st.binary(max_size=300), st.sampled_from([".csv", ".xlsx"]))
def test_bytes_never_raise(tmp_path, data, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data)
    activity, findings = read(path, CONTEXT)
    assert len(activity) == 0
    assert any(f.severity == "error" for f in findings)
