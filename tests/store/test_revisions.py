"""Revision ids from content."""

import pytest

from store import revisions
from store.errors import BadRequest

PARENT = "4-00ff"


def test_the_generation_follows_the_parent() -> None:
    assert revisions.successor(None, {}).startswith("1-")
    assert revisions.successor(PARENT, {}).startswith("5-")


def test_the_id_covers_each_fact_and_not_the_order_of_keys() -> None:
    file = ("f", "text/plain", "md5-x")
    different = [
        revisions.successor(PARENT, {"a": 1, "b": 2}),
        revisions.successor(None, {"a": 1, "b": 2}),
        revisions.successor("4-00fe", {"a": 1, "b": 2}),
        revisions.successor(PARENT, {"a": 1, "b": "2"}),
        revisions.successor(PARENT, {"a": 1, "b": 2}, deleted=True),
        revisions.successor(PARENT, {"a": 1, "b": 2}, attachments=[file]),
    ]
    assert len(set(different)) == len(different)
    assert revisions.successor(PARENT, {"b": 2, "a": 1}) == different[0]


def test_the_id_stays_the_same_from_version_to_version() -> None:
    known = revisions.successor("1-abc", {"name": "客户", "n": [1, None]}, deleted=False)
    assert known == "2-5b03e95b54a3ddb19500f53f48a17bd9"


def test_revisions_member_there_and_back() -> None:
    path = ("3-c", "2-b", "1-a")
    assert revisions.to_revisions(path) == {"start": 3, "ids": ["c", "b", "a"]}
    assert revisions.from_revisions({"start": 3, "ids": ["c", "b", "a"]}) == path
    assert revisions.from_revisions({"start": 3, "ids": ["c"]}) == ("3-c",)


@pytest.mark.parametrize(
    "bad",
    [
        None, [], {}, {"start": 1}, {"start": 1, "ids": []}, {"start": 1, "ids": ["a", "b"]},
        {"start": "1", "ids": ["a"]}, {"start": 1, "ids": ["a b"]}, {"start": 1, "ids": [7, 8]},
        {"start": True, "ids": ["a"]},
    ],
)  # fmt: skip
def test_a_malformed_revisions_member_is_refused(bad: object) -> None:
    with pytest.raises(BadRequest):
        revisions.from_revisions(bad)


def test_revisions_sort_by_generation_then_hash() -> None:
    revs = ["10-a", "9-f", "9-0", "1-ff"]
    assert sorted(revs, key=revisions.sort_key) == ["1-ff", "9-0", "9-f", "10-a"]
    assert revisions.parse("10-a") == (10, "a")


@pytest.mark.parametrize("bad", ["", "1", "0-a", "-1-a", "a-1", "1-a b", '1-"', None, 1])
def test_a_malformed_revision_is_refused(bad: object) -> None:
    with pytest.raises(BadRequest, match="Invalid rev format"):
        revisions.parse(bad)
