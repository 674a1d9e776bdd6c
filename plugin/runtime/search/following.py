"""Keeps the text index up to date with the databases of an office, from their changes feeds."""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from plugin.runtime.agents.workers import LONGEST_WAIT, PATIENCE, PAUSES
from plugin.runtime.context import Context
from plugin.runtime.errors import NotFound
from plugin.runtime.search.texts import change_of
from store.api import Database
from store.cancel import Cancel
from store.text import Change, Followed, TextIndex
from store.types import ChangesOptions, Json, Row, Seq, ViewOptions

if TYPE_CHECKING:
    from plugin.runtime.office import Office

BATCH = 500

log = logging.getLogger(__name__)


def follow(
    office: "Office", index: TextIndex, database: str, most: int | None = None
) -> Iterator[int]:
    """Take in what changed in a database, `most` batches at most; after each how many changes are
    still to come. Raises NotFound where there is no such database."""
    ctx = office.system().context(database)
    done = 0
    while most is None or done < most:
        before = _checked(ctx.reading, index, database)
        since: Seq = before.seq if before else 0
        answer = ctx.reading.changes(
            ChangesOptions(since=since, limit=BATCH, include_docs=True, conflicts=True)
        )
        after = Followed(answer["last_seq"], _mark(ctx.reading.info()))
        if not answer["results"] and before == after:
            return
        changes = [_change(ctx, row) for row in answer["results"]]
        if index.follow(database, before, after, changes):
            done += 1
            yield int(answer.get("pending") or 0)
            if not answer["results"]:
                return


def follow_all(office: "Office", index: TextIndex, stop: Callable[[], bool]) -> None:
    """All databases; those that are gone are forgotten."""
    forget_gone(office, index)
    for name in office.databases():
        try:
            for _ in follow(office, index, name):
                if stop():
                    return
        except NotFound:
            continue  # deleted meanwhile, or a mailbox that is being made


def forget_gone(office: "Office", index: TextIndex) -> None:
    """Forget databases that are gone, and documents that were purged."""
    present = set(office.server.all_dbs())
    for name in index.sources():
        if name in present:
            _checked(office.server.database(name), index, name)
        else:
            index.forget(name)


def _change(ctx: Context, row: Row) -> Change:
    doc = row.get("doc")
    if row.get("deleted") or doc is None or row["id"].startswith("_design/"):
        return Change(row["id"])
    return change_of(ctx, doc)


def _checked(db: Database, index: TextIndex, database: str) -> Followed | None:
    """How far the index is, after it forgot what is gone without a trace in the feed: all of an
    earlier database of this name, and documents that were purged."""
    known = index.followed(database)
    if known is None or known.mark == (mark := _mark(db.info())):
        return known
    if known.mark.rpartition("/")[0] != mark.rpartition("/")[0]:
        index.forget(database)
        return None
    last = ""
    gone: list[str] = []
    while ids := index.ids(database, last):
        rows = db.all_docs(ViewOptions(keys=tuple(ids)))["rows"]
        gone += [docid for docid, row in zip(ids, rows, strict=True) if not _is_there(row)]
        last = ids[-1]
    if gone:
        index.forget(database, gone)
    swept = Followed(known.seq, mark)
    return swept if index.follow(database, known, swept, []) else index.followed(database)


def _is_there(row: Row) -> bool:
    return "error" not in row and not (row.get("value") or {}).get("deleted")


def _mark(info: dict[str, Json]) -> str:
    purged = str(info.get("purge_seq", 0)).partition("-")[0]  # CouchDB's goes on with its nodes
    return f"{info.get('instance_start_time', '')}/{purged}"


class TextService:
    """The service that keeps the text index of this process's data directory up to date, on
    laptops too. Not under a lease: each machine has an index of its own."""

    def __init__(self, office: "Office") -> None:
        self._office = office
        self._stop = Cancel()
        self._thread = threading.Thread(target=self._run, name="text index", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                self._step()
                failures = 0
            except Exception:
                log.exception("the text index cannot be brought up to date")
                self._stop.wait(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1

    def _step(self) -> None:
        """One round over all databases, then a wait for the next change of one that people share.
        Mailboxes are looked at in each round, and by whoever searches in one."""
        office, index = self._office, self._office.texts
        follow_all(office, index, self._stop.is_set)
        shared = [name for name, (_, spec) in office.owners().items() if not spec.template]
        known = {name: index.followed(name) for name in shared}
        seqs = {name: one.seq for name, one in known.items() if one is not None}
        office.server.wait_for_changes(seqs, LONGEST_WAIT, self._stop)


def service(office: "Office") -> TextService:
    """For the entry-point group `divan.services`."""
    return TextService(office)
