"""Documents of any form: shown, made, changed; wrong input kept; others' changes not lost."""

import re
from io import BytesIO

from flask import Flask

from plugin import Office
from tests.views.kit import browser, door, rev_of, text_of

NEW = "/tracking/new/deal"


def asked(*names: str) -> dict[str, str]:
    return {f"{name}.asked": "1" for name in names}


def test_a_deal_is_made_with_a_customer_that_is_brought_in(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    page = anna.page(f"{NEW}?customer=customer:huaneng")
    assert '<option value="customer:huaneng" selected>上海华能科技</option>' in page
    data = {"name": "New line", "customer": "customer:huaneng", "owner": "anna.snelling",
            "amount": "12,500.50", "amount.currency": "usd", "expected_on": "2026-12-24",
            "tags": "urgent, fair",
            **asked("name", "customer", "owner", "amount", "expected_on", "tags")}  # fmt: skip
    answer = anna.submit(f"{NEW}?customer=customer:huaneng", data)
    assert answer.status_code == 303
    made = door(office, "anna.snelling", "tracking").open(answer.location.rpartition("/")[2])
    assert made.items["amount"] == {"amount": "12500.50", "currency": "USD"}
    assert made.items["customer_name"] == "上海华能科技"
    assert made.items["region"] == "East China"
    assert made.items["tags"] == ["urgent", "fair"]
    shown = text_of(anna.page(answer.location))
    assert "New line Tracking" in shown
    assert "$12,500.50" in shown
    assert "Dec 24, 2026" in shown


def test_what_is_wrong_is_said_at_its_item_and_what_was_typed_is_kept(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    data = {"name": "", "amount": "a lot", "amount.currency": "EUR", "probability": "140",
            "interest": "a <b>machine</b>",
            **asked("name", "amount", "probability", "interest")}  # fmt: skip
    answer = anna.submit(NEW, data)
    assert answer.status_code == 422
    assert 'value="a lot"' in answer.text
    assert 'value="EUR"' in answer.text
    assert 'value="a &lt;b&gt;machine&lt;/b&gt;"' in answer.text
    problem = re.search(r'id="amount-problem">.*?</div>', answer.text, re.DOTALL)
    assert problem and "This is not an amount of money." in problem[0]
    data |= {"amount": "5"}
    answer = anna.submit(NEW, data)
    assert answer.status_code == 422
    for item, text in (("name", "Please fill this in."), ("probability", "at most 100")):
        found = re.search(rf'id="{item}-problem">.*?</div>', answer.text, re.DOTALL)
        assert found and text in found[0]


def test_without_script_a_customer_is_found_by_a_search_button(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    data = {"name": "Half typed", "customer.search": "canc", "find": "customer",
            **asked("name", "customer")}  # fmt: skip
    answer = anna.submit(NEW, data)
    assert answer.status_code == 200
    assert 'value="Half typed"' in answer.text
    select = re.search(r'<select[^>]*name="customer".*?</select>', answer.text, re.DOTALL)
    assert select
    assert re.findall(r'<option value="(customer:\w+)"', select[0]) == ["customer:cancity"]


def test_an_edit_changes_what_was_typed_and_nothing_else(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    before = door(office, "anna.snelling", "tracking").open("deal:1")
    rev = rev_of(anna.page("/tracking/deal:1/edit"))
    data = {"rev": rev, "progress": "Offer is with them", **asked("progress")}
    assert anna.submit("/tracking/deal:1/edit", data).status_code == 303
    after = door(office, "anna.snelling", "tracking").open("deal:1")
    changed = {k for k in after.items if after.items[k] != before.items.get(k)}
    assert changed == {"progress"}


def test_changes_of_different_items_are_both_kept(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    rev = rev_of(anna.page("/tracking/deal:1/edit"))
    boss = door(office, "dustin.brinkmann", "tracking")
    boss.save("deal:1", rev, {"interest": "two of them"})
    data = {"rev": rev, "progress": "Offer", "interest": "", **asked("progress", "interest")}
    assert anna.submit("/tracking/deal:1/edit", data).status_code == 303
    after = door(office, "anna.snelling", "tracking").open("deal:1")
    assert (after.get("interest"), after.get("progress")) == ("two of them", "Offer")


def test_the_same_item_changed_twice_is_chosen_on_a_page(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    path = "/tracking/deal:1/edit"
    rev = rev_of(anna.page(path))
    boss = door(office, "dustin.brinkmann", "tracking")
    boss.save("deal:1", rev, {"interest": "two", "progress": "stalled", "probability": 10})
    data = {"rev": rev, "interest": "three", "progress": "going well", "name": "Better name",
            **asked("interest", "progress", "name", "probability")}  # fmt: skip
    answer = anna.submit(path, data)
    assert answer.status_code == 409
    shown = text_of(answer.text)
    assert "Dustin Brinkmann" in shown
    assert all(word in shown for word in ("two", "three", "stalled", "going well"))
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text))
    hidden.pop("csrf_token")
    choice = {"choose.interest": "mine", "choose.progress": "theirs"}
    assert anna.submit(path, {**hidden, **choice}).status_code == 303
    after = door(office, "anna.snelling", "tracking").open("deal:1").items
    assert after["interest"] == "three"
    assert after["progress"] == "stalled"
    assert after["name"] == "Better name"
    assert after["probability"] == 10


def test_a_forbidden_document_is_answered_like_a_missing_one(app: Flask) -> None:
    cecily = browser(app, "cecily.lampkin")
    for tail in ("", "/edit", "/conflict"):
        forbidden = cecily.get(f"/tracking/deal:1{tail}")
        missing = cecily.get(f"/tracking/deal:none{tail}")
        assert (forbidden.status_code, missing.status_code) == (404, 404)
        assert text_of(forbidden.text) == text_of(missing.text)
    forbidden = cecily.submit("/tracking/deal:1/step/win", {"rev": "1-x"}, at="/")
    assert forbidden.status_code == 404
    data = {"rev": "1-x", "name": "Mine now", **asked("name")}
    assert cecily.submit("/tracking/deal:1/edit", data, at="/").status_code == 404


def test_the_manager_reads_what_the_team_has(app: Flask) -> None:
    assert "Isdom" in browser(app, "dustin.brinkmann").page("/tracking/deal:1")


def test_the_page_of_a_customer_shows_its_deals_and_offers_new_ones(app: Flask) -> None:
    page = browser(app, "anna.snelling").page("/customers/customer:isdom")
    assert "Deal 1" in page
    assert "Deal 4" in page
    assert "Deal 2" not in page
    assert re.search(r'href="/tracking/new/deal\?[^"]*customer=customer:isdom', page)


def test_who_may_not_delete_is_told_why_and_nothing_is_gone(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    rev = rev_of(anna.page("/tracking/deal:1"))
    answer = anna.submit("/tracking/deal:1/delete", {"rev": rev}, at="/tracking/deal:1")
    assert answer.status_code == 403
    assert "You may not delete documents in this database." in text_of(answer.text)
    assert door(office, "anna.snelling", "tracking").exists("deal:1")


def test_an_administrator_deletes(app: Flask, office: Office) -> None:
    rita = browser(app, "rita.root")
    page = rita.page("/settings/listing/keywords_by_name?flat=1")
    path = re.search(r'data-href="(/settings/keywords:[^"]+)"', page)
    assert path
    data = {"rev": rev_of(rita.page(path[1]))}
    assert rita.submit(f"{path[1]}/delete", data, at=path[1]).status_code == 303
    assert rita.get(path[1]).status_code == 404


def test_markdown_is_shown_without_harm(app: Flask, office: Office) -> None:
    topics = door(office, "anna.snelling", "forum")
    text = (
        "**Hello** <script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:alert(1))"
    )
    made = topics.create("topic", {"subject": "Hello", "body": text, "category": "Ideas"})
    page = browser(app, "cecily.lampkin").page(f"/forum/{made.id}")
    assert "<strong>Hello</strong>" in page
    assert "<img" not in page
    assert "evil" not in page
    assert "alert(1)" not in page
    assert "javascript:" not in page


def test_an_address_presets_only_what_people_type(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    address = "/tracking/new/deal?number=D1999-0001&finished_on=2020-01-01&interest=Lamps"
    data = {"name": "Acme", "owner": "anna.snelling", **asked("name", "owner")}
    answer = anna.submit(address, data)
    assert answer.status_code == 303
    made = door(office, "anna.snelling", "tracking").open(answer.location.rpartition("/")[2])
    assert made.items["interest"] == "Lamps"
    assert made.items.get("number") != "D1999-0001"
    assert "finished_on" not in made.items


def test_t7_files_are_added_opened_and_taken_away_on_the_page(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    page = "/tracking/deal:1"
    two = [(BytesIO(b"the contract"), "合同.pdf"), (BytesIO(b"<b>plan"), "plan.html")]
    added = anna.submit(f"{page}/files", {"file": two}, at=page)
    assert (added.status_code, added.location) == (303, f"{page}#files")
    again = anna.submit(f"{page}/files", {"file": [(BytesIO(b"second"), "合同.pdf")]}, at=page)
    assert again.status_code == 303
    shown = text_of(anna.page(page))
    assert "合同 (2).pdf" in shown and "plan.html" in shown
    opened = anna.get(f"{page}/file/plan.html")
    assert (opened.data, opened.mimetype) == (b"<b>plan", "application/octet-stream")
    assert anna.submit(f"{page}/files/remove", {"name": "plan.html"}, at=page).status_code == 303
    assert anna.submit(f"{page}/files/remove", {"name": "plan.html"}, at=page).status_code == 404
    left = door(office, "anna.snelling", "tracking").open("deal:1").raw["_attachments"]
    assert sorted(left) == ["合同 (2).pdf", "合同.pdf"]
    nothing = anna.submit(f"{page}/files", {}, at=page)
    assert nothing.status_code == 400 and "Choose a file first." in text_of(nothing.text)


def test_who_may_only_read_is_offered_no_adding(app: Flask, office: Office) -> None:
    door(office, "anna.snelling", "tracking").save(
        "deal:1", door(office, "anna.snelling", "tracking").open("deal:1").rev,
        {"team": ["cecily.lampkin"]},
    )  # fmt: skip
    cecily = browser(app, "cecily.lampkin")
    assert 'id="new-files"' not in cecily.page("/tracking/deal:1")
    sent = {"file": [(BytesIO(b"x"), "x.txt")]}
    assert cecily.submit("/tracking/deal:1/files", sent, at="/tracking/deal:1").status_code == 403
