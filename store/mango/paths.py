"""Field names as paths into documents: `address.city`, `tags.0`, `a\\.b` for a name with a dot."""

import re
from functools import lru_cache

from store.errors import BadQuery
from store.types import ABSENT, Doc, Json

Path = tuple[str, ...]

_Blocked = type("Blocked", (), {"__repr__": lambda _: "BLOCKED"})
BLOCKED: Json = _Blocked()
"""What a path finds that leads through a value without members, or beyond the end of an array."""

_DOT = re.compile(r"(?<!\\)\.")
_PLACE = re.compile(r"[+-]?[0-9]{1,9}\Z")


@lru_cache(maxsize=1024)
def parse(field: str) -> Path:
    """The steps of a field name. Raises BadQuery where one of them is empty."""
    parts = _DOT.split(field)
    if "" in parts:
        raise BadQuery("invalid_field_name", f"Invalid field name: {field}")
    return tuple(part.replace("\\", "") for part in parts)


def get(value: Json, path: Path) -> Json:
    """What stands there: a value, ABSENT where an object lacks the name, or BLOCKED."""
    for name in path:
        if isinstance(value, dict):
            value = value.get(name, ABSENT)
            if value is ABSENT:
                return ABSENT
        elif isinstance(value, list) and _PLACE.match(name) and 0 <= int(name) < len(value):
            value = value[int(name)]
        else:
            return BLOCKED
    return value


def extract(doc: Doc, fields: tuple[str, ...]) -> Doc:
    """A document of these fields only, nested as they are there; those it lacks are left out."""
    found: Doc = {}
    for field in fields:
        path = parse(field)
        value = get(doc, path)
        if value is not ABSENT and value is not BLOCKED:
            put(found, path, value)
    return found


def put(doc: Doc, path: Path, value: Json) -> None:
    """Set what the path names, making objects on the way; what else stands in its way stays."""
    target: Json = doc
    for name in path[:-1]:
        target = target.setdefault(name, {})
        if not isinstance(target, dict):
            return
    target[path[-1]] = value
