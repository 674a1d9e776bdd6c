"""A stand-in Exchange Server for tests: real HTTP(S) and SOAP, which can be told to misbehave."""

import base64
import socket
import ssl
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import spnego

from tests.mailbridge.ews_mailboxes import NAMES, EwsError, Mailboxes

SERVICE = r"EXAMPLE\divan"
SENDER = "divan@example.com"
PASSWORD = "secret word"
TOKEN = "token-of-the-test"

_ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    f'xmlns:m="{NAMES["m"]}" xmlns:t="{NAMES["t"]}"><s:Header>'
    '<t:ServerVersionInfo MajorVersion="15" MinorVersion="1" MajorBuildNumber="2507" '
    'MinorBuildNumber="6" Version="V2017_07_11"/></s:Header><s:Body>%s</s:Body></s:Envelope>'
)
_FAULT = (
    "<s:Fault><faultcode>a:%(code)s</faultcode><faultstring>%(text)s</faultstring><detail>"
    '<e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">%(code)s'
    '</e:ResponseCode><e:Message xmlns:e="http://schemas.microsoft.com/exchange/services/2006/'
    'errors">%(text)s</e:Message>%(more)s</detail></s:Fault>'
)


@dataclass(frozen=True)
class Asked:
    """A request as it came: the operation, in whose mailbox, and whom it impersonated."""

    operation: str
    mailbox: str
    impersonated: str


class Busy(Exception):
    """The server asks for a pause of so many milliseconds."""


class EwsServer:
    """Keeps what it was asked and what lies in its mailboxes.

    `busy` maps mailboxes to the milliseconds that are asked for, `denied` holds mailboxes that the
    service account may not impersonate, `delegated` those whose folders it may open as itself.
    `before` and `after` are called with a request, before it is looked at and when it is done but
    not yet answered; `cut` names operations after which the connection breaks, once for each.
    """

    def __init__(
        self,
        *addresses: str,
        scheme: str = "basic",
        tls: ssl.SSLContext | None = None,
        accounts: Path | None = None,
    ) -> None:
        self.mailboxes = Mailboxes(SENDER, *addresses)
        self.password = PASSWORD
        self.scheme = scheme
        self.accounts = accounts
        self.asked: list[Asked] = []
        self.refused = 0
        self.busy: dict[str, int] = {}
        self.denied: set[str] = set()
        self.delegated: set[str] = {SENDER}
        self.cut: Counter[str] = Counter()
        self.status = 0
        self.headers: dict[str, str] = {}
        self.before: Callable[[Asked], None] = _nothing
        self.after: Callable[[Asked], None] = _nothing
        self.lock = threading.Lock()
        owner = self

        class Bound(_Talk):
            server_state = owner

        self._http = _Quiet(("127.0.0.1", 0), Bound)
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self.place = f"{'https' if tls else 'http'}://127.0.0.1:{self._http.server_port}"
        self.url = f"{self.place}/EWS/Exchange.asmx"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def operations(self, mailbox: str) -> list[str]:
        return [asked.operation for asked in self.asked if asked.mailbox == mailbox]

    def answer(self, envelope: ET.Element) -> tuple[Asked, str]:
        """Do what a SOAP request asks for; returns it with the answer."""
        request = envelope.find("s:Body/*", {"s": "http://schemas.xmlsoap.org/soap/envelope/"})
        assert request is not None
        operation = request.tag.partition("}")[2]
        sid = envelope.find(".//t:ConnectingSID/*", NAMES)
        impersonated = (sid.text or "") if sid is not None else ""
        named = request.find(".//t:DistinguishedFolderId/t:Mailbox/t:EmailAddress", NAMES)
        mailbox = (named.text or "") if named is not None else impersonated or SENDER
        asked = Asked(operation, mailbox, impersonated)
        self.before(asked)
        with self.lock:
            self.asked.append(asked)
            answer = self._soap(asked, request)
        self.after(asked)
        return asked, answer

    def _soap(self, asked: Asked, request: ET.Element) -> str:
        if asked.mailbox in self.busy:
            more = (
                f'<t:MessageXml><t:Value Name="BackOffMilliseconds">{self.busy[asked.mailbox]}'
                "</t:Value></t:MessageXml>"
            )
            return _fault("ErrorServerBusy", more)
        if asked.impersonated in self.denied:
            return _fault("ErrorImpersonateUserDenied")
        try:
            if not asked.impersonated and asked.mailbox not in self.delegated:
                raise EwsError("ErrorAccessDenied")
            inner = self.mailboxes.answer(asked.operation, request, asked.mailbox)
            state, code = "Success", "NoError"
        except EwsError as error:
            inner, state, code = "", "Error", str(error)
        text = f"<m:MessageText>{code} of the test</m:MessageText>" if state == "Error" else ""
        return _ENVELOPE % (
            f"<m:{asked.operation}Response><m:ResponseMessages>"
            f'<m:{asked.operation}ResponseMessage ResponseClass="{state}">{text}'
            f"<m:ResponseCode>{code}</m:ResponseCode>{inner}"
            f"</m:{asked.operation}ResponseMessage></m:ResponseMessages></m:{asked.operation}Response>"
        )


