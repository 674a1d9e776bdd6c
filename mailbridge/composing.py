"""From a notice's kind and values to what it says, in the receiver's language. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_currency

from mailbridge import templates
from mailbridge.content import Content, Entry, Event, Link
from mailbridge.ports import Receiver
from mailbridge.templates import Fact, Template
from plugin import SERVER_NAME, Message, parse_stamp, translate


@dataclass(frozen=True)
class About:
    """A document as the receiver may see it."""

    database: str
    id: str
    title: str

    @property
    def link(self) -> Link:
        return Link(self.title, f"/{self.database}/{quote(self.id, safe=':')}")


@dataclass(frozen=True)
class Found:
    """A document of a digest; `why` are (kind, text for people) pairs."""

    about: About
    author: str
    at: datetime
    why: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Composer:
    """Makes contents for one receiver. `name_of` gives what people see for a stable id."""

    receiver: Receiver
    company: str
    base_url: str
    name_of: Callable[[str], str]

    def notice(self, kind: str, values: Mapping[str, Any], about: About | None) -> Content:
        """A notice about one document, by the template of its kind.

        Raises ValueError or TypeError where a value is not what its kind asks for.
        """
        template = templates.TEMPLATES.get(kind, templates.PLAIN)
        sender = _text(values.get("by")) or SERVER_NAME
        title = about.title if about else _text(values.get("subject"))
        params = {
            "title": title,
            "by": self._sender_title(sender),
            "subject": _text(values.get("subject")) or title,
        }
        return Content(
            kind=kind,
            subject=self.say(template.subject, **params),
            lead=self.say(template.lead, **params),
            sender=sender,
            sender_title=self._sender_title(sender),
            quote=_text(values.get(template.quote)).strip() if template.quote else "",
            facts=self._facts(template, values),
            link=about.link if about else None,
            event=_event(values, params["subject"]) if kind == "reminder" else None,
            footer=self._footer(),
            database=about.database if about else "",
            document=about.id if about else "",
        )

    def digest(self, found: list[Found]) -> Content:
        """A digest of at least one document."""
        subject = (
            self.say(templates.DIGEST_ONE, title=found[0].about.title)
            if len(found) == 1
            else self.say(templates.DIGEST_MANY, count=len(found))
        )
        return Content(
            kind="digest",
            subject=subject,
            lead=self.say(templates.DIGEST_LEAD),
            sender=SERVER_NAME,
            sender_title=self._sender_title(SERVER_NAME),
            entries=tuple(self._entry(one) for one in found),
            footer=self._footer(),
            database="forum",
            document=found[0].about.id if len(found) == 1 else "",
        )

    def say(self, message: Message, **params: Any) -> str:
        return translate(Message(message.text, params), self.receiver.language)

    def moment(self, at: datetime) -> str:
        """A time for people, in the receiver's time zone, which is named."""
        zone = self.receiver.time_zone
        local = at.astimezone(ZoneInfo(zone))
        day = format_date(local.date(), locale=self.receiver.language)
        return f"{day} {local:%H:%M} ({zone})"

    def _sender_title(self, sender: str) -> str:
        return self.company if sender == SERVER_NAME else self.name_of(sender)

    def _facts(self, template: Template, values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        shown = ((fact, self._shown(fact, values.get(fact.value))) for fact in template.facts)
        return tuple((self.say(fact.label), text) for fact, text in shown if text)

    def _shown(self, fact: Fact, value: Any) -> str:
        text = _text(value)
        if not text or fact.kind == "text":
            return text
        if fact.kind == "name":
            return self.name_of(text)
        if fact.kind == "money":
            amount, _, currency = text.partition(" ")
            return format_currency(Decimal(amount), currency, locale=self.receiver.language)
        if fact.kind == "date":
            return format_date(date.fromisoformat(text), locale=self.receiver.language)
        return self.moment(parse_stamp(text))

    def _entry(self, found: Found) -> Entry:
        author = self.name_of(found.author)
        byline = self.say(templates.BYLINE, author=author, at=self.moment(found.at))
        reasons = tuple(self.say(templates.REASONS[kind], value=value) for kind, value in found.why)
        return Entry(found.about.link, byline, reasons)

    def _footer(self) -> str:
        return self.say(templates.FOOTER, company=self.company, address=self.base_url)


def _event(values: Mapping[str, Any], summary: str) -> Event | None:
    start, end = _text(values.get("at")), _text(values.get("ends"))
    if not start:
        return None
    return Event(
        summary=summary,
        start=parse_stamp(start),
        end=parse_stamp(end) if end else None,
        place=_text(values.get("place")),
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"a text was expected, not {value!r}")
    return value
