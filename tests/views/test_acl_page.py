"""The access control list: seen, changed with the seven levels after a look at what that changes,
in force at once."""

import re
from html import unescape
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from acl import Level
from plugin import Office
from tests.views.kit import Browser, browser, door, text_of

PATH = "/tracking/acl"
Fields = dict[str, list[str]]


def fields(page: str) -> Fields:
    """What a browser would send for the form as it stands (without the script)."""
    form = re.search(r'<form method="post" action="/tracking/acl".*?</form>', page, re.DOTALL)
    assert form
    found: Fields = {}
    for tag in re.findall(r"<input[^>]*>", form[0]):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        ticked = 'type="checkbox"' not in tag and 'type="radio"' not in tag
        if name and name[1] != "csrf_token" and (ticked or " checked" in tag):
            found.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for name, options in re.findall(
        r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form[0], re.S
    ):
        chosen = re.search(r'value="([^"]*)"[^>]* selected', options)
        first = re.search(r'value="([^"]*)"', options)
        found[name] = [unescape((chosen or first or [""])[1])]
    return found


def key_of(page: Fields, name: str) -> str:
    return next(
        k.removesuffix(".name") for k, v in page.items() if k.endswith(".name") and v == [name]
    )


def press(who: Browser, data: dict[str, Any], button: str) -> TestResponse:
    """Send the dialog, or the page that asks, by one of its buttons."""
    return who.submit(PATH, {**data, "do": button})


def save(who: Browser, data: dict[str, Any]) -> TestResponse:
    """Look at what it changes, and save."""
    asked = press(who, data, "check")
    assert asked.status_code == 200, text_of(asked.text)
    return press(who, fields(asked.text), "save")


def with_new(page: str, name: str, level: str, type_: str = "") -> dict[str, Any]:
    """The dialog with one more entry typed in."""
    return {**fields(page), "new.name": name, "new.level": level, "new.type": type_}


def test_all_seven_levels_and_the_entries_are_shown(app: Flask) -> None:
    page = browser(app, "rita.root").page(PATH)
    for level in Level:
        assert f'<option value="{level.title}"' in page
    shown = text_of(page)
    assert "Administrators Manager" in shown
    assert "Everybody else No Access" in shown


def test_sending_the_list_as_it_is_changes_nothing(app: Flask, office: Office) -> None:
    rita = browser(app, "rita.root")
    before = door(office, "rita.root", "tracking").acl_document()
    asked = press(rita, fields(rita.page(PATH)), "check")
    assert "Nothing is changed." in text_of(asked.text)
    assert 'value="save"' not in asked.text
    assert press(rita, fields(asked.text), "save").status_code == 303
    assert door(office, "rita.root", "tracking").acl_document() == before


def test_a_new_entry_takes_effect_at_once(app: Flask, office: Office) -> None:
    rita, anna = browser(app, "rita.root"), browser(app, "anna.snelling")
    assert anna.get("/tracking/new/deal").status_code == 200
    assert save(rita, with_new(rita.page(PATH), "Anna Snelling", "Reader")).status_code == 303
    entry = door(office, "rita.root", "tracking").acl().find("anna.snelling")
    assert entry
    assert entry.type.value == "person"
    assert anna.get("/tracking/new/deal").status_code == 403
    assert "/tracking/new/deal" not in anna.page("/tracking/")
    data = fields(rita.page(PATH))
    key = key_of(data, "anna.snelling")
    assert save(rita, {**data, f"{key}.level": "No Access"}).status_code == 303
    assert anna.get("/tracking/").status_code == 404
    assert "Customer tracking" not in text_of(anna.page("/"))
    data = fields(rita.page(PATH))
    key = key_of(data, "anna.snelling")
    assert save(rita, {**data, f"{key}.remove": "1"}).status_code == 303
    assert anna.get("/tracking/new/deal").status_code == 200


def test_add_shows_the_new_entry_selected_and_saves_nothing(app: Flask, office: Office) -> None:
    rita = browser(app, "rita.root")
    before = door(office, "rita.root", "tracking").acl_document()
    answer = press(rita, with_new(rita.page(PATH), "cecily.lampkin", "Editor"), "add")
    data = fields(answer.text)
    assert data["shown"] == [key_of(data, "cecily.lampkin")]
    assert door(office, "rita.root", "tracking").acl_document() == before


