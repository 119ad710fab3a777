"""Landfill: the IPCC first-order decay workbook, year by year, as deposits and measured parameters."""

from __future__ import annotations

from cases.book import Case

def describes(row: dict[str, str]) -> bool:
    """A city case that is a year of the workbook: constant deposits, parameters in words, no factor."""
    return '"value": ""' in row["factors"]

def from_parameters(row: dict[str, str], source: str) -> Case:
    return Case(row["case_id"], row["description"], "ipcc2006", "ar5", (), (), {"CO2e": float(row["expected"])}, "t", source)
