"""Carrying out handovers: at the office, by one process at a time, in batches that may be cut.

Each batch goes through the door in the name of who asked, then the handover's document says how far
it is. A run that was cut finds in each document what it did there, so it only goes on.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from plugin.runtime.agents.notices import notify
from plugin.runtime.agents.workers import LONGEST_WAIT
from plugin.runtime.door.document import Document
from plugin.runtime.door.documents import Documents
from plugin.runtime.door.handing import Handing, Overtaken, hand_over, moved_by, take_back
from plugin.runtime.door.many import Results
from plugin.runtime.door.moving import refresh_responses
from plugin.runtime.door.reading import open_many
from plugin.runtime.errors import DivanError, Invalid, NotFound, SaveConflict
from plugin.runtime.handover.asking import DATABASE, may_hand_over
from plugin.runtime.handover.held import Share, chosen, going_with, portfolio
from plugin.runtime.handover.plan import Entry, keep_plan, kept_plan
from plugin.runtime.module import Holding
from plugin.runtime.people.directory import SERVER_NAME
from plugin.runtime.session import Session
from store.cancel import Cancel

if TYPE_CHECKING:
    from plugin.runtime.office import Office

BATCH = 250
LISTING = "handovers_by_state"
REFUSED = "refused"
"""The word for a document that the one who asked may not edit, or a handover he may not ask for."""
SHOWN = 200
"""So many documents that stayed are named; the others are counted."""

Progress = Callable[[Document], None]
"""Told of the handover's document after each batch."""


@dataclass(frozen=True)
class Task:
    """What is done with each document, and where that is written: the step that asked for it, the
    item with the person whose work it moves, the state meanwhile and at the end, the items that
    count what was done and what was left."""

    step: str
    holder: str
    state: str
    end: str
    done: str
    rest: str


HAND_OVER = Task("start", "from", "running", "done", "moved", "stayed")
TAKE_BACK = Task("undo", "to", "undoing", "undone", "returned", "unreturned")
CANCELLING, CANCELLED = "cancelling", "cancelled"
ENDED = frozenset((HAND_OVER.end, TAKE_BACK.end, CANCELLED))
TASKS = {"asked": HAND_OVER, HAND_OVER.state: HAND_OVER, TAKE_BACK.state: TAKE_BACK}
"""What waits for the office, by state."""

log = logging.getLogger(__name__)


class Handovers:
    """The handovers of an office. Not thread-safe: one thread runs them, by the agents' lease."""

    def __init__(self, office: "Office") -> None:
        self._office = office

    @property
    def there(self) -> bool:
        """Whether this office knows handovers at all."""
        return self._office.server.exists(DATABASE)

    def step(self, stop: Cancel) -> None:
        """One pass of work, then wait for something to do."""
        db = self._office.server.database(DATABASE)
        before = db.info()["update_seq"]
        self.run_once(stop.is_set)
        db.wait_for_change(before, LONGEST_WAIT, stop)

    def run_once(
        self, stop: Callable[[], bool] = lambda: False, progress: Progress = lambda doc: None
    ) -> int:
        """Carry out what waits. Returns how many handovers were worked at. One that fails does not
        hold up the others; it is tried again in the next round."""
        waiting = list(self._waiting()) if self.there else []
        for docid in waiting:
            if stop():
                break
            try:
                Run(self._office, docid, stop, progress).carry_out()
            except Exception:
                log.exception("the handover %s cannot go on", docid)
        return len(waiting)

    def _waiting(self) -> Iterator[str]:
        with suppress(NotFound):  # a design without handovers
            listing = self._office.system().listing(DATABASE, LISTING)
            for state in (*TASKS, CANCELLING):
                yield from (row.id for row in listing.all_rows([state]))


