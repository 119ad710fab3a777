"""The method files recomputed in exact arithmetic by other code than the program's: all sectors, all features.

The TOML and CSV files are read again here, methods are chosen and formulas evaluated by code that shares nothing
with the program but the exact factor of a unit to its base units. Every value goes to base units first, so no
conversion between the units of a formula is needed: 1 t of a gas is 1000 base units.

Covers: fallbacks, technologies, items and kinds, `into`, gas "item" and "*", exclusions, the energy bridge,
measured values, a user's factors, areas below a province, regions, the nearest year, and every array model.
"""

from __future__ import annotations

import ast
import csv
import operator
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Context as DecimalContext
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from exact import number

from ghg_inventory.units import Unit, parse_unit

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "ghg_inventory"
DIGITS = DecimalContext(prec=60)
Row = dict[str, str]
Entry = dict[str, Any]


# -- tables ---------------------------------------------------------------------------------------------


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@cache
def entries(kind: str) -> dict[str, Entry]:
    """[[method]], [[exclusion]] or [[model]] entries of all files by id, in the order of files and entries."""
    out = {}
    for path in sorted((PACKAGE / "methods").glob("*.toml")):
        with path.open("rb") as stream:
            out.update({entry["id"]: entry for entry in tomllib.load(stream).get(kind, ())})
    return out


@cache
def profile_entries(name: str) -> tuple[Entry, ...]:
    """The [[profile]] entries of a profile, the describing one first; before them those of one it extends."""
    parts = []
    for path in sorted((PACKAGE / "methods").glob("*.toml")):
        with path.open("rb") as stream:
            parts += [e for e in tomllib.load(stream).get("profile", ()) if e["id"] == name]
    parts.sort(key=lambda part: "name_zh" not in part)
    base = parts[0].get("extends")
    return (*(profile_entries(base) if base else ()), *parts)


@cache
def profile_parts(name: str, kind: str) -> tuple[Entry, ...]:
    """What a profile lists under "methods", "exclusions" or "models", with what it puts in their place.

    An input of a set that the profile prefers others to has those under "first".
    """
    parts = profile_entries(name)
    own = [part for part in parts if part["id"] == name]
    replaced = {old: new for part in own for old, new in part.get("replaces", {}).items()}
    ids = [replaced.get(one, one) for part in parts for one in part.get(kind, ())]
    prefer = own[0].get("prefer", {})
    return tuple(_preferring(entries(kind.removesuffix("s"))[one], prefer) for one in ids)


def _preferring(entry: Entry, prefer: dict[str, list[str]]) -> Entry:
    inputs = {
        symbol: {**need, "first": tuple(s for own in need.get("sets", ()) for s in prefer.get(own, ()))}
        for symbol, need in entry.get("inputs", {}).items()
    }
    return {**entry, "inputs": inputs}


@cache
def items() -> dict[str, Row]:
    """Fuels and all other items, gases among them."""
    rows = _read(PACKAGE / "codes" / "fuels.csv")
    for path in sorted((PACKAGE / "codes" / "items").glob("*.csv")):
        rows += _read(path)
    out = {row["code"]: row for row in rows}
    for row in _read(PACKAGE / "codes" / "gases.csv"):  # every gas is an item
        out[row["gas"]] = {"code": row["gas"], "kind": "gas", "broader": ""}
    return out


@cache
def parameters() -> dict[str, Row]:
    """The table of parameters: whether a value may be borrowed from a broader item or another year."""
    paths = sorted((PACKAGE / "factors" / "parameters").glob("*.csv"))
    return {row["parameter"]: row for path in paths for row in _read(path)}


def chain(item: str, borrow: str) -> list[str]:
    """The item and the broader ones that may lend it a value, nearest first, then none."""
    found = [item] if item else []
    while borrow != "no" and item in items() and items()[item]["broader"]:
        if borrow == "ncv" and items()[item].get("broader_ncv") != "yes":
            break
        item = items()[item]["broader"]
        found.append(item)
    return [*found, ""]


def depth_of_item(item: str) -> int:
    """How many broader items an item has, and itself."""
    return len(chain(item, "broader")) - 1 if item in items() else int(bool(item))


