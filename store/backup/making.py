"""Making a backup of a data directory, while it is in use.

Each database is copied as it is at one moment, not all at the same. The backup is made beside its
place and gets its name when it is whole and on disk: what has the name can be trusted, and after a
cut the next run begins anew.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from store.backup.manifest import Manifest, StoredDatabase, StoredFile
from store.errors import (
    Conflict,
    DamagedFile,
    Forbidden,
    NotFound,
    Unavailable,
    UnsupportedFormat,
)
from store.lite import copies, files

STORE = "store"
Show = Callable[[str, int, int], object]
"""(what is copied or read, how much of it is done, how much it is in all)"""


def back_up(data: Path, target: Path, names: tuple[str, ...], show: Show) -> Manifest:
    """Copy the databases of these names, or everything of the data directory, to the new directory
    `target`. Returns what it holds; databases that are damaged are copied as they are.

    Raises Conflict where `target` holds something, NotFound for an unknown name, Unavailable where
    the disk is full; then nothing is left of it.
    """
    _check_place(data, target)
    present = files.names(data / STORE)
    for name in names:
        if name not in present:
            raise NotFound(f"There is no database {name}.")
    with new_directory(target) as draft:
        (draft / STORE).mkdir(mode=0o700)
        others = () if names else tuple(_copy_others(data, draft))
        databases = tuple(
            each for name in names or present for each in _copy_database(data, draft, name, show)
        )
        made_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        manifest = Manifest(made_at, not names, databases, others)
        manifest.write(draft)
    return manifest


@contextmanager
def new_directory(target: Path) -> Iterator[Path]:
    """A directory to fill, which becomes `target` at the end of the block and is gone when it
    raises. What a killed run left of one is removed first."""
    target = target.resolve()
    draft = target.with_name(f".{target.name}.unfinished")
    try:
        with _parents_of(target):
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(mode=0o700)
            try:
                yield draft
                _sync_all(draft)
                if target.exists():
                    target.rmdir()  # empty, or this raises
                draft.rename(target)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
            files.sync_directory(target.parent)
    except OSError as error:
        raise Unavailable(f"{target} cannot be written: {error.strerror}.") from error


@contextmanager
def _parents_of(target: Path) -> Iterator[None]:
    """The directories on the way to `target`; those made for it are gone when the block raises."""
    missing = [folder for folder in target.parents if not folder.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for folder in missing:
            with suppress(OSError):  # never made, or used by somebody else by now
                folder.rmdir()
        raise


def _sync_all(directory: Path) -> None:
    for path in sorted(directory.rglob("*")):
        if path.is_dir():
            files.sync_directory(path)
        else:
            files.sync_file(path)
    files.sync_directory(directory)


def copy_file(source: Path, target: Path) -> None:
    """Bytes and mode, and for its owner alone the directories on the way."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    shutil.copymode(source, target)


def is_free(target: Path) -> bool:
    return not target.exists() or (target.is_dir() and not any(target.iterdir()))


def _check_place(data: Path, target: Path) -> None:
    if not is_free(target):
        raise Conflict(f"{target} is there already. Name a new directory.")
    if target.resolve().is_relative_to(data.resolve()):
        raise Forbidden("A backup inside the data directory would go with it. Name another place.")


def _copy_others(data: Path, draft: Path) -> Iterator[StoredFile]:
    """Settings, secrets and whatever else lies in the data directory beside the databases. What
    begins with a dot is a draft or belongs to a process."""
    for folder, folders, names in os.walk(data):
        inside = Path(folder).relative_to(data)
        folders[:] = [name for name in folders if not _is_passing(inside, name)]
        for name in names:
            source = Path(folder) / name
            if not _is_passing(inside, name) and source.is_file():
                copy_file(source, draft / inside / name)
                yield StoredFile.of(draft, (inside / name).as_posix())


def _is_passing(folder: Path, name: str) -> bool:
    """Whether it is no content, or a database's, which is not copied as a file."""
    of_store = folder == Path(STORE) and (".sqlite" in name or name.endswith(".indexes"))
    return name.startswith(".") or of_store


def _copy_database(data: Path, draft: Path, name: str, show: Show) -> Iterator[StoredDatabase]:
    source = files.database_file(data / STORE, name)
    copied = files.database_file(draft / STORE, name)

    def step(done: int, whole: int) -> None:
        show(name, done, whole)

    try:
        copies.copy(source, copied, step)
        found = copies.look_through(copied, step)
    except NotFound:  # deleted since the list was made
        copied.unlink(missing_ok=True)
        return
    except (DamagedFile, UnsupportedFormat) as error:  # kept for whoever can read it
        shutil.copyfile(source, copied)
        found = copies.Standing(0, 0, 0, (error.reason,), ())
    file = StoredFile.of(draft, copied.relative_to(draft).as_posix())
    yield StoredDatabase(name, **vars(found), file=file)
