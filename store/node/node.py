"""A node: the embedded server with what CouchDB keeps beside the databases."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from werkzeug.wsgi import get_content_length

from store.errors import BadRequest, Forbidden, RequestTooLarge
from store.lite.server import LiteServer
from store.node import passwords, replications, users
from store.node.accounts import USERS, Accounts
from store.node.authorize import REPLICATOR, is_of_database, refusal
from store.node.config import Config
from store.node.door import Door, Session
from store.node.server import NodeServer
from store.replication.documents import Documents
from store.replication.scheduler import Scheduler
from store.types import ADMIN, Doc, UserContext
from store.wire import paths
from store.wire.call import Call

CONFIG = "local.json"
SESSION = "divan.session"
"""The key under which an environ holds the Session of whoever asks."""


class Node:
    """The store in `directory`, served by itself. `given` is configuration for this run alone."""

    name = "divan@127.0.0.1"

    def __init__(
        self, directory: Path, given: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        self.server = LiteServer(directory, before_update=self._changed)
        self.config = Config(directory / CONFIG, given)
        self.accounts = Accounts(self.server, self.config)
        self.door = Door(self.config, self.accounts)
        self._hash_admins()
        self._make_system_databases()
        databases = NodeServer(self.server, self.config, ADMIN)
        self.scheduler = Scheduler(databases, self.config.text("couchdb", "uuid") or self.name)
        self.documents = Documents(databases, self.scheduler)

    def server_for(self, environ: dict[str, Any]) -> NodeServer:
        """A `server_for` of `protocol_app`; the session stays in the environ."""
        session: Session = self.door.session(environ)
        environ[SESSION] = session
        parts = paths.segments(environ)
        method = str(environ.get("REQUEST_METHOD"))
        refused = refusal(parts, method, session.user, self.accounts.database)
        if refused is not None:
            raise refused
        self._check_request(parts, method, environ)
        self._bring_check(parts, method, session.user)
        server = NodeServer(self.server, self.config, session.user)
        if is_of_database(parts) and not session.user.is_admin:
            server.database(parts[0]).security()  # who is no member learns nothing else
        return server

    def set_value(self, section: str, key: str, text: str, *, persist: bool) -> None:
        """Change the configuration. Raises BadRequest for an administrator that is none."""
        if section == "admins":
            self.set_admin(key, text, persist=persist)
        else:
            self.config.set(section, key, text, persist=persist)

    def set_admin(self, name: str, text: str, *, persist: bool) -> None:
        """A server administrator: `text` is a password in clear, or what is kept of one."""
        if ":" in name or not text:
            raise BadRequest("An administrator needs a name without `:` and a password.")
        if passwords.from_line(text) is None:
            salt = passwords.new_salt()
            text = passwords.to_line(passwords.hashed(text, self.accounts.scheme(), salt))
        self.config.set("admins", name, text, persist=persist)

    def reload(self) -> None:
        """Forget the configuration that was set for this run alone since it began."""
        self.config.reload()
        self._hash_admins()

    def close(self) -> None:
        """Stop what runs; replications that documents ask for go on with the next node."""
        self.scheduler.close()
        self.documents.close()
        self.server.close()

    def _hash_admins(self) -> None:
        for name, line in self.config.section("admins").items():
            if passwords.from_line(line) is None:
                self.set_admin(name, line, persist=False)

    def _check_request(self, parts: Sequence[str], method: str, environ: dict[str, Any]) -> None:
        """Raises what the configuration has against a request, whoever asks."""
        size = get_content_length(environ) or 0
        if size > self.config.number("chttpd", "max_http_request_size"):
            raise RequestTooLarge()
        editable = self.config.flag("couchdb", "users_db_security_editable")
        if method == "PUT" and parts == (self.accounts.database, "_security") and not editable:
            raise Forbidden("You can't edit the security object of the user database.")

    def _bring_check(self, parts: Sequence[str], method: str, user: UserContext) -> None:
        """The check of user documents comes with the first question for what is in their database
        (what is new is empty, as in CouchDB); into one that was configured for them later than an
        administrator fills it."""
        database = self.accounts.database
        inside = len(parts) > 1 or method == "POST"
        asks = database == USERS or method in ("GET", "HEAD") or not user.is_admin
        if parts[:1] == (database,) and inside and asks:
            users.bring_auth_design(self.server, database)

    def _changed(self, database: str, doc: Doc, user: UserContext) -> Doc:
        if database in (USERS, self.accounts.database):
            if not user.is_admin:  # a database that became that of users later has no check yet
                users.bring_auth_design(self.server, database)
            return users.kept(doc, user, self.accounts)
        return replications.checked(doc, user) if database == REPLICATOR else doc

    def _make_system_databases(self) -> None:
        admin = NodeServer(self.server, self.config, ADMIN)
        for name in (USERS, REPLICATOR):
            if not self.server.exists(name):
                admin.create(name)


def session_of(call: Call) -> Session:
    """Who asks, as `Node.server_for` found."""
    found: Session = call.request.environ[SESSION]
    return found
