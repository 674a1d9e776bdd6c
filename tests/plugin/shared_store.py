"""A store that several machines share over HTTP: a CouchDB where one is named, else the embedded
store as `divan store serve` shows it. And data directories of machines that use it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from store.lite.server import LiteServer
from store.opening import open_server
from store.types import BasicAuth

COUCHDB_URL = os.environ.get("DIVAN_TEST_COUCHDB_URL", "")
COUCHDB_SECRET = os.environ.get("DIVAN_TEST_COUCHDB_SECRET", "")
MAIN = "import sys; from plugin.runtime.cli import main; sys.exit(main())"


@dataclass(frozen=True)
class Shared:
    """Where the store is, and who the machines are to it."""

    url: str
    login: BasicAuth
    proxy_secret: str = ""


def data_directory(path: Path, shared: Shared, sign_in: str = "basic") -> Path:
    """What an administrator lays out on a machine before its first start."""
    secrets = path / "secrets"
    secrets.mkdir(parents=True)
    settings = f'store_url = "{shared.url}"\nstore_sign_in = "{sign_in}"\n'
    (path / "divan.toml").write_text(settings, encoding="utf-8")
    texts = {"store_auth": f"{shared.login.user}:{shared.login.password}"}
    if shared.proxy_secret:
        texts["store_proxy_secret"] = shared.proxy_secret
    for name, text in texts.items():
        (secrets / name).write_text(text + "\n", encoding="utf-8")
        (secrets / name).chmod(0o600)
    return path


@contextmanager
def couchdb() -> Iterator[Shared]:
    """The CouchDB of DIVAN_TEST_COUCHDB_URL. What the office makes there is deleted afterwards; one
    that holds an office already is left alone."""
    parts = urlsplit(COUCHDB_URL)
    login = BasicAuth(parts.username or "", parts.password or "")
    url = f"{parts.scheme}://{parts.hostname}:{parts.port or 5984}"
    with closing(open_server(url, auth=login)) as server:
        if server.exists("settings"):
            pytest.fail(f"{url} holds an office; this test would delete it")
        before = set(server.all_dbs())
        try:
            yield Shared(url, login, COUCHDB_SECRET)
        finally:
            ours = ("settings", "coordination", "credentials", "customers", "tracking", "service")
            ours += ("knowledge", "forum", "outbox")
            for name in set(server.all_dbs()) - before:
                if name in ours or name.startswith("mail_"):
                    server.delete(name)


@contextmanager
def embedded(path: Path) -> Iterator[Shared]:
    """`divan store serve` on a store of its own."""
    LiteServer(path / "store").close()
    line = [sys.executable, "-c", MAIN, "--data", str(path), "store", "serve", "--port", "0"]
    with subprocess.Popen([*line, "--json"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        try:
            yield Shared(facts["url"], BasicAuth(facts["user"], facts["password"]))
        finally:
            process.terminate()


@contextmanager
def shared_store(path: Path) -> Iterator[Shared]:
    with couchdb() if COUCHDB_URL else embedded(path) as shared:
        yield shared
