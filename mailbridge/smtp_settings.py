"""Where mail goes: read from the settings, checked before anything is sent."""

import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal
from urllib.parse import unquote, urlsplit

from plugin import BadInput

Security = Literal["opportunistic", "starttls", "tls"]

SCHEMES: dict[str, tuple[Security, int]] = {
    "smtp": ("opportunistic", 25),
    "smtp+starttls": ("starttls", 587),
    "smtps": ("tls", 465),
}
EXAMPLE = "Write for example smtp+starttls://user@mail.example.com:587"


@dataclass(frozen=True)
class SmtpSettings:
    """`opportunistic` takes STARTTLS where the server offers it; the others insist. Times in
    seconds; the one for the end of the message is RFC 5321's (4.5.3.2.6)."""

    host: str
    port: int
    security: Security
    user: str = ""
    password: str = field(default="", repr=False)
    connect_timeout: float = 30.0
    reply_timeout: float = 120.0
    end_timeout: float = 600.0
    context: ssl.SSLContext | None = field(default=None, repr=False)

    @property
    def loopback(self) -> bool:
        return on_this_machine(self.host)

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"


def on_this_machine(host: str) -> bool:
    """True where the server is on this machine, so that nothing crosses a network."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def parse_smtp_url(url: str, password: str | None) -> SmtpSettings:
    """The settings that `smtp_url` means. Raises BadInput that says what to write instead."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise BadInput(
            "smtp_url begins with {known}, not {scheme}. {example}",
            known=", ".join(f"{name}://" for name in SCHEMES),
            scheme=repr(parts.scheme),
            example=EXAMPLE,
        )
    if parts.password is not None:
        raise BadInput(
            "smtp_url must not hold a password. Put it into DIVAN_SMTP_PASSWORD or into the file "
            "secrets/smtp_password of the data directory."
        )
    try:
        port = parts.port
    except ValueError as error:
        raise BadInput("The port of smtp_url is no number. {example}", example=EXAMPLE) from error
    if not parts.hostname or parts.path.strip("/") or parts.query:
        raise BadInput("smtp_url names a server and nothing more. {example}", example=EXAMPLE)
    security, usual = SCHEMES[parts.scheme]
    user = unquote(parts.username or "")
    if user and not password:
        raise BadInput(
            "smtp_url names the user {user} but there is no password. Put it into "
            "DIVAN_SMTP_PASSWORD or into the file secrets/smtp_password of the data directory.",
            user=user,
        )
    return SmtpSettings(parts.hostname, port or usual, security, user, (password or ""))
