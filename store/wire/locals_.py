"""`_local/name`: documents of one replica alone, such as checkpoints."""

from werkzeug.wrappers import Response

from store.errors import BadRequest, Conflict
from store.wire.answers import answer
from store.wire.call import Call


def get(call: Call) -> Response:
    return answer(call.database.get_local(call.docid))


def put(call: Call) -> Response:
    doc = call.json("Document")
    doc["_id"] = call.docid
    if "rev" in call.params:
        doc["_rev"] = call.params["rev"]
    rev = call.database.put_local(doc)
    return answer({"ok": True, "id": call.docid, "rev": rev}, 201)


def delete(call: Call) -> Response:
    database = call.database
    rev = call.params.get("rev")
    if rev is None:
        database.get_local(call.docid)
        raise Conflict()
    database.delete_local(call.docid, rev)
    return answer({"ok": True, "id": call.docid, "rev": "0-0"})


def nameless(call: Call) -> Response:
    raise BadRequest("Invalid _local document id.")


def attachment(call: Call) -> Response:
    raise BadRequest("_local documents do not accept attachments.")
