"""Documents with their attachments in multipart bodies, and ranges, as CouchDB 3.5 has them."""

import email
import email.message
import gzip
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from store.lite import LiteServer
from store.wire import protocol_app

DATA = bytes(range(256)) * 2000
KIND = "image/png"
DIGEST = b64encode(md5(DATA, usedforsecurity=False).digest()).decode()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with closing(LiteServer(tmp_path)) as store:
        asked = Client(protocol_app(lambda environ: store))
        asked.put("/db")
        yield asked


def parts(response: TestResponse) -> list[email.message.Message]:
    """The parts, as an independent reader of multipart finds them."""
    head = f"Content-Type: {response.headers['Content-Type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + response.data)
    assert message.is_multipart() and not message.defects
    return [part for part in message.get_payload() if isinstance(part, email.message.Message)]


def json_of(part: email.message.Message) -> Any:
    assert part.get_content_type() == "application/json"
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return json.loads(payload)


def related(doc: dict[str, Any], *contents: bytes, boundary: str = "b") -> dict[str, Any]:
    chunks = [b"Content-Type: application/json\r\n\r\n" + json.dumps(doc).encode()]
    chunks += [b"\r\n" + content for content in contents]
    line = f"\r\n--{boundary}".encode()
    body = b"".join(line + b"\r\n" + chunk for chunk in chunks)[2:] + line + b"--"
    return {"data": body, "content_type": f'multipart/related; boundary="{boundary}"'}


def following(data: bytes = DATA, **facts: Any) -> dict[str, Any]:
    return {"content_type": KIND, "follows": True, "length": len(data), **facts}


def test_a_document_is_put_with_what_follows_it(client: Client) -> None:
    doc = {"n": 1, "_attachments": {"b": following(), "a": following(b"small"),
                                    "c": {"content_type": KIND, "data": "Yw=="}}}  # fmt: skip
    put = client.put("/db/one", **related(doc, DATA, b"small"))
    assert put.status_code == 201
    assert [client.get(f"/db/one/{name}").data for name in "abc"] == [b"small", DATA, b"c"]
    assert client.get("/db/one").json["n"] == 1


def test_a_revision_is_grafted_with_what_follows_it(client: Client) -> None:
    doc = {"_rev": "2-b", "_revisions": {"start": 2, "ids": ["b", "a"]},
           "_attachments": {"f": following(revpos=1, digest=f"md5-{DIGEST}")}}  # fmt: skip
    put = client.put("/db/one?new_edits=false", **related(doc, DATA))
    assert (put.status_code, put.json["rev"]) == (201, "2-b")
    facts = client.get("/db/one").json["_attachments"]["f"]
    assert (facts["digest"], facts["revpos"]) == (f"md5-{DIGEST}", 1)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (related({"_attachments": {"f": following()}}), "bad_request"),
        (related({"_attachments": {"f": following()}}, DATA[:-1]), "bad_request"),
        (related({"_attachments": {"f": following()}}, DATA + b"1"), "bad_request"),
        (related({"_attachments": {"f": following(digest="md5-AAAA")}}, DATA),
         "content_md5_mismatch"),
        (related({"_attachments": {"f": following(encoding="gzip")}}, DATA), "bad_request"),
        ({"data": b"--b\r\n\r\n{", "content_type": "multipart/related; boundary=b"}, "bad_request"),
        ({"data": b"--b\r\n\r\n{\r\n--b--", "content_type": "multipart/related; boundary=b"},
         "bad_request"),
        ({"data": b"nothing", "content_type": "multipart/related; boundary=b"}, "bad_request"),
        ({"data": b"", "content_type": "multipart/related; boundary=b"}, "bad_request"),
        ({"data": b"--b--", "content_type": "multipart/related; boundary=b"}, "bad_request"),
        ({"data": b"--b--", "content_type": "multipart/related"}, "bad_request"),
    ],
)  # fmt: skip
def test_bad_bodies_are_refused_and_nothing_is_kept(
    client: Client, body: dict[str, Any], error: str
) -> None:
    put = client.put("/db/one", **body)
    assert (put.status_code, put.json["error"]) == (400, error)
    assert client.get("/db/one").status_code == 404
    assert client.get("/db").json["sizes"]["external"] == 0


def test_a_document_is_given_with_what_follows_it(client: Client) -> None:
    client.put("/db/one/f%22%0d", data=DATA, content_type=KIND)
    whole = client.get("/db/one?attachments=true", headers={"Accept": "multipart/related"})
    first, second = parts(whole)
    assert json_of(first)["_attachments"]['f"\r']["follows"] is True
    assert second.get_payload(decode=True) == DATA and second.get_content_type() == KIND
    assert int(whole.headers["Content-Length"]) == len(whole.data)
    as_json = client.get("/db/one?attachments=true", headers={"Accept": "application/json"})
    assert as_json.json["_attachments"]['f"\r']["data"] == b64encode(DATA).decode()
    again = {"data": whole.data, "content_type": whole.headers["Content-Type"]}
    assert client.put("/db/two?new_edits=false", **again).status_code == 201
    assert client.get("/db/two/f%22%0d").data == DATA


