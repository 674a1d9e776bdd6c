"""A node as `divan store serve` runs it, on the loopback, for tests."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from store.node import Node, node_app
from store.node.listen import HttpServer
from store.types import BasicAuth

QUICK = {"iterations": "10"}
"""Rounds of the password hash: a test has many nodes, and nobody attacks them."""


def opened_node(
    directory: Path, admin: BasicAuth, given: Mapping[str, Mapping[str, str]] | None = None
) -> Node:
    """A node whose databases are open to all users until `_security` says otherwise."""
    sections = {name: dict(keys) for name, keys in (given or {}).items()}
    sections["admins"] = {admin.user: admin.password}
    sections["chttpd_auth"] = QUICK | sections.get("chttpd_auth", {})
    sections.setdefault("couchdb", {"default_security": "everyone"})
    return Node(directory, sections)


@contextmanager
def served_node(
    directory: Path, admin: BasicAuth, given: Mapping[str, Mapping[str, str]] | None = None
) -> Iterator[str]:
    """The address of a node while it is served."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        closing(opened_node(directory, admin, given)) as node,
    ):
        http = HttpServer(node_app(node), listener)
        thread = threading.Thread(target=http.run)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            http.stop()
            thread.join()


def trusting(secret: str) -> dict[str, dict[str, str]]:
    """Configuration by which peers that share `secret` name their users."""
    return {"chttpd_auth": {"secret": secret, "proxy_use_secret": "true"}}
