"""`_replicate`, `_scheduler/…`, `_active_tasks`: the replications of a node, and what else runs."""

from collections.abc import Sequence

from werkzeug.wrappers import Response

from store.errors import BadRequest, NotFound, Unauthorized
from store.node.authorize import NOT_SERVER_ADMIN, REPLICATOR
from store.node.node import Node, session_of
from store.types import Json
from store.wire import bodies
from store.wire.answers import answer
from store.wire.call import Call
from store.wire.routes import Methods

PAGE = 100
STATES = frozenset(
    ("initializing", "error", "pending", "running", "crashing", "completed", "failed")
)


class Replicating:
    """The handlers, for one node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def routes(self) -> tuple[tuple[str, Methods], ...]:
        docs = f"_scheduler/docs/{REPLICATOR}"
        return (
            ("_replicate", {"POST": self.replicate}),
            ("_active_tasks", {"GET": self.active_tasks}),
            ("_scheduler", {"GET": self.nothing}),
            ("_scheduler/jobs", {"GET": self.jobs}),
            ("_scheduler/jobs/{job*}", {"GET": self.job}),
            ("_scheduler/docs", {"GET": self.docs}),
            (docs, {"GET": self.docs}),
            (f"{docs}/{{doc*}}", {"GET": self.doc}),
        )

    def replicate(self, call: Call) -> Response:
        body, user = call.json(), session_of(call).user
        if body.get("create_target") and not user.is_admin and _is_local(body.get("target")):
            raise Unauthorized(NOT_SERVER_ADMIN)
        status, said = self._node.scheduler.replicate(body, user)
        return answer(said, status)

    def active_tasks(self, call: Call) -> Response:
        node = {"node": self._node.name}
        tasks = [{**node, **task} for task in self._node.server.tasks.to_json()]
        return answer([*tasks, *self._node.scheduler.active_tasks()])

    def nothing(self, call: Call) -> Response:
        raise NotFound("missing")

    def jobs(self, call: Call) -> Response:
        shown = [job.to_json(self._node.name) for job in self._node.scheduler.jobs()]
        return _page(call, "jobs", shown)

    def job(self, call: Call) -> Response:
        # An id has `+` in it, which clients send as it is, and no space.
        job = self._node.scheduler.job(call.names["job"].replace(" ", "+"))
        return answer(job.to_json(self._node.name))

    def docs(self, call: Call) -> Response:
        asked = {state for state in call.params.get("states", "").split(",") if state}
        if not asked <= STATES:
            raise BadRequest(f"Unknown state {min(asked - STATES)}")
        shown = self._node.documents.shown()
        return _page(call, "docs", [doc for doc in shown if not asked or doc["state"] in asked])

    def doc(self, call: Call) -> Response:
        return answer(self._node.documents.shown_one(call.names["doc"]))


def routes(node: Node) -> tuple[tuple[str, Methods], ...]:
    return Replicating(node).routes()


def _page(call: Call, kind: str, entries: Sequence[Json]) -> Response:
    limit, skip = bodies.count(call.params, "limit"), bodies.count(call.params, "skip") or 0
    last = skip + (PAGE if limit is None else limit)
    offset = min(skip, len(entries))
    page = list(entries[skip:last])
    return answer({"total_rows": len(entries), "offset": offset, kind: page})


def _is_local(endpoint: Json) -> bool:
    url = endpoint.get("url") if isinstance(endpoint, dict) else endpoint
    return isinstance(url, str) and "://" not in url
