"""The user's areas.csv: columns code, name_zh, name_en, level, parent, valid_from, valid_to, kind.

It may stand alone (districts of any country) or hang below the register: as soon as one of its codes or
parents is a code of the register, the register's areas are all there too. A row whose code the register
already has may give its English name; it may not move the area.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ghg_inventory.areas.grow import ALWAYS, END, Area, grow, lost_codes, uncovered
from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.tables import Row, read_rows

if TYPE_CHECKING:
    from ghg_inventory.areas.tree import AreaTree

COLUMNS = ("code", "name_zh", "name_en", "level", "parent")
OPTIONAL = ("valid_from", "valid_to", "kind")
KINDS = ("territory", "overlay")


@dataclass(frozen=True, slots=True)
class _Read:
    area: Area
    place: Place


def combine(path: Path, registry: AreaTree | None) -> tuple[list[Area], tuple[Finding, ...], bool]:
    """Rows of the tree, findings, and whether the register's rows are among them."""
    rows, findings = read_rows(path, COLUMNS, OPTIONAL)
    read = [_read(row, findings) for row in rows]
    good = _without_overlaps([r for r in read if r is not None], findings)
    joined = registry is not None and any(r.area.code in registry or r.area.parent in registry for r in good)
    base: list[Area] = []
    if registry is not None and joined:
        good, base = _beside_registry(good, registry, findings)
    good = _with_known_parents(good, base, findings)
    good = _without_circles(good, base, findings)
    _check_parent_years(good, base, findings)
    return [*base, *(r.area for r in good)], tuple(findings), joined


def _read(row: Row, findings: list[Finding]) -> _Read | None:
    cells, place = row.cells, row.place
    kind = cells.get("kind", "") or "territory"
    first = _year(cells.get("valid_from", ""), ALWAYS)
    final = _year(cells.get("valid_to", ""), END)
    problem = None
    if not cells["code"]:
        problem = finding("area-no-code", place)
    elif kind not in KINDS:
        problem = finding("area-kind", place, kind=kind, expected=", ".join(KINDS))
    elif first is None or final is None or first > final:
        years = f"{cells.get('valid_from', '')} – {cells.get('valid_to', '')}"
        problem = finding("area-years", place, code=cells["code"], years=years)
    elif cells["parent"] == cells["code"]:
        problem = finding("area-own-parent", place, code=cells["code"])
    if problem is not None or first is None or final is None:
        findings.extend([problem] if problem else [])
        return None
    return _Read(
        Area(
            cells["code"], first, final, cells["parent"], cells["level"], cells["name_zh"], cells["name_en"],
            kind,
        ),
        place,
    )  # fmt: skip


def _year(text: str, blank: int) -> int | None:
    if not text:
        return blank
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else None


def _without_overlaps(read: list[_Read], findings: list[Finding]) -> list[_Read]:
    """Leave out a row that repeats a code in years an earlier line already covers."""
    kept: list[_Read] = []
    by_code: dict[str, list[_Read]] = {}
    for entry in read:
        area = entry.area
        clash = next((
            other for other in by_code.get(area.code, [])
            if other.area.valid_from <= area.valid_to and area.valid_from <= other.area.valid_to
        ), None)  # fmt: skip
        if clash is not None:
            findings.append(finding("area-twice", entry.place, code=area.code, line=clash.place.line))
            continue
        by_code.setdefault(area.code, []).append(entry)
        kept.append(entry)
    return kept


def _beside_registry(
    read: list[_Read], registry: AreaTree, findings: list[Finding]
) -> tuple[list[_Read], list[Area]]:
    """Own rows that the register lacks, and the register's rows with the English names given by the user."""
    english: dict[str, str] = {}
    own = []
    for entry in read:
        area = entry.area
        if area.code not in registry:
            own.append(entry)
            continue
        known = registry.periods(area.code)
        if area.parent and all(area.parent != period.parent for period in known):
            findings.append(
                finding(
                    "area-moved", entry.place, code=area.code, area=registry.name(area.code),
                    parent=area.parent, expected=known[-1].parent,
                )
            )  # fmt: skip
        elif area.name_zh and all(area.name_zh != period.name_zh for period in known):
            findings.append(
                finding(
                    "area-renamed", entry.place, code=area.code, found=area.name_zh,
                    expected=registry.name(area.code),
                )
            )  # fmt: skip
        if area.name_en:
            english[area.code] = area.name_en
    rows = [area for code in dict.fromkeys(registry.codes) for area in registry.periods(code)]
    return own, [a._replace(name_en=english[a.code]) if a.code in english else a for a in rows]


def _with_known_parents(read: list[_Read], base: list[Area], findings: list[Finding]) -> list[_Read]:
    """Hang an area with an unknown parent at the root, with a finding, so that it is not lost."""
    known = {area.code for area in base} | {entry.area.code for entry in read}
    kept = []
    for entry in read:
        parent = entry.area.parent
        if parent and parent not in known:
            findings.append(finding("area-parent-unknown", entry.place, code=entry.area.code, parent=parent))
            entry = _Read(entry.area._replace(parent=""), entry.place)
        kept.append(entry)
    return kept


def _without_circles(read: list[_Read], base: list[Area], findings: list[Finding]) -> list[_Read]:
    """Hang every area of a circle of parents at the root, with a finding each."""
    rows = [*base, *(entry.area for entry in read)]
    circle = set(lost_codes((entry.area for entry in read), grow(rows), rows))
    if not circle:
        return read
    kept = []
    for entry in read:
        if entry.area.code in circle:
            findings.append(
                finding("area-circle", entry.place, code=entry.area.code, codes=", ".join(sorted(circle)))
            )
            entry = _Read(entry.area._replace(parent=""), entry.place)
        kept.append(entry)
    return kept


def _check_parent_years(read: Iterable[_Read], base: list[Area], findings: list[Finding]) -> None:
    entries = list(read)
    periods: dict[str, list[Area]] = {}
    for area in [*base, *(entry.area for entry in entries)]:
        periods.setdefault(area.code, []).append(area)
    for entry in entries:
        area = entry.area
        gap = uncovered(area, periods[area.parent]) if area.parent else None
        if gap is not None:
            findings.append(
                finding(
                    "area-parent-years", entry.place, code=area.code, parent=area.parent,
                    years=_span(*gap),
                )
            )  # fmt: skip


def _span(first: int, final: int) -> str:
    left = "" if first == ALWAYS else str(first)
    right = "" if final == END else str(final)
    return left if left == right and left else f"{left}–{right}"
