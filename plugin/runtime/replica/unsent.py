"""What stands on a laptop alone: edits that were not sent, were refused, or wait for review.

Whatever removes documents from a laptop asks here first (acl.md, "Nothing is dropped silently").
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugin.runtime.errors import DivanError
from plugin.runtime.files import write_private
from plugin.runtime.people.secret_store import DATABASE as CREDENTIALS
from plugin.runtime.replica.returning import Keeper
from plugin.runtime.replica.review import REFUSED, Edit
from plugin.runtime.replica.sync import read_state, without_underscores, written_since
from store.api import Database, Server
from store.errors import NotFound
from store.types import Doc


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


def all_unsent(server: Server, keeper: Keeper) -> list[Unsent]:
    """What of all databases of the laptop the office does not have, as far as the laptop knows;
    what lost databases held is among it."""
    names = {name for name in server.all_dbs() if name != CREDENTIALS}
    waiting = [edit for name in sorted(names) for edit in _waiting(server.database(name), keeper)]
    return waiting + [_kept(edit) for edit in keeper.folder.all()]


def unsent(local: Database, keeper: Keeper) -> list[Unsent]:
    """The same of one database; costs what was written since the last push."""
    return _waiting(local, keeper) + [_kept(edit) for edit in keeper.folder.all(local.name)]


def _waiting(local: Database, keeper: Keeper) -> list[Unsent]:
    state = read_state(local)
    docs = {doc["_id"]: doc for doc in
            written_since(local, state.get("pushed_seq", 0), keeper.person)}  # fmt: skip
    pending = (docid for docid in state.get("pending", []) if docid not in docs)
    docs |= {docid: doc for docid in pending if (doc := _read(local, docid))}
    refused = {edit.rev for edit in keeper.folder.all(local.name) if edit.why == REFUSED}
    return [
        Unsent(local.name, docid, "waiting", (doc,))
        for docid, doc in docs.items()
        if doc["_rev"] not in refused
    ]


def _kept(edit: Edit) -> Unsent:
    why = "refused" if edit.why == REFUSED else "review"
    return Unsent(edit.database, edit.id, why, (edit.version,))


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
