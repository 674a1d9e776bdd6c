"""Documents of many reader sets, and lists with one entry changed: for who asks who reads what."""

from dataclasses import replace

from plugin import Acl, Entry
from tests.plugin.kit import PEOPLE, Kit

ACTIVE = [name for name, items in PEOPLE.items() if items.get("active", True)]


def fill(kit: Kit) -> list[str]:
    """Documents of many reader sets, two of them in conflict; returns their ids."""
    made = [kit.work("eve").create("firm", {"name": f"Firm {n}"}).id for n in range(2)]
    made += [kit.work(who).create("flyer", {"name": who}).id for who in ("anna", "ben")]
    for owner, team in (("anna", []), ("anna", ["eve"]), ("dan", ["anna", "rita"]), ("ben", [])):
        job = kit.work("eve").create("job", {"name": "job", "owner": owner, "team": team})
        made.append(job.id)
    store = kit.office.server.database("work")
    for number, readers in enumerate((["anna", "dan"], ["[Leaders]", "rita"])):
        docid = f"firm:torn{number}"
        branches = [
            {"_id": docid, "_rev": f"1-{letter}", "form": "firm", "name": letter,
             "readers": {"r": [name, "admin"]}}
            for letter, name in zip("ab", readers, strict=True)
        ]  # fmt: skip
        store.bulk_docs(branches, new_edits=False)
        made.append(docid)
    return made


def with_entry(acl: Acl, new: Entry) -> Acl:
    others = tuple(one for one in acl.entries if one.name != new.name)
    return replace(acl, entries=(*others, new))
