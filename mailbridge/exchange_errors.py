"""What the answers of Exchange mean for a notice: one table, by response code of EWS.

What speaks of one receiver or message is permanent, what an administrator or time repairs is not. A
code that is not listed is taken for passing: the notice waits, and stands in the outbox with it.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import Enum

from mailbridge.errors import DeliveryError, Passing, Permanent, SignInRefused, WayDown


class Phase(Enum):
    """Whose mailbox was being used."""

    SIGN_IN = "signing in"
    SENDING = "sending"
    CALENDAR = "calendar"


Meaning = type[DeliveryError]

# Of the server as a whole, whatever was asked for.
_EVERYWHERE: Mapping[str, Meaning] = {
    "UnauthorizedError": SignInRefused,
    "ErrorAccountDisabled": SignInRefused,
    "ErrorPasswordExpired": SignInRefused,
    "ErrorPasswordChangeRequired": SignInRefused,
    "ErrorTimeoutExpired": WayDown,  # what the library makes of every broken connection
    "ErrorInternalServerTransientError": WayDown,
    "ErrorExceededConnectionCount": WayDown,
    "ErrorInvalidServerVersion": WayDown,
    "ErrorInvalidSchemaVersionForMailboxVersion": WayDown,
    "ErrorADUnavailable": WayDown,
    "ErrorADOperation": WayDown,
    "TransportError": WayDown,
    "MalformedResponseError": WayDown,
    "SOAPError": WayDown,
    "RedirectError": WayDown,
    "CASError": WayDown,
    "AutoDiscoverFailed": WayDown,
    "AutoDiscoverCircularRedirect": WayDown,
    # Of this message: it would be refused again and again.
    "ErrorInvalidRecipients": Permanent,
    "ErrorMissingRecipients": Permanent,
    "ErrorInvalidSmtpAddress": Permanent,
    "ErrorMessageSizeExceeded": Permanent,
    "ErrorMimeContentInvalid": Permanent,
    "ErrorMimeContentConversionFailed": Permanent,
    "ErrorSchemaValidation": Permanent,
}
# All notices go through the sending mailbox: what is wrong with it holds up every one.
_SENDING: Mapping[str, Meaning] = {
    "ErrorServerBusy": WayDown,
    "ErrorAccessDenied": WayDown,
    "ErrorFolderNotFound": WayDown,
    "ErrorNonExistentMailbox": WayDown,
    "ErrorMissingEmailAddress": WayDown,
    "ErrorImpersonateUserDenied": WayDown,
    "ErrorImpersonationDenied": WayDown,
    "ErrorImpersonationFailed": WayDown,
    "ErrorSendAsDenied": WayDown,
    "ErrorQuotaExceeded": WayDown,
    "ErrorMailboxStoreUnavailable": WayDown,
    "ErrorMailboxMoveInProgress": WayDown,
    "ErrorMailboxFailover": WayDown,
}
# A calendar is one person's: others go on.
_CALENDAR: Mapping[str, Meaning] = {
    "ErrorNonExistentMailbox": Permanent,
    "ErrorMissingEmailAddress": Permanent,
}
_ADVICE: Mapping[str, str] = {
    "UnauthorizedError": "The server refuses the user name or the password.",
    "ErrorImpersonateUserDenied": "The service account has not the role ApplicationImpersonation "
    "for this mailbox.",
    "ErrorAccessDenied": "The service account may not open this folder.",
    "ErrorNonExistentMailbox": "The server knows no mailbox with this address.",
    "ErrorSendAsDenied": "The service account may not send as this mailbox.",
    "ErrorServerBusy": "The server asks for a pause.",
}
_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"


def from_code(
    phase: Phase, mailbox: str, code: str, text: str, wait: float | None = None
) -> DeliveryError:
    """The error that a response code means. `wait` are the seconds the server asked for."""
    if _UNTRUSTED in text:
        text = "the server's certificate is not trusted; exchange_authority names a private one"
    advice = _ADVICE.get(code, "")
    reason = f"{phase.value}, {mailbox}: {advice} {code}: {text}".replace(":  ", ": ")
    special = _CALENDAR if phase is Phase.CALENDAR else _SENDING
    meaning = special.get(code) or _EVERYWHERE.get(code, Passing)
    return meaning(reason, timedelta(seconds=wait) if wait else None)
