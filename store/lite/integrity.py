"""Whether a database file is sound, in SQLite's own words."""

from pathlib import Path
from urllib.parse import quote

from store.lite.connections import open_file
from store.lite.errors import translating
from store.lite.server import SUFFIX


def integrity(directory: Path, name: str) -> list[str]:
    """What SQLite's `integrity_check` finds wrong in the file of database `name`; `[]` if sound.

    Raises Unavailable or UnsupportedFormat where the file cannot be read at all.
    """
    path = (directory / (quote(name, safe="") + SUFFIX)).absolute()
    with translating(str(path)):
        conn = open_file(path, "rw")
        try:
            found = [str(row[0]) for row in conn.execute("PRAGMA integrity_check(20)")]
        finally:
            conn.close()
    return [] if found == ["ok"] else found
