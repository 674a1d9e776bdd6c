"""`POST /db/_bulk_docs`: one transaction, one answer a document. A `put` is a bulk of one."""

from collections.abc import Sequence

from store.errors import Conflict, DamagedDocument, NotFound, StoreError
from store.lite import access, contents, local
from store.lite.edits import Edit, edit
from store.lite.js.patience import Patience
from store.lite.planning import Plan, find, plan
from store.lite.shelf import Shelf
from store.lite.storage import Transaction
from store.lite.writing import store
from store.types import Doc, Row, UserContext

Outcome = str | StoreError
"""The revision that was written, or why it was not."""


Written = tuple[str, Outcome]
"""The id of a document and what became of it."""


def rows(docs: Sequence[Doc], written: Sequence[Written], *, new_edits: bool) -> list[Row]:
    """One row a document in order; with `new_edits=False` only the refused ones."""
    answer = [_row(docid, outcome) for docid, outcome in written]
    if new_edits:
        return answer
    return [
        {**row, "rev": doc["_rev"]} if isinstance(doc, dict) and "_rev" in doc else row
        for row, doc in zip(answer, docs, strict=True)
        if "error" in row
    ]


def write(
    shelf: Shelf, user: UserContext, docs: Sequence[Doc], *, new_edits: bool, make_id: bool
) -> list[Written]:
    """Write in one transaction; return id and outcome of each document.

    One that is malformed refuses all, as in CouchDB. One in conflict or forbidden does not stop the
    others: whatever can refuse it comes before its first write. What fails afterwards is the disk,
    and then nothing of the batch is kept.
    """
    prepared: list[_Prepared] = []
    outcomes: dict[int, Outcome] = {}
    edits = [_edit(doc, new_edits, make_id) for doc in docs]
    try:
        for item in edits:
            prepared.append(_settled(shelf, user, item))
        with shelf.storage.writing() as tx:
            job = _Job(tx, shelf, user)
            for chunk in _rounds(prepared):
                _write_round(job, {at: prepared[at] for at in chunk}, outcomes)
    finally:
        contents.give_up(shelf.storage, [item for item in prepared if isinstance(item, Edit)])
    return [(item.docid, outcomes[at]) for at, item in enumerate(prepared)]


class _Job:
    """A write under way: the transaction, who writes, and the rules at its start."""

    def __init__(self, tx: Transaction, shelf: Shelf, user: UserContext) -> None:
        self.tx = tx
        self.user = user
        self._patience = Patience()
        self.security = access.parsed(tx.state.security)
        access.check_member(self.security, user)
        self._shelf = shelf
        self._designs = shelf.designs.at(tx.conn, tx.state).validators

    def design_refusal(self, planned: Plan) -> StoreError | None:
        """What speaks against a design document: who writes it, or what it holds."""
        if not access.is_admin(self.security, self.user):
            return access.refusal(self.user, "You are not a db or server admin.")
        try:
            if not planned.edit.deleted:
                with self._patience.tried() as limit:
                    self._shelf.indexes.check(planned.edit.body, limit)
        except StoreError as error:
            return error
        return None

    def refusals(self, plans: Sequence[Plan]) -> Sequence[StoreError | None]:
        """What speaks against each plan, by the validate functions; one call for all of them."""
        if not self._designs or not plans:
            return [None] * len(plans)
        pairs = [(at.new_document(), at.old_document(self.tx.conn)) for at in plans]
        return self._shelf.validation.errors(
            self._designs, pairs, self.user, self._shelf.storage.name, self.security,
            self._patience,
        )  # fmt: skip


def _edit(doc: Doc, new_edits: bool, make_id: bool) -> "_Prepared":
    if isinstance(doc, dict) and local.is_local(doc.get("_id")):
        return local.edit(doc)
    return edit(doc, new_edits=new_edits, make_id=make_id)


def _settled(shelf: Shelf, user: UserContext, item: "_Prepared") -> "_Prepared":
    """The edit after what comes in pieces was stored ahead, if `user` may write here at all."""
    if not isinstance(item, Edit) or not item.streams:
        return item
    access.check_member(access.parsed(shelf.storage.state().security), user)
    return contents.settled(shelf.storage, item)


_Prepared = Edit | local.LocalEdit


def _rounds(prepared: Sequence[_Prepared]) -> Sequence[Sequence[int]]:
    """Places in order, split so that no document comes twice in a round: the second edit of a
    document must be judged against the outcome of the first."""
    if len({item.docid for item in prepared}) == len(prepared):
        return [range(len(prepared))]
    rounds: list[list[int]] = [[]]
    times: dict[str, int] = {}
    for at, item in enumerate(prepared):
        place = times.get(item.docid, 0)
        times[item.docid] = place + 1
        if place == len(rounds):
            rounds.append([])
        rounds[place].append(at)
    return rounds


def _write_round(job: _Job, items: dict[int, _Prepared], outcomes: dict[int, Outcome]) -> None:
    plans: dict[int, Plan] = {}
    known = find(job.tx.conn, [item.docid for item in items.values() if isinstance(item, Edit)])
    for at, item in items.items():
        try:
            if isinstance(item, local.LocalEdit):
                outcomes[at] = local.write(job.tx.conn, item)
            else:
                plans[at] = plan(job.tx.conn, item, known.get(item.docid))
        except (Conflict, DamagedDocument, NotFound) as error:
            outcomes[at] = error
    refused = _refused(job, plans)
    store(job.tx, [planned for at, planned in plans.items() if at not in refused])
    for at, planned in plans.items():
        outcomes[at] = refused.get(at, planned.rev)


def _refused(job: _Job, plans: dict[int, Plan]) -> dict[int, StoreError]:
    """Design documents need an administrator and sense; all others pass the validate functions."""
    refused: dict[int, StoreError] = {}
    judged: dict[int, Plan] = {}
    for at, planned in plans.items():
        if planned.known:
            continue
        if not planned.edit.docid.startswith("_design/"):
            judged[at] = planned
        elif (refusal := job.design_refusal(planned)) is not None:
            refused[at] = refusal
    errors = job.refusals(list(judged.values()))
    refused.update({at: e for at, e in zip(judged, errors, strict=True) if e is not None})
    return refused


def _row(docid: str, outcome: Outcome) -> Row:
    if isinstance(outcome, StoreError):
        return {"id": docid, **outcome.to_json()}
    return {"ok": True, "id": docid, "rev": outcome}
