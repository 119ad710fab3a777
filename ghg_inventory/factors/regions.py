"""Regions that are no administrative areas: the power grids with their member provinces in time.

A factor row may name a region in `area_code`. It then holds for every member area (and all below it) in the
years in which the area belonged to the region: Sichuan took power from the Central China grid in 2012 and
from the Southwest China grid in 2021.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ghg_inventory.errors import DataFileError
from ghg_inventory.factors.record import FIRST_YEAR, LAST_YEAR
from ghg_inventory.tables import Row, read_rows


@dataclass(frozen=True, slots=True)
class Member:
    """An area that belongs to a region from valid_from to valid_to, both included; source as for factors."""

    area_code: str
    valid_from: int
    valid_to: int
    source: str
    locator: str


@dataclass(frozen=True, slots=True)
class Region:
    """A named set of areas, less specific than each of its members and more specific than their parents."""

    code: str
    zh: str
    en: str
    members: tuple[Member, ...]


def read_regions(folder: Path) -> dict[str, Region]:
    """Regions by code from regions.csv, their members from every *_regions.csv.

    Raises: DataFileError when a table is broken or names a region that regions.csv does not list.
    """
    members: dict[str, list[Member]] = {}
    for path in sorted(folder.glob("*_regions.csv")):
        for row in _rows(path, "region area_code valid_from valid_to source locator note"):
            members.setdefault(row["region"], []).append(_member(row))
    regions = {}
    for row in _rows(folder / "regions.csv", "region zh en"):
        code = row["region"]
        regions[code] = Region(code, row["zh"], row["en"], tuple(members.pop(code, ())))
    if members:
        raise DataFileError(f"members of regions that are not in regions.csv: {', '.join(sorted(members))}")
    return regions


def _member(row: Row) -> Member:
    if not row["area_code"] or not row["source"] or not row["locator"]:
        raise DataFileError(f"{row.place}: area_code, source and locator must not be blank")
    first = int(row["valid_from"] or FIRST_YEAR)
    last = int(row["valid_to"] or LAST_YEAR)
    return Member(row["area_code"], first, last, row["source"], row["locator"])


def _rows(path: Path, columns: str) -> list[Row]:
    if not path.is_file():
        return []
    rows, findings = read_rows(path, columns.split())
    if findings:
        raise DataFileError(findings[0].line("en"))
    return rows
