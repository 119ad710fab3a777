"""The store under violence: writers at the same time, kill -9 at every step, a disk that is really full."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ghg_inventory.activity.table import Activity, InputFile, Scope
from ghg_inventory.errors import Place, StoreError, finding
from ghg_inventory.store import SourceFile, Store

AT = "2026-11-23T09:00:00+08:00"
FINDINGS_EACH = 20
posix = pytest.mark.skipif(os.name == "nt", reason="signals and mounts of a Unix system")

# Shared by the child processes below: hand in file after file and say so once it is accepted.
WORKER = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from test_crash import hand_in
from ghg_inventory.store import Store

def work(folder, names):
    for name in names:
        hand_in(Store.open(folder + "/ghg.sqlite"), name)
        print(name, flush=True)
"""


def hand_in(store: Store, name: str, size: int = 1000) -> None:
    """Submit a file of `size` bytes with one record and FINDINGS_EACH findings."""
    columns = {"item": [name], "file": [name], "year": [2012], "value": [float(len(name))]}
    activity = Activity.from_columns(columns, (InputFile(name, "0" * 64, "long"),))
    findings = [finding("file-encoding", Place(name, line=line)) for line in range(FINDINGS_EACH)]
    content = random.Random(name).randbytes(size)
    store.submit(SourceFile(name, content), activity, findings, AT)


def assert_whole(store: Store) -> list[str]:
    """Every submission has its file, its record and all its findings. Returns the file names."""
    submissions = store.submissions(current_only=False)
    assert store.verify() == ()
    for submission in submissions:
        assert len(store.findings(submission)) == FINDINGS_EACH
        assert store.activity([submission]).file.texts() == [submission.file_name]
    assert len(store.audit()) == len(submissions)
    return [submission.file_name for submission in submissions]


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORKER + code, str(Path(__file__).parent), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_processes_write_and_nothing_is_lost(tmp_path: Path) -> None:
    code = """
folder, who = sys.argv[2:]
work(folder, [name for i in range(15) for name in (f"{who}-{i}.csv", f"shared-{who}.csv", f"both-{i}.csv")])
"""
    writers = [start(code, str(tmp_path), who) for who in "AB"]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert (writer.returncode, errors) == (0, "")
    names = assert_whole(Store.open(tmp_path / "ghg.sqlite"))
    # Thirty of their own, one shared name each, and fifteen that only the faster of the two could add.
    own = [f"{who}-{i}.csv" for who in "AB" for i in range(15)]
    both = [f"both-{i}.csv" for i in range(15)]
    assert sorted(names) == sorted([*own, "shared-A.csv", "shared-B.csv", *both])


def test_two_processes_revise_one_file(tmp_path: Path) -> None:
    code = """
from ghg_inventory.activity.table import Activity
from ghg_inventory.store import SourceFile
folder, who = sys.argv[2:]
store = Store.open(folder + "/ghg.sqlite")
for i in range(20):
    activity = Activity.from_columns({"year": [2012], "value": [i + ord(who) / 1000]})
    store.submit(SourceFile("city.csv", f"{who}{i}".encode()), activity, [], "now")
"""
    writers = [start(code, str(tmp_path), who) for who in "AB"]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert (writer.returncode, errors) == (0, "")
    store = Store.open(tmp_path / "ghg.sqlite")
    history = store.submissions(current_only=False)
    assert [s.revision for s in history] == [*range(1, 41)]
    assert [s.supersedes for s in history] == [None, *(s.id for s in history[:-1])]
    assert store.verify() == ()


