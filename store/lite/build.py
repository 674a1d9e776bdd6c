"""Bring an index up to date with its database.

A first build gathers all rows in runs and merges them once at its end, so that its time is linear
and its memory bounded; it may be cut at any time and goes on from where it was. Afterwards each
change replaces the rows of its document, and the nodes over them are made true again.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence

from store.lite.feed import Batch, Feed, Source
from store.lite.indexfile import IndexFile
from store.lite.mapping import Row
from store.lite.remembered import log, restart_log, shorten_log
from store.lite.rows import RowTables
from store.lite.runs import Runs
from store.lite.tree import FIRST, Place, Tree
from store.lite.views import DesignViews, View

LARGE = 2000
"""Changes from which on a first build gathers before it sorts."""
STEP_SECONDS = 1.0
"""How long a transaction gathers: longer is quicker, shorter lets other processes in sooner."""
STEP_BYTES = 32 * 1024 * 1024
"""How much it gathers in memory."""


def update(db: Source, file: IndexFile, design: DesignViews) -> None:
    """Bring the index up to date. Raises DesignError.

    Processes that update the same index take turns: each step goes on from where the last ended.
    """
    if not design.views:
        return
    _begin(db, file, design)
    target = _target(file)
    while target is not None:
        with Feed(db, design, target) as feed:
            while not _gather(file, design, feed):
                pass
        target = _target(file)
    with Feed(db, design) as feed:
        while not _follow(file, design, feed):
            pass


def is_current(db: Source, conn: sqlite3.Connection) -> bool:
    """Whether the index is of this very database and knows all its changes."""
    seq, instance, target = _state(conn)
    return target is None and (instance, seq) == db.standing()


def _state(conn: sqlite3.Connection) -> tuple[int, str, int | None]:
    found: tuple[int, str, int | None] = conn.execute(
        "SELECT seq, instance, target FROM state"
    ).fetchone()
    return found


def _target(file: IndexFile) -> int | None:
    with file.reading() as conn:
        return _state(conn)[2]


def _begin(db: Source, file: IndexFile, design: DesignViews) -> None:
    """Make an index begin anew that belonged to an earlier database of this name, or that knows a
    later state than the database (restored from a copy)."""
    instance, update_seq = db.standing()
    with file.reading() as conn:
        seq, known, _ = _state(conn)
    if known == instance and seq <= update_seq:
        return
    design.mapper.check()
    with file.writing() as conn:
        seq, known, _ = _state(conn)
        # Asked again, since another process may have followed later changes meanwhile.
        instance, update_seq = db.standing()
        if known == instance and seq <= update_seq:
            return
        target = update_seq if update_seq > LARGE else None
        for view in design.views.values():
            _clear(conn, view.number, gathers=target is not None)
        restart_log(conn, target or 0)
        conn.execute("UPDATE state SET seq = 0, instance = ?, target = ?", (instance, target))


def _clear(conn: sqlite3.Connection, number: int, *, gathers: bool) -> None:
    tables = RowTables(conn, number)
    tables.clear()
    Runs(conn, number).clear()
    Tree(conn, number).clear()
    if not gathers:
        tables.find_documents()


def _gather(file: IndexFile, design: DesignViews, feed: Feed) -> bool:
    """One step of a first build; True when it is over."""
    with file.writing() as conn:
        seq, _, target = _state(conn)
        if target is None:
            return True  # another process ended it
        end = time.monotonic() + STEP_SECONDS
        views = design.views.values()
        gathered = [Runs(conn, view.number) for view in views]
        while (batch := feed.after(seq)) is not None:
            for view, runs, rows in zip(views, gathered, batch.rows, strict=False):
                runs.add(rows)
                RowTables(conn, view.number).note(rows)
            seq = batch.last
            if time.monotonic() > end or sum(runs.size for runs in gathered) > STEP_BYTES:
                break
        for view, runs in zip(views, gathered, strict=True):
            if batch is None:
                _sort(conn, view, runs)
            else:
                runs.write()
        over = batch is None
        conn.execute("UPDATE state SET seq = ?, target = ?",
                     (target, None) if over else (seq, target))  # fmt: skip
        return over


def _sort(conn: sqlite3.Connection, view: View, runs: Runs) -> None:
    """Put what was gathered of a view in order, each row written and read once."""
    tables = RowTables(conn, view.number)
    tables.find_documents()
    Tree(conn, view.number).plant(_inserted(tables, runs.merged()), view.reducer)


def _inserted(tables: RowTables, pieces: Iterable[Sequence[Row]]) -> Iterator[Row]:
    for rows in pieces:
        tables.insert(rows)
        yield from rows


def _follow(file: IndexFile, design: DesignViews, feed: Feed) -> bool:
    """One step of following changes; True when none were left."""
    with file.writing() as conn:
        seq, _, _ = _state(conn)
        end = time.monotonic() + STEP_SECONDS
        touched: dict[str, set[Place]] = {name: set() for name in design.views}
        batch = feed.after(seq)
        while batch is not None:
            for view in design.views.values():
                touched[view.name] |= _replace(conn, view, batch)
            seq = batch.last
            batch = feed.after(seq) if time.monotonic() < end else None
        over = time.monotonic() < end
        shorten_log(conn, seq)
        for view in design.views.values():
            Tree(conn, view.number).refresh(touched[view.name], view.reducer)
        conn.execute("UPDATE state SET seq = ?", (seq,))
        return over


def _replace(conn: sqlite3.Connection, view: View, batch: Batch) -> set[Place]:
    """Take out the old rows of the documents, put in the new ones; return the leaves concerned."""
    tables = RowTables(conn, view.number)
    old, new = tables.take_out(batch.docids), list[Row]()
    if batch.rows:
        rows = batch.rows[view.number]
        new = sorted(rows.each())
        tables.note(rows)
        tables.insert(new)
    places = sorted({*old, *(row[:2] for row in new)})
    log(conn, batch.last, view.number, {key for key, _ in places})
    return set(_leaves(Tree(conn, view.number), places))


def _leaves(tree: Tree, places: Iterable[Place]) -> Iterable[Place]:
    """The leaves to which places belong, which are in order."""
    end: Place = FIRST
    for place in places:
        if place >= end:
            start = tree.leaf(place)
            end = tree.leaf_end(start)
            yield start
