"""Backends that are reached over HTTP: our own store through its protocol, and any CouchDB."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit
from weakref import WeakKeyDictionary

from store.api import Server
from store.couch.opening import open_couch
from store.types import BasicAuth
from tests.node import pouchdb_server
from tests.store.nodes import served_node, trusting

COUCHDB = "DIVAN_TEST_COUCHDB_URL"
"""`http://user:password@host:5984`; only tests take credentials from an address."""
COUCHDB_URL = os.environ.get(COUCHDB, "")
SECRET = "DIVAN_TEST_COUCHDB_SECRET"
"""The `[chttpd_auth] secret` of that CouchDB, where it accepts proxy authentication."""
COUCHDB_LACKS = (
    ("digests", "CouchDB does not look at Content-MD5"),
    ("checked local documents", "CouchDB counts the revisions of local documents only"),
    ("checked security", "CouchDB answers 500 to a security object that is none"),
    *(() if os.environ.get(SECRET) else (("users", f"{SECRET} is not set"),)),
)


@contextmanager
def embedded_over_http(directory: Path, started: ExitStack) -> Iterator[Server]:
    """Client → protocol → embedded store: with a password, and users by proxy authentication."""
    login = BasicAuth("admin", "only in this test")
    with (
        served_node(directory, login, trusting("shared")) as url,
        closing(open_couch(url, login, proxy_secret="shared")) as client,
    ):
        yield client


@contextmanager
def couchdb(directory: Path, started: ExitStack) -> Iterator[Server]:
    """The CouchDB that the environment names; nothing of it goes into `directory`."""
    parts = urlsplit(COUCHDB_URL)
    login = None
    if parts.username is not None:
        login = BasicAuth(unquote(parts.username), unquote(parts.password or ""))
    address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    with closing(open_couch(address, login, proxy_secret=os.environ.get(SECRET))) as client:
        yield client


@contextmanager
def pouchdb(directory: Path, started: ExitStack) -> Iterator[Server]:
    """A pouchdb-server in memory, one for all tests of the process: it takes a second to start."""
    if started not in _pouchdb:
        _pouchdb[started] = started.enter_context(pouchdb_server(directory))
    with closing(open_couch(_pouchdb[started])) as client:
        yield client


_pouchdb: WeakKeyDictionary[ExitStack, str] = WeakKeyDictionary()
