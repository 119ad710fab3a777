"""Reading factor tables: every row is understood whole or refused with a finding that names file and line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ghg_inventory.codes import CategoryTree, Fuels, Gases
from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.factors.record import (
    COLUMNS,
    DERIVED,
    FIRST_YEAR,
    LAST_YEAR,
    MEASURED_SET,
    OPTIONAL,
    USER_SET,
    Factor,
    Parameter,
    Source,
)  # fmt: skip
from ghg_inventory.tables import Row, parse_number, read_rows
from ghg_inventory.units import Unit, UnitError, factor_between, parse_unit, with_substance

CONFIDENCES = ("A", "B", "C")
REFUSED = "D"
OWN_SETS = (USER_SET, MEASURED_SET)
"""Rows that somebody else wrote: their words are checked less strictly than ours."""
TIERS = ("", "1", "2", "3")
_YEAR = re.compile(r"[0-9]{4}")
_PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the words of a row are checked against. distributions: keys allowed in that column."""

    parameters: Mapping[str, Parameter]
    sources: Mapping[str, Source]
    distributions: frozenset[str]
    categories: CategoryTree
    fuels: Fuels
    gases: Gases


def read_factors(
    path: Path, name: str, set_name: str, words: Vocabulary
) -> tuple[list[Factor], list[Finding]]:
    """The rows of one table. name: how findings call the file; set_name: USER_SET for a user's own file.

    A bundled table must have all COLUMNS in order; a user's file may leave OPTIONAL ones out.
    """
    bundled = set_name != USER_SET
    required = [c for c in COLUMNS if bundled or c not in OPTIONAL]
    rows, findings = read_rows(path, required, () if bundled else (*OPTIONAL, DERIVED), name)
    factors = []
    for row in rows:
        if any("\n" in cell and cell.count(",") >= len(required) - 1 for cell in row.cells.values()):
            findings.append(finding("factor-quote-open", row.place))
            continue
        cells = {column: row.cells.get(column, "") for column in (*COLUMNS, DERIVED)}
        factor, problems = _Reader(Row(row.place, cells), set_name, words).factor()
        findings += problems
        if factor is not None:
            factors.append(factor)
    return factors, findings


def measured_factor(
    cells: Mapping[str, str], place: Place, words: Vocabulary
) -> tuple[Factor | None, list[Finding]]:
    """One value that a return states, checked as a row of a table is. cells: by column of COLUMNS.

    The gas of an emission factor is the one that its unit names.
    """
    row = {column: cells.get(column, "") for column in (*COLUMNS, DERIVED)}
    parameter = words.parameters.get(row["parameter"])
    if parameter is not None and parameter.needs_gas:
        try:
            named = [name for name in parse_unit(row["unit"]).substances if name in words.gases]
        except UnitError as error:
            return None, [error.finding(place)]
        row["gas"] = named[0] if len(named) == 1 else ""
    factor, findings = _Reader(Row(place, row), MEASURED_SET, words).factor()
    if factor is None and parameter is not None and parameter.units:
        # What was stated and refused must not give way to a default: it stands there without a value.
        factor = _Reader(Row(place, row), MEASURED_SET, words).without_value(parse_unit(parameter.units[0]))
    return factor, findings


def repeated(factors: Iterable[Factor]) -> list[Finding]:
    """A finding for every factor_id that was used before, naming where."""
    first: dict[str, Factor] = {}
    findings = []
    for factor in factors:
        earlier = first.setdefault(factor.factor_id, factor)
        if earlier is not factor:
            text = str(earlier.place)
            findings.append(finding("factor-repeated", factor.place, factor_id=factor.factor_id, first=text))
    return findings


