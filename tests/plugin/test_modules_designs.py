"""The forms, listings and maps of the modules, read and run from their real files."""

import json
from pathlib import Path
from typing import Any

import pytest
import quickjs

from plugin.runtime.designs.design import Design, build, read_design
from plugin.runtime.forms.form import Form, Item
from plugin.runtime.listings.listing_spec import ListingSpec
from tests.plugin.company import MODULES

DESIGNS: dict[str, Path] = {
    spec.name: spec.design for module in MODULES for spec in module.databases
}
READ: dict[str, Design] = {name: read_design(build(path)[0]) for name, path in DESIGNS.items()}


FORMS: list[tuple[str, Form]] = [
    (name, form) for name, design in READ.items() for form in design.forms.values()
]
LISTINGS: list[tuple[str, ListingSpec]] = [
    (name, spec) for name, design in READ.items() for spec in design.listings.values()
]
MAPS = sorted(path for folder in DESIGNS.values() for path in folder.glob("views/*/map.js"))


SHOWN = {
    "memos_sent": {"folder": "sent"},
    "questions_by_class": {"state": "published"},
    "received_payments_by_date": {"state": "received"},
}
"""What a document needs to stand in a view that leaves others out."""


def rows(path: Path, doc: dict[str, Any]) -> list[tuple[list[Any], list[float]]]:
    """What a map file emits for a document."""
    context = quickjs.Context()
    context.eval("var rows = []; function emit(key, value) { rows.push([key, value]); }")
    source = path.read_text(encoding="utf-8")
    context.eval(f"({source}\n)(JSON.parse({json.dumps(json.dumps(doc))}))")
    return [(key, value) for key, value in json.loads(context.eval("JSON.stringify(rows)"))]


def sample(form: Form, view: str) -> dict[str, Any]:
    """A document with every item of the form filled in, of the kind that the view shows."""
    doc: dict[str, Any] = {"_id": f"{form.name}:1", "form": form.name}
    doc |= {name: _value(item) for name, item in form.items.items()}
    return doc | SHOWN.get(view, {})


def _value(item: Item) -> Any:
    values = {
        "number": 7,
        "money": {"amount": "1234.50", "currency": "CNY"},
        "date": "2026-11-22",
        "datetime": "2026-11-22T06:00:00Z",
        "boolean": False,
    }
    one = item.choices[0].value if item.choices else values.get(item.kind, f"a {item.name}")
    return [one] if item.many else one


@pytest.mark.parametrize(("database", "form"), FORMS, ids=lambda one: getattr(one, "name", one))
def test_links_responses_and_brought_items_exist(database: str, form: Form) -> None:
    for item in form.items.values():
        if item.kind != "link":
            continue
        there = READ[item.database]
        assert item.listing in there.listings, item.name
        assert set(item.brings.values()) <= set(there.forms[item.form].items), item.name
    for response in form.responses:
        there = READ[response.database or database]
        spec = there.listings[response.listing]
        assert spec.key == (response.item,)
        # Without a form there is no button for new ones: an action makes them.
        assert response.item in there.forms[response.form or spec.form].items


@pytest.mark.parametrize(("database", "spec"), LISTINGS, ids=lambda one: getattr(one, "name", one))
def test_an_index_that_is_said_to_be_complete_is(database: str, spec: ListingSpec) -> None:
    """Each document of the form once, whatever is filled in, with these items first in its key."""
    form = READ[database].forms[spec.form]
    path = DESIGNS[database] / "views" / spec.view / "map.js"
    full = sample(form, spec.view)
    bare = {name: full[name] for name in ("_id", "form")}
    chosen = [
        {**full, item.name: choice.value} for item in form.items.values() for choice in item.choices
    ]
    for doc in (full, bare, *chosen) if spec.index else ():
        [(key, _)] = rows(path, doc)
        parts = [one or None for one in key[: len(spec.index)]]
        assert parts == [doc.get(item) for item in spec.index]
        assert not any(form.items[item].many for item in spec.index)
    assert not spec.index or {spec.mine, *spec.key} - {""} <= set(spec.index)


