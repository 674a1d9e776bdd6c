"""Names of people and groups are given once for ever."""

from pathlib import Path

import pytest

from plugin import Invalid, Office, Refused
from plugin.settings import module as settings


def test_a_name_is_never_given_twice(tmp_path: Path) -> None:
    items = {"login": "bo.chen", "name_latin": "Bo Chen"}
    with Office.create(tmp_path / "data", modules=[settings]) as office:
        people = office.system().database("settings")
        made = people.create("person", items)
        assert made.id == "person:bo.chen"
        with pytest.raises(Invalid, match="correct the items"):
            people.create("person", items)
        people.delete(made.id, made.rev)
        with pytest.raises(Refused, match="never given twice"):
            people.create("person", items)
        (again,) = people.create_many([("person", items, None)])
        assert isinstance(again, Refused)
        assert not people.exists("person:bo.chen")
