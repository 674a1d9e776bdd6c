"""A target that fails without a word why: at one document, or at everything."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from store.api import Database
from store.errors import StoreError
from store.lite.server import LiteServer
from store.replication import Options, Refused, replicate
from tests.store.sides import Instead


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiteServer]:
    with closing(LiteServer(tmp_path)) as opened:
        opened.create("source")
        opened.create("target")
        yield opened


@pytest.fixture
def source(server: LiteServer) -> Database:
    return server.database("source")


@pytest.fixture
def target(server: LiteServer) -> Database:
    return server.database("target")


def failing_at(target: Database, docid: str) -> Instead:
    """A target that fails where this document comes, as CouchDB at a number too large for it."""

    def bulk_docs(docs: Any, *, new_edits: bool) -> Any:
        if docid in {doc["_id"] for doc in docs}:
            raise StoreError("badarith")
        return target.bulk_docs(docs, new_edits=new_edits)

    return Instead(target, bulk_docs=bulk_docs)


@pytest.mark.parametrize("number", [0, 9], ids=["alone", "among others"])
def test_the_document_at_which_the_target_fails_is_named_and_the_others_arrive(
    source: Database, target: Database, number: int
) -> None:
    """Without end to its patience with a target that is away, as a continuous run has it."""
    source.bulk_docs([{"_id": f"doc-{at:03}"} for at in range(number)])
    rev = source.put({"_id": "doc-004x", "n": 10**400})
    options = Options(retries=None)
    far = failing_at(target, "doc-004x")
    summary = replicate(source, far, replication_id="r", options=options)
    refused = Refused("doc-004x", rev, "internal_server_error", "badarith")
    assert summary.refused == (refused,)
    assert summary.counts.written == target.info()["doc_count"] == number
    assert [row["id"] for row in target.local_docs()["rows"]] == ["_local/r"]
    assert replicate(source, far, replication_id="r", options=options).counts.checked == 0


def test_a_target_that_fails_at_everything_refuses_nothing(
    source: Database, target: Database
) -> None:
    source.bulk_docs([{"_id": f"doc-{at:03}"} for at in range(3)])

    def full(doc: Any) -> Any:
        raise StoreError("enospc")

    far = failing_at(target, "doc-001")
    far.put_local = full
    with pytest.raises(StoreError, match="enospc"):
        replicate(source, far, replication_id="r", options=Options(retries=0))
    assert replicate(source, target, replication_id="r").counts.written == 3
