"""Laptops and CouchDB or PouchDB clients: CouchDB's protocol below `/replicate`, per person.

Signed in by a laptop's token (Bearer), or by name and password (Basic). Nothing is decided here:
what a person sees and may push is `plugin.runtime.replica`'s.
"""

import base64
import binascii
import logging
from collections.abc import Mapping
from threading import BoundedSemaphore
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from acl import Identity
from plugin import (
    BadInput,
    Credentials,
    DivanError,
    FilteredServer,
    Laptops,
    NotFound,
    Office,
    ReviewBox,
    Session,
    SessionKind,
    Token,
    TooManyTries,
    databases_for,
    kept_for,
    news_for,
    rights_for,
    sizes_for,
)
from store.errors import Forbidden, Unauthorized
from store.types import Seq
from store.wire import protocol_app
from store.wire.cors import Cors, Rules, with_cors
from views.shell import LAPTOPS
from views.throttle import monotonic_throttle

LOG = logging.getLogger(__name__)
METHODS = ("GET", "POST", "PUT", "DELETE")
MAX_BODY = 4 * 1024 * 1024
WAITING_FEEDS = 500
"""Live feeds at the same time: as many laptops as may follow, and threads of the server for
others beside them."""
MOST_WAITING = 500
"""Laptops that may wait for changes at a time, each in a thread of the server; the others are asked
to look again after `PAUSE` seconds."""
LONGEST_PLACE = 2000
"""Characters of a sequence; those of a large cluster have some hundred."""
LONGEST_WAIT = 25.0
PAUSE = 30.0


def mount(app: Flask, office: Office, credentials: Credentials) -> Blueprint:
    """Serve the protocol and the three questions of `divan replica`. The blueprint that is returned
    takes no session cookie and so needs no CSRF token."""
    blueprint = Blueprint("replication", __name__, url_prefix=LAPTOPS)
    laptops = Laptops(office)
    door = _Door(office, credentials, laptops)

    @blueprint.post("/token")
    def token() -> Response:
        body = _body()
        login, password, label = (
            str(body.get(name, "")) for name in ("login", "password", "label")
        )
        identity = door.by_password(login, password)
        issued = credentials.issue_token(str(identity.name), label=label[:80])
        return jsonify({"token": issued, **databases_for(office, identity)})

    @blueprint.post("/news")
    def news() -> Response:
        headers = dict(request.headers)
        identity, body = door.asker(headers), _body()
        if isinstance(body.get("report"), dict):
            laptops.report(*door.laptop(headers), body["report"])
        return jsonify(news_for(office, identity, body))

    @blueprint.post("/rights/<path:database>")
    def rights(database: str) -> Response:
        headers = dict(request.headers)
        answer = rights_for(office, door.asker(headers), database, _body())
        if door.is_laptop(headers):
            laptops.told(door.laptop(headers)[0], database, answer["lost"])
        return jsonify(answer)

    _serve_laptops(blueprint, office, door)
    _refuse_the_rest(blueprint, door)

    @blueprint.errorhandler(DivanError)
    def refused(error: DivanError) -> tuple[Response, int]:
        LOG.warning("Refused %s at %s: %s", request.remote_addr, request.path, error)
        body = {"error": type(error).__name__, "reason": str(error), "office": office.id}
        return jsonify(body), error.status

    app.register_blueprint(blueprint)
    protocol = protocol_app(door.server_for, waiting_feeds=WAITING_FEEDS)
    app.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
        app.wsgi_app, {"/replicate": with_cors(_cors(office), protocol)}
    )
    return blueprint


def _cors(office: Office) -> Cors:
    """The pages of other origins that may replicate. PouchDB asks with credentials; no cookie is
    one here, so that they act for nobody who has not proved himself to them."""
    origins = str(office.settings.cors_origins).split()
    return Cors(lambda: Rules(origins, credentials=True))


def _serve_laptops(blueprint: Blueprint, office: Office, door: "_Door") -> None:
    """What only laptops ask: how much a choice is and what left it, to be told of changes, and to
    be forgotten."""

    @blueprint.post("/databases")
    def databases() -> Response:
        return jsonify(databases_for(office, door.asker(dict(request.headers))))

    @blueprint.post("/sizes")
    def sizes() -> Response:
        return jsonify(sizes_for(office, door.asker(dict(request.headers)), _body()))

    @blueprint.post("/kept/<path:database>")
    def kept(database: str) -> Response:
        return jsonify(kept_for(office, door.asker(dict(request.headers)), database, _body()))

    @blueprint.post("/wait")
    def wait() -> Response:
        server = FilteredServer(office.session(door.asker(dict(request.headers))))
        since, seconds = _waiting(_body())
        if not door.waiting.acquire(blocking=False):
            changed = server.wait_for_changes(since, 0.0)
            return jsonify({"changed": sorted(changed), "pause": PAUSE})
        try:
            changed = server.wait_for_changes(since, seconds)
        finally:
            door.waiting.release()
        return jsonify({"changed": sorted(changed), "pause": 0})

    @blueprint.post("/report")
    def report() -> Response:
        door.laptops.report(*door.laptop(dict(request.headers)), _body())
        return jsonify({})

    @blueprint.post("/proposals")
    def propose() -> Response:
        ReviewBox(office).put(door.token(dict(request.headers)).name, _body())
        return jsonify({})

    @blueprint.post("/leave")
    def leave() -> Response:
        door.credentials.revoke(door.token(dict(request.headers)).id)
        return jsonify({"office": office.id})


