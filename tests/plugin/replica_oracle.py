"""Who may read what at the office, told from the stored documents by the words of the contract.

A second opinion for tests: it shares no code with `acl/` and `plugin/`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from store.api import Server
from store.types import ViewOptions

LEVELS = ("No Access", "Depositor", "Reader", "Author", "Editor", "Designer", "Manager")
READER = LEVELS.index("Reader")
Doc = Mapping[str, Any]


class Oracle:
    """The office as it is when asked."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def groups(self, person: str) -> set[str]:
        """Nested groups, all staff, and the leaders of everybody below."""
        docs = [row["doc"] for row in self._rows("settings")]
        people = {doc["_id"][7:]: doc for doc in docs if doc["_id"].startswith("person:")}
        found = {"all-staff"} if not people[person].get("external") else set()
        for other in people:
            at, seen = other, set()
            while (at := people.get(at, {}).get("manager")) and at not in seen:
                seen.add(at)
                if at == person:
                    found.add(f"leaders-of:{other}")
        held = {doc["_id"][6:]: doc for doc in docs if doc["_id"].startswith("group:")}
        grown = True
        while grown:
            more = {
                name
                for name, doc in held.items()
                if {person, *found} & set(doc.get("members") or [])
            }
            grown = not more <= found
            found |= more
        return found

    def access(self, database: str, person: str) -> tuple[int, set[str], set[str]]:
        """Level, privileges and the names under which the person may be listed."""
        entries = self._server.database(database).get("acl")["entries"]
        groups = self.groups(person)
        own = [entry for entry in entries if entry["name"] == person]
        by_group = [entry for entry in entries if entry["name"] in groups]
        anybody = [entry for entry in entries if entry["name"] == "-Default-"]
        counted = own or by_group or anybody
        level = max(LEVELS.index(entry["level"]) for entry in counted)
        privileges = {name for entry in counted for name in entry["privileges"]}
        roles = {name for entry in counted for name in entry["roles"]}
        return level, privileges, {person, "*", *groups, *roles}

    def replicable(self, database: str, person: str) -> bool:
        level, privileges, _ = self.access(database, person)
        return level >= READER and "replicate" in privileges

    def readable(self, database: str, person: str) -> dict[str, list[str]]:
        """The documents that the person may replicate, with the revisions of their live leaves."""
        if not self.replicable(database, person):
            return {}
        names = self.access(database, person)[2]
        found = {}
        for docid, branches in self._documents(database):
            if all(_lists(branch, names) for branch in branches):
                found[docid] = sorted(branch["_rev"] for branch in branches)
        return found

    def shows(self, database: str, person: str, doc: Doc) -> bool:
        """Whether this body may be told to the person."""
        return self.replicable(database, person) and _lists(doc, self.access(database, person)[2])

    def _documents(self, database: str) -> Iterator[tuple[str, list[Doc]]]:
        db = self._server.database(database)
        for row in self._rows(database):
            if row["id"].startswith("_design/") or row["id"] == "acl":
                continue
            leaves = [entry["ok"] for entry in db.open_revs(row["id"], "all")]
            yield row["id"], [leaf for leaf in leaves if not leaf.get("_deleted")]

    def _rows(self, database: str) -> list[dict[str, Any]]:
        options = ViewOptions(include_docs=True)
        return list(self._server.database(database).all_docs(options)["rows"])


def _lists(doc: Doc, names: set[str]) -> bool:
    readers = {name for listed in (doc.get("readers") or {}).values() for name in listed}
    authors = {name for listed in (doc.get("authors") or {}).values() for name in listed}
    return not readers or bool(names & (readers | authors))
