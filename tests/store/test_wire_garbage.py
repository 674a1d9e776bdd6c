"""Whatever is thrown at the protocol is answered in CouchDB's form, and never with a failure."""

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from store.lite import LiteServer
from store.wire import protocol_app

IDS = st.sampled_from(
    [
        "a",
        "b%2Fc",
        "_design/d",
        "_design%2Fd",
        "_local/l",
        "_design",
        "_x",
        "%FF",
        "%00",
        "a%3Fb",
        "é",
    ]
)
NAMES = st.sampled_from(
    ["", "_all_docs", "_all_docs/queries", "_bulk_docs", "_bulk_get", "_changes", "_compact",
     "_compact/d", "_design_docs", "_design_docs/queries", "_ensure_full_commit", "_local_docs",
     "_local_docs/queries", "_missing_revs", "_purge", "_purged_infos", "_purged_infos_limit",
     "_revs_diff", "_revs_limit", "_security", "_find", "_index", "_explain", "_view_cleanup",
     "_design/d/_view/v", "_design/d/_view/v/queries", "_design/d/_info"]
)  # fmt: skip
PARAMETERS = st.sampled_from(
    ["rev", "revs", "open_revs", "atts_since", "latest", "attachments", "new_edits", "batch",
     "conflicts", "key", "keys", "startkey", "end_key", "limit", "skip", "descending", "since",
     "include_docs", "group_level", "startkey_docid", "inclusive_end", "update", "filter",
     "doc_ids", "style", "update_seq"]
)  # fmt: skip
REVS = st.sampled_from(["1-a", "2-b", "0-1", "x", "", "1-" + "f" * 32, '["1-a"]', "all", "9" * 40])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | REVS
MEMBERS = st.sampled_from(
    ["_id", "_rev", "_revisions", "_deleted", "_attachments", "_conflicts", "_x", "start", "ids",
     "docs", "new_edits", "keys", "queries", "id", "rev", "f", "data", "stub", "follows", "digest",
     "length", "encoding", "content_type", "revpos", "views", "map", "validate_doc_update",
     "admins", "members", "names", "roles", "selector", "doc_ids", "limit"]
) | st.text(max_size=3)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner, max_size=4),
    max_leaves=12,
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Content-Type", "Content-Encoding", "Accept", "Range", "If-Match", "If-None-Match",
         "Destination", "Content-MD5", "If-Range", "X-Couch-Full-Commit"]
    ),
    st.sampled_from(
        ["application/json", "text/plain", "multipart/related", "multipart/related; boundary=b",
         "multipart/mixed", "gzip", "deflate", "*/*", "bytes=0-1", "bytes=9-2", "bytes=-", '"1-a"',
         "1-a", "b", "_x", "http://x/y", "AAAAAAAAAAAAAAAAAAAAAA==", "=", ";;;", "q=\xff"]
    ),
    max_size=3,
)  # fmt: skip


def multipart(value: Any) -> bytes:
    return b"--b\r\nContent-Type: application/json\r\n\r\n%s\r\n--b\r\n\r\nxyz\r\n--b--" % (
        json.dumps(value).encode()
    )


BODIES = (
    st.binary(max_size=40)
    | VALUES.map(lambda value: json.dumps(value).encode())
    | VALUES.map(lambda value: json.dumps({"docs": [value]}).encode())
    | VALUES.map(lambda value: gzip.compress(json.dumps(value).encode()))
    | VALUES.map(multipart)
    | st.integers(1, 20_000).map(lambda depth: b"[" * depth)
)
PATHS = (
    IDS.map(lambda docid: f"/db/{docid}")
    | st.tuples(IDS, IDS).map(lambda both: f"/db/{both[0]}/{both[1]}")
    | NAMES.map(lambda name: f"/db/{name}")
    | st.text(max_size=8).map(lambda text: "/" + text.replace("?", ""))
)
METHODS = st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "COPY", "PATCH", "OPTIONS"])


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    directory: Path = tmp_path_factory.mktemp("garbage")
    with closing(LiteServer(directory)) as store:
        asked = Client(protocol_app(lambda environ: store))
        yield asked


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    method=METHODS, path=PATHS, headers=HEADERS,
    query=st.dictionaries(PARAMETERS, REVS | st.text(max_size=4) | VALUES),
    body=BODIES, as_json=st.booleans(),
)  # fmt: skip
def test_garbage_is_answered_in_form(
    client: Client, method: str, path: str, query: dict[str, Any], headers: dict[str, str],
    body: bytes, as_json: bool,
) -> None:  # fmt: skip
    client.put("/db")
    client.put("/db/a", json={"_attachments": {"f": {"data": "YWJj"}}})
    if as_json:
        headers = {**headers, "Content-Type": "application/json"}
    params = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in query.items()
    }
    answer = client.open(path, method=method, query_string=params, headers=headers, data=body)
    assert answer.status_code < 500, (answer.status_code, answer.data)
    if answer.status_code >= 400 and method != "HEAD":
        said = json.loads(answer.data)
        assert {"error", "reason"} <= said.keys(), said
        assert answer.mimetype == "application/json"
    answer.close()
