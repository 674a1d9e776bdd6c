"""What needs neither request nor office: throttle, formats, Markdown, icons, fields."""

from zoneinfo import ZoneInfo

import pytest
from werkzeug.datastructures import MultiDict

from plugin import Choice, Item
from views.editing import Maker, Option, read, texts_of
from views.formats import Formats
from views.icons import icon
from views.rendering import Renderer, Target, text_html
from views.richtext import to_html
from views.throttle import Throttle

EN = Formats("en", ZoneInfo("Europe/Berlin"))
ZH = Formats("zh_Hans", ZoneInfo("Asia/Shanghai"))


def test_the_throttle_doubles_its_wait_and_forgets() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0], free=3, first=2, longest=60)
    waits = []
    for _ in range(6):
        throttle.failed("login anna", "address 1")
        waits.append(throttle.wait("login anna"))
    assert waits == [0, 0, 2, 4, 8, 16]
    assert throttle.wait("login bob", "address 1") == 16
    assert throttle.wait("login bob") == 0
    now[0] = 15
    assert throttle.wait("login anna") == 1
    throttle.succeeded("login anna")
    assert throttle.wait("login anna") == 0
    now[0] = 100
    throttle.failed("address 1")
    assert throttle.wait("address 1") == 0


@pytest.mark.parametrize(
    ("formats", "date", "time", "money"),
    [
        (EN, "Nov 22, 2026", "Nov 22, 2026 07:00", "$1,234.50"),
        (ZH, "2026年11月22日", "2026年11月22日 14:00", "US$1,234.50"),
    ],
)
def test_formats_follow_language_and_zone(
    formats: Formats, date: str, time: str, money: str
) -> None:
    assert formats.date("2026-11-22") == date
    assert formats.time("2026-11-22T06:00:00Z") == time
    assert formats.money({"amount": "1234.50", "currency": "USD"}) == money


def test_what_cannot_be_read_is_shown_as_it_is() -> None:
    assert EN.date("soon") == "soon"
    assert EN.time("later") == "later"
    assert EN.number("many") == "many"
    assert EN.money("a lot") == "a lot"


@pytest.mark.parametrize(
    "evil",
    [
        "<script>evil()</script>",
        "<img src=x onerror=evil()>",
        "[x](javascript:evil())",
        "<a href='javascript:evil()'>x</a>",
        "<style>evil{}</style>",
        "<iframe src='//evil'></iframe>",
        "<svg><a xlink:href='javascript:evil()'>x</a></svg>",
        "![x](https://evil.example/pixel.png)",
        "<b style='background:url(evil)'>x</b>",
    ],
)
def test_markdown_does_no_harm(evil: str) -> None:
    assert "evil" not in to_html(f"before\n\n{evil}\n\nafter")


def test_markdown_keeps_what_people_write() -> None:
    html = to_html(
        "# 标题\n\n- *one*\n- **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[d](https://d.example)"
    )
    for tag in ("<h1>", "<em>", "<strong>", "<td>", 'href="https://d.example"', "noopener"):
        assert tag in html


def test_text_is_escaped_and_addresses_become_links() -> None:
    assert text_html("<b>") == "&lt;b&gt;"
    assert 'href="https://d.example"' in text_html("https://d.example")
    assert 'href="mailto:a@d.example"' in text_html("a@d.example")
    assert "href" not in text_html("javascript:alert(1)")
    assert text_html("a\nb") == "a<br>b"


def test_an_unknown_icon_is_a_sheet() -> None:
    assert icon("no-such-icon") == icon("file-earmark")
    assert 'aria-label="&lt;x&gt;"' in icon("house", "<x>")


def renderer(formats: Formats) -> Renderer:
    return Renderer(
        formats,
        name_of=lambda name: {"anna": "Anna <S>"}.get(name, name),
        target=lambda item, value, doc: Target("/t/" + value, "A & B") if value else Target("", ""),
        label=lambda item, value: value.upper(),
    )


@pytest.mark.parametrize(
    ("item", "value", "html"),
    [
        (Item("a", "names", "A", many=True), ["anna", "bob"],
         '<span class="name">Anna &lt;S&gt;</span>, <span class="name">bob</span>'),
        (Item("a", "link", "A"), "x:1", '<a href="/t/x:1">A &amp; B</a>'),
        (Item("a", "keyword", "A"), "won", "WON"),
        (Item("a", "boolean", "A"), False, "No"),
        (Item("a", "number", "A"), 12345.5, "12,345.5"),
        (Item("a", "number", "A", integer=True), 1958, "1958"),
        (Item("a", "money", "A"), {"amount": "5", "currency": "EUR"}, "€5"),
        (Item("a", "date", "A"), "2026-11-22", "Nov 22, 2026"),
        (Item("a", "text", "A"), "<i>", "&lt;i&gt;"),
        (Item("a", "text", "A"), None, ""),
        (Item("a", "names", "A", many=True), [], ""),
    ],
)  # fmt: skip
def test_each_kind_is_shown(item: Item, value: object, html: str) -> None:
    assert renderer(EN).html(item, value, {}) == html


@pytest.mark.parametrize(
    ("item", "value"),
    [
        (Item("a", "text", "A"), "text"),
        (Item("a", "richtext", "A"), "one\n\ntwo"),
        (Item("a", "number", "A"), 12),
        (Item("a", "money", "A"), {"amount": "12.50", "currency": "EUR"}),
        (Item("a", "date", "A"), "2026-11-22"),
        (Item("a", "datetime", "A"), "2026-11-22T06:00:00Z"),
        (Item("a", "boolean", "A"), True),
        (Item("a", "boolean", "A"), False),
        (Item("a", "keyword", "A", many=True, open=True), ["one", "two"]),
        (Item("a", "names", "A", many=True), ["anna", "bob"]),
        (Item("a", "text", "A"), None),
    ],
)
def test_a_field_that_is_sent_back_gives_the_value_again(item: Item, value: object) -> None:
    texts = texts_of(item, value, "Asia/Shanghai")
    sent: MultiDict[str, str] = MultiDict([("a.asked", "1")])
    if item.kind == "money" and texts:
        sent.add("a", texts[0])
        sent.add("a.currency", texts[1])
    elif item.kind == "keyword" and item.many:
        sent.add("a", ", ".join(texts))
    else:
        for text in texts:
            sent.add("a", text)
    typed = read([item], sent, "Asia/Shanghai", "CNY")
    assert not typed.problems
    assert typed.values["a"] == value or (value is None and not typed.values["a"])


def test_an_item_without_a_field_is_left_alone() -> None:
    assert read([Item("a", "text", "A")], MultiDict(), "UTC", "CNY").values == {}


def test_few_keywords_are_ticks_and_open_ones_are_suggested() -> None:
    choices = (Choice("a", "A"), Choice("b", "B"))
    items = [
        Item("one", "keyword", "One", choices=choices),
        Item("open", "keyword", "Open", choices=choices, open=True),
        Item("many", "keyword", "Many", choices=choices, many=True),
        Item("tags", "keyword", "Tags", open=True, many=True),
        Item("who", "names", "Who"),
    ]
    maker = Maker(
        texts={},
        problems={},
        options=lambda item, name, chosen: tuple(Option(c.value, c.value) for c in item.choices),
        url=lambda item: "/pick",
        currency="CNY",
        shown={},
        label=lambda item, number: "",
    )
    fields = maker.fields(items)
    widgets = {name: field.widget for name, field in fields.items()}
    assert widgets == {
        "one": "choice", "open": "suggest", "many": "ticks", "tags": "words", "who": "picker"
    }  # fmt: skip
