"""The category tree: numbering, what adds up, the GPC forest, the mapping, suggestions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghg_inventory.codes import Category, CategoryTree, Gases

TREE = CategoryTree.load()


def category(code: str, parent: str, in_total: str = "yes") -> Category:
    return Category(code, parent, len(code.split(".")), code, code, "leaf", "provincial", in_total=in_total)


def test_the_shipped_tree_holds_169_provincial_categories_and_54_gpc_references():
    forests = [TREE.category(code).forest for code in TREE.codes]
    references = [row for row in map(TREE.category, TREE.codes) if (row.forest, row.role) == ("gpc", "leaf")]
    assert forests.count("provincial") == 169
    assert len(references) == 54


def test_roots_come_in_reporting_order():
    assert TREE.roots == ("1", "X", "2", "3", "4", "5", "M", "I", "II", "III", "IV", "V", "VI")


def test_siblings_keep_the_order_of_the_guide_not_of_the_alphabet():
    assert TREE.children("2")[:3] == ("2.1", "2.2", "2.3")
    assert TREE.index["2.10"] > TREE.index["2.9"]


def test_ancestors_path_and_chain():
    assert TREE.ancestors("1.1.2.10") == ("1.1.2", "1.1", "1")
    assert TREE.chain("1.1") == ("1.1", "1")
    assert TREE.path("I.4.4") == ("I", "I.4", "I.4.4")
    assert TREE.parent("X.1") == "X"


def test_is_ancestor_follows_the_tree_not_the_spelling():
    assert TREE.is_ancestor("1.1", "1.1.2.1")
    assert TREE.is_ancestor("1.1", "1.1")
    assert not TREE.is_ancestor("2.1", "2.10")
    assert not TREE.is_ancestor("I", "II.1.1")


def test_descendants_are_one_range_for_every_category():
    for code in TREE.codes:
        expected = {other for other in TREE.codes if code in TREE.chain(other)}
        assert set(TREE.descendants(code)) == expected


def test_public_institutions_are_inside_services_and_never_added():
    assert TREE.category("1.1.4.1").in_total == "of-which"
    assert not TREE.adds_to_parent("1.1.4.1")
    assert TREE.is_leaf("1.1.4")


def test_memo_items_never_add_up_and_land_use_stays_outside_the_total():
    assert not any(TREE.adds_to_parent(code) for code in TREE.descendants("M"))
    assert not TREE.in_total("M.4")
    assert not TREE.in_total("4")
    assert TREE.adds_to_parent("4.1")
    assert not TREE.in_total("X.1.1")
    assert TREE.in_total("1.1.4")


def test_gpc_totals_are_basic_plus_totals():
    outside = [c for c in TREE.codes if TREE.category(c).forest == "gpc" and not TREE.adds_to_parent(c)]
    assert outside == ["I.4.4", "III.1.3", "III.2.3", "III.3.3", "III.4.3", "VI.1"]
    assert TREE.category("I.4.4").flags == ("territorial",)
    assert TREE.category("I.1.3").gpc_scope == "3"


def test_gpc_flag_counts_agree_with_the_reference_table():
    flags = [flag for code in TREE.codes for flag in TREE.category(code).flags]
    assert {flag: flags.count(flag) for flag in sorted(set(flags))} == {
        "basic": 32, "basic_plus": 48, "other_scope3": 1, "territorial": 27,
    }  # fmt: skip


def test_every_gas_named_is_a_gas_or_a_family():
    families = {"HFCs": "HFC", "PFCs": "PFC"}
    for code in TREE.codes:
        for gas in TREE.category(code).gases:
            assert gas in Gases.load() or Gases.load().family(families[gas])


def test_the_mapping_covers_every_provincial_category_in_each_scheme():
    provincial = [c for c in TREE.codes if TREE.category(c).forest == "provincial"]
    for scheme in ("ipcc2006", "crt", "gpc"):
        assert [c for c in provincial if not TREE.counterparts(c, scheme)] == []


def test_no_counterpart_is_said_and_not_left_blank():
    (line,) = TREE.counterparts("X.1", "ipcc2006")
    assert (line.target, line.cardinality) == ("", "none")
    assert line.note


def test_every_gpc_counterpart_is_in_the_gpc_forest():
    targets = {line.target for line in TREE.mapping if line.scheme == "gpc" and line.target}
    assert [target for target in targets if target not in TREE] == []


def test_cardinality_says_how_many_share_a_target():
    for line in TREE.mapping:
        ours = len(TREE.counterparts(line.code, line.scheme))
        expected = {"none": 1, "1:1": 1, "n:1": 1}.get(line.cardinality)
        assert expected == ours or (expected is None and ours > 1)


def test_nothing_is_marked_as_the_2025_guide():
    assert not any("2025" in TREE.category(code).guide2011 for code in TREE.codes)


def test_find_accepts_full_width_and_unique_names_and_refuses_shared_ones():
    assert TREE.find("１.１") == "1.1"
    assert TREE.find("x.1") == "X.1"
    assert TREE.find("水泥生产") == "2.1"
    assert TREE.find("奶牛") is None


def test_suggest_goes_up_from_a_code_that_is_too_deep():
    assert TREE.suggest("1.1.2.99")[0] == "1.1.2"
    assert "2.1" in TREE.suggest("水泥")
    assert TREE.suggest("") == ()


@pytest.mark.parametrize("rows", [
    [("A", "B")], [("A", ""), ("A", "")], [("A", "B"), ("B", "A")],
], ids=["unknown parent", "twice", "circle"])  # fmt: skip
def test_wrong_lists_are_refused(rows):
    with pytest.raises(ValueError, match=r"category|unknown"):
        CategoryTree(category(code, parent) for code, parent in rows)


@given(st.lists(st.integers(min_value=-1, max_value=30), min_size=1, max_size=30), st.randoms())
def test_ranges_equal_recursive_descendants_for_random_forests(parents, random):
    rows = [category(f"c{i}", f"c{p}" if 0 <= p < i else "") for i, p in enumerate(parents)]
    random.shuffle(rows)
    tree = CategoryTree(rows)

    def below(code: str) -> set[str]:
        return {code}.union(*(below(row.code) for row in rows if row.parent == code), set())

    for code in tree.codes:
        assert set(tree.descendants(code)) == below(code)
    assert np.all(tree.parent_index < np.arange(len(tree)))
