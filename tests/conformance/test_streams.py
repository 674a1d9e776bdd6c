"""Attachments in pieces: written, read by range, carried from document to document."""

import gzip
import hashlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from store.api import Database
from store.errors import Conflict, DigestMismatch, NotFound
from store.types import Content, Doc
from tests.conformance.helpers import graft, rev

LARGE = b"".join(hashlib.sha256(bytes([at])).digest() * 9 for at in range(256)) * 20
"""1.4 MB: several pieces of every backend, and of no type that CouchDB would zip."""
KIND = "image/png"


@dataclass
class Pieces:
    """A Content in pieces of odd sizes, that can be read once."""

    data: bytes
    tell: bool = True
    begun: bool = False

    @property
    def length(self) -> int | None:
        return len(self.data) if self.tell else None

    def pieces(self) -> Iterator[bytes]:
        assert not self.begun, "read twice"
        self.begun = True
        for at in range(0, len(self.data), 70_001):
            yield self.data[at : at + 70_001]


def digest(data: bytes) -> str:
    return "md5-" + b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def given(data: Content, **facts: Any) -> dict[str, Any]:
    return {"content_type": KIND, "data": data, "length": data.length, **facts}


@pytest.mark.parametrize("tell", [True, False], ids=["of known length", "of unknown length"])
def test_a_content_is_attached_in_pieces(db: Database, tell: bool) -> None:
    db.put_attachment("a", "f", Pieces(LARGE, tell), KIND, rev=None)
    found = db.get_attachment("a", "f")
    assert (found.digest, found.length, found.revpos) == (digest(LARGE), len(LARGE), 1)
    assert b"".join(found.content.pieces()) == LARGE
    assert found.content.length == len(LARGE)


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 1), (5, None), (0, 262_144), (262_143, 262_145), (262_144, 524_288),
     (len(LARGE) - 1, None), (100, 10**9), (len(LARGE), None), (7, 7)],
)  # fmt: skip
def test_a_part_is_read_alone(db: Database, start: int, stop: int | None) -> None:
    db.put_attachment("a", "f", LARGE, KIND, rev=None)
    content = db.get_attachment("a", "f").content
    assert b"".join(content.pieces(start, stop)) == LARGE[start:stop]


def test_reading_can_be_left(db: Database) -> None:
    db.put_attachment("a", "f", LARGE, KIND, rev=None)
    pieces = db.get_attachment("a", "f").content.pieces()
    assert LARGE.startswith(next(pieces))
    assert hasattr(pieces, "close")
    pieces.close()
    assert db.get("a")["_attachments"]["f"]["length"] == len(LARGE)


def test_contents_stand_in_documents(db: Database) -> None:
    attachments = {"one": given(Pieces(LARGE)), "two": given(Pieces(b"small")),
                   "three": {"content_type": "text/x", "data": b64encode(b"3").decode()},
                   "four": {"content_type": KIND, "data": b"4"}}  # fmt: skip
    db.put({"_id": "a", "n": 1, "_attachments": attachments})
    for name, data in (("one", LARGE), ("two", b"small"), ("three", b"3"), ("four", b"4")):
        assert db.get_attachment("a", name).data == data
    assert db.get("a")["n"] == 1


def test_documents_can_be_carried_with_contents(db: Database) -> None:
    first = db.put({"_id": "a", "n": 1, "_attachments": {"f": given(Pieces(LARGE))}})
    carried: list[Doc] = [
        db.get("a", attachments="follows", revs=True),
        db.open_revs("a", [first], attachments="follows", with_revs=True)[0]["ok"],
        db.bulk_get([{"id": "a"}], attachments="follows", revs=True)["results"][0]["docs"][0]["ok"],
    ]
    for at, doc in enumerate(carried):
        facts = doc["_attachments"]["f"]
        assert facts["follows"] is True and facts["digest"] == digest(LARGE)
        other = {**doc, "_id": f"copy{at}"}
        assert db.bulk_docs([{"_id": f"plain{at}"} | other], new_edits=False) == []
        found = db.get(f"copy{at}", att_encoding_info=True)
        assert found["_rev"] == first
        assert found["_attachments"]["f"]["digest"] == digest(LARGE)
        assert db.get_attachment(f"copy{at}", "f").data == LARGE


def test_bulk_docs_takes_contents_among_other_documents(db: Database) -> None:
    docs = [{"_id": "a"}, {"_id": "b", "_attachments": {"f": given(Pieces(LARGE))}},
            {"_id": "b", "n": 2}, {"_id": "c"}]  # fmt: skip
    rows = db.bulk_docs(docs)
    assert [row["id"] for row in rows] == ["a", "b", "b", "c"]
    assert [row.get("error") for row in rows] == [None, None, "conflict", None]
    assert db.get_attachment("b", "f").data == LARGE


