"""One run over one subject: every operation once, in an order in which each finds its data."""

from itertools import chain

from store.types import Seq
from tests.bench import company
from tests.bench.figures import (
    AFTER_WRITE,
    BUILD_FOUR,
    BUILD_ONE,
    BULK,
    CHANGES,
    FIND,
    GET,
    GROUP,
    PUT,
    RANGE,
    RANGE_DOCS,
    REPLICATE,
    SIZE,
    Figures,
    p50,
    seconds,
)
from tests.bench.subjects import Subject

SINGLE = 200
"""How often an operation of a few milliseconds is done."""


def run(subject: Subject, documents: int) -> Figures:
    """The figures of a fresh database filled with `documents` documents."""
    figures: Figures = {}
    batches = list(company.batches(documents))
    took = seconds(lambda: [subject.bulk(batch) for batch in batches])
    figures[BULK] = documents / took
    figures[SIZE] = subject.file_size() / documents
    figures |= _views(subject, documents)
    figures |= _singles(subject, documents)
    figures[CHANGES] = documents / seconds(lambda: _all_changes(subject))
    figures[REPLICATE] = documents / seconds(subject.replicate)
    return figures


def _views(subject: Subject, documents: int) -> Figures:
    subject.put(company.design(company.BY_GROUP, "group"))
    one = seconds(lambda: subject.view("group", limit=1, reduce=False))
    subject.put(company.design(company.FOUR_KEYS, "four"))
    four = seconds(lambda: subject.view("four", limit=1, reduce=False))
    return {BUILD_ONE: documents / one, BUILD_FOUR: documents / four}


def _singles(subject: Subject, documents: int) -> Figures:
    def rows(at: int, docs: bool) -> None:
        subject.view("group", startkey=at % company.GROUPS, limit=20, reduce=False,
                     include_docs=docs)  # fmt: skip

    def write_and_ask(at: int) -> None:
        subject.view("group", startkey=at % company.GROUPS, limit=1, reduce=False)

    fresh = list(chain.from_iterable(company.batches(2 * SINGLE, first=documents)))
    after = []
    for at, doc in enumerate(fresh[SINGLE:]):
        subject.put(doc)
        after.append(seconds(lambda at=at: write_and_ask(at)) * 1000)
    subject.index(company.INDEX)
    subject.find(_page(0))
    return {
        AFTER_WRITE: sorted(after)[len(after) // 2],
        PUT: p50(lambda at: subject.put(fresh[at]), SINGLE),
        GET: p50(lambda at: subject.get(company.deal(at * 31 % documents)["_id"]), SINGLE),
        RANGE: p50(lambda at: rows(at, False), SINGLE),
        RANGE_DOCS: p50(lambda at: rows(at, True), SINGLE),
        GROUP: p50(lambda at: subject.view("group", group=True), 20),
        FIND: p50(lambda at: subject.find(_page(at)), SINGLE),
    }


def _page(at: int) -> dict[str, object]:
    selector = {"owner": company.OWNERS[at % len(company.OWNERS)], "k": {"$gte": at}}
    return {"selector": selector, "limit": 25}


def _all_changes(subject: Subject) -> None:
    since: Seq = 0
    found = -1
    while found:
        found, since = subject.changes(since, 1000)
