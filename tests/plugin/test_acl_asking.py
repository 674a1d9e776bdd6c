"""What somebody has and by what, and why a document can or can not be seen."""

from dataclasses import replace

import pytest

from plugin import SESSIONS_ID, Level, NotFound, Privilege, Refused, SessionKind, Why
from tests.plugin.kit import Kit, entry
from tests.plugin.readable import ACTIVE, fill, with_entry


def ways(found: Why) -> dict[str, tuple[str, ...]]:
    return dict(found.paths)


def test_a_nested_group_is_shown_with_the_way_into_it(kit: Kit) -> None:
    found = kit.work("admin").effective("carl")
    assert found.access.level is Level.EDITOR
    assert found.access.roles == {"[Leaders]"}
    by_group = {fact.path[-1]: fact.path for fact in found.facts}
    assert by_group == {"all-staff": ("carl", "all-staff"), "bosses": ("carl", "chiefs", "bosses")}
    assert str(found.facts[1].text) == 'The group "bosses" has Editor.'


def test_groups_nobody_in_particular_and_caps_can_be_asked_for(kit: Kit) -> None:
    work = kit.work("admin")
    assert work.effective("chiefs").kind == "group"
    assert work.effective("chiefs").access.level is Level.EDITOR
    nobody = work.effective("Anonymous")
    assert (nobody.kind, nobody.access.level) == ("anonymous", Level.NO_ACCESS)
    assert nobody.access.privileges == {Privilege.READ_PUBLIC}
    settings = kit.office.system().database("settings")
    settings.create("sessions", {"laptop": "Author"}, id=SESSIONS_ID)
    assert work.effective("admin", SessionKind.PASSWORD).access.level is Level.MANAGER
    capped = work.effective("admin", SessionKind.LAPTOP)
    assert capped.access.level is Level.AUTHOR
    assert [str(fact.text) for fact in capped.facts] == [
        'The entry "admin" names the person: Manager.',
        "This kind of session lowers the level to Author.",
    ]
    for name in ("gone", "nobody", "[Leaders]", ""):
        with pytest.raises(NotFound):
            work.effective(name)


def test_everywhere_shows_what_the_one_who_asks_manages(kit: Kit) -> None:
    kit.office.mail_database("eve")
    by_admin = {i.name: e.access.level for i, e in kit.session("admin").everywhere("rita")}
    assert by_admin == {"settings": Level.READER, "work": Level.READER}
    assert [i.name for i, _ in kit.session("eve").everywhere("rita")] == ["mail_eve"]
    own = [info.name for info, _ in kit.session("eve").everywhere("eve")]
    assert own == ["settings", "work", "mail_eve"]


def test_why_names_the_item_the_group_and_the_people_in_it(kit: Kit) -> None:
    job = kit.work("anna").create("job", {"name": "Roof", "team": ["rita"]})
    found = kit.work("admin").why(job.id, "carl") if kit.work("admin").exists(job.id) else None
    assert found is None  # a Manager is no reader
    found = kit.work("anna").why(job.id, "carl")
    assert found.explanation.decisions["read"].allowed
    assert ways(found)["leaders-of:anna"] == ("carl", "leaders-of:anna")
    assert found.meant["leaders-of:anna"] == ("ben", "carl")
    assert found.meant["[Leaders]"] == ("carl",)
    assert ways(found)["[Leaders]"] == ("carl", "[Leaders]")
    dan = kit.work("anna").why(job.id, "dan")
    assert dan.explanation.decisions["read"].reason.code == "not_reader"
    assert dan.paths == {}
    rita = kit.work("anna").why(job.id, "rita").explanation.decisions
    assert rita["read"].allowed
    assert rita["edit"].reason.code == "edit_level"


