"""Attachments: whole, as stubs, kept from revision to revision."""

import base64
import hashlib
from typing import Any

import pytest

from store.api import Database
from store.errors import Conflict, NotFound, PreconditionFailed, StoreError
from store.types import ViewOptions
from tests.conformance.helpers import graft, rev

DATA = bytes(range(256)) * 40
DIGEST = "md5-" + base64.b64encode(hashlib.md5(DATA, usedforsecurity=False).digest()).decode()


def inline(data: bytes = DATA, content_type: str = "image/png") -> dict[str, Any]:
    return {"content_type": content_type, "data": base64.b64encode(data).decode()}


def test_an_attachment_comes_back_whole(db: Database) -> None:
    db.put({"_id": "a", "_attachments": {"图.png": inline()}})
    found = db.get_attachment("a", "图.png")
    assert (found.data, found.content_type, found.digest) == (DATA, "image/png", DIGEST)
    assert found.revpos == 1


def test_documents_show_stubs_unless_asked(db: Database) -> None:
    db.put({"_id": "a", "_attachments": {"f": inline()}})
    assert db.get("a")["_attachments"] == {
        "f": {
            "content_type": "image/png", "revpos": 1, "digest": DIGEST,
            "length": len(DATA), "stub": True,
        }
    }  # fmt: skip
    whole = db.get("a", attachments=True)["_attachments"]["f"]
    assert base64.b64decode(whole["data"]) == DATA and "stub" not in whole
    rows = db.all_docs(ViewOptions(include_docs=True))["rows"]
    assert rows[0]["doc"]["_attachments"]["f"]["stub"] is True


def test_a_stub_keeps_the_attachment_and_leaving_it_out_drops_it(db: Database) -> None:
    db.put({"_id": "a", "_attachments": {"f": inline(), "g": inline(b"g")}})
    doc = db.get("a")
    del doc["_attachments"]["g"]
    second = db.put({**doc, "n": 2})
    assert db.get_attachment("a", "f").data == DATA and db.get_attachment("a", "f").revpos == 1
    with pytest.raises(NotFound):
        db.get_attachment("a", "g")
    db.put({"_id": "a", "_rev": second, "n": 3})
    assert "_attachments" not in db.get("a")
    assert db.get_attachment("a", "g", rev=doc["_rev"]).data == b"g"


def test_a_stub_of_nothing_is_refused(db: Database) -> None:
    with pytest.raises((PreconditionFailed, StoreError), match="stub"):
        db.put({"_id": "a", "_attachments": {"f": {"stub": True, "content_type": "text/plain"}}})
    with pytest.raises(NotFound):
        db.get("a")


def test_a_known_digest_does_not_give_another_documents_content(db: Database) -> None:
    db.put({"_id": "secret", "_attachments": {"f": inline()}})
    stub = {"stub": True, "content_type": "image/png", "digest": DIGEST, "revpos": 1, "length": 9}
    with pytest.raises(StoreError, match="stub"):
        db.put({"_id": "mine", "_attachments": {"f": stub}})


def test_attachments_can_be_put_and_deleted_alone(db: Database) -> None:
    first = db.put_attachment("a", "f", DATA, "image/png", rev=None)
    second = db.put_attachment("a", "g", b"", "text/plain", rev=first)
    assert sorted(db.get("a")["_attachments"]) == ["f", "g"]
    assert db.get_attachment("a", "g").data == b""
    assert db.get_attachment("a", "g").revpos == 2
    third = db.delete_attachment("a", "f", rev=second)
    assert db.get("a")["_rev"] == third
    assert sorted(db.get("a")["_attachments"]) == ["g"]
    with pytest.raises(NotFound):
        db.get_attachment("a", "f")


def test_an_attachment_goes_on_a_revision_that_is_there(db: Database) -> None:
    db.put_attachment("a", "f", DATA, "image/png", rev=None)
    with pytest.raises(Conflict, match="missing_rev"):
        db.put_attachment("a", "g", DATA, "image/png", rev=rev(1, "other"))
    with pytest.raises(Conflict, match="missing_rev"):
        db.delete_attachment("a", "f", rev=rev(1, "other"))
    with pytest.raises(NotFound, match="Document is missing attachment"):
        db.delete_attachment("a", "g", rev=db.get("a")["_rev"])
    assert sorted(db.get("a")["_attachments"]) == ["f"]


def test_base64_may_stand_in_lines(db: Database) -> None:
    lines = base64.encodebytes(DATA).decode()
    assert "\n" in lines
    db.put({"_id": "a", "_attachments": {"f": {"content_type": "image/png", "data": lines}}})
    assert db.get_attachment("a", "f").data == DATA


def test_replicated_attachments_are_kept(db: Database) -> None:
    one, two, three = rev(1, "one"), rev(2, "two"), rev(3, "three")
    graft(db, "a", one, two, _attachments={"f": {**inline(), "revpos": 1}})
    (entry,) = db.open_revs("a", [two], attachments=True)
    assert base64.b64decode(entry["ok"]["_attachments"]["f"]["data"]) == DATA
    assert entry["ok"]["_attachments"]["f"]["revpos"] == 1
    stub = {"stub": True, "content_type": "image/png", "digest": DIGEST, "revpos": 1, "length": 9}
    graft(db, "a", one, two, three, _attachments={"f": stub})
    assert db.get_attachment("a", "f").data == DATA
