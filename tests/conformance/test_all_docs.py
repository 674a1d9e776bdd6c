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


def listed_ids(answer: dict[str, Any]) -> list[str]:
    return [row.get("id", f"no {row['key']}") for row in answer["rows"]]


def test_design_documents_are_listed_apart(db: Database) -> None:
    for docid in ("_design/b", "_design/a", "_design", "a", "_design0"):
        if not docid.startswith("_") or docid.startswith("_design/"):
            db.put({"_id": docid})
    listed = db.design_docs()
    assert (listed_ids(listed), listed["total_rows"]) == (["_design/a", "_design/b"], 2)
    assert listed_ids(db.design_docs(ViewOptions(descending=True, limit=1))) == ["_design/b"]
    assert listed_ids(db.design_docs(ViewOptions(startkey="_design/b"))) == ["_design/b"]
    assert listed_ids(db.design_docs(ViewOptions(key="_design/a"))) == ["_design/a"]
    asked = ViewOptions(keys=("_design/b", "_design/none", "a"), include_docs=True)
    rows = db.design_docs(asked)["rows"]
    assert [row["key"] for row in rows] == ["_design/b", "_design/none"]
    assert rows[0]["doc"]["_id"] == "_design/b" and rows[1]["error"] == "not_found"


def test_local_documents_are_listed_apart(db: Database) -> None:
    for name in "bac":
        db.put_local({"_id": f"_local/{name}", "is": name})
    db.put({"_id": "d"})
    listed = db.local_docs(ViewOptions(include_docs=True))
    assert listed_ids(listed) == ["_local/a", "_local/b", "_local/c"]
    assert listed["rows"][0]["doc"] == {"_id": "_local/a", "_rev": "0-1", "is": "a"}
    assert listed["rows"][0]["value"] == {"rev": "0-1"}
    assert (listed["total_rows"], listed["offset"]) == (None, None)
    assert listed_ids(db.local_docs(ViewOptions(descending=True, limit=2))) == [
        "_local/c",
        "_local/b",
    ]
    ranged = ViewOptions(startkey="_local/a", endkey="_local/b", inclusive_end=False)
    assert listed_ids(db.local_docs(ranged)) == ["_local/a"]
