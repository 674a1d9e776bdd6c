"""Listings as tables for other programs: CSV and Excel."""

from plugin.runtime.exporting.files import FORMATS, write_csv, write_file, write_xlsx
from plugin.runtime.exporting.table import Export, export

__all__ = ["FORMATS", "Export", "export", "write_csv", "write_file", "write_xlsx"]
