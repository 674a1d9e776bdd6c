"""Tables through the door (T10): rows of several people, merged and settled row by row."""

import random
from typing import Any

import pytest

from plugin import Invalid, SaveConflict
from plugin.runtime.door.document import Document
from plugin.runtime.door.merge import Clash, Merged, merge
from plugin.runtime.forms.calculating import calculate
from plugin.runtime.forms.form_reading import read_form
from plugin.runtime.replica.merging import forms_of, settle_all
from tests.plugin.kit import Kit

BILL: dict[str, Any] = {
    "title": "Bill",
    "items": {
        "name": {"kind": "text"},
        "lines": {
            "kind": "table",
            "columns": {
                "firm": {
                    "kind": "link", "database": "work", "form": "firm",
                    "brings": {"firm_name": "name"}, "fills": {"what": "name"},
                },
                "firm_name": {"kind": "text", "computed": True},
                "what": {"kind": "text", "required": True},
                "region": {"kind": "keyword", "keywords": "region"},
                "pieces": {"kind": "number"},
                "price": {"kind": "money"},
                "net": {"kind": "money", "formula": {"times": ["pieces", "price"]}},
            },
        },
        "total": {"kind": "money", "formula": {"sum": ["lines", "net"]}},
    },
    "authors": {"people": ["anna", "ben"]},
}  # fmt: skip
FORM = read_form("bill", BILL)


@pytest.fixture
def kit(kit: Kit) -> Kit:
    """The office with a form that has a table."""
    db = kit.office.server.database("work")
    design = db.get("_design/divan")
    design["forms"]["bill"] = BILL
    db.put(design)
    return kit


def line(what: str, pieces: float = 1, price: str = "1", **more: Any) -> dict[str, Any]:
    return {"what": what, "pieces": pieces, "price": {"amount": price, "currency": "EUR"}, **more}


def bill(kit: Kit, *lines: dict[str, Any]) -> Document:
    return kit.work("anna").create("bill", {"lines": list(lines)})


def changed(doc: Document, what: str, **cells: Any) -> list[dict[str, Any]]:
    """The rows with other cells in one of them."""
    return [{**row, **(cells if row["what"] == what else {})} for row in doc.items["lines"]]


def whats(doc: Document) -> list[str]:
    return [row["what"] for row in doc.items["lines"]]


def total(doc: Document) -> str:
    return str(doc.items["total"]["amount"])


def test_rows_get_ids_and_what_links_bring_and_formulas_give(kit: Kit) -> None:
    firm = kit.work("anna").create("firm", {"name": "Acme"})
    made = bill(kit, {"firm": firm.id, "pieces": 2, "price": line("")["price"]}, {"what": "  "})
    (row,) = made.items["lines"]
    assert (row["firm_name"], row["what"]) == ("Acme", "Acme")
    assert (row["net"], made.items["total"]) == ({"amount": "2.00", "currency": "EUR"},) * 2
    assert row["id"]


def test_what_is_wrong_is_told_at_its_cell(kit: Kit) -> None:
    with pytest.raises(Invalid) as told:
        bill(kit, line("a", region="East", firm="firm:none", id="r1"), {"id": "r2", "pieces": 3})
    assert {name: str(one) for name, one in told.value.problems.items()} == {
        "lines/r1/firm": "There is no such document.",
        "lines/r1/region": "Please choose one of the keywords.",
        "lines/r2/what": "Please fill this in.",
    }


def test_a_row_that_nobody_touched_is_no_change(kit: Kit) -> None:
    made = bill(kit, line("a"), line("b"))
    typed = [{k: v for k, v in row.items() if k != "net"} for row in made.items["lines"]]
    assert kit.work("anna").save(made.id, made.rev, {"lines": typed}).rev == made.rev


def test_two_people_change_different_rows(kit: Kit) -> None:
    base = bill(kit, line("a"), line("b"), line("c"))
    lines = [row for row in base.items["lines"] if row["what"] != "c"]
    kit.work("ben").save(base.id, base.rev, {"lines": [*lines, line("ben")]})
    mine = [*changed(base, "a", pieces=5), line("anna")]
    doc = kit.work("anna").save(base.id, base.rev, {"lines": mine})
    assert sorted(whats(doc)) == ["a", "anna", "b", "ben"]
    assert total(doc) == "8.00"
    rows = {row["what"]: row["id"] for row in doc.items["lines"]}
    who = {path: entry[2] for path, entry in doc.raw["changed"].items()}
    assert who[f"lines/{rows['a']}"] == "anna"
    assert who[f"lines/{rows['ben']}"] == "ben"


