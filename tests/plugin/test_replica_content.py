"""What a hostile client may not make of a document: the versions of the office decide, not the old
one that its branch names."""

from copy import deepcopy
from typing import Any

import pytest

from plugin import Office
from plugin.runtime.handover.running import Handovers
from plugin.runtime.replica.office_side import FilteredServer
from store.errors import Forbidden
from store.types import Doc
from tests.plugin.offices import as_person, customer, marked

ANNA, ZANE, LEADER = "anna.snelling", "zane.levy", "dustin.brinkmann"
SHUT = "This cannot be changed any more."
STEPS = "The steps that were taken stay in the document."


def held(office: Office, database: str, docid: str, rev: str | None = None) -> Doc:
    return deepcopy(office.server.database(database).get(docid, rev=rev))


def push(office: Office, person: str, database: str, doc: Doc, above: str = "") -> str:
    """The reason why a version was refused, empty where it was taken: the child of its `_rev`, or
    nine generations above the revision `above`."""
    parent = above or str(doc["_rev"])
    number, _, digest = parent.partition("-")
    between = [f"{at:x}" * 32 for at in range(1, 9 if above else 2)]
    start = int(number) + len(between)
    line = {"start": start, "ids": [*between, digest]}
    body = {**doc, "_rev": f"{start}-{between[0]}", "_revisions": line}
    there = FilteredServer(as_person(office, person)).database(database)
    rows = there.bulk_docs([body], new_edits=False)
    return str(rows[0]["reason"]) if rows else ""


def order(office: Office) -> tuple[Doc, str]:
    """A confirmed order of Anna's, and the revision in which it was a draft."""
    door = as_person(office, ANNA).database("tracking")
    lines = [{"text": "Gauge", "quantity": 2, "price": money("500.00")}]
    made = door.create("order", {"customer": customer(office, ANNA, "Acme").id, "lines": lines})
    done = door.transition(made.id, made.rev, "confirm")
    return held(office, "tracking", done.id), made.rev


def money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def cheap(office: Office, doc: Doc) -> Doc:
    """The order with other lines, calculated as the form says."""
    door = as_person(office, ANNA).database("tracking")
    row = {**doc["lines"][0], "price": money("1.00")}
    told = door.preview("order", {**doc, "lines": [row]}, doc)
    return {name: told.get(name, value) for name, value in doc.items()} | {"lines": told["lines"]}


def test_what_was_shut_is_not_changed_from_an_old_version(office: Office) -> None:
    doc, draft = order(office)
    forged = cheap(office, doc)
    same = {name: forged[name] for name in forged if forged[name] != doc[name]}
    assert same.keys() > {"lines"}
    told = marked(doc, ANNA, **same)
    assert push(office, ANNA, "tracking", told) != ""
    assert push(office, ANNA, "tracking", told, above=draft) == SHUT
    assert held(office, "tracking", doc["_id"])["_rev"] == doc["_rev"]


def test_a_branch_does_not_end_beside_one_that_lacks_its_steps(office: Office) -> None:
    doc, draft = order(office)
    old = held(office, "tracking", doc["_id"], draft)
    assert push(office, ANNA, "tracking", marked(old, ANNA, notes="Mine"), above=draft) == ""
    stub = {"_id": doc["_id"], "_rev": doc["_rev"], "_deleted": True, "form": "order"}
    stub |= {name: doc[name] for name in ("readers", "authors")}
    assert push(office, ANNA, "tracking", stub) == STEPS
    leaves = office.server.database("tracking").open_revs(doc["_id"], "all")
    assert doc["_rev"] in {leaf["ok"]["_rev"] for leaf in leaves if "_deleted" not in leaf["ok"]}


def test_a_step_of_another_stands_for_what_it_was_taken_for(office: Office) -> None:
    """Who receives a handover writes other people into it below the leader's step."""
    door = as_person(office, LEADER).database("tracking")
    mine = customer(office, ANNA, "Acme")
    made = door.create("handover", {"from": ANNA, "to": ZANE, "kinds": ["customers"]})
    started = door.transition(made.id, made.rev, "start")
    draft, doc = held(office, "tracking", made.id, made.rev), held(office, "tracking", made.id)
    forged = {**doc, "from": LEADER}
    for kind in ("readers", "authors"):
        forged[kind] = {"people": [name.replace(ANNA, LEADER) for name in draft[kind]["people"]]}
        forged[kind]["people"] = sorted(set(forged[kind]["people"]))
    assert push(office, ZANE, "tracking", marked(forged, ZANE), above=made.rev) == SHUT
    door.transition(started.id, started.rev, "cancel")
    Handovers(office).run_once()
    assert push(office, ZANE, "tracking", marked(doc, ZANE), above=made.rev) == STEPS
    assert held(office, "customers", mine.id)["owner"] == ANNA


def test_who_changes_an_item_says_so(office: Office) -> None:
    doc = held(office, "customers", customer(office, ANNA, "Acme", phone="1").id)
    silent = {**doc, "phone": "2"}
    unnamed = "Who changes a document says so in it"
    assert unnamed in push(office, LEADER, "customers", silent)
    early = {**marked(doc, ANNA, phone="2"), "updated": doc["updated"]}
    assert push(office, LEADER, "customers", early)
    assert push(office, LEADER, "customers", marked(doc, LEADER, phone="2")) == ""


@pytest.mark.parametrize(
    "told", [{"received": money("1000.00")}, {"planned": money("5.00")}, {"received": None}]
)
def test_what_the_office_works_out_is_not_written(office: Office, told: dict[str, Any]) -> None:
    doc, _ = order(office)
    reason = push(office, ANNA, "tracking", marked(doc, ANNA, **told))
    assert (reason == "") == (not any(told.values())), reason


def test_readers_that_follow_a_parent_are_not_chosen(office: Office) -> None:
    owner = customer(office, ANNA, "Acme")
    door = as_person(office, ANNA).database("customers")
    made = door.create("contact", {"name": "Wu", "customer": owner.id})
    doc = held(office, "customers", made.id)
    for readers in (
        {"people": []},
        {"people": [ANNA]},
        {"people": [*doc["readers"]["people"], ZANE]},
    ):
        assert push(office, ANNA, "customers", {**doc, "readers": readers}), readers
    new = {name: value for name, value in doc.items() if name != "_rev"} | {"_id": "contact:new"}
    there = FilteredServer(as_person(office, ANNA)).database("customers")
    (row,) = there.bulk_docs([{**new, "readers": {"people": [ANNA]}}])
    assert "belongs to" in row["reason"]
    (row,) = there.bulk_docs([new])
    assert row.get("ok"), row


def test_files_come_with_their_document_alone(office: Office) -> None:
    doc = customer(office, ANNA, "Acme")
    there = FilteredServer(as_person(office, ANNA)).database("customers")
    with pytest.raises(Forbidden, match="written with its document"):
        there.put_attachment(doc.id, "a.txt", b"a", "text/plain", rev=doc.rev)
    with pytest.raises(Forbidden, match="written with its document"):
        there.delete_attachment(doc.id, "a.txt", rev=doc.rev)
