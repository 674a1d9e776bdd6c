"""What people type and read, by kind of item."""

from typing import Any

import pytest

from plugin import FieldError, Item, display, for_input, parse
from plugin.runtime.forms.form import Choice


def item(kind: str, **more: Any) -> Item:
    return Item("x", kind, "X", **more)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", "  hello\u3000", "hello"),
        ("text", "", None),
        ("richtext", "# Title\r\n\r\ntext\n", "# Title\n\ntext"),
        ("number", "1,234", 1234),
        ("number", "-2.5", -2.5),
        ("number", "80%", 80),
        ("number", "", None),
        ("money", "1,234.50", {"amount": "1234.50", "currency": "CNY"}),
        ("money", "usd 12", {"amount": "12", "currency": "USD"}),
        ("money", "-12.00 EUR", {"amount": "-12.00", "currency": "EUR"}),
        ("date", "2026-11-22", "2026-11-22"),
        ("date", "2026/11/22", "2026-11-22"),
        ("date", "2026年11月22日", "2026-11-22"),
        ("datetime", "2026-11-22T14:30", "2026-11-22T06:30:00Z"),
        ("datetime", "2026-11-22T14:30:05Z", "2026-11-22T14:30:05Z"),
        ("boolean", "1", True),
        ("boolean", "", False),
        ("boolean", "是", True),
        ("names", " anna ", "anna"),
        ("link", "customer:1", "customer:1"),
    ],
)
def test_what_is_typed_becomes_a_value(kind: str, text: str, value: Any) -> None:
    assert parse(item(kind), text, time_zone="Asia/Shanghai") == value


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("number", "many", "not a number"),
        ("number", "NaN", "not a number"),
        ("number", "1e999999999", "not a number"),
        ("money", "twelve", "not an amount"),
        ("money", "1.2345678", "not an amount"),
        ("date", "22.11.2026", "not a date"),
        ("date", "2026-02-30", "not a date"),
        ("datetime", "now", "not a date with a time"),
        ("boolean", "perhaps", "yes or no"),
    ],
)
def test_nonsense_is_refused_in_words(kind: str, text: str, words: str) -> None:
    with pytest.raises(FieldError, match=words):
        parse(item(kind), text)


def test_lists_take_commas_lines_and_repeated_fields() -> None:
    names = item("names", many=True)
    assert parse(names, "anna, ben；carl\ndan") == ["anna", "ben", "carl", "dan"]
    assert parse(names, ["anna", "", "ben"]) == ["anna", "ben"]
    assert parse(names, "") == []
    assert parse(item("boolean"), ["", "1"]) is True
    assert parse(item("text"), []) is None


@pytest.mark.parametrize(
    ("kind", "value", "english", "chinese"),
    [
        ("number", 1234.5, "1,234.5", "1,234.5"),
        ("money", {"amount": "1234.50", "currency": "USD"}, "$1,234.50", "US$1,234.50"),
        ("date", "2026-11-22", "Nov 22, 2026", "2026年11月22日"),
        ("boolean", True, "Yes", "是"),
        ("text", "abc", "abc", "abc"),
        ("text", None, "", ""),
        ("date", "not a date", "not a date", "not a date"),
        ("money", "5 USD", "5 USD", "5 USD"),
    ],
)
def test_values_are_shown_in_both_languages(
    kind: str, value: Any, english: str, chinese: str
) -> None:
    assert display(item(kind), value, "en") == english
    assert display(item(kind), value, "zh_Hans") == chinese


def test_names_keywords_and_times_are_shown_for_people() -> None:
    names = item("names", many=True)
    assert display(names, ["anna", "ben"], "en", name_of=str.title) == "Anna, Ben"
    assert display(names, ["anna", "ben"], "zh_Hans", name_of=str.title) == "Anna、Ben"
    keyword = item("keyword", choices=(Choice("a", {"en": "First", "zh_Hans": "第一"}),))
    assert display(keyword, "a", "zh_Hans") == "第一"
    assert display(keyword, "b", "en") == "b"
    shown = display(item("datetime"), "2026-11-22T06:30:00Z", "en", time_zone="Asia/Shanghai")
    assert "2:30" in shown and "Nov 22, 2026" in shown


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "hello"),
        ("number", 12.5),
        ("money", {"amount": "-5.00", "currency": "EUR"}),
        ("date", "2026-11-22"),
        ("datetime", "2026-11-22T06:30:00Z"),
        ("boolean", True),
        ("boolean", False),
    ],
)
def test_what_a_field_shows_is_read_back(kind: str, value: Any) -> None:
    text = for_input(item(kind), value, time_zone="America/New_York")
    assert parse(item(kind), text, time_zone="America/New_York") == value
