"""What a replica has to forget and to fetch because rights changed, not documents.

The office tells it against a state that it signed itself at the last sync: the reader sets the
person could read then, and how far the changes were told. So nothing is kept at the office for
each laptop, nothing can be forged, and the cost is what changed since.

Lost are documents that the person could read then and may not read now: those in a set that was
lost, and those changed since that moved out of a readable set (`former_readers`, and the branches
of a conflict). Their ids are told hashed: who does not have the document learns nothing.
Gained are documents in sets that became readable; changed ones come with the changes anyway.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from acl import reader_set
from acl.readers import CONFLICT_PREFIX
from plugin.runtime.design import INDEX, PUBLIC, SETS_VIEW
from plugin.runtime.errors import BadInput
from plugin.runtime.replica.sync import hashed
from plugin.runtime.replica.visibility import Visibility
from store.api import Database
from store.types import ChangesOptions, Doc, Seq, ViewOptions

PAGE = 1000


@dataclass(frozen=True)
class Told:
    """What a replica knew after its last sync. `born` tells the office's database from another one
    of its name: one that was moved to another store counts its changes anew."""

    person: str
    database: str
    sets: frozenset[str]
    seq: Seq
    born: str

    def signed(self, key: bytes) -> str:
        fields = {"p": self.person, "d": self.database, "s": sorted(self.sets), "q": self.seq}
        fields["b"] = self.born
        text = base64.urlsafe_b64encode(json.dumps(fields, separators=(",", ":")).encode())
        return f"{text.decode()}.{_signature(key, text)}"

    @staticmethod
    def read(signed: str, key: bytes) -> "Told":
        """Raises BadInput where this office did not write it."""
        text, _, signature = signed.partition(".")
        given = signature.encode("utf-8", "surrogatepass")
        wanted = _signature(key, text.encode("utf-8", "surrogatepass"))
        if not hmac.compare_digest(given, wanted.encode()):
            raise BadInput("This replica's state is not from this office. Clone it anew.")
        fields = json.loads(base64.urlsafe_b64decode(text))
        sets = frozenset(fields["s"])
        return Told(fields["p"], fields["d"], sets, fields["q"], fields.get("b", ""))


def _signature(key: bytes, text: bytes) -> str:
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def rights_since(
    inner: Database,
    visibility: Visibility,
    readable: frozenset[str],
    person: str,
    state: str | None,
    key: bytes,
) -> dict[str, Any]:
    """The answer `{"state", "lost", "gained"}`. `readable` are the sets the person reads now.

    Raises BadInput for a state that this office did not sign, or signed for another.
    """
    info = inner.info()
    born = str(info["instance_start_time"])
    now = Told(person, inner.name, readable, info["update_seq"], born)
    lost: set[str] = set()
    gained: set[str] = set()
    if state is not None:
        told = Told.read(state, key)
        if (told.person, told.database) != (person, inner.name):
            raise BadInput("This replica's state belongs to another person or database.")
        if told.born != born:
            told = replace(told, seq=0)
        lost = {docid for name in told.sets - readable for docid in _in_set(inner, name)}
        lost |= set(_moved_out(inner, visibility, told))
        gained = {docid for name in readable - told.sets for docid in _in_set(inner, name)}
        lost = {docid for docid in lost if not visibility.shows(docid)}
    return {
        "state": now.signed(key),
        "lost": sorted(map(hashed, lost)),
        "gained": sorted(gained),
    }


def _in_set(inner: Database, name: str) -> Iterator[str]:
    """Ids of the documents whose reader set is `name`."""
    skip = 0
    while True:
        options = ViewOptions(key=[name], reduce=False, limit=PAGE, skip=skip)
        rows = inner.view(INDEX, SETS_VIEW, options)["rows"]
        yield from (row["id"] for row in rows)
        if len(rows) < PAGE:
            return
        skip += PAGE


def _moved_out(inner: Database, visibility: Visibility, told: Told) -> Iterator[str]:
    """Documents changed since that the replica could read before and may not read now."""
    options = ChangesOptions(since=told.seq, limit=PAGE, include_docs=True, conflicts=True)
    while True:
        answer = inner.changes(options)
        for row in answer["results"]:
            if not visibility.allows_change(row) and told.sets & _sets_of(row["doc"], visibility):
                yield row["id"]
        if not answer.get("pending") or not answer["results"]:
            return
        options = ChangesOptions(
            since=answer["last_seq"], limit=PAGE, include_docs=True, conflicts=True
        )


def _sets_of(doc: Doc, visibility: Visibility) -> set[str]:
    """The reader sets that the document is or was in, as far as it tells: also those of public
    documents, since it may have been one."""
    branches = visibility.leaves(doc["_id"]) if doc.get("_conflicts") else [doc]
    sets: set[str] = {CONFLICT_PREFIX + doc["_id"]} if doc.get("_conflicts") else set()
    for branch in branches:
        sets.add(reader_set({k: v for k, v in branch.items() if k != "_conflicts"}))
        sets.update(map(str, branch.get("former_readers", [])))
    return sets | {PUBLIC + name for name in sets}
