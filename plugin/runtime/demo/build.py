"""Build the demo company in an office, through the door, in batches that can be cut and go on."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from acl import Entry, EntryType, Level, Privilege
from plugin.runtime.clock import parse_stamp, stamp
from plugin.runtime.demo import (
    customers,
    deals,
    forum,
    knowledge,
    mailboxes,
    orders,
    people,
    service,
)
from plugin.runtime.demo.tables import Made
from plugin.runtime.errors import BadInput, DivanError, OfficeError
from plugin.runtime.office import Office
from plugin.runtime.people.credentials import Credentials
from plugin.runtime.people.directory import PERSON
from store.errors import NotFound
from store.types import ViewOptions

MARK = "_local/demo"
BATCH = 100

Progress = Callable[[int, int], None]
"""(documents done, documents in all)"""


@dataclass(frozen=True)
class DemoReport:
    """`made` is False where the company was there already; `counts` are documents by form."""

    made: bool
    counts: dict[str, int]


def build_demo(
    office: Office,
    *,
    seed: int = 1,
    count: int = 120,
    progress: Progress = lambda done, total: None,
) -> DemoReport:
    """Make the demo company with `count` customers; what is there already stays as it is.

    A run that was cut goes on with the seed and date that it began with. Raises BadInput where the
    office belongs to somebody else.
    """
    mark = _begin(office, seed, count)
    if mark["state"] == "done":
        return DemoReport(False, mark["counts"])
    made = _everything(mark["seed"], mark["customers"], parse_stamp(mark["at"]))
    total, done = sum(len(documents) for _, documents in made), 0
    counts: dict[str, int] = {}
    for database, documents in made:
        if database.startswith("mail:"):
            database = office.mail_database(database.removeprefix("mail:"))
        for batch in batches(documents):
            _write(office, database, batch)
            done += len(batch)
            progress(done, total)
        for form, _, _ in documents:
            counts[form] = counts.get(form, 0) + 1
    _let_in(office)
    _set_passwords(office)
    _set_mark(office, {**mark, "state": "done", "counts": counts})
    return DemoReport(True, counts)


def _begin(office: Office, seed: int, count: int) -> dict[str, Any]:
    if office.kind != "office":
        raise BadInput("This is a laptop's directory. The demo needs a directory of its own.")
    db = office.server.database("settings")
    try:
        return db.get_local(MARK)
    except NotFound:
        there = db.all_docs(ViewOptions(startkey=PERSON, endkey=PERSON + "\uffff", limit=1))
    if there["rows"]:
        raise BadInput(
            "{path} belongs to a company already. Name an empty or a new directory with --data.",
            path=str(office.data),
        )
    mark = {"seed": seed, "customers": count, "at": stamp(office.clock()), "state": "begun"}
    return _set_mark(office, mark)


def _set_mark(office: Office, mark: dict[str, Any]) -> dict[str, Any]:
    db = office.server.database("settings")
    db.put_local({**mark, "_id": MARK})
    return db.get_local(MARK)


def _everything(seed: int, count: int, now: datetime) -> list[tuple[str, list[Made]]]:
    """Databases with their documents, each after those that it refers to."""
    made_customers = customers.customers(seed, count)
    made_deals = deals.deals(seed, made_customers, now)
    made_orders = orders.orders(seed, made_deals, now)
    managers = {one.name: one.manager for one in people.PEOPLE}
    plan: list[tuple[str, Iterator[Made]]] = [
        ("settings", people.offices()),
        ("settings", people.people()),
        ("settings", people.groups()),
        ("knowledge", knowledge.products()),
        ("knowledge", knowledge.competitors()),
        ("knowledge", knowledge.articles()),
        ("customers", customers.customer_documents(made_customers)),
        ("customers", customers.contacts(seed, made_customers)),
        ("tracking", deals.deal_documents(made_deals)),
        ("tracking", deals.activity_documents(made_deals)),
        ("tracking", deals.chases(made_deals, managers, now)),
        ("tracking", orders.order_documents(made_orders)),
        ("tracking", orders.deliveries(made_orders)),
        ("tracking", orders.payments(made_orders)),
        ("service", service.complaints(seed, made_customers, now)),
        ("service", service.support_cases(seed, made_customers, now)),
        ("service", service.questions(seed)),
        ("service", service.visits(seed, made_customers, now)),
        ("forum", forum.topics(now)),
        ("forum", forum.replies(now)),
        ("forum", forum.interests()),
    ]
    plan += [
        (f"mail:{one.name}", mailboxes.mailbox(one.name, one.language, now))
        for one in people.PEOPLE
    ]
    return [(database, list(documents)) for database, documents in plan]


def batches(documents: Iterable[Made]) -> Iterator[list[Made]]:
    """Cut documents into batches so that none refers to another one of its own batch."""
    batch: list[Made] = []
    names: set[str] = set()
    for made in documents:
        _, docid, items = made
        values = [one for value in items.values() for one in _listed(value)]
        if len(batch) == BATCH or any(value in names for value in values):
            yield batch
            batch, names = [], set()
        batch.append(made)
        names |= {docid, docid.partition(":")[2]}
    if batch:
        yield batch


def _listed(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]


def _write(office: Office, database: str, batch: list[Made]) -> None:
    """Make the documents of one batch. The groups of a new office are there, and are filled."""
    door = office.system().database(database)
    results = door.create_many([(form, items, docid) for form, docid, items in batch])
    for (form, docid, items), result in zip(batch, results, strict=True):
        if isinstance(result, DivanError):
            raise OfficeError(
                "The demo document {id} cannot be made: {why}", id=docid, why=_why(result)
            ) from result
        if form == "group" and result.get("members") != items["members"]:
            door.save(result.id, result.rev, {"members": items["members"]})


def _why(error: DivanError) -> str:
    problems = getattr(error, "problems", None) or {}
    return "; ".join(f"{item}: {problem}" for item, problem in problems.items()) or str(error)


def _let_in(office: Office) -> None:
    """External people are not among all-staff: they get entries of their own."""
    rights = {
        "forum": (Level.AUTHOR, frozenset({Privilege.CREATE, Privilege.REPLICATE})),
        "knowledge": (Level.READER, frozenset({Privilege.REPLICATE})),
    }
    externals = [one.name for one in people.PEOPLE if one.external]
    for database, (level, privileges) in rights.items():
        door = office.system().database(database)
        acl = door.acl()
        new = [
            Entry(name, EntryType.PERSON, level, privileges)
            for name in externals
            if acl.find(name) is None
        ]
        if new:
            door.save_acl(replace(acl, entries=(*acl.entries, *new)))


def _set_passwords(office: Office) -> None:
    credentials = Credentials(office.server, office.clock)
    for login in people.LOGINS:
        credentials.set_password(login.name, people.PASSWORD)
