"""CouchDB's HTTP API over any `store.api.Server`, as a WSGI application (werkzeug)."""

from store.wire.app import protocol_app

__all__ = ["protocol_app"]
