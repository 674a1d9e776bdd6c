"""CouchDB's replication algorithm between any two `store.api.Database`s."""

from store.cancel import Cancel
from store.replication.reading import left_behind
from store.replication.replicate import agree, replicate
from store.replication.values import Counts, Options, Progress, Refused, Summary

__all__ = [
    "Cancel",
    "Counts",
    "Options",
    "Progress",
    "Refused",
    "Summary",
    "agree",
    "left_behind",
    "replicate",
]
