"""Merging branches: what a three-way merge with the ancestor would give, in any order of branches.

The branches are made by a small model of the door's bookkeeping, with the ancestor at hand; the
merge sees the leaves alone.
"""

import hashlib
import itertools
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acl import reader_set
from plugin.runtime.door.merge import Clash, Merged, merge
from plugin.runtime.replica.merging import settle
from store.lite.server import LiteServer
from store.revisions import sort_key

ITEMS = ["amount", "name", "owner", "readers", "stage"]
ABSENT = "absent"
Doc = dict[str, Any]


def revision(body: Doc, parent: str | None) -> str:
    text = json.dumps([parent, body], sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def created(**items: Any) -> Doc:
    body = {"_id": "deal:1", "form": "deal", "created": {"at": "0", "by": "anna"}, **items}
    body["updated"] = body["created"]
    revid = revision(body, None)
    return {**body, "_rev": f"1-{revid}", "_revisions": {"start": 1, "ids": [revid]}}


def edited(doc: Doc, by: str, edits: dict[str, Any]) -> Doc:
    """The next revision, as the door would write it; an item set to ABSENT goes away."""
    generation = doc["_revisions"]["start"] + 1
    body = {k: v for k, v in doc.items() if k not in ("_rev", "_revisions")}
    changed = dict(body.get("changed", {}))
    at = f"{generation:03}"
    for item, value in edits.items():
        if body.get(item, ABSENT) != value:
            changed[item] = [generation, at, by]
        body[item] = value
    body = {k: v for k, v in body.items() if v != ABSENT}
    body |= {"changed": changed, "updated": {"at": at, "by": by}}
    left = reader_set(doc)
    if left != reader_set(body):
        body["former_readers"] = sorted({*body.get("former_readers", []), left})
    revid = revision(body, doc["_rev"])
    ids = [revid, *doc["_revisions"]["ids"]]
    revisions = {"start": generation, "ids": ids}
    return {**body, "_rev": f"{generation}-{revid}", "_revisions": revisions}


def values(doc: Doc) -> dict[str, Any]:
    return {item: doc.get(item, ABSENT) for item in ITEMS}


readers = st.sampled_from([{"team": ["anna"]}, {"team": ["jane", "anna"]}, {"team": []}])
plain = st.sampled_from(["a", "b", "c", ABSENT])
edit = st.fixed_dictionaries(
    {}, optional={item: readers if item == "readers" else plain for item in ITEMS}
)
edits = st.lists(edit, max_size=3)


def grown(doc: Doc, by: str, all_edits: list[dict[str, Any]]) -> Doc:
    for one in all_edits:
        doc = edited(doc, by, one)
    return doc


def touched(all_edits: list[dict[str, Any]], start: Doc) -> set[str]:
    """Items that some edit really changed, even if a later one changed them back."""
    found, now = set(), values(start)
    for one in all_edits:
        found |= {item for item, value in one.items() if now[item] != value}
        now |= one
    return found


@settings(deadline=None)
@given(edits, edits.filter(bool), edits.filter(bool))
def test_two_branches_merge_as_with_their_ancestor(
    before: list[Any], mine: list[Any], theirs: list[Any]
) -> None:
    base = grown(created(amount="1", name="x", owner="anna"), "anna", before)
    left, right = grown(base, "anna", mine), grown(base, "jane", theirs)
    result = merge([left, right])
    for item in ITEMS:
        a, b = values(left)[item], values(right)[item]
        in_left, in_right = item in touched(mine, base), item in touched(theirs, base)
        clash = a != b and in_left == in_right
        assert (isinstance(result, Clash) and item in result.items) is clash
        if not clash:
            assert values(result.doc)[item] == (b if in_right and not in_left else a)
    assert isinstance(result, Merged) or set(result.items) <= set(ITEMS)


@settings(deadline=None)
@given(edits, edits.filter(bool), edits, edits.filter(bool), edits.filter(bool))
def test_three_branches_merge_alike_in_any_order(
    before: list[Any], one: list[Any], shared: list[Any], two: list[Any], three: list[Any]
) -> None:
    base = grown(created(amount="1", name="x"), "anna", before)
    fork = grown(base, "office", shared)
    branches = [grown(base, "anna", one), grown(fork, "jane", two), grown(fork, "zhou", three)]
    results = [merge(list(order)) for order in itertools.permutations(branches)]
    assert all(result == results[0] for result in results)
    assert results[0].doc["_rev"] == max((branch["_rev"] for branch in branches), key=sort_key)


@settings(deadline=None)
@given(edits.filter(bool), edits.filter(bool), edit)
def test_a_merged_revision_merges_with_a_later_edit_of_the_winner(
    mine: list[Any], theirs: list[Any], late: dict[str, Any]
) -> None:
    base = created(amount="1", name="x")
    left, right = grown(base, "anna", mine), grown(base, "jane", theirs)
    merged = merge([left, right])
    if isinstance(merged, Clash):
        return
    winner = max(left, right, key=lambda branch: sort_key(branch["_rev"]))
    office = as_child(merged.doc, winner)
    laptop = edited(winner, "zhou", late)
    again = merge([office, laptop])
    for item in ITEMS:
        base_value, a, b = (values(doc)[item] for doc in (winner, office, laptop))
        if a in (b, base_value):
            assert values(again.doc)[item] == b
        elif b == base_value:
            assert values(again.doc)[item] == a


def as_child(body: Doc, parent: Doc) -> Doc:
    revid = revision(body, parent["_rev"])
    start, ids = parent["_revisions"]["start"] + 1, [revid, *parent["_revisions"]["ids"]]
    return {**body, "_rev": f"{start}-{revid}", "_revisions": {"start": start, "ids": ids}}


def test_a_clash_is_settled_by_choices() -> None:
    base = created(amount="1", name="x", owner="anna")
    left = edited(base, "anna", {"amount": "2", "name": "y"})
    right = edited(base, "jane", {"amount": "3", "owner": "jane"})
    clash = merge([left, right])
    assert isinstance(clash, Clash)
    assert clash.items == ("amount",)
    settled = merge([left, right], {"amount": right["_rev"]})
    assert isinstance(settled, Merged)
    expected = {"amount": "3", "name": "y", "owner": "jane"}
    assert {item: settled.doc[item] for item in expected} == expected
    assert settled.doc["changed"]["amount"] == [3, "002", "jane"]


def test_an_item_changed_in_an_older_generation_than_the_fork_is_no_change() -> None:
    base = grown(created(amount="1"), "anna", [{"amount": "2"}, {"name": "x"}])
    left, right = edited(base, "anna", {"amount": "5"}), edited(base, "jane", {"name": "z"})
    merged = merge([left, right])
    assert isinstance(merged, Merged)
    assert (merged.doc["amount"], merged.doc["name"]) == ("5", "z")


@pytest.mark.parametrize("lines", ["steps", "handovers"])
def test_steps_are_united_by_time_and_the_last_update_stays(lines: str) -> None:
    first = {"step": "offer", "at": "1"}
    base = created(**{lines: [first]})
    left = edited(base, "anna", {lines: [first, {"step": "win", "at": "3"}]})
    right = edited(
        edited(base, "jane", {lines: [first, {"step": "call", "at": "2"}]}), "jane", {"name": "n"}
    )
    merged = merge([left, right])
    assert isinstance(merged, Merged)
    assert [step["step"] for step in merged.doc[lines]] == ["offer", "call", "win"]
    assert merged.doc["created"] == {"at": "0", "by": "anna"}
    assert merged.doc["updated"] == {"at": "003", "by": "jane"}


def test_every_set_that_could_read_a_branch_is_remembered() -> None:
    base = created(readers={"team": ["anna", "jane"]})
    left = edited(base, "anna", {"readers": {"team": ["anna"]}})
    right = edited(edited(base, "jane", {"name": "n"}), "jane", {"amount": "4"})
    merged = merge([left, right])
    assert isinstance(merged, Merged)
    assert merged.doc["readers"] == {"team": ["anna"]}
    assert merged.doc["former_readers"] == [reader_set(base)]


def file(digest: str, revpos: int) -> Doc:
    return {"digest": digest, "revpos": revpos, "content_type": "text/plain", "stub": True}


def test_attachments_merge_by_name() -> None:
    base = created(_attachments={"kept": file("k", 1), "gone": file("g", 1), "both": file("0", 1)})
    left = edited(
        base, "anna", {"_attachments": {"kept": file("k", 1), "both": file("l", 2)}, "name": "n"}
    )
    left = edited(left, "anna", {"amount": "1"})
    changed = {**base["_attachments"], "new": file("n", 2)}
    merged = merge([left, edited(base, "jane", {"_attachments": changed})])
    assert isinstance(merged, Merged)
    assert sorted(merged.doc["_attachments"]) == ["both", "kept", "new"]
    assert list(merged.borrowed) == ["new"]
    clash = merge([left, edited(base, "jane", {"_attachments": {"both": file("r", 2)}})])
    assert isinstance(clash, Clash)
    assert clash.items == ("_attachments/both",)


def test_branches_without_a_known_ancestor_clash_where_they_differ() -> None:
    left, right = created(name="x", amount="1"), created(name="x", amount="2")
    result = merge([left, right])
    assert isinstance(result, Clash)
    assert result.items == ("amount",)


def test_one_branch_is_its_own_merge_and_none_is_an_error() -> None:
    only = edited(created(name="x"), "anna", {"amount": "2"})
    merged = merge([only])
    assert isinstance(merged, Merged)
    assert values(merged.doc) == values(only)
    with pytest.raises(ValueError, match="no branch"):
        merge([])


def test_an_attachment_of_the_losing_branch_is_there_after_the_merge(tmp_path: Path) -> None:
    with closing(LiteServer(tmp_path)) as server:
        server.create("tracking")
        db = server.database("tracking")
        first = db.put({"_id": "deal:1", "name": "x"})
        change = {"name": [2, "2", "anna"], "amount": [3, "3", "anna"]}
        mine = {"_id": "deal:1", "name": "y", "changed": {"name": change["name"]}}
        text = {"note.txt": {"content_type": "text/plain", "data": "aGVsbG8="}}
        branches = [mine, {"_id": "deal:1", "name": "x", "_attachments": text}]
        for number, branch in enumerate(branches):
            revid = f"{number:032x}"
            history = {"start": 2, "ids": [revid, first.partition("-")[2]]}
            db.bulk_docs([{**branch, "_revisions": history}], new_edits=False)
        shorter = db.get("deal:1", rev=f"2-{0:032x}")
        db.put({**shorter, "amount": "4", "changed": change})
        assert "_attachments" not in db.get("deal:1")
        assert settle(db, "deal:1")
        settled = db.get("deal:1", conflicts=True)
        assert (settled["name"], settled["amount"]) == ("y", "4")
        assert "_conflicts" not in settled
        assert db.get_attachment("deal:1", "note.txt").data == b"hello"


def test_a_file_that_was_attached_once_more_merges(tmp_path: Path) -> None:
    with closing(LiteServer(tmp_path)) as server:
        server.create("tracking")
        db = server.database("tracking")
        text = {"note.txt": {"content_type": "text/plain", "data": "aGVsbG8="}}
        first = db.put({"_id": "deal:1", "name": "x", "_attachments": text})
        history = {"start": 2, "ids": ["0" * 32, first.partition("-")[2]]}
        again = {"_id": "deal:1", "name": "x", "_attachments": text, "_revisions": history}
        change = {"name": [2, "2", "anna"], "amount": [3, "3", "anna"]}
        db.put({**db.get("deal:1"), "name": "y", "changed": {"name": change["name"]}})
        db.put({**db.get("deal:1"), "amount": "4", "changed": change})
        db.bulk_docs([again], new_edits=False)
        assert settle(db, "deal:1")
        settled = db.get("deal:1", conflicts=True)
        assert (settled["name"], settled["amount"]) == ("y", "4")
        assert "_conflicts" not in settled
        assert db.get_attachment("deal:1", "note.txt").data == b"hello"
