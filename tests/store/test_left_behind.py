"""Attachments whose bytes a replication left behind: the documents have them all the same."""

from pathlib import Path

import pytest

from store.api import Database
from store.errors import AttachmentLeft
from store.lite import LiteServer
from store.replication import Options, replicate
from store.types import BytesContent

BARE = Options(without_attachments=True)
NOTE, PLAN = b"a small note", b"a plan" * 100_000


@pytest.fixture
def sides(tmp_path: Path):  # type: ignore[no-untyped-def]
    server = LiteServer(tmp_path)
    for name in ("office", "laptop"):
        server.create(name)
    office, laptop = server.database("office"), server.database("laptop")
    rev = office.put({"_id": "deal", "state": "open"})
    rev = office.put_attachment("deal", "note.txt", NOTE, "text/plain", rev=rev)
    office.put_attachment("deal", "plan.pdf", BytesContent(PLAN), "application/pdf", rev=rev)
    yield office, laptop
    server.close()


def pull(office: Database, laptop: Database) -> None:
    assert replicate(office, laptop, replication_id="pull", options=BARE).complete


def push(office: Database, laptop: Database) -> None:
    summary = replicate(laptop, office, replication_id="push")
    assert summary.refused == ()


def whole(database: Database) -> dict[str, bytes]:
    return {name: database.get_attachment("deal", name).data for name in ("note.txt", "plan.pdf")}


def test_the_document_tells_of_them_and_only_the_bytes_are_missing(
    sides: tuple[Database, Database],
) -> None:
    office, laptop = sides
    pull(office, laptop)
    assert laptop.get("deal") == office.get("deal")
    assert laptop.get("deal", att_encoding_info=True)["_attachments"].keys() == {
        "note.txt",
        "plan.pdf",
    }
    for name in ("note.txt", "plan.pdf"):
        with pytest.raises(AttachmentLeft):
            laptop.get_attachment("deal", name)
    assert laptop.get("deal", attachments=True)["_attachments"]["plan.pdf"]["stub"] is True


def test_an_edit_goes_back_and_the_office_still_has_them(
    sides: tuple[Database, Database],
) -> None:
    office, laptop = sides
    pull(office, laptop)
    laptop.put({**laptop.get("deal"), "state": "won"})
    push(office, laptop)
    assert office.get("deal")["state"] == "won"
    assert office.get("deal")["_rev"] == laptop.get("deal")["_rev"]
    assert whole(office) == {"note.txt": NOTE, "plan.pdf": PLAN}


def test_one_that_was_added_here_goes_and_one_taken_away_goes_too(
    sides: tuple[Database, Database],
) -> None:
    office, laptop = sides
    pull(office, laptop)
    rev = laptop.put_attachment("deal", "own.txt", b"own", "text/plain",
                                rev=laptop.get("deal")["_rev"])  # fmt: skip
    laptop.delete_attachment("deal", "note.txt", rev=rev)
    push(office, laptop)
    assert office.get_attachment("deal", "own.txt").data == b"own"
    assert set(office.get("deal")["_attachments"]) == {"own.txt", "plan.pdf"}
    assert office.get_attachment("deal", "plan.pdf").data == PLAN
    # What the office writes on it comes back without making the own bytes unreadable.
    office.put({**office.get("deal"), "state": "lost"})
    pull(office, laptop)
    assert laptop.get("deal")["state"] == "lost"
    assert laptop.get_attachment("deal", "own.txt").data == b"own"


def test_an_office_that_lacks_them_refuses_the_document_and_nothing_breaks(
    sides: tuple[Database, Database],
) -> None:
    office, laptop = sides
    pull(office, laptop)
    laptop.put({"_id": "other"})
    revs = [office.get("deal")["_rev"]]
    office.purge({"deal": revs})
    summary = replicate(laptop, office, replication_id="push")
    assert [(one.id, one.error) for one in summary.refused] == [("deal", "missing_stub")]
    assert office.get("other")
