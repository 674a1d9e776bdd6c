"""What a laptop keeps: which databases, and what of each. Never more than its person may read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plugin.runtime.errors import BadInput
from plugin.runtime.people.directory import SETTINGS

MOST_MONTHS = 1200


@dataclass(frozen=True)
class Subset:
    """What of one database is kept. `mine`: of documents that hang on customers or people those of
    my customers and mine; `months`: what was changed within so many; `attachments`: theirs too."""

    mine: bool = False
    months: int | None = None
    attachments: bool = True

    @property
    def whole(self) -> bool:
        return self == WHOLE

    def to_json(self) -> dict[str, Any]:
        """Only what is narrower than everything."""
        told = {"mine": True} if self.mine else {}
        months = {"months": self.months} if self.months is not None else {}
        return {**told, **months, **({} if self.attachments else {"attachments": False})}

    def to_query(self) -> dict[str, str]:
        """As parameters of a request for changes; attachments are left behind by who asks."""
        months = {"months": str(self.months)} if self.months is not None else {}
        return {**({"mine": "true"} if self.mine else {}), **months}

    @staticmethod
    def from_query(query: Mapping[str, Any]) -> "Subset":
        """Raises BadInput."""
        months = query.get("months")
        if months is not None and not (isinstance(months, str) and months.isdecimal()):
            raise BadInput("This is no choice of documents.")
        value = {"mine": True} if query.get("mine") == "true" else {}
        return Subset.from_json(value | ({} if months is None else {"months": int(months)}))

    @staticmethod
    def from_json(value: Any) -> "Subset":
        """Raises BadInput for what is no choice."""
        if not isinstance(value, Mapping) or not set(value) <= {"mine", "months", "attachments"}:
            raise BadInput("This is no choice of documents.")
        mine, months = value.get("mine", False), value.get("months")
        attachments = value.get("attachments", True)
        sound = isinstance(mine, bool) and isinstance(attachments, bool)
        if not sound or not (months is None or _is_months(months)):
            raise BadInput("This is no choice of documents.")
        return Subset(mine, months, attachments)


WHOLE = Subset()
FILTER = "_subset"
"""Name of the filter of `_changes` that applies a choice at the office."""

Keep = Mapping[str, Subset]
"""What is kept, by database; a database that is not named is not kept."""


def read_keep(value: Any) -> Keep | None:
    """A choice as it stands in JSON; None means everything. Raises BadInput."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise BadInput("This is no choice of databases.")
    return {str(name): Subset.from_json(of) for name, of in value.items()}


def keep_to_json(keep: Keep | None) -> dict[str, Any] | None:
    return None if keep is None else {name: of.to_json() for name, of in sorted(keep.items())}


def sensible(keep: Keep | None) -> Keep | None:
    """The choice with what no laptop can do without: people and settings, all of them."""
    return None if keep is None else {**keep, SETTINGS: WHOLE}


def kept(keep: Keep | None, database: str) -> Subset | None:
    """What of a database is kept; None for nothing."""
    return WHOLE if keep is None else keep.get(database)


def written(database: str, subset: Subset) -> str:
    """A choice as people type it: `tracking:mine:months=12:no-attachments`."""
    months = [f"months={subset.months}"] if subset.months is not None else []
    parts = [*(["mine"] if subset.mine else []), *months]
    return ":".join([database, *parts, *([] if subset.attachments else ["no-attachments"])])


def read_written(text: str) -> tuple[str, Subset]:
    """The choice that `written` wrote. Raises BadInput, saying what can be chosen."""
    database, *parts = text.split(":")
    value: dict[str, Any] = {}
    for part in parts:
        name, _, number = part.partition("=")
        if part == "mine":
            value["mine"] = True
        elif part == "no-attachments":
            value["attachments"] = False
        elif name == "months" and number.isascii() and number.isdigit():
            value["months"] = int(number)
        else:
            raise BadInput(
                "{part} cannot be chosen. Write a database, then as wanted :mine, :months=12 and"
                " :no-attachments.",
                part=part,
            )
    return database, Subset.from_json(value)


def _is_months(value: Any) -> bool:
    return type(value) is int and 0 < value <= MOST_MONTHS
