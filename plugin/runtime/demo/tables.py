"""The texts of the demo company, from the TOML files in `data/`."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data"

Made = tuple[str, str, dict[str, Any]]
"""A document to be made: form, id, items."""


@cache
def table(name: str) -> dict[str, Any]:
    """What stands in `data/<name>.toml`. Read once; do not change it."""
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))
