"""The embedded store as a CouchDB node: users, sessions, configuration, replications, tasks.

`store.wire` speaks CouchDB's HTTP API over any server; what only a server that stands by itself
has, is here. Nothing in this package knows the people and rights of a Divan office.
"""

from store.node.app import node_app
from store.node.node import Node

__all__ = ["Node", "node_app"]
