"""A published case as records and own factors, run in a workspace through import, compile and totals.

Every case is an area of its own, so that its factors are its own. Nothing is computed here: the numbers of a
`Result` come from the program's totals.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
AT = "2026-11-23T10:00:00+08:00"
ROOT_AREA = "CASES"
DEFAULT_YEAR = 2020
"""The year of a case that names none: nothing in it depends on the year."""

ACTIVITY = [
    "area_code",
    "year",
    "category",
    "variable",
    "item",
    "technology",
    "value",
    "unit",
    "notation",
    "source",
    "note",
    "use",
]
FACTORS = [
    "factor_id",
    "parameter",
    "category",
    "item",
    "technology",
    "sector",
    "area_code",
    "valid_from",
    "valid_to",
    "gas",
    "value",
    "unit",
    "source",
    "locator",
]


@dataclass(frozen=True)
class Record:
    """One line of the activity file; value and unit as printed."""

    category: str
    variable: str
    value: str
    unit: str
    item: str = ""
    technology: str = ""
    year: int = DEFAULT_YEAR
    use: str = ""
    notation: str = ""


@dataclass(frozen=True)
class OwnFactor:
    """One line of the user's factor file; value and unit as printed."""

    parameter: str
    value: str
    unit: str
    gas: str = ""
    category: str = ""
    item: str = ""
    technology: str = ""


@dataclass(frozen=True)
class Case:
    """A published number and what it was computed from.

    expected: gas ("CO2e" for the sum with the GWP set) → value in `unit`. at: (category, year) of the total
    that is compared; "" for everything of the area. allowed: gas → largest difference that the source's own
    rounding explains, in `unit`; a gas that is not there: relative 1e-9. published: what the source prints,
    where that is not `expected`; why: the reason for that. area: cases of one area share records and factors.
    """

    id: str
    what: str
    profile: str
    gwp_set: str
    records: tuple[Record, ...]
    factors: tuple[OwnFactor, ...]
    expected: dict[str, float]
    unit: str
    source: str
    allowed: dict[str, float] = field(default_factory=dict)
    published: float | None = None
    why: str = ""
    at: tuple[str, int] = ("", DEFAULT_YEAR)
    area: str = ""

    @property
    def area_code(self) -> str:
        """The area that holds the case."""
        return self.area or f"case-{self.id}"


@dataclass(frozen=True)
class Result:
    """What came out: gas → value in the case's unit (None: nothing was computed), and what went wrong with it.

    errors: findings of severity error in the case's lines, also about gases that the case is not about.
    refused: own factors that were not taken: the number would not be the case's own.
    """

    case: Case
    got: dict[str, float | None]
    errors: tuple[str, ...] = field(default=())
    refused: tuple[str, ...] = field(default=())

    def difference(self, gas: str) -> float | None:
        """Got minus expected."""
        got = self.got.get(gas)
        return None if got is None else got - self.case.expected[gas]

    @property
    def agrees(self) -> bool:
        """Within the rounding that the source itself prints, or 1e-9 relative where it prints all digits."""
        if self.refused:
            return False
        for gas, wanted in self.case.expected.items():
            difference = self.difference(gas)
            if difference is None or abs(difference) > max(
                self.case.allowed.get(gas, 0.0), 1e-9 * abs(wanted)
            ):
                return False
        return True


@dataclass(frozen=True)
class Left:
    """A published case that the program does not compute, and the reason."""

    id: str
    what: str
    source: str
    why: str


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a table as text."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def run(cases: Iterable[Case], size: int = 40) -> list[Result]:
    """Every case, in workspaces of at most `size` areas per profile and GWP set; results in the given order."""
    given = list(cases)
    groups: dict[tuple[str, str], dict[str, list[Case]]] = {}
    for case in given:
        groups.setdefault((case.profile, case.gwp_set), {}).setdefault(case.area_code, []).append(case)
    done: dict[str, Result] = {}
    for (profile, gwp_set), areas in groups.items():
        held = list(areas.values())
        for start in range(0, len(held), size):
            part = held[start : start + size]
            with tempfile.TemporaryDirectory() as folder:
                done |= _run_together([c for same in part for c in same], profile, gwp_set, Path(folder))
    return [done[case.id] for case in given]


def _run_together(cases: Sequence[Case], profile: str, gwp_set: str, folder: Path) -> dict[str, Result]:
    from ghg_inventory.pipeline import Workspace, compile_run, import_files

    write_workspace(cases, profile, gwp_set, folder)
    ws = Workspace.open(folder)
    imported = import_files(ws, ws.inbox_files(), at=AT)
    run = compile_run(ws, at=AT, record=False)
    findings = (*imported.findings, *run.findings)
    errors = _by_area((f for f in findings if f.severity == "error"), cases)
    unused = _by_area((f for f in findings if f.name == "user-factor-unused"), cases, without_models=True)
    totals = run.main.totals()
    return {
        case.id: Result(
            case, _got(case, totals), tuple(name for _, name in errors.get(case.area_code, ())),
            tuple(name for file, name in (*errors.get(case.area_code, ()), *unused.get(case.area_code, ()))
                  if file == "factors.csv"),
        )
        for case in cases
    }  # fmt: skip


