"""The buttons of a memo."""

from collections.abc import Mapping
from typing import Any

from plugin import Documents, Message, Raw


def mark_read(documents: Documents, memo: Raw, items: Mapping[str, Any]) -> Message:
    """Mark a memo as read; it moves below the unread ones."""
    documents.save(memo["_id"], memo["_rev"], {"seen": True})
    return Message("Marked as read.")


def mark_unread(documents: Documents, memo: Raw, items: Mapping[str, Any]) -> Message:
    """Mark a memo as unread; it moves back to the top."""
    documents.save(memo["_id"], memo["_rev"], {"seen": False})
    return Message("Marked as unread.")
