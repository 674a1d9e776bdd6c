"""One run of CouchDB's replication (documentation 3.5, "CouchDB Replication Protocol")."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

from store.api import Database
from store.cancel import Cancel
from store.errors import BadRequest, NotFound, StoreError
from store.replication.checkpoint import Checkpoints
from store.replication.pipe import ReadAhead
from store.replication.reading import Fetched, Reading, Step, read
from store.replication.retry import Cancelled, Patience
from store.replication.transfer import write
from store.replication.values import Counts, Options, Progress, Refused, Summary, name_of
from store.types import Doc, Json, Seq

Tell = Callable[[Progress], None]


def replicate(
    source: Database,
    target: Database,
    *,
    replication_id: str,
    options: Options = Options(),
    progress: Tell = lambda progress: None,
    cancel: Cancel | None = None,
) -> Summary:
    """Bring leaf revisions of `source`, deleted ones too, to `target`; one way, once, or until
    `cancel` is set where `options.continuous`.

    `replication_id` names this pair and direction for good: the next run under it goes on where
    this one ended, also after a cut; a run that chooses other documents begins anew. Setting
    `cancel` ends the run after the step in work, without loss.

    What the target refuses (its `validate_doc_update`, its limits), and what the source has and
    cannot read, is in the summary, is not offered again, and does not stop the rest. `progress` is
    told of it with each step, before the checkpoint: keep it there, since an error ends the run
    without a summary. Raises the errors of either side where trying again did not help or cannot
    help; what was written stays, and only what came after the last checkpoint is looked at again.
    """
    ended = Cancel()
    patience = Patience(options.retries, ended)
    name = name_of(replication_id, options, _code(options.filter, source, patience))
    checkpoints = Checkpoints((source, target), name, patience)
    run = _Run(source, target, options, checkpoints, patience, progress)
    if cancel is not None:
        cancel.tell(ended.set)
    reading = Reading(source, target, options, patience, ended)
    reader: ReadAhead[Future[Fetched]] | None = None
    try:
        with suppress(Cancelled):  # what is done stands in the summary, as not complete
            since = checkpoints.load(options.since_seq)
            run.begin(since)
            reader = ReadAhead(reading.steps(since), ended)
            for fetched in reader:
                for step in reading.taken(fetched):
                    run.carry(step)
            run.save()
    finally:
        ended.set()
        if reader is not None:
            reader.join()
        reading.close()
        if cancel is not None:
            cancel.untell(ended.set)
    return run.summary()


def agree(source: Database, target: Database, *, replication_id: str, seq: Seq) -> None:
    """Note that `target` has everything of `source` up to `seq`: a run that carries everything
    begins there."""
    checkpoints = Checkpoints(
        (source, target), replication_id, Patience(Options().retries, Cancel())
    )
    checkpoints.load(0)
    checkpoints.save(seq, Counts())


def _code(name: str | None, source: Database, patience: Patience) -> Json:
    """The text of a filter function; None for CouchDB's own. Raises NotFound, BadRequest."""
    if name is None or name.startswith("_"):
        return None
    ddoc, slash, function = name.partition("/")
    if not slash:
        raise BadRequest("`filter` must be the name of a design document, / and a function's name.")
    try:
        filters = patience(lambda: source.get(f"_design/{ddoc}")).get("filters", {})
        return filters[function]
    except (NotFound, KeyError) as error:
        raise NotFound(f"The source has no filter {name}.") from error


class _Run:
    """The writing half of a run, and its account."""

    def __init__(
        self,
        source: Database,
        target: Database,
        options: Options,
        checkpoints: Checkpoints,
        patience: Patience,
        progress: Tell,
    ) -> None:
        self._sides = (source, target)
        self._options = options
        self._checkpoints = checkpoints
        self._patience = patience
        self._progress = progress
        self._counts = Counts()
        self._refused: list[Refused] = []
        self._began = self._saved_at = time.monotonic()
        self._born: list[Json] | None = None
        self._reached: Seq = 0
        self._saved: Seq = 0
        self._pending: int | None = None
        self._at_end = False

    def begin(self, since: Seq) -> None:
        """Both sides agree up to `since`."""
        self._reached = self._saved = since

    def carry(self, step: Step) -> None:
        """Write the documents of a step, tell, and remember how far it came where it is time."""
        refused: list[Refused] = []
        if step.docs:
            self._born = self._born or self._births()
            refused = write(self._sides[1], step.docs, self._patience, self._whole)
        written = len(step.docs) - len(refused)
        refused += step.unreadable
        self._counts += step.counts + Counts(written=written, refused=len(refused))
        self._refused += refused
        self._at_end = step.at_end
        if step.reached is not None:
            self._reached, self._pending = step.reached, step.pending
        waiting = step.at_end and self._options.continuous
        self._progress(
            Progress(
                self._counts,
                self._reached,
                self._pending,
                time.monotonic() - self._began,
                tuple(refused),
                waiting,
            )
        )
        if waiting or time.monotonic() - self._saved_at >= self._options.checkpoint_interval:
            self.save()

    def _whole(self, doc: Doc) -> list[Doc]:
        asked = {"id": doc["_id"], "rev": doc["_rev"]}
        bare = self._options.without_attachments
        return read(self._sides[0], [asked], self._patience, bare=bare).docs

    def save(self) -> None:
        """Write the checkpoints, where there is something new to remember.

        Raises StoreError where a side was deleted and made anew meanwhile: what was written to it
        before is not there.
        """
        if not self._options.use_checkpoints or self._reached == self._saved:
            return
        if self._born is not None and self._births() != self._born:
            raise StoreError("A database was deleted and made anew during its replication.")
        self._checkpoints.save(self._reached, self._counts)
        self._saved, self._saved_at = self._reached, time.monotonic()

    def _births(self) -> list[Json]:
        """What tells each side from another database of its name."""
        return [self._patience(side.info).get("instance_start_time") for side in self._sides]

    def summary(self) -> Summary:
        return Summary(
            self._counts,
            tuple(self._refused),
            self._reached,
            self._at_end,
            self._checkpoints.session,
            self._checkpoints.history,
            no_changes=self._counts.checked == 0,
        )