@cache
def shipped() -> dict[tuple[str, str, str], list[Row]]:
    """(parameter, gas, item) → rows of all sets."""
    rows = []
    for path in sorted((ROOT / "emission_factors").glob("*/*.csv")):
        rows += [{**row, "set": path.parent.name} for row in _read(path)]
    return by_need(rows)


def by_need(rows: list[Row]) -> dict[tuple[str, str, str], list[Row]]:
    """(parameter, gas, item) → rows."""
    out: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        out.setdefault((row["parameter"], row["gas"], row["item"]), []).append(row)
    return out


@cache
def regions(area: str, year: int) -> frozenset[str]:
    """Regions that name this area as a member in that year."""
    rows = [r for path in (ROOT / "emission_factors").glob("*_regions.csv") for r in _read(path)]
    return frozenset(r["region"] for r in rows if r["area_code"] == area and _within(r, year))


@cache
def area_periods() -> dict[str, list[Row]]:
    """Periods of each area of the register."""
    out: dict[str, list[Row]] = {}
    for row in _read(PACKAGE / "areas" / "registry.csv"):
        out.setdefault(row["code"], []).append(row)
    return out


@cache
def areas_above(area: str, year: int) -> tuple[str, ...]:
    """The area, its city, its province, the country."""
    out = [area]
    while out[-1] in area_periods():
        periods = area_periods()[out[-1]]
        now = next((p for p in periods if _within(p, year)), periods[-1])
        if not now["parent"]:
            break
        out.append(now["parent"])
    return tuple(out)


def _within(row: Row, year: int) -> bool:
    return int(row["valid_from"] or 0) <= year <= int(row["valid_to"] or 9999)


def covers(prefix: str, category: str) -> bool:
    """Whether a category is the prefix or below it."""
    return not prefix or category == prefix or category.startswith(prefix + ".")


# -- choosing -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Record:
    """One activity record; amount None is a notation key. place: file and line."""

    place: str
    area: str
    year: int
    category: str
    variable: str
    item: str
    technology: str
    unit: str
    amount: Fraction | None
    use: str = ""
    flow: str = ""
    notation: str = ""

    @property
    def kind(self) -> str:
        """The kind of its item."""
        return items()[self.item]["kind"] if self.item in items() else ""


@dataclass(frozen=True)
class Line:
    """One ledger line: mass None where a factor is missing."""

    record: Record
    gas: str
    category: str
    method: str
    factors: tuple[str, ...]
    mass: Fraction | None


