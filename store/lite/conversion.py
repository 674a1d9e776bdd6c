"""Files of format 1, where an attachment was one value, to format 2, where it is in pieces."""

import sqlite3

_USES = (
    "INSERT OR IGNORE INTO uses SELECT bodies.key, contents.key"
    " FROM bodies, json_each(bodies.attachments) AS part"
    " JOIN contents ON contents.digest = json_extract(part.value, '$.digest')"
    " WHERE bodies.attachments IS NOT NULL"
)
_EXTERNAL = (
    "UPDATE state SET external = (SELECT coalesce(sum(length(body)), 0) FROM bodies) + ("
    "SELECT coalesce(sum(json_extract(part.value, '$.length')), 0)"
    " FROM bodies, json_each(bodies.attachments) AS part WHERE bodies.attachments IS NOT NULL)"
)


def from_format_1(conn: sqlite3.Connection, tables: str, piece: int) -> None:
    """Move the attachments of the file within the transaction under way, into pieces of `piece`
    bytes. `tables` is the SQL that makes what format 2 added."""
    for statement in tables.split(";"):  # a script would end the transaction
        conn.execute(statement)
    found = conn.execute("SELECT rowid, digest, length FROM attachments")
    for row, digest, length in found.fetchall():
        key = conn.execute(
            "INSERT INTO contents (digest, length, touched) VALUES (?, ?, 0)", (digest, length)
        ).lastrowid
        with conn.blobopen("attachments", "data", row, readonly=True) as blob:
            for start in range(0, length, piece):
                values = (key, start, blob.read(piece))
                conn.execute("INSERT INTO pieces VALUES (?, ?, ?)", values)
    conn.execute("DROP TABLE attachments")
    conn.execute(_USES)
    conn.execute(_EXTERNAL)
    conn.execute(
        "DELETE FROM contents WHERE NOT EXISTS (SELECT 1 FROM uses WHERE content = contents.key)"
    )
    conn.execute("DELETE FROM pieces WHERE content NOT IN (SELECT key FROM contents)")
