"""Replication between every two kinds of server, by us and by the peers' own replicators."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from store.api import Database, Server
from store.couch.opening import open_couch
from store.errors import NotFound
from store.lite.server import LiteServer
from store.replication import Cancel, Options, Progress, Summary, replicate
from tests.conformance.over_http import COUCHDB_URL
from tests.node import pouchdb_server
from tests.store.nodes import served_node
from tests.store.sides import (
    LOGIN,
    PAIRS,
    SIDES,
    address,
    ask,
    couchdb_login,
    facts,
    fill,
    fresh,
    with_login,
)
from tests.store.waiting import until

ALL = Options()


class Servers:
    """One server of each kind for the tests of this module, started when first asked for."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._stack = ExitStack()
        self._opened: dict[str, Server] = {}

    def get(self, kind: str) -> Server:
        if kind not in self._opened:
            opened = self._stack.enter_context(SIDES[kind](self._directory / kind))
            self._opened[kind] = opened
        return self._opened[kind]

    def close(self) -> None:
        self._stack.close()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with closing(Servers(tmp_path_factory.mktemp("servers"))) as opened:
        yield opened


@pytest.fixture(params=PAIRS, ids=lambda pair: f"{pair[0]} to {pair[1]}")
def pair(request: pytest.FixtureRequest, servers: Servers) -> Iterator[tuple[Database, Database]]:
    """An empty source and an empty target."""
    with ExitStack() as stack:
        source, target = (stack.enter_context(fresh(servers.get(kind))) for kind in request.param)
        yield source, target


def run(
    source: Database, target: Database, options: Options = ALL, name: str = "divan-test"
) -> Summary:
    summary = replicate(source, target, replication_id=name, options=options)
    assert summary.complete
    assert summary.refused == ()
    return summary


def test_everything_arrives_as_it_is(pair: tuple[Database, Database]) -> None:
    source, target = pair
    fill(source)
    summary = run(source, target)
    assert summary.counts.read == summary.counts.written == summary.counts.found
    assert facts(target) == facts(source)
    again = run(source, target)
    assert (again.counts.checked, again.no_changes) == (0, True)
    assert source.get_local("_local/divan-test")["history"] == list(summary.history)
    assert target.get_local("_local/divan-test")["history"] == list(summary.history)


def test_both_ways_converge(pair: tuple[Database, Database]) -> None:
    source, target = pair
    for database, text in ((source, "ours"), (target, "theirs")):
        database.bulk_docs([{"_id": f"doc-{at}", "text": text, "n": at} for at in range(30)])
    assert facts(source) != facts(target)
    run(source, target)
    run(target, source, name="divan-test-back")
    assert facts(source) == facts(target)
    assert len(source.get("doc-0", conflicts=True)["_conflicts"]) == 1


CHOICES = (
    (Options(doc_ids=("plain-003", "a/b", "missing")), {"plain-003", "a/b"}),
    (Options(filter="tools/small", query_params={"below": "2"}), {"plain-000", "plain-001"}),
    (Options(selector={"n": {"$gt": 57}}), {"plain-058", "plain-059"}),
)


def test_only_what_was_chosen(
    pair: tuple[Database, Database], request: pytest.FixtureRequest
) -> None:
    """A run of another choice begins anew; one of the same looks at nothing twice."""
    source, target = pair
    choices = CHOICES
    if "pouchdb-server to" in request.node.callspec.id:
        choices = CHOICES[:-1]
        with pytest.raises(NotFound):  # it knows no selectors, and says so
            replicate(source, target, replication_id="divan-test", options=CHOICES[-1][0])
    small = "function (doc, req) { return doc.n < parseInt(req.query.below, 10); }"
    source.put({"_id": "_design/tools", "filters": {"small": small}})
    source.bulk_docs([{"_id": f"plain-{at:03}", "n": at} for at in range(60)])
    source.put({"_id": "a/b"})
    arrived: set[str] = set()
    for options, chosen in choices:
        run(source, target, options)
        arrived |= chosen
        assert set(facts(target)) == arrived
        assert run(source, target, options).counts.checked == 0
    run(source, target)
    assert facts(target) == facts(source)


