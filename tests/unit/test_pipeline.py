"""The pipeline on small workspaces: what lies outside, what is missing, exports, late imports."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from conftest import AT

from ghg_inventory.errors import WorkspaceError
from ghg_inventory.pipeline import (
    TABLES,
    Intake,
    Workspace,
    as_text,
    check_store,
    compile_run,
    explain_cell,
    export_bytes,
    export_table,
    import_files,
    load_library,
    write_export,
)
from ghg_inventory.pipeline.library import assumptions_of
from ghg_inventory.pipeline.sheets import safe_frame

TOML = """[inventory]
name_zh = "测试市"
name_en = "Test"
area = "510700"
years = [2020, 2021]
profiles = ["cn2011"]
gwp_set = "ar5"
language = "zh"
"""
HEADER = "area_code,year,category,variable,item,technology,value,unit,notation,source,note\n"


def workspace(folder: Path, *lines: str, toml: str = TOML) -> Workspace:
    (folder / "inbox").mkdir(parents=True)
    (folder / "inventory.toml").write_text(toml, encoding="utf-8")
    (folder / "inbox" / "activity.csv").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return Workspace.open(folder)


def compiled(folder: Path, *lines: str, toml: str = TOML):
    ws = workspace(folder, *lines, toml=toml)
    imported = import_files(ws, ws.inbox_files(), at=AT)
    return ws, imported, compile_run(ws, at=AT)


def test_counties_add_up_to_the_city(tmp_path: Path) -> None:
    _, imported, run = compiled(
        tmp_path, "510703,2021,1.1.2,fuel,diesel,,1,万吨,,年报,", "510704,2021,1.1.2,fuel,diesel,,2,万吨,,年报,"
    )
    assert not [f for f in imported.findings if f.severity == "error"]
    assert run.main.mass("510700", 2021, "1", "CO2") == pytest.approx(3 * 30959.1019, rel=1e-6)


def test_what_lies_outside_area_and_years_is_counted(tmp_path: Path) -> None:
    _, _, run = compiled(
        tmp_path, "510703,2021,1.1.2,fuel,diesel,,1,万吨,,年报,", "510703,2015,1.1.2,fuel,diesel,,1,万吨,,年报,"
    )
    outside = [dict(f.values) for f in run.findings if f.name == "records-outside"]
    assert outside[0]["count"] == "1"


def test_nothing_to_compile_is_an_error(tmp_path: Path) -> None:
    _, _, run = compiled(tmp_path, "510703,2015,1.1.2,fuel,diesel,,1,万吨,,年报,")
    assert "nothing-to-compile" in {f.name for f in run.findings}
    assert run.main.totals().empty


def test_a_missing_file_is_a_finding_and_the_rest_is_read(tmp_path: Path) -> None:
    ws = workspace(tmp_path, "510703,2021,1.1.2,fuel,diesel,,1,万吨,,年报,")
    result = import_files(ws, [tmp_path / "no.csv", *ws.inbox_files()], at=AT)
    assert {f.name for f in result.findings if f.severity == "error"} == {"file-missing"}
    assert len(result.submissions) == 1


def test_a_dry_run_stores_nothing(tmp_path: Path) -> None:
    ws = workspace(tmp_path, "510703,2021,1.1.2,fuel,diesel,,1,万吨,,年报,")
    result = import_files(ws, ws.inbox_files(), at=AT, how=Intake(dry_run=True))
    assert result.records == 1
    assert result.submissions == ()
    assert not (tmp_path / "store").exists()


def test_a_revision_supersedes_and_makes_another_run(tmp_path: Path) -> None:
    ws, _, first = compiled(tmp_path, "510703,2021,1.1.2,fuel,diesel,,1,万吨,,年报,")
    path = tmp_path / "inbox" / "activity.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",1,万吨", ",2,万吨"), encoding="utf-8")
    import_files(ws, ws.inbox_files(), at=AT)
    second = compile_run(ws, at=AT)
    assert second.run_id != first.run_id
    ratio = second.main.mass("510700", 2021, "1", "CO2") / first.main.mass("510700", 2021, "1", "CO2")
    assert ratio == pytest.approx(2)


def test_strict_makes_warnings_errors(tmp_path: Path) -> None:
    ws, _, _ = compiled(tmp_path, "510703,2021,1.1.2,fuel,raw_coal,,1,万吨,,年报,")
    assert not [f for f in check_store(ws) if f.severity == "error"]
    assert {f.name for f in check_store(ws, strict=True) if f.severity == "error"} == {"factor-weak"}
    assert check_store(ws, names=("no-such",)) == ()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"boiler": [{}]}, "boiler"),
        ({"technology": [{"category": "1.1"}]}, "items, use, reason"),
    ],
)
def test_incomplete_assumptions_are_refused(table: dict, said: str) -> None:
    with pytest.raises(WorkspaceError, match=said):
        assumptions_of(table)


@pytest.mark.parametrize(
    ("old", "new"), [("1.1.3", "1.1.33"), ("gasoline", "gasolin"), ("oxidation_catalyst", "catalyser")]
)
def test_a_misspelt_assumption_is_refused(tmp_path: Path, old: str, new: str) -> None:
    entry = '''
[[assumptions.technology]]
category = "1.1.3"
items = ["gasoline"]
use = "oxidation_catalyst"
reason = "not known"
'''
    assert load_library(workspace(tmp_path / "good", toml=TOML + entry)).assumptions.technology
    with pytest.raises(WorkspaceError, match=new):
        load_library(workspace(tmp_path / "bad", toml=TOML + entry.replace(f'"{old}"', f'"{new}"')))


def test_the_users_factor_file_is_part_of_the_run(tmp_path: Path) -> None:
    toml = TOML + '\n[files]\nfactors = ["own.csv"]\n'
    (tmp_path / "own.csv").write_text(
        "factor_id,parameter,category,item,area_code,valid_from,valid_to,gas,value,unit,source,locator\n"
        "lab.1,net_calorific_value,,diesel,510703,,,,40,GJ/t,lab,report 7\n",
        encoding="utf-8",
    )
    ws, _, run = compiled(
        tmp_path, "510703,2021,1.1.2,fuel,diesel,,1,万吨,,年报,", "510704,2021,1.1.2,fuel,diesel,,1,万吨,,年报,", toml=toml
    )
    ratio = run.main.mass("510703", 2021, "1", "CO2") / run.main.mass("510704", 2021, "1", "CO2")
    assert ratio == pytest.approx(40 / 42.652)
    text = as_text(explain_cell(run, "510700", 2021, "1", "CO2"), run.library, "zh")
    assert "lab.1" in text
    assert "report 7" in text
    assert load_library(ws).factors.sha256 != run.library.methods.sha256


def test_exports_agree_with_each_other(tmp_path: Path) -> None:
    _, _, run = compiled(tmp_path, "510703,2021,1.1.2,fuel,diesel,,1,万吨,,年报,")
    frame = export_table(run, "ledger")
    again = pd.read_csv(io.BytesIO(export_bytes(run, "csv")), dtype={"area_code": str}, keep_default_na=False)
    assert again["mass_t"].astype(float).tolist() == frame["mass_t"].tolist()
    assert safe_frame(pd.DataFrame({"note": ["=1+1", "@x", "plain"], "value": [-1.0, 2.0, 3.0]})).values.tolist() == [
        ["'=1+1", -1.0], ["'@x", 2.0], ["plain", 3.0],
    ]  # fmt: skip
    parquet = pd.read_parquet(io.BytesIO(export_bytes(run, "parquet", "totals")))
    assert parquet["mass_t"].tolist() == run.main.totals()["mass_t"].tolist()
    book = openpyxl.load_workbook(io.BytesIO(export_bytes(run, "xlsx")))
    assert book.sheetnames == list(TABLES)
    assert book["ledger"].max_row == len(frame) + 1
    first = export_bytes(run, "xlsx")
    with zipfile.ZipFile(io.BytesIO(first)) as book_zip:
        assert b"2000-01-01T00:00:00Z" in book_zip.read("docProps/core.xml")
        assert set(re.findall(rb"\d{4}-\d\d-\d\dT", book_zip.read("docProps/core.xml"))) == {b"2000-01-01T"}
        assert {member.date_time[0] for member in book_zip.infolist()} == {2000}
    time.sleep(1.1)  # the clock must have moved on for the comparison to mean something
    assert export_bytes(run, "xlsx") == first
    written = write_export(run, "csv", tmp_path / "l.csv")
    assert written.read_bytes() == export_bytes(run, "csv")
    with pytest.raises(ValueError, match="no such format"):
        export_bytes(run, "docx")


def test_explain_of_everything_and_of_nothing(tmp_path: Path) -> None:
    _, _, run = compiled(tmp_path, "510703,2021,1.1.2,fuel,diesel,,1,万吨,,年报,")
    for lang in ("zh", "en"):
        whole = as_text(explain_cell(run, "510700", 2021), run.library, lang)
        assert "inbox/activity.csv L2" in whole
        assert as_text(explain_cell(run, "510700", 1990), run.library, lang).count("\n") == 1


def test_a_total_that_lacks_something_says_so(tmp_path: Path) -> None:
    workspace(tmp_path, "510703,2021,1.1.2,fuel,diesel,,1,万吨,,年报,", "510703,2021,1.1.2,fuel,other_coking_products,,1,万吨,,年报,")
    command = [sys.executable, "-m", "ghg_inventory.cli", "-w", str(tmp_path), "--lang", "en"]
    subprocess.run([*command, "import"], check=True, capture_output=True)
    shown = subprocess.run([*command, "compile"], capture_output=True, text=True, check=False)
    assert shown.returncode == 1
    assert "INCOMPLETE" in shown.stdout
    facts = subprocess.run([*command, "compile", "--json"], capture_output=True, text=True, check=False)
    assert json.loads(facts.stdout)["complete"] is False
