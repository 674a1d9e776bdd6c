"""Every test of this folder runs on every backend. A new backend is one line of `BACKENDS`."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from store.api import Database, Server
from store.lite import LiteServer
from tests.conformance.differences import DIFFERENCES
from tests.conformance.over_http import (
    COUCHDB_LACKS,
    COUCHDB_URL,
    couchdb,
    embedded_over_http,
    pouchdb,
)


@dataclass(frozen=True)
class Backend:
    """How to open a server in an empty directory, and what cannot be asked of it (and why).

    What takes long to start is entered into the ExitStack, for all tests of the process.
    """

    open: Callable[[Path, ExitStack], AbstractContextManager[Server]]
    lacks: tuple[tuple[str, str], ...] = ()


BACKENDS = {
    "lite": Backend(lambda directory, _: closing(LiteServer(directory))),
    "lite over http": Backend(embedded_over_http),
    "pouchdb-server": Backend(pouchdb),
}
if COUCHDB_URL:
    BACKENDS["couchdb"] = Backend(couchdb, COUCHDB_LACKS)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(capability): skipped where a backend lacks it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is known to differ must fail, or is left out, with the reason in the report."""
    for item in items:
        case = getattr(item, "callspec", None)
        backend = case.params.get("backend") if case else None
        for difference in DIFFERENCES.get(str(backend), ()):
            if difference.leaves_out(item.nodeid):
                item.add_marker(pytest.mark.skip(reason=f"{backend}: {difference.reason}"))
            elif difference.covers(item.nodeid, str(backend)):
                item.add_marker(pytest.mark.xfail(reason=difference.reason, strict=True))


@pytest.fixture(params=sorted(BACKENDS))
def backend(request: pytest.FixtureRequest) -> Backend:
    chosen = BACKENDS[request.param]
    for marker in request.node.iter_markers("needs"):
        for capability, reason in chosen.lacks:
            if capability in marker.args:
                pytest.skip(f"{request.param}: {reason}")
    return chosen


@pytest.fixture(scope="session")
def started() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def server(backend: Backend, tmp_path: Path, started: ExitStack) -> Iterator[Server]:
    with backend.open(tmp_path / "store", started) as opened:
        yield opened


@pytest.fixture
def db(server: Server) -> Iterator[Database]:
    name = f"test_{uuid.uuid4().hex}"
    server.create(name)
    yield server.database(name)
    server.delete(name)
