"""Nobody locks out the last Manager, by whatever way: lists, groups, people who leave, laptops."""

import random
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from acl import access, to_document
from plugin import (
    SESSIONS_ID,
    Acl,
    DivanError,
    Documents,
    Entry,
    EntryType,
    FilteredServer,
    Invalid,
    Level,
    Office,
    Privilege,
)
from plugin.runtime.people.people import leave
from tests.plugin.kit import Kit
from tests.plugin.offices import marked

SHARED = ("work", "settings")
REFUSED = "Nobody could manage"


def managers(office: Office, database: str) -> set[str]:
    """Who is Manager, asked person by person."""
    acl = office.state(database).acl
    names = [person.name for person in office.directory.active()]
    identities = map(office.directory.identity, names)
    return {str(i.name) for i in identities if access(acl, i).level is Level.MANAGER}


def with_managers(acl: Acl, *entries: Entry) -> Acl:
    """The list with these Managers and no others."""
    names = {entry.name for entry in entries}
    others = (entry for entry in acl.entries if entry.name not in names)
    kept = (entry for entry in others if entry.level is not Level.MANAGER)
    return replace(acl, entries=(*kept, *entries))


def manager(name: str, kind: EntryType = EntryType.UNSPECIFIED) -> Entry:
    return Entry(name, kind, Level.MANAGER)


def hand_over(kit: Kit, *entries: Entry) -> None:
    """Give both databases these Managers and no others."""
    for database in SHARED:
        documents = kit.office.system().database(database)
        documents.save_acl(with_managers(documents.acl(), *entries))


def make_external(kit: Kit, name: str) -> None:
    """So that no group of all staff counts before the unit."""
    person = settings(kit).open(f"person:{name}")
    settings(kit).save(person.id, person.rev, {"external": True})


def settings(kit: Kit) -> Documents:
    return kit.office.system().database("settings")


@pytest.mark.parametrize(
    "entry",
    [
        manager("amdin"),
        manager("gone"),
        manager("nogroup", EntryType.GROUP),
        manager("chiefs", EntryType.PERSON),
        manager("eve", EntryType.GROUP),
        manager("*/Nowhere"),
    ],
    ids=lambda entry: f"{entry.name} {entry.type.value}",
)
def test_an_entry_that_matches_nobody_is_no_manager(kit: Kit, entry: Entry) -> None:
    work = kit.work("admin")
    before = work.acl_document()
    with pytest.raises(Invalid) as caught:
        work.save_acl(with_managers(work.acl(), entry))
    assert REFUSED in str(next(iter(caught.value.problems.values())))
    assert work.acl_document() == before


def test_a_group_a_unit_or_a_person_may_follow(kit: Kit) -> None:
    make_external(kit, "anna")
    work = kit.office.system().database("work")
    for entry in (manager("bosses", EntryType.GROUP), manager("*/Sales"), manager("eve")):
        work.save_acl(with_managers(work.acl(), entry))
        assert managers(kit.office, "work")


def test_an_explicit_lower_entry_shuts_out_the_only_member(kit: Kit) -> None:
    hand_over(kit, manager("chiefs", EntryType.GROUP))
    work = kit.office.system().database("work")
    named = replace(work.acl(), entries=(*work.acl().entries, Entry("carl", level=Level.READER)))
    with pytest.raises(Invalid):
        work.save_acl(named)


def empty_the_group(kit: Kit) -> None:
    group = settings(kit).open("group:chiefs")
    settings(kit).save(group.id, group.rev, {"members": []})


def empty_the_outer_group(kit: Kit) -> None:
    group = settings(kit).open("group:bosses")
    settings(kit).save(group.id, group.rev, {"members": None})


def delete_the_group(kit: Kit) -> None:
    settings(kit).delete("group:chiefs", settings(kit).open("group:chiefs").rev)


def deactivate(kit: Kit) -> None:
    person = settings(kit).open("person:carl")
    settings(kit).save(person.id, person.rev, {"active": False})


def delete_the_person(kit: Kit) -> None:
    settings(kit).delete("person:carl", settings(kit).open("person:carl").rev)


@pytest.mark.parametrize(
    "act",
    [
        empty_the_group,
        empty_the_outer_group,
        delete_the_group,
        deactivate,
        delete_the_person,
        lambda kit: leave(kit.office, "carl"),
    ],
    ids=["group", "outer group", "no group", "deactivated", "no person", "leave"],
)
def test_the_directory_cannot_take_the_last_manager(kit: Kit, act: Callable[[Kit], None]) -> None:
    hand_over(kit, manager("bosses", EntryType.GROUP))
    seq = kit.office.server.database("settings").info()["update_seq"]
    with pytest.raises(Invalid) as caught:
        act(kit)
    (text,) = map(str, caught.value.problems.values())
    assert text.startswith("Nobody could manage settings, work any more")
    assert kit.office.server.database("settings").info()["update_seq"] == seq
    assert managers(kit.office, "work") == {"carl"}
    group = settings(kit).open("group:chiefs")
    settings(kit).save(group.id, group.rev, {"members": ["carl", "ben"]})
    leave(kit.office, "carl")
    assert managers(kit.office, "work") == {"ben"}


