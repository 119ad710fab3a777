"""`RawTable` to `Activity`: every check runs once per distinct word, then is gathered over the rows.

A row that fails a check is withheld and named in a finding; nothing is guessed and nothing is summed
silently. Duplicates are dealt with in `duplicates.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ghg_inventory.activity import words
from ghg_inventory.activity.context import FIRST_YEAR, LAST_YEAR, Context
from ghg_inventory.activity.raw import BAD, BLANK, NUMBER, RawTable
from ghg_inventory.activity.table import Activity, InputFile, constant
from ghg_inventory.activity.vocabulary import recode
from ghg_inventory.codes import Fuels
from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.tables import Column

Mask = npt.NDArray[np.bool_]
RowValues = Callable[[int], dict[str, object]]
# (area, year) pairs are numbered area × _YEARS + year.
_YEARS = 4096


@dataclass(slots=True)
class _Sieve:
    """Rows still good, and what was found."""

    raw: RawTable
    good: Mask
    findings: list[Finding] = field(default_factory=list)

    def word(self, column: str, row_mask: Mask, name: str, /, **values: object) -> None:
        """One finding for all rows of `row_mask` that share a fault in `column`; they are withheld."""
        rows = np.flatnonzero(row_mask)
        if not len(rows):
            return
        self._say(name, self.raw.place(int(rows[0]), column), {**values, "count": len(rows)})
        self.good &= ~row_mask

    def _say(self, name: str, place: Place, values: dict[str, object]) -> None:
        """A finding, with every quoted text short enough to read."""
        blanks = {
            key: words.shortened(v) if isinstance(v, str) and not key.startswith("meant_") else v
            for key, v in values.items()
        }
        self.findings.append(finding(name, place, severity="", **blanks))

    def each(
        self, column: str, row_mask: Mask, name: str, values: RowValues | None = None, /, **same: object
    ) -> None:
        """One finding per row, up to the limit, then one with the count of the rest.

        values: blanks of the message by row; same: blanks that do not depend on the row.
        """
        rows = np.flatnonzero(row_mask)
        for row in rows[: words.LIMIT].tolist():
            self._say(name, self.raw.place(row, column), {**same, **(values(row) if values else {})})
        if len(rows) > words.LIMIT:
            place = self.raw.place(int(rows[words.LIMIT]), column)
            more = len(rows) - words.LIMIT
            self.findings.append(finding("more-of-these", place, kind=name, count=more))
        self.good &= ~row_mask

    def warn(self, column: str, row_mask: Mask, name: str, /, **values: object) -> None:
        """One warning for all good rows of `row_mask`, which are kept."""
        rows = np.flatnonzero(row_mask & self.good)
        if len(rows):
            self._say(name, self.raw.place(int(rows[0]), column), {**values, "count": len(rows)})


def understand(raw: RawTable, context: Context, file: InputFile) -> tuple[Activity, list[Finding]]:
    """The records of a long table, in canonical order, and every reason why a row is not among them."""
    raw = replace(raw, texts=dict(raw.texts))
    held, renamed = recode(raw, context)
    sieve = _Sieve(raw, ~held, renamed)
    _check_values(sieve)
    _check_text(sieve)
    year = _years(sieve)
    _check_areas(sieve, context, year)
    texts = dict(raw.texts)
    _check_categories(sieve, context)
    texts["item"] = _items(sieve, context)
    _check_variables(sieve, context)
    _check_units(sieve, context)
    _check_limits(sieve, context)
    use, sign, note = _uses(sieve, context)
    activity = Activity.from_columns(
        {
            **{name: texts[name] for name in ("area_code", "category", "variable", "item", "technology", "unit",
                                              "notation", "basis", "source")},
            "note": note, "use": use, "file": _constant(raw, file.name),
            "sheet": Column.of(raw.sheets) if raw.sheets else _constant(raw, raw.sheet),
            "cell": _cells(raw),
            "line": np.broadcast_to(np.int32(0), len(raw)) if raw.letters or raw.sheets else raw.line,
            "year": year, "value": raw.value if sign is None else raw.value * sign,
        },
        (file,),
    )  # fmt: skip
    _doubts(sieve, context, texts["item"])
    kept = activity if sieve.good.all() else activity.select(sieve.good)
    return kept.canonical(), words.capped(sieve.findings)


def _check_values(sieve: _Sieve) -> None:
    """Number xor notation; text in a number cell; numbers that had to be normalised."""
    raw = sieve.raw
    notation = raw.texts["notation"]
    known = np.asarray([word in words.NOTATION_SET for word in notation.words], dtype=bool)
    given = np.asarray([word != "" for word in notation.words], dtype=bool)
    has_key = known[notation.codes] if len(raw) else np.zeros(0, bool)
    has_text = given[notation.codes] if len(raw) else has_key
    misplaced = np.zeros(len(raw), dtype=bool)
    misplaced[[row for row, text in raw.bad.items() if words.narrow(text).upper() in words.NOTATION_SET]] = (
        True
    )
    sieve.each("value", misplaced, "notation-in-value", lambda row: {"text": raw.bad[row]})
    sieve.each("value", (raw.state == BAD) & ~misplaced, "not-a-number", lambda row: {"text": raw.bad[row]})
    sieve.each("value", (raw.state == BLANK) & ~has_text, "blank-value")
    sieve.each("value", (raw.state == NUMBER) & (np.abs(raw.value) > words.LARGEST), "amount-too-large",
               lambda row: {"text": repr(float(raw.value[row]))})  # fmt: skip
    sieve.each("value", (raw.state == NUMBER) & has_text, "value-and-notation", lambda row: {
        "value": repr(float(raw.value[row])), "notation": notation.words[notation.codes[row]],
    })  # fmt: skip
    for index, word in enumerate(notation.words):
        if word and not known[index]:
            sieve.word("notation", notation.codes == index, "unknown-notation", text=word)
    reason = _blank_words(raw, "note") & has_key
    if reason.any():
        first = int(np.flatnonzero(reason)[0])
        sieve.findings.append(
            finding("notation-reason", raw.place(first, "notation"), count=int(reason.sum()))
        )
    _report_normalised(sieve)


def _report_normalised(sieve: _Sieve) -> None:
    """One info finding per kind of normalisation, with the first examples."""
    kinds: dict[str, list[tuple[int, str, float]]] = {}
    for row, text, value, why in sieve.raw.normalised:
        kinds.setdefault(why, []).append((row, text, value))
    for why, cases in sorted(kinds.items()):
        examples = "; ".join(
            f"{text} → {value!r} ({sieve.raw.place(row, 'value')})" for row, text, value in cases[:3]
        )
        place = sieve.raw.place(cases[0][0], "value")
        sieve.findings.append(
            finding(
                "numbers-normalised",
                place,
                why=words.reason_zh(why),
                why_en=why,
                count=len(cases),
                examples=examples,
            )
        )


def _check_text(sieve: _Sieve) -> None:
    """Required cells that are blank, and text that a spreadsheet would run as a formula."""
    raw = sieve.raw
    for column in ("area_code", "year", "variable"):
        sieve.each(column, _blank_words(raw, column), "blank-cell", column=column)
    sieve.each(
        "unit",
        _blank_words(raw, "unit") & (raw.state == NUMBER),
        "blank-cell",
        column="unit",
    )
    for column, texts in raw.texts.items():
        for index, word in enumerate(texts.words):
            if words.is_formula_like(word):
                sieve.word(column, texts.codes == index, "formula-text", text=word[:60], column=column)


def _years(sieve: _Sieve) -> npt.NDArray[np.int16]:
    """Years as numbers; 0 where the word is none."""
    column = sieve.raw.texts["year"]
    numbers = np.zeros(len(column.words), dtype=np.int16)
    for index, word in enumerate(column.words):
        narrow = words.narrow(word)
        if re.fullmatch(r"\d{4}", narrow) and FIRST_YEAR <= int(narrow) <= LAST_YEAR:
            numbers[index] = int(narrow)
        elif word:
            sieve.word(
                "year", column.codes == index, "year-range", text=word, first=FIRST_YEAR, last=LAST_YEAR
            )
    return numbers[column.codes] if len(column) else np.zeros(0, np.int16)


def _check_areas(sieve: _Sieve, context: Context, year: npt.NDArray[np.int16]) -> None:
    """Codes that no area has, or that are not valid in the year: one check per (area, year) that occurs."""
    column = sieve.raw.texts["area_code"]
    if context.areas is None or not len(column):
        return
    key = column.codes.astype(np.int64) * _YEARS + year
    for pair in np.flatnonzero(np.bincount(key[sieve.good])).tolist():
        problem = context.areas.validate(column.words[pair // _YEARS], pair % _YEARS)
        if problem is not None:
            mine = sieve.good & (key == pair)
            if problem.name == "area-not-yet":
                mine = _without_the_past(sieve, context, mine, dict(problem.values))
            rows = np.flatnonzero(mine)
            if not len(rows):
                continue
            place = sieve.raw.place(int(rows[0]), "area_code")
            values = tuple((key, words.shortened(text)) for key, text in problem.values)
            sieve.findings.append(replace(problem, place=place, values=values))
            if len(rows) > 1:
                sieve.findings.append(finding("rows-withheld", place, count=len(rows)))
            sieve.good[rows] = False


def _without_the_past(sieve: _Sieve, context: Context, rows: Mask, values: dict[str, str]) -> Mask:
    """Rows left to refuse: what feeds a model of the past may be stated for the territory of today's area."""
    variable = sieve.raw.texts["variable"]
    past = np.asarray([word in context.past for word in variable.words], dtype=bool)[variable.codes]
    kept = np.flatnonzero(rows & past)
    if len(kept):
        place = sieve.raw.place(int(kept[0]), "area_code")
        sieve.findings.append(finding("area-before-its-code", place, **values, count=len(kept)))
    return np.asarray(rows & ~past, dtype=bool)


