"""CouchDB's Mango queries, pure: selectors, indexes, which index serves a query. No I/O."""
