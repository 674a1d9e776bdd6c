"""The writes of the truth table against a real store, which validates them with the same files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acl import access, reason, security_object, user_context
from store.api import Database, Server
from store.couchapp import read_folder
from store.errors import Forbidden, Unauthorized
from store.lite.server import LiteServer
from store.types import UserContext
from tests.acl.building import acl_of, identity_of
from tests.acl.javascript import LIB

CASES = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))
WRITES = [
    pytest.param(case, write, id=f"{case['line']}: {case['title']} ({number})")
    for case in CASES
    for number, write in enumerate(case.get("writes", []), 1)
]
CHECK = """function (doc, old, userCtx, secObj) {
  require('lib/access_check').check(doc, old, userCtx, secObj);
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = LiteServer(tmp_path_factory.mktemp("store"))
    yield server
    server.close()


@pytest.fixture
def db(server: Server) -> Iterator[Database]:
    server.create("tracking")
    db = server.database("tracking")
    db.put({"_id": "_design/divan", "lib": read_folder(LIB), "validate_doc_update": CHECK})
    yield db
    server.delete("tracking")


@pytest.mark.parametrize(("case", "write"), WRITES)
def test_the_store_decides_alike(
    server: Server, db: Database, case: dict[str, Any], write: dict[str, Any]
) -> None:
    acl, identity = acl_of(case["acl"]), identity_of(case["identity"])
    db.set_security(security_object(acl))
    new, old = dict(write["new"]), write["old"]
    if old is not None:
        new["_rev"] = db.put(old)
    context = UserContext(*user_context(identity, access(acl, identity)))
    people = server.database("tracking", context)
    if write["code"] == "allowed":
        assert people.put(new).partition("-")[0].isdigit()
        return
    with pytest.raises((Forbidden, Unauthorized)) as refused:
        people.put(new)
    assert refused.value.reason == reason(write["code"]).text