def _check_categories(sieve: _Sieve, context: Context) -> None:
    column = sieve.raw.texts["category"]
    if context.categories is None:
        return
    for index, word in enumerate(column.words):
        if word and word not in context.categories:
            tree = context.categories
            near = words.meant((code, tree.category(code).name("zh")) for code in tree.suggest(word[:40]))
            sieve.word("category", column.codes == index, "category-unknown", code=word, **near)


def _items(sieve: _Sieve, context: Context) -> Column:
    """Items, with names and aliases of fuels replaced by their codes where the variable is a fuel."""
    raw = sieve.raw
    item, variable = raw.texts["item"], raw.texts["variable"]
    if context.fuels is None or not len(raw):
        return item
    is_fuel = np.asarray([words.is_fuel_variable(word) for word in variable.words], dtype=bool)[
        variable.codes
    ]
    used = np.bincount(item.codes[is_fuel], minlength=len(item.words)) > 0
    replaced: dict[str, str] = {}
    for index, word in enumerate(item.words):
        if not used[index]:
            continue
        mask = is_fuel & (item.codes == index)
        code = context.fuels.find(word) if word else None
        if not word:
            sieve.each("item", mask, "blank-cell", column="item")
        elif code is None or not context.fuels.is_fuel(code):
            sieve.word(
                "item",
                mask,
                "unknown-fuel",
                text=word,
                **words.meant(_near_fuels(word, context.fuels)),
            )
        elif code != word:
            replaced[word] = code
            rows = np.flatnonzero(mask)
            sieve.findings.append(finding("fuel-alias", raw.place(int(rows[0]), "item"), text=word, code=code,
                                          count=len(rows)))  # fmt: skip
    if not replaced:
        return item
    # A word may name a fuel in one row and something else in another: only fuel rows are recoded.
    recoded = item.map(lambda word: replaced.get(word, word))
    merged = Column.of([*item.words, *recoded.words])
    size = len(item.words)
    codes = np.where(is_fuel, merged.codes[size + recoded.codes], merged.codes[:size][item.codes])
    return Column(codes.astype(np.int32), merged.words)