def test_a_person_moved_out_of_the_managing_unit_is_held_at_that_item(kit: Kit) -> None:
    make_external(kit, "anna")
    hand_over(kit, manager("*/Sales"))
    person = settings(kit).open("person:anna")
    with pytest.raises(Invalid) as caught:
        settings(kit).save(person.id, person.rev, {"department": "Service"})
    assert list(caught.value.problems) == ["department"]


def test_who_has_a_mailbox_may_leave_with_it(kit: Kit) -> None:
    mailbox = kit.office.mail_database("eve")
    assert managers(kit.office, mailbox) == {"eve"}
    leave(kit.office, "eve")
    assert managers(kit.office, mailbox) == set()


def test_the_mailbox_of_another_is_not_given_up(kit: Kit) -> None:
    mailbox = kit.office.system().database(kit.office.mail_database("eve"))
    mailbox.save_acl(with_managers(mailbox.acl(), manager("chiefs", EntryType.GROUP)))
    with pytest.raises(Invalid):
        empty_the_group(kit)


def test_people_from_outside_who_alone_manage_keep_their_highest_level(kit: Kit) -> None:
    hand_over(kit, manager("guest"))
    with pytest.raises(Invalid) as caught:
        settings(kit).create("sessions", {"portal": "Author"}, id=SESSIONS_ID)
    assert list(caught.value.problems) == ["portal"]
    settings(kit).create("sessions", {"portal": "Manager", "laptop": "Author"}, id=SESSIONS_ID)
    assert managers(kit.office, "work") == {"guest"}


def test_a_laptop_cannot_push_it_either(kit: Kit) -> None:
    hand_over(kit, manager("chiefs", EntryType.GROUP))
    server = FilteredServer(kit.session("carl"))
    acl = kit.work("carl").acl()
    line = {"at": "2026-11-22T06:00:00Z", "by": "carl", "text": "…"}
    replaced = to_document(with_managers(acl, manager("amdin")), kit.work("carl").acl_document())
    work, people = kit.office.server.database("work"), kit.office.server.database("settings")
    pushed = {
        "work": [replaced],
        "settings": [
            marked(people.get("person:carl"), "carl", line["at"], active=False),
            {**people.get("group:chiefs"), "_deleted": True},
        ],
    }
    for database, docs in pushed.items():
        rights = Entry(
            "chiefs",
            EntryType.GROUP,
            Level.MANAGER,
            frozenset({Privilege.DELETE, Privilege.REPLICATE}),
        )
        held = kit.office.system().database(database)
        held.save_acl(with_managers(held.acl(), rights))
        if database == "work":
            docs = [{**replaced, "log": [*work.get("acl")["log"], line]}]
        rows = server.database(database).bulk_docs(docs)
        assert all(REFUSED in row["reason"] for row in rows)
    assert len(work.get("acl")["entries"]) > 1
    assert managers(kit.office, "work") == {"carl"}


def test_two_at_once_cannot_each_take_the_other(kit: Kit) -> None:
    """One takes a Manager out of the list, the other takes the second out of the company."""
    for turn in range(6):
        hand_over(kit, manager("eve"), manager("chiefs", EntryType.GROUP))
        start = threading.Barrier(2)

        def demote(start: threading.Barrier = start) -> None:
            work = kit.office.system().database("work")
            new = with_managers(work.acl(), manager("chiefs", EntryType.GROUP))
            start.wait()
            attempt(lambda: work.save_acl(new))

        def dissolve(start: threading.Barrier = start) -> None:
            start.wait()
            attempt(lambda: empty_the_group(kit))

        threads = [threading.Thread(target=one) for one in (demote, dissolve)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert managers(kit.office, "work"), f"turn {turn}"
        group = settings(kit).open("group:chiefs")
        settings(kit).save(group.id, group.rev, {"members": ["carl"]})


def attempt(act: Callable[[], object]) -> bool:
    """Whether it was done; a refusal is as good."""
    try:
        act()
    except DivanError:
        return False
    return True


@pytest.mark.parametrize("seed", range(4))
def test_no_row_of_random_changes_leaves_a_database_without_manager(kit: Kit, seed: int) -> None:
    chance = random.Random(seed)
    names = ["admin", "carl", "ben", "anna", "eve", "chiefs", "bosses", "*/Sales", "all-staff"]
    done = {True: 0, False: 0}

    def change_list() -> None:
        documents = kit.office.system().database(chance.choice(SHARED))
        chosen = [manager(one) for one in chance.sample(names, 1)]
        others = [one for one in names if one not in {entry.name for entry in chosen}]
        low = Entry(chance.choice(others), level=Level.READER)
        documents.save_acl(Acl((Entry("-Default-"), *chosen, low), documents.acl().roles))

    def change_person() -> None:
        doc = settings(kit).open(f"person:{chance.choice(names[:5])}")
        item = chance.choice(["active", "active", "department"])
        value = chance.choice(["Service", "Sales"] if item == "department" else [True, False])
        settings(kit).save(doc.id, doc.rev, {item: value})

    def change_group() -> None:
        doc = settings(kit).open(f"group:{chance.choice(('chiefs', 'bosses'))}")
        members = chance.sample(names[:5], chance.randint(0, 2))
        settings(kit).save(doc.id, doc.rev, {"members": members})

    for step in range(60):
        done[attempt(chance.choice([change_list, change_person, change_group]))] += 1
        for database in SHARED:
            assert managers(kit.office, database), f"seed {seed}, step {step}, {database}"
    assert min(done.values()) > 3, f"seed {seed}: {done}"
