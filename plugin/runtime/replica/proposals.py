"""The review box: edits of laptops that the office refused, for those who may edit the document.

They lie in a database that only the server reaches. Who may decide is asked of the document as it
is now, so a proposal goes with a document that is handed over. Sending tells nothing: whether there
is such a document, or a database, is answered alike.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from acl import Level, authors_of
from plugin.runtime.agents.notices import notify
from plugin.runtime.clock import stamp
from plugin.runtime.context import Context
from plugin.runtime.door.document import Raw
from plugin.runtime.door.merge import ATTACHMENT, changed_apart
from plugin.runtime.door.reading import any_winner, fetch, is_document_id
from plugin.runtime.errors import BadInput, NotFound, Refused
from plugin.runtime.forms.form import Form
from plugin.runtime.forms.rows import BETWEEN, with_rows
from plugin.runtime.office import Office
from plugin.runtime.people.secret_store import SecretStore
from plugin.runtime.session import Session
from store.types import Doc

DATABASE = "proposals"
MOST = 200
"""Proposals of one person that may wait at a time."""
LONGEST_NOTE = 2000
KEY = re.compile(r"[0-9a-f]{16}")
REV = re.compile(r"[0-9]{1,9}-[0-9a-f]{1,64}")


@dataclass(frozen=True)
class Proposal:
    """One edit in the box. `version` is the document as the sender would have it; `current` as it
    stands at the office, None where it is not there."""

    id: str
    database: str
    by: str
    at: str
    title: str
    reason: str
    note: str
    version: Raw
    current: Raw | None

    @property
    def document(self) -> str:
        return str(self.version["_id"])

    def files(self) -> dict[str, Any]:
        """The files that came with it, with their data."""
        files = (self.version.get("_attachments") or {}).items()
        return {name: file for name, file in files if file.get("data")}

    @property
    def deletion(self) -> bool:
        return bool(self.version.get("_deleted"))


class ReviewBox:
    """The proposals of an office."""

    def __init__(self, office: Office) -> None:
        self._office = office

    @cached_property
    def _store(self) -> SecretStore:
        return SecretStore(self._office.server, DATABASE)

    def put(self, by: str, body: Mapping[str, Any]) -> None:
        """Take a proposal; the same one again changes nothing. Those who may decide are told.
        Raises BadInput, and Refused for too many."""
        doc = {**_read(body), "by": by, "at": stamp(self._office.clock())}
        docid = f"proposal:{by}:{body['key']}"
        if self._store.get(docid) is None:
            if sum(1 for _ in self._store.all(f"proposal:{by}:")) >= MOST:
                raise Refused("{count} of your edits wait for review already.", count=MOST)
            self._store.update(docid, lambda old: doc)
        self._tell(docid, doc)

    def all(self, session: Session) -> list[Proposal]:
        """Those that this person may decide, the oldest first; of others' edits only."""
        found = [self._proposal(session, doc) for doc in self._store.all("proposal:")]
        return sorted((one for one in found if one), key=lambda one: (one.at, one.id))

    def get(self, session: Session, proposal: str) -> Proposal:
        """Raises NotFound, also for one that this person may not decide."""
        doc = self._store.get(f"proposal:{proposal}")
        found = self._proposal(session, doc) if doc else None
        if found is None:
            raise NotFound("There is no such proposal. Perhaps somebody decided it already.")
        return found

    def accept(self, session: Session, proposal: str, names: Iterable[str]) -> None:
        """Save the proposed items and files (`_attachments/<name>`) under the decider's own name,
        or delete where that was proposed. Raises as `Documents.save`; the proposal stays then."""
        one = self.get(session, proposal)
        docs = session.database(one.database)
        chosen = set(names)
        values = _chosen(one, [name for name in chosen if not name.startswith("_")])
        if one.current is None:
            docs.create(str(one.version.get("form")), values, id=one.document)
        elif one.deletion:
            docs.delete(one.document, one.current["_rev"])
        elif values:
            docs.save(one.document, one.current["_rev"], values)
        for name, file in one.files().items():
            if ATTACHMENT + name in chosen:
                rev, data = docs.open(one.document).rev, base64.b64decode(file["data"])
                docs.attach(one.document, rev, name, data, str(file["content_type"]))
        self._answer(one, "accepted", session, "")

    def decline(self, session: Session, proposal: str, why: str) -> None:
        """Leave the document as it is. Raises NotFound."""
        one = self.get(session, proposal)
        self._answer(one, "declined", session, why[:LONGEST_NOTE])

    def _answer(self, one: Proposal, how: str, session: Session, why: str) -> None:
        values = {"subject": one.title, "by": session.identity.name, "text": why}
        notify(self._office, kind=f"proposal-{how}", key=one.id, to=one.by, values=values)
        self._store.drop(f"proposal:{one.id}")

    def _proposal(self, session: Session, doc: Doc) -> Proposal | None:
        """None where this person may not decide it."""
        if doc["by"] == session.identity.name:
            return None
        try:
            ctx = session.context(doc["database"])
        except NotFound:
            return None
        allowed, current = _decides(ctx, doc["version"])
        if not allowed:
            return None
        names = ("database", "by", "at", "title", "reason", "note", "version")
        docid = doc["_id"].removeprefix("proposal:")
        return Proposal(id=docid, current=current, **{name: doc[name] for name in names})

    def _tell(self, docid: str, doc: Doc) -> None:
        """A notice to the persons who are named as authors."""
        try:
            current = fetch(self._office.system().context(doc["database"]), doc["version"]["_id"])
        except NotFound:
            return
        about = {"database": doc["database"], "id": current["_id"]}
        for name in sorted(authors_of(current) - {doc["by"]}):
            person = self._office.directory.person(name)
            if person is not None and person.active:
                key = docid.removeprefix("proposal:")
                values = {"by": doc["by"], "text": doc["note"]}
                notify(self._office, kind="proposal", key=key, to=name, about=about, values=values)


