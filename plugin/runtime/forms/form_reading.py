"""Read a form from its JSON, with an error that says where and what where it makes no sense."""

from collections.abc import Mapping
from typing import Any

from plugin.runtime.forms.form import (
    COLUMNS,
    CONFLICTS,
    KINDS,
    Action,
    Choice,
    Condition,
    Form,
    Item,
    Number,
    Response,
    Section,
)
from plugin.runtime.forms.formula_reading import check_formulas
from plugin.runtime.forms.names import SUFFIXES
from plugin.runtime.forms.place import Where
from plugin.runtime.forms.workflow import Step, Workflow

FORM_KEYS = frozenset(
    (
        "title", "plural", "subject", "icon", "number", "public", "sections", "items",
        "readers", "authors", "parent", "responses", "workflow", "actions",
        "conflicts", "attachments",
    )
)  # fmt: skip
ITEM_KEYS = frozenset(Item.__dataclass_fields__) - {"name"}
STEP_KEYS = frozenset(("name", "title", "from", "to", "who", "needs", "sets", "style", "asks"))
ACTION_KEYS = frozenset(Action.__dataclass_fields__)
RESPONSE_KEYS = frozenset(Response.__dataclass_fields__)


def read_form(name: str, data: Mapping[str, Any]) -> Form:
    """The form `name` from its JSON. Raises OfficeError naming the place and what is wrong."""
    where = Where(name)
    where.known(data, FORM_KEYS)
    for key in ("title", "items"):
        if not data.get(key):
            raise where.wrong(f"{key!r} is missing")
    items = {k: _item(where.at(k), k, v) for k, v in data["items"].items()}
    _check_items(where, items)
    _check_quotes(where, items, data.get("readers", {}))
    return Form(
        name=name,
        title=data["title"],
        plural=data.get("plural", data["title"]),
        subject=data.get("subject", ""),
        icon=data.get("icon", "file-text"),
        attachments=_switch(where.at("attachments"), data.get("attachments", False)),
        public=_public(where.at("public"), data.get("public", False), items),
        sections=_sections(where.at("sections"), data, items),
        items=items,
        readers=_rules(where.at("readers"), data.get("readers", {}), items),
        authors=_rules(where.at("authors"), data.get("authors", {}), items),
        number=_number(where.at("number"), data.get("number"), items),
        parent=_parent(where.at("parent"), data.get("parent"), items),
        responses=tuple(_response(where.at("responses"), one) for one in data.get("responses", ())),
        workflow=_workflow(where.at("workflow"), data.get("workflow"), items),
        actions=tuple(_action(where.at("actions"), one, items) for one in data.get("actions", ())),
        conflicts=_conflicts(where.at("conflicts"), data.get("conflicts", CONFLICTS[0])),
    )


def _conflicts(where: Where, wanted: Any) -> str:
    if wanted not in CONFLICTS:
        raise where.wrong(f"unknown choice {wanted!r}; known: {', '.join(CONFLICTS)}")
    return str(wanted)


def _public(where: Where, data: Any, items: Mapping[str, Item]) -> bool | str:
    if isinstance(data, bool):
        return data
    where.among((str(data),), items)
    if items[str(data)].kind != "boolean":
        raise where.wrong("the item must be of the kind 'boolean'")
    return str(data)


def _item(where: Where, name: str, data: Mapping[str, Any]) -> Item:
    where.known(data, ITEM_KEYS)
    values = dict(data)
    if values.get("kind") not in KINDS:
        raise where.wrong(f"unknown kind {values.get('kind')!r}; known: {', '.join(KINDS)}")
    if values["kind"] == "link" and not (values.get("database") and values.get("form")):
        raise where.wrong("a link needs 'database' and 'form'")
    values.setdefault("label", name)
    values["types"] = tuple(values.get("types", ()))
    values["choices"] = tuple(
        Choice(one["value"], one.get("label", one["value"]))
        if isinstance(one, Mapping)
        else Choice(one, one)
        for one in values.get("choices", ())
    )
    for key in ("hidden_when", "readonly_when"):
        values[key] = _condition(where.at(key), values.get(key))
    if values.get("formula") is not None:
        values["computed"] = True
    if values["kind"] == "table" or values.get("columns"):
        values["columns"] = _columns(where.at("columns"), name, values)
    return Item(name=name, **values)


def _condition(where: Where, data: Any) -> Condition | None:
    if data is None:
        return None
    where.known(data, ("item", "in"))
    return Condition(data["item"], tuple(data["in"]))


def _columns(where: Where, name: str, values: Mapping[str, Any]) -> dict[str, Item]:
    data = values.get("columns")
    if values["kind"] != "table" or not isinstance(data, Mapping) or not data:
        raise where.wrong("a table has columns, and nothing else has")
    for path in (name, *data):
        if path == "id" or not path.isidentifier():
            raise where.wrong(f"{path!r} cannot be a name here: letters, digits and _ only")
    columns = {k: _item(where.at(k), k, v) for k, v in data.items()}
    for column in columns.values():
        if column.kind not in COLUMNS or column.many or column.default is not None:
            known = ", ".join(COLUMNS)
            raise where.at(column.name).wrong(f"one value of a kind among {known}, no default")
    _check_items(where, columns)
    return columns


