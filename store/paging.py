"""The changes feed in pages, where a backend gives it whole: `Database.changes_pages`."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from store.types import ChangesOptions, Json

ROWS = 1000


def pages(
    read: Callable[[ChangesOptions], dict[str, Json]], options: ChangesOptions
) -> Iterator[dict[str, Json]]:
    """What `read` answers, by asking for a part at a time. A descending feed comes whole, since
    `since` counts for nothing in it."""
    if options.descending:
        yield read(options)
        return
    left, since = options.limit, options.since
    while True:
        limit = ROWS if left is None else min(left, ROWS)
        page = read(replace(options, since=since, limit=limit))
        yield page
        found = len(page["results"])
        left = None if left is None else left - found
        if left == 0 or found < limit or page.get("pending") == 0:
            return
        since = page["last_seq"]
