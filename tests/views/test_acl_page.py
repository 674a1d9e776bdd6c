"""The access control list: seen, changed with the seven levels, in force at once."""

import re
from html import unescape

from flask import Flask

from acl import Level
from plugin import Office
from tests.views.kit import browser, door, text_of

PATH = "/tracking/acl"


def fields(page: str) -> dict[str, list[str]]:
    """What a browser would send for the list as it stands (without the script)."""
    form = re.search(r'<form method="post" action="/tracking/acl".*?</form>', page, re.DOTALL)
    assert form
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form[0]):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if (
            not name
            or name[1] == "csrf_token"
            or ('type="checkbox"' in tag and "checked" not in tag)
        ):
            continue
        found.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for name, options in re.findall(
        r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form[0], re.S
    ):
        chosen = re.search(r'value="([^"]*)"[^>]* selected', options)
        found[name] = [unescape(chosen[1]) if chosen else ""]
    return found


def key_of(page: dict[str, list[str]], name: str) -> str:
    return next(
        k.removesuffix(".name") for k, v in page.items() if k.endswith(".name") and v == [name]
    )


def test_all_seven_levels_and_the_entries_are_shown(app: Flask) -> None:
    page = browser(app, "rita.root").page(PATH)
    for level in Level:
        assert f'<option value="{level.title}"' in page
    shown = text_of(page)
    assert "administrators" in shown
    assert "-Default-" in shown


def test_sending_the_list_as_it_is_changes_nothing(app: Flask, office: Office) -> None:
    rita = browser(app, "rita.root")
    before = door(office, "rita.root", "tracking").acl_document()
    assert rita.submit(PATH, fields(rita.page(PATH))).status_code == 303
    assert door(office, "rita.root", "tracking").acl_document() == before


def test_a_new_entry_takes_effect_at_once(app: Flask, office: Office) -> None:
    rita, anna = browser(app, "rita.root"), browser(app, "anna.snelling")
    assert anna.get("/tracking/new/deal").status_code == 200
    data = fields(rita.page(PATH))
    data |= {"new.name": ["anna.snelling"], "new.type": ["person"], "new.level": ["Reader"]}
    assert rita.submit(PATH, data).status_code == 303
    assert anna.get("/tracking/new/deal").status_code == 403
    assert "/tracking/new/deal" not in anna.page("/tracking/")
    data = fields(rita.page(PATH))
    entry = key_of(data, "anna.snelling")
    assert rita.submit(PATH, {**data, f"{entry}.level": "No Access"}).status_code == 303
    assert anna.get("/tracking/").status_code == 404
    assert "Customer tracking" not in text_of(anna.page("/"))
    data = fields(rita.page(PATH))
    entry = key_of(data, "anna.snelling")
    assert rita.submit(PATH, {**data, f"{entry}.remove": "1"}).status_code == 303
    assert anna.get("/tracking/new/deal").status_code == 200


def test_who_is_no_manager_sees_but_cannot_change(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    page = anna.page(PATH)
    assert "<fieldset disabled>" in page
    before = door(office, "rita.root", "tracking").acl()
    data = fields(browser(app, "rita.root").page(PATH))
    entry = key_of(data, "all-staff")
    answer = anna.submit(PATH, {**data, f"{entry}.level": "Manager", "sure": "1"})
    assert answer.status_code == 403
    assert "Only a Manager" in text_of(answer.text)
    assert door(office, "rita.root", "tracking").acl() == before


def test_an_unsound_list_is_refused_with_all_reasons(app: Flask, office: Office) -> None:
    rita = browser(app, "rita.root")
    data = fields(rita.page(PATH))
    data |= {"new.name": ["all-staff"], "new.level": ["Reader"], "new.roles": ["[Unknown]"]}
    answer = rita.submit(PATH, data)
    assert answer.status_code == 422
    shown = text_of(answer.text)
    assert 'The name "all-staff" is there twice.' in shown
    assert "[Unknown]" in shown


def test_locking_oneself_out_needs_a_second_yes(app: Flask) -> None:
    rita = browser(app, "rita.root")
    data = fields(rita.page(PATH))
    entry = key_of(data, "administrators")
    data |= {f"{entry}.level": ["Reader"], f"{entry}.privileges": [],
             "new.name": ["dustin.brinkmann"], "new.type": ["person"],
             "new.level": ["Manager"]}  # fmt: skip
    answer = rita.submit(PATH, data)
    assert answer.status_code == 422
    assert "You would no longer be Manager of this database." in text_of(answer.text)
    assert rita.submit(PATH, {**data, "sure": "1"}).status_code == 303
    assert "<fieldset disabled>" in rita.page(PATH)


def test_the_access_of_a_person_is_explained(app: Flask) -> None:
    rita = browser(app, "rita.root")
    shown = text_of(rita.page(f"{PATH}?person=anna.snelling"))
    assert "Anna Snelling Level Author" in shown
    assert 'group "all-staff" has Author' in shown
    assert "Nobody is called" in text_of(rita.page(f"{PATH}?person=nobody.there"))


def test_changes_are_logged_with_name(app: Flask) -> None:
    rita = browser(app, "rita.root")
    data = fields(rita.page(PATH))
    data |= {"new.name": ["cecily.lampkin"], "new.type": ["person"], "new.level": ["Editor"]}
    rita.submit(PATH, data)
    shown = text_of(rita.page(PATH))
    assert '"cecily.lampkin" was added: Editor.' in shown
    assert "Rita Root, " in shown
