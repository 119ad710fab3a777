"""Make input/*.csv of the Mianyang pilot from plan/*.csv: the same bytes every time.

python examples/mianyang/make_example.py [folder]

Every number that is not an official statistic is invented (示例数据). The plan says how: a path of the city's
value through 2015, 2020 and 2024, the weights that divide it among the counties, a spread. README.md explains
the columns. The spread is drawn from a seed that is the text of SEED and of the record's key, so that a changed
or added row of the plan leaves all other records as they were.
"""

from __future__ import annotations

import csv
import io
import random
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).parent
SEED = "mianyang-2026"
CITY = "510700"
YEARS = range(2015, 2025)
ANCHORS = (2015, 2020, 2024)
INVENTED = "示例数据 demo"
SUM_OF_REAL = "各县（市、区）之和，出处见各县 / sum of the counties, sources there"
COLUMNS = ("area_code", "year", "category", "variable", "item", "technology", "value", "unit", "notation", "use",
           "source", "note")  # fmt: skip
HEAD = "# 示例数据，不是绵阳市的统计数据；source 列注明出处的除外 / demonstration data, not statistics of Mianyang"

Key = tuple[str, str, str, str, str]
"""category, variable, item, technology, use: what tells two records of an area and a year apart."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a return. value: digits as written, "" where a notation key stands."""

    area: str
    year: int
    key: Key
    value: str
    unit: str
    notation: str = ""
    source: str = INVENTED
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        """In the order of COLUMNS."""
        category, variable, item, technology, use = self.key
        return (self.area, str(self.year), category, variable, item, technology, self.value, self.unit,
                self.notation, use, self.source, self.note)  # fmt: skip


@dataclass(frozen=True, slots=True)
class County:
    """A county. codes: (code, last year of validity), oldest first. file: name in weights.csv and of its file.

    population: people by year, from counties.csv; the years between are interpolated.
    """

    code: str
    name: str
    file: str
    codes: tuple[tuple[str, int], ...]
    population: Mapping[int, float]

    def code_in(self, year: int) -> str:
        """The code that was valid in `year`."""
        return next(code for code, last in self.codes if year <= last)