@posix
def test_killed_at_every_step_leaves_before_or_after(tmp_path: Path) -> None:
    # The child kills itself at the k-th fsync, rename or commit of the second import, for every k.
    code = """
import sqlite3, sqlalchemy, warnings
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite as dialect
Store.open(sys.argv[2] + "/warm-up/ghg.sqlite")

def deadly(function, steps):
    def call(*arguments, **options):
        steps[0] -= 1
        if steps[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return call

# Python 3.12 warns of forking beside threads; this child only writes a file and is killed.
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)

for k in range(1, 40):
    folder = f"{sys.argv[2]}/{k}"
    child = os.fork()
    if child == 0:
        hand_in(Store.open(folder + "/ghg.sqlite"), "first.csv")
        steps = [k]
        os.fsync, os.replace = deadly(os.fsync, steps), deadly(os.replace, steps)
        dialect.do_commit = deadly(dialect.do_commit, steps)
        dialect.do_execute = deadly(dialect.do_execute, steps)
        dialect.do_executemany = deadly(dialect.do_executemany, steps)
        hand_in(Store.open(folder + "/ghg.sqlite"), "second.csv")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(k, os.WIFSIGNALED(status), flush=True)
    if not os.WIFSIGNALED(status):
        break
"""
    output, errors = start(code, str(tmp_path)).communicate(timeout=60)
    assert errors == ""
    tries = [line.split() for line in output.splitlines()]
    assert tries[-1][1] == "False"
    assert len(tries) > 12
    for number, killed in tries:
        store = Store.open(tmp_path / number / "ghg.sqlite")
        names = assert_whole(store)
        assert names in (["first.csv"], ["first.csv", "second.csv"])
        assert killed == "True" or len(names) == 2
        store.tidy()
        hand_in(store, "second.csv")
        assert assert_whole(store) == ["first.csv", "second.csv"]
        assert store.tidy() == ()


@posix
def test_killed_at_any_moment_keeps_what_was_accepted(tmp_path: Path) -> None:
    code = 'work(sys.argv[2], [f"{sys.argv[3]}-{i}.csv" for i in range(10_000)])'
    accepted: list[str] = []
    for round_number, seconds in enumerate((0.05, 0.13, 0.24, 0.31)):
        child = start(code, str(tmp_path), str(round_number))
        assert child.stdout is not None
        accepted.append(child.stdout.readline().strip())
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        rest, _ = child.communicate(timeout=30)
        accepted += [line for line in rest.splitlines(keepends=False) if line.endswith(".csv")]
    names = assert_whole(Store.open(tmp_path / "ghg.sqlite"))
    assert {*accepted} <= {*names}
    # At most one import per killed process was accepted but not yet printed.
    assert len(names) - len(accepted) <= 4
    assert len(accepted) > 8


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte of its own, where this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.name == "nt" or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no permission to mount a small disk here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def review(store: Store, number: int, who: str) -> None:
    """Hand in the next revision of the one return and accept it; say both."""
    scopes = (Scope("510703", 2024, "energy", "能源"),)
    name = f"{who}-{number}.xlsx"
    columns = {
        "area_code": ["510703"],
        "file": [name],
        "sheet": ["能源"],
        "year": [2024],
        "value": [float(number)],
    }
    activity = Activity.from_columns(columns, (InputFile(name, "0" * 64, "return", scopes=scopes),))
    findings = [
        finding("file-encoding", Place(name, line=line), severity="info") for line in range(FINDINGS_EACH)
    ]
    content = f"{who} {number}".encode()
    sent = store.submit(SourceFile(name, content), activity, findings, AT, by=who, review="submitted")
    print("sent", sent.id, flush=True)
    store.decide(sent.id, "accepted", AT, by=who)
    print("accepted", sent.id, flush=True)


