"""What the tree over an index's rows is good for: groups are read as nodes, not row by row."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from store.collation import group_key
from store.lite import LiteServer, build
from store.lite.pieces import pieces
from store.lite.ranges import Range
from store.lite.tree import SIZE, Node, Tree
from store.types import ViewOptions

VIEWS = {"pairs": {"map": "function (doc) { emit([doc.a, doc.b], 1); }", "reduce": "_sum"}}
GROUPS, ROWS = 60, 50


def _first_two(key: bytes) -> bytes:
    return group_key(key, 2)


@pytest.mark.parametrize("large", [0, 10**6], ids=["built at once", "followed"])
def test_all_but_the_last_groups_have_nodes_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr(build, "LARGE", large)
    with closing(LiteServer(tmp_path)) as server:
        server.create("test")
        db = server.database("test")
        db.bulk_docs([{"_id": f"d{n:05}", "a": n % 3, "b": n % GROUPS}
                      for n in range(GROUPS * ROWS)])  # fmt: skip
        db.put({"_id": "_design/d", "views": VIEWS})
        rows = db.view("d", "pairs", ViewOptions(group_level=2))["rows"]
    assert [row["value"] for row in rows] == [ROWS] * GROUPS
    (path,) = (tmp_path / "test.indexes").glob("*.sqlite")
    with closing(sqlite3.connect(path)) as conn:
        tree = Tree(conn, 0)
        found = pieces(tree, Range(), _first_two, descending=False)
        read = [tree.count(one.start, one.end) for one in found if not isinstance(one, Node)]
    assert sum(read) <= SIZE
