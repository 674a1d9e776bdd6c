"""Requests to one CouchDB server through the SDK: signing in, retrying, translating errors.

The SDK's generated methods drop items whose value is null and do not pass every option on, so
its two steps below them, `prepare_request` and `send`, are used for all requests.
"""

import gzip
import json
import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from urllib.parse import quote

import requests
from ibm_cloud_sdk_core import ApiException
from ibm_cloud_sdk_core.authenticators import NoAuthAuthenticator
from ibmcloudant.cloudant_v1 import CloudantV1

from store.couch import errors
from store.couch.signing import SIGN_IN, signing
from store.errors import BadRequest, Unavailable
from store.types import Auth, Content, Json

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 150.0
BACK_OFF = (0.2, 0.8, 2.5)
"""Seconds before the second, third and fourth try."""
RATE_LIMITED = (0.5, 1.0, 2.0, 4.0, 8.0, 8.0)
"""The same where the server says that we ask too much at once (429), as Cloudant does."""
ZIP_LEVEL = 1
RESERVED = ("_design", "_local")
Headers = Mapping[str, str | bytes]
"""Headers beside those that sign a request. An empty one takes that of the signature away."""
NOT_CONNECTED = frozenset({"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"})


@dataclass(frozen=True)
class Ask:
    """One request. `path` holds undecoded segments; `body` is JSON unless it is a Content.

    `again` says that doing it twice does no harm: only then is a request repeated whose answer
    was lost on the way.
    """

    method: str
    path: tuple[str, ...] = ()
    params: Mapping[str, str] | None = None
    body: Json = None
    content_type: str = "application/json"
    again: bool = False
    timeout: float = READ_TIMEOUT
    encoding: str = "identity"
    """How a Content is zipped. CouchDB would keep an attachment zipped that is sent so."""


class Transport:
    """The connections to one server; used by several threads at once."""

    def __init__(self, url: str, auth: Auth | None = None, authority: Path | None = None) -> None:
        self.url = url
        self._signing = signing(auth, self._sign_in)
        self._closed = threading.Event()
        self._service = CloudantV1(authenticator=NoAuthAuthenticator())
        self._service.set_service_url(url)
        self._service.set_http_config({})  # its own timeouts would win over those of a request
        client = self._service.get_http_client()
        # A callable keeps `requests` from replacing our header by one from a .netrc file.
        client.auth = _as_it_is
        # The SDK's hook rewrites errors for its own messages, and fails on what is no object.
        client.hooks["response"].clear()
        # A cookie of ours must not go along with a request in somebody else's name.
        for jar in (client.cookies, self._service.jar):
            jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Given with each request: the session's own would yield to the environment's.
        self._verify = None if authority is None else str(authority)

    def json(self, ask: Ask, headers: Headers | None = None) -> Json:
        """The JSON of the answer. Raises the store's errors."""
        return self._result(ask, headers or {}, stream=False)

    @contextmanager
    def opened(self, ask: Ask, headers: Headers | None = None) -> Iterator["Answer"]:
        """An answer to be read in pieces, until the end of the block."""
        response = self._result(ask, headers or {}, stream=True)
        try:
            yield Answer(response, self.url)
        finally:
            response.close()

    def close(self) -> None:
        """Close all connections; a request that waits for its next try gives up."""
        self._closed.set()
        self._service.get_http_client().close()

    def _result(self, ask: Ask, headers: Headers, *, stream: bool) -> Json:
        # One who is named by the headers is refused for what he is, not for how we sign.
        signs, signed_anew = "Authorization" not in headers, False
        pauses = iter(BACK_OFF)
        limited = iter(RATE_LIMITED)
        while True:
            signature = self._signing.headers() if signs else {}
            try:
                return self._once(ask, {**signature, **headers}, stream)
            except ApiException as failed:
                error = errors.from_answer(failed)
                status = int(failed.status_code)
                if status == HTTPStatus.UNAUTHORIZED and signs and not signed_anew:
                    signed_anew = self._signing.refused(signature)
                    if signed_anew:
                        continue
                again = status in (errors.PASSING if ask.again else errors.NOT_DONE)
                cause: Exception = failed
                if status == HTTPStatus.TOO_MANY_REQUESTS:
                    pauses = limited
            except requests.RequestException as failed:
                error = errors.from_network(failed, self.url)
                again = _not_sent(failed) or (ask.again and _lost(failed))
                cause = failed
            pause = next(pauses, None)
            if not again or pause is None or self._closed.wait(pause * random.uniform(0.75, 1.25)):
                raise error from cause

    def _sign_in(self, user: str, password: str) -> requests.Response:
        """The answer of `POST /_session`. Raises the store's errors."""
        body = json.dumps({"name": user, "password": password})
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        try:
            answer: requests.Response = self._service.get_http_client().post(
                self.url + SIGN_IN,
                data=body.encode(),
                headers=headers,
                allow_redirects=False,
                timeout=(CONNECT_TIMEOUT, CONNECT_TIMEOUT),
                verify=self._verify,
            )
        except requests.RequestException as failed:
            raise errors.from_network(failed, self.url) from failed
        if not answer.ok:
            raise errors.from_answer(ApiException(answer.status_code, http_response=answer))
        return answer

    def _once(self, ask: Ask, headers: Headers, stream: bool) -> Json:
        if self._closed.is_set():
            raise Unavailable("The connection was closed.")
        sent = {"Accept": "*/*" if stream else "application/json", **headers}
        sent = {name: value for name, value in sent.items() if value}
        body = ask.body
        if body is not None:
            sent["Content-Type"] = ask.content_type
            if isinstance(body, Content):
                body = _InPieces(body)
                sent["Content-Encoding"] = ask.encoding
            else:  # the SDK would take five times as long for a twentieth less
                body = gzip.compress(_encoded(body), ZIP_LEVEL, mtime=0)
                sent["Content-Encoding"] = "gzip"
        request = self._service.prepare_request(
            ask.method, _url(ask.path), headers=sent, params=dict(ask.params or {}), data=body
        )
        answered = self._service.send(
            request,
            stream=stream,
            allow_redirects=False,
            timeout=(CONNECT_TIMEOUT, ask.timeout),
            verify=self._verify,
        )
        return answered.get_result()


