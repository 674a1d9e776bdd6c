"""Changes feeds of documents that are too large, or take a filter too long, to be read many at
once."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Literal

import pytest

from store.lite import LiteServer, changes, filters
from store.lite.database import LiteDatabase
from store.lite.js.pool import JsPool, Program, TimedOut
from store.types import ChangesOptions

TEXT = "x" * 400
LIMIT = 2.0
STYLES: tuple[Literal["main_only", "all_docs"], ...] = ("main_only", "all_docs")
ODD = {
    "filters": {"odd": "function (doc) { while (doc.hangs); return doc.n % 2 == 1; }"},
    "views": {"odd": {"map": "function (doc) { if (doc.n % 2) emit(null, null); }"}},
}
FEEDS = {
    "all": ChangesOptions(),
    "function": ChangesOptions(filter="d/odd"),
    "view": ChangesOptions(filter="_view", view="d/odd"),
    "selector": ChangesOptions(filter="_selector", selector={"n": {"$mod": [2, 1]}}),
}


class Counted(JsPool):
    """Notes how many documents each call of a filter brings."""

    def __init__(self) -> None:
        super().__init__(timeout=LIMIT)
        self.calls: list[int] = []

    def run(
        self, program: Program, command: str, lines: Sequence[str], head: str = "",
        limit: float | None = None,
    ) -> list[str]:  # fmt: skip
        if "filter" in command:
            self.calls.append(len(lines))
        return super().run(program, command, lines, head, limit)


def shorten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A filter does one document in its turn, two are read at once."""
    monkeypatch.setattr(filters, "TURN", 0.0)
    monkeypatch.setattr(changes, "TEXTS", 2 * len(TEXT))


@pytest.fixture
def pool() -> Iterator[Counted]:
    with closing(Counted()) as made:
        yield made


@pytest.fixture
def db(tmp_path: Path, pool: Counted) -> Iterator[LiteDatabase]:
    with closing(LiteServer(tmp_path, pool)) as server:
        server.create("test")
        opened = server.database("test")
        opened.put({"_id": "_design/d", **ODD})
        revs = [opened.put({"_id": f"d{n:02}", "n": n, "text": TEXT}) for n in range(20)]
        opened.delete("d04", revs[4])
        opened.put({"_id": "d05", "_rev": revs[5], "n": 6})
        for n in (1, 2, 3):
            other = {"_id": "d01", "_rev": f"1-{n:032}", "n": n, "text": TEXT}
            opened.bulk_docs([other], new_edits=False)
        yield opened


@pytest.mark.parametrize("feed", FEEDS)
def test_short_pages_are_together_what_a_long_one_is(
    db: LiteDatabase, monkeypatch: pytest.MonkeyPatch, feed: str
) -> None:
    db.purge({"d07": [db.get("d07")["_rev"]]})
    for style, descending, include_docs in product(STYLES, (False, True), (False, True)):
        options = replace(
            FEEDS[feed], style=style, descending=descending, include_docs=include_docs
        )
        with monkeypatch.context() as patience:
            patience.setattr(filters, "TURN", 60.0)
            whole = db.changes(options)
        assert whole["results"], options
        with monkeypatch.context() as haste:
            shorten(haste)
            assert db.changes(options) == whole, options
            pages = list(db.changes_pages(options))
            few = db.changes(replace(options, limit=3))
        assert [row for page in pages for row in page["results"]] == whole["results"], options
        assert {**pages[-1], "results": whole["results"]} == whole, options
        assert len(pages) > 5 or (feed == "all" and not include_docs), options
        assert few["results"] == whole["results"][:3], options


@pytest.mark.parametrize("feed", FEEDS)
def test_a_short_page_says_where_to_go_on_and_what_is_left(
    db: LiteDatabase, monkeypatch: pytest.MonkeyPatch, feed: str
) -> None:
    shorten(monkeypatch)
    options = replace(FEEDS[feed], include_docs=True)
    left = db.changes(options)["results"]
    for page in db.changes_pages(options):
        left = left[len(page["results"]) :]
        assert db.changes(replace(options, since=page["last_seq"]))["results"] == left
        every = db.changes(ChangesOptions(since=page["last_seq"]))["results"]
        assert page["pending"] == len(every)
    assert left == []


def test_a_filter_is_asked_about_no_more_documents_than_fit(
    db: LiteDatabase, pool: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "TURN", 60.0)
    db.changes(FEEDS["function"])
    assert pool.calls == [21]
    pool.calls.clear()
    monkeypatch.setattr(changes, "TEXTS", 5 * len(TEXT))
    db.changes(FEEDS["function"])
    assert sum(pool.calls) == 21
    assert len(pool.calls) >= 4


def test_one_document_that_takes_too_long_is_at_fault_and_not_those_before_it(
    db: LiteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "TURN", 0.0)
    db.put({"_id": "hangs", "n": 1, "hangs": True})
    reached: list[str] = []
    with pytest.raises(TimedOut):
        for page in db.changes_pages(FEEDS["function"]):
            reached += [row["id"] for row in page["results"]]
    assert "d19" in reached


def test_a_page_of_documents_ends_where_they_and_their_files_are_large(
    db: LiteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = db.info()["update_seq"]
    for n, size in enumerate([10, 10, 900, 10, 10, 900]):
        db.put({"_id": f"e{n}", "text": "x" * size})
    db.put_attachment("e4", "file", b"x" * 900, "text/plain", rev=db.get("e4")["_rev"])
    monkeypatch.setattr(changes, "TEXTS", 1000)
    options = ChangesOptions(since=since, include_docs=True, attachments=True)
    pages = [[row["id"] for row in page["results"]] for page in db.changes_pages(options)]
    assert pages == [["e0", "e1", "e2", "e3", "e5"], ["e4"]]
