"""CouchDB's HTTP API as a client meets it: statuses, headers and shapes."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse

from store.lite.server import LiteServer
from store.wire import protocol_app


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LiteServer]:
    server = LiteServer(tmp_path)
    yield server
    server.close()


@pytest.fixture
def client(store: LiteServer) -> Client:
    client = Client(protocol_app(lambda environ: store))
    assert client.put("/db").status_code == 201
    return client


def facts(response: TestResponse) -> tuple[int, Any]:
    assert response.mimetype == "application/json"
    return response.status_code, response.json


def test_welcome_and_server_paths(client: Client) -> None:
    assert facts(client.get("/"))[1]["couchdb"] == "Welcome"
    assert facts(client.get("/_up")) == (200, {"status": "ok"})
    assert facts(client.get("/_all_dbs")) == (200, ["db"])
    assert len(facts(client.get("/_uuids?count=3"))[1]["uuids"]) == 3


def test_database_life(client: Client) -> None:
    assert facts(client.put("/other")) == (201, {"ok": True})
    assert facts(client.put("/other"))[1]["error"] == "file_exists"
    assert client.put("/other").status_code == 412
    assert facts(client.get("/other"))[1]["db_name"] == "other"
    assert client.head("/other").status_code == 200
    assert facts(client.delete("/other?rev=1-a"))[0] == 400
    assert facts(client.delete("/other")) == (200, {"ok": True})
    assert facts(client.get("/other")) == (
        404,
        {"error": "not_found", "reason": "Database does not exist."},
    )
    assert client.head("/other").status_code == 404
    assert facts(client.put("/Other"))[0] == 400


def test_database_name_with_a_slash(client: Client) -> None:
    assert client.put("/a%2Fb").status_code == 201
    assert facts(client.get("/a%2Fb"))[1]["db_name"] == "a/b"
    assert facts(client.get("/a/b"))[0] == 404


def test_document_life(client: Client) -> None:
    put = client.put("/db/one", json={"n": 1})
    rev = put.json["rev"]
    assert put.status_code == 201
    assert put.headers["ETag"] == f'"{rev}"'
    got = client.get("/db/one")
    assert got.json == {"_id": "one", "_rev": rev, "n": 1}
    assert got.headers["ETag"] == f'"{rev}"'
    assert client.get("/db/one", headers={"If-None-Match": f'"{rev}"'}).status_code == 304
    assert facts(client.put("/db/one", json={"n": 2})) == (
        409,
        {"error": "conflict", "reason": "Document update conflict."},
    )
    second = client.put("/db/one", json={"n": 2}, headers={"If-Match": rev})
    assert second.status_code == 201
    assert facts(client.delete("/db/one"))[0] == 409
    assert facts(client.delete(f"/db/one?rev={second.json['rev']}"))[0] == 200
    assert facts(client.get("/db/one")) == (404, {"error": "not_found", "reason": "deleted"})
    assert facts(client.delete("/db/none"))[0] == 404


def test_revisions_that_differ_are_refused(client: Client) -> None:
    answer = client.put("/db/one?rev=1-a", json={"_rev": "1-b"})
    assert facts(answer)[0] == 400


def test_document_ids_keep_slashes_and_unicode(client: Client) -> None:
    client.put("/db/a%2Fb", json={"n": 1})
    client.put("/db/%E5%AE%A2%E6%88%B7%20%2B", json={"n": 2})
    assert client.get("/db/a%2Fb").json["_id"] == "a/b"
    assert client.get("/db/%E5%AE%A2%E6%88%B7%20%2B").json["_id"] == "客户 +"
    assert client.get("/db/a/b").status_code == 404


def test_local_documents_take_no_attachments(client: Client) -> None:
    client.put("/db/_local/x", json={})
    for method in ("GET", "PUT", "DELETE"):
        status, said = facts(client.open("/db/_local/x/a.txt", method=method, data=b"x"))
        assert (status, said["reason"]) == (400, "_local documents do not accept attachments.")


def test_a_revision_without_a_hash_is_one_in_replication(client: Client) -> None:
    """As PouchDB's peers may send it, and CouchDB takes it."""
    docs = {"docs": [{"_id": "bare", "_rev": "1-", "n": 1}], "new_edits": False}
    assert facts(client.post("/db/_bulk_docs", json=docs)) == (201, [])
    assert client.get("/db/bare").json == {"_id": "bare", "_rev": "1-", "n": 1}
    assert client.get("/db/bare?rev=1-").json["n"] == 1
    assert client.put("/db/bare?rev=1-", json={}).status_code == 201


def test_design_document_with_escaped_slash(client: Client) -> None:
    assert client.put("/db/_design%2Fx", json={"language": "javascript"}).status_code == 201
    assert client.get("/db/_design/x").json["_id"] == "_design/x"


