"""`_node/…`: the configuration of the node and what it is made of, for administrators and their
tools."""

from werkzeug.wrappers import Response

from store.errors import BadRequest, NotFound
from store.node.node import Node
from store.wire import bodies
from store.wire.answers import answer
from store.wire.call import Call
from store.wire.routes import Methods

UNKNOWN = "unknown_config_value"
PERSIST = "X-Couch-Persist"


class Configuring:
    """The handlers, for one node."""

    def __init__(self, node: Node) -> None:
        self._node, self._config = node, node.config

    def routes(self) -> tuple[tuple[str, Methods], ...]:
        value = {"GET": self.value, "PUT": self.set_value, "DELETE": self.delete_value}
        return (
            ("_node", {"GET": self.incomplete}),
            ("_node/{node}", {"GET": self.name}),
            ("_node/{node}/_versions", {"GET": self.versions}),
            ("_node/{node}/_config", {"GET": self.sections}),
            ("_node/{node}/_config/_reload", {"POST": self.reload}),
            ("_node/{node}/_config/{section}", {"GET": self.section}),
            ("_node/{node}/_config/{section}/{key}", value),
        )

    def incomplete(self, call: Call) -> Response:
        raise BadRequest("Incomplete path to _node request")

    def name(self, call: Call) -> Response:
        self._check_node(call)
        return answer({"name": self._node.name})

    def versions(self, call: Call) -> Response:
        self._check_node(call)
        return answer({"javascript_engine": {"name": "quickjs"}})

    def sections(self, call: Call) -> Response:
        self._check_node(call)
        return answer(self._config.sections())

    def reload(self, call: Call) -> Response:
        """What was set for this run alone is forgotten."""
        self._check_node(call)
        self._node.reload()
        return answer({"ok": True})

    def section(self, call: Call) -> Response:
        self._check_node(call)
        return answer(self._config.section(call.names["section"]))

    def value(self, call: Call) -> Response:
        return answer(self._known(call))

    def set_value(self, call: Call) -> Response:
        self._check_node(call)
        section, key = call.names["section"], call.names["key"]
        text = bodies.json_value(call.data())
        if not isinstance(text, str):
            raise BadRequest("a JSON string expected")
        before = self._config.text(section, key) or ""
        self._node.set_value(section, key, text.strip(), persist=_persist(call))
        return answer(before)

    def delete_value(self, call: Call) -> Response:
        before = self._known(call)
        self._config.delete(call.names["section"], call.names["key"], persist=_persist(call))
        return answer(before)

    def _known(self, call: Call) -> str:
        self._check_node(call)
        text = self._config.text(call.names["section"], call.names["key"])
        if text is None:
            raise NotFound(UNKNOWN)
        return text

    def _check_node(self, call: Call) -> None:
        named = call.names["node"]
        if named not in ("_local", self._node.name):
            raise NotFound(f"no such node: {named}")


def routes(node: Node) -> tuple[tuple[str, Methods], ...]:
    return Configuring(node).routes()


def _persist(call: Call) -> bool:
    return call.request.headers.get(PERSIST) != "false"
