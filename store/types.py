"""Values that cross the store's border: plain JSON, user contexts, query options.

Documents are plain dictionaries in CouchDB's form (`_id`, `_rev`, `_deleted`, `_attachments` …);
answers have the shape of CouchDB's HTTP answers, so that they can be sent on as they are.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from store.errors import BadRequest

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
    stable: bool = False
    """Ask the same nodes of a cluster each time; means nothing to the embedded store."""


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
    att_encoding_info: bool = False
    seq_interval: int = 1
    """Only every so manieth row tells its sequence, the others None."""
    filter: str | None = None
    doc_ids: tuple[str, ...] | None = None
    selector: Mapping[str, Json] | None = None
    view: str | None = None
    query: Mapping[str, Json] = field(default_factory=dict)
    """Further request parameters, given to a filter function as `req.query`."""


@runtime_checkable
class Content(Protocol):
    """Bytes of an attachment to be stored, given in pieces so that nobody need hold them all.

    It may stand as `data` in a member of `_attachments`. One that can be read only once raises
    Unavailable the second time.
    """

    @property
    def length(self) -> int | None:
        """The number of bytes, None where it is not known before the end."""
        ...

    def pieces(self) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class LeftBehind:
    """Stands as `data` of an attachment whose bytes are not brought along: its facts are stored,
    and the document has it as before. Taken by the embedded store from code alone; no request can
    say it."""


LEFT_BEHIND = LeftBehind()


@dataclass(frozen=True)
class BytesContent:
    """A Content that is at hand whole."""

    whole: bytes = field(repr=False)

    @property
    def length(self) -> int:
        return len(self.whole)

    def pieces(self) -> Iterator[bytes]:
        yield self.whole


class StoredContent(Protocol):
    """The bytes of a stored attachment, as they are stored. Read when asked for, as often as asked;
    raises NotFound where the last revision that has the attachment is gone meanwhile."""

    @property
    def length(self) -> int: ...

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """From byte `start` to before byte `stop`, or to the end. Close the iterator to stop."""
        ...


Attached = bool | Literal["follows"]
"""How documents show attachments: False as stubs, True with `data` in base64, "follows" with a
StoredContent as `data`, so that they can be carried on in pieces; an empty one has its data, since
CouchDB's replicator waits without end for a part of nothing."""


@dataclass(frozen=True)
class Attachment:
    """One attachment. `digest` is `md5-<base64>` of the stored bytes, `revpos` the generation it
    came with. `content` holds the stored bytes, which are zipped where `encoding` is "gzip";
    `length` is the number of bytes that were attached."""

    content_type: str
    digest: str
    revpos: int
    length: int
    content: StoredContent
    encoding: Literal["gzip"] | None = None

    def pieces(self) -> Iterator[bytes]:
        """The bytes that were attached, unzipped where they are stored zipped."""
        pieces = self.content.pieces()
        return pieces if self.encoding is None else unzipped(pieces)

    @property
    def data(self) -> bytes:
        """The whole of it, in memory."""
        return b"".join(self.pieces())


UNZIPPED_PIECE = 1024 * 1024


def unzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces of a gzip stream unzipped, in bounded memory. Raises BadRequest."""
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for piece in pieces:
        while piece:
            try:
                plain = unzip.decompress(piece, UNZIPPED_PIECE)
            except zlib.error as error:
                raise BadRequest("The bytes are not valid gzip.") from error
            if plain:
                yield plain
            piece = b"" if unzip.eof else unzip.unconsumed_tail
    if not unzip.eof:
        raise BadRequest("The gzip stream is cut short.")


@dataclass(frozen=True)
class BasicAuth:
    """A user's name and password for a CouchDB server. The password stays out of `repr`."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class BearerAuth:
    """A token: of a laptop at a Divan office, or of an identity service before CouchDB."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class SessionAuth:
    """A user's name and password, exchanged for CouchDB's session cookie: sent once in a while, and
    not with every request."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class IamAuth:
    """An API key of IBM Cloud, exchanged for tokens at the identity service `url`."""

    api_key: str = field(repr=False)
    url: str = "https://iam.cloud.ibm.com"


Auth = BasicAuth | BearerAuth | SessionAuth | IamAuth
