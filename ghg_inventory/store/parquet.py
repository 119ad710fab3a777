"""What was read from a file, as Parquet and back.

One file per reading, named by `digest`, which hashes the content itself and not Parquet's bytes: another
version of pyarrow may write other bytes for the same records. The digest is checked on every read.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ghg_inventory.activity.table import TEXT, Activity, InputFile, Scope, sorted_words
from ghg_inventory.tables import Column

_FILES = b"ghg.files"
_ROWS_PER_GROUP = 1 << 20


def digest(activity: Activity, *, with_names: bool = True) -> str:
    """sha256 of the records in their order: each column's distinct words and codes, numbers, files.

    with_names=False leaves out what the file was called: equal for one file handed in under two names.
    """
    total = hashlib.sha256(b"ghg-activity-1\n")
    for name in TEXT:
        if name == "file" and not with_names:
            continue
        column = sorted_words(getattr(activity, name))
        total.update(json.dumps([name, column.words], ensure_ascii=False).encode() + b"\n")
        total.update(np.ascontiguousarray(column.codes, dtype="<i4").data)
    total.update(np.ascontiguousarray(activity.line, dtype="<i4").data)
    total.update(np.ascontiguousarray(activity.year, dtype="<i2").data)
    values = np.array(activity.value, dtype="<f8")
    values[np.isnan(values)] = np.nan  # one bit pattern for "no value"
    total.update(values.data)
    total.update(_files_text(activity, with_names).encode())
    return total.hexdigest()


def to_bytes(activity: Activity) -> bytes:
    """The Parquet file's bytes: the same for the same records with the same pyarrow."""
    arrays: dict[str, Any] = {name: _dictionary(getattr(activity, name)) for name in TEXT}
    arrays["line"] = pa.array(activity.line, type=pa.int32())
    arrays["year"] = pa.array(activity.year, type=pa.int16())
    arrays["value"] = pa.array(activity.value, type=pa.float64())
    table = pa.table(arrays).replace_schema_metadata({_FILES: _files_text(activity).encode()})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", row_group_size=_ROWS_PER_GROUP)
    return sink.getvalue()


def from_file(path: Path) -> Activity:
    """Read a Parquet file written by `to_bytes`.

    Raises: OSError or pa.ArrowInvalid for a file that is gone or is not Parquet.
    """
    table = pq.read_table(io.BytesIO(path.read_bytes()))
    columns: dict[str, Any] = {name: _column(table.column(name)) for name in TEXT}
    metadata = table.schema.metadata or {}
    files = tuple(_input_file(entry) for entry in json.loads(metadata[_FILES]))
    return Activity(
        line=table.column("line").to_numpy().astype(np.int32),
        year=table.column("year").to_numpy().astype(np.int16),
        value=table.column("value").to_numpy().astype(np.float64),
        files=files, **columns,
    )  # fmt: skip


def _dictionary(column: Column) -> Any:
    plain = sorted_words(column)
    return pa.DictionaryArray.from_arrays(pa.array(plain.codes), pa.array(plain.words, type=pa.string()))


def _column(chunked: Any) -> Column:
    array = chunked.unify_dictionaries().combine_chunks()
    codes = array.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    return sorted_words(Column(codes, tuple(array.dictionary.to_pylist())))


def _files_text(activity: Activity, with_names: bool = True) -> str:
    files = [asdict(file) if with_names else {**asdict(file), "name": ""} for file in activity.files]
    for entry in files:
        # Stores made before returns had scopes keep their digests.
        if not entry["scopes"]:
            del entry["scopes"]
    return json.dumps(files, ensure_ascii=False, sort_keys=True)


def _input_file(entry: dict[str, Any]) -> InputFile:
    return InputFile(**{**entry, "scopes": tuple(Scope(*scope) for scope in entry.get("scopes", ()))})
