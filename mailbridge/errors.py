"""What can go wrong with a delivery, and what it means for the notice.

One table tells SMTP's replies apart (RFC 5321, 4.2.1 and 4.5.4.1); nowhere else is that decided.
Exchange's are in `exchange_errors.py`.
"""

import smtplib
import ssl
from datetime import timedelta
from enum import Enum


class DeliveryError(Exception):
    """A way could not deliver. `str()` is the reason, for administrators; `wait` is the pause that
    the server asked for."""

    def __init__(self, reason: str, wait: timedelta | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class Passing(DeliveryError):
    """Not delivered, for certain; worth another try later."""


class WayDown(Passing):
    """Not delivered, and no other message would be now: the way as a whole does not work."""


class SignInRefused(WayDown):
    """Our user name or password is wrong. Trying it often would lock the account."""


class Permanent(DeliveryError):
    """Not delivered, for certain, and never will be: this receiver or message is refused."""


class Unsure(DeliveryError):
    """The message was handed over but the answer is missing: it may have been delivered."""


class Phase(Enum):
    """How far an SMTP conversation came."""

    CONNECT = "connecting"
    LOGIN = "signing in"
    SENDER = "sender address"
    RECEIVER = "receiver address"
    DATA = "message"
    END = "end of message"


# Reply class → what it means, by phase. A refusal that speaks of us (greeting, sign-in, sender) is
# for the administrator to repair and must not lose the notices that wait: never permanent.
_FIVE = {
    Phase.CONNECT: WayDown,
    Phase.LOGIN: WayDown,
    Phase.SENDER: WayDown,
    Phase.RECEIVER: Permanent,
    Phase.DATA: Permanent,
    Phase.END: Permanent,
}
_FOUR = {
    Phase.CONNECT: WayDown,
    Phase.LOGIN: WayDown,
    Phase.SENDER: Passing,
    Phase.RECEIVER: Passing,
    Phase.DATA: Passing,
    Phase.END: Passing,
}
# Single replies that mean something else than their class: the first are about the server or the
# session in whatever phase they come; 552 to RCPT is 452 of old (RFC 5321, 4.5.3.1.10).
_SESSION = frozenset({421, 500, 502, 503, 521, 530, 534, 535, 538})
_SPECIAL = {(Phase.RECEIVER, 552): Passing}


def from_reply(phase: Phase, code: int, text: bytes) -> DeliveryError:
    """The error that a negative reply means."""
    reason = f"{phase.value}: {code} {text.decode('utf-8', 'replace')}"
    if code in _SESSION:
        return WayDown(reason)
    if (phase, code) in _SPECIAL:
        return _SPECIAL[phase, code](reason)
    if 400 <= code < 500:
        return _FOUR[phase](reason)
    if 500 <= code < 600:
        return _FIVE[phase](reason)
    # Neither yes nor no (a 2xx or 3xx where another was due): the protocol is out of step.
    return Unsure(reason) if phase is Phase.END else WayDown(reason)


def from_exception(phase: Phase, error: Exception) -> DeliveryError:
    """The error that a broken connection or a failed library call means."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return from_reply(
            phase, error.smtp_code, text if isinstance(text, bytes) else text.encode()
        )
    reason = f"{phase.value}: {_words(error)}"
    return Unsure(reason) if phase is Phase.END else WayDown(reason)


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate is not trusted ({error.verify_message})"
    return str(error) or type(error).__name__