def test_what_is_refused_is_not_kept(db: Database) -> None:
    first = db.put({"_id": "a"})
    with pytest.raises(Conflict):
        db.put({"_id": "a", "_attachments": {"f": given(Pieces(LARGE))}})
    assert db.get("a")["_rev"] == first
    with pytest.raises(Conflict):
        db.put_attachment("a", "f", Pieces(LARGE), KIND, rev=rev(3, "none"))


@pytest.mark.needs("digests")
def test_bytes_must_have_the_digest_that_came_with_them(db: Database) -> None:
    right, wrong = digest(LARGE), digest(b"other")
    with pytest.raises(DigestMismatch):
        db.put_attachment("a", "f", Pieces(LARGE), KIND, rev=None, digest=wrong)
    with pytest.raises(DigestMismatch):
        db.put({"_id": "a", "_attachments": {"f": given(Pieces(LARGE), digest=wrong)}})
    with pytest.raises(NotFound):
        db.get("a")
    db.put_attachment("a", "f", Pieces(LARGE), KIND, rev=None, digest=right)
    assert db.get_attachment("a", "f").digest == right


def test_zipped_bytes_are_kept_zipped_and_read_plain(db: Database) -> None:
    plain = b"to be zipped " * 50_000
    zipped = gzip.compress(plain, mtime=0)
    content = given(Pieces(zipped), encoding="gzip", encoded_length=len(zipped))
    content["length"] = len(plain)
    db.put({"_id": "a", "_attachments": {"f": content}})
    found = db.get_attachment("a", "f")
    assert (found.digest, found.encoding, found.length) == (digest(zipped), "gzip", len(plain))
    assert b"".join(found.content.pieces()) == zipped
    assert found.data == plain
    told = db.get("a", att_encoding_info=True)["_attachments"]["f"]
    assert (told["encoding"], told["encoded_length"]) == ("gzip", len(zipped))
    assert "encoding" not in db.get("a")["_attachments"]["f"]
    whole = db.get("a", attachments=True)["_attachments"]["f"]
    assert whole["data"] == b64encode(plain).decode()
    second = db.put({**db.get("a"), "n": 2})
    assert db.get_attachment("a", "f", rev=second).encoding == "gzip"
    db.put_attachment("b", "f", Pieces(zipped), KIND, rev=None, encoding="gzip")
    assert db.get_attachment("b", "f").data == plain


def test_attachments_since_a_revision(db: Database) -> None:
    one, two = rev(1, "one"), rev(2, "two")
    graft(db, "a", one, _attachments={"f": {"content_type": KIND, "data": "YQ==", "revpos": 1}})
    second = {"f": {"stub": True, "content_type": KIND, "revpos": 1, "length": 1,
                    "digest": digest(b"a")},
              "g": {"content_type": KIND, "data": "Yg==", "revpos": 2}}  # fmt: skip
    graft(db, "a", one, two, _attachments=second)
    for attachments in (True, "follows"):
        for since, stubs in (([one], ["f"]), ([two], ["f", "g"]), ([rev(1, "other")], []),
                             ([rev(5, "later"), one], ["f"])):  # fmt: skip
            doc = db.get("a", attachments=attachments, atts_since=since)  # type: ignore[arg-type]
            shown = doc["_attachments"]
            assert sorted(name for name in shown if shown[name].get("stub")) == stubs
            assert "_revisions" not in doc
            (row,) = db.open_revs("a", [two], attachments=attachments, atts_since=since)  # type: ignore[arg-type]
            assert row["ok"]["_attachments"].keys() == shown.keys()
            assert all(("stub" in row["ok"]["_attachments"][name]) == (name in stubs)
                       for name in shown)  # fmt: skip


def test_the_last_revision_takes_its_content_with_it(db: Database) -> None:
    db.put_attachment("kept", "f", LARGE, KIND, rev=None)
    first = db.put_attachment("a", "f", LARGE, KIND, rev=None)
    db.delete("a", first)
    db.compact()
    assert db.get_attachment("kept", "f").data == LARGE


def test_an_empty_attachment_is_carried_in_its_document(db: Database) -> None:
    db.put({"_id": "a", "_attachments": {"f": given(Pieces(b"")), "g": given(Pieces(b"g"))}})
    doc = db.get("a", attachments="follows", revs=True)
    assert doc["_attachments"]["f"]["data"] == ""
    assert db.bulk_docs([{**doc, "_id": "b"}], new_edits=False) == []
    assert (db.get_attachment("b", "f").data, db.get_attachment("b", "g").data) == (b"", b"g")
