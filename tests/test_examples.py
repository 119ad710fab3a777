"""The shipped examples through the whole pipeline: published numbers, closure, same bytes twice."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pandas as pd
import published
import pytest
from conftest import AT, EXAMPLES, ROOT

from ghg_inventory.inventory import explain, ledger
from ghg_inventory.pipeline import Workspace, compile_run, export_bytes, import_files


@pytest.fixture(scope="module")
def sichuan(tmp_path_factory: pytest.TempPathFactory):
    """A compiled copy of the Sichuan example: (workspace, run)."""
    import shutil

    folder = tmp_path_factory.mktemp("sichuan") / "ws"
    shutil.copytree(EXAMPLES / "sichuan", folder)
    ws = Workspace.open(folder)
    imported = import_files(ws, ws.inbox_files(), at=AT)
    return ws, imported, compile_run(ws, at=AT)


# -- Sichuan --------------------------------------------------------------------------------------------


def test_the_2012_balance_has_its_three_known_gaps_and_no_other(sichuan) -> None:
    _, imported, _ = sichuan
    gaps = [f for f in imported.findings if f.name == "balance-gap"]
    said = {f.text("zh").split("：")[0]: dict(f.values) for f in gaps}
    assert len(gaps) == 3
    assert all("2012" in f.place.file for f in gaps)
    text = " ".join(f.text("zh") for f in gaps)
    for fuel, gap in (("煤矸石", "23.62"), ("石油沥青", "-0.1"), ("液化天然气", "0.01")):
        assert fuel in text, said
        assert gap in text


def test_nothing_in_the_example_is_an_error(sichuan) -> None:
    _, imported, run = sichuan
    assert [f.line("en") for f in (*imported.findings, *run.findings) if f.severity == "error"] == []


def _factor(table: str, item: str) -> Decimal:
    with (ROOT / "emission_factors" / table).open(encoding="utf-8") as stream:
        return next(Decimal(row["value"]) for row in csv.DictReader(stream) if row["item"] == item)


@pytest.mark.parametrize("year", [2012, 2021])
def test_combustion_of_natural_gas_by_hand(sichuan, year: int) -> None:
    """(final − feedstock + power + heat) × NCV × CC × OF × 44/12 from the form and the factor tables, in Decimal."""
    _, _, run = sichuan
    rows = {}
    with (EXAMPLES / "sichuan" / "input_csv" / f"energy_balance_{year}.csv").open(encoding="utf-8") as stream:
        lines = list(csv.reader(stream))
    header = next(line for line in lines if "天然气" in line)
    column = header.index("天然气")
    for line in lines:
        if len(line) > column and line[column].strip().replace(".", "").replace("-", "").isdigit():
            rows[line[0].strip()] = Decimal(line[column])
    pick = lambda word: next((v for label, v in rows.items() if word in label), Decimal(0))  # noqa: E731
    burnt = pick("终端消费量") - pick("用作原料") - pick("火力发电") - pick("2.供热")
    expected = (
        burnt * Decimal(10) ** 8 * _factor("cn_energy_statistics/net_calorific_value.csv", "natural_gas")
        / Decimal(10) ** 9 * _factor("guide2011/carbon_content.csv", "natural_gas")
        * _factor("guide2011/oxidation_factor.csv", "natural_gas") * 44 / 12
    )  # fmt: skip
    frame = ledger(run.inventories["cn2011"])
    frame = frame[frame["category"].str.startswith("1.1")]  # the carbon stored in products is a memo item
    got = frame[(frame["year"] == year) & (frame["item"] == "natural_gas") & (frame["gas"] == "CO2")][
        "mass_t"
    ].sum()
    assert got == pytest.approx(float(expected), rel=1e-12)


def test_totals_are_of_the_known_order(sichuan) -> None:
    """CEADs gives 256 Mt for 2018 with other factors: these years must lie near it."""
    _, _, run = sichuan
    for name in ("cn2011", "ipcc2006"):
        for year in (2012, 2021):
            assert 240e6 < run.inventories[name].mass("510000", year, "1.1", "CO2") < 320e6


def test_electricity_with_the_official_factor_of_the_year(sichuan) -> None:
    _, _, run = sichuan
    assert run.main.mass("510000", 2021, "X.1", "CO2") == pytest.approx((172.28 - 1416.34) * 1e5 * 0.1255)
    assert run.main.mass("510000", 2012, "X.1", "CO2") == pytest.approx((95.61 - 216.21) * 1e5 * 0.5257)


def test_csv_and_workbook_give_the_same_totals_to_the_last_bit(sichuan, tmp_path: Path) -> None:
    import shutil

    _, _, run = sichuan
    folder = tmp_path / "csv"
    shutil.copytree(EXAMPLES / "sichuan", folder)
    shutil.rmtree(folder / "input")
    (folder / "input_csv").rename(folder / "input")
    other = published.compile_example(folder)
    for name in run.inventories:
        assert other.inventories[name].totals().equals(run.inventories[name].totals())


def test_a_second_run_is_the_same_run(sichuan) -> None:
    ws, _, run = sichuan
    before = {p: p.read_bytes() for p in (ws.runs_folder / run.run_id).iterdir()}
    again = import_files(ws, ws.inbox_files(), at="2027-01-01T00:00:00+08:00")
    assert {f.name for f in again.findings} >= {"already-imported"}
    second = compile_run(ws, at="2027-01-01T00:00:00+08:00")
    assert second.run_id == run.run_id
    assert {p: p.read_bytes() for p in (ws.runs_folder / run.run_id).iterdir()} == before


def test_every_number_of_the_totals_ends_at_cells(sichuan) -> None:
    _, _, run = sichuan
    inventory = run.main
    totals = inventory.totals()
    for row in totals[totals["area_code"] == "510000"].itertuples():
        told = explain(inventory, "510000", row.year, row.category, row.gas, limit=0)
        assert told.rows or told.zeros
        assert told.total_t == pytest.approx(sum(r.mass_t for r in told.rows), rel=1e-12, abs=1e-9)
        assert all(
            r.place.startswith("input/energy_balance_") and len(r.file_sha256) == 64 for r in told.rows
        )


def test_every_cell_of_the_form_is_a_record_or_is_counted(sichuan) -> None:
    """Cells of the 2012 form = records + blanks that a finding counts."""
    _, imported, _ = sichuan
    blank = {f.place.file: dict(f.values) for f in imported.findings if f.name == "balance-blank"}
    assert any("2012" in file for file in blank)


def test_the_ledger_export_has_the_published_columns(sichuan) -> None:
    _, _, run = sichuan
    text = export_bytes(run, "csv").decode()
    assert text.split("\n", 1)[0].startswith(
        "area_code,area_name,year,profile,category,gas,item,activity_value,activity_unit,method,factor_ids,"
        "mass_t,co2e_t,notation,source_file,source_cell"
    )
    assert json.loads(export_bytes(run, "json", "findings"))


# -- Mendoza --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mendoza(tmp_path_factory: pytest.TempPathFactory):
    import shutil

    folder = tmp_path_factory.mktemp("mendoza") / "ws"
    shutil.copytree(EXAMPLES / "mendoza", folder)
    # Imported here: any of the tests below may be the first in its process.
    published.compile_example(folder)
    return folder


def test_every_published_number_is_reproduced_within_its_rounding(mendoza: Path) -> None:
    table = published.mendoza(mendoza)
    assert len(table) == 1515
    wrong = table[table["difference"].abs() > table["allowed"]]
    assert wrong.empty, wrong.to_string()


def test_districts_add_up_to_the_province(mendoza: Path) -> None:
    run = compile_run(Workspace.open(mendoza), at=AT)
    totals = run.main.totals()
    province = totals[totals["area_code"] == "AR-M"].set_index(["year", "category", "gas"])["mass_t"]
    districts = totals[totals["area_code"] != "AR-M"].groupby(["year", "category", "gas"])["mass_t"].sum()
    assert len(province) == len(districts)
    pd.testing.assert_series_equal(
        province.sort_index(), districts.sort_index(), check_names=False, rtol=1e-12
    )


def test_shuffled_input_gives_the_same_totals_to_the_last_bit(mendoza: Path, tmp_path: Path) -> None:
    import random
    import shutil

    run = compile_run(Workspace.open(mendoza), at=AT)
    folder = tmp_path / "shuffled"
    shutil.copytree(EXAMPLES / "mendoza", folder)
    path = folder / "input" / "activity.csv"
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    random.Random(5).shuffle(lines)
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    other = published.compile_example(folder)
    assert other.main.totals().equals(run.main.totals())


def test_the_publishers_jump_of_2018_is_noticed(mendoza: Path) -> None:
    """From 2018 the published electricity is some hundred times that of 2017: kWh under MWh. We say so."""
    run = compile_run(Workspace.open(mendoza), at=AT)
    jumps = [dict(f.values) for f in run.findings if f.name == "magnitude-jump"]
    assert {(j["item"], j["before"], j["year"]) for j in jumps} >= {("electricity", "2017", "2018")}


def test_the_page_of_published_numbers_is_not_stale() -> None:
    assert published.PAGE.read_text(encoding="utf-8") == published.page(), "run make validation"
