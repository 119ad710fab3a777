"""Reading backwards a page at a time gives what reading everything gives, whatever happened before."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghg_inventory.activity.table import Activity, InputFile, Scope
from ghg_inventory.errors import Place, StoreError, finding
from ghg_inventory.store import SourceFile, Store, Submission, history

AT = "2025-04-01T09:00:00+08:00"
SHEETS = ("energy", "land")

sendings = st.tuples(
    st.just("send"), st.sampled_from(["a.xlsx", "b.xlsx"]), st.integers(0, 3),
    st.sampled_from([(), ("energy",), ("land",), SHEETS]), st.sampled_from(["", "draft", "submitted"]), st.booleans(),
)  # fmt: skip
deciding = st.tuples(
    st.just("decide"), st.integers(0, 8),
    st.sampled_from(["submitted", "returned", "accepted", "frozen", "withdrawn"]),
)  # fmt: skip


def send(
    store: Store, name: str, value: int, sheets: tuple[str, ...], review: str, faulty: bool
) -> Submission:
    shown = sheets or ("plain",)
    columns = {
        "area_code": ["510703"] * len(shown), "item": [f"of_{sheet}" for sheet in shown], "file": [name] * len(shown),
        "sheet": [*shown], "year": [2024] * len(shown), "value": [float(value)] * len(shown),
    }  # fmt: skip
    scopes = tuple(Scope("510703", 2024, sheet, sheet) for sheet in sheets)
    activity = Activity.from_columns(columns, (InputFile(name, "0" * 64, "return", scopes=scopes),))
    problems = [finding("not-a-number", Place(name), text="x")] if faulty else []
    return store.submit(
        SourceFile(name, f"{value}{sheets}".encode()), activity, problems, AT, by="王", review=review
    )


def series_held(store: Store) -> list[tuple[str, str]]:
    """Which series are in force, one entry per submission that holds it."""
    held = []
    for submission in store.submissions():
        titles = [scope.title for scope in submission.scopes if scope.title not in submission.superseded]
        held += [("return", title) for title in titles] or [(submission.file_name, "")]
    return held


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new store's database, to be copied: making the tables takes longer than all the rest."""
    path = tmp_path_factory.mktemp("empty") / "ghg.sqlite"
    Store.open(path)
    return path


@given(acts=st.lists(st.one_of(sendings, deciding), min_size=3, max_size=14))
@settings(deadline=None, max_examples=25)
def test_a_page_at_a_time_gives_the_same(empty: Path, acts: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        store = Store.open(shutil.copy(empty, folder))
        patch.setattr(history, "_PAGE", 2)
        for act in acts:
            with suppress(StoreError):
                if act[0] == "send":
                    send(store, *act[1:])
                else:
                    store.decide(int(str(act[1])), str(act[2]), AT, by="李", reason="理由")
        everything = store.submissions(current_only=False)
        assert [store.submission(s.id) for s in everything] == [*everything]
        held = series_held(store)
        assert len(held) == len({*held})
        assert store.verify() == ()
        assert store.submissions(as_of="2025-04-01") == store.submissions()
        kept = sum(
            len(s.scopes) - len(s.superseded) if s.scopes else s.record_count for s in store.submissions()
        )
        assert len(store.activity()) == kept