def test_leaves_are_given_with_what_follows_them(client: Client) -> None:
    rev = client.put("/db/one/f", data=DATA, content_type=KIND).json["rev"]
    client.put("/db/plain", data=b"{}")
    asked = f'/db/one?revs=true&open_revs=["{rev}","7-none"]'
    found, missing = parts(client.get(asked, headers={"Accept": "multipart/mixed"}))
    assert found.get_content_type() == "multipart/related"
    inner = found.get_payload()
    assert isinstance(inner, list) and isinstance(inner[0], email.message.Message)
    assert json_of(inner[0])["_revisions"]["start"] == 1
    assert inner[1].get_payload(decode=True) == DATA  # type: ignore[union-attr]
    assert (missing.get_param("error"), json_of(missing)) == ("true", {"missing": "7-none"})
    since = client.get(
        f'{asked}&atts_since=["{rev}"]', headers={"Accept": "multipart/mixed"}
    )  # fmt: skip
    assert json_of(parts(since)[0])["_attachments"]["f"]["stub"] is True
    (plain,) = parts(client.get("/db/plain?open_revs=all"))
    assert json_of(plain)["_id"] == "plain"


def test_an_empty_attachment_stands_in_the_document(client: Client) -> None:
    """CouchDB's replicator waits without end for a part of nothing, also from a CouchDB."""
    client.put("/db/one/f", data=b"", content_type=KIND)
    (leaf,) = parts(client.get("/db/one?open_revs=all"))
    for doc in (json_of(leaf), client.get("/db/one?attachments=true").json):
        facts = doc["_attachments"]["f"]
        assert facts["data"] == "" and "follows" not in facts


def test_many_documents_are_given_with_what_follows_them(client: Client) -> None:
    rev = client.put("/db/one/f", data=DATA, content_type=KIND).json["rev"]
    body = {"docs": [{"id": "one"}, {"id": "none"}, {"id": "one", "atts_since": [rev]}]}
    answer = client.post("/db/_bulk_get", json=body, headers={"Accept": "multipart/mixed"})
    found, missing, since = parts(answer)
    assert (found["X-Doc-Id"], found["X-Rev-Id"]) == ("one", rev)
    assert json_of(missing)["error"] == "not_found"
    assert json_of(since)["_attachments"]["f"]["stub"] is True
    as_json = client.post("/db/_bulk_get?attachments=true", json=body)
    assert as_json.json["results"][0]["docs"][0]["ok"]["_attachments"]["f"]["data"]


@pytest.mark.parametrize(
    ("asked", "span"),
    [("bytes=1-3", (1, 4)), ("bytes=511990-", (511990, 512000)), ("bytes=-2", (511998, 512000)),
     ("bytes=0-0", (0, 1)), ("bytes=9-1000000", (9, 512000)),
     ("bytes=262140-262150", (262140, 262151)), ("bytes=-600000", (0, 512000))],
)  # fmt: skip
def test_a_range_is_given_alone(client: Client, asked: str, span: tuple[int, int]) -> None:
    client.put("/db/one/f", data=DATA, content_type=KIND)
    got = client.get("/db/one/f", headers={"Range": asked})
    start, stop = span
    assert (got.status_code, got.data) == (206, DATA[start:stop])
    assert got.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(DATA)}"
    assert got.headers["ETag"] == f'"{DIGEST}"' and got.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("asked", ["bytes=512000-", "bytes=600000-600001", "bytes=5-3", "bytes=-0"])
def test_a_range_of_nothing_is_refused(client: Client, asked: str) -> None:
    client.put("/db/one/f", data=DATA, content_type=KIND)
    got = client.get("/db/one/f", headers={"Range": asked})
    assert (got.status_code, got.json["error"]) == (416, "requested_range_not_satisfiable")
    assert got.headers["Content-Range"] == f"bytes */{len(DATA)}"


@pytest.mark.parametrize("asked", ["bytes=abc", "bytes=0-", "lines=1-2", "bytes=0-1,4-5", "x"])
def test_other_ranges_mean_the_whole(client: Client, asked: str) -> None:
    client.put("/db/one/f", data=DATA, content_type=KIND)
    got = client.get("/db/one/f", headers={"Range": asked})
    assert (got.status_code, got.data) == (200, DATA)
    assert got.headers["Content-MD5"] == DIGEST
    older = {"Range": "bytes=1-3", "If-Range": '"older"'}
    assert client.get("/db/one/f", headers=older).status_code == 200


def test_head_and_conditions(client: Client) -> None:
    client.put("/db/one/f", data=DATA, content_type=KIND)
    head = client.head("/db/one/f")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == str(len(DATA))
    known = client.get("/db/one/f", headers={"If-None-Match": head.headers["ETag"]})
    assert (known.status_code, known.data) == (304, b"")


def test_what_came_zipped_goes_zipped_to_who_takes_it(client: Client) -> None:
    zipped = gzip.compress(b"hello", mtime=0)
    put = client.put(
        "/db/one/f", data=zipped, content_type="text/plain", headers={"Content-Encoding": "gzip"}
    )
    assert put.status_code == 201
    plain = client.get("/db/one/f", headers={"Range": "bytes=1-2"})
    assert (plain.status_code, plain.data) == (200, b"hello")
    assert plain.headers["Accept-Ranges"] == "none"
    taken = client.get("/db/one/f", headers={"Accept-Encoding": "gzip"})
    assert (taken.data, taken.headers["Content-Encoding"]) == (zipped, "gzip")
    facts = client.get("/db/one?att_encoding_info=true").json["_attachments"]["f"]
    assert (facts["length"], facts["encoded_length"]) == (5, len(zipped))


def test_content_md5_is_checked(client: Client) -> None:
    for given, status in ((DIGEST, 201), ("A" * 22 + "==", 400), ("short", 400)):
        put = client.put(f"/db/{status}/f", data=DATA, headers={"Content-MD5": given})
        assert put.status_code == status, put.data
    assert client.get("/db/400").status_code == 404
