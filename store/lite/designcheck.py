"""What is wrong with a design document, told when it is written as CouchDB 3.5 does."""

from collections.abc import Sequence

from store.errors import InvalidDesign, NotFound
from store.types import Doc, Json

Types = tuple[str, ...]
ANY = "*"

_KINDS: dict[str, type] = {"string": str, "object": dict, "array": list, "boolean": bool}
_FUNCTIONS = (ANY, ("string", "object"))
_OPTIONS = ("options", ("object",))
_VIEWS = ("views", ("object",))
_VIEW = (ANY, ("object",))
_FIELDS: tuple[tuple[tuple[str, Types], ...], ...] = (
    (("filters", ("object",)), _FUNCTIONS),
    (("language", ("string",)),),
    (("lists", ("object",)), _FUNCTIONS),
    (_OPTIONS,),
    (_OPTIONS, ("include_design", ("boolean",))),
    (_OPTIONS, ("local_seq", ("boolean",))),
    (_OPTIONS, ("partitioned", ("boolean",))),
    (("rewrites", ("array", "string")),),
    (("shows", ("object",)), _FUNCTIONS),
    (("updates", ("object",)), _FUNCTIONS),
    (("validate_doc_update", ("string",)),),
    (_VIEWS, ("lib", ("object",))),
    (_VIEWS, _VIEW, ("reduce", ("string",))),
)


def check_fields(ddoc: Doc) -> None:
    """Raises InvalidDesign, or NotFound "missing function" for a function without words."""
    for path in _FIELDS:
        _check(ddoc, path, [])
    kind = "object" if ddoc.get("language") == "query" else "string"
    _check(ddoc, (_VIEWS, _VIEW, ("map", (kind,))), [])
    for name, view in ddoc.get("views", {}).items():
        if name == "lib":
            continue
        if "map" not in view:
            raise InvalidDesign(f"View `{name}` must contain map function")
        if "" in (view["map"], view.get("reduce")):
            raise NotFound("missing function")
    if ddoc.get("options", {}).get("partitioned"):
        reason = "partitioned option cannot be true in a non-partitioned database."
        raise InvalidDesign(reason)


def _check(value: Json, path: Sequence[tuple[str, Types]], names: Sequence[str]) -> None:
    (wanted, types), *rest = path
    if not isinstance(value, dict):
        return
    for name, member in value.items():
        if wanted not in (name, ANY):
            continue
        if not any(isinstance(member, _KINDS[kind]) for kind in types):
            field = ".".join([*names, name])
            raise InvalidDesign(f"`{field}` field must have {' or '.join(types)} type")
        if rest:
            _check(member, rest, [*names, name])