@dataclass
class World:
    """A profile and the factors that are known besides the shipped ones.

    own: rows like those of a factor table, with set "user" or "measured".
    assumed: kind ("technology", "category", "item") → (category prefix, items, what is used).
    """

    profile: str
    own: list[Row] = field(default_factory=list)
    assumed: dict[str, list[tuple[str, list[str], str]]] = field(default_factory=dict)
    _own: dict[tuple[str, str, str], list[Row]] = field(default_factory=dict)

    def rows(self, parameter: str, gas: str, wanted: list[str]) -> Iterator[Row]:
        """All rows of a parameter about one of the items."""
        if self.own and not self._own:
            self._own = by_need(self.own)
        for item in wanted:
            yield from shipped().get((parameter, gas, item), ())
            yield from self._own.get((parameter, gas, item), ())

    def stated(self, kind: str, record: Record) -> str:
        """What an assumption puts in, "" when none does."""
        for prefix, names, use in self.assumed.get(kind, ()):
            if record.item in names and covers(prefix, record.category):
                return use
        return ""

    def technology(self, record: Record) -> str:
        """As reported, or as assumed."""
        return record.technology or self.stated("technology", record)

    # -- factors

    def wanted(self, need: Entry, gas: str, record: Record, item: str) -> Row | None:
        """The row for an input of a formula: of the preferred sets, else of its own."""
        own = tuple(need.get("sets", ()))
        for sets in (need["first"], own) if need["first"] else (own,):
            row = self.chosen(need["factor"], gas, sets, record, item)
            if row is not None:
                return row
        return None

    def chosen(
        self, parameter: str, gas: str, sets: tuple[str, ...], record: Record, item: str
    ) -> Row | None:
        """The row of the year; where the parameter allows it, of the nearest earlier year, else of a later one."""
        row = self.choose(parameter, gas, sets, record, item)
        if row is None and parameters()[parameter]["may_lag"] == "yes":
            for year in (*range(record.year - 1, 1980, -1), *range(record.year + 1, 2050)):
                row = self.choose(parameter, gas, sets, replace(record, year=year), item)
                if row is not None:
                    return row
        return row

    def choose(
        self, parameter: str, gas: str, sets: tuple[str, ...], record: Record, item: str
    ) -> Row | None:
        """The most specific row; an error when two are equally specific."""
        category = self.stated("category", record) or record.category
        technology = self.technology(record)
        wanted = chain(item, parameters()[parameter]["borrow"])
        places = self._places(record)
        found = []
        for row in self.rows(parameter, gas, wanted):
            prefixes = row["category"].split(";") if row["category"] else [""]
            fitting = [p for p in prefixes if covers(p, category)]
            if (
                row["set"] in (*sets, "user", "measured") and fitting and row["item"] in wanted
                and row["technology"] in ("", technology) and not row.get("sector")
                and row["area_code"] in places and _within(row, record.year)
            ):  # fmt: skip
                years = int(row["valid_to"] or 9999) - int(row["valid_from"] or 1)
                deepest = max(len(p.split(".")) if p else 0 for p in fitting)
                origin = {"measured": 2, "user": 1}.get(row["set"], 0)
                rank = (places[row["area_code"]], -years, bool(row["technology"]), depth_of_item(row["item"]),
                        deepest, origin)  # fmt: skip
                found.append((rank, row))
        found.sort(key=lambda one: one[0], reverse=True)
        if len(found) > 1 and found[0][0] == found[1][0]:
            raise AssertionError(
                f"{parameter} {record}: {found[0][1]['factor_id']}, {found[1][1]['factor_id']}"
            )
        return found[0][1] if found else None

    def _places(self, record: Record) -> dict[str, int]:
        """Area or region → rank; the deeper the more specific, a region just below its members."""
        above = areas_above(record.area, record.year)
        out = {"": 0}
        for depth, area in enumerate(reversed(above)):
            out[area] = 2 + 2 * depth
            for region in regions(area, record.year):
                out[region] = max(out.get(region, 0), 1 + 2 * depth)
        return out

    def ncv(self, sets: tuple[str, ...], record: Record) -> Row | None:
        """The calorific value: sets in order, in each the assumed item before the one that was weighed."""
        for one in sets:
            for item in dict.fromkeys((self.stated("item", record) or record.item, record.item)):
                row = self.choose("net_calorific_value", "", (one,), record, item)
                if row is not None:
                    return row
        return None

    # -- methods

    def applies(self, method: Entry, record: Record) -> bool:
        """Whether a method takes a record."""
        if method["variable"] not in (record.variable, "*"):
            return False
        if method.get("technologies") and self.technology(record) not in method["technologies"]:
            return False
        if record.use not in method.get("uses", ["", "feedstock"]):
            return False
        if not any(covers(p, record.category) for p in method["categories"]):
            return False
        if method.get("items"):
            return record.item in method["items"]
        return not method.get("kinds") or record.kind in method["kinds"]

    def exclusion(self, record: Record) -> Entry | None:
        """The first exclusion that takes the record."""
        for entry in profile_parts(self.profile, "exclusions"):
            if (
                entry["variable"] == record.variable and record.kind in entry["kinds"]
                and any(covers(p, record.category) for p in entry["categories"])
            ):  # fmt: skip
                return entry
        return None

    def chains(self, record: Record) -> list[list[Entry]]:
        """Per gas and category of the emission: the most specific method, then what stands in for it."""
        groups: dict[tuple[str, str], list[Entry]] = {}
        for method in profile_parts(self.profile, "methods"):
            if self.applies(method, record):
                groups.setdefault((method["gas"], target(method, record.category)), []).append(method)
        return [_in_order(group) for group in groups.values()]

    def lines(self, records: list[Record]) -> list[Line]:
        """The ledger lines that methods give; what an exclusion or a notation covers has none."""
        out = []
        for record in records:
            if record.amount is None:
                continue
            left_out = (self.exclusion(record) or {"gases": ()})["gases"]
            for ordered in self.chains(record):
                for gas in self._gases(ordered[0], record):
                    if gas not in left_out:
                        out.append(self._line(ordered, gas, record))
        return self._only_known_gases(out)

    def _gases(self, method: Entry, record: Record) -> list[str]:
        if method["gas"] == "item":
            return [record.item] if record.kind == "gas" else []
        if method["gas"] != "*":
            return [method["gas"]]
        sets = next(i["sets"] for i in method["inputs"].values() if "factor" in i)
        rows = [
            r
            for (p, _, _), some in shipped().items()
            if p == "emission_factor"
            for r in some
            if r["set"] in sets
        ]
        return sorted(
            {r["gas"] for r in rows} | {r["gas"] for r in self.own if r["parameter"] == "emission_factor"}
        )

    def _only_known_gases(self, lines: list[Line]) -> list[Line]:
        """Under a method of any gas a kind of record has the gases that a factor is known of somewhere."""

        def of(line: Line) -> tuple[str, ...]:
            r = line.record
            return r.category, r.variable, r.item, r.technology, r.unit, r.use

        any_gas = {m["id"] for m in profile_parts(self.profile, "methods") if m["gas"] == "*"}
        known = {(of(x), x.gas) for x in lines if x.method in any_gas and x.factors}
        kinds = {kind for kind, _ in known}
        return [x for x in lines if x.method not in any_gas or of(x) not in kinds or (of(x), x.gas) in known]

    def _line(self, ordered: list[Entry], gas: str, record: Record) -> Line:
        where = target(ordered[0], record.category)
        for method in ordered:
            found = self.computed(method, gas, record)
            if found is not None:
                factors, mass = found
                return Line(record, gas, where, method["id"], factors, mass)
        mass = Fraction(0) if record.amount == 0 else None
        return Line(record, gas, where, ordered[0]["id"], (), mass)

    def computed(self, method: Entry, gas: str, record: Record) -> tuple[tuple[str, ...], Fraction] | None:
        """(ids of the factors, tonnes); None where one is missing or does not fit."""
        assert record.amount is not None
        item = self.stated("item", record) or record.item
        unit = parse_unit(record.unit)
        values: dict[str, Fraction] = {}
        ids = []
        for symbol, need in method["inputs"].items():
            if "factor" not in need:
                declared = parse_unit(need["unit"])
                amount = record.amount * unit.factor
                if not _same(unit, declared, gas):
                    if not need.get("bridge"):
                        return None
                    ncv = self.ncv(tuple(need["bridge_sets"]), record)
                    if ncv is None:
                        return None
                    ids.insert(0, ncv["factor_id"])
                    amount *= base(ncv)
                values[symbol] = amount
                continue
            of_gas = gas if need["factor"] == "emission_factor" else ""
            row = self.wanted(need, of_gas, record, item)
            if row is None:
                return None
            if (
                _plain(parse_unit(row["unit"]), gas).dimension
                != _plain(parse_unit(need["unit"]), gas).dimension
            ):
                return None
            ids.append(row["factor_id"])
            values[symbol] = base(row)
        return tuple(ids), evaluate(method["formula"], values) / 1000


