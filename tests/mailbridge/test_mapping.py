"""What a notice becomes: an Internet message, a calendar entry, a memo's Markdown."""

import email
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import Any

import markdown
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.composing import About, Composer, Found
from mailbridge.content import Content, Event
from mailbridge.ical import fold, to_ical
from mailbridge.mapping import Sending, message_id, to_message
from mailbridge.ports import Letter, Receiver
from mailbridge.rendering import plain, to_html, to_markdown, to_text

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
SENDING = Sending("divan@example.com", "东方 Trading", "https://divan.example.com/crm")
ABOUT = About("tracking", "deal:5f0c", "Sale of <b>100</b> units\r\nBcc: x@example.com")


def receiver(language: str = "en") -> Receiver:
    return Receiver("anna.snelling", "Anna Snelling", "anna@example.com", language, "Asia/Shanghai")


def composer(language: str = "en") -> Composer:
    names: Callable[[str], str] = {"li.wei": "李伟", "divan-server": "Divan"}.__getitem__
    return Composer(receiver(language), "东方 Trading", SENDING.base_url, names)


def chase_up(language: str = "en", **values: Any) -> Content:
    said = {"by": "li.wei", "text": "How far?\n<script>", "due": "2026-11-25", **values}
    return composer(language).notice("chase-up", said, ABOUT)


def sent(content: Content, language: str = "en") -> EmailMessage:
    number = message_id("outgoing:chase-up:1:anna.snelling", SENDING.sender)
    letter = Letter("outgoing:chase-up:1:anna.snelling", number, AT, receiver(language), content)
    raw = to_message(letter, SENDING).as_bytes()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert raw.isascii(), "a server without 8BITMIME takes it too"
    parsed = email.message_from_bytes(raw, policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def part(message: EmailMessage, subtype: str) -> str:
    body = message.get_body((subtype,)) if subtype != "calendar" else None
    found = body or next(p for p in message.walk() if p.get_content_subtype() == subtype)
    text = found.get_content()
    assert isinstance(text, str)
    return text


WORDS = st.sampled_from(
    ("北京精密仪器有限公司", "设备升级", "Müller", "Ä", "–", "GmbH", "a,b", "Annual", "2026", "(x)")
)


@given(st.lists(WORDS, min_size=1, max_size=15).map(" ".join))
def test_chinese_and_latin_words_keep_the_spaces_between_them(text: str) -> None:
    content = replace(chase_up(), subject=text)
    named = replace(receiver(), title=text)
    letter = Letter("outgoing:1", "<1@example.com>", AT, named, content)
    raw = to_message(letter, SENDING).as_bytes()
    head = raw.split(b"\r\n\r\n")[0]
    assert max(len(line) for line in head.split(b"\r\n")) <= 78
    parsed = email.message_from_bytes(raw)  # by the older parser, which joins words of a name
    assert str(make_header(decode_header(parsed["Subject"]))) == text
    name, address = parseaddr(str(parsed["To"]))
    assert str(make_header(decode_header(name))) == text
    assert address == named.address


def test_the_message_id_is_that_of_the_notice_always() -> None:
    first, second = sent(chase_up()), sent(chase_up(text="Changed since"))
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]
    assert message_id("outgoing:a", "x@y.com") != message_id("outgoing:b", "x@y.com")
    assert message_id("outgoing:a", "x@例子.com").endswith("@xn--fsqu00a.com>")


def test_a_title_cannot_add_header_lines() -> None:
    message = sent(chase_up())
    assert message["Bcc"] is None
    assert message["Subject"] == "李伟 asks about: Sale of <b>100</b> units Bcc: x@example.com"
    assert message["To"] == "Anna Snelling <anna@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"


def test_text_and_html_say_the_same_and_html_is_escaped() -> None:
    message = sent(chase_up())
    text, html = part(message, "plain"), part(message, "html")
    for wanted in ("How far?", "Nov 25, 2026", "https://divan.example.com/crm/tracking/deal:5f0c"):
        assert wanted in text
        assert wanted in html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<b>100" not in html


