"""The changes of a database, mapped: batches of rows in the order of sequences, some ahead."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

from store.lite.mapping import Mapped, Rows
from store.lite.views import DesignViews
from store.types import Doc, Json, ViewOptions

BATCH = 500
"""Changes that are mapped in one call, fewer where they are large or take long."""
AHEAD = 24
"""Batches on the way: enough for two workers to go on while rows are written."""
FEWEST = 3
"""So many are on the way whatever their size: one for each worker, one that waits."""
CHARACTERS = 4 * 1024 * 1024
"""Of documents on the way, above which there are no more than these."""

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


class Watched:
    """A source that tells how far it was read: changes so far, and those there are in all."""

    def __init__(self, db: Source, tell: Callable[[int, int], None]) -> None:
        self._db, self._tell = db, tell
        self._first: int | None = None
        self.standing = db.standing
        self.get = db.get
        self.all_docs = db.all_docs

    def documents_since(self, seq: int, limit: int = BATCH) -> list[Change]:
        if self._first is None or seq < self._first:
            self._first = seq
        self._tell(seq - self._first, max(seq, self.standing()[1]) - self._first)
        return self._db.documents_since(seq, limit)


@dataclass(frozen=True)
class Batch:
    """What the changes up to sequence `last` give: whose rows are replaced, and by which rows."""

    last: int
    docids: Sequence[str]
    rows: Sequence[Rows]


class Feed:
    """Reads changes up to the sequence `until` (None: all) while others are being mapped."""

    def __init__(self, db: Source, design: DesignViews, until: int | None = None) -> None:
        self._db = db
        self._design = design
        self._until = until
        self._coming: deque[tuple[Future[tuple[Batch, list[Change]]], int]] = deque()
        self._read = -1
        self._given = -1
        self._threads: ThreadPoolExecutor | None = None

    def __enter__(self) -> "Feed":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._threads is not None:  # after an error nobody waits for what others would give
            self._threads.shutdown(wait=False, cancel_futures=True)

    def after(self, seq: int) -> Batch | None:
        """The batch that follows `seq`, None at the end. Raises DesignError."""
        if seq != self._given:  # another process brought the index further
            self._coming.clear()
            self._read = seq
        while self._has_room() and (changes := self._changes()):
            self._read = changes[-1][0]
            self._coming.append((self._started(changes), _size(changes)))
        if not self._coming:
            return None
        batch, rest = self._coming.popleft()[0].result()
        self._given = batch.last
        if rest:
            self._coming.appendleft((self._started(rest), _size(rest)))
        return batch

    def _has_room(self) -> bool:
        here = len(self._coming)
        size = sum(size for _, size in self._coming)
        return here < FEWEST or (here < AHEAD and size < CHARACTERS)

    def _changes(self) -> list[Change]:
        changes = self._db.documents_since(self._read, BATCH)
        if self._until is None:
            return changes
        return [change for change in changes if change[0] <= self._until]

    def _started(self, changes: list[Change]) -> Future[tuple[Batch, list[Change]]]:
        if self._given < 0 and not self._coming:  # mostly there is but one
            done = Future[tuple[Batch, list[Change]]]()
            done.set_result(self._mapped(changes))
            return done
        if self._threads is None:
            self._threads = ThreadPoolExecutor(2, "map functions")
        return self._threads.submit(self._mapped, changes)

    def _mapped(self, changes: list[Change]) -> tuple[Batch, list[Change]]:
        """What the first changes give, and those that are left."""
        options = self._design.options
        wanted = [
            (place, (docid, f'{{"_local_seq":{seq},{text[1:]}' if options.local_seq else text))
            for place, (seq, docid, deleted, text) in enumerate(changes)
            if text is not None and not deleted
            and (options.include_design or not docid.startswith("_design/"))
        ]  # fmt: skip
        texts = [text for _, text in wanted]
        done, rows = self._design.mapper.rows(texts) if texts else Mapped(0, [])
        end = wanted[done][0] if done < len(wanted) else len(changes)
        docids = [docid for _, docid, _, _ in changes[:end]]
        return Batch(changes[end - 1][0], docids, rows), changes[end:]


def _size(changes: list[Change]) -> int:
    return sum(len(text or "") for *_, text in changes)