def test_the_list_is_narrowed_by_level_and_type_and_nothing_typed_is_lost(app: Flask) -> None:
    rita = browser(app, "rita.root")
    data = with_new(rita.page(PATH), "cecily.lampkin", "Editor")
    for wanted, shown in (("Manager", 2), ("group", 4), ("person", 1), ("", 7)):
        answer = press(rita, {**data, "filter": wanted}, "show")
        assert answer.text.count('<div class="entry"') == 7
        assert f"{shown} of 7" in text_of(answer.text)
        assert len(re.findall(r'<div class="entry"[^>]* hidden>', answer.text)) == 7 - shown


def test_an_entry_is_renamed_in_its_place(app: Flask, office: Office) -> None:
    rita = browser(app, "rita.root")
    save(rita, with_new(rita.page(PATH), "cecily.lampkin", "Editor"))
    data = fields(rita.page(PATH))
    key = key_of(data, "cecily.lampkin")
    asked = press(rita, {**data, f"{key}.name": "dustin.brinkmann"}, "check")
    assert '"cecily.lampkin" is now called "dustin.brinkmann".' in text_of(asked.text)
    press(rita, fields(asked.text), "save")
    acl = door(office, "rita.root", "tracking").acl()
    assert acl.entries[int(key)].name == "dustin.brinkmann"


def test_a_name_that_nobody_has_is_warned_of(app: Flask) -> None:
    rita = browser(app, "rita.root")
    data = with_new(rita.page(PATH), "cecily.lampkn", "Editor")
    for button in ("add", "check"):
        assert '"cecily.lampkn" matches nobody' in text_of(press(rita, data, button).text)


def test_roles_are_added_renamed_and_removed_with_their_ticks(app: Flask, office: Office) -> None:
    rita, tracking = browser(app, "rita.root"), door(office, "rita.root", "tracking")
    data = fields(rita.page(PATH))
    names = {v[0]: k.removesuffix(".name") for k, v in data.items() if k.startswith("role.")}
    change = {
        f"{names['[Leaders]']}.name": "Chiefs",
        f"{names['[Service]']}.remove": "1",
        "role.new.name": "[Guests]",
    }
    asked = press(rita, {**data, **change}, "check")
    shown = text_of(asked.text)
    assert "6 documents name the role [Leaders] among their readers." in shown
    assert "These forms give documents to the role [Leaders]" in shown
    press(rita, fields(asked.text), "save")
    assert tracking.acl().roles == ("[Admin]", "[Chiefs]", "[Guests]")
    found = {entry.name: entry.roles for entry in tracking.acl().entries}
    assert found["leaders"] == {"[Chiefs]"}
    assert found["service"] == frozenset()


def test_what_a_change_does_for_whom_is_shown_and_editing_goes_on(app: Flask) -> None:
    rita = browser(app, "rita.root")
    data = fields(rita.page(PATH))
    key = key_of(data, "all-staff")
    change = {f"{key}.level": "No Access", f"{key}.privileges": []}
    asked = press(rita, {**data, **change}, "check")
    shown = text_of(asked.text)
    assert "Author → No Access − Create − Private views − Read public − Replicate or copy" in shown
    assert "3 Anna Snelling, Cecily Lampkin, Dustin Brinkmann" in shown
    assert "0–6 documents fewer to read" in shown
    back = press(rita, fields(asked.text), "edit")
    again = fields(back.text)
    assert again[f"{key_of(again, 'all-staff')}.level"] == ["No Access"]
    assert again["rev"] == data["rev"]


def test_laptops_that_lose_documents_are_told(app: Flask, office: Office) -> None:
    for label in ("one", "two"):
        office.credentials.issue_token("anna.snelling", label=label)
    rita = browser(app, "rita.root")
    asked = press(rita, with_new(rita.page(PATH), "anna.snelling", "No Access"), "check")
    assert "2 laptops will lose 12 documents." in text_of(asked.text)


