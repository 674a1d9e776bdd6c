"""Tables as files. What a person typed is never taken for a formula (OWASP, "CSV Injection")."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from plugin.runtime.errors import BadInput
from plugin.runtime.exporting.table import Export, Value

MARK = "\ufeff"
"""Without it Excel takes UTF-8 for the code page of its machine."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
MOST_ROWS = 1_048_575
"""A sheet of Excel has no more, besides the heading."""
LONGEST = 32_767
"""Characters of a field that Excel takes."""
WIDTH = 22
SHEET = 31

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Media types by the ending of the file's name."""

Show = Callable[[int], None]
"""Told how many rows are written."""


def write_csv(table: Export) -> Iterator[str]:
    """The table as CSV (RFC 4180), line by line."""
    yield MARK + _line(table.headings)
    for row in table.rows:
        yield _line([_plain(value) for value in row])


def write_xlsx(table: Export, file: IO[bytes], show: Show = lambda done: None) -> None:
    """The table as one sheet of Excel, with numbers and dates as such. Raises BadInput where it is
    longer than a sheet can be."""
    if table.total > MOST_ROWS:
        raise BadInput("A sheet of Excel cannot hold that many rows. Take CSV.")
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(table.title))
    sheet.freeze_panes = "A2"
    for column in range(1, len(table.headings) + 1):
        sheet.column_dimensions[get_column_letter(column)].width = WIDTH
    sheet.append([_cell(sheet, heading, bold=True) for heading in table.headings])
    for done, row in enumerate(table.rows, 1):
        sheet.append([_cell(sheet, value) for value in row])
        show(done)
    book.save(file)


def write_file(table: Export, ending: str, file: IO[bytes], show: Show = lambda done: None) -> None:
    """The table in the format of an ending."""
    if ending == "xlsx":
        write_xlsx(table, file, show)
        return
    for done, line in enumerate(write_csv(table)):
        file.write(line.encode())
        show(done)


def _line(fields: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(fields)
    return text.getvalue()


def _plain(value: Value) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return "" if value is None else str(value)


def _cell(sheet: Any, value: Value, *, bold: bool = False) -> Any:
    text = isinstance(value, str)
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", value)[:LONGEST]
    elif isinstance(value, Decimal) and not value.is_finite():
        value = str(value)
    cell: Any = WriteOnlyCell(sheet)
    cell.value = value
    if text:
        cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _sheet_name(title: str) -> str:
    return "".join(char for char in title if char not in "[]:*?/\\")[:SHEET].strip("'") or "Divan"