def test_post_makes_an_id(client: Client) -> None:
    made = client.post("/db", json={"n": 1})
    assert made.status_code == 201
    assert client.get(f"/db/{made.json['id']}").json["n"] == 1


def test_open_revs(client: Client) -> None:
    rev = client.put("/db/one", json={}).json["rev"]
    wanted = json.dumps([rev, "3-abc"])
    takes = {"Accept": "application/json"}
    rows = client.get(
        "/db/one", query_string={"open_revs": wanted, "revs": "true"}, headers=takes
    ).json
    assert rows[0]["ok"]["_revisions"]["start"] == 1
    assert rows[1] == {"missing": "3-abc"}
    assert client.get("/db/one?open_revs=all", headers=takes).json[0]["ok"]["_rev"] == rev
    assert facts(client.get("/db/one?open_revs=5"))[0] == 400


def test_new_edits_false_by_put(client: Client) -> None:
    body = {"_rev": "2-b", "_revisions": {"start": 2, "ids": ["b", "a"]}}
    assert client.put("/db/one?new_edits=false", json=body).json["rev"] == "2-b"
    assert client.get("/db/one?revs=true").json["_revisions"]["ids"] == ["b", "a"]


def test_bulk_and_diff(client: Client) -> None:
    rows = client.post("/db/_bulk_docs", json={"docs": [{"_id": "a"}, {"n": 1}]})
    assert rows.status_code == 201
    rev = rows.json[0]["rev"]
    assert rows.json[1]["id"]
    again = client.post("/db/_bulk_docs", json={"docs": [{"_id": "a"}]}).json
    assert again == [{"id": "a", "error": "conflict", "reason": "Document update conflict."}]
    diff = client.post("/db/_revs_diff", json={"a": [rev, "2-x"], "z": ["1-y"]}).json
    assert diff["a"]["missing"] == ["2-x"]
    assert diff["z"] == {"missing": ["1-y"]}
    got = client.post("/db/_bulk_get", json={"docs": [{"id": "a"}, {"id": "z"}]}).json
    assert got["results"][0]["docs"][0]["ok"]["_rev"] == rev
    assert got["results"][1]["docs"][0]["error"]["error"] == "not_found"


def test_local_documents(client: Client) -> None:
    assert client.put("/db/_local/cp", json={"seq": 1}).json["rev"] == "0-1"
    assert facts(client.put("/db/_local/cp", json={"seq": 2}))[0] == 409
    assert client.put("/db/_local/cp", json={"_rev": "0-1", "seq": 2}).json["rev"] == "0-2"
    assert client.get("/db/_local/cp").json["seq"] == 2
    assert client.delete("/db/_local/cp?rev=0-2").status_code == 200
    assert facts(client.get("/db/_local/cp"))[0] == 404
    assert client.get("/db/_changes").json["results"] == []


def test_attachments(client: Client) -> None:
    url = "/db/one/fo%2Flder/ü.txt"
    put = client.put(url, data=b"hello", content_type="text/plain; charset=utf-8")
    assert put.status_code == 201
    got = client.get(url)
    assert (got.data, got.content_type) == (b"hello", "text/plain; charset=utf-8")
    assert got.headers["Content-Security-Policy"] == "sandbox"
    assert got.headers["Content-MD5"] == "XUFAKrxLKna5cZ2REBfFkg=="
    stubs = client.get("/db/one").json["_attachments"]
    assert list(stubs) == ["fo/lder/ü.txt"]
    assert facts(client.delete(url))[0] == 409
    assert client.delete(f"{url}?rev={put.json['rev']}").status_code == 200
    assert facts(client.get(url))[0] == 404


def test_content_type_of_an_attachment_is_never_two_headers(client: Client) -> None:
    stub = {"content_type": "text/html\r\nX-Evil: 1", "data": "aGk="}
    client.put("/db/one", json={"_attachments": {"a": stub}})
    got = client.get("/db/one/a")
    assert got.data == b"hi"
    assert "X-Evil" not in got.headers


@pytest.mark.parametrize("content_type", ["text/é 日", "日", "text/é"])
def test_content_type_that_is_no_header_is_not_sent(client: Client, content_type: str) -> None:
    stub = {"content_type": content_type, "data": "aGk="}
    client.put("/db/one", json={"_attachments": {"a": stub}})
    got = client.get("/db/one/a")
    assert (got.data, got.headers["Content-Type"]) == (b"hi", "application/octet-stream")
    assert client.get("/db/one").json["_attachments"]["a"]["content_type"] == content_type


def test_entries_of_bulk_get_that_ask_for_nothing_are_told_so(client: Client) -> None:
    client.put("/db/a", json={})
    asked = [{"rev": "1-x"}, {"id": "a"}, {"id": "a", "rev": 1}]
    got = client.post("/db/_bulk_get", json={"docs": asked}).json["results"]
    assert [row["id"] for row in got] == [None, "a", "a"]
    assert "ok" in got[1]["docs"][0]
    assert got[0]["docs"] == [
        {"error": {"id": None, "rev": None, "error": "bad_request",
                   "reason": "document id missed"}}
    ]  # fmt: skip
    assert got[2]["docs"] == [
        {"error": {"id": "a", "rev": 1, "error": "bad_request", "reason": "Invalid rev format"}}
    ]


