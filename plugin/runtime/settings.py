"""Settings of one installation: a table, read once, frozen.

Taken from `divan.toml` in the data directory, then from the environment (`DIVAN_<NAME>` in
capitals), which wins. Passwords are no settings: see `secret`.
"""

import json
import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import available_timezones

from plugin.runtime.errors import BadInput
from plugin.runtime.files import kept_private
from plugin.runtime.messages import LANGUAGES, Message
from store.types import IamAuth

FILE = "divan.toml"


@dataclass(frozen=True)
class Setting:
    """One row of the table. `kind` is the type of the value, `pattern` what a text must match."""

    name: str
    kind: type[str] | type[int] | type[float] | type[bool]
    default: Any
    help: str
    pattern: str = ""

    def sound(self, value: Any) -> bool:
        """Whether this can be its value."""
        if not isinstance(value, self.kind) or isinstance(value, bool) != (self.kind is bool):
            return False
        if self.name == "time_zone":
            return value in available_timezones()
        if self.pattern:
            return re.fullmatch(self.pattern, str(value)) is not None
        return not isinstance(value, int) or isinstance(value, bool) or value > 0


HTTP = r"https?://[^\s/?#@]+(/[^\s?#@]*)?"
ORIGIN = r"https?://[^\s/?#@*,;]+"

SETTINGS = (
    Setting("company_name", str, "Divan", "Name shown at the top of every page and in mails."),
    Setting(
        "language",
        str,
        "en",
        "Language where neither the person nor the browser names one: en or zh_Hans.",
        "|".join(LANGUAGES),
    ),
    Setting("time_zone", str, "UTC", "Time zone (IANA name) of people who have not chosen one."),
    Setting("currency", str, "CNY", "Currency (ISO 4217) proposed for new amounts.", "[A-Z]{3}"),
    Setting(
        "base_url", str, "http://127.0.0.1:8000", "Address of the shell, for links in mails.", HTTP
    ),
    Setting(
        "store_url",
        str,
        "",
        "Address of a CouchDB; empty for the embedded store in the data directory.",
        f"|{HTTP}",
    ),
    Setting(
        "store_sign_in",
        str,
        "basic",
        "How to sign in at store_url: basic or session (both with the secret store_auth), or iam"
        " (with the secret store_api_key, for IBM Cloudant).",
        "basic|session|iam",
    ),
    Setting(
        "store_authority",
        str,
        "",
        "File with the certificates (PEM) of a private authority that vouches for store_url.",
    ),
    Setting(
        "store_iam_url",
        str,
        IamAuth.url,
        "Identity service that gives tokens for the secret store_api_key.",
        HTTP,
    ),
    Setting(
        "cors_origins",
        str,
        "",
        "Origins of other web pages that may replicate from a browser, such as"
        " https://app.example.com; several with blanks between; empty for none.",
        f"|{ORIGIN}( {ORIGIN})*",
    ),
    Setting(
        "smtp_url",
        str,
        "",
        "Mail server, smtp://host:port, smtp+starttls://… or smtps://…; empty for none.",
        r"|(smtp|smtp\+starttls|smtps)://\S+",
    ),
    Setting("smtp_from", str, "divan@localhost", "Sender address of mails."),
    Setting(
        "exchange_url",
        str,
        "",
        "Exchange Server, https://host/EWS/Exchange.asmx or autodiscover; empty for none.",
        r"|autodiscover|https?://\S+",
    ),
    Setting(
        "exchange_user",
        str,
        "",
        "Service account at the Exchange Server; for oauth the id of the application.",
    ),
    Setting(
        "exchange_mailbox",
        str,
        "",
        "Address of the mailbox that notices are sent from at the Exchange Server.",
        r"|[^@\s]+@[^@\s]+",
    ),
    Setting(
        "exchange_sign_in",
        str,
        "ntlm",
        "How to sign in at the Exchange Server: basic, ntlm or oauth (with the secret"
        " exchange_password).",
        "basic|ntlm|oauth",
    ),
    Setting(
        "exchange_access",
        str,
        "impersonation",
        "How the calendars of people are opened at the Exchange Server: impersonation or"
        " delegation.",
        "impersonation|delegation",
    ),
    Setting(
        "exchange_authority",
        str,
        "",
        "File with the certificates (PEM) of a private authority that vouches for exchange_url.",
    ),
    Setting(
        "exchange_token_url",
        str,
        "",
        "Service that gives tokens for exchange_sign_in = oauth.",
        f"|{HTTP}",
    ),
    Setting(
        "exchange_token_scope",
        str,
        "",
        "What these tokens are for, as https://mail.example.com/.default.",
    ),
    Setting(
        "mail_way",
        str,
        "",
        "Way of people who have chosen none: smtp or exchange; empty for exchange where there is"
        " one, else smtp.",
        "|smtp|exchange",
    ),
    Setting(
        "full_access_minutes",
        int,
        30,
        "Minutes after which the full access of an administrator ends by itself.",
    ),
    Setting(
        "session_hours", int, 12, "Hours after which a person who did nothing must sign in again."
    ),
)


