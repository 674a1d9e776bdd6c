"""What all handles of one embedded database share beside its file: design documents, validation,
indexes."""

from dataclasses import dataclass

from store.lite.designs import DesignCache
from store.lite.filters import Filters
from store.lite.index import Indexes
from store.lite.storage import Storage
from store.lite.validate import Validation


@dataclass(frozen=True, slots=True)
class Shelf:
    """One open database of a LiteServer."""

    storage: Storage
    designs: DesignCache
    validation: Validation
    indexes: Indexes
    filters: Filters
