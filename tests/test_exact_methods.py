"""All sectors against an exact recomputation by other code: the pilot city, and one record for every method."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from pathlib import Path

import exact
import exact_methods as em
import pandas as pd
import published
import pytest
from conftest import EXAMPLES, records

from ghg_inventory.inventory import compile_inventory, ledger

TOLERANCE = Fraction(1, 10**12)
PROFILES = ("cn2011", "ipcc2006")
PLACE, COUNTRYSIDE = "510704", "510000"
EMITTING = ("", "feedstock", "transfer")


def far(got: float, wanted: Fraction, scale: Fraction | None = None) -> Fraction:
    """Relative difference; absolute where nothing is expected. scale: of a sum, the sum of the sizes."""
    return abs(Fraction(got) - wanted) / (scale or abs(wanted) or 1)


def key_of(record: em.Record, gas: str, category: str) -> tuple[object, ...]:
    """What tells a ledger line from all others."""
    place = record.flow or record.place
    return (place, record.area, record.year, record.category, record.variable, record.item, record.technology,
            gas, category)  # fmt: skip


def rows_of(frame: pd.DataFrame) -> dict[tuple[object, ...], object]:
    """Ledger rows that a method gave, by the same key."""
    out = {}
    for row in frame[frame["method"].isin(list(em.entries("method")))].itertuples():
        model = row.flow if row.flow.startswith("model:") else ""
        place = model or f"{Path(row.source_file).name}:{row.source_line}"
        key = (place, row.area_code, row.year, row.activity_category, row.variable, row.item, row.technology,
               row.gas, row.category)  # fmt: skip
        assert key not in out, key
        out[key] = row
    return out


def compare(frame: pd.DataFrame, lines: Iterable[em.Line]) -> int:
    """Same lines, same methods, same factors, same tonnes to twelve digits; gives how many have tonnes."""
    got, wanted = rows_of(frame), {key_of(x.record, x.gas, x.category): x for x in lines}
    assert got.keys() - wanted.keys() == set()
    assert wanted.keys() - got.keys() == set()
    counted = 0
    for key, line in wanted.items():
        row = got[key]
        assert row.method == line.method, key
        if line.mass is None:
            assert pd.isna(row.mass_t), key
            assert row.notation == "NE", key
            continue
        assert far(row.mass_t, line.mass) <= TOLERANCE, key
        if line.factors:
            ids = row.factor_ids.replace("measured:input/", "measured:").split(";")
            assert ids == list(line.factors), key
        counted += line.mass != 0
    return counted


# -- the pilot city ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mianyang(tmp_path_factory: pytest.TempPathFactory):
    """The example through the product's own path."""
    folder = tmp_path_factory.mktemp("exact") / "mianyang"
    shutil.copytree(EXAMPLES / "mianyang", folder, ignore=shutil.ignore_patterns("store", "runs", "reports"))
    return folder, published.compile_example(folder)


@pytest.fixture(scope="module")
def recomputed(mianyang) -> dict[str, list[em.Line]]:
    """Profile → every ledger line of every year, exactly."""
    folder, run = mianyang
    out = {}
    for name in PROFILES:
        world, rows = em.read_workspace(folder, name)
        years = run.inventories[name].years
        every = [*rows, *em.derived(world, rows, max(years))]
        out[name] = world.lines([r for r in every if r.year in years and r.use in EMITTING])
    return out


@pytest.mark.parametrize("name", PROFILES)
def test_every_line_of_the_pilot(mianyang, recomputed, name: str) -> None:
    _, run = mianyang
    assert compare(ledger(run.inventories[name]), recomputed[name]) > 20_000


@pytest.mark.parametrize("name", PROFILES)
def test_every_total_of_the_pilot(mianyang, recomputed, name: str) -> None:
    """Rolled up over areas and categories by other code; CO2e with the GWP of the emission's origin."""
    _, run = mianyang
    sums: dict[tuple[object, ...], list[Fraction]] = defaultdict(list)
    for line in recomputed[name]:
        if line.mass is None:
            continue
        held = [a for a in em.areas_above(line.record.area, line.record.year)[:2] if a.startswith("5107")]
        category = line.category
        while category:
            for area in held:
                key = (area, line.record.year, category, line.gas, origin_of(line.method))
                sums[key].append(line.mass)
            category = exact._above(category)
    totals = run.inventories[name].totals()
    got = {(r.area_code, r.year, r.category, r.gas, r.origin): r for r in totals.itertuples()}
    assert got.keys() == sums.keys()
    for key, parts in sums.items():
        wanted, size = exact_sum(parts), exact_sum([abs(part) for part in parts])
        assert far(got[key].mass_t, wanted, size) <= TOLERANCE, key
        weight = gwp_of("ar5", *key[3:])
        assert far(got[key].co2e_t, wanted * weight, size * weight) <= TOLERANCE, key


