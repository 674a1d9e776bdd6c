"""`_security`, and what `validate_doc_update` and design documents refuse."""

import pytest

from store.api import Database, Server
from store.errors import BadRequest, Forbidden, Unauthorized
from store.types import UserContext

ANNA = UserContext("anna", ("sales",))
NOBODY = UserContext()

VALIDATE = """function (newDoc, oldDoc, userCtx, secObj) {
  if (newDoc._deleted && !oldDoc) throw({forbidden: 'nothing to delete'});
  if (newDoc.secret && userCtx.name !== 'anna') throw({unauthorized: 'only anna'});
  if (oldDoc && oldDoc.locked) throw({forbidden: 'locked by ' + oldDoc._rev.substr(0, 2)});
  if (newDoc.stop) throw({forbidden: 'stop for ' + userCtx.roles.join() + secObj.word});
}"""


def test_security_comes_back_as_it_was_set(db: Database) -> None:
    assert db.security().get("word") is None
    security = {
        "admins": {"names": ["x"], "roles": ["_admin"]},
        "members": {"names": [], "roles": ["sales"]},
        "acl": {"entries": [1]},
    }
    db.set_security(security)
    assert db.security() == security


@pytest.mark.needs("checked security")
@pytest.mark.parametrize("bad", [{"admins": []}, {"members": {"names": "x"}}])
def test_a_malformed_security_object_is_refused(db: Database, bad: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        db.set_security(bad)


@pytest.mark.needs("users")
def test_only_members_get_in(db: Database, server: Server) -> None:
    db.put({"_id": "a"})
    db.set_security({"members": {"names": [], "roles": ["sales"]}})
    assert server.database(db.name, ANNA).get("a")["_id"] == "a"
    with pytest.raises(Forbidden):
        server.database(db.name, UserContext("bob")).get("a")
    with pytest.raises(Unauthorized):
        server.database(db.name, NOBODY).changes()
    with pytest.raises(Forbidden):
        server.database(db.name, UserContext("bob")).put({"_id": "b"})


@pytest.mark.needs("users")
def test_design_documents_and_security_are_for_administrators(db: Database, server: Server) -> None:
    as_anna = server.database(db.name, ANNA)
    with pytest.raises(Forbidden):
        as_anna.put({"_id": "_design/x"})
    with pytest.raises(Forbidden):
        as_anna.set_security({})
    with pytest.raises((Forbidden, Unauthorized)):  # over HTTP as on any path of the server's
        as_anna.purge({})
    db.set_security({"admins": {"names": [], "roles": ["sales"]}})
    assert as_anna.put({"_id": "_design/x"}).startswith("1-")


@pytest.mark.needs("users")
def test_validate_functions_judge_under_the_users_name(db: Database, server: Server) -> None:
    db.set_security({"word": "!"})
    db.put({"_id": "_design/check", "validate_doc_update": VALIDATE})
    as_anna = server.database(db.name, ANNA)
    assert as_anna.put({"_id": "a", "secret": 1}).startswith("1-")
    with pytest.raises(Unauthorized, match="only anna"):
        server.database(db.name, UserContext("bob")).put({"_id": "b", "secret": 1})
    with pytest.raises(Forbidden, match="stop for sales!"):
        as_anna.put({"_id": "b", "stop": True})
    assert db.info()["doc_count"] == 2


def test_validate_functions_see_the_old_document_and_admins_too(db: Database) -> None:
    first = db.put({"_id": "a", "locked": True})
    db.put({"_id": "_design/check", "validate_doc_update": VALIDATE})
    with pytest.raises(Forbidden, match="locked by 1-"):
        db.put({"_id": "a", "_rev": first})
    with pytest.raises(Forbidden, match="locked by 1-"):
        db.delete("a", first)
    assert db.get("a")["_rev"] == first


def test_a_refused_document_does_not_stop_its_batch(db: Database) -> None:
    db.put({"_id": "_design/check", "validate_doc_update": VALIDATE})
    rows = db.bulk_docs([{"_id": "a"}, {"_id": "b", "stop": True}, {"_id": "c"}])
    assert [row.get("error") for row in rows] == [None, "forbidden", None]
    replicated = [
        {"_id": "d", "_rev": "1-aa", "_revisions": {"start": 1, "ids": ["aa"]}},
        {"_id": "e", "_rev": "1-bb", "_revisions": {"start": 1, "ids": ["bb"]}, "stop": True},
    ]
    (refused,) = db.bulk_docs(replicated, new_edits=False)
    assert (refused["id"], refused["error"]) == ("e", "forbidden")
    assert db.get("d")["_rev"] == "1-aa"


def test_a_changed_validate_function_counts_at_once(db: Database) -> None:
    rev = db.put({"_id": "_design/check", "validate_doc_update": VALIDATE})
    db.delete("_design/check", rev)
    assert db.put({"_id": "a", "stop": True}).startswith("1-")
    db.put({"_id": "_design/check", "validate_doc_update": VALIDATE})
    with pytest.raises(Forbidden):
        db.put({"_id": "b", "stop": True})
