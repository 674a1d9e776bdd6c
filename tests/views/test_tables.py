"""Tables on pages, as the order lines of an order are (T10): without a script, kept and merged."""

import re
from typing import Any

import pytest
from flask import Flask

from plugin import Document, Office
from tests.views.kit import Browser, browser, door, rev_of, text_of

NEW = "/tracking/new/order"
ROW = re.compile(r'name="lines\.rows" value="(\w+)"')


@pytest.fixture
def anna(app: Flask) -> Browser:
    return browser(app, "anna.snelling")


@pytest.fixture
def order(office: Office) -> Document:
    lines = [line("a", "Gauge", 2, "100"), line("b", "Probe", 1, "50.50")]
    items = {"customer": "customer:isdom", "lines": lines}
    return door(office, "anna.snelling", "tracking").create("order", items, id="order:1")


def line(row: str, text: str, quantity: float, price: str) -> dict[str, Any]:
    money = {"amount": price, "currency": "CNY"}
    return {"id": row, "text": text, "quantity": quantity, "price": money}


def typed(row: str, **cells: str) -> dict[str, Any]:
    """The fields of one row as a browser sends them."""
    names = ("product", "text", "quantity", "unit", "price", "discount")
    sent: dict[str, Any] = {f"lines.{row}.{name}.asked": "1" for name in names}
    sent |= {f"lines.{row}.{name}": cells.get(name, "") for name in names}
    return sent | {f"lines.{row}.price.currency": "CNY"}


def table(*rows: dict[str, Any]) -> dict[str, Any]:
    ids = [next(iter(row)).split(".")[1] for row in rows]
    sent: dict[str, Any] = {"lines.asked": "1", "lines.rows": ids}
    for row in rows:
        sent |= row
    return sent


def field(page: str, name: str) -> str:
    """What stands in a field."""
    found = re.search(rf'name="{re.escape(name)}"[^>]* value="([^"]*)"', page)
    assert found, name
    return found[1]


def test_a_new_order_begins_with_a_row_to_be_filled(anna: Browser) -> None:
    page = anna.page(NEW)
    (row,) = ROW.findall(page)
    assert 'aria-label="Quantity, row 1"' in page
    assert field(page, f"lines.{row}.text") == ""


def test_rows_are_added_and_taken_away_by_buttons_and_all_is_kept(anna: Browser) -> None:
    sent = {
        "customer": "customer:isdom",
        **table(typed("a", text="Gauge", quantity="x"), typed("b")),
    }
    answer = anna.submit(NEW, {**sent, "find": "lines.add"})
    assert (answer.status_code, len(ROW.findall(answer.text))) == (422, 3)
    assert field(answer.text, "lines.a.quantity") == "x"
    assert "This is not a number." in answer.text
    answer = anna.submit(NEW, {**sent, "find": "lines.remove.a"})
    assert (answer.status_code, ROW.findall(answer.text)) == (200, ["b"])
    answer = anna.submit(NEW, {**table(typed("b")), "find": "lines.remove.b"})
    assert len(ROW.findall(answer.text)) == 1


def test_what_was_typed_is_calculated_before_it_is_saved(anna: Browser, office: Office) -> None:
    row = typed("a", text="Gauge", quantity="3", price="19.99", discount="10")
    answer = anna.submit(NEW, {**table(row), "find": "lines.calculate"})
    assert answer.status_code == 200
    shown = re.search(r'<output id="lines\.a\.amount"[^>]*>([^<]+)', answer.text)
    total = re.search(r'<output id="lines\.total\.amount">([^<]+)', answer.text)
    assert shown and total and shown[1] == total[1] == "CN¥53.97"
    listing = office.system().listing("tracking", "orders_by_number")
    assert listing.count() == 0


def test_errors_stand_at_their_cell_and_keep_what_was_typed(anna: Browser) -> None:
    rows = table(typed("a", text="Gauge", quantity="2", price="1"), typed("b", quantity="-3"))
    answer = anna.submit(NEW, {"customer": "customer:isdom", **rows})
    assert answer.status_code == 422
    for cell, problem in (
        ("text", "Please fill this in."),
        ("quantity", "This must be at least 0."),
        ("price", "Please fill this in."),
    ):
        told = re.search(rf'id="lines\.b\.{cell}-problem">(.*?)</div>', answer.text, re.DOTALL)
        assert told and problem in told[1]
    assert 'id="lines.a.text-problem"' not in answer.text
    assert field(answer.text, "lines.a.text") == "Gauge"
    assert field(answer.text, "lines.b.quantity") == "-3"


