"""PouchDB in Node beside one database of an endpoint, told what to do line by line."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.node import HERE, node_modules


@dataclass(frozen=True)
class PouchDB:
    """A replica in memory; its methods are those of `client.js`."""

    process: "subprocess.Popen[str]"

    def do(self, command: str, **arguments: Any) -> Any:
        """The answer of a command. Raises PouchFailed."""
        assert self.process.stdin is not None and self.process.stdout is not None
        print(json.dumps({"do": command, **arguments}), file=self.process.stdin, flush=True)
        told = json.loads(self.process.stdout.readline())
        if "failed" in told:
            raise PouchFailed(told["failed"])
        return told["answer"]


class PouchFailed(Exception):
    """What PouchDB threw: `status`, `error`, `reason`."""

    @property
    def status(self) -> Any:
        return self.args[0].get("status")


@contextmanager
def pouchdb(url: str, authorization: str) -> Iterator[PouchDB]:
    """A new one beside the database at `url`. Skips the test where there is no Node."""
    environment = {**os.environ, "NODE_PATH": str(node_modules())}
    command = ["node", str(HERE / "client.js"), url, authorization]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield PouchDB(process)
        finally:
            process.terminate()
