"""Who probes ids over HTTP is answered for a document that is hidden from him as for one that is
nowhere; and where he could make it, that it cannot be made, whatever the reason."""

import json
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest

from plugin import Office
from plugin.runtime.replica.remote import Remote
from tests.plugin.offices import PASSWORD, Served, as_person, customer

ANNA, ZANE = "anna.snelling", "zane.levy"
NOWHERE = "customer:nowhere"
REV = "1-" + "a" * 32
CANNOT = "This document cannot be made here."
QUERIES = (f"rev={REV}", "open_revs=all", f'open_revs=["{REV}"]', "revs=true", "conflicts=true",
           "local_seq=true", "latest=true")  # fmt: skip
LEVELS = {
    "reader": {"level": "Reader", "privileges": ["replicate"]},
    "author who may not create": {"level": "Author", "privileges": ["replicate"]},
    "author": {"level": "Author", "privileges": ["create", "replicate"]},
    "editor": {"level": "Editor", "privileges": ["create", "delete", "replicate"]},
    "depositor": {"level": "Depositor", "privileges": ["create"]},
    "nobody": {"level": "No Access", "privileges": []},
}


def probes(body: dict[str, Any], docid: str) -> list[tuple[str, str, Any, dict[str, str]]]:
    """Method, path, body and headers of all that names a document. `body` is a sound one."""
    line = {"_rev": REV, "_revisions": {"start": 1, "ids": ["a" * 32]}}
    bodies = [body, {**body, "_rev": REV}, {**body, "_deleted": True}, {"form": "none"}, {}]
    bodies += [{**body, "_rev": REV, "_deleted": True}]
    named = [{**one, "_id": docid} for one in bodies]
    pushed = [{**one, **line} for one in named]
    asked = [
        *(("PUT", docid, one) for one in bodies),
        *(("PUT", f"{docid}?new_edits=false", {**one, **line}) for one in bodies),
        *(("POST", "", one) for one in named),
        *(("POST", "_bulk_docs", {"docs": [one]}) for one in named),
        *(("POST", "_bulk_docs", {"docs": [one], "new_edits": False}) for one in pushed),
        *((method, docid, None) for method in ("GET", "HEAD", "DELETE")),
        *(("GET", f"{docid}?{query}", None) for query in QUERIES),
        ("DELETE", f"{docid}?rev={REV}", None),
        ("GET", f"{docid}/plan.txt", None),
        ("PUT", f"{docid}/plan.txt", "plan"),
        ("PUT", f"{docid}/plan.txt?rev={REV}", "plan"),
        ("DELETE", f"{docid}/plan.txt?rev={REV}", None),
        ("POST", "_bulk_get", {"docs": [{"id": docid}, {"id": docid, "rev": REV}]}),
        ("POST", "_revs_diff", {docid: [REV]}),
        ("POST", "_missing_revs", {docid: [REV]}),
        ("POST", "_all_docs?include_docs=true", {"keys": [docid]}),
        ("POST", "_purge", {docid: [REV]}),
        ("POST", "_changes?filter=_doc_ids&include_docs=true", {"doc_ids": [docid]}),
    ]  # fmt: skip
    plain: list[tuple[str, str, Any, dict[str, str]]] = [(*one, {}) for one in asked]
    return [*plain, ("COPY", docid, None, {"Destination": "customer:copy"}),
            ("COPY", "acl", None, {"Destination": docid}),
            ("COPY", "acl", None, {"Destination": f"{docid}?rev={REV}"})]  # fmt: skip


class Prober:
    def __init__(self, served: Served, person: str) -> None:
        self._port = served.port
        token = Remote(served.url).sign_in(person, PASSWORD, "a program")["token"]
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(
        self, method: str, path: str, body: Any, headers: dict[str, str], docid: str
    ) -> tuple[int, Any]:
        """Status and body; the id probed, and what a write makes, stand for themselves."""
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=60)) as connection:
            text = None if body is None else json.dumps(body).encode()
            sent = {**self._headers, **headers}
            connection.request(method, f"/replicate/customers/{path}", text, sent)
            answer = connection.getresponse()
            boundary = answer.headers.get_boundary("no boundary")
            told = answer.read().decode().replace(docid, "ID").replace(boundary, "BOUNDARY")
            return answer.status, (json.loads(told) if told[:1] in "{[" and told else told)


def with_level(office: Office, level: str) -> None:
    store = office.server.database("customers")
    acl = store.get("acl")
    entry = {"name": ZANE, "type": "person", "roles": [], **LEVELS[level]}
    store.put({**acl, "entries": [*acl["entries"], entry]})
    office.apply_acl("customers")


def refusals(answer: tuple[int, Any]) -> list[str]:
    """The reasons in an answer."""
    rows = answer[1] if isinstance(answer[1], list) else [answer[1]]
    return [row["reason"] for row in rows if isinstance(row, dict) and "reason" in row]


@pytest.mark.parametrize("level", LEVELS)
def test_a_hidden_document_is_answered_as_one_that_is_nowhere(
    office: Office, served: Served, level: str
) -> None:
    hidden = customer(office, ANNA, "Hidden").id
    gone = customer(office, ANNA, "Hidden and deleted").id
    store = office.server.database("customers")
    stub = {key: store.get(gone)[key] for key in ("_id", "_rev", "form", "readers", "authors")}
    store.put({**stub, "_deleted": True})
    sound = store.get(customer(office, ZANE, "Sound").id)
    body = {key: value for key, value in sound.items() if key not in ("_id", "_rev", "code")}
    with_level(office, level)
    prober = Prober(served, ZANE)
    before = {docid: store.open_revs(docid, "all") for docid in (hidden, gone)}
    for number, probe in enumerate(probes(body, "%s")):
        fresh = f"{NOWHERE}{number}"
        wanted = prober.ask(*(asked(probe, fresh)), fresh)
        for docid in (hidden, gone):
            found = prober.ask(*asked(probe, docid), docid)
            if found != wanted:
                made = wanted[0] in (200, 201, 202) or "form" in refusals(wanted)[0].lower()
                assert made and refusals(found) == [CANNOT], (probe, wanted, found)
    assert {docid: store.open_revs(docid, "all") for docid in (hidden, gone)} == before


def asked(probe: tuple[str, str, Any, dict[str, str]], docid: str) -> Any:
    """The probe with an id filled in."""
    return json.loads(json.dumps(probe).replace("%s", docid))


def test_who_had_a_document_is_told_that_it_is_closed_to_him_now(
    office: Office, served: Served
) -> None:
    doc = customer(office, ANNA, "Acme", team=[ZANE])
    held = office.server.database("customers").get(doc.id, revs=True)
    as_person(office, ANNA).database("customers").save(doc.id, doc.rev, {"team": None})
    ids = ["b" * 32, *held["_revisions"]["ids"]]
    pushed = {**held, "_rev": f"2-{ids[0]}", "_revisions": {"start": 2, "ids": ids}}
    body = {"docs": [pushed], "new_edits": False}
    _, rows = Prober(served, ZANE).ask("POST", "_bulk_docs", body, {}, doc.id)
    assert [row["reason"] for row in rows] == ["This document is not open to you."]
