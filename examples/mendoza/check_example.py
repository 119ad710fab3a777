"""Recompute every published number: activity × factor, within what rounding of the printed activity explains.

    python examples/mendoza/check_example.py

Uses the standard library only, so that it does not depend on the compiler that it checks.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

HERE = Path(__file__).parent
# Factor per printed unit of activity, kg: kg/TJ as it is, kgCO2/kWh times 1000 kWh per MWh.
PER_UNIT = {"kg/TJ": ("TJ", 1.0), "kgCO2/kWh": ("MWh", 1000.0)}
# Activity is printed in whole units and emissions in whole kg: each is off by at most half of one.
HALF = 0.5
Table = list[dict[str, str]]


def main() -> int:
    """Print what was compared and the largest deviation; 1 when a number cannot be explained by rounding."""
    compared, worst, failures = compare()
    print(
        f"{compared} numbers compared; failures: {failures}; "
        f"largest deviation {worst:.4f} of what rounding allows"
    )
    return 1 if failures else 0


def compare() -> tuple[int, float, int]:
    """(numbers compared, largest deviation as a share of the allowed one, failures)."""
    activity = {_key(row): row for row in _rows("input/activity.csv")}
    factors = {(row["item"], row["gas"]): row for row in _rows("factors.csv")}
    shares = []
    for row in _rows("expected.csv"):
        record = activity[_key(row)]
        factor = factors[row["item"], row["gas"]]
        unit, scale = PER_UNIT[factor["unit"]]
        if record["unit"] != unit:
            raise ValueError(f"activity in {record['unit']}, factor per {unit}")
        per_unit = float(factor["value"]) * scale
        deviation = abs(float(record["value"]) * per_unit - float(row["emissions"]))
        shares.append(deviation / (HALF * per_unit + HALF))
    return len(shares), max(shares), sum(share > 1 for share in shares)


def _key(row: dict[str, str]) -> tuple[str, ...]:
    return row["area_code"], row["year"], row["category"], row["item"]


def _rows(name: str) -> Table:
    with (HERE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


if __name__ == "__main__":
    sys.exit(main())
