"""How requests are signed: who we are to the server, by headers that may have to be renewed.

The SDK's own session authenticator is not used: it posts `username` where pouchdb-server knows only
CouchDB's documented `name`, takes a cookie without an end to be good for a day where CouchDB's ends
after ten minutes, and keeps it in a jar that every request sends along, also one in another
user's name.
"""

import base64
import threading
import time
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie
from typing import Protocol

import requests
from ibm_cloud_sdk_core import ApiException, IAMTokenManager

from store.couch import errors
from store.errors import BadRequest, Unauthorized, Unavailable
from store.types import Auth, BasicAuth, BearerAuth, IamAuth, SessionAuth

SIGN_IN = "/_session"
COOKIE = "AuthSession"
COOKIE_SECONDS = 600
"""CouchDB's default (`[chttpd_auth] timeout`), for a server that does not tell."""
RENEWED_AT = 0.8
"""The part of a cookie's life after which a new one is asked for."""

SignIn = Callable[[str, str], requests.Response]
"""Posts name and password to `/_session` and gives the answer."""


class Signing(Protocol):
    """Used by several threads at once."""

    def headers(self) -> Mapping[str, str]:
        """The headers that say who we are. Raises Unauthorized, Unavailable."""
        ...

    def refused(self, headers: Mapping[str, str]) -> bool:
        """Told that the server answered 401 to these; whether `headers` gives others now."""
        ...


def signing(auth: Auth | None, sign_in: SignIn) -> Signing:
    """Raises BadRequest for a token that no header can hold."""
    match auth:
        case BasicAuth(user, password):
            pair = base64.b64encode(f"{user}:{password}".encode()).decode()
            return _Fixed({"Authorization": f"Basic {pair}"})
        case BearerAuth(token):
            if not (token.isascii() and token.isprintable()):
                raise BadRequest("A token has only printable ASCII characters.")
            return _Fixed({"Authorization": f"Bearer {token}"})
        case SessionAuth():
            return _Session(auth, sign_in)
        case IamAuth():
            return _Iam(auth)
        case None:
            return _Fixed({})


class _Fixed:
    """Headers that never change."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def headers(self) -> Mapping[str, str]:
        return self._headers

    def refused(self, headers: Mapping[str, str]) -> bool:
        return False


class _Session:
    """CouchDB's cookie: asked for with name and password, and again before it ends or where the
    server does not know it any more (it was restarted, or its secret changed)."""

    def __init__(self, auth: SessionAuth, sign_in: SignIn) -> None:
        self._auth = auth
        self._sign_in = sign_in
        self._lock = threading.Lock()
        self._cookie: str | None = None
        self._until = 0.0

    def headers(self) -> Mapping[str, str]:
        with self._lock:
            if self._cookie is None or time.monotonic() >= self._until:
                self._begin()
            return {"Cookie": f"{COOKIE}={self._cookie}"}

    def refused(self, headers: Mapping[str, str]) -> bool:
        with self._lock:
            if headers.get("Cookie") == f"{COOKIE}={self._cookie}":
                self._cookie = None
        return True

    def _begin(self) -> None:
        asked = time.monotonic()
        answer = self._sign_in(self._auth.user, self._auth.password)
        found = SimpleCookie(answer.headers.get("Set-Cookie", "")).get(COOKIE)
        if found is None:
            raise Unauthorized("The server gave no session cookie.")
        life = found["max-age"] or COOKIE_SECONDS
        self._cookie = found.value
        self._until = asked + RENEWED_AT * float(life)


class _Iam:
    """A token of IBM's identity service, which the SDK fetches and renews."""

    def __init__(self, auth: IamAuth) -> None:
        self._url = auth.url
        self._manager = IAMTokenManager(auth.api_key, url=auth.url)

    def headers(self) -> Mapping[str, str]:
        try:
            token = self._manager.get_token()
        except ApiException as failed:
            said = f"{self._url} answered {failed.status_code}: {failed.message}"
            if 400 <= int(failed.status_code) < 500:
                raise Unauthorized(f"The API key is not accepted. {said}") from failed
            raise Unavailable(said) from failed
        except requests.RequestException as failed:
            raise errors.from_network(failed, self._url) from failed
        except (ValueError, KeyError) as failed:  # no JSON, or none of a token
            raise Unavailable(f"{self._url} gave no token.") from failed
        return {"Authorization": f"Bearer {token}"}

    def refused(self, headers: Mapping[str, str]) -> bool:
        """A key may have been given other rights, which a new token tells."""
        self._manager.expire_time = 0
        return True
