"""Chinese names as people type them with Latin letters: 北京华联 by `bjhl` or `beijinghualian`."""

import re
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

LONGEST = 12
"""Characters of a run that are taken; a longer one is a sentence, not a name."""
_RUN = re.compile("[\u3400-\u9fff]+")


def spelled(text: str) -> list[str]:
    """For each place in a run of Chinese characters the initials and the syllables from there to
    its end: what is typed begins one of them, also in the middle of a name."""
    found: dict[str, None] = {}
    for run in _RUN.findall(text):
        syllables: Sequence[str] = _dictionary().lazy_pinyin(run[:LONGEST])
        initials = [syllable[0] for syllable in syllables]
        for at in range(len(syllables)):
            found["".join(initials[at:])] = None
            found["".join(syllables[at:])] = None
    return list(found)


@cache
def _dictionary() -> Any:
    """The package, loaded when the first Chinese title comes: its words take a fifth of a second,
    which every command would wait for."""
    return import_module("pypinyin")
