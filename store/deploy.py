"""Put design documents into use without a moment in which their indexes are missing.

Push all under other names, build all indexes there, swap, clean up. An index belongs to the content
of the views, not to the name of the design document, so the swapped one finds it built. Until the
swap the old ones answer. Cut off at any instant, the next call finishes the work; several processes
may do the same at once, of different versions too.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property, partial

from store.api import Database
from store.errors import Conflict, DesignError, NotFound, StoreError, TimedOut
from store.types import Doc, ViewOptions

PREFIX = "_design/"
STAGED = "_design/staged-"
BOOKKEEPING = ("_rev", "_revisions", "_revs_info", "_conflicts", "_local_seq")
OF_AN_INDEX = ("views", "language", "options")
REPORT_EVERY = 2.0
"""Seconds between two reports on an index that is being built."""
PATIENCE = 10
"""Requests for an index that may time out one after another without a row more in it."""

Report = Callable[[str, str, int], None]
"""Told the database, the view and how many rows its index has so far."""


def untold(database: str, view: str, rows: int) -> None:
    """The report where nobody watches."""


@dataclass(frozen=True)
class Swap:
    """A design document (with `_id`) that is to stand in place of revision `parent` (None where
    there is none)."""

    db: Database
    doc: Doc
    parent: str | None = None

    @property
    def docid(self) -> str:
        return str(self.doc["_id"])

    @property
    def views(self) -> list[str]:
        return [name for name in self.doc.get("views") or {} if name != "lib"]

    @cached_property
    def staged(self) -> str:
        """Where it is staged. Two versions of it do not meet there."""
        text = json.dumps(content(self.doc), sort_keys=True)
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        return f"{STAGED}{self.docid.removeprefix(PREFIX)}-{digest}"

    def is_done(self) -> bool:
        """Whether the document stands there already."""
        current = _current(self.db, self.docid)
        return current is not None and content(current) == content(self.doc)


@dataclass(frozen=True)
class Outcome:
    """The databases in which nothing was swapped, or not all: where somebody else changed the
    document meanwhile, and where a view does not compile."""

    missed: Set[str]
    broken: Mapping[str, DesignError]


def deploy(swaps: Sequence[Swap], report: Report = untold) -> Outcome:
    """Bring the documents into use, in all stages.

    A document whose `parent` is no longer the current revision is left as it is, for the caller to
    look at what came. In a database with a view that does not compile nothing is swapped. Needs a
    user who may write design documents.
    """
    indexed = [swap for swap in swaps if swap.views and not _has_index(swap)]
    broken: dict[str, DesignError] = {}
    for step in (_push, partial(_build, report=report)):
        for swap in indexed:
            if swap.db.name in broken:
                continue
            try:
                step(swap)
            except DesignError as error:
                broken[swap.db.name] = error
    sound = [swap for swap in swaps if swap.db.name not in broken]
    missed = {swap.db.name for swap in sound if not _swap(swap)}
    for database in {swap.db.name: swap.db for swap in swaps}.values():
        clean_up(database)
    for swap in indexed:
        swap.db.view_cleanup()  # the replaced index, and what others left
    return Outcome(missed, broken)


def clean_up(db: Database) -> None:
    """Remove what is staged in a database, also what a process left that was killed. One that is
    building there stages anew."""
    span = ViewOptions(startkey=STAGED, endkey=STAGED + "\uffff")
    for row in db.all_docs(span)["rows"]:
        try:
            db.delete(row["id"], row["value"]["rev"])
        except (Conflict, NotFound):
            continue  # another process cleans up the same, or stages anew


def content(doc: Doc) -> Doc:
    """A document without what the store keeps of its revisions."""
    return {name: value for name, value in doc.items() if name not in BOOKKEEPING}


def _has_index(swap: Swap) -> bool:
    """Whether the one in use has the same views, so that there is nothing to build."""
    current = _current(swap.db, swap.docid) or {}
    return all(current.get(name) == swap.doc.get(name) for name in OF_AN_INDEX)


def _push(swap: Swap) -> None:
    if _current(swap.db, swap.staged) is not None:
        return
    try:
        parts = {name: swap.doc[name] for name in OF_AN_INDEX if name in swap.doc}
        swap.db.put(parts | {"_id": swap.staged})  # no check of it is in force before the swap
    except Conflict:  # another process staged the same at the same time
        return


def _build(swap: Swap, report: Report) -> None:
    """Returns when the index is complete. A thread asks for it, so that this one can report."""
    asking = _Asking(swap)
    asking.start()
    while not asking.done.wait(REPORT_EVERY):
        rows = _rows(swap, swap.views[0])
        if rows is not None:
            report(swap.db.name, swap.views[0], rows)
    if asking.error is not None:
        raise asking.error


class _Asking(threading.Thread):
    """Asks for every view until all are built. All share one pass in our backends; each is still
    asked, since a backend may build them one by one. A daemon: Ctrl-C need not wait for it."""

    def __init__(self, swap: Swap) -> None:
        super().__init__(name=f"building-{swap.db.name}", daemon=True)
        self._swap = swap
        self.done = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            for view in self._swap.views:
                _ask(self._swap, view)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self.error = error
        finally:
            self.done.set()


def _ask(swap: Swap, view: str) -> None:
    """Ask until the index is complete. The store goes on building after a request timed out."""
    rows, idle = None, 0
    while True:
        try:
            _query(swap, view, ViewOptions(limit=0, reduce=False))
            return
        except NotFound:  # another process cleaned up
            if swap.is_done():
                return
            _push(swap)
        except TimedOut:
            before, rows = rows, _rows(swap, view)
            idle = idle + 1 if rows == before else 0
            if idle == PATIENCE:
                raise


def _rows(swap: Swap, view: str) -> int | None:
    """How many rows the index has so far; None where this cannot be told at the moment."""
    try:
        answer = _query(swap, view, ViewOptions(limit=0, reduce=False, update="false"))
    except StoreError:
        return None
    return int(answer["total_rows"])


def _query(swap: Swap, view: str, options: ViewOptions) -> Doc:
    return swap.db.view(swap.staged.removeprefix(PREFIX), view, options)


def _swap(swap: Swap) -> bool:
    parent = {} if swap.parent is None else {"_rev": swap.parent}
    try:
        swap.db.put(content(swap.doc) | parent)
    except Conflict:
        return swap.is_done()  # another process deploys the same
    return True


def _current(db: Database, docid: str) -> Doc | None:
    try:
        return db.get(docid)
    except NotFound:
        return None
