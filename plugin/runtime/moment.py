"""What the session of one request knows of databases: asked once, until this process writes."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from plugin.runtime.errors import NotFound

if TYPE_CHECKING:
    from plugin.runtime.office import Office, State


class Moment:
    """One page asks for access and reader sets a dozen times. Here it asks the store once how all
    databases stand, and what is known of them counts where they stand as before.

    For one request, which is one thread.
    """

    def __init__(self, office: "Office") -> None:
        self._office = office
        self._writes = office.writes
        self._standings: dict[str, str | None] = {}
        self._states: dict[str, State] = {}

    def look_at(self, databases: Iterable[str]) -> None:
        """Ask for these together that were not asked for yet."""
        if self._writes != self._office.writes:
            self._writes = self._office.writes
            self._standings.clear()
            self._states.clear()
        names = [name for name in databases if name not in self._standings]
        if names:
            self._standings |= dict.fromkeys(names)
            self._standings |= self._office.server.standings(names)

    def standing(self, database: str) -> str | None:
        """How the database stands; None where there is none."""
        self.look_at(())
        if database not in self._standings:
            self.look_at([database, *self._office.shared_databases])
        return self._standings[database]

    def state(self, database: str) -> "State":
        """See `Office.state`."""
        standing = self.standing(database)
        if standing is None:
            raise NotFound("There is no database {name}.", name=database)
        if database not in self._states:
            self._states[database] = self._office.state(database, standing)
        return self._states[database]
