"""A letter as an Internet message (RFC 5322). Pure: the same letter gives the same message, but
for the boundaries between its parts."""

import hashlib
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from mailbridge.folding import FoldingPolicy
from mailbridge.ical import to_ical
from mailbridge.ports import Letter
from mailbridge.rendering import address, to_html, to_text

POLICY = FoldingPolicy()


@dataclass(frozen=True)
class Sending:
    """Who sends: `sender` is a mail address, `title` the name before it."""

    sender: str
    title: str
    base_url: str


def message_id(docid: str, sender: str) -> str:
    """The Message-ID of an outbox document, with its angle brackets: always the same one."""
    digest = hashlib.sha256(docid.encode()).hexdigest()[:32]
    return f"<{digest}@{domain_of(sender)}>"


def domain_of(mail_address: str) -> str:
    """What stands behind the @, in lower case and ASCII; `divan.invalid` where nothing does."""
    domain = parseaddr(mail_address)[1].rpartition("@")[2].lower()
    return domain.encode("idna").decode("ascii") if domain else "divan.invalid"


def to_message(letter: Letter, sending: Sending, *, calendar: bool = True) -> EmailMessage:
    """The message with text, HTML and, for an appointment, calendar part.

    Without `calendar` it has none, for a way that writes into the calendar itself.

    Raises ValueError where an address cannot stand in a header.
    """
    content, receiver = letter.content, letter.receiver
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(one_line(sending.title), addr_spec=sending.sender)
    message["To"] = Address(one_line(receiver.title), addr_spec=receiver.address)
    message["Subject"] = one_line(content.subject)
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = letter.message_id
    message["Content-Language"] = receiver.language.replace("_", "-")
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    message["X-Auto-Response-Suppress"] = "All"  # the same for Exchange
    _add(message, to_text(content, sending.base_url), "plain")
    html = to_html(content, sending.base_url, receiver.language)
    message.add_alternative(html, subtype="html", cte=_cte(html))
    if content.event and calendar:
        url = address(sending.base_url, content.link.path) if content.link else ""
        uid = letter.message_id.strip("<>")
        entry = to_ical(content.event, uid=uid, at=letter.at, url=url)
        message.add_alternative(
            entry, subtype="calendar", cte=_cte(entry), params={"method": "PUBLISH"}
        )
    return message


def one_line(text: str) -> str:
    """Header text: all white space, line ends above all, becomes single spaces."""
    return " ".join(text.split())


def _add(message: EmailMessage, text: str, subtype: str) -> None:
    message.set_content(text, subtype=subtype, cte=_cte(text))


def _cte(text: str) -> str:
    """The encoding of a part: every server takes these, also those without 8BITMIME."""
    if text.isascii():
        return "quoted-printable"
    return "base64"
