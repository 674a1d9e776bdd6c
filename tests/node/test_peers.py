"""The peers from npm answer; whether Divan gets on with them is tested where it is used."""

import json
from pathlib import Path
from urllib.request import urlopen

from tests.node import pouchdb_server


def test_a_pouchdb_server_welcomes(tmp_path: Path) -> None:
    with pouchdb_server(tmp_path / "data") as url, urlopen(f"{url}/", timeout=30) as answer:
        assert json.load(answer)["express-pouchdb"] == "Welcome!"