def target(method: Entry, category: str) -> str:
    """Where the emission of a record of this category is reported: the deepest prefix that fits."""
    into = method.get("into", "")
    if isinstance(into, str):
        return into or category
    fitting = [prefix for prefix in into if covers(prefix, category)]
    return into[max(fitting, key=len)] if fitting else category


def _in_order(group: list[Entry]) -> list[Entry]:
    ids = {m["id"] for m in group}
    primary = [m for m in group if m.get("fallback_for") not in ids]

    def rank(method: Entry) -> tuple[bool, bool, bool, int]:
        depth = max(len(p.split(".")) if p else 0 for p in method["categories"])
        return bool(method.get("technologies")), bool(method.get("items")), bool(method.get("kinds")), depth

    best = max(rank(m) for m in primary)
    (first,) = [m for m in primary if rank(m) == best]
    out = [first]
    while follower := next((m for m in group if m.get("fallback_for") == out[-1]["id"]), None):
        out.append(follower)
    return out


def _same(unit: Unit, declared: Unit, gas: str) -> bool:
    """Whether an amount is of the declared dimension; a substance that it leaves out is the declared one."""
    if not unit.substances:
        for substance in declared.substances:
            declared = _plain(declared, substance)
    return _plain(unit, gas).dimension == _plain(declared, gas).dimension


