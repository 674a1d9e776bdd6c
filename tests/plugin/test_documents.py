"""The door, on a real store: who may read and write what, and what happens to documents."""

from typing import Any

import pytest

from acl import reader_set
from plugin import (
    BadInput,
    Deleted,
    Document,
    Invalid,
    NotFound,
    Refused,
    SaveConflict,
    StoredFile,
)
from tests.plugin.kit import Kit

EURO = {"amount": "5", "currency": "EUR"}


def job(kit: Kit, name: str = "Roof", by: str = "anna", **items: Any) -> Document:
    return kit.work(by).create("job", {"name": name, **items})


def test_a_new_document_has_its_defaults_readers_and_authors(kit: Kit) -> None:
    made = job(kit)
    assert made.id.startswith("job:") and len(made.id) == 4 + 32
    assert made.items["owner"] == "anna"
    assert made.items["opened_on"] == "2026-11-22"
    assert made.items["stage"] == "open"
    assert made.raw["readers"] == {"people": ["[Leaders]", "anna", "leaders-of:anna"]}
    assert made.raw["authors"] == {"people": ["anna", "leaders-of:anna"]}
    assert made.raw["created"] == {"at": "2026-11-22T06:00:00Z", "by": "anna"}
    assert made.title == "00001 Roof"
    assert kit.work("anna").open(made.id).items == made.items


def test_new_shows_the_defaults_and_brings_but_writes_nothing(kit: Kit) -> None:
    work = kit.work("anna")
    firm = kit.work("eve").create("firm", {"name": "Acme"})
    before = kit.office.server.database("work").info()["update_seq"]
    items = work.new("job", {"firm": firm.id})
    assert items["firm_name"] == "Acme" and items["owner"] == "anna"
    assert kit.office.server.database("work").info()["update_seq"] == before


def test_what_is_left_empty_is_no_change(kit: Kit) -> None:
    made = job(kit, why="", team=[])
    assert not {"why", "team"} & set(made.raw)
    empty: dict[str, Any] = {"why": " ", "team": [], "price": None}
    saved = kit.work("anna").save(made.id, made.rev, {"name": "Wall", **empty})
    assert set(saved.raw["changed"]) == {"name", "twice"}  # the kit computes `twice` of it
    filled = kit.work("anna").save(saved.id, saved.rev, {"why": "Rain"})
    # Somebody who had the page open since before does not empty what others filled in meanwhile.
    late = kit.work("anna").save(saved.id, saved.rev, {"name": "Walls", **empty})
    assert late.get("why") == "Rain" and late.rev != filled.rev
    assert "why" not in kit.work("anna").save(late.id, late.rev, {"why": ""}).items


@pytest.mark.parametrize("name", ["anna", "ben", "carl"])
def test_owner_and_leaders_read(kit: Kit, name: str) -> None:
    made = job(kit)
    assert kit.work(name).open(made.id).id == made.id


@pytest.mark.parametrize("name", ["dan", "eve", "rita", "dora", "admin", "guest"])
def test_a_forbidden_document_does_not_exist(kit: Kit, name: str) -> None:
    made = job(kit)
    work = kit.work(name)
    for action in (
        lambda docid: work.open(docid),
        lambda docid: work.open(docid, made.rev),
        lambda docid: work.save(docid, made.rev, {"name": "x"}),
        lambda docid: work.delete(docid, made.rev),
        lambda docid: work.transition(docid, made.rev, "finish"),
        lambda docid: work.run_action(docid, "praise"),
        lambda docid: work.conflicts(docid),
        lambda docid: work.settle(docid, {}),
        lambda docid: work.attachment(docid, "a.txt"),
        lambda docid: work.refresh(docid),
    ):
        answers = []
        for docid in (made.id, "job:" + "0" * 32):
            with pytest.raises(NotFound) as caught:
                action(docid)
            answers.append(str(caught.value))
        assert answers[0] == answers[1]
    assert not work.exists(made.id)
    assert work.open_many([made.id]) == {}


def test_design_local_and_acl_are_no_documents(kit: Kit) -> None:
    for docid in ("_design/divan", "_local/x", "acl", "", "_all_docs"):
        with pytest.raises(NotFound):
            kit.work("admin").open(docid)


