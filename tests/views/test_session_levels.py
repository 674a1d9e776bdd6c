"""The highest level by kind of session, as pages and replication endpoint apply it."""

from flask import Flask

from plugin import Credentials, Office
from plugin.runtime.access.session_levels import SESSIONS_ID
from tests.views.kit import PASSWORD, browser, door

DEAL = "/tracking/deal:1"


def lower(office: Office, **levels: str) -> None:
    settings = door(office, "rita.root", "settings")
    settings.save(SESSIONS_ID, settings.open(SESSIONS_ID).rev, levels)


def pushed(app: Flask, scheme: str, secret: str, office: Office) -> str:
    """The error of a push of a changed deal; empty where it was taken."""
    deal = office.server.database("tracking").get("deal:1", revs=True)
    body = {"docs": [{**deal, "source": "Referral"}]}
    headers = {"Authorization": f"{scheme} {secret}"}
    answer = app.test_client().post("/replicate/tracking/_bulk_docs", json=body, headers=headers)
    rows = answer.get_json()
    return str(rows[0].get("error", "") if isinstance(rows, list) else rows["error"])


def test_open_pages_are_lowered_at_once(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    assert f"{DEAL}/edit" in anna.page(DEAL)
    lower(office, password="Reader")
    assert f"{DEAL}/edit" not in anna.page(DEAL)
    assert anna.get(f"{DEAL}/edit").status_code == 403


def test_a_laptop_and_a_program_with_a_password_are_lowered_apart(
    app: Flask, office: Office
) -> None:
    credentials = Credentials(office.server, office.clock)
    token = credentials.issue_token("anna.snelling")
    basic = app.test_client()
    lower(office, laptop="Reader")
    assert pushed(app, "Bearer", token, office) == "forbidden"
    lower(office, laptop="Manager", password="No Access")
    assert pushed(app, "Bearer", token, office) == ""
    answer = basic.get("/replicate/tracking", auth=("anna.snelling", PASSWORD))
    assert answer.status_code == 404
