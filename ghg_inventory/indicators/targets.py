"""Targets of a plan against a compiled inventory: latest figure, distance, even schedule, a word on where it stands.

targets.csv is the plan's own table. A target's `indicator` says what is measured:

    co2_t_per_gdp_constant         an indicator (indicators.toml)
    co2e, co2e:1.1, CO2:1.1        a total in t, of the roots that count or of a category
    activity:fuel:raw_coal+anthracite:1.1      the sum of what was reported: variable, items (blank: all), category

Nothing is judged that cannot be computed, and a target "about" a figure gets its distance and no verdict.
"""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ghg_inventory.codes import CategoryTree, Gases
from ghg_inventory.errors import Finding, finding
from ghg_inventory.indicators import definitions
from ghg_inventory.indicators.declines import decline_progress, scheduled_decline
from ghg_inventory.inventory.difference import with_sums
from ghg_inventory.inventory.record_changes import RECORD
from ghg_inventory.methods import covers
from ghg_inventory.tables import Row, parse_number, read_rows, read_toml
from ghg_inventory.units import UnitError, convertible, factor_between, parse_unit

COLUMNS = (
    "id", "name_zh", "name_en", "area_code", "indicator", "kind", "base_year", "year", "value", "unit", "qualifier",
    "source",
)  # fmt: skip
KINDS = ("level_max", "level_min", "decline_from_base")
TRACKED = (
    *COLUMNS[:5], "kind", "base_year", "target_year", "target", "unit", "qualifier", "source", "profile", "data_year",
    "value", "distance", "schedule", "progress_pct", "status",
)  # fmt: skip

# -- the table ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measure:
    """What a target measures. id: of an indicator, "co2e", a gas, or "activity"; category, items: "" or () for all."""

    id: str
    category: str = ""
    variable: str = ""
    items: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """The unit of the figures; "" of an activity, which has its own."""
        known = {one.id: one.unit for one in definitions()}
        return known.get(self.id) or (
            "" if self.id == "activity" else "t CO2e" if self.id == "co2e" else f"t {self.id}"
        )


@dataclass(frozen=True, slots=True)
class Target:
    """A row of targets.csv. value in `unit` ("%" for a decline); base_year 0 where the kind has none."""

    id: str
    name_zh: str
    name_en: str
    area_code: str
    measure: Measure
    indicator: str
    kind: str
    base_year: int
    year: int
    value: float
    unit: str
    qualifier: str
    source: str

    @property
    def is_judged(self) -> bool:
        """False for a target "about" or "striving for" a figure."""
        return not any(word in self.qualifier for word in _words()["no_verdict"])


@cache
def _words() -> dict[str, Any]:
    return read_toml(Path(__file__).parent / "targets.toml")


def status_word(status: str, lang: str) -> str:
    """A status of `track` in words."""
    zh, en = _words()["status"][status]
    return str(zh if lang == "zh" else en)


def load_targets(path: Path, areas: Container[str]) -> tuple[tuple[Target, ...], tuple[Finding, ...]]:
    """The targets of a file and what is wrong with its rows; a wrong row gives no target. areas: known codes."""
    rows, findings = read_rows(path, COLUMNS)
    targets: dict[str, Target] = {}
    for row in rows:
        target, wrong = _target(row, areas)
        if row["id"] in targets:
            wrong = [finding("target-twice", row.place, id=row["id"])]
        findings += wrong
        if target is not None and not wrong:
            targets[target.id] = target
    return tuple(targets.values()), tuple(findings)