def _near_fuels(word: str, fuels: Fuels) -> list[tuple[str, str]]:
    """Fuels near a misspelt word."""
    return [(code, fuels.name(code)) for code in fuels.suggest(word[:40]) if fuels.is_fuel(code)]


def _check_variables(sieve: _Sieve, context: Context) -> None:
    """A row without category must hold a socio-economic variable; price bases must be declared."""
    raw = sieve.raw
    variable, technology = raw.texts["variable"], raw.texts["technology"]
    no_category = _blank_words(raw, "category")
    for index, word in enumerate(variable.words):
        if not word or not len(raw):
            continue
        rows = variable.codes == index
        known = context.variables.get(word)
        if word in context.parameters:
            continue  # a measured value may be for every category
        if known is None and (word in context.method_variables or words.is_fuel_variable(word)):
            sieve.each("category", rows & no_category, "blank-cell", column="category")
        elif known is None:
            fault = words.variable_fault(word, context)
            target = (
                rows
                if context.method_variables and word not in context.method_variables
                else rows & no_category
            )
            sieve.word("variable", target, fault[0], **fault[1])
            continue
        if known is not None and context.method_variables and word not in context.method_variables:
            placed = rows & ~no_category
            first = int(np.flatnonzero(placed)[0]) if placed.any() else 0
            category = _at(raw, "category", first)
            sieve.word("category", placed, "social-with-category", variable=word, category=category)
        if known is not None and known.needs == "price":
            priced = np.asarray([words.is_price_basis(text) for text in technology.words], dtype=bool)
            unpriced = rows & no_category & ~priced[technology.codes]
            sieve.each("technology", unpriced, "price-basis", variable=word)