def test_who_is_no_manager_sees_but_cannot_change(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    page = anna.page(PATH)
    assert re.search(r'<fieldset class="attributes" id="a0" disabled>', page)
    assert 'name="do" value="check"' not in page
    before = door(office, "rita.root", "tracking").acl()
    data = fields(browser(app, "rita.root").page(PATH))
    key = key_of(data, "all-staff")
    for button in ("check", "save", "merge"):
        answer = press(anna, {**data, f"{key}.level": "Manager"}, button)
        assert answer.status_code == 403, button
        assert "Only a Manager" in text_of(answer.text)
    assert door(office, "rita.root", "tracking").acl() == before


def test_an_unsound_list_is_refused_with_all_reasons(app: Flask, office: Office) -> None:
    rita = browser(app, "rita.root")
    data = with_new(rita.page(PATH), "all-staff", "Reader")
    answer = press(rita, {**data, "new.roles": "[Unknown]"}, "check")
    assert answer.status_code == 422
    shown = text_of(answer.text)
    assert 'The name "all-staff" is there twice.' in shown
    assert "[Unknown]" in shown


def test_a_list_that_cannot_be_read_is_told_so(app: Flask) -> None:
    rita = browser(app, "rita.root")
    data = fields(rita.page(PATH))
    for broken in ({"0.level": "King"}, {"0.type": "robot"}, {"0.privileges": "fly"}):
        answer = press(rita, {**data, **broken}, "check")
        assert answer.status_code == 400, broken
        assert "The list cannot be read" in text_of(answer.text)


def test_losing_the_right_to_manage_is_said_before(app: Flask) -> None:
    rita = browser(app, "rita.root")
    data = with_new(rita.page(PATH), "dustin.brinkmann", "Manager")
    key = key_of(data, "administrators")
    data |= {f"{key}.level": ["Reader"], f"{key}.privileges": [], f"{key}.roles": []}
    asked = press(rita, data, "check")
    assert "You would no longer be Manager of this database." in text_of(asked.text)
    assert "Save in spite of this" in text_of(asked.text)
    assert press(rita, fields(asked.text), "save").status_code == 303
    assert "Only a Manager can change this list." in text_of(rita.page(PATH))


def test_the_last_manager_stays_whatever_is_typed(app: Flask, office: Office) -> None:
    rita = browser(app, "rita.root")
    data = with_new(rita.page(PATH), "dustin.brinkman", "Manager")
    key = key_of(data, "administrators")
    data |= {f"{key}.level": ["Reader"], f"{key}.privileges": []}
    for button in ("check", "save"):
        answer = press(rita, data, button)
        assert answer.status_code == 422
        assert "no active person is Manager by this list" in text_of(answer.text)
        typed = fields(answer.text)
        assert typed[f"{key_of(typed, 'dustin.brinkman')}.level"] == ["Manager"]
    members = {"members": [], "members.asked": "1"}
    group = door(office, "rita.root", "settings").open("group:administrators")
    answer = rita.submit(f"/settings/{group.id}/edit", {"rev": group.rev, **members})
    assert answer.status_code == 422
    assert "Nobody could manage" in text_of(answer.text)


def test_two_who_save_at_once_see_both_and_lose_nothing(app: Flask, office: Office) -> None:
    rita, tracking = browser(app, "rita.root"), door(office, "rita.root", "tracking")
    save(rita, with_new(rita.page(PATH), "dustin.brinkmann", "Manager"))
    dustin = browser(app, "dustin.brinkmann")
    mine, other = fields(rita.page(PATH)), fields(dustin.page(PATH))
    key = key_of(mine, "all-staff")
    save(dustin, {**other, f"{key}.level": "Editor", "new.name": "anna.snelling",
                  "new.level": "Reader"})  # fmt: skip
    mine |= {f"{key}.level": ["Reader"], "new.name": ["cecily.lampkin"], "new.level": ["Editor"]}
    for button in ("check", "save"):
        met = press(rita, mine, button)
        assert met.status_code == 409
        shown = text_of(met.text)
        assert '"all-staff" has Editor instead of Author. "anna.snelling" was added' in shown
        assert "Dustin Brinkmann, " in shown
        assert '"cecily.lampkin" was added: Editor.' in shown
    typed = {**fields(met.text), "rev": mine["rev"]}
    assert press(rita, typed, "merge").status_code == 409
    asked = press(rita, {**typed, "choice.all-staff": "mine"}, "merge")
    assert asked.status_code == 200
    press(rita, fields(asked.text), "save")
    found = {entry.name: entry.level for entry in tracking.acl().entries}
    assert found["all-staff"] is Level.READER
    assert found["anna.snelling"] is Level.READER
    assert found["cecily.lampkin"] is Level.EDITOR


def test_what_was_typed_outlives_the_end_of_the_session(app: Flask) -> None:
    rita = browser(app, "rita.root")
    data = with_new(rita.page(PATH), "cecily.lampkin", "Editor")
    assert rita.submit("/sign-out", {}, at="/").status_code == 303
    sent = {**data, "do": "check", "csrf_token": "old"}
    answer = rita.client.post(PATH, data=sent, headers={"Origin": "http://localhost"})
    assert answer.status_code == 401
    assert 'value="cecily.lampkin"' in answer.text
