"""Which store a data directory has, and who Divan is to it."""

from pathlib import Path

import pytest

from plugin import BadInput
from plugin.runtime.settings import Settings
from plugin.runtime.store_access import open_store
from store.couch import opening
from store.lite.server import LiteServer
from store.types import Auth, BasicAuth, IamAuth, SessionAuth

URL = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("settings", "secrets", "auth"),
    [
        ({}, {}, None),
        ({}, {"STORE_AUTH": "crm:pass:word"}, BasicAuth("crm", "pass:word")),
        (
            {"store_sign_in": "session"},
            {"STORE_AUTH": "crm:password"},
            SessionAuth("crm", "password"),
        ),
        (
            {"store_sign_in": "iam", "store_iam_url": "https://iam.test"},
            {"STORE_API_KEY": "the key"},
            IamAuth("the key", "https://iam.test"),
        ),
    ],
)
def test_settings_and_secrets_say_how_to_sign_in(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
    secrets: dict[str, str],
    auth: Auth | None,
) -> None:
    signed: list[Auth | None] = []
    real = opening.Transport

    def transport(url: str, auth: Auth | None, authority: Path | None) -> opening.Transport:
        signed.append(auth)
        return real(url, auth, authority)

    monkeypatch.setattr(opening, "Transport", transport)
    for name, text in secrets.items():
        monkeypatch.setenv(f"DIVAN_{name}", text)
    open_store(tmp_path, Settings({"store_url": URL, **settings})).close()
    assert signed == [auth]


def test_without_an_address_the_store_lies_in_the_directory(tmp_path: Path) -> None:
    server = open_store(tmp_path, Settings({}))
    assert isinstance(server, LiteServer)
    server.close()


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"store_sign_in": "iam"}, "store_api_key"),
        ({"store_authority": "nowhere.pem"}, "no file"),
    ],
)
def test_what_does_not_fit_together_is_told(
    tmp_path: Path, settings: dict[str, str], why: str
) -> None:
    with pytest.raises(BadInput, match=why):
        open_store(tmp_path, Settings({"store_url": URL, **settings}))
