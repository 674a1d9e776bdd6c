"""Feeds of changes as bytes, for as long as the client listens.

The host closes the iterator when the client has gone; it notices when it writes, so a heartbeat
bounds how long a feed outlives its client.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from store.api import Database
from store.errors import StoreError
from store.types import ChangesOptions, Json, Seq
from store.wire.answers import encoded

LONGEST_NAP = 5.0
"""Seconds between looks at whether the client is still there, where the host can tell."""

Page = dict[str, Json]
Told = Iterable[Page | None]
"""Pages of the changes feed as they come; None where a heartbeat is due."""


@dataclass
class Feed:
    """One waiting reader of a database; times in seconds. With `once` the first changes end it."""

    database: Database
    options: ChangesOptions
    heartbeat: float | None
    timeout: float
    once: bool
    gone: Callable[[], bool] | None = None
    _last_line: float = field(default_factory=time.monotonic)

    def told(self) -> Iterator[Page | None]:
        """To the end of what was asked for, or until nothing came for too long."""
        since, left = self.options.since, self.options.limit
        while True:
            came = False
            for page in self._pages(since, left):
                since, found = page["last_seq"], len(page["results"])
                came = came or found > 0
                left = None if left is None else left - found
                if found:
                    self._last_line = time.monotonic()
                elif self._is_beat_due():
                    yield None
                yield page
            if left == 0 or (self.once and came) or self.options.descending:
                return
            woken = False
            for woken in self._waited(since):
                if not woken:
                    yield None
            if not woken:
                return

    def _pages(self, since: Seq, left: int | None) -> Iterator[Page]:
        return self.database.changes_pages(replace(self.options, since=since, limit=left))

    def _waited(self, since: Seq) -> Iterator[bool]:
        """Yields False when a heartbeat is due and True when something may be new.

        Ends without True when the time is over or the client has gone.
        """
        while not (self.gone is not None and self.gone()):
            silence = time.monotonic() - self._last_line
            patience = (self.timeout if self.heartbeat is None else self.heartbeat) - silence
            if patience > 0:
                if self.database.wait_for_change(since, min(patience, LONGEST_NAP)):
                    yield True
                    return
            elif self._is_beat_due():
                yield False
            else:
                return

    def _is_beat_due(self) -> bool:
        """Whether the client has heard nothing for so long; if so the silence begins anew."""
        now = time.monotonic()
        due = self.heartbeat is not None and now - self._last_line >= self.heartbeat
        self._last_line = now if due else self._last_line
        return due


def envelope(told: Told) -> Iterator[bytes]:
    """One JSON object, as the feeds `normal` and `longpoll` have it."""
    yield b'{"results":[\n'
    page: Page = {}
    before = b""
    for item in told:
        if item is None:
            yield b"\n"
            continue
        page = item
        if page["results"]:
            yield before + b",\n".join(encoded(row) for row in page["results"])
            before = b",\n"
    yield b"\n],\n" + encoded(_end(page))[1:] + b"\n"


def lines(told: Told) -> Iterator[bytes]:
    """`continuous`: a line for each change, an empty one for each heartbeat, `{"last_seq"}` at the
    end."""
    page: Page = {}
    for item in told:
        if item is None:
            yield b"\n"
            continue
        page = item
        if page["results"]:
            yield b"".join(encoded(row) + b"\n" for row in page["results"])
    yield encoded(_end(page)) + b"\n"


def events(told: Told) -> Iterator[bytes]:
    """`eventsource`: server-sent events as browsers read them."""
    for item in told:
        if item is None:
            yield b"event: heartbeat\ndata: \n\n"
        elif item["results"]:
            yield b"".join(_event(row) for row in item["results"])


def _event(row: Json) -> bytes:
    return b"data: " + encoded(row) + b"\nid: " + encoded(row["seq"]) + b"\n\n"


def _end(page: Page) -> dict[str, Json]:
    return {"last_seq": page["last_seq"], "pending": page.get("pending", 0)}


def until_failure(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces; where the store fails after the answer began, its error is the last one. It makes
    half an answer invalid JSON, so that nobody takes it for a whole one."""
    try:
        yield from pieces
    except StoreError as error:
        yield encoded(error.to_json()) + b"\n"