def _plain(unit: Unit, gas: str) -> Unit:
    """The unit without its gas: "t SF6" of a record about SF6 is t."""
    kept = tuple((name, power) for name, power in unit.dimension if name != gas)
    return replace(unit, dimension=kept)


def base(row: Row) -> Fraction:
    """The value in base units."""
    return number(row["value"]) * parse_unit(row["unit"]).factor


# -- formulas -------------------------------------------------------------------------------------------


@cache
def constants() -> dict[str, Fraction]:
    """Named constants in base units."""
    with (PACKAGE / "formula" / "constants.toml").open("rb") as stream:
        table = tomllib.load(stream)
    return {name: Fraction(row["value"]) * parse_unit(row["unit"]).factor if "/" not in row["value"]
            else Fraction(*map(int, row["value"].split("/"))) * parse_unit(row["unit"]).factor
            for name, row in table.items()}  # fmt: skip


_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def evaluate(text: str, values: Mapping[str, Fraction]) -> Fraction:
    """The value of a formula, exactly."""

    def value(node: ast.expr) -> Fraction:
        if isinstance(node, ast.Constant):
            return number(node.value)
        if isinstance(node, ast.Name):
            return values[node.id] if node.id in values else constants()[node.id]
        if isinstance(node, ast.UnaryOp):
            assert isinstance(node.op, ast.USub)
            return -value(node.operand)
        if isinstance(node, ast.BinOp):
            if isinstance(node.op, ast.Pow):
                power = value(node.right)
                assert power.denominator == 1
                return value(node.left) ** int(power)
            return _OPERATORS[type(node.op)](value(node.left), value(node.right))
        assert isinstance(node, ast.Call)
        assert isinstance(node.func, ast.Name)
        numbers = [value(argument) for argument in node.args]
        if node.func.id == "exp":
            return exp(numbers[0])
        return {"min": min, "max": max, "abs": abs}[node.func.id](*numbers)

    return value(ast.parse(text, mode="eval").body)


def exp(x: Fraction) -> Fraction:
    """e to the x, to 60 digits."""
    return Fraction(DIGITS.exp(DIGITS.divide(Decimal(x.numerator), Decimal(x.denominator))))


# -- models ---------------------------------------------------------------------------------------------


def derived(world: World, records: list[Record], last: int) -> list[Record]:
    """What the array models make of the records, one model after the other."""
    records = list(records)
    out: list[Record] = []
    for model in profile_parts(world.profile, "models"):
        taken = [r for r in records if _takes(model, r)]
        if model["function"] == "split":
            held = [one for series in _series(taken, last) for one in series.values()]
            made = [piece for record in held for piece in _split(world, model, record)]
        else:
            made = [one for held in _series(taken, last) for one in _run(world, model, held, last)]
        records += made
        out += made
    return out


def _takes(model: Entry, record: Record) -> bool:
    if (
        record.variable != model["variable"]
        or record.use
        or (record.amount is None and record.notation != "NO")
    ):
        return False
    if not any(covers(p, record.category) for p in model["categories"]):
        return False
    if model.get("items"):
        return record.item in model["items"]
    return not model.get("kinds") or record.kind in model["kinds"]


Held = dict[int, Record]
"""The records of one series by year."""


def _series(taken: list[Record], last: int) -> list[Held]:
    """Records by area, category, item and technology; an area goes on under the code that took it over.

    A series of nothing but NO gives nothing; one with a number, be it 0, gives numbers.
    """
    out: dict[tuple[str, str, str, str], Held] = {}
    for record in taken:
        key = (heir(record.area, last), record.category, record.item, record.technology)
        out.setdefault(key, {})[record.year] = record
    return [held for held in out.values() if any(record.amount is not None for record in held.values())]


@cache
def heir(area: str, last: int) -> str:
    """The code of an area in the last year: the one that alone took its place."""
    periods = area_periods().get(area, [])
    if not periods or any(_within(p, last) for p in periods):
        return area
    events = _read(PACKAGE / "areas" / "events.csv")
    after = {e["to_code"] for e in events if e["from_code"] == area and e["kind"] in ("replaced", "merged")}
    return heir(next(iter(after)), last) if len(after) == 1 else area


