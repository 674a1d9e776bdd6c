"""Texts as words of an index. Pure.

Languages with blanks: a word in lower case, without accents. Chinese, Japanese and Korean have none
between words: each two neighbours are a word, and the last character of a run is one by itself. So
a word of two characters or more is found by its pairs, and a single one by what begins with it.
"""

import re
import unicodedata
from dataclasses import dataclass

LONGEST = 64
"""Characters of a word that count."""
MOST_ASKED = 12
"""Words of a question that count."""

_RUN = re.compile(r"[^\W_]+")
_WITHOUT_BLANKS = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_PART = re.compile(f"[{_WITHOUT_BLANKS}]+|[^{_WITHOUT_BLANKS}]+")
_CHARACTER = re.compile(f"[{_WITHOUT_BLANKS}]")


@dataclass(frozen=True)
class Word:
    """One word that is asked for; `begins`: also words that begin so."""

    text: str
    begins: bool


def words(text: str) -> list[str]:
    """The words of a text in their order, each as often as it stands there."""
    return [word for part in _parts(text) for word in (_pairs(part) if _is_run(part) else [part])]


def query_words(text: str) -> list[Word]:
    """What a document must hold to be found by this text; empty where it says nothing."""
    found: dict[Word, None] = {}
    for part in _parts(text):
        if not _is_run(part):
            found[Word(part, len(part) > 1)] = None
        elif len(part) == 1:
            found[Word(part, True)] = None
        else:
            found |= dict.fromkeys(Word(pair, False) for pair in _pairs(part)[:-1])
    return list(found)[:MOST_ASKED]


def folded(text: str) -> str:
    """Lower case, without accents, wide and compatibility forms as the plain ones."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in apart if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", bare)


def _parts(text: str) -> list[str]:
    """Words of languages with blanks, and runs of those without."""
    return [
        part if _is_run(part) else part[:LONGEST]
        for run in _RUN.findall(folded(text))
        for part in _PART.findall(run)
    ]


def _is_run(part: str) -> bool:
    return _CHARACTER.match(part) is not None


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run))]
