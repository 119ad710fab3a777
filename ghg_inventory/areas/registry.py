"""The shipped register: codes of GB/T 2260 since 1980, their validity, and what replaced them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ghg_inventory.areas.grow import Area
from ghg_inventory.areas.history import Event, History
from ghg_inventory.errors import DataFileError

_FOLDER = Path(__file__).parent


def registry_rows() -> list[Area]:
    """All periods of all codes, with the English names that are established.

    Raises: DataFileError when our own file is damaged.
    """
    english = dict(_table("names_en.csv", ("code", "name_en")))
    try:
        return [
            Area(code, int(first), int(final), parent, level, name, english.get(code, ""))
            for code, first, final, parent, level, name in _table(
                "registry.csv", ("code", "valid_from", "valid_to", "parent", "level", "name_zh")
            )
        ]
    except ValueError as error:
        raise DataFileError(f"areas/registry.csv: {error}") from error


@cache
def registry_history() -> History:
    """The events of `events.csv`; read on first use (a message about an abolished code)."""
    columns = ("year", "kind", "from_code", "to_code", "note", "source")
    return History(Event(int(year), *rest) for year, *rest in _table("events.csv", columns))


def _table(name: str, columns: tuple[str, ...]) -> Iterator[list[str]]:
    """Rows of a file we ship. A plain csv.reader: the strict reader's places cost more than the tree."""
    with (_FOLDER / name).open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        if tuple(next(reader, [])) != columns:
            raise DataFileError(f"areas/{name}: the header is not {', '.join(columns)}")
        yield from reader
