"""Sort keys put JSON in CouchDB's order."""

import json
import math
import random
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import collation
from store.collation import group_key, sort_key
from tests.store import icu

ORACLE = icu.load()
ICU = json.loads(Path(__file__).with_name("icu_order.json").read_text("utf-8"))["order"]

# CouchDB 3.5 documentation, "View Collation": the order of types, and that of ASCII characters.
DOCUMENTED = [
    None, False, True, 1, 2, 3.0, 4, "a", "A", "aa", "b", "B", "ba", "bb", ["a"], ["b"],
    ["b", "c"], ["b", "c", "a"], ["b", "d"], ["b", "d", "e"], {"a": 1}, {"a": 2}, {"b": 1},
    {"b": 2}, {"b": 2, "c": 2},
]  # fmt: skip
# The documentation's table, from an old ICU, has ` and ^ first; ICU's root of today does not.
ASCII = """ _-,;:!?.'"()[]{}@*/\\&#%`^+<=>|~$0123456789"""
LETTERS = "aAbBcCdDeEfFgGhHiIjJkKlLmMnNoOpPqQrRsStTuUvVwWxXyYzZ"


def test_documented_order() -> None:
    keys = [sort_key(value) for value in DOCUMENTED]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_ascii_order() -> None:
    keys = [sort_key(char) for char in ASCII + LETTERS]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys) == 95


def test_recorded_order_of_icu() -> None:
    keys = [{sort_key(text) for text in equal} for equal in ICU]
    assert all(len(equal) == 1 for equal in keys)
    flat = [equal.pop() for equal in keys]
    assert flat == sorted(flat)
    assert len(set(flat)) == len(flat) > 500


MARKS = [chr(point) for point in range(0x300, 0x34E)]
SCRIPTS = {
    "Latin": (*"abcz ABZ lL·019-", *map(chr, range(0xC0, 0x24F))),
    "Cyrillic": tuple(map(chr, range(0x400, 0x460))),
    "Arabic": tuple(map(chr, range(0x620, 0x660))),
    "Indic": tuple(map(chr, range(0x980, 0xDFF))),
    "Thai": (*map(chr, range(0xE01, 0xE3A)), *map(chr, range(0xE40, 0xE4F))),
    "Lao": tuple(map(chr, range(0xE81, 0xEDF))),
    "Tibetan": tuple(map(chr, range(0xF40, 0xFBC))),
    "kana": tuple(map(chr, range(0x3041, 0x30FF))),
    "Hangul": tuple(map(chr, range(0xAC00, 0xAC40))),
    "Han": tuple("一丁客户中国上海"),
}


def known(chars: Iterable[str]) -> list[str]:
    return [char for char in chars if unicodedata.category(char) != "Cn"]


@pytest.mark.skipif(ORACLE is None, reason="libicu is not installed")
@pytest.mark.parametrize("script", [*SCRIPTS, "contractions"])
def test_random_texts_compare_as_in_icu(script: str) -> None:
    """Of one script, with and without marks; orders by radical of Han are not ICU's here."""
    assert ORACLE is not None
    rng = random.Random(script)
    chars = known(SCRIPTS[script]) if script in SCRIPTS else ORACLE.contractions()
    chars = [text for text in chars if all(map(known, text))]
    for _ in range(1500):
        pool = rng.choice((chars, chars + MARKS))
        one = [rng.choice(pool) for _ in range(rng.randrange(1, 7))]
        other = rng.choice((rng.sample(one, len(one)), [rng.choice(pool) for _ in one]))
        a, b = "".join(one), "".join(other)
        by_icu = (ORACLE.sort_key(a) > ORACLE.sort_key(b)) - (
            ORACLE.sort_key(a) < ORACLE.sort_key(b)
        )
        assert (sort_key(a) > sort_key(b)) - (sort_key(a) < sort_key(b)) == by_icu, (a, b)


@pytest.mark.parametrize(
    "ordered",
    [
        ["กา", "เก", "แก", "ขา", "เข"],  # the vowel follows its consonant, though written first
        ["ກາ", "ເກ", "ແກ", "ຂາ", "ເຂ"],
        ["и", "й", "к"],
    ],
)  # fmt: skip
def test_contractions_and_accents(ordered: list[str]) -> None:
    keys = list(map(sort_key, ordered))
    assert keys == sorted(keys)


def test_han_follow_all_other_writing_by_code_point() -> None:
    texts = ["z", "я", "힣", "ん", "㐀", "一", "丁", "客", "客户", "龥", "\U00020000", "\ufff0"]
    keys = [sort_key(text) for text in texts]
    assert keys == sorted(keys)


def test_high_keys_close_a_range() -> None:
    for text in ("", "a", "客户", "\U0001f600", "ẑ", "~"):
        for high in ("\ufff0", "\uffff"):
            assert sort_key("x") < sort_key("x" + text) < sort_key("x" + high) or not text
            assert sort_key(["x", text]) < sort_key(["x", high]) < sort_key(["x", {}])


def test_accents_and_case_count_only_between_equal_letters() -> None:
    texts = ["cote", "Cote", "coté", "Coté", "côte", "cotes", "Cotes"]
    keys = [sort_key(text) for text in texts]
    assert keys == sorted(keys)


def test_the_same_text_composed_or_not() -> None:
    assert sort_key("é") == sort_key("e\u0301")
    assert sort_key("한") == sort_key("\u1112\u1161\u11ab")
    assert sort_key("Й") == sort_key("И\u0306")


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**60), 2**60)))
def test_numbers_by_value(numbers: list[float]) -> None:
    ordered = sorted(numbers, key=float)
    keys = [sort_key(number) for number in ordered]
    assert keys == sorted(keys)


def test_equal_numbers_are_one_key() -> None:
    assert sort_key(1) == sort_key(1.0)
    assert sort_key(0) == sort_key(-0.0)
    assert sort_key(10**400) > sort_key(1.7e308)
    assert sort_key(-(10**400)) < sort_key(-math.pi)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=8,
)  # fmt: skip


@settings(deadline=None)
@given(JSON, JSON)
def test_no_key_begins_another(one: object, other: object) -> None:
    a, b = sort_key(one), sort_key(other)
    assert a == b or not (a.startswith(b) or b.startswith(a))
    assert b"" < a < collation.HIGHEST


@settings(deadline=None)
@given(st.lists(JSON, max_size=4), st.lists(JSON, max_size=4))
def test_arrays_member_by_member(one: list[object], other: list[object]) -> None:
    by_members = [sort_key(value) for value in one] < [sort_key(value) for value in other]
    assert (sort_key(one) < sort_key(other)) == by_members


@settings(deadline=None)
@given(st.lists(JSON, max_size=4), st.integers(1, 5))
def test_group_key_is_that_of_the_first_members(key: list[object], level: int) -> None:
    group = group_key(sort_key(key), level)
    assert sort_key(key).startswith(group)
    assert group == group_key(sort_key(key[:level]), level)
    assert group_key(group, level) == group


def test_what_is_not_json() -> None:
    with pytest.raises(TypeError):
        sort_key({1, 2})


def test_the_version_names_what_keys_depend_on() -> None:
    assert "ICU" in collation.version()
    assert "Unicode" in collation.version()
