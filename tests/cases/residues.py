"""fao_crop_residue_burning.csv: dry matter burnt × IPCC tier 1 factor, as FAOSTAT prints it for groups of countries."""

from __future__ import annotations

from pathlib import Path

from cases.book import HERE, Case, Record, read_csv
from cases.words import half_step

FILE = HERE / "fao_crop_residue_burning.csv"
SOURCE = (
    "FAOSTAT Emissions, burning of crop residues, tier 1 (groups of countries), via "
    "Karthikputchala/FAOSTAT-Burning-Crop-Residues@7566bf9, data/organizations.csv"
)
CATEGORY, VARIABLE = "3.6", "residue_burnt"


def read(path: Path = FILE) -> list[Case]:
    """One case per printed number. The factor is the program's own, which must be the published one."""
    return [_case(number, row) for number, row in enumerate(read_csv(path), start=2)]


def _case(number: int, row: dict[str, str]) -> Case:
    from ghg_inventory.codes import Fuels

    year, crop = int(row["year"]), row["category"]
    item = Fuels.load().find(crop) or crop
    record = Record(CATEGORY, VARIABLE, row["activity"], row["activity_unit"], item, year=year)
    return Case(
        f"FAO-{number}", f"{row['area']}, {crop}, {year}", "ipcc2006", "ar5", (record,), (),
        {row["gas"]: float(row["published_emission"])}, row["emission_unit"], SOURCE,
        {row["gas"]: half_step(row["published_emission"])}, at=("", year), area=f"fao-{row['area']}-{crop}",
    )  # fmt: skip