def test_what_one_may_not_read_does_not_exist_for_who_asks(kit: Kit) -> None:
    job = kit.work("anna").create("job", {"name": "Roof"})
    answers = []
    for docid in (job.id, "job:never-there", "acl", "_design/divan"):
        for person in ("anna", "admin"):
            with pytest.raises(NotFound) as caught:
                kit.work("admin").why(docid, person)
            answers.append(str(caught.value))
    assert len(set(answers)) == 1


def test_one_may_ask_about_oneself_and_of_others_who_edits_or_manages(kit: Kit) -> None:
    job = kit.work("anna").create("job", {"name": "Roof", "team": ["rita"]})
    assert kit.work("rita").why(job.id, "rita").explanation.decisions["read"].allowed
    with pytest.raises(Refused, match="ask about others"):
        kit.work("rita").why(job.id, "dan")
    firm = kit.work("eve").create("firm", {"name": "Acme"})
    assert not kit.work("admin").why(firm.id, "Anonymous").explanation.decisions["read"].allowed
    work = kit.work("admin")
    work.save_acl(replace(work.acl(), entries=(*work.acl().entries, entry("dan", Level.MANAGER))))
    assert kit.work("dan").why(firm.id, "rita").explanation.decisions["read"].allowed


def test_who_may_not_look_people_up_learns_no_names(kit: Kit) -> None:
    settings, work = kit.session("admin").database("settings"), kit.work("admin")
    settings.save_acl(with_entry(settings.acl(), entry("guest", Level.NO_ACCESS)))
    work.save_acl(with_entry(work.acl(), entry("guest", Level.READER)))
    page = kit.work("eve").create("page", {"for": ["guest", "eve", "bosses"]})
    guest = kit.work("guest")
    found = guest.why(page.id, "guest")
    assert dict(found.meant) == dict.fromkeys(found.meant, ()) | {"guest": ("guest",)}
    assert guest.effective("guest").access.level is Level.READER
    answers = set()
    for name in ("eve", "bosses", "nobody"):
        for ask in (guest.effective, lambda name: kit.session("guest").everywhere(name)):
            try:
                answers.add(repr(ask(name)))
            except NotFound as error:
                answers.add(str(error).replace(name, "?"))
    assert answers <= {"Nobody is called ?.", "[]"}


def test_the_answer_is_what_the_door_does(kit: Kit) -> None:
    """For everybody and every kind of document, asked in the server's name."""
    made = fill(kit)
    work = kit.work("admin")
    public = entry("dora", Level.NO_ACCESS, Privilege.READ_PUBLIC, Privilege.WRITE_PUBLIC)
    work.save_acl(with_entry(work.acl(), public))
    for shut in (False, True):
        if shut:
            design = kit.office.server.database("work").get("_design/divan")
            design["forms"]["flyer"]["public"] = False
            del design["listings"]["flyers_by_name"]
            kit.office.server.database("work").put(design)
        asked = kit.office.system().database("work")
        for name in ACTIVE:
            door = kit.work(name)
            for docid in made:
                found = asked.why(docid, name).explanation.decisions
                assert found["read"].allowed is door.exists(docid), (name, docid, shut)
                if found["read"]:
                    raw = door.open(docid).raw
                    actual = [door.may("edit", raw).allowed, door.may("delete", raw).allowed]
                    assert [found["edit"].allowed, found["delete"].allowed] == actual


def test_each_branch_of_a_conflict_is_a_step(kit: Kit) -> None:
    branches = [
        {"_id": "firm:torn", "_rev": f"1-{name}", "form": "firm", "name": name,
         "readers": {"people": [name, "admin"]}}
        for name in ("anna", "dan")
    ]  # fmt: skip
    kit.office.server.database("work").bulk_docs(branches, new_edits=False)
    found = kit.work("admin").why("firm:torn", "dan")
    assert [branch.rev for branch in found.explanation.branches] == ["1-dan", "1-anna"]
    assert [branch.rev for branch in found.explanation.refused] == ["1-anna"]
    assert not found.explanation.decisions["read"].allowed
    assert kit.work("admin").why("firm:torn", "admin").explanation.decisions["read"].allowed
