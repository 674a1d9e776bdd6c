"""The databases `_users` and `_replicator`: what happens to a document before it is written."""

from pathlib import Path

from store.errors import Conflict, Forbidden, NotFound
from store.lite.server import LiteServer
from store.node import passwords, requirements
from store.node.accounts import PREFIX, Accounts
from store.types import Doc, UserContext

AUTH_DESIGN = "_design/_auth"
AUTH_CHECK = (Path(__file__).parent / "auth_design.js").read_text(encoding="utf-8")


def auth_design() -> Doc:
    """The design document that checks what may be written to `_users`."""
    return {"_id": AUTH_DESIGN, "language": "javascript", "validate_doc_update": AUTH_CHECK}


def bring_auth_design(server: LiteServer, database: str) -> None:
    """See to it that the database of users checks what is written to it, by the rules of this
    version."""
    if not server.exists(database):
        return
    users, wanted = server.database(database), auth_design()
    try:
        there = users.get(AUTH_DESIGN)
    except NotFound:
        there = {}
    if there.get("validate_doc_update") == wanted["validate_doc_update"]:
        return
    try:
        users.put({**there, **wanted})
    except Conflict:
        return  # another process of this directory has just done the same


def kept(doc: Doc, user: UserContext, accounts: Accounts) -> Doc:
    """The user document with its password in the form in which it is kept, as CouchDB does it.

    Raises Forbidden for a password that is none, and where somebody unknown brings a revision:
    he may sign up, not write into the history of a document that he cannot read; BadRequest for a
    password that is not as the configuration demands.
    """
    if user.name is None and not user.is_admin and "_rev" in doc:
        raise Forbidden("You may only update your own user document.")
    password = doc.get("password")
    if password is None or not str(doc.get("_id", "")).startswith(PREFIX):
        return doc
    if isinstance(password, str):
        requirements.check(password, accounts.requirements)
    salt = doc.get("salt") if doc.get("preserve_salt") is True else None
    rest = {name: value for name, value in doc.items() if name not in passwords.FIELDS}
    fresh = salt if isinstance(salt, str) and salt else passwords.new_salt()
    return {**rest, **passwords.hashed(password, accounts.scheme(), fresh)}