class _Reader:
    """Understands one row, collecting every problem it has."""

    def __init__(self, row: Row, set_name: str, words: Vocabulary) -> None:
        self.row, self.set, self.words = row, set_name, words
        self.findings: list[Finding] = []

    def factor(self) -> tuple[Factor | None, list[Finding]]:
        """The factor, or None when anything is wrong with severity error."""
        row = self.row
        self._names()
        self._provenance()
        years = self._years()
        value, lower, upper = (self._number(name) for name in ("value", "lower", "upper"))
        unit = self._unit()
        if value is not None and unit is not None:
            self._range(value, lower, upper)
            self._limits(value, unit)
        if value is None or unit is None or any(f.severity == "error" for f in self.findings):
            return None, self.findings
        return Factor(
            row["factor_id"], row["parameter"], self._categories(), row["item"], row["technology"],
            row["sector"], row["area_code"], *years, row["gas"], value, row["value"], unit, row["unit"],
            lower, upper, row["distribution"], row["tier"], row["source"], row["locator"], row["confidence"],
            row["note"], self.set, row.place, row[DERIVED],
        ), self.findings  # fmt: skip

    def without_value(self, unit: Unit) -> Factor:
        """The row with no number (NaN): it takes its place among the others and gives nothing."""
        row = self.row
        return Factor(
            row["factor_id"], row["parameter"], self._categories(), row["item"], row["technology"],
            row["sector"], row["area_code"], *self._years(), row["gas"], float("nan"), row["value"], unit,
            row["unit"], None, None, "", row["tier"], row["source"], row["locator"], row["confidence"],
            row["note"], self.set, row.place, "",
        )  # fmt: skip

    def _add(self, name: str, **values: str) -> None:
        self.findings.append(finding(name, self.row.place, severity="", **values))

    def _names(self) -> None:
        """factor_id, parameter, gas, item, category, tier and distribution are known words."""
        row, words = self.row, self.words
        if not row["factor_id"]:
            self._add("factor-cell-blank", column="factor_id")
        parameter = words.parameters.get(row["parameter"])
        if parameter is None:
            self._unknown("parameter", tuple(words.parameters))
        elif parameter.needs_gas != bool(row["gas"]):
            self._add("factor-gas", parameter=row["parameter"], gas=row["gas"] or "–")
        if row["gas"] and row["gas"] not in words.gases:
            self._unknown("gas", words.gases.suggest(row["gas"]))
        if row["item"] and row["item"] not in words.fuels:
            self._unlisted_item(row["item"])
        for code in self._categories():
            if code not in words.categories:
                self._unknown("category", words.categories.suggest(code), code)
        self._nested()
        if row["tier"] not in TIERS:
            self._unknown("tier", TIERS[1:])
        if row["distribution"] and row["distribution"] not in words.distributions:
            self._unknown("distribution", tuple(sorted(words.distributions)))

    def _unlisted_item(self, item: str) -> None:
        """Our own rows are about listed fuels; a user's may be about anything, but a near miss is said."""
        near = self.words.fuels.suggest(item)
        if self.set not in OWN_SETS:
            self._unknown("item", near)
        elif near:
            self._add("factor-item-unlisted", item=item, expected=", ".join(near))

    def _unknown(self, column: str, known: tuple[str, ...], text: str = "") -> None:
        expected = ", ".join(known) or "–"
        self._add("factor-unknown-word", column=column, text=text or self.row[column], expected=expected)

    def _categories(self) -> tuple[str, ...]:
        return tuple(code.strip() for code in self.row["category"].split(";") if code.strip())

    def _nested(self) -> None:
        """A list of categories in which one covers another would make the row compete with itself."""
        codes = self._categories()
        for code in codes:
            wider = [other for other in codes if other != code and code.startswith(other + ".")]
            if wider or codes.count(code) > 1:
                self._add("factor-category-nested", code=code, wider=(wider or [code])[0])
                return

    def _provenance(self) -> None:
        """Source, locator and confidence: nothing loads without them."""
        row = self.row
        for column in ("source", "locator"):
            if not row[column]:
                self._add("factor-cell-blank", column=column)
        if self.set not in OWN_SETS and row["source"] and row["source"] not in self.words.sources:
            self._add("factor-source-unknown", source=row["source"])
        if row["confidence"] == REFUSED:
            self._add("factor-confidence-refused", factor_id=row["factor_id"])
        elif row["confidence"] not in CONFIDENCES and (row["confidence"] or self.set not in OWN_SETS):
            self._unknown("confidence", CONFIDENCES)

    def _years(self) -> tuple[int, int]:
        years = []
        for column, blank in (("valid_from", FIRST_YEAR), ("valid_to", LAST_YEAR)):
            text = self.row[column]
            if text and not _YEAR.fullmatch(text):
                self._add("factor-year", column=column, text=text)
            years.append(int(text) if _YEAR.fullmatch(text) else blank)
        if years[0] > years[1]:
            self._add("factor-years", first=str(years[0]), last=str(years[1]))
        return years[0], years[1]

    def _number(self, column: str) -> float | None:
        """The number of a cell; lower and upper may be blank. Bundled numbers must be plain already."""
        text = self.row[column]
        if not text:
            if column == "value":
                self._add("factor-cell-blank", column=column)
            return None
        number, why = parse_number(text)
        # Unicode makes digits of footnote marks and superscripts: 20.9① is not 20.91.
        marked = any(unicodedata.category(character) in ("No", "Nl") for character in text)
        if number is None or marked or (self.set not in OWN_SETS and not _PLAIN.fullmatch(text)):
            self._add("factor-number", column=column, text=text)
            return None
        if why:
            self._add("number-normalised", text=text, value=f"{number:g}", why=why)
        return number

    def _unit(self) -> Unit | None:
        """The unit with the gas in it: "kg/TJ" of a CH4 row is kg CH4/TJ, because the gas column says so."""
        row = self.row
        parameter = self.words.parameters.get(row["parameter"])
        try:
            unit: Unit | None = parse_unit(row["unit"])
            if parameter and parameter.needs_gas and row["gas"] in self.words.gases:
                unit = unit_of_gas(row["unit"], row["gas"])
            if unit is None:
                self._add("factor-unit-gas", unit=row["unit"], gas=row["gas"])
                return None
            expected = [parse_unit(text).dimension for text in parameter.units] if parameter else []
        except UnitError as error:
            self.findings.append(error.finding(row.place))
            return None
        if parameter and expected and unit.dimension not in expected:
            known = ", ".join(parameter.units)
            self._add("factor-unit-dimension", unit=row["unit"], parameter=parameter.name, expected=known)
            return None
        return unit

    def _range(self, value: float, lower: float | None, upper: float | None) -> None:
        inside = (lower is None or lower <= value) and (upper is None or value <= upper)
        if not inside:
            ends = {name: self.row[name] or "–" for name in ("lower", "upper")}
            self._add("factor-range", value=self.row["value"], lower=ends["lower"], upper=ends["upper"])

    def _limits(self, value: float, unit: Unit) -> None:
        parameter = self.words.parameters.get(self.row["parameter"])
        if parameter is None:
            return
        # A limit other than 0 only makes sense in the parameter's own unit; 0 is 0 in every unit.
        scaled = value * factor_between(unit, parse_unit(parameter.units[0])) if parameter.maximum else value
        low = parameter.minimum is not None and scaled < parameter.minimum
        if low and self._of_a_sink():
            self._add("factor-negative", value=self.row["value"], unit=self.row["unit"])
            low = False
        high = parameter.maximum is not None and scaled > parameter.maximum
        if low or high:
            limits = [("–" if x is None else f"{x:g}") for x in (parameter.minimum, parameter.maximum)]
            self._add(
                "factor-limits", value=self.row["value"], unit=self.row["unit"], parameter=parameter.name,
                minimum=limits[0], maximum=limits[1],
            )  # fmt: skip

    def _of_a_sink(self) -> bool:
        """True for an emission factor of somebody's own that may be of a removal: there it is negative.

        A source whose total comes out negative is an error of its own check.
        """
        codes = self._categories()
        return (
            self.set in OWN_SETS
            and self.row["parameter"] == "emission_factor"
            and all(code.split(".")[0] == "4" or code == "V.2" or code.startswith("V.2.") for code in codes)
        )


def unit_of_gas(text: str, gas: str) -> Unit | None:
    """The unit of an emission factor with its gas: "kg/TJ" in a row for CH4 is kg CH4/TJ.

    None when the numerator names another substance ("kg N2O-N/kg N" for N2O would be wrong by 44/28).
    Raises: UnitError when the text is not a unit or has no mass or volume that could be one of the gas.
    """
    unit = with_substance(parse_unit(text), gas)
    head = parse_unit(unit.text.partition("/")[0])
    return unit if head.substances == (gas,) else None
