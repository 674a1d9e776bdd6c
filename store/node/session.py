"""`_session`: signing in by name and password, who one is, signing out."""

from collections.abc import Callable
from urllib.parse import parse_qs

from werkzeug.wrappers import Response

from store.errors import BadRequest, Unauthorized, UnsupportedMediaType
from store.node.door import HANDLERS, INCORRECT
from store.node.node import Node, session_of
from store.types import Json
from store.wire.answers import answer
from store.wire.call import Call
from store.wire.routes import Methods

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def routes(node: Node) -> tuple[tuple[str, Methods], ...]:
    methods = {"GET": _get(node), "POST": _post(node), "DELETE": _delete(node)}
    return (("_session", methods),)


def _get(node: Node) -> Callable[[Call], Response]:
    def get(call: Call) -> Response:
        found = session_of(call)
        if found.user.name is None and call.params.get("basic") == "true":
            raise Unauthorized("Please login.")
        info: dict[str, Json] = {"authentication_handlers": list(HANDLERS)}
        if found.handler is not None:
            info["authenticated"] = found.handler
        users = node.config.text("chttpd_auth", "authentication_db")
        if users is not None:
            info["authentication_db"] = users
        user = {"name": found.user.name, "roles": list(found.user.roles)}
        return answer({"ok": True, "userCtx": user, "info": info})

    return get


def _post(node: Node) -> Callable[[Call], Response]:
    def post(call: Call) -> Response:
        name, password = _given(call)
        account = node.door.sign_in(name, password, call.request.environ)
        if account is None:
            refused = {"error": Unauthorized.error, "reason": INCORRECT}
            return answer(refused, 401, {"Set-Cookie": node.door.no_cookie()})
        said = {"ok": True, "name": account.name, "roles": list(account.roles)}
        return answer(said, headers={"Set-Cookie": node.door.cookie(account)})

    return post


def _delete(node: Node) -> Callable[[Call], Response]:
    def delete(call: Call) -> Response:
        return answer({"ok": True}, headers={"Set-Cookie": node.door.no_cookie()})

    return delete


def _given(call: Call) -> tuple[str, str]:
    """Name and password of the body, a form or JSON; the name also as `username`."""
    kind = call.request.mimetype
    if kind == FORM:
        text = call.data().decode("utf-8", "replace")
        said: dict[str, Json] = {key: values[-1] for key, values in parse_qs(text).items()}
    elif kind == JSON:
        said = call.json()
    else:
        raise UnsupportedMediaType(f"Content-Type must be '{FORM}' or '{JSON}'")
    names = {said[key] for key in ("name", "username") if isinstance(said.get(key), str)}
    if not names:
        raise BadRequest("request body must contain a username")
    if len(names) > 1:
        raise BadRequest("request body contains different usernames")
    password = said.get("password", "")
    return names.pop(), password if isinstance(password, str) else ""
