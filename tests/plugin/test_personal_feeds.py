"""The office keeps mailboxes in order as it does the databases that people share."""

from collections.abc import Mapping

from plugin import AgentRunner, Office
from plugin.runtime.agents.personal import PersonalFeeds
from store.types import Doc
from tests.plugin.offices import as_person

ANNA, ZANE = "anna.snelling", "zane.levy"
AT = "2030-01-01T08:00:00Z"


def memo(office: Office, person: str) -> tuple[str, Doc]:
    """A mailbox with a memo, as the mailbox's owner made it."""
    name = office.mail_database(person)
    made = as_person(office, person).database(name).create("memo", {"subject": "Roof"})
    return name, office.server.database(name).get(made.id)


def branch(office: Office, name: str, base: Doc, digest: str, items: Mapping[str, object]) -> None:
    """Graft what a laptop made of the memo."""
    line = {"start": 2, "ids": [digest * 32, base["_rev"].partition("-")[2]]}
    changed = {**base.get("changed", {}), **{item: [2, AT, ANNA] for item in items}}
    doc = {**base, **items, "changed": changed, "updated": {"at": AT, "by": ANNA}}
    doc |= {"_rev": f"2-{digest * 32}", "_revisions": line}
    assert office.server.database(name).bulk_docs([doc], new_edits=False) == []


def test_branches_in_a_mailbox_are_merged(office: Office) -> None:
    name, base = memo(office, ANNA)
    branch(office, name, base, "a", {"seen": True})
    branch(office, name, base, "b", {"folder": "sent"})
    AgentRunner(office).run_once()
    found = as_person(office, ANNA).database(name).open(base["_id"])
    assert (found.items["seen"], found.items["folder"]) == (True, "sent")
    assert not found.conflict


def test_a_memo_deleted_and_edited_apart_is_asked_about(office: Office) -> None:
    name, base = memo(office, ANNA)
    branch(office, name, base, "a", {"seen": True})
    kept = {
        item: base[item] for item in ("_id", "_rev", "form", "readers", "authors") if item in base
    }
    branch(office, name, kept, "b", {"_deleted": True})
    AgentRunner(office).run_once()
    door = as_person(office, ANNA).database(name)
    assert [one.by for one in door.deletions(base["_id"])] == [ANNA]


def test_only_the_mailboxes_that_changed_are_looked_at(office: Office) -> None:
    name, base = memo(office, ANNA)
    memo(office, ZANE)
    feeds = PersonalFeeds(office)
    assert feeds.run_once() == 2
    assert feeds.run_once() == 0
    branch(office, name, base, "a", {"seen": True})
    assert feeds.run_once() == 1
    assert feeds.status() == {}
    office.server.delete(name)
    assert feeds.run_once() == 0
