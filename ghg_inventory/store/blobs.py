"""Files that are either there, whole and on disk, or not there at all.

Write to a temporary name in the same folder, fsync, rename, fsync the folder. The bytes of a file never
change once it has its name.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

TEMPORARY = ".tmp-"


def sha256_of(content: bytes) -> str:
    """The content's sha256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def make_folder(folder: Path) -> None:
    """Create the folder and its parents, and make the new names durable."""
    missing = [f for f in (folder, *folder.parents) if not f.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        sync_folder(made.parent)


def write_file(path: Path, content: bytes) -> None:
    """Write a new file; an existing one is kept. Raises: OSError, and then no trace is left."""
    if path.exists():
        return
    make_folder(path.parent)
    handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    try:
        _fill(handle, content)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a new folder with all its files, or none of them. Raises: OSError (exists, disk full …)."""
    if folder.exists():
        raise FileExistsError(17, "the folder exists", str(folder))
    make_folder(folder.parent)
    temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=folder.parent))
    try:
        for name, content in files.items():
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            _fill(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), content)
        for inner in sorted({(temporary / name).parent for name in files}):
            sync_folder(inner)
        temporary.chmod(0o755)
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync_folder(folder.parent)


def _fill(handle: int, content: bytes) -> None:
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
        if hasattr(os, "fchmod"):
            os.fchmod(stream.fileno(), 0o644)


def sync_folder(folder: Path) -> None:
    """Make the names in the folder durable. Windows cannot open folders and does not need it."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
