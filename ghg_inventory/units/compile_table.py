"""Make compiled.json from units.txt and the CSV files of this folder: the only user of pint.

    python -m ghg_inventory.units.compile_table

A test fails when compiled.json is not what this program writes now.
"""

from __future__ import annotations

import csv
import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
# pint names must be identifiers; these two are written with their signs everywhere else.
SIGNS = {"percent": "%", "permille": "‰"}


def registry() -> Any:
    """The pint registry of units.txt, with exact fractions for numbers."""
    import pint

    return pint.UnitRegistry(str(FOLDER / "units.txt"), non_int_type=Fraction, cache_folder=None)


def _rows(name: str) -> list[dict[str, str]]:
    """Rows of a CSV here. Raises: ValueError for a repeated first column."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    keys = [next(iter(row.values())) for row in rows]
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    if repeated:
        raise ValueError(f"{name}: spelled twice: {', '.join(repeated)}")
    return rows


def _defined_names() -> list[str]:
    lines = (FOLDER / "units.txt").read_text(encoding="utf-8").splitlines()
    names = [line.split("=")[0].strip() for line in lines if "=" in line and not line.startswith("#")]
    return [name for name in names if not name.endswith("-")]


def unit_entry(ureg: Any, name: str) -> list[object]:
    """[exact factor "num/den", {base: exponent}, year exponent, is a substance] of one pint name."""
    factor, _ = ureg.get_base_units(name)
    exact = Fraction(factor)
    exponents = {base.strip("[]"): int(power) for base, power in ureg.get_dimensionality(name).items()}
    years = exponents.pop("year", 0)
    # A substance is a base unit named like its own dimension and written with the gas or matter's name.
    substance = list(exponents.items()) == [(name, 1)] and name not in _COUNTS
    return [f"{exact.numerator}/{exact.denominator}", dict(sorted(exponents.items())), years, substance]


_COUNTS = frozenset({"head", "person", "household", "vehicle", "piece", "CNY", "USD", "EUR"})


def compiled() -> dict[str, Any]:
    """The whole table, ready for JSON. Raises: ValueError for a contradiction between the data files."""
    ureg = registry()
    names = _defined_names()
    for row in _rows("prefixes.csv"):
        prefixed = [prefix + row["unit"] for prefix in row["prefixes"].split()]
        names += [name for name in prefixed if name not in names]
    units = {SIGNS.get(name, name): unit_entry(ureg, name) for name in names}
    spellings = {row["spelling"]: row["canonical"] for row in _rows("spellings.csv")}
    items = {row["spelling"]: row["item"] for row in _rows("items.csv")}
    items |= {item: item for item in list(items.values()) if item and item not in items}
    ambiguous = {
        row["spelling"]: [row["choices"].split("|"), row["why_zh"], row["why_en"]]
        for row in _rows("ambiguous.csv")
    }
    groups = {"units": units, "spellings": spellings, "items": items, "ambiguous": ambiguous}
    _refuse_overlap(groups)
    kinds = [
        [row["name"], row["zh"], row["en"], _exponents(row["exponents"])] for row in _rows("dimensions.csv")
    ]
    return {**groups, "kinds": kinds}


def _exponents(text: str) -> dict[str, int]:
    words = text.split()
    return {base: int(power) for base, power in zip(words[::2], words[1::2], strict=True)}


def _refuse_overlap(groups: dict[str, Any]) -> None:
    seen: dict[str, str] = {}
    for group, words in groups.items():
        for word in words:
            if word in seen:
                raise ValueError(f"{word!r} is in {seen[word]} and in {group}")
            seen[word] = group


def as_json() -> str:
    """The text of compiled.json: one entry per line, so that a change reads as a change."""
    parts = []
    for group, content in compiled().items():
        if isinstance(content, dict):
            lines = [f"  {_json(key)}: {_json(value)}" for key, value in content.items()]
            parts.append(f'"{group}": {{\n' + ",\n".join(lines) + "\n}")
        else:
            parts.append(f'"{group}": [\n' + ",\n".join(f"  {_json(value)}" for value in content) + "\n]")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def main() -> int:
    """Write compiled.json."""
    (FOLDER / "compiled.json").write_text(as_json(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
