"""Settings: read from the file and the environment, checked, one clear line for what is wrong."""

from pathlib import Path

import pytest

from plugin import BadInput
from plugin.runtime.settings import SETTINGS, read_settings, secret, write_settings


def read(directory: Path, text: str = "", **environment: str):  # type: ignore[no-untyped-def]
    (directory / "divan.toml").write_text(text, encoding="utf-8")
    return read_settings(directory, environment)


def test_defaults_are_sound() -> None:
    assert [setting.name for setting in SETTINGS if not setting.sound(setting.default)] == []


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    text = 'company_name = "Acme 华瑞"\ncurrency = "EUR"\n'
    settings = read(tmp_path, text, DIVAN_CURRENCY="USD", DIVAN_SESSION_HOURS="3")
    assert (settings.company_name, settings.currency) == ("Acme 华瑞", "USD")
    assert settings["session_hours"] == 3
    with pytest.raises(AttributeError):
        settings.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 1", "there is no setting colour"),
        ("company_name = 1", "company_name cannot be 1"),
        ("session_hours = true", "session_hours cannot be True"),
        ("session_hours = 0", "session_hours cannot be 0"),
        ('language = "fr"', "en or zh_Hans"),
        ('time_zone = "Nowhere/X"', "IANA name"),
        ('currency = "yuan"', "ISO 4217"),
        ('base_url = "office:8000"', "base_url cannot be"),
        ('store_url = "http://user:secret@host:5984"', "store_url cannot be"),
        ('smtp_url = "mail.example"', "smtps://"),
        ("company_name = ", "cannot be read"),
    ],
)
def test_what_makes_no_sense_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(tmp_path, text)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"), [("LANGUAGE", "fr"), ("SESSION_HOURS", "many"), ("TIME_ZONE", "Mars")]
)
def test_so_is_a_bad_environment(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadInput, match=name.lower()):
        read(tmp_path, **{f"DIVAN_{name}": value})


def test_a_file_is_begun_once_with_what_is_known(tmp_path: Path) -> None:
    given = {"company_name": '华瑞 "quoted" \\', "currency": "nonsense", "future": 1}
    write_settings(tmp_path, given)
    settings = read_settings(tmp_path, {})
    assert (settings.company_name, settings.currency) == ('华瑞 "quoted" \\', "CNY")
    write_settings(tmp_path, {"company_name": "another"})
    assert read_settings(tmp_path, {}).company_name == '华瑞 "quoted" \\'


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    assert secret(tmp_path, "smtp_password", {}) is None
    path = tmp_path / "secrets" / "smtp_password"
    path.parent.mkdir()
    path.write_text("hush\n")
    path.chmod(0o640)
    with pytest.raises(BadInput, match="chmod 600"):
        secret(tmp_path, "smtp_password", {})
    path.chmod(0o600)
    assert secret(tmp_path, "smtp_password", {}) == "hush"
    assert secret(tmp_path, "smtp_password", {"DIVAN_SMTP_PASSWORD": "other"}) == "other"
