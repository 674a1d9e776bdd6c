"""Documents of `_replicator`: what happens to them before they are written."""

from store.errors import BadRequest, Forbidden
from store.node.authorize import REPLICATOR
from store.replication.request import from_document
from store.types import Doc, UserContext

STATE = "_replication_state"


def checked(doc: Doc, user: UserContext) -> Doc:
    """The document with its `owner`, as CouchDB writes it. Raises Forbidden for one that asks for
    nothing that could be done, so that whoever writes it learns at once."""
    docid = str(doc.get("_id", ""))
    if doc.get("_deleted") or docid.startswith(("_design/", "_local/")) or _is_the_server(user):
        return doc
    if doc.get(STATE) != "failed":
        try:
            from_document({"_id": docid, **doc}, REPLICATOR)
        except BadRequest as error:
            raise Forbidden(error.reason) from error
    return doc if doc.get("owner") is not None else {**doc, "owner": user.name}


def _is_the_server(user: UserContext) -> bool:
    return user.is_admin and user.name is None