def test_the_same_row_is_a_conflict_of_that_row_alone(kit: Kit) -> None:
    base = bill(kit, line("a"), line("b"))
    there = changed(base, "a", pieces=2)
    kit.work("ben").save(base.id, base.rev, {"lines": [*there, line("new")]})
    with pytest.raises(SaveConflict) as told:
        kit.work("anna").save(base.id, base.rev, {"lines": changed(base, "a", pieces=3)})
    assert told.value.items == (f"lines/{base.items['lines'][0]['id']}",)
    assert [row["what"] for row in told.value.mine["lines"]] == ["a", "b", "new"]


def test_an_order_of_rows_is_kept(kit: Kit) -> None:
    base = bill(kit, line("a"), line("b"), line("c"))
    turned = base.items["lines"][::-1]
    doc = kit.work("anna").save(base.id, base.rev, {"lines": turned})
    assert whats(kit.work("anna").open(doc.id)) == ["c", "b", "a"]


def edit(doc: Document, **cells: Any) -> dict[str, Any]:
    """A whole new body of the table, calculated as a laptop does."""
    new = {"lines": changed(doc, cells.pop("what"), **cells)}
    calculate(FORM, new)
    return new


def test_branches_merge_row_by_row_and_are_calculated_anew(kit: Kit) -> None:
    base = bill(kit, line("a"), line("b"))
    rows = [row["id"] for row in base.items["lines"]]
    edits = [edit(base, what="a", pieces=10), edit(base, what="b", pieces=100)]
    found = [leaf(base, rows[place], one, place) for place, one in enumerate(edits)]
    for one, other in ((0, 1), (1, 0)):
        merged = merge([found[one], found[other]], form=FORM)
        assert isinstance(merged, Merged)
        assert merged.doc["total"] == {"amount": "110.00", "currency": "EUR"}


def leaf(base: Document, row: str, new: dict[str, Any], place: int) -> dict[str, Any]:
    """The body of one branch with its line of revisions."""
    generation, digest = base.rev.split("-")
    last = int(generation) + 1
    ids = [str(place) * 32, digest]
    return {
        **base.raw,
        **new,
        "changed": {f"lines/{row}": [last, "2026-11-22T06:00:00Z", "anna"]},
        "_rev": f"{last}-{ids[0]}",
        "_revisions": {"start": last, "ids": ids},
    }


def test_a_row_changed_on_both_branches_waits_for_a_person(kit: Kit) -> None:
    base = bill(kit, line("a"), line("b"))
    row = base.items["lines"][0]["id"]
    edits = [edit(base, what="a", pieces=pieces) for pieces in (10, 100)]
    found = [leaf(base, row, one, place) for place, one in enumerate(edits)]
    clash = merge(found, form=FORM)
    assert isinstance(clash, Clash)
    assert clash.items == (f"lines/{row}",)
    db = kit.office.server.database("work")
    assert db.bulk_docs(found, new_edits=False) == []
    assert settle_all(db, forms_of(kit.office, "work")) == (0, 1)
    docs = kit.work("anna")
    assert docs.clashes(base.id) == (f"lines/{row}",)
    assert total(docs.settle(base.id, {f"lines/{row}": found[0]["_rev"]})) == "11.00"


SEED = 20261126


def test_any_edits_apart_merge_to_the_same_whatever_the_order(kit: Kit) -> None:
    """Rows added, changed and taken away on three branches, at random."""
    dice = random.Random(SEED)
    for turn in range(60):
        rows = [line(f"r{n}", id=f"r{n}") for n in range(dice.randint(0, 4))]
        raw: dict[str, Any] = {"_id": "bill:x", "_rev": "1-" + "0" * 32, "lines": rows}
        calculate(FORM, raw)
        base = Document("bill:x", raw["_rev"], "bill", "work", "", {}, raw)
        found = [_random_branch(dice, base, place) for place in range(3)]
        orders = (found, found[::-1], found[1:] + found[:1])
        outcomes = [merge(order, form=FORM) for order in orders]
        assert outcomes[0] == outcomes[1] == outcomes[2], (SEED, turn)
        doc = dict(outcomes[0].doc)
        calculate(FORM, doc)
        assert doc == outcomes[0].doc, (SEED, turn)


def _random_branch(dice: random.Random, base: Document, place: int) -> dict[str, Any]:
    rows = {row["id"]: dict(row) for row in base.raw.get("lines", ())}
    touched = []
    for docid in list(rows):
        if dice.random() < 0.3:
            touched.append(docid)
            rows[docid]["pieces"] = dice.randint(2, 9)
        elif dice.random() < 0.2:
            touched.append(docid)
            del rows[docid]
    if dice.random() < 0.5:
        touched.append(f"n{place}")
        rows[f"n{place}"] = line("new", id=f"n{place}")
    new = leaf(base, "none", {"lines": list(rows.values())}, place)
    if not rows:
        del new["lines"]  # what is empty is not there
    new["changed"] = {f"lines/{one}": [2, "2026-11-22T06:00:00Z", "anna"] for one in touched}
    calculate(FORM, new)
    return new
