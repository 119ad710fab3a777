"""Failures of disk and database as one plain sentence, in both languages.

The only exception that leaves the store is `Refusal`, a StoreError whose `findings` has the words. It always
means: nothing was written, the store is as before.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from ghg_inventory.errors import Finding, Place, StoreError, finding

_OS_NAMES = {
    errno.ENOSPC: "store-disk-full",
    errno.EDQUOT: "store-disk-full",
    errno.EFBIG: "store-disk-full",
    errno.EROFS: "store-read-only",
    errno.EACCES: "store-no-permission",
    errno.EPERM: "store-no-permission",
    errno.ENAMETOOLONG: "store-bad-path",
    errno.ENOTDIR: "store-bad-path",
    errno.EISDIR: "store-bad-path",
    errno.EEXIST: "store-bad-path",
}

# SQLite's own error names (sqlite3.Error.sqlite_errorname), by their beginning.
_SQLITE_NAMES = {
    "SQLITE_FULL": "store-disk-full",
    "SQLITE_IOERR_WRITE": "store-disk-full",
    "SQLITE_IOERR_SHMSIZE": "store-disk-full",
    "SQLITE_READONLY": "store-read-only",
    "SQLITE_CANTOPEN": "store-cannot-open",
    "SQLITE_PERM": "store-no-permission",
    "SQLITE_BUSY": "store-busy",
    "SQLITE_LOCKED": "store-busy",
    "SQLITE_NOTADB": "store-not-a-store",
    "SQLITE_CORRUPT": "store-damaged",
}


class Refusal(StoreError):
    """The store refused; `findings` holds the sentence in both languages."""

    def __init__(self, problem: Finding) -> None:
        super().__init__(problem.text("en").replace("\n", " "))
        self.findings = (problem,)


def refuse(name: str, where: str, **values: object) -> Refusal:
    """A Refusal by catalogue name; `where` is the store's place as the user knows it, "" when it is not about that."""
    return Refusal(finding(name, Place(where), severity="", where=where, **values))


@contextmanager
def plainly(where: str) -> Iterator[None]:
    """Turn failures of disk and database inside the block into a Refusal.

    Errors of our own (GhgError) and mistakes in the program (TypeError …) pass unchanged.
    """
    try:
        yield
    except DBAPIError as error:
        raise _database_refusal(error, where) from error
    except SQLAlchemyError as error:
        raise refuse("store-cannot-open", where, reason=_first_line(error)) from error
    except OSError as error:
        name = _OS_NAMES.get(error.errno or 0, "store-disk-trouble")
        raise refuse(name, str(error.filename or where), reason=error.strerror or str(error)) from error


def _database_refusal(error: DBAPIError, where: str) -> Refusal:
    code = str(getattr(error.orig, "sqlite_errorname", ""))
    reason = _first_line(error.orig or error)
    for beginning, name in _SQLITE_NAMES.items():
        if code.startswith(beginning):
            return refuse(_sharper(name, where), where, reason=reason)
    # A server that cannot be reached has no SQLSTATE: the connection never came to be.
    unreachable = isinstance(error, OperationalError) and not getattr(error.orig, "sqlstate", None)
    name = "store-cannot-open" if unreachable and not code else "store-database-trouble"
    return refuse(name, where, reason=reason)


def _sharper(name: str, where: str) -> str:
    """SQLite says only that it cannot open a file; look whether its folder may be written."""
    folder = Path(where).parent
    if name != "store-cannot-open" or not folder.is_dir() or os.access(folder, os.W_OK):
        return name
    read_only = hasattr(os, "statvfs") and os.statvfs(folder).f_flag & os.ST_RDONLY
    return "store-read-only" if read_only else "store-no-permission"


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0]
