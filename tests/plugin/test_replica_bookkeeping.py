"""Numbers and times in what is pushed, over HTTP: an honest laptop sends its own, nobody others."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plugin import AgentRunner, Office
from plugin.runtime.forms.numbering import provisional
from plugin.runtime.replica.laptop import Replica
from plugin.runtime.replica.remote import Remote
from plugin.runtime.replica.review import ReviewFolder
from tests.plugin.offices import PASSWORD, Served, as_person, clone, customer, marked, sync

ANNA, ZANE, LEADER = "anna.snelling", "zane.levy", "dustin.brinkmann"
DAY = timedelta(days=1)


def at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Client:
    """A program that speaks CouchDB's protocol for Anna, and what it is answered."""

    def __init__(self, served: Served) -> None:
        token = Remote(served.url).sign_in(ANNA, PASSWORD, "a program")["token"]
        self.url = f"{served.url}/replicate/customers/_bulk_docs"
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def push(self, doc: dict[str, Any], **other: Any) -> str:
        """The reason why the child of a version was refused; empty where it was taken."""
        parent, _, digest = str(doc.get("_rev", "0-")).partition("-")
        start, ids = int(parent) + 1, ["f" * 32, *([digest] if digest else [])]
        line = {"_rev": f"{start}-{ids[0]}", "_revisions": {"start": start, "ids": ids}}
        body = json.dumps({"docs": [{**doc, **other, **line}], "new_edits": False}).encode()
        request = urllib.request.Request(self.url, body, self.headers)
        with urllib.request.urlopen(request) as answer:
            rows = json.load(answer)
        return str(rows[0]["reason"]) if rows else ""


@pytest.fixture
def client(served: Served) -> Client:
    return Client(served)


def held(office: Office, docid: str) -> dict[str, Any]:
    return dict(office.server.database("customers").get(docid))


def fresh(office: Office, **items: Any) -> dict[str, Any]:
    """A new customer of Anna's as a program writes it, without a number."""
    model = held(office, customer(office, ANNA, "Model").id)
    del model["code"], model["_rev"]
    return {**model, "_id": "customer:new", **items}


def test_the_number_of_a_document_is_not_changed_by_a_push(office: Office, client: Client) -> None:
    other = held(office, customer(office, ANNA, "Other").id)
    doc = held(office, customer(office, ANNA, "Acme").id)
    for code in (other["code"], "C99999", "", 7, None):
        assert client.push(doc, code=code) == "Numbers of documents are given by the office."
    assert held(office, doc["_id"])["_rev"] == doc["_rev"]
    assert client.push(marked(doc, ANNA, phone="1")) == ""


@pytest.mark.parametrize(
    ("code", "taken"),
    [(None, True), (provisional("customer:new"), True), (provisional("customer:x"), False),
     ("C00001", False)],
)  # fmt: skip
def test_a_new_document_has_no_number_or_a_provisional_one_and_gets_its_own(
    office: Office, client: Client, code: str | None, taken: bool
) -> None:
    new = fresh(office, **({"code": code} if code else {}))
    assert (client.push(new) == "") is taken
    if taken:
        AgentRunner(office).run_once()
        assert held(office, "customer:new")["code"] == "C00002"


def test_a_document_is_not_found_by_a_provisional_number_that_is_not_its_own(
    office: Office, client: Client
) -> None:
    assert client.push(fresh(office, provisional=provisional("customer:x")))
    assert client.push(fresh(office, provisional=provisional("customer:new"))) == ""


def test_a_number_that_came_back_after_a_laptop_wrote_on_the_provisional_one_is_kept(
    office: Office, served: Served, tmp_path: Path
) -> None:
    clone(tmp_path / "laptop", served, ANNA)
    with Office.open(tmp_path / "laptop") as laptop:
        door = as_person(laptop, ANNA).database("customers")
        made = door.create("customer", {"name": "Acme", "owner": ANNA})
        Replica(laptop).sync()
        AgentRunner(office).run_once()
        door.save(made.id, made.rev, {"phone": "1"})
        assert [done.refused for done in Replica(laptop).sync() if done.refused] == []
    AgentRunner(office).run_once()
    found = held(office, made.id)
    assert (found["code"], found["provisional"], found["phone"]) == (
        "C00001",
        provisional(made.id),
        "1",
    )


@contextmanager
def office_clock(office: Office, moment: datetime) -> Iterator[None]:
    clock = office.clock
    office.clock = lambda: moment
    yield
    office.clock = clock


def test_a_time_far_ahead_is_refused(office: Office, client: Client) -> None:
    doc = held(office, customer(office, ANNA, "Acme").id)
    for ahead in (2 * DAY, 4000 * DAY):
        mark = {"at": at(datetime.now(UTC) + ahead), "by": ANNA}
        changed = {"name": [2, *mark.values()]}
        for forged in (
            {"created": mark},
            {"updated": mark},
            {"changed": changed},
            {"steps": [{**mark, "step": "x"}]},
        ):
            assert "clock" in client.push(doc, **forged), forged
    assert held(office, doc["_id"])["_rev"] == doc["_rev"]


