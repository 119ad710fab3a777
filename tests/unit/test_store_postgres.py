"""The same store on a PostgreSQL server of our own; skipped where PostgreSQL or psycopg is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from ghg_inventory.activity.table import Activity
from ghg_inventory.errors import Place, StoreError, finding
from ghg_inventory.store import SourceFile, Store

pytest.importorskip("psycopg")
pytestmark = pytest.mark.slow

AT = "2026-11-23T09:00:00+08:00"


def tool(name: str) -> str | None:
    """A server tool on the path, or where Debian keeps it."""
    folders = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *folders]))


def as_server_user(*command: str) -> None:
    """Run a PostgreSQL tool; it refuses to run as root, so root becomes nobody."""
    prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    environment = {**os.environ, "HOME": "/tmp", "LC_ALL": "C"}
    # To a file, not a pipe: the server that pg_ctl starts would keep a pipe open.
    located = [tool(command[0]) or command[0], *command[1:]]
    subprocess.run([*prefix, *located], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env=environment, cwd="/")  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not tool("initdb"):
        pytest.skip("PostgreSQL is not installed (make test-all installs it where apt may)")
    folder = tmp_path_factory.mktemp("pg")
    for parent in (folder, *folder.parents[:3]):
        parent.chmod(0o755)
    data = folder / "data"
    data.mkdir()
    if os.geteuid() == 0:
        os.chown(data, 65534, 65534)
    data.chmod(0o700)
    as_server_user("initdb", "-D", str(data), "-A", "trust", "-U", "bureau", "-E", "UTF8", "--no-sync")
    options = f"-k {data} -c listen_addresses='' -c fsync=off"
    as_server_user("pg_ctl", "-D", str(data), "-o", options, "-l", str(data / "log"), "-w", "start")
    try:
        yield f"postgresql+psycopg://bureau@/postgres?host={data}"
    finally:
        as_server_user("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")


def hand_in(store: Store, name: str, content: str, value: float) -> None:
    activity = Activity.from_columns({"file": [name], "year": [2012], "value": [value]})
    problem = finding("not-a-number", Place(name, line=2), text="一百")
    store.submit(SourceFile(name, content.encode()), activity, [problem], AT)


def test_store_works_on_postgresql(server: str, tmp_path: Path) -> None:
    store = Store.open(server, folder=tmp_path)
    for content, value in (("1", 1.0), ("1", 1.0), ("2", 2.0)):
        hand_in(store, "甲.csv", content, value)
    hand_in(store, "乙.csv", "3", 3.0)
    assert [(s.file_name, s.revision) for s in store.submissions()] == [("乙.csv", 1), ("甲.csv", 2)]
    assert sorted(store.activity().value.tolist()) == [2.0, 3.0]
    assert store.findings(store.submissions()[1])[0].values == (("text", "一百"),)
    store.record_run("ab12", {"x": "甲"}, {"ledger.csv": b"1"}, AT)
    assert store.run("ab").manifest == {"x": "甲"}
    assert store.verify() == ()
    assert store.tidy() == ()
    assert Store.open(server, folder=tmp_path).submissions() == store.submissions()


def test_rows_cannot_be_changed_on_postgresql(server: str, tmp_path: Path) -> None:
    hand_in(Store.open(server, folder=tmp_path), "append.csv", "1", 1.0)
    engine = create_engine(server)
    for change in ("DELETE FROM submissions", "UPDATE audit SET at = ''"):
        with engine.begin() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(change))
    engine.dispose()


def test_writers_take_turns_on_postgresql(server: str, tmp_path: Path) -> None:
    def work(who: str) -> None:
        store = Store.open(server, folder=tmp_path)
        for number in range(15):
            hand_in(store, "city.csv", f"{who}{number}", number + ord(who) / 1000)

    writers = [threading.Thread(target=work, args=(who,)) for who in "AB"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    store = Store.open(server, folder=tmp_path)
    history = [s for s in store.submissions(current_only=False) if s.file_name == "city.csv"]
    assert [s.revision for s in history] == [*range(1, 31)]
    assert [s.supersedes for s in history] == [None, *(s.id for s in history[:-1])]


def test_server_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing was written") as caught:
        Store.open(f"postgresql+psycopg://bureau:secret@/postgres?host={tmp_path}", folder=tmp_path)
    assert "secret" not in str(caught.value)
