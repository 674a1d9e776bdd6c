"""Listings as files for other programs."""

import tempfile
from typing import IO
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, request, send_file, stream_with_context, url_for

from plugin import EXPORT_FORMATS, BadInput, NotFound, export, write_csv, write_xlsx
from views import narrowing
from views.language import _, today
from views.listings import read_request
from views.shell import Crumb, documents, session

blueprint = Blueprint("exporting", __name__)

PAGING = ("after", "before", "flat", "with")
IN_MEMORY = 1024 * 1024
"""Bytes of a sheet that are kept in memory; a larger one lies on the disk meanwhile."""


@blueprint.get("/<database>/listing/<listing>.<ending>")
def file(database: str, listing: str, ending: str) -> Response:
    """The rows that the listing's page shows with the same address, without pages; `all=1`: with
    all items of the form."""
    if ending not in EXPORT_FORMATS:
        raise NotFound("There is no such format.")
    docs = documents(database)
    source = session().listing(database, listing)
    asked, wanted = read_request(source.spec), narrowing.asked(docs, source.spec)
    if wanted.problems:
        raise BadInput(next(iter(wanted.problems.values())))
    start = [asked.given[item] for item in source.spec.key]
    table = export(
        source,
        prefix=[*start, *asked.opened],
        contains=asked.contains,
        query=wanted.query,
        whole=request.args.get("all") == "1",
    )
    name = f"{table.title} {today().isoformat()}.{ending}"
    if ending == "csv":
        answer = Response(stream_with_context(write_csv(table)), mimetype="text/csv")
        names = {"filename": f"{listing}.{ending}", "filename*": f"UTF-8''{quote(name, safe='')}"}
        answer.headers.set("Content-Disposition", "attachment", **names)
        return answer
    sheet: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 — sent, then closed
    write_xlsx(table, sheet)
    sheet.seek(0)
    return send_file(sheet, EXPORT_FORMATS[ending], as_attachment=True, download_name=name)


def menu(database: str, listing: str) -> list[Crumb]:
    """Entries for the menu of a listing's page, for what it shows; none for who may not copy."""
    if not documents(database).may("replicate"):
        return []
    given = request.args.items(multi=True)
    kept = [(name, value) for name, value in given if name not in PAGING]
    wanted: tuple[tuple[str, str, list[tuple[str, str]]], ...] = (
        (_("Excel, columns of the listing"), "xlsx", []),
        (_("Excel, all items"), "xlsx", [("all", "1")]),
        (_("CSV, columns of the listing"), "csv", []),
        (_("CSV, all items"), "csv", [("all", "1")]),
    )
    base = url_for("listings.page", database=database, listing=listing)
    return [
        Crumb(title, f"{base}.{ending}?{urlencode([*kept, *more])}")
        for title, ending, more in wanted
    ]