def _check_units(sieve: _Sieve, context: Context) -> None:
    """Units that do not parse, and units of the wrong dimension for a socio-economic variable or a fuel."""
    raw = sieve.raw
    unit, variable = raw.texts["unit"], raw.texts["variable"]
    for index, word in enumerate(unit.words):
        fault = words.unit_fault(word) if word else None
        if fault:
            sieve.word("unit", unit.codes == index, fault[0], **{**fault[1], "text": word})
    for index, word in enumerate(variable.words):
        allowed = words.allowed_units(word, context)
        if not allowed or not len(raw):
            continue
        rows = (
            sieve.good
            & (variable.codes == index)
            & (_blank_words(raw, "category") | (word not in context.variables))
        )
        for number in np.flatnonzero(np.bincount(unit.codes[rows], minlength=len(unit.words))).tolist():
            text = unit.words[number]
            if text and not words.same_dimension(text, allowed):
                gas = words.gas_in_unit(text, word, context)
                sieve.word(
                    "unit", rows & (unit.codes == number), "unit-names-gas" if gas else "unit-dimension-activity",
                    unit=text, variable=word, allowed=", ".join(allowed), gas=gas, **words.measures(text, allowed),
                )  # fmt: skip


def _check_limits(sieve: _Sieve, context: Context) -> None:
    """Values outside the limits of their variable are withheld: a negative herd would be subtracted."""
    raw = sieve.raw
    unit, variable = raw.texts["unit"], raw.texts["variable"]
    aside = np.asarray([word in ("check", "reference") for word in raw.texts["use"].words], dtype=bool)
    for index, word in enumerate(variable.words):
        known = context.known.get(word)
        if known is None or not len(raw) or (known.minimum is None and known.maximum is None):
            continue
        rows = sieve.good & (variable.codes == index) & (raw.state == NUMBER) & ~aside[raw.texts["use"].codes]
        base = words.base_units(known.units[0])
        factors = np.asarray([words.base_units(text) / base for text in unit.words])
        amount = np.where(rows, raw.value * factors[unit.codes], 0.0)
        # A tolerance for the rounding of the conversion: 100 % of a limit is inside it.
        slack = 1e-9 * np.abs(amount)
        low, high = (math.nan if end is None else end for end in (known.minimum, known.maximum))
        wrong = rows & ((amount < low - slack) | (amount > high + slack))
        limits = ["–" if end is None else f"{end:g}" for end in (known.minimum, known.maximum)]
        sieve.each(
            "value", wrong, "outside-limits", lambda row: {
                "area": _at(raw, "area_code", row), "year": _at(raw, "year", row), "value": f"{raw.value[row]:g}",
                "unit": _at(raw, "unit", row),
            },
            variable_zh=known.zh, variable_en=known.en, minimum=limits[0], maximum=limits[1], base=known.units[0],
        )  # fmt: skip


def _at(raw: RawTable, column: str, row: int) -> str:
    texts = raw.texts[column]
    word: str = texts.words[texts.codes[row]]
    return word


