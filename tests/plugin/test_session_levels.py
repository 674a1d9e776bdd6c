"""The highest level by kind of session: lowers what the lists give, wherever somebody comes in."""

import pytest

from acl import Level
from plugin import Invalid, Refused, SessionKind
from plugin.runtime.access.session_levels import SESSIONS_ID, cap, read_levels
from plugin.runtime.commands.sessions import sessions
from tests.plugin.company import Company


def _lower(company: Company, **levels: str) -> None:
    door = company.door("admin", "settings")
    doc = door.open(SESSIONS_ID)
    door.save(doc.id, doc.rev, levels)


def test_a_new_office_lowers_only_people_from_outside(company: Company) -> None:
    of = company.office.directory.identity
    assert [of("anna", kind).cap for kind in SessionKind][:2] == [Level.MANAGER, Level.MANAGER]
    assert of("guest", SessionKind.PASSWORD).cap is Level.AUTHOR
    assert of("guest").cap is Level.AUTHOR
    assert of("anna").cap is Level.MANAGER


def test_a_kind_of_session_is_lowered_and_no_other(company: Company) -> None:
    _lower(company, password="Reader")
    of = company.office.directory.identity
    assert of("anna", SessionKind.PASSWORD).cap is Level.READER
    assert of("anna", SessionKind.LAPTOP).cap is Level.MANAGER
    door = company.office.session(of("anna", SessionKind.PASSWORD)).database("customers")
    with pytest.raises(Refused) as error:
        door.create("customer", {"name": "x"})
    assert str(error.value) == "You may not create documents in this database."


def test_the_store_itself_refuses_what_is_above_the_cap(company: Company) -> None:
    customer = company.customer("anna")
    _lower(company, laptop="Reader")
    who = company.office.directory.identity("anna", SessionKind.LAPTOP)
    context = company.office.session(who).context("customers")
    with pytest.raises(Exception, match="does not let you edit"):
        context.writing.put({**customer.raw, "phone": "1"})


def test_there_is_one_such_document(company: Company) -> None:
    levels = dict.fromkeys(SessionKind, "Manager")
    with pytest.raises(Invalid):
        company.door("admin", "settings").create("sessions", {"title": "x", **levels})
    with pytest.raises(Refused):
        company.door("anna", "settings").create("sessions", {"title": "x", **levels})


def test_what_is_damaged_lets_nobody_in_and_what_is_missing_lowers_nothing() -> None:
    levels = read_levels({"password": "Boss", "laptop": 7})
    assert cap(levels, SessionKind.PASSWORD, external=False) is Level.NO_ACCESS
    assert cap(levels, SessionKind.LAPTOP, external=True) is Level.NO_ACCESS
    assert cap(read_levels(None), SessionKind.PASSWORD, external=True) is Level.MANAGER
    assert cap({}, None, external=True) is Level.MANAGER


def test_the_lower_cap_counts_for_a_person_from_outside() -> None:
    levels = read_levels({"password": "Editor", "laptop": "Reader", "portal": "Author"})
    assert cap(levels, SessionKind.PASSWORD, external=True) is Level.AUTHOR
    assert cap(levels, SessionKind.LAPTOP, external=True) is Level.READER


def test_the_command_line_opens_what_nobody_can_open_on_a_page(company: Company) -> None:
    _lower(company, password="No Access")
    run = sessions.main
    run(["--password", "manager"], obj=company.office.data, standalone_mode=False)
    identity = company.office.directory.identity("admin", SessionKind.PASSWORD)
    assert identity.cap is Level.MANAGER


def test_the_command_makes_a_document_that_was_deleted(company: Company) -> None:
    door = company.system.database("settings")
    door.delete(SESSIONS_ID, door.open(SESSIONS_ID).rev)
    assert company.office.directory.identity("guest").cap is Level.MANAGER
    arguments = ["--laptop", "Author"]
    sessions.main(arguments, obj=company.office.data, standalone_mode=False)
    of = company.office.directory.identity
    assert of("anna", SessionKind.LAPTOP).cap is Level.AUTHOR
    assert of("anna", SessionKind.PASSWORD).cap is Level.MANAGER
