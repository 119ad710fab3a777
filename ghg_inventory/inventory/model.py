"""`Inventory`: the compiled result of one profile, and the questions that can be asked of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ghg_inventory.activity.table import Activity
from ghg_inventory.errors import Finding
from ghg_inventory.inventory.context import Context
from ghg_inventory.inventory.cube import Cube, is_apart
from ghg_inventory.inventory.encode import Encoded
from ghg_inventory.inventory.plan import Plan
from ghg_inventory.tables import FloatArray


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that went in. Its sha256 is the run id: same manifest, same run, same bytes.

    parts: sorted (name, text) pairs: content hashes, profile, GWP set, years, options, code version.
    """

    parts: tuple[tuple[str, str], ...]

    @property
    def run_id(self) -> str:
        """sha256 of the manifest's canonical JSON, 64 hex digits."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces, UTF-8 kept."""
        return json.dumps(dict(self.parts), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Inventory:
    """A compiled inventory.

    own: cells as the records name them. rolled: the same with all ancestors of area and category.
    held: bool like rolled.mass_t, which cells stand on at least one computed record (a computed zero counts).
    gwp: one value per gas of the cubes, NaN where the set lacks the gas (a finding says so).
    model_factors: positions of the factor rows that array models used. everything: the records of all years
    with those that models gave, where the profile has models; None where it has none.
    """

    context: Context
    gwp_set: str
    activity: Activity
    encoded: Encoded
    plan: Plan
    own: Cube
    rolled: Cube
    held: np.ndarray
    gwp: FloatArray
    findings: tuple[Finding, ...]
    model_factors: tuple[int, ...] = ()
    everything: Activity | None = None

    @property
    def profile_id(self) -> str:
        """Id of the accounting profile."""
        return self.context.profile.id

    @property
    def years(self) -> tuple[int, ...]:
        """Years that hold records, ascending."""
        return self.rolled.years

    def totals(self) -> pd.DataFrame:
        """Rolled-up cells: area_code, year, category, gas, origin, mass_t, co2e_t.

        Only cells that hold an emission of their own or of a descendant; CO2e is NaN where GWP is.
        """
        cube = self.rolled
        area, year, category, gas = np.nonzero(self.held)
        mass = cube.mass_t[self.held]
        return pd.DataFrame({
            "profile": self.profile_id,
            "area_code": np.asarray(cube.areas, dtype=object)[area],
            "year": np.asarray(cube.years, dtype=np.int64)[year],
            "category": np.asarray(cube.categories, dtype=object)[category],
            "gas": np.asarray([g for g, _ in cube.gases], dtype=object)[gas],
            "origin": np.asarray([o for _, o in cube.gases], dtype=object)[gas],
            "mass_t": mass,
            "co2e_t": mass * self.gwp[gas],
        })  # fmt: skip

    def mass(self, area: str, year: int, category: str, gas: str) -> float | None:
        """Tonnes of one gas in a rolled cell, None when no record stands behind it: a blank is not zero."""
        picked = self._pick(area, year, category)
        chosen = [mass for mass, (name, _), _ in picked if name == gas]
        return float(np.sum(chosen)) if chosen else None

    def co2e(self, area: str, year: int, category: str) -> float | None:
        """Tonnes CO2e of a rolled cell over all its gases, None when no record stands behind it."""
        picked = self._pick(area, year, category)
        counted = [mass * gwp for mass, (gas, _), gwp in picked if not is_apart(gas)]
        return float(np.sum(counted)) if counted else None

    def _pick(self, area: str, year: int, category: str) -> list[tuple[float, tuple[str, str], float]]:
        """(tonnes, (gas, origin), GWP) of the gases that the cell holds."""
        cube = self.rolled
        if area not in cube.areas or year not in cube.years or category not in cube.categories:
            return []
        cell = cube.areas.index(area), cube.years.index(year), cube.categories.index(category)
        every = zip(self.held[cell], cube.mass_t[cell], cube.gases, self.gwp, strict=True)
        return [(float(mass), gas, float(gwp)) for held, mass, gas, gwp in every if held]

    def input_files(self) -> list[dict[str, Any]]:
        """Name, sha256, kind, layout and statement of each file that the records came from."""
        return [
            {"name": f.name, "sha256": f.sha256, "kind": f.kind, "layout": f.layout, "statement": f.statement}
            for f in self.activity.files
        ]  # fmt: skip


def presence(encoded: Encoded, plan: Plan, held: np.ndarray) -> np.ndarray:
    """Bool [area, year, category, gas] of cells that at least one resolved record emits into.

    held: which signatures occur, see `occurring`.
    """
    shape = (len(encoded.areas), len(plan.years), len(plan.categories), len(plan.gases))
    out = np.zeros(shape, dtype=bool)
    for term in plan.terms:
        resolved = (term.method >= 0) & (term.state == 0)
        for signature in np.flatnonzero(resolved.any(axis=(1, 2))):
            ok = resolved[signature][plan.class_of_area, :]
            out[:, :, term.category[signature], term.column] |= held[signature] & ok
    return out


def occurring(encoded: Encoded, plan: Plan, *, nonzero: bool = False) -> np.ndarray:
    """Bool [signature, area, year]: which combinations have a record with a value (or one that is not 0)."""
    years = len(plan.years)
    out = np.zeros((len(plan.signatures), len(encoded.areas), years), dtype=bool)
    rows = slice(None) if encoded.counted is None else encoded.counted
    if nonzero:
        rows = encoded.value != 0
    out[encoded.signature[rows], encoded.area[rows], encoded.year[rows]] = True
    return out
