"""What a report is made from: plain data, filled by the pipeline from a compiled inventory.

The room computes nothing that the inventory knows; it selects, adds up what is printed, rounds and arranges.
All masses are tonnes of the gas, `co2e_t` tonnes of CO2 equivalent, energy TJ. Frames are pandas DataFrames
with the columns named below; an empty frame means "not in this inventory" and leaves the section out with a
stated line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from ghg_inventory.errors import Finding

TOTALS = ("profile", "area_code", "year", "category", "gas", "mass_t", "co2e_t")
LEDGER = (
    "area_code", "area_name", "year", "profile", "category", "gas", "item", "variable", "use",
    "activity_value", "activity_unit", "method", "factor_ids", "mass_t", "co2e_t", "notation",
    "source_file", "source_sheet", "source_cell", "energy_tj",
)  # fmt: skip
FACTORS = (
    "factor_id", "parameter", "item", "category", "technology", "area_code", "gas", "value_text", "unit",
    "lower", "upper", "tier", "source_title", "locator", "confidence", "valid_from", "valid_to",
)  # fmt: skip
"""A report's frame may also have `profiles` (ids that used the factor, joined by ";") and `measured` (bool: stated
by a return, not published); without them every factor is the main profile's and published."""
REFERENCE = ("year", "item", "apparent_tj", "reference_co2_t", "sectoral_co2_t", "difference_pct")
BALANCE = (
    "year", "fuel_zh", "fuel_en", "closure_zh", "closure_en", "expected", "found", "gap", "unit", "cell",
)  # fmt: skip
ELECTRICITY = (
    "year", "inflow", "outflow", "net", "unit", "factor", "factor_unit", "factor_year", "factor_id", "co2_t",
)  # fmt: skip
INDICATORS = (
    "id", "name_zh", "name_en", "year", "value", "unit", "numerator", "denominator", "price_base",
    "note_zh", "note_en", "missing",
)  # fmt: skip
COMPLETENESS = (
    "area_code", "year", "category", "gas", "status", "co2e_t", "notation", "reason_zh", "reason_en",
)  # fmt: skip
"""status: "value", "notation", "included above", "excluded", "not covered", "not reported" or "missing"."""
FILLED = ("area_code", "year", "category", "variable", "item", "technology", "value", "unit", "method", "note")
"""method: a key of the words under [fill]; note: the method and the reason declared for it."""
CROSSWALK = (
    "scheme", "row", "code", "name_zh", "name_en", "scope", "account", "basic", "basic_plus", "territorial",
    "gas", "co2e_t", "categories", "depth",
)  # fmt: skip
"""row: "line", "sum" (before the lines below it) or the name of a total; categories: ours, joined by "; "."""


def empty(columns: tuple[str, ...]) -> pd.DataFrame:
    """A frame without rows, for what an inventory does not have."""
    return pd.DataFrame({column: [] for column in columns})


@dataclass(frozen=True, slots=True)
class Name:
    """A name in both languages; `en` falls back to `zh` where a fuel or area has no English name."""

    zh: str
    en: str = ""

    def __call__(self, lang: str) -> str:
        return (self.en or self.zh) if lang == "en" else (self.zh or self.en)


@dataclass(frozen=True, slots=True)
class CategoryInfo:
    """A category: its names, its place in the tree and its counterparts.

    level: depth, 1 for a sector. parent: code or "". gpc, ipcc: counterpart codes or "".
    scope: "1", "2", "3" or "" (GPC references only). basic, basic_plus, territorial: GPC reporting levels.
    adds_to_parent: False for an of-which line.
    """

    name: Name
    level: int
    parent: str = ""
    gpc: str = ""
    ipcc: str = ""
    scope: str = ""
    basic: bool = False
    basic_plus: bool = False
    territorial: bool = False
    adds_to_parent: bool = True


@dataclass(frozen=True, slots=True)
class AreaInfo:
    """An area: names, level ("province", "prefecture", "county", "district" …), parent code and last year."""

    name: Name
    level: str = ""
    parent: str = ""
    valid_to: int = 9999


