"""From an address to a server of whichever backend it names."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from store.api import Server
from store.couch.opening import open_couch
from store.errors import BadRequest
from store.lite.server import LiteServer
from store.types import Auth


def open_server(
    url: str,
    *,
    auth: Auth | None = None,
    proxy_secret: str | None = None,
    authority: Path | None = None,
) -> Server:
    """The server at `url`: `lite:///absolute/directory` or a path for the embedded store,
    `http://…` or `https://…` for CouchDB, Cloudant or a Divan office.

    Credentials come in `auth`, never in the URL, which gets into logs. With `proxy_secret` a
    CouchDB is told for each handle who asks (`store.couch.proxy`); `authority` is a file with the
    certificates of a private authority. Raises BadRequest for any
    other address, Unavailable where the server cannot be reached or the directory not be used.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme in ("http", "https"):
        if parts.username is not None or parts.password is not None:
            raise BadRequest("Give user and password apart from the address, which gets into logs.")
        return open_couch(url, auth, proxy_secret=proxy_secret, authority=authority)
    if scheme == "lite":
        path = Path(unquote(parts.path))
        if parts.netloc or not path.is_absolute():
            raise BadRequest(f"{url!r} is no address: write lite:///absolute/directory.")
        return LiteServer(path)
    if "://" in url or not url:
        raise BadRequest(
            f"{url!r} is no address of a store: give a directory, lite:///…, http://… or https://…"
        )
    return LiteServer(Path(url))
