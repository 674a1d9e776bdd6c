"""Saved views on the pages (C4): kept, opened, changed, deleted, in the navigator."""

import re
from html import unescape

from flask import Flask

from plugin import Office
from tests.views.kit import Browser, browser, door, rev_of, text_of

DEALS = "/tracking/listing/deals_by_name"
QUERY = "amount.from=3000&sort=-amount"


def keep(person: Browser, name: str, shared: str = "", query: str = QUERY) -> str:
    """Save a view by the page; where it leads."""
    page = person.page(f"{DEALS}?{query}")
    (action,) = re.findall(r'action="([^"]+/keep[^"]*)"', page)
    answer = person.submit(unescape(action), {"name": name, "shared": shared}, at=DEALS)
    assert answer.status_code == 303, text_of(answer.text)
    return answer.location or ""


def opened(person: Browser, place: str) -> str:
    """The page that a view leads to."""
    answer = person.client.get(place, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def navigator(page: str) -> list[str]:
    (listed,) = re.findall(r'<ul class="entries">(.*?)</ul>', page, re.DOTALL)
    return re.findall(r"</svg> ([^<]+)</span>", listed)


def test_a_private_view_stands_in_its_owners_navigator_alone(app: Flask) -> None:
    anna, root = browser(app, "anna.snelling"), browser(app, "rita.root")
    place = keep(anna, "Large ones")
    page = opened(anna, place)
    assert "<h1>Large ones" in page and navigator(page) == ["Large ones"]
    assert "Expected amount from 3000" in text_of(page) and "4 of 4" in text_of(page)
    assert navigator(root.page("/tracking/")) == []
    assert root.get(place).status_code == root.get("/tracking/view/view:none").status_code == 404
    shut = root.page(f"{DEALS}?{QUERY}&view={place.rpartition('/')[2]}")
    assert "Large ones" not in shut and "<h1>Deals by name" in shut


def test_a_view_is_changed_where_it_is_shown(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    place = keep(anna, "Large ones")
    docid = place.rpartition("/")[2]
    page = anna.page(f"{DEALS}?amount.from=5000&view={docid}")
    assert "<h1>Deals by name" in page
    (action,) = re.findall(r'action="([^"]+/change[^"]*)"', page)
    assert "Save changes to “Large ones”" in text_of(page)
    assert anna.submit(unescape(action), {}, at=DEALS).status_code == 303
    assert door(office, "anna.snelling", "tracking").view(docid).text == "amount.from=5000"
    assert "2 of 2" in text_of(opened(anna, place))


def test_who_may_not_share_is_not_offered_it_and_is_refused(app: Flask) -> None:
    anna, root = browser(app, "anna.snelling"), browser(app, "rita.root")
    offered = anna.page(f"{DEALS}?{QUERY}")
    assert "Only me" in offered and "Everybody who may read" not in offered
    forced = anna.submit(f"{DEALS}/keep?{QUERY}", {"name": "x", "shared": "1"}, at=DEALS)
    assert forced.status_code == 403 and "You may not share views" in text_of(forced.text)
    place = keep(root, "For all", "1")
    page = opened(anna, place)
    assert navigator(page) == ["For all"] and "Save changes" not in page
    docid = place.rpartition("/")[2]
    for path in ("edit", "delete"):
        assert f"/tracking/{docid}/{path}" not in anna.page(f"/tracking/{docid}")
    refused = anna.submit(f"{DEALS}/change?sort=name&view={docid}", {}, at=DEALS)
    assert refused.status_code == 403


def test_a_view_without_a_name_is_not_lost(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    answer = anna.submit(f"{DEALS}/keep?{QUERY}", {"name": " "}, at=DEALS)
    assert answer.status_code == 422
    assert "Please fill this in." in text_of(answer.text) and "from 3000" in text_of(answer.text)
    assert anna.submit(f"{DEALS}/keep", {"name": "x"}, at=DEALS).status_code == 400
    bad = anna.submit(f"{DEALS}/keep?amount.from=x", {"name": "x"}, at=DEALS)
    assert bad.status_code == 400


def test_columns_alone_are_a_view_too(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    page = opened(anna, keep(anna, "Short", query="columns=name,amount"))
    assert "<h1>Short" in page and page.count('<th scope="col"') == 2


def test_it_is_renamed_and_deleted_as_any_document(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    place = keep(anna, "Large ones")
    path = place.replace("/view/view:", "/view:")
    page = anna.page(f"{path}/edit")
    assert 'name="name"' in page and 'name="query"' not in page and 'name="owner"' not in page
    given = {"rev": rev_of(page), "name": "Big ones", "people": "anna.snelling"}
    assert anna.submit(f"{path}/edit", given).status_code == 303
    page = anna.page(path)
    assert "Big ones" in page and place in page
    gone = anna.submit(f"{path}/delete", {"rev": rev_of(page)}, at=path)
    assert gone.status_code == 303
    assert anna.get(place).status_code == 404 and navigator(anna.page("/tracking/")) == []


def test_a_view_of_a_listing_that_is_gone_says_so(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    place = keep(anna, "Large ones")
    store = office.server.database("tracking")
    design = store.get("_design/divan")
    del design["listings"]["deals_by_name"]
    store.put(design)
    answer = anna.get(place)
    assert answer.status_code == 404
    assert "The listing of this view is not there any more." in text_of(answer.text)
