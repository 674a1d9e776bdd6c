"""The door to databases over HTTP."""

from pathlib import Path
from urllib.parse import urlsplit

from store.couch.server import CouchServer
from store.couch.transport import Transport
from store.errors import BadRequest
from store.types import Auth


def open_couch(
    url: str,
    auth: Auth | None = None,
    *,
    proxy_secret: str | None = None,
    authority: Path | None = None,
) -> CouchServer:
    """The databases below `url`: of CouchDB 3, IBM Cloudant or a Divan office (`…/replicate`).

    Nothing is asked of the server yet. `proxy_secret` is the `[chttpd_auth] secret` of a CouchDB
    that accepts proxy authentication. `authority` is a file with the certificates (PEM) of those
    who may vouch for the server, in place of the known ones. Raises BadRequest where `url` is no
    http address or holds a password, which would end up in logs.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadRequest(f"{url} is no address of a server: it must begin with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise BadRequest("The address holds a user or password. Give them apart from it.")
    if parts.query or parts.fragment:
        raise BadRequest("The address of a server has no ? or # part.")
    if authority is not None and not authority.is_file():
        raise BadRequest(f"There is no file {authority} with certificates.")
    return CouchServer(Transport(url.rstrip("/"), auth, authority), proxy_secret)