def code_in(held: Held, year: int, last: int) -> str:
    """The code, among those of a series, that is valid in a year."""
    now = heir(next(iter(held.values())).area, last)
    codes = [now, *sorted({record.area for record in held.values()} - {now})]
    return next((c for c in codes if any(_within(p, year) for p in area_periods().get(c, ()))), now)


def _split(world: World, model: Entry, record: Record) -> list[Record]:
    """Bulk waste × the share of each component, in tonnes; nothing where the shares do not add up to 1."""
    share = next(i for i in model["inputs"].values() if "factor" in i)
    output = next(iter(model["outputs"].values()))
    shares = {}
    for part in model["components"]:
        row = world.choose(
            share["factor"], "", tuple(share.get("sets", ())), replace(record, item=part), part
        )
        shares[part] = Fraction(0) if row is None else base(row)
    if abs(sum(shares.values()) - 1) > Fraction(1, 10**6):
        return []
    return [
        _made(record, model, output, part, _base_amount(record) / 1000 * value)
        for part, value in shares.items()
    ]


def _made(record: Record, model: Entry, output: Entry, item: str, amount: Fraction) -> Record:
    return replace(record, variable=output["variable"], item=item, unit=output["unit"], amount=amount,
                   flow=f"model:{model['id']}", notation="")  # fmt: skip


def _base_amount(record: Record) -> Fraction:
    """The amount in base units; NO is a zero."""
    return Fraction(0) if record.amount is None else record.amount * parse_unit(record.unit).factor


def _run(world: World, model: Entry, held: Held, last: int) -> Iterator[Record]:
    """The model's records of one series; a series ends where a year is missing, unless the model has gaps."""
    final = last
    if not model.get("gaps"):
        final = next((year - 1 for year in range(min(held), last + 1) if year not in held), last)
    results = _FUNCTIONS[model["function"]](_Inputs(world, model, held, last), range(min(held), final + 1))
    for year, symbol, amount in results:
        if symbol in model["outputs"]:
            output = model["outputs"][symbol]
            record = replace(_at(held, year), year=year, area=code_in(held, year, last))
            yield _made(record, model, output, record.item, amount / parse_unit(output["unit"]).factor)


def _at(held: Held, year: int) -> Record:
    """The record of a year or the last one before it."""
    return held[max(y for y in held if y <= year)]


@dataclass
class _Inputs:
    """Amounts and parameters of one series, in base units."""

    world: World
    model: Entry
    held: Held
    last: int

    def amount(self, year: int) -> Fraction:
        return _base_amount(self.held[year]) if year in self.held else Fraction(0)

    def parameters(self, year: int) -> dict[str, Fraction]:
        record = replace(_at(self.held, year), year=year, area=code_in(self.held, year, self.last))
        out = {}
        for symbol, need in self.model["inputs"].items():
            if "factor" in need:
                row = self.world.wanted(need, "", record, record.item)
                assert row is not None, (need["factor"], record)
                out[symbol] = base(row)
        return out


Results = Iterator[tuple[int, str, Fraction]]


def _decay(inputs: _Inputs, years: range) -> Results:
    """First-order decay, year by year: IPCC 2006 Vol. 5 Ch. 3, equations 3.4 to 3.6 and annex 3A.1.

    H(t) = H(t-1)·e^-k + D(t)·e^(-k·(13-M)/12) with D = W·DOC·DOCf·MCF and M = delay + 7 months.
    """
    stock = Fraction(0)
    for year in years:
        p = inputs.parameters(year)
        fresh = inputs.amount(year) * p["DOC"] * p["DOCF"] * p["MCF"]
        kept = fresh * exp(-p["K"] * (13 - (p["DELAY"] * 12 + 7)) / 12)
        yield year, "DECOMPOSED", stock * (1 - exp(-p["K"])) + fresh - kept
        yield year, "STORED", inputs.amount(year) * p["DOC"] * p["MCF"] * (1 - p["DOCF"])
        stock = stock * exp(-p["K"]) + kept


