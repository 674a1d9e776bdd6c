"""The changes of a database for one person: read from the groups of documents that he may read.

Where a filter looks into documents, all changes are looked through, and what is not his is left
out.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from plugin.runtime.replica.keeping import Keeping, chosen
from plugin.runtime.replica.subset import FILTER, Subset
from plugin.runtime.replica.visibility import Visibility, without_conflicts
from store.api import Database
from store.lite.groups import ChangesByGroup, stored_seq
from store.types import ChangesOptions, Json, Row, Seq

LONGEST = 10_000
"""Rows of a page where nobody says how many."""
WITH_DOCUMENTS = 100
"""Rows of a page whose documents are read with it. CouchDB finds as many by id, and looks through
all changes for more."""
LOOKED_THROUGH = 500
QUICK = (None, "_doc_ids", "_design")
"""Filters that look into no document."""


class Feed:
    """Answers `_changes` of `inner` for the person of `visibility`."""

    def __init__(
        self,
        inner: Database,
        visibility: Visibility,
        keeping: Callable[[Subset], Keeping],
    ) -> None:
        self._inner = inner
        self._visibility = visibility
        self._keeping = keeping
        self.reached: Seq = 0
        """The database's sequence up to which the last page looked."""

    def page(self, options: ChangesOptions) -> dict[str, Json]:
        """`pending` counts the person's own documents alone; where a filter looks into them, those
        that it may let through. `last_seq` is that of the last row, or where it began: what others
        write moves it nowhere."""
        part = options.filter == FILTER
        options, keeps = chosen(options, self._keeping)
        with_documents = part or options.include_docs
        changes = self._visibility.changes.level()
        self.reached = stored_seq(changes.last_seq())
        if options.since == "now":
            options = replace(options, since=changes.last_of(self._visibility.groups()))
        if options.limit == 0:  # nobody can say where that ends
            return {"results": [], "last_seq": options.since, "pending": 1}
        number = changes.number(options.since)
        if number is None or options.descending or options.filter not in QUICK:
            return self._looked_through(options, changes)
        found = self._found(options, changes, number, with_documents)
        if not with_documents:
            return {**found, "results": [_shaped(row, options) for row in found["results"]]}
        rows = self._documents(found["results"], options)
        told = [_change(row, options) for row in rows if keeps(row["doc"])]
        return {**found, "results": told}

    def _found(
        self, options: ChangesOptions, changes: ChangesByGroup, number: int, with_documents: bool
    ) -> dict[str, Json]:
        most = WITH_DOCUMENTS if with_documents else LONGEST
        limit = min(most, options.limit or most)
        groups = self._visibility.groups()
        if options.filter is None:
            page = changes.since(groups, number, limit)
            last = _end(page.rows, options)
            return {"results": page.rows, "last_seq": last, "pending": page.pending}
        ids = changes.designs() if options.filter == "_design" else options.doc_ids
        rows = changes.rows_of(ids or (), groups, number)
        last = _end(rows[:limit], options)
        return {"results": rows[:limit], "last_seq": last, "pending": max(0, len(rows) - limit)}

    def _documents(self, rows: Sequence[Row], options: ChangesOptions) -> list[Row]:
        """The rows with their documents as they are now; without those that are hidden by now."""
        asked = replace(
            options,
            since=0,
            limit=None,
            filter="_doc_ids",
            doc_ids=tuple(row["id"] for row in rows),
            include_docs=True,
            conflicts=True,
        )
        found = {row["id"]: row for row in self._inner.changes(asked)["results"]}
        shown = (found.get(row["id"]) for row in rows)
        return [
            {**new, "seq": row["seq"]}
            for row, new in zip(rows, shown, strict=True)
            if new is not None and self._visibility.allows_change(new)
        ]

    def _looked_through(self, options: ChangesOptions, changes: ChangesByGroup) -> dict[str, Json]:
        wanted = options.limit
        since = stored_seq(options.since)
        asked = replace(options, since=since, include_docs=True, conflicts=True, seq_interval=1)
        if not options.descending:
            asked = replace(asked, limit=LOOKED_THROUGH)
        end = changes.last_of(self._visibility.groups())
        results: list[Row] = []
        while True:
            answer = self._inner.changes(asked)
            for row in answer["results"]:
                if wanted is not None and len(results) >= wanted:
                    pending = changes.after(self._visibility.groups(), -1)
                    last = _end(results, options)
                    return {"results": results, "last_seq": last, "pending": max(1, pending)}
                if self._visibility.allows_change(row):
                    results.append(_change(row, options))
            asked = replace(asked, since=answer["last_seq"])
            if options.descending or not answer["results"] or not answer.get("pending"):
                # What changed since `end` was told may come once more: that does no harm.
                last = _end(results, options) if options.descending else end
                return {"results": results, "last_seq": last, "pending": 0}


def _end(rows: Sequence[Row], options: ChangesOptions) -> Seq:
    seq: Seq = rows[-1]["seq"] if rows else options.since
    return seq


def _shaped(row: Row, options: ChangesOptions) -> Row:
    return row if options.style == "all_docs" else {**row, "changes": row["changes"][:1]}


def _change(row: Row, options: ChangesOptions) -> Row:
    told = {key: value for key, value in row.items() if key != "doc"}
    if options.include_docs:
        doc = row["doc"]
        told["doc"] = doc if options.conflicts else without_conflicts(doc)
    return told
