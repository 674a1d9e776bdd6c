"""An office in which something is hidden in every form of every database, with marks to look for.

All secrets are open to `olga.owner` alone. The others are one person for each of the seven levels,
named in every list, and one of the staff as the modules' own lists have them. Secret documents are
written past the door, since no person could make some of them: they lie in live documents, older
revisions, attachments, branches of conflicts and under deletions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acl import VIEW_FORM, Acl, Entry, EntryType, Level, Privilege
from plugin import Credentials, Documents, Form, Item, Office, add_person
from plugin.runtime.forms.calculating import calculate
from store.api import Database

OWNER = "olga.owner"
STAFF = "sven.staff"
LEVELS = {f"level{int(level)}": level for level in Level}
PASSWORD = "correct horse battery"

SECRET, VISIBLE = "zqsecret", "zqvisible"
AMOUNT = 5_000_000_000_001
"""Any sum with some of these in it still has a row of zeros."""
AMOUNT_MARK = "0" * 9
VIEWS_IN = "tracking"
DIRECTORY = ("person", "group")
"""People and groups are the office's directory: their forms have no Readers, so none is secret."""
HIDDEN = ("secret", "folded", "deleted")
SHOWN = ("visible", "opened", "linked")
EDITED = ("secret", "opened", "deleted")
"""Of these there is an older revision, which is secret."""
ABSENT = "absent"
STAMP = {"at": "2026-11-22T06:00:00Z", "by": OWNER}


@dataclass(frozen=True)
class World:
    """The databases with their forms, and the tokens of everybody's laptops."""

    office: Office
    forms: Mapping[str, tuple[str, ...]]
    tokens: Mapping[str, str]
    first_revisions: Mapping[tuple[str, str], str]
    """By database and document: an older revision, of which something was hidden."""

    def ids(self, database: str, kinds: tuple[str, ...]) -> Iterator[str]:
        """Ids of documents of these kinds, one for each form."""
        for form in self.forms[database]:
            for kind in kinds:
                if form not in DIRECTORY or kind == "visible":
                    yield f"{form}:{kind}"


def open_world(data: Path) -> World:
    """The world in a data directory that `begin` filled."""
    office = Office.open(data)
    system = office.system()
    names = [name for name in office.databases() if _is_walked(name)]
    forms = {name: tuple(_walked_forms(system.database(name))) for name in names}
    credentials = Credentials(office.server, office.clock)
    tokens = {name: credentials.issue_token(name) for name in (OWNER, STAFF, *LEVELS)}
    return World(office, forms, tokens, dict(_first_revisions(office, forms)))


def _walked_forms(docs: Documents) -> Iterator[str]:
    """All, but saved views in one database only: they are of the same form in each."""
    yield from (name for name in docs.forms if name != VIEW_FORM or docs.name == VIEWS_IN)


def _first_revisions(
    office: Office, forms: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[tuple[str, str], str]]:
    for name, (form, kind) in ((n, (f, k)) for n in forms for f in forms[n] for k in EDITED):
        docid = f"{form}:{kind}"
        if form not in DIRECTORY:
            leaf = office.server.database(name).open_revs(docid, "all", with_revs=True)[0]["ok"]
            yield (name, docid), f"1-{leaf['_revisions']['ids'][-1]}"


def _is_walked(database: str) -> bool:
    """All but the mailboxes of the others, where nothing lies."""
    return not database.startswith("mail_") or database == "mail_olga_owner"


def begin(data: Path) -> None:
    """Make the office: people, their entries in all lists, and what is hidden."""
    with Office.create(data) as office:
        for name in (OWNER, STAFF, *LEVELS):
            add_person(office, name, {"name_latin": name.title(), "language": "en"})
            office.credentials.set_password(name, PASSWORD)
        for name in office.databases():
            if _is_walked(name):
                _enter(office, name)
                _fill(office, name)


