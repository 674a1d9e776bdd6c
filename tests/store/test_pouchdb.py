"""PouchDB, as others wrote it, against `divan store serve`."""

import subprocess
from pathlib import Path

from store.types import BasicAuth
from tests.node import node_modules
from tests.store.nodes import served_node

SCRIPT = Path(__file__).with_name("pouchdb.js")
ADMIN = BasicAuth("admin", "geheim")


def test_pouchdb_works_with_a_node(tmp_path: Path) -> None:
    """Documents, attachments, conflicts, queries, live sync in both directions, users."""
    modules = node_modules()
    with served_node(tmp_path, ADMIN) as url:
        address = url.replace("//", f"//{ADMIN.user}:{ADMIN.password}@")
        ran = subprocess.run(
            ["node", str(SCRIPT), address],
            env={"NODE_PATH": str(modules), "PATH": "/usr/bin:/bin:/usr/local/bin"},
            capture_output=True,
            text=True,
            timeout=90,
        )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
    assert ran.stdout.splitlines()[-1] == "all is well"
