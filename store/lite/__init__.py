"""The embedded store: SQLite for storage, QuickJS for design documents."""

from store.lite.server import LiteServer

__all__ = ["LiteServer"]
