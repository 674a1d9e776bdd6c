"""The seven levels of access, lowest first (Domino: "Access levels in the ACL")."""

from enum import IntEnum


class Level(IntEnum):
    """How much a name may do in one database. Comparable: a higher level is the greater one."""

    NO_ACCESS = 0
    DEPOSITOR = 1
    READER = 2
    AUTHOR = 3
    EDITOR = 4
    DESIGNER = 5
    MANAGER = 6

    @property
    def title(self) -> str:
        """The English title, also the value in documents: `No Access`, `Editor` …"""
        return self.name.replace("_", " ").title()

    @classmethod
    def parse(cls, text: str) -> "Level":
        """The level with this title in any case. Raises ValueError that names the levels."""
        key = text.strip().upper().replace(" ", "_").replace("-", "_")
        if key not in cls.__members__:
            titles = ", ".join(level.title for level in cls)
            raise ValueError(f'There is no level "{text}". The levels are: {titles}.')
        return cls[key]
