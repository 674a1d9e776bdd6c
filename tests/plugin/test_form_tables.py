"""Tables and formulas (T10): Python and JavaScript find the same, by cases and in any document."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.runtime.errors import OfficeError
from plugin.runtime.forms.calculating import calculate
from plugin.runtime.forms.form_check import problems
from plugin.runtime.forms.form_reading import read_form
from plugin.runtime.forms.formulas import Unfit, calculated
from tests.acl.javascript import JavaScript

REST = {"minus": [1, {"times": ["discount", 0.01]}]}
SHAPE: dict[str, Any] = {
    "title": "Order",
    "items": {
        "lines": {
            "kind": "table",
            "label": "Order lines",
            "max": 3,
            "columns": {
                "what": {"kind": "text", "required": True, "max": 4},
                "quantity": {"kind": "number", "label": "Quantity", "min": 0},
                "price": {"kind": "money"},
                "discount": {"kind": "number", "min": 0, "max": 100},
                "day": {"kind": "date"},
                "net": {"kind": "money", "formula": {"times": ["quantity", "price", REST]}},
            },
        },
        "extra": {"kind": "money"},
        "paid": {"kind": "money"},
        "total": {"kind": "money", "formula": {"plus": [{"sum": ["lines", "net"]}, "extra"]}},
        "open": {"kind": "money", "formula": {"minus": ["total", "paid"]}},
        "pieces": {"kind": "number", "formula": {"sum": ["lines", "quantity"]}},
    },
}
FORM = read_form("order", SHAPE)


@pytest.fixture(scope="module")
def js() -> JavaScript:
    return JavaScript()


def both(js: JavaScript, doc: dict[str, Any], any_state: bool = False) -> dict[str, str]:
    """What Python finds; JavaScript must find the same."""
    found = {name: str(one) for name, one in problems(FORM, doc, any_state=any_state).items()}
    there = js.call("form_check", "problems", SHAPE, doc, None, any_state)
    assert {name: one["text"].format(**one["params"]) for name, one in there.items()} == found
    return found


def money(amount: str, currency: str = "EUR") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def row(name: str, **cells: Any) -> dict[str, Any]:
    return {"id": name, "what": "pump", **cells}


CASES: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("no rows", {}, {}),
    ("an empty list is no row", {"lines": []}, {}),
    ("blanks are no table, and nothing", {"lines": "  "}, {}),
    ("a text", {"lines": "x"}, {"lines": "This is not a table."}),
    ("a list of texts", {"lines": ["x"]}, {"lines": "This is not a table."}),
    ("a row without id", {"lines": [{"what": "a"}]}, {"lines": "This is not a table."}),
    ("an id of its own kind", {"lines": [row("A b")]}, {"lines": "This is not a table."}),
    ("the same id twice", {"lines": [row("a"), row("a")]}, {"lines": "This is not a table."}),
    ("one row", {"lines": [row("a")]}, {}),
    (
        "too many rows",
        {"lines": [row(one) for one in "abcd"]},
        {"lines": "This may have at most 3 rows."},
    ),
    (
        "a wrong cell stands under its place",
        {"lines": [row("a"), row("b", what="pumps", day="2023-02-29")]},
        {
            "lines/b/what": "This may have at most 4 characters.",
            "lines/b/day": "This is not a date.",
        },
    ),
    ("a missing cell", {"lines": [{"id": "a"}]}, {"lines/a/what": "Please fill this in."}),
    ("a foreign cell", {"lines": [row("a", x=1)]}, {"lines/a": "This table has no column x."}),
    (
        "what is calculated has to follow",
        {"lines": [row("a", quantity=2, price=money("1.005"), net=money("2.00"))]},
        {
            "lines/a/net": "This does not follow from the other items.",
            "total": "This does not follow from the other items.",
            "pieces": "This does not follow from the other items.",
        },
    ),
    (
        "two currencies in one sum",
        {"extra": money("1"), "lines": [row("a", net=money("1", "USD"))]},
        {
            "lines/a/net": "This does not follow from the other items.",
            "total": "These amounts are in different currencies.",
        },
    ),
]


@pytest.mark.parametrize(("doc", "found"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_both_find_what_the_case_says(
    js: JavaScript, doc: dict[str, Any], found: dict[str, str]
) -> None:
    assert both(js, doc) == found


def test_an_order_is_calculated_exactly(js: JavaScript) -> None:
    doc: dict[str, Any] = {
        "lines": [
            row("a", quantity=3, price=money("19.99"), discount=10),
            row("b", quantity=0.1, price=money("0.35")),
            row("c", price=money("5")),
        ],
        "paid": money("60"),
    }
    calculate(FORM, doc)
    assert [one.get("net") for one in doc["lines"]] == [money("53.97"), money("0.04"), None]
    assert (doc["total"], doc["open"], doc["pieces"]) == (money("54.01"), money("-5.99"), 3.1)
    assert both(js, doc) == {}


AMOUNTS = st.fixed_dictionaries(
    {
        "amount": st.from_regex(r"\A-?[0-9]{1,15}(\.[0-9]{1,6})?\Z") | st.just("x"),
        "currency": st.sampled_from(["EUR", "EUR", "EUR", "CNY", "eur"]),
    }
)
NUMBERS = st.one_of(
    st.integers(-1000, 1000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(-999, 999, places=3).map(float),
)
CELLS = st.one_of(NUMBERS, AMOUNTS, st.none(), st.booleans(), st.sampled_from(["pump", "", " "]))
ROWS = st.fixed_dictionaries(
    {"id": st.sampled_from(["a", "b", "c"])},
    optional={
        "what": CELLS,
        "quantity": NUMBERS | CELLS,
        "price": AMOUNTS | CELLS,
        "discount": st.integers(0, 100) | CELLS,
        "net": CELLS,
        "foreign": CELLS,
    },
)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "lines": st.lists(ROWS, max_size=4) | CELLS,
        **dict.fromkeys(("extra", "paid", "total"), AMOUNTS | CELLS),
        "pieces": NUMBERS,
    },
)


@settings(max_examples=300, deadline=None)
@given(doc=DOCUMENTS, any_state=st.booleans())
def test_both_find_the_same_in_any_document(
    js: JavaScript, doc: dict[str, Any], any_state: bool
) -> None:
    both(js, doc, any_state)


@settings(max_examples=300, deadline=None)
@given(doc=DOCUMENTS)
def test_what_was_calculated_follows_from_the_other_items(
    js: JavaScript, doc: dict[str, Any]
) -> None:
    calculate(FORM, doc)
    assert "This does not follow from the other items." not in both(js, doc).values()


def outcome(formula: Any, kind: str, doc: dict[str, Any]) -> Any:
    try:
        return calculated(formula, kind, doc)
    except Unfit as error:
        return {"unfit": str(error)}


@settings(max_examples=300, deadline=None)
@given(
    quantity=NUMBERS, price=AMOUNTS, other=AMOUNTS, factor=st.decimals(-9, 9, places=4).map(float)
)
def test_both_calculate_the_same(
    js: JavaScript, quantity: float, price: Any, other: Any, factor: float
) -> None:
    doc = {"quantity": quantity, "price": price, "other": other}
    formula = {"minus": [{"times": ["quantity", "price", factor]}, "other"]}
    thrown = js.thrown("formulas", "calculated", formula, "money", doc)
    there = thrown or js.call("formulas", "calculated", formula, "money", doc)
    assert there == outcome(formula, "money", doc)


NONSENSE = [
    ({"sum": ["lines", "x"]}, "there is no item 'x'"),
    ({"times": ["extra", "paid"]}, "two amounts cannot be multiplied"),
    ({"plus": ["extra", 1]}, "numbers and amounts cannot be added"),
    ({"over": ["extra"]}, "unknown operation 'over'; known: times, plus, minus, sum"),
    ("again", "formulas need each other"),
    (3, "this gives no money"),
    (True, "a formula is an item, a number, or one operation"),
]


@pytest.mark.parametrize(("formula", "why"), NONSENSE)
def test_a_formula_that_makes_no_sense_is_told_with_its_place(formula: Any, why: str) -> None:
    again = {"again": {"kind": "money", "formula": formula}}
    with pytest.raises(OfficeError, match=r"Form order › again › formula: ") as told:
        read_form("order", {**SHAPE, "items": {**SHAPE["items"], **again}})
    assert str(told.value).endswith(why)


@pytest.mark.parametrize(
    "columns", [{}, {"id": {"kind": "text"}}, {"a": {"kind": "table"}}, {"a/b": {"kind": "text"}}]
)
def test_a_table_needs_columns_that_can_stand_in_rows(columns: Any) -> None:
    with pytest.raises(OfficeError):
        read_form("x", {"title": "X", "items": {"t": {"kind": "table", "columns": columns}}})


def test_the_store_names_the_row_and_the_column(js: JavaScript) -> None:
    made = {"at": "2026-11-22T06:00:00Z", "by": "anna"}
    doc = {"_id": "order:1", "form": "order", "created": made}
    doc["lines"] = [row("a"), row("b", quantity=-1)]
    user = {"name": "anna", "roles": ["divan"], "db": "trial"}
    thrown = js.thrown("form_check", "check", {"order": SHAPE}, doc, None, user)
    assert thrown == {"forbidden": "Order lines, 2, Quantity: This must be at least 0."}