def _refuse_the_rest(blueprint: Blueprint, door: "_Door") -> None:
    """Answer what no laptop asks, or one of another version: else it is an address of pages."""

    @blueprint.route("/", methods=METHODS)
    @blueprint.route("/<path:question>", methods=METHODS)
    def unknown(question: str = "") -> Response:
        door.asker(dict(request.headers))
        raise NotFound("There is no such question.")


class Unknown(DivanError):
    """Nobody is known by this name and password, or by this token."""

    status = 401


class Ended(DivanError):
    """The token was revoked: the laptop empties itself."""

    status = 401


class _Door:
    """Who asks, by the Authorization header."""

    def __init__(self, office: Office, credentials: Credentials, laptops: Laptops) -> None:
        self.laptops = laptops
        self.office = office
        self.credentials = credentials
        self.throttle = monotonic_throttle()
        self.waiting = BoundedSemaphore(MOST_WAITING)

    def server_for(self, environ: dict[str, Any]) -> FilteredServer:
        headers = {"Authorization": environ.get("HTTP_AUTHORIZATION", "")}
        try:
            identity = self.asker(headers)
        except TooManyTries as error:
            LOG.warning("Refused %s: too many wrong passwords.", _address(environ))
            raise Forbidden(str(error)) from error
        except DivanError as error:
            LOG.warning("Refused %s: %s", _address(environ), error)
            raise Unauthorized("Name or password is incorrect.") from error
        mark = self.credentials.stamp(str(identity.name))
        return FilteredServer(
            self.office.session(identity), lambda: self._again(headers, identity, mark)
        )

    def _again(self, headers: Mapping[str, str], before: Identity, mark: str) -> Session:
        """The session as it would be now. Raises Unauthorized where the token, the password or the
        person is no more."""
        try:
            if not _is_basic(headers):
                return self.office.session(self.asker(headers))
            if self.credentials.stamp(str(before.name)) != mark:
                raise Unknown("The password was changed.")
            identity = self._identity(str(before.name), SessionKind.PASSWORD)
        except DivanError as error:
            raise Unauthorized("Name or password is incorrect.") from error
        return self.office.session(identity)

    def asker(self, headers: Mapping[str, str]) -> Identity:
        """Raises Unknown, TooManyTries."""
        if _is_basic(headers):
            return self.by_password(*_pair(headers["Authorization"].partition(" ")[2]))
        return self._identity(self.token(headers).name, SessionKind.LAPTOP)

    def is_laptop(self, headers: Mapping[str, str]) -> bool:
        return headers.get("Authorization", "").lower().startswith("bearer ")

    def laptop(self, headers: Mapping[str, str]) -> tuple[Token, str]:
        """The laptop's token and its secret, by which it signs. Raises Unknown, Ended."""
        return self.token(headers), headers["Authorization"].partition(" ")[2].strip()

    def token(self, headers: Mapping[str, str]) -> Token:
        """The laptop's token. Raises Unknown, Ended."""
        scheme, _, value = headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unknown("Please sign in.")
        token = self.credentials.find_token(value.strip())
        if token is None:
            raise Unknown("The office does not take this laptop's token.")
        if token.revoked_at:
            self.laptops.over(token)
            raise Ended("The access of this laptop was ended.")
        self.credentials.note_use(token)
        return token

    def by_password(self, login: str, password: str) -> Identity:
        """Raises Unknown, TooManyTries. An unknown name takes as long as a wrong password, and is
        made to wait after as many tries: what is answered tells nobody who works here."""
        key = login.strip().lower()
        wait = self.throttle.wait(key)
        if wait > 0:
            raise TooManyTries(int(wait) + 1)
        person = self.office.directory.by_login(login)
        right = self.credentials.check(person.name if person else login, password)
        if not right or person is None:
            self.throttle.failed(key)
            raise Unknown("The office does not know this name with this password.")
        self.throttle.succeeded(key)
        return self._identity(person.name, SessionKind.PASSWORD)

    def _identity(self, name: str, kind: SessionKind) -> Identity:
        try:
            return self.office.directory.identity(name, kind)
        except NotFound as error:
            raise Unknown("This person has left.") from error


def _is_basic(headers: Mapping[str, str]) -> bool:
    return headers.get("Authorization", "").partition(" ")[0].lower() == "basic"


def _address(environ: Mapping[str, Any]) -> str:
    return str(environ.get("REMOTE_ADDR", "somebody"))


def _pair(value: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    login, _, password = text.partition(":")
    return login, password


def _waiting(body: Mapping[str, Any]) -> tuple[dict[str, Seq], float]:
    """What a laptop waits for, and how long."""
    since, seconds = body.get("since"), body.get("seconds")
    if not isinstance(since, dict) or not all(map(_is_place, since.values())):
        raise BadInput("`since` must name a sequence for each database.")
    if not isinstance(seconds, int | float) or not 0 <= seconds < float("inf"):
        raise BadInput("`seconds` must be a number.")
    return since, min(float(seconds), LONGEST_WAIT)


def _is_place(value: Any) -> bool:
    """Whether this can be a sequence that the office told; 0 is the beginning."""
    return value == 0 or (isinstance(value, str) and 0 < len(value) <= LONGEST_PLACE)


def _body() -> Mapping[str, Any]:
    request.max_content_length = MAX_BODY
    try:
        body = request.get_json(silent=True)
    except RecursionError:  # nested without end
        body = None
    if not isinstance(body, dict):
        raise BadInput("The request must be a JSON object.")
    return body