def _bank(inputs: _Inputs, years: range) -> Results:
    """A bank of gas: what reaches its age is retired first, then the new charge is added, then EF leaks.

    The charge of each year is followed by itself; a life with a fraction of a year counts up.
    """
    left: dict[int, Fraction] = {}
    ends: dict[int, int] = {}
    for year in years:
        p = inputs.parameters(year)
        retired = sum((left.pop(y) for y in list(left) if ends[y] == year), Fraction(0))
        left[year], ends[year] = inputs.amount(year), year - (-p["LIFE"].numerator // p["LIFE"].denominator)
        yield year, "EMITTED", (1 - p["RECOVERY"]) * retired + p["EF"] * sum(left.values())
        left = {y: amount * (1 - p["EF"]) for y, amount in left.items()}


def _mines(inputs: _Inputs, years: range) -> Results:
    """Closed mines: Q0·((1-F)·(1+B·D·t)^(-1/B) + F·e^(-Df·t)), t full years after closure, for each closure."""
    for year in years:
        total, found = Fraction(0), False
        for closed in sorted(y for y in inputs.held if y < year):
            p = inputs.parameters(closed)
            age = year - closed
            curve = _power(1 + p["B"] * p["D"] * age, -1 / p["B"]) if p["B"] else exp(-p["D"] * age)
            wet = exp(-p["D_FLOODED"] * age)
            total += inputs.amount(closed) * ((1 - p["FLOODED"]) * curve + p["FLOODED"] * wet)
            found = True
        if found:
            yield year, "CH4", total


def _difference(inputs: _Inputs, years: range) -> Results:
    """(C2 - C1)/(t2 - t1) in every year after one survey up to the next."""
    for first, second in pairwise(sorted(inputs.held)):
        for year in range(first + 1, second + 1):
            if year in years:
                yield year, "DC", (inputs.amount(second) - inputs.amount(first)) / (second - first)


def _power(x: Fraction, y: Fraction) -> Fraction:
    """x to the y, to 60 digits."""
    a, b = (DIGITS.divide(Decimal(n.numerator), Decimal(n.denominator)) for n in (x, y))
    return Fraction(DIGITS.power(a, b))


_FUNCTIONS = {
    "first_order_decay": _decay,
    "ods_bank": _bank,
    "abandoned_mines": _mines,
    "stock_difference": _difference,
}


# -- a workspace ----------------------------------------------------------------------------------------


def read_workspace(folder: Path, profile: str) -> tuple[World, list[Record]]:
    """The long CSV files of a workspace: measured values as factors, the rest as records.

    A record has the file's name and line; feedstock subtracts; what has no category is no activity.
    """
    with (folder / "inventory.toml").open("rb") as stream:
        settings = tomllib.load(stream)
    world = World(profile, own_factors(folder, settings["files"].get("factors", ())))
    for kind, stated in settings.get("assumptions", {}).items():
        world.assumed[kind] = [(e["category"], e["items"], e["use"]) for e in stated]
    records = []
    for path in sorted((folder / settings["files"]["inbox"]).glob("*.csv")):
        lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
        start = next(n for n, line in enumerate(lines) if not line.startswith("#"))
        for line, row in enumerate(csv.DictReader(lines[start:]), start=start + 2):
            if row["variable"] in parameters():
                world.own.append(measured(row, path.name, line))
            elif row["category"]:
                records.append(_record(row, f"{path.name}:{line}"))
    return world, records


def own_factors(folder: Path, names: list[str]) -> list[Row]:
    """The rows of the user's own factor files."""
    empty = dict.fromkeys(("technology", "sector"), "")
    return [{**empty, **row, "set": "user"} for name in names for row in _read(folder / name)]


def measured(row: Row, file: str, line: int) -> Row:
    """A measured value as the row of a factor table that says the same."""
    gas = parse_unit(row["unit"]).substances if row["variable"] == "emission_factor" else ()
    return {
        "factor_id": f"measured:{file}:{line}", "parameter": row["variable"], "gas": gas[0] if gas else "",
        "set": "measured", "category": row["category"], "item": row["item"], "technology": row["technology"],
        "area_code": row["area_code"], "valid_from": row["year"], "valid_to": row["year"],
        "value": row["value"], "unit": row["unit"],
    }  # fmt: skip


def _record(row: Row, place: str) -> Record:
    use = row.get("use") or ""
    amount = number(row["value"]) if row["value"] else None
    if amount is not None and use == "feedstock":
        amount = -amount
    return Record(place, row["area_code"], int(row["year"]), row["category"], row["variable"], row["item"],
                  row["technology"], row["unit"], amount, use,
                  notation=row["notation"])  # fmt: skip