def test_rows_in_which_nothing_stands_are_left_out(anna: Browser, office: Office) -> None:
    rows = table(typed("a"), typed("b", text="Gauge", quantity="2", price="1"), typed("c"))
    answer = anna.submit(NEW, {"customer": "customer:isdom", **rows})
    assert answer.status_code == 303
    made = door(office, "anna.snelling", "tracking").open(answer.location.rpartition("/")[2])
    assert [row["id"] for row in made.items["lines"]] == ["b"]


def test_the_page_shows_the_rows_and_their_total(anna: Browser, order: Document) -> None:
    shown = text_of(anna.page("/tracking/order:1"))
    assert "Description Quantity Unit price Amount" in shown
    assert "Gauge 2 CN¥100 CN¥200 Probe 1 CN¥50.50 CN¥50.50 CN¥250.50" in shown
    assert "Order total CN¥250.50" in shown


def both_rows(**changes: dict[str, str]) -> dict[str, Any]:
    cells = {
        "a": {"text": "Gauge", "quantity": "2", "price": "100"},
        "b": {"text": "Probe", "quantity": "1", "price": "50.50"},
    }
    return table(*(typed(row, **{**cells[row], **changes.get(row, {})}) for row in cells))


def test_saving_anew_changes_nothing(anna: Browser, office: Office, order: Document) -> None:
    assert anna.submit("/tracking/order:1/edit", both_rows()).status_code == 303
    assert door(office, "anna.snelling", "tracking").open(order.id).rev == order.rev


def change(office: Office, order: Document, row: str, **cells: Any) -> None:
    """What the manager saves meanwhile, with a row of his own."""
    rows = [{**one, **(cells if one["id"] == row else {})} for one in order.items["lines"]]
    manager = door(office, "dustin.brinkmann", "tracking")
    manager.save(order.id, order.rev, {"lines": [*rows, line("c", "Case", 1, "9")]})


def test_different_rows_are_both_kept(anna: Browser, office: Office, order: Document) -> None:
    change(office, order, "b", quantity=5)
    rows = both_rows(a={"quantity": "7"})
    answer = anna.submit("/tracking/order:1/edit", {"rev": order.rev, **rows})
    assert answer.status_code == 303
    lines = door(office, "anna.snelling", "tracking").open(order.id).items["lines"]
    assert [(one["id"], one["quantity"]) for one in lines] == [("a", 7), ("b", 5), ("c", 1)]


@pytest.mark.parametrize(("side", "quantity"), [("mine", 7), ("theirs", 5)])
def test_the_same_row_is_chosen_on_the_page_of_the_conflict(
    anna: Browser, office: Office, order: Document, side: str, quantity: int
) -> None:
    change(office, order, "a", quantity=5)
    rows = both_rows(a={"quantity": "7"})
    clash = anna.submit("/tracking/order:1/edit", {"rev": order.rev, **rows})
    assert clash.status_code == 409
    shown = text_of(clash.text)
    assert "Row of Order lines" in shown
    assert "Gauge · 7 · CN¥100 · CN¥700" in shown
    assert "Gauge · 5 · CN¥100 · CN¥500" in shown
    sent = hidden(clash.text) | {"choose.lines/a": side, "rev": rev_of(clash.text)}
    assert anna.submit("/tracking/order:1/edit", sent).status_code == 303
    lines = door(office, "anna.snelling", "tracking").open(order.id).items["lines"]
    assert [(one["id"], one["quantity"]) for one in lines] == [("a", quantity), ("b", 1), ("c", 1)]


def hidden(page: str) -> dict[str, Any]:
    """The hidden fields of a page, several of one name as a list."""
    found: dict[str, Any] = {}
    for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page):
        found.setdefault(name, []).append(value)
    return {name: values for name, values in found.items() if name != "csrf_token"}


def test_a_table_is_exported_row_by_row(anna: Browser, order: Document) -> None:
    answer = anna.get("/tracking/listing/orders_by_number.csv?all=1")
    assert answer.status_code == 200
    assert "Gauge · 2 · CN¥100.00 · CN¥200.00; Probe · 1 ·" in answer.text.replace(
        ", Probe", "; Probe"
    )


def test_the_page_tells_what_changed_in_which_row(
    anna: Browser, office: Office, order: Document
) -> None:
    change(office, order, "b", quantity=5)
    now = door(office, "anna.snelling", "tracking").open(order.id)
    rows = [row for row in now.items["lines"] if row["id"] != "a"]
    door(office, "anna.snelling", "tracking").save(now.id, now.rev, {"lines": rows})
    page = anna.page("/tracking/order:1")
    shown = text_of(page[page.index('id="changes"') :])
    assert "Row of Order lines Probe · 5 · CN¥50.50 · CN¥252.50 Dustin Brinkmann," in shown
    assert "Row of Order lines Case · 1 · CN¥9 · CN¥9 Dustin Brinkmann," in shown
    assert "Row of Order lines taken away Anna Snelling," in shown
    assert "Order total" not in shown.partition("Made by")[0]
