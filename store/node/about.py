"""What a node says of itself and of all its databases: `/`, `_all_dbs`, `_dbs_info`, `_uuids` …"""

from collections.abc import Callable
from functools import cache

from werkzeug.wrappers import Response

from store.errors import BadRequest, DiskFailure, NotFound, UnsupportedFormat
from store.node.node import Node
from store.types import Json
from store.wire import servers
from store.wire.answers import answer
from store.wire.call import Call
from store.wire.routes import Methods
from store.wire.uuids import Uuids

MAX_KEYS = 100
"""CouchDB's `max_db_number_for_dbs_info_req`."""


def routes(node: Node) -> tuple[tuple[str, Methods], ...]:
    return (
        ("", {"GET": _welcome(node)}),
        ("_dbs_info", {"GET": dbs_info, "POST": dbs_info_of_keys}),
        ("_membership", {"GET": _membership(node)}),
        ("_up", {"GET": up}),
        ("_uuids", {"GET": _uuids(node)}),
    )


def _welcome(node: Node) -> Callable[[Call], Response]:
    def welcome(call: Call) -> Response:
        uuid = {"uuid": node.config.text("couchdb", "uuid")}
        return answer({**servers.WELCOME, **uuid, "vendor": node.config.section("vendor")})

    return welcome


def up(call: Call) -> Response:
    return answer({"status": "ok", "seeds": {}})


def _membership(node: Node) -> Callable[[Call], Response]:
    def membership(call: Call) -> Response:
        return answer({"all_nodes": [node.name], "cluster_nodes": [node.name]})

    return membership


def _uuids(node: Node) -> Callable[[Call], Response]:
    @cache
    def maker(algorithm: str, suffix: str) -> Uuids:
        return Uuids(algorithm, suffix)

    def uuids(call: Call) -> Response:
        configured = node.config.section("uuids")
        asked = configured["algorithm"], configured.get("utc_id_suffix", "")
        return servers.answer_uuids(call, maker(*asked))

    return uuids


def dbs_info(call: Call) -> Response:
    return answer([_entry(call, name) for name in servers.database_names(call)])


def dbs_info_of_keys(call: Call) -> Response:
    keys = call.json().get("keys")
    if not isinstance(keys, list):
        raise BadRequest("`keys` member must exist.")
    if len(keys) > MAX_KEYS:
        raise BadRequest("too_many_keys")
    return answer([_entry(call, name) for name in keys])


def _entry(call: Call, name: Json) -> dict[str, Json]:
    try:
        return {"key": name, "info": call.server.database(str(name)).info()}
    except NotFound:
        return {"key": name, "error": NotFound.error}
    except (DiskFailure, UnsupportedFormat) as error:  # the others are told all the same
        return {"key": name, **error.to_json()}