def proposed(form: Form, proposal: Proposal) -> tuple[str, ...]:
    """The items that people type and that the sender changed since he last saw the document, rows
    of tables one by one, and the files that he added."""
    current = proposal.current
    if current is None:
        names: Iterable[str] = [name for name in form.items if name in proposal.version]
    else:
        names = changed_apart(proposal.version, current)
    base = current or proposal.version
    typed = [
        name
        for item in form.items.values()
        for name in sorted(names)
        if name.partition(BETWEEN)[0] == item.name and not item.readonly(base)
    ]
    return (*typed, *(ATTACHMENT + name for name in sorted(proposal.files())))


def _chosen(one: Proposal, names: list[str]) -> dict[str, Any]:
    """The values to be saved: items as proposed, and tables with the rows that were chosen."""
    rows = [name for name in names if BETWEEN in name]
    values = {name: one.version.get(name) for name in names if BETWEEN not in name}
    return values | with_rows(one.current or {}, one.version, rows)


def _decides(ctx: Context, version: Raw) -> tuple[bool, Raw | None]:
    """Whether this identity may take the edit, and the document as it stands with `_revisions`.

    What is not there is a matter of those who edit all documents, and may read this one.
    """
    docid = str(version["_id"])
    try:
        current = fetch(ctx, docid)
    except NotFound:
        winner = any_winner(ctx, docid)
        if winner is not None and not winner.get("_deleted"):
            return False, None  # it is there, for others
        editor = ctx.access.level >= Level.EDITOR and ctx.may_read([version])
        return editor and str(version.get("form")) in ctx.design.forms, None
    lined = ctx.reading.get(docid, rev=current["_rev"], revs=True)
    return bool(ctx.may("edit", current, current)), lined


def _sound_files(files: Any) -> bool:
    return isinstance(files, dict) and all(
        isinstance(file, dict) and isinstance(file.get("content_type"), str)
        and isinstance(file.get("data", ""), str)
        for file in files.values()
    )  # fmt: skip


def _read(body: Mapping[str, Any]) -> Doc:
    version, database = body.get("version"), body.get("database")
    sound = (
        isinstance(version, dict)
        and isinstance(database, str)
        and KEY.fullmatch(str(body.get("key")))
        and is_document_id(str(version.get("_id", "")))
        and REV.fullmatch(str(version.get("_rev")))
        and isinstance(version.get("form", ""), str)
        and _sound_files(version.get("_attachments", {}))
    )
    if not sound:
        raise BadInput("This is no edit that could be reviewed.")
    texts = {name: str(body.get(name) or "") for name in ("title", "reason", "note")}
    return {
        "database": database,
        "version": version,
        "title": texts["title"][:200],
        "reason": texts["reason"][:500],
        "note": texts["note"][:LONGEST_NOTE],
    }
