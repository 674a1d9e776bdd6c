"""Public documents: forms, listings and documents marked public, for people below Reader."""

import pytest

from plugin import Acl, Level, NotFound, OfficeError, Privilege, Refused
from plugin.runtime.designs.design import read_design
from plugin.runtime.replica.office_side import FilteredServer, rights_for
from store.types import ChangesOptions
from tests.plugin.kit import FLYER, Kit, entry

WRITER = entry("guest", Level.NO_ACCESS, Privilege.READ_PUBLIC, Privilege.WRITE_PUBLIC)
COPIER = entry("guest", Level.NO_ACCESS, Privilege.READ_PUBLIC, Privilege.REPLICATE)


def _give(kit: Kit, *entries: object) -> None:
    door = kit.office.system().database("work")
    acl = door.acl()
    door.save_acl(Acl((*acl.entries, *entries), acl.roles))  # type: ignore[arg-type]


def _texts(kit: Kit, person: str, listing: str = "pages_by_text") -> list[str]:
    rows = kit.session(person).listing("work", listing).all_rows()
    return [str(row.items["text"]) for row in rows]


def _shut_form(kit: Kit) -> None:
    """A Designer takes the public mark from the form; documents keep theirs."""
    db = kit.office.server.database("work")
    design = db.get("_design/divan")
    design["forms"]["page"].pop("public")
    design["listings"]["pages_by_text"].pop("public")
    db.put(design)


def test_an_item_says_which_documents_are_public(kit: Kit) -> None:
    anna = kit.work("anna")
    shut = anna.create("page", {"text": "inside"})
    opened = anna.create("page", {"text": "outside", "open": True})
    assert (shut.raw.get("public"), opened.raw.get("public")) == (None, True)
    assert _texts(kit, "guest") == ["outside"]
    assert kit.session("guest").listing("work", "pages_by_text").count() == 1
    assert kit.work("guest").open(opened.id).items["text"] == "outside"
    with pytest.raises(NotFound):
        kit.work("guest").open(shut.id)
    anna.save(opened.id, opened.rev, {"open": False})
    assert _texts(kit, "guest") == []
    with pytest.raises(NotFound):
        kit.work("guest").open(opened.id)


def test_only_public_listings_show_public_documents(kit: Kit) -> None:
    assert set(kit.work("guest").listings) == {"flyers_by_name", "pages_by_text"}
    assert len(kit.work("anna").listings) > 2
    kit.work("anna").create("page", {"text": "outside", "open": True})
    inside = kit.session("guest").listing("work", "all_pages")
    assert (inside.count(), inside.categories(), inside.page().total) == (0, [], 0)
    assert kit.session("anna").listing("work", "all_pages").count() == 1


def test_a_depositor_needs_the_privilege(kit: Kit) -> None:
    opened = kit.work("anna").create("page", {"text": "outside", "open": True})
    assert _texts(kit, "dora") == []
    with pytest.raises(NotFound):
        kit.work("dora").open(opened.id)
    assert kit.work("dora").may_create("page")


def test_readers_restrict_public_documents(kit: Kit) -> None:
    items = {"text": "outside", "open": True, "for": ["anna"]}
    opened = kit.work("anna").create("page", items)
    assert _texts(kit, "guest") == []
    with pytest.raises(NotFound):
        kit.work("guest").open(opened.id)


def test_write_public_makes_and_changes_public_documents_only(kit: Kit) -> None:
    guest = kit.work("guest")
    assert not guest.may_create("page")
    _give(kit, WRITER)
    guest = kit.work("guest")
    assert guest.may_create("page") and not guest.may_create("job")
    page = guest.create("page", {"text": "of a guest", "open": True})
    page = guest.save(page.id, page.rev, {"text": "again"})
    with pytest.raises(Refused, match="stays public"):
        guest.save(page.id, page.rev, {"open": False})
    with pytest.raises(Refused):
        guest.create("page", {"text": "inside"})
    with pytest.raises(Refused):
        guest.delete(page.id, page.rev)


def test_the_store_refuses_a_mark_that_the_form_does_not_give(kit: Kit) -> None:
    page = kit.work("anna").create("page", {"text": "inside"})
    writing = kit.session("anna").context("work").writing
    with pytest.raises(Exception, match="follows from its form"):
        writing.put({**page.raw, "public": True})
    rev = writing.put({**page.raw, "public": True, "open": True})
    with pytest.raises(Exception, match="follows from its form"):
        writing.put({**page.raw, "_rev": rev, "open": True})


def test_a_form_that_is_shut_shuts_what_was_saved_before(kit: Kit) -> None:
    page = kit.work("anna").create("page", {"text": "outside", "open": True})
    _give(kit, COPIER)
    _shut_form(kit)
    with pytest.raises(NotFound):
        kit.work("guest").open(page.id)
    assert _texts(kit, "guest") == []
    replica = FilteredServer(kit.session("guest")).database("work")
    assert page.id not in [row["id"] for row in replica.changes()["results"]]
    assert kit.work("anna").save(page.id, page.rev, {"text": "more"}).raw.get("public") is None


def test_a_public_listing_needs_a_public_form() -> None:
    listing = {"title": "Flyers", "form": "flyer", "view": "flyers_by_name", "public": True}
    shut = {**FLYER, "public": False}
    with pytest.raises(OfficeError, match="needs a public form"):
        read_design({"forms": {"flyer": shut}, "listings": {"flyers": listing}})
    with pytest.raises(OfficeError, match="boolean"):
        read_design({"forms": {"flyer": {**FLYER, "public": "name"}}})
    with pytest.raises(OfficeError, match="no item"):
        read_design({"forms": {"flyer": {**FLYER, "public": "nothing"}}})


def test_a_replica_gets_public_documents_with_list_and_design_and_no_others(kit: Kit) -> None:
    anna = kit.work("anna")
    shut = anna.create("page", {"text": "inside"})
    opened = anna.create("page", {"text": "outside", "open": True})
    assert "work" not in FilteredServer(kit.session("guest")).all_dbs()
    _give(kit, COPIER)
    replica = FilteredServer(kit.session("guest")).database("work")
    ids = {row["id"] for row in replica.changes()["results"]}
    assert {opened.id, "acl", "_design/divan", "_design/index"} <= ids
    assert shut.id not in ids
    since = replica.changes()["last_seq"]
    state = rights_for(kit.office, kit.session("guest").identity, "work", {})["state"]
    gone = anna.create("page", {"text": "soon gone", "open": True})
    eve = kit.work("eve")
    eve.delete(gone.id, gone.rev)
    rows = {row["id"]: row for row in replica.changes(ChangesOptions(since=since))["results"]}
    assert rows[gone.id]["deleted"]
    anna.save(opened.id, opened.rev, {"open": False})
    answer = rights_for(kit.office, kit.session("guest").identity, "work", {"state": state})
    assert len(answer["lost"]) == 1
