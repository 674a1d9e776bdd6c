"""SQLite's errors as the store's."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from store.errors import (
    BadRequest,
    DamagedFile,
    DiskFailure,
    NoDatabase,
    StoreError,
    Unavailable,
)

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DISK = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
_NO_TEXT = "Could not decode to UTF-8"
"""How Python's words for a text that is none begin; the text follows."""


def translated(error: sqlite3.Error, path: str) -> StoreError:
    """The store's error for a driver's."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return DiskFailure(f"The disk is full: {path} could not be written. Nothing was changed.")
    if code in _BUSY:
        return Unavailable(f"{path} is busy with another writer. Try again.")
    if code == sqlite3.SQLITE_TOOBIG:
        return BadRequest("The value is too large for the store.")
    if code == sqlite3.SQLITE_NOTADB:
        return NoDatabase(f"{path} is no database of Divan.")
    if is_damage(error):
        said = "a text in it is no UTF-8" if _is_no_text(error) else str(error)
        return DamagedFile(f"{path} is damaged: {said}.")
    if code == sqlite3.SQLITE_IOERR:  # also a full disk, where nothing was written before
        return DiskFailure(f"{path}: {error}. The disk may be full.")
    return (DiskFailure if code in _DISK else Unavailable)(f"{path}: {error}")


def is_damage(error: sqlite3.Error) -> bool:
    """Whether a part of the file is not what was written; other parts may be."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code == sqlite3.SQLITE_CORRUPT or _is_no_text(error)


def _is_no_text(error: sqlite3.Error) -> bool:
    return str(error).startswith(_NO_TEXT)


@contextmanager
def translating(path: str) -> Iterator[None]:
    """Raise the store's errors in place of SQLite's, with the cause kept."""
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error, path) from error
