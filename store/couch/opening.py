"""The door to databases over HTTP."""

import base64
from urllib.parse import urlsplit

from store.couch.server import CouchServer
from store.couch.transport import Transport
from store.errors import BadRequest
from store.types import Auth, BasicAuth, BearerAuth


def open_couch(
    url: str, auth: Auth | None = None, *, proxy_secret: str | None = None
) -> CouchServer:
    """The databases below `url`: of CouchDB 3, IBM Cloudant or a Divan office (`…/replicate`).

    Nothing is asked of the server yet. `proxy_secret` is the `[chttpd_auth] secret` of a CouchDB
    that accepts proxy authentication. Raises BadRequest where `url` is no http address or holds a
    password, which would end up in logs.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadRequest(f"{url} is no address of a server: it must begin with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise BadRequest("The address holds a user or password. Give them apart from it.")
    if parts.query or parts.fragment:
        raise BadRequest("The address of a server has no ? or # part.")
    return CouchServer(Transport(url.rstrip("/"), _headers(auth)), proxy_secret)


def _headers(auth: Auth | None) -> dict[str, str]:
    match auth:
        case BasicAuth(user, password):
            pair = base64.b64encode(f"{user}:{password}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        case BearerAuth(token):
            if not (token.isascii() and token.isprintable()):
                raise BadRequest("A token has only printable ASCII characters.")
            return {"Authorization": f"Bearer {token}"}
        case None:
            return {}
