"""Words that are one slip of the typing finger from another. Pure.

By deletions alone: two words that differ by one letter too many, too few, wrong or exchanged with
its neighbour have a form in common when one letter is left out of each ("symmetric delete").
"""

import re
from collections.abc import Iterator

SHORTEST, LONGEST = 4, 24
_LETTERS = re.compile(r"[^\W\d_]+")


def can_be_misspelt(word: str) -> bool:
    """Numbers, codes and short words are taken as they are typed."""
    return (
        SHORTEST <= len(word) <= LONGEST and _LETTERS.fullmatch(word) is not None and word.isascii()
    )


def forms(word: str) -> set[str]:
    """The word, and the word with any one letter left out."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def is_one_slip(one: str, other: str) -> bool:
    """Whether one slip makes the one word of the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    return (
        other in forms(one)
        or one in forms(other)
        or any(changed == other for changed in _same_length(one, other))
    )


def _same_length(one: str, other: str) -> Iterator[str]:
    """`one` with the letter replaced, or the two exchanged, where it first differs."""
    if len(one) != len(other):
        return
    at = next(n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
    yield one[:at] + other[at] + one[at + 1 :]
    yield one[:at] + one[at + 1 : at + 2] + one[at] + one[at + 2 :]
