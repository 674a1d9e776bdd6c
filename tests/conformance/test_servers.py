"""Creating, listing and deleting databases."""

import uuid

import pytest

from store.api import Server
from store.errors import BadRequest, Conflict, DatabaseExists, NotFound, StoreError


def test_a_database_is_there_until_it_is_deleted(server: Server) -> None:
    name = f"test_{uuid.uuid4().hex}-/+"
    assert not server.exists(name)
    with pytest.raises(NotFound):
        server.database(name).info()
    server.create(name)
    assert server.exists(name) and name in server.all_dbs()
    with pytest.raises(DatabaseExists):
        server.create(name)
    db = server.database(name)
    db.put({"_id": "a"})
    server.delete(name)
    assert not server.exists(name) and name not in server.all_dbs()
    with pytest.raises(StoreError):
        db.get("a")
    with pytest.raises(NotFound):
        server.delete(name)


def test_a_database_that_was_written_since_is_not_deleted(server: Server) -> None:
    name = f"test_{uuid.uuid4().hex}"
    server.create(name)
    db = server.database(name)
    looked = db.info()["update_seq"]
    db.put({"_id": "a"})
    with pytest.raises(Conflict):
        server.delete(name, at=looked)
    assert db.get("a")["_id"] == "a"
    server.delete(name, at=db.info()["update_seq"])
    assert not server.exists(name)


def test_a_database_made_anew_is_empty(server: Server) -> None:
    name = f"test_{uuid.uuid4().hex}"
    server.create(name)
    server.database(name).put({"_id": "a"})
    server.delete(name)
    server.create(name)
    try:
        assert server.database(name).info()["doc_count"] == 0
        with pytest.raises(NotFound, match="missing"):
            server.database(name).get("a")
    finally:
        server.delete(name)


@pytest.mark.parametrize("name", ["Big", "1a", "_own", "a.b", "a b", "", "../x", "ä", "a\n"])
def test_illegal_names_are_refused(server: Server, name: str) -> None:
    with pytest.raises(BadRequest):
        server.create(name)
    assert name not in server.all_dbs()


def test_standings_tell_of_every_change(server: Server) -> None:
    one, other = (f"test_{uuid.uuid4().hex}" for _ in range(2))
    server.create(one)
    server.create(other)
    try:
        before = server.standings([one, other, f"{one}-missing", "No name"])
        assert before.keys() == {one, other}
        assert server.standings([one, other]) == before
        server.database(one).put({"_id": "a"})
        after = server.standings([one, other])
        assert after[one] != before[one] and after[other] == before[other]
        server.delete(one)
        assert server.standings([one]) == {}
        server.create(one)
        server.database(one).put({"_id": "a"})
        assert server.standings([one])[one] not in (before[one], after[one])
        assert server.standings([]) == {}
    finally:
        server.delete(one)
        server.delete(other)
