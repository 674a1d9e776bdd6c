"""SQLite's errors as the store's."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from store.errors import BadRequest, DiskFailure, StoreError, Unavailable, UnsupportedFormat

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DISK = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_READONLY)


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
        return UnsupportedFormat(f"{path} is no database of Divan.")
    if code == sqlite3.SQLITE_IOERR:  # also a full disk, where nothing was written before
        return DiskFailure(f"{path}: {error}. The disk may be full.")
    return (DiskFailure if code in _DISK else Unavailable)(f"{path}: {error}")


@contextmanager
def translating(path: str) -> Iterator[None]:
    """Raise the store's errors in place of SQLite's, with the cause kept."""
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error, path) from error
