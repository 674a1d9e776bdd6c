"""Every test of this folder runs on every backend. A new backend is one line of `BACKENDS`."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from store.api import Database, Server
from store.lite import LiteServer
from tests.conformance.over_http import COUCHDB_LACKS, COUCHDB_URL, couchdb, embedded_over_http


@dataclass(frozen=True)
class Backend:
    """How to open a server in an empty directory, and what cannot be asked of it (and why)."""

    open: Callable[[Path], AbstractContextManager[Server]]
    lacks: tuple[tuple[str, str], ...] = ()


BACKENDS = {
    "lite": Backend(lambda directory: closing(LiteServer(directory))),
    "lite over http": Backend(embedded_over_http),
}
if COUCHDB_URL:
    BACKENDS["couchdb"] = Backend(couchdb, COUCHDB_LACKS)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(capability): skipped where a backend lacks it")


@pytest.fixture(params=sorted(BACKENDS))
def backend(request: pytest.FixtureRequest) -> Backend:
    chosen = BACKENDS[request.param]
    for marker in request.node.iter_markers("needs"):
        for capability, reason in chosen.lacks:
            if capability in marker.args:
                pytest.skip(f"{request.param}: {reason}")
    return chosen


@pytest.fixture
def server(backend: Backend, tmp_path: Path) -> Iterator[Server]:
    with backend.open(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def db(server: Server) -> Iterator[Database]:
    name = f"test_{uuid.uuid4().hex}"
    server.create(name)
    yield server.database(name)
    server.delete(name)
