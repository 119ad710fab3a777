"""The area tree: numbering, validity, history, the shipped register."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghg_inventory.areas import Area, AreaTree, Event, History

REGISTRY = AreaTree.registry()
MIANYANG = ("510703", "510704", "510705", "510722", "510723", "510725", "510726", "510727", "510781")


def test_the_register_hangs_under_one_root():
    assert REGISTRY.roots == ("CN",)
    assert REGISTRY.chain("510704") == ("510704", "510700", "510000", "CN")
    assert REGISTRY.depth[REGISTRY.index("510704")] == 3
    assert REGISTRY.parent("CN") == ""


def test_counties_of_mianyang_by_year():
    assert REGISTRY.children("510700", 2020) == MIANYANG
    assert "510724" in REGISTRY.children("510700", 2015)
    assert "510705" not in REGISTRY.children("510700", 2015)


def test_every_registered_code_has_one_node_and_lies_within_its_parents_years():
    assert len(set(REGISTRY.codes)) == len(REGISTRY)
    for number, area in enumerate(REGISTRY.areas):
        above = int(REGISTRY.parent_index[number])
        for year in range(max(area.valid_from, 1981), min(area.valid_to, 2026) + 1):
            assert above < 0 or REGISTRY.is_valid(REGISTRY.codes[above], year)


def test_the_number_of_areas_valid_in_2024():
    levels = [a.level for a in map(REGISTRY.area, REGISTRY.codes) if REGISTRY.is_valid(a.code, 2024)]
    counted = {level: levels.count(level) for level in sorted(set(levels))}
    assert counted == {"country": 1, "county": 2846, "prefecture": 333, "province": 34}


def test_an_county_was_valid_until_2015_and_anzhou_follows():
    assert REGISTRY.is_valid("510724", 2015)
    assert not REGISTRY.is_valid("510724", 2016)
    assert REGISTRY.successor("510724", 2020) == ("510705", "安州区", 2016)
    problem = REGISTRY.validate("510724", 2020)
    assert problem is not None
    assert problem.name == "area-abolished"
    assert "510724 安县" in problem.text("zh")
    assert "2015" in problem.text("en")
    assert "510705 安州区" in problem.text("en")


def test_a_valid_code_has_no_finding():
    assert REGISTRY.validate("510705", 2016) is None


def test_a_code_before_its_time_and_an_unknown_code():
    early = REGISTRY.validate("510705", 2010)
    unknown = REGISTRY.validate("51070", 2020)
    assert early is not None
    assert (early.name, dict(early.values)["since"]) == ("area-not-yet", "2016")
    assert unknown is not None
    assert unknown.name == "area-code-unknown"
    assert "510700 绵阳市" in unknown.text("zh")


def test_a_split_area_names_all_heirs_and_has_no_single_successor():
    assert [s[0] for s in REGISTRY.successors("510702", 2020)] == ["510703", "510704"]
    assert REGISTRY.successor("510702", 2020) is None


def test_a_chain_of_successors_is_followed_to_the_year_asked():
    assert REGISTRY.successor("512823", 2000) == ("510724", "安县", 1985)
    assert REGISTRY.successor("512823", 2020) == ("510705", "安州区", 2016)


def test_part_of_an_county_moved_to_beichuan_in_2009():
    (event,) = REGISTRY.boundary_changes("510726")
    assert (event.year, event.kind, event.from_code, event.to_code) == (2009, "boundary", "510724", "510726")
    assert REGISTRY.is_valid("510724", 2010)


def test_a_code_keeps_its_node_when_its_name_changes():
    assert REGISTRY.name("510726", "zh", 2002) == "北川县"
    assert REGISTRY.name("510726", "zh", 2003) == "北川羌族自治县"
    assert REGISTRY.index("510726", 2002) == REGISTRY.index("510726", 2003)


def test_english_names_exist_only_where_established():
    assert REGISTRY.name("510700", "en") == "Mianyang"
    assert REGISTRY.name("510726", "en") == "Beichuan Qiang Autonomous County"
    assert REGISTRY.name("110101", "en") == "东城区"
    assert REGISTRY.name("nowhere", "en") == "nowhere"


def test_every_event_leads_to_a_code_that_is_valid_in_its_year():
    for code in REGISTRY.codes:
        for event in REGISTRY.history.events(code):
            assert event.kind in ("replaced", "merged", "split", "renamed", "boundary")
            assert event.kind == "boundary" or REGISTRY.is_valid(event.to_code, event.year), event


def test_names_are_not_keys():
    assert len(REGISTRY.find("市中区", 2020)) > 1
    assert REGISTRY.find("绵阳市", 2020) == ("510700",)
    assert REGISTRY.find("Ｍianyang") == ("510700",)
    assert REGISTRY.suggest("绵洋市")[0] == "510700"
    assert REGISTRY.suggest("") == ()


def test_subtree_keeps_what_lies_above_and_below():
    tree = REGISTRY.subtree(["510700"])
    assert tree.roots == ("CN",)
    assert tree.children("510000") == ("510700",)
    assert tree.children("510700", 2020) == MIANYANG
    assert tree.successor("510724", 2020) == ("510705", "安州区", 2016)
    assert REGISTRY.subtree(["510700"], above=False).roots == ("510700",)
    assert REGISTRY.subtree(["510704"], below=False).codes == ("CN", "510000", "510700", "510704")


def test_an_unknown_code_is_a_key_error():
    with pytest.raises(KeyError):
        REGISTRY.index("999999")
    with pytest.raises(KeyError):
        REGISTRY.subtree(["999999"])


def test_overlays_are_in_the_tree_but_never_added():
    tree = AreaTree.from_rows([
        Area("C"), Area("C1", parent="C"), Area("Z", parent="C", kind="overlay"), Area("Z1", parent="Z"),
    ])  # fmt: skip
    assert not tree.adds_to_parent("Z")
    assert tree.at_or_below("C") == ("C", "C1")
    assert tree.at_or_below("Z") == ("Z", "Z1")
    assert tree.descendants("C") == ("C", "C1", "Z", "Z1")


def moved_tree() -> AreaTree:
    return AreaTree.from_rows([
        Area("A"), Area("B"), Area("town", 0, 2009, "A"), Area("town", 2010, 9999, "B"),
        Area("village", parent="town"),
    ])  # fmt: skip


def test_an_area_that_moved_has_a_node_per_parent_with_its_own_years():
    tree = moved_tree()
    assert len(tree.nodes("town")) == len(tree.nodes("village")) == 2
    assert tree.chain("village", 2005) == ("village", "town", "A")
    assert tree.chain("village", 2015) == ("village", "town", "B")
    assert tree.parent("town") == "B"
    assert tree.index("village", 2005) != tree.index("village", 2015)
    assert tree.is_ancestor("A", "village")


@pytest.mark.parametrize(("rows", "words"), [
    ([Area("A", parent="B")], "unknown parents: B"),
    ([Area("A", parent="B"), Area("B", parent="A")], "circle of parents: A, B"),
    ([Area("A", 2000, 2010), Area("A", 2010, 2020)], "A is given twice for 2010"),
], ids=["unknown parent", "circle", "overlap"])  # fmt: skip
def test_wrong_rows_are_refused(rows, words):
    with pytest.raises(ValueError, match=words):
        AreaTree.from_rows(rows)


def test_a_circle_in_some_years_is_refused():
    with pytest.raises(ValueError, match="circle of parents: A, B"):
        AreaTree.from_rows([Area("A", 0, 1999), Area("A", 2000, 9999, "B"), Area("B", parent="A")])


def test_histories_with_circles_do_not_hang():
    history = History([Event(2000, "replaced", "A", "B"), Event(2001, "replaced", "B", "A")])
    assert history.heirs("A", 2020, lambda code, year: False) == ()


def test_the_register_is_read_quickly_and_without_its_history():
    code = (
        "import time, numpy, ghg_inventory.areas.tree as t; start = time.process_time();"
        "t.AreaTree.registry(); print(time.process_time() - start);"
        "print(t.registry_history.cache_info().currsize)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    seconds, histories = out.split()
    assert float(seconds) < 0.3  # 0.04 s when the machine is idle
    assert histories == "0"


@st.composite
def forests(draw):
    parents = draw(st.lists(st.integers(-1, 40), min_size=1, max_size=40))
    return [Area(f"c{i:02}", parent=f"c{p:02}" if 0 <= p < i else "") for i, p in enumerate(parents)]


@given(forests(), st.randoms())
def test_ranges_equal_recursive_descendants(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    tree = AreaTree.from_rows(shuffled)

    def below(code: str) -> set[str]:
        return {code}.union(*(below(row.code) for row in rows if row.parent == code), set())

    for number, code in enumerate(tree.codes):
        assert set(tree.codes[number : int(tree.last_descendant[number]) + 1]) == below(code)
    assert np.all(tree.parent_index < np.arange(len(tree)))
    assert tree.codes == AreaTree.from_rows(rows).codes


@st.composite
def moving(draw):
    """A country, provinces, and towns that change province at random years without gaps."""
    provinces = ["P0", "P1", "P2"]
    rows = [Area("R"), *(Area(p, parent="R") for p in provinces)]
    for town in range(draw(st.integers(1, 5))):
        cuts = sorted(draw(st.sets(st.integers(1980, 2030), max_size=4)))
        for first, last in zip([0, *cuts], [*(c - 1 for c in cuts), 9999], strict=True):
            rows.append(Area(f"T{town}", first, last, draw(st.sampled_from(provinces))))
    return rows


@given(moving(), st.integers(1975, 2035))
def test_validity_partitions_the_years(rows, year):
    tree = AreaTree.from_rows(rows)
    for row in rows:
        assert tree.is_valid(row.code, year)
        assert len([p for p in tree.periods(row.code) if p.valid_from <= year <= p.valid_to]) == 1
    truth = {row.code: row.parent for row in rows if row.valid_from <= year <= row.valid_to}
    for code, parent in truth.items():
        assert tree.parent(code, year) == parent
    for province in ("P0", "P1", "P2"):
        expected = {code for code, parent in truth.items() if parent == province}
        assert set(tree.children(province, year)) == expected


@settings(max_examples=30)
@given(st.text(max_size=20))
def test_looking_up_any_text_never_fails(text):
    assert isinstance(REGISTRY.suggest(text), tuple)
    assert REGISTRY.find(text) == () or text.strip()