def _by_area(
    findings: Iterable, cases: Sequence[Case], *, without_models: bool = False
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Area → (file, name) of the findings in its lines; each finding must be about a line of a case.

    without_models: parameters of array models are left out, whose use the program does not note.
    """
    activity, factors = _activity_rows(cases), _factor_rows(cases)
    out: dict[str, dict[tuple[str, str], None]] = {}
    for one in findings:
        line = one.place.line - 2
        assert line >= 0, one.line("en")
        if one.place.file == "factors.csv":
            row = factors[line]
            if without_models and row[1] in _model_parameters():
                continue
            area = row[6]
        else:
            area = activity[line][0]
        out.setdefault(area, {})[one.place.file, one.name] = None
    return {area: tuple(names) for area, names in out.items()}


@cache
def _model_parameters() -> frozenset[str]:
    from ghg_inventory.methods import load_methods

    return frozenset(i.parameter for m in load_methods().models.values() for i in m.factors)


def write_workspace(cases: Sequence[Case], profile: str, gwp_set: str, folder: Path) -> None:
    """areas.csv, factors.csv, input/activity.csv and inventory.toml for these cases."""
    areas = list(dict.fromkeys(case.area_code for case in cases))
    names = ["code", "name_zh", "name_en", "level", "parent", "valid_from", "valid_to", "kind"]
    _write(folder / "areas.csv", names, [
        [ROOT_AREA, "算例", "Cases", "province", "", "", "", "territory"],
        *([code, code, code, "county", ROOT_AREA, "", "", "territory"] for code in areas),
    ])  # fmt: skip
    _write(folder / "factors.csv", FACTORS, _factor_rows(cases))
    (folder / "input").mkdir()
    _write(folder / "input" / "activity.csv", ACTIVITY, _activity_rows(cases))
    years = sorted({r.year for c in cases for r in c.records} | {c.at[1] for c in cases})
    (folder / "inventory.toml").write_text(
        "[inventory]\n"
        f'name_zh = "算例"\nname_en = "Cases"\narea = "{ROOT_AREA}"\nyears = {years}\nprofiles = ["{profile}"]\n'
        f'gwp_set = "{gwp_set}"\nlanguage = "en"\n\n[files]\nareas = "areas.csv"\nfactors = ["factors.csv"]\n'
        'inbox = "input"\n',
        encoding="utf-8",
    )


def _factor_rows(cases: Sequence[Case]) -> list[list[str]]:
    rows: dict[tuple[str, ...], None] = {}
    sources: dict[tuple[str, ...], str] = {}
    for case in cases:
        for f in case.factors:
            key = (
                f.parameter,
                f.category,
                f.item,
                f.technology,
                "",
                case.area_code,
                "",
                "",
                f.gas,
                f.value,
                f.unit,
            )
            rows[key] = None
            sources.setdefault(key, case.source)
    return [[f"case.{n}", *key, sources[key], "case file"] for n, key in enumerate(rows)]


def _activity_rows(cases: Sequence[Case]) -> list[list[str]]:
    rows: dict[tuple[str, ...], None] = {}
    for case in cases:
        for r in case.records:
            note = "stated by the source" if r.notation else ""
            rows[
                case.area_code, str(r.year), r.category, r.variable, r.item, r.technology, r.value, r.unit,
                r.notation, case.source, note, r.use,
            ] = None  # fmt: skip
    return [list(key) for key in rows]


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


def _got(case: Case, totals: pd.DataFrame) -> dict[str, float | None]:
    from ghg_inventory.units import factor_between, parse_unit

    category, year = case.at
    mine = totals[(totals["area_code"] == case.area_code) & (totals["year"] == year)]
    # Without a category: the roots of the category tree, each once.
    mine = (
        mine[mine["category"] == category]
        if category
        else mine[~mine["category"].str.contains(".", regex=False)]
    )
    got: dict[str, float | None] = {}
    for gas in case.expected:
        rows = mine if gas == "CO2e" else mine[mine["gas"] == gas]
        column = "co2e_t" if gas == "CO2e" else "mass_t"
        unit = parse_unit(case.unit)
        tonne = parse_unit(f"t {unit.substances[0]}" if unit.substances else "t")
        scale = factor_between(tonne, unit)
        got[gas] = float(rows[column].sum()) * scale if len(rows) else None
    return got