@dataclass(frozen=True, slots=True)
class ProfileInfo:
    """A profile (口径): id, names and one sentence on what it is."""

    id: str
    name: Name
    description: Name


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file the inventory was compiled from. statement: what the reader decided about it, e.g. signs."""

    name: str
    sha256: str
    kind: str
    rows: int
    statement: Name = Name("")


@dataclass(frozen=True, slots=True)
class Symbol:
    """One symbol of a formula, with meaning and unit.

    origin: "activity", "energy" (activity, through its NCV), "parameter", "result" (of a model) or "" (not said).
    of: the variable or parameter. sets: factor sets that its value (or the NCV) may come from.
    """

    symbol: str
    meaning: Name
    unit: str
    origin: str = ""
    of: Name = Name("")
    sets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MethodInfo:
    """A method that made at least one ledger row. formula_html: safe HTML from `Formula.html`.

    supplement: borrowed from a document that is not the profile's own. stands_for: title of the method that
    it stands in for where that one finds no factor, or "". gas: as printed. categories: those of this report
    that it reports into. document, locator: the two parts of `source`. profiles: ids of those it made a
    number under; empty when that was not said.
    """

    id: str
    title: Name
    formula_html: str
    inputs: tuple[Symbol, ...]
    source: str
    tier: str
    result: str = ""
    note: Name = Name("")
    supplement: bool = False
    stands_for: Name = Name("")
    gas: str = ""
    categories: tuple[str, ...] = ()
    document: str = ""
    locator: str = ""
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AssumedUse:
    """What the workspace declares because the data do not say it.

    kind: "technology", "category" or "item": which key of the factor is filled. For records of `items` in
    `category` and below, factors of `used` are looked up.
    """

    kind: str
    category: str
    items: tuple[str, ...]
    used: str
    reason: Name


@dataclass(frozen=True, slots=True)
class Excluded:
    """Records that a profile deliberately gives no emission of some gases, and why.

    target: the category that holds the emission instead (notation IE) or "". records: how many activity
    records of this report are concerned. source: publication or "".
    """

    profile: str
    notation: str
    target: str
    gases: tuple[str, ...]
    items: tuple[str, ...]
    records: int
    reason: Name
    source: str


@dataclass(frozen=True, slots=True)
class BalanceCheck:
    """How an energy balance of a year closes: totals checked, beyond and within the tolerance, largest within."""

    year: int
    checked: int
    beyond: int
    within: int
    largest: str
    tolerance: str


@dataclass(frozen=True, slots=True)
class Revision:
    """A line of the revision table: version, date, what changed, effect on the total [t CO2e] or None."""

    version: str
    date: str
    change: Name
    effect_t: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What identifies the run and lets a reader repeat it."""

    run_id: str
    program_version: str
    factor_set_sha256: str
    command: str
    inputs: tuple[InputFile, ...] = ()
    revisions: tuple[Revision, ...] = ()


@dataclass(frozen=True, slots=True)
class Gwp:
    """The GWP set of the report and the values that were used. values: (gas, value, note)."""

    id: str
    name: Name
    values: tuple[tuple[str, float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ReportInput:
    """Everything one report says. See the module for the frames' columns.

    kind: "region" (province or city) or "district". issue_date, data_cutoff: ISO dates, given, never read
    from a clock; data_cutoff may be "". profiles: the main profile is `main_profile`.
    ledger: rows of the area and everything below it, `year` only. totals: the area and its children, all years.
    balance: totals that do not close, amounts as text, `cell` where the total stands. balance_checks: one per
    energy balance read. assumptions: all that the workspace declares. exclusions: those that applied here.
    completeness: of the main profile, the area in all years and its children in `year`. crosswalk: of the main
    profile, the area in `year`, in the order of print. parameters, variables: names of what a factor or a
    return states. filled: values of the area and below that a declared rule supplied, all years.
    """

    kind: str
    area_code: str
    year: int
    years: tuple[int, ...]
    issue_date: str
    run: Run
    profiles: tuple[ProfileInfo, ...]
    main_profile: str
    gwp: Gwp
    totals: pd.DataFrame
    ledger: pd.DataFrame
    categories: Mapping[str, CategoryInfo]
    areas: Mapping[str, AreaInfo]
    fuels: Mapping[str, Name]
    data_cutoff: str = ""
    factors_used: pd.DataFrame = field(default_factory=lambda: empty(FACTORS))
    methods_used: tuple[MethodInfo, ...] = ()
    reference: pd.DataFrame = field(default_factory=lambda: empty(REFERENCE))
    balance: pd.DataFrame = field(default_factory=lambda: empty(BALANCE))
    balance_checks: tuple[BalanceCheck, ...] = ()
    assumptions: tuple[AssumedUse, ...] = ()
    exclusions: tuple[Excluded, ...] = ()
    electricity: pd.DataFrame = field(default_factory=lambda: empty(ELECTRICITY))
    indicators: pd.DataFrame = field(default_factory=lambda: empty(INDICATORS))
    findings: tuple[Finding, ...] = ()
    completeness: pd.DataFrame = field(default_factory=lambda: empty(COMPLETENESS))
    crosswalk: pd.DataFrame = field(default_factory=lambda: empty(CROSSWALK))
    demonstration: bool = False
    parameters: Mapping[str, Name] = field(default_factory=dict)
    variables: Mapping[str, Name] = field(default_factory=dict)
    filled: pd.DataFrame = field(default_factory=lambda: empty(FILLED))