def test_create_needs_the_right(kit: Kit) -> None:
    with pytest.raises(Refused, match="may not create"):
        kit.work("rita").create("firm", {"name": "x"})
    made = kit.work("dora").create("firm", {"name": "Dropped"})
    with pytest.raises(NotFound):
        kit.work("dora").open(made.id)


def test_edit_needs_authors_or_editor(kit: Kit) -> None:
    made = job(kit, team=["dan", "eve"])
    with pytest.raises(Refused, match="not among the authors"):
        kit.work("dan").save(made.id, made.rev, {"name": "Mine"})
    assert kit.work("eve").save(made.id, made.rev, {"name": "Edited"}).items["name"] == "Edited"


def test_delete_needs_the_privilege_and_leaves_a_stub_with_readers(kit: Kit) -> None:
    made = job(kit, team=["eve"])
    with pytest.raises(Refused, match="may not delete"):
        kit.work("anna").delete(made.id, made.rev)
    kit.work("eve").delete(made.id, made.rev)
    with pytest.raises(NotFound):
        kit.work("anna").open(made.id)
    (answer,) = kit.office.server.database("work").open_revs(made.id, "all")
    stub = answer["ok"]
    assert stub["_deleted"] and stub["form"] == "job"
    assert stub["readers"] == made.raw["readers"] and "name" not in stub


def test_delete_of_what_somebody_changed_is_a_conflict(kit: Kit) -> None:
    made = job(kit, team=["eve"])
    kit.work("anna").save(made.id, made.rev, {"name": "Newer"})
    with pytest.raises(SaveConflict):
        kit.work("eve").delete(made.id, made.rev)


def test_invalid_items_are_named_and_nothing_is_written(kit: Kit) -> None:
    work = kit.work("anna")
    with pytest.raises(Invalid) as caught:
        work.create("job", {"name": "", "price": {"amount": "x", "currency": "EUR"}})
    assert set(caught.value.problems) == {"name", "price"}
    with pytest.raises(Invalid) as caught:
        work.create("job", {"name": "a", "color": "red", "readers": {}, "_rev": "1-x"})
    assert set(caught.value.problems) == {"color", "readers", "_rev"}
    with pytest.raises(NotFound, match="no form"):
        work.create("nothing", {})
    assert work.context.reading.info()["doc_count"] == 4  # the ACL and three design documents


def test_links_names_and_keywords_are_looked_up(kit: Kit) -> None:
    hidden = job(kit, by="dan")
    with pytest.raises(Invalid) as caught:
        kit.work("anna").create(
            "job", {"name": "a", "firm": hidden.id, "team": ["nobody"], "region": "West"}
        )
    found = {name: str(problem) for name, problem in caught.value.problems.items()}
    assert found == {
        "firm": "There is no such document.",
        "team": "Nobody is called nobody.",
        "region": "Please choose one of the keywords.",
    }
    with pytest.raises(Invalid) as caught:
        job(kit, team=["bosses"])
    assert str(caught.value.problems["team"]) == "bosses cannot be chosen here."
    assert job(kit, region="North").items["region"] == "North"


def test_module_code_computes_and_refuses(kit: Kit) -> None:
    assert job(kit).items["twice"] == "RoofRoof"
    with pytest.raises(Invalid, match="correct the items"):
        job(kit, "forbidden")


def test_brought_items_follow_the_link(kit: Kit) -> None:
    acme, best = (kit.work("eve").create("firm", {"name": name}) for name in ("Acme", "Best"))
    work = kit.work("anna")
    made = job(kit, firm=acme.id)
    assert made.items["firm_name"] == "Acme"
    made = work.save(made.id, made.rev, {"firm": best.id})
    assert made.items["firm_name"] == "Best"
    made = work.save(made.id, made.rev, {"firm": None})
    assert "firm_name" not in made.items and "firm" not in made.items


