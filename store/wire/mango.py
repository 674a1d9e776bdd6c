"""Mango: `_find`, `_explain` and `_index`."""

from werkzeug.wrappers import Response

from store.mango import options
from store.wire.answers import Refusal, answer
from store.wire.call import Call


def find(call: Call) -> Response:
    return answer(call.database.find(_query(call)))


def explain(call: Call) -> Response:
    return answer(call.database.explain(_query(call)))


def indexes(call: Call) -> Response:
    """`limit` and `skip` choose from the list."""
    listed = call.database.indexes()
    every = listed["indexes"]
    limit, skip = _number(call, "limit", len(every)), _number(call, "skip", 0)
    if limit < 1 or skip < 0:
        raise _bad_range()
    return answer({**listed, "indexes": every[skip : skip + limit]})


def create_index(call: Call) -> Response:
    return answer(call.database.create_index(call.json()))


def delete_index(call: Call) -> Response:
    call.database.delete_index(call.names["ddoc"], call.names["name"], call.names["type"])
    return answer({"ok": True})


def delete_indexes(call: Call) -> Response:
    asked = options.checked(call.json(), options.BULK_DELETE)
    return answer(call.database.delete_indexes(asked["docids"]))


def _query(call: Call) -> dict[str, object]:
    """The body; a `partition` may stand in the address."""
    body = call.json()
    if "partition" in call.params:
        body.setdefault("partition", call.params["partition"])
    return body


def _number(call: Call, name: str, default: int) -> int:
    text = call.params.get(name)
    if not text:
        return default
    try:
        return int(text)
    except ValueError as error:
        raise _bad_range() from error


def _bad_range() -> Refusal:
    reason = "Index parameter ranges: limit > 1, skip > 0"
    return Refusal(500, "invalid_list_index_params", reason, {})
