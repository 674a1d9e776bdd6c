"""A folder of files as a design document, the way couchapps are laid out.

Folders become objects, `*.js` files strings, `*.json` files what they hold; the name of a member
is the file's name without the suffix. Other files and names that begin with a dot are left out.
"""

import json
from pathlib import Path

from store.errors import BadRequest
from store.types import Json


def read_folder(path: Path) -> dict[str, Json]:
    """Return the tree of the folder `path`, members in order of name.

    Raises BadRequest where there is no such folder, a file is not UTF-8 or not JSON, or two entries
    would have the same name (`lib/` and `lib.js`).
    """
    if not path.is_dir():
        raise BadRequest(f"{path} is not a folder")
    tree: dict[str, Json] = {}
    for entry in sorted(path.iterdir()):
        if entry.name.startswith(".") or not (entry.is_dir() or entry.suffix in _READERS):
            continue
        name = entry.name if entry.is_dir() else entry.stem
        if name in tree:
            raise BadRequest(f"{entry}: there is another entry named {name!r} in this folder")
        tree[name] = read_folder(entry) if entry.is_dir() else _READERS[entry.suffix](entry)
    return tree


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"{path} is not UTF-8: {error}") from error


def _json(path: Path) -> Json:
    try:
        return json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise BadRequest(f"{path} is not JSON: {error}") from error


_READERS = {".js": _text, ".json": _json}
