"""Python and JavaScript find the same problems: by cases, and by documents made at random."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.runtime.forms.form_check import problems
from plugin.runtime.forms.form_reading import read_form
from tests.acl.javascript import JavaScript

DATA = json.loads(Path(__file__).with_name("form_cases.json").read_text(encoding="utf-8"))
FORM = read_form("trial", DATA["form"])


@pytest.fixture(scope="module")
def js() -> JavaScript:
    return JavaScript()


def in_python(doc: Any, old: Any, any_state: bool) -> dict[str, str]:
    return {name: str(one) for name, one in problems(FORM, doc, old, any_state=any_state).items()}


def in_javascript(js: JavaScript, doc: Any, old: Any, any_state: bool) -> dict[str, str]:
    found = js.call("form_check", "problems", DATA["form"], doc, old, any_state)
    return {name: one["text"].format(**one["params"]) for name, one in found.items()}


@pytest.mark.parametrize("case", DATA["cases"], ids=lambda case: case["why"])
def test_both_find_what_the_case_says(case: dict[str, Any], js: JavaScript) -> None:
    asked = (case["doc"], case.get("old"), case.get("any_state", False))
    assert in_python(*asked) == case["found"]
    assert in_javascript(js, *asked) == case["found"]


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-20, 20),
    st.floats(-20, 20, allow_nan=False).map(lambda x: round(x, 2)),
    st.text(alphabet="ab \u30001-:TZ.客😀", max_size=7),
    st.sampled_from(["2024-02-29", "2023-02-29", "open", "won", "lost", "a", "x", "USD"]),
    st.lists(st.sampled_from(["x", "y", "z", "", 3, None]), max_size=3),
    st.fixed_dictionaries(
        {"amount": st.sampled_from(["1", "1.5", "x", 2]), "currency": st.just("EUR")}
    ),
)
LINES = st.lists(
    st.fixed_dictionaries(
        {
            "step": st.sampled_from(["win", "lose", "reopen", "wish"]),
            "from": st.sampled_from(["open", "won", "lost"]),
            "to": st.sampled_from(["open", "won", "lost"]),
        }
    ),
    max_size=3,
)
DOCUMENTS = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys(DATA["form"]["items"], VALUES), "steps": LINES}
)


@settings(max_examples=400, deadline=None)
@given(doc=DOCUMENTS, old=st.none() | DOCUMENTS, any_state=st.booleans())
def test_both_find_the_same_in_any_document(
    js: JavaScript, doc: dict[str, Any], old: dict[str, Any] | None, any_state: bool
) -> None:
    assert in_python(doc, old, any_state) == in_javascript(js, doc, old, any_state)


def user(*roles: str) -> dict[str, Any]:
    return {"name": "anna", "roles": ["divan", *roles], "db": "trial"}


def test_the_store_refuses_what_the_form_does_not_allow(js: JavaScript) -> None:
    def refused(doc: dict[str, Any], old: dict[str, Any] | None = None) -> str | None:
        thrown = js.thrown("form_check", "check", {"trial": DATA["form"]}, doc, old, user())
        return thrown["forbidden"] if thrown else None

    made = {"at": "2026-11-22T06:00:00Z", "by": "anna"}
    good = {"_id": "trial:1", "form": "trial", "name": "ok", "created": made}
    assert refused(good) is None
    assert refused({**good, "name": ""}) == "Name: Please fill this in."
    assert refused({**good, "form": "other"}) == 'There is no form "other" in this database.'
    assert refused({"_id": "x"}) == "There is no form undefined in this database."
    other = {**made, "by": "ben"}
    assert refused({**good, "created": other}, good) is not None
    assert refused({**good, "stage": "won"}) is not None
    assert refused({"_id": "trial:1", "_deleted": True}, good) is None
    assert refused({"_id": "acl", "form": "acl"}) is None


def test_the_server_may_set_any_state(js: JavaScript) -> None:
    forms = {"trial": DATA["form"]}
    doc = {"_id": "trial:1", "form": "trial", "name": "ok", "stage": "won"}
    assert js.thrown("form_check", "check", forms, doc, None, user()) is not None
    assert js.thrown("form_check", "check", forms, doc, None, user("kind:server")) is None