@dataclass(frozen=True)
class Answer:
    """An answer whose body was not read yet."""

    response: requests.Response
    url: str

    @property
    def partial(self) -> bool:
        """Whether it holds the range that was asked for, and not the whole."""
        return self.response.status_code == HTTPStatus.PARTIAL_CONTENT

    def pieces(self, size: int) -> Iterator[bytes]:
        """The body as it was sent, still zipped where it was."""
        self.response.raw.headers.pop("Content-Encoding", None)  # by which it would be unzipped
        return self.unzipped(size)

    def unzipped(self, size: int) -> Iterator[bytes]:
        """The body, unzipped where it was sent zipped."""
        try:
            yield from self.response.iter_content(size)
        except requests.RequestException as failed:
            raise errors.from_network(failed, self.url) from failed


class _InPieces:
    """A body as `requests` takes it: with a length, unless it is to be sent in chunks."""

    def __init__(self, content: Content) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        return self._content.pieces()

    def __len__(self) -> int:
        return self._content.length or 0

    def __bool__(self) -> bool:
        return True  # `requests` would leave out what is empty, and does not mean its length


def _encoded(value: Json) -> bytes:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8")
    except (ValueError, TypeError) as error:
        raise BadRequest(f"This cannot be sent as JSON: {error}") from error


def _url(path: tuple[str, ...]) -> str:
    """Segments as a path. `.` and `..` would be resolved on the way, however they are spelt."""
    if any(part in (".", "..") for part in path):
        raise BadRequest("A document named . or .. cannot be addressed over HTTP.")
    return "/" + "/".join(quote(part, safe="") for part in path)


def _not_sent(failed: requests.RequestException) -> bool:
    """Whether the connection was never made, so that nothing can have happened."""
    reason = getattr(failed.args[0], "reason", None) if failed.args else None
    return type(reason).__name__ in NOT_CONNECTED


def _lost(failed: requests.RequestException) -> bool:
    """Whether the connection broke. One that was silent to the end of our patience is not tried
    again: four times that would be no answer either."""
    broken = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
    lasting = (requests.exceptions.SSLError, requests.Timeout)
    return isinstance(failed, broken) and not isinstance(failed, lasting)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def doc_path(db: str, docid: str) -> tuple[str, ...]:
    """The segments of a document: `_design/x` and `_local/x` keep their slash.

    An empty or reserved id would address something else, at worst the database itself.
    """
    kind, slash, name = docid.partition("/")
    if slash and name and kind in RESERVED:
        return (db, kind, name)
    if not docid:
        raise BadRequest("Document id must not be empty")
    if docid.startswith("_"):
        raise BadRequest("Only reserved document ids may start with underscore.")
    return (db, docid)
