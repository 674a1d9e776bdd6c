"""`GET /db`, `_security`, `_revs_limit`: what is known about a database as a whole."""

import json
import sqlite3
from pathlib import Path

from store.errors import BadRequest
from store.lite.schema import FORMAT
from store.lite.storage import Storage, Transaction, read_state
from store.types import Json

MOST = 1 << 62
"""Above every limit: what is larger could not be stored."""


def info(storage: Storage) -> dict[str, Json]:
    """CouchDB's members; `sizes` in bytes: `file` on disk, `active` and `external` in use."""
    with storage.reading() as conn:
        state = read_state(conn)
        active = _active(conn)
    return {
        "db_name": storage.name,
        "doc_count": state.doc_count,
        "doc_del_count": state.doc_del_count,
        "update_seq": state.update_seq,
        "purge_seq": state.purge_seq,
        "sizes": {"file": _on_disk(storage.path), "active": active, "external": state.external},
        "instance_start_time": state.created,
        "disk_format_version": FORMAT,
        "props": {},
        "cluster": {"q": 1, "n": 1, "w": 1, "r": 1},
    }


def set_revs_limit(tx: Transaction, limit: int) -> None:
    if type(limit) is not int or not 0 < limit < MOST:
        raise BadRequest(f"`_revs_limit` must be a number above 0 and below {MOST}")
    tx.state.revs_limit = limit


def security(conn: sqlite3.Connection) -> dict[str, Json]:
    found: dict[str, Json] = json.loads(read_state(conn).security)
    return found


def _active(conn: sqlite3.Connection) -> int:
    page, pages, free = (
        conn.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_size", "page_count", "freelist_count")
    )
    active: int = (pages - free) * page
    return active


def _on_disk(path: Path) -> int:
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
