"""Whether the suite runs against a real CouchDB, said once."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conformance.over_http import COUCHDB, COUCHDB_URL, couchdb


def test_the_named_couchdb_answers(tmp_path: Path, started: ExitStack) -> None:
    if not COUCHDB_URL:
        pytest.skip(f"{COUCHDB} names no CouchDB: the suite runs on the embedded store alone")
    with couchdb(tmp_path, started) as server:
        assert isinstance(server.all_dbs(), list)
