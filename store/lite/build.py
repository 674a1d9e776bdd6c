"""Bring an index up to date with its database: read changes, map them, replace their rows."""

import json
import logging
import re
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from store import collation
from store.errors import DesignError, Unavailable
from store.lite.indexfile import IndexFile
from store.lite.js.pool import JsPool
from store.lite.totals import Row, Totals
from store.lite.views import DesignViews, View
from store.types import Doc, Json, ViewOptions

log = logging.getLogger("store.index")

BATCH = 500
STEP = 4000
"""Documents a transaction: more make the first build faster, fewer let others in sooner."""

MAX_DEPTH = 400

Change = tuple[int, str, bool, str | None]
"""Sequence, id, deleted?, JSON text."""


class Source(Protocol):
    """What an index needs of a database."""

    def standing(self) -> tuple[str, int]:
        """What tells this database from an earlier one of its name, and its update sequence."""
        ...

    def get(self, docid: str, *, rev: str | None = None) -> Doc: ...

    def all_docs(self, options: ViewOptions = ...) -> dict[str, Json]: ...

    def documents_since(self, seq: int, limit: int = ...) -> list[Change]: ...


@dataclass(frozen=True)
class _Step:
    """What one transaction takes over: for each document the rows of each view, None where it has
    none. `start` and `last` are sequences; `fresh` says that none of the documents had rows."""

    start: int
    last: int
    fresh: bool
    rows: dict[str, list[list[str]] | None]


def update(db: Source, file: IndexFile, design: DesignViews, pool: JsPool) -> int:
    """Bring the index up to date; return the sequence it stands at. Raises DesignError."""
    with file.updating:  # threads of one process queue here, processes at the write lock
        seq, new_until = _begin(db, file, design, pool)
        with ThreadPoolExecutor(1, "index build") as helper:
            steps = _steps(db, design, pool, seq, new_until)
            step = next(steps, None)
            while step is not None:
                # A worker process maps the next documents while the rows of these are stored.
                coming = helper.submit(next, steps, None) if len(step.rows) >= STEP else None
                seq = _apply(file, design, step)
                if seq < step.start:
                    raise Unavailable("the index was made anew by another process; try again")
                step = coming.result() if coming else None
    return int(seq)


def _steps(
    db: Source, design: DesignViews, pool: JsPool, seq: int, new_until: int
) -> Iterator[_Step]:
    changes = db.documents_since(seq, BATCH)
    while changes:
        start, rows = seq, dict[str, list[list[str]] | None]()
        while changes and len(rows) < STEP:
            rows.update(_map(changes, design, pool))
            seq = changes[-1][0]
            changes = db.documents_since(seq, BATCH) if len(changes) == BATCH else []
        yield _Step(start, seq, seq <= new_until, rows)


def _map(
    changes: Sequence[Change], design: DesignViews, pool: JsPool
) -> dict[str, list[list[str]] | None]:
    wanted = [
        (docid, text) for _, docid, deleted, text in changes
        if text is not None and not deleted
        and (design.include_design or not docid.startswith("_design/"))
    ]  # fmt: skip
    answers = pool.run(design.program, "map", [text for _, text in wanted])
    rows: dict[str, list[list[str]] | None] = {docid: None for _, docid, _, _ in changes}
    for (docid, _), answer in zip(wanted, answers, strict=True):
        rows[docid] = _checked(answer, len(design.views))
    return rows


def _checked(answer: str, views: int) -> list[list[str]]:
    """The worker's answer; only a function that breaks its own surroundings spoils it."""
    rows: list[list[str]] = json.loads(answer)
    if (
        not isinstance(rows, list)
        or len(rows) != views
        or any(not isinstance(texts, list) or len(texts) % 2 for texts in rows)
        or any(not {str}.issuperset(map(type, texts)) for texts in rows)
    ):
        raise DesignError("the map functions break the query server's own words")
    return rows


