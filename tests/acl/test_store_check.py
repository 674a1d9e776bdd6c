"""What validate_doc_update throws: CouchDB's forbidden and unauthorized, and the last Manager."""

from typing import Any

import pytest

from acl import Acl, Entry, EntryType, Identity, Level, security_object, to_document
from tests.acl.building import context_of
from tests.acl.javascript import JavaScript

ADMINS = Entry("admins", EntryType.GROUP, Level.MANAGER)
DEFAULT = Entry("-Default-", level=Level.NO_ACCESS)
ACL = Acl((DEFAULT, ADMINS, Entry("anna", EntryType.PERSON, Level.AUTHOR)))
MANAGER = Identity("jane", groups=frozenset(["admins"]))
ANNA = Identity("anna")
DEAL = {"_id": "deal:1", "form": "deal", "authors": {"team": ["anna"]}}


@pytest.fixture(scope="module")
def js() -> JavaScript:
    return JavaScript()


def _check(js: JavaScript, new: Any, old: Any, identity: Identity, acl: Acl = ACL) -> Any:
    security = security_object(acl)
    return js.thrown("access_check", "check", new, old, context_of(identity), security)


def test_a_refusal_is_forbidden_with_the_reason(js: JavaScript) -> None:
    thrown = _check(js, DEAL, None, ANNA)
    assert thrown == {"forbidden": "You may not create documents in this database."}
    assert _check(js, {**DEAL, "name": "x"}, DEAL, ANNA) is None


def test_who_is_not_signed_in_is_unauthorized(js: JavaScript) -> None:
    thrown = _check(js, DEAL, None, Identity(None))
    assert thrown == {"unauthorized": "You may not create documents in this database."}


def test_the_server_itself_passes(js: JavaScript) -> None:
    admin = {"db": "tracking", "name": None, "roles": ["_admin"]}
    assert js.thrown("access_check", "check", DEAL, None, admin, {}) is None


def test_a_database_without_a_list_takes_nothing_from_others(js: JavaScript) -> None:
    thrown = js.thrown("access_check", "check", DEAL, None, context_of(MANAGER), {})
    assert thrown == {"forbidden": "This database has no access control list."}


def test_the_last_manager_cannot_be_removed(js: JavaScript) -> None:
    old = to_document(ACL)
    server = Entry("divan-server", EntryType.SERVER, Level.MANAGER)
    for entries in [(DEFAULT,), (DEFAULT, server), (Entry("-Default-", level=Level.MANAGER),)]:
        thrown = _check(js, to_document(Acl(entries)), old, MANAGER)
        assert thrown == {"forbidden": "At least one person or group must stay Manager."}
    lowered = to_document(Acl((DEFAULT, Entry("jane", EntryType.PERSON, Level.MANAGER))))
    assert _check(js, lowered, old, MANAGER) is None


def test_a_list_of_another_shape_is_refused(js: JavaScript) -> None:
    for broken in [
        {"entries": {}},
        {"entries": [None]},
        {"entries": [{"name": "x"}]},
        {"roles": 1},
    ]:
        thrown = _check(js, {**to_document(ACL), **broken}, to_document(ACL), MANAGER)
        assert thrown["forbidden"].startswith("The access control list cannot be read")


def test_without_a_shape_nothing_is_thrown_but_a_refusal(js: JavaScript) -> None:
    for readers in [1, "x", ["x"], {"a": "x"}, {"a": [1]}]:
        thrown = _check(js, {**DEAL, "readers": readers}, None, MANAGER)
        assert thrown == {"forbidden": "Readers and Authors items must be lists of names."}