def test_continuous(pair: tuple[Database, Database]) -> None:
    source, target = pair
    source.bulk_docs([{"_id": f"doc-{at}"} for at in range(3)])
    with running(source, target) as seen:
        until(lambda: target.info()["doc_count"] == 3)
        until(lambda: bool(seen) and seen[-1].waiting)
        rev = source.put({"_id": "later", "n": 1})
        until(lambda: target.info()["doc_count"] == 4)
        source.delete("later", rev)
        until(lambda: target.info()["doc_count"] == 3)
        until(lambda: seen[-1].waiting and seen[-1].counts.written == 5)
    assert facts(target) == facts(source)
    assert run(source, target).counts.checked == 0


@contextmanager
def running(source: Database, target: Database) -> Iterator[list[Progress]]:
    """A continuous replication in a thread, with what it told."""
    cancel, seen, ended = Cancel(), list[Progress](), list[Summary]()

    def work() -> None:
        ended.append(
            replicate(
                source,
                target,
                replication_id="divan-test",
                options=Options(continuous=True),
                progress=seen.append,
                cancel=cancel,
            )
        )

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield seen
    finally:
        cancel.set()
        thread.join(10)
    assert not thread.is_alive(), "it did not end at once"
    assert len(ended) == 1


def test_winning_revisions_alone(servers: Servers) -> None:
    with fresh(servers.get("embedded")) as source, fresh(servers.get("embedded")) as target:
        fill(source)
        run(source, target, replace(Options(), winning_revs_only=True))
        assert "_conflicts" in source.get("conflict", conflicts=True)
        assert "_conflicts" not in target.get("conflict", conflicts=True)
        assert target.get("conflict")["_rev"] == source.get("conflict")["_rev"]
        run(source, target)
        assert facts(target) == facts(source)


@pytest.mark.skipif(not COUCHDB_URL, reason="DIVAN_TEST_COUCHDB_URL names no CouchDB")
@pytest.mark.parametrize("direction", ["pull", "push"])
def test_couchdbs_own_replicator(servers: Servers, tmp_path: Path, direction: str) -> None:
    """It replicates with the embedded store as with another CouchDB, and finds its checkpoints."""
    base, login = couchdb_login()
    with (
        closing(LiteServer(tmp_path)) as store,
        served_node(tmp_path, LOGIN) as url,
        fresh(store) as ours,
        fresh(servers.get("couchdb")) as theirs,
    ):
        fill(ours if direction == "pull" else theirs)
        here = address(f"{url}/{ours.name}", LOGIN)
        there = address(f"{base}/{theirs.name}", login)
        source, target = (here, there) if direction == "pull" else (there, here)
        first = ask(f"{base}/_replicate", {"source": source, "target": target})
        assert first["ok"]
        assert first["history"][0]["doc_write_failures"] == 0
        assert facts(theirs) == facts(ours)
        again = ask(f"{base}/_replicate", {"source": source, "target": target})
        assert again["no_changes"] is True


@pytest.mark.parametrize("direction", ["pull", "push"])
def test_pouchdb_servers_own_replicator(tmp_path: Path, direction: str) -> None:
    with (
        closing(LiteServer(tmp_path / "store")) as store,
        served_node(tmp_path / "store", LOGIN) as url,
        pouchdb_server(tmp_path / "pouch") as peer,
        closing(open_couch(peer)) as client,
        fresh(store) as ours,
        fresh(client) as theirs,
    ):
        fill(ours if direction == "pull" else theirs)
        here, there = with_login(f"{url}/{ours.name}", LOGIN), theirs.name
        source, target = (here, there) if direction == "pull" else (there, here)
        asked = {"source": source, "target": target}
        first = ask(f"{peer}/_replicate", asked)
        assert (first["ok"], first["doc_write_failures"]) == (True, 0)
        assert facts(theirs) == facts(ours)
        assert ask(f"{peer}/_replicate", asked)["docs_read"] == 0
