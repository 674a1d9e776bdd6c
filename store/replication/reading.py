"""Reading ahead: what changed in the source, what of it the target lacks, and those revisions.

One thread follows the changes, and two fetch: the source works on one request while the answer to
another is read here.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import NamedTuple

from store.api import Database
from store.cancel import Cancel
from store.errors import DamagedDocument, NotFound, Unavailable
from store.replication.contents import fetch_small, is_streamed, size_of
from store.replication.retry import Patience
from store.replication.values import Counts, Options, Refused
from store.types import LEFT_BEHIND, Attached, ChangesOptions, Doc, Json, Row, Seq

Entry = Mapping[str, Json]
"""What is asked of `_bulk_get` for one revision."""

FETCHES = 2
"""Requests for documents at a time."""
FIRST_PORTION = 100
GROWTH = 4
LONGEST_WAIT = 300.0
"""Seconds of one wait; the store wakes it earlier where something changed."""
PORTION_BYTES = 4 * 1024 * 1024
"""What is asked for together should be so much as JSON. Three times that is in memory: what is
being written, and what the two requests bring."""
MOST_BYTES = 2 * PORTION_BYTES
"""Where it is more, since documents are larger than those before them, no more than this is read at
once; the rest is asked for again."""


@dataclass(frozen=True)
class Step:
    """Documents to be written together. `reached` is the source's sequence up to which everything
    is carried once they are; None where more of the same page follows. `at_end` says that the
    source had no more changes. `unreadable` are revisions that the source has and cannot give."""

    docs: Sequence[Doc]
    counts: Counts
    reached: Seq | None = None
    pending: int | None = None
    at_end: bool = False
    unreadable: Sequence[Refused] = ()


@dataclass(frozen=True)
class _Portion:
    """Revisions to be asked for together. `end` is the last step with them, but for them: its
    counts are what was looked at to find them."""

    asked: Sequence[Entry]
    end: Step


class Answered(NamedTuple):
    """What a source answers: the revisions asked for that are still there, those that it has and
    cannot read, and of how many entries that is: of the first, of one at least, where they are
    large."""

    docs: list[Doc]
    unreadable: list[Refused]
    entries: int


class Fetched(NamedTuple):
    """The steps of a portion, and what of it is yet to be fetched."""

    steps: Sequence[Step]
    rest: _Portion | None = None


class Reading:
    """The steps of one run, read from `source` when asked for. `close` when it is over."""

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
        self._learned = False
        self._fetching = ThreadPoolExecutor(FETCHES, "fetching")

    def close(self) -> None:
        """Wait for the requests under way; `ended` must be set."""
        self._fetching.shutdown(cancel_futures=True)

    def steps(self, since: Seq) -> Iterator[Future[Fetched]]:
        """Steps from `since` on, some at a time and under way, to be `taken`: to the end of the
        changes that the source has at the start, or for ever where the run is continuous."""
        for portion in self._portions(since):
            fetched = self._fetching.submit(self._fetched, portion)
            if not self._learned:  # how much may be asked for while another answer is under way
                wait([fetched])
            yield fetched

    def taken(self, fetching: Future[Fetched]) -> Iterator[Step]:
        """The steps of one portion; while some are carried, the next are fetched."""
        steps, rest = fetching.result()
        while rest is not None:
            fetching = self._fetching.submit(self._fetched, rest)
            yield from steps
            steps, rest = fetching.result()
        yield from steps

    def _portions(self, since: Seq) -> Iterator[_Portion]:
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
    ) -> Iterator[_Portion]:
        """The portions of a page; where designs come last, all of them after the last page. A run
        that was cut before them brings them when it goes on, wherever that is."""
        if not self._options.designs_last:
            yield from self._of_page(rows, Step((), Counts(), seq, pending, at_end))
            return
        others = [row for row in rows if not row["id"].startswith("_design/")]
        yield from self._of_page(others, Step((), Counts(), seq, pending))
        if at_end:
            asked = ChangesOptions(filter="_design", style="all_docs")
            designs = self._patience(lambda: self._source.changes(asked))["results"]
            yield from self._of_page(designs, Step((), Counts(), seq, pending, at_end=True))

    def _of_page(self, rows: Sequence[Row], end: Step) -> Iterator[_Portion]:
        """The portions of these changes; the last comes to `end`."""
        offered: dict[str, list[str]] = {}
        for row in rows:
            offered.setdefault(row["id"], []).extend(change["rev"] for change in row["changes"])
        lacking = self._patience(lambda: self._target.revs_diff(offered)) if offered else {}
        asked = [
            {"id": docid, "rev": rev, "atts_since": found.get("possible_ancestors", [])}
            for docid, found in lacking.items()
            for rev in found["missing"]
        ]
        counts = Counts(checked=sum(map(len, offered.values())), found=len(asked))
        while len(asked) > (most := self._portion):
            yield _Portion(asked[:most], Step((), counts))
            asked, counts = asked[most:], Counts()
        yield _Portion(asked, replace(end, counts=counts))

    def _fetched(self, portion: _Portion) -> Fetched:
        """The revisions with their ancestry, in steps to be written each at once; the first of them
        where all would be too large.

        Documents whose attachments are large come one by one; the others together. Attachments
        that an ancestor in the target has stay stubs. A revision that was replaced since comes as
        its newest descendant; one that is gone is left out.
        """
        if not portion.asked:
            return Fetched([portion.end])
        bare = self._options.without_attachments
        answered = read(self._source, self._fitting(portion.asked), self._patience, bare=bare)
        docs = answered.docs
        fetch_small(docs, self._patience)
        together = [doc for doc in docs if not is_streamed(doc)]
        size = size_of(together)
        self._learn(answered.entries, size)
        lists = [(together, size)] if together else []
        lists += [([doc], size_of([doc])) for doc in docs if is_streamed(doc)]
        steps = [Step(some, Counts(read=len(some), bytes=number)) for some, number in lists]
        *before, last = steps or [Step((), Counts())]
        last = replace(last, unreadable=answered.unreadable)
        if rest := portion.asked[answered.entries :]:
            return Fetched([*before, last], replace(portion, asked=rest))
        counts = portion.end.counts + last.counts
        end = replace(portion.end, docs=last.docs, counts=counts, unreadable=last.unreadable)
        return Fetched([*before, end])

    def _fitting(self, asked: Sequence[Entry]) -> Sequence[Entry]:
        """As many as may be asked for by what was learned since they were put together; all where
        it makes little difference."""
        return asked[: self._portion] if len(asked) > 2 * self._portion else asked

    def _learn(self, number: int, size: int) -> None:
        """Ask for as many next time as make a portion of the wanted size."""
        fitting = PORTION_BYTES * number // max(size, 1)
        self._portion = max(1, min(fitting, self._portion * GROWTH, self._options.batch))
        self._learned = True


def read(
    source: Database, asked: Sequence[Entry], patience: Patience, *, bare: bool = False
) -> Answered:
    """What the source answers, each revision once; where they are to be bare, without the bytes of
    attachments."""
    answered = patience(lambda: _answered(source, asked, bare))
    found = {(doc["_id"], doc["_rev"]): doc for doc in answered.docs}.values()
    return answered._replace(docs=list(map(left_behind, found)) if bare else list(found))


def left_behind(doc: Doc) -> Doc:
    """The document with the bytes of all attachments left behind."""
    files = doc.get("_attachments")
    if not files:
        return doc
    bare = {name: {**facts, "data": LEFT_BEHIND} for name, facts in files.items()}
    return {**doc, "_attachments": bare}


def _answered(source: Database, asked: Sequence[Entry], bare: bool) -> Answered:
    docs, unreadable = list[Doc](), list[Refused]()
    attachments: Attached = False if bare else "follows"
    answer = source.bulk_get(
        asked, revs=True, latest=True, attachments=attachments, most=MOST_BYTES
    )
    if not answer["results"]:
        raise Unavailable("The source does not answer what it is asked for.")
    for result in answer["results"]:
        for found in result["docs"]:
            if "ok" in found:
                docs.append(found["ok"])
                continue
            error, reason = found["error"].get("error"), found["error"].get("reason")
            if error == DamagedDocument.error:
                rev = str(found["error"].get("rev"))
                unreadable.append(Refused(result["id"], rev, error, str(reason)))
            elif error != NotFound.error:
                raise Unavailable(f"The source cannot give {result['id']}: {reason}")
    return Answered(docs, unreadable, len(answer["results"]))
