"""The replication endpoint tells of nothing hidden: every path of the protocol, as each level.

The paths come from the protocol's own table; one with a segment that is not known fails the test.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from store.wire.routes import ROUTES
from tests.leaks.walking import Walker, told
from tests.leaks.world import ABSENT, HIDDEN, LEVELS, OWNER, SECRET, SHOWN, STAFF, World
from views import create_app

PEOPLE = (*LEVELS, STAFF)
SEGMENTS: dict[str, tuple[str, ...]] = {
    "{ddoc}": ("divan",),
    "{view}": ("documents_by_reader_set",),
    "{type}": ("json",),
    "{name}": ("none",),
    "{attachment*}": (f"{SECRET}.txt",),
}
"""What stands for a segment of a path, beside databases and documents."""


@pytest.fixture(scope="module")
def app(world: World) -> Flask:
    return create_app(world.office)


class Replicator(Walker):
    """Somebody at the endpoint with the token of a laptop."""

    def __init__(self, app: Flask, world: World, person: str) -> None:
        super().__init__(app, person)
        self.headers = {"Authorization": f"Bearer {world.tokens[person]}"}

    def __post_init__(self) -> None:
        """No page, so no session."""

    def call(self, method: str, path: str, body: Any = None, query: str = "") -> str:
        answer = self.app.test_client().open(
            f"/replicate/{path}",
            method=method,
            headers=self.headers,
            json=body,
            query_string=query,
            buffered=True,
        )
        self.look(f"{method} {path}?{query}", answer)
        return told(answer)


def _paths(world: World, pattern: str, database: str) -> Iterator[tuple[str, str]]:
    """The paths of a pattern, each with the id of the document that it names, or an empty text."""
    found = [("", "")]
    for segment in pattern.split("/"):
        values: tuple[str, ...] = (segment,)
        if segment == "{db}":
            values = (database,)
        elif segment == "{doc}":
            values = tuple(world.ids(database, HIDDEN + SHOWN))[: len(HIDDEN + SHOWN)]
        elif segment.startswith("{"):
            if segment not in SEGMENTS:
                pytest.fail(
                    f"The walk does not know what to put for {segment} of the path {pattern}. Add "
                    "it to SEGMENTS in tests/leaks/test_protocol.py."
                )
            values = SEGMENTS[segment]
        found = [
            (f"{path}/{value}".lstrip("/"), value if segment == "{doc}" else docid)
            for path, docid in found
            for value in values
        ]
    yield from found


def _queries(world: World, database: str, docid: str) -> Iterator[str]:
    yield ""
    if docid:
        rev = world.first_revisions.get((database, docid), "1-00")
        yield f"rev={rev}&attachments=true"
        yield "open_revs=all&revs=true&conflicts=true&deleted_conflicts=true"
        yield "revs_info=true&conflicts=true&deleted_conflicts=true&latest=true"


def _body(world: World, pattern: str, method: str, database: str, docid: str) -> Any:
    """What is sent: all that a path understands, about everything that is hidden."""
    if method in ("GET", "HEAD") or "{db}" not in pattern:
        return None
    if docid:
        return {"_id": docid, "_rev": "1-00", "form": docid.partition(":")[0]}
    revisions = {
        one: world.first_revisions.get((database, one), "1-00")
        for one in world.ids(database, HIDDEN + SHOWN)
    }
    if pattern.endswith(("_revs_diff", "_missing_revs", "_purge")):
        return {one: [rev] for one, rev in revisions.items()}
    asked = [{"id": one, "_id": one, "rev": rev} for one, rev in revisions.items()]
    asked += [{"id": one, "_id": one} for one in revisions]
    queries = [{"include_docs": True}]
    return {"docs": asked, "keys": list(revisions), "selector": {}, "queries": queries}


@pytest.mark.parametrize("person", PEOPLE)
def test_no_path_tells_of_what_is_hidden(app: Flask, world: World, person: str) -> None:
    walker = Replicator(app, world, person)
    for pattern, methods in ROUTES:
        for database in world.forms if "{db}" in pattern else ("",):
            for path, docid in _paths(world, pattern, database):
                for method in methods:
                    body = _body(world, pattern, method, database, docid)
                    queries = _queries(world, database, docid) if method == "GET" else ("",)
                    for query in queries:
                        walker.call(method, path, body, query)
    assert walker.found == []


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("feed", ["normal", "longpoll", "continuous", "eventsource"])
def test_no_feed_tells_of_what_is_hidden(app: Flask, world: World, person: str, feed: str) -> None:
    walker = Replicator(app, world, person)
    for database in world.forms:
        query = f"feed={feed}&include_docs=true&conflicts=true&attachments=true&style=all_docs"
        walker.call("GET", f"{database}/_changes", None, f"{query}&timeout=0&since=0")
    assert walker.found == []


@pytest.mark.parametrize("person", PEOPLE)
def test_what_is_forbidden_is_answered_as_what_is_missing(
    app: Flask, world: World, person: str
) -> None:
    walker, different = Replicator(app, world, person), []
    for database in world.forms:
        for docid in world.ids(database, HIDDEN):
            missing = f"{docid.partition(':')[0]}:{ABSENT}"
            for tail in ("", "/file.txt", f"/{SECRET}.txt"):
                for query in ("", "open_revs=all", "rev=1-00", "revs_info=true"):
                    two = [
                        walker.call("GET", f"{database}/{one}{tail}", None, query).replace(
                            one, "ID"
                        )
                        for one in (docid, missing)
                    ]
                    if two[0] != two[1]:
                        different.append((database, docid, tail, query, two))
    assert different == []


def test_the_walk_would_see_it(app: Flask, world: World) -> None:
    walker = Replicator(app, world, OWNER)
    for path in ("deal:secret", f"deal:secret/{SECRET}.txt", "_changes?include_docs=true"):
        name, _, query = path.partition("?")
        assert SECRET in walker.call("GET", f"tracking/{name}", None, query)
    rev = world.first_revisions["tracking", "deal:deleted"]
    assert SECRET in walker.call("GET", "tracking/deal:deleted", None, f"rev={rev}")
    assert SECRET in walker.call("GET", "tracking/deal:folded", None, "rev=1-00")
