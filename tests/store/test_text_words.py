"""Texts as words, and words one slip apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.text import Word, query_words, words
from store.text.spelling import can_be_misspelt, forms, is_one_slip

TEXTS = st.text(st.sampled_from("aäbß éЖ客户关系管理あ가 -_.,1２") | st.characters(), max_size=40)
LETTERS = st.text(st.sampled_from("abcde"), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Größe & Maß", ["grosse", "mass"]),
        ("Müller-Lüdenscheidt", ["muller", "ludenscheidt"]),
        ("ＡＢＣ１２３", ["abc123"]),
        ("D2026-0012", ["d2026", "0012"]),
        ("wang.li@example.com", ["wang", "li", "example", "com"]),
        ("客户", ["客户", "户"]),
        ("A4纸张", ["a4", "纸张", "张"]),
        ("한국어", ["한국", "국어", "어"]),
        ("s_1 _", ["s", "1"]),
        ("", []),
    ],
)
def test_words_of_a_text(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Isdom", [Word("isdom", True)]),
        ("客户", [Word("客户", False)]),
        ("客", [Word("客", True)]),
        ("客户关系 crm", [Word("客户", False), Word("户关", False), Word("关系", False),
                        Word("crm", True)]),
        ("a", [Word("a", False)]),
        ("客户 客户", [Word("客户", False)]),
        ("  …!", []),
    ],
)  # fmt: skip
def test_words_that_are_asked_for(text: str, wanted: list[Word]) -> None:
    assert query_words(text) == wanted


@given(TEXTS)
def test_every_text_finds_itself(text: str) -> None:
    held = words(text)
    for word in query_words(text):
        assert word.text in held or any(w.startswith(word.text) for w in held if word.begins)


@given(TEXTS, st.integers(0, 40), st.integers(2, 6))
def test_every_part_of_a_chinese_run_is_found(text: str, start: int, length: int) -> None:
    part = "".join(c for c in text if "\u4e00" <= c <= "\u9fff")[start : start + length]
    run = f"客{part}户"
    assert {word.text for word in query_words(part)} <= {*words(run)} or len(part) == 1


@given(TEXTS)
def test_no_word_holds_what_marks_a_reader_set(text: str) -> None:
    for word in [*words(text), *(word.text for word in query_words(text))]:
        assert "_" not in word and '"' not in word and " " not in word


@given(LETTERS, st.integers(0, 8), st.sampled_from("abcdez"))
def test_one_slip_is_told_from_two(word: str, place: int, letter: str) -> None:
    at = place % len(word)
    slips = {
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
    }
    for slip in slips - {word}:
        assert is_one_slip(word, slip) and is_one_slip(slip, word), (word, slip)
        assert forms(word) & forms(slip)
    assert not is_one_slip(word, word)
    assert not is_one_slip(word, f"{word}xy")
    assert not is_one_slip(word + "aa", word + "xy")


def test_numbers_codes_and_chinese_are_taken_as_typed() -> None:
    assert [can_be_misspelt(word) for word in ("word", "abc", "d2026", "客户关系", "x" * 30)] == [
        True, False, False, False, False
    ]  # fmt: skip
