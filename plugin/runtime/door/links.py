"""Documents that a document links to, read once for each operation."""

from plugin.runtime.context import Context
from plugin.runtime.door.document import Raw
from plugin.runtime.door.reading import fetch
from plugin.runtime.errors import NotFound


class Links:
    """Linked documents as the server sees them and as the person may."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._contexts: dict[tuple[str, bool], Context | None] = {}
        self._found: dict[tuple[str, str, bool], Raw | None] = {}

    def readable(self, database: str, docid: str) -> Raw | None:
        """The document if the person may read it."""
        return self._get(database, docid, as_server=self._ctx.system)

    def known(self, database: str, docid: str) -> Raw | None:
        """The document if it is there. For rules that copy its readers, never for showing it."""
        return self._get(database, docid, as_server=True)

    def _get(self, database: str, docid: str, *, as_server: bool) -> Raw | None:
        key = (database, docid, as_server)
        if key not in self._found:
            ctx = self._context(database, as_server)
            try:
                self._found[key] = fetch(ctx, docid) if ctx else None
            except NotFound:
                self._found[key] = None
        return self._found[key]

    def _context(self, database: str, as_server: bool) -> Context | None:
        key = (database, as_server)
        if key not in self._contexts:
            session = self._ctx.session.as_server() if as_server else self._ctx.session
            try:
                self._contexts[key] = session.context(database)
            except NotFound:
                self._contexts[key] = None
        return self._contexts[key]
