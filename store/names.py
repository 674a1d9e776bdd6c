"""Which names a database may have: CouchDB's rule, and its own databases. Pure."""

import re

from store.errors import IllegalName

SYSTEM = ("_users", "_replicator", "_global_changes")
_LEGAL = re.compile(r"[a-z][a-z0-9_$()+/-]*\Z")


def is_legal(name: str) -> bool:
    return _LEGAL.match(name) is not None or name in SYSTEM


def check(name: str) -> None:
    """Raises IllegalName."""
    if not is_legal(name):
        raise IllegalName(
            f"Name: '{name}'. Only lowercase characters (a-z), digits (0-9), and any of the"
            " characters _, $, (, ), +, -, and / are allowed. Must begin with a letter."
        )
