"""What a hostile client may not push: other people's names, lost history, readers of its own."""

from copy import deepcopy
from typing import Any

import pytest

from plugin import Acl, Entry, Level, Office, make_administrator
from plugin.runtime.replica.office_side import FilteredServer
from store.errors import BadRequest
from tests.plugin.offices import as_person, marked

ANNA = "anna.snelling"
NOW = "2026-11-22T07:00:00Z"
OF_ANNA = {
    "readers": {"people": [ANNA, f"leaders-of:{ANNA}", "[Leaders]"]},
    "authors": {"people": [ANNA, f"leaders-of:{ANNA}", "[Admin]"]},
}


def deal(office: Office, owner: str = ANNA, by: str = ANNA) -> dict[str, Any]:
    """A deal of Anna's with one step, as the office holds it."""
    door = as_person(office, by).database("tracking")
    made = door.create("deal", {"name": "Acme", "owner": owner})
    lost = door.transition(made.id, made.rev, "lose", {"lost_reason": "Price"})
    return deepcopy(dict(lost.raw))


def push(office: Office, doc: dict[str, Any], generation: int = 0) -> str:
    """Push a body as Anna, as the child of its `_rev`, or with `generation` as a branch from
    nowhere; the reason of the refusal, empty where it was taken."""
    parent, _, digest = str(doc.get("_rev", "0-")).partition("-")
    start = generation or int(parent) + 1
    ids = ["f" * 32, digest] if digest and not generation else ["f" * 32]
    revisions = {"start": start, "ids": ids}
    body = {**doc, "_rev": f"{start}-{ids[0]}", "_revisions": revisions}
    database = FilteredServer(as_person(office, ANNA)).database("tracking")
    rows = database.bulk_docs([body], new_edits=False)
    return str(rows[0]["reason"]) if rows else ""


def step(by: str) -> dict[str, str]:
    return {"step": "reopen", "from": "lost", "to": "tracking", "by": by, "at": NOW, "note": ""}


def test_an_honest_edit_is_taken(office: Office) -> None:
    doc = deal(office)
    assert push(office, marked(doc, ANNA, progress="Going on")) == ""
    assert office.server.database("tracking").get(doc["_id"])["progress"] == "Going on"


@pytest.mark.parametrize("by", ["dustin.brinkmann", "zane.levy", "divan-server"])
def test_nobody_takes_a_step_in_the_name_of_another(office: Office, by: str) -> None:
    doc = deal(office)
    reopened = {**doc, "stage": "tracking", "steps": [*doc["steps"], step(by)]}
    assert "name of somebody else" in push(office, reopened)
    assert office.server.database("tracking").get(doc["_id"])["stage"] == "lost"


def test_steps_of_another_that_the_office_has_come_along(office: Office) -> None:
    doc = deal(office)
    leader = as_person(office, "dustin.brinkmann").database("tracking")
    leader.transition(doc["_id"], doc["_rev"], "reopen")
    now = office.server.database("tracking").get(doc["_id"])
    merged = marked({**now, "_rev": doc["_rev"]}, ANNA, progress="Merged on the laptop")
    # A branch that parted before the leader's step, with what was merged into it.
    assert push(office, merged) == ""


@pytest.mark.parametrize("generation", [0, 9])
def test_steps_that_were_taken_cannot_be_dropped(office: Office, generation: int) -> None:
    doc = deal(office)
    assert "stay in the document" in push(office, {**doc, "steps": []}, generation)
    assert office.server.database("tracking").get(doc["_id"])["steps"] == doc["steps"]


@pytest.mark.parametrize(
    "forged",
    [
        {"created": {"at": "2020-01-01T00:00:00Z", "by": "zane.levy"}},
        {"created": None},
        {"updated": {"at": NOW, "by": "zane.levy"}},
        {"updated": {"at": "yesterday", "by": ANNA}},
        {"changed": {"name": [2, NOW, "zane.levy"]}},
        {"readers": {"people": [ANNA]}},
        {"readers": {}},
        {"readers": {**OF_ANNA["readers"], "more": ["zane.levy"]}},
        {"authors": {"people": [ANNA]}},
        {"public": True},
        {"form": "activity", "subject": "x", "kind": "Visit", "starts": NOW, "state": "planned"},
    ],
    ids=lambda forged: ",".join(forged),
)
@pytest.mark.parametrize("generation", [0, 9])
def test_bookkeeping_cannot_be_forged(
    office: Office, forged: dict[str, Any], generation: int
) -> None:
    doc = deal(office)
    assert push(office, {**doc, **forged}, generation)
    assert office.server.database("tracking").get(doc["_id"])["_rev"] == doc["_rev"]


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {"created": {"at": NOW, "by": "zane.levy"}, "updated": {"at": NOW, "by": ANNA}},
        {"created": {"at": NOW, "by": ANNA}},
        {"created": {"at": "", "by": ANNA}, "updated": {"at": NOW, "by": ANNA}},
    ],
)
def test_a_new_document_says_who_made_it(office: Office, forged: dict[str, Any]) -> None:
    new = {"_id": "deal:new", "form": "deal", "name": "New", "owner": ANNA, **OF_ANNA}
    assert push(office, {**new, **forged})
    stamp = {"at": NOW, "by": ANNA}
    assert push(office, {**new, "created": stamp, "updated": stamp}) == ""


