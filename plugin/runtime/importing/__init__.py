"""Import of documents from CSV files by a mapping file. See docs/import.md."""

from plugin.runtime.importing.mapping import Plan, read_plan
from plugin.runtime.importing.run import Sources, import_sources, read_sources

__all__ = ["Plan", "Sources", "import_sources", "read_plan", "read_sources"]
