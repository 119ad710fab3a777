"""Published numbers through import, compile and totals: see docs/validation.md and tests/cases."""

from __future__ import annotations

import doctest

import published
import pytest
from cases import ceads, city, peer, targets
from cases.book import Case, OwnFactor, Record, run
from cases.words import half_step, unit_of


@pytest.mark.parametrize("name", published.FILES)
def test_every_published_number_is_reproduced(name: str) -> None:
    found, _ = published.results(name)
    assert found
    wrong = {r.case.id: (r.got, r.case.expected, r.errors, r.refused) for r in found if not r.agrees}
    assert wrong == {}


@pytest.mark.parametrize(
    ("name", "least"), [("city", 107), ("peer", 71), ("landfill", 648), ("residues", 600)]
)
def test_as_many_cases_as_there_are(name: str, least: int) -> None:
    found, _ = published.results(name)
    assert len(found) >= least
    assert len({r.case.id for r in found}) == len(found)


def test_every_case_is_computed_or_left_out_with_a_reason() -> None:
    for module, key in ((city, "case_id"), (peer, "case_id"), (targets, "id")):
        from cases.book import read_csv

        parts = module.read()
        cases, left = parts[0], parts[-1]
        extra = [c.id.partition(".")[0] for c in parts[1]] if len(parts) == 3 else []
        named = {c.id for c in cases} | {one.id for one in left} | set(extra)
        assert named == {row[key] for row in read_csv(module.FILE)}
        assert all(one.why for one in left)
        assert not [one for one in left if "no line in" in one.why]


def test_a_wrong_published_number_is_not_ours() -> None:
    """Traps: ours is the number of the case's own factors, the published one is another."""
    every = [r for name in published.FILES for r in published.results(name)[0]]
    traps = [r for r in every if r.case.published is not None]
    assert len(traps) >= 11
    for result in traps:
        gas = next(iter(result.case.expected))
        ours = result.got[gas]
        assert ours is not None
        assert result.agrees
        assert abs(ours - result.case.published) > 1e-3 * abs(ours), result.case.id
        assert result.case.why


def test_sichuan_2018_with_the_factors_of_ceads() -> None:
    found, _ = published.results("ceads")
    (result,) = found
    assert result.agrees
    assert result.got["CO2"] == pytest.approx(256.3470056715, rel=1e-12)
    assert not result.errors
    assert len(result.case.records) == 425
    assert {f.item for f in result.case.factors} == {r.item for r in result.case.records}


def test_units_of_official_forms() -> None:
    _, conversions, _ = targets.read()
    assert [c.id for c in conversions] == ["GV09.1", "GV10.1"]
    assert all(c.got == pytest.approx(c.expected, rel=1e-15) for c in conversions)


def test_a_case_that_is_wrong_is_seen() -> None:
    """The runner can say no: another expected number, and a factor that is not taken."""
    record = Record("V.1", "activity", "10", "t", "herd")
    good = OwnFactor("emission_factor", "2", "t/t", "CH4", item="herd")
    other = OwnFactor("emission_factor", "3", "t/t", "CH4", item="flock")
    right = Case("right", "", "generic", "ar5", (record,), (good,), {"CH4": 20.0, "CO2e": 560.0}, "t", "test")
    wrong = Case("wrong", "", "generic", "ar5", (record,), (good,), {"CH4": 20.001}, "t", "test")
    unused = Case("unused", "", "generic", "ar5", (record,), (good, other), {"CH4": 20.0}, "t", "test")
    blank = Case("blank", "", "generic", "ar5", (record,), (), {"CH4": 20.0}, "t", "test")
    assert [r.agrees for r in run([right, wrong, unused, blank])] == [True, False, False, False]


def test_words_of_the_cases() -> None:
    assert half_step("215.11") == 0.005
    assert unit_of("kg CO2/kL (Diesel transport: 38.6 GJ/kL x 69.9 kg/GJ)", "any") == "kg CO2/kL"
    assert unit_of("gallon", "Metropolitan-Council/ghg-cprg@d0163b24") == "gal_us"
    assert unit_of("gallon", "somebody in Britain") == "gallon", "refused by the reader as ambiguous"


def test_the_values_of_ceads_are_not_shipped() -> None:
    shipped = [p for p in (published.ROOT / "emission_factors").rglob("*") if p.is_file()]
    assert not [p for p in shipped if "ceads" in p.read_text(encoding="utf-8").lower()]
    assert ceads.SOURCE


def test_the_examples_in_the_docstrings() -> None:
    from cases import words

    assert doctest.testmod(words).failed == 0
