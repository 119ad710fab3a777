"""Parquet round trip, schema history, and files that are whole or not there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

import ghg_inventory.store.upgrade as upgrade
from ghg_inventory.activity.table import TEXT, Activity, InputFile
from ghg_inventory.store import Store, blobs, parquet
from ghg_inventory.store.schema import APPEND_ONLY, METADATA

word = st.sampled_from(["", "原煤", "raw_coal", "NO", "1.10", "a,b", '"', "𠮷", "é"])
number = st.floats(allow_infinity=False)


@st.composite
def activities(draw: st.DrawFn) -> Activity:
    size = draw(st.integers(0, 6))
    columns: dict[str, object] = {name: draw(st.lists(word, min_size=size, max_size=size)) for name in TEXT}
    columns["year"] = draw(st.lists(st.integers(1950, 2100), min_size=size, max_size=size))
    columns["line"] = draw(st.lists(st.integers(0, 2**31 - 1), min_size=size, max_size=size))
    columns["value"] = draw(st.lists(number, min_size=size, max_size=size))
    return Activity.from_columns(columns, (InputFile("a.csv", "0" * 64, "long", "", "按正数读入"),))


@given(activities())
@settings(deadline=None, max_examples=40)
def test_parquet_gives_back_what_it_was_given(
    tmp_path_factory: pytest.TempPathFactory, activity: Activity
) -> None:
    path = tmp_path_factory.mktemp("parquet") / "a.parquet"
    path.write_bytes(parquet.to_bytes(activity))
    back = parquet.from_file(path)
    assert back.files == activity.files
    assert [getattr(back, n).texts() for n in TEXT] == [getattr(activity, n).texts() for n in TEXT]
    assert back.year.tolist() == activity.year.tolist()
    assert back.line.tolist() == activity.line.tolist()
    np.testing.assert_array_equal(back.value, activity.value)
    assert (
        np.signbit(back.value[back.value == 0]).tolist()
        == np.signbit(activity.value[activity.value == 0]).tolist()
    )
    assert parquet.digest(back) == parquet.digest(activity)
    assert parquet.to_bytes(back) == parquet.to_bytes(activity)


@given(activities(), activities())
@settings(deadline=None, max_examples=40)
def test_digest_tells_different_records_apart(one: Activity, two: Activity) -> None:
    same = one.frame().equals(two.frame()) and one.files == two.files
    zeros = [np.signbit(a.value[a.value == 0]).tolist() for a in (one, two)]
    assert (parquet.digest(one) == parquet.digest(two)) == (same and zeros[0] == zeros[1])


def test_digest_without_names_forgets_only_the_name() -> None:
    def named(name: str, value: float) -> Activity:
        columns = {"file": [name], "year": [2012], "value": [value]}
        return Activity.from_columns(columns, (InputFile(name, "0" * 64, "long"),))

    def digest(name: str, value: float) -> str:
        return parquet.digest(named(name, value), with_names=False)

    assert digest("a.csv", 1.0) == digest("b.csv", 1.0)
    assert digest("a.csv", 1.0) != digest("a.csv", 2.0)
    assert parquet.digest(named("a.csv", 1.0)) != parquet.digest(named("b.csv", 1.0))


def test_many_row_groups_keep_one_vocabulary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_ROWS_PER_GROUP", 7)
    size = 50
    columns = {
        "item": [f"fuel_{number // 3}" for number in range(size)],
        "year": [2012] * size, "value": np.arange(size) / 7,
    }  # fmt: skip
    activity = Activity.from_columns(columns)
    path = tmp_path / "a.parquet"
    path.write_bytes(parquet.to_bytes(activity))
    assert parquet.digest(parquet.from_file(path)) == parquet.digest(activity)


def test_migrations_make_the_tables_of_schema_py(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    path = tmp_path / "ghg.sqlite"
    Store.open(path)
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        assert {*inspect(connection).get_table_names()} == {*METADATA.tables, "alembic_version"}
    assert {*APPEND_ONLY} == {*METADATA.tables}


def test_revisions_are_the_scripts_in_the_folder() -> None:
    folder = Path(upgrade.__file__).parent / "migrations" / "versions"
    scripts = sorted(path.name for path in folder.glob("v*.py"))
    assert [re.match(r"v(\d+)_", name)[1] for name in scripts] == list(upgrade.REVISIONS)


def test_alembic_is_imported_only_to_make_the_tables(tmp_path: Path) -> None:
    code = (
        "import sys; from ghg_inventory.store import Store; "
        f"Store.open({str(tmp_path / 'ghg.sqlite')!r}); print('alembic' in sys.modules)"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        ).stdout.strip()
        for _ in range(2)
    ]
    assert said == ["True", "False"]


def test_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    blobs.write_file(path, b"first")
    blobs.write_file(path, b"second")
    assert path.read_bytes() == b"first"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_folder_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "runs" / "r1"
    with pytest.raises(OSError, match="name too long"):
        blobs.write_folder(target, {"good.csv": b"1", "x" * 300: b"2"})
    assert [*target.parent.iterdir()] == []
    blobs.write_folder(target, {"good.csv": b"1"})
    with pytest.raises(FileExistsError):
        blobs.write_folder(target, {"other.csv": b"2"})
    assert [p.name for p in target.iterdir()] == ["good.csv"]
