"""Reading ahead: what changed in the source, what of it the target lacks, and those revisions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from store.api import Database
from store.cancel import Cancel
from store.errors import NotFound, Unavailable
from store.replication.contents import fetch_small, is_streamed, size_of
from store.replication.retry import Patience
from store.replication.values import Counts, Options
from store.types import LEFT_BEHIND, Attached, ChangesOptions, Doc, Json, Row, Seq

Entry = Mapping[str, Json]
"""What is asked of `_bulk_get` for one revision."""

FIRST_PORTION = 100
GROWTH = 4
LONGEST_WAIT = 300.0
"""Seconds of one wait; the store wakes it earlier where something changed."""
PORTION_BYTES = 4 * 1024 * 1024
"""What one step should hold of documents as JSON; four steps are in memory at a time."""


@dataclass(frozen=True)
class Step:
    """Documents to be written together. `reached` is the source's sequence up to which everything
    is carried once they are; None where more of the same page follows. `at_end` says that the
    source had no more changes."""

    docs: Sequence[Doc]
    counts: Counts
    reached: Seq | None = None
    pending: int | None = None
    at_end: bool = False


class Reading:
    """The steps of one run, read from `source` when asked for."""

    def __init__(
        self,
        source: Database,
        target: Database,
        options: Options,
        patience: Patience,
        ended: Cancel,
    ) -> None:
        self._source = source
        self._target = target
        self._options = options
        self._patience = patience
        self._ended = ended
        self._portion = FIRST_PORTION

    def steps(self, since: Seq) -> Iterator[Step]:
        """Steps from `since` on: to the end of the changes that the source has at the start, or
        for ever where the run is continuous."""
        left: int | None = None
        while True:
            before, page = since, self._page(since)
            rows, since, pending = page["results"], page["last_seq"], page.get("pending")
            if left is None and pending is not None:
                left = len(rows) + pending
            left = None if left is None else left - len(rows)
            moved = since != before
            at_end = pending == 0 or not moved or (pending is None and not rows)
            done = not self._options.continuous and (at_end or (left is not None and left <= 0))
            yield from self._parts(rows, since, pending, at_end or done)
            if done:
                return
            if at_end:
                left = None
                self._wait(since)

    def _wait(self, since: Seq) -> None:
        """Return when the source has changes after `since`, or the run is to end."""
        changed = False
        while not changed and not self._ended.is_set():
            changed = self._patience(
                lambda: self._source.wait_for_change(since, LONGEST_WAIT, self._ended)
            )

    def _page(self, since: Seq) -> dict[str, Json]:
        return self._patience(lambda: self._source.changes(self._options.changes(since)))

    def _parts(
        self, rows: Sequence[Row], seq: Seq, pending: int | None, at_end: bool
    ) -> Iterator[Step]:
        """The steps of a page; where designs come last, all of them after the last page. A run that
        was cut before them brings them when it goes on, wherever that is."""
        if not self._options.designs_last:
            yield from self._of_page(rows, seq, pending, at_end)
            return
        others = [row for row in rows if not row["id"].startswith("_design/")]
        yield from self._of_page(others, seq, pending, at_end=False)
        if at_end:
            asked = ChangesOptions(filter="_design", style="all_docs")
            designs = self._patience(lambda: self._source.changes(asked))["results"]
            yield from self._of_page(designs, seq, pending, at_end=True)

    def _of_page(
        self, rows: Sequence[Row], seq: Seq, pending: int | None, at_end: bool
    ) -> Iterator[Step]:
        offered: dict[str, list[str]] = {}
        for row in rows:
            offered.setdefault(row["id"], []).extend(change["rev"] for change in row["changes"])
        lacking = self._patience(lambda: self._target.revs_diff(offered)) if offered else {}
        asked = [
            {"id": docid, "rev": rev, "atts_since": found.get("possible_ancestors", [])}
            for docid, found in lacking.items()
            for rev in found["missing"]
        ]
        looked_at = Counts(checked=sum(map(len, offered.values())), found=len(asked))
        held = Step((), looked_at)  # back, so that the last of the page can say how far it comes
        for docs, size in self._documents(asked):
            read = Counts(read=len(docs), bytes=size)
            if held.docs:
                yield held
                held = Step(docs, read)
            else:
                held = Step(docs, held.counts + read)
        yield replace(held, reached=seq, pending=pending, at_end=at_end)

    def _documents(self, asked: Sequence[Entry]) -> Iterator[tuple[list[Doc], int]]:
        """The revisions with their ancestry, in lists to be written each at once, with their sizes.

        Documents whose attachments are large come one by one; the others together. Attachments
        that an ancestor in the target has stay stubs. A revision that was replaced since comes as
        its newest descendant; one that is gone is left out.
        """
        at = 0
        while at < len(asked):
            portion = asked[at : at + self._portion]
            at += len(portion)
            bare = self._options.without_attachments
            docs = read(self._source, portion, self._patience, bare=bare)
            fetch_small(docs, self._patience)
            together = [doc for doc in docs if not is_streamed(doc)]
            size = sum(map(size_of, together))
            self._learn(len(portion), size)
            if together:
                yield together, size
            for doc in docs:
                if is_streamed(doc):
                    yield [doc], size_of(doc)

    def _learn(self, number: int, size: int) -> None:
        """Ask for as many next time as make a step of the wanted size."""
        fitting = PORTION_BYTES * number // max(size, 1)
        self._portion = max(1, min(fitting, self._portion * GROWTH, self._options.batch))


def read(
    source: Database, asked: Sequence[Entry], patience: Patience, *, bare: bool = False
) -> list[Doc]:
    """The revisions asked for, each once, that are still there; where they are to be bare, without
    the bytes of attachments."""
    docs = patience(lambda: _present(source, asked, bare))
    found = {(doc["_id"], doc["_rev"]): doc for doc in docs}.values()
    return list(map(left_behind, found)) if bare else list(found)


def left_behind(doc: Doc) -> Doc:
    """The document with the bytes of all attachments left behind."""
    files = doc.get("_attachments")
    if not files:
        return doc
    bare = {name: {**facts, "data": LEFT_BEHIND} for name, facts in files.items()}
    return {**doc, "_attachments": bare}


def _present(source: Database, asked: Sequence[Entry], bare: bool) -> list[Doc]:
    docs: list[Doc] = []
    attachments: Attached = False if bare else "follows"
    answer = source.bulk_get(asked, revs=True, latest=True, attachments=attachments)
    for result in answer["results"]:
        for found in result["docs"]:
            if "ok" in found:
                docs.append(found["ok"])
            elif found["error"].get("error") != NotFound.error:
                reason = found["error"].get("reason")
                raise Unavailable(f"The source cannot give {result['id']}: {reason}")
    return docs
