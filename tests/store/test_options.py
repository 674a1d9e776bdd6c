"""Query parameters to options."""

from typing import Any

import pytest

from store.errors import BadRequest, QueryParseError
from store.options import changes_options, view_options
from store.types import ChangesOptions, ViewOptions


def test_without_parameters_the_defaults_hold() -> None:
    assert view_options() == ViewOptions()
    assert changes_options() == ChangesOptions()


def test_keys_are_json_and_null_is_a_key() -> None:
    options = view_options({"startkey": '["a",{}]', "endkey": "null", "limit": "10"})
    assert (options.startkey, options.endkey, options.limit) == (["a", {}], None, 10)
    assert view_options({"start_key": "1"}).startkey == 1
    assert view_options({"keys": '["a",1]'}).keys == ("a", 1)
    assert not view_options({}).key and view_options({"key": "false"}).key is False


def test_a_body_is_json_already_and_the_address_wins() -> None:
    options = view_options(
        {"limit": "1", "descending": "true"}, {"keys": ["k"], "limit": 2, "group": True}
    )
    assert options == ViewOptions(keys=("k",), limit=1, group=True, descending=True)


def test_stale_is_the_old_name_of_update() -> None:
    assert view_options({"stale": "ok"}).update == "false"
    assert view_options({"stale": "update_after"}).update == "lazy"


def test_parameters_of_others_are_ignored() -> None:
    assert view_options({"callback": "f", "_": "123"}) == ViewOptions()


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "-1"}, {"limit": "x"}, {"descending": "yes"},
        {"keys": '"a"'}, {"update": "later"}, {"stale": "x"}, {"partition": "p"},
        {"group": "false", "group_level": "1"}, {"limit": "9" * 20},
        {"skip": "1.5"}, {"group_level": "-1"},
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(QueryParseError):
        view_options(query)


@pytest.mark.parametrize("query", [{"key": "a"}, {"key": "NaN"}, {"startkey": "["}])
def test_a_key_that_is_not_json_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        view_options(query)


def test_changes_take_ids_and_filters() -> None:
    query = {"since": "12", "style": "all_docs", "filter": "d/mine", "person": "anna"}
    options = changes_options(query)
    assert (options.since, options.style, options.filter) == (12, "all_docs", "d/mine")
    assert options.query["person"] == "anna"
    by_ids = changes_options({"filter": "_doc_ids"}, {"doc_ids": ["a", "b"]})
    assert by_ids.doc_ids == ("a", "b")
    assert changes_options({"filter": "_doc_ids", "doc_ids": '["a"]'}).doc_ids == ("a",)
    chosen = changes_options({"filter": "_selector"}, {"selector": {"form": "deal"}})
    assert chosen.selector == {"form": "deal"}
    assert changes_options({"since": "now"}).since == "now"
    assert changes_options({"since": "3-g1AAA"}).since == "3-g1AAA"


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ({"filter": "_doc_ids"}, None),
        ({"filter": "_selector"}, None),
        ({"filter": "_doc_ids"}, {"doc_ids": "a"}),
        ({"filter": "_doc_ids"}, {"doc_ids": [1]}),
        ({"style": "some"}, None),
        ({"limit": "many"}, None),
    ],
)
def test_wrong_changes_parameters_are_refused(
    query: dict[str, str], body: dict[str, Any] | None
) -> None:
    with pytest.raises((BadRequest, QueryParseError)):
        changes_options(query, body)


def test_a_selector_counts_for_its_filter_alone() -> None:
    body = {"selector": {"a": 1}}
    assert changes_options({"filter": "_selector"}, body).selector == {"a": 1}
    assert changes_options({"filter": "_design"}, body).selector is None
    for bad in ({}, {"selector": [1]}):
        with pytest.raises(BadRequest):
            changes_options({"filter": "_selector"}, bad)
