"""Interest profiles: which documents match, and when a digest is due."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mailbridge.interests import Profile, Why, folded, has_word, matches, profile_of, slot


def topic(**items: Any) -> dict[str, Any]:
    return {
        "_id": "topic:1",
        "form": "topic",
        "author": "bo.li",
        "subject": "Prices in spring",
        "created": {"at": "2026-11-20T00:00:00Z", "by": "bo.li"},
        **items,
    }


def profile(**values: Any) -> Profile:
    return Profile("interest:1", "anna.snelling", "2026-11-01T00:00:00Z", **values)


def test_a_profile_is_read_from_its_document() -> None:
    doc = {
        "_id": "interest:1",
        "person": "anna.snelling",
        "created": {"at": "2026-11-01T00:00:00Z", "by": "anna.snelling"},
        "categories": ["Market"],
        "authors_followed": ["bo.li"],
        "words": ["price"],
        "frequency": "weekly",
        "hour": 9,
        "weekday": 4,
    }
    read = profile_of(doc)
    assert read is not None
    assert read.authors == {"bo.li"}
    assert (read.frequency, read.hour, read.weekday) == ("weekly", 9, 4)
    assert profile_of({**doc, "active": False}) is None


def test_each_kind_of_interest_is_a_reason() -> None:
    assert matches(profile(categories=frozenset({"Market"})), topic(category="Market")) == (
        Why("category", "Market"),
    )
    assert matches(profile(authors=frozenset({"bo.li"})), topic()) == (Why("author", "bo.li"),)
    assert matches(profile(words=("SPRING",)), topic()) == (Why("word", "SPRING"),)
    reply = topic(form="reply", topic="topic:9")
    assert matches(profile(threads=frozenset({"topic:9"})), reply) == (Why("thread", "topic:9"),)


def test_nothing_of_ones_own_nothing_old_and_no_other_forms() -> None:
    follows = profile(authors=frozenset({"bo.li", "anna.snelling"}))
    assert not matches(follows, topic(author="anna.snelling"))
    assert not matches(follows, topic(created={"at": "2026-10-01T00:00:00Z", "by": "bo.li"}))
    assert not matches(follows, topic(form="interest"))
    assert not matches(profile(), topic())


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        ("the category of it", "cat", False),
        ("the Cat.", "cat", True),
        ("我们的价格策略", "价格", True),
        ("ＧＴＸ　Pro sells", "gtx pro", True),
        ("C++ is fine", "c++", True),
        ("anything", "", False),
        ("别克GL8报价", "gl8", True),
    ],
)
def test_words_are_whole_in_latin_and_anywhere_in_chinese(
    text: str, word: str, found: bool
) -> None:
    assert has_word(folded(text), folded(word)) is found


@pytest.mark.parametrize(
    ("frequency", "now", "due"),
    [
        ("daily", "2026-11-22T00:30:00", "2026-11-22T00:00:00"),  # 8:30 in Shanghai
        ("daily", "2026-11-21T23:30:00", "2026-11-21T00:00:00"),  # 7:30 in Shanghai
        ("hourly", "2026-11-22T06:59:00", "2026-11-22T06:00:00"),
        ("weekly", "2026-11-22T06:00:00", "2026-11-16T00:00:00"),  # a Sunday; due on Mondays
        ("weekly", "2026-11-23T00:00:00", "2026-11-23T00:00:00"),
        ("weekly", "2026-11-22T23:59:59", "2026-11-16T00:00:00"),  # Monday, before 8
    ],
)
def test_a_digest_is_due_at_the_persons_own_hour(frequency: str, now: str, due: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = slot(profile(frequency=frequency, hour=8), at, "Asia/Shanghai")
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_at_once_has_no_hour() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert slot(profile(frequency="immediately"), now, "UTC") is None


@pytest.mark.parametrize("created", [None, "x", {}, {"at": 5}, {"at": "yesterday", "by": "a"}])
def test_what_no_door_wrote_matches_nobody_and_stops_nothing(created: object) -> None:
    made = {**topic(subject="printer"), "created": created}
    assert matches(profile(words=("printer",)), made) == ()
    assert profile_of({"_id": "interest:a", "person": "a", "created": created}) is None