class Settings(Mapping[str, Any]):
    """The values, by name and as attributes (`settings.smtp_url`). Cannot be changed."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = MappingProxyType({s.name: values.get(s.name, s.default) for s in SETTINGS})

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(name) from None

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def read_settings(directory: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings of a data directory.

    Raises BadInput that names the setting where a name is unknown or a value has the wrong type.
    """
    path = directory / FILE
    values: dict[str, Any] = {}
    if path.exists():
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadInput(
                "{file} cannot be read: {why}", file=str(path), why=str(error)
            ) from error
    known = {setting.name: setting for setting in SETTINGS}
    for name, value in values.items():
        if name not in known:
            raise BadInput(
                "{file}: there is no setting {name}. Known: {known}.",
                file=str(path),
                name=name,
                known=", ".join(known),
            )
        if not known[name].sound(value):
            raise _wrong(known[name], value)
    for name, setting in known.items():
        text = environment.get(f"DIVAN_{name.upper()}")
        if text is not None:
            values[name] = _convert(setting, text)
            if not setting.sound(values[name]):
                raise _wrong(setting, text)
    return Settings(values)


def write_settings(directory: Path, values: Mapping[str, Any]) -> None:
    """Begin the settings file of a data directory; an existing one is left alone.

    Names that this version does not know are left out, because they come from another machine.
    """
    known = {setting.name: setting for setting in SETTINGS}
    # A JSON string or number is also one of TOML.
    lines = [
        f"{name} = {json.dumps(value, ensure_ascii=False)}\n"
        for name, value in values.items()
        if name in known and known[name].sound(value)
    ]
    path = directory / FILE
    if not path.exists():
        path.write_text("".join(lines), encoding="utf-8")


def _convert(setting: Setting, text: str) -> Any:
    if setting.kind is bool:
        if text.lower() in ("1", "true", "yes", "on"):
            return True
        if text.lower() in ("0", "false", "no", "off"):
            return False
        raise _wrong(setting, text)
    try:
        return setting.kind(text)
    except ValueError as error:
        raise _wrong(setting, text) from error


def _wrong(setting: Setting, value: Any) -> BadInput:
    return BadInput(
        "The setting {name} cannot be {value}. It is: {help}",
        name=setting.name,
        value=repr(value),
        help=Message(setting.help),
    )


def secret(directory: Path, name: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """A password or key: `DIVAN_<NAME>` in capitals, or the file `secrets/<name>`, else None.

    Raises BadInput where the file can be read by others than its owner.
    """
    text = environment.get(f"DIVAN_{name.upper()}")
    if text is not None:
        return text
    path = directory / "secrets" / name
    if not path.exists():
        return None
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise BadInput("{file} can be read by others. Run: chmod 600 {file}", file=str(path))
    return path.read_text(encoding="utf-8").strip()


def kept_secret(directory: Path, name: str) -> str:
    """The secret of this name; where there is none yet, 32 random bytes in hex, from then on."""
    path = directory / "secrets" / name
    return secret(directory, name) or kept_private(path, lambda: secrets.token_hex(32))
