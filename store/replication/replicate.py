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
    this one ended, also after a cut. With `doc_ids` (or else `selector`) only those documents are
    carried, and a run with another choice begins anew; a source that knows no selectors refuses
    them with BadRequest. `batch` is the number of changes between two checkpoints. Setting
    `cancel` ends the run after the document or batch in work, without loss.

    What the target refuses (its `validate_doc_update`, its limits) is in the summary, is not
    offered again, and does not stop the rest. `progress` is told of it with each batch, before the
    checkpoint: keep it there, since an error ends the run without a summary. Raises the errors of
    either side; what was written stays, and only the last batch is looked at again.
    """
    cancel = cancel or threading.Event()
    checkpoints = Checkpoints(source, target, replication_id, selection(doc_ids, selector))
    run = _Run(source, target, cancel)
    options = _options(batch, doc_ids, selector)
    since, complete = checkpoints.load(), False
    while not (complete or cancel.is_set()):
        page = source.changes(replace(options, since=since))
        already = len(run.refused)
        if not run.carry(page["results"]):
            break
        before, since, pending = since, page["last_seq"], page.get("pending")
        if progress is not None:
            new = tuple(run.refused[already:])
            progress(Progress(run.read, run.written, len(run.refused), since, pending, new))
        if page["results"] or since != before:
            checkpoints.save(since, run.read, run.written, len(run.refused))
        complete = pending == 0 or since == before or (pending is None and not page["results"])
    return Summary(run.read, run.written, tuple(run.refused), since, complete)


def _options(
    batch: int, doc_ids: Sequence[str] | None, selector: Mapping[str, Json] | None
) -> ChangesOptions:
    """The filter is named, so that a source that lacks it says so and does not send everything."""
    options = ChangesOptions(limit=batch, style="all_docs")
    if doc_ids is not None:
        return replace(options, filter="_doc_ids", doc_ids=tuple(doc_ids))
    if selector is not None:
        return replace(options, filter="_selector", selector=selector)
    return options


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
