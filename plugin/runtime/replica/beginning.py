"""A directory becomes a laptop on which its person can sign in.

The people of the office come at once, all else when it was chosen.
"""

from pathlib import Path

from plugin.runtime.errors import OfficeError
from plugin.runtime.office import Office
from plugin.runtime.people.directory import SETTINGS
from plugin.runtime.replica.laptop import FILE, Laptop, Replica, is_replica, register
from plugin.runtime.replica.remote import read_url


def begin_laptop(data: Path, url: str, login: str, password: str, label: str) -> None:
    """Register the laptop and copy the people. Cut at any point, the same call goes on.

    Raises what `register` and a sync raise, each saying what to do.
    """
    register(data, read_url(url), login, password, label)
    with Office.open(data) as office:
        Replica(office).sync(only=(SETTINGS,))


def known_office(data: Path) -> str:
    """The address of the office that the laptop belongs to already, or an empty text."""
    return Laptop.read(data).url if (data / FILE).exists() else ""


def needs_person(office: Office) -> bool:
    """True for a laptop on which its person cannot sign in yet, or not any more."""
    if office.kind != "laptop":
        return False
    if not is_replica(office):
        return True
    try:
        people = office.directory.people(fresh=True).persons
        return Laptop.read(office.data).person not in people
    except OfficeError:
        return True
