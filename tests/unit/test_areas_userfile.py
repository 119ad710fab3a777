"""The user's areas.csv: alone, below the register, and what can be wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghg_inventory.areas import AreaTree

DATA = Path(__file__).parent.parent / "data" / "areas"
HEADER = "code,name_zh,name_en,level,parent,valid_from,valid_to,kind\n"
REGISTRY = AreaTree.registry()


def load_text(tmp_path, *lines, registry=REGISTRY):
    path = tmp_path / "areas.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return AreaTree.load(path, registry)


def names(findings):
    return [(f.name, f.place.line) for f in findings]


def test_districts_of_mendoza_stand_alone():
    tree, findings = AreaTree.load(DATA / "mendoza.csv", REGISTRY)
    assert findings == ()
    assert tree.roots == ("AR-M",)
    assert tree.children("AR-M") == ("AR JUN", "AR LHE", "AR RIV")
    assert tree.name("AR JUN", "zh") == "Junín"
    assert tree.is_valid("AR RIV", 1850)


def test_zones_hang_below_the_register():
    tree, findings = AreaTree.load(DATA / "zones.csv", REGISTRY)
    assert findings == ()
    assert tree.chain("510704-01") == ("510704-01", "510704", "510700", "510000", "CN")
    assert not tree.adds_to_parent("510700-KJC")
    assert "510700-KJC" not in tree.at_or_below("510700")
    assert tree.name("510703", "en") == "Fucheng District"
    assert tree.successor("510724", 2020) == ("510705", "安州区", 2016)


def test_a_file_without_optional_columns_is_enough(tmp_path):
    path = tmp_path / "areas.csv"
    path.write_text("code,name_zh,name_en,level,parent\nX,某地,,city,\n", encoding="utf-8")
    tree, findings = AreaTree.load(path)
    assert findings == ()
    assert tree.is_valid("X", 2024)


@pytest.mark.parametrize(("lines", "expected"), [
    (["X,,,,Y,,,"], [("area-parent-unknown", 2)]),
    (["X,,,,X,,,"], [("area-own-parent", 2)]),
    (["X,,,,Y,,,", "Y,,,,X,,,"], [("area-circle", 2), ("area-circle", 3)]),
    (["X,,,,,,1999,", "X,,,,Y,2000,,", "Y,,,,X,,,"], [("area-circle", n) for n in (2, 3, 4)]),
    (["X,,,,,2000,2010,", "X,,,,,2010,,"], [("area-twice", 3)]),
    (["X,,,,,2010,2000,"], [("area-years", 2)]),
    (["X,,,,,20l0,,"], [("area-years", 2)]),
    (["X,,,,,,,zone"], [("area-kind", 2)]),
    ([",某地,,,,,,"], [("area-no-code", 2)]),
    (["Y,,,,,2000,2010,", "X,,,,Y,2000,,"], [("area-parent-years", 3)]),
    (["Y,,,,,1985,,", "X,,,,Y,,1980,"], [("area-parent-years", 3)]),
    (["X,,,,510724,,,"], [("area-parent-years", 2)]),
    (["510703,涪城区,,,510000,,,"], [("area-moved", 2)]),
    (["510703,游仙区,,,510700,,,"], [("area-renamed", 2)]),
])  # fmt: skip
def test_what_is_wrong_is_said_with_file_and_line(tmp_path, lines, expected):
    _, findings = load_text(tmp_path, *lines)
    assert names(findings) == expected
    for finding in findings:
        assert finding.place.file == "areas.csv"
        assert "{" not in finding.text("zh") + finding.text("en")


def test_an_area_with_a_wrong_parent_is_kept_at_the_root(tmp_path):
    tree, _ = load_text(tmp_path, "X,,,,Y,,,", "A,,,,B,,,", "B,,,,A,,,", registry=None)
    assert set(tree.roots) == {"X", "A", "B"}


def test_an_open_area_below_a_parent_with_a_beginning_is_fine(tmp_path):
    _, findings = load_text(tmp_path, "X,某区,,zone,510704,,,")
    assert findings == ()


def test_a_town_that_changed_county_has_two_lines(tmp_path):
    tree, findings = load_text(tmp_path, "T,某镇,,town,510724,,2008,", "T,某镇,,town,510726,2009,,")
    assert findings == ()
    assert tree.parent("T", 2008) == "510724"
    assert tree.parent("T", 2009) == "510726"
    assert len(tree.nodes("T")) == 2


def test_row_order_does_not_matter(tmp_path):
    lines = ["X,,,,510700,,,", "X1,,,,X,,,", "X2,,,,X,,,overlay"]
    forward, _ = load_text(tmp_path, *lines)
    backward, _ = load_text(tmp_path, *reversed(lines))
    assert forward.codes == backward.codes


def test_gb18030_and_a_wrong_header(tmp_path):
    path = tmp_path / "areas.csv"
    path.write_bytes((HEADER + "X,某地,,city,,,,\n").encode("gb18030"))
    tree, findings = AreaTree.load(path)
    assert (tree.name("X"), findings) == ("某地", ())
    path.write_text("code,name\nX,某地\n", encoding="utf-8")
    tree, findings = AreaTree.load(path)
    assert [f.name for f in findings] == ["csv-header"]
    assert len(tree) == 0


cells = st.sampled_from(["A", "B", "C", "510704", "510724", ""])
years = st.sampled_from(["", "1990", "2015", "2016", "19x0"])
lines = st.tuples(cells, cells, years, years, st.sampled_from(["", "overlay", "zone"]))


@settings(max_examples=25, deadline=None)
@given(st.lists(lines, max_size=6))
def test_every_line_ends_in_the_tree_or_in_a_finding(tmp_path_factory, rows):
    text = [f"{code},,,,{parent},{first},{last},{kind}" for code, parent, first, last, kind in rows]
    tree, findings = load_text(tmp_path_factory.mktemp("areas"), *text)
    said = {finding.place.line for finding in findings}
    for number, (code, *_) in enumerate(rows, start=2):
        assert code in tree or number in said or not any((code, *_)), "only a blank line says nothing"
