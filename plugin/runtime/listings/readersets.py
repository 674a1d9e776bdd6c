"""Which reader sets a database has, and which of them one identity may read.

A reader set is the short name of a document's list of readers (`acl.reader_set`). Indexes are keyed
by it first, so a listing reads the ranges of the readable sets alone.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from acl import Level, Privilege, can_read, can_read_all, combined, reader_set, readers_of
from acl.readers import CONFLICT_PREFIX, OPEN_SET
from plugin.runtime.context import Context
from plugin.runtime.designs.design import INDEX, PUBLIC, SETS_VIEW
from plugin.runtime.door.reading import fetch
from plugin.runtime.errors import NotFound
from store.api import Database
from store.collation import TOP
from store.errors import NotFound as Missing
from store.types import ChangesOptions, Doc, Seq, ViewOptions

FEW = 500
"""More changes than this at once, and the sets are read anew from the index."""


@dataclass(frozen=True)
class Sets:
    """Names of readers by reader set; sets of documents in conflict stand apart, with the readers
    of each live branch.

    A set stays when its last document left it: it then gives no rows.
    """

    readers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    conflicts: Mapping[str, frozenset[frozenset[str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Readable:
    """The sets that one identity may read, in a fixed order, and the state of the database as of
    which that is so: a number that grows with every change."""

    names: tuple[str, ...]
    as_of: int


class ReaderSets:
    """The reader sets of one database, kept up from its changes feed. Thread-safe."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._seq: Seq | None = None
        self._sets = Sets()
        self._as_of = 0
        self._stood: str | None = None
        self._plain: dict[frozenset[str], tuple[Sets, tuple[str, ...]]] = {}

    def readable(self, ctx: Context) -> tuple[str, ...]:
        """The names alone of `readable_now`."""
        return self.readable_now(ctx).names

    def readable_now(self, ctx: Context) -> Readable:
        """The sets whose documents this identity may read; none where it may read nothing here."""
        if ctx.access.level < Level.READER and not ctx.access.has(Privilege.READ_PUBLIC):
            return Readable((), 0)
        sets, as_of = self._current(ctx.standing)
        return Readable(self._names_of(ctx, sets), as_of)

    def _names_of(self, ctx: Context, sets: Sets) -> tuple[str, ...]:
        if ctx.access.level < Level.READER:  # other branches than the winner may not be public
            found = (*self._plain_sets(ctx, sets), *_opened(ctx, sets.conflicts))
            return tuple(PUBLIC + name for name in found)
        return (*self._plain_sets(ctx, sets), *_conflict_sets(ctx, sets))

    def sets(self) -> Sets:
        """All of them as of now."""
        return self._current()[0]

    def _plain_sets(self, ctx: Context, sets: Sets) -> tuple[str, ...]:
        if ctx.reads_all:
            return tuple(sorted(sets.readers))
        with self._lock:
            cached = self._plain.get(ctx.names)
        if cached and cached[0] is sets:
            return cached[1]
        found = tuple(
            name for name in sorted(sets.readers) if can_read(ctx.names, sets.readers[name])
        )
        with self._lock:
            if len(self._plain) > FEW:
                self._plain.clear()
            self._plain[ctx.names] = (sets, found)
        return found

    def _current(self, standing: str | None = None) -> tuple[Sets, int]:
        """As of now. What is known counts where the database stands as before, if that is told."""
        with self._lock:
            if self._seq is None:
                self._read_all()
            elif standing is None or standing != self._stood:
                self._follow()
            self._stood = standing or self._stood
            return self._sets, self._as_of

    def _read_all(self) -> None:
        seq = self._db.info()["update_seq"]
        answer = self._db.view(INDEX, SETS_VIEW, ViewOptions(group=True))
        names = [row["key"][0] for row in answer["rows"]]
        names = [name for name in names if not name.startswith(PUBLIC)]
        plain = [name for name in names if not name.startswith(CONFLICT_PREFIX)]
        branches = {n: _branches(self._db, n) for n in names if n.startswith(CONFLICT_PREFIX)}
        conflicts = {name: readers for name, readers in branches.items() if readers}
        self._sets = Sets(self._names(plain), conflicts)
        self._seq = seq
        self._as_of += 1

    def _names(self, sets: list[str]) -> dict[str, frozenset[str]]:
        """The readers of each set, taken from one document of it: all of them have the same."""
        found = {OPEN_SET: frozenset[str]()}
        wanted = [name for name in sets if name != OPEN_SET]
        while wanted:
            ids = self._one_of_each(wanted)
            options = ViewOptions(keys=ids, include_docs=True, conflicts=True)
            rows = self._db.all_docs(options)["rows"] if ids else []
            for doc in (row["doc"] for row in rows if row.get("doc")):
                found[reader_set(doc)] = readers_of(doc)
            # A document may have moved between the two questions; a set without any is gone.
            wanted = [name for name in wanted if name not in found] if ids else []
        return found

    def _one_of_each(self, sets: list[str]) -> tuple[str, ...]:
        one = [
            ViewOptions(startkey=[name], endkey=[name, TOP], reduce=False, limit=1, sorted=False)
            for name in sets
        ]
        answers = self._db.queries(INDEX, SETS_VIEW, one)
        return tuple(row["id"] for answer in answers for row in answer["rows"])

    def _follow(self) -> None:
        assert self._seq is not None
        options = ChangesOptions(since=self._seq, include_docs=True, conflicts=True, limit=FEW)
        answer = self._db.changes(options)
        if len(answer["results"]) == FEW:
            self._read_all()
            return
        readers, conflicts = dict(self._sets.readers), dict(self._sets.conflicts)
        for row in answer["results"]:
            self._take(readers, conflicts, row["doc"], bool(row.get("deleted")))
        if readers != self._sets.readers or conflicts != self._sets.conflicts:
            self._sets = Sets(readers, conflicts)
        self._seq = answer["last_seq"]
        self._as_of += bool(answer["results"])

    def _take(
        self,
        readers: dict[str, frozenset[str]],
        conflicts: dict[str, frozenset[frozenset[str]]],
        doc: Doc,
        deleted: bool,
    ) -> None:
        conflict = CONFLICT_PREFIX + doc["_id"]
        conflicts.pop(conflict, None)
        if deleted or doc["_id"].startswith("_design/"):
            return
        if doc.get("_conflicts"):
            branches = _branches(self._db, conflict)
            if branches:
                conflicts[conflict] = branches
        else:
            readers.setdefault(reader_set(doc), readers_of(doc))


def _branches(db: Database, conflict: str) -> frozenset[frozenset[str]]:
    """The readers of each live branch of a document in conflict; empty where it is gone by now."""
    try:
        answers = db.open_revs(conflict.removeprefix(CONFLICT_PREFIX), "all")
    except Missing:
        return frozenset()
    leaves = (answer["ok"] for answer in answers if "ok" in answer)
    return combined(leaf for leaf in leaves if not leaf.get("_deleted"))


def _conflict_sets(ctx: Context, sets: Sets) -> list[str]:
    """Decided without opening them: a page must not cost more because of conflicts of others."""
    return [
        name
        for name, branches in sorted(sets.conflicts.items())
        if ctx.reads_all or can_read_all(ctx.names, branches)
    ]


def _opened(ctx: Context, conflicts: Iterable[str]) -> list[str]:
    found = []
    for name in sorted(conflicts):
        try:
            fetch(ctx, name.removeprefix(CONFLICT_PREFIX))
        except NotFound:
            continue
        found.append(name)
    return found
