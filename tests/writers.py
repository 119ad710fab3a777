"""Many processes that write to one store at the same time, and a PostgreSQL server of our own for them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ghg_inventory.activity.table import Activity, InputFile, Scope
from ghg_inventory.store import SourceFile, Store

AT = "2026-11-23T09:00:00+08:00"

# -- the server ------------------------------------------------------------------------------------------


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


@dataclass(frozen=True)
class Server:
    """A server in a folder of its own, on a socket of its own. url: of its database."""

    data: Path

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://bureau@/postgres?host={self.data}"

    def stop(self) -> None:
        as_server_user("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")

    def start(self) -> None:
        options = f"-k {self.data} -c listen_addresses='' -c fsync=off"
        as_server_user(
            "pg_ctl", "-D", str(self.data), "-o", options, "-l", str(self.data / "log"), "-w", "start"
        )


@contextmanager
def postgres() -> Iterator[Server]:
    """A running server in a folder of its own (short: a socket's path is limited), stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="ghg-pg-") as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "data"
        data.mkdir()
        if os.geteuid() == 0:
            os.chown(data, 65534, 65534)
        data.chmod(0o700)
        as_server_user("initdb", "-D", str(data), "-A", "trust", "-U", "bureau", "-E", "UTF8", "--no-sync")
        server = Server(data)
        server.start()
        try:
            yield server
        finally:
            server.stop()


# -- the writers -----------------------------------------------------------------------------------------


def answered(name: str, value: float, area: str, year: int, sheet: str = "energy") -> Activity:
    """A return that answers one sheet with one record."""
    columns = {
        "area_code": [area], "category": ["1.1.2"], "variable": ["fuel"], "item": ["raw_coal"], "unit": ["t"],
        "file": [name], "sheet": [sheet], "year": [year], "value": [value],
    }  # fmt: skip
    scopes = (Scope(area, year, sheet, sheet),)
    return Activity.from_columns(columns, (InputFile(name, "0" * 64, "return", scopes=scopes),))


def plain(name: str, value: float) -> Activity:
    """A file without scopes."""
    columns = {"item": [name], "file": [name], "year": [2012], "value": [value]}
    return Activity.from_columns(columns, (InputFile(name, "0" * 64, "long"),))


def write_many(target: str, folder: str, who: int, count: int) -> None:
    """Hand in `count` files by turns: a return of one's own that is then accepted, a revision of the one return
    that everybody revises, a file that everybody hands in, a file of one's own. Prints seconds and memory."""
    import resource

    store = Store.open(target, folder=Path(folder))
    began = time.monotonic()
    for number in range(count):
        kind, mine = number % 4, f"{who}-{number}"
        if kind == 0:
            # Every county calls it the same.
            activity = answered("return.xlsx", 1.0, f"51{who:04d}", 1950 + number)
            source = SourceFile("return.xlsx", mine.encode())
            made = store.submit(source, activity, [], AT, by=mine, review="submitted")
            store.decide(made.id, "accepted", AT, by=mine)
        elif kind == 1:
            activity = answered("shared.xlsx", number + who / 100, "510700", 2024)
            store.submit(SourceFile("shared.xlsx", mine.encode()), activity, [], AT, by=mine)
        elif kind == 2:
            name = f"both-{number}.csv"
            store.submit(SourceFile(name, name.encode()), plain(name, 1.0), [], AT, by=mine)
        else:
            name = f"own-{mine}.csv"
            store.submit(SourceFile(name, mine.encode()), plain(name, float(number)), [], AT, by=mine)
    seconds, memory = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    # One call, one line: the writers share the pipe.
    os.write(1, f"{seconds} {memory}\n".encode())


@dataclass(frozen=True)
class Told:
    """What the writers said. seconds: of the slowest; memory_mb: of the largest."""

    seconds: float
    memory_mb: int


# One child imports the program and forks the writers, which then share nothing but the store.
_FORK = """
import os, sys, warnings
sys.path.insert(0, sys.argv[1])
from writers import write_many
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
children = []
for who in range(int(sys.argv[4])):
    child = os.fork()
    if child == 0:
        try:
            write_many(sys.argv[2], sys.argv[3], who, int(sys.argv[5]))

        except BaseException:
            import traceback
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    children.append(child)

sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))
"""


def run_writers(target: str, folder: Path, writers: int, count: int) -> Told:
    """All of them at once; no error may reach any of them."""
    arguments = [str(Path(__file__).parent), target, str(folder), str(writers), str(count)]
    done = subprocess.run(
        [sys.executable, "-c", _FORK, *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    said = [line.split() for line in done.stdout.splitlines()]
    each = [(float(seconds), int(memory)) for seconds, memory in said]
    assert len(each) == writers
    return Told(max(seconds for seconds, _ in each), max(memory for _, memory in each))


def assert_nothing_lost(store: Store, writers: int, count: int) -> None:
    """Everything that was handed in is there once, in unbroken revisions, and the log says so."""
    history = store.submissions(current_only=False)
    turns = [range(kind, count, 4) for kind in range(4)]
    expected = Counter({"return.xlsx": writers * len(turns[0]), "shared.xlsx": writers * len(turns[1])})
    expected.update(f"both-{number}.csv" for number in turns[2])
    expected.update(f"own-{who}-{number}.csv" for who in range(writers) for number in turns[3])
    assert Counter(s.file_name for s in history) == expected
    assert [s.id for s in history] == sorted({s.id for s in history})

    shared = [s for s in history if s.file_name == "shared.xlsx"]
    assert [s.revision for s in shared] == [*range(1, len(shared) + 1)]
    assert [s.supersedes for s in shared] == [None, *(s.id for s in shared[:-1])]
    returns = [s for s in history if s.file_name == "return.xlsx"]
    assert {(s.revision, s.supersedes, s.standing) for s in returns} == {(1, None, "accepted")}
    assert len({s.scopes for s in returns}) == len(returns)

    in_force = Counter(s.file_name for s in store.submissions())
    assert in_force == {**expected, "shared.xlsx": 1}
    decisions = store.decisions()
    assert Counter(d.state for d in decisions) == {"submitted": len(returns), "accepted": len(returns)}
    assert len(store.audit()) == len(history) + len(decisions)
    assert store.verify() == ()
    assert store.tidy() == ()
