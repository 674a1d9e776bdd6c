"""What stands on a laptop alone: edits that were not sent, were refused, or wait for review.

Whatever removes documents from a laptop asks here first (acl.md, "Nothing is dropped silently").
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugin.runtime.errors import DivanError
from plugin.runtime.files import write_private
from plugin.runtime.replica.sync import (
    REVIEW_PREFIX,
    hashed,
    read_state,
    without_underscores,
    written_since,
)
from plugin.runtime.secret_store import DATABASE as CREDENTIALS
from store.api import Database, Server
from store.errors import NotFound
from store.types import Doc

REVIEW = "review"
"""Folder of the data directory with what a lost database held."""


class StillUnsent(DivanError):
    """Something would be lost that stands nowhere else. `edits` are these."""

    status = 409

    def __init__(self, edits: list["Unsent"]) -> None:
        self.edits = edits
        super().__init__(
            "{count} documents of this laptop are not at the office. Synchronise first, or keep"
            " them in a file.",
            count=len(edits),
        )


@dataclass(frozen=True)
class Unsent:
    """One document as it stands on the laptop alone. `why` is "waiting", "refused" or "review"."""

    database: str
    id: str
    why: str
    versions: tuple[Doc, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "database": self.database,
            "document": self.id,
            "why": self.why,
            "versions": [without_underscores(doc) for doc in self.versions],
        }


def all_unsent(server: Server, data: Path, person: str) -> list[Unsent]:
    """What of all databases of the laptop the office does not have, as far as the laptop knows;
    what lost databases held is among it."""
    names = sorted(name for name in server.all_dbs() if name != CREDENTIALS)
    found = [edit for name in names for edit in unsent(server.database(name), person)]
    return found + [_filed(file) for file in sorted((data / REVIEW).glob("*/*.json"))]


def _filed(file: Path) -> Unsent:
    kept = json.loads(file.read_text(encoding="utf-8"))
    return Unsent(file.parent.name, str(kept.pop("document")), "review", (kept,))


def unsent(local: Database, person: str) -> list[Unsent]:
    """The same of one database; costs what was written since the last push."""
    state = read_state(local)
    found = {doc["_id"]: Unsent(local.name, doc["_id"], "waiting", (doc,)) for doc in
             written_since(local, state.get("pushed_seq", 0), person)}  # fmt: skip
    for entry in state.get("refused", []):
        if doc := _read(local, entry["id"]):
            found[doc["_id"]] = Unsent(local.name, doc["_id"], "refused", (doc,))
    reviewed = (_reviewed(local, docid) for docid in state.get("review", []))
    return [*found.values(), *(edit for edit in reviewed if edit)]


def _reviewed(local: Database, docid: str) -> Unsent | None:
    try:
        kept = local.get_local(REVIEW_PREFIX + hashed(docid))
    except NotFound:
        return None
    return Unsent(local.name, docid, "review", tuple(kept["branches"]))


def _read(local: Database, docid: str) -> Doc | None:
    try:
        return local.get(docid)
    except NotFound:
        return None


def export(path: Path, edits: list[Unsent]) -> None:
    """Write the edits into a file that only its owner may read, as a JSON list; the file is there
    as a whole or not at all."""
    told = [edit.to_json() for edit in edits]
    write_private(path, json.dumps(told, ensure_ascii=False, indent=2) + "\n")
