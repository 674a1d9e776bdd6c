"""Products, competitors and articles of the demo company."""

from collections.abc import Iterator
from typing import Any

from plugin.runtime.demo.tables import Made, table


def product_rows() -> list[dict[str, Any]]:
    """The products as in the data file; `key` is the end of their id, `price` in yuan."""
    rows: list[dict[str, Any]] = table("knowledge")["product"]
    return rows


def competitor_rows() -> list[dict[str, Any]]:
    """The competitors as in the data file; `key` is the end of their id."""
    rows: list[dict[str, Any]] = table("knowledge")["competitor"]
    return rows


def products() -> Iterator[Made]:
    for row in product_rows():
        items = {name: value for name, value in row.items() if name not in ("key", "price")}
        items["list_price"] = {"amount": f"{row['price']}.00", "currency": "CNY"}
        yield "product", f"product:{row['key']}", items | {"status": "sold"}


def competitors() -> Iterator[Made]:
    for row in competitor_rows():
        items = {name: value for name, value in row.items() if name != "key"}
        yield "competitor", f"competitor:{row['key']}", items


def articles() -> Iterator[Made]:
    for row in table("knowledge")["article"]:
        items = {name: value for name, value in row.items() if name != "key"}
        yield "article", f"article:{row['key']}", items | {"version": "1.0"}
