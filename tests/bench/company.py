"""Documents as a CRM has them: 300 bytes, Chinese and English, the same in every run."""

from collections.abc import Iterator
from typing import Any

from store.types import Doc

GROUPS = 1000
REGIONS = ("华东", "华南", "North", "West", "中部")
STAGES = ("tracking", "won", "lost", "finished")
OWNERS = ("anna.snelling", "bo.chen", "li.na", "maureen.marcano", "王芳")

BY_GROUP = {"map": "function (doc) { emit(doc.k, 1); }", "reduce": "_count"}
FOUR_KEYS = {
    "map": """function (doc) {
  emit([doc.region, doc.stage], doc.amount);
  emit([doc.owner, doc.opened], doc.amount);
  emit([doc.stage, doc.k], doc.amount);
  emit([doc.opened, doc.region], doc.amount);
}""",
    "reduce": "_sum",
}
INDEX = {"index": {"fields": ["owner", "k"]}, "ddoc": "by_owner", "name": "by_owner"}


def deal(number: int) -> Doc:
    """Document `number`; its group `k` is one of GROUPS."""
    return {
        "_id": f"deal:{number:08d}",
        "form": "deal",
        "name": f"年度维护合同 Annual maintenance {number}",
        "customer": f"customer:{number % 9973:06d}",
        "region": REGIONS[number % len(REGIONS)],
        "owner": OWNERS[number % len(OWNERS)],
        "stage": STAGES[number % len(STAGES)],
        "opened": f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
        "amount": number * 37 % 100_000,
        "k": number * 7919 % GROUPS,
        "note": "电话联系，等待报价 called, waiting for the quotation, soon",
    }


def batches(count: int, size: int = 1000, first: int = 0) -> Iterator[list[Doc]]:
    """Documents `first` to `first + count`, in lists of `size`."""
    for start in range(first, first + count, size):
        yield [deal(number) for number in range(start, min(start + size, first + count))]


def design(view: dict[str, Any], name: str) -> Doc:
    """A design document with the one view `deals`."""
    return {"_id": f"_design/{name}", "language": "javascript", "views": {"deals": view}}
