"""Random edits, seeded: two stores converge, and a store's tables stay true to the documents."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from store import revtree
from store.errors import Conflict, NotFound
from store.lite import LiteServer
from store.lite.database import LiteDatabase
from tests.conformance.helpers import graft

IDS = [f"d{at}" for at in range(6)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiteServer]:
    opened = LiteServer(tmp_path)
    opened.create("a")
    opened.create("b")
    yield opened
    opened.close()


def edit_once(db: LiteDatabase, dice: random.Random) -> None:
    """One random write: new, on the winner, on a losing leaf, a deletion, with an attachment."""
    docid = dice.choice(IDS)
    doc: dict[str, Any] = {"_id": docid, "n": dice.randrange(4)}
    try:
        leaves = [entry["ok"] for entry in db.open_revs(docid, "all")]
    except NotFound:
        leaves = []
    if leaves and dice.random() < 0.9:
        leaf = dice.choice(leaves)
        doc["_rev"] = leaf["_rev"]
        if "_attachments" in leaf and dice.random() < 0.7:
            doc["_attachments"] = leaf["_attachments"]
        elif dice.random() < 0.2:
            doc["_attachments"] = {"f": {"data": dice.choice(["YQ==", "Yg=="])}}
        if dice.random() < 0.2:
            doc["_deleted"] = True
    try:
        db.put(doc)
    except Conflict:
        assert leaves and "_rev" not in doc


def push(source: LiteDatabase, target: LiteDatabase) -> None:
    """Send all that `target` lacks, in the words of replication."""
    leaves = {
        docid: [entry["ok"]["_rev"] for entry in source.open_revs(docid, "all")]
        for docid in (row["id"] for row in source.changes()["results"])
    }
    for docid, lacking in target.revs_diff(leaves).items():
        found = source.open_revs(docid, lacking["missing"], with_revs=True, attachments=True)
        assert target.bulk_docs([entry["ok"] for entry in found], new_edits=False) == []


def contents(db: LiteDatabase) -> dict[str, Any]:
    state = {}
    for row in db.changes()["results"]:
        leaves = [entry["ok"] for entry in db.open_revs(row["id"], "all", attachments=True)]
        state[row["id"]] = leaves
    return state


@pytest.mark.parametrize("seed", range(4))
def test_two_stores_converge(server: LiteServer, seed: int) -> None:
    print("seed", seed)
    dice = random.Random(seed)
    one, two = server.database("a"), server.database("b")
    for _ in range(8):
        for _ in range(12):
            edit_once(dice.choice([one, two]), dice)
        push(one, two)
        push(two, one)
        assert contents(one) == contents(two)
    assert len(contents(one)) == len(IDS)


@pytest.mark.parametrize("seed", range(4))
def test_the_tables_stay_true(server: LiteServer, seed: int) -> None:
    print("seed", seed)
    dice = random.Random(seed)
    db = server.database("a")
    db.set_revs_limit(4)
    for at in range(150):
        edit_once(db, dice)
        if dice.random() < 0.15:
            graft_somewhere(db, dice, at)
        if dice.random() < 0.05:
            docid = dice.choice(IDS)
            revs = [row["rev"] for row in leaves_of(db, docid)]
            purged = dice.sample(revs, min(len(revs), 1))
            assert db.purge({docid: purged})["purged"] == {docid: purged}
        if dice.random() < 0.05:
            db.compact()
        check_tables(db)


def leaves_of(db: LiteDatabase, docid: str) -> list[dict[str, str]]:
    try:
        return [{"rev": entry["ok"]["_rev"]} for entry in db.open_revs(docid, "all")]
    except NotFound:
        return []


def graft_somewhere(db: LiteDatabase, dice: random.Random, at: int) -> None:
    docid = dice.choice(IDS)
    leaves = leaves_of(db, docid)
    if leaves and dice.random() < 0.7:
        found = db.get(docid, rev=dice.choice(leaves)["rev"], revs=True)["_revisions"]
        path = [f"{found['start'] - up}-{digest}" for up, digest in enumerate(found["ids"])][::-1]
        start = path[: dice.randrange(1, len(path) + 1)]
    else:
        start = [f"1-{at:032x}"]
    generation = int(start[-1].split("-")[0])
    branch = [f"{generation + up}-{at:030x}{up:02x}" for up in range(1, dice.randrange(2, 5))]
    graft(db, docid, *start, *branch, n=at)


def check_tables(db: LiteDatabase) -> None:
    with db._storage.reading() as conn:
        docs = conn.execute(
            "SELECT docid, rev, deleted, body, stale, losers, tree FROM docs"
        ).fetchall()
        bodies = [key for (key,) in conn.execute("SELECT key FROM bodies")]
    pointers: list[int] = []
    live = gone = 0
    for docid, rev, deleted, body, stale, losers, text in docs:
        tree = revtree.loads(text)
        leaves = revtree.leaves(tree)
        pointers += [node.body for node in tree.values() if node.body]
        assert text == revtree.dumps(tree), docid
        assert leaves[:1] == ([rev] if rev else []), docid
        assert all(tree[leaf].body for leaf in leaves), docid
        assert stale == len(revtree.bodies(tree)) - len(leaves), docid
        assert [at for at, _ in json.loads(losers or "[]")] == leaves[1:], docid
        if rev:
            assert (bool(deleted), body) == (tree[rev].deleted, tree[rev].body), docid
            live, gone = live + (not deleted), gone + deleted
    assert sorted(pointers) == sorted(bodies)
    info = db.info()
    assert (info["doc_count"], info["doc_del_count"]) == (live, gone)
