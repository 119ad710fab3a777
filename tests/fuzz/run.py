"""Fuzz the readers: python tests/fuzz/run.py --minutes 10 --seed 1

Every bent file must give (records, findings) without an exception, within 20 s and 2 GB. What does not is kept in
corpus/ (the file) with the traceback beside it in crashes/ (not in the repository), and tests/unit/test_hostile_files.py
reads the corpus again on every run. Work is done in short-lived processes, so that a killed one loses one file.
"""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from random import Random

from mutate import mutated, seeds

HERE = Path(__file__).resolve().parent
SECONDS = 20
BYTES = 2_000_000_000
BATCH = 200


class TooSlow(BaseException):
    """A file took longer than SECONDS."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=HERE / "corpus")
    parser.add_argument("--also", type=Path, help="a folder of more real files to bend, e.g. filled returns")
    parser.add_argument("--worker", type=int, default=-1, help="run one batch from this number on")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    return _batch(options) if options.worker >= 0 else _drive(options)


def _case(options: argparse.Namespace, number: int) -> tuple[str, bytes]:
    return mutated(Random(f"{options.seed}/{number}"), seeds(options.also))


def _drive(options: argparse.Namespace) -> int:
    """Batches until the time is over; prints how many files were read and what broke."""
    end = time.monotonic() + 60 * options.minutes
    number = crashed = 0
    while time.monotonic() < end:
        command = [
            sys.executable,
            __file__,
            "--seed",
            str(options.seed),
            "--worker",
            str(number),
            "--out",
            str(options.out),
            *(["--also", str(options.also)] if options.also else []),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        said = [int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("at ")]
        crashed += done.stdout.count("crash ")
        reached = said[-1] if said else number
        if done.returncode and said:  # killed, or out of memory beyond Python's reach
            crashed += 1
            suffix, content = _case(options, reached)
            _keep(options.out, suffix, content, f"exit code {done.returncode}\n{done.stderr[-3000:]}")
        elif done.returncode:
            print(done.stderr[-1000:], file=sys.stderr)
            return 2
        number = reached + 1
        print(f"{number} files, {crashed} crashes", flush=True)
    return 1 if crashed else 0


def _batch(options: argparse.Namespace) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    faulthandler.enable()
    from ghg_inventory.activity import Context, read
    from ghg_inventory.areas import AreaTree
    from ghg_inventory.codes import CategoryTree, Fuels

    context = Context(AreaTree.registry(), CategoryTree.load(), Fuels.load())
    signal.signal(signal.SIGALRM, _too_slow)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.worker, options.worker + BATCH):
            suffix, content = _case(options, number)
            path = Path(folder) / f"case{suffix}"
            path.write_bytes(content)
            print(f"at {number}", flush=True)
            signal.alarm(SECONDS)
            try:
                records, findings = read(path, context)
                [item.line(lang) for item in findings for lang in ("zh", "en")]
                if not len(records) and not findings:
                    raise AssertionError("neither a record nor a finding")
            except BaseException as error:
                signal.alarm(0)
                if isinstance(error, KeyboardInterrupt):
                    raise
                print(
                    f"crash {number} {_keep(options.out, suffix, content, traceback.format_exc())}",
                    flush=True,
                )
            signal.alarm(0)
            path.unlink()
    return 0


def _too_slow(*_: object) -> None:
    raise TooSlow(f"more than {SECONDS} s")


def _keep(folder: Path, suffix: str, content: bytes, why: str) -> str:
    """Save one file of each kind of crash: the same last frames are the same crash."""
    kind = (
        "".join(line for line in why.splitlines(keepends=True) if line.startswith("  File"))[-400:]
        or why[-200:]
    )
    name = hashlib.sha256((kind + why.strip().splitlines()[-1][:40]).encode()).hexdigest()[:12]
    reasons = folder.parent / "crashes"
    reasons.mkdir(exist_ok=True)
    if not (reasons / f"{name}.txt").exists():
        (folder / f"{name}{suffix}").write_bytes(content)
        (reasons / f"{name}.txt").write_text(why, encoding="utf-8")
    return name


if __name__ == "__main__":
    sys.exit(main())
