"""`$regex`: PCRE on UTF-8 bytes, as in CouchDB, within a time that no pattern can exceed."""

import time
from functools import lru_cache

import pcre2

from store.errors import BadQuery
from store.mango.errors import bad_arg, shown

SECONDS = 4.0
"""How long all searches for one pattern of one query may take together."""

STEPS = 20_000_000
"""What the first try of a search may cost, over all places where the match could begin."""
MOST_STEPS = 5_000_000
"""At one such place: some tenths of a second."""
FEWEST_STEPS = 20


def check(pattern: str) -> None:
    """Raise BadQuery where PCRE does not take the pattern."""
    try:
        _compiled(pattern, MOST_STEPS)
    except (pcre2.PatternError, UnicodeEncodeError) as error:
        raise bad_arg("$regex", pattern) from error


class Pattern:
    """A pattern with a clock of its own. Raises BadQuery."""

    def __init__(self, pattern: str) -> None:
        check(pattern)
        self._pattern = pattern
        self._left = SECONDS

    def found_in(self, text: str) -> bool:
        began = time.monotonic()
        try:
            return self._search(text.encode("utf-8", "surrogatepass"), began + self._left)
        finally:
            self._left -= time.monotonic() - began

    def _search(self, text: bytes, deadline: float) -> bool:
        # PCRE bounds the steps from each place, not their sum: long texts get fewer at each.
        # By powers of two, so that few different ones are compiled.
        steps = max(FEWEST_STEPS, min(STEPS >> len(text).bit_length(), MOST_STEPS))
        try:
            return _compiled(self._pattern, steps).search(text) is not None
        except pcre2.LibraryError:
            return self._step_by_step(text, deadline)

    def _step_by_step(self, text: bytes, deadline: float) -> bool:
        """Place by place with all steps and an eye on the clock."""
        pattern = _compiled(self._pattern, MOST_STEPS)
        for place in range(len(text) + 1):
            if time.monotonic() > deadline:
                raise _took_too_long(self._pattern)
            try:
                if pattern.match(text, place) is not None:
                    return True
            except pcre2.LibraryError as error:
                raise _took_too_long(self._pattern) from error
        return False


def _took_too_long(pattern: str) -> BadQuery:
    return BadQuery("bad_arg", f"The search for $regex takes too long: {shown(pattern)}")


@lru_cache(maxsize=256)
def _compiled(pattern: str, steps: int) -> "pcre2.Pattern":
    # A larger limit of the pattern's own has no effect: PCRE takes the least.
    return pcre2.compile(f"(*LIMIT_MATCH={steps}){pattern}".encode(), jit=False)
