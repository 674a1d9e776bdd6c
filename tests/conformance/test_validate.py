"""`validate_doc_update`: what a design document lets through, under whose name."""

from typing import Any

import pytest

from store.api import Database, Server
from store.errors import DesignError, Forbidden, StoreError, Unauthorized
from store.types import ADMIN, UserContext
from tests.conformance.helpers import rev

ANNA = UserContext("anna", ("sales",))

OWNERS = """// Only the owner changes a document, only people sign, administrators may do all.
function (newDoc, oldDoc, userCtx, secObj) {
    var words = require('lib/words');
    if (userCtx.roles.indexOf('_admin') >= 0) return;
    if (userCtx.name === null) throw({unauthorized: words.who});
    if (oldDoc && oldDoc.owner !== userCtx.name) {
        throw({forbidden: oldDoc._id + ' of ' + oldDoc.owner + ' in ' + userCtx.db.slice(0, 5)});
    }
    if (newDoc._deleted) return;
    if (newDoc.owner !== userCtx.name) throw({forbidden: this.messages.owner});
    if (secObj.closed) throw({forbidden: 'closed'});
}"""
DESIGN: dict[str, Any] = {
    "_id": "_design/rules",
    "validate_doc_update": OWNERS,
    "lib": {"words": "exports.who = 'Who are you?';"},
    "messages": {"owner": "sign with your name"},
}


OPEN: dict[str, Any] = {
    "admins": {"names": [], "roles": []},
    "members": {"names": [], "roles": []},
}
"""Lets everybody in: a new database of CouchDB's is closed to all but its administrators."""


@pytest.fixture
def anna(server: Server, db: Database) -> Database:
    db.set_security(OPEN)
    db.put(DESIGN)
    return server.database(db.name, ANNA)


@pytest.mark.needs("users")
def test_what_is_allowed_is_written(anna: Database) -> None:
    first = anna.put({"_id": "a", "owner": "anna"})
    second = anna.put({"_id": "a", "_rev": first, "owner": "anna", "n": 1})
    anna.delete("a", second)


@pytest.mark.needs("users")
def test_forbidden_and_unauthorized(server: Server, db: Database, anna: Database) -> None:
    with pytest.raises(Forbidden, match="sign with your name"):
        anna.put({"_id": "a", "owner": "bo"})
    nobody = server.database(db.name, UserContext())
    with pytest.raises(Unauthorized):
        nobody.put({"_id": "a", "owner": "bo"})
    db.put({"_id": "a", "owner": "bo"})
    with pytest.raises(Forbidden, match="a of bo in test_"):
        anna.put({**db.get("a"), "owner": "anna"})
    with pytest.raises(Forbidden):
        anna.delete("a", db.get("a")["_rev"])
    assert db.get("a")["owner"] == "bo"


@pytest.mark.needs("users")
def test_a_refused_document_does_not_stop_the_others(anna: Database) -> None:
    answer = anna.bulk_docs(
        [{"_id": "a", "owner": "anna"}, {"_id": "b", "owner": "bo"}, {"_id": "c", "owner": "anna"}]
    )
    assert [row.get("error") for row in answer] == [None, "forbidden", None]
    assert answer[1]["reason"] == "sign with your name"


@pytest.mark.needs("users")
def test_replicated_documents_are_checked(anna: Database, db: Database) -> None:
    docs = [
        {"_id": "a", "_rev": rev(1, "a"), "owner": "anna"},
        {"_id": "b", "_rev": rev(1, "b"), "owner": "bo"},
    ]
    refused = anna.bulk_docs(docs, new_edits=False)
    assert [(row["id"], row["error"]) for row in refused] == [("b", "forbidden")]
    assert [row["id"] for row in db.all_docs()["rows"]] == ["_design/rules", "a"]


@pytest.mark.needs("users")
def test_the_security_object_is_seen(anna: Database, db: Database) -> None:
    db.set_security({"closed": True})
    with pytest.raises(Forbidden, match="closed"):
        anna.put({"_id": "a", "owner": "anna"})


@pytest.mark.needs("users")
def test_local_documents_are_not_checked(anna: Database) -> None:
    anna.put_local({"_id": "_local/mark", "owner": "bo"})


@pytest.mark.needs("users")
def test_design_documents_need_an_administrator(anna: Database, db: Database) -> None:
    with pytest.raises(StoreError) as refused:
        anna.put({"_id": "_design/other", "owner": "anna"})
    assert isinstance(refused.value, Forbidden | Unauthorized)
    db.set_security({"admins": {"names": ["anna"], "roles": []}})
    anna.put({"_id": "_design/other", "owner": "bo"})


def test_administrators_are_checked_too(db: Database) -> None:
    db.put(
        {"_id": "_design/no", "validate_doc_update": "function () { throw({forbidden: 'no'}); }"}
    )
    assert db.user == ADMIN
    with pytest.raises(Forbidden, match="no"):
        db.put({"_id": "a"})


def test_all_functions_must_agree(db: Database) -> None:
    for name in ("a", "b"):
        source = f"function (doc) {{ if (doc.not === '{name}') throw({{forbidden: '{name}'}}); }}"
        db.put({"_id": f"_design/{name}", "validate_doc_update": source})
    answer = db.bulk_docs([{"_id": n, "not": n} for n in ("a", "b", "c")])
    assert [row.get("reason") for row in answer] == ["a", "b", None]


def test_a_new_rule_counts_at_once_and_a_removed_one_no_more(db: Database) -> None:
    no = {"_id": "_design/no", "validate_doc_update": "function () { throw({forbidden: 'no'}); }"}
    revision = db.put(no)
    with pytest.raises(Forbidden):
        db.put({"_id": "a"})
    db.delete("_design/no", revision)
    db.put({"_id": "a"})


@pytest.mark.parametrize(
    "source",
    ["function (doc) { doc.missing.item; }", "function (doc) { throw('words'); }", "function (doc"],
)
def test_a_failing_function_refuses(db: Database, source: str) -> None:
    try:
        db.put({"_id": "_design/broken", "validate_doc_update": source})
    except DesignError:
        return  # some stores refuse what does not compile when it is written
    with pytest.raises(StoreError):
        db.put({"_id": "a"})
    assert [row["id"] for row in db.all_docs()["rows"]] == ["_design/broken"]
