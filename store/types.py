"""Values that cross the store's border: plain JSON, user contexts, query options.

Documents are plain dictionaries in CouchDB's form (`_id`, `_rev`, `_deleted`, `_attachments` …);
answers have the shape of CouchDB's HTTP answers, so that they can be sent on as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Json = Any
Doc = dict[str, Any]
Row = dict[str, Any]
Seq = int | str
"""An update sequence. Opaque: an integer in the embedded store, a string in CouchDB."""


@dataclass(frozen=True)
class UserContext:
    """CouchDB's `userCtx`: who asks. `name` is None for nobody; role `_admin` passes every check.

    Given to `validate_doc_update` as `{db, name, roles}` (CouchDB 3.5, "userCtx object").
    """

    name: str | None = None
    roles: tuple[str, ...] = ()

    @property
    def is_admin(self) -> bool:
        return "_admin" in self.roles

    def to_json(self, db: str) -> dict[str, Json]:
        return {"db": db, "name": self.name, "roles": list(self.roles)}


ADMIN = UserContext(None, ("_admin",))
"""The server itself."""

_Absent = type("Absent", (), {"__repr__": lambda _: "ABSENT", "__bool__": lambda _: False})
ABSENT: Any = _Absent()
"""An option that was not given, where None (JSON null) is a value."""


@dataclass(frozen=True)
class ViewOptions:
    """Query options of `_all_docs` and of views, with CouchDB's names and defaults.

    `key`, `startkey`, `endkey` are JSON values, ABSENT where not given; `keys` is a list or None.
    """

    key: Json = ABSENT
    keys: tuple[Json, ...] | None = None
    startkey: Json = ABSENT
    endkey: Json = ABSENT
    startkey_docid: str | None = None
    endkey_docid: str | None = None
    inclusive_end: bool = True
    descending: bool = False
    skip: int = 0
    limit: int | None = None
    reduce: bool | None = None
    group: bool = False
    group_level: int | None = None
    include_docs: bool = False
    conflicts: bool = False
    attachments: bool = False
    update: Literal["true", "false", "lazy"] = "true"
    update_seq: bool = False
    sorted: bool = True


@dataclass(frozen=True)
class ChangesOptions:
    """Query options of `_changes`, with CouchDB's names and defaults. `since` may be "now"."""

    since: Seq = 0
    limit: int | None = None
    descending: bool = False
    style: Literal["main_only", "all_docs"] = "main_only"
    include_docs: bool = False
    conflicts: bool = False
    attachments: bool = False
    filter: str | None = None
    doc_ids: tuple[str, ...] | None = None
    selector: Mapping[str, Json] | None = None
    view: str | None = None
    query: Mapping[str, Json] = field(default_factory=dict)
    """Further request parameters, given to a filter function as `req.query`."""


@dataclass(frozen=True)
class Attachment:
    """One attachment, whole. `digest` is `md5-<base64>`, `revpos` the generation it came with."""

    content_type: str
    data: bytes
    digest: str
    revpos: int


@dataclass(frozen=True)
class BasicAuth:
    """A user's name and password for a CouchDB server. The password stays out of `repr`."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class BearerAuth:
    """A token: of a laptop at a Divan office, or of an identity service before CouchDB."""

    token: str = field(repr=False)


Auth = BasicAuth | BearerAuth