@posix
def test_killed_at_any_moment_keeps_every_decision(tmp_path: Path) -> None:
    code = """
from test_crash import review
store = Store.open(sys.argv[2] + "/ghg.sqlite")
for number in range(10_000):
    review(store, number, sys.argv[3])
"""
    said: list[list[str]] = []
    for round_number, lines in enumerate((1, 4, 7, 10, 12)):
        child = start(code, str(tmp_path), str(round_number))
        assert child.stdout is not None
        said += [child.stdout.readline().split() for _ in range(lines)]
        time.sleep(round_number * 0.007)
        child.send_signal(signal.SIGKILL)
        rest, errors = child.communicate(timeout=30)
        assert errors == ""
        said += [line.split() for line in rest.splitlines() if line.split()[-1].isdigit()]
    store = Store.open(tmp_path / "ghg.sqlite")
    history = store.submissions(current_only=False)
    assert store.verify() == ()
    for submission in history:
        assert len(store.findings(submission)) == FINDINGS_EACH
        assert len(submission.scopes) == 1
    # Never half: every submission has the decision that came with it.
    decided = [(d.submission_id, d.state) for d in store.decisions()]
    assert {number for number, state in decided if state == "submitted"} == {s.id for s in history}
    assert {(int(number), "accepted") for word, number in said if word == "accepted"} <= {*decided}
    assert {int(number) for word, number in said if word == "sent"} <= {s.id for s in history}
    # At most one act per killed process was done but not yet said.
    assert len(decided) - len(said) <= 5
    assert len(store.audit()) == len(history) + len(decided)
    # The latest that was accepted is in force, alone.
    assert [s.id for s in store.submissions()] == [max(n for n, state in decided if state == "accepted")]
    store.tidy()
    assert store.verify() == ()


def test_full_disk_refuses_and_changes_nothing(small_disk: Path) -> None:
    store = Store.open(small_disk / "ghg.sqlite", runs=small_disk / "runs")
    hand_in(store, "first.csv")
    refusals = 0
    for free in range(0, 200_000, 8192):
        before = assert_whole(store)
        filled = fill(small_disk, leave=free)
        said = ""
        try:
            hand_in(store, f"{free}.csv", 40_000)
        except StoreError as error:
            said = str(error)
        # With no byte left SQLite cannot even open its log to read, so look when there is room again.
        filled.unlink()
        assert assert_whole(store) == before + ([] if said else [f"{free}.csv"])
        assert not said or "the disk is full" in said
        refusals += bool(said)
        assert temporary_files(small_disk) == []
    assert refusals >= 5
    hand_in(store, "last.csv")
    assert "last.csv" in assert_whole(store)


def test_full_disk_refuses_a_run(small_disk: Path) -> None:
    store = Store.open(small_disk / "ghg.sqlite", runs=small_disk / "runs")
    files = {"a.csv": b"1" * 1000, "ledger.parquet": bytes(2_000_000)}
    with pytest.raises(StoreError, match="the disk is full"):
        store.record_run("r1", {}, files, AT)
    assert store.runs() == ()
    assert [*(small_disk / "runs").iterdir()] == []


def test_read_only_disk_is_a_sentence(small_disk: Path) -> None:
    store = Store.open(small_disk / "ghg.sqlite", runs=small_disk / "runs")
    hand_in(store, "first.csv")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for attempt in (lambda: hand_in(store, "b.csv"), lambda: Store.open(small_disk / "new" / "ghg.sqlite")):
        with pytest.raises(StoreError, match="read-only"):
            attempt()
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert assert_whole(store) == ["first.csv"]


def fill(disk: Path, leave: int) -> Path:
    """Fill the disk with one file until `leave` bytes are free."""
    ballast = disk / "ballast"
    status = os.statvfs(disk)
    free = status.f_bavail * status.f_frsize
    ballast.write_bytes(bytes(max(0, free - leave)))
    return ballast


def temporary_files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".tmp-*")]


@posix
def test_file_size_limit_refuses_and_changes_nothing(tmp_path: Path) -> None:
    # The same without a mount: the operating system refuses every write beyond 60 kB.
    code = """
import resource
from ghg_inventory.errors import StoreError
store = Store.open(sys.argv[2] + "/ghg.sqlite")
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
for size in (100, 70_000, 200_000):
    try:
        hand_in(store, f"{size}.csv", size)
    except StoreError as error:
        print(error)
"""
    output, errors = start(code, str(tmp_path)).communicate(timeout=30)
    assert errors == ""
    assert output.count("nothing was written") >= 2
    assert {*assert_whole(Store.open(tmp_path / "ghg.sqlite"))} <= {"100.csv"}
    assert temporary_files(tmp_path) == []