def _enter(office: Office, database: str) -> None:
    door = office.system().database(database)
    acl = door.acl()
    copy = frozenset([Privilege.REPLICATE])
    people = [
        Entry(name, EntryType.PERSON, level, copy if level >= Level.READER else frozenset())
        for name, level in LEVELS.items()
    ]
    owner = Entry(OWNER, EntryType.PERSON, Level.MANAGER, copy | {Privilege.DELETE})
    kept = tuple(entry for entry in acl.entries if entry.name not in (OWNER, *LEVELS))
    door.save_acl(Acl((*kept, owner, *people), acl.roles))


def _fill(office: Office, database: str) -> None:
    db = office.server.database(database)
    for form in office.system().database(database).forms.values():
        _write(db, _doc(form, "visible", VISIBLE, shown=True))
        if form.name in DIRECTORY:
            continue
        secret = _write(db, _doc(form, "secret", SECRET))
        _write(db, {**_doc(form, "secret", SECRET), "_rev": secret, **_file()})
        earlier = _write(db, {**_doc(form, "opened", SECRET), **_file()})
        _write(db, {**_doc(form, "opened", VISIBLE, shown=True), "_rev": earlier})
        _write(db, _doc(form, "linked", VISIBLE, shown=True, target="secret"))
        gone = _doc(form, "deleted", SECRET)
        rev = _write(db, gone)
        kept = {key: gone[key] for key in ("_id", "form", "readers", "authors", "updated")}
        _write(db, {**kept, "_rev": rev, "_deleted": True})
        _fold(db, form)


def _fold(db: Database, form: Form) -> None:
    """A conflict of two live branches: the one that wins is open, the other is not."""
    branches = [
        {**_doc(form, "folded", SECRET, shown=True), "_rev": "1-ff"},
        {**_doc(form, "folded", SECRET), "_rev": "1-00"},
    ]
    rows = [
        {**doc, "_revisions": {"start": 1, "ids": [doc["_rev"].partition("-")[2]]}}
        for doc in branches
    ]
    assert db.bulk_docs(rows, new_edits=False) == []


def _write(db: Database, doc: dict[str, Any]) -> str:
    return db.put(doc)


def _file() -> dict[str, Any]:
    data = "enFzZWNyZXQ="  # base64 of the mark
    return {"_attachments": {f"{SECRET}.txt": {"content_type": "text/plain", "data": data}}}


def _doc(
    form: Form, kind: str, mark: str, *, shown: bool = False, target: str = "visible"
) -> dict[str, Any]:
    """A document with the mark in all that holds text."""
    made = {item.name: _value(item, mark, target) for item in form.items.values()}
    calculate(form, made)
    if form.workflow:
        made[form.workflow.item] = form.workflow.initial
        step = form.workflow.steps[0]
        origin = form.workflow.initial
        line = {"step": step.name, "from": origin, "to": step.to, "note": mark, **STAMP}
        made["steps"] = [line]
        made[form.workflow.item] = step.to
    return {
        "_id": f"{form.name}:{kind}",
        "form": form.name,
        **made,
        "readers": {} if shown else {"hidden": [OWNER]},
        "authors": {"people": [OWNER]},
        "created": STAMP,
        "updated": STAMP,
    }


def _value(item: Item, mark: str, target: str) -> Any:
    if item.kind == "table":
        row = {name: _one(column, mark, target) for name, column in item.columns.items()}
        counted = {name: 1 for name, column in item.columns.items() if column.kind == "number"}
        return [{"id": "r1", **row, **counted}]
    one = _one(item, mark, target)
    return [one] if item.many else one


def _one(item: Item, mark: str, target: str) -> Any:
    amount = AMOUNT if mark == SECRET else 1
    if item.kind == "money":
        return {"amount": str(amount), "currency": "CNY"}
    if item.kind == "number":
        least, most = item.min or 0, item.max if item.max is not None else amount
        return max(least, min(amount, most))
    if item.kind == "keyword":
        return item.choices[0].value if item.choices else mark
    fixed: dict[str, Any] = {
        "names": OWNER,
        "link": f"{item.form}:{target}",
        "boolean": False,
        "date": "2031-07-19",
        "datetime": "2031-07-19T08:00:00Z",
    }
    return fixed[item.kind] if item.kind in fixed else f"{mark} {item.name}"[: item.max]
