"""What the readers need to know: areas, categories, fuels, variables, and what the caller already knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels, Technologies
from ghg_inventory.errors import DataFileError
from ghg_inventory.methods import Variable as MethodVariable
from ghg_inventory.paths import data_folder
from ghg_inventory.tables import read_rows

FIRST_YEAR, LAST_YEAR = 1950, 2100
NOTATION = ("NO", "NE", "NA", "IE", "C")
USES = ("", "feedstock", "check", "reference", "transfer", "energy", "denominator")
# Variables whose item must be a fuel.
FUEL_VARIABLES = frozenset({"fuel"})


@dataclass(frozen=True, slots=True)
class Variable:
    """A socio-economic variable: its code, names, and a unit of the right dimension."""

    variable: str
    zh: str
    en: str
    unit: str
    needs: str


@dataclass(frozen=True, slots=True)
class ParameterWords:
    """A parameter as a reader knows it: names and units of the right dimension (() = any)."""

    zh: str
    en: str
    units: tuple[str, ...]


def _variables() -> Mapping[str, Variable]:
    return load_variables()


@dataclass(frozen=True, slots=True)
class Context:
    """The world of a reader.

    areas, categories, fuels: registries (None: that check is left to a later stage).
    variables: socio-economic variables by code (default: activity_templates/variables.csv).
    method_variables: activity variables that some method takes; empty when not known here.
    past: variables of which years before an area's code existed may be stated, for its present territory.
    known: what each of them may be about. parameters: what a return may state in place of a default.
    area_code, year: what the caller knows about a form that does not say it itself.
    folder: files are named relative to it in findings and records.
    """

    areas: AreaTree | None = None
    categories: CategoryTree | None = None
    fuels: Fuels | None = None
    variables: Mapping[str, Variable] = field(default_factory=_variables)
    method_variables: frozenset[str] = frozenset()
    known: Mapping[str, MethodVariable] = field(default_factory=dict)
    parameters: Mapping[str, ParameterWords] = field(default_factory=dict)
    past: frozenset[str] = frozenset()
    technologies: Technologies = field(default_factory=Technologies.load)
    area_code: str = ""
    year: int = 0
    folder: Path | None = None

    def shown(self, path: Path) -> str:
        """The file's name in findings and records: relative to `folder`, with forward slashes."""
        if self.folder is not None and path.is_relative_to(self.folder):
            return path.relative_to(self.folder).as_posix()
        return path.name


@cache
def load_variables() -> Mapping[str, Variable]:
    """activity_templates/variables.csv. Raises: DataFileError when it is malformed."""
    columns = ("variable", "zh", "en", "unit", "needs", "note")
    path = data_folder("activity_templates") / "variables.csv"
    rows, findings = read_rows(path, columns)
    if findings:
        raise DataFileError(findings[0].line("en"))
    return MappingProxyType(
        {
            row["variable"]: Variable(row["variable"], row["zh"], row["en"], row["unit"], row["needs"])
            for row in rows
        }
    )
