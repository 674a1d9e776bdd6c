"""Copies of database files: made while others write, looked through, and put into use."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from store.errors import StoreError
from store.lite import schema
from store.lite.connections import open_file
from store.lite.errors import translated, translating
from store.lite.integrity import damage, misfits
from store.lite.storage import read_state

STEP_PAGES = 1000
EPOCH = 1_000_000_000

Step = Callable[[int, int], object]
"""Told of pages copied and of pages in all. What it raises ends the copy."""


@dataclass(frozen=True)
class Standing:
    """What a copy holds; what SQLite finds wrong with it; and in one that is sound for SQLite, what
    cannot be read or does not fit together."""

    update_seq: int
    doc_count: int
    doc_del_count: int
    problems: tuple[str, ...]
    misfits: tuple[str, ...]


def copy(source: Path, target: Path, step: Step) -> None:
    """Copy one state of a database to a new file, without keeping anybody from writing. An error
    may leave half a file."""
    with _opened(source) as origin:
        # The state is held, since SQLite would begin anew whenever somebody writes.
        origin.execute("BEGIN")
        read_state(origin)
        with translating(str(target)), closing(open_file(target, "rwc")) as made:
            made.execute("PRAGMA synchronous = OFF")  # whoever publishes it has it on disk first
            origin.backup(made, pages=STEP_PAGES, progress=_told(step))


def overwrite(source: Path, target: Path, step: Step) -> bool:
    """Make what `source` holds the content of the database `target`, in one transaction: who has it
    open sees the old content or the new one, also after a cut. False where `target` is too damaged
    to be written to."""
    with _opened(source) as origin, translating(str(target)):
        try:
            with closing(open_file(target, "rw")) as changed:
                origin.backup(changed, pages=STEP_PAGES, progress=_told(step))
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise
            return False
    return True


def look_through(path: Path, step: Step = lambda done, whole: None) -> Standing:
    """Raises Unavailable or UnsupportedFormat where it is no database at all. `step` is told of
    documents looked at."""
    with _opened(path) as conn:
        conn.execute("BEGIN")
        state = read_state(conn)
        problems = tuple(damage(conn))
        misfits = () if problems else tuple(_misfits(conn, path, step))
    return Standing(state.update_seq, state.doc_count, state.doc_del_count, problems, misfits)


def _misfits(conn: sqlite3.Connection, path: Path, step: Step) -> list[str]:
    try:
        return misfits(conn, step)
    except sqlite3.DatabaseError as error:  # the copy is what it was made of, all the same
        return [translated(error, path.name).reason]


def begin_anew(path: Path, past: int) -> None:
    """Make a copy a database of its own: with a new instance, so that indexes are built anew, and
    with sequences above any that readers of the original can have seen.

    After a restore the next writes would else get sequences that feeds have passed already, and be
    skipped. So sequences go on at the next thousand million, above `past` too. The latest change
    moves there, since the latest sequence must be a document's.
    """
    with _opened(path) as conn:
        conn.execute("BEGIN IMMEDIATE")
        state = read_state(conn)
        ahead = (max(state.update_seq, past) // EPOCH + 1) * EPOCH
        conn.execute("UPDATE docs SET seq = ? WHERE seq = (SELECT max(seq) FROM docs)", (ahead,))
        created = str(time.time_ns() // 1000)
        conn.execute("UPDATE state SET update_seq = ?, created = ?", (ahead, created))
        conn.execute("COMMIT")


def latest_sequence(path: Path) -> int:
    """The update sequence of a database; 0 of one too damaged to tell."""
    try:
        with _opened(path) as conn:
            return read_state(conn).update_seq
    except StoreError:
        return 0


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with translating(str(path)), closing(open_file(path, "rw")) as conn:
        schema.check(conn, str(path))
        yield conn


def _told(step: Step) -> Callable[[int, int, int], object]:
    return lambda status, left, pages: step(pages - left, pages)
