"""`_index`: making and deleting Mango indexes, which are views of design documents."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from store.errors import NotFound, StoreError
from store.mango import options
from store.mango.indexes import (
    Index,
    design_id,
    named,
    new_index,
    with_index,
    without_indexes,
)
from store.types import Doc, Json, Row


class Documents(Protocol):
    """What is needed of a database."""

    def get(self, docid: str) -> Doc: ...

    def put(self, doc: Doc) -> str: ...


def listed(found: Sequence[Index]) -> dict[str, Json]:
    return {"total_rows": len(found), "indexes": [index.to_json() for index in found]}


def create(db: Documents, definition: Json) -> dict[str, Json]:
    """`{"result": "created" | "exists", "id", "name"}`. Raises BadQuery, SearchUnavailable."""
    new = new_index(definition)
    try:
        ddoc: Doc | None = db.get(new.ddoc)
    except NotFound:
        ddoc = None
    changed = with_index(ddoc, new)
    if changed is not None:
        db.put(changed)
    result = "exists" if changed is None else "created"
    return {"result": result, "id": new.ddoc, "name": new.name}


def delete(db: Documents, found: Iterable[Index], ddoc: str, name: str, kind: str) -> None:
    """Raises NotFound."""
    index = named(found, ddoc, name, kind)
    _without(db, design_id(ddoc), [index.name])


def delete_all(db: Documents, found: Sequence[Index], ddocs: Sequence[str]) -> dict[str, Json]:
    """`{"success": [{"id", "ok"}], "fail": [{"id", "error"}]}`, the last first, as in CouchDB."""
    success: list[Row] = []
    fail: list[Row] = []
    asked = options.checked({"docids": list(ddocs)}, options.BULK_DELETE)
    for docid in map(design_id, asked["docids"]):
        names = [index.name for index in found if index.ddoc == docid]
        try:
            if not names:
                raise NotFound("missing")
            _without(db, docid, names)
        except StoreError as error:
            fail.insert(0, {"id": docid, "error": error.error})
        else:
            success.insert(0, {"id": docid, "ok": True})
    return {"success": success, "fail": fail}


def _without(db: Documents, ddoc: str, names: Sequence[str]) -> None:
    db.put(without_indexes(db.get(ddoc), names))
