"""The store of a data directory: the embedded one in it, or the CouchDB that its settings name."""

from pathlib import Path

from plugin.runtime.errors import BadInput, OfficeError
from plugin.runtime.settings import Settings, secret
from store.api import Server
from store.errors import BadRequest, StoreError
from store.lite.server import LiteServer
from store.opening import open_server
from store.types import Auth, BasicAuth, IamAuth, SessionAuth


def open_store(data: Path, settings: Settings) -> Server:
    """Raises BadInput for settings or secrets that do not fit together, OfficeError where the store
    cannot be opened."""
    url = str(settings.store_url)
    try:
        if not url:
            return LiteServer(data / "store")
        authority = str(settings.store_authority)
        return open_server(
            url,
            auth=_auth(data, settings),
            proxy_secret=secret(data, "store_proxy_secret"),
            authority=(data / authority) if authority else None,
        )
    except BadRequest as error:
        raise BadInput("The setting store_url: {why}", why=error.reason) from error
    except StoreError as error:
        raise OfficeError("The store cannot be opened: {why}", why=error.reason) from error


def _auth(data: Path, settings: Settings) -> Auth | None:
    """Who Divan is to the CouchDB; None where no secret says so."""
    if settings.store_sign_in == "iam":
        key = secret(data, "store_api_key")
        if not key:
            raise BadInput("Signing in by iam needs the secret store_api_key.")
        return IamAuth(key, str(settings.store_iam_url))
    user, mark, password = (secret(data, "store_auth") or "").partition(":")
    if not mark:
        return None
    session = settings.store_sign_in == "session"
    return SessionAuth(user, password) if session else BasicAuth(user, password)