def _check_items(where: Where, items: Mapping[str, Item]) -> None:
    for item in items.values():
        where.at(item.name, "brings").among(item.brings, items)
        where.at(item.name, "fills").among(item.fills, items)
        for condition in (item.hidden_when, item.readonly_when):
            if condition:
                where.at(item.name).among((condition.item,), items)
    check_formulas(where, items)


def _switch(where: Where, value: Any) -> bool:
    if not isinstance(value, bool):
        raise where.wrong("must be true or false")
    return value


def _check_quotes(where: Where, items: Mapping[str, Item], readers: Mapping[str, Any]) -> None:
    """Whole texts are brought only to readers of the document that they stand in."""
    own = bool(readers) and all(rule == ["@parent"] for rule in readers.values())
    for item in items.values():
        quoted = [name for name in item.brings if items[name].kind == "richtext"]
        if quoted and not own:
            why = f"{quoted[0]!r} brings a whole text, so the readers must be ['@parent']"
            raise where.at(item.name, "brings").wrong(why)


def _sections(
    where: Where, data: Mapping[str, Any], items: Mapping[str, Item]
) -> tuple[Section, ...]:
    if "sections" not in data:
        return (Section(data["title"], tuple(items)),)
    return tuple(
        Section(one.get("title", ""), where.among(one["items"], items)) for one in data["sections"]
    )


def _rules(
    where: Where, data: Mapping[str, Any], items: Mapping[str, Item]
) -> dict[str, tuple[str, ...]]:
    return {key: _rule(where.at(key), rule, items) for key, rule in data.items()}


def _rule(where: Where, rule: Any, items: Mapping[str, Item]) -> tuple[str, ...]:
    """Check the `@item` parts of a rule for names."""
    if isinstance(rule, str):
        raise where.wrong("this must be a list of names")
    for token in rule:
        if not token.startswith("@") or token in ("@parent", "@me", "@created"):
            continue
        name, _, suffix = token[1:].partition(".")
        where.among((name,), items)
        if suffix not in SUFFIXES:
            raise where.wrong(f"{token!r}: after the item stands nothing or .leaders")
    return tuple(rule)


def _number(where: Where, data: Any, items: Mapping[str, Item]) -> Number | None:
    if data is None:
        return None
    where.known(data, ("item", "rule"))
    where.among((data["item"],), items)
    return Number(data["item"], data["rule"])


def _parent(where: Where, data: Any, items: Mapping[str, Item]) -> str:
    if data is None:
        return ""
    where.known(data, ("item",))
    (item,) = where.among((data["item"],), items)
    if items[item].kind != "link":
        raise where.wrong(f"{item!r} is not a link")
    return item


def _response(where: Where, data: Mapping[str, Any]) -> Response:
    where.known(data, RESPONSE_KEYS)
    return Response(
        listing=data["listing"],
        title=data.get("title", data["listing"]),
        form=data.get("form", ""),
        item=data.get("item", ""),
        database=data.get("database", ""),
    )


def _workflow(where: Where, data: Any, items: Mapping[str, Item]) -> Workflow | None:
    if data is None:
        return None
    where.known(data, ("item", "initial", "states", "steps"))
    (item,) = where.among((data["item"],), items)
    states = {k: v.get("title", k) for k, v in data["states"].items()}
    if data["initial"] not in states:
        raise where.wrong(f"the initial state {data['initial']!r} is not among the states")
    steps = tuple(_step(where.at(one.get("name", "")), one, states, items) for one in data["steps"])
    return Workflow(item, data["initial"], states, steps)


def _step(
    where: Where, data: Mapping[str, Any], states: Mapping[str, Any], items: Mapping[str, Item]
) -> Step:
    where.known(data, STEP_KEYS)
    for state in (*data["from"], data["to"]):
        if state not in states:
            raise where.wrong(f"there is no state {state!r}")
    return Step(
        name=data["name"],
        title=data.get("title", data["name"]),
        origins=tuple(data["from"]),
        to=data["to"],
        who=_rule(where.at("who"), data.get("who", ()), items),
        needs=where.among(data.get("needs", ()), items),
        sets={k: v for k, v in data.get("sets", {}).items() if where.among((k,), items)},
        style=data.get("style", ""),
        asks=where.among(data.get("asks", ()), items),
    )


def _action(where: Where, data: Mapping[str, Any], items: Mapping[str, Item]) -> Action:
    where.known(data, ACTION_KEYS)
    when = _condition(where.at(data["name"], "when"), data.get("when"))
    if when:
        where.at(data["name"], "when").among((when.item,), items)
    return Action(
        name=data["name"],
        title=data.get("title", data["name"]),
        who=_rule(where.at(data["name"], "who"), data.get("who", ()), items),
        when=when,
        style=data.get("style", ""),
        asks=where.among(data.get("asks", ()), items),
    )
