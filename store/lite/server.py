"""The embedded server: a directory with one SQLite file for each database."""

import json
import os
import re
import shutil
import sqlite3
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote

from store.cancel import Cancel
from store.errors import DatabaseExists, IllegalName, NameTooLong, NotFound, Unavailable
from store.lite import access, schema
from store.lite.changes import sequence
from store.lite.connections import Keeper, open_file
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

_NAME = re.compile(r"(?:[a-z][a-z0-9_$()+/-]*|_users|_replicator|_global_changes)\Z")
MAX_NAME = 200
SUFFIX = ".sqlite"


class LiteServer:
    """`store.api.Server` on a directory, which several processes may use at the same time.

    `js` runs design documents' functions; the server makes its own, started when first needed.
    `before_update` holds for a database what its documents go through before they are written.
    """

    def __init__(
        self,
        directory: Path | str,
        js: JsPool | None = None,
        *,
        before_update: Mapping[str, BeforeUpdate] | None = None,
    ) -> None:
        self._directory = Path(directory).absolute()
        self._js = js or JsPool()
        self._owns_js = js is None
        self._before_update = dict(before_update or {})
        self.tasks = Tasks()
        self._keeper = Keeper()
        self._waiting = Waiting(self._directory)
        self._lock = threading.Lock()
        self._shelves: dict[str, Shelf] = {}
        self._closed = False
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"{self._directory} cannot be used: {error.strerror}") from error

    def all_dbs(self) -> list[str]:
        return [name for name in self._names() if not name.startswith("_")]

    def system_dbs(self) -> list[str]:
        """The databases of a node served by itself, such as `_users`, where they are there."""
        return [name for name in self._names() if name.startswith("_")]

    def _names(self) -> list[str]:
        files = self._directory.glob(f"*{SUFFIX}")
        return sorted(unquote(file.name.removesuffix(SUFFIX)) for file in files)

    def exists(self, name: str) -> bool:
        return _NAME.match(name) is not None and self._path(name).exists()

    def create(self, name: str, security: Mapping[str, Json] | None = None) -> None:
        """As the contract says; `security` is in force from the first moment."""
        if not _NAME.match(name):
            raise IllegalName(
                f"Name: '{name}'. Only lowercase characters (a-z), digits (0-9), and any of the"
                " characters _, $, (, ), +, -, and / are allowed. Must begin with a letter."
            )
        if len(name) > MAX_NAME:
            raise NameTooLong(f"At least one path segment of `{name}` is too long.")
        path = self._path(name)
        draft = path.with_name(f"{path.name}.new-{uuid.uuid4().hex}")
        try:
            _write_empty(draft, access.check_security(security or {}))
            _publish(draft, path)
        except FileExistsError:
            raise DatabaseExists(
                "The database could not be created, the file already exists."
            ) from None
        except OSError as error:
            raise Unavailable(f"{path} could not be made: {error.strerror}") from error
        finally:
            draft.unlink(missing_ok=True)
        _sync_directory(self._directory)

    def delete(self, name: str) -> None:
        self._shelf(name).storage.let_go()
        path = self._path(name)
        files = (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm"))
        try:
            for file in files:
                file.unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                shutil.rmtree(self._indexes(name))
        except OSError as error:
            raise Unavailable(f"{path} could not be deleted: {error.strerror}") from error
        _sync_directory(self._directory)

    def database(self, name: str, user: UserContext = ADMIN) -> LiteDatabase:
        return LiteDatabase(self._shelf(name), user)

    def wait_for_changes(
        self, since: Mapping[str, Seq], timeout: float, cancel: Cancel | None = None
    ) -> frozenset[str]:
        known = {name: sequence(seq, 0) for name, seq in since.items()}

        def changed(name: str) -> bool:
            latest = self._latest(name)
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
        if self._closed:
            raise Unavailable("The store is closed.")
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
                change = self._before_update.get(name)
                shelf = Shelf(
                    storage, DesignCache(), validation, indexes, filters, self.tasks, change
                )
                self._shelves[name] = shelf
            return shelf

    def _path(self, name: str) -> Path:
        return self._directory / (quote(name, safe="") + SUFFIX)

    def _indexes(self, name: str) -> Path:
        return self._directory / (quote(name, safe="") + ".indexes")


def _write_empty(path: Path, security: Mapping[str, Json]) -> None:
    try:
        conn = open_file(path, "rwc")
        try:
            schema.create(conn, str(time.time_ns() // 1000), json.dumps(security))
        finally:
            conn.close()
    except sqlite3.Error as error:
        raise translated(error, str(path)) from error
    _sync(path, os.O_RDWR)


def _publish(draft: Path, path: Path) -> None:
    """Give the file its name. Raises FileExistsError where another process was quicker."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: claim the name, then fill it
        path.touch(exist_ok=False)
        draft.replace(path)


def _sync_directory(directory: Path) -> None:
    """Make a new or removed name durable, where the system can (Windows cannot, and need not)."""
    if os.name == "posix":
        _sync(directory, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
