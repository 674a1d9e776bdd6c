"""One machine of an office: agents, bridge and people at work, until a file says quiet.

Run as `python -m tests.plugin.machine DIRECTORY NAME`; only tests do. What it was given is written
to `DIRECTORY/numbers`, a line each, before the next is asked for.
"""

import sys
import threading
from pathlib import Path

from mailbridge.service import Bridge
from plugin import Agent, AgentRunner, Module, Office, Raw, Session, notify
from plugin.forum import module as forum
from plugin.mail import module as mail
from plugin.runtime.forms.numbering import number
from plugin.settings import module as settings

LEASE = 1.5
"""Seconds; the test pauses machines for longer."""
RECEIVER, SERVER = "bo.chen", "divan-server"


def announce(session: Session, doc: Raw) -> None:
    """The agent: a notice for each topic, and a mark on the topic that it has one."""
    notify(session.office, kind="note", key=doc["_id"].replace("topic:", ""), to=RECEIVER,
           values={"subject": doc["subject"]})  # fmt: skip


MODULES = (
    settings,
    mail,
    forum,
    Module("announcing", "Announcing", 99, "megaphone", (),
           agents=(Agent("announce", "forum", frozenset({"topic"}), announce),)),
)  # fmt: skip


def opened(data: Path) -> Office:
    """A killed machine may have got as far as the data directory and no further."""
    if (data / "divan.json").exists():
        office = Office.open(data, modules=MODULES)
        office.deploy()
        return office
    return Office.create(data, modules=MODULES)


def work(office: Office, data: Path, name: str) -> None:
    """Post topics and take numbers until it is quiet."""
    pause = threading.Event()
    forum_door = office.system().database("forum")
    with (data / "numbers").open("a", encoding="utf-8") as numbers:
        while not (data / "quiet").exists():
            given = number(office.system(), "topic")
            numbers.write(given + "\n")
            numbers.flush()
            items = {"subject": given, "category": "Market", "body": "Text.", "author": SERVER}
            forum_door.create("topic", items, id=f"topic:{name}-{given}")
            pause.wait(0.2)


def main(data: Path, name: str) -> None:
    with opened(data) as office:
        services = (AgentRunner(office), Bridge(office))
        for service in services:
            service.lease.seconds = LEASE
            service.start()
        print("running", flush=True)
        work(office, data, name)
        print("quiet", flush=True)
        sys.stdin.readline()
        for service in services:
            service.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
