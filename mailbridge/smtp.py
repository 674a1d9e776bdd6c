"""Delivery to a mail server by SMTP (RFC 5321).

SMTP cannot say whether a message arrived when the connection breaks after the final dot and before
the answer. That moment is made as short as it can be: everything but the dot is sent first, then
the outbox is told (`handing_over`), then the dot goes. What is cut off before is not delivered, for
certain; after it the message is sent once more under the same Message-ID (RFC 1047 asks for that),
by which mailboxes such as Exchange's know the copy and drop it.
"""

import smtplib
import ssl
from collections.abc import Callable
from email.errors import HeaderParseError
from email.message import EmailMessage
from typing import TypeVar

from mailbridge.errors import Passing, Permanent, Phase, WayDown, from_exception, from_reply
from mailbridge.mapping import Sending, domain_of, to_message
from mailbridge.ports import Letter, Receiver
from mailbridge.smtp_settings import SmtpSettings

FAREWELL = 5.0
"""Seconds to wait for the answer to QUIT."""

T = TypeVar("T")


class SmtpWay:
    """One connection, opened when it is needed and kept for the letters that follow."""

    name = "smtp"

    def __init__(self, settings: SmtpSettings, sending: Sending) -> None:
        self._settings = settings
        self._sending = sending
        self._connection: smtplib.SMTP | None = None

    def serves(self, receiver: Receiver) -> bool:
        return receiver.takes(self.name)

    @property
    def place(self) -> str:
        return self._settings.place

    def deliver(self, letter: Letter, handing_over: Callable[[], None]) -> str:
        try:
            message = to_message(letter, self._sending)
            letter.receiver.address.encode("ascii")
        except (ValueError, IndexError, HeaderParseError) as error:
            raise Permanent(f"No mail can go to {letter.receiver.address!r}: {error}") from error
        payload = _payload(message)
        connection = self._ready()
        in_step = False
        try:
            answer = self._transact(connection, letter.receiver.address, payload, handing_over)
            in_step = True
            return answer
        except (Passing, Permanent) as error:
            in_step = not isinstance(error, WayDown)  # a refusal leaves the conversation in order
            raise
        finally:
            if not in_step:
                self._drop()

    def check(self, address: str = "") -> str:
        """Connect and sign in. Returns the server's greeting line."""
        connection = self._ready()
        code, text = self._ask(Phase.CONNECT, connection.noop)
        self.close()
        return f"{code} {text.decode('utf-8', 'replace')}"

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            self._wait_up_to(connection, FAREWELL)
            connection.quit()
        except (smtplib.SMTPException, OSError):
            connection.close()  # it was broken already

    def _drop(self) -> None:
        """Cut the connection without a word: in the middle of a message QUIT would be text."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _ready(self) -> smtplib.SMTP:
        """The open connection, tried by RSET, or a new one."""
        if self._connection is not None:
            try:
                code, _ = self._connection.rset()
            except (smtplib.SMTPException, OSError):
                code = 0
            if code == 250:
                return self._connection
            self._drop()
        try:
            self._connection = self._connect()
        except (smtplib.SMTPException, OSError) as error:
            raise from_exception(Phase.CONNECT, error) from error
        self._secure_and_login(self._connection)
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        s = self._settings
        name = domain_of(self._sending.sender)
        if s.security == "tls":
            return smtplib.SMTP_SSL(
                s.host, s.port, local_hostname=name, timeout=s.connect_timeout,
                context=self._context(),
            )  # fmt: skip
        return smtplib.SMTP(s.host, s.port, local_hostname=name, timeout=s.connect_timeout)

    def _secure_and_login(self, connection: smtplib.SMTP) -> None:
        s = self._settings
        try:
            connection.ehlo_or_helo_if_needed()
            secure = s.security == "tls"
            if not secure and (s.security == "starttls" or connection.has_extn("starttls")):
                connection.starttls(context=self._context())
                connection.ehlo_or_helo_if_needed()
                secure = True
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise from_exception(Phase.CONNECT, error) from error
        if not s.user:
            return
        if not secure and not s.loopback:
            self.close()
            raise WayDown(f"{s.place} offers no STARTTLS: no password is sent in the clear")
        try:
            connection.login(s.user, s.password)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise from_exception(Phase.LOGIN, error) from error

    def _context(self) -> ssl.SSLContext:
        return self._settings.context or ssl.create_default_context()

    def _transact(
        self,
        connection: smtplib.SMTP,
        address: str,
        payload: bytes,
        handing_over: Callable[[], None],
    ) -> str:
        self._wait_up_to(connection, self._settings.reply_timeout)
        sender = self._sending.sender
        self._expect(Phase.SENDER, (250,), lambda: connection.mail(sender))
        self._expect(Phase.RECEIVER, (250, 251), lambda: connection.rcpt(address))
        self._expect(Phase.DATA, (354,), lambda: connection.docmd("DATA"))
        self._ask(Phase.DATA, lambda: connection.send(payload))
        handing_over()
        self._wait_up_to(connection, self._settings.end_timeout)
        self._ask(Phase.END, lambda: connection.send(b".\r\n"))
        return self._expect(Phase.END, (250,), connection.getreply)

    def _expect(
        self, phase: Phase, codes: tuple[int, ...], call: Callable[[], tuple[int, bytes]]
    ) -> str:
        code, text = self._ask(phase, call)
        if code not in codes:
            raise from_reply(phase, code, text)
        return f"{code} {text.decode('utf-8', 'replace')}"

    def _ask(self, phase: Phase, call: Callable[[], T]) -> T:
        try:
            return call()
        except (smtplib.SMTPException, OSError) as error:
            raise from_exception(phase, error) from error

    def _wait_up_to(self, connection: smtplib.SMTP, seconds: float) -> None:
        if connection.sock is not None:
            connection.sock.settimeout(seconds)


def _payload(message: EmailMessage) -> bytes:
    """The message as it goes over the line, dots doubled (RFC 5321, 4.5.2), but for the last."""
    data = message.as_bytes()
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    lines = data.split(b"\r\n")
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
