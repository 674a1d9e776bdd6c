"""Import of documents from CSV files by a mapping file. See docs/import.md."""

from plugin.runtime.importing.mapping import Plan, read_plan
from plugin.runtime.importing.run import import_files

__all__ = ["Plan", "import_files", "read_plan"]