def test_a_notice_is_in_the_receivers_language() -> None:
    message = sent(chase_up("zh_Hans"), "zh_Hans")
    assert message["Subject"].startswith("李伟催办：")
    assert "答复期限: 2026年11月25日" in part(message, "plain")
    assert 'lang="zh-Hans"' in part(message, "html")


def test_a_reminder_has_its_time_in_the_persons_zone_and_a_calendar_part() -> None:
    values = {"subject": "Visit; Li, Wei", "at": "2026-11-22T06:30:00Z", "place": "Beijing"}
    content = composer().notice("reminder", values, ABOUT)
    message = sent(content)
    assert "Starts: Nov 22, 2026 14:30 (Asia/Shanghai)" in part(message, "plain")
    calendar = part(message, "calendar").replace("\n ", "").splitlines()
    assert "DTSTART:20261122T063000Z" in calendar
    assert "SUMMARY:Visit\\; Li\\, Wei" in calendar
    assert f"UID:{message['Message-ID'].strip('<>')}" in calendar
    assert [line for line in calendar if line.startswith("DTEND")] == []


def test_a_digest_lists_documents_with_their_reasons() -> None:
    about = About("forum", "topic:1", "春季价格")
    found = [Found(about, "li.wei", AT, (("author", "李伟"), ("word", "价格")))]
    one = composer("zh_Hans").digest(found)
    assert one.subject == "讨论区有一篇新文档：春季价格"
    text = part(sent(one, "zh_Hans"), "plain")
    assert "因为您关注李伟" in text
    assert "因为您关注词语“价格”" in text
    assert "https://divan.example.com/crm/forum/topic:1" in text
    many = composer().digest(found * 2)
    assert many.subject == "2 new documents in the forum"


def test_a_kind_of_another_module_has_its_own_words() -> None:
    content = composer().notice("stock", {"subject": "Low stock", "text": "GTX"}, None)
    assert (content.subject, content.quote, content.sender) == ("Low stock", "GTX", "divan-server")


@pytest.mark.parametrize(
    "values", [{"by": 7}, {"due": "next week"}, {"due": ["2026-11-25"]}], ids=str
)
def test_values_that_make_no_sense_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        chase_up(**values)


@pytest.mark.parametrize(
    "text",
    [
        "# no heading",
        "1. no list",
        "- no list",
        "*no* _emphasis_ `code` [link](http://x)",
        "<script>alert(1)</script> & more",
        "> no quote",
        "a\\b | c ~~d~~",
        "    no code",
        "===",
    ],
)
def test_what_people_wrote_is_no_markdown(text: str) -> None:
    html = markdown.markdown(plain(text), extensions=["tables", "fenced_code"])
    shown = html.removeprefix("<p>").removesuffix("</p>")
    assert "<" not in shown.replace("<pre><code>", "").replace("</code></pre>", "")
    for word in text.strip().split():
        assert word.replace("&", "&amp;").replace("<", "&lt;").replace(
            ">", "&gt;"
        ) in shown.replace("&#35;", "#").replace("&#45;", "-").replace("&#61;", "=").replace(
            "&#62;", "&gt;"
        )


def test_a_memo_links_by_path_and_quotes_line_by_line() -> None:
    text = to_markdown(chase_up())
    html = markdown.markdown(text)
    assert '<a href="/tracking/deal:5f0c">' in html
    assert html.count("<blockquote>") == 1
    assert "<script" not in html


def test_an_empty_content_is_still_a_page() -> None:
    bare = Content(kind="x", subject="S", lead="L", sender="divan-server")
    assert to_text(bare, "http://x") == "L\n"
    assert "<p>L</p>" in to_html(bare, "http://x", "en")


def test_long_calendar_lines_are_folded_between_characters() -> None:
    event = Event("客户拜访" * 30, AT, datetime(2026, 11, 22, 7, tzinfo=UTC), "北京\n朝阳")
    text = to_ical(event, uid="u@x", at=AT, url="")
    lines = text.encode().split(b"\r\n")
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()  # no character is cut in two
    assert "LOCATION:北京\\n朝阳" in text
    assert "SUMMARY:" + "客户拜访" * 30 in text.replace("\r\n ", "")
    assert fold("x" * 75) == "x" * 75