def _target(row: Row, areas: Container[str]) -> tuple[Target | None, list[Finding]]:
    place, wrong = row.place, []
    blank = [name for name in ("id", "name_zh", "name_en", "area_code", "source") if not row[name]]
    wrong += [finding("target-blank", place, column=name) for name in blank]
    if row["area_code"] and row["area_code"] not in areas:
        wrong.append(finding("target-area", place, code=row["area_code"]))
    if row["kind"] not in KINDS:
        wrong.append(finding("target-kind", place, kind=row["kind"], known=", ".join(KINDS)))
    years = {name: _year(row[name]) for name in ("base_year", "year")}
    is_decline = row["kind"] == "decline_from_base"
    if years["year"] is None or (is_decline and (years["base_year"] or 9999) >= years["year"]):
        name = "base_year" if years["year"] is not None else "year"
        wrong.append(finding("target-year", place, column=name, text=row[name] or "–"))
    value, _ = parse_number(row["value"])
    if value is None or (is_decline and not 0 < value < 100):
        wrong.append(finding("target-value", place, text=row["value"] or "–"))
    measure = parse_measure(row["indicator"])
    if measure is None:
        known = ", ".join([*(one.id for one in definitions()), "co2e", "CO2:1.1"])
        wrong.append(finding("target-indicator", place, text=row["indicator"], known=known))
    else:
        wrong += _unit_findings(row, measure)
    if wrong or measure is None or value is None:
        return None, wrong
    said = {name: row[name] for name in COLUMNS if name not in ("base_year", "year", "value")}
    return Target(
        **said, measure=measure, base_year=years["base_year"] or 0, year=years["year"] or 0, value=value
    ), []


def _year(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) == 4 else None


def _unit_findings(row: Row, measure: Measure) -> list[Finding]:
    expected = "%" if row["kind"] == "decline_from_base" else measure.unit
    if _fits(row["unit"], expected):
        return []
    return [finding("target-unit", row.place, unit=row["unit"], expected=expected or "万吨")]


def _fits(unit: str, expected: str) -> bool:
    """Whether figures in `expected` ("" for any unit) can be stated in `unit`; per cent is per cent only."""
    if expected == "%":
        return unit == "%"
    try:
        return not expected or convertible(parse_unit(expected), parse_unit(unit))
    except UnitError:
        return False


def parse_measure(text: str) -> Measure | None:
    """What an `indicator` cell measures, None when it says nothing we know."""
    name, *rest = text.split(":")
    if name in {one.id for one in definitions()}:
        return None if rest else Measure(name)
    tree = CategoryTree.load()
    if name == "activity" and len(rest) == 3 and rest[0]:
        items = tuple(part for part in rest[1].split("+") if part)
        return Measure(name, rest[2], rest[0], items) if not rest[2] or rest[2] in tree else None
    if name == "co2e" or name in Gases.load():
        category = rest[0] if rest else ""
        return Measure(name, category) if len(rest) < 2 and (not category or category in tree) else None
    return None


# -- where each stands --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Results:
    """The tables of a compiled result that targets are read from; profile: the one that counts.

    indicators, totals, ledger: see indicators.COLUMNS, Inventory.totals(), inventory/ledger.py. inside: the codes
    whose records add up to an area, by area.
    """

    profile: str
    indicators: pd.DataFrame
    totals: pd.DataFrame
    ledger: pd.DataFrame
    inside: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Figure:
    """A figure of one year, in the unit of its measure or its own, with the price base where it has one."""

    value: float
    unit: str
    price: str = ""


Series = dict[int, _Figure]


def track(targets: Sequence[Target], results: Results) -> pd.DataFrame:
    """One row per target: TRACKED.

    data_year: the last year with a figure up to the target's. value: the level in the target's unit, or the decline
    since the base year in %. distance: value − target. schedule: the decline in % that an even annual rate
    would have reached by then. progress_pct: of the decline, by logarithms. status: see targets.toml.
    """
    sums = with_sums(results.totals[results.totals["profile"] == results.profile], CategoryTree.load())
    rows = [_tracked(target, _series(target, results, sums), results.profile) for target in targets]
    return pd.DataFrame(rows, columns=list(TRACKED)).astype({"data_year": np.int64})


def _tracked(target: Target, series: Series, profile: str) -> dict[str, Any]:
    year = max((y for y in series if y <= target.year), default=0)
    row = {
        "id": target.id, "name_zh": target.name_zh, "name_en": target.name_en, "area_code": target.area_code,
        "indicator": target.indicator, "kind": target.kind, "base_year": target.base_year,
        "target_year": target.year, "target": target.value, "unit": target.unit, "qualifier": target.qualifier,
        "source": target.source, "profile": profile, "data_year": year, "value": math.nan, "distance": math.nan,
        "schedule": math.nan, "progress_pct": math.nan, "status": "no_data",
    }  # fmt: skip
    if not year:
        return row
    judged = _decline(target, series, year) if target.base_year else _level(target, series[year], year)
    return {**row, **judged}


