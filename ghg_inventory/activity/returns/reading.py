"""reading.toml: the words, tolerances and limits that the reader of returns goes by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ghg_inventory.codes import notation_keys
from ghg_inventory.codes.words import fold
from ghg_inventory.tables import read_toml


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading.toml says.

    nothing, yes, no: folded words. keys: folded key or name → notation key. reasons: keys that need a reason.
    declared: language → reason on record. most, least: relative tolerances of a total. rows, columns: where a marker
    is looked for. named: cells named in one message. required, expected: answers of the cover; kept: those that are
    kept as the file's statement. roles: column or row key → its names. names: row of the cover → its names.
    """

    nothing: frozenset[str]
    yes: frozenset[str]
    no: frozenset[str]
    keys: dict[str, str]
    reasons: frozenset[str]
    declared: dict[str, str]
    most: float
    least: float
    rows: int
    columns: int
    named: int
    required: tuple[str, ...]
    expected: tuple[str, ...]
    kept: tuple[str, ...]
    roles: dict[str, tuple[str, str]]
    names: dict[str, tuple[str, str]]


@cache
def reading() -> Reading:
    """What reading.toml says. Raises: DataFileError when it is malformed."""
    content = read_toml(Path(__file__).with_name("reading.toml"))
    cells, totals, search, cover = (content[name] for name in ("cells", "totals", "search", "cover"))
    keys = {
        fold(text): key.key
        for key in notation_keys().values()
        for text in (key.key, key.zh, key.en, f"{key.key} {key.zh}", f"{key.key} {key.en}")
    }
    needing = {key.key for key in notation_keys().values() if key.needs_reason}
    nothing, yes, no = (frozenset(map(fold, cells[name])) for name in ("nothing", "yes", "no"))
    roles, names = ({key: (zh, en) for key, (zh, en) in content[part].items()} for part in ("roles", "rows"))
    return Reading(
        nothing=nothing, yes=yes, no=no, keys=keys, reasons=frozenset(needing | set(content["reasons"]["also"])),
        declared={"zh": cells["declared_zh"], "en": cells["declared_en"]}, most=totals["most"], least=totals["least"],
        rows=search["rows"], columns=search["columns"], named=content["limits"]["named"],
        required=tuple(cover["required"]), expected=tuple(cover["expected"]), kept=tuple(cover["kept"]),
        roles=roles, names=names,
    )  # fmt: skip