def is_current(db: Source, conn: sqlite3.Connection) -> bool:
    """Whether the index is of this very database and knows all its changes."""
    seq, instance = conn.execute("SELECT seq, instance FROM state").fetchone()
    return (instance, seq) == db.standing()


def _begin(db: Source, file: IndexFile, design: DesignViews, pool: JsPool) -> tuple[int, int]:
    """Return the sequence from which to go on, and the one up to which no document has rows yet.

    An index that belonged to an earlier database of this name, or that knows a later state than
    the database (restored from a copy), begins anew.
    """
    instance, update_seq = db.standing()
    with file.reading() as conn:
        seq, known = conn.execute("SELECT seq, instance FROM state").fetchone()
    if known == instance and 0 < seq <= update_seq:
        return int(seq), 0
    pool.check(design.program)
    with file.writing() as conn:
        seq, known = conn.execute("SELECT seq, instance FROM state").fetchone()
        # Asked again, since another process may have followed later changes meanwhile.
        instance, update_seq = db.standing()
        if known != instance or seq > update_seq:
            for view in design.views.values():
                conn.execute(f"DELETE FROM rows_{view.number}")
                conn.execute(f"DELETE FROM totals_{view.number}")
            conn.execute("UPDATE views SET total = 0, depth = NULL, longest = 0, shape = NULL")
            conn.execute("UPDATE state SET seq = 0, instance = ?", (instance,))
            seq = 0
    return int(seq), update_seq if seq == 0 else 0


def _apply(file: IndexFile, design: DesignViews, step: _Step) -> int:
    """Replace the rows of the documents of `step`, in one transaction with the new sequence.

    Returns the sequence the index stands at, which another process may have moved.
    """
    with file.writing() as conn:
        stored = int(conn.execute("SELECT seq FROM state").fetchone()[0])
        if not step.start <= stored < step.last:
            return stored
        fresh = step.fresh and stored == step.start
        for view in design.views.values():
            _apply_view(conn, view, step.rows, fresh=fresh)
        conn.execute("UPDATE state SET seq = ?", (step.last,))
    return step.last


def _apply_view(
    conn: sqlite3.Connection,
    view: View,
    latest: dict[str, list[list[str]] | None],
    *,
    fresh: bool,
) -> None:
    totals = Totals(conn, view)
    if not fresh:
        conn.execute(f"CREATE INDEX IF NOT EXISTS docs_{view.number} ON rows_{view.number}(docid)")
        for docid in latest:
            totals.count(_old_rows(conn, view, docid), -1)
        conn.executemany(
            f"DELETE FROM rows_{view.number} WHERE docid = ?", [(docid,) for docid in latest]
        )
    inserts = []
    new_rows = []
    for docid, views in latest.items():
        for n, row in enumerate(_rows(docid, views[view.number] if views else [])):
            inserts.append((row.key, docid, n, row.k, row.v))
            new_rows.append(row)
    totals.count(new_rows, 1)
    inserts.sort()
    conn.executemany(f"INSERT INTO rows_{view.number} VALUES (?, ?, ?, ?, ?)", inserts)
    totals.store()


def _old_rows(conn: sqlite3.Connection, view: View, docid: str) -> list[Row]:
    found = conn.execute(f"SELECT key, k, v FROM rows_{view.number} WHERE docid = ?", (docid,))
    return [Row(key, json.loads(k), k, v) for key, k, v in found]


def _rows(docid: str, texts: Sequence[str]) -> list[Row]:
    rows = []
    for k, v in zip(texts[::2], texts[1::2], strict=True):
        try:
            if _is_deep(v):
                raise RecursionError(f"the value is nested more than {MAX_DEPTH} deep")
            value = json.loads(k)
            rows.append(Row(collation.sort_key(value), value, k, v))
        except (RecursionError, ValueError, TypeError) as error:
            log.info("document %r: a row cannot be stored: %s", docid, error)
            return []
    return rows


def _is_deep(text: str) -> bool:
    """Whether JSON text is nested so deep that reading it back could fail."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", re.sub(r'"(?:[^"\\]|\\.)*"', "", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest > MAX_DEPTH