def _fault(code: str, more: str = "") -> str:
    return _ENVELOPE % (_FAULT % {"code": code, "text": f"{code} of the test", "more": more})


def _nothing(asked: Asked) -> None:
    """No hook."""


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or does not trust us, is what the tests are about."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Talk(BaseHTTPRequestHandler):
    """One connection. NTLM signs in a connection, not a request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_state: EwsServer
    _signing_in: Any = None
    _signed_in = False

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""

    def do_POST(self) -> None:
        state = self.server_state
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/token":
            self._token(body.decode())
        elif state.status:
            self._reply(state.status, "told by the test", state.headers)
        elif not self._let_in():
            pass
        elif self.path.startswith("/autodiscover"):
            self._reply(200, _USER_SETTINGS % {"url": escape(state.url), "mailbox": SENDER})
        else:
            asked, answer = state.answer(ET.fromstring(body))
            if state.cut[asked.operation] > 0:
                state.cut[asked.operation] -= 1
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self._reply(500 if "<s:Fault>" in answer else 200, answer)

    def _token(self, body: str) -> None:
        good = "client_secret=secret+word" in body and "grant_type=client_credentials" in body
        text = f'{{"access_token": "{TOKEN}", "token_type": "Bearer", "expires_in": 3600}}'
        self._reply(200 if good else 401, text if good else '{"error": "invalid_client"}')

    def _let_in(self) -> bool:
        """True where the request may go on; else it is answered here."""
        said = self.headers.get("Authorization", "").partition(" ")[2]
        state = self.server_state
        if state.scheme == "ntlm":
            return self._signed_in or self._ntlm(said)
        wanted = {
            "basic": base64.b64encode(f"{SERVICE}:{state.password}".encode()).decode(),
            "oauth": TOKEN,
        }[state.scheme]
        if said == wanted:
            return True
        return self._refuse("Bearer" if state.scheme == "oauth" else 'Basic realm="EWS"')

    def _ntlm(self, said: str) -> bool:
        if not said:
            return self._refuse("NTLM")
        if self._signing_in is None:
            self._signing_in = spnego.server(protocol="ntlm")
        try:
            challenge = self._signing_in.step(base64.b64decode(said))
        except spnego.exceptions.SpnegoError:
            return self._refuse("NTLM")
        if self._signing_in.complete:
            self._signed_in = True
            return True
        token = base64.b64encode(challenge).decode()
        self._reply(401, "", {"WWW-Authenticate": f"NTLM {token}"})
        return False

    def _refuse(self, scheme: str) -> bool:
        self.server_state.refused += 1
        # As servers do that a proxy stands before: the answer also closes the connection.
        self.close_connection = scheme != "NTLM"
        closing = {"Connection": "close"} if self.close_connection else {}
        self._reply(401, "", {"WWW-Authenticate": scheme, **closing})
        return False

    def _reply(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        data = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": "text/xml; charset=utf-8", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


_A = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
_USER_SETTINGS = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
    f'<s:Header><h:ServerVersionInfo xmlns:h="{_A}"><h:MajorVersion>15</h:MajorVersion>'
    "<h:MinorVersion>1</h:MinorVersion><h:MajorBuildNumber>2507</h:MajorBuildNumber>"
    "<h:MinorBuildNumber>6</h:MinorBuildNumber><h:Version>Exchange2016</h:Version>"
    "</h:ServerVersionInfo></s:Header>"
    f'<s:Body><GetUserSettingsResponseMessage xmlns="{_A}"><Response><ErrorCode>NoError</ErrorCode>'
    "<ErrorMessage/><UserResponses><UserResponse><ErrorCode>NoError</ErrorCode><ErrorMessage/>"
    "<UserSettingErrors/><UserSettings>"
    '<UserSetting xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="StringSetting">'
    "<Name>ExternalEwsUrl</Name><Value>%(url)s</Value></UserSetting>"
    '<UserSetting xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="StringSetting">'
    "<Name>AutoDiscoverSMTPAddress</Name><Value>%(mailbox)s</Value></UserSetting>"
    "</UserSettings></UserResponse></UserResponses></Response></GetUserSettingsResponseMessage>"
    "</s:Body></s:Envelope>"
)
