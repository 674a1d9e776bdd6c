"""CouchDB's proxy authentication (documentation 3.5): writing under a person's name and roles, so
that CouchDB itself checks with `validate_doc_update` who writes."""

import hmac
import re
import threading

from store.couch.transport import Ask, Headers, Transport
from store.errors import BadRequest, StoreError, Unauthorized, Unavailable
from store.types import UserContext

ALGORITHMS = ("sha256", "sha1")
"""The better one first. CouchDB before 3.3 knows SHA-1 alone; a later one may refuse it."""
UNSENDABLE = re.compile(r"[\x00-\x1f\x7f]")


class Proxy:
    """Names users to one server that shares `secret`. Used by several threads at once."""

    def __init__(self, transport: Transport, secret: str) -> None:
        self._transport = transport
        self._secret = secret
        self._lock = threading.Lock()
        self._algorithm: str | None = None

    def headers(self, user: UserContext) -> Headers:
        """The headers that name `user`. Which signature the server takes is tried once.

        Raises BadRequest for a name or role that cannot be sent, Unauthorized where the server
        takes no signature of ours.
        """
        with self._lock:
            if self._algorithm is None:
                self._algorithm = self._accepted()
        return signed(user, self._secret, self._algorithm)

    def _accepted(self) -> str:
        for algorithm in ALGORITHMS:
            headers = signed(UserContext("divan-probe"), self._secret, algorithm)
            try:
                said = self._transport.json(Ask("GET", ("_session",), again=True), headers)
            except Unavailable:
                raise
            except StoreError:  # CouchDB 3.5 answers 500 to some that it does not take
                continue
            if (said.get("userCtx") or {}).get("name") == "divan-probe":
                return algorithm
        raise Unauthorized(
            "The server does not take proxy authentication with this secret: see"
            " authentication_handlers in [chttpd] and secret in [chttpd_auth]."
        )


def signed(user: UserContext, secret: str, algorithm: str) -> Headers:
    """The headers for `user`, in UTF-8. Those that sign in as somebody else are taken out.

    Roles are sent in one line with commas between, so a comma within one would make two of it.
    """
    name, roles = user.name or "", user.roles
    if UNSENDABLE.search("".join((name, *roles))) or any(not _whole(role) for role in roles):
        raise BadRequest("A name or role with a comma or control character cannot be sent.")
    key = name.encode("utf-8", "surrogatepass")
    return {
        "Authorization": "",
        "Cookie": "",
        "X-Auth-CouchDB-UserName": key,
        "X-Auth-CouchDB-Roles": ",".join(roles).encode("utf-8", "surrogatepass"),
        "X-Auth-CouchDB-Token": hmac.new(secret.encode(), key, algorithm).hexdigest(),
    }


def _whole(role: str) -> bool:
    return bool(role) and "," not in role and role == role.strip()
