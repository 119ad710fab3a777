"""Limits of the checks: a number each, with what it limits and where it comes from, in thresholds.toml."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ghg_inventory.tables import read_toml, require_keys


@cache
def threshold(name: str) -> float:
    """A limit of thresholds.toml. Raises: KeyError for an unknown name, DataFileError for a bad entry."""
    entry = read_toml(Path(__file__).parent / "thresholds.toml")[name]
    require_keys(entry, ("limit", "unit", "meaning", "source"), (), f"thresholds.toml: {name}")
    return float(entry["limit"])
