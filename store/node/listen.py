"""The HTTP server of a node: waitress, with as many threads as there are requests at work."""

import socket
from collections.abc import Callable
from typing import Any

from waitress.server import create_server
from waitress.task import ThreadedTaskDispatcher

THREADS = 4
MOST_THREADS = 600
"""A waiting feed holds a thread; beyond this requests queue."""
CONNECTIONS = 2000
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
        self._threads = _Threads()
        self._threads.set_thread_count(THREADS)
        self._server = create_server(
            application,
            _dispatcher=self._threads,
            sockets=[listener],
            ident="Divan",
            connection_limit=CONNECTIONS,
            asyncore_use_poll=True,
            channel_request_lookahead=1,  # else nobody notices that the reader of a feed has gone
        )

    def run(self) -> None:
        """Serve until `stop` is called, by another thread."""
        self._server.run()
        self._threads.shutdown()

    def stop(self) -> None:
        """Let `run` return once the requests at work have ended, or will not soon."""
        self._server.trigger.pull_trigger(self._close)

    def _close(self) -> None:
        """In the thread of `run`, which ends when nothing is open any more."""
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        self._server.close()
