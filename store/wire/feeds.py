"""Feeds that wait: lines of bytes for as long as the client listens.

The host closes the iterator when the client has gone; it notices when it writes, so a heartbeat
bounds how long a feed outlives its client.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from store.api import Database
from store.errors import StoreError
from store.types import ChangesOptions, Json, Seq
from store.wire.answers import encoded

PAGE = 500
LONGEST_NAP = 5.0
"""Seconds between looks at whether the client is still there, where the host can tell."""


@dataclass
class Feed:
    """One waiting reader of a database; times in seconds."""

    database: Database
    options: ChangesOptions
    heartbeat: float | None
    timeout: float
    gone: Callable[[], bool] | None = None
    _last_line: float = field(default_factory=time.monotonic)

    def page(self, since: Seq, left: int | None) -> dict[str, Json]:
        """The next changes, at most PAGE or what is `left` of the limit."""
        limit = PAGE if left is None else min(left, PAGE)
        return self.database.changes(replace(self.options, since=since, limit=limit))

    def said(self) -> None:
        """A line went out: the silence begins anew."""
        self._last_line = time.monotonic()

    def waited(self, since: Seq) -> Iterator[bool]:
        """Yields False when a heartbeat is due and True when something may be new.

        Ends without True when the time is over or the client has gone.
        """
        while not (self.gone is not None and self.gone()):
            silence = time.monotonic() - self._last_line
            patience = (self.timeout if self.heartbeat is None else self.heartbeat) - silence
            if patience <= 0:
                if self.heartbeat is None:
                    return
                self.said()
                yield False
            elif self.database.wait_for_change(since, min(patience, LONGEST_NAP)):
                yield True
                return


def longpoll(feed: Feed, first: dict[str, Json]) -> Iterator[bytes]:
    """One answer in the form of the normal feed, begun at once and ended by the first change."""
    yield b'{"results":[\n'
    page = first
    woken = True
    try:
        while not page["results"] and woken:
            woken = False
            for woken in feed.waited(page["last_seq"]):
                if not woken:
                    yield b"\n"
            if woken:
                page = feed.page(page["last_seq"], feed.options.limit)
    except StoreError as error:
        # Half an answer is out; what follows makes it invalid JSON and says why.
        yield encoded(error.to_json())
        return
    yield b",\n".join(encoded(row) for row in page["results"])
    end = {"last_seq": page["last_seq"], "pending": page.get("pending", 0)}
    yield b"\n],\n" + encoded(end)[1:] + b"\n"


def continuous(feed: Feed, first: dict[str, Json]) -> Iterator[bytes]:
    """One line for each change, an empty one for each heartbeat, `{"last_seq"}` at the end."""
    page, left = first, feed.options.limit
    try:
        while True:
            for row in page["results"]:
                yield encoded(row) + b"\n"
            if page["results"]:
                feed.said()
                left = None if left is None else left - len(page["results"])
            if left == 0:
                break
            if not page["results"]:
                woken = False
                for woken in feed.waited(page["last_seq"]):
                    if not woken:
                        yield b"\n"
                if not woken:
                    break
            page = feed.page(page["last_seq"], left)
    except StoreError as error:
        yield encoded(error.to_json()) + b"\n"
        return
    yield encoded({"last_seq": page["last_seq"], "pending": page.get("pending", 0)}) + b"\n"
