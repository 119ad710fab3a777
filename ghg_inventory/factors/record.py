"""What a factor is: the columns of a table, a row, its source, and the parameters a row can be about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ghg_inventory.errors import DataFileError, Place
from ghg_inventory.tables import Row, read_rows, read_toml, require_keys
from ghg_inventory.units import Unit

COLUMNS = (
    "factor_id", "parameter", "category", "item", "technology", "sector", "area_code", "valid_from",
    "valid_to", "gas", "value", "unit", "lower", "upper", "distribution", "tier", "source", "locator",
    "confidence", "note",
)  # fmt: skip
OPTIONAL = ("technology", "sector", "lower", "upper", "distribution", "tier", "confidence", "note")
"""A user's file may leave these columns out; a missing column is a column of blanks."""

USER_SET = "user"
MEASURED_SET = "measured"
"""Set of the values that a return states for its own area and year."""
DERIVED = "derived_from"
"""A column that only a user's file may have: how the value follows from others, see derived.py."""
FIRST_YEAR, LAST_YEAR = 1, 9999
"""What a blank valid_from and a blank valid_to stand for."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One published value.

    parameter: what it is, a key of parameters.csv. gas: whose emission it is, "" for properties of a fuel.
    categories: category prefixes it is for ("1.1" covers "1.1.2"); empty = any.
    item, technology, sector, area_code: "" = any. valid_from, valid_to: calendar years, both included.
    value, lower, upper: in `unit`; value_text and unit_text are as printed in the source. lower and upper are
    None where the source gives no range.
    source: key of sources.toml, or free text in a user's file; locator: table, page or cell.
    confidence: "A", "B", "C" (flagged wherever it is used), or "" where a user did not say.
    set: folder of the table, "user" for a user's file, "measured" for a value stated in a return.
    place: file and line or cell.
    derived_from: how a user says the value follows from others, see derived.py; "" = not said.
    """

    factor_id: str
    parameter: str
    categories: tuple[str, ...]
    item: str
    technology: str
    sector: str
    area_code: str
    valid_from: int
    valid_to: int
    gas: str
    value: float
    value_text: str
    unit: Unit
    unit_text: str
    lower: float | None
    upper: float | None
    distribution: str
    tier: str
    source: str
    locator: str
    confidence: str
    note: str
    set: str
    place: Place
    derived_from: str = ""

    @property
    def years(self) -> str:
        """The years as text: "2021", "2010–2012", "2022–" or "" for always."""
        first = "" if self.valid_from == FIRST_YEAR else str(self.valid_from)
        last = "" if self.valid_to == LAST_YEAR else str(self.valid_to)
        return first if first == last else f"{first}–{last}"

    @property
    def category(self) -> str:
        """The category cell as written, prefixes joined by ";"."""
        return ";".join(self.categories)


@dataclass(frozen=True, slots=True)
class Source:
    """A publication: one entry of sources.toml."""

    key: str
    title: str
    publisher: str
    edition: str
    year: str
    licence: str
    url: str = ""
    doi: str = ""
    note: str = ""


def read_sources(path: Path) -> dict[str, Source]:
    """The entries of sources.toml by key. Raises: DataFileError for an unknown, missing or blank field."""
    required = ("title", "publisher", "edition", "year", "licence")
    sources = {}
    for key, entry in read_toml(path).items():
        where = f"{path.name}: [{key}]"
        require_keys(entry, required, ("url", "doi", "note"), where)
        if not all(isinstance(value, str) for value in entry.values()):
            raise DataFileError(f"{where}: every value must be text in quotes")
        if not entry["title"]:
            raise DataFileError(f"{where}: the title is blank")
        sources[key] = Source(key, **entry)
    return sources


@dataclass(frozen=True, slots=True)
class Parameter:
    """A quantity a factor row, or a measured value in a return, can give: one line of parameters/*.csv.

    units: example units; a row's unit has the dimension of one of them (empty: only the gas is checked).
    needs_gas: its rows name a gas. may_lag: the nearest published year may stand in when a request says so.
    borrow: which chain of broader items may stand in: "broader", "ncv" (only where codes/fuels.csv allows a
    net calorific value to be borrowed) or "no".
    minimum, maximum: limits of the value in the first example unit, None where there is none.
    """

    name: str
    zh: str
    en: str
    units: tuple[str, ...]
    needs_gas: bool
    borrow: str
    may_lag: bool
    minimum: float | None
    maximum: float | None


def read_parameters(folder: Path | None = None) -> dict[str, Parameter]:
    """The parameters by name, of every table of the folder. Raises: DataFileError when one is broken."""
    columns = ("parameter", "zh", "en", "units", "gas", "borrow", "may_lag", "minimum", "maximum")
    out: dict[str, Parameter] = {}
    for path in sorted((folder or Path(__file__).parent / "parameters").glob("*.csv")):
        rows, findings = read_rows(path, columns)
        if findings:
            raise DataFileError(findings[0].line("en"))
        for row in rows:
            if row["parameter"] in out:
                raise DataFileError(f"{row.place}: the parameter {row['parameter']} is listed twice")
            out[row["parameter"]] = _parameter(row)
    return out


def _parameter(row: Row) -> Parameter:
    if {row["gas"], row["may_lag"]} - {"yes", "no"} or row["borrow"] not in ("broader", "ncv", "no"):
        raise DataFileError(f"{row.place}: gas and may_lag must be yes or no, borrow broader, ncv or no")
    units = tuple(row["units"].split(";")) if row["units"] else ()
    limits = [float(row[name]) if row[name] else None for name in ("minimum", "maximum")]
    return Parameter(
        row["parameter"], row["zh"], row["en"], units, row["gas"] == "yes", row["borrow"],
        row["may_lag"] == "yes", *limits,
    )  # fmt: skip


def read_words(path: Path | None = None) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """The words of words.toml: section → key → language → text."""
    return read_toml(path or Path(__file__).parent / "words.toml")
