"""What all handles of one embedded database share beside its file: design documents, validation,
indexes."""

from collections.abc import Callable
from dataclasses import dataclass, field

from store.lite.designs import DesignCache
from store.lite.filters import Filters
from store.lite.index import Indexes
from store.lite.pending import PendingCounts
from store.lite.storage import Storage
from store.lite.tasks import Tasks
from store.lite.validate import Validation
from store.types import Doc, UserContext

BeforeUpdate = Callable[[str, Doc, UserContext], Doc]
"""Given the database, a document and who writes it, returns what is written; raises StoreError to
refuse."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """One open database of a LiteServer."""

    storage: Storage
    designs: DesignCache
    validation: Validation
    indexes: Indexes
    filters: Filters
    tasks: Tasks
    before_update: BeforeUpdate | None = None
    pending: PendingCounts = field(default_factory=PendingCounts)
