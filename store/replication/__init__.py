"""CouchDB's replication algorithm between any two `store.api.Database`s."""

from store.replication.replicate import replicate
from store.replication.values import Progress, Refused, Summary

__all__ = ["Progress", "Refused", "Summary", "replicate"]
