"""The command behind `make bench`."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import growth, handover, measuring, replicas, sqlite_alone
from tests.bench.figures import Figures, median, table
from tests.bench.subjects import InProcess, OverHttp

COUCHDB = "DIVAN_TEST_COUCHDB_URL"
PASSWORD = "only-for-a-benchmark"
SIZES = (10_000, 30_000, 100_000)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3, help="the median is shown")
    parser.add_argument(
        "--couchdb",
        metavar="URL",
        default=os.environ.get(COUCHDB),
        help=f"http://user:password@host:port of a CouchDB to compare with (default: ${COUCHDB})",
    )
    parser.add_argument(
        "--growth", type=int, nargs="*", default=SIZES, help="sizes for the cost of growth"
    )
    parser.add_argument(
        "--clone",
        type=int,
        metavar="DOCUMENTS",
        help="only this: a laptop's first clone of so many beside PouchDB's, and an idle sync",
    )
    parser.add_argument(
        "--handover",
        type=int,
        metavar="DOCUMENTS",
        help="only this: the handover of a person who has so many in hand",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="divan-bench-") as folder:
        if options.clone:
            print(replicas.run(Path(folder), options.clone, options.couchdb))
            return
        if options.handover:
            print(handover.run(Path(folder), options.handover))
            return
        _compare(Path(folder), options)
        if options.growth:
            print("\nHow cost grows (in process):")
            print(growth.rows(Path(folder) / "growth", tuple(options.growth)))


def _compare(folder: Path, options: argparse.Namespace) -> None:
    peer = f"CouchDB {_version(options.couchdb)}" if options.couchdb else None
    with _served(folder / "served") as address:
        subjects: dict[str, Callable[[int], Figures]] = {
            "in process": lambda run: _measured(InProcess(folder / f"lite-{run}"), options),
            "through HTTP": lambda run: _measured(OverHttp(address), options),
            "SQLite alone": lambda run: sqlite_alone.run(folder / f"a-{run}", options.documents),
        }
        if peer:
            subjects[peer] = lambda run: _measured(OverHttp(options.couchdb), options)
        runs: dict[str, list[Figures]] = {name: [] for name in subjects}
        for run in range(options.runs):  # in turn, so that all meet the machine in the same mood
            for name, measure in subjects.items():
                print(f"run {run + 1} of {options.runs}: {name} …", file=sys.stderr, flush=True)
                runs[name].append(measure(run))
    print(f"{options.documents:,} documents, median of {options.runs}")
    if peer:
        print(f"× how many times better than {peer}, ! less than wanted")
    print(table({name: median(figures) for name, figures in runs.items()}, peer))


def _measured(subject: InProcess | OverHttp, options: argparse.Namespace) -> Figures:
    with subject as ready:
        return measuring.run(ready, options.documents)


def _version(url: str) -> str:
    with OverHttp(url) as server:
        return server.version()


@contextmanager
def _served(data: Path) -> Iterator[str]:
    """The address of `divan store serve`, in a process of its own."""
    (data / "store").mkdir(parents=True)
    divan = str(Path(sys.executable).with_name("divan"))
    command = [divan, "--data", str(data), "store", "serve"]
    environment = {**os.environ, "DIVAN_STORE_PASSWORD": PASSWORD}
    with subprocess.Popen(
        [*command, "--port", "0", "--json"], stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            yield url.replace("http://", f"http://admin:{PASSWORD.replace(' ', '%20')}@").rstrip(
                "/"
            )
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
