"""The workbook writer: what openpyxl reads back is what was given, the same bytes every time."""

from __future__ import annotations

import io

import openpyxl
import pandas as pd

from ghg_inventory.pipeline.sheets import MAX_TEXT, workbook


def sheets() -> dict[str, pd.DataFrame]:
    mixed = [None, True, "甲 <b>&", 3, 2.5, float("nan"), " 空格 ", "_x0041_", "a\x07b", "x" * 40_000]
    return {
        "a": pd.DataFrame({"数": [0.1 + 0.2, float("nan"), -1e-300], "n": [1, 2, 3], "t": ["甲", "", "甲"]}),
        "b": pd.DataFrame({"mixed": pd.Series(mixed, dtype=object)}),
        "empty": pd.DataFrame({"only": []}),
    }


def test_what_is_read_back_is_what_was_given() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(sheets())))
    assert book.sheetnames == ["a", "b", "empty"]
    rows = [[cell.value for cell in row] for row in book["a"].iter_rows()]
    assert rows == [["数", "n", "t"], [0.1 + 0.2, 1, "甲"], [None, 2, None], [-1e-300, 3, "甲"]]
    mixed = [row[0].value for row in book["b"].iter_rows(min_row=2)]
    assert mixed[:7] == [None, True, "甲 <b>&", 3, 2.5, None, " 空格 "]
    assert mixed[8] == "ab"
    assert len(str(mixed[9])) == MAX_TEXT
    assert [cell.value for cell in book["empty"][1]] == ["only"]


def test_columns_beyond_z_and_rows_beyond_a_chunk_keep_their_places() -> None:
    frame = pd.DataFrame({f"c{n}": range(20_005) for n in range(28)})
    sheet = openpyxl.load_workbook(io.BytesIO(workbook({"s": frame})), read_only=True)["s"]
    assert sheet["AB1"].value == "c27"
    assert sheet["AB20006"].value == 20_004


def test_the_same_frames_give_the_same_bytes() -> None:
    assert workbook(sheets()) == workbook(sheets())