def test_readers_follow_a_hand_over(office: Office) -> None:
    doc = deal(office)
    assert push(office, marked(doc, ANNA, owner="zane.levy")) == (
        "Readers and Authors of a document follow from its form."
    )
    zane = "zane.levy"
    handed = {
        "owner": zane,
        "readers": {"people": ["[Leaders]", f"leaders-of:{zane}", zane]},
        "authors": {"people": ["[Admin]", f"leaders-of:{zane}", zane]},
    }
    assert push(office, {**marked(doc, ANNA, owner=zane), **handed}) == ""


@pytest.mark.parametrize("revisions", [7, [], {}, {"start": "3", "ids": []}, {"start": 3}])
@pytest.mark.parametrize("deleted", [False, True])
def test_a_malformed_line_of_revisions_stops_no_other_document(
    office: Office, revisions: object, deleted: bool
) -> None:
    doc = deal(office)
    bad = {**doc, "_id": "deal:bad", "_rev": "3-a", "_revisions": revisions, "_deleted": deleted}
    good = {**doc, "progress": "Going on", "_rev": f"4-{'f' * 32}"}
    good["_revisions"] = {"start": 4, "ids": ["f" * 32, *[doc["_rev"].partition("-")[2]]]}
    database = FilteredServer(as_person(office, ANNA)).database("tracking")
    try:
        database.bulk_docs([bad, {**bad, "_id": doc["_id"]}, good], new_edits=False)
    except BadRequest:
        return
    assert office.server.database("tracking").get(doc["_id"])["progress"] == "Going on"


@pytest.mark.parametrize(
    "damage",
    [
        {"forms": {"memo": {"items": 5}}},
        {"forms": [1]},
        {"forms": None},
        {"forms": {"memo": {"title": "Memo", "items": {"x": None}}}},
        {"listings": {"x": {}}},
        {"listings": {"x": 5}},
    ],
    ids=str,
)
def test_a_design_that_makes_no_sense_is_refused(office: Office, damage: dict[str, Any]) -> None:
    name = office.mail_database(ANNA)
    design = office.server.database(name).get("_design/divan")
    rows = FilteredServer(as_person(office, ANNA)).database(name).bulk_docs([{**design, **damage}])
    assert rows[0]["error"] == "forbidden"
    assert office.server.database(name).get("_design/divan")["_rev"] == design["_rev"]


def test_a_damaged_design_shuts_no_other_database(office: Office) -> None:
    name = office.mail_database(ANNA)
    store = office.server.database(name)
    store.put({**store.get("_design/divan"), "forms": {"memo": {"items": 5}}})
    office.written(name)
    for person in (ANNA, "zane.levy"):
        entered = [info.name for info in as_person(office, person).databases()]
        assert "tracking" in entered
        assert name not in entered


@pytest.mark.parametrize(
    "damage", [{"entries": 5}, {"entries": []}, {"log": 5}, {"log": [5]}], ids=str
)
def test_a_list_that_cannot_be_read_is_refused_even_without_checks(
    office: Office, damage: dict[str, Any]
) -> None:
    name = office.mail_database(ANNA)
    store = office.server.database(name)
    bare = {"_id": "_design/divan", "_rev": store.get("_design/divan")["_rev"], "forms": {}}
    pushed = FilteredServer(as_person(office, ANNA)).database(name)
    assert "error" not in pushed.bulk_docs([bare])[0]
    acl = store.get("acl")
    assert pushed.bulk_docs([{**acl, **damage}])[0]["error"] == "forbidden"
    assert store.get("acl") == acl


@pytest.mark.parametrize(
    ("log", "taken"),
    [
        ("kept", False),
        ("emptied", False),
        ("a line of another", False),
        ("an own line", True),
    ],
)
def test_a_pushed_list_says_in_its_log_who_changed_it(
    office: Office, log: str, taken: bool
) -> None:
    make_administrator(office, ANNA)
    as_person(office, ANNA).database("forum").save_acl(
        Acl((*as_person(office, ANNA).database("forum").acl().entries,
             Entry("zane.levy", level=Level.READER)), ("[Admin]", "[Leaders]")),
        None,
    )  # fmt: skip
    doc = dict(office.server.database("forum").get("acl"))
    entry = {"name": "dustin.brinkmann", "type": "person", "level": "Manager"}
    doc["entries"] = [*doc["entries"], {**entry, "privileges": [], "roles": []}]
    line = {"at": NOW, "by": "zane.levy" if log == "a line of another" else ANNA, "text": "…"}
    doc["log"] = {"kept": doc["log"], "emptied": []}.get(log, [*doc["log"], line])
    start, _, digest = str(doc["_rev"]).partition("-")
    revisions = {"start": int(start) + 1, "ids": ["f" * 32, digest]}
    body = {**doc, "_rev": f"{int(start) + 1}-{'f' * 32}", "_revisions": revisions}
    rows = (
        FilteredServer(as_person(office, ANNA)).database("forum").bulk_docs([body], new_edits=False)
    )
    assert ["log" in row["reason"] for row in rows] == ([] if taken else [True])
