"""What a handler is given: the request, the server of whoever asks, and the names in the path."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from werkzeug.wrappers import Request, Response

from store.api import Database, Server
from store.types import Json
from store.wire import bodies


@dataclass(frozen=True)
class Limits:
    """`max_body` in bytes, unzipped; `waiting` bounds the feeds that wait at the same time."""

    max_body: int
    waiting: threading.BoundedSemaphore


@dataclass(frozen=True)
class Call:
    """One request. `names` holds the decoded variable segments of the path."""

    request: Request
    server: Server
    names: Mapping[str, str]
    params: dict[str, str]
    limits: Limits

    @property
    def database(self) -> Database:
        return self.server.database(self.names["db"])

    @property
    def docid(self) -> str:
        """The document's id, with `_design/` or `_local/` before it."""
        return self.names.get("kind", "") + self.names["doc"]

    def json(self, what: str = "Request body") -> dict[str, Json]:
        return bodies.json_body(self.request, self.limits.max_body, what=what)

    def data(self) -> bytes:
        return bodies.body(self.request, self.limits.max_body)

    def asked(self, name: str) -> bool:
        """Whether a parameter of a document is `true`. CouchDB passes over other values there."""
        return self.params.get(name) == "true"

    def flag(self, name: str, default: bool = False) -> bool:
        return bodies.flag(self.params, name, default)


Handler = Callable[[Call], Response]
