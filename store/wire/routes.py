"""Every path and method that is answered, in one table, and how a path is found in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from store.errors import IllegalDocId, NotFound
from store.wire import (
    attachments,
    bulk,
    changes,
    databases,
    documents,
    indexes,
    locals_,
    mango,
    servers,
)
from store.wire.answers import method_not_allowed
from store.wire.call import Handler

Methods = Mapping[str, Handler]
RESERVED = "Only reserved document ids may start with underscore."
DOCUMENT = ("{db}", "{doc}")
"""A pattern that begins so is also that of design documents, whose ids are two segments."""

_LISTINGS = [
    entry
    for name in indexes.LISTINGS
    for entry in (
        (
            f"{{db}}/{name}",
            {"GET": partial(indexes.listing, name), "POST": partial(indexes.listing, name)},
        ),
        (f"{{db}}/{name}/queries", {"POST": partial(indexes.listing_queries, name)}),
    )
]

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
    *_LISTINGS,
    ("{db}/_bulk_docs", {"POST": bulk.bulk_docs}),
    ("{db}/_bulk_get", {"POST": bulk.bulk_get}),
    ("{db}/_revs_diff", {"POST": bulk.revs_diff}),
    ("{db}/_missing_revs", {"POST": bulk.missing_revs}),
    ("{db}/_changes", {"GET": changes.changes, "POST": changes.changes}),
    ("{db}/_compact", {"POST": databases.compact}),
    ("{db}/_compact/{ddoc}", {"POST": databases.compact}),
    ("{db}/_ensure_full_commit", {"POST": databases.ensure_full_commit}),
    ("{db}/_purge", {"POST": databases.purge}),
    ("{db}/_purged_infos", {"GET": databases.purged_infos}),
    (
        "{db}/_purged_infos_limit",
        {"GET": databases.purged_infos_limit, "PUT": databases.set_purged_infos_limit},
    ),
    ("{db}/_revs_limit", {"GET": databases.revs_limit, "PUT": databases.set_revs_limit}),
    ("{db}/_security", {"GET": databases.security, "PUT": databases.set_security}),
    ("{db}/_find", {"POST": mango.find}),
    ("{db}/_explain", {"POST": mango.explain}),
    ("{db}/_index", {"GET": mango.indexes, "POST": mango.create_index}),
    ("{db}/_index/_bulk_delete", {"POST": mango.delete_indexes}),
    ("{db}/_index/{ddoc}/{type}/{name}", {"DELETE": mango.delete_index}),
    ("{db}/_index/_design/{ddoc}/{type}/{name}", {"DELETE": mango.delete_index}),
    ("{db}/_view_cleanup", {"POST": indexes.view_cleanup}),
    ("{db}/_temp_view", dict.fromkeys(("GET", "PUT", "POST", "DELETE"), indexes.temporary)),
    ("{db}/_design/{ddoc}/_info", {"GET": indexes.info}),
    ("{db}/_local", dict.fromkeys(("GET", "PUT", "POST", "DELETE", "COPY"), locals_.nameless)),
    (
        "{db}/_local/{doc}",
        {
            "GET": locals_.get,
            "PUT": locals_.put,
            "DELETE": locals_.delete,
            "COPY": documents.copy,
        },
    ),
    (
        "{db}/_local/{doc}/{attachment*}",
        {"GET": locals_.attachment, "PUT": locals_.attachment, "DELETE": locals_.attachment},
    ),
    ("{db}/_design/{ddoc}/_view/{view}", {"GET": indexes.view, "POST": indexes.view}),
    ("{db}/_design/{ddoc}/_view/{view}/queries", {"POST": indexes.queries}),
    (
        "{db}/{doc}",
        {
            "GET": documents.get,
            "PUT": documents.put,
            "DELETE": documents.delete,
            "COPY": documents.copy,
        },
    ),
    (
        "{db}/{doc}/{attachment*}",
        {"GET": attachments.get, "PUT": attachments.put, "DELETE": attachments.delete},
    ),
)


@dataclass(frozen=True)
class _Leaf:
    """The end of a pattern: its methods, and the names of its variable segments in order."""

    methods: Methods
    names: tuple[str, ...]
    kind: str


@dataclass
class _Branch:
    """What may follow in a path: segments that are spelt so, or any one, or all that is left."""

    literal: dict[str, "_Branch"] = field(default_factory=dict)
    variable: "_Branch | None" = None
    leaf: _Leaf | None = None
    rest: _Leaf | None = None

    def grown(self, segment: str) -> "_Branch":
        if not segment.startswith("{"):
            return self.literal.setdefault(segment, _Branch())
        if self.variable is None:
            self.variable = _Branch()
        return self.variable


class Routes:
    """A table as a tree, so that the length of the table costs a request nothing."""

    def __init__(self, table: Sequence[tuple[str, Methods]]) -> None:
        """Where two patterns fit a path, a spelt segment goes before a variable one; of two that
        are the same the first counts."""
        self.table = tuple(table)
        self._root = _Branch()
        for pattern, methods in table:
            parts = pattern.split("/") if pattern else []
            self._add(parts, methods, "_local/" if "_local" in parts[1:] else "")
            if tuple(parts[:2]) == DOCUMENT:
                self._add([parts[0], "_design", *parts[1:]], methods, "_design/")

    def _add(self, parts: Sequence[str], methods: Methods, kind: str) -> None:
        names = tuple(part.strip("{*}") for part in parts if part.startswith("{"))
        leaf, branch = _Leaf(methods, names, kind), self._root
        several = bool(parts) and parts[-1].endswith("*}")
        for part in parts[:-1] if several else parts:
            branch = branch.grown(part)
        if several:
            branch.rest = branch.rest or leaf
        else:
            branch.leaf = branch.leaf or leaf

    def find(self, parts: tuple[str, ...], method: str) -> tuple[Handler, dict[str, str]]:
        """The handler and the names in the path. Raises NotFound, or Refusal 405."""
        values: list[str] = []
        leaf = _reached(self._root, parts, 0, values)
        if leaf is None:
            means_a_document = method == "PUT" and self._is_below_no_document(parts)
            raise IllegalDocId(RESERVED) if means_a_document else NotFound("missing")
        methods = leaf.methods
        handler = methods.get(method) or (methods.get("GET") if method == "HEAD" else None)
        if handler is None:
            raise method_not_allowed([*methods, "HEAD"] if "GET" in methods else list(methods))
        names = dict(zip(leaf.names, values, strict=True))
        if leaf.kind:
            names["kind"] = leaf.kind
        return handler, names

    def _is_below_no_document(self, parts: tuple[str, ...]) -> bool:
        """Whether the path leads below a name that no document can have, and that is no path of a
        database either: who puts an attachment there is told what is wrong with its document."""
        database = self._root.variable
        return (
            database is not None
            and len(parts) > 2
            and parts[1].startswith("_")
            and parts[1] not in database.literal
        )


def _reached(branch: _Branch, parts: tuple[str, ...], at: int, values: list[str]) -> _Leaf | None:
    """The end that the path leads to; `values` gets what stands for the variable segments."""
    if at == len(parts):
        return branch.leaf
    part = parts[at]
    spelt = branch.literal.get(part)
    if spelt is not None:
        found = _reached(spelt, parts, at + 1, values)
        if found is not None:
            return found
    # Below `{db}` a name with an underscore is no document that could have anything below it.
    reserved = at == len(values) == 1 and part.startswith("_") and len(parts) > 2
    if branch.variable is not None and part and not reserved:
        values.append(part)
        found = _reached(branch.variable, parts, at + 1, values)
        if found is not None:
            return found
        values.pop()
    if branch.rest is not None and part:
        values.append("/".join(parts[at:]))
        return branch.rest
    return None


PROTOCOL = Routes(ROUTES)