def test_batch_is_accepted(client: Client) -> None:
    assert client.put("/db/a?batch=ok", json={}).status_code == 202
    assert client.post("/db?batch=ok", json={"_id": "b"}).status_code == 202
    assert client.get("/db/b").status_code == 200


def test_offset_ends_with_the_documents(client: Client) -> None:
    client.post("/db/_bulk_docs", json={"docs": [{"_id": name} for name in "abc"]})
    assert client.get("/db/_all_docs?skip=1000").json["offset"] == 3


def test_all_docs_by_query_and_by_body(client: Client) -> None:
    client.post("/db/_bulk_docs", json={"docs": [{"_id": name} for name in "abc"]})
    by_query = client.get('/db/_all_docs?startkey="b"&include_docs=true').json
    assert [row["doc"]["_id"] for row in by_query["rows"]] == ["b", "c"]
    by_body = client.post("/db/_all_docs", json={"keys": ["c", "z"]}).json
    assert by_body["rows"][1] == {"key": "z", "error": "not_found"}


def test_security_limit_commit_compact_purge(client: Client) -> None:
    assert facts(client.put("/db/_security", json={"members": {"names": ["a"]}}))[0] == 200
    assert client.get("/db/_security").json["members"]["names"] == ["a"]
    assert facts(client.put("/db/_revs_limit", data=b"5"))[0] == 200
    assert client.get("/db/_revs_limit").json == 5
    assert facts(client.put("/db/_revs_limit", data=b"true"))[0] == 400
    assert client.post("/db/_ensure_full_commit", json={}).status_code == 201
    assert facts(client.post("/db/_compact", json={})) == (202, {"ok": True})
    rev = client.put("/db/one", json={}).json["rev"]
    assert client.post("/db/_purge", json={"one": [rev]}).json["purged"] == {"one": [rev]}


def test_gzip_bodies(client: Client) -> None:
    headers = {"Content-Encoding": "gzip"}
    zipped = gzip.compress(b'{"n": 1}')
    assert client.put("/db/one", data=zipped, headers=headers).status_code == 201
    assert facts(client.put("/db/two", data=zipped[:-3], headers=headers))[0] == 400
    assert facts(client.put("/db/two", data=b"{}", headers=headers))[0] == 400
    assert facts(client.put("/db/two", data=b"{}", headers={"Content-Encoding": "br"}))[0] == 415


def test_long_answers_are_gzipped_for_whoever_takes_that(client: Client) -> None:
    client.put("/db/one", json={"text": "x" * 5000})
    client.put("/db/file/f", data=b"y" * 5000, content_type="text/plain")
    takes = {"Accept-Encoding": "gzip, deflate"}
    zipped = client.get("/db/one", headers=takes)
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert int(zipped.headers["Content-Length"]) == len(zipped.data) < 500
    assert json.loads(gzip.decompress(zipped.data))["text"] == "x" * 5000
    assert client.get("/db/one").json["text"] == "x" * 5000
    assert client.get("/db/file/f", headers=takes).data == b"y" * 5000
    assert client.get("/", headers=takes).json["couchdb"] == "Welcome"
    again = client.get("/db/one", headers={**takes, "If-None-Match": zipped.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    head = client.head("/db/one", headers=takes)
    assert (head.status_code, head.data) == (200, b"")


def test_body_has_a_limit_also_unzipped(store: LiteServer) -> None:
    client = Client(protocol_app(lambda environ: store, max_body=1000))
    client.put("/db")
    big = json.dumps({"n": "x" * 2000}).encode()
    assert facts(client.put("/db/one", data=big))[0] == 413
    headers = {"Content-Encoding": "gzip"}
    assert facts(client.put("/db/one", data=gzip.compress(big), headers=headers))[0] == 413
    assert store.database("db").info()["doc_count"] == 0


def test_below_a_script_name(store: LiteServer) -> None:
    mounted = DispatcherMiddleware(_nothing_here, {"/replicate": protocol_app(lambda e: store)})
    client = Client(mounted)
    assert client.put("/replicate/db").status_code == 201
    assert client.put("/replicate/db/a%2Fb", json={}).status_code == 201
    assert client.get("/replicate/db/a%2Fb").json["_id"] == "a/b"
    assert client.get("/replicate/").json["couchdb"] == "Welcome"
    assert client.get("/replicate").json["couchdb"] == "Welcome"


def _nothing_here(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("404 NOT FOUND", [("Content-Type", "text/plain")])
    return [b"elsewhere"]
