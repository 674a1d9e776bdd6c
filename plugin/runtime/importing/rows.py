"""Reading CSV files whole, with the line number of every row."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from plugin.runtime.errors import BadInput


@dataclass(frozen=True)
class CsvRow:
    """One row. `line` is the line of the file where it starts (the head is line 1)."""

    line: int
    values: Mapping[str, str]
    fault: str = ""


@dataclass(frozen=True)
class Table:
    """One CSV file: its columns and all its rows, faulty ones included."""

    path: str
    columns: tuple[str, ...]
    rows: tuple[CsvRow, ...]

    @cached_property
    def by_column(self) -> dict[str, dict[str, list[CsvRow]]]:
        """Column → value → rows, filled as `rows_where` asks."""
        return {}

    def rows_where(self, column: str, value: str) -> list[CsvRow]:
        """The sound rows that hold `value` in `column`."""
        if column not in self.by_column:
            index: dict[str, list[CsvRow]] = {}
            for row in self.rows:
                if not row.fault:
                    index.setdefault(row.values[column], []).append(row)
            self.by_column[column] = index
        return self.by_column[column].get(value, [])


def read_table(
    folder: Path,
    path: str,
    needed: set[str],
    replace: Mapping[str, Mapping[str, str]],
    corrected: dict[tuple[str, str, str, str], int],
) -> Table:
    """Read one file; values named in `replace` are corrected and counted in `corrected`.

    Raises BadInput where the file is missing, is no CSV in UTF-8, or lacks a needed column. A row
    with too many or too few fields is kept with its fault, to be reported.
    """
    file = folder / path
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            columns = tuple(name.strip() for name in next(reader, ()))
            _check_columns(path, columns, needed)
            rows, last = [], reader.line_num
            for fields in reader:
                line, last = last + 1, reader.line_num
                if fields:
                    rows.append(_row(path, line, columns, fields, replace, corrected))
    except FileNotFoundError:
        raise BadInput("There is no file {file}.", file=str(file)) from None
    except IsADirectoryError:
        raise BadInput("{file} is a folder, not a CSV file.", file=str(file)) from None
    except UnicodeDecodeError as error:
        raise BadInput(
            "{file} is not a text in UTF-8 (byte {n}). Save it as CSV UTF-8.",
            file=str(file),
            n=error.start,
        ) from error
    except csv.Error as error:
        raise BadInput(
            "{file}, line {line}: this is no sound CSV: {why}.",
            file=str(file),
            line=reader.line_num,
            why=str(error),
        ) from error
    return Table(path, columns, tuple(rows))


def _check_columns(path: str, columns: tuple[str, ...], needed: set[str]) -> None:
    if not columns:
        raise BadInput("{file} is empty.", file=path)
    missing = sorted(needed - set(columns))
    if missing:
        raise BadInput(
            "{file} has no column {missing}. It has: {columns}.",
            file=path,
            missing=", ".join(missing),
            columns=", ".join(columns),
        )
    doubled = sorted({name for name in columns if columns.count(name) > 1})
    if doubled:
        raise BadInput("{file} has the column {name} twice.", file=path, name=doubled[0])


def _row(
    path: str,
    line: int,
    columns: tuple[str, ...],
    fields: list[str],
    replace: Mapping[str, Mapping[str, str]],
    corrected: dict[tuple[str, str, str, str], int],
) -> CsvRow:
    if len(fields) != len(columns):
        return CsvRow(line, {}, f"has {len(fields)} fields, {len(columns)} are expected")
    values = {name: value.strip() for name, value in zip(columns, fields, strict=True)}
    for column, corrections in replace.items():
        old = values.get(column, "")
        if old in corrections:
            values[column] = corrections[old]
            place = (path, column, old, corrections[old])
            corrected[place] = corrected.get(place, 0) + 1
    return CsvRow(line, values)
