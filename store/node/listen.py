"""The HTTP server of a node: waitress, with as many threads as there are requests at work."""

import socket
import threading
from collections.abc import Callable
from typing import Any

from waitress import wasyncore
from waitress.server import create_server
from waitress.task import ThreadedTaskDispatcher

THREADS = 4
MOST_THREADS = 600
"""A waiting feed holds a thread; beyond this requests queue."""
CONNECTIONS = 2000
LONGEST_SILENCE = 30.0
"""Seconds after which connections that are idle too long are looked for."""
LAST_REQUESTS = 1.0
"""Seconds that requests at work have to end when the server is told to stop."""


class _Threads(ThreadedTaskDispatcher):  # type: ignore[misc]
    """One thread more whenever all are busy, so that waiting feeds keep nobody else waiting."""

    def add_task(self, task: Any) -> None:
        running = len(self.threads)
        if self.active_count + len(self.queue) >= running and running < MOST_THREADS:
            self.set_thread_count(running + 1)
        super().add_task(task)

    def shutdown(self, cancel_pending: bool = True, timeout: float = LAST_REQUESTS) -> bool:
        return bool(super().shutdown(cancel_pending, timeout))


class HttpServer:
    """Serves `application` on a socket that is bound and listens."""

    def __init__(self, application: Callable[..., Any], listener: socket.socket) -> None:
        self._lock = threading.Lock()
        self._stopped = False
        self._open: dict[int, Any] = {}
        self._threads = _Threads()
        self._threads.set_thread_count(THREADS)
        self._server = create_server(
            application,
            map=self._open,
            _dispatcher=self._threads,
            sockets=[listener],
            ident="Divan",
            connection_limit=CONNECTIONS,
            clear_untrusted_proxy_headers=False,  # CouchDB takes the host from them
            channel_request_lookahead=1,  # else nobody notices that the reader of a feed has gone
        )

    def run(self) -> None:
        """Serve until `stop` is called, by another thread; then let the requests at work end,
        unless they take too long, and close all connections."""
        while not self._stopped:
            wasyncore.loop(timeout=LONGEST_SILENCE, use_poll=True, map=self._open, count=1)
        self._threads.shutdown()
        with self._lock:
            wasyncore.close_all(self._open)

    def stop(self) -> None:
        """Let `run` end. It is told so before anything is closed that this needs."""
        with self._lock:
            self._stopped = True
            self._server.pull_trigger()
