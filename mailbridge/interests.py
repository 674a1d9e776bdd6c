"""Interest profiles: what a person follows, what matches and when a digest is due. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from plugin import parse_stamp

FORMS = frozenset({"topic", "reply"})
"""The forms of the forum that digests are about."""
_TEXTS = ("subject", "body", "tags")


@dataclass(frozen=True)
class Profile:
    """An interest profile (form `interest` of the forum). `since` is when it was made."""

    id: str
    person: str
    since: str
    categories: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    threads: frozenset[str] = frozenset()
    frequency: str = "daily"
    hour: int = 8
    weekday: int = 0


@dataclass(frozen=True)
class Why:
    """Why a document matches: `kind` is category, author, word or thread."""

    kind: str
    value: str

    def to_json(self) -> dict[str, str]:
        return {"kind": self.kind, "value": self.value}


def profile_of(doc: Mapping[str, Any]) -> Profile | None:
    """The profile that a document holds; None where it is switched off or says nothing."""
    person = doc.get("person")
    made = _made(doc)
    if not isinstance(person, str) or doc.get("active") is False or not made[0]:
        return None
    return Profile(
        id=doc["_id"],
        person=person,
        since=made[0],
        categories=frozenset(_texts(doc.get("categories"))),
        authors=frozenset(_texts(doc.get("authors_followed"))),
        words=_texts(doc.get("words")),
        threads=frozenset(_texts(doc.get("threads"))),
        frequency=doc.get("frequency") or "daily",
        hour=_number(doc.get("hour"), 8),
        weekday=_number(doc.get("weekday"), 0),
    )


def _made(doc: Mapping[str, Any]) -> tuple[str, str]:
    """When and by whom; empty texts where the document does not say it as the door writes it. What
    one person's program wrote must not stop the digests of all."""
    created = doc.get("created")
    if not isinstance(created, Mapping) or not isinstance(created.get("at"), str):
        return "", ""
    try:
        parse_stamp(created["at"])
    except ValueError:
        return "", ""
    return created["at"], str(created.get("by", ""))


def matches(profile: Profile, doc: Mapping[str, Any]) -> tuple[Why, ...]:
    """Why the person may want to know of a document; empty where it does not match, is older than
    the profile, or is the person's own."""
    at, by = _made(doc)
    author = doc.get("author") or by
    if doc.get("form") not in FORMS or author == profile.person:
        return ()
    if at < profile.since:
        return ()
    found: list[Why] = []
    if doc.get("topic") in profile.threads:
        found.append(Why("thread", doc["topic"]))
    if author in profile.authors:
        found.append(Why("author", author))
    if doc.get("category") in profile.categories:
        found.append(Why("category", doc["category"]))
    text = folded(" ".join(" ".join(_texts(doc.get(item))) for item in _TEXTS))
    found += [Why("word", word) for word in profile.words if has_word(text, folded(word))]
    return tuple(found)


def has_word(text: str, word: str) -> bool:
    """True if `text` holds `word`; both are folded. A word of Latin letters is found as a whole
    word only ("cat" is not in "category"); Chinese has no spaces, so there any place will do."""
    if not word:
        return False
    before = r"(?<![a-z0-9_])" if re.match(r"[a-z0-9_]", word[0]) else ""
    after = r"(?![a-z0-9_])" if re.match(r"[a-z0-9_]", word[-1]) else ""
    return re.search(f"{before}{re.escape(word)}{after}", text) is not None


def folded(text: str) -> str:
    """Text without differences of case, width and white space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def slot(profile: Profile, now: datetime, time_zone: str) -> datetime | None:
    """The last moment, not after `now`, at which this person's digest was due (UTC).

    None for `immediately`: that one is due whenever there is something.
    """
    if profile.frequency == "immediately":
        return None
    local = now.astimezone(ZoneInfo(time_zone))
    if profile.frequency == "hourly":
        return local.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    day = local.date()
    if profile.frequency == "weekly":
        day -= timedelta(days=(local.weekday() - profile.weekday) % 7)
    step = timedelta(days=7 if profile.frequency == "weekly" else 1)
    due = datetime(day.year, day.month, day.day, profile.hour, tzinfo=local.tzinfo)
    if due > local:
        day -= step
        due = datetime(day.year, day.month, day.day, profile.hour, tzinfo=local.tzinfo)
    return due.astimezone(UTC)


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(one for one in values if isinstance(one, str) and one.strip())


def _number(value: Any, otherwise: int) -> int:
    return int(value) if isinstance(value, int | float) else otherwise
