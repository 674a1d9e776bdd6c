"""A replication that somebody asks for: the body of `POST /_replicate`, or a document of a
`_replicator` database (CouchDB 3.5, "Replicator Database")."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from store.errors import BadRequest
from store.replication.endpoint import Endpoint, endpoint
from store.replication.values import Options, digest, name_of
from store.types import Doc, Json, UserContext

NOBODY = UserContext()


@dataclass(frozen=True)
class Request:
    """`user` is who writes to databases of this server. `database` and `doc_id` name the document
    that asks; both are None for `_replicate`."""

    source: Endpoint
    target: Endpoint
    options: Options
    create_target: bool
    user: UserContext
    database: str | None = None
    doc_id: str | None = None

    def base(self, node: str) -> str:
        """The name of the pair and direction, at the server called `node`."""
        return digest(node, self.source.facts, self.target.facts)

    def id(self, node: str) -> str:
        """The replication id, as CouchDB's: with `+continuous` and `+create_target` where asked."""
        extension = "+continuous" * self.options.continuous + "+create_target" * self.create_target
        return name_of(self.base(node), self.options) + extension


def request(body: Mapping[str, Json], user: UserContext) -> Request:
    """From a `_replicate` body of `user`. Raises BadRequest."""
    values = {name: _READ[name](name, body[name]) for name in _READ if body.get(name) is not None}
    create_target = values.pop("create_target", False)
    milliseconds = values.pop("checkpoint_interval", None)
    if milliseconds is not None:
        values["checkpoint_interval"] = milliseconds / 1000
    for theirs, ours in (("worker_batch_size", "batch"), ("retries_per_request", "retries")):
        if theirs in values:
            values[ours] = values.pop(theirs)
    return Request(
        endpoint(body.get("source"), "source"),
        endpoint(body.get("target"), "target"),
        Options(**values),
        create_target,
        user,
    )


def from_document(doc: Doc, database: str) -> Request:
    """From a document of the `_replicator` database of that name. Without `user_ctx` it writes to
    databases of this server as nobody, as in CouchDB. Raises BadRequest."""
    context = doc.get("user_ctx", {})
    roles = context.get("roles", []) if isinstance(context, Mapping) else None
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise BadRequest("`user_ctx` must be an object with `name` and a list of `roles`.")
    name = context.get("name")
    user = UserContext(None if name is None else str(name), tuple(roles))
    asked = request(doc, user)
    return Request(
        asked.source, asked.target, asked.options, asked.create_target, user, database, doc["_id"]
    )


def _boolean(name: str, value: Json) -> bool:
    if not isinstance(value, bool):
        raise BadRequest(f"parameter `{name}` must be a boolean")
    return value


def _text(name: str, value: Json) -> str:
    if not isinstance(value, str):
        raise BadRequest(f"parameter `{name}` must be a string")
    return value


def _number(least: int) -> Callable[[str, Json], int]:
    def read(name: str, value: Json) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 10**9:
            raise BadRequest(f"parameter `{name}` must be a number of {least} or more")
        return value

    return read


def _ids(name: str, value: Json) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(docid, str) for docid in value):
        raise BadRequest(f"parameter `{name}` must be an array of strings")
    return tuple(value)


def _object(name: str, value: Json) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise BadRequest(f"parameter `{name}` must be a JSON object")
    return value


def _params(name: str, value: Json) -> dict[str, str]:
    return {key: item if isinstance(item, str) else json.dumps(item)
            for key, item in _object(name, value).items()}  # fmt: skip


def _seq(name: str, value: Json) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise BadRequest(f"parameter `{name}` must be a sequence")
    return value


_READ: dict[str, Callable[[str, Json], Any]] = {
    "continuous": _boolean,
    "create_target": _boolean,
    "filter": _text,
    "query_params": _params,
    "doc_ids": _ids,
    "selector": _object,
    "since_seq": _seq,
    "winning_revs_only": _boolean,
    "use_checkpoints": _boolean,
    "checkpoint_interval": _number(1),
    "worker_batch_size": _number(1),
    "retries_per_request": _number(0),
}
