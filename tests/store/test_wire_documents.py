"""What HTTP alone has of documents: COPY, several queries at once, `meta`, words of refusals."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from store.lite import LiteServer
from store.wire import protocol_app


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with closing(LiteServer(tmp_path)) as store:
        asked = Client(protocol_app(lambda environ: store))
        asked.put("/db")
        yield asked


def copied(client: Client, path: str, to: str) -> tuple[int, Any]:
    answer = client.open(path, method="COPY", headers={"Destination": to})
    return answer.status_code, answer.json


def test_a_document_is_copied_with_its_attachments(client: Client) -> None:
    data = bytes(300_000)
    client.put("/db/a/f", data=data, content_type="image/png")
    status, said = copied(client, "/db/a", "b%2Fc")
    assert (status, said["id"]) == (201, "b/c")
    assert client.get("/db/b%2Fc/f").data == data
    assert copied(client, "/db/a", "b%2Fc")[0] == 409
    assert copied(client, "/db/a", f"b%2Fc?rev={said['rev']}")[0] == 201


def test_an_older_revision_is_copied(client: Client) -> None:
    first = client.put("/db/a", json={"n": 1}).json["rev"]
    client.put("/db/a", json={"n": 2, "_rev": first})
    copied(client, f"/db/a?rev={first}", "b")
    assert client.get("/db/b").json["n"] == 1


def test_local_documents_are_copied(client: Client) -> None:
    client.put("/db/_local/a", json={"n": 1})
    assert copied(client, "/db/_local/a", "b")[0] == 201
    assert client.get("/db/b").json["n"] == 1
    assert copied(client, "/db/b", "_local/c")[0] == 201
    assert client.get("/db/_local/c").json["n"] == 1


@pytest.mark.parametrize(
    ("path", "to", "refused"),
    [
        ("/db/none", "b", (404, "not_found")),
        ("/db/a", "", (400, "bad_request")),
        ("/db/a", "http://127.0.0.1:5984/db/b", (400, "bad_request")),
        ("/db/a", "_b", (400, "illegal_docid")),
        ("/db/a", "a?rev=x", (400, "bad_request")),
    ],
)
def test_bad_copies_are_refused(
    client: Client, path: str, to: str, refused: tuple[int, str]
) -> None:
    client.put("/db/a", json={})
    status, said = copied(client, path, to)
    assert (status, said["error"]) == refused


def test_several_listings_at_once(client: Client) -> None:
    for path in ("a", "b", "_design/d", "_local/l"):
        client.put(f"/db/{path}", json={})
    asked = {"queries": [{"limit": 1}, {"keys": ["b", "none"]}, {}]}
    for name, wanted in (
        ("_all_docs", [["_design/d"], ["b", None], ["_design/d", "a", "b"]]),
        ("_design_docs", [["_design/d"], [], ["_design/d"]]),
        ("_local_docs", [["_local/l"], [None, None], ["_local/l"]]),
    ):
        results = client.post(f"/db/{name}/queries", json=asked).json["results"]
        assert [[row.get("id") for row in each["rows"]] for each in results] == wanted
        assert client.get(f"/db/{name}").json == results[2]
    assert client.post("/db/_all_docs/queries", json={}).status_code == 400
    assert client.get("/db/_all_docs?reduce=true").json["error"] == "query_parse_error"


def test_missing_revisions_are_told_alone(client: Client) -> None:
    rev = client.put("/db/a", json={}).json["rev"]
    asked = {"a": [rev, "2-x"], "b": ["1-y"]}
    told = client.post("/db/_missing_revs", json=asked).json
    assert told == {"missing_revs": {"a": ["2-x"], "b": ["1-y"]}}


def test_purges_are_remembered(client: Client) -> None:
    rev = client.put("/db/a", json={}).json["rev"]
    client.post("/db/_purge", json={"a": [rev]})
    assert client.get("/db/_purged_infos").json == {"purged_infos": [{"id": "a", "revs": [rev]}]}
    assert client.put("/db/_purged_infos_limit", data=b"0").status_code == 400
    assert client.put("/db/_purged_infos_limit", data=b"3").json == {"ok": True}
    assert client.get("/db/_purged_infos_limit").json == 3


def test_meta_asks_for_all_that_is_known(client: Client) -> None:
    for ids in (["b", "a"], ["c", "a"]):
        doc = {"_revisions": {"start": 2, "ids": ids}, "_deleted": ids[0] == "b"}
        client.put("/db/a?new_edits=false", json=doc)
    told = client.get("/db/a?meta=true").json
    assert told["_deleted_conflicts"] == ["2-b"] and told["_revs_info"][0]["rev"] == "2-c"


def test_what_is_no_switch_is_passed_over(client: Client) -> None:
    client.put("/db/a", json={})
    assert "_revisions" not in client.get("/db/a?revs=maybe").json
    assert client.get("/db/a?open_revs=[]", headers={"Accept": "*/*"}).json["_id"] == "a"


JSON = "application/json"


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "refused"),
    [
        ("PUT", "/db/a", b"{", JSON, (400, "bad_request", "invalid UTF-8 JSON")),
        ("PUT", "/db/a", b'{"a":"\xff"}', JSON, (400, "bad_request", "invalid UTF-8 JSON")),
        ("PUT", "/db/a", b'{"a":NaN}', JSON, (400, "bad_request", "invalid UTF-8 JSON")),
        ("PUT", "/db/a", b'{"a":"\\uDc00"}', JSON, (400, "bad_request", "invalid UTF-8 JSON")),
        ("PUT", "/db/a", b"[]", JSON, (400, "bad_request", "Document must be a JSON object")),
        ("PUT", "/db/a", b'{"_rev":"x"}', JSON, (400, "bad_request", "Invalid rev format")),
        ("PUT", "/db/a", b'{"_bad":1}', JSON,
         (400, "doc_validation", "Bad special document member: _bad")),
        ("PUT", "/db/a", b'{"_deleted":1}', JSON,
         (400, "doc_validation", "Bad special document member: _deleted")),
        ("PUT", "/db/_x", b"{}", JSON,
         (400, "illegal_docid", "Only reserved document ids may start with underscore.")),
        ("PUT", "/db/a/_f", b"x", "text/plain",
         (400, "bad_request", "Attachment name '_f' starts with prohibited character '_'")),
        ("PUT", "/db/_x/f", b"x", "text/plain",
         (400, "illegal_docid", "Only reserved document ids may start with underscore.")),
        ("GET", "/db/_x/f", b"", JSON, (404, "not_found", "missing")),
        ("PUT", "/db/_index/f", b"x", "text/plain", (404, "not_found", "missing")),
        ("PUT", "/db/_local%2F", b"{}", JSON,
         (400, "bad_request", "Invalid _local document id.")),
        ("PUT", "/db/_design%2F", b"{}", JSON,
         (400, "illegal_docid", "Illegal document id `_design/`")),
        ("PUT", "/db/a", b'{"_id":1}', JSON,
         (400, "illegal_docid", "Document id must be a string")),
        ("PUT", "/db/a", b'{"_attachments":{"f":{"data":"notBase64Encoded="}}}', JSON,
         (400, "bad_request", "Invalid attachment data for f")),
        ("DELETE", "/db/a/f?rev=4-garbage", b"", JSON, (409, "not_found", "missing_rev")),
        ("PUT", "/db/a/f?rev=4-garbage", b"x", "text/plain", (409, "not_found", "missing_rev")),
        ("GET", "/db/_temp_view", b"", JSON,
         (410, "gone", "Temporary views are not supported in CouchDB")),
        ("POST", "/db/_temp_view", b"{", "text/plain",
         (410, "gone", "Temporary views are not supported in CouchDB")),
        ("POST", "/db", b"{}", "text/plain",
         (415, "bad_content_type", "Content-Type must be application/json")),
        ("POST", "/db", b'{"_id":1}', JSON,
         (400, "illegal_docid", "Document id must be a string")),
        ("POST", "/db/_bulk_docs", b"{}", JSON,
         (400, "bad_request", "POST body must include `docs` parameter.")),
        ("POST", "/db/_bulk_docs", b'{"docs":3}', JSON,
         (400, "bad_request", "`docs` parameter must be an array.")),
        ("POST", "/db/_bulk_docs", b'{"docs":[3]}', JSON,
         (400, "bad_request", "Document must be a JSON object")),
        ("POST", "/db/_bulk_docs", b'{"docs":[],"new_edits":0}', JSON,
         (400, "bad_request", "`new_edits` parameter must be a boolean.")),
        ("POST", "/db/_all_docs", b'{"keys":1}', JSON,
         (400, "bad_request", "`keys` body member must be an array.")),
        ("POST", "/db/_design/d/_view/v", b'{"keys":1}', JSON,
         (400, "bad_request", "`keys` member must be an array.")),
        ("POST", "/db/_design/d/_view/v", b'{"queries":[]}', JSON,
         (400, "bad_request", "The `queries` parameter is no longer supported at this endpoint")),
        ("GET", "/db/_design/d/_view/v?stable=x", b"", JSON,
         (400, "query_parse_error", "Invalid value for `stable`.")),
        ("GET", "/db/_changes?filter=_selector", b"", JSON,
         (400, "bad_request", "Selector must be specified in POST payload")),
        ("POST", "/db/_bulk_get", b"{}", JSON,
         (400, "bad_request", "Missing JSON list of 'docs'.")),
        ("POST", "/db/_purge", b'{"a":[1]}', JSON, (400, "bad_request", "Invalid rev format")),
        ("POST", "/db/_find", b"", JSON, (400, "bad_request", "Missing request body")),
        ("POST", "/db/_revs_diff", b"[]", JSON,
         (400, "bad_request", "Request body must be a JSON object")),
        ("POST", "/db/_purge", b'{"a":3}', JSON,
         (400, "bad_request", "Invalid list of revisions")),
        ("POST", "/db/_compact", b"", "text/plain",
         (415, "bad_content_type", "Content-Type must be application/json")),
        ("GET", "/db/a?open_revs=bad", b"", JSON, (400, "bad_request", "invalid UTF-8 JSON")),
        ("GET", '/db/a?open_revs=["bad"]', b"", JSON, (400, "bad_request", "Invalid rev format")),
        ("GET", "/db/a?atts_since=3", b"", JSON, (400, "bad_request", "Invalid list of revisions")),
        ("GET", "/db/a?rev=bad", b"", JSON, (400, "bad_request", "Invalid rev format")),
        ("GET", "/db/_bulk_docs", b"", JSON,
         (405, "method_not_allowed", "Only POST allowed")),
        ("GET", "/db/_foo", b"", JSON, (404, "not_found", "missing")),
        ("GET", "/db/_local/a/f", b"", JSON,
         (400, "bad_request", "_local documents do not accept attachments.")),
        ("PUT", "/db/_local/a/f", b"x", "text/plain",
         (400, "bad_request", "_local documents do not accept attachments.")),
    ],
)  # fmt: skip
def test_refusals_have_couchdbs_words(
    client: Client, method: str, path: str, body: bytes, kind: str, refused: tuple[int, str, str]
) -> None:
    answer = client.open(path, method=method, data=body, content_type=kind)
    assert (answer.status_code, answer.json["error"], answer.json["reason"]) == refused


@pytest.mark.parametrize(
    ("path", "header", "body", "reason"),
    [
        ("/db/a", "1-b", {"_rev": "1-a"}, "Document rev and etag have different values"),
        ("/db/a?rev=1-a", "1-b", {}, "Document rev and etag have different values"),
        ("/db/a?rev=1-b", None, {"_rev": "1-a"},
         "Document rev from request body and query string have different values"),
    ],
)  # fmt: skip
def test_revisions_that_differ_are_told_apart(
    client: Client, path: str, header: str | None, body: Any, reason: str
) -> None:
    answer = client.put(path, json=body, headers={"If-Match": header} if header else {})
    assert (answer.status_code, answer.json["reason"]) == (400, reason)


def test_a_deletion_that_is_put_is_no_creation(client: Client) -> None:
    deletion = {"_deleted": True}
    assert client.put("/db/a", json=deletion).status_code == 200
    assert client.put("/db/a", json=deletion).status_code == 409
    assert client.put("/db/a?new_edits=false", json={"_rev": "9-a", **deletion}).status_code == 200
    assert client.put("/db/a", json={}).status_code == 201
    assert client.post("/db", json={"_id": "b", **deletion}).status_code == 201


@pytest.mark.parametrize("name", ["q", "n"])
@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", ""])
def test_a_cluster_is_counted_in_whole_numbers(client: Client, name: str, value: str) -> None:
    answer = client.put(f"/other?{name}={value}")
    reason = f"The `{name}` value should be a positive integer."
    assert (answer.status_code, answer.json["reason"]) == (400, reason)
    assert client.put(f"/other?{name}=2").status_code == 201


def test_all_or_nothing_is_refused_document_by_document(client: Client) -> None:
    asked = {"docs": [{"_id": "a"}, {"_id": "b", "_rev": "1-x"}, {}], "all_or_nothing": True}
    answer = client.post("/db/_bulk_docs", json=asked)
    assert answer.status_code == 417
    refused = {"error": "not_implemented", "reason": "all_or_nothing is not supported"}
    assert answer.json[:2] == [
        {"id": "a", "rev": "0-", **refused}, {"id": "b", "rev": "1-x", **refused}
    ]  # fmt: skip
    assert answer.json[2]["id"] and client.get("/db/_all_docs").json["rows"] == []
