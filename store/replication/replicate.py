"""One run of CouchDB's replication (documentation 3.5, "CouchDB Replication Protocol")."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from store.api import Database
from store.replication import transfer
from store.replication.checkpoint import Checkpoints, selection
from store.replication.values import Progress, Refused, Summary
from store.types import ChangesOptions, Json, Row

BATCH = 500


def replicate(
    source: Database,
    target: Database,
    *,
    replication_id: str,
    doc_ids: Sequence[str] | None = None,
    selector: Mapping[str, Json] | None = None,
    progress: Callable[[Progress], None] | None = None,
    batch: int = BATCH,
    cancel: threading.Event | None = None,
) -> Summary:
    """Bring every leaf revision of `source`, deleted ones too, to `target`; one way, once.

    `replication_id` names this pair and direction for good: the next run under it goes on where
    this one ended, also after a cut. With `doc_ids` or `selector` only those documents are
    carried, and a run with another choice begins anew. `batch` is the number of changes between
    two checkpoints and two calls of `progress`. Setting `cancel` ends the run after the document
    or batch in work, without loss.

    What the target refuses (its `validate_doc_update`, its limits) is in the summary, is not
    offered again, and does not stop the rest. Raises the errors of either side; what was written
    before stays, and is not read again in the next run but for the last batch.
    """
    cancel = cancel or threading.Event()
    checkpoints = Checkpoints(source, target, replication_id, selection(doc_ids, selector))
    run = _Run(source, target, cancel)
    options = ChangesOptions(
        limit=batch,
        style="all_docs",
        doc_ids=None if doc_ids is None else tuple(doc_ids),
        selector=selector,
    )
    since, complete = checkpoints.load(), False
    while not (complete or cancel.is_set()):
        page = source.changes(replace(options, since=since))
        if not run.carry(page["results"]):
            break
        before, since = since, page["last_seq"]
        if page["results"] or since != before:
            checkpoints.save(since, run.read, run.written, len(run.refused))
        pending = page.get("pending")
        complete = pending == 0 or since == before or (pending is None and not page["results"])
        if progress is not None:
            progress(Progress(run.read, run.written, len(run.refused), since, pending))
    return Summary(run.read, run.written, tuple(run.refused), since, complete)


class _Run:
    """The counts of one run."""

    def __init__(self, source: Database, target: Database, cancel: threading.Event) -> None:
        self._source, self._target, self._cancel = source, target, cancel
        self.read = 0
        self.written = 0
        self.refused: list[Refused] = []

    def carry(self, rows: Sequence[Row]) -> bool:
        """Carry one batch of changes; False where it was cancelled before its end."""
        wanted = transfer.missing(self._target, rows)
        if not wanted:
            return True
        for docs in transfer.read(self._source, wanted):
            if self._cancel.is_set():
                return False
            self.read += len(docs)
            refused = transfer.write(self._target, docs)
            self.refused += refused
            self.written += len(docs) - len(refused)
        return True