def _level(target: Target, figure: _Figure, year: int) -> dict[str, Any]:
    try:
        value = figure.value * factor_between(parse_unit(figure.unit), parse_unit(target.unit))
    except UnitError:
        return {"status": "unit"}
    is_max = target.kind == "level_max"
    good = value <= target.value if is_max else value >= target.value
    words = (
        ("met", "missed") if year == target.year else ("within", "above") if is_max else ("reached", "below")
    )
    status = words[0 if good else 1] if target.is_judged else "no_verdict"
    return {"value": value, "distance": value - target.value, "status": status}


def _decline(target: Target, series: Series, year: int) -> dict[str, Any]:
    base = series.get(target.base_year)
    if base is None or not base.value:
        return {"status": "no_base"}
    if base.price != series[year].price:
        return {"status": "price_bases"}
    total, years = target.value / 100, target.year - target.base_year
    done = 1.0 - series[year].value / base.value
    schedule = scheduled_decline(total, years, year - target.base_year)
    last = year == target.year
    good = done >= (total if last else schedule)
    words = ("met", "missed") if last else ("ahead", "behind")
    return {
        "value": 100 * done, "distance": 100 * done - target.value, "schedule": 100 * schedule,
        "progress_pct": 100 * decline_progress(total, done) if done < 1 else math.inf,
        "status": words[0 if good else 1] if target.is_judged else "no_verdict",
    }  # fmt: skip


def _series(target: Target, results: Results, sums: pd.DataFrame) -> Series:
    measure = target.measure
    if measure.id == "activity":
        return _activity(target, results)
    if measure.id in {one.id for one in definitions()}:
        return _of_indicator(target, results)
    mine = sums[(sums["area_code"] == target.area_code) & (sums["category"] == measure.category)]
    mine = mine[mine["gas"] == ("" if measure.id == "co2e" else measure.id)]
    column = "co2e_t" if measure.id == "co2e" else "mass_t"
    by_year = mine.groupby("year")[column].sum(min_count=1).dropna()
    return {int(year): _Figure(float(value), measure.unit) for year, value in by_year.items()}


def _of_indicator(target: Target, results: Results) -> Series:
    frame = results.indicators
    mine = frame[
        (frame["profile"] == results.profile)
        & (frame["area_code"].astype(str) == target.area_code)
        & (frame["id"] == target.measure.id)
        & frame["value"].notna()
    ]
    return {
        int(r.year): _Figure(
            float(r.value), str(r.unit), r.price_base if isinstance(r.price_base, str) else ""
        )
        for r in mine.itertuples()
    }


def _activity(target: Target, results: Results) -> Series:
    """Sums of reported amounts of the area and all in it, each record once, in the target's unit.

    A year in which a record cannot be put into that unit has no figure: a part is not given as the whole.
    """
    frame, measure = results.ledger, target.measure
    mine = frame[
        (frame["profile"] == results.profile)
        & frame["area_code"].isin(results.inside.get(target.area_code, ()))
        & (frame["variable"] == measure.variable)
        & (frame["use"] == "")
        & frame["activity_value"].notna()
    ]
    if measure.items:
        mine = mine[mine["item"].isin(measure.items)]
    mine = mine[[covers(measure.category, code) for code in mine["activity_category"]]]
    mine = mine.drop_duplicates([name for name in RECORD if name in mine.columns])
    factors = {unit: _factor(unit, target.unit) for unit in mine["activity_unit"].unique()}
    amounts = mine["activity_value"] * mine["activity_unit"].map(factors).astype(np.float64)
    sums = amounts.groupby(mine["year"]).agg(lambda values: values.sum(skipna=False))
    return {int(y): _Figure(float(v), target.unit) for y, v in sums.items() if not np.isnan(v)}


def _factor(unit: str, wanted: str) -> float:
    try:
        return factor_between(parse_unit(unit), parse_unit(wanted))
    except UnitError:
        return math.nan
