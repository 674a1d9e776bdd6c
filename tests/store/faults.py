"""A bad line between client and server, as a WSGI application before another. Seeded."""

import io
import random
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wrappers import Request, Response

Application = Callable[..., Iterable[bytes]]


class BadLine:
    """Every so often a request is refused, cut before or after it was carried out, or answered in
    part. `faults` counts what happened."""

    def __init__(self, application: Application, seed: int, often: float = 0.3) -> None:
        self._application = application
        self._dice = random.Random(seed)
        self._often = often
        self._lock = threading.Lock()
        self.faults: dict[str, int] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with self._lock:
            kind = self._dice.choice(KINDS) if self._dice.random() < self._often else None
            share = self._dice.random()
            if kind is not None:
                self.faults[kind] = self.faults.get(kind, 0) + 1
        if kind is None:
            return self._application(environ, start_response)
        # The fault comes after the request was sent.
        environ["wsgi.input"] = io.BytesIO(Request(environ).get_data())
        if kind in REFUSALS:
            return REFUSALS[kind]()(environ, start_response)
        if kind == "cut before":
            return _cut(environ)
        answer = Response.from_app(self._application, environ)
        if kind == "cut after":
            return _cut(environ)
        if kind == "late":
            threading.Event().wait(0.05)
            return answer(environ, start_response)
        return _part(environ, start_response, answer, share)


def _cut(environ: dict[str, Any]) -> Iterable[bytes]:
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError


def _part(
    environ: dict[str, Any], start_response: Any, answer: Response, share: float
) -> Iterable[bytes]:
    """The headers promise all of the body, and a part of it comes."""
    body = answer.get_data()
    start_response(answer.status, [*answer.headers.items()])
    yield body[: int(len(body) * share)]
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)


def _json(status: int, **headers: str) -> Callable[[], Response]:
    def answer() -> Response:
        body = '{"error":"unknown_error","reason":"a bad line"}'
        return Response(body, status, headers, content_type="application/json")

    return answer


REFUSALS: dict[str, Callable[[], Any]] = {
    "500": _json(500),
    "429": _json(429, **{"Retry-After": "0"}),
    "503": _json(503),
    "502 of a proxy": lambda: Response("<h1>Bad gateway</h1>", 502, content_type="text/html"),
}
KINDS = (*REFUSALS, "cut before", "cut after", "late", "part")
