"""`_local/` documents."""

import pytest

from store.api import Database
from store.errors import Conflict, NotFound
from store.types import ChangesOptions
from tests.conformance.helpers import changed_ids

ID = "_local/checkpoint"


def test_a_local_document_is_kept_apart(db: Database) -> None:
    seq = db.info()["update_seq"]
    assert db.put_local({"_id": ID, "seq": 7}) == "0-1"
    assert db.get_local(ID) == {"_id": ID, "_rev": "0-1", "seq": 7}
    assert changed_ids(db, ChangesOptions(since=seq)) == []
    assert db.all_docs()["rows"] == [] and db.info()["doc_count"] == 0


@pytest.mark.needs("checked local documents")
def test_revisions_are_counted_and_checked(db: Database) -> None:
    db.put_local({"_id": ID, "seq": 1})
    with pytest.raises(Conflict):
        db.put_local({"_id": ID, "seq": 2})
    assert db.put_local({"_id": ID, "_rev": "0-1", "seq": 2}) == "0-2"
    with pytest.raises(Conflict):
        db.put_local({"_id": ID, "_rev": "0-1", "seq": 3})
    assert db.get_local(ID)["seq"] == 2


def test_a_local_document_can_be_deleted(db: Database) -> None:
    with pytest.raises(NotFound):
        db.get_local(ID)
    revision = db.put_local({"_id": ID})
    db.delete_local(ID, revision)
    with pytest.raises(NotFound):
        db.get_local(ID)
    assert db.put_local({"_id": ID, "n": 2}) == "0-1"