def test_save_notes_who_changed_which_item_when(kit: Kit) -> None:
    made = job(kit)
    kit.tick()
    saved = kit.work("ben").save(made.id, made.rev, {"name": "Wall"})
    assert saved.raw["changed"] == {
        "name": [2, "2026-11-22T06:01:00Z", "ben"],
        "twice": [2, "2026-11-22T06:01:00Z", "ben"],
    }
    assert saved.raw["updated"] == {"at": "2026-11-22T06:01:00Z", "by": "ben"}
    assert saved.raw["created"] == made.raw["created"]


def test_a_save_that_changes_nothing_writes_nothing(kit: Kit) -> None:
    made = job(kit)
    assert kit.work("anna").save(made.id, made.rev, {"name": "Roof"}).rev == made.rev
    assert kit.work("anna").refresh(made.id).rev == made.rev


def test_handing_over_moves_readers_and_remembers_the_old_set(kit: Kit) -> None:
    made = job(kit)
    saved = kit.work("ben").save(made.id, made.rev, {"owner": "dan"})
    assert saved.raw["readers"] == {"people": ["[Leaders]", "dan", "leaders-of:dan"]}
    assert saved.raw["former_readers"] == [reader_set(made.raw)]
    with pytest.raises(NotFound):
        kit.work("anna").open(made.id)
    assert kit.work("dan").open(made.id).rev == saved.rev


def test_changes_to_different_items_merge(kit: Kit) -> None:
    made = job(kit)
    kit.work("ben").save(made.id, made.rev, {"name": "Wall"})
    merged = kit.work("anna").save(made.id, made.rev, {"price": EURO, "name": "Roof"})
    assert merged.items["name"] == "Wall" and merged.items["price"] == EURO


def test_changes_to_the_same_item_are_a_conflict_that_shows_both(kit: Kit) -> None:
    made = job(kit)
    theirs = kit.work("ben").save(made.id, made.rev, {"name": "Wall"})
    with pytest.raises(SaveConflict) as caught:
        kit.work("anna").save(made.id, made.rev, {"name": "Floor", "why": "new"})
    assert caught.value.items == ("name",)
    assert caught.value.mine == {"name": "Floor", "why": "new"}
    assert caught.value.theirs["_rev"] == theirs.rev
    assert kit.work("anna").open(made.id).rev == theirs.rev
    same = kit.work("anna").save(made.id, made.rev, {"name": "Wall"})
    assert same.rev == theirs.rev


def test_merging_works_when_the_old_body_is_gone(kit: Kit) -> None:
    made = job(kit)
    kit.work("ben").save(made.id, made.rev, {"name": "Wall"})
    kit.office.server.database("work").compact()
    merged = kit.work("anna").save(made.id, made.rev, {"price": EURO})
    assert merged.items["name"] == "Wall" and merged.items["price"] == EURO
    with pytest.raises(SaveConflict):
        kit.work("anna").save(made.id, made.rev, {"name": "Floor"})


def test_create_with_an_id_is_done_once(kit: Kit) -> None:
    system = kit.office.system().database("work")
    first = system.create("firm", {"name": "Acme"}, id="firm:acme")
    again = system.create("firm", {"name": "Other"}, id="firm:acme")
    assert again.rev == first.rev and again.items["name"] == "Acme"
    system.delete(first.id, first.rev)
    with pytest.raises(Deleted):
        system.create("firm", {"name": "Acme"}, id="firm:acme")


def test_create_over_a_forbidden_document_tells_nothing(kit: Kit) -> None:
    made = job(kit)
    with pytest.raises(Refused) as caught:
        kit.work("dan").create("job", {"name": "x"}, id=made.id)
    assert str(caught.value) == "This document cannot be made here."


def test_create_many_answers_each(kit: Kit) -> None:
    work = kit.work("anna")
    there = work.create("job", {"name": "There"}, id="job:there")
    answers = work.create_many(
        [
            ("job", {"name": "One"}, None),
            ("job", {"name": ""}, None),
            ("nothing", {}, None),
            ("job", {"name": "Two"}, "job:there"),
            ("job", {"name": "Three"}, "job:three"),
        ]
    )
    assert [type(one).__name__ for one in answers] == [
        "Document", "Invalid", "NotFound", "Document", "Document"
    ]  # fmt: skip
    assert isinstance(answers[3], Document) and answers[3].rev == there.rev
    assert work.open("job:three").items["name"] == "Three"


