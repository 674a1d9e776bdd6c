"""The embedded server: a directory with one SQLite file for each database."""

import json
import logging
import shutil
import sqlite3
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from store import names
from store.cancel import Cancel
from store.errors import (
    DatabaseExists,
    DiskFailure,
    NameTooLong,
    NotFound,
    Unavailable,
    UnsupportedFormat,
)
from store.lite import access, copies, files, schema
from store.lite.changes import sequence
from store.lite.connections import Keeper, open_file
from store.lite.copies import Step
from store.lite.database import LiteDatabase
from store.lite.designs import DesignCache
from store.lite.errors import translated
from store.lite.filters import Filters
from store.lite.index import Indexes
from store.lite.js.pool import JsPool
from store.lite.shelf import BeforeUpdate, Shelf
from store.lite.storage import Storage
from store.lite.tasks import Tasks
from store.lite.validate import Validation
from store.lite.waiting import Waiting
from store.types import ADMIN, Json, Seq, UserContext

log = logging.getLogger(__name__)


class LiteServer:
    """`store.api.Server` on a directory, which several processes may use at the same time.

    `js` runs design documents' functions; the server makes its own, started when first needed.
    Documents go through `before_update`, where there is one, before they are written.
    """

    def __init__(
        self,
        directory: Path | str,
        js: JsPool | None = None,
        *,
        before_update: BeforeUpdate | None = None,
    ) -> None:
        self._directory = Path(directory).absolute()
        self._js = js or JsPool()
        self._owns_js = js is None
        self._before_update = before_update
        self.tasks = Tasks()
        self._keeper = Keeper()
        self._waiting = Waiting(self._directory)
        self._lock = threading.Lock()
        self._shelves: dict[str, Shelf] = {}
        self._closed = False
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise DiskFailure(f"{self._directory} cannot be used: {error.strerror}") from error

    def all_dbs(self) -> list[str]:
        return [name for name in files.names(self._directory) if not name.startswith("_")]

    def system_dbs(self) -> list[str]:
        """The databases of a node served by itself, such as `_users`, where they are there."""
        return [name for name in files.names(self._directory) if name.startswith("_")]

    def exists(self, name: str) -> bool:
        return names.is_legal(name) and files.fits(name) and self._path(name).exists()

    def create(self, name: str, security: Mapping[str, Json] | None = None) -> None:
        """As the contract says; `security` is in force from the first moment."""
        self._demand_open()
        names.check(name)
        if not files.fits(name):
            raise NameTooLong(f"At least one path segment of `{name}` is too long.")
        checked = access.check_security(security or {})
        path = self._path(name)
        draft = path.with_name(f"{path.name}{files.DRAFT}{uuid.uuid4().hex}")
        try:
            with files.naming(self._directory):
                if path.exists():
                    raise FileExistsError
                files.clear(path)
                _write_empty(draft, checked)
                files.publish(draft, path)
        except FileExistsError:
            raise DatabaseExists(
                "The database could not be created, the file already exists."
            ) from None
        except OSError as error:
            raise DiskFailure(f"{path.name} could not be made: {error.strerror}") from error
        finally:
            draft.unlink(missing_ok=True)
        files.sync_directory(self._directory)

    def delete(self, name: str, *, at: Seq | None = None) -> None:
        path = self._path(name)
        try:
            with files.naming(self._directory):
                storage = self._shelf(name).storage
                try:
                    storage.let_go(lambda: path.unlink(missing_ok=True), at)
                except NotFound:
                    if path.exists():
                        raise
                    # Gone is gone, though the last transaction found no room on the disk.
                for file in files.with_logs(path):
                    file.unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                shutil.rmtree(self._indexes(name))
        except OSError as error:
            raise DiskFailure(f"{path.name} could not be deleted: {error.strerror}") from error
        files.sync_directory(self._directory)

    def restore(self, name: str, file: Path, step: Step) -> None:
        """Make what `file` holds the database `name`, in one transaction where there is one. One
        that is too damaged for that is set aside."""
        self._demand_open()
        path = self._path(name)
        with files.naming(self._directory):
            if not (path.exists() and copies.overwrite(file, path, step)):
                if path.exists():
                    files.set_aside(path)
                files.clear(path)
                files.publish(file, path)
        files.sync_directory(self._directory)
        self._waiting.announce(name)

    def database(self, name: str, user: UserContext = ADMIN) -> LiteDatabase:
        return LiteDatabase(self._shelf(name), user)

    def standings(self, databases: Sequence[str]) -> dict[str, str]:
        found = {}
        for name in filter(self.exists, databases):
            try:
                created, seq = self.database(name).standing()
            except NotFound:  # it was deleted at this moment
                continue
            except (DiskFailure, UnsupportedFormat) as error:  # the others are told all the same
                log.error("The database %s cannot be used: %s", name, error)
                continue
            found[name] = f"{created} {seq}"
        return found

    def wait_for_changes(
        self, since: Mapping[str, Seq], timeout: float, cancel: Cancel | None = None
    ) -> frozenset[str]:
        known = {name: sequence(seq, 0) for name, seq in since.items()}

        def changed(name: str) -> bool:
            try:
                latest = self._latest(name)
            except (DiskFailure, UnsupportedFormat) as error:  # the others are waited for
                log.error("The database %s cannot be used: %s", name, error)
                return False
            return latest is None or latest > known[name]

        return self._waiting.wait(known, changed, timeout, cancel)

    def _latest(self, name: str) -> int | None:
        """The update sequence, None where the database is gone."""
        try:
            return self._shelf(name).storage.state().update_seq
        except NotFound:
            return None

    def close(self) -> None:
        self._waiting.close()
        with self._lock:
            self._closed = True
            shelves, self._shelves = list(self._shelves.values()), {}
        for shelf in shelves:
            shelf.indexes.close()
            shelf.storage.close()
        if self._owns_js:
            self._js.close()

    def _shelf(self, name: str) -> Shelf:
        self._demand_open()
        known = self._shelves.get(name)
        if known is not None and known.storage.path.exists():
            return known
        if not self.exists(name):
            raise NotFound("Database does not exist.")
        with self._lock:
            shelf = self._shelves.get(name)
            if shelf is None:
                indexes = Indexes(name, self._indexes(name), self._js, self.tasks)
                path = self._path(name)
                storage = Storage(name, path, self._keeper, self._waiting, indexes.close)
                validation, filters = Validation(self._js), Filters(self._js)
                shelf = Shelf(
                    storage,
                    DesignCache(),
                    validation,
                    indexes,
                    filters,
                    self.tasks,
                    self._before_update,
                )
                self._shelves[name] = shelf
            return shelf

    def _demand_open(self) -> None:
        if self._closed:
            raise Unavailable("The store is closed.")

    def _path(self, name: str) -> Path:
        return files.database_file(self._directory, name)

    def _indexes(self, name: str) -> Path:
        return files.index_folder(self._directory, name)


def _write_empty(path: Path, security: Mapping[str, Json]) -> None:
    try:
        conn = open_file(path, "rwc")
        try:
            schema.create(conn, str(time.time_ns() // 1000), json.dumps(security))
        finally:
            conn.close()
    except sqlite3.Error as error:
        raise translated(error, path.name) from error
    files.sync_file(path)
