"""Backups of a data directory: made while it is in use, checked by digest, and restored."""

from store.backup.making import back_up, is_free
from store.backup.manifest import Manifest
from store.backup.restoring import restore_databases, restore_directory

__all__ = ["Manifest", "back_up", "is_free", "restore_databases", "restore_directory"]
