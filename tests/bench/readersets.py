"""What a listing costs for people who may read little or all: behind `make bench-readers`.

Every figure is set against that of the person who may read all, measured in the same run, one
after the other, in processor time, which others on the machine disturb less. Databases are kept in
`--directory`, since filling them takes minutes.
"""

import argparse
import base64
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from plugin import Listing, Office, Row, Session
from plugin.runtime.designs.design import INDEX
from store.types import ViewOptions
from tests.bench import sales
from tests.views.kit import Browser, browser
from views import create_app

ALL = "100 %"
MIDDLE = "0500000"
"""Half of the names come before it."""
DIRECTORY = Path(tempfile.gettempdir()) / "divan-bench-readers"

Works = dict[str, Callable[[], object]]
Found = dict[str, dict[str, float]]
"""By work and share of the documents."""
Taken = dict[str, dict[str, list[float]]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-readers", description=__doc__)
    parser.add_argument("--documents", type=int, nargs="*", default=(100_000, 1_000_000))
    parser.add_argument("--runs", type=int, default=9, help="the median is shown")
    parser.add_argument("--directory", type=Path, default=DIRECTORY)
    parser.add_argument("--cold", metavar="PERSON", help=argparse.SUPPRESS)
    options = parser.parse_args()
    for documents in options.documents:
        with sales.opened(options.directory, documents) as office:
            if options.cold:
                print(json.dumps(_cold(office, sales.PEOPLE[options.cold])))
                continue
            tables = {
                "nothing changed": _warm(office, options.runs, written=False),
                "somebody wrote": _warm(office, options.runs, written=True),
            }
        tables["a new process"] = _in_new_processes(options, documents)
        print(f"\n{documents:,} documents in {sales.SETS:,} reader sets, median of {options.runs}")
        for name, found in tables.items():
            print(_table(name, found))


def _warm(office: Office, runs: int, written: bool) -> Found:
    """Milliseconds by work and person: after a write by somebody else each time, or where nothing
    changed. People take turns, the first one too, so that all meet the same machine."""
    app = create_app(office)
    works = {
        share: _works(office, browser(app, name), name) for share, name in sales.PEOPLE.items()
    }
    taken: Taken = {name: {share: [] for share in works} for name in works[ALL]}
    order = list(works)
    for _ in range(runs):
        order.append(order.pop(0))
        for name, share in itertools.product(works[ALL], order):
            work = works[share][name]
            work()
            if written:
                _write(office)
            taken[name][share].append(_milliseconds(work))
    return _medians(taken)


def _write(office: Office) -> None:
    """Change a deal that most may not read, and let its listings follow, which is not theirs to
    pay alone."""
    deals = office.server.database(sales.DATABASE)
    deals.put({**deals.get(sales.deal(1)["_id"]), "amount": 1})
    deals.view(INDEX, "deals_by_name", ViewOptions(limit=1, reduce=False))


def _medians(taken: Taken) -> Found:
    return {
        name: {share: statistics.median(times) for share, times in by_share.items()}
        for name, by_share in taken.items()
    }


def _milliseconds(work: Callable[[], object]) -> float:
    """The processor time of this process for `work`."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def _works(office: Office, at: Browser, name: str) -> Works:
    def session() -> Session:
        return office.session(office.directory.identity(name))

    def named() -> Listing:
        return session().listing(sales.DATABASE, "by_name")

    def staged() -> Listing:
        return session().listing(sales.DATABASE, "by_stage")

    middle = (named().between([MIDDLE], [{}], 1) or named().page().rows)[0]
    page, staged_page = "/deals/listing/by_name", "/deals/listing/by_stage"
    opened = json.dumps(["won"])
    return {
        "first page": lambda: named().page(),
        "page in the middle": lambda: named().page(after=_token(middle)),
        "last page": lambda: named().page(descending=True),
        "categories with sums": lambda: staged().categories(),
        "page of a category": lambda: staged().page(prefix=["won"]),
        "total": lambda: named().count(),
        "beginning of a name": lambda: named().page(contains=MIDDLE[:3]),
        "text within a name": lambda: named().page(contains="maintenance"),
        "open a document": lambda: session().database(sales.DATABASE).open(middle.id),
        "HTML: first page": lambda: at.page(page),
        "HTML: page in the middle": lambda: at.page(f"{page}?after={_token(middle)}"),
        "HTML: categories": lambda: at.page(staged_page),
        "HTML: category unfolded": lambda: at.page(f"{staged_page}?in={opened}"),
        "HTML: filter": lambda: at.page(f"{page}?contains=maintenance"),
        "HTML: page of the database": lambda: at.page("/deals/"),
        "HTML: document": lambda: at.page(f"/deals/{middle.id}"),
    }


def _token(row: Row) -> str:
    """The address of what follows a row, as a page gives it."""
    text = json.dumps([row.key, row.id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _cold(office: Office, name: str) -> dict[str, float]:
    """The first things that a new process is asked."""
    session = office.session(office.directory.identity(name))
    listing = session.listing(sales.DATABASE, "by_name")
    works: Works = {
        "first page of a process": lambda: listing.page(),
        "categories, then": lambda: session.listing(sales.DATABASE, "by_stage").categories(),
    }
    return {name: _milliseconds(work) for name, work in works.items()}


def _in_new_processes(options: argparse.Namespace, documents: int) -> Found:
    command = [sys.executable, "-m", "tests.bench.readersets", "--directory", options.directory]
    taken: Taken = {}
    for _ in range(max(3, options.runs // 3)):
        for share in sales.PEOPLE:
            asked = [*command, "--documents", str(documents), "--cold", share]
            answer = subprocess.run(asked, capture_output=True, check=True, text=True).stdout
            for name, took in json.loads(answer).items():
                taken.setdefault(name, {}).setdefault(share, []).append(took)
    return _medians(taken)


def _table(title: str, found: Found) -> str:
    """For each work the time of who may read all, and how many times that others take."""
    others = [share for share in sales.PEOPLE if share != ALL]
    head = f"{title:28}" + "".join(f"{share:>10}" for share in others) + f"{ALL:>14}"
    lines = [
        f"{name:28}"
        + "".join(f"{'×' + format(times[share] / times[ALL], '.2f'):>10}" for share in others)
        + f"{times[ALL]:>11.1f} ms"
        for name, times in found.items()
    ]
    return "\n".join([head, *lines])


if __name__ == "__main__":
    main()