def test_numbers_are_given_by_rule_and_never_twice(kit: Kit) -> None:
    rules = kit.office.system().database("settings")
    rules.create("numbering", {"pattern": "J{year}-{n:03d}", "reset": "yearly"}, id="numbering:job")
    numbers = [job(kit, f"Job {n}").items["number"] for n in range(3)]
    assert numbers == ["J2026-001", "J2026-002", "J2026-003"]
    kit.tick(60 * 60 * 24 * 60)
    assert job(kit).items["number"] == "J2027-001"


def test_responses_follow_the_readers_of_their_parent(kit: Kit) -> None:
    parent = job(kit)
    note = kit.work("anna").create("note", {"job": parent.id, "text": "hello"})
    assert kit.work("ben").open(note.id)
    with pytest.raises(NotFound):
        kit.work("dan").open(note.id)
    kit.work("ben").save(parent.id, parent.rev, {"owner": "dan"})
    assert kit.office.system().database("work").refresh_responses(parent.id) == 1
    assert kit.work("dan").open(note.id)
    assert kit.office.system().database("work").refresh_responses(parent.id) == 0


def test_public_documents_are_open_to_those_who_read_public(kit: Kit) -> None:
    flyer = kit.work("eve").create("flyer", {"name": "Offer"})
    firm = kit.work("eve").create("firm", {"name": "Acme"})
    assert kit.work("guest").open(flyer.id).items["name"] == "Offer"
    with pytest.raises(NotFound):
        kit.work("guest").open(firm.id)


def test_attachments_go_through_the_door(kit: Kit) -> None:
    made = job(kit, team=["dan"])
    work = kit.work("anna")
    saved = work.attach(made.id, made.rev, "plan.txt", b"\x00plan", "text/plain")
    assert kit.work("dan").attachment(made.id, "plan.txt").data == b"\x00plan"
    with pytest.raises(Refused):
        kit.work("dan").attach(made.id, saved.rev, "b.txt", b"b", "text/plain")
    with pytest.raises(SaveConflict):
        work.detach(made.id, made.rev, "plan.txt")
    renamed = work.save(made.id, saved.rev, {"name": "Wall"})
    assert work.attachment(made.id, "plan.txt").content_type == "text/plain"
    work.detach(made.id, renamed.rev, "plan.txt")
    with pytest.raises(NotFound):
        work.attachment(made.id, "plan.txt")


def test_added_files_stand_beside_one_another(kit: Kit) -> None:
    made, work = job(kit, team=["dan"]), kit.work("anna")
    plan = StoredFile("C:\\folder\\plan.tar.gz", "text/plain", b"one")
    work.add_files(made.id, [plan, StoredFile("_计划\u200b.pdf", "text/plain", b"two")])
    work.save(made.id, made.rev, {"name": "Wall"})
    saved = work.add_files(made.id, [StoredFile("plan.tar.gz", "text/plain", b"three")])
    assert sorted(saved.raw["_attachments"]) == ["plan.tar (2).gz", "plan.tar.gz", "计划.pdf"]
    assert work.attachment(made.id, "plan.tar.gz").data == b"one"
    long = work.add_files(made.id, [StoredFile("x" * 300 + ".pdf", "text/plain", b"")])
    assert f"{'x' * 196}.pdf" in long.raw["_attachments"]
    for nameless in ([], [StoredFile("folder/", "text/plain", b"")]):
        with pytest.raises(BadInput):
            work.add_files(made.id, nameless)
    with pytest.raises(Refused):
        kit.work("dan").add_files(made.id, [plan])


def test_the_store_checks_again_under_the_persons_name(kit: Kit) -> None:
    made = job(kit, team=["dan"])
    context = kit.work("dan").context
    changed = {**made.raw, "name": "Taken"}
    from_store = pytest.raises(Exception, match="not among the authors")
    with from_store:
        context.writing.put(changed)
    assert kit.work("anna").open(made.id).rev == made.rev