def _uses(sieve: _Sieve, context: Context) -> tuple[Column, Any, Column]:
    """`use`, the sign it brings, and notes that say so."""
    raw = sieve.raw
    use, variable = raw.texts["use"], raw.texts["variable"]
    for index, word in enumerate(use.words):
        if word not in words.USE_SET:
            sieve.word(
                "use", use.codes == index, "unknown-use", text=word, known=", ".join(sorted(words.USE_SET))
            )
    if not len(raw):
        return use, None, raw.texts["note"]
    if not any(word in context.variables for word in variable.words) and use.words == ("",):
        return use, None, raw.texts["note"]
    social = np.asarray([word in context.variables for word in variable.words], dtype=bool)[variable.codes]
    social &= _blank_words(raw, "category")
    combined = Column.of([*use.words, "denominator"])
    codes = np.where(social, combined.codes[-1], combined.codes[: len(use.words)][use.codes]).astype(np.int32)
    feedstock = np.asarray([word == "feedstock" for word in use.words], dtype=bool)[use.codes]
    sieve.each(
        "value",
        feedstock & (raw.value < 0),
        "feedstock-sign",
        lambda row: {"value": repr(float(raw.value[row]))},
    )
    note = raw.texts["note"]
    if feedstock.any():
        note = _with_suffix(note, feedstock, words.FEEDSTOCK_NOTE)
    return Column(codes, combined.words), np.where(feedstock, -1.0, 1.0) if feedstock.any() else None, note


def _doubts(sieve: _Sieve, context: Context, item: Column) -> None:
    """Warnings about rows that are kept: negative amounts, a gas by mass, an area outside the inventory."""
    raw = sieve.raw
    if not len(raw):
        return
    plain = np.asarray([word in ("", "energy") for word in raw.texts["use"].words], dtype=bool)
    burnt = plain[raw.texts["use"].codes] & ~_blank_words(raw, "category")
    variable = raw.texts["variable"]
    signed = np.asarray([_may_be_negative(word, context) for word in variable.words], dtype=bool)[
        variable.codes
    ]
    # What may be negative is a removal or a change of stock: outside land use it would only subtract.
    parameter = np.asarray([word in context.parameters for word in variable.words], dtype=bool)[
        variable.codes
    ]
    land = np.asarray(
        [re.match(r"(4|V|M|X)(\.|$)", word) is not None for word in raw.texts["category"].words]
    )
    below = burnt & (raw.value < 0) & ~(signed & (parameter | land[raw.texts["category"].codes]))
    first = int(np.flatnonzero(below)[0]) if below.any() else 0
    sieve.warn("value", below, "negative-amount", value=repr(float(raw.value[first])))
    _warn_of_gases_by_mass(sieve, context, item)
    column = raw.texts["area_code"]
    for index, code in enumerate(column.words):
        if code and not words.is_within(code, context):
            sieve.warn("area_code", column.codes == index, "area-outside", area=code, given=context.area_code)


def _may_be_negative(variable: str, context: Context) -> bool:
    """A change of an area or a stock has a sign; so may a parameter. Consumption and output have none."""
    known = context.known.get(variable)
    return variable in context.parameters or (known is not None and known.minimum is None)


def _warn_of_gases_by_mass(sieve: _Sieve, context: Context, item: Column) -> None:
    """A gas is measured by volume; tonnes of it happen (CNG), but 万吨 beside a gas is mostly a slip."""
    fuels, unit = context.fuels, sieve.raw.texts["unit"]
    if fuels is None:
        return
    heavy = np.asarray([words.is_mass(text) for text in unit.words], dtype=bool)[unit.codes]
    for index, word in enumerate(item.words):
        if word in fuels and fuels.fuel(word).measured_as == "volume":
            rows = heavy & (item.codes == index)
            first = int(np.flatnonzero(rows)[0]) if rows.any() else 0
            sieve.warn("unit", rows, "gas-by-mass", item=word, unit=unit.words[unit.codes[first]])


def _with_suffix(column: Column, rows: Mask, suffix: str) -> Column:
    """`suffix` appended to the texts of `rows`."""
    size = len(column.words)
    both = Column.of([*column.words, *(f"{word}; {suffix}" if word else suffix for word in column.words)])
    codes = np.where(rows, both.codes[size:][column.codes], both.codes[:size][column.codes])
    return Column(codes.astype(np.int32), both.words)


def _blank_words(raw: RawTable, column: str) -> Mask:
    texts = raw.texts[column]
    if not len(raw):
        return np.zeros(0, dtype=bool)
    return np.asarray([word == "" for word in texts.words], dtype=bool)[texts.codes]


def _constant(raw: RawTable, text: str) -> Column:
    return constant(text, len(raw))


def _cells(raw: RawTable) -> Column:
    """A1 names of the value cells of a sheet; blank for a text file, whose lines are numbers."""
    if raw.sheets:
        return Column.of(raw.cells["value"])
    if not raw.letters:
        return _constant(raw, "")
    letter = raw.letters.get("value", "A")
    return Column.of(f"{letter}{line}" for line in raw.line.tolist())
