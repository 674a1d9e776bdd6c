"""Every path and method that is answered, in one table."""

from collections.abc import Mapping

from store.errors import NotFound
from store.wire import attachments, bulk, changes, databases, documents, indexes, locals_, servers
from store.wire.answers import method_not_allowed
from store.wire.call import Handler

Methods = Mapping[str, Handler]

ROUTES: tuple[tuple[str, Methods], ...] = (
    ("", {"GET": servers.welcome}),
    ("_up", {"GET": servers.up}),
    ("_all_dbs", {"GET": servers.all_dbs}),
    ("_uuids", {"GET": servers.uuids}),
    (
        "{db}",
        {
            "GET": databases.info,
            "PUT": databases.create,
            "DELETE": databases.delete,
            "POST": documents.post,
        },
    ),
    ("{db}/_all_docs", {"GET": indexes.all_docs, "POST": indexes.all_docs}),
    ("{db}/_bulk_docs", {"POST": bulk.bulk_docs}),
    ("{db}/_bulk_get", {"POST": bulk.bulk_get}),
    ("{db}/_revs_diff", {"POST": bulk.revs_diff}),
    ("{db}/_changes", {"GET": changes.changes, "POST": changes.changes}),
    ("{db}/_compact", {"POST": databases.compact}),
    ("{db}/_ensure_full_commit", {"POST": databases.ensure_full_commit}),
    ("{db}/_purge", {"POST": databases.purge}),
    ("{db}/_revs_limit", {"GET": databases.revs_limit, "PUT": databases.set_revs_limit}),
    ("{db}/_security", {"GET": databases.security, "PUT": databases.set_security}),
    ("{db}/_local/{doc}", {"GET": locals_.get, "PUT": locals_.put, "DELETE": locals_.delete}),
    ("{db}/_design/{ddoc}/_view/{view}", {"GET": indexes.view, "POST": indexes.view}),
    ("{db}/_design/{ddoc}/_view/{view}/queries", {"POST": indexes.queries}),
    (
        "{db}/{doc}",
        {"GET": documents.get, "PUT": documents.put, "DELETE": documents.delete},
    ),
    (
        "{db}/{doc}/{attachment*}",
        {"GET": attachments.get, "PUT": attachments.put, "DELETE": attachments.delete},
    ),
)
TABLE = tuple(
    (tuple(pattern.split("/")) if pattern else (), methods) for pattern, methods in ROUTES
)
DOCUMENT = ("{db}", "{doc}")


def find(parts: tuple[str, ...], method: str) -> tuple[Handler, dict[str, str]]:
    """The handler and the names in the path. Raises NotFound, or Refusal 405."""
    for pattern, methods in TABLE:
        names = _matched(pattern, parts)
        if names is None:
            continue
        wanted = "GET" if method == "HEAD" and "GET" in methods else method
        if wanted not in methods:
            allowed = [*methods, "HEAD"] if "GET" in methods else list(methods)
            raise method_not_allowed(allowed)
        return methods[wanted], names
    raise NotFound("missing")


def _matched(pattern: tuple[str, ...], parts: tuple[str, ...]) -> dict[str, str] | None:
    names: dict[str, str] = {}
    if pattern[:2] == DOCUMENT and len(parts) > 2 and parts[1] == "_design":
        names["kind"] = "_design/"
        parts = (parts[0], *parts[2:])
    elif pattern[:2] == DOCUMENT and len(parts) > 2 and parts[1].startswith("_"):
        return None
    if "_local" in pattern:
        names["kind"] = "_local/"
    if pattern and pattern[-1].endswith("*}") and len(parts) > len(pattern):
        parts = (*parts[: len(pattern) - 1], "/".join(parts[len(pattern) - 1 :]))
    if len(pattern) != len(parts):
        return None
    for expected, part in zip(pattern, parts, strict=True):
        if expected.startswith("{"):
            if not part:
                return None
            names[expected.strip("{*}")] = part
        elif expected != part:
            return None
    return names
