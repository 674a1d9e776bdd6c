"""A part of a document's text around the words that were looked for."""

from collections.abc import Iterator, Sequence

from plugin.runtime.context import PLACE, Context
from plugin.runtime.door.document import Document
from plugin.runtime.forms.form import is_empty
from store.text import Word
from store.text.words import folded

Excerpt = tuple[tuple[str, bool], ...]
"""Pieces of a text in their order; True for those that were looked for."""

LOOKED_THROUGH = 5000
BEFORE, LONG = 30, 120
"""Characters of an excerpt before its first word, and in all."""


def excerpt(ctx: Context, doc: Document, wanted: Sequence[Sequence[Word]]) -> Excerpt:
    """From the first item of words outside the title that holds one of the words; empty where none
    does."""
    words = [word.text for group in wanted for word in group]
    for text in _texts(ctx, doc):
        same = "".join(folded(char)[:1] or char for char in text)
        places = [place for word in words for place in _places(same, word)]
        if places:
            begin = max(0, min(places) - BEFORE)
            end = begin + LONG
            return tuple(_pieces(text[begin:end], same[begin:end], words))
    return ()


def _texts(ctx: Context, doc: Document) -> Iterator[str]:
    form = ctx.form(doc.form)
    title = PLACE.findall(form.subject)
    for item in form.items.values():
        value = doc.get(item.name)
        shown = item.kind in ("text", "richtext") and item.name not in title
        if shown and not is_empty(value):
            yield " ".join(str(value)[:LOOKED_THROUGH].split())


def _pieces(text: str, same: str, words: Sequence[str]) -> Iterator[tuple[str, bool]]:
    marked = [False] * len(text)
    for word in words:
        for at in _places(same, word):
            marked[at : at + len(word)] = [True] * len(word)
    begin = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or marked[at] != marked[begin]:
            yield text[begin:at], marked[begin]
            begin = at


def _places(same: str, word: str) -> Iterator[int]:
    """Where the word stands; a Latin one only where a word begins."""
    at = same.find(word)
    while at >= 0:
        if at == 0 or not (same[at - 1].isascii() and same[at - 1].isalnum()):
            yield at
        at = same.find(word, at + 1)
