"""A full-text index in a file of its own, fed from changes feeds and filtered by reader set."""

from store.text.index import Change, Followed, Hit, TextIndex
from store.text.words import Word, query_words, words

__all__ = ["Change", "Followed", "Hit", "TextIndex", "Word", "query_words", "words"]
