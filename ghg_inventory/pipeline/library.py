"""Everything a run looks things up in, read once: code lists, areas, factors, methods, GWP."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels, GwpTable, Technologies
from ghg_inventory.errors import Finding, finding, has_errors
from ghg_inventory.factors import FactorLibrary
from ghg_inventory.inventory import Assumptions
from ghg_inventory.inventory.context import ANY
from ghg_inventory.inventory.fill import Fill
from ghg_inventory.methods import MethodLibrary, load_methods
from ghg_inventory.paths import data_folder
from ghg_inventory.pipeline.fills import fills_of
from ghg_inventory.pipeline.workspace import Workspace, WorkspaceProblem, require_known_words


@dataclass(frozen=True, slots=True)
class Library:
    """Code lists, areas, factors, methods and GWP of one workspace, with what was noticed on reading."""

    areas: AreaTree
    areas_sha256: str
    categories: CategoryTree
    fuels: Fuels
    gwp: GwpTable
    factors: FactorLibrary
    methods: MethodLibrary
    assumptions: Assumptions
    findings: tuple[Finding, ...]
    fills: tuple[Fill, ...] = ()


def load_library(ws: Workspace) -> Library:
    """Read what `ws` names. Problems of the user's own files are findings; ours raise DataFileError."""
    registry = AreaTree.registry()
    areas = registry
    area_findings: tuple[Finding, ...] = ()
    if ws.areas_file is not None:
        areas, area_findings = AreaTree.load(ws.areas_file, registry)
    factors, factor_findings = FactorLibrary.load(user_files=ws.factor_files)
    gwp, gwp_findings = GwpTable.load()
    methods = load_methods()
    if not has_errors(area_findings):
        require_known_words(ws, areas=areas, profiles=methods.profiles, gwp_sets=gwp.sets)
    factor_findings = (*factor_findings, *factors.check_areas(areas))
    assumptions = assumptions_of(ws.assumptions)
    _require_known(assumptions, factors)
    return Library(
        areas, _areas_sha256(ws), CategoryTree.load(), Fuels.load(), gwp, factors, methods, assumptions,
        (*area_findings, *factor_findings, *gwp_findings), fills_of(ws.fills),
    )  # fmt: skip


def _require_known(assumptions: Assumptions, factors: FactorLibrary) -> None:
    """An assumption with a misspelt word would never apply, silently. Raises: WorkspaceProblem."""
    categories, fuels = CategoryTree.load(), Fuels.load()
    technologies = {row.technology for row in factors.rows if row.technology}
    technologies |= {technology.code for technology in Technologies.load()}
    items = {row.item for row in factors.rows} | set(fuels.codes) | {ANY}
    known = {"technology": technologies, "category": set(categories.codes), "item": items}
    problems = []
    for kind, words in known.items():
        for prefix, item, used, _ in getattr(assumptions, kind):
            for word, among in ((prefix, set(categories.codes)), (item, items), (used, words)):
                if word not in among:
                    near = ", ".join(difflib.get_close_matches(word, sorted(among), 3)) or "–"
                    problems.append(finding("assumption-word", kind=kind, word=word, near=near))
    if problems:
        raise WorkspaceProblem(dict.fromkeys(problems))


def assumptions_of(table: Mapping[str, Any]) -> Assumptions:
    """[[assumptions.technology]], [[assumptions.category]] and [[assumptions.item]] of inventory.toml.

    Raises: WorkspaceProblem for an entry without category, item, use and reason.
    """
    entries: dict[str, list[tuple[str, str, str, str]]] = {"technology": [], "category": [], "item": []}
    problems = []
    for kind in table:
        if kind not in entries:
            problems.append(finding("assumption-unknown", kind=kind))
            continue
        for entry in table[kind]:
            lacking = [k for k in ("category", "items", "use", "reason") if not entry.get(k)]
            lacking += ["items = [...]"] if isinstance(entry.get("items"), str) else []
            if lacking:
                problems.append(finding("assumption-incomplete", kind=kind, lacking=", ".join(lacking)))
                continue
            entries[kind] += [
                (entry["category"], item, entry["use"], entry["reason"]) for item in entry["items"]
            ]
    if problems:
        raise WorkspaceProblem(problems)
    return Assumptions(*(tuple(entries[kind]) for kind in ("technology", "category", "item")))


def _areas_sha256(ws: Workspace) -> str:
    digest = hashlib.sha256(_package_sha256("areas", "*.csv").encode())
    if ws.areas_file is not None:
        digest.update(ws.areas_file.read_bytes())
    return digest.hexdigest()


@cache
def _package_sha256(room: str, pattern: str) -> str:
    """sha256 over path and content of the data files of a room of the package and the folders in it."""
    folder = Path(__file__).resolve().parent.parent / room
    digest = hashlib.sha256()
    for path in sorted(folder.rglob(pattern)):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def files_sha256(paths: tuple[Path, ...]) -> str:
    """sha256 over name and content of each file, in the given order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def _code_sha256() -> str:
    """sha256 over every Python file of the package: a changed program is another run, whatever its version."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def code_hashes() -> dict[str, str]:
    """What a manifest says of program and shipped data: code lists, units, constants, GWP, limits of checks."""
    return {
        "checks_sha256": _package_sha256("checks", "*.toml"),
        "code_sha256": _code_sha256(),
        "codes_sha256": _package_sha256("codes", "*.csv"),
        "constants_sha256": _package_sha256("formula", "*.toml"),
        "gwp_sha256": files_sha256((data_folder("emission_factors") / "gwp.csv",)),
        "indicators_sha256": _package_sha256("indicators", "*.toml"),
        "parameters_sha256": _package_sha256("factors", "*.csv"),
        "units_sha256": _package_sha256("units", "*.json"),
    }