def main(folder: Path = HERE / "input") -> None:
    """Write every file of the example."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in sorted(files().items()):
        (folder / name).write_bytes(text.encode())


def files() -> dict[str, str]:
    """File name → text."""
    counties = read_counties()
    by_file: dict[str, list[Record]] = defaultdict(list)
    file_of = {code: f"{c.code}_{c.file}.csv" for c in counties for code, _ in c.codes}
    own = list(planned(counties))
    for record in (*own, *society(counties)):
        by_file[file_of.get(record.area, f"{CITY}_mianyang.csv")].append(record)
    by_file[f"{CITY}_power_grid.csv"] = list(electricity_transfers(counties, own))
    by_file[f"{CITY}_history.csv"] = [*past(counties), *composition()]
    return {name: _text(rows) for name, rows in by_file.items()}


def _text(records: Iterable[Record]) -> str:
    """A return as CSV: UTF-8, LF, in the order year, category, variable, item, technology."""
    stream = io.StringIO()
    stream.write(HEAD + "\n")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(r.cells() for r in sorted(records, key=_order))
    return stream.getvalue()


def _order(record: Record) -> tuple[object, ...]:
    category = tuple((len(part), part) for part in record.key[0].split("."))
    return (record.area, record.year, category, record.key[1:])


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a file of plan/."""
    with (HERE / "plan" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def read_counties() -> tuple[County, ...]:
    """plan/counties.csv."""
    return tuple(
        County(r["code"], r["name"], r["file"], (*_old_codes(r["old_codes"]), (r["code"], 9999)),
               {int(k.removeprefix("population_")): float(v) for k, v in r.items() if k.startswith("population_")})
        for r in rows("counties")
    )  # fmt: skip


def _old_codes(text: str) -> list[tuple[str, int]]:
    """ "519002:1994" → [("519002", 1994)]: the code and the last year in which it was valid."""
    return [(code, int(last)) for code, _, last in (part.partition(":") for part in text.split(";") if part)]


# -- the plan -------------------------------------------------------------------------------------------

SECTORS = ("energy", "fugitive", "industry", "agriculture", "land", "waste", "measured")


def planned(counties: Sequence[County]) -> Iterator[Record]:
    """The records of every row of the plan. A row whose weights are "sum" comes after what it sums."""
    weights = read_weights(counties)
    for sector in SECTORS:
        done: list[Record] = []
        for row in rows(sector):
            made = list(_sums(row, done) if row["mode"] == "sum" else _planned(row, counties, weights))
            done += made
            yield from made


def read_weights(counties: Sequence[County]) -> dict[str, dict[str, float]]:
    """Name → county → weight; blank is 0: the county has no part in it."""
    return {r["weights"]: {c.code: float(r[c.file] or 0) for c in counties} for r in rows("weights")}


def _planned(
    row: Mapping[str, str], counties: Sequence[County], weights: Mapping[str, Mapping[str, float]]
) -> Iterator[Record]:
    """mode share: the city's value, divided; times: the value times the weight; same: the value in each county
    of weight; city: one record of the city; absent: one record of the city that there is none of it."""
    key = (row["category"], row["variable"], row["item"], row["technology"], row["use"])
    spread, digits = float(row["spread_pct"] or 0) / 100, int(row["digits"])
    # Not by technology: the price bases of a year, or the ways an animal is kept, move together.
    name = key[:3]
    for year in YEARS:
        if row["mode"] == "absent":
            yield Record(CITY, year, key, "", "", row["elsewhere"], note=row["why_not"])
            continue
        total = path(row, year) * (1 + 0.5 * spread * drawn("city", *name, year))
        if row["mode"] == "city":
            yield Record(CITY, year, key, f"{total:.{digits}f}", row["unit"], note=row["note"])
            continue
        part = weights[row["weights"]]
        whole = sum(part.values()) if row["mode"] == "share" else 1.0
        for county in counties:
            weight = part[county.code]
            if not weight:
                if row["elsewhere"]:
                    yield _without(row, key, county.code_in(year), year)
                continue
            own = 1.0 if row["mode"] == "same" else weight / whole
            value = total * own * (1 + spread * drawn(county.code, *name, year))
            yield Record(
                county.code_in(year), year, key, f"{value:.{digits}f}", row["unit"], note=row["note"]
            )


def _without(row: Mapping[str, str], key: Key, area: str, year: int) -> Record:
    """What a county without the activity states: a notation key, or the 0 that a series over years needs."""
    if row["elsewhere"] == "0":
        return Record(area, year, key, "0", row["unit"], note=row["why_not"])
    return Record(area, year, key, "", "", row["elsewhere"], note=row["why_not"])


def path(row: Mapping[str, str], year: int) -> float:
    """The city's value: a straight line between the anchor years."""
    points = [(anchor, float(row[f"y{anchor}"])) for anchor in ANCHORS]
    return between(points, year)


def between(points: Sequence[tuple[int, float]], year: int) -> float:
    """The straight line through (year, value) points; the last slope goes on beyond the ends."""
    pair = next(((a, b) for a, b in pairwise(points) if year <= b[0]), points[-2:])
    (first, low), (last, high) = pair
    return low + (high - low) * (year - first) / (last - first)


def drawn(*key: object) -> float:
    """A number in [-1, 1] that belongs to this key."""
    return random.Random("|".join(map(str, (SEED, *key)))).uniform(-1, 1)


def _sums(row: Mapping[str, str], done: Sequence[Record]) -> Iterator[Record]:
    """The sum of the records of the variables named in `weights` (joined by "+"), per area and year."""
    key = (row["category"], row["variable"], row["item"], row["technology"], row["use"])
    parts, digits = row["weights"].split("+"), int(row["digits"])
    found: dict[tuple[str, int], float] = defaultdict(float)
    for record in done:
        if record.key[1] in parts and record.value:
            found[record.area, record.year] += float(record.value)
    for (area, year), value in sorted(found.items()):
        yield Record(area, year, key, f"{value:.{digits}f}", row["unit"], note=row["note"])


# -- population, output, area ---------------------------------------------------------------------------


def society(counties: Sequence[County]) -> Iterator[Record]:
    """Socio-economic records of the counties and, as their sums, of the city; official where there is one."""
    official = {(r["area_code"], int(r["year"]), r["variable"], r["technology"]): r for r in rows("official")}
    own = [corrected(r, official) for r in (*_population(counties), *_economy(counties), *_land(counties))]
    yield from own
    # Those who eat protein (5.6) are the residents, stated once more where the method asks for them.
    yield from (
        replace(r, key=("5.6", "protein_population", "", "", "")) for r in own if r.key[1] == "population"
    )
    totals: dict[tuple[int, Key, str], float] = defaultdict(float)
    digits: dict[tuple[str, str], int] = defaultdict(int)
    invented = {r.key[1] for r in own if r.source == INVENTED}
    for record in own:
        totals[record.year, record.key, record.unit] += float(record.value)
        name = (record.key[1], record.unit)
        digits[name] = max(digits[name], len(record.value.partition(".")[2]))
    for (year, key, unit), value in totals.items():
        text = f"{value:.{digits[key[1], unit]}f}"
        source = INVENTED if key[1] in invented else SUM_OF_REAL
        yield corrected(
            Record(CITY, year, key, text, unit, source=source, note="各县（市、区）之和"), official
        )
    if official:
        raise ValueError(f"official values without a record: {sorted(official)}")


def corrected(record: Record, official: dict[tuple[str, int, str, str], dict[str, str]]) -> Record:
    """The same record, with the official value and its source where there is one; takes it from the table."""
    row = official.pop((record.area, record.year, record.key[1], record.key[3]), None)
    if row is None:
        return record
    return Record(record.area, record.year, record.key, row["value"], row["unit"], source=row["source"],
                  note=row["note"])  # fmt: skip


def people(counties: Sequence[County], year: int) -> dict[str, float]:
    """Residents at the end of a year, people by county."""
    return {c.code: between(sorted(c.population.items()), year) for c in counties}


def _population(counties: Sequence[County]) -> Iterator[Record]:
    for year in YEARS:
        before, now = people(counties, year - 1), people(counties, year)
        for county in counties:
            code, mean = county.code_in(year), (before[county.code] + now[county.code]) / 2
            yield Record(code, year, ("", "population", "", "", ""), f"{now[county.code] / 1e4:.4f}", "万人")
            yield Record(code, year, ("", "population_mean", "", "", ""), f"{mean / 1e4:.4f}", "万人")


def _economy(counties: Sequence[County]) -> Iterator[Record]:
    """Value added by sector; GDP is their sum, at current prices and at prices of 2020."""
    weights = read_weights(counties)
    for base in ("current", "constant-2020"):
        gdp: dict[tuple[str, int], float] = defaultdict(float)
        for row in (r for r in rows("society") if r["technology"] == base):
            for record in _planned(row, counties, weights):
                yield record
                if row["variable"] != "industrial_value_added":
                    gdp[record.area, record.year] += float(record.value)
        for (area, year), value in gdp.items():
            yield Record(area, year, ("", "gdp", "", base, ""), f"{value:.2f}", "亿元")


def _land(counties: Sequence[County]) -> Iterator[Record]:
    for row in rows("area"):
        county = next(c for c in counties if c.code == row["code"])
        for year in YEARS:
            key = ("", "area", "", "", "")
            yield Record(
                county.code_in(year),
                year,
                key,
                row["km2"],
                "平方公里",
                source=row["source"],
                note=row["note"],
            )


# -- electricity across the boundaries ------------------------------------------------------------------

LOSSES = 0.05


def electricity_transfers(counties: Sequence[County], own: Sequence[Record]) -> Iterator[Record]:
    """What each county takes from outside the city (X.1.1) and from the other counties (X.1.2, sums to zero).

    A county's net intake is its consumption and losses less the power generated in it; the city's intake is
    the sum of these, divided among the counties that take, by what they take.
    """
    net: dict[tuple[int, str], float] = defaultdict(float)
    now = {code: c.code for c in counties for code, _ in c.codes}
    for record in own:
        if record.key[1:3] == ("fuel", "electricity") and record.key[4] == "energy":
            net[record.year, now[record.area]] += (1 + LOSSES) * float(record.value)
    weights = read_weights(counties)
    for row in rows("generation"):
        for record in _planned(row, counties, weights):
            net[record.year, now[record.area]] -= float(record.value)
    for year in YEARS:
        taken = {c.code: max(net[year, c.code], 0.0) for c in counties}
        whole = sum(net[year, c.code] for c in counties)
        outside = {code: round(whole * amount / sum(taken.values()), 3) for code, amount in taken.items()}
        between_them = _balanced({c.code: net[year, c.code] - outside[c.code] for c in counties})
        for county in counties:
            for category, amounts in (("X.1.1", outside), ("X.1.2", between_them)):
                key = (category, "fuel", "electricity", "", "transfer")
                yield Record(county.code_in(year), year, key, f"{amounts[county.code]:.3f}", "亿千瓦时")


def _balanced(amounts: Mapping[str, float]) -> dict[str, float]:
    """Rounded to three digits; the largest takes what rounding left, so that the sum is zero."""
    thousandths = {code: round(1000 * amount) for code, amount in amounts.items()}
    largest = max(thousandths, key=lambda code: (abs(thousandths[code]), code))
    thousandths[largest] -= sum(thousandths.values())
    return {code: count / 1000 for code, count in thousandths.items()}


# -- years before the inventory --------------------------------------------------------------------------


def past(counties: Sequence[County]) -> Iterator[Record]:
    """Deposits in landfills and gases put into equipment before 2015: people times a rate per 10,000 heads.

    Starts in 1992, the first year in which every county has the territory that it or its successor has today
    (市中区 was divided in that year); the weights are the counties' share of people in towns.
    """
    weights = read_weights(counties)["town"]
    for row in rows("history"):
        key = (row["category"], row["variable"], row["item"], row["technology"], row["use"])
        points = [(int(name[1:]), float(value)) for name, value in row.items() if name[0] == "y"]
        for year in range(points[0][0], YEARS[0]):
            for county in counties:
                heads = between(sorted(county.population.items()), year) / 1e4
                amount = heads * weights[county.code] * between(points, year)
                note = "按人口和人均量回推"
                yield Record(county.code_in(year), year, key, f"{amount:.4f}", row["unit"], note=note)


def composition() -> Iterator[Record]:
    """Shares of the components of municipal waste, all years since 1992; the last row of the plan is the rest."""
    table = rows("waste_share")
    points = {r["item"]: [(int(k[1:]), float(v)) for k, v in r.items() if k[0] == "y" and v] for r in table}
    for year in range(1992, YEARS[-1] + 1):
        thousandths = {item: round(1000 * between(known, year)) for item, known in points.items() if known}
        thousandths[table[-1]["item"]] = 1000 - sum(thousandths.values())
        for item, count in thousandths.items():
            key = ("5", "waste_share", item, "", "")
            yield Record(CITY, year, key, f"{count / 1000:.3f}", "1", note="全市生活垃圾组分调查")


if __name__ == "__main__":
    main(*(Path(p) for p in sys.argv[1:]))
