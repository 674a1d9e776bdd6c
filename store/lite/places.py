"""The place of a key among all rows of a view: what CouchDB calls `offset`."""

import sqlite3
from bisect import bisect_left
from itertools import accumulate

from store.collation import END, group_key
from store.lite.tally import Tallies
from store.lite.totals import ViewState
from store.lite.views import View

MOST = 100_000
"""How many rows may be counted for one call: some milliseconds."""
MANY_GROUPS = 5000
"""Where a view has more, many queries at once get no `offset`."""


class Places:
    """Counts rows below a key, looking at no more than `patience` rows one by one."""

    def __init__(
        self, conn: sqlite3.Connection, view: View, state: ViewState, patience: int
    ) -> None:
        self._conn = conn
        self._view = view
        self._tallies = Tallies(conn, view, state.depth or 0, summed=False)
        self._patience = patience
        # One query asks for one place; for many it pays to know where all groups begin.
        self._wants_groups = bool(state.depth) and patience < MOST
        self._hopeless = False
        self._groups: tuple[list[bytes], list[int]] | None = None

    def below(self, key: bytes) -> int | None:
        """How many rows have a lesser key; None where it would take too long to count them."""
        if self._wants_groups and self._groups is None and not self._hopeless:
            self._groups = self._read_groups()
        if self._hopeless:
            return None
        if self._groups is None:
            return self._tallies.count(b"", key, self._patience)
        prefixes, sums = self._groups
        prefix = group_key(key, 1)
        before = sums[bisect_left(prefixes, prefix)]
        if key <= prefix + END:
            return before
        inside = self._tallies.count(prefix, key, self._patience)
        return None if inside is None else before + inside

    def _read_groups(self) -> tuple[list[bytes], list[int]] | None:
        found = self._conn.execute(
            f"SELECT prefix, rows FROM totals_{self._view.number} WHERE level = 1"
            f" ORDER BY prefix LIMIT {MANY_GROUPS + 1}"
        ).fetchall()
        if len(found) > MANY_GROUPS:
            self._hopeless = True  # each of the many places would be counted over as many groups
            return None
        return [prefix for prefix, _ in found], list(accumulate((n for _, n in found), initial=0))
