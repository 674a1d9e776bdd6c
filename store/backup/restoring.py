"""Bringing a backup back: as a new data directory, or databases of it into one that is there.

Nothing is written before the whole backup was read and found to be what was written. A new
directory gets its name when it is whole; a database is replaced in one transaction.
"""

import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path

from store.backup.making import STORE, Show, copy_file, is_free, new_directory
from store.backup.manifest import Manifest, StoredDatabase, StoredFile, damaged
from store.errors import Conflict, Forbidden, StoreError, Unavailable
from store.lite import copies, files
from store.lite.server import LiteServer


def check(backup: Path, show: Show) -> Manifest:
    """Read a backup whole. Raises StoreError that names what is damaged."""
    manifest = Manifest.read(backup)
    _demand_sound(backup, (*manifest.files, *(each.file for each in manifest.databases)), show)
    return manifest


def restore_directory(backup: Path, data: Path, show: Show) -> Manifest:
    """Make the new directory `data` of a whole backup.

    Raises Conflict where `data` holds something, Forbidden where the backup holds some databases
    alone, Unavailable where the disk is full; then nothing is left of it.
    """
    if not is_free(data):
        raise Conflict(f"{data} is there already. Name a new directory with --data.")
    if not Manifest.read(backup).whole:
        raise Forbidden("The backup holds some databases alone: restore them into an office.")
    manifest = check(backup, show)
    with new_directory(data) as draft:
        for file in manifest.files:
            copy_file(backup / file.path, draft / file.path)
        for database in manifest.databases:
            place = files.database_file(draft / STORE, database.name)
            copy_file(backup / database.file.path, place)
            if not database.problems:
                copies.begin_anew(place, 0)
            show(database.name, 1, 1)
    return manifest


def restore_databases(
    backup: Path, data: Path, names: tuple[str, ...], *, force: bool, show: Show
) -> tuple[StoredDatabase, ...]:
    """Bring databases of the backup, these or all, into a data directory that may be in use.

    One that is there is replaced only with `force`, else Conflict is raised before anything is
    written. One that is too damaged to be written to is set aside under another name. After a cut
    some databases are restored and the others as they were; the command can be repeated.
    """
    chosen = Manifest.read(backup).chosen(names)
    present = set(files.names(data / STORE))
    if not force and (there := [each.name for each in chosen if each.name in present]):
        raise Conflict(f"{', '.join(there)}: there already. With --force they are replaced.")
    if hopeless := [each.name for each in chosen if each.problems]:
        raise StoreError(f"Damaged before the backup was made: {', '.join(hopeless)}.")
    _demand_sound(backup, [each.file for each in chosen], show)
    server = LiteServer(data / STORE)
    try:
        for database in chosen:
            _restore_one(server, backup, data, database, show)
    finally:
        server.close()
    return chosen


def _restore_one(
    server: LiteServer, backup: Path, data: Path, database: StoredDatabase, show: Show
) -> None:
    place = files.database_file(data / STORE, database.name)
    draft = place.with_name(f"{place.name}.restored-{uuid.uuid4().hex}")
    try:
        for left in place.parent.glob(f"{place.name}.restored-*"):  # by a run that was killed
            left.unlink()
        shutil.copyfile(backup / database.file.path, draft)
        copies.begin_anew(draft, copies.latest_sequence(place) if place.exists() else 0)
        files.sync_file(draft)
        server.restore(database.name, draft, lambda done, pages: show(database.name, done, pages))
    except OSError as error:
        raise Unavailable(f"{place} cannot be written: {error.strerror}.") from error
    finally:
        for file in files.with_logs(draft):
            file.unlink(missing_ok=True)


def _demand_sound(backup: Path, stored: Iterable[StoredFile], show: Show) -> None:
    stored = tuple(stored)
    whole, done = sum(file.bytes for file in stored), 0

    def read(size: int) -> None:
        nonlocal done
        done += size
        show("reading the backup", done, whole)

    problems = damaged(backup, iter(stored), read)
    if problems:
        raise StoreError(f"{backup} is damaged, nothing was restored. {' '.join(problems)}")