def exact_sum(parts: list[Fraction]) -> Fraction:
    """Sum to 45 decimals of a tonne: fractions of many digits would never end."""
    scale = 10**45
    return Fraction(sum(part.numerator * scale // part.denominator for part in parts), scale)


def origin_of(method: str) -> str:
    """fossil, biogenic or any."""
    return em.entries("method")[method].get("origin", "any")


@cache
def gwp_of(gwp_set: str, gas: str, origin: str) -> Fraction:
    """Of this origin, else of any."""
    rows = em._read(em.ROOT / "emission_factors" / "gwp.csv")
    held = {r["origin"]: r["value"] for r in rows if (r["gwp_set"], r["gas"]) == (gwp_set, gas)}
    return exact.number(held.get(origin, held.get("any", "")))


# -- one record for every method --------------------------------------------------------------------------


def one_for_each(profile: str) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Records and, for one of two areas, a measured value for each parameter of the method."""
    rows: dict[tuple[str, ...], dict[str, object]] = {}
    measured: dict[tuple[str, ...], dict[str, object]] = {}
    for method in em.profile_parts(profile, "methods"):
        for category in map(leaf, method["categories"]):
            need = next(i for i in method["inputs"].values() if "activity" in i)
            item = item_of(method)
            technology = (method.get("technologies") or [""])[0]
            use = method.get("uses", [""])[0]
            for area in (PLACE, COUNTRYSIDE):
                for year in (2012, 2021):
                    what = {"category": category, "item": item, "technology": technology}
                    row = {**what, "area_code": area, "year": year, "variable": method["variable"], "use": use,
                           "unit": need["unit"], "value": 7.25 * (-1 if use == "feedstock" else 1)}  # fmt: skip
                    rows[area, str(year), *what.values(), method["variable"], use] = row
            for other in method["inputs"].values():
                if "factor" in other and not (other["factor"] == "emission_factor" and method["gas"] == "*"):
                    what = {"category": category, "item": item, "technology": technology}
                    gas = method["gas"] if other["factor"] == "emission_factor" else ""
                    unit, value = measured_value(other)
                    row = {**what, "area_code": PLACE, "year": 2021, "variable": other["factor"], "use": "",
                           "unit": unit, "value": value}  # fmt: skip
                    measured.setdefault((*what.values(), other["factor"], gas), row)
    return list(rows.values()), list(measured.values())


def measured_value(need: dict) -> tuple[str, float]:
    """A unit and a value inside the limits of the parameter, which are in its first unit."""
    table = em.parameters()[need["factor"]]
    own = em.parse_unit(need["unit"]).dimension
    fitting = [u for u in table["units"].split(";") if u and em.parse_unit(u).dimension == own]
    unit = fitting[0] if fitting else need["unit"]
    low = float(table["minimum"] or 0)
    return unit, low + 0.375 * (float(table["maximum"]) - low if table["maximum"] else 1.0)


def leaf(category: str) -> str:
    """The first leaf at or below a category."""
    below = [c for c, row in exact.category_rows().items() if row["parent"] == category]
    return leaf(below[0]) if below else category


def item_of(method: dict) -> str:
    """An item that the method takes."""
    if method.get("items"):
        return method["items"][0]
    if method["gas"] == "item":
        return "SF6"
    kinds = method.get("kinds", ())
    return next((code for code, row in em.items().items() if row["kind"] in kinds), "")


@pytest.mark.parametrize("name", [*PROFILES, "ipcc2019"])
def test_one_record_for_every_method(context_of, gwp, name: str) -> None:
    """Shipped factors in one area, measured values in the other: what is chosen and what comes out."""
    rows, measured = one_for_each(name)
    activity = records(*rows, *measured)
    inventory = compile_inventory(activity, context_of(name), gwp, "ar5")
    world = em.World(name)
    texts = ("category", "item", "technology", "area_code", "unit")
    for line, row in enumerate(measured, start=2 + len(rows)):
        cells = {key: str(row[key]) for key in texts}
        world.own.append(
            em.measured({**cells, "variable": str(row["variable"]), "year": str(row["year"]),
                         "value": repr(row["value"])},
                        "test.csv", line)
        )  # fmt: skip
    own = [
        em.Record(f"test.csv:{line}", str(row["area_code"]), int(str(row["year"])), str(row["category"]),
                  str(row["variable"]), str(row["item"]), str(row["technology"]), str(row["unit"]),
                  exact.number(row["value"]), str(row["use"]))
        for line, row in enumerate(rows, start=2)
    ]  # fmt: skip
    every = [*own, *em.derived(world, own, 2021)]
    frame = ledger(inventory)
    assert compare(frame, world.lines([r for r in every if r.year in (2012, 2021)])) > 300
    used = set(frame["method"])
    unused = [m["id"] for m in em.profile_parts(name, "methods") if m["id"] not in used]
    assert len(unused) < len(em.profile_parts(name, "methods")) / 2, "fallbacks only"
