"""The changes of a database by groups of documents: a feed of some groups costs nothing by what
happens in others.

Kept in a file beside a database of any backend, and brought level when it is asked, as an index is.
"""

import json
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from store.api import Database
from store.lite.groups_file import (
    Place,
    State,
    begin,
    opened,
    read_state,
    take,
    write_state,
    writing,
)
from store.lite.pending import PendingCounts
from store.types import ChangesOptions, Json, Row, Seq

LATEST = 2**62
"""What a place is taken for at most: SQLite has no larger numbers."""
PORTION = 500
"""Changes taken in by one transaction."""
PROBE = 100
SPARSE = 4
"""Where among the first `PROBE` changes fewer than one of so many is wanted, the groups are read
one by one."""
ROWS = "SELECT docid, grp, n, deleted, revs, seq FROM docs"
SOME = "grp IN (SELECT value FROM json_each(?))"
LAST = """SELECT max((SELECT max(n) FROM {} WHERE grp = wanted.value))
FROM json_each(?) AS wanted"""
"""Each group's last change is the end of its range of the index."""
THESE = "docid IN (SELECT value FROM json_each(?))"


Stored = tuple[str, int, int, int, str, str | None]
"""A row of `docs`: docid, group, number, deleted, revisions, sequence."""


@dataclass(frozen=True)
class Page:
    """Rows in the form of `_changes` with all leaves; `pending` is how many rows come after."""

    rows: list[Row]
    pending: int


