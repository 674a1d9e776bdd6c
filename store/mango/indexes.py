"""Indexes as they stand in design documents of language "query", exactly as CouchDB writes them.

So an index made on either side is used by both once its design document was replicated.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from store.errors import BadQuery, NotFound, StoreError
from store.mango import options, paths
from store.mango.errors import no_search, shown
from store.mango.selector import Selector, normalize
from store.types import ABSENT, Doc, Json

LANGUAGE = "query"
DESIGN = "_design/"
JSON, SPECIAL = "json", "special"


@dataclass(frozen=True)
class Index:
    """One index. `columns` are field names with their directions; only documents that have all of
    them, and meet the partial filter, are in it. `ddoc` is None for `_all_docs` alone."""

    ddoc: str | None
    name: str
    kind: str
    columns: tuple[tuple[str, str], ...]
    partial: Selector

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(field for field, _ in self.columns)

    @property
    def place(self) -> tuple[str, str]:
        """By which indexes are listed, and chosen from where they are equally good."""
        return self.ddoc or "", self.name

    def to_json(self) -> dict[str, Json]:
        definition: dict[str, Json] = {"fields": [{field: way} for field, way in self.columns]}
        if self.partial:
            definition["partial_filter_selector"] = self.partial
        told: dict[str, Json] = {"ddoc": self.ddoc, "name": self.name, "type": self.kind}
        if self.kind == JSON:
            told["partitioned"] = False
        return {**told, "def": definition}


ALL_DOCS = Index(None, "_all_docs", SPECIAL, (("_id", "asc"),), {})


def values(doc: Doc, fields: Iterable[str]) -> list[Json] | None:
    """The key of a document in an index on `fields`, None where it lacks one."""
    found = [paths.get(doc, paths.parse(field)) for field in fields]
    missing = any(value is ABSENT or value is paths.BLOCKED for value in found)
    return None if missing else found


def covered(index: Index, key: Sequence[Json], docid: str) -> Doc:
    """What an index knows of a document."""
    doc: Doc = {"_id": docid}
    for field, value in zip(index.fields, key, strict=True):
        paths.put(doc, paths.parse(field), value)
    return doc


def of_design(ddoc: Doc) -> list[Index]:
    """The indexes of one design document; what is none is left out."""
    views = ddoc.get("views")
    if ddoc.get("language") != LANGUAGE or not isinstance(views, dict):
        return []
    found = (index(str(ddoc["_id"]), name, view) for name, view in views.items())
    return [one for one in found if one is not None]


def index(ddoc: str, name: str, view: Json) -> Index | None:
    """The index that a view of such a design document is, None where it makes no sense."""
    definition = view.get("map") if isinstance(view, dict) else None
    fields = definition.get("fields") if isinstance(definition, dict) else None
    if not isinstance(definition, dict) or not isinstance(fields, dict):
        return None
    if not isinstance(view.get("options"), dict):  # CouchDB does not see it either
        return None
    # CouchDB took `selector` for the partial filter once.
    partial = definition.get("partial_filter_selector", definition.get("selector", {}))
    try:
        return Index(ddoc, name, JSON, options.sort(_specs(fields)), normalize(partial))
    except StoreError:
        return None


def _specs(fields: dict[str, Json]) -> list[Json]:
    return [{field: way} for field, way in fields.items()]


@dataclass(frozen=True)
class NewIndex:
    """An index that is asked for: its design document's id, its name and its view."""

    ddoc: str
    name: str
    view: dict[str, Json]
    partitioned: bool | None


def new_index(body: Json) -> NewIndex:
    """From the body of `POST /db/_index`. Raises BadQuery, SearchUnavailable."""
    asked = options.checked(body, options.NEW_INDEX)
    kind = asked["type"]
    if kind in ("text", "nouveau"):
        raise no_search(kind)
    if kind != JSON:
        raise BadQuery("invalid_index", f"Invalid type for index: {kind}")
    if not isinstance(asked["index"], dict):
        reason = f"JSON indexes must be an object, not: {shown(asked['index'])}"
        raise BadQuery("invalid_index", reason)
    definition = options.checked(asked["index"], options.DEFINITION)
    view = {
        "map": {
            "fields": dict(definition["fields"]),
            "partial_filter_selector": definition["partial_filter_selector"],
        },
        "reduce": "_count",
        "options": {"def": asked["index"]},
    }
    automatic = _automatic_name(asked)
    ddoc, name = asked["ddoc"] or automatic, asked["name"] or automatic
    return NewIndex(design_id(ddoc), name, view, asked["partitioned"])


def _automatic_name(asked: dict[str, Json]) -> str:
    """The same for the same question, so that asking twice makes no second index."""
    text = json.dumps([asked[item] for item in ("index", "ddoc", "name", "partitioned")])
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def design_id(name: str) -> str:
    return name if name.startswith(DESIGN) else DESIGN + name


def with_index(ddoc: Doc | None, new: NewIndex) -> Doc | None:
    """The design document with the index added, None where it has it already.

    `ddoc` is None where there is none yet. Raises BadQuery where it has another language.
    """
    doc: Doc = dict(ddoc) if ddoc is not None else {"_id": new.ddoc, "language": LANGUAGE}
    if doc.get("language") != LANGUAGE:
        reason = f"Existing design doc has an invalid language: {shown(doc.get('language', False))}"
        raise BadQuery("invalid_ddoc_lang", reason)
    views = doc.get("views")
    views = views if isinstance(views, dict) else {}
    set_so_far = doc["options"].get("partitioned") if isinstance(doc.get("options"), dict) else None
    if ddoc is not None and new.partitioned != set_so_far:
        reason = (
            "Requested partitioned option does not match existing value on design document "
            + new.ddoc
        )
        raise BadQuery("invalid_partitioned_option", reason)
    if new.partitioned is not None:
        doc["options"] = {"partitioned": new.partitioned}
    if views.get(new.name) == new.view:
        return None
    return {**doc, "views": {**views, new.name: new.view}}


def without_indexes(ddoc: Doc, names: Sequence[str]) -> Doc:
    """The design document without these; deleted where nothing remains of it."""
    views = {name: view for name, view in ddoc["views"].items() if name not in names}
    doc = {name: value for name, value in ddoc.items() if name != "views"}
    if views:
        return {**doc, "views": views}
    if set(doc) == {"_id", "_rev", "language"}:
        return {"_id": doc["_id"], "_rev": doc["_rev"], "_deleted": True}
    return doc


def named(found: Iterable[Index], ddoc: str, name: str, kind: str) -> Index:
    """The one index of that name. Raises NotFound."""
    for one in found:
        if (one.ddoc, one.name, one.kind) == (design_id(ddoc), name, kind):
            return one
    raise NotFound("missing")