@pytest.mark.parametrize(("database", "form"), FORMS, ids=lambda one: getattr(one, "name", one))
def test_every_item_stands_in_one_section(database: str, form: Form) -> None:
    shown = [item for section in form.sections for item in section.items]
    assert sorted(shown) == sorted(form.items)


@pytest.mark.parametrize(("database", "spec"), LISTINGS, ids=lambda one: getattr(one, "name", one))
def test_keys_begin_with_what_the_listing_says(database: str, spec: ListingSpec) -> None:
    design = READ[database]
    path = DESIGNS[database] / "views" / spec.view / "map.js"
    doc = sample(design.forms[spec.form], spec.view)
    (key, value), *_ = rows(path, doc)  # one may show a document to several persons
    wanted = [spec.mine] * bool(spec.mine) + [*spec.key, *(one.item for one in spec.categories)]
    assert key[: len(wanted)] == [doc[item] for item in wanted]
    assert value[0] == 1
    for column in spec.columns:
        assert column.item in design.forms[spec.form].items
        if column.sum:
            assert value[column.sum] == 1234.5
    for form in spec.new:
        assert form in design.forms


@pytest.mark.parametrize("path", MAPS, ids=lambda path: path.parent.name)
def test_a_map_is_small_and_takes_any_document(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    first, *rest = source.splitlines()
    assert first.startswith("// ") and first.endswith(".")
    assert len(rest) <= 8
    for doc in ({}, {"form": "unknown"}, {"form": "deal", "amount": {"amount": "?"}}):
        for key, value in rows(path, doc):
            assert isinstance(key, list)
            assert all(isinstance(number, int | float) for number in value)


@pytest.mark.parametrize("path", MAPS, ids=lambda path: path.parent.name)
def test_a_map_is_used_and_knows_its_forms(path: Path) -> None:
    database, view = path.parents[2].name, path.parent.name
    users = [spec for spec in READ[database].listings.values() if spec.view == view]
    assert users
    forms = READ[database].forms.values()
    emitting = {form.name for form in forms if rows(path, sample(form, view))}
    assert users[0].form in emitting


def at(database: str, view: str) -> Path:
    return DESIGNS[database] / "views" / view / "map.js"


def test_reminders_are_due_until_sent_for_their_time() -> None:
    path = at("tracking", "reminders_by_due")
    doc = {"form": "activity", "remind_at": "2026-11-22T06:00:00Z"}
    assert rows(path, doc) == [(["2026-11-22T06:00:00Z"], [1])]
    assert rows(path, {**doc, "reminded_for": "2026-11-22T06:00:00Z"}) == []
    assert rows(path, {**doc, "reminded_for": "2026-11-21T06:00:00Z"}) != []
    assert rows(path, {**doc, "state": "done"}) == []
    assert rows(path, {"form": "activity"}) == []


def test_inbox_has_unread_first_and_the_newest_first() -> None:
    path = at("mail", "memos_by_seen")
    memos = [
        {"form": "memo", "seen": seen, "received": f"2026-11-{day}T06:00:00Z"}
        for seen, day in ((True, 20), (False, 18), (False, 19), (True, 21))
    ]
    ordered = sorted(memos, key=lambda memo: rows(path, memo)[0][0])
    assert [memo["received"][8:10] for memo in ordered] == ["19", "18", "21", "20"]
    assert rows(path, {**memos[0], "folder": "sent"}) == []


def test_deals_are_summed_by_amount_and_only_open_ones_are_open() -> None:
    deal = {
        "form": "deal", "name": "A", "stage": "won", "owner": "anna",
        "amount": {"amount": "12.50", "currency": "CNY"},
    }  # fmt: skip
    assert rows(at("tracking", "deals_by_stage"), deal) == [(["won", "A"], [1, 12.5])]
    assert rows(at("tracking", "open_deals_by_owner"), deal) == []
    assert rows(at("tracking", "deals_by_owner"), {**deal, "amount": None}) == [
        (["anna", "won", "A"], [1, 0])
    ]
