"""`_all_docs`: order, ranges, keys."""

from typing import Any

import pytest

from store.api import Database
from store.types import ViewOptions

IDS = ["A", "B", "_design/x", "a", "a:1", "b", "ä", "客户", "😀"]


@pytest.fixture
def full(db: Database) -> Database:
    db.bulk_docs([{"_id": docid, "n": at} for at, docid in enumerate(reversed(IDS))])
    return db


def ids(db: Database, **options: Any) -> list[str]:
    return [row["id"] for row in db.all_docs(ViewOptions(**options))["rows"]]


def test_ids_are_in_the_order_of_their_bytes(full: Database) -> None:
    answer = full.all_docs()
    assert [row["id"] for row in answer["rows"]] == IDS
    assert answer["total_rows"] == len(IDS) and answer["offset"] == 0
    assert answer["rows"][0] == {
        "id": "A", "key": "A", "value": {"rev": full.get("A")["_rev"]}
    }  # fmt: skip
    assert ids(full, descending=True) == IDS[::-1]


DOWN = {"startkey": "b", "endkey": "a", "descending": True}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"startkey": "a"}, IDS[3:]),
        ({"endkey": "a"}, IDS[:4]),
        ({"endkey": "a", "inclusive_end": False}, IDS[:3]),
        ({"startkey": "a", "endkey": "a\ufff0"}, ["a", "a:1"]),
        (DOWN, ["b", "a:1", "a"]),
        ({**DOWN, "inclusive_end": False}, ["b", "a:1"]),
        ({"startkey": "b", "endkey": "a"}, []),
        ({"key": "b"}, ["b"]),
        ({"key": "none"}, []),
        ({"skip": 2, "limit": 2}, IDS[2:4]),
        ({"limit": 0}, []),
        ({"startkey": "a", "skip": 1, "limit": 1}, ["a:1"]),
    ],
)
def test_ranges(full: Database, options: dict[str, Any], expected: list[str]) -> None:
    assert ids(full, **options) == expected


def test_the_offset_says_where_the_rows_begin(full: Database) -> None:
    assert full.all_docs(ViewOptions(startkey="a"))["offset"] == 3
    assert full.all_docs(ViewOptions(startkey="a", skip=2))["offset"] == 5
    assert full.all_docs(ViewOptions(startkey="b", descending=True))["offset"] == 3


def test_keys_come_in_the_order_asked(full: Database) -> None:
    gone = full.delete("B", full.get("B")["_rev"])
    rows = full.all_docs(ViewOptions(keys=("b", "none", "B", "b"), include_docs=True))["rows"]
    assert [row.get("id") for row in rows] == ["b", None, "B", "b"]
    assert rows[0]["doc"]["_id"] == "b"
    assert rows[1] == {"key": "none", "error": "not_found"}
    assert rows[2] == {"id": "B", "key": "B", "value": {"rev": gone, "deleted": True}, "doc": None}


def test_deleted_documents_are_left_out(full: Database) -> None:
    full.delete("B", full.get("B")["_rev"])
    assert "B" not in ids(full)
    assert full.all_docs()["total_rows"] == len(IDS) - 1


def test_include_docs_gives_the_documents(full: Database) -> None:
    rows = full.all_docs(ViewOptions(include_docs=True))["rows"]
    assert [row["doc"] for row in rows] == [full.get(docid) for docid in IDS]
