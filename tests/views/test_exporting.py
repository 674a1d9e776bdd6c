"""Export on a listing's page."""

import io
import re
from html import unescape

from flask import Flask
from openpyxl import load_workbook

from tests.views.kit import browser


def links(page: str) -> list[str]:
    return [unescape(one) for one in re.findall(r'href="([^"]+)" download', page)]


def test_the_menu_gives_what_the_page_shows(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    page = anna.page("/customers/listing/customers_by_region?contains=华能")
    excel, whole, text, _ = links(page)
    answer = anna.get(text)
    assert answer.mimetype == "text/csv"
    assert answer.text.startswith("\ufeff") and "上海华能科技" in answer.text
    assert "Isdom" not in answer.text
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment") and ".csv" in disposition
    answer.headers["Content-Disposition"].encode("latin-1")
    for path in (excel, whole):
        with anna.get(path) as answer:
            sheet = load_workbook(io.BytesIO(answer.data)).active
        assert sheet.max_row == 2


def test_what_is_not_there_is_not_there(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    for path in (
        "/customers/listing/customers_by_region.pdf",
        "/customers/listing/nothing.csv",
        "/credentials/listing/nothing.csv",
        "/mail_rita_root/listing/inbox.csv",
    ):
        assert anna.get(path).status_code == 404, path


def test_others_rows_are_not_in_it(app: Flask) -> None:
    cecily = browser(app, "cecily.lampkin")
    text = cecily.get("/tracking/listing/deals_by_name.csv?all=1").text
    assert "Deal 1" not in text
    assert browser(app).get("/tracking/listing/deals_by_name.csv").status_code == 303


def test_a_chinese_title_is_the_name_of_the_file(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    anna.submit("/language/zh_Hans", {}, at="/")
    answer = anna.get("/customers/listing/customers_by_name.csv")
    disposition = answer.headers["Content-Disposition"]
    disposition.encode("latin-1")  # what a header may hold
    assert "filename*=UTF-8''%E" in disposition
