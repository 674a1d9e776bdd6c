"""What an import did, in numbers that add up."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reported:
    """A row that was not imported, and why."""

    file: str
    line: int
    reason: str


@dataclass
class Report:
    """Rows by file, documents by form, corrections by place.

    For each file `rows = imported + unchanged + reported`: a row is imported when one of its
    documents was created or updated, unchanged when all were there already.
    """

    rows: Counter[str] = field(default_factory=Counter)
    imported: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    reported: list[Reported] = field(default_factory=list)
    documents: Counter[tuple[str, str]] = field(default_factory=Counter)
    corrected: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    empty: Counter[tuple[str, str]] = field(default_factory=Counter)

    def reported_in(self, file: str) -> int:
        return sum(1 for row in self.reported if row.file == file)

    def to_json(self) -> dict[str, Any]:
        forms = sorted({form for form, _ in self.documents})
        return {
            "files": [
                {
                    "file": file,
                    "rows": count,
                    "imported": self.imported[file],
                    "unchanged": self.unchanged[file],
                    "reported": self.reported_in(file),
                }
                for file, count in self.rows.items()
            ],
            "documents": [
                {
                    "form": form,
                    **{
                        what: self.documents[form, what]
                        for what in ("created", "updated", "unchanged")
                    },
                }
                for form in forms
            ],
            "corrected": [
                {"file": file, "column": column, "from": old, "to": new, "rows": count}
                for (file, column, old, new), count in self.corrected.items()
            ],
            "empty": [
                {"file": file, "column": column, "rows": count}
                for (file, column), count in self.empty.items()
            ],
            "reported": [vars(row) for row in self.reported],
        }
