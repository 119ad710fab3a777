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
from ghg_inventory.inventory.cube import Cube, roll_up
from ghg_inventory.inventory.encode import Encoded
from ghg_inventory.inventory.plan import Context, Plan
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
    gwp: one value per gas of the cubes, NaN where the set lacks the gas (a finding says so).
    """

    context: Context
    gwp_set: str
    activity: Activity
    encoded: Encoded
    plan: Plan
    own: Cube
    rolled: Cube
    gwp: FloatArray
    findings: tuple[Finding, ...]

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
        held = self._held()
        area, year, category, gas = np.nonzero(held)
        mass = cube.mass_t[held]
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

    def _held(self) -> np.ndarray:
        """Which rolled cells stand on at least one computed record (a computed zero counts)."""
        present = presence(self.encoded, self.plan)
        marked = Cube(
            self.own.areas, self.own.years, self.own.categories, self.own.gases, present.astype(np.float64)
        )
        context = self.context
        return roll_up(marked, context.areas, context.categories, context.root).mass_t > 0

    def mass(self, area: str, year: int, category: str, gas: str) -> float | None:
        """Tonnes of one gas in a rolled cell, None when the inventory has no such cell."""
        picked = self._pick(area, year, category)
        chosen = [k for k, (g, _) in enumerate(self.rolled.gases) if g == gas]
        return None if picked is None or not chosen else float(picked[chosen].sum())

    def co2e(self, area: str, year: int, category: str) -> float | None:
        """Tonnes CO2e of a rolled cell over all gases, None when there is no such cell."""
        picked = self._pick(area, year, category)
        return None if picked is None else float((picked * self.gwp).sum())

    def _pick(self, area: str, year: int, category: str) -> FloatArray | None:
        cube = self.rolled
        if area not in cube.areas or year not in cube.years or category not in cube.categories:
            return None
        cell: FloatArray = cube.mass_t[
            cube.areas.index(area), cube.years.index(year), cube.categories.index(category)
        ]
        return cell

    def input_files(self) -> list[dict[str, Any]]:
        """Name, sha256, kind, layout and statement of each file that the records came from."""
        return [
            {"name": f.name, "sha256": f.sha256, "kind": f.kind, "layout": f.layout, "statement": f.statement}
            for f in self.activity.files
        ]  # fmt: skip


def presence(encoded: Encoded, plan: Plan) -> np.ndarray:
    """Bool [area, year, category, term] of cells that at least one resolved record names."""
    number = {code: index for index, code in enumerate(plan.categories)}
    shape = (len(encoded.areas), len(plan.years), len(plan.categories), len(plan.terms))
    out = np.zeros(shape, dtype=bool)
    held = occurring(encoded, plan)
    for term_index, term in enumerate(plan.terms):
        resolved = (term.method >= 0) & (term.state == 0)
        for signature in np.flatnonzero(resolved.any(axis=(1, 2))):
            ok = resolved[signature][plan.class_of_area, :]
            out[:, :, number[plan.signatures[signature].category], term_index] |= held[signature] & ok
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
