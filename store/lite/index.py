"""The indexes of one database: built when asked, kept in files of their own, dropped when stale."""

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from store import collation
from store.errors import CompilationError, DesignError, FunctionError, StoreError
from store.lite.build import is_current, update
from store.lite.designcheck import check_fields
from store.lite.errors import translated, translating
from store.lite.feed import Source, Watched
from store.lite.identity import IdentityCache
from store.lite.indexfile import IndexFile, remove
from store.lite.js.pool import JsPool
from store.lite.merged import Merged
from store.lite.query import Query
from store.lite.tasks import INDEXER, Tasks
from store.lite.views import LANGUAGE, DesignViews, View
from store.mango.indexes import ALL_DOCS, Index, of_design
from store.types import Doc, Json, Row, ViewOptions

log = logging.getLogger("store.index")

SUFFIX = ".sqlite"

Answer = TypeVar("Answer")


class Indexes:
    """One file for each signature of views below `directory`, which is made when needed. `tasks`
    shows the builds, as of the database `name`."""

    def __init__(self, name: str, directory: Path, pool: JsPool, tasks: Tasks) -> None:
        self._name = name
        self._directory = directory
        self._tasks = tasks
        self._pool = pool
        self._designs = IdentityCache(lambda ddoc: DesignViews.of(ddoc, pool))
        self._mango = IdentityCache(of_design)
        self._lock = threading.Lock()
        self._files: dict[str, IndexFile] = {}
        self._lazy: ThreadPoolExecutor | None = None

    def query(self, db: Source, ddoc: Doc, view: str, options: ViewOptions) -> dict[str, Json]:
        """CouchDB's answer to one query. Raises NotFound, QueryParseError, DesignError."""
        return self.queries(db, ddoc, view, [options])[0]

    def queries(
        self, db: Source, ddoc: Doc, view: str, queries: Sequence[ViewOptions]
    ) -> list[dict[str, Json]]:
        """Answers in order, all from one state of the index, brought up to date once before."""
        design = self._designs.get(ddoc)
        wanted = design.view(view)
        file = self._file(design)
        fresh = any(options.update == "true" for options in queries)

        def answers(conn: sqlite3.Connection) -> list[dict[str, Json]]:
            query = Query(db, conn, wanted)
            return [query.answer(options) for options in queries]

        found = self._read(db, design, file, answers, fresh)
        if any(options.update == "lazy" for options in queries):
            self._update_later(db, design, file)
        return found

    def merged(
        self, db: Source, ddoc: Doc, view: str, firsts: Sequence[Json], options: ViewOptions
    ) -> list[Row]:
        """See `store.lite.merged`."""
        design = self._designs.get(ddoc)
        wanted = design.view(view)
        file = self._file(design)

        def answer(conn: sqlite3.Connection) -> list[Row]:
            return Merged(conn, wanted, file.remembered).answer(firsts, options)

        return self._read(db, design, file, answer, options.update == "true")

    def read(
        self,
        db: Source,
        ddoc: Doc,
        view: str,
        read: Callable[[sqlite3.Connection, View], Answer],
        *,
        fresh: bool,
    ) -> Answer:
        """What `read` makes of one state of the index, brought up to date before if `fresh`."""
        design = self._designs.get(ddoc)
        wanted = design.view(view)
        return self._read(db, design, self._file(design), lambda conn: read(conn, wanted), fresh)

    def mango(self, designs: Mapping[str, Doc]) -> list[Index]:
        """The Mango indexes of these design documents in CouchDB's order, `_all_docs` first."""
        found = [index for ddoc in designs.values() for index in self._mango.get(ddoc)]
        return [ALL_DOCS, *sorted(found, key=lambda index: index.place)]

    def info(self, db: Source, ddoc: Doc) -> dict[str, Json]:
        """What CouchDB tells of an index; `sizes` in bytes, of the file and in use."""
        design = self._designs.get(ddoc)
        file = self._file(design)
        facts = self._read(db, design, file, lambda conn: _facts(db, conn), fresh=False)
        return {
            **facts,
            "signature": design.signature,
            "language": LANGUAGE,
            "updater_running": file.updating.locked(),
            "waiting_commit": False,
            "waiting_clients": 0,
            "compact_running": False,
            "collator_versions": [collation.version()],
        }

    def check(self, ddoc: Doc, limit: float) -> None:
        """Raise InvalidDesign, CompilationError or NotFound where CouchDB does not let a design
        document be written. `limit`: seconds that its compilation may take."""
        check_fields(ddoc)
        if not ddoc.get("views") or ddoc.get("language", LANGUAGE) != LANGUAGE:
            return
        try:
            DesignViews.of(ddoc, self._pool).mapper.check(limit)
        except FunctionError as error:
            raise CompilationError(error.reason) from error

    def compact(self, ddoc: Doc) -> None:
        """Give back the space that is free in the index of a design document."""
        file = self._file(self._designs.get(ddoc))
        with translating(file.path.name):
            file.compact()

    def drop_stale(self, ddocs: Sequence[Doc]) -> None:
        """Delete the files of indexes that none of the design documents has any more."""
        wanted = set()
        for ddoc in ddocs:
            try:
                wanted.add(self._designs.get(ddoc).signature)
            except StoreError:  # has no index that could be wanted
                continue
        for path in self._directory.glob(f"*{SUFFIX}"):
            if path.name.removesuffix(SUFFIX) in wanted:
                continue
            with self._lock:
                file = self._files.pop(path.name.removesuffix(SUFFIX), None)
            if file is not None:
                file.close()
            remove(path)

    def close(self) -> None:
        """Close all files; the last lazy update is waited for."""
        with self._lock:
            lazy, self._lazy = self._lazy, None
            files, self._files = list(self._files.values()), {}
        if lazy is not None:
            lazy.shutdown(cancel_futures=True)
        for file in files:
            file.close()

    def _file(self, design: DesignViews) -> IndexFile:
        with self._lock:
            file = self._files.get(design.signature)
            if file is None:
                path = self._directory / f"{design.signature}{SUFFIX}"
                file = self._files[design.signature] = IndexFile(path, len(design.views))
            return file

    def _read(
        self,
        db: Source,
        design: DesignViews,
        file: IndexFile,
        read: Callable[[sqlite3.Connection], Answer],
        fresh: bool,
    ) -> Answer:
        try:
            try:
                return self._read_once(db, design, file, read, fresh)
            except (sqlite3.DatabaseError, json.JSONDecodeError, UnicodeDecodeError) as error:
                if not _is_broken(error):
                    raise
                log.warning("the index %s is damaged and built anew: %s", file.path.name, error)
            file.remove()  # it holds nothing that cannot be made anew
            return self._read_once(db, design, file, read, fresh)
        except sqlite3.Error as error:
            raise translated(error, file.path.name) from error

    def _read_once(
        self,
        db: Source,
        design: DesignViews,
        file: IndexFile,
        read: Callable[[sqlite3.Connection], Answer],
        fresh: bool,
    ) -> Answer:
        asked = time.monotonic()  # opening the file may wait for who is writing it
        with file.reading() as conn:
            if not fresh or is_current(db, conn):
                return read(conn)
        self._update(db, file, design, asked)
        with file.reading() as conn:
            return read(conn)

    def _update_later(self, db: Source, design: DesignViews, file: IndexFile) -> None:
        with self._lock:
            if self._lazy is None:
                self._lazy = ThreadPoolExecutor(1, "lazy index update")
            self._lazy.submit(self._update_logged, db, design, file)

    def _update(self, db: Source, file: IndexFile, design: DesignViews, asked: float) -> None:
        # Threads of one process queue at the first lock, processes at that of the file.
        with (
            file.updating,
            self._tasks.running(INDEXER, self._name, design_document=design.docid) as task,
        ):
            if file.failed is not None and file.failed[0] >= asked:
                raise file.failed[1]  # who waited while it failed need not wait for it once more
            try:
                update(Watched(db, task.tell), file, design)
            except DesignError as error:
                file.failed = (time.monotonic(), error)
                raise

    def _update_logged(self, db: Source, design: DesignViews, file: IndexFile) -> None:
        try:
            self._update(db, file, design, time.monotonic())
        except (StoreError, sqlite3.Error) as error:  # nobody waits for the outcome
            log.warning("the index %s was not brought up to date: %s", file.path.name, error)


_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


def _is_broken(error: Exception) -> bool:
    """Whether a file does not hold what an index holds: no pages of SQLite, none of our tables,
    texts that are none."""
    if not isinstance(error, sqlite3.Error) or "Could not decode" in str(error):
        return True
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN


def _facts(db: Source, conn: sqlite3.Connection) -> dict[str, Json]:
    page, pages, free = (
        conn.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_size", "page_count", "freelist_count")
    )
    seq = conn.execute("SELECT seq FROM state").fetchone()[0]
    pending = max(0, db.standing()[1] - seq)
    active = (pages - free) * page
    return {
        "sizes": {"file": pages * page, "active": active, "external": active},
        "update_seq": seq,
        "purge_seq": 0,
        "updates_pending": {"minimum": pending, "preferred": pending, "total": pending},
    }