class ChangesByGroup:
    """One database's documents by group, in the order of their last changes. Thread-safe; several
    processes may share the file.

    The sequences that it tells are those of the database where these are numbers. Where they are
    opaque, a place in this file stands before them: `place.file.sequence`.
    """

    def __init__(self, path: Path, database: Database, place: Place) -> None:
        self._database = database
        self._place = place
        self._lock = threading.RLock()
        self._conn = opened(path)
        self._state = State()
        self._pending = PendingCounts()
        self._abouts: dict[str, Json] = {}
        self._ids: dict[str, int] = {}
        self._names: dict[int, str] = {}

    def follow(self) -> None:
        """Take in what changed since the last time; to be called before other questions."""
        with self._lock:
            info = self._database.info()
            born, now = str(info.get("instance_start_time")), info["update_seq"]
            self._state = read_state(self._conn)
            more = (self._state.born, self._state.seq) != (born, now)
            while more:
                with writing(self._conn):
                    more = self._take_portion(born)
            self._read_groups()

    def _take_portion(self, born: str) -> bool:
        """Whether there may be more."""
        state = read_state(self._conn)
        if state.born != born:
            state = begin(self._conn, born)
        options = ChangesOptions(
            since=state.seq, limit=PORTION, style="all_docs", include_docs=True, conflicts=True
        )
        answer = self._database.changes(options)
        last = state.last
        for row in answer["results"]:
            last = row["seq"] if isinstance(row["seq"], int) else last + 1
            take(self._conn, last, row, self._place(row))
        end = answer["last_seq"]
        self._state = replace(state, seq=end, last=end if isinstance(end, int) else last)
        write_state(self._conn, self._state)
        return bool(answer["results"]) and answer.get("pending", 0) > 0

    def _read_groups(self) -> None:
        known = self._conn.execute("SELECT count(*), count(about) FROM groups").fetchone()
        if tuple(known) == (len(self._ids), len(self._abouts)) and self._names:
            return
        rows = self._conn.execute("SELECT id, name, about FROM groups").fetchall()
        self._ids = {name: ident for ident, name, _ in rows}
        self._names = {ident: name for ident, name, _ in rows}
        self._abouts = {name: json.loads(about) for _, name, about in rows if about is not None}

    @property
    def file(self) -> str:
        """The name of this file's count; another one after it was begun anew."""
        return self._state.file

    def groups(self) -> Mapping[str, Json]:
        """What is remembered of each group that a document was ever in, by name. The same object
        while nothing is new."""
        return self._abouts

    def last_seq(self) -> Seq:
        """The sequence up to which this is level."""
        return self._told(self._state.last, self._state.seq)

    def last_of(self, groups: Collection[str]) -> Seq:
        """The sequence of the last change of a document of these groups, 0 where there is none: it
        is the same whatever happens in others."""
        with self._lock:
            (last,) = self._conn.execute(LAST.format("docs"), self._as_json(groups)).fetchone()
            found = self._conn.execute("SELECT n, seq FROM docs WHERE n = ?", (last,)).fetchone()
            return self._told(*found) if found else 0

    def last_place(self, groups: Collection[str]) -> int:
        """The place of the last change that concerned these groups: of a document in one of them,
        or out of one."""
        with self._lock:
            places = [
                self._conn.execute(LAST.format(table), self._as_json(groups)).fetchone()[0]
                for table in ("docs", "moved")
            ]
            return max(place or 0 for place in places)

    def number(self, since: Seq) -> int | None:
        """The place of a sequence here; None for one that was not told by this file."""
        if since == "now":
            return self._state.last
        if isinstance(since, int):
            return min(since, LATEST)
        if since.isascii() and since.isdigit():
            return min(int(since), LATEST)
        place, _, rest = since.partition(".")
        if not place.isdigit() or rest.split(".")[0] != self._state.file:
            return None
        return min(int(place), LATEST)

    def since(self, groups: Collection[str], number: int, limit: int) -> Page:
        """Up to `limit` documents of these groups whose last change is after the place `number`."""
        with self._lock:
            wanted = self._numbers(groups)
            rows = self._near(wanted, number, limit + 1)
            if rows is None:
                far = f"{ROWS} INDEXED BY docs_by_group WHERE {SOME} AND n > ? ORDER BY n LIMIT ?"
                text = json.dumps(sorted(wanted))
                rows = self._conn.execute(far, (text, number, limit + 1)).fetchall()
            told = [self._row(*row) for row in rows[:limit]]
            if len(rows) <= limit:
                return Page(told, 0)
            place = rows[limit - 1][2]
            pending = self._pending.after(
                (self._state, frozenset(groups)), place, before=number, passed=limit,
                count=lambda: self.after(groups, place),
            )  # fmt: skip
            return Page(told, pending)

    def _near(self, wanted: Collection[int], number: int, most: int) -> list[Stored] | None:
        """The rows found by looking at all changes in turn; None where most are of others."""
        rows: list[Stored] = []
        changes = self._conn.execute(f"{ROWS} WHERE n > ? ORDER BY n", (number,))
        for looked_at, row in enumerate(changes, 1):
            if row[1] in wanted:
                rows.append(row)
                if len(rows) == most:
                    break
            elif looked_at > PROBE and looked_at > len(rows) * SPARSE:
                return None
        return rows

    def left(self, groups: Collection[str], number: int) -> set[str]:
        """Ids of documents that were taken out of one of these groups after the place."""
        if number >= self._state.last:
            return set()
        return self._ids_of(f"SELECT docid FROM moved WHERE {SOME} AND n > ?", groups, number)

    def inside(self, groups: Collection[str]) -> set[str]:
        """Ids of all documents of these groups, deleted ones too."""
        return self._ids_of(f"SELECT docid FROM docs WHERE {SOME} AND n > ?", groups, -1)

    def after(self, groups: Collection[str], number: int) -> int:
        """How many documents of these groups changed after the place, deleted ones too."""
        query = f"SELECT count(*) FROM docs INDEXED BY docs_by_group WHERE {SOME} AND n > ?"
        with self._lock:
            found = self._conn.execute(query, (*self._as_json(groups), number))
            return int(found.fetchone()[0])

    def count(self, groups: Collection[str]) -> int:
        """How many documents of these groups are not deleted."""
        query = f"SELECT count(*) FROM docs WHERE {SOME} AND deleted = 0"
        with self._lock:
            return int(self._conn.execute(query, self._as_json(groups)).fetchone()[0])

    def group_of(self, docids: Collection[str]) -> dict[str, str]:
        """The name of the group of each of these documents that is known."""
        query = f"SELECT docid, grp FROM docs WHERE {THESE}"
        with self._lock:
            rows = self._conn.execute(query, (json.dumps(list(docids)),)).fetchall()
            return {docid: self._names[group] for docid, group in rows}

    def designs(self) -> list[str]:
        """Ids of the design documents, deleted ones too."""
        query = "SELECT docid FROM docs WHERE docid BETWEEN '_design/' AND '_design0'"
        with self._lock:
            return [docid for (docid,) in self._conn.execute(query)]

    def rows_of(self, docids: Collection[str], groups: Collection[str], number: int) -> list[Row]:
        """The rows of those of these documents that are in these groups and changed after."""
        query = f"{ROWS} WHERE {THESE} AND n > ? ORDER BY n"
        with self._lock:
            wanted = self._numbers(groups)
            rows = self._conn.execute(query, (json.dumps(list(docids)), number)).fetchall()
            return [self._row(*row) for row in rows if row[1] in wanted]

    def close(self) -> None:
        """Close the file; this is of no use afterwards."""
        with self._lock:
            self._conn.close()

    def _numbers(self, groups: Collection[str]) -> set[int]:
        return {self._ids[name] for name in groups if name in self._ids}

    def _as_json(self, groups: Collection[str]) -> tuple[str]:
        return (json.dumps(sorted(self._numbers(groups))),)

    def _ids_of(self, query: str, groups: Collection[str], number: int) -> set[str]:
        with self._lock:
            found = self._conn.execute(query, (*self._as_json(groups), number))
            return {docid for (docid,) in found}

    def _row(
        self, docid: str, group: int, number: int, deleted: int, revs: str, seq: str | None
    ) -> Row:
        row: Row = {
            "seq": self._told(number, seq),
            "id": docid,
            "changes": [{"rev": rev} for rev in revs.split(" ")],
        }
        return {**row, "deleted": True} if deleted else row

    def _told(self, number: int, seq: Seq | None) -> Seq:
        return f"{number}.{self._state.file}.{seq}" if isinstance(seq, str) else number


def stored_seq(since: Seq) -> Seq:
    """The database's own sequence within one that `ChangesByGroup` told."""
    return since.rpartition(".")[2] if isinstance(since, str) else since
