"""Documents after CouchDB's model, on the embedded store, CouchDB or Cloudant.

`store.opening.open_server` opens a server; it is not imported here, since it brings all backends
with it and the values below are wanted by those who open none.
"""

from store.api import Database, Server
from store.errors import Conflict, Forbidden, NotFound, StoreError, Unauthorized, Unavailable
from store.types import (
    ABSENT,
    ADMIN,
    Attachment,
    Auth,
    BasicAuth,
    BearerAuth,
    ChangesOptions,
    Doc,
    IamAuth,
    Json,
    Row,
    Seq,
    SessionAuth,
    UserContext,
    ViewOptions,
)

__all__ = [
    "ABSENT",
    "ADMIN",
    "Attachment",
    "Auth",
    "BasicAuth",
    "BearerAuth",
    "ChangesOptions",
    "Conflict",
    "Database",
    "Doc",
    "Forbidden",
    "IamAuth",
    "Json",
    "NotFound",
    "Row",
    "Seq",
    "Server",
    "SessionAuth",
    "StoreError",
    "Unauthorized",
    "Unavailable",
    "UserContext",
    "ViewOptions",
]