def test_an_edit_is_not_saved_long_before_what_it_changes(office: Office, client: Client) -> None:
    doc = held(office, customer(office, ANNA, "Acme").id)
    now = datetime.now(UTC)
    assert "clock" in client.push(doc, updated={"at": at(now - 2 * DAY), "by": ANNA})
    early = {"at": at(now - DAY + timedelta(hours=1)), "by": ANNA}
    changed = {"phone": [2, early["at"], ANNA]}
    assert client.push(doc, updated=early, changed=changed, phone="1") == ""


def test_a_laptop_may_be_away_for_years(office: Office, client: Client) -> None:
    now = datetime.now(UTC)
    with office_clock(office, now - 1000 * DAY):
        doc = held(office, customer(office, ANNA, "Acme").id)
    then = at(now - 900 * DAY)
    edit = {"phone": "1", "changed": {"phone": [2, then, ANNA]}}
    assert client.push(doc, updated={"at": then, "by": ANNA}, **edit) == ""


def test_no_change_is_of_a_later_version_than_its_document(office: Office, client: Client) -> None:
    doc = held(office, customer(office, ANNA, "Acme").id)
    now = at(datetime.now(UTC))
    for generation in (3, 10**6, -1, True, "2", None, 2.0):
        changed = {"phone": [generation, now, ANNA]}
        assert client.push(doc, changed=changed, phone="1"), generation
    assert client.push(marked(doc, ANNA, phone="1")) == ""


def test_bookkeeping_that_is_none_is_refused(office: Office, client: Client) -> None:
    doc = held(office, customer(office, ANNA, "Acme").id)
    for item in ("changed", "steps", "updated", "created"):
        for value in (5, "x", [5], {"x": 5}, [[]], {"by": ANNA}):
            assert client.push(doc, **{item: value}), (item, value)
    assert held(office, doc["_id"])["_rev"] == doc["_rev"]


def test_a_deletion_is_of_who_made_it(office: Office, client: Client) -> None:
    store = office.server.database("customers")
    acl = store.get("acl")
    store.put({**acl, "entries": [{**one, **may_delete(one)} for one in acl["entries"]]})
    office.apply_acl("customers")
    doc = held(office, customer(office, ANNA, "Acme").id)
    kept = {name: doc[name] for name in ("_id", "_rev", "form", "readers", "authors")}
    now = datetime.now(UTC)
    for by, when, why in ((ZANE, now, "somebody else"), (ANNA, now + 2 * DAY, "clock")):
        assert why in client.push({**kept, "_deleted": True}, updated={"at": at(when), "by": by})
    assert client.push({**kept, "_deleted": True}, updated={"at": at(now), "by": ANNA}) == ""


def may_delete(entry: dict[str, Any]) -> dict[str, Any]:
    return (
        {"privileges": sorted({*entry["privileges"], "create", "delete", "replicate"})}
        if (entry["level"] == "Author")
        else {}
    )


@pytest.mark.parametrize("ahead", [timedelta(days=3650), timedelta(days=-3650)], ids=str)
def test_what_a_laptop_wrote_by_a_wrong_clock_is_taken_with_times_that_can_be(
    office: Office, served: Served, tmp_path: Path, ahead: timedelta
) -> None:
    doc = customer(office, ANNA, "Acme")
    before = datetime.now(UTC) - timedelta(minutes=1)
    clone(tmp_path / "laptop", served, ANNA)
    with Office.open(tmp_path / "laptop", clock=lambda: datetime.now(UTC) + ahead) as laptop:
        door = as_person(laptop, ANNA).database("customers")
        door.save(doc.id, doc.rev, {"phone": "1"})
        made = door.create("customer", {"name": "New", "owner": ANNA})
        door.save(made.id, made.rev, {"phone": "2"})
        assert [done.refused for done in Replica(laptop).sync() if done.refused] == []
        assert Replica(laptop).sync()[0].pushed == 0
    for docid in (doc.id, made.id):
        found = held(office, docid)
        times = [found["updated"]["at"], found["changed"]["phone"][1]]
        assert all(at(before) <= one <= at(datetime.now(UTC)) for one in times), found
    assert held(office, made.id)["created"]["at"] <= at(datetime.now(UTC))


def test_a_laptop_shows_why_a_number_was_not_taken(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, ANNA, "Acme")
    data = tmp_path / "laptop"
    clone(data, served, ANNA)
    with Office.open(data) as laptop:
        store = laptop.server.database("customers")
        store.put({**store.get(doc.id), "code": "C4711"})
    assert [one["reason"] for one in sync(data)["customers"].refused] == [
        "Numbers of documents are given by the office."
    ]
    assert [edit.reason for edit in ReviewFolder(data).all()] == [
        "Numbers of documents are given by the office."
    ]
