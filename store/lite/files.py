"""Which files of a store's directory are a database's; making files public and durable."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, unquote

if os.name == "posix":
    import fcntl

SUFFIX = ".sqlite"
DRAFT = ".new-"
MAX_NAME = 200
"""Characters of a database's name, quoted. File systems take 255 bytes; names of drafts and of
SQLite's other files are longer than it."""


def fits(name: str) -> bool:
    """Whether a database of this name can have a file."""
    return len(quote(name, safe="")) <= MAX_NAME


def database_file(directory: Path, name: str) -> Path:
    return directory / (quote(name, safe="") + SUFFIX)


def index_folder(directory: Path, name: str) -> Path:
    return directory / (quote(name, safe="") + ".indexes")


def names(directory: Path) -> list[str]:
    """The databases of the directory, in order."""
    files = directory.glob(f"*{SUFFIX}")
    return sorted(unquote(file.name.removesuffix(SUFFIX)) for file in files)


def with_logs(path: Path) -> tuple[Path, Path, Path]:
    """A file of SQLite with those beside it."""
    return path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


@contextmanager
def naming(directory: Path) -> Iterator[None]:
    """One process at a time makes, removes and replaces files of databases. The system lets go of
    the lock of one that is killed; on Windows, which lets nobody remove an open file, there is
    none."""
    if os.name != "posix":
        yield
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def clear(path: Path) -> None:
    """Remove what a killed process left beside a database that is not there. A log that stayed
    would be taken for that of the next database of this name."""
    for file in (*with_logs(path)[1:], *path.parent.glob(f"{path.name}{DRAFT}*")):
        file.unlink(missing_ok=True)


def set_aside(path: Path) -> None:
    """Keep a file that is too damaged to be used under another name, with what is beside it."""
    mark = f"damaged-{time.strftime('%Y%m%dT%H%M%S')}"
    for file in reversed(with_logs(path)):
        with suppress(FileNotFoundError):
            file.rename(file.with_name(f"{path.name}.{mark}{file.name.removeprefix(path.name)}"))


def publish(draft: Path, path: Path) -> None:
    """Give the file its name. Raises FileExistsError where another process was quicker."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: claim the name, then fill it
        path.touch(exist_ok=False)
        draft.replace(path)


def sync_directory(directory: Path) -> None:
    """Make a new or removed name durable, where the system can (Windows cannot, and need not)."""
    if os.name == "posix":
        _sync(directory, os.O_RDONLY)


def sync_file(path: Path) -> None:
    _sync(path, os.O_RDWR)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