class Run:
    """One handover being carried out, cancelled or taken back."""

    def __init__(
        self, office: "Office", docid: str, stop: Callable[[], bool], progress: Progress
    ) -> None:
        self._office = office
        self._documents: Documents = office.system().database(DATABASE)
        self._stop = stop
        self._progress = progress
        self._doc = self._documents.open(docid)

    def carry_out(self) -> None:
        """Do what its state asks for, until it is done, cancelled, or the process is to stop."""
        if self._state == CANCELLING:
            self._end(CANCELLED)
        elif self._state in TASKS:
            self._work(TASKS[self._state])

    @property
    def _state(self) -> str:
        return str(self._doc.get("state"))

    @property
    def _act(self) -> Handing:
        return Handing(self._doc.id, self._doc.get("from"), self._doc.get("to"))

    def _save(self, **items: Any) -> None:
        self._doc = self._documents.save(self._doc.id, self._doc.rev, items)
        self._progress(self._doc)

    def _by(self, task: Task) -> str:
        """Who took the step that asked for this."""
        lines = [line for line in self._doc.raw["steps"] if line["step"] == task.step]
        return str(lines[-1]["by"])

    def _session(self, task: Task) -> Session | None:
        """The session of who asked; None for one who may no more, or has left meanwhile."""
        name = self._by(task)
        if name == SERVER_NAME:
            return self._office.system()
        with suppress(NotFound):
            session = self._office.session(self._office.directory.identity(name))
            if may_hand_over(session, self._doc.get(task.holder)) is None:
                return session
        return None

    def _work(self, task: Task) -> None:
        session = self._session(task)
        if session is None:
            self._save(problems=[f"{REFUSED} {DATABASE}/{self._doc.id}"])
            return self._end(CANCELLED)
        plan = self._plan(session)
        if self._doc.get("task") != task.state:
            self._save(**_begun(task, plan, self._doc.get("kinds")))
        while self._state == task.state and self._position < len(plan):
            if self._stop():
                return
            self._batch(task, session, plan[self._position :][:BATCH])
            self._doc = self._documents.open(self._doc.id)  # it may have been cancelled
        if self._state == task.state:
            self._end(task.end)
        elif self._state == CANCELLING:
            self._end(CANCELLED)

    def _plan(self, session: Session) -> list[Entry]:
        """What is moved: as it was when that was first asked."""
        db = self._office.coordination
        plan = kept_plan(db, self._doc.id)
        return keep_plan(db, self._doc.id, self._shares(session)) if plan is None else plan

    def _shares(self, session: Session) -> list[Share]:
        shares = self._all_shares(session, self._doc.get("from"))
        return chosen(shares, self._doc.get("kinds") or (), self._doc.get("left_out") or ())

    def _all_shares(self, session: Session, former: str) -> list[Share]:
        about = self._doc.get("about_id")
        if not about:
            return portfolio(session, former)
        try:
            doc = session.database(self._doc.get("about_database")).open(about)
        except NotFound:
            return []  # deleted before it began
        return going_with(session, doc, former)

    @property
    def _position(self) -> int:
        return int(self._doc.get("position"))

    def _batch(self, task: Task, session: Session, entries: list[Entry]) -> None:
        """Move documents, all of one kind at a time, then say how far it is."""
        counts = {item: list(self._doc.get(item)) for item in (task.done, task.rest)}
        problems = list(self._doc.get("problems") or ())
        for kind, group in groupby(entries, key=lambda entry: entry[0]):
            holding = self._office.holdings[kind]
            number = self._doc.get("kinds").index(kind)
            results = self._moved(task, session, holding, [docid for _, docid in group])
            for docid, result in results.items():
                if isinstance(result, Document):
                    counts[task.done][number] += 1
                    continue
                counts[task.rest][number] += 1
                problems.append(f"{_why(result)} {holding.database}/{docid}")
        position = self._position + len(entries)
        self._save(**counts, position=position, problems=problems[:SHOWN])

    def _moved(self, task: Task, session: Session, holding: Holding, ids: list[str]) -> Results:
        """What became of each document. Responses such as contacts follow at once."""
        context = session.context(holding.database)
        server = self._office.system().context(holding.database)
        if task is HAND_OVER:
            results = hand_over(context, ids, holding, self._act)
        else:
            there = open_many(server, ids).items()
            mine = [docid for docid, doc in there if moved_by(doc.raw, self._act)]
            results = take_back(context, mine, self._act)
        moved = [docid for docid, now in results.items() if isinstance(now, Document)]
        with suppress(DivanError):  # the agents that follow changes meet it too, and say so
            refresh_responses(server, moved)
        return results

    def _end(self, state: str) -> None:
        """Tell the new owner, then say that it is over; a step taken at this moment goes first."""
        if sum(self._doc.get("moved") or ()):
            self._tell(TAKE_BACK if state == TAKE_BACK.end else HAND_OVER)
        with suppress(SaveConflict):
            self._save(state=state, ended_at=self._documents.context.now())

    def _tell(self, task: Task) -> None:
        values = {
            "by": self._by(task),
            "former": self._doc.get("from"),
            "count": str(sum(self._doc.get(task.done) or ())),
            "text": self._doc.get("note") or "",
        }
        notify(
            self._office,
            kind="handover" if task is HAND_OVER else "handover-undone",
            key=self._doc.id.partition(":")[2],
            to=self._doc.get("to"),
            about={"database": DATABASE, "id": self._doc.id},
            values=values,
        )


def _begun(task: Task, plan: list[Entry], asked: list[str]) -> dict[str, Any]:
    """What the document says when a task begins; written once. `asked` are the kinds asked for:
    those of which there is nothing go, unless that is all."""
    kinds = list(dict.fromkeys(kind for kind, _ in plan)) or asked
    none = [0] * len(kinds)
    items = {task.done: none, task.rest: none, "position": 0, "problems": None}
    if task is HAND_OVER:
        items |= {"kinds": kinds, "planned": [sum(k == one for one, _ in plan) for k in kinds]}
    return items | {"task": task.state, "state": task.state}


def _why(error: DivanError) -> str:
    """The word under which the page explains why a document stayed."""
    known = ((NotFound, "gone"), (Overtaken, "changed"), (Invalid, "invalid"))
    return next((word for kind, word in known if isinstance(error, kind)), REFUSED)
