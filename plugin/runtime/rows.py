"""All rows of a listing, for agents and jobs that must see every document of a key."""

from collections.abc import Iterator, Sequence
from typing import Any

from plugin.runtime.listing import Row
from plugin.runtime.session import Session

PAGE = 200


def every_row(
    session: Session, database: str, listing: str, prefix: Sequence[Any] = ()
) -> Iterator[Row]:
    """The rows whose key begins with `prefix`, in the order of the listing, read page by page.

    Collect them before you write documents that this changes the place of. Raises NotFound where
    there is no such listing.
    """
    source = session.listing(database, listing)
    after = None
    while True:
        page = source.page(prefix=list(prefix), limit=PAGE, after=after)
        yield from page.rows
        if page.next is None:
            return
        after = page.next
